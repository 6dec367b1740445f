/* From a bill to a real Prometheus: emitter, page, collector, blocks, and the sums that PromQL answers. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "samples.h"
#include "support/db.h"
#include "support/moment.h"
#include "support/prometheus.h"

#define COLLECTOR CG_TEST_SOURCE_DIR "/examples/shared/collector/collector.sh"
#define STATE "blocks/chitragupt-collector.state"

/* Sums are compared by so many decimal places, see check_sum. */
#define SUM_EXPONENT (-6)

static struct cg_test_sim sim;
static char folder[CG_TEST_PATH_SIZE];
static char blocks[CG_TEST_PATH_SIZE];
static struct samples samples;

static void start(void) {
    static const char *const options[] = {"--seed", "17",         "--days", "10", "--environments", "1", "--clusters",
                                          "2",      "--products", "plain",  NULL};
    cg_test_sim_start(options, &sim);
    cg_test_workdir_make(folder);
    cg_test_path(folder, "blocks", blocks);
    samples_reserve(&samples);
    samples_configure(&samples, folder, sim.url, "", "");
}

static void stop(void) {
    samples_release(&samples);
    cg_test_sim_stop(&sim);
    cg_test_workdir_remove(folder);
}

TestSuite(collector, .init = start, .fini = stop);

/* ---- the script ---- */

/* Starts it with the service's URLs; `more` are further variables. */
static void begin_collector(const char *shell, const char *const *more, struct cg_test_process *ret) {
    char *metrics = cg_test_format("CHITRAGUPT_METRICS_URL=%s/metrics", samples.page.url);
    char *health = cg_test_format("CHITRAGUPT_HEALTH_URL=%s/health", samples.api.url);
    char *out = cg_test_format("TSDB_OUT_DIR=%s", blocks);
    char *temporary = cg_test_format("TMPDIR=%s", folder);
    const char *environment[16] = {metrics, health, out, temporary};
    const char *const argv[] = {shell, COLLECTOR, NULL};
    for (size_t i = 0; more && more[i]; i++)
        environment[4 + i] = more[i];
    const struct cg_test_process_options options = {
        .argv = argv, .environment = environment, .directory = folder, .timeout_seconds = 120};
    cg_test_process_start(&options, ret);
    free(metrics);
    free(health);
    free(out);
    free(temporary);
}

/* One cycle; the caller frees what it wrote to standard output. */
static char *collect_once(const char *shell) {
    static const char *const once[] = {"CHITRAGUPT_COLLECTOR_ONCE=1", NULL};
    struct cg_test_process process;
    struct cg_test_result result;
    begin_collector(shell, once, &process);
    cg_test_process_wait(&process, &result);
    cr_assert_eq(result.exit_status, 0, "%d: %s%s", result.exit_status, result.out, result.err);
    cr_assert_str_eq(result.err, "");
    free(result.err);
    return result.out;
}

static size_t block_count(void) {
    char *list = cg_test_format("ls -d '%s'/[0-9A-Z]*/ 2>/dev/null | wc -l", blocks);
    const char *const argv[] = {"/bin/sh", "-c", list, NULL};
    const struct cg_test_process_options options = {.argv = argv};
    struct cg_test_result result;
    cg_test_process_run(&options, &result);
    size_t count = (size_t)strtoul(result.out, NULL, 10);
    cg_test_result_done(&result);
    free(list);
    return count;
}

