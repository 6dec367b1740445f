/* What can be seen of a scheduler; see scheduler.h. */
#include "run/scheduler_private.h"

cg_status cg_scheduler_look(const struct cg_scheduler *scheduler, size_t tenant, struct cg_tenant_look *ret) {
    const struct cg_settings *settings = scheduler->now.generation->settings;
    if (tenant >= settings->tenant_count)
        return CG_NOT_FOUND;
    const struct cg_slot *slot = scheduler->now.slots[tenant];
    const struct cg_tenant_report *report = slot->job ? cg_tenant_job_report(slot->job) : NULL;
    *ret = (struct cg_tenant_look){
        .name = settings->tenants[tenant].name,
        .state = slot->state,
        .origin = slot->origin,
        .stage = slot->stage[0] ? slot->stage : NULL,
        .stage_date = slot->stage[0] ? slot->stage_date : CG_TIME_NONE,
        .asked_at = slot->state == CG_TENANT_IDLE ? CG_TIME_NONE : slot->asked_at,
        .started_at = report ? report->started_at : CG_TIME_NONE,
        .run_id = report ? report->run_id : 0,
        .suspended = cg_suspensions_why(&scheduler->now.suspensions, tenant),
        .elsewhere = slot->busy_since != 0,
        .outdated = slot->outdated,
        .held = cg_slot_is_held(slot),
        .left_out = slot->left_out,
        .gather_failures = scheduler->now.suspensions.tenants[tenant].failures,
        .last_gather = slot->last_gather,
        .last = slot->has_last ? &slot->last : NULL,
        .last_origin = slot->last_origin,
        .totals = slot->totals,
    };
    return CG_OK;
}

void cg_scheduler_totals(const struct cg_scheduler *scheduler, struct cg_scheduler_totals *ret) {
    const uv_handle_t *timer = (const uv_handle_t *)&scheduler->timer;
    struct cg_scheduler_totals totals = {
        .tenants = scheduler->now.generation->settings->tenant_count,
        .running = scheduler->running,
        .suspended = scheduler->now.suspensions.count,
        .cycles = scheduler->cycles,
        .in_cycle = scheduler->in_cycle,
        .stopping = scheduler->stopping,
        .cycle_started_at = scheduler->cycle_started_at,
        .cycle_ended_at = scheduler->cycle_ended_at,
        .next_cycle_in_ms = -1,
    };
    for (size_t i = 0; i < totals.tenants; i++)
        totals.waiting += scheduler->now.slots[i]->state == CG_TENANT_WAITING;
    if (!uv_is_closing(timer) && uv_is_active(timer))
        totals.next_cycle_in_ms = (int64_t)uv_timer_get_due_in(&scheduler->timer);
    *ret = totals;
}

struct cg_generation *cg_scheduler_generation(const struct cg_scheduler *scheduler) {
    return scheduler->now.generation;
}
