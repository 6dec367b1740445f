/*
 * Somebody who reads totals while everything is computed anew sees every date at every moment, once, with the rows of
 * before or with those of after.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/db.h"
#include "support/moment.h"
#include "support/program.h"
#include "support/query.h"

#ifdef __SANITIZE_ADDRESS__
#define LOOKBACK 41
#else
#define LOOKBACK 91
#endif
#define DATES ((size_t)LOOKBACK - 1)

static const char chargebacks_sql[] = "SELECT date(timestamp), amount FROM chargeback_facts ORDER BY timestamp";
static const char topics_sql[] = "SELECT date(timestamp), amount FROM topic_attribution_facts ORDER BY timestamp";

/* Totals of all dates, in their order. */
struct totals {
    size_t count;
    char dates[DATES + 1][CG_TEST_DATE_SIZE];
    struct cg_decimal sums[DATES + 1];
};

/* One look. The statement is kept: its next step begins a new read of its own. */
static void look(sqlite3 *db, sqlite3_stmt *statement, struct totals *ret) {
    ret->count = 0;
    while (cg_test_db_step(db, statement)) {
        const char *date = (const char *)sqlite3_column_text(statement, 0);
        struct cg_decimal amount = cg_test_decimal((const char *)sqlite3_column_text(statement, 1));
        if (!ret->count || strcmp(ret->dates[ret->count - 1], date) != 0) {
            cr_assert_leq(ret->count, DATES, "there are more than %zu dates", DATES);
            (void)snprintf(ret->dates[ret->count], CG_TEST_DATE_SIZE, "%s", date);
            ret->sums[ret->count++] = (struct cg_decimal){0};
        }
        struct cg_decimal *sum = &ret->sums[ret->count - 1];
        cr_assert_eq(cg_decimal_add(sum, &amount, sum), CG_OK, "%s: the sum does not fit", date);
    }
    cr_assert_eq(sqlite3_reset(statement), SQLITE_OK);
}

static void look_once(const char *folder, const char *sql, struct totals *ret) {
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    sqlite3_stmt *statement = cg_test_db_prepare(db, sql);
    look(db, statement, ret);
    sqlite3_finalize(statement);
    cg_test_db_close(db);
}

/* Everything seen by one reader. `after` holds the totals of before at first, and learns the new ones. */
struct reader {
    const char *what;
    const char *sql;
    sqlite3_stmt *statement;
    struct totals before;
    struct totals after;
    unsigned char is_new[DATES]; /* 1: the date was seen with other rows than before */
    size_t looks;
    size_t between; /* looks that saw some dates as before and some as after */
};

/* A date changes at most once, and never back. */
static void check_look(struct reader *reader, const struct totals *seen) {
    size_t fresh = 0;
    cr_assert_eq(seen->count, DATES, "%s: look %zu saw %zu dates", reader->what, reader->looks, seen->count);
    for (size_t i = 0; i < DATES; i++) {
        cr_assert_str_eq(seen->dates[i], reader->before.dates[i], "%s: look %zu", reader->what, reader->looks);
        if (!reader->is_new[i] && cg_decimal_compare(&seen->sums[i], &reader->before.sums[i]) != 0) {
            reader->is_new[i] = 1;
            reader->after.sums[i] = seen->sums[i];
        }
        cg_test_decimal_equal(seen->dates[i], &seen->sums[i], &reader->after.sums[i]);
        fresh += reader->is_new[i];
    }
    reader->looks++;
    reader->between += fresh > 0 && fresh < DATES;
}

/* Polls until the program has ended. */
static void poll_while(struct reader *readers, size_t count, const char *folder, struct cg_test_process *process) {
    static struct totals seen;
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    for (size_t i = 0; i < count; i++)
        readers[i].statement = cg_test_db_prepare(db, readers[i].sql);
    while (cg_test_process_runs(process, 0)) {
        for (size_t i = 0; i < count; i++) {
            look(db, readers[i].statement, &seen);
            check_look(&readers[i], &seen);
        }
    }
    for (size_t i = 0; i < count; i++)
        sqlite3_finalize(readers[i].statement);
    cg_test_db_close(db);
}

/* What the last look learnt is what stands there in the end, and what the simulator bills. */
static void check_end(const struct reader *reader, const char *folder, const json_t *bill) {
    static struct totals end;
    look_once(folder, reader->sql, &end);
    cr_assert_eq(end.count, DATES);
    for (size_t i = 0; i < DATES; i++) {
        if (reader->is_new[i])
            cg_test_decimal_equal(end.dates[i], &reader->after.sums[i], &end.sums[i]);
        if (bill) {
            struct cg_decimal wanted = cg_test_decimal(
                cg_test_json_text(json_object_get(json_object_get(bill, "dates"), end.dates[i]), "total"));
            cg_test_decimal_equal(end.dates[i], &end.sums[i], &wanted);
        }
    }
}

static struct reader readers[2] = {{.what = "chargebacks", .sql = chargebacks_sql},
                                   {.what = "topics", .sql = topics_sql}};

Test(reader, never_sees_a_missing_or_doubled_date) {
    static const char *const options[] = {"--seed",       "7",  "--days", "100", "--clusters", "2",
                                          "--principals", "24", NULL};
    static const char *const arguments[] = {"--config-file", "config.yaml", "--run-once", "--recalculate", NULL};
    struct cg_test_sim sim;
    struct cg_test_process process;
    struct cg_test_result result;
    char folder[CG_TEST_PATH_SIZE];
    cg_test_sim_start(options, &sim);
    cg_test_workdir_make(folder);
    cg_test_config_write(folder, &(struct cg_test_config){.url = sim.url, .lookback_days = LOOKBACK, .whole = 1});
    cg_test_run_well(folder);
    for (size_t i = 0; i < 2; i++) {
        look_once(folder, readers[i].sql, &readers[i].before);
        cr_assert_eq(readers[i].before.count, DATES, "%s: %zu dates", readers[i].what, readers[i].before.count);
        readers[i].after = readers[i].before;
    }
    /* Every date is another one afterwards. */
    for (size_t i = 0; i < DATES; i++) {
        char *body = cg_test_format("{\"date\":\"%s\",\"factor\":\"1.10\"}", readers[0].before.dates[i]);
        cg_test_sim_revise(&sim, body);
        free(body);
    }
    cg_test_program_start(folder, arguments, NULL, &process);
    poll_while(readers, 2, folder, &process);
    cg_test_program_wait(&process, &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    json_t *bill = cg_test_sim_bill(&sim, readers[0].before.dates[0], "2026-06-30");
    check_end(&readers[0], folder, bill);
    check_end(&readers[1], folder, NULL);
    for (size_t i = 0; i < 2; i++) {
        (void)fprintf(stderr, "reader: %zu looks at the %s, %zu of them in the middle\n", readers[i].looks,
                      readers[i].what, readers[i].between);
        cr_assert_gt(readers[i].between, 0, "%s: nobody looked while dates were written", readers[i].what);
    }
    json_decref(bill);
    cg_test_result_done(&result);
    cg_test_sim_stop(&sim);
    cg_test_workdir_remove(folder);
}
