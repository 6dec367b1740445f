#include <malloc.h>

#include "support.h"

static const char *dates_due(struct stage *stage, int64_t not_before) {
    static char text[256];
    struct cg_emission_date *dates = NULL;
    size_t count = 0;
    text[0] = '\0';
    assert_ok(stage, cg_store_emission_dates(stage->store, "csv", CG_PIPELINE_TOPICS, not_before, stage->arena, &dates,
                                             &count, &stage->error));
    for (size_t i = 0; i < count; i++) {
        char date[CG_TIME_TEXT_SIZE];
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", cg_time_format_date(dates[i].date, date));
    }
    return text;
}

/* Records an attempt for a date, which must be due. */
static void record(struct stage *stage, const char *date, const char *status) {
    struct cg_emission_date *dates = NULL;
    size_t count = 0;
    assert_ok(stage, cg_store_emission_dates(stage->store, "csv", CG_PIPELINE_TOPICS, at(date), stage->arena, &dates,
                                             &count, &stage->error));
    cr_assert(count > 0 && dates[0].date == at(date), "%s is not due", date);
    assert_ok(stage,
              cg_store_record_emission(stage->store, "csv", CG_PIPELINE_TOPICS, &dates[0], status, &stage->error));
}

static void attribute(struct stage *stage, const char *date, const char *topic, const char *amount) {
    const struct cg_topic_fact fact = topic_of(date, topic, "W", amount);
    assert_ok(stage, stage_attribute(stage, date, &fact, 1, NULL));
}

Test(store_topic_emission, a_date_is_due_until_it_was_sent_and_again_when_it_changed) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    attribute(&stage, "2026-01-01", "a", "1");
    attribute(&stage, "2026-01-02", "a", "1");
    /* Chargeback rows of a day are another matter. */
    const struct cg_billing_line line = line_of("2026-01-03", "e", "r", "A", "1");
    const struct cg_fact fact = fact_of("2026-01-03", "e", "r", "A", "x", "1");
    stage_bill(&stage, "2026-01-03", &line, 1);
    assert_ok(&stage, stage_write(&stage, "2026-01-03", &fact, 1, NULL));
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "2026-01-01 2026-01-02 ");
    cr_assert_str_eq(dates_due(&stage, at("2026-01-02")), "2026-01-02 ");
    record(&stage, "2026-01-01", CG_EMISSION_EMITTED);
    record(&stage, "2026-01-02", CG_EMISSION_FAILED);
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "2026-01-02 ");
    record(&stage, "2026-01-02", CG_EMISSION_EMITTED);
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    assert_rows(&stage,
                "SELECT emitter_name || ' ' || pipeline || ' ' || date || ' ' || status || ' ' || attempt_count FROM "
                "emission_records ORDER BY date",
                "csv topic_attribution 2026-01-01 emitted 1\ncsv topic_attribution 2026-01-02 emitted 2");
    /* The same rows again, also under another calculation: nothing to send. Other rows: to send again. */
    stage_run(&stage, "UPDATE pipeline_state SET calculation_id = 'x', topic_attribution_calculated = FALSE");
    attribute(&stage, "2026-01-01", "a", "1");
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    attribute(&stage, "2026-01-02", "a", "1.00");
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "2026-01-02 ");
    record(&stage, "2026-01-02", CG_EMISSION_EMITTED);
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    stage_done(&stage);
}

Test(store_topic_emission, a_date_that_lost_its_rows_is_due_once) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    attribute(&stage, "2026-01-01", "a", "1");
    attribute(&stage, "2026-01-02", "a", "1");
    record(&stage, "2026-01-01", CG_EMISSION_EMITTED);
    assert_ok(&stage, stage_attribute(&stage, "2026-01-01", NULL, 0, NULL));
    /* The second was never sent: nothing of it is anywhere. */
    assert_ok(&stage, stage_attribute(&stage, "2026-01-02", NULL, 0, NULL));
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "2026-01-01 ");
    record(&stage, "2026-01-01", CG_EMISSION_EMITTED);
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    /* Deleted because they are old is not withdrawn. */
    attribute(&stage, "2026-01-01", "a", "1");
    record(&stage, "2026-01-01", CG_EMISSION_EMITTED);
    stage_run(&stage, "DELETE FROM topic_attribution_facts");
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    stage_done(&stage);
}

