/* Facts in monthly partitions. On PostgreSQL; elsewhere that they are refused. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "old.h"
#include "store/months.h"
#include "store/private.h"
#include "store/retention.h"

#define PARTITIONS(table)                                                                                  \
    "SELECT c.relname || ' ' || pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON " \
    "c.oid = i.inhrelid WHERE i.inhparent = 'public." table "'::regclass ORDER BY c.relname COLLATE \"C\""

static void open_monthly(struct stage *stage) {
    stage_init(stage);
    assert_ok(stage, stage_try(stage, 1, CG_STORE_MONTHLY));
}

static void furnish(struct stage *stage, const char *date, const char *identity, const char *amount) {
    const struct cg_billing_line line = line_of(date, "e", "r", "A", amount);
    const struct cg_fact fact = fact_of(date, "e", "r", "A", identity, amount);
    const struct cg_topic_fact topic = topic_of(date, identity, "A", amount);
    stage_bill(stage, date, &line, 1);
    assert_ok(stage, stage_write(stage, date, &fact, 1, NULL));
    assert_ok(stage, stage_attribute(stage, date, &topic, 1, NULL));
}

static void close_store(struct stage *stage) {
    cg_store_close(stage->store);
    stage->store = NULL;
}

Test(store_layouts, a_database_without_partitions_refuses_them) {
    struct stage stage;
    if (stage_on_postgres())
        cr_skip_test("it has partitions");
    stage_init(&stage);
    cr_assert_eq(stage_try(&stage, 1, CG_STORE_MONTHLY), CG_INVALID);
    cr_assert_str_eq(stage.error.text, "tenant 'acme': storage.partitioning is 'monthly', but a database of the kind "
                                       "'sqlite' has no partitions; leave the key out");
    assert_rows(&stage, stage_tables(), "");
    assert_ok(&stage, stage_try(&stage, 1, CG_STORE_UNPARTITIONED));
    stage_done(&stage);
}

Test(store_layouts, a_month_gets_its_partition_before_its_first_row) {
    struct stage stage;
    if (!stage_on_postgres())
        cr_skip_test("there are no partitions");
    open_monthly(&stage);
    assert_rows(&stage, PARTITIONS("chargeback_facts"), "chargeback_facts_default DEFAULT");
    furnish(&stage, "2025-12-31", "a", "1");
    furnish(&stage, "2026-01-01", "b", "2");
    furnish(&stage, "2026-01-31", "a", "3");
    assert_rows(&stage, PARTITIONS("chargeback_facts"),
                "chargeback_facts_default DEFAULT\n"
                "chargeback_facts_y2025m12 FOR VALUES FROM ('2025-12-01 00:00:00+00') TO ('2026-01-01 00:00:00+00')\n"
                "chargeback_facts_y2026m01 FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2026-02-01 00:00:00+00')");
    assert_rows(&stage, "SELECT relname FROM pg_class WHERE relname LIKE 'topic_attribution_facts_y%m__' ORDER BY 1",
                "topic_attribution_facts_y2025m12\ntopic_attribution_facts_y2026m01");
    assert_rows(&stage,
                "SELECT tableoid::regclass || ' ' || amount || ' ' || tenant_id FROM public.chargeback_facts "
                "ORDER BY 1",
                "chargeback_facts_y2025m12 1 t-1\nchargeback_facts_y2026m01 2 t-1\nchargeback_facts_y2026m01 3 t-1");
    /* The same answers as without. */
    struct cg_owed *owed = NULL;
    size_t count = 0;
    assert_ok(&stage, cg_store_report(stage.store, at("2025-12-01"), at("2026-02-01"), stage.arena, &owed, &count,
                                      &stage.error));
    cr_assert_eq(count, 2);
    cr_assert_eq(cg_decimal_compare(&owed[0].amount, &(struct cg_decimal[]){number("4")}[0]), 0);
    stage_done(&stage);
}

