/* What users look up when something is wrong: each cause, and the text by which they find it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/db.h"
#include "support/program.h"

static struct cg_test_sim sim;
static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    static const char *const options[] = {"--seed", "11", NULL};
    cg_test_sim_start(options, &sim);
    cg_test_workdir_make(folder);
    struct cg_test_config config = {.url = sim.url, .lookback_days = 6};
    cg_test_config_write(folder, &config);
}

static void stop(void) {
    cg_test_sim_stop(&sim);
    cg_test_workdir_remove(folder);
}

TestSuite(troubleshooting, .init = start, .fini = stop);

/* ---- the configuration ---- */

static const struct {
    const char *name;
    const char *from; /* in the configuration that works */
    const char *to;
    const char *text;
} mistakes[] = {
    {"variable", "${CC_SECRET}", "${NOBODY_HAS_SET_THIS}",
     "Required environment variable 'NOBODY_HAS_SET_THIS' is not set"},
    {"window", "lookback_days: 6", "lookback_days: 1", "lookback_days must be > cutoff_days"},
    {"basic auth", "auth_type: bearer", "auth_type: basic", "username and password required for basic auth"},
    {"bearer auth", "bearer_token: \"${PROM_TOKEN}\"", "bearer_token: \"\"", "bearer_token required for bearer auth"},
    {"ratio", "      emitters:", "      allocator_params: {kafka_cku_usage_ratio: 0.8}\n      emitters:",
     "kafka_cku_usage_ratio + kafka_cku_shared_ratio must sum to 1.0"},
    {"override", "      emitters:", "      allocator_overrides: {KAFKA_BASE: my.module.allocator}\n      emitters:",
     "allocator_overrides"},
};

Test(troubleshooting, mistakes_in_the_configuration) {
    char *right = cg_test_file_read(folder, "config.yaml");
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct cg_test_result result;
        char *wrong = cg_test_replace(right, mistakes[i].from, mistakes[i].to);
        cr_assert_str_neq(wrong, right, "%s: '%s' is not in the configuration:\n%s", mistakes[i].name, mistakes[i].from,
                          right);
        cg_test_file_write(folder, "config.yaml", wrong);
        cg_test_program_run(folder, (const char *const[]){"--config-file", "config.yaml", "--run-once", NULL}, &result);
        cr_assert_eq(result.exit_status, 1, "%s: %s", mistakes[i].name, result.err);
        cg_test_has(mistakes[i].name, result.err, mistakes[i].text);
        cg_test_result_done(&result);
        free(wrong);
    }
    free(right);
}

Test(troubleshooting, two_tenants_in_one_database) {
    struct cg_test_result result;
    char *right = cg_test_file_read(folder, "config.yaml");
    const char *tenant = strstr(right, "  " CG_TEST_TENANT ":");
    cr_assert_not_null(tenant);
    char *second = cg_test_replace(tenant, "  " CG_TEST_TENANT ":", "  other:");
    char *wrong = cg_test_format("%s%s", right, second);
    cg_test_file_write(folder, "config.yaml", wrong);
    cg_test_program_run(folder, (const char *const[]){"--config-file", "config.yaml", "--validate", NULL}, &result);
    cr_assert_eq(result.exit_status, 1);
    cg_test_has("both", result.err, "tenants 'acme' and 'other' share the same storage connection_string");
    cg_test_result_done(&result);
    free(wrong);
    free(second);
    free(right);
}

/* ---- the database ---- */

static void run_and_expect(const char *name, const char *text) {
    char *err = NULL;
    cr_assert_eq(cg_test_run_once(folder, &err), 1, "%s: %s", name, err);
    cg_test_has(name, err, text);
    free(err);
}

Test(troubleshooting, database_is_locked) {
    char path[CG_TEST_PATH_SIZE];
    cg_test_run_well(folder);
    sqlite3 *db = NULL;
    cr_assert_eq(sqlite3_open(cg_test_path(folder, CG_TEST_DATABASE, path), &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    run_and_expect("a locked database", "database is locked");
    run_and_expect("a locked database", "tenant '" CG_TEST_TENANT "'");
    sqlite3_close(db);
}

Test(troubleshooting, database_of_another_version) {
    cg_test_run_well(folder);
    cg_test_db_execute(folder, CG_TEST_DATABASE, "UPDATE alembic_version SET version_num = '999_from_the_future'");
    run_and_expect("an unknown revision", "999_from_the_future");
}

/* The file was replaced by an empty one: its tables are made, and nothing is missing afterwards. */
Test(troubleshooting, no_such_table) {
    char path[CG_TEST_PATH_SIZE];
    cg_test_run_well(folder);
    char *before = cg_test_db_dump(folder, CG_TEST_DATABASE);
    const char *const names[] = {CG_TEST_DATABASE, CG_TEST_DATABASE "-wal", CG_TEST_DATABASE "-shm"};
    for (size_t i = 0; i < 3; i++)
        remove(cg_test_path(folder, names[i], path));
    cg_test_file_write(folder, CG_TEST_DATABASE, "");
    cg_test_run_well(folder);
    char *after = cg_test_db_dump(folder, CG_TEST_DATABASE);
    cg_test_dumps_equal("the new database", after, before);
    free(before);
    free(after);
}

/* ---- files and the provider ---- */

Test(troubleshooting, permission_denied_writing_csv) {
    char path[CG_TEST_PATH_SIZE];
    if (geteuid() == 0) { /* root may write everywhere; the text is that of the system in any case */
        cg_test_file_write(folder, CG_TEST_CSV, "in the way");
        run_and_expect("a file in the way", "cannot open the folder 'csv'");
        return;
    }
    cg_test_folder_make(folder, CG_TEST_CSV);
    cr_assert_eq(chmod(cg_test_path(folder, CG_TEST_CSV, path), 0500), 0);
    run_and_expect("a folder of somebody else", "Permission denied");
    chmod(path, 0700);
}

Test(troubleshooting, too_many_requests) {
    cg_test_sim_faults(&sim,
                       "{\"match\":\"/billing/\",\"kind\":\"status\",\"status\":429,\"retry_after\":1,\"times\":1000}");
    run_and_expect("429", "429");
}
