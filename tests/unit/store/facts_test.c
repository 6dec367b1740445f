#include "support.h"

#define FACTS                                                                                                         \
    "SELECT f.timestamp || ' ' || coalesce(d.resource_id, 'NULL') || ' ' || d.identity_id || ' ' || f.amount || ' ' " \
    "|| f.tags_json FROM chargeback_facts f JOIN chargeback_dimensions d USING (dimension_id) ORDER BY 1"

Test(store_facts, a_row_as_it_is_stored) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_billing_line line = line_of("2026-01-10", "env-1", "lkc-1", "A", "7.200");
    const struct cg_fact fact = fact_of("2026-01-10T00:00:00.7", "env-1", "lkc-1", "A", "sa-1", "7.200");
    stage_bill(&stage, "2026-01-10", &line, 1);
    assert_ok(&stage, stage_write(&stage, "2026-01-10", &fact, 1, NULL));
    assert_rows(&stage,
                "SELECT dimension_id || ecosystem || tenant_id || resource_id || product_category || product_type || "
                "identity_id || cost_type || allocation_method || coalesce(allocation_detail, '-') || env_id FROM "
                "chargeback_dimensions",
                "1confluent_cloudt-1lkc-1KAFKAAsa-1usageusage_ratio-env-1");
    assert_rows(&stage, FACTS, "2026-01-10 00:00:00 lkc-1 sa-1 7.200 {}");
    assert_rows(&stage,
                "SELECT tracking_date || ' ' || chargeback_calculated || ' ' || calculation_completed_at || ' ' || "
                "calculation_run_id || ' ' || CASE WHEN calculation_id LIKE '________-____-4___-____-____________' AND "
                "calculation_id = (SELECT calculation_id FROM cg_dates) THEN 'good' ELSE calculation_id END FROM "
                "pipeline_state",
                "2026-01-10 1 2026-02-01 08:09:10 7 good");
    stage_done(&stage);
}

Test(store_facts, equal_rows_are_added_up_exactly) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_billing_line line = line_of("2026-01-10", "e", "r", "A", "3.000000000000000003");
    const struct cg_fact facts[] = {
        fact_of("2026-01-10", "e", "r", "A", "x", "1.0"),
        fact_of("2026-01-10", "e", "r", "A", "y", "0.000000000000000003"),
        fact_of("2026-01-10", "e", "r", "A", "x", "2.00"),
    };
    uint64_t rows = 0;
    int32_t changed = 0;
    const struct cg_date_result result = {.date = at("2026-01-10"), .facts = facts, .fact_count = 3};
    stage_bill(&stage, "2026-01-10", &line, 1);
    assert_ok(&stage, cg_store_write_date(stage.store, &result, &rows, &changed, &stage.error));
    cr_assert_eq(rows, 2);
    cr_assert_eq(changed, 1);
    assert_rows(&stage, FACTS, "2026-01-10 00:00:00 r x 3.00 {}\n2026-01-10 00:00:00 r y 3E-18 {}");
    stage_done(&stage);
}

Test(store_facts, missing_texts_and_empty_ones_are_different_dimensions) {
    struct stage stage;
    struct cg_fact facts[8];
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_billing_line line = line_of("2026-01-10", "e", "r", "A", "8");
    for (size_t i = 0; i < 8; i++) {
        facts[i] = fact_of("2026-01-10", "e", i & 1 ? NULL : "", "A", "x", "1");
        facts[i].allocation_method = i & 2 ? NULL : "";
        facts[i].allocation_detail = i & 4 ? NULL : "";
    }
    stage_bill(&stage, "2026-01-10", &line, 1);
    assert_ok(&stage, stage_write(&stage, "2026-01-10", facts, 8, NULL));
    assert_rows(&stage, "SELECT count(*) FROM chargeback_facts WHERE amount = '1'", "8");
    /* Another connection finds the same eight. */
    cg_store_close(stage.store);
    stage_open(&stage);
    stage_run(&stage, "UPDATE pipeline_state SET calculation_id = 'other'");
    int32_t changed = 0;
    assert_ok(&stage, stage_write(&stage, "2026-01-10", facts, 8, &changed));
    cr_assert_eq(changed, 1);
    assert_rows(&stage, "SELECT count(*) FROM chargeback_dimensions", "8");
    stage_done(&stage);
}

