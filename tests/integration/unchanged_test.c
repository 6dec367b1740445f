/*
 * What has not changed is not computed, written or emitted again; of 180 days of which one changes, that one is. What
 * is asked for explicitly is.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/db.h"
#include "support/moment.h"
#include "support/program.h"
#include "support/query.h"

#ifdef __SANITIZE_ADDRESS__
#define DAYS "60"
#define DATES 60LL
#else
#define DAYS "180"
#define DATES 180LL
#endif

static struct cg_test_sim sim;
static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    static const char *const options[] = {"--seed",       "7",  "--days", "200", "--clusters", "2",
                                          "--principals", "12", NULL};
    cg_test_sim_start(options, &sim);
    cg_test_workdir_make(folder);
    /* A window of DATES days: the youngest is left out. */
    cg_test_config_write(folder,
                         &(struct cg_test_config){.url = sim.url, .lookback_days = (unsigned)DATES + 1, .whole = 1});
}

static void stop(void) {
    cg_test_sim_stop(&sim);
    cg_test_workdir_remove(folder);
}

TestSuite(unchanged, .init = start, .fini = stop);

/* ---- what a run does ---- */

/* What a run asked for, computed and took. */
struct run {
    long long dates;
    long long rows;
    long long wall_ms;
    long long requests;
    long long queries;
};

static long long member(const json_t *stats, const char *group) {
    return (long long)json_integer_value(json_object_get(json_object_get(stats, group), "requests"));
}

/* A run that goes well. `what` is for the figures that are printed. */
static struct run run(const char *what, const char *now, const char *option) {
    struct run result = {0};
    char *err = NULL;
    json_decref(cg_test_sim_ask(&sim, "/__sim/reset-stats", ""));
    long long begin = cg_test_clock_ms();
    int exit_status = cg_test_run_at(folder, now, option, &err);
    result.wall_ms = cg_test_clock_ms() - begin;
    cr_assert_eq(exit_status, 0, "%s: %s", what, err);
    json_t *stats = cg_test_sim_ask(&sim, "/__sim/stats", NULL);
    result.requests = member(stats, "confluent");
    result.queries = member(stats, "prometheus");
    json_decref(stats);
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    result.dates = cg_test_db_number(db, "SELECT dates_calculated FROM pipeline_runs ORDER BY id DESC LIMIT 1");
    result.rows = cg_test_db_number(db, "SELECT rows_written FROM pipeline_runs ORDER BY id DESC LIMIT 1");
    cg_test_db_close(db);
    (void)fprintf(stderr, "unchanged: %-34s %6lld ms, %4lld requests, %5lld queries, %4lld dates, %6lld rows\n", what,
                  result.wall_ms, result.requests, result.queries, result.dates, result.rows);
    free(err);
    return result;
}

/* ---- what a run leaves ---- */

/* Everything a run could have touched: rows with their places in the tables, calculations, files with their moments. */
struct trace {
    char *rows;
    char *calculations;
    char *files;
};

static char *table_text(sqlite3 *db, const char *sql) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    cr_assert_not_null(stream);
    sqlite3_stmt *statement = cg_test_db_prepare(db, sql);
    while (cg_test_db_step(db, statement))
        (void)fprintf(stream, "%s\n", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    int failed = ferror(stream);
    cr_assert(fclose(stream) == 0 && !failed, "out of memory");
    return text;
}

/* Files are replaced, not changed, so a written one has another inode or another time. */
static void put_file(FILE *stream, const char *name) {
    char path[CG_TEST_PATH_SIZE];
    struct stat found;
    if (stat(cg_test_path(folder, name, path), &found) == 0)
        (void)fprintf(stream, "%s %llu %lld.%09ld\n", name, (unsigned long long)found.st_ino,
                      (long long)found.st_mtim.tv_sec, found.st_mtim.tv_nsec);
}

