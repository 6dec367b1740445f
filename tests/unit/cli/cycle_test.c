/* What a cycle says it did, days that are computed again, and tenants that are suspended. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/db.h"
#include "support/program.h"
#include "tenants.h"

static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(cycle, .init = start, .fini = stop);

/* ---- what a cycle did ---- */

static const struct {
    const char *name;
    const char *option;
    const char *line;
    const char *more; /* or NULL: there is no second line */
} cycles[] = {
    {"the first", "--run-once", "Tenant acme: gathered=4, pending=4, calculated=4, rows=8\n", NULL},
    {"the second", "--run-once", "Tenant acme: gathered=4, pending=0, calculated=0, rows=0\n",
     "Tenant acme: current=4, topics=0/0, deleted=0, retired=0\n"},
    {"one day again", "--recalculate=2026-06-26", "Tenant acme: gathered=4, pending=1, calculated=1, rows=2\n",
     "Tenant acme: current=3, topics=0/0, deleted=0, retired=0\n"},
    {"two days again", "--recalculate=2026-06-26..2026-06-27",
     "Tenant acme: gathered=4, pending=2, calculated=2, rows=4\n",
     "Tenant acme: current=2, topics=0/0, deleted=0, retired=0\n"},
    {"everything again", "--recalculate", "Tenant acme: gathered=4, pending=4, calculated=4, rows=8\n", NULL},
};

Test(cycle, says_what_it_did) {
    cg_test_file_write(folder, "config.yaml", TENANTS_HEAD TENANTS_TENANT("acme", "", ""));
    for (size_t i = 0; i < sizeof cycles / sizeof *cycles; i++) {
        struct cg_test_result result;
        cg_test_program_end(folder, cycles[i].option, 0, &result);
        cg_test_has(cycles[i].name, result.err, cycles[i].line);
        cr_expect_eq(cg_test_occurrences(result.err, "Tenant acme: "), cycles[i].more ? 2 : 1, "%s: %s", cycles[i].name,
                     result.err);
        if (cycles[i].more)
            cg_test_has(cycles[i].name, result.err, cycles[i].more);
        cg_test_result_done(&result);
    }
    sqlite3 *db = cg_test_db_open(folder, "acme.db");
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed'"), 5);
    cg_test_db_close(db);
}

/* ---- suspension ---- */

static const char failing[] =
    "features: {refresh_interval: 1}\n" TENANTS_HEAD TENANTS_TENANT("acme", "    gather_failure_threshold: 2\n", "")
        TENANTS_TENANT("other", "", "");

#define SUSPENDED "Tenant acme gather failed 2 consecutive times (threshold: 2)."
#define ALERT                                                                                                        \
    "CRITICAL - ALERT: Tenant acme has been permanently suspended after breaching gather failure threshold. Manual " \
    "operator intervention required. Error: " SUSPENDED "\n"
#define SKIPPED "WARNING - Tenant acme completed with errors: ['" SUSPENDED "']\n"
#define NOBODY_LEFT                                                                                           \
    "CRITICAL - ALERT: All 1 tenant(s) have been permanently suspended. No work will be performed. Operator " \
    "intervention required. Failed tenants: ['acme']\n"

/* The service writes what is waited for within this time, however busy the machine is. */
#define WAIT_MS 30000

/* Runs the service until it has written `part`, and stops it. */
static void serve_until(const char *part, struct cg_test_result *ret) {
    static const char *const arguments[] = {"--config-file", "config.yaml", "--quiet", NULL};
    struct cg_test_process process;
    cg_test_program_start(folder, arguments, NULL, &process);
    cg_test_process_wait_log(&process, part, WAIT_MS);
    cg_test_process_signal(&process, SIGTERM);
    cg_test_program_wait(&process, ret);
}

Test(cycle, a_tenant_whose_gather_keeps_failing_is_left_alone_and_the_others_are_not) {
    struct cg_test_result result;
    char *text = cg_test_replace(failing, "acme.db\"\n    plugin_settings:\n      misbehave: \"\"",
                                 "acme.db\"\n    plugin_settings:\n      misbehave: inventory that fails");
    cg_test_file_write(folder, "config.yaml", text);
    serve_until(SKIPPED, &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_assert_eq(cg_test_occurrences(result.err, ALERT), 1, "%s", result.err);
    cg_test_has_not("the service", result.err, "ALERT: All");
    cr_assert_eq(cg_test_occurrences(result.err, "INFO - Tenant acme: gathered="), 2, "%s", result.err);
    cr_assert_geq(cg_test_occurrences(result.err, "INFO - Tenant other: gathered="), 3, "%s", result.err);
    cg_test_result_done(&result);
    sqlite3 *db = cg_test_db_open(folder, "acme.db");
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed'"), 2);
    cg_test_db_close(db);
    free(text);
}

Test(cycle, when_nobody_is_left_the_service_says_so_and_goes_on) {
    struct cg_test_result result;
    cg_test_file_write(folder, "config.yaml",
                       "features: {refresh_interval: 1}\n" TENANTS_HEAD TENANTS_TENANT(
                           "acme", "    gather_failure_threshold: 2\n", ""));
    char *sound = cg_test_file_read(folder, "config.yaml");
    char *text = cg_test_replace(sound, "misbehave: \"\"", "misbehave: inventory that fails");
    cg_test_file_write(folder, "config.yaml", text);
    serve_until(SKIPPED, &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_assert_geq(cg_test_occurrences(result.err, NOBODY_LEFT), 1, "%s", result.err);
    cr_assert_eq(cg_test_occurrences(result.err, ALERT), 1, "%s", result.err);
    cg_test_result_done(&result);
    free(sound);
    free(text);
}
