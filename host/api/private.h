/*
 * private.h - what the files of this folder share that turn a request into an answer; handlers do not include it.
 */
#ifndef CG_API_PRIVATE_H
#define CG_API_PRIVATE_H

#include "api/api.h"
#include "api/auth.h"
#include "api/counters.h"
#include "api/kept.h"
#include "api/overview.h"
#include "api/pool.h"
#include "api/router.h"
#include "api/stores.h"

/** Logger of the server side. */
#define CG_API_LOGGER "core.api.app"

/** Exports at once; each holds a connection for as long as its client takes. */
#define CG_API_STREAMS 16u

/** One configuration in effect, for as long as a request uses it. */
struct cg_api_generation {
    struct cg_api *api;
    struct cg_api_settings_loan loan;
    struct cg_api_tenant *tenants;
    struct cg_stores *stores;
    struct cg_auth *auth;
    struct cg_kept *kept;
    size_t references;
    struct cg_job ending; /* closes the connections, off the loop */
};

/** Takes the loan over on success only. */
cg_status cg_api_generation_new(struct cg_api *api, const struct cg_api_settings_loan *loan,
                                struct cg_api_generation **ret, struct cg_error *error);
struct cg_api_generation *cg_api_generation_ref(struct cg_api_generation *generation);
void cg_api_generation_unref(struct cg_api_generation *generation);

/** The tenant with this name, or NULL. */
const struct cg_api_tenant *cg_api_generation_tenant(const struct cg_api_generation *generation, const char *name);

struct cg_visit;
struct cg_elsewhere;

/** Most servers that were replaced and are not done yet. */
#define CG_API_LEAVING 8u

/** A server that was replaced. */
struct cg_leaving {
    struct cg_http_server *server; /**< or NULL */
    uint64_t since;                /**< on the loop's clock */
};

/** The API as its own files see it. */
struct cg_api {
    struct cg_api_options options;
    struct cg_api_generation *current;
    struct cg_http_server *server;
    struct cg_leaving leaving[CG_API_LEAVING]; /**< servers that finish what they have; see api.c */
    int listen_fd;                             /**< our own duplicate of the listening socket */
    uint16_t port;
    struct cg_pool *pool;
    struct cg_counters counters;
    struct cg_overview *overview;
    struct cg_elsewhere *questions; /**< under way; see elsewhere.h */
    struct cg_visit *visits;        /**< all requests at work; the oldest comes last */
    size_t visit_count;
    size_t generation_count;
    size_t streams;
    uv_timer_t tick; /**< deadlines, and servers that leave */
    int32_t draining;
    uint64_t drain_deadline; /**< on the loop's clock, milliseconds */
    int32_t closing;
    void (*closed)(void *user);
    void *closed_user;
    int64_t started_at;
};

/** Callbacks of the server; `user` is the struct cg_api. */
void cg_visit_begin(void *user, struct cg_http_exchange *exchange);
void cg_visit_exchange_ended(void *user, struct cg_http_exchange *exchange, int32_t whole);

/** Looks at the deadlines of all requests at work. */
void cg_visits_look(struct cg_api *api);

/** Interrupts all requests at work. */
void cg_visits_interrupt(struct cg_api *api);

/** Answers a preflight, 1; any other request is left alone, 0. Headers that every answer carries are in `ret`, at most
 * two; their texts are the request's or constant. */
int32_t cg_cors_preflight(struct cg_call *call, const struct cg_settings *settings);
size_t cg_cors_headers(const struct cg_http_request *request, const struct cg_settings *settings,
                       struct cg_http_pair ret[2]);

/**
 * Makes a whole reply smaller where the client allows it: 304 without a body when it has this answer already, else
 * gzip. Thread: [any].
 */
void cg_reply_encode(struct cg_call *call);

/** 1 when the client has the answer with this tag. */
int32_t cg_reply_is_known(const struct cg_call *call, const char *tag);

/** Adds the headers of a tagged answer. */
void cg_reply_tag(struct cg_call *call, const char *tag);

/** 1 when the client takes gzip. */
int32_t cg_accepts_gzip(const struct cg_http_request *request);

/** Squeezes a stream's pieces. */
struct cg_squeeze;
struct cg_squeeze *cg_squeeze_new(void); /**< or NULL without memory */
void cg_squeeze_free(struct cg_squeeze *squeeze);
/** Puts the squeezed form in place of what `piece` holds; with `last` the end of the stream too. */
cg_status cg_squeeze_piece(struct cg_squeeze *squeeze, struct cg_buf *piece, int32_t last);

#endif
