/*
 * emit.h - hands finished dates to the tenant's emitters.
 *
 * Each entry is on its own: what one fails to write does not keep the next from writing. A date is emitted again when
 * its rows changed since; a failed one is tried again by the next run.
 */
#ifndef CG_ENGINE_EMIT_H
#define CG_ENGINE_EMIT_H

#include "engine/observer.h"
#include "engine/runtime.h"
#include "store/emission.h"

/** Counters over all emitters. */
struct cg_emit_result {
    uint64_t emitted; /**< dates (monthly: months' dates) */
    uint64_t failed;
};

/** Emits what is due. Failures of emitters are told to the observer and counted; only the store's own failures end it.
 */
cg_status cg_emit_run(struct cg_runtime *runtime, struct cg_store *store, const struct cg_observer *observer,
                      int64_t now, struct cg_emit_result *ret, struct cg_error *error);

#endif
