#include <stdlib.h>

#include "store/select.h"
#include "store/support.h"
#include "views/chargebacks.h"

/* 50 dimensions of the tenant and, with `others`, 50 of another one; a fact of each for every hour of 25 days. */
static void fill(struct stage *stage, int others) {
    char sql[2048];
    stage_init(stage);
    stage_open(stage);
    const char *tenant = cg_store_tenant_id(stage->store);
    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < %d) "
             "INSERT INTO chargeback_dimensions SELECT n + 1, 'confluent_cloud', "
             "CASE WHEN n %% 2 = 0 OR %d = 0 THEN '%s' ELSE 'other' END, 'lkc-' || (n %% 3), 'KAFKA', 'P' || (n %% 5), "
             "'sa-' || (n %% 7), CASE WHEN n < 90 THEN 'usage' ELSE 'shared' END, NULL, NULL, '' FROM n",
             others ? 99 : 49, others, tenant);
    stage_run(stage, sql);
    stage_run(stage, "WITH RECURSIVE h(h) AS (SELECT 0 UNION ALL SELECT h + 1 FROM h WHERE h < 599) "
                     "INSERT INTO chargeback_facts SELECT datetime('2026-01-01', '+' || h || ' hours'), dimension_id, "
                     "dimension_id || '.' || h, '{}' FROM h, chargeback_dimensions");
    snprintf(sql, sizeof sql,
             "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) VALUES "
             "('%s', 'resource', 'lkc-1', 'team', 'a', 'x', '2026-01-01 00:00:00.000000'),"
             "('%s', 'identity', 'sa-3', 'team', 'a', 'x', '2026-01-01 00:00:00.000000'),"
             "('%s', 'identity', 'sa-4', 'team', 'b', 'x', '2026-01-01 00:00:00.000000'),"
             "('other', 'resource', 'lkc-2', 'team', 'a', 'x', '2026-01-01 00:00:00.000000')",
             tenant, tenant, tenant);
    stage_run(stage, sql);
}

/* What is asked, and the same as a condition on dimensions for the comparison. */
static const struct {
    const char *name;
    const char *start;
    const char *end;
    struct cg_fact_filter filter;
    const char *tag_key;
    const char *tag_value;
    const char *condition;
} sets[] = {
    {.name = "everything", .start = "2026-01-01", .end = "2026-02-01", .condition = "TRUE"},
    {.name = "one day", .start = "2026-01-07", .end = "2026-01-08", .condition = "TRUE"},
    {.name = "an odd range", .start = "2026-01-07 05:00:01", .end = "2026-01-08 05:00:00", .condition = "TRUE"},
    {.name = "all years", .start = "0001-01-01", .end = "9999-12-31", .condition = "TRUE"},
    {.name = "few",
     .start = "2026-01-01",
     .end = "2026-02-01",
     .filter = {"identity_id", "sa-3", 0},
     .condition = "identity_id = 'sa-3'"},
    {.name = "many",
     .start = "2026-01-01",
     .end = "2026-02-01",
     .filter = {"cost_type", "usage", 0},
     .condition = "cost_type = 'usage'"},
    {.name = "none",
     .start = "2026-01-01",
     .end = "2026-02-01",
     .filter = {"product_type", "x", 0},
     .condition = "product_type = 'x'"},
    {.name = "a tag",
     .start = "2026-01-03",
     .end = "2026-02-01",
     .tag_key = "team",
     .condition = "(resource_id = 'lkc-1' OR identity_id IN ('sa-3', 'sa-4'))"},
    {.name = "a tag's value",
     .start = "2026-01-03",
     .end = "2026-02-01",
     .tag_key = "team",
     .tag_value = "a",
     .condition = "(resource_id = 'lkc-1' OR identity_id = 'sa-3')"},
    {.name = "a hidden value",
     .start = "2026-01-03",
     .end = "2026-02-01",
     .tag_key = "team",
     .tag_value = "b",
     .condition = "(resource_id <> 'lkc-1' AND identity_id = 'sa-4')"},
    {.name = "a value without a key",
     .start = "2026-01-03",
     .end = "2026-01-05",
     .tag_value = "b",
     .condition = "TRUE"},
};

#define SETS (sizeof sets / sizeof *sets)

static struct cg_fact_set set_of(size_t index) {
    return (struct cg_fact_set){
        .kind = CG_FACTS_CHARGEBACK,
        .start = at(sets[index].start),
        .end = at(sets[index].end),
        .filters = &sets[index].filter,
        .filter_count = sets[index].filter.column ? 1 : 0,
        .tag_key = sets[index].tag_key,
        .tag_value = sets[index].tag_value,
    };
}