/* Somebody else writes facts as the shared schema has them, also of a month that has no partition yet. */
Test(store_layouts, other_writers_go_on) {
    struct stage stage;
    if (!stage_on_postgres())
        cr_skip_test("there are no partitions");
    open_monthly(&stage);
    furnish(&stage, "2026-01-10", "a", "1");
    stage_run(&stage, "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json) SELECT t, "
                      "dimension_id, '5', '{}' FROM chargeback_dimensions, unnest(ARRAY[timestamptz '2026-01-11', "
                      "timestamptz '2026-03-03']) AS t");
    assert_rows(&stage, "SELECT tableoid::regclass || ' ' || tenant_id FROM public.chargeback_facts ORDER BY 1",
                "chargeback_facts_default t-1\nchargeback_facts_y2026m01 t-1\nchargeback_facts_y2026m01 t-1");
    /* When the month is written here, its rows move. */
    furnish(&stage, "2026-03-04", "a", "1");
    assert_rows(&stage, "SELECT tableoid::regclass || ' ' || amount FROM public.chargeback_facts ORDER BY 1",
                "chargeback_facts_y2026m01 1\nchargeback_facts_y2026m01 5\nchargeback_facts_y2026m03 1\n"
                "chargeback_facts_y2026m03 5");
    stage_done(&stage);
}

/* A database of the shared schema, with rows of three months, is converted and cannot be told from a new one. */
Test(store_layouts, a_database_is_converted) {
    static const char *const dates[] = {"2025-11-30", "2025-12-01", "2026-02-28"};
    struct stage stage;
    struct stage fresh;
    static char shape[65536];
    static char rows[65536];
    if (!stage_on_postgres())
        cr_skip_test("there are no partitions");
    stage_init(&stage);
    stage_open(&stage);
    for (size_t i = 0; i < 3; i++)
        furnish(&stage, dates[i], i ? "a" : "b", "1.10");
    static const char content[] =
        "SELECT timestamp || ' ' || dimension_id || ' ' || amount FROM chargeback_facts UNION ALL "
        "SELECT timestamp || ' ' || dimension_id || ' ' || amount FROM topic_attribution_facts ORDER BY 1";
    snprintf(rows, sizeof rows, "%s", stage_rows(&stage, content));
    close_store(&stage);
    assert_ok(&stage, stage_try(&stage, 1, CG_STORE_MONTHLY));
    cr_assert_not_null(strstr(stage_log(&stage), "lie in monthly partitions now"));
    cr_assert_str_eq(stage_rows(&stage, content), rows);
    assert_rows(&stage, "SELECT count(*) FROM ONLY public.chargeback_facts_default", "0");
    assert_rows(&stage, "SELECT count(DISTINCT tableoid) FROM public.chargeback_facts", "3");
    /* Written again, they are the same rows; and others can be written. */
    const struct cg_fact fact = fact_of("2026-02-28", "e", "r", "A", "a", "1.10");
    int32_t changed = 9;
    assert_ok(&stage, stage_write(&stage, "2026-02-28", &fact, 1, &changed));
    cr_assert_eq(changed, 0);
    furnish(&stage, "2026-04-01", "c", "2");
    open_monthly(&fresh);
    for (size_t i = 0; i < 3; i++)
        furnish(&fresh, dates[i], i ? "a" : "b", "1.10");
    furnish(&fresh, "2026-04-01", "c", "2");
    snprintf(shape, sizeof shape, "%s", old_shape(&fresh));
    cr_assert_str_eq(old_shape(&stage), shape);
    stage_done(&fresh);
    stage_done(&stage);
}

/* Others may have written times that have no month, and have let somebody read. */
Test(store_layouts, odd_times_and_rights_survive) {
    struct stage stage;
    if (!stage_on_postgres())
        cr_skip_test("there are no partitions");
    stage_init(&stage);
    stage_open(&stage);
    furnish(&stage, "2026-01-31", "a", "1.10");
    stage_run(
        &stage,
        "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json) SELECT t, dimension_id, "
        "'5', '{}' FROM chargeback_dimensions, unnest(CAST('{infinity,-infinity,\"0044-03-15 BC\",12345-01-01}' AS "
        "timestamp with time zone[])) AS t; GRANT SELECT ON chargeback_facts TO PUBLIC; "
        "GRANT SELECT, INSERT ON topic_attribution_facts TO pg_monitor WITH GRANT OPTION");
    close_store(&stage);
    assert_ok(&stage, stage_try(&stage, 1, CG_STORE_MONTHLY));
    assert_rows(&stage,
                "SELECT tableoid::regclass || ' ' || count(*) FROM public.chargeback_facts GROUP BY tableoid "
                "ORDER BY 1",
                "chargeback_facts_default 4\nchargeback_facts_y2026m01 1");
    assert_rows(&stage,
                "SELECT c.relname || ' ' || a.privilege_type || ' ' || a.is_grantable FROM pg_class c CROSS JOIN "
                "LATERAL aclexplode(c.relacl) a WHERE a.grantee <> c.relowner AND c.relnamespace = "
                "'public'::regnamespace ORDER BY 1",
                "chargeback_facts SELECT false\ntopic_attribution_facts INSERT true\n"
                "topic_attribution_facts SELECT true");
    stage_done(&stage);
}

