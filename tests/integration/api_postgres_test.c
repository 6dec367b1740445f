/*
 * The REST API over a PostgreSQL that is slow, away, full, or that ends sessions: the tenant's requests are answered
 * with one sentence, the other tenant's as always, and all is well again by itself.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/api.h"
#include "support/db.h"
#include "support/moment.h"
#include "support/postgres.h"

#define ACME "/api/v1/tenants/acme"
#define GOOD "/api/v1/tenants/good"
#define RANGE "start_date=2026-06-01&end_date=2026-06-30"
#define FACTS ACME "/chargebacks?" RANGE
#define SUMS ACME "/chargebacks/aggregate?" RANGE "&group_by=identity_id&nr="

#define PATIENCE_MS 15000

static char folder[CG_TEST_PATH_SIZE];
static struct cg_test_api api;
static struct cg_test_postgres database;
static struct cg_test_postgres_server server;

static const char rows[] =
    "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id, product_category, "
    "product_type, "
    "identity_id, cost_type, env_id) VALUES (1, 'confluent_cloud', 'acme', 'r', 'K', 'P', 'i', 'usage', '');"
    "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json) VALUES ('2026-06-01', 1, '1.5', '{}'), "
    "('2026-06-02', 1, '2.5', '{}')";

static void await_answer(const char *target) {
    for (int waited = 0; cg_test_api_get(&api, target, NULL) != 200; waited += 100) {
        cr_assert_lt(waited, PATIENCE_MS, "%s is never answered", target);
        (void)usleep(100000);
    }
}

/* Tenant "acme" is there, "good" is a file. */
static void begin(const char *settings) {
    char *config = cg_test_format(
        "tenants:\n" CG_TEST_API_TENANT(
            "good") "  acme:\n    ecosystem: confluent_cloud\n"
                    "    tenant_id: acme\n    storage: {connection_string: \"%s&application_name=%s\"}\n",
        database.url, database.name);
    const struct cg_test_api_options options = {.settings = settings, .config = config};
    api = (struct cg_test_api){.port = 0};
    cg_test_api_start(folder, &options, &api);
    /* The first request makes the tables, which may take longer than a request may. */
    await_answer(ACME "/tags");
    cg_test_postgres_run(&database, rows);
    await_answer(FACTS);
    free(config);
}

static void start(void) {
    cg_test_workdir_make(folder);
    cg_test_postgres_create(&database);
}

static void stop(void) {
    cg_test_postgres_drop(&database);
    cg_test_workdir_remove(folder);
}

TestSuite(api_postgres, .init = start, .fini = stop);

static void start_own(void) {
    cg_test_workdir_make(folder);
    cg_test_postgres_server_start(0, &server);
    cg_test_postgres_create_on(&server, &database);
}

static void stop_own(void) {
    cg_test_postgres_drop(&database);
    cg_test_postgres_server_done(&server);
    cg_test_workdir_remove(folder);
}

TestSuite(api_postgres_server, .init = start_own, .fini = stop_own);

/* ---- what everybody may expect ---- */

static void check_good(const char *what) {
    long long began = cg_test_clock_ms();
    cr_expect_eq(cg_test_api_get(&api, GOOD "/chargebacks?" RANGE, NULL), 200, "%s", what);
    cr_expect_eq(cg_test_api_get(&api, "/health", NULL), 200, "%s", what);
    cr_expect_lt(cg_test_clock_ms() - began, 2000, "%s: the other tenant had to wait", what);
}

/* One sentence as the only member, without anything secret. */
static void check_sentence(const char *what, const char *body) {
    json_t *answer = json_loads(body, 0, NULL);
    const char *detail = json_string_value(json_object_get(answer, "detail"));
    cr_expect(detail && json_object_size(answer) == 1, "%s: %s", what, body);
    if (detail) {
        cr_expect_null(strchr(detail, '\n'), "%s: %s", what, detail);
        cr_expect_null(strstr(detail, database.password), "%s: %s", what, detail);
    }
    json_decref(answer);
}

/* Asks until the tenant is well; answers until then have one of two statuses and a sentence. */
static void wait_until_well(const char *what) {
    long long began = cg_test_clock_ms();
    for (;;) {
        char *body = NULL;
        long status = cg_test_api_get(&api, FACTS, &body);
        if (status == 200)
            cg_test_has(what, body, "\"total\":2,");
        else
            check_sentence(what, body);
        cr_assert(status == 200 || status == 500 || status == 503, "%s: %ld %s", what, status, body);
        free(body);
        if (status == 200)
            break;
        cr_assert_lt(cg_test_clock_ms() - began, PATIENCE_MS, "%s: it is never well again", what);
        (void)usleep(100000);
    }
    fprintf(stderr, "%s: well again after %lld ms\n", what, cg_test_clock_ms() - began);
}

/* The database "postgres", where no limit is in the way. */
static struct cg_test_postgres outside(void) {
    struct cg_test_postgres other = database;
    (void)snprintf(other.url, sizeof other.url, "%s", database.admin);
    return other;
}

/* Sessions of the service: all, or those that work on something. */
static long long count_sessions(int at_work) {
    const struct cg_test_postgres other = outside();
    char *sql = cg_test_format("SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = '%s'%s", database.name,
                               at_work ? " AND state <> 'idle'" : "");
    long long count = cg_test_postgres_number(&other, sql);
    free(sql);
    return count;
}

/* ---- time ---- */

