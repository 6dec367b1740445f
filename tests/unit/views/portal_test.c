#include "views/portal.h"

#include <stdlib.h>

#include "store/support.h"

static void open_with(struct stage *stage, const char *sql) {
    stage_init(stage);
    stage_open(stage);
    stage_run(stage, sql);
}

/* ---- costs ---- */

#define LINES                                                                                                       \
    "INSERT INTO ccloud_billing (ecosystem, tenant_id, timestamp, env_id, resource_id, product_type, "              \
    "product_category, quantity, unit_price, total_cost, currency, granularity) SELECT 'confluent_cloud', "         \
    "column1, $time(column2), column3, column4, 'TYPE', column5, '1', '1', column6, column7, 'daily' FROM (VALUES " \
    "('t-1', '2026-03-01 00:00:00', 'env-1', 'lkc-1', 'KAFKA', '10.2000', 'USD'), "                                 \
    "('t-1', '2026-03-02 00:00:00', 'env-1', 'lkc-1', 'KAFKA', '-0.1', 'USD'), "                                    \
    "('t-1', '2026-03-02 00:00:00', 'env-1', 'lkc-2', 'KAFKA', '1E-7', 'USD'), "                                    \
    "('t-1', '2026-03-02 00:00:00', 'env-2', 'lkc-3', 'KAFKA', '1E+3', 'USD'), "                                    \
    "('t-1', '2026-03-02 00:00:00', '', 'org', 'SUPPORT', '-30', 'USD'), "                                          \
    "('t-1', '2026-03-03 00:00:00', '', 'org', 'SUPPORT', '999999999999999999.000000000000000001', 'USD'), "        \
    "('t-1', '2026-03-04 00:00:00', '', 'org', 'SUPPORT', '5', 'EUR'), "                                            \
    "('t-2', '2026-03-02 00:00:00', 'env-1', 'lkc-1', 'KAFKA', '77', 'USD')) v"

static void describe(const struct cg_view_cost *costs, size_t count, enum cg_view_cost_key key, char *ret,
                     size_t size) {
    size_t length = 0;
    *ret = '\0';
    for (size_t i = 0; i < count; i++) {
        char net[CG_DECIMAL_TEXT_SIZE];
        char credits[CG_DECIMAL_TEXT_SIZE];
        cg_decimal_format(&costs[i].net, net);
        cg_decimal_format(&costs[i].credits, credits);
        length += (size_t)snprintf(ret + length, size - length, "%s[%s] %d %s %s", i ? "; " : "",
                                   key == CG_VIEW_COST_PRODUCT ? costs[i].product : costs[i].environment,
                                   (int)costs[i].records, net, credits);
        cr_assert_lt(length, size);
    }
}

Test(views_portal, costs_are_exact_sums_of_a_window) {
    struct stage stage;
    static const struct {
        const char *name;
        const char *start;
        const char *end;
        enum cg_view_cost_key key;
        const char *wanted;
    } rows[] = {
        {"one day", "2026-03-01", "2026-03-02", CG_VIEW_COST_PRODUCT, "[KAFKA] 1 10.2000 0"},
        {"the end is exclusive, credits are apart", "2026-03-01", "2026-03-03", CG_VIEW_COST_PRODUCT,
         "[KAFKA] 4 1010.1000001 -0.1; [SUPPORT] 1 -30 -30"},
        {"by environment", "2026-03-01", "2026-03-03", CG_VIEW_COST_ENVIRONMENT,
         "[] 1 -30 -30; [env-1] 3 10.1000001 -0.1; [env-2] 1 1000 0"},
        {"to the last digit", "2026-03-02", "2026-03-04", CG_VIEW_COST_PRODUCT,
         "[KAFKA] 3 999.9000001 -0.1; [SUPPORT] 2 999999999999999969.000000000000000001 -30"},
        {"nothing", "2026-02-01", "2026-03-01", CG_VIEW_COST_PRODUCT, ""},
    };
    open_with(&stage, LINES);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cg_list costs = {0};
        struct cg_view_cost *sums = NULL;
        size_t count = 0;
        char text[1024];
        assert_ok(&stage,
                  cg_view_costs(stage.store, at(rows[i].start), at(rows[i].end), stage.arena, &costs, &stage.error));
        assert_ok(&stage, cg_view_costs_join(&costs, rows[i].key, stage.arena, &sums, &count, &stage.error));
        describe(sums, count, rows[i].key, text, sizeof text);
        cr_expect_str_eq(text, rows[i].wanted, "%s: %s", rows[i].name, text);
        cg_list_done(&costs);
    }
    stage_done(&stage);
}

