#include "run/supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "run/child.h"
#include "run/death.h"

/** Seconds for a check, and for writing down what a dead worker could not. */
#define CHECK_SECONDS 60
#define RECORD_SECONDS 60

/** How often the wish to stop is looked at, in milliseconds. */
#define STOP_POLL_MS 100

struct tenant_work {
    struct supervision *supervision;
    size_t index;
    const struct cg_tenant_settings *settings;
    struct cg_tenant_report *report;
    struct cg_child *child; /* while a worker runs */
    const char **errors;
    const char **notes;
    struct cg_deaths deaths;
    int64_t run_id;
    int64_t last_date;
    int64_t limit_seconds;            /* 0 = none */
    int64_t deadline;                 /* on the loop's clock, milliseconds; 0 = none */
    struct cg_event_counters carried; /* of workers that died */
    struct cg_event_counters counters;
    int recording; /* the worker at hand only writes down that another one died */

    /* The dates after the last one that was written are calculated again after a death, and tell their errors again. */
    size_t kept_errors;     /* texts up to that date */
    int64_t counted_errors; /* of this worker, up to that date */
    int has_kept;
    size_t doubtful_errors; /* texts that may be told again before the next date is written, or by emitters */
    int64_t repeated;       /* errors of this worker that were told before */
};

struct supervision {
    uv_loop_t *loop;
    const struct cg_supervisor_options *options;
    const char *kind;
    const volatile int32_t *stop;
    struct cg_problems *problems;
    struct cg_report *report;
    struct tenant_work *tenants;
    size_t next; /* first tenant that was not started */
    size_t running;
    uv_timer_t stop_timer;
};

static void start_waiting(struct supervision *supervision);

static const char *keep_text(struct tenant_work *work, const char *text) {
    return cg_arena_string(work->supervision->report->arena, text ? text : "");
}

static void add_error(struct tenant_work *work, const char *text) {
    const char *kept = work->report->error_count < CG_REPORT_TEXTS ? keep_text(work, text) : NULL;
    if (kept)
        work->errors[work->report->error_count++] = kept;
}

/* Why the tenant's job ended early. */
static void set_failure(struct tenant_work *work, cg_status status, const char *text) {
    work->report->status = status;
    work->report->error = keep_text(work, text);
    cg_log_write(work->supervision->options->log, "workflow_runner", CG_LOG_ERROR, "Tenant %s: %s",
                 work->settings->name, text);
}

/* ---- events ---- */

static void take_problem(struct tenant_work *work, const struct cg_event *event) {
    struct supervision *supervision = work->supervision;
    const char *text = event->text ? event->text : "";
    if (supervision->problems)
        cg_problems_add(supervision->problems, event->warning, event->file ? event->file : "",
                        event->line > 0 ? (uint32_t)event->line : 0, event->path ? event->path : "", "%s", text);
    else if (!event->warning)
        add_error(work, text);
    work->report->problems += !event->warning;
}

static int was_told(const struct tenant_work *work, const char *text) {
    for (size_t i = 0; i < work->doubtful_errors; i++)
        if (text && strcmp(work->errors[i], text) == 0)
            return 1;
    return 0;
}

static void take_error(struct tenant_work *work, const char *text) {
    if (was_told(work, text)) {
        work->repeated++;
        return;
    }
    work->counters.errors++;
    add_error(work, text);
}

/* What was told up to here is not told again by another worker. */
static void keep_errors(struct tenant_work *work) {
    work->kept_errors = work->report->error_count;
    work->counted_errors = work->counters.errors;
    work->has_kept = 1;
}

static void take_date(struct tenant_work *work, const struct cg_event *event) {
    work->last_date = event->date;
    work->counters.calculated++;
    work->counters.changed += event->changed != 0;
    work->counters.rows += event->rows;
    work->doubtful_errors = 0;
    keep_errors(work);
}

static void take_result(struct tenant_work *work, const struct cg_event *event) {
    work->counters = event->counters;
    work->counters.errors -= work->repeated;
    work->report->verdict = 1;
    work->report->gather_failed = event->gather_failed;
    work->report->status = (cg_status)event->status;
    work->report->error = event->status == CG_OK ? NULL : keep_text(work, event->text);
}

