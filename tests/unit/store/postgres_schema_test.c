/* The shared tables on PostgreSQL: as the Python engine makes them there, step by step. */
#include <stdlib.h>

#include "old.h"

/* A part of the shape, written out: what the steps are checked against. */
static const char *const parts[] = {
    "chargeback_dimensions.1 dimension_id integer NOT NULL nextval('chargeback_dimensions_dimension_id_seq'::regclass)",
    "chargeback_dimensions.5 product_category character varying NOT NULL -",
    "chargeback_dimensions.11 env_id character varying NOT NULL ''::character varying",
    "chargeback_dimensions uq_chargeback_dimensions UNIQUE (ecosystem, tenant_id, resource_id, product_category, "
    "product_type, identity_id, cost_type, allocation_method, allocation_detail, env_id)",
    "chargeback_facts.1 timestamp timestamp with time zone NOT NULL -",
    "chargeback_facts.4 tags_json character varying NOT NULL '[]'::character varying",
    "chargeback_facts chargeback_facts_dimension_id_fkey FOREIGN KEY (dimension_id) REFERENCES "
    "public.chargeback_dimensions(dimension_id)",
    "chargeback_facts chargeback_facts_pkey PRIMARY KEY (\"timestamp\", dimension_id)",
    "billing pk_billing PRIMARY KEY (ecosystem, tenant_id, \"timestamp\", resource_id, product_type, product_category)",
    "billing.13 allocation_attempts integer NOT NULL 0",
    "ccloud_billing ccloud_billing_pkey PRIMARY KEY (ecosystem, tenant_id, \"timestamp\", env_id, resource_id, "
    "product_type, product_category)",
    "emission_records.8 pipeline character varying NOT NULL 'chargeback'::character varying",
    "emission_records.1 id integer NOT NULL nextval('emission_records_id_seq'::regclass)",
    "pipeline_runs.11 current_date date -",
    "pipeline_runs.1 id integer NOT NULL nextval('pipeline_runs_id_seq'::regclass)",
    "pipeline_state.4 billing_gathered boolean NOT NULL false",
    "pipeline_state fk_pipeline_state_calculation_run_id_pipeline_runs FOREIGN KEY (calculation_run_id) REFERENCES "
    "public.pipeline_runs(id)",
    "tags.1 tag_id integer NOT NULL nextval('tags_tag_id_seq'::regclass)",
    "topic_attribution_dimensions.1 dimension_id integer NOT NULL "
    "nextval('topic_attribution_dimensions_dimension_id_seq'::regclass)",
    "topic_attribution_dimensions.5 cluster_resource_id character varying NOT NULL -",
    "alembic_version alembic_version_pkc PRIMARY KEY (version_num)",
};

static const char *shape_of_new(void) {
    static char shape[65536];
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    snprintf(shape, sizeof shape, "%s", old_shape(&stage));
    stage_done(&stage);
    return shape;
}

/* The lines of one shape that the other has not. */
static void assert_same(const char *name, const char *got, const char *wanted) {
    char line[512];
    for (const char *at = wanted; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        cr_expect_not_null(strstr(got, line), "%s: there is no '%s'", name, line);
    }
    cr_assert_str_eq(got, wanted, "%s", name);
}

Test(store_postgres_schema, a_new_database_is_as_the_sheet_says) {
    if (!stage_on_postgres())
        cr_skip_test("see schema_test.c");
    const char *shape = shape_of_new();
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        cr_expect_not_null(strstr(shape, parts[i]), "there is no '%s'", parts[i]);
}

