/* The page of samples: formats, requests, restarts, reloads, ports that are taken, clients that leave. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "samples.h"
#include "support/db.h"
#include "support/moment.h"
#include "support/proc.h"

#define PYTHON "/usr/bin/python3"
static const char checker[] = CG_TEST_SOURCE_DIR "/tests/integration/check_page.py";

static struct cg_test_sim sim;
static char folder[CG_TEST_PATH_SIZE];
static struct samples samples;

static void start(void) {
    static const char *const options[] = {"--seed", "17",         "--days", "10", "--environments", "1", "--clusters",
                                          "2",      "--products", "plain",  NULL};
    cg_test_sim_start(options, &sim);
    cg_test_workdir_make(folder);
    samples_reserve(&samples);
}

static void stop(void) {
    samples_release(&samples);
    cg_test_sim_stop(&sim);
    cg_test_workdir_remove(folder);
}

TestSuite(exposition, .init = start, .fini = stop);

/* ---- the page ---- */

/* Behind SAMPLES_PREFIX. */
static const char *const families[] = {"chargeback_amount", "billing_amount", "resource_active", "identity_active"};

/* Samples that a strict parser finds on a page. */
static long parsed(const char *kind, const char *page) {
    const char *const argv[] = {PYTHON, checker, kind, "page.txt", NULL};
    const struct cg_test_process_options options = {.argv = argv, .directory = folder};
    struct cg_test_result result;
    cg_test_file_write(folder, "page.txt", page);
    cg_test_process_run(&options, &result);
    cr_assert_eq(result.exit_status, 0, "%s: %s", kind, result.err);
    long count = strtol(result.out, NULL, 10);
    cg_test_result_done(&result);
    return count;
}

/* What promtool says of it: only lint, which exits with 3. */
static void check_with_promtool(void) {
    const char *const argv[] = {"/bin/sh", "-c", "promtool check metrics < page.txt", NULL};
    const struct cg_test_process_options options = {.argv = argv, .directory = folder};
    struct cg_test_result result;
    cg_test_process_run(&options, &result);
    cr_assert(result.exit_status == 0 || result.exit_status == 3, "%d: %s", result.exit_status, result.err);
    cg_test_has_not("promtool", result.err, "error while");
    cg_test_result_done(&result);
}

/* Series of all dates: what the page must have. */
static long series_in_database(void) {
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    long count = (long)cg_test_db_number(
        db, "SELECT COUNT(*) FROM (SELECT DISTINCT date(f.timestamp), d.identity_id, d.resource_id, d.product_type, "
            "d.cost_type, d.allocation_method FROM chargeback_facts f JOIN chargeback_dimensions d ON d.dimension_id = "
            "f.dimension_id)");
    count += (long)cg_test_db_number(db, "SELECT COUNT(*) FROM (SELECT DISTINCT date(timestamp), resource_id, "
                                         "product_type, product_category FROM ccloud_billing WHERE date(timestamp) IN "
                                         "(SELECT date(timestamp) FROM chargeback_facts))");
    cg_test_db_close(db);
    return count;
}