static char *files_text(sqlite3 *db) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    cr_assert_not_null(stream);
    sqlite3_stmt *statement = cg_test_db_prepare(db, "SELECT tracking_date FROM pipeline_state ORDER BY 1");
    while (cg_test_db_step(db, statement)) {
        const char *date = (const char *)sqlite3_column_text(statement, 0);
        char *names[] = {cg_test_format(CG_TEST_CSV "/acme_%s.csv", date),
                         cg_test_format(CG_TEST_TOPICS "/topic_attr_acme_%s.csv", date)};
        for (size_t i = 0; i < 2; i++) {
            put_file(stream, names[i]);
            free(names[i]);
        }
    }
    sqlite3_finalize(statement);
    int failed = ferror(stream);
    cr_assert(fclose(stream) == 0 && !failed, "out of memory");
    return text;
}

static struct trace trace(void) {
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    struct trace result = {
        .rows =
            table_text(db, "SELECT 'chargeback ' || rowid || ' ' || timestamp || ' ' || dimension_id || ' ' || amount "
                           "FROM chargeback_facts UNION ALL SELECT 'topic ' || rowid || ' ' || timestamp || ' ' || "
                           "dimension_id || ' ' || amount FROM topic_attribution_facts ORDER BY 1"),
        .calculations = table_text(db, "SELECT tracking_date || ' ' || COALESCE(calculation_id, 'none') || ' ' || "
                                       "COALESCE(calculation_completed_at, 'never') FROM pipeline_state ORDER BY 1"),
        .files = files_text(db),
    };
    cg_test_db_close(db);
    return result;
}

static void trace_done(struct trace *trace) {
    free(trace->rows);
    free(trace->calculations);
    free(trace->files);
    *trace = (struct trace){0};
}

/* Ends the test unless the two texts differ in exactly the lines that have one of the dates. */
static void check_changed(const char *what, const char *before, const char *after, const char *from, const char *to) {
    size_t changed = 0;
    size_t expected = 0;
    while (*before || *after) {
        size_t lengths[2] = {strcspn(before, "\n"), strcspn(after, "\n")};
        const char *date = strstr(before, "2026-");
        const char *other = strstr(before, "2025-");
        date = !date || (other && other < date) ? other : date;
        int inside = date && strncmp(date, from, 10) >= 0 && strncmp(date, to, 10) <= 0;
        int same = lengths[0] == lengths[1] && memcmp(before, after, lengths[0]) == 0;
        cr_assert_eq(same, !inside, "%s: '%.*s' became '%.*s'", what, (int)lengths[0], before, (int)lengths[1], after);
        changed += !same;
        expected += inside != 0;
        before += lengths[0] + (before[lengths[0]] != '\0');
        after += lengths[1] + (after[lengths[1]] != '\0');
    }
    cr_assert(changed == expected && changed > 0, "%s: %zu lines changed instead of %zu", what, changed, expected);
}

static void check_same(const char *what, const struct trace *before, const struct trace *after) {
    cg_test_dumps_equal(what, after->rows, before->rows);
    cg_test_dumps_equal(what, after->calculations, before->calculations);
    cg_test_dumps_equal(what, after->files, before->files);
}

/* Books and files are right, whatever was or was not done again. */
static void check_all(void) {
    char path[CG_TEST_PATH_SIZE];
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    cg_test_db_balance(db);
    cg_test_db_topics_balance(db);
    cg_test_csv_follows(db, cg_test_path(folder, CG_TEST_CSV, path));
    cg_test_topics_follow(db, cg_test_path(folder, CG_TEST_TOPICS, path));
    cg_test_db_close(db);
}

/* ---- the tests ---- */

Test(unchanged, is_not_computed_again) {
    struct run first = run("the first run", CG_TEST_NOW, NULL);
    cr_assert_eq(first.dates, DATES);
    struct trace before = trace();
    char *dump = cg_test_db_dump(folder, CG_TEST_DATABASE);
    struct run second = run("nothing changed", CG_TEST_NOW, NULL);
    cr_assert_eq(second.dates, 0, "%lld dates were computed again", second.dates);
    cr_assert_eq(second.rows, 0, "%lld rows were written again", second.rows);
    cr_assert_eq(second.requests, first.requests, "the inventory and the bill are asked for as before");
    /* What is left to ask are the topics of the last hour, three measures for each cluster. */
    cr_assert_leq(second.queries, 3 * 2, "%lld queries for nothing", second.queries);
    struct trace after = trace();
    check_same("nothing changed", &before, &after);
    char *again = cg_test_db_dump(folder, CG_TEST_DATABASE);
    cg_test_dumps_equal("nothing changed", again, dump);
    check_all();
    trace_done(&before);
    trace_done(&after);
    free(again);
    free(dump);
}

