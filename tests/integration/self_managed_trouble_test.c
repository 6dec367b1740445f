/* Metrics that are missing, odd, late, or refused: what is billed nevertheless, and what is said. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <signal.h>
#include <unistd.h>

#include "self_managed.h"
#include "support/api.h"
#include "support/moment.h"

static struct metered_source source;
static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    metered_stop(&source);
    cg_test_workdir_remove(folder);
}

TestSuite(self_managed_trouble, .init = start, .fini = stop);

static void configure(const char *settings, const char *metrics, const char *tenant) {
    metered_configure(folder, &(struct metered_config){.ecosystem = "self_managed_kafka",
                                                       .url = source.server.url,
                                                       .settings = settings,
                                                       .metrics = metrics,
                                                       .tenant = tenant});
}

#define COUNT(array_) (sizeof(array_) / sizeof((array_)[0]))

/* A run that must end with this status and say all of `parts`, NULL at the end; returns what else it said, to be freed.
 */
static char *run(const char *what, int exit_status, const char *const *parts) {
    char *err = metered_run(folder, exit_status);
    for (size_t i = 0; parts[i]; i++)
        cg_test_has(what, err, parts[i]);
    return err;
}

/* ---- what is not there ---- */

#define NOBODY                                                                                                      \
    "SELF_KAFKA_COMPUTE UNALLOCATED shared terminal no_identities_located 8.640\n"                                  \
    "SELF_KAFKA_NETWORK_EGRESS UNALLOCATED shared terminal no_identities_located 0.0\n"                             \
    "SELF_KAFKA_NETWORK_INGRESS UNALLOCATED shared terminal no_identities_located 0.2759474270325154066085815430\n" \
    "SELF_KAFKA_STORAGE UNALLOCATED shared terminal no_identities_located 0.00000\n"

static const struct metered_series without_metrics[] = {{.series = "up{job=\"kafka\"}", .size = 1}};
static const struct metered_series without_labels[] = {
    {.series = SELF_MANAGED_IN "{broker=\"1\",client_id=\"a\",pod=\"k-1\"}", .hourly = 1234567890.125},
    {.series = SELF_MANAGED_OUT "{broker=\"1\",client_id=\"a\",pod=\"k-1\"}", .hourly = 2147483648},
};

Test(self_managed_trouble, metrics_that_nobody_has) {
    static const char nothing_known[] =
        "There are no series of " SELF_MANAGED_IN
        " in the last 1 hour(s), so no brokers, topics and principals are known "
        "from metrics; check metric_names, metrics_filter and whether the brokers are scraped.";
    static const char *const said[] = {
        nothing_known,
        "No Prometheus data for tenant=t-1 date=2026-06-23..2026-07-02 (10 days) \xe2\x80\x94 skipping billing period",
        "query 'storage' (sum(kafka_log_log_size)): no series", "gathered=0, pending=0, calculated=0, rows=0", NULL};
    metered_start(folder, "blocks", without_metrics, COUNT(without_metrics), NULL, &source);
    configure(SELF_MANAGED_IN_REGION, NULL, NULL);
    char *err = run("no metrics", 0, said);
    cr_assert_eq(cg_test_occurrences(err, "No Prometheus data"), 1, "%s", err);
    free(err);
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM billing"), 0);
    metered_equal("resources", metered_resources(db), "cluster kafka-1 kafka-1 - us-west-2 {\"broker_count\": 3}\n");
    cg_test_db_close(db);
}

