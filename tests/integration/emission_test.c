/* What becomes of emitted files when dates lose their rows, folders fail, and others use the database meanwhile. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/db.h"
#include "support/program.h"

#define TEMPLATE_MODULES CG_TEST_BINARY_DIR "/tests/emission"
#define RECORDS "SELECT COUNT(*) FROM emission_records"

static struct cg_test_sim sim;
static char folder[CG_TEST_PATH_SIZE];
static char csv_folder[CG_TEST_PATH_SIZE];

static void start(void) {
    static const char *const options[] = {"--seed", "17",         "--days", "35", "--environments", "1", "--clusters",
                                          "2",      "--products", "plain",  NULL};
    cg_test_sim_start(options, &sim);
    cg_test_workdir_make(folder);
    cg_test_path(folder, CG_TEST_CSV, csv_folder);
}

static void stop(void) {
    cg_test_sim_stop(&sim);
    cg_test_workdir_remove(folder);
}

TestSuite(emission, .init = start, .fini = stop);

/* The usual configuration; `top` are lines of the file, `settings` of plugin_settings, `entries` further emitters. */
static void configure(const char *url, const char *top, const char *settings, const char *entries) {
    cg_test_config_write(folder, &(struct cg_test_config){.url = url, .more_settings = settings});
    char *text = cg_test_file_read(folder, "config.yaml");
    char *whole = cg_test_format("%s%s%s", top, text, entries);
    cg_test_file_write(folder, "config.yaml", whole);
    free(text);
    free(whole);
}

static long long number(const char *sql) {
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    long long value = cg_test_db_number(db, sql);
    cg_test_db_close(db);
    return value;
}

static size_t files_in(const char *name) {
    char path[CG_TEST_PATH_SIZE];
    return cg_test_folder_count(cg_test_path(folder, name, path), "");
}

/* Ends the test unless the files of a folder, one for each date, have as many lines as the date has rows. */
static void check_lines(const char *name) {
    char path[CG_TEST_PATH_SIZE];
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    char *dates = cg_test_db_text(db, "SELECT group_concat(d || '=' || n, ' ') FROM (SELECT date(timestamp) AS d, "
                                      "COUNT(*) AS n FROM chargeback_facts GROUP BY 1 ORDER BY 1)");
    size_t files = 0;
    cg_test_path(folder, name, path);
    char *rest = NULL;
    for (char *date = strtok_r(dates, " ", &rest); date; date = strtok_r(NULL, " ", &rest)) {
        char *file = cg_test_format("%.10s.jsonl", date);
        char *text = cg_test_file_read(path, file);
        cr_assert_not_null(text, "there is no %s/%s", name, file);
        cr_assert_eq(cg_test_occurrences(text, "\n"), (size_t)strtol(date + 11, NULL, 10), "%s/%s: %s", name, file,
                     date);
        files++;
        free(text);
        free(file);
    }
    cr_assert_eq(files_in(name), files, "%s has %zu files instead of %zu", name, files_in(name), files);
    free(dates);
    cg_test_db_close(db);
}

/* ---- dates without rows ---- */

#define ALL_KINDS                                                                 \
    "        - {type: csv, aggregation: monthly, params: {output_dir: months}}\n" \
    "        - {type: acme_jsonl, params: {output_dir: rows}}\n"

/* All files follow the database, which has rows of `dates` dates in `months` months. */
static void check_files(const char *when, long long dates, size_t months) {
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(DISTINCT date(timestamp)) FROM chargeback_facts"), dates, "%s",
                 when);
    cg_test_csv_follows(db, csv_folder);
    cg_test_db_close(db);
    check_lines("rows");
    cr_assert_eq(files_in("months"), months, "%s", when);
    cr_assert_eq(number(RECORDS " WHERE status <> 'emitted'"), 0, "%s", when);
}

Test(emission, withdrawn_dates_lose_their_files) {
    /* The same bill without its first thirty days, and so without any of May. */
    static const char *const options[] = {"--seed", "17",         "--days", "5", "--environments", "1", "--clusters",
                                          "2",      "--products", "plain",  NULL};
    struct cg_test_sim later;
    cg_test_sim_start(options, &later);
    cg_test_folder_make(folder, "rows");
    const char *const top = "plugins_path: \"" TEMPLATE_MODULES "\"\n";
    configure(sim.url, top, "", ALL_KINDS);
    cg_test_run_well(folder);
    check_files("at first", 34, 2);
    char path[CG_TEST_PATH_SIZE];
    char *june = cg_test_file_read(cg_test_path(folder, "months", path), "acme_2026-06-01.csv");

    configure(later.url, top, "", ALL_KINDS);
    cg_test_run_well(folder);
    check_files("withdrawn", 4, 1);
    char *less = cg_test_file_read(path, "acme_2026-06-01.csv");
    cr_assert_not_null(less);
    cr_assert_str_neq(less, june, "the month's file still has its withdrawn days");
    long long attempts = number("SELECT SUM(attempt_count) FROM emission_records");
    cg_test_run_well(folder);
    check_files("nothing new", 4, 1);
    cr_assert_eq(number("SELECT SUM(attempt_count) FROM emission_records"), attempts, "something was emitted again");

    configure(sim.url, top, "", ALL_KINDS);
    cg_test_run_well(folder);
    check_files("billed again", 34, 2);
    free(less);
    less = cg_test_file_read(path, "acme_2026-06-01.csv");
    cg_test_dumps_equal("June", less, june);
    free(june);
    free(less);
    cg_test_sim_stop(&later);
}

