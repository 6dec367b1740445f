/* The commands beside the run: they say what they promise, and touch nothing they should not. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

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

TestSuite(commands, .init = start, .fini = stop);

/* Runs the program with up to six arguments. */
static void run(struct cg_test_result *ret, const char *const *arguments, int exit_status) {
    cg_test_program_run(folder, arguments, ret);
    cr_assert_eq(ret->exit_status, exit_status, "%s ended with %d:\n%s\n%s", arguments[0], ret->exit_status, ret->out,
                 ret->err);
}

#define RUN(result, exit_status, ...) run((result), (const char *const[]){__VA_ARGS__, NULL}, (exit_status))

Test(commands, validate_says_so_and_starts_nothing) {
    struct cg_test_result result;
    RUN(&result, 0, "--config-file", "config.yaml", "--validate");
    cr_assert_str_eq(result.out, "Config is valid.\n");
    cr_assert_str_eq(result.err, "");
    cr_assert_eq(cg_test_folder_count(folder, ""), 1, "there is more than the configuration");
    cg_test_result_done(&result);
    json_t *stats = cg_test_sim_ask(&sim, "/__sim/stats", NULL);
    char *text = json_dumps(stats, 0);
    cg_test_has_not("the simulator's statistics", text, "/org/v2");
    free(text);
    json_decref(stats);
}

Test(commands, show_config_masks_secrets) {
    struct cg_test_result result;
    RUN(&result, 0, "--config-file", "config.yaml", "--show-config");
    json_t *root = json_loads(result.out, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(root, "%s", result.out);
    json_t *tenant = json_object_get(json_object_get(root, "tenants"), CG_TEST_TENANT);
    cr_assert_eq(json_integer_value(json_object_get(tenant, "lookback_days")), 6);
    cr_assert_eq(json_integer_value(json_object_get(tenant, "retention_days")), 250);
    cr_assert_null(json_object_get(tenant, "plugin_settings"));
    json_t *storage = json_object_get(tenant, "storage");
    cr_assert_str_eq(cg_test_json_text(storage, "connection_string"), "**********");
    cg_test_has_not("the settings", result.out, CG_TEST_DATABASE);
    json_decref(root);
    cg_test_result_done(&result);
    cr_assert_eq(cg_test_folder_count(folder, ""), 1, "there is more than the configuration");
}

/* Dates that could not be written by a run are written by --emit-once, without another look at the bill. */
Test(commands, emit_once_writes_what_is_due) {
    char csv_folder[CG_TEST_PATH_SIZE];
    char *err = NULL;
    /* A file stands where the folder should be. */
    cg_test_file_write(folder, CG_TEST_CSV, "in the way\n");
    cr_assert_eq(cg_test_run_once(folder, &err), 1, "%s", err);
    cg_test_has("the run", err,
                "cannot write 'csv/acme_2026-06-25.csv': cannot open the folder 'csv': Not a directory");
    free(err);
    cg_test_path(folder, CG_TEST_CSV, csv_folder);
    cr_assert_eq(remove(csv_folder), 0);
    char *before = cg_test_db_dump(folder, CG_TEST_DATABASE);
    json_decref(cg_test_sim_ask(&sim, "/__sim/reset-stats", ""));

    struct cg_test_result result;
    RUN(&result, 0, "--config-file", "config.yaml", "--emit-once");
    cg_test_result_done(&result);
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    cg_test_csv_follows(db, csv_folder);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM emission_records WHERE status = 'emitted' AND "
                                       "attempt_count = 2"),
                 5);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_runs"), 1);
    cg_test_db_close(db);
    char *after = cg_test_db_dump(folder, CG_TEST_DATABASE);
    char *kept[2] = {cg_test_dump_lines(before, "", "emission"), cg_test_dump_lines(after, "", "emission")};
    cg_test_dumps_equal("all but the emissions", kept[1], kept[0]);
    json_t *stats = cg_test_sim_ask(&sim, "/__sim/stats", NULL);
    char *text = json_dumps(stats, 0);
    cg_test_has_not("the simulator's statistics", text, "/billing");
    free(text);
    json_decref(stats);

    RUN(&result, 0, "--config-file", "config.yaml", "--emit-once");
    cg_test_result_done(&result);
    char *last = cg_test_db_dump(folder, CG_TEST_DATABASE);
    cg_test_dumps_equal("with nothing due", last, after);
    free(kept[0]);
    free(kept[1]);
    free(before);
    free(after);
    free(last);
}

