#include <malloc.h>

#include "support.h"

static const char *dates_due(struct stage *stage, int64_t not_before) {
    static char text[256];
    struct cg_emission_date *dates = NULL;
    size_t count = 0;
    text[0] = '\0';
    assert_ok(stage, cg_store_emission_dates(stage->store, "csv", CG_PIPELINE_CHARGEBACK, not_before, stage->arena,
                                             &dates, &count, &stage->error));
    for (size_t i = 0; i < count; i++) {
        char date[CG_TIME_TEXT_SIZE];
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", cg_time_format_date(dates[i].date, date));
    }
    return text;
}

/* What the date's rows are now; it must be due. */
static struct cg_emission_date due_date(struct stage *stage, const char *date) {
    struct cg_emission_date *dates = NULL;
    size_t count = 0;
    assert_ok(stage, cg_store_emission_dates(stage->store, "csv", CG_PIPELINE_CHARGEBACK, at(date), stage->arena,
                                             &dates, &count, &stage->error));
    cr_assert(count > 0 && dates[0].date == at(date), "%s is not due", date);
    return dates[0];
}

static void record_these(struct stage *stage, const struct cg_emission_date *date, const char *status) {
    assert_ok(stage,
              cg_store_record_emission(stage->store, "csv", CG_PIPELINE_CHARGEBACK, date, status, &stage->error));
}

static void record(struct stage *stage, const char *date, const char *status) {
    const struct cg_emission_date due = due_date(stage, date);
    record_these(stage, &due, status);
}

/* One line and one row of `cost` for each of the first days of the year. */
static void write_day(struct stage *stage, const char *date, const char *identity, const char *cost) {
    const struct cg_billing_line line = line_of(date, "e", "r", "A", cost);
    const struct cg_fact fact = fact_of(date, "e", "r", "A", identity, cost);
    stage_bill(stage, date, &line, 1);
    assert_ok(stage, stage_write(stage, date, &fact, 1, NULL));
}

#define RECORDS "SELECT date || ' ' || status || ' ' || attempt_count FROM emission_records ORDER BY date"

Test(store_emission, a_date_is_due_until_it_was_sent_and_again_when_it_changed) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    write_day(&stage, "2026-01-01", "x", "1");
    write_day(&stage, "2026-01-02", "x", "1");
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "2026-01-01 2026-01-02 ");
    cr_assert_str_eq(dates_due(&stage, at("2026-01-02")), "2026-01-02 ");
    record(&stage, "2026-01-01", CG_EMISSION_EMITTED);
    record(&stage, "2026-01-02", CG_EMISSION_FAILED);
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "2026-01-02 ");
    record(&stage, "2026-01-02", CG_EMISSION_FAILED);
    record(&stage, "2026-01-02", CG_EMISSION_EMITTED);
    assert_rows(&stage, RECORDS, "2026-01-01 emitted 1\n2026-01-02 emitted 3");
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");

    /* Calculated again with the same rows: nothing to send. With other rows: to send again. */
    stage_run(&stage, "UPDATE pipeline_state SET chargeback_calculated = FALSE");
    write_day(&stage, "2026-01-01", "x", "1");
    write_day(&stage, "2026-01-02", "x", "1");
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    write_day(&stage, "2026-01-01", "y", "1");
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "2026-01-01 ");
    record(&stage, "2026-01-01", CG_EMISSION_EMITTED);
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    assert_rows(&stage, RECORDS, "2026-01-01 emitted 2\n2026-01-02 emitted 3");
    stage_done(&stage);
}

Test(store_emission, dates_of_the_python_engine) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    write_day(&stage, "2026-01-01", "x", "1");
    record(&stage, "2026-01-01", CG_EMISSION_EMITTED);
    stage_run(&stage, "DELETE FROM cg_dates; DELETE FROM cg_emissions");
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    /* Calculated here: the rows may be others. */
    write_day(&stage, "2026-01-01", "x", "1");
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "2026-01-01 ");
    record(&stage, "2026-01-01", CG_EMISSION_EMITTED);
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    /* Calculated there again. */
    stage_run(&stage, "UPDATE pipeline_state SET calculation_id = 'theirs'");
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "2026-01-01 ");
    record(&stage, "2026-01-01", CG_EMISSION_EMITTED);
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    stage_done(&stage);
}

