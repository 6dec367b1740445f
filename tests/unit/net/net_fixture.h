/*
 * net_fixture.h - a loop with transfers on it, and a memory of what requests came to.
 */
#ifndef CG_TESTS_NET_FIXTURE_H
#define CG_TESTS_NET_FIXTURE_H

#include "net/http_client.h"

/** Ready to use after net_fixture_init. */
struct net_fixture {
    uv_loop_t loop;
    struct cg_log *log;
    struct cg_net *net;
};

void net_fixture_init(struct net_fixture *fixture);

/** Ends it; fails the test when a handle is still open. */
void net_fixture_done(struct net_fixture *fixture);

/** What a callback was told. */
struct net_result {
    unsigned calls;
    cg_status status;
    uint32_t http_status;
    uint32_t attempts;
    size_t length;
    char body[256];
    char error[CG_ERROR_TEXT_SIZE];
};

/** A cg_http_done that fills a struct net_result. */
void net_result_set(void *user, const struct cg_http_response *response);

/** Delays of a few milliseconds instead of seconds. */
extern const struct cg_http_tuning net_quick;

/** A client of `url` named "Test" with the key "me" and the secret "hush"; fails the test otherwise. Zero members get
 * defaults. */
struct cg_http_client *net_client(struct net_fixture *fixture, const char *url, struct cg_http_options options);

/** One GET of `path`, waited for. */
struct net_result net_get(struct cg_http_client *client, const char *path);

#endif
