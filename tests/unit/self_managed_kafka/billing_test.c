/* Four lines a day, exact to the last digit. */
#include "cluster.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define GIB 1073741824.0
#define COMPUTE(date_) date_ " SELF_KAFKA_COMPUTE 72.0 0.12 8.640\n"

static cg_status gather(struct stage *stage) {
    return stage->factory->gather_billing(stage->instance, &stage->test.gather);
}

/* What every example measures, in steps of `step` seconds. */
static void know(struct stage *stage, const char *step_text, int64_t step, size_t days) {
    int64_t start = stage->test.gather.billing_start;
    int64_t end = start + (int64_t)days * CG_DAY_US;
    char text[160];
    (void)snprintf(text, sizeof text, "sum(increase(" BYTES_IN "[%s]))", step_text);
    stage_know(stage, text, "", start, end, step, 1234567890.125 * (double)step / 3600);
    (void)snprintf(text, sizeof text, "sum(increase(" BYTES_OUT "[%s]))", step_text);
    stage_know(stage, text, "", start, end, step, 2 * GIB * (double)step / 3600);
    stage_know(stage, COST_SIZE, "", start, end, step, 10737418241.0);
}

static const char whole_day[] =
    COMPUTE("2026-01-13") "2026-01-13 SELF_KAFKA_STORAGE 240.0000000223517417907714845 0.0001 "
                          "0.02400000000223517417907714845\n"
                          "2026-01-13 SELF_KAFKA_NETWORK_INGRESS 27.59474270325154066085815430 0.01 "
                          "0.2759474270325154066085815430\n"
                          "2026-01-13 SELF_KAFKA_NETWORK_EGRESS 48.0 0 0.0\n";

Test(self_kafka_billing, counts_every_second_once_whatever_the_step) {
    static const struct {
        const char *setting;
        const char *text;
        int64_t step;
    } cases[] = {
        {"3600", "1h", 3600},  {"1800", "30m", 1800},  {"7200", "2h", 7200},
        {"7000", "96m", 5760}, {"86400", "1d", 86400}, {"90", "90s", 90},
    };
    for (size_t i = 0; i < STAGE_COUNT(cases); i++) {
        const struct cg_test_setting more[] = {{"metrics_step_seconds", cases[i].setting, CG_CONFIG_INT}};
        struct stage stage;
        cluster_open(&stage, more, 1);
        know(&stage, cases[i].text, cases[i].step, 1);
        cr_assert_eq(gather(&stage), CG_OK, "step %s: %s", cases[i].setting, stage.test.error);
        cr_assert_str_eq(stage_lines(&stage), whole_day, "step %s:\n%s", cases[i].setting, stage_lines(&stage));
        stage_close(&stage);
    }
}

Test(self_kafka_billing, asks_once_for_all_days) {
    struct stage stage;
    cluster_open(&stage, NULL, 0);
    stage_window(&stage, STAGE_DAY, 31);
    know(&stage, "1h", 3600, 31);
    cr_assert_eq(gather(&stage), CG_OK);
    cr_assert_eq(stage.test.line_count, 4u * 31u);
    cr_assert_str_eq(stage.test.questions,
                     COST_SIZE " [1768262400, 1770940800) 3600\n" COST_IN " (1768262400, 1770940800] 3600\n" COST_OUT
                               " (1768262400, 1770940800] 3600\n");
    stage_close(&stage);
}

