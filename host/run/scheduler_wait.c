/* The queue, and those in it who wait for a time: for another process that works on their tenant, or for a database. */
#include "base/time.h"
#include "run/scheduler_private.h"

#define LOGGER "workflow_runner"

/** How soon a tenant of another process is looked at again, in milliseconds, and by how much that differs: processes
 * that wait for the same tenant should not all come at once. */
#define LOOK_AGAIN_MS 3000
#define LOOK_SPREAD_MS 2000

/** How often a turn is tried again after the database was lost, and how soon for the first time, in milliseconds. Each
 * further pause is twice as long. */
#define RETRIES 3
#define RETRY_MS 4000

/** What the machines' clocks may differ, and what one cycle may be longer than another: a tenth of the interval, at
 * most this, in microseconds. */
#define MOST_SLACK_US INT64_C(60000000)

/* ---- the queue ---- */

static uint64_t now_ms(const struct cg_scheduler *scheduler) {
    uv_update_time(scheduler->options.loop);
    return uv_now(scheduler->options.loop);
}

static void join(struct cg_slot *slot, enum cg_run_origin origin, uint64_t not_before) {
    slot->state = CG_TENANT_WAITING;
    slot->origin = origin;
    slot->ticket = slot->scheduler->next_ticket++;
    slot->not_before = not_before;
}

void cg_slot_enqueue(struct cg_slot *slot, enum cg_run_origin origin) {
    join(slot, origin, 0);
    slot->asked_at = cg_time_now();
    slot->busy_since = 0;
    slot->retries = 0;
}

struct cg_slot *cg_scheduler_first(struct cg_scheduler *scheduler) {
    const uint64_t now = now_ms(scheduler);
    struct cg_slot *first = NULL;
    for (size_t i = 0; i < scheduler->now.generation->settings->tenant_count; i++) {
        struct cg_slot *slot = scheduler->now.slots[i];
        if (slot->state == CG_TENANT_WAITING && slot->not_before <= now && (!first || slot->ticket < first->ticket) &&
            !cg_slot_is_held(slot))
            first = slot;
    }
    return first;
}

static void on_wake(uv_timer_t *timer) {
    cg_scheduler_go_on(timer->data);
}

void cg_scheduler_arm(struct cg_scheduler *scheduler) {
    uint64_t soonest = cg_cycle_deadline(scheduler);
    if (uv_is_closing((uv_handle_t *)&scheduler->wake))
        return;
    (void)uv_timer_stop(&scheduler->wake);
    if (scheduler->stopping)
        return;
    const uint64_t now = now_ms(scheduler);
    for (size_t i = 0; i < scheduler->now.generation->settings->tenant_count; i++) {
        const struct cg_slot *slot = scheduler->now.slots[i];
        /* One whose time has come waits for a worker's end, and that wakes it. */
        if (slot->state == CG_TENANT_WAITING && slot->not_before > now && slot->not_before < soonest)
            soonest = slot->not_before;
    }
    if (soonest != UINT64_MAX)
        uv_timer_start(&scheduler->wake, on_wake, soonest > now ? soonest - now : 0, 0);
}

/* ---- turns that are not over ---- */

static uint64_t look_again_in(const struct cg_slot *slot) {
    const uint32_t given = slot->scheduler->options.look_again_ms;
    return given ? given : LOOK_AGAIN_MS + uv_hrtime() / 1000 % LOOK_SPREAD_MS;
}

/* Another process works on it. A cycle does not wait for that longer than for its own next beginning. */
static int wait_for_other(struct cg_slot *slot, const struct cg_tenant_report *report) {
    struct cg_scheduler *scheduler = slot->scheduler;
    const struct cg_settings *settings = scheduler->now.generation->settings;
    const uint64_t now = now_ms(scheduler);
    if (!slot->busy_since) {
        slot->busy_since = now;
        cg_log_write(scheduler->options.log, LOGGER, CG_LOG_INFO,
                     "Tenant %s: %s; this process looks again every few seconds", settings->tenants[slot->index].name,
                     report->error);
    }
    if (!scheduler->options.once && now - slot->busy_since > (uint64_t)settings->refresh_interval * 1000)
        return 0;
    join(slot, slot->origin, now + look_again_in(slot));
    return 1;
}

static int wait_for_database(struct cg_slot *slot) {
    struct cg_scheduler *scheduler = slot->scheduler;
    if (slot->retries == RETRIES || scheduler->options.once)
        return 0;
    const uint64_t pause = (uint64_t)(scheduler->options.look_again_ms ? scheduler->options.look_again_ms : RETRY_MS)
                           << slot->retries++;
    cg_log_write(scheduler->options.log, LOGGER, CG_LOG_INFO,
                 "Tenant %s: the database was lost; the run is tried again in %llu.%llu s",
                 scheduler->now.generation->settings->tenants[slot->index].name, (unsigned long long)pause / 1000,
                 (unsigned long long)pause % 1000 / 100);
    join(slot, slot->origin, now_ms(scheduler) + pause);
    return 1;
}

int cg_slot_waits_on(struct cg_slot *slot, const struct cg_tenant_report *report) {
    if (slot->origin != CG_ORIGIN_SCHEDULE || slot->scheduler->stopping || report->stopped)
        return 0;
    if (report->elsewhere == CG_ELSEWHERE_BUSY)
        return wait_for_other(slot, report);
    return report->database_lost && wait_for_database(slot);
}

void cg_slot_begun(struct cg_slot *slot) {
    const struct cg_scheduler *scheduler = slot->scheduler;
    if (!slot->busy_since)
        return;
    const uint64_t waited = now_ms(scheduler) - slot->busy_since;
    cg_log_write(scheduler->options.log, LOGGER, CG_LOG_INFO,
                 "Tenant %s: taken over from another process, %llu.%llu s after it was found at work",
                 scheduler->now.generation->settings->tenants[slot->index].name, (unsigned long long)waited / 1000,
                 (unsigned long long)waited % 1000 / 100);
    slot->busy_since = 0;
}

/* ---- what is known of others ---- */

void cg_slot_learn(struct cg_slot *slot, const struct cg_tenant_report *report) {
    struct cg_scheduler *scheduler = slot->scheduler;
    const int64_t run = report->elsewhere ? report->other_run : report->run_id;
    int64_t end = cg_time_now();
    /* Of one at work only the first look tells something new: what it does afterwards is news. */
    if (report->elsewhere == CG_ELSEWHERE_BUSY ? slot->known_run < 0 : run > slot->known_run && run > 0)
        slot->known_run = run;
    if (report->elsewhere == CG_ELSEWHERE_DONE && report->other_ended_at < end)
        end = report->other_ended_at;
    if (slot->member && end > scheduler->cycle_last_end)
        scheduler->cycle_last_end = end;
}

int64_t cg_slot_freshness(const struct cg_slot *slot) {
    const struct cg_scheduler *scheduler = slot->scheduler;
    const struct cg_settings *settings = scheduler->now.generation->settings;
    if (slot->origin != CG_ORIGIN_SCHEDULE || scheduler->options.recalculate)
        return 0;
    if (scheduler->options.once || !settings->enable_periodic_refresh)
        return INT64_MAX;
    const int64_t interval = settings->refresh_interval * INT64_C(1000000);
    return interval - (interval / 10 < MOST_SLACK_US ? interval / 10 : MOST_SLACK_US);
}
