#include "views/export.h"

#include "base/buf.h"
#include "store/support.h"

/* Many dimensions in an order that is not that of their ids, with facts of every second; another tenant's between. */
#define MANY                                                                                                           \
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO chargeback_dimensions " \
    "SELECT i, 'confluent_cloud', CASE WHEN i % 10 = 0 THEN 't-2' ELSE 't-1' END, CASE WHEN i % 3 <> 0 THEN 'r-' || "  \
    "(i * 37 % 50) END, 'K', "                                                                                         \
    "'P' || i % 2, CASE WHEN i % 2 <> 0 THEN 'Sa-' ELSE 'sa-' END || i % 7, 'usage', CASE WHEN i % 4 <> 0 THEN 'm' "   \
    "END, "                                                                                                            \
    "CASE WHEN i % 5 <> 0 THEN 'd' || i END, '' FROM n;"                                                               \
    "INSERT INTO chargeback_facts SELECT $time('2026-03-0' || day || ' 00:00:00'), dimension_id, dimension_id || '.' " \
    "|| "                                                                                                              \
    "day, "                                                                                                            \
    "'{}' FROM chargeback_dimensions, (SELECT 1 AS day UNION ALL SELECT 2 UNION ALL SELECT 3) days WHERE "             \
    "dimension_id % 6 <> 0;"                                                                                           \
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1536) INSERT INTO chargeback_facts "     \
    "SELECT datetime('2026-03-04', '+' || i || ' seconds'), 77, i, '{}' FROM n"

#define ORDERED                                                                                                \
    "SELECT d.dimension_id || ' ' || f.timestamp || ' ' || f.amount FROM chargeback_dimensions d JOIN "        \
    "chargeback_facts f ON f.dimension_id = d.dimension_id WHERE d.tenant_id = 't-1' AND f.timestamp >= "      \
    "'2026-03-02' AND f.timestamp < '2026-03-10' ORDER BY d.resource_id NULLS FIRST, d.product_category, "     \
    "d.product_type, "                                                                                         \
    "d.identity_id, d.cost_type, d.allocation_method NULLS FIRST, d.allocation_detail NULLS FIRST, d.env_id, " \
    "d.dimension_id, f.timestamp"

static void collect(struct stage *stage, const struct cg_export_question *question, struct cg_buf *out) {
    struct cg_export *walk = NULL;
    const struct cg_export_fact *fact = NULL;
    int32_t is_new = 0;
    int64_t dimension = -1;
    assert_ok(stage, cg_export_open(stage->store, question, &walk, &stage->error));
    for (;;) {
        char time[CG_TIME_TEXT_SIZE];
        assert_ok(stage, cg_export_next(walk, &fact, &is_new, &stage->error));
        if (!fact)
            break;
        int64_t id = cg_export_dimension(walk)->dimension_id;
        cr_assert_eq(is_new, id != dimension, "%d", (int)id);
        dimension = id;
        cg_buf_printf(out, "%s%lld %s %s", out->length ? "\n" : "", (long long)id,
                      cg_time_format_seconds(fact->timestamp, time), fact->amount);
    }
    assert_ok(stage, cg_export_next(walk, &fact, &is_new, &stage->error));
    cr_assert_null(fact);
    cg_export_close(walk);
}

Test(views_export, order_and_completeness) {
    struct stage stage;
    struct cg_buf text;
    const struct cg_export_question question = {.start = at("2026-03-02"), .end = at("2026-03-10")};
    stage_init(&stage);
    stage_open(&stage);
    stage_run(&stage, MANY);
    cg_buf_init(&text, 1 << 20);
    collect(&stage, &question, &text);
    assert_rows(&stage, ORDERED, cg_buf_text(&text));
    cg_buf_done(&text);
    stage_done(&stage);
}

Test(views_export, filters) {
    struct stage stage;
    struct cg_buf text;
    const struct cg_fact_filter filters[] = {
        {"identity_id", "Sa-3", 0}, {"product_type", NULL, 0}, {"resource_id", "r-2", 0}};
    struct cg_export_question question = {
        .start = at("2026-03-01"), .end = at("2026-03-02"), .filters = filters, .filter_count = 3};
    stage_init(&stage);
    stage_open(&stage);
    stage_run(&stage, MANY);
    cg_buf_init(&text, 1 << 20);
    collect(&stage, &question, &text);
    assert_rows(
        &stage,
        "SELECT d.dimension_id || ' ' || f.timestamp || ' ' || f.amount FROM chargeback_dimensions d JOIN "
        "chargeback_facts f ON f.dimension_id = d.dimension_id WHERE d.tenant_id = 't-1' AND identity_id = 'Sa-3' "
        "AND resource_id = 'r-2' AND f.timestamp = '2026-03-01 00:00:00'",
        cg_buf_text(&text));
    question.end = question.start;
    cg_buf_clear(&text);
    collect(&stage, &question, &text);
    cr_assert_eq(text.length, 0);
    cg_buf_done(&text);
    stage_done(&stage);
}