/* Days by their dates: ends of months, a leap day, a year's end. */
Test(self_kafka_billing, days_begin_and_end_at_midnight) {
    static const struct {
        int64_t day; /* since 1970 */
        const char *first;
        const char *second;
    } cases[] = {
        {19781, "2024-02-28", "2024-02-29"}, {19782, "2024-02-29", "2024-03-01"}, {20147, "2025-02-28", "2025-03-01"},
        {20453, "2025-12-31", "2026-01-01"}, {20541, "2026-03-29", "2026-03-30"},
    };
    for (size_t i = 0; i < STAGE_COUNT(cases); i++) {
        struct stage stage;
        char expected[512];
        cluster_open(&stage, NULL, 0);
        stage_window(&stage, cases[i].day * CG_DAY_US, 2);
        int64_t midnight = stage.test.gather.billing_start + CG_DAY_US;
        /* The last hour of the first day and the first hour of the second. */
        stage_know(&stage, COST_IN, "", midnight - STAGE_HOUR, midnight + STAGE_HOUR, 3600, GIB);
        stage_point(&stage, COST_IN, 1, 2 * GIB);
        cr_assert_eq(gather(&stage), CG_OK);
        (void)snprintf(expected, sizeof expected,
                       "%s SELF_KAFKA_COMPUTE 72.0 0.12 8.640\n%s SELF_KAFKA_STORAGE 0.0 0.0001 0.00000\n"
                       "%s SELF_KAFKA_NETWORK_INGRESS 1.0 0.01 0.010\n%s SELF_KAFKA_NETWORK_EGRESS 0 0 0\n"
                       "%s SELF_KAFKA_COMPUTE 72.0 0.12 8.640\n%s SELF_KAFKA_STORAGE 0.0 0.0001 0.00000\n"
                       "%s SELF_KAFKA_NETWORK_INGRESS 2.0 0.01 0.020\n%s SELF_KAFKA_NETWORK_EGRESS 0 0 0\n",
                       cases[i].first, cases[i].first, cases[i].first, cases[i].first, cases[i].second, cases[i].second,
                       cases[i].second, cases[i].second);
        cr_assert_str_eq(stage_lines(&stage), expected, "%s:\n%s", cases[i].first, stage_lines(&stage));
        stage_close(&stage);
    }
}

Test(self_kafka_billing, rates_of_a_region) {
    static const struct {
        const char *name;
        struct cg_test_setting setting;
        const char *compute;
        const char *egress;
    } cases[] = {
        {"its own", {"region", "us-west-2", 0}, " 72.0 0.12 8.640\n", " 48.0 0 0.0\n"},
        {"an unknown one", {"region", "eu", 0}, " 72.0 0.10 7.200\n", " 48.0 0.02 0.960\n"},
        {"none", {"region", NULL, 0}, " 72.0 0.10 7.200\n", " 48.0 0.02 0.960\n"},
        {"null",
         {"cost_model.region_overrides.us-west-2.compute_hourly_rate", NULL, 0},
         " 72.0 0.10 7.200\n",
         " 48.0 0 0.0\n"},
    };
    for (size_t i = 0; i < STAGE_COUNT(cases); i++) {
        struct stage stage;
        cluster_open(&stage, &cases[i].setting, 1);
        know(&stage, "1h", 3600, 1);
        cr_assert_eq(gather(&stage), CG_OK);
        cr_assert_not_null(strstr(stage_lines(&stage), cases[i].compute), "%s", cases[i].name);
        cr_assert_not_null(strstr(stage_lines(&stage), cases[i].egress), "%s", cases[i].name);
        stage_close(&stage);
    }
}

Test(self_kafka_billing, a_day_without_any_sample_has_no_lines) {
    struct stage stage;
    cluster_open(&stage, NULL, 0);
    stage_window(&stage, STAGE_DAY, 3);
    stage_know(&stage, COST_SIZE, "", STAGE_DAY + CG_DAY_US, STAGE_DAY + CG_DAY_US + STAGE_HOUR, 3600, GIB);
    cr_assert_eq(gather(&stage), CG_OK);
    cr_assert_str_eq(stage_lines(&stage), COMPUTE("2026-01-14") "2026-01-14 SELF_KAFKA_STORAGE 24.00 0.0001 0.002400\n"
                                                                "2026-01-14 SELF_KAFKA_NETWORK_INGRESS 0 0.01 0.00\n"
                                                                "2026-01-14 SELF_KAFKA_NETWORK_EGRESS 0 0 0\n");
    cr_assert_str_eq(stage.test.log,
                     "WARNING No Prometheus data for tenant=t-1 date=2026-01-13 — skipping billing period\n"
                     "WARNING No Prometheus data for tenant=t-1 date=2026-01-15 — skipping billing period\n");
    stage_close(&stage);
}