Test(exposition, the_page_is_strict_and_there_after_a_restart) {
    struct cg_test_answer open;
    struct cg_test_answer text;
    samples_configure(&samples, folder, sim.url, "", "");
    cg_test_run_well(folder);
    samples_start(&samples, folder);
    samples_get(&samples, "/metrics", SAMPLES_OPENMETRICS, &open);
    samples_get(&samples, "/", NULL, &text);
    cr_assert_eq(open.status, 200);
    cr_assert_str_eq(cg_test_answer_header(&open, "content-type"),
                     "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores");
    cr_assert_str_eq(cg_test_answer_header(&text, "content-type"), "text/plain; version=0.0.4; charset=utf-8");
    const long count = parsed("openmetrics", open.body);
    cr_assert_eq(parsed("text", text.body), count);
    check_with_promtool();
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        char *type = cg_test_format("# TYPE " SAMPLES_PREFIX "%s gauge\n", families[i]);
        char *sample = cg_test_format("\n" SAMPLES_PREFIX "%s{", families[i]);
        cr_assert_eq(cg_test_occurrences(open.body, type), 1, "%s", type);
        cr_assert_gt(cg_test_occurrences(open.body, sample), 9, "%s", sample);
        free(type);
        free(sample);
    }
    const long money = (long)(cg_test_occurrences(open.body, "\n" SAMPLES_PREFIX "chargeback_amount{") +
                              cg_test_occurrences(open.body, "\n" SAMPLES_PREFIX "billing_amount{"));
    cr_assert_eq(money, series_in_database());
    cg_test_has("seconds", open.body, "} 1.0 1782691200.0\n");
    cg_test_has("milliseconds", text.body, "} 1.0 1782691200000\n");
    cr_assert_str_eq(open.body + open.length - 6, "# EOF\n");
    cg_test_answer_done(&open);
    cg_test_answer_done(&text);
    samples_stop(&samples, NULL);
}

/* An entry of the topic overlay has the name of one of `emitters`, and its samples are on the same page. */
Test(exposition, topic_rows_beside_chargebacks) {
    static const char list[] = "        emitters:\n          - type: csv\n";
    struct cg_test_answer answer;
    cg_test_config_write(folder, &(struct cg_test_config){.url = sim.url, .whole = 1});
    char *usual = cg_test_file_read(folder, "config.yaml");
    char *entry = cg_test_format("        emitters:\n          - {type: prometheus, params: {port: %u, address: "
                                 "127.0.0.1, directory: metrics}}\n          - type: csv\n",
                                 samples.page.port);
    char *with = cg_test_replace(usual, list, entry);
    cr_assert_str_neq(with, usual, "%s", usual);
    char *whole = cg_test_format("api: {host: 127.0.0.1, port: %u}\n%s        - {type: prometheus, params: {port: %u, "
                                 "address: 127.0.0.1, directory: metrics}}\n",
                                 samples.api.port, with, samples.page.port);
    cg_test_file_write(folder, "config.yaml", whole);
    cg_test_run_well(folder);
    samples_start(&samples, folder);
    samples_get(&samples, "/", SAMPLES_OPENMETRICS, &answer);
    (void)parsed("openmetrics", answer.body);
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    const long long rows = cg_test_db_number(
        db, "SELECT COUNT(*) FROM (SELECT DISTINCT date(f.timestamp), d.env_id, d.cluster_resource_id, d.topic_name, "
            "d.product_category, d.product_type, d.attribution_method FROM topic_attribution_facts f JOIN "
            "topic_attribution_dimensions d ON d.dimension_id = f.dimension_id)");
    cg_test_db_close(db);
    cr_assert_gt(rows, 100);
    cr_assert_eq((long long)cg_test_occurrences(answer.body, "\n" SAMPLES_PREFIX "topic_attribution_amount{"), rows);
    cr_assert_gt(cg_test_occurrences(answer.body, "\n" SAMPLES_PREFIX "chargeback_amount{"), 100);
    cg_test_answer_done(&answer);
    samples_stop(&samples, NULL);
    free(usual);
    free(entry);
    free(with);
    free(whole);
}

/* ---- workers that are killed ---- */

/* What a shell command in the folder says. */
static char *shell(const char *command) {
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    const struct cg_test_process_options options = {.argv = argv, .directory = folder};
    struct cg_test_result result;
    cg_test_process_run(&options, &result);
    cr_assert_eq(result.exit_status, 0, "%s: %s", command, result.err);
    free(result.err);
    return result.out;
}

/* Every file with samples, and what is in it; what a killed worker left unfinished is nothing that is shown. */
static char *emitted(void) {
    return shell("find metrics -type f ! -name '.*.tmp' | LC_ALL=C sort | xargs sha256sum");
}