/* Several hosts are started with the new setting at the same time. */
Test(store_layouts, many_convert_at_once) {
    enum { HOSTS = 4 };
    struct stage stage;
    pid_t hosts[HOSTS];
    if (!stage_on_postgres())
        cr_skip_test("there are no partitions");
    stage_init(&stage);
    stage_open(&stage);
    furnish(&stage, "2025-12-01", "a", "1.10");
    furnish(&stage, "2026-02-28", "b", "2.20");
    close_store(&stage);
    for (size_t i = 0; i < HOSTS; i++) {
        hosts[i] = fork();
        cr_assert_geq(hosts[i], 0);
        if (hosts[i] == 0) {
            stage.outside = NULL;
            _exit(stage_try(&stage, 1, CG_STORE_MONTHLY) == CG_OK && stage.store->is_monthly ? 0 : 1);
        }
    }
    for (size_t i = 0; i < HOSTS; i++) {
        int status = 0;
        cr_assert_eq(waitpid(hosts[i], &status, 0), hosts[i]);
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "host %zu: %x", i, (unsigned)status);
    }
    assert_rows(&stage, "SELECT tableoid::regclass || ' ' || amount FROM public.chargeback_facts ORDER BY 1",
                "chargeback_facts_y2025m12 1.10\nchargeback_facts_y2026m02 2.20");
    assert_rows(&stage, "SELECT relname FROM pg_class WHERE relname LIKE 'cg!_old%' ESCAPE '!'", "");
    const char *log = stage_log(&stage);
    const char *first = strstr(log, "lie in monthly partitions now");
    cr_assert_not_null(first);
    cr_assert_null(strstr(first + 1, "lie in monthly partitions now"), "converted twice: %s", log);
    stage_done(&stage);
}

Test(store_layouts, a_database_keeps_its_partitions) {
    struct stage stage;
    if (!stage_on_postgres())
        cr_skip_test("there are no partitions");
    open_monthly(&stage);
    close_store(&stage);
    assert_ok(&stage, stage_try(&stage, 1, 0));
    furnish(&stage, "2026-01-01", "a", "1");
    assert_rows(&stage, "SELECT tableoid::regclass FROM public.chargeback_facts", "chargeback_facts_y2026m01");
    close_store(&stage);
    cr_assert_eq(stage_try(&stage, 1, CG_STORE_UNPARTITIONED), CG_INVALID);
    cr_assert_str_eq(stage.error.text,
                     "tenant 'acme': storage.partitioning is 'none', but the rows of the database lie in monthly "
                     "partitions, which are not put together again; write 'monthly' or leave the key out");
    /* A reader takes what there is. */
    assert_ok(&stage, stage_try(&stage, 1, CG_STORE_READ_ONLY | CG_STORE_UNPARTITIONED));
    stage_done(&stage);
}

/* Tables of which there are a few rows for each run, tag or emission: a cluster of servers keeps them everywhere. */
#define SMALL \
    "('pipeline_runs', 'tags', 'emission_records', 'alembic_version', 'cg_schema', 'cg_run_owners', 'cg_claims')"

Test(store_layouts, the_tenant_is_in_every_key) {
    struct stage stage;
    if (!stage_on_postgres())
        cr_skip_test("there are no partitions");
    open_monthly(&stage);
    furnish(&stage, "2026-01-01", "a", "1");
    assert_rows(&stage,
                "SELECT k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_class r ON "
                "r.oid = k.confrelid WHERE k.connamespace = 'public'::regnamespace AND k.contype IN ('p', 'u', 'f') "
                "AND c.relname NOT IN " SMALL " AND (r.relname IS NULL OR r.relname NOT IN " SMALL
                ") AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attname = "
                "'tenant_id' AND a.attnum = ANY (k.conkey)) ORDER BY 1",
                "");
    assert_rows(&stage,
                "SELECT i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE "
                "c.relnamespace = 'public'::regnamespace AND i.indisunique AND c.relname NOT IN " SMALL
                " AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' "
                "AND a.attnum = ANY (i.indkey)) ORDER BY 1",
                "");
    stage_done(&stage);
}

