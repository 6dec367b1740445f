#include "run/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/text.h"
#include "base/time.h"
#include "engine/check.h"
#include "engine/pipeline.h"
#include "engine/tenant_metrics.h"
#include "engine/tenant_store.h"
#include "net/net.h"
#include "run/event.h"
#include "run/job.h"
#include "run/limits.h"
#include "run/snapshot.h"
#include "store/runs.h"

#define BY_HAND "this command is started by chitragupt itself; it has no use by hand"

struct worker {
    struct cg_arena *arena;
    struct cg_job job;
    struct cg_crumb *crumb; /* shared with the host process, or NULL */
    struct cg_problems *problems;
    struct cg_settings *settings;
    int32_t memory_mib; /* what this process may have; 0 = no limit */
    struct cg_modules *modules;
    struct cg_log *log;
    struct cg_net *net;
    struct cg_runtime *runtime;
    uv_loop_t loop;
    uv_signal_t terminate;
    uv_pipe_t parent; /* standard input: its end means that the host process is gone */
    int loop_ready;
    volatile int32_t *cancelled; /* in the crumb, where the host process can set it while a module is busy */
    volatile int32_t own_cancelled;
    char thrown_away[64]; /* what arrives on standard input after the job: only its end counts */
    struct cg_buf line;   /* of the event being written */
};

/* ---- events ---- */

