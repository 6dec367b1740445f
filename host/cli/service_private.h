/*
 * service_private.h - the service's own state, for its files.
 */
#ifndef CG_CLI_SERVICE_PRIVATE_H
#define CG_CLI_SERVICE_PRIVATE_H

#include "cli/progress.h"
#include "cli/service.h"
#include "run/supervisor.h"

/** A reload while it goes on. */
struct cg_reload {
    int32_t active;
    int32_t again;              /**< somebody asked for one more meanwhile */
    struct cg_generation *next; /**< or NULL */
    struct cg_problems *problems;
    size_t prepared; /**< parts that agreed */
    struct cg_generation_difference difference;
    int32_t compared; /**< the difference is set */
};

struct cg_service_host {
    struct cg_context *context;
    struct cg_notify *notify;
    uv_loop_t loop;
    uv_signal_t signals[3];
    struct cg_generation *generation; /**< in effect; a reference of its own */
    struct cg_scheduler *scheduler;
    struct cg_supervision *checks; /**< of the start or of a reload, while they go on */
    struct cg_progress progress;
    struct cg_service_part parts[CG_SERVICE_PARTS];
    size_t part_count;
    size_t parts_started;
    size_t parts_stopping; /**< that have not told their end */
    struct cg_reload reload;
    struct cg_service_look look;
    size_t left_out;   /**< tenants that could not be checked at the start */
    int32_t failed;    /**< a run of a cycle had errors */
    int32_t runs_over; /**< while it stops: nothing is at work any more */
    int32_t closed;
    uint32_t interrupts;
    int exit_status;
};

/** True when runs are part of the service. */
int cg_service_has_runs(const struct cg_service_host *service);

/** Goes on with stopping as far as it can; nothing when it does not stop. */
void cg_service_settle(struct cg_service_host *service);

/** Ends a service of runs alone that has no more of them to do. */
void cg_service_leave_if_done(struct cg_service_host *service);

/** Drops a reload that is going on; the old configuration stays. */
void cg_reload_drop(struct cg_service_host *service);

/** Checks the tenants of a generation in workers; `finished` gets the service. Error: CG_NO_MEMORY. */
cg_status cg_service_check(struct cg_service_host *service, struct cg_generation *generation,
                           struct cg_problems *problems,
                           void (*finished)(void *service, const struct cg_report *report));

#endif
