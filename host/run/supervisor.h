/*
 * supervisor.h - runs jobs in worker processes and stays alive whatever they do.
 *
 * One worker per tenant and job, at most `max_parallel` at a time. A worker that exceeds its time is terminated, then
 * killed. One that dies in an allocator or identity resolver is started again for the dates that are left, with that
 * function kept away from that line (after a SIGKILL, which is no fault of its own, from the second time on); a
 * function that keeps killing workers is not called any more. After a death in an emitter another worker serves the
 * other emitters. What a dead worker could not write down is recorded by another one.
 */
#ifndef CG_RUN_SUPERVISOR_H
#define CG_RUN_SUPERVISOR_H

#include <uv.h>

#include "base/error.h"
#include "base/log.h"
#include "config/problems.h"
#include "config/settings.h"
#include "engine/explain.h"
#include "run/event.h"

/** Who is told how tenants fare. Every function may be NULL; `tenant` is the index in the settings. */
struct cg_supervisor_observer {
    void *user;
    void (*progress)(void *user, size_t tenant, const char *what, int64_t done, int64_t total);
    void (*finished)(void *user, size_t tenant);
    /** A piece of the answer to CG_JOB_EXPLAIN, as the worker sent it: not clean. */
    void (*text)(void *user, size_t tenant, const char *text);
};

struct cg_supervisor_options {
    const struct cg_settings *settings;
    const struct cg_log *log;   /**< or NULL */
    const char *program;        /**< this executable */
    const char *env_file;       /**< as given on the command line, or NULL */
    const char *const *modules; /**< files that passed the probe */
    size_t module_count;
    const char *const *left_out; /**< per tenant: why it is to have no worker, or NULL; NULL: nobody is left out */
    const char *only_tenant;     /**< nobody else is started; NULL: all are */
    int32_t recalculate;         /**< CG_JOB_RUN: as in struct cg_job, with the two dates below */
    int64_t recalculate_from;
    int64_t recalculate_to;
    const struct cg_explain_question *question; /**< CG_JOB_EXPLAIN: what is asked, else NULL */
    struct cg_supervisor_observer observer;
};

/** What came of one tenant's job. Strings live in the report. */
struct cg_tenant_report {
    int32_t started;       /**< 0: the program was stopped before its turn, or another tenant is the only one */
    int32_t verdict;       /**< 1: a worker has told how the job ended; 0: none could, `error` says why */
    uint32_t problems;     /**< errors in the configuration that its worker found */
    int32_t gather_failed; /**< 1: the gather as a whole failed, or the worker died in it */
    cg_status status;
    const char *error;         /**< why the job ended early, or NULL */
    const char *const *errors; /**< what the worker told, at most CG_REPORT_TEXTS */
    size_t error_count;        /**< of those */
    const char *const *notes;
    size_t note_count;
    struct cg_event_counters counters; /**< `errors` counts all */
    uint32_t crashes;
};

/** Texts kept for one tenant. */
#define CG_REPORT_TEXTS 100

/** All tenants' reports, in the order of the settings. */
struct cg_report {
    struct cg_arena *arena;
    struct cg_tenant_report *tenants;
    size_t count;
};

/**
 * Does one kind of job (CG_JOB_CHECK, CG_JOB_RUN, CG_JOB_EMIT, CG_JOB_EXPLAIN) for every tenant, turning `loop` until
 * all have ended.
 * Problems of check jobs go into `problems` (else NULL). A raised `*stop` ends the running workers and starts no more.
 * How each tenant fared, also when no process could be started for it, is in `ret`, which is always set and to be ended
 * with cg_report_done. A check ends after 60 seconds, or the tenant's own limit if that is shorter. Error:
 * CG_NO_MEMORY.
 */
cg_status cg_supervise(uv_loop_t *loop, const struct cg_supervisor_options *options, const char *kind,
                       const volatile int32_t *stop, struct cg_problems *problems, struct cg_report *ret,
                       struct cg_error *error);

/** Frees a report. */
void cg_report_done(struct cg_report *report);

#endif
