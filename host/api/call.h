/*
 * call.h - one request on its way through a route: what was asked, whose database it is about, what is answered.
 *
 * A handler runs on a thread of the pool with a store of its own (or on the loop, if its route says so). It reads
 * parameters (params.h, body.h), asks the store, and writes the reply. It returns CG_OK when a reply was written, also
 * when that is a refusal (cg_reply_detail). Anything else is a failure of ours or of the database: the caller turns it
 * into 500, 503 or 504 with an id that is also in the log.
 */
#ifndef CG_API_CALL_H
#define CG_API_CALL_H

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "config/settings.h"
#include "net/http_server.h"
#include "store/store.h"

/** Largest whole answer. Lists are paged; what may be larger is streamed. */
#define CG_REPLY_LIMIT ((size_t)256 * 1024 * 1024)

/** Most values in a path: /api/v1/tenants/{}/entities/{}/{}/tags/{}. */
#define CG_PATH_VALUES 4

/** Most headers that a handler adds. */
#define CG_REPLY_HEADERS 6

/** A body in pieces, for answers without a bound. Called on a thread of the pool, with the call's store. */
struct cg_reply_stream {
    void *state;
    /** Appends the next piece (some 64 KiB) to `out`; `*ret_more` 0 after the last one. */
    cg_status (*next)(void *state, struct cg_buf *out, int32_t *ret_more, struct cg_error *error);
    /** Ends it, before the store goes; also when the client went away. */
    void (*end)(void *state);
};

/** What is answered. Starts as 200 with an empty body. */
struct cg_reply {
    uint32_t status;
    const char *content_type; /**< "application/json" unless set */
    struct cg_http_pair headers[CG_REPLY_HEADERS];
    size_t header_count;
    struct cg_buf body;
    struct cg_reply_stream stream; /**< in place of the body when `next` is set */
};

/** A tenant as the API sees it: its settings and what was found out about them. */
struct cg_api_tenant {
    const struct cg_tenant_settings *settings;
    size_t index;              /**< in the settings */
    const char *topics_status; /**< "disabled", "enabled" or "config_error" */
    const char *topics_error;  /**< or NULL */
    int32_t hourly;            /**< 1: facts may lie within a day, so a time zone moves the bounds of days */
};

struct cg_api;

struct cg_call {
    const struct cg_http_request *request;
    struct cg_api *api;
    struct cg_arena *arena;             /**< lives as long as the call */
    const char *values[CG_PATH_VALUES]; /**< of {} in the route, decoded, in their order; [0] is the tenant's name */
    const struct cg_http_pair *query;   /**< decoded, in their order; names may repeat */
    size_t query_count;
    json_t *body;                       /**< parsed, or NULL when there was none or it was no JSON media type */
    const struct cg_api_tenant *tenant; /**< NULL for routes that are not about one */
    struct cg_store *store;             /**< NULL for those, too */
    int64_t now;                        /**< one clock for the whole call */
    int32_t busy_elsewhere;             /**< 1: another process works on the tenant; found out for pipeline/run alone */
    struct cg_reply reply;
    struct cg_error error; /**< to be given to functions of the store */
};

/** What kind of store a route needs. */
enum cg_route_store {
    CG_ROUTE_NO_STORE, /**< none; `tenant` may be set nevertheless */
    CG_ROUTE_READ,
    CG_ROUTE_WRITE,
    CG_ROUTE_ALL_TENANTS /**< runs on a thread without a store; it looks at one tenant after the other itself */
};

/** A JSON body is parsed before anything else is looked at. */
#define CG_ROUTE_BODY 1u
/** The answer follows from the request, the day and the database alone, so it may be kept (kept.h). */
#define CG_ROUTE_KEEP 2u
/** Open to everybody: what monitors and people need before they have identified themselves. */
#define CG_ROUTE_OPEN 4u

/** One operation. */
struct cg_route {
    const char *method;
    const char *path; /**< "/api/v1/tenants/{}/billing"; an earlier route wins */
    enum cg_route_store store;
    uint32_t flags; /**< CG_ROUTE_BODY, CG_ROUTE_KEEP, CG_ROUTE_OPEN */
    cg_status (*handle)(struct cg_call *call);
};

/** Number of tenants. */
size_t cg_call_tenant_count(const struct cg_call *call);

/**
 * For CG_ROUTE_ALL_TENANTS: calls `use` with the call's tenant and a reading store of it set. Answers what `use` did,
 * or why the store cannot be had; the call's error is set.
 */
cg_status cg_call_with_tenant(struct cg_call *call, size_t index, cg_status (*use)(struct cg_call *call, void *user),
                              void *user);

/** A refusal: {"detail":"<text>"}. Returns CG_OK, or CG_NO_MEMORY. */
cg_status cg_reply_detail(struct cg_call *call, uint32_t status, const char *format, ...) CG_PRINTF(3, 4);

/** Adds a header; both texts must live as long as the call. NULL, for want of memory, is left out. */
void cg_reply_header(struct cg_call *call, const char *name, const char *value);

/** CG_OK, or the failure of the reply's buffer as an error of the call; what a handler returns after writing. */
cg_status cg_reply_done(struct cg_call *call);

/** `text` in quotes as messages show values, Python's repr: 'x', "it's". Lives in the call's arena; "" without memory.
 */
const char *cg_call_quoted(struct cg_call *call, const char *text);

#endif
