/* Who is charged for what. */
#include "cluster.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMPUTE "8.640"
#define STORAGE "0.02400000000223517417907714845"
#define INGRESS "0.2759474270325154066085815430"
#define EGRESS "0.0"

static void use(struct stage *stage, const char *expression, const char *principal, double value) {
    char label[128];
    (void)snprintf(label, sizeof label, "principal=%s", principal);
    stage_know(stage, expression, label, STAGE_DAY, STAGE_DAY + CG_DAY_US, 3600, value);
}

static void know(struct stage *stage) {
    use(stage, USED_IN, "alice", 3e8);
    use(stage, USED_IN, "bob", 1e8);
    use(stage, USED_IN, "zero", 0);
    use(stage, USED_OUT, "alice", 1);
    use(stage, USED_OUT, "bob", 1);
    use(stage, USED_OUT, "carol", 1);
}

struct expectation {
    const char *product;
    const char *amount;
    const char *rows;
};

static void check(struct stage *stage, const struct expectation *expected, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *rows = stage_rows(stage, expected[i].product, expected[i].amount);
        cr_assert_str_eq(rows, expected[i].rows, "%s:\n%s", expected[i].product, rows);
    }
}

Test(self_kafka_split, follows_use) {
    static const struct expectation expected[] = {
        {"SELF_KAFKA_COMPUTE", COMPUTE,
         "alice usage 2.1600 even_split - 0\nbob usage 2.1600 even_split - 0\ncarol usage 2.1600 even_split - 0\n"
         "zero usage 2.1600 even_split - 0\n"},
        /* Below 0.0001 the first row has it. */
        {"SELF_KAFKA_STORAGE", STORAGE,
         "alice usage 0.00600000000223517417907714845 even_split - 0\nbob usage 0.0060 even_split - 0\n"
         "carol usage 0.0060 even_split - 0\nzero usage 0.0060 even_split - 0\n"},
        {"SELF_KAFKA_NETWORK_INGRESS", INGRESS,
         "alice usage 0.2069474270325154066085815430 usage_ratio usage_ratio_allocation 0\n"
         "bob usage 0.0690 usage_ratio usage_ratio_allocation 0\n"},
        {"SELF_KAFKA_NETWORK_EGRESS", EGRESS,
         "alice usage 0.0000 usage_ratio usage_ratio_allocation 0\n"
         "bob usage 0.0000 usage_ratio usage_ratio_allocation 0\n"
         "carol usage 0.0000 usage_ratio usage_ratio_allocation 0\n"},
    };
    struct stage stage;
    cluster_open(&stage, NULL, 0);
    know(&stage);
    check(&stage, expected, STAGE_COUNT(expected));
    stage_close(&stage);
}

Test(self_kafka_split, may_leave_out_who_is_idle) {
    static const struct cg_test_setting more[] = {{"identity_source.include_idle_principals", "false", CG_CONFIG_BOOL}};
    static const struct expectation expected[] = {
        {"SELF_KAFKA_COMPUTE", COMPUTE,
         "alice usage 2.8800 even_split - 0\nbob usage 2.8800 even_split - 0\ncarol usage 2.8800 even_split - 0\n"},
    };
    struct stage stage;
    cluster_open(&stage, more, 1);
    know(&stage);
    check(&stage, expected, 1);
    stage_close(&stage);
}

#define STATIC_TEAMS                                                        \
    {"identity_source.static_identities.0.identity_id", "team-b", 0},       \
        {"identity_source.static_identities.0.identity_type", "team", 0},   \
        {"identity_source.static_identities.1.identity_id", "team-a", 0}, { \
        "identity_source.static_identities.1.identity_type", "team", 0      \
    }

Test(self_kafka_split, static_identities_share) {
    static const struct cg_test_setting more[] = {{"identity_source.source", "static", 0}, STATIC_TEAMS};
    static const struct expectation expected[] = {
        {"SELF_KAFKA_COMPUTE", COMPUTE,
         "team-a shared 4.3200 even_split no_active_identities_located 1\n"
         "team-b shared 4.3200 even_split no_active_identities_located 1\n"},
        {"SELF_KAFKA_NETWORK_INGRESS", INGRESS,
         "team-a shared 0.1379474270325154066085815430 even_split no_metrics_located 1\n"
         "team-b shared 0.1380 even_split no_metrics_located 1\n"},
    };
    struct stage stage;
    cluster_open(&stage, more, STAGE_COUNT(more));
    know(&stage);
    cr_assert_eq(stage.description.services[0]->products[0]->metric_count, 0u);
    check(&stage, expected, STAGE_COUNT(expected));
    stage_close(&stage);
}

Test(self_kafka_split, a_failed_fetch_shows_in_the_rows) {
    static const struct expectation expected[] = {
        {"SELF_KAFKA_COMPUTE", COMPUTE, "UNALLOCATED shared 8.640 terminal metrics_fetch_failed 2\n"},
        {"SELF_KAFKA_STORAGE", STORAGE,
         "UNALLOCATED shared 0.02400000000223517417907714845 terminal metrics_fetch_failed 2\n"},
        {"SELF_KAFKA_NETWORK_INGRESS", INGRESS,
         "UNALLOCATED shared 0.2759474270325154066085815430 terminal metrics_fetch_failed 2\n"},
        {"SELF_KAFKA_NETWORK_EGRESS", EGRESS, "UNALLOCATED shared 0.0 terminal metrics_fetch_failed 2\n"},
    };
    struct stage stage;
    cluster_open(&stage, NULL, 0);
    know(&stage);
    stage_fail(&stage, USED_OUT, 0, 0, CG_TEMPORARY, "no");
    check(&stage, expected, STAGE_COUNT(expected));
    stage_close(&stage);
}