/* The log tells which label is missing and which are there; what is billed is billed to nobody. */
Test(self_managed_trouble, labels_that_no_series_has) {
    static const char no_principal[] =
        "The series of " SELF_MANAGED_IN " have no label 'principal', so nobody is charged by use; name the label in "
        "label_names, or have the exporter add it.";
    static const char *const said[] = {
        "query 'labels' (" SELF_MANAGED_IN
        "): the label 'principal' is missing; the series have: broker, client_id, pod",
        "query 'labels' (" SELF_MANAGED_IN "): the label 'topic' is missing; the series have: broker, client_id, pod",
        no_principal, "The series of " SELF_MANAGED_IN " have no label 'topic', so no topics are listed;", NULL};
    metered_start(folder, "blocks", without_labels, COUNT(without_labels), NULL, &source);
    configure(SELF_MANAGED_IN_REGION, NULL, NULL);
    char *err = run("no labels", 0, said);
    cg_test_has_not("no labels", err, "have no label 'broker'");
    free(err);
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_every_day(db, NULL, NOBODY);
    metered_balance(folder, db);
    cg_test_db_close(db);
    /* Named, it is used, with everything computed anew. */
    configure(SELF_MANAGED_IN_REGION "      label_names: {principal: client_id, topic: pod}\n", NULL, NULL);
    free(run("named", 0, (const char *const[]){"calculated=10, rows=40", NULL}));
    db = cg_test_db_open(folder, METERED_DATABASE);
    char *rows = metered_rows(db, METERED_LAST);
    cg_test_has("named", rows, "SELF_KAFKA_COMPUTE a usage even_split - 8.6400\n");
    free(rows);
    metered_balance(folder, db);
    cg_test_db_close(db);
}

/* Two clusters in one source, under other names. */
Test(self_managed_trouble, other_names_and_a_filter) {
    static const struct metered_series series[] = {
        {.series = "in_total{env=\"a\\\"b\",who=\"alice\"}", .hourly = 1073741824},
        {.series = "in_total{env=\"other\",who=\"bob\"}", .hourly = 1e6},
        {.series = "out_total{env=\"a\\\"b\",who=\"alice\"}", .hourly = 1073741824},
        {.series = "disk{env=\"a\\\"b\"}", .size = 1073741824},
        {.series = "disk{env=\"other\"}", .size = 5},
    };
    static const char settings[] =
        SELF_MANAGED_IN_REGION "      metric_names: {bytes_in: in_total, bytes_out: out_total, log_size: disk}\n"
                               "      label_names: {principal: who}\n"
                               "      metrics_filter: {env: 'a\"b'}\n";
    metered_start(folder, "blocks", series, COUNT(series), NULL, &source);
    configure(settings, NULL, NULL);
    free(metered_run(folder, 0));
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_every_day(db,
                      "SELF_KAFKA_COMPUTE 72.0 0.12 8.640\nSELF_KAFKA_NETWORK_EGRESS 24.0 0 0.0\n"
                      "SELF_KAFKA_NETWORK_INGRESS 24.0 0.01 0.240\nSELF_KAFKA_STORAGE 24.00 0.0001 0.002400\n",
                      "SELF_KAFKA_COMPUTE alice usage even_split - 8.6400\n"
                      "SELF_KAFKA_NETWORK_EGRESS alice usage usage_ratio usage_ratio_allocation 0.0000\n"
                      "SELF_KAFKA_NETWORK_INGRESS alice usage usage_ratio usage_ratio_allocation 0.2400\n"
                      "SELF_KAFKA_STORAGE alice usage even_split - 0.0024\n");
    metered_balance(folder, db);
    cg_test_db_close(db);
}

/* ---- what is there in part ---- */

/* The cluster of the example with something about all of its series. */
static void start_with(const struct metered_series *change) {
    struct metered_series series[SELF_MANAGED_SERIES];
    memcpy(series, self_managed_series, sizeof series);
    for (size_t i = 0; i < SELF_MANAGED_SERIES; i++) {
        series[i].from = change->from;
        series[i].gap_from = change->gap_from;
        series[i].gap_until = change->gap_until;
        series[i].odd = change->odd;
    }
    metered_start(folder, "blocks", series, SELF_MANAGED_SERIES, NULL, &source);
}

#define NOON_OF_28 (METERED_START + 5 * METERED_DAY + 12 * METERED_HOUR)

