/* One request on its way through the server, and the parts of the server that deal with it. */
#ifndef CG_SIM_EXCHANGE_H
#define CG_SIM_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

#include "api.h"
#include "faults.h"
#include "routes.h"
#include "text.h"

/** Greatest request body. */
#define CG_SIM_MOST_BODY ((size_t)1 << 20)

/** Where a request is. */
enum cg_sim_phase {
    CG_SIM_PHASE_NEW,    /**< only the request line is known */
    CG_SIM_PHASE_BODY,   /**< the body comes in */
    CG_SIM_PHASE_WAIT,   /**< suspended, answered afterwards */
    CG_SIM_PHASE_ANSWER, /**< nothing is in the way of the answer any more */
    CG_SIM_PHASE_DROP,   /**< suspended, or about to be closed without an answer */
};

/** One request. */
struct cg_sim_exchange {
    struct MHD_Connection *connection;
    char *uri; /**< owned: request target as it was sent */
    struct cg_sim_text body;
    enum cg_sim_phase phase;
    bool counted; /**< cg_sim_stats_begin() was called */
    bool suspended;
    bool too_large;
    uint64_t wake_ns; /**< when a suspended request goes on, monotonic */
    enum cg_sim_group group;
    struct cg_sim_exchange *next; /**< list of suspended requests */
    struct cg_sim_exchange *previous;
    struct cg_sim_fault_decision decision;
};

/** Replies that can be given again, keyed by the whole request. */
struct cg_sim_cache;

/** An empty cache; NULL when memory is short. */
struct cg_sim_cache *cg_sim_cache_new(void);

/** Frees the cache and its hold on the responses; NULL is fine. */
void cg_sim_cache_free(struct cg_sim_cache *cache);

/** The response kept for a key, borrowed, or NULL. A new generation empties the cache. */
struct MHD_Response *cg_sim_cache_get(struct cg_sim_cache *cache, uint64_t generation, const char *key, size_t len);

/**
 * Keeps a response of `size` bytes for a key; the caller must not use its own reference any more when this returns
 * true. False: not kept, the caller still owns it.
 */
bool cg_sim_cache_put(struct cg_sim_cache *cache, const char *key, size_t len, struct MHD_Response *response,
                      size_t size);

/**
 * Queues a reply of which something is wrong as `fault` says. `reply` is the right one (empty for kinds that need
 * none); its body is taken over.
 */
enum MHD_Result cg_sim_fault_respond(struct MHD_Connection *connection, const struct cg_sim_fault *fault,
                                     enum cg_sim_group group, struct cg_sim_reply *reply);

/** Tells whether a fault is made out of the right reply. */
bool cg_sim_fault_needs_reply(enum cg_sim_fault_kind kind);

/** A response that owns the reply's body, with its content type; NULL when memory is short. */
struct MHD_Response *cg_sim_response_make(struct cg_sim_reply *reply);

/** Monotonic clock in nanoseconds. */
uint64_t cg_sim_now_ns(void);

#endif
