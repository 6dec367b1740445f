/*
 * writer.c - the store's own functions, timed on any database: writing dates, and retention.
 *
 * Usage: cg-bench-writer CONNECTION none|monthly|default COMMAND
 *   open                makes the tables
 *   write DATE N ROWS   bills and writes N dates of ROWS rows from DATE on; prints the milliseconds of wall and CPU
 * time of the first date, which makes the dimensions, and of the others: "wall cpu wall cpu" retain NOW DAYS deletes
 * what is older; prints "rows wall cpu"
 *
 * CPU time is that of this process: of a database with a server only the client's side.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <chitragupt/plugin.h>

#include "base/time.h"
#include "config/connection.h"
#include "store/billing.h"
#include "store/facts.h"
#include "store/retention.h"
#include "store/runs.h"
#include "store/store.h"

#define MOST_ROWS 1000000
#define NAME_SIZE 24

const struct cg_registration *cg_plugin_register_sqlite(void);
const struct cg_registration *cg_plugin_register_postgresql(void);

static void die(const char *text) {
    (void)fprintf(stderr, "writer: %s\n", text);
    exit(1);
}

static void check(cg_status status, const struct cg_error *error) {
    if (status != CG_OK)
        die(error->text);
}

/* ---- time spent ---- */

struct spent {
    double wall;
    double cpu;
};

