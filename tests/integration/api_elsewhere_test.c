/* A run is asked for on a host while another one is at it: the lock or the living process tells, not the row alone. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/api.h"
#include "support/postgres.h"
#include "support/proc.h"

#define MODULES CG_TEST_BINARY_DIR "/tests/plugins/trouble"
#define ACME "/api/v1/tenants/acme"
#define RUN ACME "/pipeline/run"
#define WAIT_MS 20000

static const char started[] =
    "{\"tenant_name\":\"acme\",\"status\":\"started\",\"message\":\"Pipeline run started for tenant 'acme'\"}";
static const char already[] = "{\"tenant_name\":\"acme\",\"status\":\"already_running\",\"message\":\"Tenant 'acme' is "
                              "already being processed\"}";

/* Two hosts, each in a folder of its own, where the runs wait for the file "go". */
static struct host {
    char folder[CG_TEST_PATH_SIZE];
    struct cg_test_api api;
} hosts[2];

static struct cg_test_postgres database;

static void start(void) {
    for (size_t i = 0; i < 2; i++)
        cg_test_workdir_make(hosts[i].folder);
}

static void stop(void) {
    for (size_t i = 0; i < 2; i++)
        cg_test_workdir_remove(hosts[i].folder);
    cg_test_postgres_drop(&database);
}

TestSuite(api_elsewhere, .init = start, .fini = stop);

static void go(const struct host *host) {
    cg_test_file_write(host->folder, "go", "");
}

static void halt(const struct host *host) {
    char path[CG_TEST_PATH_SIZE];
    cr_assert_eq(unlink(cg_test_path(host->folder, "go", path)), 0);
}

static void wait_for_log(const struct host *host, const char *part, size_t times) {
    for (int waited = 0;; waited += 20) {
        char *log = cg_test_api_log(&host->api);
        size_t count = cg_test_occurrences(log, part);
        free(log);
        if (count >= times)
            return;
        cr_assert_lt(waited, WAIT_MS, "'%s' is not written %zu times", part, times);
        (void)usleep(20000);
    }
}

/* Starts it, and waits until it is at rest. */
static void begin(struct host *host, const char *url) {
    char *config = cg_test_format(
        "plugins_path: \"" MODULES "\"\nfeatures: {refresh_interval: 3600}\ntenants:\n"
        "  acme:\n    ecosystem: trouble_ecosystem\n    tenant_id: acme\n    storage: {connection_string: \"%s\"}\n"
        "    plugin_settings: {trouble: \"wait for a file\", min_refresh_gap_seconds: 0}\n",
        url);
    const struct cg_test_api_options options = {.mode = "both", .config = config};
    go(host);
    host->api = (struct cg_test_api){.port = 0};
    cg_test_api_start(host->folder, &options, &host->api);
    wait_for_log(host, "Tenant acme: gathered=", 1);
    free(config);
}

static void check_trigger(const char *what, const struct host *host, long status, const char *body) {
    char *text = NULL;
    long found = cg_test_api_send(&host->api, "POST", RUN, NULL, &text);
    cr_assert_eq(found, status, "%s: %ld: %s", what, found, text);
    cr_assert_str_eq(text, body, "%s", what);
    free(text);
}

/* A run of the first host waits in its gather; returns its worker's number. */
static pid_t run_on_first(void) {
    char path[64];
    int worker = 0;
    halt(&hosts[0]);
    check_trigger("a run", &hosts[0], 202, started);
    for (int waited = 0;; waited += 20) {
        json_t *status = cg_test_api_json(&hosts[0].api, ACME "/pipeline/status");
        int running = json_is_true(json_object_get(status, "is_running"));
        json_decref(status);
        if (running)
            break;
        cr_assert_lt(waited, WAIT_MS, "the run does not begin");
        (void)usleep(20000);
    }
    const int pid = (int)hosts[0].api.process.pid;
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *children = fopen(path, "re");
    cr_assert(children && fscanf(children, "%d", &worker) == 1); /* NOLINT(cert-err34-c): the kernel writes it */
    (void)fclose(children);
    return worker;
}

/* The first host dies in the middle of its run, and leaves the row. */
static void kill_first(pid_t worker) {
    struct cg_test_result result;
    cg_test_process_signal(&hosts[0].api.process, SIGKILL);
    cg_test_program_wait(&hosts[0].api.process, &result);
    cg_test_result_done(&result);
    cr_assert(cg_test_proc_ends(worker), "the worker is still there");
}

/* The second host begins the run as soon as it can know that the other one is dead. */
static void see_takeover(size_t runs) {
    char *text = NULL;
    long status = 0;
    for (int waited = 0; status != 202; waited += 50) {
        cr_assert_lt(waited, WAIT_MS, "%ld: %s", status, text);
        free(text);
        (void)usleep(50000);
        status = cg_test_api_send(&hosts[1].api, "POST", RUN, NULL, &text);
    }
    cr_assert_str_eq(text, started);
    free(text);
    wait_for_log(&hosts[1], "Tenant acme: gathered=", runs);
}

Test(api_elsewhere, the_lock_of_a_server_tells, .timeout = 120) {
    cg_test_postgres_create(&database);
    begin(&hosts[0], database.url);
    begin(&hosts[1], database.url);
    check_trigger("nobody is at it", &hosts[1], 202, started);
    wait_for_log(&hosts[1], "Tenant acme: gathered=", 2);
    pid_t worker = run_on_first();
    /* As it looks from another machine: the process cannot be asked, and has not been heard of for long. */
    cg_test_postgres_run(&database, "UPDATE cg_run_owners SET machine = 'far', boot = 'away', seen_at = '2026-01-01'");
    check_trigger("the other host is at it", &hosts[1], 200, already);
    /* The row that is left says that its process was there just now. */
    cg_test_postgres_run(&database, "UPDATE cg_run_owners SET seen_at = now() + interval '1 hour'");
    kill_first(worker);
    long long runs = cg_test_postgres_number(&database, "SELECT COUNT(*) FROM pipeline_runs");
    see_takeover(3);
    cr_assert_eq(cg_test_postgres_number(&database, "SELECT COUNT(*) FROM pipeline_runs"), runs + 1);
    cg_test_api_stop(&hosts[1].api, 15, NULL);
}

Test(api_elsewhere, in_a_file_the_process_tells, .timeout = 120) {
    char *url = cg_test_format("sqlite:///%s/acme.db", hosts[0].folder);
    begin(&hosts[0], url);
    begin(&hosts[1], url);
    pid_t worker = run_on_first();
    check_trigger("the other host is at it", &hosts[1], 200, already);
    kill_first(worker);
    see_takeover(2);
    cg_test_api_stop(&hosts[1].api, 15, NULL);
    free(url);
}

/* Whether somebody else is at it cannot be found out: the run begins, and tells what is wrong. */
Test(api_elsewhere, a_database_that_is_away_is_no_error, .timeout = 120) {
    char paths[2][CG_TEST_PATH_SIZE];
    begin(&hosts[0], "sqlite:///acme.db");
    cr_assert_eq(rename(cg_test_path(hosts[0].folder, "acme.db", paths[0]),
                        cg_test_path(hosts[0].folder, "elsewhere.db", paths[1])),
                 0);
    cr_assert_eq(mkdir(paths[0], 0700), 0);
    check_trigger("without a database", &hosts[0], 202, started);
    wait_for_log(&hosts[0], "opening the database: ", 1);
    cg_test_api_stop(&hosts[0].api, 15, NULL);
}
