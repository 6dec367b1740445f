#include "run/scheduler.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "run/job.h"
#include "run/scheduler_private.h"

#define LOGGER "workflow_runner"

static const struct cg_tenant_settings *settings_of(const struct cg_slot *slot) {
    return &slot->scheduler->now.generation->settings->tenants[slot->index];
}

/* ---- the end of a run ---- */

static void count(struct cg_tenant_totals *totals, enum cg_run_origin origin, const struct cg_tenant_report *report) {
    totals->crashes += report->crashes;
    if (report->elsewhere) {
        totals->elsewhere += report->elsewhere == CG_ELSEWHERE_DONE;
        return;
    }
    totals->runs++;
    totals->scheduled += origin == CG_ORIGIN_SCHEDULE;
    totals->triggered += origin == CG_ORIGIN_TRIGGER;
    totals->failures += !cg_report_is_good(report);
    totals->timeouts += report->timed_out != 0;
    totals->gathers += report->gathered_at != CG_TIME_NONE;
    totals->skipped += report->gather_skipped != 0;
    totals->dates += (uint64_t)report->counters.calculated;
    totals->rows += (uint64_t)report->counters.rows;
    totals->emissions += (uint64_t)report->counters.emitted;
}

/* What the tenant's last run in this process was. `job` and `failure` hold the report's texts from here on, or are
 * NULL. */
static void keep_last(struct cg_slot *slot, const struct cg_tenant_report *report, struct cg_tenant_job *job,
                      char *failure) {
    cg_tenant_job_free(slot->last_job);
    free(slot->last_failure);
    slot->last_job = job;
    slot->last_failure = failure;
    slot->last = *report;
    slot->has_last = 1;
    slot->last_origin = slot->origin;
}

/* A gather under other settings says nothing about one under these. */
static void note_gather(struct cg_slot *slot, const struct cg_tenant_report *report) {
    struct cg_scheduler *scheduler = slot->scheduler;
    if (slot->outdated)
        return;
    if (report->gathered_at != CG_TIME_NONE)
        slot->last_gather = report->gathered_at;
    if (report->stopped || report->elsewhere || report->database_lost)
        return; /* it says nothing about the provider */
    if (cg_suspensions_note(&scheduler->now.suspensions, slot->index, report) != CG_OK)
        cg_log_write(scheduler->options.log, LOGGER, CG_LOG_ERROR, "Tenant %s: out of memory", settings_of(slot)->name);
}

/* The cycle has moved: a turn of it has begun or ended. */
static void move_cycle(const struct cg_slot *slot) {
    struct cg_scheduler *scheduler = slot->scheduler;
    uv_update_time(scheduler->options.loop);
    if (slot->member)
        scheduler->cycle_moved_ms = uv_now(scheduler->options.loop);
}

/* The turn is over. */
static void go_idle(struct cg_slot *slot) {
    move_cycle(slot);
    slot->scheduler->cycle_left -= slot->member != 0;
    slot->member = 0;
    slot->state = CG_TENANT_IDLE;
    slot->origin = CG_ORIGIN_NONE;
}

/* The tenant has had its turn, or will have it again soon when it `waits_on`. `job` and `failure` belong to the slot
 * from here on. */
static void settle(struct cg_slot *slot, const struct cg_tenant_report *given, struct cg_tenant_job *job,
                   char *failure) {
    struct cg_scheduler *scheduler = slot->scheduler;
    const struct cg_scheduler_callbacks *callbacks = &scheduler->options.callbacks;
    const enum cg_run_origin origin = slot->origin;
    const struct cg_tenant_report report = *given;
    if (!report.elsewhere)
        keep_last(slot, &report, job, failure);
    slot->job = NULL;
    slot->stage[0] = '\0';
    count(&slot->totals, origin, &report);
    cg_slot_learn(slot, &report);
    const int waits_on = cg_slot_waits_on(slot, &report);
    if (!waits_on)
        go_idle(slot);
    if (!waits_on || !report.elsewhere)
        callbacks->run_finished(callbacks->user, slot->index, origin, &report);
    note_gather(slot, &report);
    slot->outdated = 0;
    if (report.elsewhere)
        cg_tenant_job_free(job);
}

static void on_progress(void *user, const char *what, int64_t done, int64_t total) {
    const struct cg_slot *slot = user;
    const struct cg_scheduler_callbacks *callbacks = &slot->scheduler->options.callbacks;
    if (callbacks->progress && !slot->departed)
        callbacks->progress(callbacks->user, slot->index, what, done, total);
}

