#include <unistd.h>

#include "old.h"

/* The shape of a new database, copied out of static memory. */
static void new_shape(char *ret, size_t size) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    int length = snprintf(ret, size, "%s", old_shape(&stage));
    cr_assert(length > 0 && (size_t)length < size);
    stage_done(&stage);
}

static int is_before(const char *revision, const char *other) {
    size_t place = 0;
    size_t limit = 0;
    for (size_t i = 0; i < old_revisions_count; i++) {
        place = strcmp(old_revisions[i], revision) == 0 ? i : place;
        limit = strcmp(old_revisions[i], other) == 0 ? i : limit;
    }
    return place < limit;
}

static void check_later_tables(struct stage *stage, const char *revision) {
    assert_rows(stage,
                "SELECT id || tenant_name || started_at || status || dates_gathered || coalesce(stage, '-') || "
                "coalesce(\"current_date\", '-') FROM pipeline_runs",
                is_before(revision, "004")   ? ""
                : is_before(revision, "007") ? "5acme2026-01-11 04:00:00.000000running0--"
                                             : "5acme2026-01-11 04:00:00.000000running0calculating2026-01-11");
    assert_rows(stage, "SELECT id || emitter_name || pipeline || date || status || attempt_count FROM emission_records",
                is_before(revision, "010") ? "" : "4csvchargeback2026-01-10emitted3");
    assert_rows(stage, "SELECT tag_id || entity_id || tag_key || tag_value || created_at FROM tags",
                is_before(revision, "011") ? "" : "9lkc-1teama2026-01-01 01:02:03.000004");
    assert_rows(stage,
                "SELECT d.dimension_id || ' ' || d.resource_id || ' ' || f.timestamp || ' ' || f.amount FROM "
                "topic_attribution_facts f JOIN topic_attribution_dimensions d ON d.dimension_id = f.dimension_id",
                is_before(revision, "012") ? "" : "3 lkc-1:topic:orders 2026-01-10 00:00:00 7.200");
    assert_rows(stage,
                "SELECT calculation_id || calculation_completed_at || calculation_run_id FROM pipeline_state WHERE "
                "calculation_id IS NOT NULL",
                is_before(revision, "019") ? "" : "c-12026-01-11 05:06:075");
}

Test(store_older, every_revision_becomes_the_newest, .timeout = 110) {
    static char shape[65536];
    new_shape(shape, sizeof shape);
    for (size_t i = 0; i < old_revisions_count; i++) {
        struct stage stage;
        char text[128];
        stage_init(&stage);
        old_make(&stage, old_revisions[i]);
        stage_open(&stage);
        cr_assert_str_eq(old_shape(&stage), shape, "%s", old_revisions[i]);
        cr_assert_str_eq(old_content(&stage), old_wanted, "%s", old_revisions[i]);
        check_later_tables(&stage, old_revisions[i]);
        assert_rows(&stage, "SELECT version_num FROM alembic_version", "032");
        assert_rows(&stage, stage_soundness(), "ok");
        assert_rows(&stage, "SELECT count(*) FROM pragma_foreign_key_check", "0");
        assert_rows(&stage, "SELECT count(*) FROM sqlite_master WHERE name LIKE 'cg!_old%' ESCAPE '!'", "0");
        snprintf(text, sizeof text, "from revision '%s' to '032': ", old_revisions[i]);
        cr_assert_not_null(strstr(stage_log(&stage), text), "%s", stage_log(&stage));
        /* Once is enough. */
        cg_store_close(stage.store);
        cr_assert_eq(ftruncate(stage.log_fd, 0), 0);
        stage_open(&stage);
        cr_assert_null(strstr(stage_log(&stage), "revision"), "%s", stage_log(&stage));
        stage_done(&stage);
    }
}

Test(store_older, what_was_done_is_logged) {
    struct stage stage;
    stage_init(&stage);
    old_make(&stage, "001");
    stage_open(&stage);
    cr_assert_not_null(strstr(stage_log(&stage),
                              "INFO tenant 'acme': the database was brought from revision '001' to '032': 19 rows in 6 "
                              "tables rewritten, 4 billing lines moved to ccloud_billing, 2 duplicates removed"),
                       "%s", stage_log(&stage));
    cr_assert_not_null(strstr(stage_log(&stage), "WARNING tenant 'acme': the table custom_tags was dropped with its 3"),
                       "%s", stage_log(&stage));
    stage_done(&stage);
}

