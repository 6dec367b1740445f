/*
 * net_internal.h - what the HTTP client needs of cg_net and nobody else.
 */
#ifndef CG_NET_NET_INTERNAL_H
#define CG_NET_NET_INTERNAL_H

#include <curl/curl.h>
#include <stdbool.h>

#include "net/net.h"

/** A transfer as cg_net sees it; embed it and set it as CURLOPT_PRIVATE of the easy handle. */
struct cg_net_transfer {
    /** Called when the transfer ended; it must take the handle out of the multi handle. */
    void (*finished)(struct cg_net_transfer *transfer, CURLcode code);
};

/** Somebody who must hear of cg_net_cancel; embed it. */
struct cg_net_member {
    struct cg_net_member *previous;
    struct cg_net_member *next;
    void (*cancelled)(struct cg_net_member *member);
};

struct cg_net {
    uv_loop_t *loop;
    const struct cg_log *log;
    CURLM *multi;
    uv_timer_t timer;
    struct cg_net_member *members;
    struct cg_net_socket *sockets; /* open poll handles */
    size_t handles;                /* libuv handles whose close callback is still to come, open ones included */
    uint32_t inside;               /* depth of callbacks of ours that are running */
    uint64_t random;
    bool cancelled;
    bool in_timer;
};

/** Joins and leaves the list of those who hear of a cancel. */
void cg_net_join(struct cg_net *net, struct cg_net_member *member);
void cg_net_leave(struct cg_net *net, struct cg_net_member *member);

/** A random number in [0, 1), for jitter only. */
double cg_net_random(struct cg_net *net);

#endif
