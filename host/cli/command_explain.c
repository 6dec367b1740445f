#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/print.h"
#include "run/job.h"
#include "run/supervisor.h"

static void on_text(void *user, size_t tenant, const char *text) {
    (void)tenant;
    cg_print_text(user, text);
}

static void print_names(const struct cg_settings *settings) {
    for (size_t i = 0; i < settings->tenant_count; i++) {
        fputs(i ? ", " : "", stderr);
        cg_print_clean(stderr, settings->tenants[i].name);
    }
}

/* The tenant that is asked for, or the only one. */
static int pick_tenant(const struct cg_context *context, const char **ret) {
    const struct cg_settings *settings = context->settings;
    const char *wanted = context->options->tenant;
    if (wanted && !cg_settings_tenant(settings, wanted)) {
        fprintf(stderr, "chitragupt: explain: there is no tenant '%s' in %s\n", wanted, settings->file);
        return CG_EXIT_FAILED;
    }
    if (!settings->tenant_count) {
        fprintf(stderr, "chitragupt: explain: there is no tenant in %s\n", settings->file);
        return CG_EXIT_FAILED;
    }
    if (!wanted && settings->tenant_count > 1) {
        fprintf(stderr, "chitragupt: explain needs --tenant, because %s has several: ", settings->file);
        print_names(settings);
        fputc('\n', stderr);
        return CG_EXIT_USAGE;
    }
    *ret = wanted ? wanted : settings->tenants[0].name;
    return CG_EXIT_OK;
}

/* What the worker found wrong, and why there is no answer, or no whole one. */
static int judge(const struct cg_context *context, const struct cg_tenant_report *tenant) {
    if (tenant->status == CG_OK && tenant->verdict)
        return CG_EXIT_OK;
    if (tenant->problems)
        cg_context_print_problems(context);
    fputs("chitragupt: explain: ", stderr);
    cg_print_clean(stderr, tenant->error && *tenant->error ? tenant->error : "no reason was given");
    fputc('\n', stderr);
    return CG_EXIT_FAILED;
}

static int supervise(struct cg_context *context, const struct cg_supervisor_options *options) {
    struct cg_supervision *supervision = NULL;
    struct cg_report report;
    struct cg_error error = {0};
    uv_loop_t loop;
    int exit_status = CG_EXIT_FAILED;
    /* A worker that is gone before it has read its job is told by its end. */
    signal(SIGPIPE, SIG_IGN);
    if (uv_loop_init(&loop) != 0) {
        fputs("chitragupt: out of memory\n", stderr);
        return CG_EXIT_FAILED;
    }
    if (cg_supervise(&loop, options, CG_JOB_EXPLAIN, NULL, context->problems, &supervision, &report, &error) != CG_OK)
        fprintf(stderr, "chitragupt: %s\n", error.text);
    for (size_t i = 0; i < report.count; i++)
        if (report.tenants[i].started)
            exit_status = judge(context, &report.tenants[i]);
    cg_supervision_free(supervision);
    uv_loop_close(&loop);
    /* Who reads only the first lines ends the program, as with every command that only prints. */
    signal(SIGPIPE, SIG_DFL);
    return exit_status;
}

static int explain(struct cg_context *context) {
    const struct cg_options *given = context->options;
    const struct cg_explain_question question = {
        .date = given->date,
        .resource_id = given->resource,
        .identity_id = given->identity,
        .product_type = given->product,
    };
    struct cg_supervisor_options options = {
        .generation = context->generation,
        .program = CG_SELF,
        .question = &question,
        .observer = {.user = stdout, .text = on_text},
    };
    int exit_status = pick_tenant(context, &options.only_tenant);
    return exit_status == CG_EXIT_OK ? supervise(context, &options) : exit_status;
}

int cg_command_explain(const struct cg_options *options) {
    struct cg_context context = {0};
    int exit_status = cg_context_open(options, &context);
    if (exit_status == CG_EXIT_OK && cg_context_broken(&context)) {
        cg_context_print_problems(&context);
        exit_status = CG_EXIT_FAILED;
    } else if (exit_status == CG_EXIT_OK) {
        exit_status = explain(&context);
    }
    cg_context_done(&context);
    return exit_status;
}
