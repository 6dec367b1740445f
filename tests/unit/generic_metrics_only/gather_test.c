/* Lines and inventory. */
#include "database.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define GIB 1073741824.0
#define DAY_END (STAGE_DAY + CG_DAY_US)

static const struct cg_test_setting database[] = {DATABASE};

static void open_database(struct stage *stage) {
    stage_open(stage, cg_plugin_register_generic_metrics_only(), database, STAGE_COUNT(database));
}

static cg_status gather(struct stage *stage) {
    return stage->factory->gather_billing(stage->instance, &stage->test.gather);
}

static void know(struct stage *stage, int64_t end) {
    stage_know(stage, SIZE, "", STAGE_DAY, end, 3600, 10 * GIB);
    stage_know(stage, NET, "datname=app1", STAGE_DAY, end, 3600, GIB / 2);
    stage_know(stage, NET, "datname=app3", STAGE_DAY, end, 3600, GIB / 2);
}

static const char whole_day[] = "2026-01-13 PG_COMPUTE 48.0 0.50 24.000\n2026-01-13 PG_STORAGE 240.00 0.0001 0.024000\n"
                                "2026-01-13 PG_NET 24.0 0.03 0.720\n2026-01-13 PG_NET2 24.0 1 24.0\n";

Test(generic_gather, a_day) {
    struct stage stage;
    open_database(&stage);
    know(&stage, DAY_END);
    cr_assert_eq(gather(&stage), CG_OK, "%s", stage.test.error);
    cr_assert_str_eq(stage_lines(&stage), whole_day, "%s", stage_lines(&stage));
    cr_assert_str_eq(stage.test.questions,
                     SIZE " [1768262400, 1768348800) 3600\n" NET " (1768262400, 1768348800] 3600\n");
    cr_assert_str_eq(stage.test.lines[0]->resource_id, "pg-1");
    cr_assert_str_eq(stage.test.lines[0]->product_category, "postgres");
    cr_assert_str_eq(stage.test.lines[0]->currency, "USD");
    stage_close(&stage);
}

/* Series of a size are added up before the mean: 1 GiB and 3 GiB are 96 GiB-hours a day, half a day of it 48. */
Test(generic_gather, sizes_that_share_a_time_are_added_up) {
    static const struct {
        int64_t end; /* of the second series */
        const char *line;
    } cases[] = {{DAY_END, "PG_STORAGE 96.00 "}, {STAGE_DAY + 12 * STAGE_HOUR, "PG_STORAGE 60.00 "}};
    for (size_t i = 0; i < STAGE_COUNT(cases); i++) {
        struct stage stage;
        open_database(&stage);
        stage_know(&stage, SIZE, "datname=a", STAGE_DAY, DAY_END, 3600, GIB);
        stage_know(&stage, SIZE, "datname=b", STAGE_DAY, cases[i].end, 3600, 3 * GIB);
        stage_know(&stage, SIZE, "datname=c", STAGE_DAY, DAY_END, 3600, NAN);
        cr_assert_eq(gather(&stage), CG_OK);
        cr_assert_not_null(strstr(stage_lines(&stage), cases[i].line), "%s", stage_lines(&stage));
        stage_close(&stage);
    }
}

/* A counter is sampled at its own window, whatever metrics_step_seconds is. */
Test(generic_gather, counters_count_every_second_once) {
    static const struct {
        const char *step;
        const char *query;
        const char *sent;
        int64_t seconds;
    } cases[] = {
        {"3600", "increase(n[1h])", "increase(n[1h])", 3600},
        {"1800", "increase(n[1h])", "increase(n[1h])", 3600},
        {"7000", "increase(n[30m])", "increase(n[30m])", 1800},
        {"86400", "increase(n[1h])", "increase(n[1h])", 3600},
        {"3600", "increase(n[1d])", "increase(n[1d])", 86400},
        {"3600", "increase(n[$__interval])", "increase(n[1h])", 3600},
        {"7000", "increase(n[$__interval])", "increase(n[96m])", 5760},
        {"90", "sum(increase(n[$__interval]))", "sum(increase(n[90s]))", 90},
    };
    for (size_t i = 0; i < STAGE_COUNT(cases); i++) {
        const struct cg_test_setting settings[] = {
            {"cluster_id", "pg-1", 0},
            {"identity_source.source", "static", 0},
            {"metrics_step_seconds", cases[i].step, CG_CONFIG_INT},
            COST("0", "N", "1", "network_gib", "even_split"),
            QUERY("0", cases[i].query),
        };
        struct stage stage;
        stage_open(&stage, cg_plugin_register_generic_metrics_only(), settings, STAGE_COUNT(settings));
        stage_know(&stage, cases[i].sent, "", STAGE_DAY, DAY_END, cases[i].seconds,
                   GIB * (double)cases[i].seconds / 3600);
        cr_assert_eq(gather(&stage), CG_OK);
        cr_assert_str_eq(stage_lines(&stage), "2026-01-13 N 24.0 1 24.0\n", "%zu: %s", i, stage_lines(&stage));
        stage_close(&stage);
    }
}