/* All lines of a day are withdrawn, and it is calculated. */
static void withdraw_day(struct stage *stage, const char *date) {
    stage_bill(stage, date, NULL, 0);
    assert_ok(stage, stage_write(stage, date, NULL, 0, NULL));
}

Test(store_emission, a_date_that_lost_its_rows_is_due_once) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    write_day(&stage, "2026-01-01", "x", "1");
    write_day(&stage, "2026-01-02", "x", "1");
    write_day(&stage, "2026-01-03", "x", "1");
    record(&stage, "2026-01-01", CG_EMISSION_EMITTED);
    record(&stage, "2026-01-02", CG_EMISSION_EMITTED);
    withdraw_day(&stage, "2026-01-01");
    withdraw_day(&stage, "2026-01-02");
    /* The third was never sent: nothing of it is anywhere. */
    withdraw_day(&stage, "2026-01-03");
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "2026-01-01 2026-01-02 ");
    cr_assert_str_eq(dates_due(&stage, at("2026-01-02")), "2026-01-02 ");
    record(&stage, "2026-01-01", CG_EMISSION_EMITTED);
    record(&stage, "2026-01-02", CG_EMISSION_FAILED);
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "2026-01-02 ");
    record(&stage, "2026-01-02", CG_EMISSION_EMITTED);
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    assert_rows(&stage, RECORDS, "2026-01-01 emitted 2\n2026-01-02 emitted 3");
    write_day(&stage, "2026-01-02", "x", "1");
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "2026-01-02 ");
    stage_done(&stage);
}

/* What is deleted because it is old was not withdrawn: its file is all that is left of it. */
Test(store_emission, deleted_rows_are_not_withdrawn_ones) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    write_day(&stage, "2026-01-01", "x", "1");
    write_day(&stage, "2026-01-02", "x", "1");
    record(&stage, "2026-01-01", CG_EMISSION_EMITTED);
    record(&stage, "2026-01-02", CG_EMISSION_FAILED);
    stage_run(&stage, "DELETE FROM chargeback_facts");
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    stage_run(&stage, "DELETE FROM pipeline_state");
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    stage_done(&stage);
}

/* The Python engine calculates to none what was calculated here before. */
Test(store_emission, a_date_that_lost_its_rows_to_the_python_engine) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    write_day(&stage, "2026-01-01", "x", "1");
    record(&stage, "2026-01-01", CG_EMISSION_EMITTED);
    stage_run(&stage, "DELETE FROM chargeback_facts; UPDATE pipeline_state SET calculation_id = 'theirs'");
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "2026-01-01 ");
    record(&stage, "2026-01-01", CG_EMISSION_EMITTED);
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    stage_done(&stage);
}

/* Another process calculates the date after its rows were read and before the emission is recorded. */
Test(store_emission, a_date_calculated_while_it_is_sent_stays_due) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    write_day(&stage, "2026-01-01", "x", "1");
    const struct cg_emission_date sent = due_date(&stage, "2026-01-01");
    write_day(&stage, "2026-01-01", "y", "1");
    record_these(&stage, &sent, CG_EMISSION_EMITTED);
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "2026-01-01 ");
    record(&stage, "2026-01-01", CG_EMISSION_EMITTED);
    cr_assert_str_eq(dates_due(&stage, CG_TIME_NONE), "");
    stage_done(&stage);
}

struct seen {
    char text[8192];
    size_t batches;
    size_t rows;
    size_t largest;
    cg_status answer;
};

static cg_status look(void *user, const struct cg_emitted_row *const *rows, size_t count) {
    struct seen *seen = user;
    seen->batches++;
    seen->rows += count;
    seen->largest = count > seen->largest ? count : seen->largest;
    for (size_t i = 0; i < count && strlen(seen->text) < 4096; i++) {
        char time[CG_TIME_TEXT_SIZE];
        snprintf(seen->text + strlen(seen->text), sizeof seen->text - strlen(seen->text), "%s %s %s %s %s %s %s %s\n",
                 cg_time_format_seconds(rows[i]->timestamp, time), rows[i]->resource_id ? rows[i]->resource_id : "-",
                 rows[i]->identity_id, rows[i]->cost_type, rows[i]->amount,
                 rows[i]->allocation_method ? rows[i]->allocation_method : "-",
                 rows[i]->allocation_detail ? rows[i]->allocation_detail : "-", rows[i]->env_id);
    }
    return seen->answer;
}