/* ---- failures ---- */

/* Folders that fail for all dates in the same way, one of them with each date in the sentence. */
Test(emission, a_failing_folder_is_one_sentence) {
    char *err = NULL;
    configure(sim.url, "", "",
              "        - {type: csv, params: {output_dir: config.yaml/x}}\n"
              "        - {type: csv, params: {output_dir: csv, filename_template: \"{date}/x.csv\"}}\n");
    cr_assert_eq(cg_test_run_once(folder, &err), 1, "%s", err);
    cg_test_has("the folder", err,
                "tenant 'acme': emitter 'csv-2' (module 'csv'): 34 dates failed, the first 2026-05-27: cannot create "
                "the folder 'config.yaml/x' (output_dir) for CSV files: Not a directory");
    cg_test_has("the name", err,
                "tenant 'acme': emitter 'csv-3' (module 'csv'): 34 dates failed, the first 2026-05-27: cannot write "
                "'csv/2026-05-27/x.csv': the folder 'csv/2026-05-27' must exist, only output_dir is created");
    cr_assert_leq(cg_test_occurrences(err, "emitter 'csv-2'"), 2, "%s", err);
    cr_assert_leq(cg_test_occurrences(err, "emitter 'csv-3'"), 2, "%s", err);
    cr_assert_eq(number(RECORDS " WHERE emitter_name <> 'csv' AND status = 'failed' AND attempt_count = 1"), 68);
    cr_assert_eq(number(RECORDS " WHERE emitter_name = 'csv' AND status = 'emitted'"), 34);
    cr_assert_eq(cg_test_folder_count(csv_folder, ".csv"), 34);
    free(err);
}

/* ---- entries ---- */

Test(emission, entries_are_named_and_limited) {
    configure(sim.url, "", "      chargeback_granularity: hourly\n",
              "        - {type: csv, aggregation: hourly, params: {output_dir: hours}}\n"
              "        - {type: csv, lookback_days: 3, params: {output_dir: last}}\n"
              "        - {type: csv, name: days, aggregation: daily, params: {output_dir: days}}\n");
    cg_test_run_well(folder);
    cr_assert_eq(number("SELECT COUNT(DISTINCT emitter_name) FROM emission_records WHERE emitter_name IN ('csv', "
                        "'csv-2', 'csv-3', 'days')"),
                 4);
    char path[CG_TEST_PATH_SIZE];
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    cg_test_csv_follows(db, csv_folder);
    cg_test_csv_follows(db, cg_test_path(folder, "hours", path));
    cg_test_db_close(db);
    cr_assert_eq(files_in("days"), 34);
    /* From 2026-06-28 on; the last calculated date is the 29th. */
    cr_assert_eq(files_in("last"), 2);
    cr_assert_eq(access(cg_test_path(folder, "last/acme_2026-06-28.csv", path), R_OK), 0);
}

/* ---- further kinds of rows ---- */

#define RECORDING "plugins_path: \"" CG_TEST_BINARY_DIR "/tests/plugins/recording\"\n"

/* The resources, or identities, that existed at a date's midnight. */
#define EXISTED(table, id)                                                                                          \
    "(SELECT COUNT(" id ") FROM " table " WHERE (created_at IS NULL OR created_at <= d || ' 00:00:00.000000') AND " \
    "(deleted_at IS NULL OR deleted_at > d || ' 00:00:00.000000'))"

/* What the emitter must have been told: of each kind, one date after the other with all of its rows. */
static char *expected_calls(sqlite3 *db) {
    static const struct {
        const char *pipeline;
        const char *function;
        const char *count;
    } kinds[] = {{"chargeback", "rows", "(SELECT COUNT(*) FROM chargeback_facts WHERE date(timestamp) = d)"},
                 {"billing", "billing_rows", "(SELECT COUNT(*) FROM ccloud_billing WHERE date(timestamp) = d)"},
                 {"resource", "resource_rows", EXISTED("resources", "resource_id")},
                 {"identity", "identity_rows", EXISTED("identities", "identity_id")}};
    char *all = cg_test_format("%s", "");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char *sql = cg_test_format(
            "SELECT group_concat('begin %s ' || d || char(10) || CASE WHEN n > 0 THEN '%s ' || n || char(10) ELSE '' "
            "END || 'finish' || char(10), '') FROM (SELECT d, %s AS n FROM (SELECT DISTINCT date(timestamp) AS d FROM "
            "chargeback_facts) ORDER BY d)",
            kinds[i].pipeline, kinds[i].function, kinds[i].count);
        char *part = cg_test_db_text(db, sql);
        char *longer = cg_test_format("%s%s", all, part);
        free(all);
        free(part);
        free(sql);
        all = longer;
    }
    return all;
}

