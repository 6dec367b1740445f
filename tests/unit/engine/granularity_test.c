/* Lines of hours, days, weeks and months on one date: calculated, left alone while nothing changes, and emitted. */
#include <stdlib.h>
#include <string.h>

#include "engine/emit.h"

#include "topic_stage.h"

#define DATE "2026-06-01"

static struct topic_stage stage;
static struct cg_duration durations[] = {{"weekly", 168}};

static const struct cg_metric_query in = {.struct_size = sizeof in, .key = IN, .expression = IN};
static const struct cg_metric_query out = {.struct_size = sizeof out, .key = OUT, .expression = OUT};
static const struct cg_metric_query *const ask_in[] = {&in};
static const struct cg_metric_query *const ask_out[] = {&out};
static const struct cg_product measured_in = {.struct_size = sizeof measured_in, .metric_count = 1, .metrics = ask_in};
static const struct cg_product measured_out = {
    .struct_size = sizeof measured_out, .metric_count = 1, .metrics = ask_out};
static const struct cg_service service = {.struct_size = sizeof service, .service_type = "s"};

/* All to one, with the length of the window as the reason. */
static cg_status allocate(const struct cg_allocator *self, const struct cg_allocation_context *context,
                          const struct cg_row_sink *rows) {
    (void)self;
    char detail[32];
    snprintf(detail, sizeof detail, "%lldh", (long long)((context->window_end - context->window_start) / HOUR));
    const struct cg_row row = {.struct_size = sizeof row,
                               .cost_type = CG_COST_USAGE,
                               .identity_id = "owner",
                               .amount = context->amount,
                               .allocation_detail = detail,
                               .chain_tier = CG_NO_INDEX,
                               .composition_index = CG_NO_INDEX};
    return rows->add(rows, &row);
}

static const struct cg_allocator by_window = {
    {sizeof by_window, CG_OVERRIDE_MAGIC, CG_OVERRIDE_ALLOCATOR, CG_ABI_MAJOR, CG_ABI_MINOR},
    "the length of the window",
    allocate,
    NULL};

static void start(void) {
    struct bench *bench = &stage.bench;
    topic_stage_open(&stage);
    setenv("CHITRAGUPT_NOW", "2026-08-01T12:00:00Z", 1);
    bench->tenant.durations = durations;
    bench->tenant.duration_count = 1;
    bench_bind(bench, "DAY", &service, &by_window, NULL)->product = &measured_in;
    bench_bind(bench, "HOUR", &service, &by_window, NULL);
    bench_bind(bench, "MONTH", &service, &by_window, NULL)->product = &measured_in;
    bench_bind(bench, "NIGHT", &service, &by_window, NULL)->product = &measured_out;
    bench_bind(bench, "WEEK", &service, &by_window, NULL);
}

static void stop(void) {
    topic_stage_close(&stage);
}

TestSuite(granularity, .init = start, .fini = stop);

/* The date's bill; its second hour costs `second_hour`. */
static void bill(const char *second_hour) {
    struct cg_billing_line lines[28] = {
        line_of(DATE, "e", "r", "DAY", "1"),
        line_of(DATE, "e", "r", "NIGHT", "2"),
        line_of(DATE, "e", "r", "MONTH", "30"),
        line_of(DATE, "e", "r", "WEEK", "7"),
    };
    lines[2].granularity = "monthly";
    lines[3].granularity = "weekly";
    for (int hour = 0; hour < 24; hour++) {
        lines[4 + hour] = line_of(DATE, "e", "r", "HOUR", hour == 1 ? second_hour : "0.5");
        lines[4 + hour].timestamp += hour * HOUR;
        lines[4 + hour].granularity = "hourly";
    }
    bench_bill(&stage.bench, DATE, lines, 28);
}

/* Calculates the date as a run does. */
static struct cg_date_outcome calculate(void) {
    struct cg_calculation_options options = bench_options(&stage.bench, DATE);
    struct cg_calculation *calculation = NULL;
    struct cg_date_outcome outcome = {0};
    stage.asked[0] = '\0';
    cr_assert_eq(cg_calculation_new(&options, &calculation, &stage.bench.error), CG_OK);
    cr_assert_eq(cg_calculate_date(calculation, at(DATE), 0, &outcome, &stage.bench.error), CG_OK, "%s",
                 stage.bench.error.text);
    cg_calculation_free(calculation);
    cr_assert_str_eq(stage.bench.errors, "");
    return outcome;
}