Test(store_older, the_tables_cannot_be_told_from_new_ones) {
    static char fresh[65536];
    static const char all[] = "SELECT name || ' ' || sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name";
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    snprintf(fresh, sizeof fresh, "%s", stage_rows(&stage, all));
    stage_done(&stage);
    stage_init(&stage);
    old_make(&stage, "017");
    stage_open(&stage);
    stage_run(&stage, "DROP TABLE alembic_version; CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
                      "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))");
    assert_rows(&stage, all, fresh);
    stage_done(&stage);
}

Test(store_older, our_own_tables_stay) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_billing_line line = line_of("2026-01-10", "e", "r", "A", "3");
    const struct cg_fact fact = fact_of("2026-01-10", "e", "r", "A", "u", "3");
    int32_t changed = 0;
    stage_bill(&stage, "2026-01-10", &line, 1);
    assert_ok(&stage, stage_write(&stage, "2026-01-10", &fact, 1, &changed));
    cg_store_close(stage.store);
    stage_run(&stage, "UPDATE alembic_version SET version_num = '028'");
    stage_open(&stage);
    assert_ok(&stage, stage_write(&stage, "2026-01-10", &fact, 1, &changed));
    cr_assert_eq(changed, 0);
    stage_done(&stage);
}

struct oddity {
    const char *name;
    const char *revision;
    const char *sql;
    const char *text; /* a part of the refusal, or of the log when it is accepted */
    int32_t accepted;
};

static const struct oddity oddities[] = {
    {"a fact's time is none", "028",
     "UPDATE chargeback_facts SET timestamp = '2026-02-30 00:00:00' WHERE dimension_id = 8",
     "tenant 'acme': invalid timestamp in chargeback_facts.timestamp at physical row 5; repair the value and retry", 0},
    {"a line's time is none", "001", "UPDATE billing SET timestamp = 'soon' WHERE resource_id = 'x'",
     "invalid timestamp in billing.timestamp at physical row 5; repair", 0},
    {"a calculation's time is none", "020", "UPDATE pipeline_state SET calculation_completed_at = ''",
     "invalid timestamp in pipeline_state.calculation_completed_at at physical row 1; repair", 0},
    {"facts of one second differ", "012", "UPDATE chargeback_facts SET amount = '7.00' WHERE timestamp LIKE '%.500000'",
     "timestamp canonicalization conflict in chargeback_facts: several rows have the key (timestamp 2026-01-10 "
     "00:00:00, dimension_id 1)",
     0},
    {"lines of one second differ", "005", "UPDATE billing SET total_cost = '7.3' WHERE timestamp LIKE '%.250000'",
     "timestamp canonicalization conflict in ccloud_billing: several rows have the key (ecosystem confluent_cloud, "
     "tenant_id t-1, timestamp 2026-01-10 00:00:00, env_id env-1, resource_id lkc-1, product_type BASE, "
     "product_category KAFKA)",
     0},
    {"facts of one second differ in a time zone", "012",
     "UPDATE chargeback_facts SET timestamp = '2026-01-10T02:00:00.7+02:00', amount = '1' WHERE timestamp LIKE "
     "'%.500000'",
     "conflict in chargeback_facts", 0},
    {"a column that was always there is gone", "016", "ALTER TABLE chargeback_facts DROP COLUMN amount",
     "the table 'chargeback_facts' of the database has no column 'amount'", 0},
    {"two emissions of a date", "013",
     "CREATE TABLE t AS SELECT * FROM emission_records; DROP TABLE emission_records; ALTER TABLE t RENAME TO "
     "emission_records; INSERT INTO emission_records SELECT id + 1, ecosystem, tenant_id, emitter_name, date, status, "
     "1 "
     "FROM emission_records",
     "bringing the table 'emission_records' to revision '032': UNIQUE constraint failed: emission_records.", 0},
    {"lines of another ecosystem with environments", "003",
     "UPDATE billing SET ecosystem = 'other_cloud' WHERE resource_id = 'lkc-1'",
     "lines of the ecosystem 'other_cloud' while the tenant's is 'confluent_cloud'", 0},
    {"a column that is not known", "016", "ALTER TABLE tags ADD COLUMN colour VARCHAR",
     "WARNING tenant 'acme': the column 'colour' of the table 'tags' is not known and is not kept", 1},
    {"a table is gone", "016", "DROP TABLE emission_records",
     "WARNING tenant 'acme': the database has revision '016' but no table 'emission_records'; it is created empty", 1},
    {"the table of the lines is gone late", "030", "DROP TABLE ccloud_billing", "no table 'ccloud_billing'; it is", 1},
    {"a view on the tables", "016", "CREATE VIEW v AS SELECT f.amount FROM chargeback_facts f", "brought from", 1},
    {"a fact in a time zone", "012",
     "UPDATE chargeback_facts SET timestamp = '2026-01-11T00:59:59.9+01:00' WHERE dimension_id = 7", "brought from", 1},
    {"NULL where it was allowed", "003",
     "UPDATE chargeback_dimensions SET product_category = NULL WHERE dimension_id = 7", "brought from", 1},
};