/* A run that is killed while it emits, whatever it has written by then, and the next one make the same of it. */
Test(exposition, workers_killed_while_they_emit, .timeout = 200) {
    static const char *const once[] = {"--config-file", "config.yaml", "--quiet", "--run-once", NULL};
    char path[CG_TEST_PATH_SIZE];
    size_t killed = 0;
    samples_configure(&samples, folder, sim.url, "", "");
    cg_test_run_well(folder);
    char *whole = emitted();
    for (unsigned i = 0; i < 12; i++) {
        char *mark = cg_test_format("CG_TEST_KILLED=%d-%u", (int)getpid(), i);
        const char *const environment[] = {mark, NULL};
        struct cg_test_process process;
        struct cg_test_result result;
        free(shell("rm -rf metrics " CG_TEST_DATABASE "*"));
        cg_test_program_start(folder, once, environment, &process);
        while (access(cg_test_path(folder, "metrics/acme/prometheus", path), F_OK) != 0 &&
               cg_test_process_runs(&process, 1)) {
        }
        (void)cg_test_process_runs(&process, (int)(i * 7));
        cr_assert_eq(kill(process.pid, SIGKILL), 0);
        cg_test_program_wait(&process, &result);
        killed += result.signal == SIGKILL;
        cr_assert_geq(cg_test_proc_silence(mark, 0, 5000), 0, "a worker is left");
        cg_test_result_done(&result);
        cg_test_run_well(folder);
        char *again = emitted();
        cr_assert_str_eq(again, whole, "kill %u:\n%s", i, again);
        free(again);
        free(mark);
    }
    cr_assert_gt(killed, 2, "only %zu of 12 runs were killed before their end", killed);
    free(whole);
}

/* ---- requests ---- */

static long ask(const char *method, const char *path, const char *header, struct cg_test_answer *ret) {
    const char *const headers[] = {header, NULL};
    const struct cg_test_request request = {.url = path, .method = method, .headers = header ? headers : NULL};
    cg_test_api_ask(&samples.page, &request, ret);
    return ret->status;
}

