/* A broker whose answer the Kafka library does not survive: it costs its tenant one run, and nobody else anything. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "kafka_admin/stage.h"
#include "self_managed.h"

#define OTHER_DATABASE "beside.db"
#define MINUTES(n_) "2026-07-04T12:" n_ ":00Z"

/* AddressSanitizer takes the signal for itself, tells its own story and exits. */
#ifdef __SANITIZE_ADDRESS__
#define FAULT "in gather_inventory()"
#else
#define FAULT "(signal 11, Segmentation fault)"
#endif

static struct metered_source source;
static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
    metered_start(folder, "blocks", self_managed_series, SELF_MANAGED_SERIES, NULL, &source);
}

static void stop(void) {
    metered_stop(&source);
    cg_test_workdir_remove(folder);
}

TestSuite(self_managed_fatal, .init = start, .fini = stop);

/* The tenant that asks these servers, and beside it one that asks nobody but Prometheus. */
static void configure(const char *servers) {
    char *settings = cg_test_format(SELF_MANAGED_IN_REGION "      min_refresh_gap_seconds: 0\n"
                                                           "      resource_source: {source: admin_api, "
                                                           "bootstrap_servers: \"%s\", request_timeout_seconds: 5}\n",
                                    servers);
    struct metered_config config = {.ecosystem = "self_managed_kafka", .url = source.server.url, .settings = settings};
    char *asking = metered_config_text(&config);
    config.settings = SELF_MANAGED_IN_REGION "      min_refresh_gap_seconds: 0\n";
    config.database = OTHER_DATABASE;
    char *beside = metered_config_text(&config);
    char *named = cg_test_replace(beside, "tenants:\n  " METERED_TENANT ":\n", "  beside:\n");
    char *whole = cg_test_format("%s%s", asking, named);
    cg_test_file_write(folder, "config.yaml", whole);
    free(settings);
    free(asking);
    free(beside);
    free(named);
    free(whole);
}

static long long number(const char *database, const char *sql) {
    sqlite3 *db = cg_test_db_open(folder, database);
    long long value = cg_test_db_number(db, sql);
    cg_test_db_close(db);
    return value;
}

static long long runs(const char *database, const char *status) {
    char *sql = cg_test_format("SELECT COUNT(*) FROM pipeline_runs WHERE status = '%s'", status);
    long long count = number(database, sql);
    free(sql);
    return count;
}

/* A run against a peer that was started with this option. */
static char *run(const char *option, const char *value, const char *now, int exit_status) {
    struct stage_peer peer;
    const char *const options[] = {option, value, NULL};
    char *err = NULL;
    stage_peer_start(&peer, options);
    configure(peer.servers);
    int status = cg_test_run_at(folder, now, NULL, &err);
    cr_assert_eq(status, exit_status, "%s %s: the run ended with %d:\n%.8000s", option, value, status, err);
    stage_peer_stop(&peer);
    return err;
}

static char *resources(void) {
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    char *text = metered_resources(db);
    cg_test_db_close(db);
    return text;
}

Test(self_managed_fatal, costs_one_run_of_its_tenant, .timeout = 120) {
    static const struct {
        const char *how;
        const char *told;
        const char *now;
        const char *again;
    } cases[] = {{"fault", FAULT, MINUTES("10"), MINUTES("20")},
                 {"abort", "(signal 6, Aborted)", MINUTES("30"), MINUTES("40")}};
    char path[CG_TEST_PATH_SIZE];
    cg_test_file_write(folder, "answer.json", "{\"brokers\": [[7, \"127.0.0.1\", 1]], \"topics\": [\"b\", \"a\"]}");
    const char *good = cg_test_path(folder, "answer.json", path);
    free(run("--metadata", good, METERED_NOW, 0));
    char *before = resources();
    cg_test_has("resources", before, "topic kafka-1:topic:a a kafka-1");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const long long completed = (long long)i + 1;
        char *err = run("--fatal", cases[i].how, cases[i].now, 1);
        cg_test_has(cases[i].how, err, "tenant '" METERED_TENANT "'");
        cg_test_has(cases[i].how, err, "module 'self_managed_kafka'");
        cg_test_has(cases[i].how, err, cases[i].told);
        cg_test_has_not(cases[i].how, err, "tenant 'beside'");
        free(err);
        metered_equal(cases[i].how, resources(), before);
        cr_assert_eq(runs(METERED_DATABASE, "completed"), completed, "%s", cases[i].how);
        cr_assert_eq(runs(OTHER_DATABASE, "completed"), completed * 2, "%s", cases[i].how);
        cr_assert_eq(runs(OTHER_DATABASE, "failed"), 0, "%s", cases[i].how);
        free(run("--metadata", good, cases[i].again, 0));
        cr_assert_eq(runs(METERED_DATABASE, "completed"), completed + 1, "%s: the next run", cases[i].how);
        cr_assert_eq(runs(METERED_DATABASE, "running"), 0, "%s", cases[i].how);
    }
    cr_assert_eq(runs(METERED_DATABASE, "failed"), 2);
    cr_assert_eq(number(METERED_DATABASE, "SELECT COUNT(*) FROM resources WHERE deleted_at IS NOT NULL"), 0);
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_every_day(db, self_managed_lines, NULL);
    metered_balance(folder, db);
    cg_test_db_close(db);
    free(before);
}
