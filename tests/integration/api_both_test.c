/* The API and the runs in one program: triggers, what is told of a run, the end in the middle of it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/api.h"
#include "support/db.h"
#include "support/moment.h"

#define MODULES CG_TEST_BINARY_DIR "/tests/plugins/trouble"
#define ACME "/api/v1/tenants/acme"
#define RUN ACME "/pipeline/run"

static char folder[CG_TEST_PATH_SIZE];
static struct cg_test_api api;

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(api_both, .init = start, .fini = stop);

/* A run waits in its gather for the file "go". */
#define WAITING                                                                                                     \
    "plugins_path: \"" MODULES "\"\nfeatures: {refresh_interval: 3600}\ntenants:\n"                                 \
    "  acme:\n    ecosystem: trouble_ecosystem\n    tenant_id: acme\n"                                              \
    "    storage: {connection_string: \"sqlite:///acme.db\"}\n    plugin_settings: {trouble: \"wait for a file\", " \
    "min_refresh_gap_seconds: 0}\n"

static void begin(const char *config) {
    const struct cg_test_api_options options = {.mode = "both", .config = config};
    cg_test_api_start(folder, &options, &api);
}

static void go(void) {
    cg_test_file_write(folder, "go", "");
}

static void halt(void) {
    char path[CG_TEST_PATH_SIZE];
    cr_assert_eq(unlink(cg_test_path(folder, "go", path)), 0);
}

/* The answer to a trigger, once the configuration is checked. */
static long trigger(char **ret_body) {
    for (int waited = 0;; waited += 20) {
        long status = cg_test_api_send(&api, "POST", RUN, NULL, ret_body);
        if (status != 503)
            return status;
        cg_test_has("at the start", *ret_body, "The configuration is still being checked; try again in a moment");
        free(*ret_body);
        cr_assert_lt(waited, 20000, "the configuration is checked for ever");
        (void)usleep(20000);
    }
}

static void check_trigger(const char *what, long status, const char *body) {
    char *text = NULL;
    long found = trigger(&text);
    cr_assert_eq(found, status, "%s: %ld: %s", what, found, text);
    cr_assert_str_eq(text, body, "%s", what);
    free(text);
}

static void wait_until_running(int wanted) {
    for (int waited = 0;; waited += 20) {
        json_t *status = cg_test_api_json(&api, ACME "/pipeline/status");
        int running = json_is_true(json_object_get(status, "is_running"));
        json_decref(status);
        if (running == wanted)
            return;
        cr_assert_lt(waited, 20000, "the run does not %s", wanted ? "begin" : "end");
        (void)usleep(20000);
    }
}

/* The run of the cycle is over, and the scheduler knows. */
static void wait_for_log(const char *part, size_t times) {
    for (int waited = 0;; waited += 20) {
        char *log = cg_test_api_log(&api);
        size_t count = cg_test_occurrences(log, part);
        free(log);
        if (count >= times)
            return;
        cr_assert_lt(waited, 20000, "'%s' is not written %zu times", part, times);
        (void)usleep(20000);
    }
}

#define STARTED \
    "{\"tenant_name\":\"acme\",\"status\":\"started\",\"message\":\"Pipeline run started for tenant 'acme'\"}"
#define ALREADY                                                                                              \
    "{\"tenant_name\":\"acme\",\"status\":\"already_running\",\"message\":\"Tenant 'acme' is already being " \
    "processed\"}"
#define TWICE "{\"detail\":\"Pipeline is already running for tenant 'acme'\"}"

Test(api_both, triggers) {
    begin(WAITING);
    check_trigger("during a cycle", 200, ALREADY);
    wait_until_running(1);
    go();
    wait_for_log("Tenant acme: gathered=", 1);
    halt();
    check_trigger("afterwards", 202, STARTED);
    check_trigger("again", 409, TWICE);
    wait_until_running(1);
    check_trigger("while it runs", 409, TWICE);
    (void)usleep(2100000); /* readiness is kept for two seconds */
    json_t *acme = cg_test_api_readiness(&api, "acme");
    cr_expect(json_is_true(json_object_get(acme, "pipeline_running")));
    cr_expect_str_eq(cg_test_json_text(acme, "last_run_status"), "running");
    json_decref(acme);
    go();
    wait_until_running(0);
    wait_for_log("Tenant acme: gathered=", 2);
    json_t *status = cg_test_api_json(&api, ACME "/pipeline/status");
    const json_t *last = json_object_get(status, "last_result");
    cr_expect_eq(json_array_size(json_object_get(last, "errors")), 0);
    cr_expect(json_is_string(json_object_get(last, "completed_at")));
    json_decref(status);
    char *metrics = NULL;
    cr_assert_eq(cg_test_api_get(&api, "/metrics", &metrics), 200);
    cg_test_has("/metrics", metrics, "tenant=\"acme\"");
    cg_test_has("/metrics", metrics, "# TYPE chitragupt_runs_total counter\n");
    free(metrics);
    cr_expect_eq(cg_test_api_send(&api, "POST", "/api/v1/tenants/nope/pipeline/run", NULL, NULL), 404);
    cg_test_api_stop(&api, 5, NULL);
    sqlite3 *db = cg_test_db_open(folder, "acme.db");
    cr_expect_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed'"), 2);
    cr_expect_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_runs"), 2);
    cg_test_db_close(db);
}

