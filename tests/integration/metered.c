#include "metered.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/query.h"

#define SCRAPES_PER_HOUR (METERED_HOUR / METERED_SCRAPE)

/* ---- what Prometheus knows ---- */

/* What a counter counted in so many scrapes: eleven equal parts of each hour in eighths, and the rest of it. */
static double counted(double hourly, int64_t scrapes) {
    double part = (double)(int64_t)(hourly * 8 / (double)SCRAPES_PER_HOUR) / 8;
    int64_t hours = scrapes / SCRAPES_PER_HOUR;
    return hourly * (double)hours + part * (double)(scrapes % SCRAPES_PER_HOUR);
}

static void write_series(FILE *stream, const struct metered_series *series) {
    int64_t from = series->from ? series->from : METERED_START;
    int64_t until = series->until ? series->until : METERED_AT;
    for (int64_t time = from; time <= until; time += METERED_SCRAPE) {
        if (time >= series->gap_from && time < series->gap_until)
            continue;
        double value = series->hourly > 0 ? counted(series->hourly, (time - from) / METERED_SCRAPE) : series->size;
        if (series->odd && time % METERED_DAY == METERED_HOUR)
            (void)fprintf(stream, "%s %s %" PRId64 "\n", series->series, series->odd, time);
        else
            (void)fprintf(stream, "%s %.17g %" PRId64 "\n", series->series, value, time);
    }
}

static char *write_metrics(const struct metered_series *series, size_t count) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    cr_assert_not_null(stream);
    for (size_t i = 0; i < count; i++)
        write_series(stream, &series[i]);
    (void)fputs("# EOF\n", stream);
    cr_assert_eq(fclose(stream), 0);
    return text;
}

void metered_start(const char *folder, const char *name, const struct metered_series *series, size_t count,
                   const struct cg_test_prometheus_options *options, struct metered_source *ret) {
    struct cg_test_prometheus_options whole = options ? *options : (struct cg_test_prometheus_options){0};
    char *text = write_metrics(series, count);
    cg_test_folder_make(folder, name);
    whole.blocks = cg_test_path(folder, name, ret->blocks);
    cg_test_prometheus_fill(ret->blocks, text);
    free(text);
    cg_test_prometheus_start(&whole, &ret->server);
}

void metered_stop(struct metered_source *source) {
    cg_test_prometheus_stop(&source->server);
    source->server.process.pid = 0;
}

/* ---- the program ---- */

char *metered_config_text(const struct metered_config *config) {
    return cg_test_format("tenants:\n"
                          "  " METERED_TENANT ":\n"
                          "    ecosystem: %s\n"
                          "    tenant_id: t-1\n"
                          "    lookback_days: %u\n"
                          "    cutoff_days: 1\n"
                          "%s"
                          "    storage: {connection_string: \"sqlite:///%s\"}\n"
                          "    plugin_settings:\n"
                          "      metrics: {url: \"%s\"%s}\n"
                          "%s"
                          "      emitters:\n"
                          "        - {type: csv, params: {output_dir: " METERED_CSV "}}\n",
                          config->ecosystem, config->lookback ? config->lookback : 11U,
                          config->tenant ? config->tenant : "", config->database ? config->database : METERED_DATABASE,
                          config->url, config->metrics ? config->metrics : "", config->settings);
}

void metered_configure(const char *folder, const struct metered_config *config) {
    char *text = metered_config_text(config);
    cg_test_file_write(folder, "config.yaml", text);
    free(text);
}

char *metered_run(const char *folder, int exit_status) {
    char *err = NULL;
    int status = cg_test_run_at(folder, METERED_NOW, NULL, &err);
    cr_assert_eq(status, exit_status, "the run ended with %d:\n%.8000s", status, err);
    return err;
}

/* ---- the database ---- */

/* All rows of a query with one column, one on a line. */
static char *texts_of(sqlite3 *db, const char *sql) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    cr_assert_not_null(stream);
    sqlite3_stmt *statement = cg_test_db_prepare(db, sql);
    while (cg_test_db_step(db, statement)) {
        const char *row = (const char *)sqlite3_column_text(statement, 0);
        (void)fprintf(stream, "%s\n", row ? row : "NULL");
    }
    sqlite3_finalize(statement);
    cr_assert_eq(fclose(stream), 0);
    return text;
}

