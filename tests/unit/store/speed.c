/*
 * speed.c - what writing a date costs, next to the bare loop of inserts.
 *
 * Usage: store_speed [DATES]. Writes dates of 8000 rows, once with cg_store_write_date and once with SQLite alone into
 * a database of the same shape, and prints the time of both.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include <chitragupt/plugin.h>

#include "base/time.h"
#include "store/billing.h"
#include "store/facts.h"
#include "store/store.h"

#define ROWS 8000

const struct cg_registration *cg_plugin_register_sqlite(void);

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void die(const char *text) {
    fprintf(stderr, "%s\n", text);
    exit(1);
}

static struct cg_store *open_store(const char *path) {
    struct cg_store *store = NULL;
    struct cg_error error;
    const struct cg_sql_target target = {.struct_size = sizeof target, .scheme = "sqlite", .database = path};
    const struct cg_store_key key = {"confluent_cloud", "t-1", "acme", 1};
    if (cg_store_open(cg_plugin_register_sqlite()->factory, NULL, &target, &key, 0, NULL, &store, &error) != CG_OK)
        die(error.text);
    return store;
}

static void bill(struct cg_store *store, int64_t day) {
    struct cg_error error;
    const struct cg_billing_line line = {.struct_size = sizeof line,
                                         .timestamp = day,
                                         .env_id = "env-1",
                                         .resource_id = "lkc-1",
                                         .product_category = "KAFKA",
                                         .product_type = "KAFKA_NETWORK_READ",
                                         .currency = "USD",
                                         .granularity = "daily",
                                         .total_cost = cg_decimal_from_int64(ROWS)};
    const struct cg_billing_line *lines[] = {&line};
    if (cg_store_replace_billing(store, day, day + CG_DAY_US, lines, 1, day, NULL, &error) != CG_OK)
        die(error.text);
}

static void write_day(struct cg_store *store, struct cg_fact *facts, int64_t day) {
    struct cg_error error;
    uint64_t rows = 0;
    int32_t changed = 0;
    for (size_t i = 0; i < ROWS; i++)
        facts[i].timestamp = day;
    const struct cg_date_result result = {.date = day, .facts = facts, .fact_count = ROWS, .now = day};
    if (cg_store_write_date(store, &result, &rows, &changed, &error) != CG_OK)
        die(error.text);
}

static double with_store(const char *path, int dates) {
    static struct cg_fact facts[ROWS];
    static char names[ROWS][2][24];
    struct cg_store *store = open_store(path);
    for (size_t i = 0; i < ROWS; i++) {
        snprintf(names[i][0], sizeof names[i][0], "lkc-%06zu", i / 100);
        snprintf(names[i][1], sizeof names[i][1], "sa-%08zu", i % 1000);
        facts[i] = (struct cg_fact){.resource_id = names[i][0],
                                    .product_category = "KAFKA",
                                    .product_type = i < ROWS / 2 ? "KAFKA_NETWORK_READ" : "KAFKA_NETWORK_WRITE",
                                    .identity_id = names[i][1],
                                    .cost_type = "usage",
                                    .allocation_method = "usage_ratio",
                                    .allocation_detail = "usage_ratio_allocation",
                                    .env_id = "env-1",
                                    .amount = {.low = 10000, .exponent = -4}};
    }
    for (int date = 0; date <= dates; date++)
        bill(store, date * CG_DAY_US);
    write_day(store, facts, 0); /* makes the dimensions */
    double start = seconds();
    for (int date = 1; date <= dates; date++)
        write_day(store, facts, date * CG_DAY_US);
    double spent = seconds() - start;
    cg_store_close(store);
    return spent;
}

static void bare_day(sqlite3 *db, sqlite3_stmt *insert, int64_t day) {
    char timestamp[CG_TIME_TEXT_SIZE];
    cg_time_format_seconds(day, timestamp);
    if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        die(sqlite3_errmsg(db));
    for (int i = 0; i < ROWS; i++) {
        sqlite3_bind_text(insert, 1, timestamp, -1, SQLITE_STATIC);
        sqlite3_bind_int64(insert, 2, i + 1);
        sqlite3_bind_text(insert, 3, "1.0000", -1, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE)
            die(sqlite3_errmsg(db));
        sqlite3_reset(insert);
    }
    if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        die(sqlite3_errmsg(db));
}

static double bare(const char *path, int dates) {
    sqlite3 *db = NULL;
    sqlite3_stmt *insert = NULL;
    cg_store_close(open_store(path));
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY", NULL, NULL,
                     NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db,
                           "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json) "
                           "VALUES (?1, ?2, ?3, '{}')",
                           -1, &insert, NULL) != SQLITE_OK)
        die(sqlite3_errmsg(db));
    bare_day(db, insert, 0);
    double start = seconds();
    for (int date = 1; date <= dates; date++)
        bare_day(db, insert, date * CG_DAY_US);
    double spent = seconds() - start;
    sqlite3_finalize(insert);
    sqlite3_close(db);
    return spent;
}

int main(int count, char **arguments) {
    int dates = count > 1 ? (int)strtol(arguments[1], NULL, 10) : 30;
    char folder[] = "/tmp/cg-speed-XXXXXX";
    char path[2][64];
    if (dates < 1 || dates > 1000 || !mkdtemp(folder))
        die("usage: store_speed [DATES], 1 to 1000");
    for (int i = 0; i < 2; i++)
        snprintf(path[i], sizeof path[i], "%s/%d.db", folder, i);
    double spent[2] = {bare(path[0], dates), with_store(path[1], dates)};
    printf("%d dates of %d rows: bare %.1f ms each, store %.1f ms each, ratio %.2f\n", dates, ROWS,
           spent[0] * 1000 / dates, spent[1] * 1000 / dates, spent[1] / spent[0]);
    for (int i = 0; i < 2; i++)
        unlink(path[i]);
    rmdir(folder);
    return 0;
}
