#include "cli/outcome.h"

#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/print.h"
#include "store/store.h"

/** Errors that one line of the log repeats; each has had a line of its own. */
#define ERRORS_IN_A_LINE 10

/* ---- checks ---- */

static cg_status take_check(struct cg_generation *generation, size_t index, const struct cg_tenant_report *report,
                            int strict, struct cg_problems *problems, size_t *left_out) {
    const struct cg_settings *settings = generation->settings;
    const struct cg_config *node = settings->tenants[index].node;
    const char *why = report->error ? report->error : "no reason was given";
    if (report->status == CG_OK || report->problems)
        return CG_OK;
    if (report->verdict || strict) {
        cg_problems_add(problems, 0, settings->file, cg_config_line(node, ""), cg_config_path(node), "%s", why);
        return CG_OK;
    }
    generation->left_out[index] = cg_arena_printf(
        generation->arena, "nothing was done, because its configuration could not be checked at the start: %s", why);
    (*left_out)++;
    return generation->left_out[index] ? CG_OK : CG_NO_MEMORY;
}

cg_status cg_outcome_of_checks(struct cg_generation *generation, const struct cg_report *report, int strict,
                               struct cg_problems *problems, size_t *ret_left_out) {
    size_t left_out = 0;
    for (size_t i = 0; i < report->count; i++) {
        cg_status status = take_check(generation, i, &report->tenants[i], strict, problems, &left_out);
        if (status != CG_OK)
            return status;
    }
    *ret_left_out = left_out;
    return CG_OK;
}

/* ---- runs ---- */

static void tell_counters(const struct cg_log *log, const char *name, const struct cg_event_counters *counters) {
    cg_log_write(log, "__main__", CG_LOG_INFO, "Tenant %s: gathered=%lld, pending=%lld, calculated=%lld, rows=%lld",
                 name, (long long)counters->gathered, (long long)counters->pending, (long long)counters->calculated,
                 (long long)counters->rows);
    /* What most runs do not have is told only where there is some. */
    if (counters->current || counters->topic_dates || counters->topic_rows || counters->deleted || counters->retired)
        cg_log_write(log, "__main__", CG_LOG_INFO,
                     "Tenant %s: current=%lld, topics=%lld/%lld, deleted=%lld, retired=%lld", name,
                     (long long)counters->current, (long long)counters->topic_dates, (long long)counters->topic_rows,
                     (long long)counters->deleted, (long long)counters->retired);
}

/* Why the run ended early, if the errors do not say so. */
static const char *untold(const struct cg_tenant_report *report) {
    const char *error = report->error;
    int told = report->error_count && error && strstr(report->errors[report->error_count - 1], error);
    return error && *error && !told ? error : NULL;
}

static void print_error(const char *text) {
    fputs("  ", stderr);
    cg_print_clean(stderr, text);
    fputc('\n', stderr);
}

static void print_errors(const char *name, const struct cg_tenant_report *report) {
    const long long more = (long long)report->counters.errors - (long long)report->error_count;
    fputs("tenant '", stderr);
    cg_print_clean(stderr, name);
    fputs("': the run ended with errors:\n", stderr);
    for (size_t i = 0; i < report->error_count; i++)
        print_error(report->errors[i]);
    if (more > 0)
        fprintf(stderr, "  ... and %lld more\n", more);
    if (untold(report))
        print_error(untold(report));
}

static void log_errors(const struct cg_log *log, const char *name, const struct cg_tenant_report *report) {
    const size_t shown = report->error_count < ERRORS_IN_A_LINE ? report->error_count : ERRORS_IN_A_LINE;
    const long long more = (long long)report->counters.errors - (long long)shown;
    struct cg_buf list;
    cg_buf_init(&list, (size_t)256 * 1024);
    if (untold(report))
        cg_buf_printf(&list, "'%s'", cg_store_sentence(name, untold(report)));
    for (size_t i = 0; i < shown; i++)
        cg_buf_printf(&list, "%s'%s'", list.length ? ", " : "", cg_store_sentence(name, report->errors[i]));
    if (more > 0)
        cg_buf_printf(&list, "%s... and %lld more", list.length ? ", " : "", more);
    cg_log_write(log, "workflow_runner", CG_LOG_WARNING, "Tenant %s completed with errors: [%s]", name,
                 list.status == CG_OK ? cg_buf_text(&list) : "...");
    cg_buf_done(&list);
}

/* What another process has to do with it: done well it is as good as done here. */
static int tell_elsewhere(const struct cg_log *log, const char *name, const struct cg_tenant_report *report,
                          enum cg_outcome_place place) {
    const char *error = report->error ? report->error : "another process works on it";
    const int good = report->status == CG_OK || report->elsewhere == CG_ELSEWHERE_BUSY;
    if (report->elsewhere == CG_ELSEWHERE_BUSY)
        cg_log_write(log, "workflow_runner", CG_LOG_INFO, "Tenant %s: nothing was done here, because %s", name, error);
    else
        cg_log_write(log, "workflow_runner", good ? CG_LOG_INFO : CG_LOG_WARNING,
                     "Tenant %s: nothing was left to do here, because %s", name, error);
    if (place == CG_OUTCOME_PRINT && report->elsewhere == CG_ELSEWHERE_DONE) {
        fputs("tenant '", stderr);
        cg_print_clean(stderr, name);
        fputs("': done by another process: ", stderr);
        cg_print_clean(stderr, error);
        fputc('\n', stderr);
    }
    return good ? CG_EXIT_OK : CG_EXIT_FAILED;
}

int cg_outcome_of_run(const struct cg_log *log, const char *name, const struct cg_tenant_report *report,
                      enum cg_outcome_place place) {
    if (!report->started) {
        cg_log_write(log, "__main__", CG_LOG_ERROR, "Tenant %s: not started, because the program was asked to stop",
                     name);
        return CG_EXIT_FAILED;
    }
    if (report->elsewhere)
        return tell_elsewhere(log, name, report, place);
    tell_counters(log, name, &report->counters);
    if (cg_report_is_good(report))
        return CG_EXIT_OK;
    if (place == CG_OUTCOME_PRINT)
        print_errors(name, report);
    else
        log_errors(log, name, report);
    return CG_EXIT_FAILED;
}
