/* The rows of emissions that are no facts: billing lines, resources and identities; and when they are due. */
#include <stdlib.h>

#include "support.h"

static struct stage stage;

static void start(void) {
    stage_init(&stage);
    stage_open(&stage);
}

static void stop(void) {
    stage_done(&stage);
}

TestSuite(store_emission_pipelines, .init = start, .fini = stop);

/* ---- helpers ---- */

/* A date with one line and one row; `inputs` is what its calculation followed from, or NULL. */
static void write_day(const char *date, const char *cost, const char *quantity, const char *inputs) {
    struct cg_billing_line line = line_of(date, "e", "r", "A", cost);
    const struct cg_fact fact = fact_of(date, "e", "r", "A", "x", cost);
    const struct cg_date_result result = {.date = at(date),
                                          .facts = &fact,
                                          .fact_count = 1,
                                          .run_id = 7,
                                          .inputs_digest = inputs,
                                          .questions = inputs ? "" : NULL,
                                          .now = at("2026-02-01")};
    uint64_t rows = 0;
    int32_t changed = 0;
    line.quantity = number(quantity);
    stage_bill(&stage, date, &line, 1);
    stage_add_run(&stage, 7);
    assert_ok(&stage, cg_store_write_date(stage.store, &result, &rows, &changed, &stage.error));
}

static void withdraw_day(const char *date) {
    stage_bill(&stage, date, NULL, 0);
    assert_ok(&stage, stage_write(&stage, date, NULL, 0, NULL));
}

static void put_resource(const char *id, const char *name, int64_t created) {
    const struct cg_resource resource = {.struct_size = sizeof resource,
                                         .id = id,
                                         .type = "cluster",
                                         .display_name = name,
                                         .parent_id = "env",
                                         .created_at = created,
                                         .deleted_at = CG_TIME_NONE};
    assert_ok(&stage, cg_store_put_resource(stage.store, &resource, at("2026-02-01"), &stage.error));
}

static void put_identity(const char *id, int64_t created) {
    const struct cg_identity identity = {.struct_size = sizeof identity,
                                         .id = id,
                                         .type = "principal",
                                         .created_at = created,
                                         .deleted_at = CG_TIME_NONE};
    assert_ok(&stage, cg_store_put_identity(stage.store, &identity, at("2026-02-01"), &stage.error));
}

/* The dates that are due, each followed by a space, withdrawn ones by "- "; `record` as emitted. */
static const char *due(const char *pipeline, int record) {
    static char text[512];
    struct cg_emission_date *dates = NULL;
    size_t count = 0;
    text[0] = '\0';
    assert_ok(&stage, cg_store_emission_dates(stage.store, "p", pipeline, CG_TIME_NONE, stage.arena, &dates, &count,
                                              &stage.error));
    for (size_t i = 0; i < count; i++) {
        char date[CG_TIME_TEXT_SIZE];
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s ", cg_time_format_date(dates[i].date, date) + 8,
                 dates[i].withdrawn ? "-" : "");
        if (record)
            assert_ok(&stage, cg_store_record_emission(stage.store, "p", pipeline, &dates[i], CG_EMISSION_EMITTED,
                                                       &stage.error));
    }
    return text;
}

static void check_due(const char *pipeline, const char *wanted) {
    cr_assert_str_eq(due(pipeline, 1), wanted, "%s", pipeline);
    cr_assert_str_eq(due(pipeline, 0), "", "%s", pipeline);
}

/* ---- when a date is due ---- */

static const char *const three[] = {CG_PIPELINE_BILLING, CG_PIPELINE_RESOURCES, CG_PIPELINE_IDENTITIES};

Test(store_emission_pipelines, dates_are_those_of_chargebacks) {
    const struct cg_billing_line line = line_of("2026-01-03", "e", "r", "A", "1");
    write_day("2026-01-01", "1", "1", NULL);
    write_day("2026-01-02", "1", "1", "i");
    stage_bill(&stage, "2026-01-03", &line, 1);
    for (size_t i = 0; i < 3; i++)
        check_due(three[i], "01 02 ");
    assert_rows(&stage,
                "SELECT pipeline || ' ' || status || ' ' || SUM(attempt_count) FROM emission_records GROUP BY "
                "pipeline, status ORDER BY pipeline",
                "billing emitted 2\nidentity emitted 2\nresource emitted 2");
}

