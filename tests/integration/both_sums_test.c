/*
 * PostgreSQL adds up by itself what the program adds up fact by fact on SQLite. Both must come to the same bytes: for
 * every unit of time and time zone, groups by thousands, filters and tags, amounts of any sign with many decimals.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/db.h"
#include "support/moment.h"
#include "support/postgres.h"

#define AGGREGATE "/api/v1/tenants/acme/chargebacks/aggregate?"

static char folder[CG_TEST_PATH_SIZE];
static struct cg_test_postgres database;
static struct cg_test_api apis[2]; /* on a file, on a server */

/* ---- 700 dimensions, each with a fact for every third hour of March ---- */

#define DIMENSIONS(id)                                                                                                 \
    "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id, product_category, "           \
    "product_type, "                                                                                                   \
    "identity_id, cost_type, allocation_method, allocation_detail, env_id) "                                           \
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 750) SELECT " id ", 'confluent_cloud', " \
    "CASE WHEN i > 700 THEN 'other' ELSE 'acme' END, CASE WHEN i % 9 <> 0 THEN 'lkc-' || (i % 20) END, 'K', "          \
    "'P_' || (i % 3), CASE WHEN i % 2 = 0 THEN 'sa-' ELSE 'Sa-' END || i, CASE i % 5 WHEN 0 THEN 'shared' WHEN 1 "     \
    "THEN "                                                                                                            \
    "'odd' ELSE 'usage' END, NULL, NULL, 'env-' || (i % 4) FROM n;"                                                    \
    "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) "                \
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700) SELECT 'acme', 'identity', "        \
    "CASE WHEN i % 2 = 0 THEN 'sa-' ELSE 'Sa-' END || i, 'team', CASE i % 7 WHEN 0 THEN '\xc3\x84' WHEN 1 THEN 'a' "   \
    "WHEN 2 "                                                                                                          \
    "THEN 'B' WHEN 3 THEN '' ELSE 'a b' END, 'me', '2026-01-01 00:00:00.000000' FROM n WHERE i % 3 <> 0"

/* Amounts of 0 to 18 decimals; those of one dimension cancel each other out. */
#define FACTS(time, as_time)                                                                                         \
    "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json) "                                     \
    "WITH RECURSIVE h(h) AS (SELECT 0 UNION ALL SELECT h + 1 FROM h WHERE h < 247) SELECT " time "'2026-03-' || "    \
    "CASE WHEN h / 8 < 9 THEN '0' ELSE '' END || (h / 8 + 1) || ' ' || CASE WHEN h % 8 < 4 THEN '0' ELSE '' END || " \
    "(h % 8 * 3) || ':00:00'" as_time ", dimension_id, "                                                             \
    "CASE WHEN dimension_id = 17 THEN CASE WHEN h % 2 = 0 THEN '3.50' ELSE '-3.5' END "                              \
    "WHEN dimension_id % 4 = 0 THEN '' || (h * 31) WHEN h % 11 = 0 THEN '1E-7' "                                     \
    "ELSE CASE WHEN h % 7 = 0 THEN '-' ELSE '' END || (h * dimension_id % 1000) || '.' || "                          \
    "substr('' || (100000000000000000 + h * 79 * dimension_id), 1, 1 + (h + dimension_id) % 18) END, '{}' "          \
    "FROM h, chargeback_dimensions"

/* Only one of them has a type for times. */
static const char *const facts[2] = {FACTS("(", ")"), FACTS("CAST(", " AS timestamptz)")};

/* ---- two services ---- */

static void begin(const char *granularity) {
    char *urls[2] = {cg_test_format("sqlite:///acme.db"), cg_test_format("%s", database.url)};
    for (int i = 0; i < 2; i++) {
        char *config = cg_test_format("tenants:\n  acme:\n    ecosystem: confluent_cloud\n    tenant_id: acme\n"
                                      "    storage: {connection_string: \"%s\"}\n"
                                      "    plugin_settings: {chargeback_granularity: %s}\n",
                                      urls[i], granularity);
        apis[i] = (struct cg_test_api){.port = 0};
        cg_test_api_start(folder, &(struct cg_test_api_options){.config = config}, &apis[i]);
        cr_assert_eq(cg_test_api_get(&apis[i], "/api/v1/tenants/acme/tags", NULL), 200);
        free(config);
        free(urls[i]);
    }
}

