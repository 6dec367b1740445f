#include "support.h"

#define LINES                                                                                                        \
    "SELECT timestamp || ' ' || env_id || ' ' || resource_id || ' ' || product_type || ' ' || total_cost || ' ' || " \
    "allocation_attempts || ' ' || topic_attribution_attempts FROM ccloud_billing ORDER BY 1"
#define STATE                                                                                                   \
    "SELECT tracking_date || ' ' || billing_gathered || resources_gathered || chargeback_calculated || ' ' || " \
    "coalesce(calculation_id, 'NULL') FROM pipeline_state ORDER BY 1"

static cg_status replace(struct stage *stage, const struct cg_billing_line *lines, size_t count,
                         struct cg_billing_change *ret) {
    const struct cg_billing_line *pointers[16];
    for (size_t i = 0; i < count; i++)
        pointers[i] = &lines[i];
    return cg_store_replace_billing(stage->store, at("2026-01-10"), at("2026-01-13"), pointers, count,
                                    at("2026-02-01T08:00:00"), ret, &stage->error);
}

static void assert_change(const struct cg_billing_change *change, uint64_t inserted, uint64_t updated, uint64_t deleted,
                          uint64_t unchanged, uint64_t revised) {
    cr_assert_eq(change->inserted, inserted);
    cr_assert_eq(change->updated, updated);
    cr_assert_eq(change->deleted, deleted);
    cr_assert_eq(change->unchanged, unchanged);
    cr_assert_eq(change->revised, revised);
}

Test(store_billing, a_line_as_it_is_stored) {
    struct stage stage;
    static const struct cg_field fields[] = {{"a", "b", CG_FIELD_STRING, 0}};
    stage_init(&stage);
    stage_open(&stage);
    struct cg_billing_line line = line_of("2026-01-10T00:00:00.999999", "", "lkc-1", "KAFKA_BASE", "1E+3");
    line.quantity = number("72.0");
    line.unit_price = number("0.10");
    line.fields = fields;
    line.field_count = 1;
    stage_bill(&stage, "2026-01-10", &line, 1);
    assert_rows(
        &stage,
        "SELECT ecosystem || ' ' || tenant_id || ' ' || timestamp || ' [' || env_id || '] ' || resource_id || ' ' "
        "|| product_type || ' ' || product_category || ' ' || quantity || ' ' || unit_price || ' ' || total_cost "
        "|| ' ' || currency || ' ' || granularity || ' ' || metadata_json || ' ' || typeof(total_cost) FROM "
        "ccloud_billing",
        "confluent_cloud t-1 2026-01-10 00:00:00 [] lkc-1 KAFKA_BASE KAFKA 72.0 0.10 1E+3 USD daily {\"a\": "
        "\"b\"} text");
    assert_rows(&stage, "SELECT count(*) FROM billing", "0");
    stage_done(&stage);
}

Test(store_billing, inserted_kept_revised_and_withdrawn) {
    struct stage stage;
    struct cg_billing_change change;
    stage_init(&stage);
    stage_open(&stage);
    struct cg_billing_line lines[] = {
        line_of("2026-01-10", "env-1", "lkc-1", "A", "1.00"),
        line_of("2026-01-10", "env-1", "lkc-1", "B", "2.00"),
        line_of("2026-01-12", "env-2", "lkc-2", "A", "3.00"),
    };
    assert_ok(&stage, replace(&stage, lines, 3, &change));
    assert_change(&change, 3, 0, 0, 0, 0);
    assert_rows(&stage, STATE, "2026-01-10 100 NULL\n2026-01-12 100 NULL");
    stage_run(
        &stage,
        "UPDATE ccloud_billing SET allocation_attempts = 2, topic_attribution_attempts = 1; "
        "UPDATE pipeline_state SET resources_gathered = TRUE, chargeback_calculated = TRUE, calculation_id = 'x'");

    /* The same again changes nothing. */
    assert_ok(&stage, replace(&stage, lines, 3, &change));
    assert_change(&change, 0, 0, 0, 3, 0);
    assert_rows(&stage, STATE, "2026-01-10 111 x\n2026-01-12 111 x");

    /* One cost is revised, another line is withdrawn with its date, a third is new. */
    lines[1] = line_of("2026-01-10", "env-1", "lkc-1", "B", "2.50");
    lines[2] = line_of("2026-01-11", "env-1", "lkc-1", "A", "4");
    assert_ok(&stage, replace(&stage, lines, 3, &change));
    assert_change(&change, 1, 1, 1, 1, 1);
    assert_rows(&stage, LINES,
                "2026-01-10 00:00:00 env-1 lkc-1 A 1.00 2 1\n2026-01-10 00:00:00 env-1 lkc-1 B 2.50 0 0\n"
                "2026-01-11 00:00:00 env-1 lkc-1 A 4 0 0");
    assert_rows(&stage, STATE, "2026-01-10 110 NULL\n2026-01-11 100 NULL\n2026-01-12 110 NULL");
    assert_rows(&stage,
                "SELECT timestamp || ' ' || env_id || ' ' || resource_id || ' ' || product_type || ' ' || "
                "product_category || ' ' || old_cost || ' ' || new_cost || ' ' || seen_at FROM cg_billing_revisions",
                "2026-01-10 00:00:00 env-1 lkc-1 B KAFKA 2.00 2.50 2026-02-01 08:00:00.000000");
    assert_rows(&stage,
                "SELECT tracking_date || ' ' || old_total || ' ' || new_total || ' ' || seen_at FROM cg_date_revisions "
                "ORDER BY 1",
                "2026-01-10 3.00 3.50 2026-02-01 08:00:00.000000\n2026-01-12 3.00 0 2026-02-01 08:00:00.000000");
    cr_assert_eq(change.revised_dates, 2);
    cr_assert_str_eq(stage_log(&stage),
                     "WARNING Billing revision detected: lkc-1/B/2026-01-10 cost changed 2.00 → 2.50\n"
                     "WARNING Billing revision detected: date 2026-01-10 total changed 3.00 → 3.50\n"
                     "WARNING Billing revision detected: date 2026-01-12 total changed 3.00 → 0\n");
    stage_done(&stage);
}