/* A cluster that waits for its metrics keeps the date's rows whole. */
Test(store_topic_emission, rows_that_wait_are_part_of_the_date) {
    struct stage stage;
    uint64_t rows = 0;
    int32_t changed = 0;
    stage_init(&stage);
    stage_open(&stage);
    struct cg_topic_fact facts[] = {topic_of("2026-01-01", "a", "W", "1"), topic_of("2026-01-01", "b", "W", "2")};
    facts[1].cluster_resource_id = "lkc-2";
    const struct cg_topic_group group = {"env-1", "lkc-2"};
    const struct cg_topic_result pending = {
        .date = at("2026-01-01"), .facts = facts, .fact_count = 1, .pending = &group, .pending_count = 1};
    assert_ok(&stage, stage_attribute(&stage, "2026-01-01", facts, 2, NULL));
    record(&stage, "2026-01-01", CG_EMISSION_EMITTED);
    assert_ok(&stage, cg_store_write_topics(stage.store, &pending, &rows, &changed, &stage.error));
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    assert_ok(&stage, stage_attribute(&stage, "2026-01-01", facts, 2, NULL));
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    facts[0].amount = number("3");
    assert_ok(&stage, cg_store_write_topics(stage.store, &pending, &rows, &changed, &stage.error));
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "2026-01-01 ");
    stage_done(&stage);
}

struct seen {
    char text[8192];
    size_t rows;
    size_t batches;
    size_t first; /* bytes allocated at the first batch, and most of all batches */
    size_t most;
    cg_status answer;
};

static cg_status look(void *user, const struct cg_emitted_topic_row *const *rows, size_t count) {
    struct seen *seen = user;
    size_t bytes = mallinfo2().uordblks;
    if (seen->batches++ == 0)
        seen->first = bytes;
    seen->most = bytes > seen->most ? bytes : seen->most;
    seen->rows += count;
    for (size_t i = 0; i < count && strlen(seen->text) < 4096; i++) {
        const struct cg_emitted_topic_row *row = rows[i];
        char time[CG_TIME_TEXT_SIZE];
        cr_assert_eq(row->struct_size, sizeof *row);
        cr_assert_str_eq(row->ecosystem, "confluent_cloud");
        cr_assert_str_eq(row->tenant_id, "t-1");
        snprintf(seen->text + strlen(seen->text), sizeof seen->text - strlen(seen->text), "%s %s %s %s %s %s %s %s\n",
                 cg_time_format_seconds(row->timestamp, time), row->env_id, row->cluster_resource_id, row->topic_name,
                 row->product_category, row->product_type, row->attribution_method, row->amount);
    }
    return seen->answer;
}

static void fill(struct stage *stage) {
    static const char *const dates[] = {"2026-01-30", "2026-01-31", "2026-02-01"};
    for (size_t i = 0; i < 3; i++) {
        char hour[32];
        snprintf(hour, sizeof hour, "%sT05:00:00", dates[i]);
        struct cg_topic_fact facts[] = {topic_of(hour, "b", "W", "0.1"), topic_of(dates[i], "b", "W", "0.2"),
                                        topic_of(dates[i], "a", "W", "0.000000000000000001"),
                                        topic_of(dates[i], "a", "W", "1E+3"), topic_of(dates[i], "a", "W", "7")};
        facts[3].attribution_method = "even_split";
        facts[4].env_id = "";
        facts[4].cluster_resource_id = "lkc-9";
        assert_ok(stage, stage_attribute(stage, dates[i], facts, 5, NULL));
    }
}

struct view {
    const char *aggregation;
    const char *start;
    const char *end;
    const char *rows;
};