/* ---- a tenant that is suspended ---- */

Test(api_both, a_suspended_tenant_says_why) {
    struct cg_test_sim sim;
    static const char *const options[] = {"--seed", "5", NULL};
    cg_test_sim_start(options, &sim);
    char *config = cg_test_format(
        "features: {refresh_interval: 3600}\ntenants:\n  acme:\n    ecosystem: confluent_cloud\n    tenant_id: acme\n"
        "    gather_failure_threshold: 1\n    storage: {connection_string: \"sqlite:///acme.db\"}\n"
        "    plugin_settings:\n      ccloud_api: {key: a-wrong-key, secret: \"${CC_SECRET}\", base_url: \"%s\"}\n",
        sim.url);
    begin(config);
    char *text = NULL;
    long status = 0;
    for (int waited = 0; status != 409; waited += 50) {
        free(text);
        status = trigger(&text);
        cr_assert_lt(waited, 20000, "%ld: %s", status, text);
        (void)usleep(50000);
        if (status == 202) /* it came between the run and its end */
            continue;
    }
    cg_test_has("the answer", text, "{\"detail\":\"Tenant acme gather failed 1 consecutive times (threshold: 1).");
    free(text);
    (void)usleep(2100000);
    json_t *acme = cg_test_api_readiness(&api, "acme");
    cg_test_has("readiness", cg_test_json_text(acme, "permanent_failure"), "gather failed 1 consecutive times");
    json_decref(acme);
    cr_expect_eq(cg_test_api_get(&api, ACME "/billing", NULL), 200, "what there is can be read");
    cg_test_api_stop(&api, 5, NULL);
    cg_test_sim_stop(&sim);
    free(config);
}

/* ---- a whole run ---- */

Test(api_both, a_run_and_its_rows) {
    struct cg_test_sim sim;
    static const char *const options[] = {"--seed", "7", NULL};
    cg_test_sim_start(options, &sim);
    char *config = cg_test_format(
        "features: {refresh_interval: 3600}\ntenants:\n  acme:\n    ecosystem: confluent_cloud\n    tenant_id: acme\n"
        "    lookback_days: 5\n    cutoff_days: 1\n    storage: {connection_string: \"sqlite:///acme.db\"}\n"
        "    plugin_settings:\n      ccloud_api: {key: " CG_TEST_SIM_KEY ", secret: \"${CC_SECRET}\", base_url: "
        "\"%s\", request_interval_seconds: 0}\n      metrics: {url: \"%s\", auth_type: bearer, bearer_token: "
        "\"${PROM_TOKEN}\"}\n",
        sim.url, sim.url);
    begin(config);
    wait_for_log("Tenant acme: gathered=", 1);
    json_t *aggregate = cg_test_api_json(&api, ACME "/chargebacks/aggregate?start_date=2026-06-01&end_date=2026-06-30");
    sqlite3 *db = cg_test_db_open(folder, "acme.db");
    struct cg_decimal charged = cg_test_db_charged(db, "");
    struct cg_decimal told = cg_test_decimal(cg_test_json_text(aggregate, "total_amount"));
    cg_test_decimal_equal("the aggregate", &told, &charged);
    cr_expect_gt(json_integer_value(json_object_get(aggregate, "total_rows")), 0);
    cg_test_db_close(db);
    json_decref(aggregate);
    json_t *tenants = cg_test_api_json(&api, "/api/v1/tenants");
    const json_t *acme = json_array_get(json_object_get(tenants, "tenants"), 0);
    cr_expect_gt(json_integer_value(json_object_get(acme, "dates_calculated")), 0);
    json_decref(tenants);
    cg_test_api_stop(&api, 5, NULL);
    cg_test_sim_stop(&sim);
    free(config);
}

/* ---- the end ---- */

static size_t children_of(pid_t pid, pid_t *ret, size_t most) {
    char path[64];
    int child = 0;
    size_t count = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *stream = fopen(path, "re");
    cr_assert_not_null(stream);
    while (count < most && fscanf(stream, "%d", &child) == 1) /* NOLINT(cert-err34-c): the kernel writes it */
        ret[count++] = child;
    (void)fclose(stream);
    return count;
}