Test(store_postgres_schema, every_revision_becomes_the_newest, .timeout = 300) {
    if (!stage_on_postgres())
        cr_skip_test("see older_test.c");
    const char *wanted = shape_of_new();
    static const char *const revisions[] = {"001", "004", "ddebea2fe0a8", "009", "013", "016",
                                            "019", "028", "029",          "031", "032"};
    for (size_t i = 0; i < sizeof revisions / sizeof revisions[0]; i++) {
        const char *revision = revisions[i];
        struct stage stage;
        stage_init(&stage);
        old_make(&stage, revision);
        /* An index of older revisions, which the newest one is taken to have got rid of. */
        if (strcmp(revision, "032") == 0)
            stage_run(&stage, "DROP INDEX ix_topic_attribution_dimensions_resource_id");
        assert_ok(&stage, stage_try(&stage, 1, 0));
        assert_same(revision, old_shape(&stage), wanted);
        cr_assert_str_eq(old_content(&stage), old_wanted, "%s", revision);
        assert_rows(&stage, "SELECT version_num FROM alembic_version", "032");
        /* Numbers go on behind those that were given. */
        const struct cg_billing_line line = line_of("2026-01-20", "e", "r", "A", "1");
        const struct cg_fact fact = fact_of("2026-01-20", "e", "r", "A", "new", "1");
        stage_bill(&stage, "2026-01-20", &line, 1);
        assert_ok(&stage, stage_write(&stage, "2026-01-20", &fact, 1, NULL));
        assert_rows(&stage, "SELECT dimension_id > 8 FROM chargeback_dimensions WHERE identity_id = 'new'", "1");
        stage_done(&stage);
    }
}

/* Whoever was let in, such as a dashboard, is let in afterwards. */
Test(store_postgres_schema, rights_outlive_the_tables) {
    static const char rights[] =
        "SELECT c.relname || ' ' || a.privilege_type || ' ' || a.is_grantable || ' ' || a.grantee FROM pg_class c "
        "CROSS JOIN LATERAL aclexplode(c.relacl) a WHERE a.grantee <> c.relowner AND c.relnamespace = "
        "'public'::regnamespace ORDER BY 1";
    static char wanted[4096];
    if (!stage_on_postgres())
        cr_skip_test("there are no rights");
    struct stage stage;
    stage_init(&stage);
    old_make(&stage, "028");
    stage_run(&stage, "GRANT SELECT ON chargeback_facts, chargeback_dimensions TO PUBLIC; "
                      "GRANT SELECT, UPDATE ON billing, chargeback_facts TO pg_monitor WITH GRANT OPTION");
    snprintf(wanted, sizeof wanted, "%s", stage_rows(&stage, rights));
    cr_assert_not_null(strstr(wanted, "billing UPDATE true"));
    assert_ok(&stage, stage_try(&stage, 1, CG_STORE_MONTHLY));
    assert_rows(&stage, rights, wanted);
    stage_done(&stage);
}

Test(store_postgres_schema, tables_without_a_revision) {
    if (!stage_on_postgres())
        cr_skip_test("see older_test.c");
    struct stage stage;
    const char *wanted = shape_of_new();
    stage_init(&stage);
    old_make_unversioned(&stage);
    assert_ok(&stage, stage_try(&stage, 1, 0));
    assert_same("no revision", old_shape(&stage), wanted);
    cr_assert_str_eq(old_content(&stage), old_wanted);
    stage_done(&stage);
}

/* What people hung on a table is not dropped with it: nothing changes, and the sentence says what is in the way. */
Test(store_postgres_schema, a_view_is_in_the_way_of_an_old_table) {
    if (!stage_on_postgres())
        cr_skip_test("there a view is a text");
    struct stage stage;
    stage_init(&stage);
    old_make(&stage, "028");
    stage_run(&stage, "CREATE VIEW v AS SELECT * FROM chargeback_facts");
    cr_assert_eq(stage_try(&stage, 1, 0), CG_PERMANENT);
    cr_assert_not_null(strstr(stage.error.text, "view v depends on table chargeback_facts"), "%s", stage.error.text);
    assert_rows(&stage, "SELECT version_num FROM alembic_version", "028");
    stage_run(&stage, "DROP VIEW v");
    assert_ok(&stage, stage_try(&stage, 1, CG_STORE_MONTHLY));
    cr_assert_str_eq(old_content(&stage), old_wanted);
    stage_done(&stage);
}