static void on_stage(void *user, const char *stage, int64_t date) {
    struct cg_slot *slot = user;
    if (slot->departed)
        return;
    cg_slot_begun(slot);
    size_t length = strnlen(stage, sizeof slot->stage);
    size_t kept = length < sizeof slot->stage ? length : sizeof slot->stage - 1;
    memcpy(slot->stage, stage, kept);
    slot->stage[kept] = '\0';
    cg_text_clean(slot->stage, sizeof slot->stage, kept < length); /* a module may have written it */
    slot->stage_date = date;
}

static void on_finished(void *user, const struct cg_tenant_report *report) {
    struct cg_slot *slot = user;
    struct cg_scheduler *scheduler = slot->scheduler;
    scheduler->running--;
    if (slot->departed)
        cg_slot_forget(slot);
    else
        settle(slot, report, slot->job, NULL);
    cg_scheduler_go_on(scheduler);
}

/* ---- the start of a run ---- */

/* Whether the last gather is too young for another one. A clock that went back must not keep it from happening. */
static int32_t gathered_lately(const struct cg_slot *slot) {
    const int64_t gap = settings_of(slot)->min_refresh_gap_seconds;
    const int64_t now = cg_time_now();
    return slot->last_gather != CG_TIME_NONE && now >= slot->last_gather &&
           now - slot->last_gather < gap * INT64_C(1000000);
}

static void start_run(struct cg_slot *slot) {
    struct cg_scheduler *scheduler = slot->scheduler;
    const struct cg_scheduler_options *options = &scheduler->options;
    const int32_t again = slot->origin == CG_ORIGIN_SCHEDULE && options->recalculate;
    struct cg_error error = {0};
    struct cg_tenant_job_options job = {
        .generation = scheduler->now.generation,
        .tenant = slot->index,
        .kind = CG_JOB_RUN,
        .program = options->program,
        .log = options->log,
        .skip_gather = gathered_lately(slot),
        .recalculate = again,
        .recalculate_from = again ? options->recalculate_from : CG_TIME_NONE,
        .recalculate_to = again ? options->recalculate_to : CG_TIME_NONE,
        .since_run = slot->known_run,
        .since_time = slot->known_since,
        .fresh_us = cg_slot_freshness(slot),
        .callbacks = {.user = slot, .progress = on_progress, .stage = on_stage, .finished = on_finished},
    };
    slot->stage[0] = '\0';
    slot->stage_date = CG_TIME_NONE;
    if (cg_tenant_job_start(options->loop, &job, &slot->job, &error) == CG_OK) {
        slot->state = CG_TENANT_RUNNING;
        scheduler->running++;
        move_cycle(slot);
        return;
    }
    char *text = strdup(error.text);
    const struct cg_tenant_report report = {.started = 1,
                                            .status = error.status,
                                            .error = text ? text : "out of memory",
                                            .started_at = CG_TIME_NONE,
                                            .ended_at = cg_time_now(),
                                            .gathered_at = CG_TIME_NONE,
                                            .other_ended_at = CG_TIME_NONE};
    cg_log_write(options->log, LOGGER, CG_LOG_ERROR, "Tenant %s: %s", settings_of(slot)->name, error.text);
    settle(slot, &report, NULL, text);
}

/* ---- cycles ---- */

/* A cycle of which all turns were done elsewhere has ended when the last of them did: so processes that share their
 * tenants begin their cycles together, and share the work. The same holds for one that did not wait for its last runs.
 * A clock that is wrong moves it by less than an interval. */
static uint64_t shift_of(const struct cg_scheduler *scheduler) {
    const int64_t most = scheduler->now.generation->settings->refresh_interval * INT64_C(900);
    int64_t shift = 0;
    if (scheduler->cycle_last_end != CG_TIME_NONE && scheduler->cycle_last_end < scheduler->cycle_ended_at)
        shift = (scheduler->cycle_ended_at - scheduler->cycle_last_end) / 1000;
    return (uint64_t)(shift < most ? shift : most);
}

static void end_cycle(struct cg_scheduler *scheduler) {
    const struct cg_scheduler_callbacks *callbacks = &scheduler->options.callbacks;
    scheduler->in_cycle = 0;
    scheduler->cycles++;
    scheduler->cycle_ended_at = cg_time_now();
    uv_update_time(scheduler->options.loop);
    scheduler->cycle_ended_ms = uv_now(scheduler->options.loop);
    scheduler->cycle_shift_ms = shift_of(scheduler);
    cg_suspensions_tell(&scheduler->now.suspensions);
    if (callbacks->cycle_finished)
        callbacks->cycle_finished(callbacks->user);
    cg_scheduler_plan(scheduler);
}

