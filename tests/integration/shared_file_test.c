/*
 * Two host processes on one SQLite file: one works, the other waits, and goes on at once when the first one dies or is
 * stopped.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/api.h"
#include "support/db.h"
#include "support/moment.h"
#include "support/program.h"

/* A sanitized program is slower; a tenant of another process is looked at every three to five seconds. */
#define WAIT_MS 60000
#define HANDOVER_MS (cg_test_is_sanitized() ? 20000 : 10000)

/* Keeps a gather going for longer than any wait here. */
#define SLOW "{\"match\":\"/billing\",\"kind\":\"slow\",\"ms\":20000}"

static struct cg_test_sim sim;
static char folder[CG_TEST_PATH_SIZE];

static void begin(void) {
    static const char *const options[] = {"--days", "7", "--environments", "1", "--clusters", "10", NULL};
    cg_test_sim_start(options, &sim);
    cg_test_workdir_make(folder);
    cg_test_config_write(folder, &(struct cg_test_config){.url = sim.url, .lookback_days = 9});
    char *text = cg_test_file_read(folder, "config.yaml");
    char *longer = cg_test_format("features: {refresh_interval: 600}\n%s", text);
    cg_test_file_write(folder, "config.yaml", longer);
    free(text);
    free(longer);
}

static void end(void) {
    cg_test_workdir_remove(folder);
    cg_test_sim_stop(&sim);
}

static long long wait_log(const struct cg_test_process *process, const char *part) {
    return cg_test_process_wait_log(process, part, WAIT_MS);
}

static long long number(const char *sql) {
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    const long long value = cg_test_db_number(db, sql);
    cg_test_db_close(db);
    return value;
}

/* Starts a host, and waits until its worker has a row. */
static void start_first(const char *option, struct cg_test_process *ret) {
    const char *const arguments[] = {"--config-file", "config.yaml", option, NULL};
    cg_test_sim_faults(&sim, SLOW);
    cg_test_program_start(folder, arguments, NULL, ret);
    wait_log(ret, "pipeline");
    for (int i = 0; i < WAIT_MS / 10; i++) {
        char path[CG_TEST_PATH_SIZE];
        if (access(cg_test_path(folder, CG_TEST_DATABASE, path), R_OK) == 0 &&
            number("SELECT COUNT(*) FROM sqlite_master WHERE name = 'cg_run_owners'") == 1 &&
            number("SELECT COUNT(*) FROM cg_run_owners") == 1)
            return;
        (void)usleep(10000);
    }
    cr_assert_fail("it does not begin");
}

/* Starts another one, which finds the first at work, and says who that is. */
static void start_second(const char *option, struct cg_test_process *ret) {
    const char *const arguments[] = {"--config-file", "config.yaml", option, NULL};
    char machine[256];
    cr_assert_eq(gethostname(machine, sizeof machine), 0);
    cg_test_program_start(folder, arguments, NULL, ret);
    char *sentence = cg_test_format("Tenant acme: it is being worked on by process %lld on machine %s (run "
                                    "1); this process looks again every few seconds",
                                    number("SELECT pid FROM cg_run_owners"), machine);
    wait_log(ret, sentence);
    free(sentence);
    cr_assert_eq(number("SELECT COUNT(*) FROM pipeline_runs"), 1);
}