Test(generic_gather, fixed_costs_need_no_metrics) {
    static const struct cg_test_setting settings[] = {{"cluster_id", "pg-1", 0},
                                                      {"identity_source.source", "static", 0},
                                                      COST("0", "A", "0.1", "fixed", "even_split"),
                                                      FIXED("0", "3")};
    struct stage stage;
    stage_open(&stage, cg_plugin_register_generic_metrics_only(), settings, STAGE_COUNT(settings));
    stage_window(&stage, STAGE_DAY, 2);
    stage.test.host.metrics = NULL;
    cr_assert_eq(gather(&stage), CG_OK);
    cr_assert_str_eq(stage_lines(&stage), "2026-01-13 A 72.0 0.1 7.20\n2026-01-14 A 72.0 0.1 7.20\n");
    stage_close(&stage);
}

Test(generic_gather, a_day_without_any_sample_has_no_lines) {
    struct stage stage;
    open_database(&stage);
    stage_window(&stage, STAGE_DAY, 2);
    know(&stage, DAY_END);
    cr_assert_eq(gather(&stage), CG_OK);
    cr_assert_str_eq(stage_lines(&stage), whole_day);
    cr_assert_str_eq(stage.test.log, "WARNING No Prometheus data for tenant=t-1 date=2026-01-14 -- skipping\n");
    stage_close(&stage);
}

Test(generic_gather, one_result_is_enough_for_a_day) {
    struct stage stage;
    open_database(&stage);
    stage_know(&stage, NET, "", STAGE_DAY, STAGE_DAY + STAGE_HOUR, 3600, GIB);
    cr_assert_eq(gather(&stage), CG_OK);
    cr_assert_str_eq(stage_lines(&stage),
                     "2026-01-13 PG_COMPUTE 48.0 0.50 24.000\n2026-01-13 PG_STORAGE 0.00 0.0001 0.000000\n"
                     "2026-01-13 PG_NET 1.0 0.03 0.030\n2026-01-13 PG_NET2 24.0 1 24.0\n",
                     "%s", stage_lines(&stage));
    stage_close(&stage);
}

Test(generic_gather, a_day_that_cannot_be_read_keeps_what_is_stored) {
    struct stage stage;
    open_database(&stage);
    stage_window(&stage, STAGE_DAY, 2);
    know(&stage, STAGE_DAY + 2 * CG_DAY_US);
    stage_fail(&stage, NET, STAGE_DAY, STAGE_DAY + 2 * CG_DAY_US, CG_TEMPORARY, "HTTP 503");
    stage_fail(&stage, NET, DAY_END, DAY_END + CG_DAY_US, CG_TEMPORARY, "HTTP 503");
    cr_assert_eq(gather(&stage), CG_OK);
    cr_assert_eq(stage.test.families[0].status, CG_TEMPORARY);
    cr_assert_str_eq(stage_lines(&stage), whole_day);
    cr_assert_str_eq(stage.test.log,
                     "WARNING Prometheus query failed for tenant=t-1 date=2026-01-14 -- skipping: HTTP 503\n");
    stage_close(&stage);
}

/* ---- inventory ---- */

Test(generic_gather, inventory) {
    struct stage stage;
    open_database(&stage);
    int64_t now = stage.test.gather.now;
    stage_know(&stage, DISCOVERY, "datname=app2", now - STAGE_HOUR, now, 300, 0);
    stage_know(&stage, DISCOVERY, "datname=app1", now - STAGE_HOUR, now, 300, 1);
    stage_know(&stage, DISCOVERY, "", now - STAGE_HOUR, now, 300, 1);
    cr_assert_eq(stage.factory->gather_inventory(stage.instance, &stage.test.gather), CG_OK);
    cr_assert_str_eq(stage_inventory(&stage),
                     "resource cluster pg-1 pg-1 - {}\nidentity principal app1 app1 {team=UNASSIGNED}\n"
                     "identity team app2 app2 {team=core}\nidentity team st1 st1 {}\nfamily cluster 0\nfamily team 0\n",
                     "%s", stage_inventory(&stage));
    stage_close(&stage);
}

Test(generic_gather, a_failing_discovery_makes_the_gather_partial) {
    struct stage stage;
    open_database(&stage);
    stage_fail(&stage, DISCOVERY, 0, 0, CG_INVALID, "HTTP 400: bad_data");
    cr_assert_eq(stage.factory->gather_inventory(stage.instance, &stage.test.gather), CG_OK);
    cr_assert_str_eq(stage_inventory(&stage),
                     "resource cluster pg-1 pg-1 - {}\nidentity team app2 app2 {team=core}\nidentity team st1 st1 {}\n"
                     "family cluster 0\nfamily generic 1 HTTP 400: bad_data\nfamily team 0\n",
                     "%s", stage_inventory(&stage));
    stage_close(&stage);
}

Test(generic_gather, says_when_nobody_is_found) {
    struct stage stage;
    open_database(&stage);
    int64_t now = stage.test.gather.now;
    stage_know(&stage, DISCOVERY, "database=app2", now - STAGE_HOUR, now, 300, 0);
    cr_assert_eq(stage.factory->gather_inventory(stage.instance, &stage.test.gather), CG_OK);
    cr_assert_str_eq(stage.test.log,
                     "WARNING identity_source.discovery_query found nobody in the last hour: it gave 1 series, none of "
                     "them with the label 'datname'; check the query and identity_source.label.\n");
    stage_close(&stage);
}