static void check_deadline(const char *target) {
    const struct cg_test_request request = {.url = target};
    struct cg_test_answer answer;
    cg_test_api_ask(&api, &request, &answer);
    cr_expect_eq(answer.status, 504, "%s: %ld %s", target, answer.status, answer.body);
    cr_expect_str_eq(answer.body, "{\"detail\":\"Request exceeded 1s timeout\"}");
    cr_expect(answer.ms >= 990 && answer.ms < 3000, "%s: %lld ms", target, answer.ms);
    cg_test_answer_done(&answer);
    long long began = cg_test_clock_ms();
    cg_test_api_settle(&api, "chitragupt_queries_running ", 0);
    while (count_sessions(1) > 0) {
        cr_assert_lt(cg_test_clock_ms() - began, 3000, "%s: the server goes on with the query", target);
        (void)usleep(20000);
    }
}

/* The server itself stops what nobody waits for any more. */
Test(api_postgres, a_slow_query_ends_in_time_on_the_server_too) {
    begin("  request_timeout_seconds: 1\n");
    cg_test_postgres_run(&database, "ALTER TABLE chargeback_facts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; "
                                    "CREATE POLICY slow ON chargeback_facts USING (pg_sleep(30) IS NOT NULL)");
    check_deadline(SUMS "1");
    check_deadline(FACTS);
    check_good("beside slow queries");
    cg_test_postgres_run(&database, "ALTER TABLE chargeback_facts DISABLE ROW LEVEL SECURITY");
    wait_until_well("after slow queries");
    cg_test_api_stop(&api, 10, NULL);
}

/* ---- sessions ---- */

/* Connections that are kept are not asked before they are used; whoever is first must not pay for that. */
Test(api_postgres, sessions_that_were_ended_are_made_anew_without_a_failed_request) {
    begin(NULL);
    for (int i = 0; i < 5; i++) {
        char *target = cg_test_format(SUMS "%d", i);
        cr_expect_geq(cg_test_postgres_kill(&database), 1, "nothing is kept");
        cr_expect_eq(cg_test_api_get(&api, FACTS, NULL), 200, "%d", i);
        (void)cg_test_postgres_kill(&database);
        cr_expect_eq(cg_test_api_get(&api, target, NULL), 200, "%d", i);
        (void)cg_test_postgres_kill(&database);
        char *tag = cg_test_format("{\"tag_key\":\"k%d\",\"tag_value\":\"v\",\"created_by\":\"me\"}", i);
        char *body = NULL;
        long status = cg_test_api_send(&api, "POST", ACME "/entities/resource/r/tags", tag, &body);
        cr_expect(status == 201 || status == 404, "%d: %ld %s", i, status, body);
        free(body);
        free(tag);
        free(target);
    }
    cg_test_api_stop(&api, 10, NULL);
}

#define ASKERS 24

static void limit_connections(int most) {
    const struct cg_test_postgres other = outside();
    char *sql = cg_test_format("ALTER DATABASE %s CONNECTION LIMIT %d", database.name, most);
    cg_test_postgres_run(&other, sql);
    free(sql);
}

/* No more than there are threads and kept ones; and where the server lets in fewer, the rest is told so. */
Test(api_postgres, connections_are_few_and_may_be_fewer) {
    begin("  threads: 4\n");
    struct cg_test_asking asking[ASKERS];
    struct cg_test_request requests[ASKERS];
    char *urls[ASKERS];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < ASKERS; i++) {
            urls[i] = cg_test_format("%s" SUMS "%d", api.url, round * ASKERS + i);
            requests[i] = (struct cg_test_request){.url = urls[i]};
            cg_test_asking_begin(&asking[i], &requests[i]);
        }
        for (int i = 0; i < ASKERS; i++) {
            struct cg_test_answer answer;
            cg_test_asking_end(&asking[i], &answer);
            if (round == 0)
                cr_expect_eq(answer.status, 200, "%ld %s", answer.status, answer.body);
            else
                cr_expect(answer.status == 200 || answer.status == 503 || answer.status == 500, "%ld %s", answer.status,
                          answer.body);
            if (answer.status != 200)
                check_sentence("too many connections", answer.body);
            cg_test_answer_done(&answer);
            free(urls[i]);
        }
        long long sessions = count_sessions(0);
        fprintf(stderr, "%d requests at once left %lld sessions\n", ASKERS, sessions);
        cr_expect_leq(sessions, 8, "%lld sessions", sessions);
        limit_connections(2);
        (void)cg_test_postgres_kill(&database);
    }
    check_good("beside a full server");
    limit_connections(-1);
    wait_until_well("with all connections again");
    cg_test_api_stop(&api, 10, NULL);
}

/* ---- the server ---- */

Test(api_postgres_server, one_that_went_away_and_came_back, .timeout = 120) {
    begin(NULL);
    for (int round = 0; round < 2; round++) {
        cg_test_postgres_server_kill(&server);
        for (int i = 0; i < 5; i++) {
            char *body = NULL;
            char *target = cg_test_format(SUMS "%d", round * 10 + i);
            long status = cg_test_api_get(&api, target, &body);
            cr_expect(status == 500 || status == 503, "without a server: %ld %s", status, body);
            check_sentence("without a server", body);
            fprintf(stderr, "%ld %s\n", status, body);
            free(target);
            free(body);
            check_good("without a server");
        }
        cg_test_postgres_server_again(&server);
        wait_until_well("after a crash of the server");
    }
    cg_test_api_stop(&api, 10, NULL);
}
