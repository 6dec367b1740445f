#include "cli/service_metrics.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "api/metrics_text.h"
#include "base/time.h"

/* ---- families with one sample for each tenant ---- */

static void add_sample(struct cg_buf *out, const char *name, const char *tenant, const char *format, ...)
    CG_PRINTF(4, 5);
static void add_sample(struct cg_buf *out, const char *name, const char *tenant, const char *format, ...) {
    char value[64];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    cg_buf_printf(out, "%s{tenant=\"", name);
    cg_metrics_label(out, tenant);
    cg_buf_printf(out, "\"} %s\n", value);
}

/* What is counted of each tenant. */
static const struct {
    const char *name;
    const char *help;
    size_t offset; /* in struct cg_tenant_totals */
} counters[] = {
    {"chitragupt_runs_total", "Runs that have ended.", offsetof(struct cg_tenant_totals, runs)},
    {"chitragupt_runs_failed_total", "Runs with any error.", offsetof(struct cg_tenant_totals, failures)},
    {"chitragupt_worker_crashes_total", "Workers that died.", offsetof(struct cg_tenant_totals, crashes)},
    {"chitragupt_runs_timed_out_total", "Runs that took too long.", offsetof(struct cg_tenant_totals, timeouts)},
    {"chitragupt_runs_elsewhere_total", "Turns that another process has done.",
     offsetof(struct cg_tenant_totals, elsewhere)},
    {"chitragupt_gathers_total", "Gathers that were written.", offsetof(struct cg_tenant_totals, gathers)},
    {"chitragupt_gathers_skipped_total", "Runs that did not gather, because the last time was too recent.",
     offsetof(struct cg_tenant_totals, skipped)},
    {"chitragupt_dates_calculated_total", "Dates computed.", offsetof(struct cg_tenant_totals, dates)},
    {"chitragupt_rows_written_total", "Chargeback rows written.", offsetof(struct cg_tenant_totals, rows)},
    {"chitragupt_emissions_total", "Dates or months that emitters took.", offsetof(struct cg_tenant_totals, emissions)},
};

static uint64_t counter_at(const struct cg_tenant_totals *totals, size_t offset) {
    return *(const uint64_t *)(const void *)((const char *)totals + offset);
}

static void add_counters(const struct cg_scheduler *scheduler, struct cg_buf *out) {
    struct cg_tenant_look look;
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
        cg_metrics_head(out, counters[i].name, "counter", counters[i].help);
        for (size_t tenant = 0; cg_scheduler_look(scheduler, tenant, &look) == CG_OK; tenant++)
            add_sample(out, counters[i].name, look.name, "%llu",
                       (unsigned long long)counter_at(&look.totals, counters[i].offset));
    }
}

/* What is known of the last run, or of the one going on. */
enum gauge { SUSPENDED, RUNNING, LAST_GOOD, LAST_SECONDS, LAST_END, LAST_MEMORY };

static const struct {
    const char *name;
    const char *help;
} gauges[] = {
    [SUSPENDED] = {"chitragupt_tenant_suspended", "1: nothing is done for the tenant until somebody mends it."},
    [RUNNING] = {"chitragupt_run_at_work", "1: a run is going on."},
    [LAST_GOOD] = {"chitragupt_last_run_succeeded", "1: the last run had no error."},
    [LAST_SECONDS] = {"chitragupt_last_run_seconds", "How long the last run took."},
    [LAST_END] = {"chitragupt_last_run_timestamp_seconds", "When the last run ended, since 1970."},
    [LAST_MEMORY] = {"chitragupt_last_run_peak_bytes", "Most memory of the last run's workers."},
};

static void add_gauge(const struct cg_tenant_look *look, enum gauge gauge, struct cg_buf *out) {
    const struct cg_tenant_report *last = look->last;
    const char *name = gauges[gauge].name;
    if (gauge == SUSPENDED)
        add_sample(out, name, look->name, "%d", look->suspended || look->left_out);
    else if (gauge == RUNNING)
        add_sample(out, name, look->name, "%d", look->state == CG_TENANT_RUNNING);
    else if (last && gauge == LAST_GOOD)
        add_sample(out, name, look->name, "%d", cg_report_is_good(last));
    else if (last && gauge == LAST_SECONDS)
        add_sample(out, name, look->name, "%lld.%06lld", (long long)(last->duration_us / 1000000),
                   (long long)(last->duration_us % 1000000));
    else if (last && gauge == LAST_END && last->ended_at != CG_TIME_NONE)
        add_sample(out, name, look->name, "%lld", (long long)(last->ended_at / 1000000));
    else if (last && gauge == LAST_MEMORY && last->peak_memory)
        add_sample(out, name, look->name, "%lld", (long long)last->peak_memory);
}

static void add_gauges(const struct cg_scheduler *scheduler, struct cg_buf *out) {
    struct cg_tenant_look look;
    for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++) {
        cg_metrics_head(out, gauges[i].name, "gauge", gauges[i].help);
        for (size_t tenant = 0; cg_scheduler_look(scheduler, tenant, &look) == CG_OK; tenant++)
            add_gauge(&look, (enum gauge)i, out);
    }
}

/* ---- the service as a whole ---- */

static void add_cycles(const struct cg_scheduler *scheduler, struct cg_buf *out) {
    struct cg_scheduler_totals totals;
    cg_scheduler_totals(scheduler, &totals);
    cg_metrics_one(out, "chitragupt_tenants", "gauge", "Tenants of the configuration.", totals.tenants);
    cg_metrics_one(out, "chitragupt_runs_waiting", "gauge", "Runs that wait for a worker.", totals.waiting);
    cg_metrics_one(out, "chitragupt_cycles_total", "counter", "Cycles that have ended.", totals.cycles);
}

void cg_service_metrics(struct cg_service_host *service, struct cg_buf *out) {
    struct cg_service_look look;
    const struct cg_scheduler *scheduler = cg_service_scheduler(service);
    cg_service_look(service, &look);
    cg_metrics_one(out, "chitragupt_config_generation", "gauge", "Number of the configuration in effect, from 1.",
                   look.generation);
    cg_metrics_one(out, "chitragupt_config_reloads_total", "counter", "Reloads that were put into effect.",
                   look.reloads);
    cg_metrics_one(out, "chitragupt_config_reloads_refused_total", "counter", "Reloads that were refused.",
                   look.refused);
    cg_metrics_one(out, "chitragupt_config_last_reload_succeeded", "gauge", "1: the last reload was put into effect.",
                   look.reload_succeeded != 0);
    if (!scheduler)
        return;
    add_cycles(scheduler, out);
    add_counters(scheduler, out);
    add_gauges(scheduler, out);
}
