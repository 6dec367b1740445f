#include "cli/service.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/outcome.h"
#include "cli/service_private.h"
#include "cli/signals.h"
#include "run/job.h"

#define LOGGER "__main__"

static const int signal_numbers[] = {SIGINT, SIGTERM, SIGHUP};

static int is_mode(const struct cg_service_host *service, const char *mode) {
    return strcmp(service->context->options->mode, mode) == 0;
}

int cg_service_has_runs(const struct cg_service_host *service) {
    return !is_mode(service, "api");
}

/* What was to be done once has an exit status of its own; a service that is asked to stop does so well. */
static int works_once(const struct cg_service_host *service) {
    if (service->context->options->run_once)
        return cg_service_has_runs(service);
    return is_mode(service, "worker") && !service->generation->settings->enable_periodic_refresh;
}

static int status_of_runs(const struct cg_service_host *service) {
    return works_once(service) && service->failed ? CG_EXIT_FAILED : CG_EXIT_OK;
}

/* ---- the end ---- */

static void on_part_stopped(void *user) {
    struct cg_service_host *service = user;
    service->parts_stopping--;
    cg_service_settle(service);
}

static void stop_parts(struct cg_service_host *service) {
    service->runs_over = 1;
    service->parts_stopping = service->parts_started;
    for (size_t i = service->parts_started; i-- > 0;) {
        const struct cg_service_part *part = &service->parts[i];
        if (part->stop)
            part->stop(part->user, on_part_stopped, service);
        else
            service->parts_stopping--;
    }
}

static void close_handles(struct cg_service_host *service) {
    service->closed = 1;
    for (size_t i = 0; i < sizeof signal_numbers / sizeof *signal_numbers; i++)
        uv_close((uv_handle_t *)&service->signals[i], NULL);
    cg_notify_free(service->notify);
    service->notify = NULL;
}

void cg_service_settle(struct cg_service_host *service) {
    if (!service->look.stopping || service->checks || service->scheduler)
        return;
    if (!service->runs_over)
        stop_parts(service);
    if (!service->parts_stopping && !service->closed)
        close_handles(service);
}

static void on_runs_stopped(void *user) {
    struct cg_service_host *service = user;
    cg_scheduler_free(service->scheduler);
    service->scheduler = NULL;
    cg_progress_clear(&service->progress);
    if (!works_once(service))
        cg_log_write(service->context->log, LOGGER, CG_LOG_INFO, "Chargeback engine worker stopped.");
    service->exit_status = service->exit_status == CG_EXIT_OK ? status_of_runs(service) : service->exit_status;
    cg_service_settle(service);
}

void cg_service_stop(struct cg_service_host *service, int exit_status) {
    if (service->look.stopping)
        return;
    service->look.stopping = 1;
    service->exit_status = exit_status;
    cg_notify_stopping(service->notify);
    for (size_t i = 0; i < service->parts_started; i++)
        if (service->parts[i].quiesce)
            service->parts[i].quiesce(service->parts[i].user);
    if (service->checks)
        cg_supervision_stop(service->checks);
    else
        cg_reload_drop(service);
    if (service->scheduler)
        cg_scheduler_stop(service->scheduler, on_runs_stopped, service);
    cg_service_settle(service);
}

void cg_service_leave_if_done(struct cg_service_host *service) {
    struct cg_scheduler_totals totals;
    if (!is_mode(service, "worker") || !service->scheduler || service->look.stopping)
        return;
    cg_scheduler_totals(service->scheduler, &totals);
    if (totals.in_cycle || totals.running + totals.waiting)
        return;
    if (service->generation->number == 1 && service->left_out == totals.tenants && totals.tenants)
        cg_service_stop(service, CG_EXIT_FAILED); /* nobody could be checked, and nothing will change that */
    else if (works_once(service))
        cg_service_stop(service, CG_EXIT_OK);
}

/* ---- signals ---- */