/* A tenant that is not worked on, although it is its turn. */
static void pass_over(struct cg_slot *slot, const char *why) {
    const struct cg_scheduler_callbacks *callbacks = &slot->scheduler->options.callbacks;
    const struct cg_tenant_report report = {.started = 1,
                                            .status = CG_PERMANENT,
                                            .error = why,
                                            .started_at = CG_TIME_NONE,
                                            .ended_at = CG_TIME_NONE,
                                            .gathered_at = CG_TIME_NONE};
    callbacks->run_finished(callbacks->user, slot->index, CG_ORIGIN_SCHEDULE, &report);
}

static void call_tenant(struct cg_slot *slot) {
    struct cg_scheduler *scheduler = slot->scheduler;
    const char *why = cg_suspensions_why(&scheduler->now.suspensions, slot->index);
    const char *name = settings_of(slot)->name;
    if (why) {
        cg_log_write(scheduler->options.log, LOGGER, CG_LOG_WARNING, "Tenant %s completed with errors: ['%s']", name,
                     why);
    } else if (slot->left_out) {
        pass_over(slot, slot->left_out);
    } else if (slot->state != CG_TENANT_IDLE) {
        cg_log_write(scheduler->options.log, LOGGER, CG_LOG_INFO, "Tenant %s: run skipped — already in progress", name);
    } else {
        cg_slot_enqueue(slot, CG_ORIGIN_SCHEDULE);
        slot->member = 1;
        scheduler->cycle_left++;
    }
}

static void begin_cycle(struct cg_scheduler *scheduler) {
    scheduler->in_cycle = 1;
    scheduler->cycle_left = 0;
    uv_update_time(scheduler->options.loop);
    scheduler->cycle_moved_ms = uv_now(scheduler->options.loop);
    scheduler->cycle_last_end = CG_TIME_NONE;
    scheduler->cycle_started_at = cg_time_now();
    for (size_t i = 0; i < scheduler->now.generation->settings->tenant_count; i++)
        call_tenant(scheduler->now.slots[i]);
    cg_scheduler_go_on(scheduler);
}

static void on_timer(uv_timer_t *timer) {
    begin_cycle(timer->data);
}

void cg_scheduler_plan(struct cg_scheduler *scheduler) {
    const struct cg_settings *settings = scheduler->now.generation->settings;
    const uint64_t interval = (uint64_t)settings->refresh_interval * 1000;
    (void)uv_timer_stop(&scheduler->timer);
    if (scheduler->stopping || scheduler->in_cycle || !scheduler->cycles || scheduler->options.once ||
        !settings->enable_periodic_refresh)
        return;
    uv_update_time(scheduler->options.loop);
    /* The interval may be another one than that of the shift. */
    uint64_t due = scheduler->cycle_ended_ms;
    due += scheduler->cycle_shift_ms < interval ? interval - scheduler->cycle_shift_ms : 0;
    uint64_t now = uv_now(scheduler->options.loop);
    uv_timer_start(&scheduler->timer, on_timer, due > now ? due - now : 0, 0);
}

/* ---- going on ---- */

static void on_closed(uv_handle_t *handle) {
    struct cg_scheduler *scheduler = handle->data;
    scheduler->stopped(scheduler->stopped_user);
}

static void on_wake_closed(uv_handle_t *handle) {
    struct cg_scheduler *scheduler = handle->data;
    uv_close((uv_handle_t *)&scheduler->timer, on_closed);
}

void cg_scheduler_go_on(struct cg_scheduler *scheduler) {
    struct cg_slot *slot = NULL;
    while (!scheduler->stopping &&
           scheduler->running < (size_t)scheduler->now.generation->settings->max_parallel_tenants &&
           (slot = cg_scheduler_first(scheduler)))
        start_run(slot);
    cg_cycle_leave_late(scheduler);
    if (scheduler->in_cycle && !scheduler->cycle_left)
        end_cycle(scheduler);
    cg_scheduler_arm(scheduler);
    if (scheduler->stopping && !scheduler->running && !uv_is_closing((uv_handle_t *)&scheduler->wake))
        uv_close((uv_handle_t *)&scheduler->wake, on_wake_closed);
}

/* ---- life ---- */