static void send_event(struct worker *worker, const struct cg_event *event) {
    cg_buf_clear(&worker->line);
    if (cg_event_write(event, &worker->line) != CG_OK)
        return;
    const char *at = worker->line.data;
    size_t left = worker->line.length;
    while (left) {
        ssize_t written = write(CG_EVENT_FD, at, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; /* the host process is gone; the parent pipe tells */
        at += written;
        left -= (size_t)written;
    }
}

static void send_text(struct worker *worker, enum cg_event_kind kind, const char *text) {
    send_event(worker, &(struct cg_event){.kind = kind, .text = text});
}

static void send_result(struct worker *worker, cg_status status, const char *text,
                        const struct cg_pipeline_result *result) {
    struct cg_event event = {
        .kind = CG_EVENT_RESULT,
        .status = status,
        .text = text,
        .gather_failed = result->gather_failed,
        .database_lost = result->database_lost,
        .elsewhere = (int32_t)result->elsewhere,
        .run_id = result->elsewhere ? result->other_run : 0,
        .date = result->elsewhere ? result->other_ended_at : 0,
    };
    event.peak_memory = cg_limits_peak();
    event.counters = (struct cg_event_counters){
        .gathered = (int64_t)result->dates_gathered,
        .pending = (int64_t)result->dates_pending,
        .calculated = (int64_t)result->dates_calculated,
        .changed = (int64_t)result->dates_changed,
        .rows = (int64_t)result->rows_written,
        .errors = (int64_t)result->errors,
        .emitted = (int64_t)result->emit.emitted,
        .current = (int64_t)result->dates_current,
        .topic_dates = (int64_t)result->topics.dates_attributed,
        .topic_rows = (int64_t)result->topics.rows,
        .deleted = (int64_t)result->gather.deleted,
        .retired = (int64_t)result->rows_retired,
    };
    send_event(worker, &event);
}

static void send_problems(struct worker *worker) {
    for (size_t i = 0; i < cg_problems_count(worker->problems); i++) {
        const struct cg_problem *problem = cg_problems_at(worker->problems, i);
        struct cg_event event = {
            .kind = CG_EVENT_PROBLEM,
            .warning = problem->warning,
            .file = problem->file,
            .line = problem->line,
            .path = problem->path,
            .text = problem->text,
        };
        send_event(worker, &event);
    }
}

static void on_run_started(void *user, int64_t run_id) {
    struct worker *worker = user;
    cg_log_set_run(worker->log, run_id);
    send_event(worker, &(struct cg_event){.kind = CG_EVENT_RUN, .run_id = run_id});
}

static void on_stage(void *user, const char *stage, int64_t date) {
    struct worker *worker = user;
    cg_log_set_stage(worker->log, stage);
    if (strcmp(stage, CG_STAGE_RETENTION) == 0)
        return; /* the end of a run, which nobody waits for */
    send_event(worker, &(struct cg_event){.kind = CG_EVENT_STAGE, .text = stage, .date = date});
}

static void on_gathered(void *user, int64_t planned) {
    send_event(user, &(struct cg_event){.kind = CG_EVENT_GATHERED, .date = planned});
}

static void on_progress(void *user, const char *what, uint64_t done, uint64_t total) {
    send_event(user, &(struct cg_event){
                         .kind = CG_EVENT_PROGRESS, .text = what, .done = (int64_t)done, .total = (int64_t)total});
}

static void on_date(void *user, int64_t date, uint64_t rows, int32_t changed) {
    struct worker *worker = user;
    send_event(worker,
               &(struct cg_event){.kind = CG_EVENT_DATE, .date = date, .rows = (int64_t)rows, .changed = changed});
    /* Between dates nothing else turns the loop, and a stop may be waiting in it. */
    uv_run(&worker->loop, UV_RUN_NOWAIT);
}

static void on_error(void *user, const char *text) {
    struct worker *worker = user;
    cg_log_write(worker->log, "workflow_runner", CG_LOG_ERROR, "%s", text);
    send_text(worker, CG_EVENT_ERROR, text);
}

static void on_note(void *user, const char *text) {
    struct worker *worker = user;
    cg_log_write(worker->log, "workflow_runner", CG_LOG_WARNING, "Tenant %s: %s", worker->job.tenant,
                 cg_store_sentence(worker->job.tenant, text));
    send_text(worker, CG_EVENT_NOTE, text);
}

/* A piece of an explanation, cut where a character ends. */
static cg_status on_text(void *user, const char *text, size_t length) {
    char piece[CG_EVENT_TEXT_LIMIT + 1];
    while (length) {
        size_t count = length < CG_EVENT_TEXT_LIMIT ? length : cg_text_whole(text, CG_EVENT_TEXT_LIMIT);
        memcpy(piece, text, count);
        piece[count] = '\0';
        send_text(user, CG_EVENT_TEXT, piece);
        text += count;
        length -= count;
    }
    return CG_OK;
}

/* ---- the loop ---- */

static void stop(struct worker *worker) {
    if (!*worker->cancelled)
        *worker->cancelled = CG_STOP_WANTED;
    if (worker->net)
        cg_net_cancel(worker->net);
}

static void on_terminate(uv_signal_t *handle, int signal_number) {
    (void)signal_number;
    stop(handle->data);
}

static void on_parent_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    struct worker *worker = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(worker->thrown_away, sizeof worker->thrown_away);
}

/* A worker nobody waits for must not go on writing: what it had begun is rolled back, and its run is found orphaned. */
static void die(void) {
    (void)raise(SIGKILL);
}

static void on_parent_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    (void)stream;
    (void)buffer;
    if (count < 0)
        die();
}

static cg_status open_loop(struct worker *worker, struct cg_error *error) {
    if (uv_loop_init(&worker->loop) != 0)
        return cg_error_set(error, CG_NO_MEMORY, "no event loop");
    worker->loop_ready = 1;
    int failed = uv_signal_init(&worker->loop, &worker->terminate);
    failed |= uv_pipe_init(&worker->loop, &worker->parent, 0);
    worker->terminate.data = worker;
    worker->parent.data = worker;
    failed |= uv_signal_start(&worker->terminate, on_terminate, SIGTERM);
    failed |= uv_pipe_open(&worker->parent, STDIN_FILENO);
    failed |= uv_read_start((uv_stream_t *)&worker->parent, on_parent_alloc, on_parent_read);
    /* Neither keeps the loop running: they only interrupt. */
    uv_unref((uv_handle_t *)&worker->terminate);
    uv_unref((uv_handle_t *)&worker->parent);
    if (failed)
        return cg_error_set(error, CG_PERMANENT, "the event loop of the worker cannot be set up");
    if (strcmp(worker->job.kind, CG_JOB_CHECK) == 0 || strcmp(worker->job.kind, CG_JOB_RECORD) == 0)
        return CG_OK; /* neither has business with the network */
    return cg_net_new(&worker->loop, worker->log, &worker->net, error);
}

