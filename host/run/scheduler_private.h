/*
 * scheduler_private.h - the scheduler's own state, for its files.
 */
#ifndef CG_RUN_SCHEDULER_PRIVATE_H
#define CG_RUN_SCHEDULER_PRIVATE_H

#include "run/scheduler.h"
#include "run/suspension.h"

/** One tenant, in whichever configurations it is: a replacement moves it from one roster to the next. */
struct cg_slot {
    struct cg_scheduler *scheduler;
    size_t index;         /**< in the settings in effect; nothing when it has `departed` */
    int32_t departed;     /**< 1: it is not configured any more, but its run has not ended */
    int32_t member;       /**< 1: the cycle waits for its turn */
    int32_t outdated;     /**< 1: the settings of the run at work are not those in effect */
    struct cg_slot *next; /**< of those that have departed */
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
    struct cg_arena *arena; /**< for the rest, but for the slots themselves */
    struct cg_slot **slots; /**< one for each tenant of the settings; NULL: it has departed */
    struct cg_suspensions suspensions;
};

struct cg_scheduler {
    struct cg_scheduler_options options;
    struct cg_roster now;
    struct cg_slot *departed; /**< a list */
    size_t running;           /**< of all slots */
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
    uint64_t cycle_moved_ms; /**< when a turn of the cycle began or ended, on the loop's clock */
    uv_timer_t wake; /**< to the next one that waits for its time, or to the cycle's end without its last runs */

    int32_t stopping;
    void (*stopped)(void *user);
    void *stopped_user;
};

/** A roster of idle tenants; takes a reference to the generation. Error: CG_NO_MEMORY. */
cg_status cg_roster_init(struct cg_roster *roster, struct cg_scheduler *scheduler, struct cg_generation *generation);

/** Frees it with its slots; no job of theirs is at work. */
void cg_roster_done(struct cg_roster *roster);

/** The run of a tenant that had departed has ended: frees the slot. */
void cg_slot_forget(struct cg_slot *slot);

/** 1 while a run goes on that began when the same tenant was configured before, perhaps under another name. */
int cg_slot_is_held(const struct cg_slot *slot);

/** Starts what can be started, and ends what has ended: the cycle, the scheduler. */
void cg_scheduler_go_on(struct cg_scheduler *scheduler);

/** Puts a tenant into the queue. */
void cg_slot_enqueue(struct cg_slot *slot, enum cg_run_origin origin);

/** The first of the queue whose time has come, or NULL. */
struct cg_slot *cg_scheduler_first(struct cg_scheduler *scheduler);

/** Wakes the loop when the time of the next one comes, or when the cycle does not wait any longer. */
void cg_scheduler_arm(struct cg_scheduler *scheduler);

/** When the cycle ends although runs of it go on, on the loop's clock; UINT64_MAX: it has none left, or waits for more
 * than that. */
uint64_t cg_cycle_deadline(const struct cg_scheduler *scheduler);

/** Has the cycle go on without the runs that take too long, if it has come to that. */
void cg_cycle_leave_late(struct cg_scheduler *scheduler);

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