static void on_event(void *user, const struct cg_event *event) {
    struct tenant_work *work = user;
    const struct cg_supervisor_observer *observer = &work->supervision->options->observer;
    if (work->recording)
        return;
    switch (event->kind) {
    case CG_EVENT_RUN:
        work->run_id = event->run_id;
        break;
    case CG_EVENT_PROGRESS:
        if (observer->progress)
            observer->progress(observer->user, work->index, event->text ? event->text : "", event->done, event->total);
        break;
    case CG_EVENT_DATE:
        take_date(work, event);
        break;
    case CG_EVENT_ERROR:
        take_error(work, event->text);
        break;
    case CG_EVENT_NOTE:
        if (work->report->note_count < CG_REPORT_TEXTS)
            work->notes[work->report->note_count++] = keep_text(work, event->text);
        break;
    case CG_EVENT_PROBLEM:
        take_problem(work, event);
        break;
    case CG_EVENT_TEXT:
        if (observer->text && event->text)
            observer->text(observer->user, work->index, event->text);
        break;
    case CG_EVENT_RESULT:
        take_result(work, event);
        break;
    }
}

/* ---- the end of a worker ---- */

static void add_counters(struct cg_event_counters *sum, const struct cg_event_counters *more) {
    sum->gathered = more->gathered > sum->gathered ? more->gathered : sum->gathered;
    sum->pending = more->pending > sum->pending ? more->pending : sum->pending;
    sum->calculated += more->calculated;
    sum->changed += more->changed;
    sum->rows += more->rows;
    sum->errors += more->errors;
    sum->emitted += more->emitted;
    sum->current += more->current;
    sum->topic_dates += more->topic_dates;
    sum->topic_rows += more->topic_rows;
    sum->deleted += more->deleted;
    sum->retired += more->retired;
}

static void finish_tenant(struct tenant_work *work) {
    struct supervision *supervision = work->supervision;
    add_counters(&work->carried, &work->counters);
    work->report->counters = work->carried;
    work->child = NULL;
    supervision->running--;
    if (supervision->options->observer.finished)
        supervision->options->observer.finished(supervision->options->observer.user, work->index);
    start_waiting(supervision);
}

static cg_status start_child(struct tenant_work *work, const char *kind, const char *message, int resume,
                             struct cg_error *error);

/* Has another worker write down that the run failed; when that is not possible the next run finds the row orphaned. */
static void record_failure(struct tenant_work *work, const char *message) {
    struct cg_error error = {0};
    int check = strcmp(work->supervision->kind, CG_JOB_CHECK) == 0;
    work->recording = 1;
    if (check || !work->run_id || start_child(work, CG_JOB_RECORD, message, 0, &error) != CG_OK)
        finish_tenant(work);
}

static int stop_wanted(const struct supervision *supervision) {
    return supervision->stop && *supervision->stop;
}

/* Takes over what a dead worker did; `again` when another one calculates the dates after its last one once more. */
static void carry(struct tenant_work *work, int again) {
    if (again && work->has_kept) {
        work->report->error_count = work->kept_errors;
        work->counters.errors = work->counted_errors;
    } else {
        work->doubtful_errors = work->report->error_count;
    }
    add_counters(&work->carried, &work->counters);
    work->counters = (struct cg_event_counters){0};
    work->repeated = 0;
    keep_errors(work);
}

/* Starts again for what is left after a module killed its worker, or the worker was killed in it. */
static int try_resume(struct tenant_work *work, const struct cg_death *death) {
    struct cg_error error = {0};
    enum cg_death_advice advice = cg_deaths_add(&work->deaths, work->supervision->kind, death);
    work->report->crashes = work->deaths.crashes;
    if (advice == CG_DEATH_GIVE_UP || stop_wanted(work->supervision))
        return 0;
    cg_log_write(work->supervision->options->log, "workflow_runner", CG_LOG_ERROR, "Tenant %s: %s; a new worker %s",
                 work->settings->name, death->text,
                 advice == CG_DEATH_TRY_AGAIN ? "tries again" : "goes on without it");
    const char *kind = cg_death_next_job(death);
    int runs = strcmp(kind, CG_JOB_RUN) == 0;
    carry(work, runs);
    return start_child(work, kind, death->text, runs, &error) == CG_OK;
}