/* As if everything that is emitted had been so some time ago. */
static void make_old(void) {
    char *command = cg_test_format("find '%s/metrics' -type f -exec touch -d '-1 hour' {} +", folder);
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    const struct cg_test_process_options options = {.argv = argv};
    struct cg_test_result result;
    cg_test_process_run(&options, &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cg_test_result_done(&result);
    free(command);
}

/* ---- what Prometheus says ---- */

static void numbers_equal(const char *what, const char *text, const struct cg_decimal *exact) {
    struct cg_decimal wanted;
    struct cg_decimal got = cg_test_decimal(text);
    cr_assert_eq(cg_decimal_from_double(cg_decimal_to_double(exact), &wanted), CG_OK);
    cg_test_decimal_equal(what, &got, &wanted);
}

/*
 * Each series has the double that is nearest to the exact amount, so its text is equal to that double's, digit for
 * digit.
 */
static size_t check_series(sqlite3 *db, const struct cg_test_prometheus *prometheus, const char *date, int64_t time) {
    json_t *result = cg_test_prometheus_query(prometheus, SAMPLES_PREFIX "chargeback_amount", time);
    const size_t count = json_array_size(result);
    for (size_t i = 0; i < count; i++) {
        const json_t *series = json_array_get(result, i);
        const json_t *labels = json_object_get(series, "metric");
        const char *resource = json_string_value(json_object_get(labels, "resource_id"));
        char *sql = cg_test_format(
            "SELECT f.amount FROM chargeback_facts f JOIN chargeback_dimensions d ON d.dimension_id = f.dimension_id "
            "WHERE date(f.timestamp) = '%s' AND d.identity_id = '%s' AND COALESCE(d.resource_id, '') = '%s' AND "
            "d.product_type = '%s' AND d.cost_type = '%s' AND COALESCE(d.allocation_method, '') = '%s'",
            date, cg_test_json_text(labels, "identity_id"), resource ? resource : "",
            cg_test_json_text(labels, "product_type"), cg_test_json_text(labels, "cost_type"),
            cg_test_json_text(labels, "allocation_method"));
        struct cg_decimal exact = cg_test_db_sum(db, sql);
        numbers_equal(sql, json_string_value(json_array_get(json_object_get(series, "value"), 1)), &exact);
        free(sql);
    }
    json_decref(result);
    return count;
}

/*
 * PromQL adds doubles, each within half a unit of its sixteenth digit; a few hundred amounts below a thousand leave an
 * error below 1e-9. To six decimal places both sums are therefore one decimal: no bound decides, equality does.
 */
static void check_sum(const struct cg_test_prometheus *prometheus, const char *family, int64_t time,
                      const struct cg_decimal *exact) {
    char *query = cg_test_format("sum(" SAMPLES_PREFIX "%s)", family);
    char *text = cg_test_prometheus_value(prometheus, query, time);
    struct cg_decimal got = cg_test_decimal(text);
    struct cg_decimal wanted = *exact;
    cr_assert_eq(cg_decimal_quantize(&got, SUM_EXPONENT, CG_ROUND_HALF_EVEN, &got), CG_OK);
    cr_assert_eq(cg_decimal_quantize(&wanted, SUM_EXPONENT, CG_ROUND_HALF_EVEN, &wanted), CG_OK);
    cg_test_decimal_equal(query, &got, &wanted);
    free(query);
    free(text);
}

static void check_prometheus(void) {
    const struct cg_test_prometheus_options options = {.blocks = blocks};
    struct cg_test_prometheus prometheus;
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    char *dates = cg_test_db_text(db, "SELECT group_concat(d, ' ') FROM (SELECT DISTINCT date(timestamp) AS d FROM "
                                      "chargeback_facts ORDER BY 1)");
    const long long rows = cg_test_db_number(
        db, "SELECT COUNT(*) FROM (SELECT DISTINCT date(f.timestamp), d.identity_id, d.resource_id, d.product_type, "
            "d.cost_type, d.allocation_method FROM chargeback_facts f JOIN chargeback_dimensions d ON d.dimension_id = "
            "f.dimension_id)");
    size_t series = 0;
    size_t days = 0;
    char *rest = NULL;
    cg_test_prometheus_start(&options, &prometheus);
    for (char *date = strtok_r(dates, " ", &rest); date; date = strtok_r(NULL, " ", &rest), days++) {
        struct tm day = {0};
        cr_assert_not_null(strptime(date, "%Y-%m-%d", &day));
        const int64_t time = (int64_t)timegm(&day);
        const struct cg_decimal charged = cg_test_db_charged(db, date);
        const struct cg_decimal billed = cg_test_db_billed(db, date);
        series += check_series(db, &prometheus, date, time);
        check_sum(&prometheus, "chargeback_amount", time, &charged);
        check_sum(&prometheus, "billing_amount", time, &billed);
    }
    cr_assert_eq(days, 9);
    cr_assert_eq((long long)series, rows);
    cg_test_prometheus_stop(&prometheus);
    cg_test_db_close(db);
    free(dates);
}

Test(collector, the_round_trip) {
    cg_test_run_well(folder);
    samples_start(&samples, folder);
    make_old();
    char *out = collect_once("/bin/dash");
    cg_test_has("first", out, "Imported ");
    free(out);
    /* Nothing has changed: no block is made again. */
    const size_t count = block_count();
    cr_assert_geq(count, 9);
    out = collect_once("/bin/sh");
    cr_assert_str_eq(out, "");
    cr_assert_eq(block_count(), count);
    free(out);
    check_prometheus();
    samples_stop(&samples, NULL);
}

/* Only what was emitted since is imported; another URL, or a state that is gone, begins from the beginning. */
Test(collector, only_what_is_new) {
    char path[CG_TEST_PATH_SIZE];
    cg_test_run_well(folder);
    samples_start(&samples, folder);
    make_old();
    free(collect_once("/bin/sh"));
    const size_t count = block_count();
    char *command = cg_test_format("touch '%s/metrics/acme/prometheus/chargeback/2026-06-25'", folder);
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    const struct cg_test_process_options options = {.argv = argv};
    struct cg_test_result result;
    cg_test_process_run(&options, &result);
    cr_assert_eq(result.exit_status, 0);
    cg_test_result_done(&result);
    free(command);
    free(collect_once("/bin/sh"));
    cr_assert_eq(block_count(), count + 1, "%zu blocks after %zu", block_count(), count);
    cr_assert_eq(unlink(cg_test_path(folder, STATE, path)), 0);
    free(collect_once("/bin/sh"));
    cr_assert_eq(block_count(), 2 * count + 1);
    samples_stop(&samples, NULL);
}

/* ---- settings and signals ---- */

Test(collector, settings) {
    static const struct {
        const char *format;
        const char *text;
    } cases[] = {
        {"CHITRAGUPT_METRICS_FORMAT=text",
         "ERROR: CHITRAGUPT_METRICS_FORMAT=text is incompatible with this collector script."},
        {"CHITRAGUPTA_METRICS_FORMAT=text",
         "ERROR: CHITRAGUPT_METRICS_FORMAT=text is incompatible with this collector script."},
        {"CHITRAGUPT_METRICS_FORMAT=json",
         "ERROR: Unknown CHITRAGUPT_METRICS_FORMAT=json. Must be 'openmetrics' or 'text'."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const more[] = {cases[i].format, NULL};
        struct cg_test_process process;
        struct cg_test_result result;
        begin_collector("/bin/dash", more, &process);
        cg_test_process_wait(&process, &result);
        cr_assert_eq(result.exit_status, 1);
        cg_test_has(cases[i].format, result.err, cases[i].text);
        cg_test_result_done(&result);
    }
}

/* A server whose page breaks off; it writes its port to a file. */
static const char broken_server[] = "import http.server, os\n"
                                    "class Broken(http.server.BaseHTTPRequestHandler):\n"
                                    "    def log_message(self, *words): pass\n"
                                    "    def do_GET(self):\n"
                                    "        self.send_response(200)\n"
                                    "        self.send_header('Content-Type', 'application/openmetrics-text')\n"
                                    "        self.end_headers()\n"
                                    "        self.wfile.write(b'# TYPE a gauge\\na 1.0 1782691200.0\\n')\n"
                                    "server = http.server.HTTPServer(('127.0.0.1', 0), Broken)\n"
                                    "open('port.new', 'w').write(str(server.server_port))\n"
                                    "os.rename('port.new', 'port')\n"
                                    "server.serve_forever()\n";

/* Half a page is not imported, and one cycle says so with its exit status; the names with a final A do as well. */
Test(collector, a_page_that_breaks_off) {
    const char *const server_argv[] = {"/usr/bin/python3", "-c", broken_server, NULL};
    const struct cg_test_process_options server_options = {
        .argv = server_argv, .directory = folder, .timeout_seconds = 60};
    struct cg_test_process server;
    struct cg_test_process process;
    struct cg_test_result result;
    char path[CG_TEST_PATH_SIZE];
    cg_test_process_start(&server_options, &server);
    const long long began = cg_test_clock_ms();
    while (access(cg_test_path(folder, "port", path), F_OK) != 0 && cg_test_process_runs(&server, 20))
        cr_assert_lt(cg_test_clock_ms() - began, 20000);
    char *port = cg_test_file_read(folder, "port");
    cr_assert_not_null(port);
    char *metrics = cg_test_format("CHITRAGUPTA_METRICS_URL=http://127.0.0.1:%s/metrics", port);
    char *health = cg_test_format("CHITRAGUPTA_HEALTH_URL=http://127.0.0.1:%s/", port);
    char *out = cg_test_format("TSDB_OUT_DIR=%s", blocks);
    const char *const environment[] = {metrics, health, out, "CHITRAGUPT_COLLECTOR_ONCE=1", NULL};
    const char *const argv[] = {"/bin/dash", COLLECTOR, NULL};
    const struct cg_test_process_options options = {
        .argv = argv, .environment = environment, .directory = folder, .timeout_seconds = 60};
    cg_test_process_start(&options, &process);
    cg_test_process_wait(&process, &result);
    cr_assert_eq(result.exit_status, 1, "%d: %s%s", result.exit_status, result.out, result.err);
    cg_test_has("broken off", result.err, "Scrape failed");
    cg_test_result_done(&result);
    cr_assert_eq(access(cg_test_path(folder, STATE, path), F_OK), -1);
    cr_assert_eq(block_count(), 0);
    cr_assert_eq(kill(server.pid, SIGTERM), 0);
    cg_test_process_wait(&server, &result);
    cg_test_result_done(&result);
    free(port);
    free(metrics);
    free(health);
    free(out);
}

/* It waits for the health URL, and then for the next cycle; either way a signal ends it at once, and nothing is left.
 */
Test(collector, signals) {
    for (int served = 0; served < 2; served++) {
        struct cg_test_process process;
        struct cg_test_result result;
        char path[CG_TEST_PATH_SIZE];
        if (served) {
            cg_test_run_well(folder);
            samples_start(&samples, folder);
        }
        begin_collector("/bin/dash", NULL, &process);
        const long long began = cg_test_clock_ms();
        while (cg_test_process_runs(&process, 20) &&
               (served ? access(cg_test_path(folder, STATE, path), F_OK) != 0
                       : access(blocks, F_OK) != 0 || cg_test_clock_ms() - began < 500))
            cr_assert_lt(cg_test_clock_ms() - began, 60000);
        cr_assert(cg_test_process_runs(&process, 50), "it has ended");
        cr_assert_eq(kill(process.pid, SIGTERM), 0);
        cr_assert_not(cg_test_process_runs(&process, 3000), "it does not end");
        cg_test_process_wait(&process, &result);
        cr_assert_eq(result.exit_status, 0, "%d, signal %d", result.exit_status, result.signal);
        cg_test_result_done(&result);
        char *list = cg_test_format("ls -d '%s'/chitragupt-collector.* 2>/dev/null | wc -l", folder);
        const char *const argv[] = {"/bin/sh", "-c", list, NULL};
        const struct cg_test_process_options options = {.argv = argv};
        cg_test_process_run(&options, &result);
        cr_assert_eq(strtol(result.out, NULL, 10), 0, "%s", result.out);
        cg_test_result_done(&result);
        free(list);
    }
    samples_stop(&samples, NULL);
}
