/* An ecosystem that misbehaves: what it describes is checked, what it hands over is checked, and no day gets lost. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/db.h"
#include "support/program.h"

#define MODULES CG_TEST_BINARY_DIR "/tests/plugins/good"
#define DATABASE "test.db"

static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(ecosystem, .init = start, .fini = stop);

/* Five days, or `lookback` - 1. */
static void configure(const char *misbehave, unsigned lookback) {
    char *text = cg_test_format("plugins_path: \"" MODULES "\"\n"
                                "tenants:\n"
                                "  acme:\n"
                                "    ecosystem: test_ecosystem\n"
                                "    tenant_id: acme\n"
                                "    lookback_days: %u\n"
                                "    cutoff_days: 1\n"
                                "    storage:\n"
                                "      connection_string: \"sqlite:///" DATABASE "\"\n"
                                "    plugin_settings:\n"
                                "      misbehave: \"%s\"\n"
                                "      emitters:\n"
                                "        - type: csv\n"
                                "          params: {output_dir: csv}\n",
                                lookback, misbehave);
    cg_test_file_write(folder, "config.yaml", text);
    free(text);
}

static void run(const char *last_argument, int exit_status, struct cg_test_result *ret) {
    const char *const arguments[] = {"--config-file", "config.yaml", last_argument, NULL};
    const char *inherited = getenv("ASAN_OPTIONS");
    char *options = cg_test_format("ASAN_OPTIONS=%s:handle_segv=0:handle_abort=0", inherited ? inherited : "");
    const char *const environment[] = {options, NULL};
    struct cg_test_process process;
    cg_test_program_start(folder, arguments, environment, &process);
    cg_test_program_wait(&process, ret);
    cr_assert_eq(ret->exit_status, exit_status, "the run ended with %d:\n%.8000s", ret->exit_status, ret->err);
    free(options);
}

static long long number(const char *sql) {
    sqlite3 *db = cg_test_db_open(folder, DATABASE);
    long long value = cg_test_db_number(db, sql);
    cg_test_db_close(db);
    return value;
}

static void check_books(const char *wanted) {
    sqlite3 *db = cg_test_db_open(folder, DATABASE);
    cg_test_db_check(db);
    struct cg_decimal charged = cg_test_db_sum(db, "SELECT amount FROM chargeback_facts");
    struct cg_decimal sum = cg_test_decimal(wanted);
    cg_test_decimal_equal("charged", &charged, &sum);
    cg_test_db_close(db);
}

Test(ecosystem, a_sound_one_is_charged) {
    struct cg_test_result result;
    configure("", 6);
    run("--run-once", 0, &result);
    check_books("35");
    cr_assert_eq(number("SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed'"), 1);
    cg_test_result_done(&result);
}

/* ---- descriptions ---- */

static const struct {
    const char *misbehave;
    const char *sentence;
} descriptions[] = {
    {"product without type", "module 'test_ecosystem': service 2, product 1 has no product_type"},
    {"product without allocator", "module 'test_ecosystem': service 2, product 1 has no allocator"},
    {"allocator without function", "module 'test_ecosystem': service 2, product 1: its allocator has no function"},
    {"resolver without header", "module 'test_ecosystem': service 1: its identity resolver does not begin with"},
    {"metric without key", "module 'test_ecosystem': service 2, product 1, metric 1 has no key"},
    {"service that is NULL", "module 'test_ecosystem': service 2 is NULL"},
    {"services that are NULL", "module 'test_ecosystem': its description has services, but their array is NULL"},
    {"too many services", "module 'test_ecosystem': its description has 1001 services, at most 1000 are taken"},
};

Test(ecosystem, a_bad_description_is_refused_before_anything_starts) {
    for (size_t i = 0; i < sizeof descriptions / sizeof descriptions[0]; i++) {
        static const char *const arguments[] = {"--validate", "--run-once"};
        configure(descriptions[i].misbehave, 6);
        for (size_t k = 0; k < 2; k++) {
            struct cg_test_result result;
            run(arguments[k], 1, &result);
            cg_test_has(descriptions[i].misbehave, result.err, descriptions[i].sentence);
            cg_test_has(descriptions[i].misbehave, result.err, "config.yaml:");
            cg_test_result_done(&result);
        }
        cr_assert_eq(cg_test_folder_count(folder, ""), 1, "%s: something was written", descriptions[i].misbehave);
    }
}

