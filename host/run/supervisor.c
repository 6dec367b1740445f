#include "run/supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "run/child.h"

/** A function that killed this many workers of a run is not called any more in it; a tenant's run bears this many in
 * all. */
#define CRASHES_PER_SYMBOL 3
#define CRASHES_PER_RUN 30

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
    struct cg_quarantine *quarantine;
    size_t quarantine_count;
    int64_t run_id;
    int64_t last_date;
    int64_t deadline;                 /* on the loop's clock, milliseconds; 0 = none */
    struct cg_event_counters carried; /* of workers that died */
    struct cg_event_counters counters;
    int recording;            /* the worker at hand only writes down that another one died */
    struct cg_crumb forgiven; /* what the last worker that was killed from outside was doing */
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
    struct cg_error error;
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
        work->last_date = event->date;
        work->counters.calculated++;
        work->counters.changed += event->changed != 0;
        work->counters.rows += event->rows;
        break;
    case CG_EVENT_ERROR:
        work->counters.errors++;
        add_error(work, event->text);
        break;
    case CG_EVENT_NOTE:
        if (work->report->note_count < CG_REPORT_TEXTS)
            work->notes[work->report->note_count++] = keep_text(work, event->text);
        break;
    case CG_EVENT_PROBLEM:
        take_problem(work, event);
        break;
    case CG_EVENT_RESULT:
        work->counters = event->counters;
        work->report->status = (cg_status)event->status;
        if (event->status != CG_OK)
            work->report->error = keep_text(work, event->text);
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

/* "crashed (signal 6, Aborted)" or "ended the process (exit status 3)". */
static void describe_death(const struct cg_child_end *end, char *text, size_t size) {
    if (end->signal)
        snprintf(text, size, "crashed (signal %d, %s)", (int)end->signal, strsignal(end->signal));
    else
        snprintf(text, size, "ended the process (exit status %lld)", (long long)end->exit_status);
}