Test(unchanged, one_of_many_days_changes) {
    (void)run("the first run", CG_TEST_NOW, NULL);
    struct trace before = trace();
    cg_test_sim_revise(&sim, "{\"date\":\"2026-05-20\",\"factor\":\"1.10\",\"add\":\"0.37\"}");
    struct run second = run("1 of " DAYS " days revised", CG_TEST_NOW, NULL);
    cr_assert_eq(second.dates, 1, "%lld dates were computed", second.dates);
    struct trace after = trace();
    check_changed("calculations", before.calculations, after.calculations, "2026-05-20", "2026-05-20");
    check_changed("files", before.files, after.files, "2026-05-20", "2026-05-20");
    check_all();
    trace_done(&before);

    /* A withdrawn line changes its day and no other. */
    before = after;
    cg_test_sim_revise(&sim, "{\"date\":\"2026-06-11\",\"withdraw\":true}");
    second = run("a line withdrawn", CG_TEST_NOW, NULL);
    cr_assert_eq(second.dates, 1, "%lld dates were computed", second.dates);
    after = trace();
    check_changed("calculations", before.calculations, after.calculations, "2026-06-11", "2026-06-11");
    check_all();
    trace_done(&before);
    trace_done(&after);
}

/* Takes something away from the rows of a date, behind the program's back. */
static void damage(const char *date) {
    char *sql = cg_test_format("UPDATE chargeback_facts SET amount = '0' WHERE date(timestamp) = '%s'; "
                               "UPDATE topic_attribution_facts SET amount = '0' WHERE date(timestamp) = '%s'",
                               date, date);
    cg_test_db_execute(folder, CG_TEST_DATABASE, sql);
    free(sql);
}

/* Dates that were asked for are computed whatever is known of them, and no others. */
Test(unchanged, recalculation_does_what_it_is_told) {
    (void)run("the first run", CG_TEST_NOW, NULL);
    char *dump = cg_test_db_dump(folder, CG_TEST_DATABASE);
    struct trace before = trace();
    struct run some = run("--recalculate of ten days", CG_TEST_NOW, "--recalculate=2026-06-01..2026-06-10");
    cr_assert_eq(some.dates, 10, "%lld dates were computed", some.dates);
    char *again = cg_test_db_dump(folder, CG_TEST_DATABASE);
    cg_test_dumps_equal("ten days", again, dump);
    struct trace after = trace();
    cg_test_dumps_equal("rows that were right", after.rows, before.rows);
    cg_test_dumps_equal("files that were right", after.files, before.files);
    free(again);

    damage("2026-06-05");
    damage("2026-06-15");
    some = run("--recalculate of damaged days", CG_TEST_NOW, "--recalculate=2026-06-01..2026-06-10");
    cr_assert_eq(some.dates, 10, "%lld dates were computed", some.dates);
    again = cg_test_db_dump(folder, CG_TEST_DATABASE);
    char *lines[2] = {cg_test_dump_lines(dump, "_facts | '2026-06-05", NULL),
                      cg_test_dump_lines(again, "_facts | '2026-06-05", NULL)};
    cg_test_dumps_equal("a damaged day", lines[1], lines[0]);
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    struct cg_decimal rest = cg_test_db_charged(db, "2026-06-15");
    cg_test_db_close(db);
    const struct cg_decimal zero = {0};
    cg_test_decimal_equal("a day that was not asked for", &rest, &zero);
    free(lines[0]);
    free(lines[1]);
    free(again);

    struct run all = run("--recalculate of everything", CG_TEST_NOW, "--recalculate");
    cr_assert_eq(all.dates, DATES, "%lld dates were computed", all.dates);
    again = cg_test_db_dump(folder, CG_TEST_DATABASE);
    lines[0] = cg_test_dump_lines(dump, "_facts | ", NULL);
    lines[1] = cg_test_dump_lines(again, "_facts | ", NULL);
    cg_test_dumps_equal("everything", lines[1], lines[0]);
    check_all();
    trace_done(&before);
    trace_done(&after);
    free(lines[0]);
    free(lines[1]);
    free(again);
    free(dump);
}