/* Days that follow each other are told in one sentence: a source may keep less than the program looks back. */
Test(self_kafka_billing, days_without_lines_are_told_at_once) {
    struct stage stage;
    cluster_open(&stage, NULL, 0);
    stage_window(&stage, STAGE_DAY, 8);
    stage_know(&stage, COST_SIZE, "", STAGE_DAY + 3 * CG_DAY_US, STAGE_DAY + 3 * CG_DAY_US + STAGE_HOUR, 3600, GIB);
    stage_fail(&stage, COST_IN, STAGE_DAY, STAGE_DAY + 8 * CG_DAY_US, CG_TEMPORARY, "it is away");
    for (int64_t day = 4; day < 7; day++) {
        stage_fail(&stage, COST_IN, STAGE_DAY + day * CG_DAY_US, STAGE_DAY + (day + 1) * CG_DAY_US, CG_TEMPORARY,
                   "it is away");
    }
    cr_assert_eq(gather(&stage), CG_OK);
    cr_assert_str_eq(
        stage.test.log,
        "WARNING No Prometheus data for tenant=t-1 date=2026-01-13..2026-01-15 (3 days) — skipping billing "
        "period\n"
        "WARNING Prometheus query failed for tenant=t-1 date=2026-01-17..2026-01-19 (3 days) -- skipping: it "
        "is away\n"
        "WARNING No Prometheus data for tenant=t-1 date=2026-01-20 — skipping billing period\n");
    cr_assert_eq(stage.test.family_count, 3u);
    cr_assert_eq(stage.test.families[0].status, CG_OK);
    cr_assert_eq(stage.test.families[1].status, CG_TEMPORARY);
    cr_assert_str_eq(stage.test.families[1].text,
                     "The bill of 2026-01-17..2026-01-19 (3 days) could not be read: it is away");
    cr_assert_eq(stage.test.line_count, 4u);
    stage_close(&stage);
}

Test(self_kafka_billing, a_day_that_is_not_over_waits) {
    struct stage stage;
    cluster_open(&stage, NULL, 0);
    stage_window(&stage, STAGE_DAY, 2);
    know(&stage, "1h", 3600, 2);
    stage.test.gather.now = STAGE_DAY + CG_DAY_US + 17 * STAGE_HOUR;
    cr_assert_eq(gather(&stage), CG_OK);
    cr_assert_str_eq(stage_lines(&stage), whole_day, "%s", stage_lines(&stage));
    cr_assert_str_eq(stage.test.log, "");
    stage_close(&stage);
}

Test(self_kafka_billing, samples_that_are_not_finite_do_not_count) {
    struct stage stage;
    cluster_open(&stage, NULL, 0);
    stage_know(&stage, COST_IN, "", STAGE_DAY, STAGE_DAY + CG_DAY_US, 3600, GIB);
    stage_point(&stage, COST_IN, 3, NAN);
    stage_point(&stage, COST_IN, 4, INFINITY);
    stage_know(&stage, COST_SIZE, "", STAGE_DAY, STAGE_DAY + 2 * STAGE_HOUR, 3600, NAN);
    cr_assert_eq(gather(&stage), CG_OK);
    cr_assert_not_null(strstr(stage_lines(&stage), "INGRESS 22.0 0.01 0.220\n"), "%s", stage_lines(&stage));
    cr_assert_not_null(strstr(stage_lines(&stage), "STORAGE 0.0 0.0001 0.00000\n"), "%s", stage_lines(&stage));
    stage_close(&stage);
}

Test(self_kafka_billing, a_range_that_fails_is_read_day_by_day) {
    struct stage stage;
    cluster_open(&stage, NULL, 0);
    stage_window(&stage, STAGE_DAY, 2);
    know(&stage, "1h", 3600, 2);
    stage_fail(&stage, COST_IN, STAGE_DAY, STAGE_DAY + 2 * CG_DAY_US, CG_INVALID, "too many samples");
    cr_assert_eq(gather(&stage), CG_OK, "%s", stage.test.error);
    cr_assert_eq(stage.test.line_count, 8u);
    cr_assert_eq(strncmp(stage_lines(&stage), whole_day, strlen(whole_day)), 0);
    cr_assert_str_eq(stage.test.log, "");
    stage_close(&stage);
}

Test(self_kafka_billing, a_day_that_cannot_be_read_keeps_what_is_stored) {
    struct stage stage;
    cluster_open(&stage, NULL, 0);
    stage_window(&stage, STAGE_DAY, 3);
    know(&stage, "1h", 3600, 3);
    stage_fail(&stage, COST_OUT, STAGE_DAY, STAGE_DAY + 3 * CG_DAY_US, CG_TEMPORARY, "it took too long");
    stage_fail(&stage, COST_OUT, STAGE_DAY + CG_DAY_US, STAGE_DAY + 2 * CG_DAY_US, CG_TEMPORARY, "it took too long");
    cr_assert_eq(gather(&stage), CG_OK);
    cr_assert_eq(stage.test.family_count, 1u);
    cr_assert_eq(stage.test.families[0].status, CG_TEMPORARY);
    cr_assert_str_eq(stage.test.families[0].text, "The bill of 2026-01-14 could not be read: it took too long");
    cr_assert_str_eq(stage.test.log, "WARNING Prometheus query failed for tenant=t-1 date=2026-01-14 -- skipping: it "
                                     "took too long\n");
    cr_assert_eq(stage.test.line_count, 8u);
    cr_assert_null(strstr(stage_lines(&stage), "2026-01-14"));
    stage_close(&stage);
}