static void stop(struct cg_test_process *process) {
    struct cg_test_result result;
    cg_test_process_signal(process, SIGTERM);
    cg_test_program_wait(process, &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cg_test_result_done(&result);
}

/* The database is that of a run that nobody disturbed. */
static void compare(void) {
    char *got = cg_test_db_dump(folder, CG_TEST_DATABASE);
    char other[CG_TEST_PATH_SIZE];
    cg_test_workdir_make(other);
    cg_test_config_write(other, &(struct cg_test_config){.url = sim.url, .lookback_days = 9});
    cg_test_run_well(other);
    char *wanted = cg_test_db_dump(other, CG_TEST_DATABASE);
    cg_test_dumps_equal("what both did together", got, wanted);
    free(got);
    free(wanted);
    cg_test_workdir_remove(other);
}

/* Lets the provider answer again, and waits until the second host has done the tenant. */
static void see_handover(const char *what, const struct cg_test_process *second) {
    cg_test_sim_faults(&sim, "");
    const long long took = wait_log(second, "Tenant acme: taken over from another process, ");
    (void)fprintf(stderr, "shared: hand-over on SQLite, %s: %lld ms\n", what, took);
    cr_assert_leq(took, HANDOVER_MS, "%s: the hand-over took %lld ms", what, took);
    wait_log(second, "Tenant acme: gathered=");
}

Test(shared_file, goes_on_when_the_other_is_killed) {
    struct cg_test_process hosts[2];
    struct cg_test_result result;
    begin();
    start_first("--mode=worker", &hosts[0]);
    start_second("--mode=worker", &hosts[1]);
    cg_test_process_signal(&hosts[0], SIGKILL);
    see_handover("killed", &hosts[1]);
    cg_test_program_wait(&hosts[0], &result);
    cg_test_result_done(&result);
    stop(&hosts[1]);
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    char *runs = cg_test_db_text(db, "SELECT group_concat(status || ' ' || COALESCE(error_message, '')) FROM "
                                     "pipeline_runs ORDER BY id");
    cr_assert_str_eq(runs, "failed Orphaned — process restarted before completion,completed ");
    free(runs);
    cg_test_db_close(db);
    compare();
    end();
}

Test(shared_file, goes_on_when_the_other_is_stopped) {
    struct cg_test_process hosts[2];
    begin();
    start_first("--mode=worker", &hosts[0]);
    start_second("--mode=worker", &hosts[1]);
    stop(&hosts[0]);
    see_handover("stopped", &hosts[1]);
    stop(&hosts[1]);
    cr_assert_eq(number("SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed'"), 1);
    compare();
    end();
}

/* What one has done the other does not do again. */
Test(shared_file, once_is_once_for_both) {
    struct cg_test_process hosts[2];
    struct cg_test_result results[2];
    begin();
    start_first("--run-once", &hosts[0]);
    start_second("--run-once", &hosts[1]);
    cg_test_sim_faults(&sim, "");
    for (size_t i = 0; i < 2; i++) {
        cg_test_program_wait(&hosts[i], &results[i]);
        cr_assert_eq(results[i].exit_status, 0, "%s", results[i].err);
    }
    cg_test_has("the second", results[1].err,
                "tenant 'acme': done by another process: run 1 of another process has done it\n");
    cr_assert_eq(number("SELECT COUNT(*) FROM pipeline_runs"), 1);
    for (size_t i = 0; i < 2; i++)
        cg_test_result_done(&results[i]);
    compare();
    end();
}

/* A host whose clock stands at `now`, which has its first turn. */
static void see_first_turn(const char *now, const char *part) {
    static const char *const arguments[] = {"--config-file", "config.yaml", "--mode=worker", NULL};
    char *clock = cg_test_format("CHITRAGUPT_NOW=%s", now);
    const char *const environment[] = {clock, NULL};
    struct cg_test_process host;
    cg_test_program_start(folder, arguments, environment, &host);
    wait_log(&host, part);
    stop(&host);
    free(clock);
}

/* A run that ended after a process began stands for its first turn, though it never saw it at work; an older one does
 * not: who starts a process wants a run. */
Test(shared_file, what_ended_since_the_start_counts) {
    begin();
    cg_test_run_well(folder);
    see_first_turn("2026-07-01T11:59:30Z", "Tenant acme: nothing was left to do here, because run 1 of another process "
                                           "has done it");
    cr_assert_eq(number("SELECT COUNT(*) FROM pipeline_runs"), 1);
    see_first_turn("2026-07-01T12:00:30Z", "Tenant acme: gathered=");
    cr_assert_eq(number("SELECT COUNT(*) FROM pipeline_runs"), 2);
    end();
}