Test(exposition, requests) {
    struct cg_test_answer answer;
    samples_configure(&samples, folder, sim.url, "", "");
    cg_test_run_well(folder);
    samples_start(&samples, folder);

    cr_assert_eq(ask("OPTIONS", "/metrics", NULL, &answer), 200);
    cr_assert_str_eq(cg_test_answer_header(&answer, "allow"), "OPTIONS,GET");
    cr_assert_eq(answer.length, 0);
    cg_test_answer_done(&answer);
    cr_assert_eq(ask("POST", "/metrics", NULL, &answer), 405);
    cr_assert_str_eq(cg_test_answer_header(&answer, "allow"), "OPTIONS,GET");
    cr_assert_str_eq(answer.body, "# HTTP 405 Method Not Allowed: POST; use OPTIONS or GET\n");
    cg_test_answer_done(&answer);
    cr_assert_eq(ask(NULL, "/favicon.ico", NULL, &answer), 200);
    cr_assert_eq(answer.length, 0);
    cr_assert_null(cg_test_answer_header(&answer, "content-type"));
    cg_test_answer_done(&answer);
    cr_assert_eq(ask(NULL, "/?emitted_after=soon", NULL, &answer), 400);
    cg_test_has("emitted_after", answer.body, "# emitted_after must be seconds since 1970");
    cg_test_answer_done(&answer);

    cr_assert_eq(ask(NULL, "/any/path?name[]=" SAMPLES_PREFIX "billing_amount&name%5B%5D=other", NULL, &answer), 200);
    cr_assert_eq(cg_test_occurrences(answer.body, "# TYPE "), 1, "%.300s", answer.body);
    cg_test_has("name[]", answer.body, "# TYPE " SAMPLES_PREFIX "billing_amount gauge\n");
    cg_test_answer_done(&answer);

    cr_assert_eq(ask(NULL, "/metrics", NULL, &answer), 200);
    char *tag = cg_test_format("If-None-Match: %s", cg_test_answer_header(&answer, "etag"));
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    char *after = cg_test_format("/metrics?emitted_after=%lld.%09ld", (long long)now.tv_sec, now.tv_nsec);
    const size_t length = answer.length;
    cr_assert_not_null(cg_test_answer_header(&answer, "x-chitragupt-emitted"));
    cg_test_answer_done(&answer);
    cr_assert_eq(ask(NULL, "/metrics", tag, &answer), 304);
    cr_assert_eq(answer.length, 0);
    cg_test_answer_done(&answer);
    cr_assert_eq(ask(NULL, after, NULL, &answer), 200);
    cr_assert_eq(cg_test_occurrences(answer.body, "\n" SAMPLES_PREFIX), 0);
    cr_assert_eq(cg_test_occurrences(answer.body, "# TYPE "), 5);
    cg_test_answer_done(&answer);
    const struct cg_test_request squeezed = {.url = "/metrics", .accept = "gzip"};
    cg_test_api_ask(&samples.page, &squeezed, &answer);
    cr_assert_eq(answer.length, length);
    cr_assert_lt((size_t)answer.sent, length / 5, "%lld of %zu", answer.sent, length);
    cg_test_answer_done(&answer);
    char *head = cg_test_exchange(samples.page.port, "HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    cr_assert_eq(cg_test_status_of(head), 200);
    cr_assert_str_eq(strstr(head, "\r\n\r\n"), "\r\n\r\n");
    char *old = cg_test_exchange(samples.page.port, "GET / HTTP/1.0\r\n\r\n");
    cr_assert_eq(cg_test_status_of(old), 200);
    cr_assert_eq(strlen(strstr(old, "\r\n\r\n") + 4), length);
    free(head);
    free(old);
    free(tag);
    free(after);
    samples_stop(&samples, NULL);
}

/* Clients that go away in the middle of a page, or take nothing of it, keep nobody from the REST API. */
Test(exposition, clients_that_leave_or_sleep) {
    int sleeping[8];
    samples_configure(&samples, folder, sim.url, "", "");
    cg_test_run_well(folder);
    samples_start(&samples, folder);
    for (size_t i = 0; i < sizeof sleeping / sizeof *sleeping; i++) {
        sleeping[i] = cg_test_dial(samples.page.port);
        cr_assert(cg_test_send_text(sleeping[i], "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    for (unsigned i = 0; i < 50; i++) {
        const struct cg_test_request request = {.url = "/", .stop_after = 1 + i * 997};
        struct cg_test_answer answer;
        cg_test_api_ask(&samples.page, &request, &answer);
        cg_test_answer_done(&answer);
        cr_assert_eq(cg_test_api_get(&samples.api, "/health", NULL), 200);
    }
    for (size_t i = 0; i < sizeof sleeping / sizeof *sleeping; i++)
        (void)close(sleeping[i]);
    struct cg_test_answer answer;
    cr_assert_eq(ask(NULL, "/", NULL, &answer), 200);
    cg_test_answer_done(&answer);
    samples_stop(&samples, NULL);
}

/* ---- ports ---- */

static void run_expecting(const char *const *arguments, int exit_status, const char *part) {
    struct cg_test_result result;
    cg_test_program_run(folder, arguments, &result);
    cr_assert_eq(result.exit_status, exit_status, "%d: %s", result.exit_status, result.err);
    cg_test_has("standard error", result.err, part);
    cg_test_result_done(&result);
}

Test(exposition, ports_that_are_taken) {
    static const char *const worker[] = {"--config-file", "config.yaml", "--quiet", "--mode", "worker", NULL};
    static const char *const validate[] = {"--config-file", "config.yaml", "--validate", NULL};
    samples_configure(&samples, folder, sim.url, "", "");
    cr_assert_eq(listen(samples.page.port_fd, 1), 0);
    char *part = cg_test_format("chitragupt: the samples of emitters cannot be served: ");
    run_expecting(worker, 3, part);
    free(part);
    struct samples same = samples;
    same.page.port = same.api.port;
    samples_configure(&same, folder, sim.url, "", "");
    part =
        cg_test_format("emitter 'prometheus' of tenant 'acme' serves its samples on 127.0.0.1:%u, which is where the "
                       "REST API listens (127.0.0.1:%u); give one of them another port",
                       samples.api.port, samples.api.port);
    run_expecting(validate, 1, part);
    free(part);
    char *more =
        cg_test_format("        - {type: prometheus, params: {port: %u, directory: other}}\n", samples.page.port);
    samples_configure(&samples, folder, sim.url, "", more);
    part = cg_test_format("emitter 'prometheus-2' of tenant 'acme' serves its samples on 0.0.0.0:%u, which another "
                          "emitter's 127.0.0.1:%u includes",
                          samples.page.port, samples.page.port);
    run_expecting(validate, 1, part);
    free(part);
    free(more);
}

/* ---- reloads ---- */

static int is_refused(const struct cg_test_api *api) {
    struct cg_test_answer answer;
    const struct cg_test_request request = {.url = "/", .timeout_ms = 2000};
    cg_test_api_ask(api, &request, &answer);
    const int refused = answer.code == CURLE_COULDNT_CONNECT;
    cg_test_answer_done(&answer);
    return refused;
}

Test(exposition, reloads) {
    struct samples other = samples;
    struct cg_test_answer answer;
    struct cg_test_api busy;
    cg_test_api_reserve(&other.page, 0);
    cg_test_api_reserve(&busy, 0);
    samples_configure(&samples, folder, sim.url, "", "");
    cg_test_run_well(folder);
    samples_start(&samples, folder);
    samples_await(&samples, "run 2 ", 0);

    /* A port that somebody has: the old configuration stays. */
    cr_assert_eq(listen(busy.port_fd, 1), 0);
    other.page.port = busy.port;
    const unsigned port = samples.page.port;
    samples_configure(&other, folder, sim.url, "", "");
    cg_test_process_signal(&samples.api.process, SIGHUP);
    samples_await(&samples, "Configuration not reloaded", 1);
    cr_assert_eq(ask(NULL, "/", NULL, &answer), 200);
    cg_test_answer_done(&answer);

    /* A second entry elsewhere, with nothing emitted yet; the first one goes on. */
    struct cg_test_api second;
    cg_test_api_reserve(&second, 0);
    char *more = cg_test_format("        - {type: prometheus, lookback_days: 0, params: {port: %u, address: 127.0.0.1, "
                                "directory: other}}\n",
                                second.port);
    samples_configure(&samples, folder, sim.url, "", more);
    cg_test_process_signal(&samples.api.process, SIGHUP);
    samples_await(&samples, "Configuration reloaded", 1);
    cr_assert_eq(ask(NULL, "/", NULL, &answer), 200);
    cr_assert_gt(cg_test_occurrences(answer.body, "\n" SAMPLES_PREFIX), 100);
    cg_test_answer_done(&answer);
    cr_assert_eq(cg_test_api_get(&second, "/", NULL), 200);

    /* Without the emitter nothing listens, and what it emitted is nowhere to be seen. */
    char *text = cg_test_format("        - {type: prometheus, lookback_days: 0, params: {port: %u, address: 127.0.0.1, "
                                "directory: metrics}}\n",
                                second.port);
    cg_test_config_write(folder, &(struct cg_test_config){.url = sim.url});
    char *usual = cg_test_file_read(folder, "config.yaml");
    char *whole = cg_test_format("api: {host: 127.0.0.1, port: %u}\n%s", samples.api.port, usual);
    cg_test_file_write(folder, "config.yaml", whole);
    cg_test_process_signal(&samples.api.process, SIGHUP);
    samples_await(&samples, "Configuration reloaded", 2);
    cr_assert(is_refused(&second));
    cr_assert(is_refused(&samples.page), "port %u", port);
    samples_stop(&samples, NULL);
    free(more);
    free(text);
    free(usual);
    free(whole);
    (void)close(second.port_fd);
    (void)close(busy.port_fd);
}