/* From a sample on the hour to one six hours later nothing is known: what happened is billed by no hour, and the size
 * is the mean of what was measured. */
Test(self_managed_trouble, gap_of_six_hours) {
    const struct metered_series change = {.gap_from = NOON_OF_28 + METERED_SCRAPE,
                                          .gap_until = NOON_OF_28 + 6 * METERED_HOUR};
    start_with(&change);
    configure(SELF_MANAGED_IN_REGION, NULL, NULL);
    free(metered_run(folder, 0));
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_equal("the day with the gap", metered_lines(db, "2026-06-28"),
                  "SELF_KAFKA_COMPUTE 72.0 0.12 8.640\nSELF_KAFKA_NETWORK_EGRESS 36.0 0 0.0\n"
                  "SELF_KAFKA_NETWORK_INGRESS 20.69605702743865549564361572 0.01 0.2069605702743865549564361572\n"
                  "SELF_KAFKA_STORAGE 240.0000000223517417907714845 0.0001 0.02400000000223517417907714845\n");
    metered_equal("the day before", metered_lines(db, "2026-06-27"), self_managed_lines);
    metered_equal("the day after", metered_lines(db, "2026-06-29"), self_managed_lines);
    metered_equal("its rows", metered_rows(db, "2026-06-29"), self_managed_rows);
    metered_balance(folder, db);
    cg_test_db_close(db);
}

/* Nothing at all from midnight to midnight: no lines, the rest as ever; it is told once, and again by the next run,
 * which asks again. */
Test(self_managed_trouble, day_without_data) {
    const struct metered_series change = {.gap_from = METERED_START + 5 * METERED_DAY - 4 * METERED_SCRAPE,
                                          .gap_until = METERED_START + 6 * METERED_DAY + METERED_SCRAPE};
    start_with(&change);
    configure(SELF_MANAGED_IN_REGION, NULL, NULL);
    for (int round = 0; round < 2; round++) {
        char *err = metered_run(folder, 0);
        cg_test_has("a day without data", err,
                    "No Prometheus data for tenant=t-1 date=2026-06-28 \xe2\x80\x94 skipping billing period");
        cr_assert_eq(cg_test_occurrences(err, "WARNING"), 1, "%s", err);
        free(err);
    }
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_equal("the day", metered_lines(db, "2026-06-28"), "");
    metered_equal("its rows", metered_rows(db, "2026-06-28"), "");
    metered_equal("another day", metered_rows(db, "2026-06-26"), self_managed_rows);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(DISTINCT timestamp) FROM billing"), METERED_DAYS - 1);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_state WHERE tracking_date = '2026-06-28'"), 0);
    metered_balance(folder, db);
    cg_test_db_close(db);
}

/* One sample of each series in each day is no number: the two hours that it ends and begins count nothing. */
Test(self_managed_trouble, samples_that_are_no_numbers) {
    static const char *const odd[] = {"NaN", "+Inf"};
    for (size_t i = 0; i < COUNT(odd); i++) {
        char *database = cg_test_format("odd-%zu.db", i);
        const struct metered_series change = {.odd = odd[i]};
        start_with(&change);
        metered_configure(folder, &(struct metered_config){.ecosystem = "self_managed_kafka",
                                                           .url = source.server.url,
                                                           .settings = SELF_MANAGED_IN_REGION,
                                                           .database = database});
        char *err = metered_run(folder, 0);
        cg_test_has(odd[i], err,
                    "query 'storage' (sum(kafka_log_log_size)): 10 samples were left out, because they are "
                    "not finite numbers");
        free(err);
        sqlite3 *db = cg_test_db_open(folder, database);
        metered_every_day(db,
                          "SELF_KAFKA_COMPUTE 72.0 0.12 8.640\nSELF_KAFKA_NETWORK_EGRESS 44.0 0 0.0\n"
                          "SELF_KAFKA_NETWORK_INGRESS 25.29518081131391227245330811 0.01 "
                          "0.2529518081131391227245330811\n"
                          "SELF_KAFKA_STORAGE 240.0000000223517417907714845 0.0001 0.02400000000223517417907714845\n",
                          NULL);
        metered_balance(folder, db);
        cg_test_db_close(db);
        metered_stop(&source);
        cg_test_workdir_remove(source.blocks);
        free(database);
    }
}