Test(store_facts, unchanged_rows_are_not_written_again) {
    struct stage stage;
    int32_t changed = 9;
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_billing_line line = line_of("2026-01-10", "e", "r", "A", "3");
    const struct cg_fact facts[] = {fact_of("2026-01-10", "e", "r", "A", "x", "1"),
                                    fact_of("2026-01-10", "e", "r", "A", "y", "2")};
    const struct cg_fact swapped[] = {facts[1], facts[0]};
    const struct cg_fact other[] = {fact_of("2026-01-10", "e", "r", "A", "x", "2"),
                                    fact_of("2026-01-10", "e", "r", "A", "y", "1")};
    char id[128];
    stage_bill(&stage, "2026-01-10", &line, 1);
    assert_ok(&stage, stage_write(&stage, "2026-01-10", facts, 2, &changed));
    cr_assert_eq(changed, 1);
    snprintf(id, sizeof id, "%s", stage_rows(&stage, "SELECT calculation_id FROM pipeline_state"));
    assert_ok(&stage, stage_write(&stage, "2026-01-10", swapped, 2, &changed));
    cr_assert_eq(changed, 0);
    assert_rows(&stage, "SELECT calculation_id FROM pipeline_state", id);
    assert_ok(&stage, stage_write(&stage, "2026-01-10", other, 2, &changed));
    cr_assert_eq(changed, 1);
    cr_assert_str_neq(stage_rows(&stage, "SELECT calculation_id FROM pipeline_state"), id);
    /* A date that was marked as not calculated is written whatever the digest. */
    stage_run(&stage, "UPDATE pipeline_state SET chargeback_calculated = FALSE");
    assert_ok(&stage, stage_write(&stage, "2026-01-10", other, 2, &changed));
    cr_assert_eq(changed, 1);
    stage_done(&stage);
}

/* Rows that somebody changed are found only by those who look; what emitters sent of them is not known. */
Test(store_facts, damaged_rows_are_written_and_emitted_again) {
    struct stage stage;
    const struct cg_billing_line line = line_of("2026-01-01", "env", "lkc-1", "A", "3");
    const struct cg_fact fact = fact_of("2026-01-01", "env", "lkc-1", "A", "sa-1", "3");
    struct cg_date_result result = {
        .date = at("2026-01-01"), .facts = &fact, .fact_count = 1, .now = at("2026-01-02"), .distrust = 1};
    static const size_t due_after[] = {0, 1};
    uint64_t rows = 0;
    stage_init(&stage);
    stage_open(&stage);
    stage_bill(&stage, "2026-01-01", &line, 1);
    assert_ok(&stage, stage_write(&stage, "2026-01-01", &fact, 1, NULL));
    for (int32_t damaged = 0; damaged <= 1; damaged++) {
        struct cg_emission_date *due = NULL;
        size_t count = 0;
        int32_t changed = -1;
        assert_ok(&stage, cg_store_emission_dates(stage.store, "csv", CG_PIPELINE_CHARGEBACK, CG_TIME_NONE, stage.arena,
                                                  &due, &count, &stage.error));
        for (size_t i = 0; i < count; i++)
            assert_ok(&stage, cg_store_record_emission(stage.store, "csv", CG_PIPELINE_CHARGEBACK, &due[i],
                                                       CG_EMISSION_EMITTED, &stage.error));
        if (damaged)
            stage_run(&stage, "UPDATE chargeback_facts SET amount = '4'");
        assert_ok(&stage, cg_store_write_date(stage.store, &result, &rows, &changed, &stage.error));
        cr_assert_eq(changed, damaged);
        assert_rows(&stage, "SELECT amount FROM chargeback_facts", "3");
        assert_ok(&stage, cg_store_emission_dates(stage.store, "csv", CG_PIPELINE_CHARGEBACK, CG_TIME_NONE, stage.arena,
                                                  &due, &count, &stage.error));
        cr_assert_eq(count, due_after[damaged], "%zu dates are due, damaged: %d", count, damaged);
    }
    stage_done(&stage);
}

Test(store_facts, only_the_dates_own_rows_are_replaced) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_billing_line lines[] = {line_of("2026-01-10", "e", "r", "A", "1"),
                                            line_of("2026-01-11", "e", "r", "A", "1")};
    const struct cg_fact facts[] = {fact_of("2026-01-10T23:00:00", "e", "r", "A", "x", "1"),
                                    fact_of("2026-01-11", "e", "r", "A", "x", "1")};
    stage_bill(&stage, "2026-01-10", &lines[0], 1);
    stage_bill(&stage, "2026-01-11", &lines[1], 1);
    assert_ok(&stage, stage_write(&stage, "2026-01-10", &facts[0], 1, NULL));
    assert_ok(&stage, stage_write(&stage, "2026-01-11", &facts[1], 1, NULL));
    stage_run(&stage,
              "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, product_category, product_type, "
              "identity_id, cost_type) VALUES (50, 'other', "
              "'t-1', '', '', '', ''); INSERT INTO chargeback_facts VALUES ('2026-01-10 00:00:00', 50, '9', '{}')");
    stage_bill(&stage, "2026-01-10", NULL, 0);
    assert_ok(&stage, stage_write(&stage, "2026-01-10", NULL, 0, NULL));
    assert_rows(&stage, "SELECT timestamp || ' ' || amount FROM chargeback_facts ORDER BY 1",
                "2026-01-10 00:00:00 9\n2026-01-11 00:00:00 1");
    stage_done(&stage);
}