Test(emission, an_emitter_gets_all_kinds_of_rows_it_takes) {
    configure(sim.url, RECORDING, "", "        - {type: recording_emitter, params: {file: calls.txt}}\n");
    cg_test_run_well(folder);
    char *calls = cg_test_file_read(folder, "calls.txt");
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    char *wanted = expected_calls(db);
    cg_test_db_close(db);
    cg_test_dumps_equal("calls", calls, wanted);
    cr_assert_eq(number(RECORDS " WHERE emitter_name = 'recording_emitter' AND status = 'emitted'"), 4 * 34);
    free(wanted);

    cg_test_run_well(folder);
    char *again = cg_test_file_read(folder, "calls.txt");
    cg_test_dumps_equal("nothing new", again, calls);
    free(again);
    free(calls);
}

Test(emission, samples_of_every_date_and_kind_are_kept) {
    static const char *const kinds[] = {"chargeback", "billing", "resource", "identity"};
    configure(sim.url, "", "", "        - {type: prometheus, aggregation: daily, params: {directory: samples}}\n");
    cg_test_run_well(folder);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char *name = cg_test_format("samples/acme/prometheus/%s", kinds[i]);
        cr_assert_eq(files_in(name), 34, "%s: %zu", name, files_in(name));
        free(name);
    }
    cr_assert_eq(number(RECORDS " WHERE emitter_name = 'prometheus' AND status = 'emitted' AND attempt_count = 1"),
                 4 * 34);
    cg_test_run_well(folder);
    cr_assert_eq(number(RECORDS " WHERE emitter_name = 'prometheus' AND attempt_count = 1"), 4 * 34);
}

Test(emission, a_kind_of_rows_that_fails_leaves_the_others) {
    char *err = NULL;
    configure(sim.url, RECORDING, "",
              "        - {type: recording_emitter, params: {file: calls.txt, fails: billing_rows}}\n");
    cr_assert_eq(cg_test_run_once(folder, &err), 1, "%s", err);
    cg_test_has("the kind", err,
                "tenant 'acme': emitter 'recording_emitter' (module 'recording_emitter'), pipeline 'billing': 34 dates "
                "failed, the first 2026-05-27: no billing_rows today");
    cr_assert_eq(number(RECORDS " WHERE emitter_name = 'recording_emitter' AND status = 'emitted' AND pipeline <> "
                                "'billing'"),
                 3 * 34);
    cr_assert_eq(number(RECORDS " WHERE pipeline = 'billing' AND status = 'failed' AND attempt_count = 1"), 34);
    cr_assert_eq(cg_test_folder_count(csv_folder, ".csv"), 34);
    free(err);
}

Test(emission, a_crash_in_a_kind_of_rows_is_told_and_kept_from_the_others) {
    char *err = NULL;
    configure(sim.url, RECORDING, "",
              "        - {type: recording_emitter, params: {file: calls.txt, dies: resource_rows}}\n");
    cr_assert_eq(cg_test_run_once(folder, &err), 1, "%s", err);
    cg_test_has("the crash", err, "emitter 'recording_emitter' (module 'recording_emitter') crashed");
    cg_test_has("the function", err, "in resource_rows()");
    cr_assert_eq(number(RECORDS " WHERE pipeline = 'billing' AND status = 'emitted'"), 34);
    cr_assert_eq(number(RECORDS " WHERE pipeline = 'resource' AND status = 'failed'"), 34);
    cr_assert_eq(cg_test_folder_count(csv_folder, ".csv"), 34);
    free(err);
}

/* ---- others ---- */

static void execute(sqlite3 *db, const char *sql) {
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
}

/* A reader who stays, and a writer who goes after a second. */
Test(emission, others_may_use_the_database) {
    static const char *const arguments[] = {"--config-file", "config.yaml", "--emit-once", NULL};
    char path[CG_TEST_PATH_SIZE];
    struct cg_test_process process;
    struct cg_test_result result;
    sqlite3 *others[2];
    configure(sim.url, "", "", "");
    cg_test_run_well(folder);
    configure(sim.url, "", "", "        - {type: csv, params: {output_dir: second}}\n");
    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(sqlite3_open(cg_test_path(folder, CG_TEST_DATABASE, path), &others[i]), SQLITE_OK);
    execute(others[0], "BEGIN; SELECT COUNT(*) FROM chargeback_facts");
    execute(others[1], "BEGIN IMMEDIATE; UPDATE chargeback_facts SET amount = '0'");
    cg_test_program_start(folder, arguments, NULL, &process);
    cr_assert(cg_test_process_runs(&process, 1000), "nobody waits for the writer");
    execute(others[1], "ROLLBACK");
    cg_test_program_wait(&process, &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    execute(others[0], "COMMIT");
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    cg_test_csv_follows(db, csv_folder);
    cg_test_csv_follows(db, cg_test_path(folder, "second", path));
    cg_test_db_close(db);
    for (size_t i = 0; i < 2; i++)
        sqlite3_close(others[i]);
    cg_test_result_done(&result);
}