Test(store_older, oddities, .timeout = 110) {
    for (size_t i = 0; i < sizeof oddities / sizeof oddities[0]; i++) {
        const struct oddity *oddity = &oddities[i];
        static char before[65536];
        static const char all[] = "SELECT name || ' ' || coalesce(sql, '') FROM sqlite_master";
        struct stage stage;
        stage_init(&stage);
        old_make(&stage, oddity->revision);
        stage_run(&stage, oddity->sql);
        snprintf(before, sizeof before, "%s", stage_rows(&stage, all));
        cg_status status = stage_try(&stage, 1, 0);
        cr_assert_eq(status, oddity->accepted ? CG_OK : CG_PERMANENT, "%s: %s", oddity->name, stage.error.text);
        const char *text = oddity->accepted ? stage_log(&stage) : stage.error.text;
        cr_assert_not_null(strstr(text, oddity->text), "%s: %s", oddity->name, text);
        assert_rows(&stage, "SELECT version_num FROM alembic_version", oddity->accepted ? "032" : oddity->revision);
        if (!oddity->accepted)
            assert_rows(&stage, all, before);
        stage_done(&stage);
    }
}

Test(store_older, a_view_still_works) {
    struct stage stage;
    stage_init(&stage);
    old_make(&stage, "016");
    stage_run(&stage, "CREATE VIEW v AS SELECT f.amount FROM chargeback_facts f WHERE dimension_id = 2");
    stage_open(&stage);
    assert_rows(&stage, "SELECT amount FROM v", "0.200");
    stage_done(&stage);
}

struct form {
    const char *written;
    const char *wanted; /* NULL: refused */
};

static const struct form forms[] = {
    {"2026-01-10 00:00:00", "2026-01-10 00:00:00"},
    {"2026-01-10 00:00:00.000000", "2026-01-10 00:00:00"},
    {"2026-12-31 23:59:59.999999", "2026-12-31 23:59:59"},
    {"2026-12-31 23:59:59.9999999999", "2026-12-31 23:59:59"},
    {"2024-02-29 12:34:56.789", "2024-02-29 12:34:56"},
    {"2026-01-10T01:02:03", "2026-01-10 01:02:03"},
    {"2026-01-10T01:02:03Z", "2026-01-10 01:02:03"},
    {"2026-01-10 01:02:03+00:00", "2026-01-10 01:02:03"},
    {"2026-01-10 01:02:03.5-02:30", "2026-01-10 03:32:03"},
    {"2026-01-01T00:30:00.999+01:00", "2025-12-31 23:30:00"},
    {"2026-01-10", "2026-01-10 00:00:00"},
    {"2026-01-10 07:08", "2026-01-10 07:08:00"},
    {"2025-02-29 00:00:00", NULL},
    {"2026-13-01 00:00:00", NULL},
    {"2026-01-10 24:00:00", NULL},
    {"2026-01-10 23:60:00", NULL},
    {"2026-01-10 23:59:60", NULL},
    {"2026-01-10 00:00:00 and more", NULL},
    {"2026-01-10 00:00:0012", NULL},
    {"2026-1-1", NULL},
    {"20260110", NULL},
    {"2461050.5", NULL},
    {"now", NULL},
    {"", NULL},
    {"9999-12-31 23:59:59-01:00", NULL},
};

Test(store_older, forms_of_times, .timeout = 110) {
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct stage stage;
        char sql[256];
        stage_init(&stage);
        old_make(&stage, "028");
        snprintf(sql, sizeof sql, "UPDATE chargeback_facts SET timestamp = '%s' WHERE dimension_id = 7",
                 forms[i].written);
        stage_run(&stage, sql);
        cg_status status = stage_try(&stage, 1, 0);
        cr_assert_eq(status, forms[i].wanted ? CG_OK : CG_PERMANENT, "%s: %s", forms[i].written, stage.error.text);
        assert_rows(&stage,
                    "SELECT timestamp FROM chargeback_facts WHERE dimension_id = 7 AND typeof(timestamp) = 'text'",
                    forms[i].wanted ? forms[i].wanted
                                    : stage_rows(&stage, "SELECT timestamp FROM chargeback_facts "
                                                         "WHERE dimension_id = 7 AND "
                                                         "typeof(timestamp) = 'text'"));
        stage_done(&stage);
    }
}

