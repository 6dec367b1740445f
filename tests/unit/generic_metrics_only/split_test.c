/* Who is charged for what. */
#include "database.h"

#include <criterion/criterion.h>

#define DAY_END (STAGE_DAY + CG_DAY_US)

static const struct cg_test_setting database[] = {DATABASE};

static void know(struct stage *stage) {
    stage_know(stage, DISCOVERY, "datname=app1", STAGE_DAY, DAY_END, 3600, 1);
    stage_know(stage, DISCOVERY, "datname=app2", STAGE_DAY, DAY_END, 3600, 0);
    stage_know(stage, DISCOVERY, "", STAGE_DAY, DAY_END, 3600, 1);
    stage_know(stage, USE, "datname=app1", STAGE_DAY, DAY_END, 3600, 3);
    stage_know(stage, USE, "datname=app2", STAGE_DAY, DAY_END, 3600, 0);
    stage_know(stage, USE, "datname=app3", STAGE_DAY, DAY_END, 3600, 1);
    stage_know(stage, "sum by (usr) (x)", "usr=u1", STAGE_DAY, DAY_END, 3600, 3);
    stage_know(stage, "sum by (usr) (x)", "usr=u2", STAGE_DAY, DAY_END, 3600, 1);
}

static void check(struct stage *stage, const char *product, const char *amount, const char *expected) {
    const char *rows = stage_rows(stage, product, amount);
    cr_assert_str_eq(rows, expected, "%s:\n%s", product, rows);
}

static void open_database(struct stage *stage) {
    stage_open(stage, cg_plugin_register_generic_metrics_only(), database, STAGE_COUNT(database));
}

/* app3 shows in the network's metrics only, so it has no part in what is not network. */
Test(generic_split, a_line_looks_at_its_own_queries) {
    struct stage stage;
    open_database(&stage);
    know(&stage);
    check(&stage, "PG_COMPUTE", "24.000",
          "app1 shared 8.0000 even_split even_split_allocation 0\napp2 shared 8.0000 even_split even_split_allocation "
          "0\nst1 shared 8.0000 even_split even_split_allocation 0\n");
    check(&stage, "PG_STORAGE", "0.024000",
          "app1 shared 0.0080 even_split even_split_allocation 0\napp2 shared 0.0080 even_split even_split_allocation "
          "0\nst1 shared 0.0080 even_split even_split_allocation 0\n");
    check(&stage, "PG_NET", "0.750",
          "app1 usage 0.5625 usage_ratio usage_ratio_allocation 0\napp3 usage 0.1875 usage_ratio "
          "usage_ratio_allocation 0\n");
    check(&stage, "PG_NET2", "24.0",
          "u1 usage 18.0000 usage_ratio usage_ratio_allocation 0\nu2 usage 6.0000 usage_ratio usage_ratio_allocation "
          "0\n");
    stage_close(&stage);
}

Test(generic_split, without_use_everybody_shares) {
    struct stage stage;
    open_database(&stage);
    stage_know(&stage, DISCOVERY, "datname=app1", STAGE_DAY, DAY_END, 3600, 1);
    stage_know(&stage, USE, "datname=app3", STAGE_DAY, DAY_END, 3600, 0);
    check(&stage, "PG_NET", "1",
          "app1 shared 0.2500 even_split no_metrics_located 1\napp2 shared 0.2500 even_split no_metrics_located 1\n"
          "app3 shared 0.2500 even_split no_metrics_located 1\nst1 shared 0.2500 even_split no_metrics_located 1\n");
    check(&stage, "PG_NET2", "0.9",
          "app1 shared 0.3000 even_split no_metrics_located 1\napp2 shared 0.3000 even_split no_metrics_located 1\n"
          "st1 shared 0.3000 even_split no_metrics_located 1\n");
    stage_close(&stage);
}

Test(generic_split, a_failed_fetch_shows_in_the_rows) {
    struct stage stage;
    open_database(&stage);
    know(&stage);
    stage_fail(&stage, USE, 0, 0, CG_TEMPORARY, "no");
    check(&stage, "PG_COMPUTE", "1",
          "app2 shared 0.5000 even_split metrics_fetch_failed 0\nst1 shared 0.5000 even_split metrics_fetch_failed "
          "0\n");
    check(&stage, "PG_NET", "1",
          "app2 shared 0.5000 even_split metrics_fetch_failed 1\nst1 shared 0.5000 even_split metrics_fetch_failed "
          "1\n");
    stage_close(&stage);
}

Test(generic_split, nobody) {
    static const struct cg_test_setting settings[] = {
        {"cluster_id", "pg-1", 0},
        {"identity_source.discovery_query", DISCOVERY, 0},
        COST("0", "A", "1", "fixed", "even_split"),
        FIXED("0", "1"),
        COST("1", "B", "1", "fixed", "usage_ratio"),
        FIXED("1", "1"),
        BY("1", "y[$__interval]", "usr"),
        {"metrics_step_seconds", "1800", CG_CONFIG_INT},
    };
    struct stage stage;
    stage_open(&stage, cg_plugin_register_generic_metrics_only(), settings, STAGE_COUNT(settings));
    check(&stage, "A", "24.000", "UNALLOCATED shared 24.000 terminal no_identities_located 1\n");
    check(&stage, "B", "0.00", "UNALLOCATED shared 0.00 terminal no_identities_located 2\n");
    stage_fail(&stage, DISCOVERY, 0, 0, CG_TEMPORARY, "no");
    check(&stage, "A", "24.000", "UNALLOCATED shared 24.000 terminal metrics_fetch_failed 1\n");
    const struct cg_product *product = stage.description.services[0]->products[1];
    cr_assert_str_eq(product->metrics[0]->expression, "y[30m]");
    cr_assert_str_eq(product->metrics[0]->key, "alloc_B");
    cr_assert_eq(product->metrics[0]->flags, CG_METRIC_TRAILING | CG_METRIC_LITERAL);
    cr_assert_str_eq(product->metrics[1]->key, "discovery");
    cr_assert_eq(product->metrics[1]->flags, CG_METRIC_LITERAL);
    stage_close(&stage);
}