static void fill(struct stage *stage) {
    static const char *const dates[] = {"2026-01-30", "2026-01-31", "2026-02-01"};
    for (size_t i = 0; i < 3; i++) {
        char hour[32];
        snprintf(hour, sizeof hour, "%sT05:00:00", dates[i]);
        const struct cg_billing_line line = line_of(dates[i], "e", "r", "A", "1.300000000000000001");
        struct cg_fact facts[] = {
            fact_of(hour, "e", "r2", "A", "x", "0.1"), fact_of(dates[i], "e", "r2", "A", "x", "0.2"),
            fact_of(dates[i], "e", "r1", "A", "x", "0.000000000000000001"),
            fact_of(dates[i], "e", NULL, "A", "z", "0.5"), fact_of(dates[i], "e", NULL, "A", "z", "0.5")};
        facts[3].allocation_method = NULL;
        facts[4].allocation_method = "even_split";
        facts[4].allocation_detail = "why";
        stage_bill(stage, dates[i], &line, 1);
        assert_ok(stage, stage_write(stage, dates[i], facts, 5, NULL));
    }
}

struct view {
    const char *aggregation;
    const char *start;
    const char *end;
    const char *rows;
};

static const struct view views[] = {
    {NULL, "2026-01-31", "2026-02-01",
     "2026-01-31 00:00:00 - z usage 0.5 - - e\n2026-01-31 00:00:00 - z usage 0.5 even_split why e\n"
     "2026-01-31 00:00:00 r1 x usage 1E-18 usage_ratio - e\n2026-01-31 00:00:00 r2 x usage 0.2 usage_ratio - e\n"
     "2026-01-31 05:00:00 r2 x usage 0.1 usage_ratio - e\n"},
    {"daily", "2026-01-31", "2026-02-01",
     "2026-01-31 00:00:00 - z usage 1.0 even_split - \n2026-01-31 00:00:00 r1 x usage 1E-18 usage_ratio - \n"
     "2026-01-31 00:00:00 r2 x usage 0.3 usage_ratio - \n"},
    {"monthly", "2026-01-01", "2026-03-01",
     "2026-01-01 00:00:00 - z usage 2.0 even_split - \n2026-01-01 00:00:00 r1 x usage 2E-18 usage_ratio - \n"
     "2026-01-01 00:00:00 r2 x usage 0.6 usage_ratio - \n2026-02-01 00:00:00 - z usage 1.0 even_split - \n"
     "2026-02-01 00:00:00 r1 x usage 1E-18 usage_ratio - \n2026-02-01 00:00:00 r2 x usage 0.3 usage_ratio - \n"},
};

Test(store_emission, rows_as_stored_and_aggregated) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    fill(&stage);
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        struct seen seen = {.answer = CG_OK};
        assert_ok(&stage, cg_store_each_chargeback(stage.store, at(views[i].start), at(views[i].end),
                                                   views[i].aggregation, look, &seen, &stage.error));
        cr_assert_str_eq(seen.text, views[i].rows, "view %zu", i);
        cr_assert_eq(seen.batches, 1, "view %zu", i);
    }
    struct seen none = {.answer = CG_OK};
    assert_ok(&stage, cg_store_each_chargeback(stage.store, at("2025-01-01"), at("2025-02-01"), "hourly", look, &none,
                                               &stage.error));
    cr_assert_eq(none.batches, 0);
    cr_assert_eq(cg_store_each_chargeback(stage.store, 0, 1, "weekly", look, &none, &stage.error), CG_INVALID);
    stage_done(&stage);
}

Test(store_emission, many_rows_come_in_batches_and_stop_when_told) {
    struct stage stage;
    static struct cg_fact facts[1234];
    static char names[1234][16];
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_billing_line line = line_of("2026-01-10", "e", "r", "A", "1234");
    for (size_t i = 0; i < 1234; i++) {
        snprintf(names[i], sizeof names[i], "u-%zu", i);
        facts[i] = fact_of("2026-01-10", "e", "r", "A", names[i], "1");
    }
    stage_bill(&stage, "2026-01-10", &line, 1);
    assert_ok(&stage, stage_write(&stage, "2026-01-10", facts, 1234, NULL));
    struct seen seen = {.answer = CG_OK};
    assert_ok(&stage, cg_store_each_chargeback(stage.store, at("2026-01-10"), at("2026-01-11"), NULL, look, &seen,
                                               &stage.error));
    cr_assert_eq(seen.rows, 1234);
    cr_assert_eq(seen.batches, 3);
    cr_assert_eq(seen.largest, CG_EMISSION_BATCH);
    struct seen refusing = {.answer = CG_CANCELLED};
    cr_assert_eq(
        cg_store_each_chargeback(stage.store, at("2026-01-10"), at("2026-01-11"), NULL, look, &refusing, &stage.error),
        CG_CANCELLED);
    cr_assert_eq(refusing.batches, 1);
    stage_done(&stage);
}