char *metered_lines(sqlite3 *db, const char *date) {
    char *sql = cg_test_format("SELECT product_type || ' ' || quantity || ' ' || unit_price || ' ' || total_cost FROM "
                               "billing WHERE date(timestamp) = '%s' ORDER BY product_type, resource_id",
                               date);
    char *text = texts_of(db, sql);
    free(sql);
    return text;
}

char *metered_rows(sqlite3 *db, const char *date) {
    char *sql = cg_test_format("SELECT d.product_type || ' ' || d.identity_id || ' ' || d.cost_type || ' ' || "
                               "COALESCE(d.allocation_method, '-') || ' ' || COALESCE(d.allocation_detail, '-') || "
                               "' ' || f.amount FROM chargeback_facts f JOIN chargeback_dimensions d USING "
                               "(dimension_id) WHERE date(f.timestamp) = '%s' ORDER BY d.product_type, d.identity_id",
                               date);
    char *text = texts_of(db, sql);
    free(sql);
    return text;
}

char *metered_resources(sqlite3 *db) {
    return texts_of(db, "SELECT resource_type || ' ' || resource_id || ' ' || COALESCE(display_name, '-') || ' ' || "
                        "COALESCE(parent_id, '-') || ' ' || COALESCE(region, '-') || ' ' || COALESCE(metadata_json, "
                        "'-') || CASE WHEN deleted_at IS NULL THEN '' ELSE ' deleted' END FROM resources ORDER BY "
                        "resource_id");
}

char *metered_identities(sqlite3 *db) {
    return texts_of(db, "SELECT identity_type || ' ' || identity_id || ' ' || COALESCE(display_name, '-') || ' ' || "
                        "COALESCE(metadata_json, '-') || CASE WHEN deleted_at IS NULL THEN '' ELSE ' deleted' END "
                        "FROM identities ORDER BY identity_id");
}

/* ---- checks ---- */

void metered_equal(const char *what, char *got, const char *wanted) {
    cr_assert_str_eq(got, wanted, "%s:\n%sinstead of\n%s", what, got, wanted);
    free(got);
}

void metered_every_day(sqlite3 *db, const char *lines, const char *rows) {
    for (int day = 0; day < METERED_DAYS; day++) {
        char *sql = cg_test_format("SELECT date('" METERED_FIRST "', '+%d days')", day);
        char *date = cg_test_db_text(db, sql);
        if (lines)
            metered_equal(date, metered_lines(db, date), lines);
        if (rows)
            metered_equal(date, metered_rows(db, date), rows);
        free(date);
        free(sql);
    }
    if (lines)
        cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(DISTINCT timestamp) FROM billing"), METERED_DAYS);
    if (rows)
        cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(DISTINCT timestamp) FROM chargeback_facts"), METERED_DAYS);
}

/* What is left of a line when its rows are taken off. */
static void check_rest(sqlite3 *db, const char *timestamp, const char *product) {
    char *lines = cg_test_format("SELECT total_cost FROM billing WHERE timestamp = '%s' AND product_type = '%s'",
                                 timestamp, product);
    char *rows = cg_test_format("SELECT f.amount FROM chargeback_facts f JOIN chargeback_dimensions d USING "
                                "(dimension_id) WHERE f.timestamp = '%s' AND d.product_type = '%s'",
                                timestamp, product);
    struct cg_decimal billed = cg_test_db_sum(db, lines);
    struct cg_decimal charged = cg_test_db_sum(db, rows);
    char *what = cg_test_format("%s of %s", product, timestamp);
    cg_test_decimal_equal(what, &charged, &billed);
    free(what);
    free(rows);
    free(lines);
}

void metered_balance(const char *folder, sqlite3 *db) {
    char path[CG_TEST_PATH_SIZE];
    sqlite3_stmt *statement = cg_test_db_prepare(
        db, "SELECT timestamp, product_type FROM billing UNION SELECT f.timestamp, d.product_type FROM "
            "chargeback_facts f JOIN chargeback_dimensions d USING (dimension_id)");
    while (cg_test_db_step(db, statement))
        check_rest(db, (const char *)sqlite3_column_text(statement, 0),
                   (const char *)sqlite3_column_text(statement, 1));
    sqlite3_finalize(statement);
    cg_test_db_check(db);
    cg_test_csv_follows(db, cg_test_path(folder, METERED_CSV, path));
}