/* "allocator 'x' of module 'y' crashed (...) while it worked on 2026-06-01, PRODUCT on resource". */
static void describe_crumb(const struct cg_crumb *crumb, const char *death, char *text, size_t size) {
    char date[CG_TIME_TEXT_SIZE];
    if (!crumb->in_module) {
        snprintf(text, size, "the worker process %s", death);
    } else if (crumb->has_line) {
        snprintf(text, size, "%s '%s' of module '%s' %s while it worked on %s, %s on %s", crumb->what, crumb->symbol,
                 crumb->module, death, cg_time_format_date(crumb->line.timestamp, date), crumb->line.product_type,
                 crumb->line.resource_id);
    } else {
        snprintf(text, size, "%s%s%s%s of module '%s' %s in %s()", crumb->what, *crumb->symbol ? " '" : "",
                 crumb->symbol, *crumb->symbol ? "'" : "", crumb->module, death, crumb->function);
    }
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

static uint32_t count_crashes(const struct tenant_work *work, const struct cg_crumb *crumb) {
    uint32_t crashes = 0;
    for (size_t i = 0; i < work->quarantine_count; i++)
        crashes += strcmp(work->quarantine[i].module, crumb->module) == 0 &&
                   strcmp(work->quarantine[i].symbol, crumb->symbol) == 0;
    return crashes;
}

/* Keeps the function away from the line it died on. CG_NO_MEMORY when that cannot be noted. */
static cg_status add_quarantine(struct tenant_work *work, const struct cg_crumb *crumb, const char *death) {
    struct cg_quarantine *grown = realloc(work->quarantine, (work->quarantine_count + 1) * sizeof *work->quarantine);
    if (!grown)
        return CG_NO_MEMORY;
    work->quarantine = grown;
    struct cg_quarantine *entry = &grown[work->quarantine_count];
    *entry = (struct cg_quarantine){
        .module = keep_text(work, crumb->module),
        .symbol = keep_text(work, crumb->symbol),
        .whole_symbol = count_crashes(work, crumb) + 1 >= CRASHES_PER_SYMBOL,
        .line = crumb->line,
        .reason = keep_text(work, death),
    };
    if (entry->whole_symbol)
        entry->reason =
            cg_arena_printf(work->supervision->report->arena,
                            "%s; it is not called any more in this run after %d crashes", death, CRASHES_PER_SYMBOL);
    if (!entry->module || !entry->symbol || !entry->reason)
        return CG_NO_MEMORY;
    work->quarantine_count++;
    return CG_OK;
}

/* SIGKILL comes from outside, from an operator or a system short of memory, and the function at work may be innocent:
 * it gets its line once more. */
static int forgive(struct tenant_work *work, const struct cg_crumb *crumb, int32_t signal_number) {
    if (signal_number != SIGKILL || memcmp(&work->forgiven, crumb, sizeof *crumb) == 0)
        return 0;
    work->forgiven = *crumb;
    return 1;
}

/* Starts again for what is left after an allocator or resolver killed its worker, or the worker was killed in it. */
static int try_resume(struct tenant_work *work, const struct cg_crumb *crumb, int32_t signal_number, const char *death,
                      const char *text) {
    if (!crumb->in_module || !crumb->has_line || strcmp(work->supervision->kind, CG_JOB_RUN) != 0 ||
        work->report->crashes > CRASHES_PER_RUN)
        return 0;
    int forgiven = forgive(work, crumb, signal_number);
    if (!forgiven && add_quarantine(work, crumb, death) != CG_OK)
        return 0;
    struct cg_error error = {0};
    cg_log_write(work->supervision->options->log, "workflow_runner", CG_LOG_ERROR, "Tenant %s: %s; a new worker %s",
                 work->settings->name, text, forgiven ? "tries again" : "goes on without it");
    add_counters(&work->carried, &work->counters);
    work->counters = (struct cg_event_counters){0};
    return start_child(work, CG_JOB_RUN, text, 1, &error) == CG_OK;
}

static int stop_wanted(const struct supervision *supervision) {
    return supervision->stop && *supervision->stop;
}

/* Whether we ended it ourselves because the program was asked to stop. */
static int was_stopped(const struct tenant_work *work, const struct cg_child_end *end) {
    return stop_wanted(work->supervision) && (end->signal == SIGTERM || end->signal == SIGKILL);
}

/* "Execution timed out after 2s: allocator 'x' of module 'y' was running while it worked on ...". */
static void describe_stop(const struct tenant_work *work, const struct cg_child_end *end, const struct cg_crumb *crumb,
                          char *text, size_t size) {
    char why[64] = "The run was stopped";
    char doing[768];
    if (end->timed_out)
        snprintf(why, sizeof why, "Execution timed out after %llds",
                 (long long)work->settings->execution_timeout_seconds);
    describe_crumb(crumb, "was running", doing, sizeof doing);
    snprintf(text, size, "%s%s%s", why, crumb->in_module ? ": " : "", crumb->in_module ? doing : "");
}

static void on_death(struct tenant_work *work, const struct cg_child_end *end) {
    char death[128];
    char text[1024];
    struct cg_crumb crumb = *end->crumb;
    /* The crumb was written by a process that went wrong: its texts must end. */
    crumb.module[sizeof crumb.module - 1] = '\0';
    crumb.symbol[sizeof crumb.symbol - 1] = '\0';
    crumb.function[sizeof crumb.function - 1] = '\0';
    crumb.what[sizeof crumb.what - 1] = '\0';
    crumb.line.env_id[sizeof crumb.line.env_id - 1] = '\0';
    crumb.line.resource_id[sizeof crumb.line.resource_id - 1] = '\0';
    crumb.line.product_type[sizeof crumb.line.product_type - 1] = '\0';
    crumb.line.product_category[sizeof crumb.line.product_category - 1] = '\0';
    if (end->timed_out || was_stopped(work, end)) {
        describe_stop(work, end, &crumb, text, sizeof text);
        set_failure(work, CG_TEMPORARY, text);
        record_failure(work, text);
        return;
    }
    describe_death(end, death, sizeof death);
    describe_crumb(&crumb, death, text, sizeof text);
    work->report->crashes++;
    if (!stop_wanted(work->supervision) && try_resume(work, &crumb, end->signal, death, text))
        return;
    set_failure(work, CG_PERMANENT, text);
    record_failure(work, text);
}

static void on_end(void *user, const struct cg_child_end *end) {
    struct tenant_work *work = user;
    work->child = NULL;
    if (work->recording || (end->delivered && !end->timed_out))
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
        .quarantine = work->quarantine,
        .quarantine_count = work->quarantine_count,
    };
    struct cg_child_callbacks callbacks = {.user = work, .event = on_event, .end = on_end};
    int64_t timeout_us = 0;
    if (work->deadline) {
        int64_t left_ms = work->deadline - (int64_t)uv_now(supervision->loop);
        timeout_us = (left_ms > 1 ? left_ms : 1) * 1000;
    }
    if (work->recording)
        timeout_us = 60 * INT64_C(1000000);
    return cg_child_start(supervision->loop, options->program, &job, timeout_us, &callbacks, &work->child, error);
}

static void start_tenant(struct supervision *supervision, struct tenant_work *work) {
    int64_t seconds = work->settings->execution_timeout_seconds;
    struct cg_error error = {0};
    uv_update_time(supervision->loop);
    if (seconds)
        work->deadline = (int64_t)uv_now(supervision->loop) + seconds * 1000;
    supervision->running++;
    work->report->started = 1;
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
        free(supervision.tenants[i].quarantine);
    return CG_OK;
}

void cg_report_done(struct cg_report *report) {
    cg_arena_free(report->arena);
    *report = (struct cg_report){0};
}