struct refusal {
    const char *name;
    const char *time;
    const char *identity;
    const char *amount;
    cg_status status;
    const char *text;
};

static const struct refusal refusals[] = {
    {"a cent too much", "2026-01-10", "x", "1.000000000000000001", CG_PERMANENT,
     "the books do not balance for 2026-01-10: the rows sum to 1.000000000000000001, the billing lines to 1.00"},
    {"half of it", "2026-01-10", "x", "0.5", CG_PERMANENT, "the books do not balance"},
    {"wrong day", "2026-01-11", "x", "1", CG_INVALID, "outside the date"},
    {"nobody", "2026-01-10", "", "1", CG_INVALID, "lacks a text"},
    {"no identity", "2026-01-10", NULL, "1", CG_INVALID, "lacks a text"},
};

Test(store_facts, what_is_refused_leaves_everything_as_it_was) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_billing_line line = line_of("2026-01-10", "e", "r", "A", "1.00");
    const struct cg_fact good = fact_of("2026-01-10", "e", "r", "A", "good", "1");
    stage_bill(&stage, "2026-01-10", &line, 1);
    assert_ok(&stage, stage_write(&stage, "2026-01-10", &good, 1, NULL));
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal *refusal = &refusals[i];
        const struct cg_fact fact = fact_of(refusal->time, "e", "r", "A", refusal->identity, refusal->amount);
        cr_assert_eq(stage_write(&stage, "2026-01-10", &fact, 1, NULL), refusal->status, "%s", refusal->name);
        cr_assert_not_null(strstr(stage.error.text, refusal->text), "%s: %s", refusal->name, stage.error.text);
        assert_rows(&stage, FACTS, "2026-01-10 00:00:00 r good 1 {}");
        assert_rows(&stage, "SELECT count(*) FROM chargeback_dimensions", "1");
    }
    /* The dimension of a refused row was forgotten with it. */
    const struct cg_fact again = fact_of("2026-01-10", "e", "r", "A", "x", "1");
    assert_ok(&stage, stage_write(&stage, "2026-01-10", &again, 1, NULL));
    assert_rows(&stage, FACTS, "2026-01-10 00:00:00 r x 1 {}");
    stage_done(&stage);
}

Test(store_facts, dimensions_that_somebody_deleted_are_made_again) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_billing_line line = line_of("2026-01-10", "e", "r", "A", "1");
    const struct cg_fact fact = fact_of("2026-01-10", "e", "r", "A", "x", "1");
    stage_bill(&stage, "2026-01-10", &line, 1);
    assert_ok(&stage, stage_write(&stage, "2026-01-10", &fact, 1, NULL));
    stage_run(&stage, "DELETE FROM chargeback_facts; DELETE FROM chargeback_dimensions; UPDATE pipeline_state SET "
                      "chargeback_calculated = FALSE");
    assert_ok(&stage, stage_write(&stage, "2026-01-10", &fact, 1, NULL));
    assert_rows(&stage, FACTS, "2026-01-10 00:00:00 r x 1 {}");
    stage_done(&stage);
}

Test(store_facts, counters_of_lines) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_billing_line lines[] = {line_of("2026-01-10", "e", "r", "A", "1"),
                                            line_of("2026-01-10", "e", "r", "B", "2")};
    const struct cg_billing_line missing = line_of("2026-01-10", "e", "r", "C", "2");
    const struct cg_fact fact = fact_of("2026-01-10", "e", "r", "A", "x", "3");
    struct cg_line_attempt attempts[] = {{&lines[1], 2}, {&missing, 1}};
    struct cg_date_result result = {
        .date = at("2026-01-10"), .facts = &fact, .fact_count = 1, .attempts = attempts, .attempt_count = 1};
    uint64_t rows = 0;
    int32_t changed = 0;
    stage_bill(&stage, "2026-01-10", lines, 2);
    assert_ok(&stage, cg_store_write_date(stage.store, &result, &rows, &changed, &stage.error));
    assert_rows(&stage, "SELECT product_type || allocation_attempts FROM ccloud_billing ORDER BY 1", "A0\nB2");
    result.attempt_count = 2;
    cr_assert_eq(cg_store_write_date(stage.store, &result, &rows, &changed, &stage.error), CG_NOT_FOUND);
    result.attempt_count = 1;
    attempts[0].attempts = 3;
    result.metrics_failed = 1;
    assert_ok(&stage, cg_store_write_date(stage.store, &result, &rows, &changed, &stage.error));
    cr_assert_eq(changed, 0);
    assert_rows(&stage, "SELECT product_type || allocation_attempts FROM ccloud_billing ORDER BY 1", "A0\nB3");
    assert_rows(&stage, "SELECT metrics_failed FROM cg_dates", "1");
    stage_done(&stage);
}