static const struct view views[] = {
    {"hourly", "2026-01-31", "2026-02-01",
     "2026-01-31 00:00:00  lkc-9 a KAFKA W bytes_ratio 7\n"
     "2026-01-31 00:00:00 env-1 lkc-1 a KAFKA W bytes_ratio 1E-18\n"
     "2026-01-31 00:00:00 env-1 lkc-1 a KAFKA W even_split 1E+3\n"
     "2026-01-31 00:00:00 env-1 lkc-1 b KAFKA W bytes_ratio 0.2\n"
     "2026-01-31 05:00:00 env-1 lkc-1 b KAFKA W bytes_ratio 0.1\n"},
    {"daily", "2026-01-30", "2026-02-01",
     "2026-01-30 00:00:00  lkc-9 a KAFKA W bytes_ratio 7\n"
     "2026-01-30 00:00:00 env-1 lkc-1 a KAFKA W even_split 1000.000000000000000001\n"
     "2026-01-30 00:00:00 env-1 lkc-1 b KAFKA W bytes_ratio 0.3\n"
     "2026-01-31 00:00:00  lkc-9 a KAFKA W bytes_ratio 7\n"
     "2026-01-31 00:00:00 env-1 lkc-1 a KAFKA W even_split 1000.000000000000000001\n"
     "2026-01-31 00:00:00 env-1 lkc-1 b KAFKA W bytes_ratio 0.3\n"},
    {"monthly", "2026-01-01", "2026-03-01",
     "2026-01-01 00:00:00  lkc-9 a KAFKA W bytes_ratio 14\n"
     "2026-01-01 00:00:00 env-1 lkc-1 a KAFKA W even_split 2000.000000000000000002\n"
     "2026-01-01 00:00:00 env-1 lkc-1 b KAFKA W bytes_ratio 0.6\n"
     "2026-02-01 00:00:00  lkc-9 a KAFKA W bytes_ratio 7\n"
     "2026-02-01 00:00:00 env-1 lkc-1 a KAFKA W even_split 1000.000000000000000001\n"
     "2026-02-01 00:00:00 env-1 lkc-1 b KAFKA W bytes_ratio 0.3\n"},
};

Test(store_topic_emission, rows_as_stored_and_aggregated) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    fill(&stage);
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        struct seen seen = {.answer = CG_OK};
        assert_ok(&stage, cg_store_each_topic_row(stage.store, at(views[i].start), at(views[i].end),
                                                  views[i].aggregation, look, &seen, &stage.error));
        cr_assert_str_eq(seen.text, views[i].rows, "view %zu", i);
    }
    struct seen refusing = {.answer = CG_CANCELLED};
    cr_assert_eq(
        cg_store_each_topic_row(stage.store, at("2026-01-01"), at("2026-03-01"), NULL, look, &refusing, &stage.error),
        CG_CANCELLED);
    cr_assert_eq(cg_store_each_topic_row(stage.store, 0, 1, "weekly", look, &refusing, &stage.error), CG_INVALID);
    stage_done(&stage);
}

#define MANY 200000

Test(store_topic_emission, memory_does_not_depend_on_the_number_of_rows) {
    static const struct {
        const char *aggregation;
        size_t rows;
    } cases[] = {{NULL, MANY}, {"daily", 10000}, {"monthly", 10000}};
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    stage_run(
        &stage,
        "BEGIN; WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) "
        "INSERT INTO topic_attribution_dimensions (ecosystem, tenant_id, env_id, cluster_resource_id, topic_name, "
        "product_category, product_type, attribution_method, resource_id) SELECT 'confluent_cloud', 't-1', "
        "'env-1', 'lkc-' || i % 100, 'topic-' || i, 'KAFKA', 'A', 'bytes_ratio', 'r' FROM n; "
        "WITH RECURSIVE h(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM h WHERE i < 19) "
        "INSERT INTO topic_attribution_facts SELECT $time('2026-01-10 ' || substr(CAST(100 + h.i AS VARCHAR), 2) || "
        "':00:00'), d.dimension_id, '0.1' "
        "FROM topic_attribution_dimensions d, h; COMMIT");
    struct seen filling = {.answer = CG_OK};
    assert_ok(&stage, cg_store_each_topic_row(stage.store, at("2026-01-10"), at("2026-01-11"), NULL, look, &filling,
                                              &stage.error));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen seen = {.answer = CG_OK};
        assert_ok(&stage, cg_store_each_topic_row(stage.store, at("2026-01-10"), at("2026-01-11"), cases[i].aggregation,
                                                  look, &seen, &stage.error));
        cr_assert_eq(seen.rows, cases[i].rows, "case %zu", i);
        cr_assert_lt(seen.most - seen.first, 1000000, "case %zu: from %zu to %zu bytes", i, seen.first, seen.most);
    }
    stage_done(&stage);
}
