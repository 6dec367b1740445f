#include "old.h"

struct state {
    const char *name;
    const char *sql;  /* what makes the state out of a whole database */
    const char *text; /* a part of the refusal, or NULL when it is accepted */
};

static const struct state states[] = {
    {"as it was left", "SELECT 1", NULL},
    {"with empty preview tables", "CREATE TABLE preview_requests (a INTEGER)", NULL},
    {"own version table empty", "CREATE TABLE cg_schema (version INTEGER NOT NULL PRIMARY KEY)", NULL},
    {"called the oldest revision", "UPDATE alembic_version SET version_num = '001'", NULL},
    {"called the previous revision", "UPDATE alembic_version SET version_num = '031'", NULL},
    {"called the named revision", "UPDATE alembic_version SET version_num = 'ddebea2fe0a8'", NULL},
    {"no revision", "DELETE FROM alembic_version", NULL},
    {"no revision table", "DROP TABLE alembic_version", NULL},
    {"newer revision", "UPDATE alembic_version SET version_num = '033'", "does not know"},
    {"strange revision", "UPDATE alembic_version SET version_num = '000'", "does not know"},
    {"long revision",
     "UPDATE alembic_version SET version_num = "
     "'0123456789012345678901234567890123456789012345678901234567890123456789'",
     "does not know"},
    {"two revisions", "INSERT INTO alembic_version VALUES ('031')", "has 2 rows"},
    {"two older revisions",
     "UPDATE alembic_version SET version_num = '030'; INSERT INTO alembic_version VALUES ('031')", "has 2 rows"},
    {"a table is missing", "DROP TABLE chargeback_facts", "no table 'chargeback_facts'"},
    {"a topic table is missing", "DROP TABLE topic_attribution_facts", "no table 'topic_attribution_facts'"},
    {"used by a newer release", "CREATE TABLE cg_schema (version INTEGER); INSERT INTO cg_schema VALUES (99)",
     "newer release of chitragupt"},
};

/* A whole database without tables of our own. */
static void make_whole(struct stage *stage) {
    stage_init(stage);
    stage_open(stage);
    cg_store_close(stage->store);
    stage->store = NULL;
    old_forget_us(stage);
}

Test(store_adopt, states) {
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        struct stage stage;
        /* There the column has a length. */
        if (stage_on_postgres() && strcmp(states[i].name, "long revision") == 0)
            continue;
        make_whole(&stage);
        stage_run(&stage, states[i].sql);
        cg_status status = stage_try(&stage, 1, 0);
        cr_assert_eq(status, states[i].text ? CG_PERMANENT : CG_OK, "%s: %s", states[i].name, stage.error.text);
        if (states[i].text) {
            cr_assert_not_null(strstr(stage.error.text, states[i].text), "%s: %s", states[i].name, stage.error.text);
            cr_assert_not_null(strstr(stage.error.text, "tenant 'acme'"), "%s: %s", states[i].name, stage.error.text);
        } else {
            assert_rows(&stage, "SELECT max(version) > 0 FROM cg_schema", "1");
            assert_rows(&stage, "SELECT count(*) FROM cg_dates", "0");
            assert_rows(&stage, "SELECT version_num FROM alembic_version", "032");
        }
        stage_done(&stage);
    }
}

/* Programs that share a schema also share the name of the table of revisions; some call theirs as ours are called. */
Test(store_adopt, a_revision_of_another_program_is_left_alone) {
    static const char *const revisions[] = {"002", "031", "5ac1d2e3f4b5", "999"};
    for (size_t i = 0; i < sizeof revisions / sizeof revisions[0]; i++) {
        struct stage stage;
        char sql[256];
        stage_init(&stage);
        snprintf(sql, sizeof sql,
                 "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL); INSERT INTO alembic_version VALUES "
                 "('%s'); CREATE TABLE custom_tags (a INTEGER); INSERT INTO custom_tags VALUES (7)",
                 revisions[i]);
        stage_run(&stage, sql);
        cr_assert_eq(stage_try(&stage, 1, 0), CG_PERMANENT, "%s", revisions[i]);
        cr_assert_not_null(strstr(stage.error.text, "another program may have written it"), "%s", stage.error.text);
        assert_rows(&stage, "SELECT version_num FROM alembic_version", revisions[i]);
        assert_rows(&stage, "SELECT a FROM custom_tags", "7");
        stage_done(&stage);
    }
}

Test(store_adopt, an_empty_table_of_revisions_is_an_empty_database) {
    struct stage stage;
    stage_init(&stage);
    stage_run(&stage, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)");
    stage_open(&stage);
    assert_rows(&stage, "SELECT version_num FROM alembic_version", "032");
    assert_rows(&stage, "SELECT count(*) FROM chargeback_facts", "0");
    stage_done(&stage);
}

Test(store_adopt, shared_tables_are_not_touched) {
    struct stage stage;
    static char before[65536];
    make_whole(&stage);
    snprintf(before, sizeof before, "%s", old_shape(&stage));
    stage_open(&stage);
    cr_assert_str_eq(old_shape(&stage), before);
    if (!stage_on_postgres()) {
        cg_store_close(stage.store);
        stage.store = NULL;
        old_forget_us(&stage);
        snprintf(before, sizeof before, "%s",
                 stage_rows(&stage, "SELECT name || coalesce(sql, '') FROM sqlite_master"));
        stage_open(&stage);
        assert_rows(&stage,
                    "SELECT name || coalesce(sql, '') FROM sqlite_master WHERE tbl_name NOT LIKE 'cg!_%' ESCAPE '!'",
                    before);
    }
    stage_done(&stage);
}

Test(store_adopt, a_refused_database_is_not_changed) {
    struct stage stage;
    stage_init(&stage);
    stage_run(&stage, "CREATE TABLE resources (a INTEGER)");
    cr_assert_eq(stage_try(&stage, 1, 0), CG_PERMANENT);
    assert_rows(&stage, stage_tables(), "resources");
    stage_done(&stage);
}

Test(store_adopt, a_reader_creates_nothing) {
    struct stage stage;
    stage_init(&stage);
    if (!stage_on_postgres()) {
        cr_assert_eq(stage_try(&stage, 1, CG_STORE_READ_ONLY), CG_NOT_FOUND);
        cr_assert_not_null(strstr(stage.error.text, "No such file"), "%s", stage.error.text);
    }
    stage_rows(&stage, "SELECT 1");
    cr_assert_eq(stage_try(&stage, 1, CG_STORE_READ_ONLY), CG_PERMANENT);
    cr_assert_not_null(strstr(stage.error.text, "is empty"), "%s", stage.error.text);
    assert_rows(&stage, stage_tables(), "");
    stage_open(&stage);
    cg_store_close(stage.store);
    assert_ok(&stage, stage_try(&stage, 1, CG_STORE_READ_ONLY));
    int64_t id = 0;
    cr_assert_eq(cg_store_run_start(stage.store, 0, &id, &stage.error), CG_PERMANENT);
    stage_done(&stage);
}