Test(store_older, without_environments_nothing_moves) {
    struct stage stage;
    stage_init(&stage);
    old_make(&stage, "003");
    stage_run(&stage, "UPDATE billing SET ecosystem = 'confluent_cloud', metadata_json = NULL;"
                      "DELETE FROM billing WHERE timestamp LIKE '%.250000'");
    assert_ok(&stage, stage_try(&stage, 0, 0));
    assert_rows(&stage, "SELECT (SELECT count(*) FROM billing) || ' ' || (SELECT count(*) FROM ccloud_billing)", "5 0");
    stage_done(&stage);
}

Test(store_older, a_reader_says_that_a_run_is_needed) {
    struct stage stage;
    stage_init(&stage);
    old_make(&stage, "028");
    cr_assert_eq(stage_try(&stage, 1, CG_STORE_READ_ONLY), CG_PERMANENT);
    cr_assert_str_eq(stage.error.text,
                     "tenant 'acme': the database has the older revision '028'; a run brings it up to "
                     "date ('032')");
    assert_rows(&stage, "SELECT version_num FROM alembic_version", "028");
    stage_run(&stage, "DROP TABLE alembic_version");
    cr_assert_eq(stage_try(&stage, 1, CG_STORE_READ_ONLY), CG_PERMANENT);
    cr_assert_not_null(strstr(stage.error.text, "a run brings it up to date"), "%s", stage.error.text);
    stage_done(&stage);
}

Test(store_older, tables_without_a_revision) {
    static char shape[65536];
    new_shape(shape, sizeof shape);
    struct stage stage;
    stage_init(&stage);
    old_make_unversioned(&stage);
    stage_open(&stage);
    cr_assert_str_eq(old_shape(&stage), shape);
    cr_assert_str_eq(old_content(&stage), old_wanted);
    assert_rows(&stage, "SELECT version_num FROM alembic_version", "032");
    cr_assert_not_null(strstr(stage_log(&stage), "had the tables of revision '032' but no revision"), "%s",
                       stage_log(&stage));
    stage_done(&stage);
}

Test(store_older, some_tables_without_a_revision) {
    static char shape[65536];
    new_shape(shape, sizeof shape);
    struct stage stage;
    stage_init(&stage);
    old_make_unversioned(&stage);
    stage_run(&stage, "DROP TABLE topic_attribution_facts; DROP TABLE topic_attribution_dimensions;"
                      "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT "
                      "alembic_version_pkc PRIMARY KEY (version_num))");
    stage_open(&stage);
    cr_assert_str_eq(old_shape(&stage), shape);
    assert_rows(&stage, "SELECT version_num FROM alembic_version", "032");
    stage_done(&stage);
}

struct unknown {
    const char *sql;
    const char *text;
};

static const struct unknown unknowns[] = {
    {"ALTER TABLE pipeline_state DROP COLUMN topic_attribution_calculated",
     "its table 'pipeline_state' has no column 'topic_attribution_calculated'"},
    {"ALTER TABLE billing DROP COLUMN topic_attribution_attempts",
     "its table 'billing' has no column 'topic_attribution_attempts'"},
    {"ALTER TABLE tags ADD COLUMN colour VARCHAR", "its table 'tags' has a column 'colour'"},
    {"UPDATE billing SET timestamp = 'x'", "invalid timestamp in billing.timestamp at physical row 1"},
};

Test(store_older, tables_without_a_revision_and_of_another_shape) {
    for (size_t i = 0; i < sizeof unknowns / sizeof unknowns[0]; i++) {
        static char before[65536];
        static const char all[] = "SELECT name || ' ' || coalesce(sql, '') FROM sqlite_master";
        struct stage stage;
        stage_init(&stage);
        old_make_unversioned(&stage);
        stage_run(&stage, unknowns[i].sql);
        snprintf(before, sizeof before, "%s", stage_rows(&stage, all));
        cr_assert_eq(stage_try(&stage, 1, 0), CG_PERMANENT, "%s", unknowns[i].sql);
        cr_assert_not_null(strstr(stage.error.text, unknowns[i].text), "%s", stage.error.text);
        assert_rows(&stage, all, before);
        stage_done(&stage);
    }
}
