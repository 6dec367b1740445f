/*
 * scheduler.h - when each tenant's runs take place in a service.
 *
 * Cycles do all tenants one after the other, `refresh_interval` seconds from the end of one to the start of the next;
 * triggers ask for one run of one tenant. Both wait in one queue, first come first served, for at most
 * `max_parallel_tenants` workers; a tenant has one run at a time. A cycle in which for an interval nothing has happened
 * but that runs went on ends without them, so that the other tenants have their next turn; such a tenant has its own
 * with the first cycle after the run's end.
 *
 * A new configuration takes effect at once. Runs at work go on with the one they began with; only their time limit is
 * the new one, counted from their start. What they find out stands for nothing under settings that have changed. The
 * run of a tenant that is not configured any more, or is another one under its name (ecosystem, tenant_id), is asked to
 * stop, and until it has ended no other one of the same tenant begins, whatever its name is by then.
 *
 * Other processes may share the tenants through their databases. A tenant that one of them works on waits in the queue
 * and is looked at every few seconds; once it is free, the rows of runs tell whether this turn was done there. If so it
 * has had its turn, and the interval counts from the end of that run; if its process died, or was stopped, it is run
 * here at once. A turn that failed because the database was lost is tried again a few times before it is over. A run
 * that was asked for is not done while another process is at one.
 *
 * Everything happens on the loop's thread.
 */
#ifndef CG_RUN_SCHEDULER_H
#define CG_RUN_SCHEDULER_H

#include "run/tenant_job.h"

struct cg_scheduler;

/** Who has asked for a run. */
enum cg_run_origin { CG_ORIGIN_NONE, CG_ORIGIN_SCHEDULE, CG_ORIGIN_TRIGGER };

/** Where a tenant is. */
enum cg_tenant_state { CG_TENANT_IDLE, CG_TENANT_WAITING, CG_TENANT_RUNNING };

/** What came of a wish for a run. */
enum cg_trigger {
    CG_TRIGGER_STARTED,       /**< it waits or runs */
    CG_TRIGGER_BUSY_API,      /**< a run that was asked for before has not ended */
    CG_TRIGGER_BUSY_SCHEDULE, /**< a cycle has the tenant at work */
    CG_TRIGGER_SUSPENDED,     /**< the tenant is suspended or left out; cg_scheduler_look says why */
    CG_TRIGGER_STOPPING       /**< the service is about to end, or there is no such tenant any more */
};

/** Called from the loop; every function but `run_finished` may be NULL. `tenant` is the index in the settings of the
 * generation in effect. None of them may free the scheduler. */
struct cg_scheduler_callbacks {
    void *user;
    void (*progress)(void *user, size_t tenant, const char *what, int64_t done, int64_t total);
    /** A run has ended, or had no turn: `started` is 0 when the scheduler was stopped before, `elsewhere` is set when
     * another process does it or has done it. Not called for a tenant that a replacement has removed. */
    void (*run_finished)(void *user, size_t tenant, enum cg_run_origin origin, const struct cg_tenant_report *report);
    /** All tenants of a cycle have ended, or it goes on without those that have not. */
    void (*cycle_finished)(void *user);
};

struct cg_scheduler_options {
    uv_loop_t *loop;
    struct cg_generation *generation; /**< the scheduler takes a reference of its own */
    const struct cg_log *log;         /**< or NULL */
    const char *program;              /**< this executable */
    int32_t once;                     /**< 1: one cycle, whatever the settings say */
    int32_t recalculate;              /**< as in struct cg_job, with the two dates below: every run of a cycle */
    int64_t recalculate_from;
    int64_t recalculate_to;
    uint32_t
        look_again_ms; /**< after so long a tenant of another process is looked at again; 0: three to five seconds */
    struct cg_scheduler_callbacks callbacks;
};

/** A scheduler at rest. Pointers in the options are borrowed for its life. Error: CG_NO_MEMORY. */
cg_status cg_scheduler_new(const struct cg_scheduler_options *options, struct cg_scheduler **ret);

/** Begins the first cycle. Triggers are taken before, too. */
void cg_scheduler_start(struct cg_scheduler *scheduler);

/**
 * No new runs; those at work are asked to stop. `stopped` is called once, from the loop, when all have ended; the
 * scheduler may be freed in it.
 */