/* ---- a large date ---- */

#define MANY 200000

/* Writes a date of MANY rows over 10000 dimensions from outside, which is quicker than calculating it. */
static void fill_large_date(struct stage *stage) {
    stage_run(stage,
              "BEGIN; WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) "
              "INSERT INTO chargeback_dimensions (ecosystem, tenant_id, resource_id, product_category, product_type, "
              "identity_id, cost_type, allocation_method, allocation_detail, env_id) SELECT 'confluent_cloud', 't-1', "
              "'lkc-' || i % 100, 'KAFKA', 'A', 'sa-' || i, 'usage', 'usage_ratio', NULL, 'env-1' FROM n; "
              "WITH RECURSIVE h(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM h WHERE i < 19) "
              "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json) "
              "SELECT $time('2026-01-10 ' || substr(CAST(100 + h.i AS VARCHAR), 2) || ':00:00.000000'), "
              "d.dimension_id, '0.1', '{}' "
              "FROM chargeback_dimensions d, h; COMMIT");
}

struct watched {
    struct stage *stage;
    size_t rows;
    size_t first; /* bytes allocated at the first batch, and most of all batches */
    size_t most;
    size_t changed; /* amounts of another process */
    int interfere;
};

static cg_status watch(void *user, const struct cg_emitted_row *const *rows, size_t count) {
    struct watched *watched = user;
    size_t bytes = mallinfo2().uordblks;
    if (watched->rows == 0)
        watched->first = bytes;
    watched->most = bytes > watched->most ? bytes : watched->most;
    watched->rows += count;
    for (size_t i = 0; i < count; i++)
        watched->changed += strcmp(rows[i]->amount, "7") == 0;
    if (watched->interfere) {
        watched->interfere = 0;
        stage_run(watched->stage, "UPDATE chargeback_facts SET amount = '7'; DELETE FROM chargeback_facts WHERE "
                                  "timestamp > '2026-01-10 12:00:00'");
    }
    return CG_OK;
}

Test(store_emission, memory_does_not_depend_on_the_number_of_rows) {
    static const struct {
        const char *aggregation;
        size_t rows;
    } cases[] = {{NULL, MANY}, {"daily", 10000}, {"monthly", 10000}};
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    fill_large_date(&stage);
    /* The first walk fills SQLite's page cache. */
    struct watched filling = {.stage = &stage};
    assert_ok(&stage, cg_store_each_chargeback(stage.store, at("2026-01-10"), at("2026-01-11"), NULL, watch, &filling,
                                               &stage.error));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct watched watched = {.stage = &stage};
        assert_ok(&stage, cg_store_each_chargeback(stage.store, at("2026-01-10"), at("2026-01-11"),
                                                   cases[i].aggregation, watch, &watched, &stage.error));
        cr_assert_eq(watched.rows, cases[i].rows, "case %zu", i);
        cr_assert_lt(watched.most - watched.first, 1000000, "case %zu: from %zu to %zu bytes", i, watched.first,
                     watched.most);
    }
    stage_done(&stage);
}

Test(store_emission, rows_of_one_emission_are_one_snapshot) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    fill_large_date(&stage);
    struct watched watched = {.stage = &stage, .interfere = 1};
    assert_ok(&stage, cg_store_each_chargeback(stage.store, at("2026-01-10"), at("2026-01-11"), NULL, watch, &watched,
                                               &stage.error));
    cr_assert_eq(watched.rows, MANY);
    cr_assert_eq(watched.changed, 0);
    watched = (struct watched){.stage = &stage};
    assert_ok(&stage, cg_store_each_chargeback(stage.store, at("2026-01-10"), at("2026-01-11"), NULL, watch, &watched,
                                               &stage.error));
    cr_assert_eq(watched.changed, watched.rows);
    cr_assert_lt(watched.rows, MANY);
    stage_done(&stage);
}
