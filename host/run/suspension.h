/*
 * suspension.h - tenants whose gather fails again and again are not worked on any more, until somebody lifts it.
 *
 * Only the gather as a whole counts, not single families of it, and only failures that follow each other.
 */
#ifndef CG_RUN_SUSPENSION_H
#define CG_RUN_SUSPENSION_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "config/settings.h"
#include "run/report.h"

/** One tenant. */
struct cg_suspended {
    int64_t failures; /**< gathers that failed, one after the other */
    const char *text; /**< why it is suspended, or NULL */
};

/** All tenants of the settings. Zeroed to begin with; lives in the arena it was made with. */
struct cg_suspensions {
    const struct cg_settings *settings;
    const struct cg_log *log; /**< or NULL */
    struct cg_arena *arena;
    struct cg_suspended *tenants;
    size_t count; /**< tenants that are suspended */
};

/** Nobody is suspended. Everything is borrowed. Error: CG_NO_MEMORY. */
cg_status cg_suspensions_init(struct cg_suspensions *suspensions, const struct cg_settings *settings,
                              const struct cg_log *log, struct cg_arena *arena);

/** Why a tenant is suspended, or NULL. */
const char *cg_suspensions_why(const struct cg_suspensions *suspensions, size_t tenant);

/**
 * Takes what came of a tenant's run: a gather that failed is counted, any other run that had its turn forgets the
 * earlier ones; one that was not started or was cancelled says nothing. At the tenant's gather_failure_threshold it is
 * suspended, with an alert in the log. A suspended tenant stays what it is. Error: CG_NO_MEMORY.
 */
cg_status cg_suspensions_note(struct cg_suspensions *suspensions, size_t tenant, const struct cg_tenant_report *report);

/** Takes over from `from` what is known of one of its tenants, as tenant `tenant` of `suspensions`. Error:
 * CG_NO_MEMORY.
 */
cg_status cg_suspensions_keep(struct cg_suspensions *suspensions, size_t tenant, const struct cg_suspensions *from,
                              size_t from_tenant);

/** A tenant starts anew: it is not suspended, and has no failures. */
void cg_suspensions_lift(struct cg_suspensions *suspensions, size_t tenant);

/** At the end of a cycle: an alert in the log when all tenants are suspended. */
void cg_suspensions_tell(const struct cg_suspensions *suspensions);

#endif
