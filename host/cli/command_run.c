#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "config/show.h"
#include "run/job.h"
#include "run/supervisor.h"
#include "run/suspension.h"

struct service {
    struct cg_context context;
    struct cg_progress progress;
    uv_loop_t loop;
    uv_signal_t signals[2];
    uv_timer_t timer;
    volatile int32_t stop;
    const char *const *modules; /* files that passed the probe */
    size_t module_count;
    const char **left_out; /* per tenant: why no cycle works on it, or NULL; NULL before the check */
    size_t left_out_count; /* of those, the ones that could not be checked */
    struct cg_suspensions suspensions;
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

static int prepare(struct service *service) {
    const struct cg_context *context = &service->context;
    service->arena = cg_arena_new();
    if (!service->arena ||
        cg_context_module_files(context, service->arena, &service->modules, &service->module_count) != CG_OK ||
        cg_suspensions_init(&service->suspensions, context->settings, context->log, service->arena) != CG_OK)
        return CG_EXIT_FAILED;
    return CG_EXIT_OK;
}

/* Does one kind of job for all tenants. `ret` is to be ended with cg_report_done. */
static int supervise(struct service *service, const char *kind, struct cg_problems *problems, struct cg_report *ret) {
    const struct cg_options *given = service->context.options;
    struct cg_supervisor_options options = {
        .settings = service->context.settings,
        .log = service->context.log,
        .program = CG_SELF,
        .env_file = given->env_file,
        .modules = service->modules,
        .module_count = service->module_count,
        .left_out = service->left_out,
        .recalculate = given->recalculate,
        .recalculate_from = given->recalculate_from,
        .recalculate_to = given->recalculate_to,
        .observer = {.user = &service->progress, .progress = cg_progress_show, .finished = cg_progress_finished},
    };
    struct cg_error error = {0};
    if (cg_supervise(&service->loop, &options, kind, &service->stop, problems, ret, &error) == CG_OK)
        return CG_EXIT_OK;
    fprintf(stderr, "chitragupt: %s\n", error.text);
    return CG_EXIT_FAILED;
}

/* What the check of a tenant came to. What its worker found wrong is a problem of the configuration, and so is its
 * whole answer to --validate; a worker that could not find out keeps only its own tenant from starting. */
static int judge_check(struct service *service, size_t index, const struct cg_tenant_report *tenant) {
    const struct cg_settings *settings = service->context.settings;
    const struct cg_config *node = settings->tenants[index].node;
    const char *why = tenant->error ? tenant->error : "no reason was given";
    if (tenant->status == CG_OK || tenant->problems)
        return CG_EXIT_OK;
    if (tenant->verdict || service->context.options->validate) {
        cg_problems_add(service->context.problems, 0, settings->file, cg_config_line(node, ""), cg_config_path(node),
                        "%s", why);
        return CG_EXIT_OK;
    }
    service->left_out[index] = cg_arena_printf(
        service->arena, "nothing was done, because its configuration could not be checked at the start: %s", why);
    service->left_out_count++;
    return service->left_out[index] ? CG_EXIT_OK : CG_EXIT_FAILED;
}

/* The part of validation that runs code of modules, in workers. */
static int check_tenants(struct service *service) {
    struct cg_report report;
    int exit_status = supervise(service, CG_JOB_CHECK, service->context.problems, &report);
    service->left_out = cg_arena_array(service->arena, report.count + 1, sizeof *service->left_out);
    if (!service->left_out)
        exit_status = CG_EXIT_FAILED;
    for (size_t i = 0; i < report.count && service->left_out; i++)
        if (judge_check(service, i, &report.tenants[i]) != CG_EXIT_OK)
            exit_status = CG_EXIT_FAILED;
    cg_report_done(&report);
    return exit_status;
}

static void print_error(const char *text) {
    fputs("  ", stderr);
    cg_print_clean(stderr, text);
    fputc('\n', stderr);
}

/* What most runs do not have is told only where there is some. */
static void tell_more(const struct cg_log *log, const char *name, const struct cg_event_counters *counters) {
    if (counters->current || counters->topic_dates || counters->topic_rows || counters->deleted || counters->retired)
        cg_log_write(log, "__main__", CG_LOG_INFO,
                     "Tenant %s: current=%lld, topics=%lld/%lld, deleted=%lld, retired=%lld", name,
                     (long long)counters->current, (long long)counters->topic_dates, (long long)counters->topic_rows,
                     (long long)counters->deleted, (long long)counters->retired);
}

static int report_tenant(const struct service *service, size_t index, const struct cg_tenant_report *tenant) {
    const char *name = service->context.settings->tenants[index].name;
    const struct cg_log *log = service->context.log;
    const struct cg_event_counters *counters = &tenant->counters;
    if (!tenant->started) {
        cg_log_write(log, "__main__", CG_LOG_ERROR, "Tenant %s: not started, because the program was asked to stop",
                     name);
        return CG_EXIT_FAILED;
    }
    cg_log_write(log, "__main__", CG_LOG_INFO, "Tenant %s: gathered=%lld, pending=%lld, calculated=%lld, rows=%lld",
                 name, (long long)counters->gathered, (long long)counters->pending, (long long)counters->calculated,
                 (long long)counters->rows);
    tell_more(log, name, counters);
    if (tenant->status == CG_OK && !counters->errors)
        return CG_EXIT_OK;
    fprintf(stderr, "tenant '%s': the run ended with errors:\n", name);
    for (size_t i = 0; i < tenant->error_count; i++)
        print_error(tenant->errors[i]);
    if (counters->errors > (int64_t)tenant->error_count)
        fprintf(stderr, "  ... and %lld more\n", (long long)counters->errors - (long long)tenant->error_count);
    int told = tenant->error_count && tenant->error && strstr(tenant->errors[tenant->error_count - 1], tenant->error);
    if (tenant->error && *tenant->error && !told)
        print_error(tenant->error);
    return CG_EXIT_FAILED;
}

/* What came of one tenant in a cycle. A suspended one had no turn. */
static int settle_tenant(struct service *service, size_t index, const struct cg_tenant_report *tenant) {
    struct cg_suspensions *suspensions = &service->suspensions;
    const char *why = cg_suspensions_why(suspensions, index);
    if (why) {
        cg_log_write(service->context.log, "workflow_runner", CG_LOG_WARNING, "Tenant %s completed with errors: ['%s']",
                     service->context.settings->tenants[index].name, why);
        return CG_EXIT_FAILED;
    }
    int exit_status = report_tenant(service, index, tenant);
    if (cg_suspensions_note(suspensions, index, tenant) != CG_OK) {
        fputs("chitragupt: out of memory\n", stderr);
        return CG_EXIT_FAILED;
    }
    if (cg_suspensions_why(suspensions, index) && service->left_out)
        service->left_out[index] = cg_suspensions_why(suspensions, index);
    return exit_status;
}

static int cycle(struct service *service, const char *kind) {
    struct cg_report report;
    int exit_status = supervise(service, kind, NULL, &report);
    cg_progress_clear(&service->progress);
    for (size_t i = 0; i < report.count; i++)
        if (settle_tenant(service, i, &report.tenants[i]) != CG_EXIT_OK)
            exit_status = CG_EXIT_FAILED;
    cg_suspensions_tell(&service->suspensions);
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
        if (service->context.options->run_once || service->left_out_count == settings->tenant_count)
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
    cg_status status = cg_settings_show(settings, &text);
    if (status == CG_OK)
        fputs(cg_buf_text(&text), stdout);
    else
        fputs("chitragupt: out of memory\n", stderr);
    cg_buf_done(&text);
    return status == CG_OK ? CG_EXIT_OK : CG_EXIT_FAILED;
}

/* Warnings, and when the configuration cannot be used, everything that is wrong with it. */
static void print_verdict(const struct cg_context *context) {
    if (cg_context_broken(context))
        fputs("Config validation failed:\n", stderr);
    cg_context_print_problems(context);
}

/* A check that was broken off says nothing about the configuration. A service that is asked to stop does so well; what
 * was to be done once was not done. */
static int stopped_early(const struct service *service) {
    const struct cg_options *options = service->context.options;
    int once = options->validate || options->run_once || options->emit_once ||
               !service->context.settings->enable_periodic_refresh;
    fputs("chitragupt: stopped before the configuration was checked to its end\n", stderr);
    return once ? CG_EXIT_FAILED : CG_EXIT_OK;
}

/* Everything between a loaded configuration and its end. */
static int serve(struct service *service) {
    const struct cg_options *options = service->context.options;
    if (prepare(service) != CG_EXIT_OK || open_loop(service) != CG_EXIT_OK) {
        fputs("chitragupt: out of memory\n", stderr);
        return CG_EXIT_FAILED;
    }
    int exit_status = CG_EXIT_OK;
    if (!cg_context_broken(&service->context))
        exit_status = check_tenants(service);
    if (service->stop) {
        close_loop(service);
        return stopped_early(service);
    }
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
    int show_only = options->show_config && !options->validate;
    if (exit_status == CG_EXIT_OK && show_only && !cg_context_broken(&service.context)) {
        cg_context_print_problems(&service.context);
        exit_status = show(settings);
    } else if (exit_status == CG_EXIT_OK && show_only) {
        print_verdict(&service.context);
        exit_status = CG_EXIT_FAILED;
    } else if (exit_status == CG_EXIT_OK && settings && service.context.modules) {
        cg_progress_init(&service.progress, settings, options->quiet);
        exit_status = serve(&service);
    } else if (exit_status == CG_EXIT_OK) {
        print_verdict(&service.context);
        exit_status = CG_EXIT_FAILED;
    }
    if (options->validate && exit_status == CG_EXIT_OK)
        puts("Config is valid.");
    cg_progress_done(&service.progress);
    cg_arena_free(service.arena);
    cg_context_done(&service.context);
    return exit_status;
}
