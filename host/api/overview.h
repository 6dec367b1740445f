/*
 * overview.h - how all tenants fare: what readiness and the list of tenants tell.
 *
 * Each tenant is looked at by a job of its own, so one whose database is locked or broken delays nobody: after two
 * seconds the others are told without it.
 */
#ifndef CG_API_OVERVIEW_H
#define CG_API_OVERVIEW_H

#include "store/runs.h"
#include "views/status.h"

struct cg_api;
struct cg_overview;

/** One tenant, as it was found. Texts live until the next look at it. */
struct cg_overview_tenant {
    int32_t looked;      /**< it was looked at since the configuration is in effect */
    int32_t ready;       /**< its database could be opened and read */
    const char *problem; /**< why not, or NULL */
    struct cg_view_progress progress;
    struct cg_run_row run;
};

/** Nothing is known yet. Error: CG_NO_MEMORY. */
cg_status cg_overview_new(struct cg_api *api, struct cg_overview **ret);

/** Frees it; no look may be under way. NULL is fine. */
void cg_overview_free(struct cg_overview *overview);

/** Somebody who waits for a look. */
struct cg_overview_waiter {
    void (*ready)(struct cg_overview_waiter *waiter);
    struct cg_overview_waiter *next;
    uint64_t deadline;
};

/**
 * Looks at all tenants again, unless that was done `fresh_ms` ago or is under way; `ready` is called in the call or
 * later, from the loop.
 */
void cg_overview_look(struct cg_overview *overview, uint64_t fresh_ms, struct cg_overview_waiter *waiter);

/** Forgets somebody who waits. */
void cg_overview_leave(struct cg_overview *overview, const struct cg_overview_waiter *waiter);

/** Calls those who waited for long enough. */
void cg_overview_tick(struct cg_overview *overview);

/** A tenant of the configuration in effect. */
const struct cg_overview_tenant *cg_overview_tenant(const struct cg_overview *overview, size_t index);

/** Another configuration is in effect: everything is to be looked at again. Who waits goes on waiting, for that. */
void cg_overview_reset(struct cg_overview *overview);

#endif
