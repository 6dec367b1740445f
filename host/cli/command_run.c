#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/progress.h"
#include "config/show.h"
#include "run/job.h"
#include "run/supervisor.h"

struct service {
    struct cg_context context;
    struct cg_progress progress;
    uv_loop_t loop;
    uv_signal_t signals[2];
    uv_timer_t timer;
    volatile int32_t stop;
    const char **modules; /* files that passed the probe */
    size_t module_count;
    struct cg_arena *arena;
};

static void on_signal(uv_signal_t *handle, int number) {
    struct service *service = handle->data;
    cg_log_write(service->context.log, "__main__", CG_LOG_INFO, "Received signal %d, shutting down...", number);
    service->stop = 1;
    /* Workers are asked to stop by the supervisor; between cycles only this timer keeps the loop turning. */
    uv_timer_stop(&service->timer);
}

static int open_loop(struct service *service) {
    static const int numbers[] = {SIGINT, SIGTERM};
    signal(SIGPIPE, SIG_IGN);
    if (uv_loop_init(&service->loop) != 0)
        return CG_EXIT_FAILED;
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&service->loop, &service->signals[i]);
        service->signals[i].data = service;
        uv_signal_start(&service->signals[i], on_signal, numbers[i]);
        uv_unref((uv_handle_t *)&service->signals[i]);
    }
    uv_timer_init(&service->loop, &service->timer);
    return CG_EXIT_OK;
}

static void close_loop(struct service *service) {
    uv_close((uv_handle_t *)&service->timer, NULL);
    for (size_t i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&service->signals[i], NULL);
    uv_run(&service->loop, UV_RUN_DEFAULT);
    uv_loop_close(&service->loop);
}

static int list_modules(struct service *service) {
    const struct cg_modules *modules = service->context.modules;
    service->arena = cg_arena_new();
    if (!service->arena)
        return CG_EXIT_FAILED;
    service->modules = cg_arena_array(service->arena, cg_modules_count(modules) + 1, sizeof *service->modules);
    if (!service->modules)
        return CG_EXIT_FAILED;
    for (size_t i = 0; i < cg_modules_count(modules); i++)
        if (cg_modules_at(modules, i)->loaded)
            service->modules[service->module_count++] = cg_modules_at(modules, i)->path;
    return CG_EXIT_OK;
}

/* Does one kind of job for all tenants. `ret` is to be ended with cg_report_done. */
static int supervise(struct service *service, const char *kind, struct cg_problems *problems, struct cg_report *ret) {
    struct cg_supervisor_options options = {
        .settings = service->context.settings,
        .log = service->context.log,
        .program = CG_SELF,
        .env_file = service->context.options->env_file,
        .modules = service->modules,
        .module_count = service->module_count,
        .observer = {.user = &service->progress, .progress = cg_progress_show},
    };
    struct cg_error error = {0};
    if (cg_supervise(&service->loop, &options, kind, &service->stop, problems, ret, &error) == CG_OK)
        return CG_EXIT_OK;
    fprintf(stderr, "chitragupt: %s\n", error.text);
    return CG_EXIT_FAILED;
}

/* The part of validation that runs code of modules, in workers: a check that crashes is a problem of its tenant. */
static int check_tenants(struct service *service) {
    struct cg_report report;
    struct cg_problems *problems = service->context.problems;
    int exit_status = supervise(service, CG_JOB_CHECK, problems, &report);
    for (size_t i = 0; i < report.count; i++) {
        const struct cg_tenant_settings *tenant = &service->context.settings->tenants[i];
        if (report.tenants[i].status != CG_OK && !cg_problems_errors(problems))
            cg_problems_add(problems, 0, service->context.settings->file, cg_config_line(tenant->node, ""),
                            cg_config_path(tenant->node), "%s", report.tenants[i].error);
    }
    cg_report_done(&report);
    return exit_status;
}

static int report_tenant(const struct service *service, size_t index, const struct cg_tenant_report *tenant) {
    const char *name = service->context.settings->tenants[index].name;
    const struct cg_log *log = service->context.log;
    const struct cg_event_counters *counters = &tenant->counters;
    if (!tenant->started) {
        cg_log_write(log, "__main__", CG_LOG_ERROR, "Tenant %s errors: ['Interrupted by shutdown']", name);
        return CG_EXIT_FAILED;
    }
    cg_log_write(log, "__main__", CG_LOG_INFO, "Tenant %s: gathered=%lld, pending=%lld, calculated=%lld, rows=%lld",
                 name, (long long)counters->gathered, (long long)counters->pending, (long long)counters->calculated,
                 (long long)counters->rows);
    if (tenant->status == CG_OK && !counters->errors)
        return CG_EXIT_OK;
    fprintf(stderr, "tenant '%s': the run ended with errors:\n", name);
    for (size_t i = 0; i < tenant->error_count; i++)
        fprintf(stderr, "  %s\n", tenant->errors[i]);
    if (counters->errors > (int64_t)tenant->error_count)
        fprintf(stderr, "  ... and %lld more\n", (long long)counters->errors - (long long)tenant->error_count);
    int told = tenant->error_count && tenant->error && strstr(tenant->errors[tenant->error_count - 1], tenant->error);
    if (tenant->error && *tenant->error && !told)
        fprintf(stderr, "  %s\n", tenant->error);
    return CG_EXIT_FAILED;
}