/* Whether the module itself or the host behind a pointer of the module comes to grief, the module is named. */
Test(ecosystem, a_crash_in_describe_is_told) {
    static const char *const ways[] = {"crash in describe", "services that are nowhere"};
    for (size_t i = 0; i < 2; i++) {
        struct cg_test_result result;
        configure(ways[i], 6);
        run("--run-once", 1, &result);
        cg_test_has(ways[i], result.err, "ecosystem of module 'test_ecosystem' crashed (signal 11");
        cg_test_has(ways[i], result.err, "in describe()");
        cg_test_result_done(&result);
    }
}

/* ---- what is handed over ---- */

static const struct {
    const char *misbehave;
    const char *sentence;
} gathers[] = {
    {"day left out", "Gather phase failed: module 'test_ecosystem' handed over no bill for 2026-06-26, although"},
    {"span outside the window", "Gather phase failed: billing lines were handed over for the span from "},
    {"identity that is NULL", "Gather phase failed: a gathered identity is NULL"},
    {"bill that breaks off", "Gather phase failed: the test bill breaks off on purpose"},
    {"inventory that fails", "Gather phase failed: the test inventory fails on purpose"},
};

/* The module answers CG_OK to the first ones, but the run does not. What is left out comes with the next one. */
Test(ecosystem, a_bad_gather_fails_the_run) {
    for (size_t i = 0; i < sizeof gathers / sizeof gathers[0]; i++) {
        struct cg_test_result result;
        configure(gathers[i].misbehave, 6);
        run("--run-once", 1, &result);
        cg_test_has(gathers[i].misbehave, result.err, gathers[i].sentence);
        cr_assert_eq(number("SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed'"), (long long)i);
        cg_test_result_done(&result);
        configure("", 6);
        run("--run-once", 0, &result);
        check_books("35");
        cg_test_result_done(&result);
    }
}

/* Rows of an earlier run, which nobody could emit then, do not wait for the provider. */
Test(ecosystem, a_failed_gather_does_not_keep_rows_from_being_emitted) {
    struct cg_test_result result;
    configure("", 6);
    char *config = cg_test_file_read(folder, "config.yaml");
    char *elsewhere = cg_test_replace(config, "output_dir: csv", "output_dir: config.yaml/csv");
    cg_test_file_write(folder, "config.yaml", elsewhere);
    run("--run-once", 1, &result);
    check_books("35");
    cg_test_result_done(&result);
    free(elsewhere);
    free(config);
    configure("bill that breaks off", 6);
    run("--run-once", 1, &result);
    cg_test_has("standard error", result.err, "Gather phase failed: the test bill breaks off on purpose");
    char csv[CG_TEST_PATH_SIZE];
    cr_assert_eq(cg_test_folder_count(cg_test_path(folder, "csv", csv), ".csv"), 5, "not all dates were emitted: %s",
                 result.err);
    cg_test_result_done(&result);
}

/* Of several processes that start together one runs; the others wait for it, and say so, or come so late that they run
 * afterwards. */
Test(ecosystem, processes_that_start_together_do_not_run_together) {
    static const char *const arguments[] = {"--config-file", "config.yaml", "--run-once", NULL};
    struct cg_test_process processes[4];
    struct cg_test_result result;
    configure("", 91);
    run("--run-once", 0, &result);
    cg_test_result_done(&result);
    long long ran = 1;
    for (size_t i = 0; i < 4; i++)
        cg_test_program_start(folder, arguments, NULL, &processes[i]);
    for (size_t i = 0; i < 4; i++) {
        cg_test_program_wait(&processes[i], &result);
        cr_assert_eq(result.exit_status, 0, "%s", result.err);
        if (!strstr(result.err, "tenant 'acme': done by another process: "))
            ran++;
        cg_test_result_done(&result);
    }
    cr_assert_geq(ran, 2);
    cr_assert_eq(number("SELECT COUNT(*) FROM pipeline_runs"), ran);
    cr_assert_eq(number("SELECT COUNT(*) FROM pipeline_runs WHERE status = 'completed'"), ran);
}
