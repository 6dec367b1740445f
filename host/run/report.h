/*
 * report.h - what came of one tenant's job.
 */
#ifndef CG_RUN_REPORT_H
#define CG_RUN_REPORT_H

#include "base/arena.h"
#include "engine/pipeline.h"
#include "run/event.h"

/** Texts kept for one tenant. */
#define CG_REPORT_TEXTS 100

/** Strings live as long as the report. */
struct cg_tenant_report {
    int32_t started;        /**< 0: the program was stopped before its turn, or another tenant is the only one */
    int32_t verdict;        /**< 1: a worker has told how the job ended; 0: none could, `error` says why */
    uint32_t problems;      /**< errors in the configuration that its worker found */
    int32_t gather_failed;  /**< 1: the gather as a whole failed, or the worker died in it */
    int32_t gather_skipped; /**< 1: the last gather was too recent for another one */
    int32_t timed_out;      /**< 1: its time was over */
    int32_t stopped;        /**< 1: it was asked to stop before its end */
    int32_t database_lost;  /**< 1: the connection to the database, or the claim, was lost, and with it the run */
    int32_t elsewhere;      /**< enum cg_elsewhere: another process works on the tenant, or has done it: no run here */
    cg_status status;
    const char *error;         /**< why the job ended early, or NULL; with `elsewhere` the sentence about it */
    const char *const *errors; /**< what the worker told, at most CG_REPORT_TEXTS */
    size_t error_count;        /**< of those */
    const char *const *notes;
    size_t note_count;
    struct cg_event_counters counters; /**< `errors` counts all */
    uint32_t crashes;
    int64_t run_id;         /**< row of pipeline_runs, or 0 */
    int64_t other_run;      /**< with `elsewhere`: as in struct cg_pipeline_result, with the next one */
    int64_t other_ended_at; /**< a time, or CG_TIME_NONE */
    int64_t started_at;     /**< a time, or CG_TIME_NONE when no worker was started */
    int64_t ended_at;       /**< a time, or CG_TIME_NONE */
    int64_t duration_us;    /**< on a clock that nobody sets */
    int64_t gathered_at;    /**< when the run that has gathered was planned, or CG_TIME_NONE */
    int64_t peak_memory;    /**< most memory of a worker that told it, in bytes, or 0 */
};

/** True when nothing went wrong. */
int cg_report_is_good(const struct cg_tenant_report *report);

/** Adds what a further worker of the same job did. */
void cg_counters_add(struct cg_event_counters *sum, const struct cg_event_counters *more);

#endif