static void on_signal(uv_signal_t *handle, int number) {
    struct cg_service_host *service = handle->data;
    if (number == SIGHUP) {
        cg_service_reload(service);
        return;
    }
    cg_log_write(service->context->log, LOGGER, CG_LOG_INFO, "Received signal %d, shutting down...", number);
    service->interrupts += number == SIGINT;
    if (service->interrupts > 1)
        _exit(CG_EXIT_INTERRUPTED); /* workers die with this process */
    cg_service_stop(service, CG_EXIT_OK);
}

/* ---- runs ---- */

static void on_progress(void *user, size_t tenant, const char *what, int64_t done, int64_t total) {
    struct cg_service_host *service = user;
    cg_progress_show(&service->progress, tenant, what, done, total);
}

static void on_run_finished(void *user, size_t tenant, enum cg_run_origin origin,
                            const struct cg_tenant_report *report) {
    struct cg_service_host *service = user;
    const struct cg_settings *settings = service->generation->settings;
    enum cg_outcome_place place = service->context->options->run_once ? CG_OUTCOME_PRINT : CG_OUTCOME_LOG;
    cg_progress_finished(&service->progress, tenant);
    cg_progress_clear(&service->progress);
    if (cg_outcome_of_run(service->context->log, settings->tenants[tenant].name, report, place) != CG_EXIT_OK &&
        origin == CG_ORIGIN_SCHEDULE)
        service->failed = 1;
}

static void on_cycle_finished(void *user) {
    cg_service_leave_if_done(user);
}

static cg_status start_runs(struct cg_service_host *service) {
    const struct cg_options *given = service->context->options;
    const struct cg_scheduler_options options = {
        .loop = &service->loop,
        .generation = service->generation,
        .log = service->context->log,
        .program = CG_SELF,
        .once = given->run_once,
        .recalculate = given->recalculate,
        .recalculate_from = given->recalculate_from,
        .recalculate_to = given->recalculate_to,
        .callbacks = {.user = service,
                      .progress = on_progress,
                      .run_finished = on_run_finished,
                      .cycle_finished = on_cycle_finished},
    };
    cg_log_write(service->context->log, LOGGER, CG_LOG_INFO, "Starting chargeback engine worker...");
    if (!service->generation->settings->enable_periodic_refresh)
        cg_log_write(service->context->log, "workflow_runner", CG_LOG_INFO,
                     "Periodic refresh disabled — running single cycle");
    return cg_scheduler_new(&options, &service->scheduler);
}

/* ---- the start ---- */

static void become_ready(struct cg_service_host *service) {
    service->look.checked = 1;
    for (size_t i = 0; i < service->parts_started; i++)
        if (service->parts[i].ready)
            service->parts[i].ready(service->parts[i].user);
    cg_notify_status(service->notify, "Serving %zu tenant(s)", service->generation->settings->tenant_count);
    cg_notify_ready(service->notify);
    if (service->scheduler)
        cg_scheduler_start(service->scheduler);
    if (service->reload.again && !service->look.stopping)
        cg_service_reload(service);
}

/* A check that was broken off says nothing about the configuration. */
static void stopped_early(struct cg_service_host *service) {
    fputs("chitragupt: stopped before the configuration was checked to its end\n", stderr);
    if (works_once(service))
        service->exit_status = CG_EXIT_FAILED;
}

static void on_checked(void *user, const struct cg_report *report) {
    struct cg_service_host *service = user;
    struct cg_context *context = service->context;
    cg_status status = cg_outcome_of_checks(service->generation, report, 0, context->problems, &service->left_out);
    cg_supervision_free(service->checks);
    service->checks = NULL;
    cg_progress_clear(&service->progress);
    if (service->look.stopping) {
        stopped_early(service);
        cg_service_settle(service);
        return;
    }
    if (cg_context_broken(context))
        fputs("Config validation failed:\n", stderr);
    cg_context_print_problems(context);
    if (status == CG_OK && !cg_context_broken(context))
        status = start_runs(service);
    if (status == CG_NO_MEMORY)
        fputs("chitragupt: out of memory\n", stderr);
    if (status != CG_OK || cg_context_broken(context))
        cg_service_stop(service, CG_EXIT_FAILED);
    else
        become_ready(service);
}