Test(store_billing, a_day_is_revised_by_its_total) {
    static const struct {
        const char *name;
        const char *costs[3]; /* of product types A, B, C; NULL: no such line */
        const char *revision;
        uint64_t revised;
    } steps[] = {
        {"new", {"1.00", "2.00", NULL}, "", 0},
        {"a line more", {"1.00", "2.00", "0.000000000000000001"}, "3.00 3.000000000000000001", 1},
        {"moved from line to line", {"2.00", "1.00", "0.000000000000000001"}, "", 0},
        {"another text", {"2.0", "1.00", "0.000000000000000001"}, "", 0},
        {"a line less", {"2.0", "1.00", NULL}, "3.000000000000000001 3.00", 1},
        {"all gone", {NULL, NULL, NULL}, "3.00 0", 1},
        {"new again", {"5", NULL, NULL}, "", 0},
    };
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        static const char *const products[] = {"A", "B", "C"};
        struct cg_billing_line lines[3];
        struct cg_billing_change change;
        size_t count = 0;
        for (size_t k = 0; k < 3; k++)
            if (steps[i].costs[k])
                lines[count++] = line_of("2026-01-11T05:00:00", "e", "r", products[k], steps[i].costs[k]);
        stage_run(&stage, "DELETE FROM cg_date_revisions");
        assert_ok(&stage, replace(&stage, lines, count, &change));
        cr_assert_eq(change.revised_dates, steps[i].revised, "%s", steps[i].name);
        cr_assert_str_eq(stage_rows(&stage, "SELECT old_total || ' ' || new_total FROM cg_date_revisions"),
                         steps[i].revision, "%s", steps[i].name);
    }
    stage_done(&stage);
}

/* A cost that is no number was written by the Python engine. */
Test(store_billing, a_total_that_is_not_known) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    struct cg_billing_line line = line_of("2026-01-10", "e", "r", "A", "1");
    assert_ok(&stage, replace(&stage, &line, 1, NULL));
    stage_run(&stage, "UPDATE ccloud_billing SET total_cost = 'NaN'");
    assert_ok(&stage, replace(&stage, &line, 1, NULL));
    assert_rows(&stage, "SELECT old_total || ' ' || new_total FROM cg_date_revisions", "NaN 1");
    stage_done(&stage);
}

Test(store_billing, a_part_of_a_day_is_revised_as_a_part_of_its_total) {
    struct stage stage;
    struct cg_billing_change change;
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_billing_line lines[] = {line_of("2026-01-10T01:00:00", "e", "r", "A", "1"),
                                            line_of("2026-01-10T12:00:00", "e", "r", "A", "10"),
                                            line_of("2026-01-10T23:00:00", "e", "r", "A", "100")};
    const struct cg_billing_line noon = line_of("2026-01-10T12:00:00", "e", "r", "A", "20");
    const struct cg_billing_line *pointer = &noon;
    stage_bill(&stage, "2026-01-10", lines, 3);
    assert_ok(&stage, cg_store_replace_billing(stage.store, at("2026-01-10T06:00:00"), at("2026-01-10T18:00:00"),
                                               &pointer, 1, 0, &change, &stage.error));
    cr_assert_eq(change.revised_dates, 1);
    assert_rows(&stage, "SELECT old_total || ' ' || new_total FROM cg_date_revisions", "111 121");
    stage_done(&stage);
}

