/* What becomes of tenants, runs and emitters when a worker crashes, hangs, exits, leaves somebody behind or lies. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support/db.h"
#include "support/proc.h"
#include "support/program.h"

#define MODULES CG_TEST_BINARY_DIR "/tests/plugins/trouble"
#define ECOSYSTEM "ecosystem of module 'trouble_ecosystem' "
#define READ "KAFKA_NETWORK_READ"
#define WRITE "KAFKA_NETWORK_WRITE"

static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(supervisor, .init = start, .fini = stop);

static long long now_ms(void) {
    struct timespec now;
    cr_assert_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- tenants of the module that makes trouble ---- */

struct tenant {
    const char *name; /* the database is "<name>.db" */
    const char *trouble;
    const char *lines; /* further ones of the tenant, indented by four */
};

static void configure(const char *head, const struct tenant *tenants, size_t count) {
    char *text = cg_test_format("plugins_path: \"" MODULES "\"\n%stenants:\n", head);
    for (size_t i = 0; i < count; i++) {
        char *longer = cg_test_format("%s  %s:\n    ecosystem: trouble_ecosystem\n    tenant_id: %s\n%s"
                                      "    storage: {connection_string: \"sqlite:///%s.db\"}\n"
                                      "    plugin_settings: {trouble: \"%s\"}\n",
                                      text, tenants[i].name, tenants[i].name, tenants[i].lines, tenants[i].name,
                                      tenants[i].trouble);
        free(text);
        text = longer;
    }
    cg_test_file_write(folder, "config.yaml", text);
    free(text);
}

static int exists(const char *name) {
    char path[CG_TEST_PATH_SIZE];
    return access(cg_test_path(folder, name, path), F_OK) == 0;
}

static long long number(const char *database, const char *sql) {
    sqlite3 *db = cg_test_db_open(folder, database);
    long long value = cg_test_db_number(db, sql);
    cg_test_db_close(db);
    return value;
}