cg_status cg_service_check(struct cg_service_host *service, struct cg_generation *generation,
                           struct cg_problems *problems,
                           void (*finished)(void *service, const struct cg_report *report)) {
    const struct cg_supervisor_options options = {
        .generation = generation,
        .log = service->context->log,
        .program = CG_SELF,
    };
    return cg_supervision_start(&service->loop, &options, CG_JOB_CHECK, problems, finished, service, &service->checks);
}

static int start_parts(struct cg_service_host *service) {
    for (size_t i = 0; i < service->part_count; i++) {
        const struct cg_service_part *part = &service->parts[i];
        int exit_status = part->start ? part->start(part->user, service) : CG_EXIT_OK;
        if (exit_status != CG_EXIT_OK)
            return exit_status;
        service->parts_started++;
    }
    return CG_EXIT_OK;
}

static void start(struct cg_service_host *service) {
    int exit_status = start_parts(service);
    if (exit_status != CG_EXIT_OK) {
        cg_service_stop(service, exit_status);
    } else if (!cg_service_has_runs(service)) {
        cg_context_print_problems(service->context);
        become_ready(service);
    } else {
        cg_notify_status(service->notify, "Checking the configuration");
        if (cg_service_check(service, service->generation, service->context->problems, on_checked) == CG_OK)
            return;
        fputs("chitragupt: out of memory\n", stderr);
        cg_service_stop(service, CG_EXIT_FAILED);
    }
}

/* ---- life ---- */

struct cg_service_host *cg_service_new(struct cg_context *context, struct cg_notify *notify) {
    struct cg_service_host *service = calloc(1, sizeof *service);
    if (!service)
        return NULL;
    if (uv_loop_init(&service->loop) != 0) {
        free(service);
        return NULL;
    }
    signal(SIGPIPE, SIG_IGN);
    service->context = context;
    service->notify = notify;
    service->generation = cg_generation_ref(context->generation);
    service->look = (struct cg_service_look){.reloaded_at = CG_TIME_NONE,
                                             .reload_succeeded = 1,
                                             .generation = service->generation->number,
                                             .started_at = cg_time_now()};
    cg_progress_init(&service->progress, service->generation->settings, context->options->quiet);
    for (size_t i = 0; i < sizeof signal_numbers / sizeof *signal_numbers; i++) {
        uv_signal_init(&service->loop, &service->signals[i]);
        service->signals[i].data = service;
        uv_signal_start(&service->signals[i], on_signal, signal_numbers[i]);
    }
    cg_signals_release();
    cg_notify_watch(notify, &service->loop);
    return service;
}

void cg_service_add(struct cg_service_host *service, const struct cg_service_part *part) {
    if (service->part_count < CG_SERVICE_PARTS)
        service->parts[service->part_count++] = *part;
}

int cg_service_run(struct cg_service_host *service) {
    start(service);
    uv_run(&service->loop, UV_RUN_DEFAULT);
    return service->exit_status;
}

void cg_service_free(struct cg_service_host *service) {
    if (!service)
        return;
    if (!service->closed)
        close_handles(service);
    uv_run(&service->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&service->loop) != 0)
        cg_log_write(service->context->log, LOGGER, CG_LOG_ERROR, "something was left open on the event loop");
    cg_progress_done(&service->progress);
    cg_generation_unref(service->generation);
    free(service);
}

/* ---- for parts ---- */

uv_loop_t *cg_service_loop(struct cg_service_host *service) {
    return &service->loop;
}

struct cg_generation *cg_service_generation(struct cg_service_host *service) {
    return service->generation;
}

struct cg_scheduler *cg_service_scheduler(struct cg_service_host *service) {
    return service->scheduler;
}

struct cg_context *cg_service_context(struct cg_service_host *service) {
    return service->context;
}

void cg_service_look(const struct cg_service_host *service, struct cg_service_look *ret) {
    *ret = service->look;
    ret->reloading = service->reload.active;
}