static void close_loop(struct worker *worker) {
    if (!worker->loop_ready)
        return;
    cg_net_free(worker->net);
    uv_close((uv_handle_t *)&worker->terminate, NULL);
    uv_close((uv_handle_t *)&worker->parent, NULL);
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    uv_loop_close(&worker->loop);
    /* From here on there is nothing to stop, and the result must not be lost. */
    signal(SIGTERM, SIG_IGN);
}

/* ---- the job ---- */

/* Reads standard input up to the first newline. */
static cg_status read_job(struct worker *worker, struct cg_error *error) {
    struct cg_buf line;
    cg_buf_init(&line, CG_JOB_LIMIT);
    char byte = 0;
    cg_status status = CG_OK;
    while (status == CG_OK) {
        ssize_t count = read(STDIN_FILENO, &byte, 1);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            status = cg_error_set(error, CG_INVALID, BY_HAND);
        else if (byte == '\n')
            break;
        else
            status = cg_buf_add_char(&line, byte);
    }
    if (status == CG_OK)
        status = cg_job_read(cg_buf_text(&line), line.length, worker->arena, &worker->job, error);
    cg_buf_done(&line);
    return status;
}

/* Reads the configuration that the host process works with, and finds the tenant in it. */
static cg_status load_settings(struct worker *worker, const struct cg_tenant_settings **ret_tenant,
                               struct cg_error *error) {
    const struct cg_job *job = &worker->job;
    struct cg_snapshot *snapshot = NULL;
    cg_status status =
        cg_snapshot_adopt(job->config_file, CG_CONFIG_FD, job->env_file, job->env_file ? CG_ENV_FD : -1, &snapshot);
    if (status == CG_OK)
        status = cg_snapshot_load(snapshot, CG_SETTINGS_NO_FILES, worker->problems, &worker->settings);
    cg_snapshot_free(snapshot);
    if (status != CG_OK)
        return cg_error_set(error, status,
                            "what the configuration refers to changed while the program ran, and is not valid any "
                            "more");
    const struct cg_settings *settings = worker->settings;
    *ret_tenant = cg_settings_tenant(settings, job->tenant);
    if (!*ret_tenant)
        return cg_error_set(error, CG_INVALID, "tenant '%s' is not in %s", job->tenant, settings->file);
    const struct cg_log_setup setup = cg_settings_log(settings);
    status = cg_log_open(STDERR_FILENO, &setup, &worker->log);
    if (status != CG_OK)
        return cg_error_set(error, status, "logging cannot be set up");
    cg_log_set_tenant(worker->log, job->tenant);
    return CG_OK;
}

static cg_status load_modules(struct worker *worker, struct cg_error *error) {
    cg_crumb_enter(worker->crumb, "module", CG_CRUMB_LOADING, "", "register", NULL);
    cg_status status =
        cg_modules_open(worker->job.modules, worker->job.module_count, worker->log, &worker->modules, error);
    cg_crumb_leave(worker->crumb);
    return status;
}