/* ---- getting there ---- */

Test(self_managed_trouble, base_path_and_password) {
    static const char access[] =
        ", auth_type: basic, username: " CG_TEST_PROMETHEUS_USER ", password: " CG_TEST_PROMETHEUS_PASSWORD;
    static const char wrong[] = ", auth_type: basic, username: " CG_TEST_PROMETHEUS_USER ", password: not-the-passw0rd";
    const struct cg_test_prometheus_options options = {.prefix = "/prom/eu", .basic_auth = 1};
    metered_start(folder, "blocks", self_managed_series, SELF_MANAGED_SERIES, &options, &source);
    configure(SELF_MANAGED_IN_REGION, wrong, NULL);
    char *err = run("refused", 1, (const char *const[]){"Gather phase failed: ", "HTTP 401", NULL});
    cg_test_has_not("refused", err, "not-the-passw0rd");
    cr_assert_eq(cg_test_occurrences(err, "Gather phase failed: "), 2, "once in the log, once at the end:\n%s", err);
    free(err);
    configure(SELF_MANAGED_IN_REGION, access, NULL);
    err = metered_run(folder, 0);
    cg_test_has_not("served", err, CG_TEST_PROMETHEUS_PASSWORD);
    free(err);
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_every_day(db, self_managed_lines, self_managed_rows);
    cg_test_db_close(db);
}

/* A server that takes a day at a time, and not all of a day's principals: the bill is read day by day, rows say why
 * nobody is charged by use, and the dates are computed again as soon as it answers. */
Test(self_managed_trouble, principals_that_cannot_be_read) {
    static const char *const few[] = {"--query.max-samples=160", NULL};
    static const char *const said[] = {"the metrics source failed for 10 dates between 2026-06-23 and 2026-07-02; ",
                                       "usage is split as metrics_fetch_failed until a later run succeeds", NULL};
    const struct cg_test_prometheus_options options = {.arguments = few};
    metered_start(folder, "blocks", self_managed_series, SELF_MANAGED_SERIES, &options, &source);
    configure(SELF_MANAGED_IN_REGION, NULL, NULL);
    free(run("too many samples", 1, said));
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_every_day(db, self_managed_lines,
                      "SELF_KAFKA_COMPUTE UNALLOCATED shared terminal metrics_fetch_failed 8.640\n"
                      "SELF_KAFKA_NETWORK_EGRESS UNALLOCATED shared terminal metrics_fetch_failed 0.0\n"
                      "SELF_KAFKA_NETWORK_INGRESS UNALLOCATED shared terminal metrics_fetch_failed "
                      "0.2759474270325154066085815430\n"
                      "SELF_KAFKA_STORAGE UNALLOCATED shared terminal metrics_fetch_failed "
                      "0.02400000000223517417907714845\n");
    metered_balance(folder, db);
    cg_test_db_close(db);
    metered_stop(&source);
    metered_start(folder, "again", self_managed_series, SELF_MANAGED_SERIES, NULL, &source);
    configure(SELF_MANAGED_IN_REGION, NULL, NULL);
    free(run("answered", 0, (const char *const[]){"calculated=10, rows=130", NULL}));
    db = cg_test_db_open(folder, METERED_DATABASE);
    metered_every_day(db, self_managed_lines, self_managed_rows);
    metered_balance(folder, db);
    cg_test_db_close(db);
}

/* ---- coming back ---- */