cg_status cg_scheduler_new(const struct cg_scheduler_options *options, struct cg_scheduler **ret) {
    struct cg_scheduler *scheduler = calloc(1, sizeof *scheduler);
    if (!scheduler)
        return CG_NO_MEMORY;
    scheduler->options = *options;
    scheduler->cycle_started_at = CG_TIME_NONE;
    scheduler->cycle_ended_at = CG_TIME_NONE;
    scheduler->cycle_last_end = CG_TIME_NONE;
    if (cg_roster_init(&scheduler->now, scheduler, options->generation) != CG_OK) {
        free(scheduler);
        return CG_NO_MEMORY;
    }
    uv_timer_init(options->loop, &scheduler->timer);
    scheduler->timer.data = scheduler;
    uv_timer_init(options->loop, &scheduler->wake);
    scheduler->wake.data = scheduler;
    *ret = scheduler;
    return CG_OK;
}

void cg_scheduler_start(struct cg_scheduler *scheduler) {
    if (!scheduler->stopping && !scheduler->in_cycle)
        begin_cycle(scheduler);
}

/* Those who wait have no turn any more. */
static void send_home(struct cg_scheduler *scheduler) {
    const struct cg_scheduler_callbacks *callbacks = &scheduler->options.callbacks;
    for (size_t i = 0; i < scheduler->now.generation->settings->tenant_count; i++) {
        struct cg_slot *slot = scheduler->now.slots[i];
        const struct cg_tenant_report report = {
            .started_at = CG_TIME_NONE, .ended_at = CG_TIME_NONE, .gathered_at = CG_TIME_NONE};
        if (slot->state != CG_TENANT_WAITING)
            continue;
        const enum cg_run_origin origin = slot->origin;
        go_idle(slot);
        callbacks->run_finished(callbacks->user, i, origin, &report);
    }
}

void cg_scheduler_stop(struct cg_scheduler *scheduler, void (*stopped)(void *user), void *user) {
    const struct cg_settings *settings = scheduler->now.generation->settings;
    struct cg_scheduler_totals totals;
    if (scheduler->stopping)
        return;
    cg_scheduler_totals(scheduler, &totals);
    scheduler->stopping = 1;
    scheduler->stopped = stopped;
    scheduler->stopped_user = user;
    (void)uv_timer_stop(&scheduler->timer);
    if (totals.running + totals.waiting)
        cg_log_write(scheduler->options.log, LOGGER, CG_LOG_INFO, "Shutdown requested — %zu tenant(s) did not complete",
                     totals.running + totals.waiting);
    send_home(scheduler);
    for (size_t i = 0; i < settings->tenant_count; i++)
        if (scheduler->now.slots[i]->state == CG_TENANT_RUNNING)
            cg_tenant_job_stop(scheduler->now.slots[i]->job);
    cg_scheduler_go_on(scheduler);
}

void cg_scheduler_free(struct cg_scheduler *scheduler) {
    if (!scheduler)
        return;
    cg_roster_done(&scheduler->now);
    free(scheduler);
}

/* ---- wishes ---- */

/* Who asks may have found the tenant in a configuration that is not in effect any more. */
static int has_tenant(const struct cg_scheduler *scheduler, size_t tenant) {
    return tenant < scheduler->now.generation->settings->tenant_count;
}

enum cg_trigger cg_scheduler_trigger(struct cg_scheduler *scheduler, size_t tenant) {
    if (scheduler->stopping || !has_tenant(scheduler, tenant))
        return CG_TRIGGER_STOPPING;
    struct cg_slot *slot = scheduler->now.slots[tenant];
    if (slot->state != CG_TENANT_IDLE)
        return slot->origin == CG_ORIGIN_TRIGGER ? CG_TRIGGER_BUSY_API : CG_TRIGGER_BUSY_SCHEDULE;
    if (slot->left_out || cg_suspensions_why(&scheduler->now.suspensions, tenant))
        return CG_TRIGGER_SUSPENDED;
    cg_slot_enqueue(slot, CG_ORIGIN_TRIGGER);
    cg_scheduler_go_on(scheduler);
    return CG_TRIGGER_STARTED;
}

void cg_scheduler_resume(struct cg_scheduler *scheduler, size_t tenant) {
    if (!has_tenant(scheduler, tenant))
        return;
    struct cg_slot *slot = scheduler->now.slots[tenant];
    if (slot->left_out || cg_suspensions_why(&scheduler->now.suspensions, tenant))
        cg_log_write(scheduler->options.log, LOGGER, CG_LOG_INFO, "Tenant %s is worked on again",
                     settings_of(slot)->name);
    slot->left_out = NULL;
    cg_suspensions_lift(&scheduler->now.suspensions, tenant);
}
