/*
 * pipeline.h - one run for one tenant: gather, calculate, attribute topics, emit, retain.
 */
#ifndef CG_ENGINE_PIPELINE_H
#define CG_ENGINE_PIPELINE_H

#include "engine/calculate.h"
#include "engine/emit.h"
#include "engine/gather.h"
#include "engine/topics.h"

/** Stages that are told to the observer only: the run's row has ended before them. The others are in store/runs.h. */
#define CG_STAGE_EMITTING "emitting"
#define CG_STAGE_RETENTION "retention"

/** Whether another process has to do with the tenant's turn. */
enum cg_elsewhere {
    CG_ELSEWHERE_NO,   /**< this process works on it */
    CG_ELSEWHERE_BUSY, /**< another one works on it now: nothing was done here */
    CG_ELSEWHERE_DONE  /**< another one has done it a moment ago: nothing was done here */
};

/** What a run is to do. */
struct cg_pipeline_options {
    struct cg_runtime *runtime;
    const struct cg_observer *observer;
    const struct cg_quarantine *quarantine;
    size_t quarantine_count;
    int32_t resume; /**< 1: an earlier worker of this run died after its gather; calculate the dates that are left */
    int64_t resume_after;     /**< with `resume`: the last date it finished, or CG_TIME_NONE */
    int64_t dead_run;         /**< with `resume`: the row of the run it left behind, or 0 */
    const char *crash;        /**< with `resume`: what happened to it, for that row */
    int32_t skip_gather;      /**< 1: the last gather was too recent: calculate and emit what is there */
    int32_t memory_mib;       /**< what this process may have, for the sentence when it runs out; 0 = no limit */
    int32_t recalculate;      /**< 1: dates of the range below are computed even when nothing changed */
    int64_t recalculate_from; /**< midnight, or CG_TIME_NONE: the whole window */
    int64_t recalculate_to;   /**< midnight of the last day, inclusive */
    int32_t emit_topics;      /**< cg_pipeline_emit: 1: topic rows too; a whole run always emits them */
    /* A run that another process has brought to its end stands for this one, if it is one of these two and young. */
    int64_t since_run;  /**< a number above this one, or -1: none is known */
    int64_t since_time; /**< without `since_run`: ended after this time */
    int64_t fresh_us;   /**< at most so long ago; 0: none stands for this one */
};

/** What came of it. */
struct cg_pipeline_result {
    uint64_t dates_gathered; /**< 0 with `skip_gather` */
    uint64_t dates_pending;  /**< that had to be computed, also those that failed or were not reached */
    uint64_t dates_calculated;
    uint64_t dates_changed;
    uint64_t dates_current; /**< not computed, because nothing they follow from changed */
    uint64_t rows_written;
    uint64_t rows_retired; /**< deleted by retention */
    int32_t gather_failed; /**< 1: the gather as a whole failed, which counts towards gather_failure_threshold */
    int32_t database_lost; /**< 1: the connection to the database, or the claim, was lost, and with it the run */
    enum cg_elsewhere elsewhere;
    int64_t other_run;      /**< DONE: the run that did it. BUSY: runs after this one are news. */
    int64_t other_ended_at; /**< DONE: when it ended */
    uint64_t errors;        /**< told to the observer */
    struct cg_gather_result gather;
    struct cg_topics_result topics;
    struct cg_emit_result emit;
};

/**
 * Opens the tenant's database, runs, and records the run. The first error that ended it is the status; errors of single
 * families, lines, dates and emitters are only told to the observer and counted. What is due is also emitted when the
 * gather or the calculation failed, unless the run was stopped or memory ran out. `*ret` is always set.
 *
 * Of all processes that share a database, one works on a tenant: it has the claim (store/claim.h), or where there are
 * no claims the running row. Others answer at once: CG_TEMPORARY with `elsewhere` BUSY and a sentence that names who
 * works on it; or, with DONE, how that other run ended (CG_OK, or CG_PERMANENT) and a sentence about it in `error` in
 * both cases. Neither leaves a row, or an error told to the observer.
 */
cg_status cg_pipeline_run(const struct cg_pipeline_options *options, struct cg_pipeline_result *ret,
                          struct cg_error *error);

/** Only emits what is due, without a row in the history of runs; see `emit_topics`. CG_TEMPORARY also while another
 * process has the claim. */
cg_status cg_pipeline_emit(const struct cg_pipeline_options *options, struct cg_pipeline_result *ret,
                           struct cg_error *error);

#endif