static cg_status load(struct worker *worker, struct cg_error *error) {
    const struct cg_job *job = &worker->job;
    const struct cg_tenant_settings *tenant = NULL;
    cg_status status = load_settings(worker, &tenant, error);
    if (status == CG_OK) {
        worker->memory_mib = cg_limits_memory(worker->settings->worker_memory_mib, worker->crumb);
        status = load_modules(worker, error);
    }
    if (status == CG_OK)
        status = open_loop(worker, error);
    if (status != CG_OK)
        return status;
    status = cg_check_options(worker->settings, job->tenant, worker->modules, worker->problems);
    if (status == CG_NO_MEMORY)
        return cg_error_no_memory(error);
    if (status != CG_OK || cg_problems_errors(worker->problems))
        return cg_error_set(error, CG_INVALID, "tenant '%s': the configuration is not valid", job->tenant);
    struct cg_runtime_options options = {
        .settings = worker->settings,
        .tenant = tenant,
        .modules = worker->modules,
        .shared = {.log = worker->log, .net = worker->net, .cancelled = worker->cancelled},
        .crumb = worker->crumb,
    };
    return cg_runtime_new(&options, worker->problems, &worker->runtime, error);
}

static cg_status record(struct worker *worker, struct cg_error *error) {
    struct cg_tenant_store database = {0};
    const struct cg_runtime *runtime = worker->runtime;
    cg_status status = cg_tenant_store_open(runtime->modules, runtime->tenant, &runtime->shared, 0, &database, error);
    if (status == CG_OK)
        status = cg_store_run_fail(database.store, worker->job.dead_run, cg_time_now(), worker->job.message, error);
    cg_tenant_store_close(&database);
    return status;
}

/* Tells how the amounts of a date come about; writes nothing. */
static cg_status explain(struct worker *worker, struct cg_error *error) {
    struct cg_tenant_store database = {0};
    struct cg_metrics_source *metrics = NULL;
    struct cg_runtime *runtime = worker->runtime;
    uint64_t lines = 0;
    cg_status status =
        cg_tenant_store_open(runtime->modules, runtime->tenant, &runtime->shared, CG_STORE_READ_ONLY, &database, error);
    if (status == CG_NOT_FOUND)
        return cg_error_set(error, status,
                            "tenant '%s' has no database yet, so there is nothing to explain; do a run first",
                            runtime->tenant->name);
    if (status == CG_OK)
        status = cg_tenant_metrics_open(runtime, &metrics, error);
    if (status == CG_OK)
        status = cg_explain(runtime, database.store, metrics, &worker->job.explain, on_text, worker, &lines, error);
    cg_tenant_metrics_close(runtime);
    cg_tenant_store_close(&database);
    return status;
}

static cg_status work(struct worker *worker, struct cg_pipeline_result *result, struct cg_error *error) {
    const struct cg_job *job = &worker->job;
    struct cg_observer observer = {
        .user = worker,
        .run_started = on_run_started,
        .progress = on_progress,
        .stage = on_stage,
        .gathered = on_gathered,
        .date_done = on_date,
        .error = on_error,
        .note = on_note,
    };
    struct cg_pipeline_options options = {
        .runtime = worker->runtime,
        .observer = &observer,
        .quarantine = job->quarantine,
        .quarantine_count = job->quarantine_count,
        .resume = job->resume,
        .resume_after = job->resume_after,
        .dead_run = job->dead_run,
        .crash = job->message,
        .skip_gather = job->skip_gather,
        .memory_mib = worker->memory_mib,
        .since_run = job->since_run,
        .since_time = job->since_time,
        .fresh_us = job->fresh_us,
        .recalculate = job->recalculate,
        .recalculate_from = job->recalculate_from,
        .recalculate_to = job->recalculate_to,
        .emit_topics = job->emit_topics,
    };
    if (strcmp(job->kind, CG_JOB_CHECK) == 0)
        return CG_OK;
    if (strcmp(job->kind, CG_JOB_RECORD) == 0)
        return record(worker, error);
    if (strcmp(job->kind, CG_JOB_EXPLAIN) == 0)
        return explain(worker, error);
    if (strcmp(job->kind, CG_JOB_EMIT) == 0)
        return cg_pipeline_emit(&options, result, error);
    return cg_pipeline_run(&options, result, error);
}