/* ---- an emitter that writes down what it gets ---- */

static char emitted[8192];

static void write_down(const char *first, const char *second, const char *third) {
    size_t used = strlen(emitted);
    snprintf(emitted + used, sizeof emitted - used, "%s %s %s\n", first, second, third);
}

static cg_status create(const struct cg_host *host, const struct cg_emitter_spec *spec, void **ret_instance) {
    (void)host;
    (void)spec;
    *ret_instance = NULL;
    return CG_OK;
}

static void drop(void *instance) {
    (void)instance;
}

static cg_status begin(void *instance, const struct cg_emission *emission) {
    (void)instance;
    write_down("--", emission->date, "--");
    return CG_OK;
}

static cg_status take(void *instance, const struct cg_emitted_row *const *rows, size_t count) {
    char time[CG_TIME_TEXT_SIZE];
    (void)instance;
    for (size_t i = 0; i < count; i++)
        write_down(cg_time_format_seconds(rows[i]->timestamp, time), rows[i]->product_type, rows[i]->amount);
    return CG_OK;
}

static cg_status finish(void *instance) {
    (void)instance;
    return CG_OK;
}

static const struct cg_emitter emitter = {.struct_size = sizeof emitter,
                                          .create = create,
                                          .destroy = drop,
                                          .begin = begin,
                                          .rows = take,
                                          .finish = finish,
                                          .abort = drop};

/* What an entry with this aggregation is sent now. */
static const char *emit(const char *aggregation) {
    struct cg_runtime *runtime = &stage.bench.runtime;
    const struct cg_emitter_settings settings = {.name = aggregation, .aggregation = aggregation};
    struct cg_emitter_binding binding = {&settings, &stage.bench.module, &emitter, runtime->services};
    const struct cg_emit_options options = {.runtime = runtime,
                                            .store = stage.bench.stage.store,
                                            .observer = &stage.bench.observer,
                                            .now = at("2026-08-01T12:00:00")};
    struct cg_emit_result result = {0};
    runtime->emitters = &binding;
    runtime->emitter_count = 1;
    emitted[0] = '\0';
    cr_assert_eq(cg_emit_run(&options, &result, &stage.bench.error), CG_OK, "%s", stage.bench.error.text);
    runtime->emitter_count = 0;
    return emitted;
}

/* ---- all of them on one date ---- */

#define COUNTS                                                                                                      \
    "SELECT d.product_type || ' ' || d.allocation_detail || ' ' || COUNT(*) || ' ' || COUNT(DISTINCT f.timestamp) " \
    "FROM chargeback_facts f JOIN chargeback_dimensions d USING (dimension_id) GROUP BY d.product_type, "           \
    "d.allocation_detail ORDER BY 1"

Test(granularity, each_line_has_its_window) {
    bill("0.25");
    struct cg_date_outcome outcome = calculate();
    cr_assert_eq(outcome.rows, 28);
    assert_rows(&stage.bench.stage, COUNTS, "DAY 24h 1 1\nHOUR 1h 24 24\nMONTH 720h 1 1\nNIGHT 24h 1 1\nWEEK 168h 1 1");
    /* The lines of a day share their metrics, although an hour and a month stand between them. */
    cr_assert_str_eq(stage.asked, "r 2026-06-01 00:00:00 2026-06-02 00:00:00\n"
                                  "r 2026-06-01 00:00:00 2026-07-01 00:00:00\n");
}

Test(granularity, only_a_change_computes_the_date_again) {
    bill("0.25");
    cr_assert(calculate().changed);
    cr_assert(calculate().is_current);
    bill("0.25");
    cr_assert(calculate().is_current);
    bill("0.75");
    struct cg_date_outcome outcome = calculate();
    cr_assert(!outcome.is_current && outcome.changed);
    assert_rows(&stage.bench.stage, "SELECT substr(timestamp, 12, 2) FROM chargeback_facts WHERE amount = '0.75'",
                "01");
    cr_assert(calculate().is_current);
}

