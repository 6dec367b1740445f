/*
 * scheduler_private.h - the scheduler's own state, for its files.
 */
#ifndef CG_RUN_SCHEDULER_PRIVATE_H
#define CG_RUN_SCHEDULER_PRIVATE_H

#include "run/scheduler.h"
#include "run/suspension.h"

/** One tenant. */
struct cg_slot {
    struct cg_scheduler *scheduler;
    size_t index;
    enum cg_tenant_state state;
    enum cg_run_origin origin;
    uint64_t ticket; /**< place in the queue */
    int64_t asked_at;
    struct cg_tenant_job *job; /**< at work */
    char stage[32];
    int64_t stage_date;
    int32_t has_last;
    struct cg_tenant_report last;   /**< of the run that ended last; its texts live in one of the next two */
    struct cg_tenant_job *last_job; /**< or NULL */
    char *last_failure;             /**< when no worker could be started, or NULL */
    enum cg_run_origin last_origin;
    int64_t last_gather;
    const char *left_out; /**< or NULL */
    int64_t known_run;    /**< runs with a higher number are news, see struct cg_pipeline_options; -1: not known yet */
    int64_t known_since;  /**< until then, those that ended later */
    uint64_t not_before;  /**< while it waits: on the loop's clock, or 0 */
    uint64_t busy_since;  /**< another process was found at work then, on the loop's clock; 0: none */
    uint32_t retries;     /**< of this turn, after the database was lost */
    struct cg_tenant_totals totals;
};

/** Everything that belongs to one generation. */
struct cg_roster {
    struct cg_generation *generation;
    struct cg_arena *arena; /**< for the rest */
    struct cg_slot *slots;  /**< one for each tenant of the settings */
    struct cg_suspensions suspensions;
};

struct cg_scheduler {
    struct cg_scheduler_options options;
    struct cg_roster now;
    size_t running;
    uint64_t next_ticket;

    uv_timer_t timer; /**< to the next cycle; closing it tells that all has stopped */
    int32_t in_cycle;
    size_t cycle_left; /**< members of the cycle that have not ended */
    uint64_t cycles;
    int64_t cycle_started_at;
    int64_t cycle_ended_at;
    uint64_t cycle_ended_ms; /**< on the loop's clock */
    int64_t cycle_last_end;  /**< when the last turn of the cycle ended, wherever, or CG_TIME_NONE */
    uint64_t cycle_shift_ms; /**< so long before the cycle's own end */
    uv_timer_t wake;         /**< to the next one that waits for its time */

    int32_t replacing;
    struct cg_roster next; /**< while `replacing` */
    void (*applied)(void *user);
    void *applied_user;

    int32_t stopping;
    void (*stopped)(void *user);
    void *stopped_user;
};

/** A roster of idle tenants; takes a reference to the generation. Error: CG_NO_MEMORY. */
cg_status cg_roster_init(struct cg_roster *roster, struct cg_scheduler *scheduler, struct cg_generation *generation);

/** Frees it; no job is at work. */
void cg_roster_done(struct cg_roster *roster);

/** Puts `next` into effect. No run is going on. */
void cg_scheduler_apply(struct cg_scheduler *scheduler);

/** Starts what can be started, and ends what has ended: the wait of a replacement, the cycle, the scheduler. */
void cg_scheduler_go_on(struct cg_scheduler *scheduler);

/** Puts a tenant into the queue. */
void cg_slot_enqueue(struct cg_slot *slot, enum cg_run_origin origin);

/** The first of the queue whose time has come, or NULL. */
struct cg_slot *cg_scheduler_first(struct cg_scheduler *scheduler);

/** Wakes the loop when the time of the next one comes. */
void cg_scheduler_arm(struct cg_scheduler *scheduler);

/**
 * Takes a report that does not end the turn: another process works on the tenant, or the database was lost. 1: the
 * tenant waits again, and of the job nothing is needed any more. 0: the turn is over.
 */
int cg_slot_waits_on(struct cg_slot *slot, const struct cg_tenant_report *report);

/** The run has begun: tells if others were waited for. */
void cg_slot_begun(struct cg_slot *slot);

/** What is known of runs after a turn with this report; counts its end for the cycle. */
void cg_slot_learn(struct cg_slot *slot, const struct cg_tenant_report *report);

/** How old a run of another process may be that stands for one of this tenant's turns, in microseconds; 0: none. */
int64_t cg_slot_freshness(const struct cg_slot *slot);

/** Plans the next cycle as the settings say, or none. */
void cg_scheduler_plan(struct cg_scheduler *scheduler);

#endif