/* Whether the host process has left its descriptors here. What a module starts must not inherit them. */
static int take_descriptors(void) {
    struct stat events;
    struct stat crumb;
    struct stat config;
    if (fstat(CG_EVENT_FD, &events) != 0 || fstat(CG_CRUMB_FD, &crumb) != 0 || fstat(CG_CONFIG_FD, &config) != 0)
        return 0;
    if (!(S_ISSOCK(events.st_mode) || S_ISFIFO(events.st_mode)) || !S_ISREG(crumb.st_mode) ||
        !S_ISREG(config.st_mode) || crumb.st_size != (off_t)sizeof(struct cg_crumb))
        return 0;
    return fcntl(CG_EVENT_FD, F_SETFD, FD_CLOEXEC) == 0 && fcntl(CG_CRUMB_FD, F_SETFD, FD_CLOEXEC) == 0;
}

/* Dies with the host process, even inside a module that hangs. Whether an interrupt ends a run is for that process to
 * say. */
static void follow_parent(void) {
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    cg_limits_stand_back();
}

/* Dies if the host process had gone before this one could ask to be told. */
static void look_for_parent(void) {
    struct pollfd parent = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&parent, 1, 0) == 1 && (parent.revents & POLLHUP))
        die();
}

static struct cg_crumb *map_crumb(void) {
    void *memory = mmap(NULL, sizeof(struct cg_crumb), PROT_READ | PROT_WRITE, MAP_SHARED, CG_CRUMB_FD, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* Memory that a module or the program itself did not get is the limit's doing. */
static void say_memory(const struct worker *worker, cg_status status, struct cg_error *error) {
    if (status == CG_NO_MEMORY && worker->memory_mib && !strstr(error->text, "features.worker_memory_mib"))
        (void)cg_error_set(error, status, "the worker ran out of its memory of %d MiB (features.worker_memory_mib)",
                           (int)worker->memory_mib);
}

/* Ends everything that can call into modules. */
static void close_runtime(struct worker *worker) {
    cg_runtime_free(worker->runtime);
    worker->runtime = NULL;
    close_loop(worker);
    cg_crumb_leave(worker->crumb);
}

static void done(struct worker *worker) {
    cg_modules_free(worker->modules);
    cg_settings_free(worker->settings);
    cg_problems_free(worker->problems);
    cg_log_free(worker->log);
    cg_buf_done(&worker->line);
    cg_arena_free(worker->arena);
    if (worker->crumb)
        munmap(worker->crumb, sizeof *worker->crumb);
}

int cg_worker_main(void) {
    if (!take_descriptors()) {
        dprintf(STDERR_FILENO, "chitragupt: worker: " BY_HAND "\n");
        return 2;
    }
    struct worker worker = {.arena = cg_arena_new(), .problems = cg_problems_new(), .crumb = map_crumb()};
    struct cg_error error = {0};
    struct cg_pipeline_result result = {0};
    follow_parent();
    cg_buf_init(&worker.line, CG_EVENT_LIMIT);
    worker.cancelled = worker.crumb ? &worker.crumb->stop : &worker.own_cancelled;
    cg_status status = CG_NO_MEMORY;
    if (worker.arena && worker.problems) {
        status = read_job(&worker, &error);
        if (status == CG_OK)
            look_for_parent();
        if (status == CG_OK)
            status = load(&worker, &error);
        if (status == CG_OK)
            status = work(&worker, &result, &error);
    }
    /* A result that is told is final: no code of a module may run after it. */
    close_runtime(&worker);
    if (worker.problems)
        send_problems(&worker);
    say_memory(&worker, status, &error);
    send_result(&worker, status, status == CG_OK && !result.elsewhere ? NULL : error.text, &result);
    if (!worker.job.kind && status != CG_OK)
        dprintf(STDERR_FILENO, "chitragupt: worker: %s\n", error.text);
    done(&worker);
    return status == CG_OK || worker.job.kind ? 0 : 2;
}