/* A server with the source's blocks on a port of the test's choice, so that it can come back there. */
static void serve(unsigned port, struct cg_test_process *ret) {
    char *address = cg_test_format("--web.listen-address=127.0.0.1:%u", port);
    char *storage = cg_test_format("--storage.tsdb.path=%s", source.blocks);
    char *url = cg_test_format("http://127.0.0.1:%u/-/ready", port);
    const char *const argv[] = {"/usr/bin/prometheus", "--config.file=prometheus.yml",       address, storage,
                                "--log.level=error",   "--storage.tsdb.retention.time=100y", NULL};
    cg_test_file_write(folder, "prometheus.yml", "global: {}\n");
    cg_test_process_start(&(struct cg_test_process_options){.argv = argv, .directory = folder, .timeout_seconds = 300},
                          ret);
    for (long status = 0; status != 200;) {
        struct cg_test_answer answer;
        cg_test_http(&(struct cg_test_request){.url = url}, &answer);
        status = answer.status;
        cg_test_answer_done(&answer);
        cr_assert(cg_test_process_runs(ret, 20), "prometheus has ended");
    }
    free(url);
    free(storage);
    free(address);
}

static void leave(struct cg_test_process *server) {
    struct cg_test_result result;
    cg_test_process_signal(server, SIGTERM);
    cg_test_process_wait(server, &result);
    cg_test_result_done(&result);
}

/* Waits until the service has calculated all days. */
static void await_dates(const struct cg_test_api *api) {
    long long began = cg_test_clock_ms();
    for (size_t count = 0; count == 0;) {
        char *log = cg_test_api_log(api);
        count = cg_test_occurrences(log, "calculated=10, rows=130");
        cr_assert_lt(cg_test_clock_ms() - began, 120000, "the days are not calculated:\n%s", log);
        free(log);
        (void)usleep(100000);
    }
}

/* A service that starts while the source is away: principals are not lost for ever. */
Test(self_managed_trouble, source_that_is_away_at_the_start) {
    static const char *const clock[] = {"CHITRAGUPT_NOW=" METERED_NOW, NULL};
    struct cg_test_api port = {0};
    struct cg_test_api api = {0};
    struct cg_test_process server;
    metered_start(folder, "blocks", self_managed_series, SELF_MANAGED_SERIES, NULL, &source);
    metered_stop(&source);
    cg_test_api_reserve(&port, 0);
    char *text = metered_config_text(
        &(struct metered_config){.ecosystem = "self_managed_kafka",
                                 .url = port.url,
                                 .settings = SELF_MANAGED_IN_REGION "      min_refresh_gap_seconds: 0\n"});
    char *whole = cg_test_format("features: {refresh_interval: 1}\n%s", text);
    cg_test_api_start(folder, &(struct cg_test_api_options){.mode = "both", .config = whole, .environment = clock},
                      &api);
    long long began = cg_test_clock_ms();
    for (size_t count = 0; count == 0; (void)usleep(100000)) {
        char *log = cg_test_api_log(&api);
        count = cg_test_occurrences(log, "Gather phase failed: The bill of 10 of 10 days could not be read");
        cr_assert_eq(cg_test_occurrences(log, "Prometheus query failed"), 0, "%s", log);
        cr_assert_lt(cg_test_clock_ms() - began, 120000, "nothing is said:\n%s", log);
        free(log);
    }
    serve(port.port, &server);
    await_dates(&api);
    cg_test_api_stop(&api, 20, NULL);
    leave(&server);
    (void)close(port.port_fd);
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_every_day(db, self_managed_lines, self_managed_rows);
    metered_balance(folder, db);
    cg_test_db_close(db);
    free(whole);
    free(text);
}

/* ---- what the source does not know any more ---- */

/* Blocks of the example from a day on, and no server. */
static void forget(int64_t from) {
    if (source.blocks[0])
        cg_test_workdir_remove(source.blocks);
    start_with(&(struct metered_series){.from = from});
    metered_stop(&source);
}

static char *run_at(const char *now) {
    char *err = NULL;
    cr_assert_eq(cg_test_run_at(folder, now, NULL, &err), 0, "%s", err);
    return err;
}

