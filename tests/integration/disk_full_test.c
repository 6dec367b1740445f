/*
 * No room left, at several moments of a run. The full disk is a small tmpfs in a mount namespace of the test's own, so
 * nothing is left behind; where that is not permitted the tests are skipped.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/db.h"
#include "support/disk.h"
#include "support/program.h"

static struct cg_test_sim sim;
static char folder[CG_TEST_PATH_SIZE];
static char small[CG_TEST_PATH_SIZE]; /* the tmpfs */

static void start(void) {
    static const char *const options[] = {"--seed", "13", NULL};
    cg_test_sim_start(options, &sim);
    cg_test_workdir_make(folder);
    cg_test_folder_make(folder, "small");
    cg_test_path(folder, "small", small);
}

static void stop(void) {
    cg_test_disk_remove(small);
    cg_test_sim_stop(&sim);
    cg_test_workdir_remove(folder);
}

TestSuite(disk_full, .init = start, .fini = stop);

/* Makes the small disk, or skips the test. */
static void make_disk(const char *size) {
    if (cg_test_disk_make(small, size))
        return;
    stop(); /* a skipped test is not cleaned up after */
    cr_skip_test("this user may not mount a tmpfs, not even in a namespace of its own");
}

/* Every date that has rows has all of them. */
static void check_dates(sqlite3 *db) {
    char *dates = cg_test_db_text(db, "SELECT group_concat(DISTINCT date(timestamp)) FROM chargeback_facts");
    for (const char *date = dates; date && *date; date += *date == ',') {
        char text[16];
        (void)snprintf(text, sizeof text, "%.10s", date);
        struct cg_decimal billed = cg_test_db_billed(db, text);
        struct cg_decimal charged = cg_test_db_charged(db, text);
        cg_test_decimal_equal(text, &charged, &billed);
        date += strlen(text);
    }
    free(dates);
}

/* Bytes in KiB: while the tables are made, during the inventory, the bill, the calculation. */
static const char *const sizes[] = {"40k", "200k", "500k", "1200k", "2400k"};

Test(disk_full, database) {
    char csv_folder[CG_TEST_PATH_SIZE];
    make_disk("1m");
    struct cg_test_config config = {.url = sim.url};
    cg_test_config_write(folder, &config);
    cg_test_run_well(folder);
    char *dump = cg_test_db_dump(folder, CG_TEST_DATABASE);
    char *wanted = cg_test_dump_lines(dump, "", "emission");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *name = cg_test_format("small/full-%zu.db", i);
        char *connection = cg_test_format("sqlite:///%s", name);
        char *err = NULL;
        config = (struct cg_test_config){.url = sim.url, .database = connection};
        cg_test_config_write(folder, &config);
        cg_test_disk_resize(small, sizes[i]);
        cr_expect_eq(cg_test_run_once(folder, &err), 1, "%s: %s", sizes[i], err);
        cg_test_has(sizes[i], err, "tenant 'acme'");
        cg_test_has(sizes[i], err, "full");
        free(err);

        cg_test_disk_resize(small, "64m");
        sqlite3 *db = cg_test_db_open(folder, name);
        cg_test_db_check(db);
        if (cg_test_db_number(db, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'chargeback_facts'"))
            check_dates(db);
        cg_test_db_close(db);
        cg_test_run_well(folder);
        char *again = cg_test_db_dump(folder, name);
        char *rows = cg_test_dump_lines(again, "", "emission");
        cg_test_dumps_equal(sizes[i], rows, wanted);
        db = cg_test_db_open(folder, name);
        cg_test_db_balance(db);
        cg_test_csv_follows(db, cg_test_path(folder, CG_TEST_CSV, csv_folder));
        cg_test_db_close(db);
        char path[CG_TEST_PATH_SIZE];
        cr_assert_eq(remove(cg_test_path(folder, name, path)), 0);
        free(again);
        free(rows);
        free(connection);
        free(name);
    }
    free(wanted);
    free(dump);
}

Test(disk_full, csv_files) {
    make_disk("256k");
    struct cg_test_config config = {.url = sim.url, .csv_folder = "small"};
    cg_test_config_write(folder, &config);
    char *err = NULL;
    cr_assert_eq(cg_test_run_once(folder, &err), 1, "%s", err);
    cg_test_has("full", err, "tenant 'acme': emitter 'csv' (module 'csv'): ");
    cg_test_has("full", err, " dates failed, the first 2026-");
    cg_test_has("full", err, "No space left on device");
    free(err);
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    cg_test_db_check(db);
    cg_test_db_balance(db);
    long long emitted = cg_test_db_number(db, "SELECT COUNT(*) FROM emission_records WHERE status = 'emitted'");
    long long failed = cg_test_db_number(db, "SELECT COUNT(*) FROM emission_records WHERE status = 'failed'");
    cr_assert(emitted > 0 && failed > 0 && emitted + failed == 39, "%lld and %lld", emitted, failed);
    size_t files = cg_test_folder_count(small, "");
    cr_assert_eq((long long)files, emitted, "%zu files of %lld dates", files, emitted);
    char *first = cg_test_file_read(small, "acme_2026-05-22.csv");
    char *wanted = cg_test_db_csv(db, "2026-05-22");
    cr_assert_not_null(first);
    cg_test_dumps_equal("the first file", first, wanted);
    cg_test_db_close(db);
    free(first);
    free(wanted);

    cg_test_disk_resize(small, "64m");
    cg_test_run_well(folder);
    db = cg_test_db_open(folder, CG_TEST_DATABASE);
    cg_test_csv_follows(db, small);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM emission_records WHERE status = 'emitted'"), 39);
    cg_test_db_close(db);
}
