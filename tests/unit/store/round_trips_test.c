/* How often a date, or a request with many tags, has to wait for its database: not once for each row or dimension. */
#include "store/tags.h"
#include "support.h"

#define ROWS 1000

/* A driver that counts what waits for an answer. */
static struct cg_sql_driver counting;
static size_t waits;

static cg_status count_step(struct cg_sql_statement *statement) {
    cg_status status = stage_driver()->step(statement);
    waits += status != CG_SQL_ROW;
    return status;
}

static cg_status count_execute(struct cg_sql_connection *connection, const char *sql) {
    waits++;
    return stage_driver()->execute(connection, sql);
}

static void open_counting(struct stage *stage, uint32_t flags) {
    const struct cg_store_key key = {"confluent_cloud", "t-1", "acme", 1};
    counting = *stage_driver();
    counting.step = count_step;
    counting.execute = count_execute;
    assert_ok(stage,
              cg_store_open(&counting, NULL, &stage->target, &key, flags, stage->logger, &stage->store, &stage->error));
}

/* A date of as many lines and rows, all of different dimensions. Returns the waits. */
static size_t write_date(struct stage *stage, const char *date, const char *prefix) {
    static struct cg_billing_line lines[ROWS];
    static const struct cg_billing_line *pointers[ROWS];
    static struct cg_fact facts[ROWS];
    static struct cg_topic_fact topics[ROWS];
    static char names[ROWS][32];
    int32_t changed = 0;
    for (size_t i = 0; i < ROWS; i++) {
        snprintf(names[i], sizeof names[i], "%s-%zu", prefix, i);
        lines[i] = line_of(date, "e", names[i], "A", "1.5");
        pointers[i] = &lines[i];
        facts[i] = fact_of(date, "e", names[i], "A", names[i], "1.5");
        topics[i] = topic_of(date, names[i], "A", "1.5");
    }
    stage_add_run(stage, 7);
    waits = 0;
    assert_ok(stage, cg_store_replace_billing(stage->store, at(date), at(date) + DAY, pointers, ROWS, at(date), NULL,
                                              &stage->error));
    assert_ok(stage, stage_write(stage, date, facts, ROWS, &changed));
    cr_assert_eq(changed, 1);
    assert_ok(stage, stage_attribute(stage, date, topics, ROWS, &changed));
    return waits;
}

Test(store_round_trips, a_date_does_not_wait_for_each_row) {
    struct stage stage;
    stage_init(&stage);
    if (!stage_on_postgres())
        cr_skip_test("there is nothing to wait for");
    for (uint32_t flags = 0; flags <= CG_STORE_MONTHLY; flags += CG_STORE_MONTHLY) {
        open_counting(&stage, flags);
        size_t first = write_date(&stage, flags ? "2026-02-10" : "2026-01-10", flags ? "c" : "a");
        size_t second = write_date(&stage, flags ? "2026-02-11" : "2026-01-11", flags ? "c" : "a");
        size_t third = write_date(&stage, flags ? "2026-02-11" : "2026-01-11", flags ? "d" : "b");
        cg_store_close(stage.store);
        stage.store = NULL;
        cr_assert_lt(first, 80, "%zu", first);
        cr_assert_lt(second, 80, "%zu", second);
        cr_assert_lt(third, 80, "%zu", third);
    }
    assert_rows(&stage, "SELECT count(*) || ' ' || count(DISTINCT dimension_id) FROM chargeback_facts", "4000 4000");
    assert_rows(&stage, "SELECT count(*) FROM topic_attribution_dimensions", "4000");
    stage_done(&stage);
}

#define TAGS 10000

static void put_tags(struct stage *stage, int32_t overwrite, const char *value, struct cg_tag_counts *ret) {
    static struct cg_tag tags[TAGS];
    static char ids[TAGS][16];
    for (size_t i = 0; i < TAGS; i++) {
        snprintf(ids[i], sizeof ids[i], "r%zu", i);
        tags[i] = (struct cg_tag){.entity_type = CG_TAG_RESOURCE,
                                  .entity_id = ids[i],
                                  .key = "k",
                                  .value = value,
                                  .created_by = "ui",
                                  .created_at = at("2026-01-10")};
    }
    waits = 0;
    assert_ok(stage, cg_store_put_tags(stage->store, tags, TAGS, overwrite, ret, &stage->error));
}

Test(store_round_trips, many_tags_do_not_wait_for_each_tag) {
    struct stage stage;
    struct cg_tag_counts counts = {0};
    stage_init(&stage);
    if (!stage_on_postgres())
        cr_skip_test("there is nothing to wait for");
    open_counting(&stage, 0);
    put_tags(&stage, 0, "1", &counts);
    cr_assert_lt(waits, 60, "%zu", waits);
    cr_assert(counts.created == TAGS && counts.updated == 0 && counts.skipped == 0);
    put_tags(&stage, 0, "2", &counts);
    cr_assert_lt(waits, 60, "%zu", waits);
    cr_assert(counts.created == 0 && counts.updated == 0 && counts.skipped == TAGS);
    put_tags(&stage, 1, "3", &counts);
    cr_assert_lt(waits, 60, "%zu", waits);
    cr_assert(counts.created == 0 && counts.updated == TAGS && counts.skipped == 0);
    assert_rows(&stage, "SELECT count(*) || min(tag_value) || max(tag_value) FROM tags", "1000033");
    stage_done(&stage);
}

/* Dimensions that another process added, or removed, since. */
Test(store_round_trips, dimensions_of_two_processes_are_the_same) {
    struct stage stage;
    struct cg_store *stores[2];
    const struct cg_billing_line line = line_of("2026-01-10", "e", "r", "A", "2");
    stage_init(&stage);
    for (size_t i = 0; i < 2; i++) {
        stage_open(&stage);
        stores[i] = stage.store;
    }
    stage_bill(&stage, "2026-01-10", &line, 1);
    static const char *const identities[][2] = {{"a", "b"}, {"b", "c"}, {"c", "a"}, {"d", "b"}, {"d", "e"}, {"a", "e"}};
    for (size_t i = 0; i < sizeof identities / sizeof identities[0]; i++) {
        struct cg_fact facts[] = {fact_of("2026-01-10", "e", "r", "A", identities[i][0], "1"),
                                  fact_of("2026-01-10", "e", "r", "A", identities[i][1], "1")};
        facts[1].allocation_detail = "even_split_allocation";
        stage.store = stores[i % 2];
        assert_ok(&stage, stage_write(&stage, "2026-01-10", facts, 2, NULL));
        if (i == 3)
            stage_run(&stage, "DELETE FROM chargeback_dimensions WHERE dimension_id NOT IN (SELECT dimension_id FROM "
                              "chargeback_facts)");
    }
    assert_rows(&stage,
                "SELECT count(*) FROM chargeback_dimensions d JOIN chargeback_dimensions o ON o.identity_id = "
                "d.identity_id AND coalesce(o.allocation_detail, '') = coalesce(d.allocation_detail, '') AND "
                "o.dimension_id > d.dimension_id",
                "0");
    assert_rows(&stage,
                "SELECT d.identity_id || f.amount FROM chargeback_facts f JOIN chargeback_dimensions d USING "
                "(dimension_id) ORDER BY 1",
                "a1\ne1");
    cg_store_close(stores[0]);
    stage.store = stores[1];
    stage_done(&stage);
}