/* The source keeps four days. Older ones that are stored stay as they are, on the next day and with other settings,
 * too. */
Test(self_managed_trouble, days_that_the_source_forgot) {
    struct cg_test_api port = {0};
    struct cg_test_process server;
    forget(METERED_START);
    cg_test_api_reserve(&port, 0);
    serve(port.port, &server);
    metered_configure(folder, &(struct metered_config){.ecosystem = "self_managed_kafka",
                                                       .url = port.url,
                                                       .settings = SELF_MANAGED_IN_REGION});
    free(run_at(METERED_NOW));
    char *first = cg_test_db_dump(folder, METERED_DATABASE);
    leave(&server);
    forget(METERED_END - 4 * METERED_DAY);
    serve(port.port, &server);
    char *err = run_at(METERED_NOW);
    cg_test_has("forgotten days", err, "No Prometheus data for tenant=t-1 date=2026-06-23..2026-06-28 (6 days) ");
    cr_assert_eq(cg_test_occurrences(err, "WARNING"), 1, "%s", err);
    free(err);
    char *second = cg_test_db_dump(folder, METERED_DATABASE);
    cg_test_dumps_equal("after the source forgot", second, first);
    free(second);
    free(run_at("2026-07-05T12:00:00Z"));
    /* Neither do other settings make them lose what is known of them. */
    metered_configure(folder, &(struct metered_config){.ecosystem = "self_managed_kafka",
                                                       .url = port.url,
                                                       .settings = SELF_MANAGED_IN_REGION
                                                       "      identity_source: {principal_to_team: {alice: x}}\n"});
    free(run_at("2026-07-05T13:00:00Z"));
    leave(&server);
    (void)close(port.port_fd);
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_equal("a forgotten day", metered_lines(db, "2026-06-27"), self_managed_lines);
    metered_equal("its rows", metered_rows(db, "2026-06-27"), self_managed_rows);
    metered_balance(folder, db);
    cg_test_db_close(db);
    free(first);
}

/* Days that it never knew have no bill, which is told once for all of them. */
Test(self_managed_trouble, days_that_the_source_never_knew) {
    start_with(&(struct metered_series){.from = METERED_END - 4 * METERED_DAY});
    metered_configure(folder, &(struct metered_config){.ecosystem = "self_managed_kafka",
                                                       .url = source.server.url,
                                                       .settings = SELF_MANAGED_IN_REGION,
                                                       .lookback = 120});
    char *err = run_at(METERED_NOW);
    cg_test_has("never known days", err, "No Prometheus data for tenant=t-1 date=2026-03-06..2026-06-28 (115 days) ");
    cr_assert_eq(cg_test_occurrences(err, "WARNING"), 1, "%s", err);
    free(err);
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_state"), 4);
    metered_equal("a day", metered_rows(db, METERED_LAST), self_managed_rows);
    metered_balance(folder, db);
    cg_test_db_close(db);
}

/* Lines and rows older than retention_days go; they do not come back, although they are asked for again. */
Test(self_managed_trouble, retention) {
    start_with(&(struct metered_series){.from = 0});
    configure(SELF_MANAGED_IN_REGION, NULL, NULL);
    free(metered_run(folder, 0));
    configure(SELF_MANAGED_IN_REGION, NULL, "    retention_days: 12\n");
    for (int round = 0; round < 2; round++) {
        char *err = NULL;
        cr_assert_eq(cg_test_run_at(folder, "2026-07-08T12:00:00Z", NULL, &err), 0, "%s", err);
        free(err);
        sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
        char *oldest = cg_test_db_text(db, "SELECT date(MIN(timestamp)) FROM billing");
        cr_assert_str_eq(oldest, "2026-06-26", "%s", oldest);
        free(oldest);
        metered_equal("the oldest day", metered_rows(db, "2026-06-26"), self_managed_rows);
        metered_equal("a day before", metered_rows(db, "2026-06-25"), "");
        cg_test_db_close(db);
    }
}