Test(self_kafka_billing, refused_credentials_are_not_tried_again) {
    struct stage stage;
    cluster_open(&stage, NULL, 0);
    stage_window(&stage, STAGE_DAY, 2);
    know(&stage, "1h", 3600, 2);
    stage_fail(&stage, COST_IN, 0, 0, CG_AUTH, "refused");
    cr_assert_eq(gather(&stage), CG_AUTH);
    cr_assert_eq(stage.test.line_count, 0u);
    cr_assert_null(strstr(stage.test.questions, "1768348800, "));
    stage_close(&stage);
}

Test(self_kafka_billing, a_number_that_does_not_fit_is_told) {
    struct stage stage;
    cluster_open(&stage, NULL, 0);
    stage_know(&stage, COST_IN, "", STAGE_DAY, STAGE_DAY + CG_DAY_US, 3600, 1e308);
    cr_assert_eq(gather(&stage), CG_RANGE);
    cr_assert_not_null(strstr(stage.test.error, "the cost of SELF_KAFKA_NETWORK_INGRESS on 2026-01-13 is no number"));
    stage_close(&stage);
}

Test(self_kafka_billing, names_and_filters_go_into_every_query) {
    static const struct cg_test_setting more[] = {
        {"metric_names.bytes_in", "in_total", 0},   {"metric_names.bytes_out", "out_total", 0},
        {"metric_names.log_size", "size", 0},       {"label_names.principal", "user", 0},
        {"label_names.broker", "node", 0},          {"label_names.topic", "name", 0},
        {"metrics_filter.cluster", "a\"b\\c{}", 0}, {"metrics_filter.env", "prod", 0},
    };
#define FILTER "{cluster=\"a\\\"b\\\\c\\x7b\\x7d\",env=\"prod\"}"
    struct stage stage;
    cluster_open(&stage, more, STAGE_COUNT(more));
    cr_assert_eq(gather(&stage), CG_OK);
    cr_assert_eq(stage.factory->gather_inventory(stage.instance, &stage.test.gather), CG_OK);
    cr_assert_str_eq(stage.test.questions,
                     "sum(size" FILTER ") [1768262400, 1768348800) 3600\n"
                     "sum(increase(in_total" FILTER "[1h])) (1768262400, 1768348800] 3600\n"
                     "sum(increase(out_total" FILTER "[1h])) (1768262400, 1768348800] 3600\n"
                     "group by (node, name, user) (in_total" FILTER ") [1768388400, 1768392000) 300\n"
                     "group by (node, name, user) (out_total" FILTER ") [1768388400, 1768392000) 300\n");
    const struct cg_metric_query *const *used = stage.description.services[0]->products[0]->metrics;
    cr_assert_str_eq(used[0]->expression, "sum by (user) (increase(in_total" FILTER "[1h]))");
    cr_assert_str_eq(used[1]->expression, "sum by (user) (increase(out_total" FILTER "[1h]))");
    cr_assert_eq(used[0]->flags, CG_METRIC_TRAILING);
    stage_close(&stage);
}

Test(self_kafka_billing, without_a_metrics_source_it_says_so) {
    struct stage stage;
    cluster_open(&stage, NULL, 0);
    stage.test.host.metrics = NULL;
    cr_assert_eq(gather(&stage), CG_INVALID);
    cr_assert_not_null(strstr(stage.test.error, "set plugin_settings.metrics"));
    stage_close(&stage);
}

Test(self_kafka_billing, memory_may_run_out_anywhere) {
    for (size_t left = 0;; left++) {
        struct stage stage;
        cluster_open(&stage, NULL, 0);
        stage_window(&stage, STAGE_DAY, 2);
        know(&stage, "1h", 3600, 2);
        stage_fail(&stage, COST_IN, STAGE_DAY, STAGE_DAY + 2 * CG_DAY_US, CG_INVALID, "no");
        stage.test.scratch_left = left;
        cg_status status = gather(&stage);
        cr_assert(status == CG_OK || (status == CG_NO_MEMORY && stage.test.error != NULL), "with %zu calls", left);
        stage_close(&stage);
        if (status == CG_OK) {
            cr_assert_gt(left, (size_t)3);
            return;
        }
    }
}
