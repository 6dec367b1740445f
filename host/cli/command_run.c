#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "cli/service_api.h"
#include "cli/service_exposition.h"
#include "cli/signals.h"
#include "config/show.h"
#include "run/job.h"
#include "run/supervisor.h"

/* What is done once and not served: --validate and --emit-once. */
struct once {
    struct cg_context *context;
    struct cg_progress progress;
    uv_loop_t loop;
    uv_signal_t signals[2];
    volatile int32_t stop;
};

static void on_signal(uv_signal_t *handle, int number) {
    struct once *once = handle->data;
    cg_log_write(once->context->log, "__main__", CG_LOG_INFO, "Received signal %d, shutting down...", number);
    once->stop = 1;
}

static int out_of_memory(void) {
    fputs("chitragupt: out of memory\n", stderr);
    return CG_EXIT_FAILED;
}

static int open_loop(struct once *once) {
    static const int numbers[] = {SIGINT, SIGTERM};
    signal(SIGPIPE, SIG_IGN);
    if (uv_loop_init(&once->loop) != 0)
        return out_of_memory();
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&once->loop, &once->signals[i]);
        once->signals[i].data = once;
        uv_signal_start(&once->signals[i], on_signal, numbers[i]);
    }
    cg_signals_release();
    return CG_EXIT_OK;
}

static void close_loop(struct once *once) {
    for (size_t i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&once->signals[i], NULL);
    uv_run(&once->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&once->loop) != 0)
        cg_log_write(once->context->log, "__main__", CG_LOG_ERROR, "something was left open on the event loop");
}

/* Does one kind of job for all tenants. */
static int supervise(struct once *once, const char *kind, struct cg_problems *problems,
                     struct cg_supervision **ret_supervision, struct cg_report *ret) {
    const struct cg_supervisor_options options = {
        .generation = once->context->generation,
        .log = once->context->log,
        .program = CG_SELF,
        .observer = {.user = &once->progress, .progress = cg_progress_show, .finished = cg_progress_finished},
    };
    struct cg_error error = {0};
    if (cg_supervise(&once->loop, &options, kind, &once->stop, problems, ret_supervision, ret, &error) == CG_OK)
        return CG_EXIT_OK;
    fprintf(stderr, "chitragupt: %s\n", error.text);
    return CG_EXIT_FAILED;
}

/* The part of validation that runs code of modules, in workers. */
static int check_tenants(struct once *once) {
    struct cg_context *context = once->context;
    struct cg_supervision *supervision = NULL;
    struct cg_report report;
    size_t left_out = 0;
    int exit_status = supervise(once, CG_JOB_CHECK, context->problems, &supervision, &report);
    if (exit_status == CG_EXIT_OK && cg_outcome_of_checks(context->generation, &report, context->options->validate,
                                                          context->problems, &left_out) != CG_OK)
        exit_status = out_of_memory();
    cg_supervision_free(supervision);
    return exit_status;
}

static int emit(struct once *once) {
    const struct cg_settings *settings = once->context->settings;
    struct cg_supervision *supervision = NULL;
    struct cg_report report;
    int exit_status = supervise(once, CG_JOB_EMIT, NULL, &supervision, &report);
    cg_progress_clear(&once->progress);
    for (size_t i = 0; i < report.count; i++)
        if (cg_outcome_of_run(once->context->log, settings->tenants[i].name, &report.tenants[i], CG_OUTCOME_PRINT) !=
            CG_EXIT_OK)
            exit_status = CG_EXIT_FAILED;
    cg_supervision_free(supervision);
    return exit_status;
}

/* Warnings, and when the configuration cannot be used, everything that is wrong with it. */
static int print_verdict(const struct cg_context *context) {
    if (cg_context_broken(context))
        fputs("Config validation failed:\n", stderr);
    cg_context_print_problems(context);
    return cg_context_broken(context) ? CG_EXIT_FAILED : CG_EXIT_OK;
}

static int check_and_emit(struct once *once) {
    struct cg_context *context = once->context;
    int exit_status = check_tenants(once);
    if (once->stop) {
        fputs("chitragupt: stopped before the configuration was checked to its end\n", stderr);
        return CG_EXIT_FAILED;
    }
    if (print_verdict(context) != CG_EXIT_OK)
        exit_status = CG_EXIT_FAILED;
    if (exit_status == CG_EXIT_OK && !context->options->validate)
        exit_status = emit(once);
    else if (exit_status == CG_EXIT_OK)
        puts("Config is valid.");
    return exit_status;
}

static int do_once(struct cg_context *context) {
    struct once once = {.context = context};
    if (open_loop(&once) != CG_EXIT_OK)
        return CG_EXIT_FAILED;
    cg_progress_init(&once.progress, context->settings, context->options->quiet);
    int exit_status = check_and_emit(&once);
    cg_progress_done(&once.progress);
    close_loop(&once);
    return exit_status;
}

static int show(const struct cg_context *context) {
    struct cg_buf text;
    if (print_verdict(context) != CG_EXIT_OK)
        return CG_EXIT_FAILED;
    cg_buf_init(&text, (size_t)16 * 1024 * 1024);
    cg_status status = cg_settings_show(context->settings, &text);
    if (status == CG_OK)
        fputs(cg_buf_text(&text), stdout);
    cg_buf_done(&text);
    return status == CG_OK ? CG_EXIT_OK : out_of_memory();
}

/* Samples are served where runs are made that emit them, unless all is over after one of each. */
static cg_status add_parts(const struct cg_context *context, struct cg_service_host *service, struct cg_arena *arena) {
    const struct cg_options *options = context->options;
    cg_status status = CG_OK;
    if (strcmp(options->mode, "api") != 0 && !options->run_once)
        status = cg_service_add_exposition(service, arena);
    if (status == CG_OK && strcmp(options->mode, "worker") != 0)
        status = cg_service_add_api(service, arena);
    return status;
}

static int serve(struct cg_context *context, struct cg_notify **notify) {
    struct cg_service_host *service = cg_service_new(context, *notify);
    if (!service)
        return out_of_memory();
    *notify = NULL; /* the service ends it */
    struct cg_arena *arena = cg_arena_new();
    int exit_status = CG_EXIT_FAILED;
    if (arena && add_parts(context, service, arena) == CG_OK)
        exit_status = cg_service_run(service);
    else
        out_of_memory();
    cg_service_free(service);
    cg_arena_free(arena);
    return exit_status;
}

static int act(struct cg_context *context, struct cg_notify **notify) {
    const struct cg_options *options = context->options;
    if (options->show_config && !options->validate)
        return show(context);
    /* Without settings, or with such as do not fit the modules, there is nothing that a worker could check. */
    if (cg_context_broken(context) || !context->generation)
        return print_verdict(context);
    return options->validate || options->emit_once ? do_once(context) : serve(context, notify);
}

int cg_command_run(const struct cg_options *options) {
    struct cg_context context = {0};
    struct cg_notify *notify = NULL;
    /* First of all, so that not even the probe of a module inherits what a service manager has told us. */
    cg_signals_hold();
    if (cg_notify_new(&notify) != CG_OK)
        return out_of_memory();
    int exit_status = cg_context_open(options, &context);
    if (exit_status == CG_EXIT_OK)
        exit_status = act(&context, &notify);
    cg_notify_free(notify);
    cg_context_done(&context);
    return exit_status;
}