static void check_completed(const char *database) {
    cr_assert(exists(database), "there is no %s", database);
    cr_assert_eq(number(database, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed'"), 1, "%s", database);
}

/* ---- checks ---- */

static void check_left_out(const struct tenant *bad, const char *sentence) {
    const struct tenant tenants[] = {*bad, {"good", "none", ""}};
    struct cg_test_result result;
    configure("", tenants, 2);
    cg_test_program_end(folder, "--validate", 1, &result);
    cg_test_has("--validate", result.err, sentence);
    cg_test_has("--validate", result.err, "config.yaml:");
    cg_test_has("--validate", result.err, "tenants.bad");
    cg_test_has_not("--validate", result.out, "Config is valid");
    cg_test_result_done(&result);
    cg_test_program_end(folder, "--run-once", 1, &result);
    cg_test_has("--run-once", result.err, "tenant 'bad'");
    cg_test_has("--run-once", result.err, sentence);
    cg_test_has_not("--run-once", result.err, "tenant 'good'");
    cg_test_result_done(&result);
    check_completed("good.db");
    cr_assert(!exists("bad.db"), "the bad tenant ran");
}

Test(supervisor, a_check_that_crashes_stops_its_tenant_alone) {
    check_left_out(&(struct tenant){"bad", "abort in validate", ""},
                   ECOSYSTEM "crashed (signal 6, Aborted) in validate()");
}

Test(supervisor, a_check_that_hangs_stops_its_tenant_alone) {
    check_left_out(&(struct tenant){"bad", "hang in validate", "    tenant_execution_timeout_seconds: 3\n"},
                   "Execution timed out after 3s: " ECOSYSTEM "was running in validate()");
}

Test(supervisor, without_a_tenant_that_can_be_checked_the_service_ends) {
    const struct tenant tenants[] = {{"bad", "abort in validate", ""}};
    struct cg_test_result result;
    configure("features: {enable_periodic_refresh: true}\n", tenants, 1);
    cg_test_program_end(folder, "--quiet", 1, &result);
    cg_test_has("the service", result.err, "could not be checked at the start: " ECOSYSTEM "crashed");
    cg_test_result_done(&result);
}

/* What a worker finds wrong with the configuration keeps everybody from starting, as it would without modules. */
Test(supervisor, a_problem_stops_the_start) {
    const struct tenant tenants[] = {{"bad", "problem", ""}, {"worse", "abort in validate", ""}, {"good", "none", ""}};
    struct cg_test_result result;
    configure("", tenants, 3);
    cg_test_program_end(folder, "--run-once", 1, &result);
    cg_test_has("the start", result.err, "it has a problem");
    cg_test_has("the start", result.err, "crashed (signal 6, Aborted) in validate()");
    cr_assert_eq(cg_test_folder_count(folder, ".db"), 0, "somebody ran");
    cg_test_result_done(&result);
}

Test(supervisor, a_check_opens_no_connection) {
    const struct tenant tenants[] = {{"acme", "http in create", ""}};
    struct cg_test_result result;
    configure("", tenants, 1);
    cg_test_program_end(folder, "--validate", 1, &result);
    cg_test_has("--validate", result.err, "no connection is opened while a configuration is checked");
    cg_test_result_done(&result);
}

/* ---- how a worker leaves ---- */

static const struct {
    const char *trouble;
    int exit_status;
    const char *sentence;
} leavings[] = {
    {"none", 0, ""},
    {"bad exit", 1, "the worker process ended with exit status 3 after it had told its result"},
    {"abort at exit", 1, "the worker process crashed (signal 6, Aborted) after it had told its result"},
    {"abort in destroy", 1, ECOSYSTEM "crashed (signal 6, Aborted) in destroy()"},
    {"forged result", 1, ECOSYSTEM "ended the process (exit status 0) in gather_inventory()"},
    {"linger", 0, ""},
    {"child", 0, ""},
};

static pid_t child_left_behind(void) {
    char *text = cg_test_file_read(folder, "child.pid");
    cr_assert_not_null(text, "the module left nobody behind");
    pid_t pid = (pid_t)strtol(text, NULL, 10);
    free(text);
    cr_assert_gt(pid, 1);
    return pid;
}

Test(supervisor, a_worker_has_to_leave_well) {
    for (size_t i = 0; i < sizeof leavings / sizeof leavings[0]; i++) {
        const struct tenant tenants[] = {{"acme", leavings[i].trouble, ""}};
        struct cg_test_result result;
        configure("", tenants, 1);
        long long begun = now_ms();
        cg_test_program_end(folder, "--run-once", leavings[i].exit_status, &result);
        cg_test_has(leavings[i].trouble, result.err, leavings[i].sentence);
        if (leavings[i].exit_status)
            cg_test_has(leavings[i].trouble, result.err, "tenant 'acme'");
        cr_assert_lt(now_ms() - begun, 30000, "%s: it took too long", leavings[i].trouble);
        cg_test_result_done(&result);
    }
    cr_assert(cg_test_proc_ends(child_left_behind()), "what the module has started is still there");
}

/* It has left the worker's group and holds the worker's pipe: the host process waits for it two seconds, not for ever.
 */
Test(supervisor, a_daemon_of_a_module_is_not_waited_for) {
    const struct tenant tenants[] = {{"acme", "daemon", ""}};
    struct cg_test_result result;
    configure("", tenants, 1);
    long long begun = now_ms();
    cg_test_program_end(folder, "--run-once", 0, &result);
    long long took = now_ms() - begun;
    (void)kill(child_left_behind(), SIGKILL);
    cr_assert_lt(took, 30000, "it took %lld ms", took);
    cg_test_result_done(&result);
    check_completed("acme.db");
}

Test(supervisor, a_worker_by_hand_says_that_it_is_of_no_use) {
    static const char *const arguments[] = {"worker", NULL};
    struct cg_test_result result;
    cg_test_program_run(folder, arguments, &result);
    cr_assert_eq(result.exit_status, 2, "%d", result.exit_status);
    cr_assert_str_eq(result.err, "chitragupt: worker: this command is started by chitragupt itself; it has no use by "
                                 "hand\n");
    cr_assert_eq(cg_test_folder_count(folder, ""), 0, "something was written");
    cg_test_result_done(&result);
}

/* ---- signals ---- */

/* The worker of a host process once its run is recorded with this stage. */
static pid_t worker_at(const struct cg_test_process *process, const char *database, const char *stage) {
    char path[64];
    char *sql = cg_test_format("SELECT COUNT(*) FROM pipeline_runs WHERE stage = '%s' AND status = 'running'", stage);
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)process->pid, (int)process->pid);
    for (int waited = 0; waited < 20000; waited += 20) {
        FILE *stream = fopen(path, "re");
        cr_assert_not_null(stream, "the program has ended");
        int pid = 0;
        int found = fscanf(stream, "%d", &pid); /* NOLINT(cert-err34-c): the kernel writes it */
        (void)fclose(stream);
        if (found == 1 && exists(database) &&
            number(database, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'cg_dates'") && number(database, sql)) {
            free(sql);
            return pid;
        }
        cr_assert(cg_test_process_runs(process, 20), "the program has ended");
    }
    cr_assert_fail("no worker came to the stage '%s'", stage);
    return 0;
}

/* A module that asks whether it is to stop does so at once, whatever the worker's loop is doing. */
static void check_stop(struct cg_test_process *process, int signal_number, struct cg_test_result *ret) {
    long long begun = now_ms();
    cg_test_process_signal(process, signal_number);
    cr_assert(!cg_test_process_runs(process, 3000), "the program still runs");
    long long took = now_ms() - begun;
    cg_test_program_wait(process, ret);
    cr_assert_lt(took, 3000, "it took %lld ms", took);
    cr_assert_eq(ret->exit_status, 1, "%s", ret->err);
    cg_test_has("the stop", ret->err, "the run was stopped");
    cg_test_has_not("the stop", ret->err, "crashed");
}

Test(supervisor, an_interrupt_is_the_host_processs_business) {
    const struct tenant tenants[] = {{"acme", "wait for a stop", ""}};
    struct cg_test_process process;
    struct cg_test_result result;
    configure("", tenants, 1);
    cg_test_program_begin(folder, "--run-once", &process);
    pid_t worker = worker_at(&process, "acme.db", "gathering");
    cr_assert_neq(getpgid(worker), getpgid(process.pid), "the worker is in the program's group");
    cr_assert(kill(worker, SIGINT) == 0 && kill(worker, SIGQUIT) == 0);
    cr_assert(cg_test_process_runs(&process, 300), "an interrupt of the worker ended the run");
    long long begun = now_ms();
    cg_test_process_signal(&process, SIGINT);
    cg_test_program_wait(&process, &result);
    cr_assert_lt(now_ms() - begun, 5000);
    cr_assert_eq(result.exit_status, 1, "%s", result.err);
    cg_test_has_not("the stop", result.err, "crashed");
    cr_assert_eq(number("acme.db", "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed'"), 1);
    cg_test_result_done(&result);
}

/* ---- a configuration that changes ---- */

/* Workers read what the service has checked, not what somebody is writing. */
Test(supervisor, a_file_that_changes_is_not_in_effect_without_a_reload) {
    const struct tenant tenants[] = {{"acme", "none", ""}, {"left", "none", ""}};
    struct cg_test_process process;
    struct cg_test_result result;
    configure("features: {enable_periodic_refresh: true, refresh_interval: 1}\n", tenants, 2);
    cg_test_program_begin(folder, "--quiet", &process);
    for (int waited = 0; waited < 20000 && !exists("left.db"); waited += 20)
        cr_assert(cg_test_process_runs(&process, 20), "the program has ended");
    cg_test_file_write(folder, "config.yaml", "tenants: [");
    cr_assert(cg_test_process_runs(&process, 3000), "the program has ended");
    cg_test_process_signal(&process, SIGTERM);
    cg_test_program_wait(&process, &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cg_test_has_not("the service", result.err, "not valid");
    cg_test_has_not("the service", result.err, "ERROR");
    cr_assert_gt(number("left.db", "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed'"), 1);
    cg_test_result_done(&result);
}

/* ---- runs with costs ---- */

static struct cg_test_sim sim;

static void start_with_sim(void) {
    static const char *const options[] = {"--days", "5", "--environments", "1", "--clusters", "3", NULL};
    cg_test_sim_start(options, &sim);
    start();
}

static void stop_with_sim(void) {
    cg_test_sim_stop(&sim);
    stop();
}

TestSuite(supervisor_costs, .init = start_with_sim, .fini = stop_with_sim);

/* `settings` are lines of plugin_settings, indented by six, `emitters` entries before that of CSV files. */
static void configure_costs(const char *tenant_lines, const char *settings, const char *emitters) {
    cg_test_config_write(folder,
                         &(struct cg_test_config){.url = sim.url, .lookback_days = 6, .more_settings = settings});
    char *text = cg_test_file_read(folder, "config.yaml");
    char *entries = cg_test_format("      emitters:\n%s", emitters);
    char *with_entries = cg_test_replace(text, "      emitters:\n", entries);
    char *lines = cg_test_format("    cutoff_days: 1\n%s", tenant_lines);
    char *with_lines = cg_test_replace(with_entries, "    cutoff_days: 1\n", lines);
    char *whole = cg_test_format("plugins_path: \"" MODULES "\"\n%s", with_lines);
    cg_test_file_write(folder, "config.yaml", whole);
    free(text);
    free(entries);
    free(with_entries);
    free(lines);
    free(with_lines);
    free(whole);
}

Test(supervisor_costs, an_allocator_that_asks_is_stopped_at_once) {
    struct cg_test_process process;
    struct cg_test_result result;
    configure_costs("", "      allocator_overrides: {" READ ": trouble_wait}\n", "");
    cg_test_program_begin(folder, "--run-once", &process);
    (void)worker_at(&process, CG_TEST_DATABASE, "calculating");
    (void)usleep(300000); /* the stage is told before the first line is allocated */
    check_stop(&process, SIGTERM, &result);
    cg_test_result_done(&result);
}

Test(supervisor_costs, an_allocator_that_asks_stops_when_its_time_is_over) {
    struct cg_test_result result;
    configure_costs("    tenant_execution_timeout_seconds: 4\n",
                    "      allocator_overrides: {" READ ": trouble_wait}\n", "");
    cg_test_program_end(folder, "--run-once", 1, &result);
    cg_test_has("the time-out", result.err, "Execution timed out after 4s");
    cg_test_has_not("the time-out", result.err, "crashed");
    cg_test_result_done(&result);
}

/* Every line that has `with`, once; NULL when one is there twice. */
static long long count_once(const char *text, const char *with) {
    long long count = 0;
    char *copy = strdup(text);
    char *rest = copy;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        if (strncmp(line, "  ", 2) != 0 || !strstr(line, with))
            continue;
        char *whole = cg_test_format("\n%s\n", line);
        const char *first = strstr(text, whole);
        cr_assert_not_null(first);
        cr_assert_null(strstr(first + 1, whole), "told twice: %s", line);
        free(whole);
        count++;
    }
    free(copy);
    return count;
}

/* One allocator fails on all of its lines, another one crashes on its own: every line is told once, as often as its
 * date is calculated. */
Test(supervisor_costs, a_resumed_run_tells_every_error_once) {
    struct cg_test_result result;
    configure_costs("", "      allocator_overrides: {" READ ": trouble_error, " WRITE ": trouble_abort}\n", "");
    cg_test_program_end(folder, "--run-once", 1, &result);
    long long reads = number(CG_TEST_DATABASE, "SELECT COUNT(*) FROM ccloud_billing WHERE product_type = '" READ "'");
    long long writes = number(CG_TEST_DATABASE, "SELECT COUNT(*) FROM ccloud_billing WHERE product_type = '" WRITE "'");
    cr_assert(reads > 3 && writes > 3, "there are too few lines");
    cr_assert_eq(count_once(result.err, ", " READ " on "), reads);
    cr_assert_eq(count_once(result.err, ", " WRITE " on "), writes);
    cg_test_has_not("the errors", result.err, " more\n");
    cr_assert_eq(number(CG_TEST_DATABASE, "SELECT COUNT(*) FROM pipeline_runs"), 4);
    cg_test_result_done(&result);
}

/* "trouble_long_name_long_name_...z", as long as the name of an override may be. */
static void make_longest_symbol(char symbol[256]) {
    static const char part[] = "long_name_";
    (void)snprintf(symbol, 256, "trouble_");
    for (size_t i = strlen(symbol); i < 254; i++)
        symbol[i] = part[(i - strlen("trouble_")) % strlen(part)];
    symbol[254] = 'z';
    symbol[255] = '\0';
}

Test(supervisor_costs, a_long_name_is_left_out_like_any_other) {
    char symbol[256];
    struct cg_test_result result;
    make_longest_symbol(symbol);
    char *setting = cg_test_format("      allocator_overrides: {" READ ": %s}\n", symbol);
    configure_costs("", setting, "");
    cg_test_program_end(folder, "--run-once", 1, &result);
    cg_test_has("the run", result.err, symbol);
    cg_test_has("the run", result.err, "it is not called any more in this run after 3 crashes");
    cr_assert_eq(number(CG_TEST_DATABASE, "SELECT COUNT(*) FROM pipeline_runs"), 4);
    cg_test_result_done(&result);
    free(setting);
}

/* ---- emitters ---- */

static void check_emitters(const char *trouble, const char *tenant_lines, const char *sentence, int others) {
    struct cg_test_result result;
    char csv[CG_TEST_PATH_SIZE];
    char *entry = cg_test_format("        - type: trouble_emitter\n          name: first\n"
                                 "          params: {trouble: %s}\n",
                                 trouble);
    configure_costs(tenant_lines, "", entry);
    cg_test_program_end(folder, "--run-once", 1, &result);
    cg_test_has(trouble, result.err, sentence);
    cg_test_result_done(&result);
    cr_assert_eq(number(CG_TEST_DATABASE, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed'"), 1);
    cr_assert_eq(number(CG_TEST_DATABASE, "SELECT COUNT(*) FROM pipeline_runs"), 1);
    cr_assert_eq(number(CG_TEST_DATABASE, "SELECT COUNT(*) FROM emission_records WHERE emitter_name = 'first' AND "
                                          "status = 'emitted'"),
                 0, "%s: the emitter has emitted", trouble);
    if (others) {
        sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
        cg_test_csv_follows(db, cg_test_path(folder, CG_TEST_CSV, csv));
        cg_test_db_close(db);
    }
    free(entry);
}

Test(supervisor_costs, an_emitter_that_crashes_does_not_stop_the_others) {
    struct cg_test_result result;
    check_emitters("abort", "", "crashed (signal 6, Aborted) in rows()", 1);
    cg_test_program_end(folder, "--emit-once", 1, &result);
    cg_test_has("--emit-once", result.err, "'first'");
    cg_test_has("--emit-once", result.err, "crashed (signal 6, Aborted) in rows()");
    cg_test_result_done(&result);
}

/* Its time is that of the whole run, so nobody has any left. */
Test(supervisor_costs, an_emitter_that_hangs_is_named) {
    check_emitters("hang", "    tenant_execution_timeout_seconds: 5\n",
                   "Execution timed out after 5s: emitter 'first' of module 'trouble_emitter' was running in rows()",
                   0);
}