Test(unchanged, a_day_later_only_the_new_day) {
    (void)run("the first run", "2026-06-29T12:00:00Z", NULL);
    struct trace before = trace();
    struct run next = run("a day later", "2026-06-30T12:00:00Z", NULL);
    cr_assert_eq(next.dates, 1, "%lld dates were computed", next.dates);
    struct trace after = trace();
    /* What was there is still there, at the beginning: only the new day's lines are more. */
    cr_assert_eq(strncmp(before.calculations, after.calculations, strlen(before.calculations)), 0, "%s",
                 after.calculations);
    cr_assert_eq(strncmp(before.files, after.files, strlen(before.files)), 0, "%s", after.files);
    check_all();
    trace_done(&before);
    trace_done(&after);
}

/* A setting that rows follow from makes them new; the former setting brings the former rows back. */
Test(unchanged, settings_count_as_changes) {
    (void)run("the first run", CG_TEST_NOW, NULL);
    char *dump = cg_test_db_dump(folder, CG_TEST_DATABASE);
    char *rows = cg_test_dump_lines(dump, "_facts | ", NULL);
    struct cg_test_config config = {.url = sim.url,
                                    .lookback_days = (unsigned)DATES + 1,
                                    .whole = 1,
                                    .more_settings = "      allocator_params: {kafka_cku_usage_ratio: 0.5, "
                                                     "kafka_cku_shared_ratio: 0.5}\n"};
    cg_test_config_write(folder, &config);
    struct run changed = run("another ratio", CG_TEST_NOW, NULL);
    cr_assert_eq(changed.dates, DATES, "%lld dates were computed", changed.dates);
    check_all();
    char *other = cg_test_db_dump(folder, CG_TEST_DATABASE);
    cr_assert_str_neq(other, dump, "the ratio makes no difference");
    config.more_settings = NULL;
    cg_test_config_write(folder, &config);
    changed = run("the former ratio", CG_TEST_NOW, NULL);
    cr_assert_eq(changed.dates, DATES, "%lld dates were computed", changed.dates);
    char *again = cg_test_db_dump(folder, CG_TEST_DATABASE);
    char *rows_again = cg_test_dump_lines(again, "_facts | ", NULL);
    cg_test_dumps_equal("the former ratio", rows_again, rows);
    check_all();
    free(rows_again);
    free(again);
    free(other);
    free(rows);
    free(dump);
}

/* Who goes now was there in the past: nothing of it changes. Who comes back does not change it either. */
Test(unchanged, who_goes_does_not_change_the_past) {
    (void)run("the first run", CG_TEST_NOW, NULL);
    struct trace before = trace();
    json_t *things = cg_test_sim_ask(&sim, "/__sim/things", NULL);
    size_t index = 0;
    json_t *thing = NULL;
    json_array_foreach (json_object_get(things, "things"), index, thing)
        if (index % 3 == 0 && strcmp(cg_test_json_text(thing, "kind"), "environment") != 0)
            cg_test_sim_hide(&sim, cg_test_json_text(thing, "id"), 1);
    struct run gone = run("a third has gone", "2026-07-01T13:00:00Z", NULL);
    cr_assert_eq(gone.dates, 0, "%lld dates were computed", gone.dates);
    struct trace after = trace();
    check_same("a third has gone", &before, &after);
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    cr_assert_gt(cg_test_db_number(db, "SELECT COUNT(*) FROM identities WHERE deleted_at IS NOT NULL"), 3);
    cr_assert_gt(cg_test_db_number(db, "SELECT COUNT(*) FROM resources WHERE deleted_at IS NOT NULL"), 3);
    cg_test_db_close(db);
    trace_done(&before);
    trace_done(&after);
    json_decref(things);
}
