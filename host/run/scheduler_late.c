/* Runs that take so long that their cycle goes on without them: one tenant must not cost all others their turns. */
#include "base/time.h"
#include "run/scheduler_private.h"

#define LOGGER "workflow_runner"

/* Who waits in the queue has its turn in this cycle, or finds out soon that another process has it. Only who waits for
 * a run of its own is as late as that. */
static int somebody_waits(const struct cg_scheduler *scheduler) {
    for (size_t i = 0; i < scheduler->now.generation->settings->tenant_count; i++) {
        const struct cg_slot *slot = scheduler->now.slots[i];
        if (slot->member && slot->state == CG_TENANT_WAITING && !cg_slot_is_held(slot))
            return 1;
    }
    return 0;
}

uint64_t cg_cycle_deadline(const struct cg_scheduler *scheduler) {
    const struct cg_settings *settings = scheduler->now.generation->settings;
    /* Where no cycle follows, nobody is kept from a turn. */
    if (!scheduler->in_cycle || !scheduler->cycle_left || scheduler->options.once || scheduler->stopping ||
        !settings->enable_periodic_refresh || somebody_waits(scheduler))
        return UINT64_MAX;
    return scheduler->cycle_moved_ms + (uint64_t)settings->refresh_interval * 1000;
}

static void leave(struct cg_slot *slot, const char *name) {
    struct cg_scheduler *scheduler = slot->scheduler;
    if (!slot->member)
        return;
    slot->member = 0;
    scheduler->cycle_left--;
    cg_log_write(scheduler->options.log, LOGGER, CG_LOG_WARNING,
                 "Tenant %s: its run takes longer than the refresh interval, so the other tenants have their next turn "
                 "without waiting for its end",
                 name);
}

void cg_cycle_leave_late(struct cg_scheduler *scheduler) {
    const struct cg_settings *settings = scheduler->now.generation->settings;
    uv_update_time(scheduler->options.loop);
    if (uv_now(scheduler->options.loop) < cg_cycle_deadline(scheduler))
        return;
    for (size_t i = 0; i < settings->tenant_count; i++)
        leave(scheduler->now.slots[i], settings->tenants[i].name);
    for (struct cg_slot *slot = scheduler->departed; slot; slot = slot->next)
        leave(slot, cg_tenant_job_settings(slot->job)->name);
}