Test(store_emission_pipelines, withdrawn_dates_come_once_more) {
    put_resource("r", NULL, CG_TIME_NONE);
    put_identity("x", at("2026-01-02"));
    write_day("2026-01-01", "1", "1", NULL);
    write_day("2026-01-02", "1", "1", "i");
    for (size_t i = 0; i < 3; i++)
        check_due(three[i], "01 02 ");
    withdraw_day("2026-01-01");
    withdraw_day("2026-01-02");
    check_due(CG_PIPELINE_BILLING, "01- 02- ");
    check_due(CG_PIPELINE_RESOURCES, "01- 02- ");
    /* Of the first there was nothing to withdraw. */
    check_due(CG_PIPELINE_IDENTITIES, "02- ");
    write_day("2026-01-02", "1", "1", "i");
    for (size_t i = 0; i < 3; i++)
        check_due(three[i], "02 ");
}

Test(store_emission_pipelines, dates_of_the_python_engine_count_as_emitted) {
    write_day("2026-01-01", "1", "1", NULL);
    for (size_t i = 0; i < 3; i++)
        check_due(three[i], "01 ");
    stage_run(&stage, "DELETE FROM cg_dates");
    stage_run(&stage, "DELETE FROM cg_emissions");
    put_resource("r", NULL, CG_TIME_NONE);
    for (size_t i = 0; i < 3; i++)
        check_due(three[i], "");
    write_day("2026-01-01", "1", "1", NULL);
    for (size_t i = 0; i < 3; i++)
        check_due(three[i], "01 ");
}

Test(store_emission_pipelines, a_failed_date_is_due_again) {
    struct cg_emission_date *dates = NULL;
    size_t count = 0;
    write_day("2026-01-01", "1", "1", "i");
    for (size_t i = 0; i < 3; i++) {
        assert_ok(&stage, cg_store_emission_dates(stage.store, "p", three[i], CG_TIME_NONE, stage.arena, &dates, &count,
                                                  &stage.error));
        cr_assert_eq(count, 1);
        assert_ok(&stage,
                  cg_store_record_emission(stage.store, "p", three[i], &dates[0], CG_EMISSION_FAILED, &stage.error));
        check_due(three[i], "01 ");
    }
}

Test(store_emission_pipelines, a_pipeline_that_does_not_exist) {
    struct cg_emission_date *dates = NULL;
    size_t count = 0;
    cr_assert_eq(
        cg_store_emission_dates(stage.store, "p", "x", CG_TIME_NONE, stage.arena, &dates, &count, &stage.error),
        CG_INVALID);
}

/* ---- billing lines ---- */

Test(store_emission_pipelines, changed_lines_are_due_though_the_rows_are_the_same) {
    write_day("2026-01-01", "1", "1", "i");
    write_day("2026-01-02", "1", "1", NULL);
    check_due(CG_PIPELINE_BILLING, "01 02 ");
    write_day("2026-01-01", "1", "2", "k");
    write_day("2026-01-02", "1", "2", NULL);
    check_due(CG_PIPELINE_BILLING, "01 02 ");
    /* Gathered, and not calculated yet. */
    struct cg_billing_line line = line_of("2026-01-01", "e", "r", "A", "1");
    line.quantity = number("3");
    stage_bill(&stage, "2026-01-01", &line, 1);
    check_due(CG_PIPELINE_BILLING, "01 ");
}

Test(store_emission_pipelines, lines_are_read_only_when_their_date_was_calculated_with_others) {
    write_day("2026-01-01", "1", "1", "i");
    check_due(CG_PIPELINE_BILLING, "01 ");
    /* Behind everybody's back. */
    stage_run(&stage, "UPDATE ccloud_billing SET quantity = '5'");
    check_due(CG_PIPELINE_BILLING, "");
    stage_run(&stage, "UPDATE cg_dates SET inputs_digest = 'k'");
    check_due(CG_PIPELINE_BILLING, "01 ");
    /* Calculated from something else that is not in the lines. */
    stage_run(&stage, "UPDATE cg_dates SET inputs_digest = 'l'");
    cr_assert_str_eq(due(CG_PIPELINE_BILLING, 0), "");
    assert_rows(&stage, "SELECT substr(rows_digest, 66) FROM cg_emissions", "l");
    assert_rows(&stage, "SELECT attempt_count FROM emission_records", "2");
}

struct seen {
    char text[4096];
    size_t batches;
    size_t rows;
    cg_status answer;
};