Test(commands, report_balances) {
    struct cg_test_result result;
    cg_test_run_well(folder);
    json_t *bill = cg_test_sim_bill(&sim, "2026-06-25", "2026-06-30");
    RUN(&result, 0, "report", "--config-file", "config.yaml");
    cg_test_has("the report", result.out, "billed = allocated + unallocated: yes, to the last digit");
    cg_test_has("the report", result.out, cg_test_json_text(bill, "total"));
    cg_test_has("the report", result.out, "5 days)");
    json_decref(bill);
    cg_test_result_done(&result);

    bill = cg_test_sim_bill(&sim, "2026-06-26", "2026-06-28");
    RUN(&result, 0, "report", "--config-file", "config.yaml", "--from", "2026-06-26", "--to", "2026-06-27");
    cg_test_has("the report of two days", result.out, "yes, to the last digit");
    cg_test_has("the report of two days", result.out, cg_test_json_text(bill, "total"));
    cg_test_has("the report of two days", result.out, "2 days)");
    json_decref(bill);
    cg_test_result_done(&result);
}

Test(commands, report_refuses_what_it_cannot_do) {
    struct cg_test_result result;
    RUN(&result, 1, "report", "--config-file", "config.yaml");
    cg_test_has("no database", result.err, "tenant 'acme'");
    cr_assert_eq(cg_test_folder_count(folder, ""), 1, "a report makes no database");
    cg_test_result_done(&result);
    RUN(&result, 1, "report", "--config-file", "config.yaml", "--tenant", "nobody");
    cg_test_has("unknown tenant", result.err, "there is no tenant 'nobody' in config.yaml");
    cg_test_result_done(&result);
    RUN(&result, 2, "report", "--config-file", "config.yaml", "--from", "2026-02-30");
    cg_test_has("no such day", result.err, "--from needs a day as YYYY-MM-DD, not '2026-02-30'");
    cg_test_result_done(&result);
    RUN(&result, 2, "report", "--config-file", "config.yaml", "--from", "2026-06-02", "--to", "2026-06-01");
    cg_test_has("turned round", result.err, "--from must not be later than --to");
    cg_test_result_done(&result);
}

Test(commands, report_names_a_tenant_once) {
    struct cg_test_result result;
    cg_test_run_well(folder);
    cg_test_db_execute(folder, CG_TEST_DATABASE, "DROP TABLE chargeback_facts");
    RUN(&result, 1, "report", "--config-file", "config.yaml");
    cg_test_has("a broken database", result.err, "chitragupt: report: tenant 'acme': ");
    cr_assert_eq(cg_test_occurrences(result.err, "tenant 'acme'"), 1, "%s", result.err);
    cg_test_result_done(&result);
}

/* What one tenant suffers is no other one's business, and the exit status tells that somebody suffered. */
Test(commands, tenants_are_independent) {
    char *config = cg_test_file_read(folder, "config.yaml");
    cr_assert_not_null(config);
    char *other = cg_test_replace(strstr(config, "  acme:"), "acme", "other");
    char *broken = cg_test_replace(other, "${CC_SECRET}", "wrong");
    char *both = cg_test_format("%s%s", config, broken);
    cg_test_file_write(folder, "config.yaml", both);
    /* Both write to one folder: the names of the files differ. */
    char *err = NULL;
    cr_assert_eq(cg_test_run_once(folder, &err), 1, "%s", err);
    cg_test_has("two tenants", err, "tenant 'other': the run ended with errors:");
    cg_test_has_not("two tenants", err, "tenant 'acme': the run ended with errors:");
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    char csv_folder[CG_TEST_PATH_SIZE];
    cg_test_csv_follows(db, cg_test_path(folder, CG_TEST_CSV, csv_folder));
    cg_test_db_balance(db);
    cg_test_db_close(db);
    db = cg_test_db_open(folder, "other.db");
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM chargeback_facts"), 0);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed'"), 1);
    cg_test_db_close(db);
    free(err);
    free(both);
    free(broken);
    free(other);
    free(config);
}