static uint64_t retain(struct stage *stage, const char *now) {
    const struct cg_retention retention = {.now = at(now), .days = 30, .topic_days = 30};
    uint64_t deleted = 0;
    assert_ok(stage, cg_store_retain(stage->store, &retention, &deleted, &stage->error));
    return deleted;
}

/* The same dates in both layouts lose the same rows; whole months go as partitions. */
Test(store_layouts, old_months_are_dropped) {
    static const char *const dates[] = {"2025-11-30", "2025-12-01", "2026-01-01", "2026-01-20", "2026-02-28"};
    uint64_t deleted[2];
    if (!stage_on_postgres())
        cr_skip_test("there are no partitions");
    for (uint32_t monthly = 0; monthly < 2; monthly++) {
        struct stage stage;
        stage_init(&stage);
        assert_ok(&stage, stage_try(&stage, 1, monthly ? CG_STORE_MONTHLY : 0));
        for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++)
            furnish(&stage, dates[i], i < 2 ? "old" : "new", "1");
        /* Kept from January 15 on. */
        deleted[monthly] = retain(&stage, "2026-02-14T12:00:00");
        assert_rows(&stage, "SELECT timestamp FROM chargeback_facts ORDER BY 1",
                    "2026-01-20 00:00:00\n2026-02-28 00:00:00");
        assert_rows(&stage, "SELECT timestamp FROM topic_attribution_facts ORDER BY 1",
                    "2026-01-20 00:00:00\n2026-02-28 00:00:00");
        assert_rows(&stage, "SELECT identity_id FROM chargeback_dimensions", "new");
        if (monthly)
            assert_rows(&stage, "SELECT relname FROM pg_class WHERE relname LIKE '%facts_y%m__' ORDER BY 1",
                        "chargeback_facts_y2026m01\nchargeback_facts_y2026m02\ntopic_attribution_facts_y2026m01\n"
                        "topic_attribution_facts_y2026m02");
        stage_done(&stage);
    }
    cr_assert_eq(deleted[0], deleted[1], "%llu and %llu", (unsigned long long)deleted[0],
                 (unsigned long long)deleted[1]);
}

/* A partition with rows of somebody else is not dropped. */
Test(store_layouts, rows_of_other_tenants_stay) {
    struct stage stage;
    if (!stage_on_postgres())
        cr_skip_test("there are no partitions");
    open_monthly(&stage);
    furnish(&stage, "2025-11-30", "a", "1");
    stage_run(&stage, "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, product_category, "
                      "product_type, identity_id, cost_type) VALUES (5000, 'confluent_cloud', 't-2', '', '', 'x', ''); "
                      "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tenant_id) VALUES ('2025-11-30', "
                      "5000, '7', 't-2')");
    retain(&stage, "2026-02-14T12:00:00");
    assert_rows(&stage, "SELECT tenant_id || ' ' || amount FROM chargeback_facts", "t-2 7");
    stage_done(&stage);
}

/* Another tenant comes after it was found out that there is none: what it has in the partition is not dropped. */
Test(store_layouts, others_who_come_before_a_month_is_dropped) {
    static const char *const names[] = {"chargeback_facts_y2025m11", "topic_attribution_facts_y2025m11"};
    struct stage stage;
    struct cg_months months;
    int64_t rows = -1;
    if (!stage_on_postgres())
        cr_skip_test("there are no partitions");
    open_monthly(&stage);
    furnish(&stage, "2025-11-30", "a", "1");
    assert_ok(&stage, cg_months_before(stage.store, CG_FACTS_CHARGEBACK, at("2025-12-01"), &months, &stage.error));
    cr_assert_eq(months.count, 1);
    stage_run(&stage, "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, product_category, "
                      "product_type, identity_id, cost_type) VALUES (5000, 'confluent_cloud', 't-2', '', '', 'x', ''); "
                      "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tenant_id) VALUES ('2025-11-30', "
                      "5000, '7', 't-2')");
    assert_ok(&stage, cg_months_drop(stage.store, names[0], &rows, &stage.error));
    cr_assert_eq(rows, 0);
    assert_rows(&stage, "SELECT tenant_id || ' ' || amount FROM chargeback_facts ORDER BY 1", "t-1 1\nt-2 7");
    /* Of topics there are no others. */
    assert_ok(&stage, cg_months_drop(stage.store, names[1], &rows, &stage.error));
    cr_assert_eq(rows, 1);
    assert_rows(&stage, "SELECT COUNT(*) FROM topic_attribution_facts", "0");
    stage_done(&stage);
}
