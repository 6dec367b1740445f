/*
 * tenant_job.h - one job for one tenant, from its first worker to its report.
 *
 * A worker that exceeds its time is terminated, then killed. One that dies in an allocator or identity resolver is
 * started again for the dates that are left, with that function kept away from that line (after a SIGKILL, which is no
 * fault of its own, from the second time on); a function that keeps killing workers is not called any more. After a
 * death in an emitter another worker serves the other emitters. What a dead worker could not write down is recorded by
 * another one.
 *
 * Everything happens on the loop's thread.
 */
#ifndef CG_RUN_TENANT_JOB_H
#define CG_RUN_TENANT_JOB_H

#include <uv.h>

#include "base/error.h"
#include "base/log.h"
#include "config/problems.h"
#include "engine/explain.h"
#include "run/generation.h"
#include "run/report.h"

struct cg_tenant_job;

/** Who is told how a job goes. Every function may be NULL; texts are borrowed for the call. */
struct cg_tenant_job_callbacks {
    void *user;
    void (*progress)(void *user, const char *what, int64_t done, int64_t total);
    /** It has come to a stage (CG_STAGE_) and, in some, to a date, else CG_TIME_NONE. */
    void (*stage)(void *user, const char *stage, int64_t date);
    /** A piece of the answer to CG_JOB_EXPLAIN, as the worker sent it: not clean. */
    void (*text)(void *user, const char *text);
    /** It has ended: called once, from the loop. The job may be freed in it. */
    void (*finished)(void *user, const struct cg_tenant_report *report);
};

/** What is to be done. Pointers are borrowed until the job has finished, but for the generation, of which the job holds
 * a reference of its own. */
struct cg_tenant_job_options {
    struct cg_generation *generation;
    size_t tenant;            /**< index in its settings */
    const char *kind;         /**< CG_JOB_CHECK, CG_JOB_RUN, CG_JOB_EMIT or CG_JOB_EXPLAIN */
    const char *program;      /**< this executable */
    const struct cg_log *log; /**< or NULL */
    int32_t skip_gather;      /**< CG_JOB_RUN: 1: only calculate and emit */
    int32_t recalculate;      /**< CG_JOB_RUN: as in struct cg_job, with the two dates below */
    int64_t recalculate_from;
    int64_t recalculate_to;
    int64_t since_run; /**< CG_JOB_RUN: as in struct cg_pipeline_options, with the next two */
    int64_t since_time;
    int64_t fresh_us;
    const struct cg_explain_question *question; /**< CG_JOB_EXPLAIN: what is asked, else NULL */
    struct cg_problems *problems;               /**< where a check's problems go; NULL: errors are kept in the report */
    struct cg_tenant_job_callbacks callbacks;
};

/**
 * Starts a worker. A check ends after 60 seconds, other jobs after the tenant's own limit, also a check if that is
 * shorter. Errors: CG_NO_MEMORY, CG_PERMANENT when no process can be started; no callback then.
 */
cg_status cg_tenant_job_start(uv_loop_t *loop, const struct cg_tenant_job_options *options, struct cg_tenant_job **ret,
                              struct cg_error *error);

/** Asks the worker to stop; it gets ten seconds, and no other one is started for what is left. */
void cg_tenant_job_stop(struct cg_tenant_job *job);

/**
 * Sets another time limit, in seconds from the job's start; 0: none. When it is over already, the worker is asked to
 * stop in the loop's next turn. Returns 1 when another limit than before holds from now on: not for a worker that has
 * told its result, or was asked to stop, because its time was over or otherwise. Not for checks.
 */
int cg_tenant_job_limit(struct cg_tenant_job *job, int64_t seconds);

/** The tenant's settings that it was started with. They live as long as the job. */
const struct cg_tenant_settings *cg_tenant_job_settings(const struct cg_tenant_job *job);

/** What is known so far, and after the end everything. Lives as long as the job. */
const struct cg_tenant_report *cg_tenant_job_report(const struct cg_tenant_job *job);

/** Ends a job that has finished. NULL is fine. */
void cg_tenant_job_free(struct cg_tenant_job *job);

#endif
