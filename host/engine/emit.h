/*
 * emit.h - hands finished dates to the tenant's emitters: chargeback rows to those of `emitters`, topic rows to those
 * of the topic overlay. An entry of `emitters` whose module takes them gets the billing lines of the same dates, and
 * the resources and identities that existed at their midnights; these are never aggregated.
 *
 * Each entry, and each kind of its rows (a pipeline of the records), is on its own: what fails to be written does not
 * keep the next from being written. A date is emitted again when its rows changed since, also to none; a failed one is
 * tried again by the next run. Failures of an entry that say the same are told in one sentence.
 */
#ifndef CG_ENGINE_EMIT_H
#define CG_ENGINE_EMIT_H

#include "engine/calculate.h"
#include "engine/observer.h"
#include "engine/runtime.h"
#include "store/emission.h"

/** Sentences about different causes that are told of one entry; what is beyond is only counted. */
#define CG_EMIT_CAUSES 5

struct cg_emit_options {
    struct cg_runtime *runtime;
    struct cg_store *store;
    const struct cg_observer *observer;
    /** Emitters that brought a worker down (symbol: as their crumb has it, the entry's name or, of the topic overlay,
     * CG_TOPIC_EMITTER_SYMBOL and the name; whole_symbol 1): they are told and not called, and their dates count as
     * failed. Entries about other functions are ignored. */
    const struct cg_quarantine *quarantine;
    size_t quarantine_count;
    int64_t now;    /**< the end of lookback_days */
    int32_t topics; /**< 1: topic rows too, after all others */
};

/** True when the entry's rows of a month form one emission. */
int32_t cg_emit_is_monthly(const struct cg_emitter_settings *settings);

/** Counters over all emitters and kinds of rows. */
struct cg_emit_result {
    uint64_t emitted; /**< dates (monthly: months' dates) */
    uint64_t failed;
};

/**
 * Emits what is due. Failures of emitters are told to the observer, recorded and counted; only the store's own failures
 * end it. `*ret` is always set. CG_CANCELLED: the run was stopped.
 */
cg_status cg_emit_run(const struct cg_emit_options *options, struct cg_emit_result *ret, struct cg_error *error);

#endif