/* Whether it ended because the program was asked to stop. */
static int was_stopped(const struct tenant_work *work, const struct cg_child_end *end) {
    return stop_wanted(work->supervision) &&
           (end->signal == SIGTERM || end->signal == SIGKILL || end->signal == SIGINT);
}

static void fail(struct tenant_work *work, cg_status status, const char *text) {
    work->report->verdict = 0;
    set_failure(work, status, text);
    record_failure(work, text);
}

static void on_death(struct tenant_work *work, const struct cg_child_end *end) {
    char text[sizeof((struct cg_death *)0)->text];
    char why[64] = "The run was stopped";
    struct cg_death death;
    cg_death_read(end, &death);
    if (cg_death_is_gather(&death) && !was_stopped(work, end))
        work->report->gather_failed = 1;
    /* A worker's limit is its tenant's: when it is over, no time is left for what an allocator or emitter kept waiting.
     */
    if (end->timed_out || was_stopped(work, end)) {
        if (end->timed_out)
            snprintf(why, sizeof why, "Execution timed out after %llds", (long long)work->limit_seconds);
        cg_death_say_stopped(&death, why, text, sizeof text);
        fail(work, CG_TEMPORARY, text);
    } else if (!try_resume(work, &death)) {
        fail(work, CG_PERMANENT, death.text);
    }
}

/* A result counts when its worker has left well, or was only slow to leave. After a time-out only a good one does: the
 * worker gave up because it was asked to. */
static int result_counts(const struct tenant_work *work, const struct cg_child_end *end) {
    int left_well = end->exit_status == 0 && !end->signal;
    if (!end->delivered || (end->timed_out && work->report->status != CG_OK))
        return 0;
    return left_well || (end->ended_by_us && !end->crumb->in_module);
}

static void on_end(void *user, const struct cg_child_end *end) {
    struct tenant_work *work = user;
    work->child = NULL;
    if (work->recording || result_counts(work, end))
        finish_tenant(work);
    else
        on_death(work, end);
}

/* ---- starting ---- */

static cg_status start_child(struct tenant_work *work, const char *kind, const char *message, int resume,
                             struct cg_error *error) {
    struct supervision *supervision = work->supervision;
    const struct cg_supervisor_options *options = supervision->options;
    struct cg_job job = {
        .kind = kind,
        .tenant = work->settings->name,
        .config_file = options->settings->file,
        .env_file = options->env_file,
        .modules = options->modules,
        .module_count = options->module_count,
        .resume = resume,
        .resume_after = work->last_date,
        .dead_run = work->run_id,
        .message = message,
        .recalculate = options->recalculate,
        .recalculate_from = options->recalculate_from,
        .recalculate_to = options->recalculate_to,
        .emit_topics = strcmp(supervision->kind, CG_JOB_EMIT) != 0,
        .quarantine = work->deaths.quarantine,
        .quarantine_count = work->deaths.quarantine_count,
    };
    if (options->question)
        job.explain = *options->question;
    struct cg_child_callbacks callbacks = {.user = work, .event = on_event, .end = on_end};
    int64_t timeout_us = 0;
    if (work->deadline) {
        int64_t left_ms = work->deadline - (int64_t)uv_now(supervision->loop);
        timeout_us = (left_ms > 1 ? left_ms : 1) * 1000;
    }
    if (work->recording)
        timeout_us = RECORD_SECONDS * INT64_C(1000000);
    return cg_child_start(supervision->loop, options->program, &job, timeout_us, &callbacks, &work->child, error);
}

/* A check only binds: a module that hangs in it must not keep everybody waiting for as long as a run may take. */
static int64_t limit_of(const struct supervision *supervision, const struct tenant_work *work) {
    int64_t seconds = work->settings->execution_timeout_seconds;
    if (strcmp(supervision->kind, CG_JOB_CHECK) == 0 && (!seconds || seconds > CHECK_SECONDS))
        return CHECK_SECONDS;
    return seconds;
}