Test(views_portal, other_currencies_are_told_apart) {
    struct stage stage;
    struct cg_list costs = {0};
    size_t foreign = 0;
    open_with(&stage, LINES);
    assert_ok(&stage,
              cg_view_costs(stage.store, at("2026-03-03"), at("2026-03-05"), stage.arena, &costs, &stage.error));
    cr_assert_eq(costs.count, 2);
    for (size_t i = 0; i < costs.count; i++)
        foreign += strcmp(((const struct cg_view_cost *)costs.items[i])->currency, "EUR") == 0;
    cr_assert_eq(foreign, 1);
    cg_list_done(&costs);
    stage_done(&stage);
}

Test(views_portal, a_sum_that_is_too_long_is_an_error) {
    struct cg_error error = {0};
    struct cg_view_cost sum = {.product = "a", .net = number("99999999999999999999999999999999999999")};
    const struct cg_view_cost cost = {.product = "a", .net = number("1"), .records = 1};
    cr_assert_eq(cg_view_cost_add(&sum, &cost, &error), CG_RANGE);
    cr_assert_eq(sum.records, 0);
    cr_assert_eq(error.status, CG_RANGE);
}

/* ---- places ---- */

struct heard {
    char text[1024];
    size_t length;
};

static void hear(void *user, const struct cg_view_place *place) {
    struct heard *heard = user;
    heard->length += (size_t)snprintf(
        heard->text + heard->length, sizeof heard->text - heard->length, "%s%s|%s|%s|%s|%s|%s|%s",
        heard->length ? " " : "", place->id, place->name ? place->name : "-", place->parent_id ? place->parent_id : "-",
        place->type, place->cloud ? place->cloud : "-", place->region ? place->region : "-", place->status);
    cr_assert_lt(heard->length, sizeof heard->text);
}

Test(views_portal, environments_and_clusters) {
    struct stage stage;
    struct heard environments = {.length = 0};
    struct heard clusters = {.length = 0};
    open_with(&stage,
              "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, display_name, parent_id, "
              "status, cloud, region) VALUES "
              "('confluent_cloud', 't-1', 'env-2', 'environment', NULL, NULL, 'deleted', NULL, NULL), "
              "('confluent_cloud', 't-1', 'env-1', 'environment', 'Production', NULL, 'active', NULL, NULL), "
              "('confluent_cloud', 't-2', 'env-3', 'environment', 'theirs', NULL, 'active', NULL, NULL), "
              "('confluent_cloud', 't-1', 'lkc-1', 'kafka_cluster', 'orders', 'env-1', 'active', 'aws', 'eu'), "
              "('confluent_cloud', 't-1', 'lkc-1:topic:a', 'topic', 'a', 'lkc-1', 'active', NULL, NULL), "
              "('confluent_cloud', 't-1', 'Lkc', 'cluster', NULL, NULL, 'active', NULL, NULL)");
    assert_ok(&stage, cg_view_places(stage.store, 0, hear, &environments, &stage.error));
    assert_ok(&stage, cg_view_places(stage.store, 1, hear, &clusters, &stage.error));
    cr_expect_str_eq(environments.text, "env-1|Production|-|environment|-|-|active env-2|-|-|environment|-|-|deleted");
    cr_expect_str_eq(clusters.text, "Lkc|-|-|cluster|-|-|active lkc-1|orders|env-1|kafka_cluster|aws|eu|active");
    stage_done(&stage);
}