static int cycle(struct service *service, const char *kind) {
    struct cg_report report;
    int exit_status = supervise(service, kind, NULL, &report);
    cg_progress_clear(&service->progress);
    for (size_t i = 0; i < report.count; i++)
        if (report_tenant(service, i, &report.tenants[i]) != CG_EXIT_OK)
            exit_status = CG_EXIT_FAILED;
    cg_report_done(&report);
    return exit_status;
}

static void on_timer(uv_timer_t *timer) {
    (void)timer; /* its end is what uv_run waits for */
}

/* One cycle after the other, features.refresh_interval seconds apart, until a signal comes. */
static int cycles(struct service *service) {
    const struct cg_settings *settings = service->context.settings;
    const struct cg_log *log = service->context.log;
    int exit_status = CG_EXIT_OK;
    cg_log_write(log, "__main__", CG_LOG_INFO, "Starting chargeback engine worker...");
    do {
        exit_status = cycle(service, CG_JOB_RUN);
        if (service->context.options->run_once)
            return exit_status;
        if (!settings->enable_periodic_refresh) {
            cg_log_write(log, "workflow_runner", CG_LOG_INFO, "Periodic refresh disabled - running single cycle");
            return exit_status;
        }
        if (!service->stop) {
            uv_update_time(&service->loop);
            uv_timer_start(&service->timer, on_timer, (uint64_t)settings->refresh_interval * 1000, 0);
            uv_run(&service->loop, UV_RUN_DEFAULT);
            uv_timer_stop(&service->timer);
        }
    } while (!service->stop);
    cg_log_write(log, "__main__", CG_LOG_INFO, "Chargeback engine worker stopped.");
    return CG_EXIT_OK;
}

static int show(const struct cg_settings *settings) {
    struct cg_buf text;
    cg_buf_init(&text, (size_t)16 * 1024 * 1024);
    int exit_status = CG_EXIT_OK;
    if (cg_settings_show(settings, &text) != CG_OK || puts(cg_buf_text(&text)) == EOF)
        exit_status = CG_EXIT_FAILED;
    cg_buf_done(&text);
    return exit_status;
}

/* Warnings, and when the configuration cannot be used, everything that is wrong with it. */
static void print_verdict(const struct cg_context *context) {
    if (cg_context_broken(context))
        fputs("Config validation failed:\n", stderr);
    cg_context_print_problems(context);
}

/* Everything between a loaded configuration and its end. */
static int serve(struct service *service) {
    const struct cg_options *options = service->context.options;
    if (list_modules(service) != CG_EXIT_OK || open_loop(service) != CG_EXIT_OK) {
        fputs("chitragupt: out of memory\n", stderr);
        return CG_EXIT_FAILED;
    }
    int exit_status = CG_EXIT_OK;
    if (!cg_context_broken(&service->context))
        exit_status = check_tenants(service);
    print_verdict(&service->context);
    if (exit_status == CG_EXIT_OK && cg_context_broken(&service->context))
        exit_status = CG_EXIT_FAILED;
    else if (exit_status == CG_EXIT_OK && options->emit_once && !options->validate)
        exit_status = cycle(service, CG_JOB_EMIT);
    else if (exit_status == CG_EXIT_OK && !options->validate)
        exit_status = cycles(service);
    close_loop(service);
    return exit_status;
}

int cg_command_run(const struct cg_options *options) {
    struct service service = {0};
    int exit_status = cg_context_open(options, &service.context);
    const struct cg_settings *settings = service.context.settings;
    if (exit_status == CG_EXIT_OK && options->show_config && !options->validate && settings) {
        exit_status = show(settings);
    } else if (exit_status == CG_EXIT_OK && settings && service.context.modules) {
        cg_progress_init(&service.progress, settings, options->quiet);
        exit_status = serve(&service);
    } else if (exit_status == CG_EXIT_OK) {
        print_verdict(&service.context);
        exit_status = CG_EXIT_FAILED;
    }
    if (options->validate && exit_status == CG_EXIT_OK)
        puts("Config is valid.");
    cg_arena_free(service.arena);
    cg_context_done(&service.context);
    return exit_status;
}