static cg_status see_lines(void *user, const struct cg_emitted_billing_row *const *rows, size_t count) {
    struct seen *seen = user;
    seen->batches++;
    for (size_t i = 0; i < count; i++) {
        const struct cg_emitted_billing_row *row = rows[i];
        char time[CG_TIME_TEXT_SIZE];
        cr_assert_eq(row->struct_size, sizeof *row);
        cr_assert_str_eq(row->ecosystem, "confluent_cloud");
        if (++seen->rows <= 8)
            snprintf(seen->text + strlen(seen->text), sizeof seen->text - strlen(seen->text),
                     "%s %s %s %s %s %s %s %s %s %s\n", cg_time_format_seconds(row->timestamp, time), row->env_id,
                     row->resource_id, row->product_type, row->product_category, row->quantity, row->unit_price,
                     row->total_cost, row->currency, row->granularity);
    }
    return seen->answer;
}

Test(store_emission_pipelines, lines_as_they_are_stored) {
    struct cg_billing_line lines[4] = {
        line_of("2026-01-01T05:00:00", "", "r", "A", "-1.50"), line_of("2026-01-01", "e", "\xc3\xa9", "A", "1E+3"),
        line_of("2026-01-01", "e", "a", "A", "2"), line_of("2026-01-01", "e", "Z", "A", "0")};
    struct seen seen = {0};
    stage_bill(&stage, "2026-01-01", lines, 4);
    assert_ok(&stage, cg_store_each_billing_row(stage.store, at("2026-01-01"), see_lines, &seen, &stage.error));
    char wanted[1024] = "";
    static const struct {
        const char *key;
        const char *cost;
    } rows[] = {{"2026-01-01 00:00:00 e Z", "0"},
                {"2026-01-01 00:00:00 e a", "2"},
                {"2026-01-01 00:00:00 e \xc3\xa9", "1E+3"},
                {"2026-01-01 05:00:00  r", "-1.50"}};
    for (size_t i = 0; i < 4; i++)
        snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%s A %s 1 %s %s %s %s\n", rows[i].key,
                 lines[0].product_category, rows[i].cost, rows[i].cost, lines[0].currency, lines[0].granularity);
    cr_assert_str_eq(seen.text, wanted, "%s", seen.text);
    seen = (struct seen){.answer = CG_TEMPORARY};
    cr_assert_eq(cg_store_each_billing_row(stage.store, at("2026-01-01"), see_lines, &seen, &stage.error),
                 CG_TEMPORARY);
    seen = (struct seen){0};
    assert_ok(&stage, cg_store_each_billing_row(stage.store, at("2026-01-02"), see_lines, &seen, &stage.error));
    cr_assert_eq(seen.batches, 0);
}

Test(store_emission_pipelines, many_lines_come_in_batches) {
    static struct cg_billing_line lines[1201];
    static const struct cg_billing_line *list[1201];
    static char names[1201][16];
    struct seen seen = {0};
    for (size_t i = 0; i < 1201; i++) {
        snprintf(names[i], sizeof names[i], "r%04zu", i);
        lines[i] = line_of("2026-01-01", "e", names[i], "A", "1");
        list[i] = &lines[i];
    }
    assert_ok(&stage, cg_store_replace_billing(stage.store, at("2026-01-01"), at("2026-01-02"), list, 1201,
                                               at("2026-02-01"), NULL, &stage.error));
    assert_ok(&stage, cg_store_each_billing_row(stage.store, at("2026-01-01"), see_lines, &seen, &stage.error));
    cr_assert_eq(seen.rows, 1201);
    cr_assert_eq(seen.batches, 3);
}

/* ---- the inventory ---- */

static cg_status see_resources(void *user, const struct cg_emitted_resource *const *rows, size_t count) {
    struct seen *seen = user;
    seen->batches++;
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(rows[i]->struct_size, sizeof *rows[i]);
        cr_assert_str_eq(rows[i]->resource_type, "cluster");
        cr_assert_str_eq(rows[i]->parent_id, "env");
        if (++seen->rows <= 8)
            snprintf(seen->text + strlen(seen->text), sizeof seen->text - strlen(seen->text), "%s ",
                     rows[i]->resource_id);
    }
    return seen->answer;
}

static cg_status see_identities(void *user, const struct cg_emitted_identity *const *rows, size_t count) {
    struct seen *seen = user;
    seen->batches++;
    for (size_t i = 0; i < count; i++)
        snprintf(seen->text + strlen(seen->text), sizeof seen->text - strlen(seen->text), "%s:%s ",
                 rows[i]->identity_id, rows[i]->identity_type);
    return seen->answer;
}

