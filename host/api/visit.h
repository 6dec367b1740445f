/*
 * visit.h - one request at work, from its arrival to the last byte of its answer; shared by the files visit*.c.
 *
 * A visit lives on the loop's thread, except for its job: that belongs to a thread of the pool while it runs, and with
 * it the call, the arena and the store. What the loop may touch meanwhile is said below.
 */
#ifndef CG_API_VISIT_H
#define CG_API_VISIT_H

#include "api/private.h"

struct cg_visit {
    struct cg_job job; /**< first, so that one is found from the other */
    struct cg_api *api;
    struct cg_api_generation *generation;
    struct cg_visit *next; /**< in api->visits */
    struct cg_visit *previous;

    /* The loop's, always. */
    struct cg_http_exchange *exchange; /**< NULL: it has ended */
    int32_t answered;
    int32_t in_job;
    int32_t timed_out;
    uint64_t began;    /**< uv_hrtime */
    uint64_t deadline; /**< on the loop's clock, milliseconds; 0: none (any more) */
    struct cg_http_pair cors[2];
    size_t cors_count;
    struct cg_auth_check *check; /**< a password that is being verified, or NULL */
    struct cg_overview_waiter waiter;
    struct cg_elsewhere *asking; /**< whether another process works on the tenant, or NULL */

    /* Guarded by `mutex`: how the loop reaches the store of a running job. */
    uv_mutex_t mutex;
    struct cg_lent_store *lent;
    int32_t interrupted;

    /* The job's while it runs. */
    struct cg_arena *arena;
    struct cg_http_request request; /**< a copy: the exchange may end before the job */
    struct cg_route_match match;
    struct cg_call call;
    cg_status status; /**< of the handler */

    /* An answer that may be kept. */
    const char *question; /**< or NULL */
    int64_t version;      /**< of the database before it was read */
    int32_t found;        /**< 1: it was kept */

    /* A stream. */
    int32_t streaming;
    int32_t wanted;             /**< the client takes more, and no piece is ready */
    int32_t more;               /**< the job: there is another piece */
    int32_t ready;              /**< a piece waits in call.reply.body */
    struct cg_squeeze *squeeze; /**< or NULL: as it is */
};

/** Looks the tenant of the path up, once for the whole visit. */
void cg_visit_find_tenant(struct cg_visit *visit);

/** 1 when it is there, or the route is about none; else 404 is written. */
int32_t cg_visit_has_tenant(struct cg_visit *visit);

/** A visit for a request that has arrived, or NULL without memory. */
struct cg_visit *cg_visit_new(struct cg_api *api, struct cg_http_exchange *exchange);

/**
 * Keeps the request's body, if its route reads one. Bodies are large, so that is done for those only who may go on. Its
 * exchange has not ended. Error: CG_NO_MEMORY.
 */
cg_status cg_visit_copy_body(struct cg_visit *visit);

/** The part on a thread: parses, opens, handles, encodes. */
void cg_visit_work(struct cg_job *job);

/** Begins to stream the reply, whose first piece is in the body. */
void cg_visit_stream(struct cg_visit *visit);

/** Makes the running query of a visit end. */
void cg_visit_interrupt(struct cg_visit *visit);

/** Gives the store back, if there is one; `status` is what became of its use. */
void cg_visit_give_back(struct cg_visit *visit, cg_status status);

/** Ends what the handler began and gives the store back. May take as long as closing a database. Thread: [any]. */
void cg_visit_let_go(struct cg_visit *visit);

/** Puts the next piece of the stream, squeezed or not, into the reply's body; it is empty only at the end. */
cg_status cg_visit_piece(struct cg_visit *visit);

/** Turns a failure of a handler or of a store into a reply; see call.h. */
void cg_visit_fail(struct cg_visit *visit, cg_status status);

/** Sends the headers, with the body or with `stream`. */
void cg_visit_send(struct cg_visit *visit, const struct cg_http_stream *stream);

/** Counts and logs it, once it is answered or given up. */
void cg_visit_count(struct cg_visit *visit, uint32_t status);

/** Ends a visit that is in no job; if it still has a store, on a thread. Its exchange may be answered or not. */
void cg_visit_free(struct cg_visit *visit);

#endif