static void end(void) {
    for (int i = 0; i < 2; i++)
        cg_test_api_stop(&apis[i], 10, NULL);
}

static void start(void) {
    cg_test_workdir_make(folder);
    cg_test_postgres_create(&database);
    begin("daily");
    end();
}

static void fill(const char *dimensions) {
    cg_test_db_execute(folder, "acme.db", dimensions);
    cg_test_db_execute(folder, "acme.db", facts[0]);
    cg_test_postgres_run(&database, dimensions);
    cg_test_postgres_run(&database, facts[1]);
    cg_test_postgres_run(&database, "ANALYZE chargeback_facts; ANALYZE chargeback_dimensions; ANALYZE tags");
}

static void stop(void) {
    cg_test_postgres_drop(&database);
    cg_test_workdir_remove(folder);
}

TestSuite(both_sums, .init = start, .fini = stop);

/* ---- questions ---- */

static const char *const buckets[] = {
    "hour&start_date=2026-03-06&end_date=2026-03-09", "day&start_date=2026-03-01&end_date=2026-03-31",
    "week&start_date=2026-02-01&end_date=2026-04-30", "month&start_date=2026-01-01&end_date=2026-12-31"};

static const char *const groups[] = {"", "&group_by=identity_id", "&group_by=resource_id&group_by=product_type",
                                     "&group_by=tag:team",
                                     "&group_by=identity_id&group_by=resource_id&group_by=cost_type&group_by=tag:team"};

static const char *const others[] = {"",
                                     "&timezone=America/St_Johns",
                                     "&timezone=Pacific/Auckland",
                                     "&identity_id=Sa-17",
                                     "&cost_type=usage&product_type=P_1",
                                     "&tag:team=a,B",
                                     "&tag:team=%C3%84&timezone=Asia/Kolkata",
                                     "&identity_id=nobody"};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static void check(const char *target, long long ms[2]) {
    char *bodies[2];
    for (int i = 0; i < 2; i++) {
        long long began = cg_test_clock_ms();
        cr_expect_eq(cg_test_api_get(&apis[i], target, &bodies[i]), 200, "%s: %.300s", target, bodies[i]);
        ms[i] += cg_test_clock_ms() - began;
    }
    size_t same = 0;
    while (bodies[0][same] && bodies[0][same] == bodies[1][same])
        same++;
    size_t from = same > 200 ? same - 200 : 0;
    cr_expect(bodies[0][same] == bodies[1][same], "%s:\n...%.400s\ninstead of\n...%.400s", target, bodies[1] + from,
              bodies[0] + from);
    free(bodies[0]);
    free(bodies[1]);
}

static void check_all(const char *granularity) {
    long long ms[2] = {0, 0};
    begin(granularity);
    for (size_t i = 0; i < COUNT(buckets) * COUNT(groups) * COUNT(others); i++) {
        char *target =
            cg_test_format(AGGREGATE "time_bucket=%s%s%s", buckets[i % COUNT(buckets)],
                           groups[i / COUNT(buckets) % COUNT(groups)], others[i / COUNT(buckets) / COUNT(groups)]);
        check(target, ms);
        free(target);
    }
    check(AGGREGATE "time_bucket=day&start_date=2025-03-01&end_date=2025-03-31&group_by=identity_id", ms);
    fprintf(stderr, "%s: %lld ms on a file, %lld ms on a server\n", granularity, ms[0], ms[1]);
    end();
}

/* Ids that lie close together, and far apart, are looked up in two ways. */
Test(both_sums, of_facts_that_are_days, .timeout = 200) {
    fill(DIMENSIONS("i"));
    check_all("daily");
}

Test(both_sums, of_facts_within_days, .timeout = 200) {
    fill(DIMENSIONS("i * 9"));
    check_all("hourly");
}