static void check_resources(const char *time, const char *wanted) {
    struct seen seen = {0};
    assert_ok(&stage, cg_store_each_resource_at(stage.store, at(time), see_resources, &seen, &stage.error));
    cr_assert_str_eq(seen.text, wanted, "%s: %s", time, seen.text);
}

static void delete_resource(const char *id, const char *time) {
    char sql[256];
    snprintf(sql, sizeof sql, "UPDATE resources SET deleted_at = '%s', status = 'deleted' WHERE resource_id = '%s'",
             time, id);
    stage_run(&stage, sql);
}

Test(store_emission_pipelines, who_existed_at_midnight) {
    put_resource("a", "", CG_TIME_NONE);
    put_resource("Z", NULL, at("2026-01-02"));
    put_resource("\xc3\xa9", NULL, at("2026-01-02T00:00:00.000001"));
    put_resource("gone", NULL, at("2026-01-01"));
    delete_resource("gone", "2026-01-03 00:00:00.000000");
    check_resources("2025-12-31", "a ");
    check_resources("2026-01-01", "a gone ");
    check_resources("2026-01-02", "Z a gone ");
    check_resources("2026-01-03", "Z a \xc3\xa9 ");
    put_identity("User:b", at("2026-01-02"));
    assert_ok(&stage, cg_store_ensure_unallocated(stage.store, at("2026-01-01"), &stage.error));
    struct seen seen = {0};
    assert_ok(&stage, cg_store_each_identity_at(stage.store, at("2026-01-02"), see_identities, &seen, &stage.error));
    cr_assert_str_eq(seen.text, "UNALLOCATED:system User:b:principal ");
    seen.answer = CG_PERMANENT;
    cr_assert_eq(cg_store_each_identity_at(stage.store, at("2026-01-02"), see_identities, &seen, &stage.error),
                 CG_PERMANENT);
}

Test(store_emission_pipelines, a_large_inventory_comes_in_batches) {
    struct seen seen = {0};
    assert_ok(&stage, cg_store_begin(stage.store, &stage.error));
    for (size_t i = 0; i < 1001; i++) {
        char id[16];
        snprintf(id, sizeof id, "r%04zu", i);
        put_resource(id, NULL, CG_TIME_NONE);
    }
    assert_ok(&stage, cg_store_commit(stage.store, &stage.error));
    assert_ok(&stage, cg_store_each_resource_at(stage.store, at("2026-01-01"), see_resources, &seen, &stage.error));
    cr_assert_eq(seen.rows, 1001);
    cr_assert_eq(seen.batches, 3);
}

Test(store_emission_pipelines, only_dates_whose_inventory_changed_are_due) {
    put_resource("a", "A", at("2025-12-01"));
    put_resource("b", "B", at("2026-01-02T10:00:00"));
    put_identity("x", at("2026-01-03"));
    for (int day = 1; day <= 4; day++) {
        char date[16];
        snprintf(date, sizeof date, "2026-01-%02d", day);
        write_day(date, "1", "1", "i");
    }
    for (size_t i = 0; i < 3; i++)
        check_due(three[i], "01 02 03 04 ");
    /* Seen again: nothing changed. */
    put_resource("a", "A", at("2025-12-01"));
    check_due(CG_PIPELINE_RESOURCES, "");
    put_resource("b", "another name", at("2026-01-02T10:00:00"));
    check_due(CG_PIPELINE_RESOURCES, "03 04 ");
    delete_resource("b", "2026-01-03 12:00:00.000000");
    check_due(CG_PIPELINE_RESOURCES, "04 ");
    delete_resource("a", "2026-01-02 00:00:00.000000");
    check_due(CG_PIPELINE_RESOURCES, "02 03 04 ");
    put_resource("c", "C", CG_TIME_NONE);
    check_due(CG_PIPELINE_RESOURCES, "01 02 03 04 ");
    /* One more and one less of the same time are not the same. */
    delete_resource("c", "2026-01-01 00:00:00.000000");
    put_resource("d", "C", CG_TIME_NONE);
    check_due(CG_PIPELINE_RESOURCES, "01 02 03 04 ");
    check_due(CG_PIPELINE_IDENTITIES, "");
    put_identity("y", at("2026-01-04"));
    check_due(CG_PIPELINE_IDENTITIES, "04 ");
    check_due(CG_PIPELINE_BILLING, "");
}