#define DAY_SENT                                                                 \
    "-- 2026-06-01 --\n2026-06-01 00:00:00 DAY 1\n2026-06-01 00:00:00 HOUR %s\n" \
    "2026-06-01 00:00:00 MONTH 30\n2026-06-01 00:00:00 NIGHT 2\n2026-06-01 00:00:00 WEEK 7\n"

static void check_sent(const char *aggregation, const char *hours) {
    char wanted[512];
    snprintf(wanted, sizeof wanted, DAY_SENT, hours);
    cr_assert_str_eq(emit(aggregation), wanted, "%s: %s", aggregation, emitted);
    cr_assert_str_eq(emit(aggregation), "", "%s", aggregation);
}

Test(granularity, what_is_sent_is_as_fine_as_the_entry_says) {
    bill("0.25");
    (void)calculate();
    check_sent("daily", "11.75");
    check_sent("monthly", "11.75");
    cr_assert_not_null(strstr(emit("hourly"), "2026-06-01 00:00:00 DAY 1\n2026-06-01 00:00:00 HOUR 0.5\n"
                                              "2026-06-01 01:00:00 HOUR 0.25\n2026-06-01 02:00:00 HOUR 0.5\n"),
                       "%s", emitted);
    cr_assert_not_null(strstr(emitted, "2026-06-01 23:00:00 HOUR 0.5\n2026-06-01 00:00:00 MONTH 30\n"), "%s", emitted);
    bill("0.75");
    (void)calculate();
    check_sent("daily", "12.25");
    check_sent("monthly", "12.25");
    cr_assert_not_null(strstr(emit("hourly"), "2026-06-01 01:00:00 HOUR 0.75\n"), "%s", emitted);
}

/* ---- windows that are not over ---- */

/* A month's first day is in the bill long before what it cost can be split by what happened in the month. */
static const struct {
    const char *now;
    int32_t is_current;
} days_of_month[] = {
    {"2026-06-10T06:00:00Z", 0}, {"2026-06-10T23:59:59Z", 1}, {"2026-06-11T00:00:00Z", 0}, {"2026-06-30T06:00:00Z", 0},
    {"2026-06-30T23:59:59Z", 1}, {"2026-07-01T00:00:00Z", 0}, {"2026-07-01T06:00:00Z", 1}, {"2026-08-01T06:00:00Z", 1},
};

static void bill_month(const char *resource, const char *product) {
    struct cg_billing_line line = line_of(DATE, "e", resource, product, "30");
    line.granularity = "monthly";
    bench_bill(&stage.bench, DATE, &line, 1);
}

Test(granularity, a_window_that_is_not_over_is_measured_anew_every_day) {
    bill_month("r", "MONTH");
    for (size_t i = 0; i < sizeof days_of_month / sizeof *days_of_month; i++) {
        setenv("CHITRAGUPT_NOW", days_of_month[i].now, 1);
        cr_assert_eq(calculate().is_current, days_of_month[i].is_current, "%s", days_of_month[i].now);
    }
}

Test(granularity, a_window_without_metrics_does_not_change) {
    stage.bench.metrics = NULL;
    bill_month("r", "MONTH");
    for (size_t i = 0; i < sizeof days_of_month / sizeof *days_of_month; i++) {
        setenv("CHITRAGUPT_NOW", days_of_month[i].now, 1);
        cr_assert_eq(calculate().is_current, i > 0, "%s", days_of_month[i].now);
    }
}

Test(granularity, topics_of_a_window_that_is_not_over_are_measured_anew_every_day) {
    bill_month("lkc-1", "KAFKA_NETWORK_WRITE");
    topic_stage_sample(&stage, IN, "a", "2026-06-05T00:00:00", 1);
    for (size_t i = 0; i < sizeof days_of_month / sizeof *days_of_month; i++) {
        char now[32] = "";
        memcpy(now, days_of_month[i].now, strlen("2026-06-10T06:00:00"));
        stage.now = at(now);
        topic_stage_date(&stage, DATE, 0);
        cr_assert_eq(stage.outcome.is_current, days_of_month[i].is_current, "%s", now);
        if (i == 1)
            topic_stage_sample(&stage, IN, "b", "2026-06-20T00:00:00", 2);
    }
    cr_assert_str_eq(topic_stage_rows(&stage, DATE),
                     "KAFKA_NETWORK_WRITE a 10.0000 bytes_ratio\nKAFKA_NETWORK_WRITE b 20.0000 bytes_ratio");
}