static void start_tenant(struct supervision *supervision, struct tenant_work *work) {
    const char *const *left_out = supervision->options->left_out;
    const char *only = supervision->options->only_tenant;
    struct cg_error error = {0};
    if (only && strcmp(only, work->settings->name) != 0)
        return;
    work->report->started = 1;
    if (left_out && left_out[work->index]) {
        work->report->status = CG_PERMANENT;
        work->report->error = keep_text(work, left_out[work->index]);
        return;
    }
    uv_update_time(supervision->loop);
    work->limit_seconds = limit_of(supervision, work);
    if (work->limit_seconds)
        work->deadline = (int64_t)uv_now(supervision->loop) + work->limit_seconds * 1000;
    supervision->running++;
    if (start_child(work, supervision->kind, NULL, 0, &error) != CG_OK) {
        set_failure(work, error.status, error.text);
        finish_tenant(work);
    }
}

static void start_waiting(struct supervision *supervision) {
    size_t limit = (size_t)supervision->options->settings->max_parallel_tenants;
    while (supervision->next < supervision->report->count && supervision->running < limit && !stop_wanted(supervision))
        start_tenant(supervision, &supervision->tenants[supervision->next++]);
    if (!supervision->running && !uv_is_closing((uv_handle_t *)&supervision->stop_timer))
        uv_close((uv_handle_t *)&supervision->stop_timer, NULL);
}

static void on_stop_poll(uv_timer_t *timer) {
    struct supervision *supervision = timer->data;
    if (!stop_wanted(supervision))
        return;
    for (size_t i = 0; i < supervision->report->count; i++)
        if (supervision->tenants[i].child && !supervision->tenants[i].recording)
            cg_child_stop(supervision->tenants[i].child);
}

static cg_status prepare(struct supervision *supervision, struct cg_report *report) {
    size_t count = supervision->options->settings->tenant_count;
    report->arena = cg_arena_new();
    if (!report->arena)
        return CG_NO_MEMORY;
    report->tenants = cg_arena_array(report->arena, count + 1, sizeof *report->tenants);
    supervision->tenants = cg_arena_array(report->arena, count + 1, sizeof *supervision->tenants);
    if (!report->tenants || !supervision->tenants)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        struct tenant_work *work = &supervision->tenants[i];
        work->supervision = supervision;
        work->index = i;
        work->settings = &supervision->options->settings->tenants[i];
        work->report = &report->tenants[i];
        work->last_date = CG_TIME_NONE;
        work->deaths.arena = report->arena;
        work->errors = cg_arena_array(report->arena, CG_REPORT_TEXTS, sizeof *work->errors);
        work->notes = cg_arena_array(report->arena, CG_REPORT_TEXTS, sizeof *work->notes);
        if (!work->errors || !work->notes)
            return CG_NO_MEMORY;
        work->report->errors = work->errors;
        work->report->notes = work->notes;
    }
    report->count = count;
    return CG_OK;
}

cg_status cg_supervise(uv_loop_t *loop, const struct cg_supervisor_options *options, const char *kind,
                       const volatile int32_t *stop, struct cg_problems *problems, struct cg_report *ret,
                       struct cg_error *error) {
    *ret = (struct cg_report){0};
    struct supervision supervision = {
        .loop = loop, .options = options, .kind = kind, .stop = stop, .problems = problems, .report = ret};
    if (prepare(&supervision, ret) != CG_OK)
        return cg_error_no_memory(error);
    uv_timer_init(loop, &supervision.stop_timer);
    supervision.stop_timer.data = &supervision;
    uv_timer_start(&supervision.stop_timer, on_stop_poll, STOP_POLL_MS, STOP_POLL_MS);
    start_waiting(&supervision);
    uv_run(loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < ret->count; i++)
        cg_deaths_done(&supervision.tenants[i].deaths);
    return CG_OK;
}

void cg_report_done(struct cg_report *report) {
    cg_arena_free(report->arena);
    *report = (struct cg_report){0};
}