static double milliseconds(struct timeval time) {
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static struct spent spent(void) {
    struct timespec now;
    struct rusage usage;
    clock_gettime(CLOCK_MONOTONIC, &now);
    getrusage(RUSAGE_SELF, &usage);
    return (struct spent){(double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6,
                          milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime)};
}

static void print_spent(struct spent since, const char *end) {
    struct spent now = spent();
    printf("%.1f %.1f%s", now.wall - since.wall, now.cpu - since.cpu, end);
}

/* ---- the database ---- */

static struct cg_store *open_store(const char *connection, const char *partitioning, struct cg_arena *arena) {
    const struct cg_sql_target *target = NULL;
    struct cg_store *store = NULL;
    struct cg_error error;
    const struct cg_store_key key = {"confluent_cloud", "bench", "bench", 1};
    uint32_t flags = strcmp(partitioning, "monthly") == 0 ? CG_STORE_MONTHLY
                     : strcmp(partitioning, "none") == 0  ? CG_STORE_UNPARTITIONED
                                                          : 0;
    check(cg_connection_parse(connection, arena, &target, &error), &error);
    const struct cg_registration *driver =
        strcmp(target->scheme, "sqlite") == 0 ? cg_plugin_register_sqlite() : cg_plugin_register_postgresql();
    check(cg_store_open(driver->factory, NULL, target, &key, flags, NULL, &store, &error), &error);
    return store;
}

static int64_t day_of(const char *text) {
    int64_t day = 0;
    if (cg_time_parse_date(text, &day) != CG_OK)
        die("expected a day as YYYY-MM-DD");
    return day;
}

static long number_of(const char *text, long most) {
    char *end = NULL;
    long number = strtol(text, &end, 10);
    if (end == text || *end || number < 1 || number > most)
        die("expected a number");
    return number;
}

/* ---- writing ---- */

static void bill(struct cg_store *store, int64_t day, long days, long rows) {
    struct cg_error error;
    struct cg_billing_line *lines = calloc((size_t)days, sizeof *lines);
    const struct cg_billing_line **pointers = calloc((size_t)days, sizeof(const struct cg_billing_line *));
    if (!lines || !pointers)
        die("out of memory");
    for (long i = 0; i < days; i++) {
        lines[i] = (struct cg_billing_line){.struct_size = sizeof lines[i],
                                            .timestamp = day + i * CG_DAY_US,
                                            .env_id = "env-1",
                                            .resource_id = "lkc-000001",
                                            .product_category = "KAFKA",
                                            .product_type = "KAFKA_NETWORK_READ",
                                            .currency = "USD",
                                            .granularity = "daily",
                                            .total_cost = cg_decimal_from_int64(rows)};
        pointers[i] = &lines[i];
    }
    check(cg_store_replace_billing(store, day, day + days * CG_DAY_US, pointers, (size_t)days, day, NULL, &error),
          &error);
    free(pointers);
    free(lines);
}

static void make_facts(struct cg_fact *facts, char (*names)[2][NAME_SIZE], long rows) {
    for (long i = 0; i < rows; i++) {
        (void)snprintf(names[i][0], NAME_SIZE, "lkc-%06ld", i / 100);
        (void)snprintf(names[i][1], NAME_SIZE, "sa-%06ld", i % 1000);
        facts[i] = (struct cg_fact){.resource_id = names[i][0],
                                    .product_category = "KAFKA",
                                    .product_type = i < rows / 2 ? "KAFKA_NETWORK_READ" : "KAFKA_NETWORK_WRITE",
                                    .identity_id = names[i][1],
                                    .cost_type = "usage",
                                    .allocation_method = "usage_ratio",
                                    .allocation_detail = "usage_ratio_allocation",
                                    .env_id = "env-1",
                                    .amount = {.low = 10000, .exponent = -4}};
    }
}

static void write_day(struct cg_store *store, struct cg_fact *facts, long rows, int64_t run, int64_t day) {
    struct cg_error error;
    uint64_t written = 0;
    int32_t changed = 0;
    for (long i = 0; i < rows; i++)
        facts[i].timestamp = day;
    const struct cg_date_result result = {
        .date = day, .facts = facts, .fact_count = (size_t)rows, .run_id = run, .now = day};
    check(cg_store_write_date(store, &result, &written, &changed, &error), &error);
    if (!changed || written != (uint64_t)rows)
        die("a date was not written");
}

static void write_days(struct cg_store *store, int64_t day, long days, long rows) {
    struct cg_fact *facts = calloc((size_t)rows, sizeof *facts);
    char(*names)[2][NAME_SIZE] = calloc((size_t)rows, sizeof *names);
    struct cg_error error;
    int64_t run = 0;
    if (!facts || !names)
        die("out of memory");
    make_facts(facts, names, rows);
    bill(store, day, days, rows);
    check(cg_store_run_start(store, day, &run, &error), &error);
    struct spent before = spent();
    write_day(store, facts, rows, run, day);
    print_spent(before, " ");
    before = spent();
    for (long i = 1; i < days; i++)
        write_day(store, facts, rows, run, day + i * CG_DAY_US);
    print_spent(before, "\n");
    free(names);
    free(facts);
}

/* ---- retention ---- */

static volatile int32_t time_is_up;

static void stop(int number) {
    (void)number;
    time_is_up = 1;
}

static void retain(struct cg_store *store, int64_t now, long days, long limit) {
    struct cg_error error;
    uint64_t deleted = 0;
    const struct cg_retention retention = {.now = now, .days = days, .cancelled = &time_is_up};
    struct spent before = spent();
    (void)signal(SIGALRM, stop);
    alarm((unsigned)limit);
    cg_status status = cg_store_retain(store, &retention, &deleted, &error);
    if (status != CG_CANCELLED)
        check(status, &error);
    printf("%llu ", (unsigned long long)deleted);
    print_spent(before, status == CG_OK ? " all\n" : " some\n");
}

int main(int argc, char **argv) {
    const char *command = argc > 3 ? argv[3] : "";
    int is_write = strcmp(command, "write") == 0 && argc == 7;
    int is_retain = strcmp(command, "retain") == 0 && argc == 7;
    if (!is_write && !is_retain && (strcmp(command, "open") != 0 || argc != 4)) {
        (void)fprintf(stderr,
                      "Usage: %s CONNECTION none|monthly|default open | write DATE N ROWS | retain NOW DAYS S\n",
                      argv[0]);
        return 2;
    }
    struct cg_arena *arena = cg_arena_new();
    if (!arena)
        die("out of memory");
    struct cg_store *store = open_store(argv[1], argv[2], arena);
    if (is_write)
        write_days(store, day_of(argv[4]), number_of(argv[5], 10000), number_of(argv[6], MOST_ROWS));
    else if (is_retain)
        retain(store, day_of(argv[4]), number_of(argv[5], 100000), number_of(argv[6], 100000));
    cg_store_close(store);
    cg_arena_free(arena);
    return 0;
}