Test(store_billing, an_unchanged_window_writes_nothing) {
    struct stage stage;
    struct cg_billing_change change;
    char version[4096];
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_billing_line lines[] = {line_of("2026-01-10", "e", "r", "A", "1"),
                                            line_of("2026-01-11", "e", "r", "A", "2"),
                                            line_of("2026-01-11", "e", "r", "B", "3")};
    assert_ok(&stage, replace(&stage, lines, 3, NULL));
    /* What another connection sees of commits: it changes with every one that wrote anything. */
    snprintf(version, sizeof version, "%s", stage_rows(&stage, stage_changes()));
    assert_ok(&stage, replace(&stage, lines, 3, &change));
    assert_change(&change, 0, 0, 0, 3, 0);
    assert_rows(&stage, stage_changes(), version);
    assert_ok(&stage, replace(&stage, lines, 2, &change));
    cr_assert_str_neq(stage_rows(&stage, stage_changes()), version);
    stage_done(&stage);
}

Test(store_billing, another_text_of_the_same_cost_is_no_revision) {
    struct stage stage;
    struct cg_billing_change change;
    stage_init(&stage);
    stage_open(&stage);
    struct cg_billing_line line = line_of("2026-01-10", "env-1", "lkc-1", "A", "1.0");
    assert_ok(&stage, replace(&stage, &line, 1, NULL));
    line = line_of("2026-01-10", "env-1", "lkc-1", "A", "1.00");
    assert_ok(&stage, replace(&stage, &line, 1, &change));
    assert_change(&change, 0, 1, 0, 0, 0);
    assert_rows(&stage, "SELECT total_cost FROM ccloud_billing", "1.00");
    stage_done(&stage);
}

Test(store_billing, lines_outside_the_range_stay) {
    struct stage stage;
    struct cg_billing_change change;
    stage_init(&stage);
    stage_open(&stage);
    struct cg_billing_line before = line_of("2026-01-09T23:00:00", "e", "r", "A", "1");
    struct cg_billing_line after = line_of("2026-01-13", "e", "r", "A", "1");
    stage_bill(&stage, "2026-01-09", &before, 1);
    stage_bill(&stage, "2026-01-13", &after, 1);
    assert_ok(&stage, replace(&stage, NULL, 0, &change));
    assert_change(&change, 0, 0, 0, 0, 0);
    assert_rows(&stage, "SELECT count(*) FROM ccloud_billing", "2");
    cr_assert_eq(replace(&stage, &after, 1, NULL), CG_INVALID);
    cr_assert_not_null(strstr(stage.error.text, "outside the refreshed range"));
    stage_done(&stage);
}

Test(store_billing, equal_keys_are_refused_and_nothing_is_written) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_billing_line lines[] = {line_of("2026-01-10", "e", "r", "A", "1"),
                                            line_of("2026-01-11", "e", "r", "A", "1"),
                                            line_of("2026-01-10", "e", "r", "A", "2")};
    cr_assert_eq(replace(&stage, lines, 3, NULL), CG_INVALID);
    cr_assert_not_null(strstr(stage.error.text, "same key"), "%s", stage.error.text);
    assert_rows(&stage, "SELECT count(*) FROM ccloud_billing", "0");
    stage_done(&stage);
}

Test(store_billing, the_table_without_environments) {
    struct stage stage;
    struct cg_stored_line *stored = NULL;
    size_t count = 0;
    stage_init(&stage);
    assert_ok(&stage, stage_try(&stage, 0, 0));
    struct cg_billing_line lines[] = {line_of("2026-01-10T01:00:00", "", "r", "A", "1"),
                                      line_of("2026-01-10T00:00:00", "", "r", "A", "2")};
    assert_ok(&stage, replace(&stage, lines, 2, NULL));
    lines[0].total_cost = number("1.5");
    assert_ok(&stage, replace(&stage, lines, 1, NULL));
    assert_rows(&stage, "SELECT timestamp || ' ' || total_cost FROM billing", "2026-01-10 01:00:00 1.5");
    assert_rows(&stage, "SELECT count(*) FROM ccloud_billing", "0");
    assert_ok(&stage, cg_store_lines_of(stage.store, at("2026-01-10"), stage.arena, &stored, &count, &stage.error));
    cr_assert_eq(count, 1);
    cr_assert_str_eq(stored[0].line.env_id, "");
    stage_done(&stage);
}