static int64_t count_of(struct stage *stage, size_t index) {
    char sql[1024];
    struct cg_fact_set set = set_of(index);
    char texts[2][CG_TIME_TEXT_SIZE];
    snprintf(sql, sizeof sql,
             "SELECT COUNT(*) FROM chargeback_facts JOIN chargeback_dimensions USING (dimension_id) WHERE "
             "tenant_id = '%s' AND timestamp >= '%s' AND timestamp < '%s' AND %s",
             cg_store_tenant_id(stage->store), cg_time_format_seconds(set.start, texts[0]),
             cg_time_format_seconds(set.end, texts[1]), sets[index].condition);
    return strtoll(stage_rows(stage, sql), NULL, 10);
}

/* Where a walk through all pages is. */
struct walk {
    size_t index;
    struct cg_fact_set set;
    int64_t seen;
    int64_t time;
    int64_t dimension;
};

static void take(struct walk *walk, const struct cg_view_chargeback *row) {
    const char *name = sets[walk->index].name;
    cr_assert(row->timestamp > walk->time || (row->timestamp == walk->time && row->dimension_id > walk->dimension),
              "%s: row %lld", name, (long long)walk->seen);
    cr_assert(row->timestamp >= walk->set.start && row->timestamp < walk->set.end, "%s", name);
    cr_assert_eq(strtoll(row->amount, NULL, 10), row->dimension_id, "%s: %s", name, row->amount);
    walk->time = row->timestamp;
    walk->dimension = row->dimension_id;
    walk->seen++;
}

/* Pages put together are every row once, in ascending order, and their number is what is told. */
static void walk_through(struct stage *stage, size_t index, int64_t limit) {
    struct walk walk = {.index = index, .set = set_of(index), .time = INT64_MIN};
    int64_t wanted = count_of(stage, index);
    for (int64_t offset = 0; offset < wanted + limit; offset += limit) {
        struct cg_view_chargeback_page page;
        cg_arena_reset(stage->arena);
        assert_ok(stage,
                  cg_view_chargebacks(stage->store, &walk.set, offset, limit, stage->arena, &page, &stage->error));
        cr_assert_eq(page.total, wanted, "%s: %lld, not %lld", sets[index].name, (long long)page.total,
                     (long long)wanted);
        for (size_t i = 0; i < page.count; i++)
            take(&walk, &page.rows[i]);
    }
    cr_assert_eq(walk.seen, wanted, "%s: %lld rows of %lld", sets[index].name, (long long)walk.seen, (long long)wanted);
}

Test(views_fact_page, pages_of_the_only_tenant) {
    struct stage stage;
    fill(&stage, 0);
    for (size_t i = 0; i < SETS; i++)
        walk_through(&stage, i, 997);
    stage_done(&stage);
}

Test(views_fact_page, pages_beside_another_tenant) {
    struct stage stage;
    fill(&stage, 1);
    for (size_t i = 0; i < SETS; i++)
        walk_through(&stage, i, 997);
    stage_done(&stage);
}

Test(views_fact_page, whether_a_tenant_is_alone) {
    static const char *const others[][2] = {
        {"confluent_cloud", "a"}, {"confluent_cloud", "zzz"}, {"a", "t-1"}, {"zzz", "t-1"}};
    struct stage stage;
    int32_t alone = 0;
    fill(&stage, 0);
    assert_ok(&stage, cg_fact_is_alone(stage.store, CG_FACTS_CHARGEBACK, &alone, &stage.error));
    cr_assert_eq(alone, 1);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char sql[256];
        snprintf(sql, sizeof sql,
                 "INSERT INTO chargeback_dimensions VALUES (1000, '%s', '%s', '', '', '', '', '', '', '', '')",
                 others[i][0], others[i][1]);
        stage_run(&stage, sql);
        assert_ok(&stage, cg_fact_is_alone(stage.store, CG_FACTS_CHARGEBACK, &alone, &stage.error));
        cr_assert_eq(alone, 0, "%s", others[i][0]);
        assert_ok(&stage, cg_fact_is_alone(stage.store, CG_FACTS_TOPIC, &alone, &stage.error));
        cr_assert_eq(alone, 1, "%s", others[i][0]);
        stage_run(&stage, "DELETE FROM chargeback_dimensions WHERE dimension_id = 1000");
    }
    stage_done(&stage);
}

Test(views_fact_page, behind_the_end) {
    struct stage stage;
    struct cg_fact_set set = set_of(0);
    struct cg_view_chargeback_page page;
    fill(&stage, 0);
    assert_ok(&stage, cg_view_chargebacks(stage.store, &set, INT64_MAX - 1000, 1000, stage.arena, &page, &stage.error));
    cr_assert_eq(page.count, 0);
    cr_assert_eq(page.total, 30000);
    assert_ok(&stage, cg_view_chargebacks(stage.store, &set, 29999, 1000, stage.arena, &page, &stage.error));
    cr_assert_eq(page.count, 1);
    cr_assert_eq(page.rows[0].dimension_id, 50);
    stage_done(&stage);
}