Test(self_kafka_split, without_metrics_nobody_is_charged) {
    static const struct expectation expected[] = {
        {"SELF_KAFKA_COMPUTE", COMPUTE, "UNALLOCATED shared 8.640 terminal no_identities_located 2\n"},
        {"SELF_KAFKA_NETWORK_EGRESS", EGRESS, "UNALLOCATED shared 0.0 terminal no_identities_located 2\n"},
    };
    struct stage stage;
    cluster_open(&stage, NULL, 0);
    check(&stage, expected, STAGE_COUNT(expected));
    stage_close(&stage);
}

/* The list stands in while no principal is known, and only then. */
Test(self_kafka_split, the_list_stands_in_for_principals) {
    static const struct cg_test_setting more[] = {STATIC_TEAMS};
    static const struct expectation without[] = {{"SELF_KAFKA_COMPUTE", COMPUTE,
                                                  "team-a shared 4.3200 even_split no_active_identities_located 1\n"
                                                  "team-b shared 4.3200 even_split no_active_identities_located 1\n"}};
    static const struct expectation with[] = {
        {"SELF_KAFKA_COMPUTE", COMPUTE, "alice usage 8.6400 even_split - 0\n"},
        {"SELF_KAFKA_NETWORK_EGRESS", "1", "UNALLOCATED shared 1 terminal no_identities_located 2\n"}};
    struct stage stage;
    cluster_open(&stage, more, STAGE_COUNT(more));
    check(&stage, without, 1);
    use(&stage, USED_IN, "alice", 1);
    check(&stage, with, 2);
    stage_close(&stage);
}

Test(self_kafka_split, both_sources_and_a_failed_fetch) {
    static const struct cg_test_setting more[] = {
        {"identity_source.source", "both", 0},
        {"identity_source.static_identities.0.identity_id", "s1", 0},
        {"identity_source.static_identities.0.identity_type", "team", 0},
    };
    static const struct expectation expected[] = {
        {"SELF_KAFKA_COMPUTE", COMPUTE, "s1 shared 8.6400 even_split metrics_fetch_failed 1\n"},
        {"SELF_KAFKA_NETWORK_INGRESS", INGRESS,
         "s1 shared 0.2759474270325154066085815430 even_split metrics_fetch_failed 1\n"},
    };
    struct stage stage;
    cluster_open(&stage, more, STAGE_COUNT(more));
    stage_fail(&stage, USED_IN, 0, 0, CG_TEMPORARY, "no");
    check(&stage, expected, STAGE_COUNT(expected));
    stage_close(&stage);
}

Test(self_kafka_split, principals_may_be_called_anything) {
    static const char *const names[] = {"User:CN=\"a b\",OU=x.y", "User:\\\\dom\\u", "User:Zoë Ж 名", "*", "'"};
    struct stage stage;
    cluster_open(&stage, NULL, 0);
    for (size_t i = 0; i < STAGE_COUNT(names); i++) {
        use(&stage, USED_IN, names[i], 1);
    }
    const char *rows = stage_rows(&stage, "SELF_KAFKA_NETWORK_INGRESS", "1");
    for (size_t i = 0; i < STAGE_COUNT(names); i++) {
        char row[200];
        (void)snprintf(row, sizeof row, "%s usage 0.2000 usage_ratio usage_ratio_allocation 0\n", names[i]);
        cr_assert_not_null(strstr(rows, row), "%s:\n%s", names[i], rows);
    }
    stage_close(&stage);
}

/* Ten thousand principals are a big cluster, not a problem. */
Test(self_kafka_split, shares_among_ten_thousand, .timeout = 60) {
    enum { COUNT = 10000 };
    struct stage stage;
    cluster_open(&stage, NULL, 0);
    struct cg_metric_series *series = calloc(COUNT, sizeof *series);
    struct cg_metric_point *points = calloc(COUNT, sizeof *points);
    struct cg_field *labels = calloc(COUNT, sizeof *labels);
    cr_assert(series != NULL && points != NULL && labels != NULL);
    for (size_t i = 0; i < COUNT; i++) {
        labels[i] = (struct cg_field){.key = "principal",
                                      .value = cg_metered_printf(&stage.memory, "User:%zu", (i * 7919) % COUNT)};
        points[i] = (struct cg_metric_point){STAGE_DAY, (double)(i + 1)};
        series[i] = (struct cg_metric_series){.struct_size = sizeof *series,
                                              .label_count = 1,
                                              .labels = &labels[i],
                                              .points = &points[i],
                                              .point_count = 1};
    }
    const struct cg_test_metrics metrics[] = {{.expression = USED_IN, .series = series, .series_count = COUNT}};
    stage.test.metrics = metrics;
    stage.test.metrics_count = 1;
    (void)stage_rows(&stage, "SELF_KAFKA_COMPUTE", "123456.78901234567890123");
    cr_assert_eq(stage.test.row_count, (size_t)COUNT);
    (void)stage_rows(&stage, "SELF_KAFKA_NETWORK_INGRESS", "123456.78901234567890123");
    cr_assert_eq(stage.test.row_count, (size_t)COUNT);
    stage_close(&stage);
    free(series);
    free(points);
    free(labels);
}
