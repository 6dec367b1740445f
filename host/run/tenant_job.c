#include "run/tenant_job.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "run/child.h"
#include "run/death.h"

/** Seconds for a check, and for writing down what a dead worker could not. */
#define CHECK_SECONDS 60
#define RECORD_SECONDS 60

struct cg_tenant_job {
    uv_loop_t *loop;
    struct cg_tenant_job_options options;
    const struct cg_tenant_settings *settings;
    struct cg_arena *arena;
    struct cg_tenant_report report;
    struct cg_child *child; /* while a worker runs */
    const char **errors;
    const char **notes;
    struct cg_deaths deaths;
    int64_t last_date;
    int64_t limit_seconds;            /* 0 = none */
    int64_t begun_ms;                 /* on the loop's clock */
    uint64_t begun;                   /* on a clock that nobody sets, nanoseconds */
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

static const char *keep_text(struct cg_tenant_job *job, const char *text) {
    return cg_arena_string(job->arena, text ? text : "");
}

static int is_kind(const struct cg_tenant_job *job, const char *kind) {
    return strcmp(job->options.kind, kind) == 0;
}

static void add_error(struct cg_tenant_job *job, const char *text) {
    const char *kept = job->report.error_count < CG_REPORT_TEXTS ? keep_text(job, text) : NULL;
    if (kept)
        job->errors[job->report.error_count++] = kept;
}

static void log_error(const struct cg_tenant_job *job, const char *text) {
    cg_log_write(job->options.log, "workflow_runner", CG_LOG_ERROR, "Tenant %s: %s", job->settings->name, text);
}

/* Why the tenant's job ended early. */
static void set_failure(struct cg_tenant_job *job, cg_status status, const char *text) {
    job->report.status = status;
    job->report.error = keep_text(job, text);
    log_error(job, text);
}

/* ---- events ---- */

static void take_problem(struct cg_tenant_job *job, const struct cg_event *event) {
    const char *text = event->text ? event->text : "";
    if (job->options.problems)
        cg_problems_add(job->options.problems, event->warning, event->file ? event->file : "",
                        event->line > 0 ? (uint32_t)event->line : 0, event->path ? event->path : "", "%s", text);
    else if (!event->warning)
        add_error(job, text);
    job->report.problems += !event->warning;
}

static int was_told(const struct cg_tenant_job *job, const char *text) {
    for (size_t i = 0; i < job->doubtful_errors; i++)
        if (text && strcmp(job->errors[i], text) == 0)
            return 1;
    return 0;
}

static void take_error(struct cg_tenant_job *job, const char *text) {
    if (was_told(job, text)) {
        job->repeated++;
        return;
    }
    job->counters.errors++;
    add_error(job, text);
}

/* What was told up to here is not told again by another worker. */
static void keep_errors(struct cg_tenant_job *job) {
    job->kept_errors = job->report.error_count;
    job->counted_errors = job->counters.errors;
    job->has_kept = 1;
}

static void take_date(struct cg_tenant_job *job, const struct cg_event *event) {
    job->last_date = event->date;
    job->counters.calculated++;
    job->counters.changed += event->changed != 0;
    job->counters.rows += event->rows;
    job->doubtful_errors = 0;
    keep_errors(job);
}

static void take_result(struct cg_tenant_job *job, const struct cg_event *event) {
    job->counters = event->counters;
    job->counters.errors -= job->repeated;
    job->report.verdict = 1;
    job->report.gather_failed = event->gather_failed;
    job->report.database_lost = event->database_lost;
    job->report.status = (cg_status)event->status;
    job->report.error = event->status == CG_OK && !event->elsewhere ? NULL : keep_text(job, event->text);
    job->report.elsewhere = event->elsewhere;
    if (event->elsewhere) {
        job->report.other_run = event->run_id;
        job->report.other_ended_at = event->date;
    }
    if (event->peak_memory > job->report.peak_memory)
        job->report.peak_memory = event->peak_memory;
}

static void take_note(struct cg_tenant_job *job, const char *text) {
    if (job->report.note_count < CG_REPORT_TEXTS)
        job->notes[job->report.note_count++] = keep_text(job, text);
}

static void on_event(void *user, const struct cg_event *event) {
    struct cg_tenant_job *job = user;
    const struct cg_tenant_job_callbacks *callbacks = &job->options.callbacks;
    if (job->recording)
        return;
    switch (event->kind) {
    case CG_EVENT_RUN:
        job->report.run_id = event->run_id;
        break;
    case CG_EVENT_PROGRESS:
        if (callbacks->progress)
            callbacks->progress(callbacks->user, event->text ? event->text : "", event->done, event->total);
        break;
    case CG_EVENT_STAGE:
        if (callbacks->stage && event->text)
            callbacks->stage(callbacks->user, event->text, event->date);
        break;
    case CG_EVENT_GATHERED:
        job->report.gathered_at = event->date;
        break;
    case CG_EVENT_DATE:
        take_date(job, event);
        break;
    case CG_EVENT_ERROR:
        take_error(job, event->text);
        break;
    case CG_EVENT_NOTE:
        take_note(job, event->text);
        break;
    case CG_EVENT_PROBLEM:
        take_problem(job, event);
        break;
    case CG_EVENT_TEXT:
        if (callbacks->text && event->text)
            callbacks->text(callbacks->user, event->text);
        break;
    case CG_EVENT_RESULT:
        take_result(job, event);
        break;
    }
}

/* ---- the end of a worker ---- */

/* Nothing of the job is touched after this: it may be gone. */
static void finish(struct cg_tenant_job *job) {
    cg_counters_add(&job->carried, &job->counters);
    job->report.counters = job->carried;
    job->report.ended_at = cg_time_now();
    job->report.duration_us = (int64_t)((uv_hrtime() - job->begun) / 1000);
    job->child = NULL;
    if (job->options.callbacks.finished)
        job->options.callbacks.finished(job->options.callbacks.user, &job->report);
}

static cg_status start_child(struct cg_tenant_job *job, const char *kind, const char *message, int resume,
                             struct cg_error *error);

/* Has another worker write down that the run failed; when that is not possible the next run finds the row orphaned. */
static void record_failure(struct cg_tenant_job *job, const char *message) {
    struct cg_error error = {0};
    job->recording = 1;
    if (is_kind(job, CG_JOB_CHECK) || !job->report.run_id ||
        start_child(job, CG_JOB_RECORD, message, 0, &error) != CG_OK)
        finish(job);
}

/* Takes over what a dead worker did; `again` when another one calculates the dates after its last one once more. */
static void carry(struct cg_tenant_job *job, int again) {
    if (again && job->has_kept) {
        job->report.error_count = job->kept_errors;
        job->counters.errors = job->counted_errors;
    } else {
        job->doubtful_errors = job->report.error_count;
    }
    cg_counters_add(&job->carried, &job->counters);
    job->counters = (struct cg_event_counters){0};
    job->repeated = 0;
    keep_errors(job);
}

/* Starts again for what is left after a module killed its worker, or the worker was killed in it. */
static int try_resume(struct cg_tenant_job *job, const struct cg_death *death) {
    struct cg_error error = {0};
    enum cg_death_advice advice = cg_deaths_add(&job->deaths, job->options.kind, death);
    job->report.crashes = job->deaths.crashes;
    if (advice == CG_DEATH_GIVE_UP || job->report.stopped)
        return 0;
    cg_log_write(job->options.log, "workflow_runner", CG_LOG_ERROR, "Tenant %s: %s; a new worker %s",
                 job->settings->name, death->text, advice == CG_DEATH_TRY_AGAIN ? "tries again" : "goes on without it");
    const char *kind = cg_death_next_job(death);
    int runs = strcmp(kind, CG_JOB_RUN) == 0;
    carry(job, runs);
    return start_child(job, kind, death->text, runs, &error) == CG_OK;
}

/* Whether it ended because it was asked to stop. */
static int was_stopped(const struct cg_tenant_job *job, const struct cg_child_end *end) {
    return job->report.stopped && (end->signal == SIGTERM || end->signal == SIGKILL || end->signal == SIGINT);
}

static void fail(struct cg_tenant_job *job, cg_status status, const char *text) {
    job->report.verdict = 0;
    set_failure(job, status, text);
    record_failure(job, text);
}

static void fail_timed_out(struct cg_tenant_job *job, const struct cg_death *death) {
    char text[sizeof death->text];
    char why[64];
    job->report.timed_out = 1;
    snprintf(why, sizeof why, "Execution timed out after %llds", (long long)job->limit_seconds);
    cg_log_write(job->options.log, "workflow_runner", CG_LOG_ERROR, "Tenant %s timed out after %llds",
                 job->settings->name, (long long)job->limit_seconds);
    cg_death_say_stopped(death, why, text, sizeof text);
    fail(job, CG_TEMPORARY, text);
}

static void on_death(struct cg_tenant_job *job, const struct cg_child_end *end) {
    char text[sizeof((struct cg_death *)0)->text];
    struct cg_death death;
    cg_death_read(end, &death);
    if (cg_death_is_gather(&death) && !was_stopped(job, end))
        job->report.gather_failed = 1;
    /* A worker's limit is its tenant's: when it is over, no time is left for what an allocator or emitter kept waiting.
     */
    if (end->timed_out) {
        fail_timed_out(job, &death);
    } else if (was_stopped(job, end)) {
        cg_death_say_stopped(&death, "The run was stopped", text, sizeof text);
        fail(job, CG_TEMPORARY, text);
    } else if (!try_resume(job, &death)) {
        fail(job, CG_PERMANENT, death.text);
    }
}

/* A result counts when its worker has left well, or was only slow to leave. After a time-out only a good one does: the
 * worker gave up because it was asked to. */
static int result_counts(const struct cg_tenant_job *job, const struct cg_child_end *end) {
    int left_well = end->exit_status == 0 && !end->signal;
    if (!end->delivered || (end->timed_out && job->report.status != CG_OK))
        return 0;
    return left_well || (end->ended_by_us && !end->crumb->in_module);
}

static void on_end(void *user, const struct cg_child_end *end) {
    struct cg_tenant_job *job = user;
    job->child = NULL;
    if (job->recording || result_counts(job, end))
        finish(job);
    else
        on_death(job, end);
}

/* ---- starting ---- */

static struct cg_job make_job(const struct cg_tenant_job *job, const char *kind, const char *message, int resume) {
    const struct cg_tenant_job_options *options = &job->options;
    const struct cg_generation *generation = options->generation;
    struct cg_job made = {
        .kind = kind,
        .tenant = job->settings->name,
        .config_file = generation->snapshot->config_file,
        .env_file = generation->snapshot->env_file,
        .modules = generation->module_files,
        .module_count = generation->module_file_count,
        .resume = resume,
        .resume_after = job->last_date,
        .dead_run = job->report.run_id,
        .message = message,
        .skip_gather = options->skip_gather,
        .recalculate = options->recalculate,
        .recalculate_from = options->recalculate_from,
        .recalculate_to = options->recalculate_to,
        .since_run = options->since_run,
        .since_time = options->since_time,
        .fresh_us = options->fresh_us,
        .emit_topics = !is_kind(job, CG_JOB_EMIT),
        .quarantine = job->deaths.quarantine,
        .quarantine_count = job->deaths.quarantine_count,
    };
    if (options->question)
        made.explain = *options->question;
    return made;
}

/* 0 = there is no limit. */
static int64_t time_left_us(const struct cg_tenant_job *job) {
    const int64_t left_ms = job->begun_ms + job->limit_seconds * 1000 - (int64_t)uv_now(job->loop);
    return job->limit_seconds ? (left_ms > 1 ? left_ms : 1) * 1000 : 0;
}

static cg_status start_child(struct cg_tenant_job *job, const char *kind, const char *message, int resume,
                             struct cg_error *error) {
    const struct cg_snapshot *snapshot = job->options.generation->snapshot;
    const struct cg_job made = make_job(job, kind, message, resume);
    struct cg_child_options options = {
        .program = job->options.program,
        .job = &made,
        .config_fd = snapshot->config_fd,
        .env_fd = snapshot->env_fd,
        .callbacks = {.user = job, .event = on_event, .end = on_end},
    };
    options.timeout_us = time_left_us(job);
    if (job->recording)
        options.timeout_us = RECORD_SECONDS * INT64_C(1000000);
    return cg_child_start(job->loop, &options, &job->child, error);
}

/* A check only binds: a module that hangs in it must not keep everybody waiting for as long as a run may take. */
static int64_t limit_of(const struct cg_tenant_job *job) {
    int64_t seconds = job->settings->execution_timeout_seconds;
    if (is_kind(job, CG_JOB_CHECK) && (!seconds || seconds > CHECK_SECONDS))
        return CHECK_SECONDS;
    return seconds;
}

static struct cg_tenant_job *new_job(uv_loop_t *loop, const struct cg_tenant_job_options *options) {
    struct cg_arena *arena = cg_arena_new();
    struct cg_tenant_job *job = arena ? cg_arena_alloc(arena, sizeof *job) : NULL;
    if (job) {
        job->errors = cg_arena_array(arena, CG_REPORT_TEXTS, sizeof *job->errors);
        job->notes = cg_arena_array(arena, CG_REPORT_TEXTS, sizeof *job->notes);
    }
    if (!job || !job->errors || !job->notes) {
        cg_arena_free(arena);
        return NULL;
    }
    job->loop = loop;
    job->options = *options;
    job->settings = &options->generation->settings->tenants[options->tenant];
    job->arena = arena;
    job->last_date = CG_TIME_NONE;
    job->deaths.arena = arena;
    job->report = (struct cg_tenant_report){
        .started = 1,
        .errors = job->errors,
        .notes = job->notes,
        .gather_skipped = options->skip_gather,
        .started_at = cg_time_now(),
        .ended_at = CG_TIME_NONE,
        .gathered_at = CG_TIME_NONE,
        .other_ended_at = CG_TIME_NONE,
    };
    cg_generation_ref(options->generation);
    return job;
}

cg_status cg_tenant_job_start(uv_loop_t *loop, const struct cg_tenant_job_options *options, struct cg_tenant_job **ret,
                              struct cg_error *error) {
    struct cg_tenant_job *job = new_job(loop, options);
    if (!job)
        return cg_error_no_memory(error);
    uv_update_time(loop);
    job->begun = uv_hrtime();
    job->limit_seconds = limit_of(job);
    job->begun_ms = (int64_t)uv_now(loop);
    cg_status status = start_child(job, options->kind, NULL, 0, error);
    if (status != CG_OK) {
        cg_tenant_job_free(job);
        return status;
    }
    *ret = job;
    return CG_OK;
}

void cg_tenant_job_stop(struct cg_tenant_job *job) {
    job->report.stopped = 1;
    if (job->child && !job->recording)
        cg_child_stop(job->child);
}

int cg_tenant_job_limit(struct cg_tenant_job *job, int64_t seconds) {
    const int64_t before = job->limit_seconds;
    if (seconds == before || !job->child || job->recording)
        return 0;
    uv_update_time(job->loop);
    job->limit_seconds = seconds;
    if (cg_child_limit(job->child, time_left_us(job)))
        return 1;
    job->limit_seconds = before; /* the one that is told if it was the reason */
    return 0;
}

const struct cg_tenant_settings *cg_tenant_job_settings(const struct cg_tenant_job *job) {
    return job->settings;
}

const struct cg_tenant_report *cg_tenant_job_report(const struct cg_tenant_job *job) {
    return &job->report;
}

void cg_tenant_job_free(struct cg_tenant_job *job) {
    if (!job)
        return;
    cg_deaths_done(&job->deaths);
    cg_generation_unref(job->options.generation);
    cg_arena_free(job->arena); /* the job itself lies in it */
}