Test(api_both, the_end_in_the_middle_of_a_run_and_of_an_export) {
    pid_t children[16];
    struct cg_test_asking asking;
    struct cg_test_answer answer;
    struct cg_test_result result;
    begin(WAITING);
    wait_until_running(1);
    cg_test_api_fill(folder, "acme.db", "acme", 500, 300);
    cg_test_db_execute(folder, "acme.db", "UPDATE chargeback_dimensions SET ecosystem = 'trouble_ecosystem'");
    char *url = cg_test_format("%s" ACME "/export", api.url);
    const struct cg_test_request slow = {.url = url,
                                         .body = "{\"start_date\":\"2026-06-01\",\"end_date\":\"2026-06-30\"}",
                                         .bytes_per_second = 100000,
                                         .discard = 1};
    cg_test_asking_begin(&asking, &slow);
    while (cg_test_api_figure(&api, "chitragupt_http_exports_at_work ") == 0)
        (void)usleep(10000);
    size_t count = children_of(api.process.pid, children, 16);
    cr_expect_gt(count, 0, "no worker is at work");
    long long began = cg_test_clock_ms();
    cg_test_api_stop(&api, 15, &result);
    fprintf(stderr, "the end took %lld ms\n", cg_test_clock_ms() - began);
    cg_test_has("the end", result.err, "Chitragupta API shutdown complete");
    cg_test_result_done(&result);
    cg_test_asking_end(&asking, &answer);
    cr_expect_neq(answer.code, CURLE_OK, "what is cut short looks whole");
    cg_test_answer_done(&answer);
    free(url);
    for (size_t i = 0; i < count; i++)
        cr_expect(kill(children[i], 0) != 0 && errno == ESRCH, "the worker %d is left over", (int)children[i]);
    sqlite3 *db = cg_test_db_open(folder, "acme.db");
    cr_expect_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed' AND error_message "
                                       "LIKE '%the run was stopped%'"),
                 1);
    cg_test_db_check(db);
    cg_test_db_close(db);
}

/* ---- the beginning ---- */

static const char *const modes[] = {"api", "both"};

Test(api_both, a_port_in_use_ends_it_before_anything_else_begins) {
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        const struct cg_test_api_options options = {.mode = modes[i], .config = WAITING};
        struct cg_test_result result;
        cg_test_api_reserve(&api, 0);
        cr_assert_eq(listen(api.port_fd, 1), 0);
        cg_test_api_launch(folder, &options, &api);
        char *sentence = cg_test_format("port %u", api.port);
        cg_test_program_wait(&api.process, &result);
        cr_expect_eq(result.exit_status, 3, "%s: %d: %s", modes[i], result.exit_status, result.err);
        cg_test_has(modes[i], result.err, "chitragupt: the REST API cannot be served: ");
        cg_test_has(modes[i], result.err, sentence);
        cg_test_has(modes[i], result.err, "in use");
        cg_test_has_not(modes[i], result.err, "engine worker");
        cr_expect_eq(cg_test_folder_count(folder, ".db"), 0, "%s", modes[i]);
        cg_test_result_done(&result);
        free(sentence);
        (void)close(api.port_fd);
        api = (struct cg_test_api){0};
    }
}

Test(api_both, the_first_answer_comes_soon) {
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        const struct cg_test_api_options options = {.mode = modes[i], .config = WAITING};
        cg_test_api_start(folder, &options, &api);
        fprintf(stderr, "mode %s: the first 200 of /health came after %lld ms\n", modes[i], api.first_ms);
        cr_expect_lt(api.first_ms, cg_test_is_sanitized() ? 10000 : 2000);
        cg_test_api_stop(&api, 15, NULL);
    }
}

/* ---- what a reload does not change ---- */

static void reload_with_threads(const char *from, const char *to, size_t times) {
    char *before = cg_test_file_read(folder, "config.yaml");
    char *after = cg_test_replace(before, from, to);
    cg_test_file_write(folder, "config.yaml", after);
    cg_test_process_signal(&api.process, SIGHUP);
    wait_for_log("Configuration reloaded: ", times);
    free(before);
    free(after);
}

Test(api_both, other_threads_need_another_start) {
    const struct cg_test_api_options options = {.mode = "api", .settings = "  threads: 3\n"};
    struct cg_test_result result;
    cg_test_api_start(folder, &options, &api);
    reload_with_threads("threads: 3", "threads: 5", 1);
    reload_with_threads("threads: 5\n", "threads: 5\n  request_timeout_seconds: 31\n", 2);
    reload_with_threads("threads: 5", "threads: 3", 3);
    cg_test_api_stop(&api, 5, &result);
    cg_test_has("the log", result.err,
                "WARNING - api.threads asks for 5 threads now: the REST API goes on with the 3 of the start until the "
                "program is started again\n");
    cr_assert_eq(cg_test_occurrences(result.err, "api.threads asks for"), 1, "%s", result.err);
    cg_test_result_done(&result);
}