void cg_scheduler_stop(struct cg_scheduler *scheduler, void (*stopped)(void *user), void *user);

/** Frees one that has stopped. NULL is fine. */
void cg_scheduler_free(struct cg_scheduler *scheduler);

/** Asks for a run of one tenant. */
enum cg_trigger cg_scheduler_trigger(struct cg_scheduler *scheduler, size_t tenant);

/** Lifts what keeps a tenant from being worked on: a suspension, or a check that could not be done at the start. A
 * tenant beyond the end is none. */
void cg_scheduler_resume(struct cg_scheduler *scheduler, size_t tenant);

/**
 * Puts a new generation into effect, and calls `applied` when it is and before any run begins under it; both before
 * this returns. What is known of a tenant is kept by its name; where its settings changed, it is not suspended any more
 * and is gathered without delay. Errors: CG_TEMPORARY while the scheduler stops, CG_NO_MEMORY; the old one then stays
 * in effect, and `applied` is not called.
 */
cg_status cg_scheduler_replace(struct cg_scheduler *scheduler, struct cg_generation *generation,
                               void (*applied)(void *user), void *user);

/** Since the start of the process. */
struct cg_tenant_totals {
    uint64_t runs;      /**< that have ended */
    uint64_t scheduled; /**< of those, the ones of cycles */
    uint64_t triggered;
    uint64_t failures; /**< runs with any error */
    uint64_t crashes;  /**< workers that died */
    uint64_t timeouts;
    uint64_t gathers;   /**< that were written */
    uint64_t elsewhere; /**< turns that another process has done */
    uint64_t skipped;   /**< runs without a gather, because the last one was too recent */
    uint64_t dates;     /**< computed */
    uint64_t rows;      /**< written */
    uint64_t emissions; /**< of dates or months */
};

/** One tenant at this moment. Texts are valid until the loop turns. */
struct cg_tenant_look {
    const char *name;
    enum cg_tenant_state state;
    enum cg_run_origin origin;           /**< of the run that waits or goes on */
    const char *stage;                   /**< of the run: CG_STAGE_, or NULL */
    int64_t stage_date;                  /**< of the stage, or CG_TIME_NONE */
    int64_t asked_at;                    /**< when it came into the queue, or CG_TIME_NONE */
    int64_t started_at;                  /**< of the run, or CG_TIME_NONE */
    int64_t run_id;                      /**< row of pipeline_runs, or 0 */
    const char *suspended;               /**< why it is suspended, or NULL */
    int32_t elsewhere;                   /**< 1: it waits, because another process works on it */
    int32_t outdated;                    /**< 1: the settings of the run at work are not those in effect */
    int32_t held;                        /**< 1: the next run waits for the end of one from before a reload */
    const char *left_out;                /**< why it is not worked on besides: its check could not be done; or NULL */
    int64_t gather_failures;             /**< one after the other */
    int64_t last_gather;                 /**< planning time of the last gather that was written, or CG_TIME_NONE */
    const struct cg_tenant_report *last; /**< of the last run that ended, or NULL */
    enum cg_run_origin last_origin;
    struct cg_tenant_totals totals;
};

/** Looks at a tenant; `tenant` beyond the end gives CG_NOT_FOUND. */
cg_status cg_scheduler_look(const struct cg_scheduler *scheduler, size_t tenant, struct cg_tenant_look *ret);

/** All of it. */
struct cg_scheduler_totals {
    size_t tenants;
    size_t running; /**< also of tenants that are not configured any more */
    size_t waiting;
    size_t suspended;
    uint64_t cycles;  /**< that have ended */
    int32_t in_cycle; /**< 1: one is going on */
    int32_t stopping;
    int64_t cycle_started_at; /**< of the last one, or CG_TIME_NONE */
    int64_t cycle_ended_at;   /**< of the last one that has ended, or CG_TIME_NONE */
    int64_t next_cycle_in_ms; /**< or -1 when none is planned */
};

void cg_scheduler_totals(const struct cg_scheduler *scheduler, struct cg_scheduler_totals *ret);

/** The generation in effect; borrowed. */
struct cg_generation *cg_scheduler_generation(const struct cg_scheduler *scheduler);

#endif