Test(views_export, columns_and_tags) {
    struct stage stage;
    struct cg_export *walk = NULL;
    const struct cg_export_fact *fact = NULL;
    int32_t is_new = 0;
    const struct cg_export_question question = {.start = at("2026-03-01"), .end = at("2026-03-02"), .with_tags = 1};
    stage_init(&stage);
    stage_open(&stage);
    stage_run(
        &stage,
        "INSERT INTO chargeback_dimensions VALUES (5, 'confluent_cloud', 't-1', 'r-1', 'K', 'P', 'sa-1', 'usage', "
        "NULL, 'd', 'env-1'); INSERT INTO chargeback_facts VALUES ('2026-03-01 00:00:00', 5, '1.50', '{}');"
        "INSERT INTO tags (tag_id, tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) "
        "SELECT column1, column2, column3, column4, column5, column6, 'ui', '2026-01-01 00:00:00.000000' FROM (VALUES "
        "(1, 't-1', 'resource', 'r-1', 'b', 'r'), (2, 't-1', 'identity', 'sa-1', 'c', 'i'), (3, 't-1', 'identity', "
        "'sa-1', 'b', 'i'), (4, 't-1', 'resource', 'r-1', 'a', 'r'), (5, 't-2', 'resource', 'r-1', 'x', 'x'), "
        "(6, 't-1', 'identity', 'r-1', 'y', 'y')) v");
    assert_ok(&stage, cg_export_open(stage.store, &question, &walk, &stage.error));
    assert_ok(&stage, cg_export_next(walk, &fact, &is_new, &stage.error));
    cr_assert_not_null(fact);
    cr_assert_str_eq(fact->amount, "1.50");
    const struct cg_export_dimension *dimension = cg_export_dimension(walk);
    cr_assert_str_eq(dimension->texts[CG_EXPORT_RESOURCE_ID], "r-1");
    cr_assert_str_eq(dimension->texts[CG_EXPORT_ALLOCATION_DETAIL], "d");
    cr_assert_str_eq(dimension->texts[CG_EXPORT_ENV_ID], "env-1");
    cr_assert_null(dimension->texts[CG_EXPORT_ALLOCATION_METHOD]);
    cr_assert_null(dimension->texts[CG_EXPORT_TOPIC_NAME]);
    char tags[64] = "";
    for (size_t i = 0; i < dimension->tag_count; i++)
        snprintf(tags + strlen(tags), sizeof tags - strlen(tags), "%s=%s;", dimension->tags[i].key,
                 dimension->tags[i].value);
    cr_assert_str_eq(tags, "c=i;b=r;a=r;");
    cg_export_close(walk);
    cg_export_close(NULL);
    stage_done(&stage);
}

/* Topics: by cluster, then by dimension. */
Test(views_export, topics) {
    struct stage stage;
    struct cg_buf text;
    const struct cg_export_question question = {
        .kind = CG_FACTS_TOPIC, .start = at("2026-03-01"), .end = at("2026-03-02"), .with_tags = 1};
    stage_init(&stage);
    stage_open(&stage);
    stage_run(
        &stage,
        "INSERT INTO topic_attribution_dimensions SELECT column1, 'confluent_cloud', column2, 'e', column3, column4, "
        "'K', 'P', 'm', column3 || ':topic:' || column4 FROM (VALUES (1, 't-1', 'lkc-2', 'a'), (2, 't-1', 'lkc-1', "
        "'z'), (3, 't-1', 'lkc-1', 'b'), (4, 't-2', 'lkc-1', 'c')) v;"
        "INSERT INTO topic_attribution_facts SELECT '2026-03-01 00:00:00', dimension_id, '1' FROM "
        "topic_attribution_dimensions");
    cg_buf_init(&text, 1 << 20);
    collect(&stage, &question, &text);
    cr_assert_str_eq(cg_buf_text(&text), "2 2026-03-01 00:00:00 1\n3 2026-03-01 00:00:00 1\n1 2026-03-01 00:00:00 1");
    cg_buf_done(&text);
    stage_done(&stage);
}