Test(store_billing, lines_of_a_date_in_order) {
    struct stage stage;
    struct cg_stored_line *stored = NULL;
    size_t count = 0;
    char order[128] = "";
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_billing_line lines[] = {
        line_of("2026-01-10T01:00:00", "a", "r1", "A", "1"), line_of("2026-01-10", "b", "r1", "A", "2"),
        line_of("2026-01-10", "a", "r2", "A", "3"), line_of("2026-01-10", "a", "r1", "B", "4"),
        line_of("2026-01-10", "a", "r1", "A", "5.50")};
    assert_ok(&stage, replace(&stage, lines, 5, NULL));
    stage_run(&stage, "UPDATE ccloud_billing SET allocation_attempts = 2 WHERE total_cost = '3'");
    assert_ok(&stage, cg_store_lines_of(stage.store, at("2026-01-10"), stage.arena, &stored, &count, &stage.error));
    for (size_t i = 0; i < count; i++) {
        char amount[CG_DECIMAL_TEXT_SIZE];
        cg_decimal_format(&stored[i].line.total_cost, amount);
        snprintf(order + strlen(order), sizeof order - strlen(order), "%s/%lld ", amount,
                 (long long)stored[i].allocation_attempts);
    }
    cr_assert_str_eq(order, "5.50/0 4/0 3/2 2/0 1/0 ");
    stage_run(&stage, "UPDATE ccloud_billing SET quantity = 'NaN' WHERE total_cost = '3'");
    cr_assert_eq(cg_store_lines_of(stage.store, at("2026-01-10"), stage.arena, &stored, &count, &stage.error),
                 CG_PERMANENT);
    cr_assert_not_null(strstr(stage.error.text, "r2/A/2026-01-10 has the quantity 'NaN'"), "%s", stage.error.text);
    stage_done(&stage);
}

Test(store_billing, dates_to_calculate) {
    struct stage stage;
    int64_t *dates = NULL;
    size_t count = 0;
    char found[256] = "";
    stage_init(&stage);
    stage_open(&stage);
    stage_run(&stage,
              "INSERT INTO pipeline_state (ecosystem, tenant_id, tracking_date, billing_gathered, resources_gathered, "
              "chargeback_calculated) VALUES ('confluent_cloud', 't-1', '2025-12-01', TRUE, TRUE, FALSE), "
              "('confluent_cloud', 't-1', '2025-12-02', TRUE, FALSE, FALSE), ('confluent_cloud', 't-1', '2025-12-03', "
              "TRUE, TRUE, TRUE), "
              "('confluent_cloud', 't-1', '2026-01-11', TRUE, TRUE, TRUE), ('confluent_cloud', 'other', '2026-01-10', "
              "TRUE, TRUE, FALSE); "
              "INSERT INTO cg_dates (ecosystem, tenant_id, tracking_date, rows_digest, calculation_id, metrics_failed) "
              "VALUES ('confluent_cloud', 't-1', '2025-12-03', '', '', 1), "
              "('confluent_cloud', 't-1', '2025-12-04', '', '', 0); "
              "INSERT INTO ccloud_billing VALUES ('confluent_cloud', 't-1', '2026-01-12 05:00:00', '', 'r', 'A', 'K', "
              "'1', '1', '1', 'USD', 'daily', 0, NULL, 0); "
              "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, product_category, product_type, "
              "identity_id, cost_type) VALUES (1, 'confluent_cloud', 't-1', '', '', '', ''), (2, 'confluent_cloud', "
              "'other', '', '', '', ''); "
              "INSERT INTO chargeback_facts VALUES ('2026-01-10 00:00:00', 2, '1', '{}'), "
              "('2026-01-09 00:00:00', 1, '1', '{}'), ('2026-01-14 00:00:00', 1, '1', '{}')");
    assert_ok(&stage, cg_store_dates_to_calculate(stage.store, at("2026-01-09"), at("2026-01-14"), stage.arena, &dates,
                                                  &count, &stage.error));
    for (size_t i = 0; i < count; i++) {
        char text[CG_TIME_TEXT_SIZE];
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s ", cg_time_format_date(dates[i], text));
    }
    cr_assert_str_eq(found, "2025-12-01 2025-12-03 2026-01-09 2026-01-11 2026-01-12 ");
    assert_ok(&stage, cg_store_mark_gathered(stage.store, at("2025-12-02"), at("2025-12-03"), &stage.error));
    assert_rows(&stage, "SELECT count(*) FROM pipeline_state WHERE resources_gathered = 1", "5");
    stage_done(&stage);
}
