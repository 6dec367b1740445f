#include "engine/pipeline.h"

#include "engine/pipeline_stages.h"

/* What ended the run from outside is told in place of what it looked like from inside. */
static void say_why(const struct cg_pipeline_run *run, struct cg_error *error) {
    const volatile int32_t *stop = run->runtime->shared.cancelled;
    const int32_t stopped = stop ? *stop : 0;
    if (error->status == CG_CANCELLED && stopped == CG_STOP_TIME_OVER)
        cg_error_set(error, CG_CANCELLED, "Execution timed out after %llds",
                     (long long)run->runtime->tenant->execution_timeout_seconds);
    else if (error->status == CG_CANCELLED && stopped)
        cg_error_set(error, CG_CANCELLED, "the run was stopped");
    else if (error->status == CG_NO_MEMORY && run->options->memory_mib)
        cg_error_wrap(error, "the worker ran out of its memory of %d MiB (features.worker_memory_mib)",
                      (int)run->options->memory_mib);
}

/* A stage after the run's row has ended: its failure is told, and is the run's status unless that is bad already. */
static cg_status afterwards(struct cg_pipeline_run *run, cg_status so_far, cg_status status,
                            const struct cg_error *cause, struct cg_error *error) {
    if (status == CG_OK)
        return so_far;
    cg_pipeline_run_error(run, cause->text);
    if (so_far != CG_OK)
        return so_far;
    *error = *cause;
    return status;
}

/* What emitters make of the rows is not part of the run's record: they have records of their own. Rows of earlier runs,
 * and of dates that went well, do not wait for what failed. */
static cg_status finish_up(struct cg_pipeline_run *run, cg_status status, struct cg_error *error) {
    struct cg_error cause = {0};
    if (!run->run_id || run->result.database_lost || status == CG_CANCELLED || status == CG_NO_MEMORY ||
        cg_pipeline_run_is_stopped(run))
        return status;
    status = afterwards(run, status, cg_stage_emit(run, 1, &cause), &cause, error);
    if (status == CG_CANCELLED || status == CG_NO_MEMORY || cg_pipeline_run_is_stopped(run))
        return status;
    cg_error_clear(&cause);
    return afterwards(run, status, cg_stage_retain(run, &cause), &cause, error);
}

cg_status cg_pipeline_run(const struct cg_pipeline_options *options, struct cg_pipeline_result *ret,
                          struct cg_error *error) {
    static cg_status (*const stages[])(struct cg_pipeline_run *, struct cg_error *) = {
        cg_pipeline_run_start, cg_stage_gather, cg_stage_calculate, cg_stage_topics};
    struct cg_pipeline_run run;
    cg_pipeline_run_init(&run, options);
    cg_status status = CG_OK;
    for (size_t i = 0; i < sizeof stages / sizeof stages[0] && status == CG_OK; i++)
        status = stages[i](&run, error);
    if (run.result.elsewhere) {
        status = error->status;
    } else if (status != CG_OK) {
        run.result.database_lost |= cg_pipeline_run_is_cut_off(&run, status);
        if (run.result.database_lost)
            run.result.gather_failed = 0;
        say_why(&run, error);
        cg_pipeline_run_error(&run, error->text);
    }
    status = cg_pipeline_run_finish(&run, status, error);
    status = finish_up(&run, status, error);
    *ret = run.result;
    cg_pipeline_run_done(&run);
    return status;
}

cg_status cg_pipeline_emit(const struct cg_pipeline_options *options, struct cg_pipeline_result *ret,
                           struct cg_error *error) {
    struct cg_pipeline_run run;
    cg_pipeline_run_init(&run, options);
    cg_status status = cg_pipeline_run_open(&run, error);
    if (status == CG_OK)
        status = cg_pipeline_run_claim(&run, options->emit_topics, error); /* set for the rest of a run only */
    if (status == CG_OK)
        status = cg_stage_emit(&run, options->emit_topics, error);
    if (run.result.elsewhere) {
        run.result.elsewhere = CG_ELSEWHERE_NO;
        status = cg_error_wrap(error, "nothing was emitted");
    }
    if (status != CG_OK)
        cg_pipeline_run_error(&run, error->text);
    *ret = run.result;
    cg_pipeline_run_done(&run);
    return status;
}
