/*
 * pipeline_run.h - one run while it goes: what is open, who is told, and its row in the history.
 */
#ifndef CG_ENGINE_PIPELINE_RUN_H
#define CG_ENGINE_PIPELINE_RUN_H

#include "engine/pipeline.h"
#include "engine/tenant_store.h"

/** Dates of which the same is to be said: told once, when the run knows how many there are. */
struct cg_date_span {
    uint64_t dates;
    int64_t first;
    int64_t last;
};

/** Dates that had to do without some of their metrics. */
struct cg_metrics_outage {
    struct cg_date_span span;
    int32_t has_fallbacks;           /**< 1: something was split without them */
    char reason[CG_ERROR_TEXT_SIZE]; /**< of the first */
};

/** A run. Start it with cg_pipeline_run_init; cg_pipeline_run_done ends it in whatever state it is. */
struct cg_pipeline_run {
    const struct cg_pipeline_options *options;
    struct cg_runtime *runtime;
    struct cg_observer observer; /**< counts errors and passes everything on */
    struct cg_tenant_store database;
    struct cg_store *store; /**< of the database */
    struct cg_metrics_source *metrics;
    struct cg_arena *arena;
    struct cg_buf message; /**< all errors, joined by "; " */
    int64_t run_id;        /**< row of pipeline_runs, or 0 */
    int32_t claimed;       /**< 1: the tenant's claim is held */
    int64_t now;
    int64_t told_life; /**< when the row's owner last told that it lives */
    int64_t start;     /**< of the billing window */
    int64_t end;       /**< exclusive */
    struct cg_metrics_outage outage;
    struct cg_date_span held;       /**< dates with lines that stay as they were because metrics could not be read */
    struct cg_date_span kept;       /**< dates that stay as they were because their metrics are gone */
    struct cg_date_span partly;     /**< the same, but for lines that changed or ask for no metrics */
    struct cg_date_span topic_kept; /**< the same of the topic overlay */
    struct cg_pipeline_result result;
};

/** Fills in what follows from the options: the time, and the window that lies inside lookback and retention. */
void cg_pipeline_run_init(struct cg_pipeline_run *run, const struct cg_pipeline_options *options);

/** Closes everything. */
void cg_pipeline_run_done(struct cg_pipeline_run *run);

/** Opens the tenant's database. */
cg_status cg_pipeline_run_open(struct cg_pipeline_run *run, struct cg_error *error);

/**
 * Claims the tenant, where the database has claims. One that a process of a moment ago had is waited for; longer
 * `after_death`, when that was a worker of the same run. Errors: CG_TEMPORARY with `elsewhere` in the result while
 * another process has it, those of the database.
 */
cg_status cg_pipeline_run_claim(struct cg_pipeline_run *run, int32_t after_death, struct cg_error *error);

/** Whether a stage that ended with `status` has failed because the database is out of reach: with the connection the
 * claim is gone. For a database without claims: whether it could not be opened, or is locked after a failed gather. */
int32_t cg_pipeline_run_is_cut_off(struct cg_pipeline_run *run, cg_status status);

/** Opens database and metrics source, and inserts the row of the run, unless another process works on the tenant or
 * has done so (see cg_pipeline_run). */
cg_status cg_pipeline_run_start(struct cg_pipeline_run *run, struct cg_error *error);

/** Ends the row: what was counted, and the errors so far. Returns `status`, or the failure to record it. */
cg_status cg_pipeline_run_finish(struct cg_pipeline_run *run, cg_status status, struct cg_error *error);

/** Tells and counts an error; tells a note. */
void cg_pipeline_run_error(struct cg_pipeline_run *run, const char *text);
void cg_pipeline_run_note(struct cg_pipeline_run *run, const char *text);

/** True once the run is to stop. */
int cg_pipeline_run_is_stopped(const struct cg_pipeline_run *run);

#endif
