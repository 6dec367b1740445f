/*
 * supervisor.h - one kind of job for all tenants, and stays alive whatever the workers do.
 *
 * One worker per tenant and job, at most `max_parallel_tenants` at a time; see tenant_job.h for what becomes of each.
 */
#ifndef CG_RUN_SUPERVISOR_H
#define CG_RUN_SUPERVISOR_H

#include "run/tenant_job.h"

/** Who is told how tenants fare. Every function may be NULL; `tenant` is the index in the settings. */
struct cg_supervisor_observer {
    void *user;
    void (*progress)(void *user, size_t tenant, const char *what, int64_t done, int64_t total);
    void (*finished)(void *user, size_t tenant);
    /** A piece of the answer to CG_JOB_EXPLAIN, as the worker sent it: not clean. */
    void (*text)(void *user, size_t tenant, const char *text);
};

struct cg_supervisor_options {
    struct cg_generation *generation; /**< tenants that it leaves out get no worker */
    const struct cg_log *log;         /**< or NULL */
    const char *program;              /**< this executable */
    const char *only_tenant;          /**< nobody else is started; NULL: all are */
    int32_t recalculate;              /**< CG_JOB_RUN: as in struct cg_job, with the two dates below */
    int64_t recalculate_from;
    int64_t recalculate_to;
    const struct cg_explain_question *question; /**< CG_JOB_EXPLAIN: what is asked, else NULL */
    struct cg_supervisor_observer observer;
};

/** All tenants' reports, in the order of the settings. */
struct cg_report {
    struct cg_tenant_report *tenants;
    size_t count;
};

/* ---- on a loop that has other business ---- */

struct cg_supervision;

/**
 * Begins one kind of job (CG_JOB_CHECK, CG_JOB_RUN, CG_JOB_EMIT, CG_JOB_EXPLAIN) for every tenant. Problems of check
 * jobs go into `problems` (else NULL). `finished` is called once, from the loop, when all have ended; the supervision
 * may be freed in it. How each tenant fared, also when no process could be started for it, is in the report, which
 * lives as long as the supervision. What `options` points to is borrowed until then. Error: CG_NO_MEMORY.
 */
cg_status cg_supervision_start(uv_loop_t *loop, const struct cg_supervisor_options *options, const char *kind,
                               struct cg_problems *problems, void (*finished)(void *user, const struct cg_report *),
                               void *user, struct cg_supervision **ret);

/** Ends the running workers and starts no more; `finished` comes all the same. */
void cg_supervision_stop(struct cg_supervision *supervision);

/** Frees one that has finished. NULL is fine. */
void cg_supervision_free(struct cg_supervision *supervision);

/* ---- at once ---- */

/**
 * The same, turning `loop` until all have ended. A raised `*stop` (or NULL) ends it early. `ret` lives as long as
 * `*ret_supervision`, which is always set and to be ended with cg_supervision_free. Error: CG_NO_MEMORY; there is no
 * report then.
 */
cg_status cg_supervise(uv_loop_t *loop, const struct cg_supervisor_options *options, const char *kind,
                       const volatile int32_t *stop, struct cg_problems *problems,
                       struct cg_supervision **ret_supervision, struct cg_report *ret, struct cg_error *error);

#endif
