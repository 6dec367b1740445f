#include "database.h"

/* The same rows go into a database of each kind; their sums have the same bytes. */

const struct cg_registration *cg_plugin_register_sqlite(void);

static const struct cg_sql_driver *sqlite_driver(void) {
    return cg_plugin_register_sqlite()->factory;
}

struct pair {
    struct cg_test_postgres database;
    struct cg_sql_connection *postgresql;
    struct cg_sql_connection *sqlite;
    char folder[64];
    char path[80];
};

static void open_pair(struct pair *pair) {
    const char *table = "CREATE TABLE a (k INTEGER, x VARCHAR)";
    snprintf(pair->folder, sizeof pair->folder, "/tmp/cg-sums-XXXXXX");
    cr_assert_not_null(mkdtemp(pair->folder));
    snprintf(pair->path, sizeof pair->path, "%s/a.db", pair->folder);
    const struct cg_sql_target target = {.struct_size = sizeof target, .scheme = "sqlite", .database = pair->path};
    cr_assert_eq(sqlite_driver()->open(NULL, &target, CG_SQL_CREATE, &pair->sqlite), CG_OK);
    cg_test_postgres_create(&pair->database);
    pair->postgresql = open_database(&pair->database, 0);
    cr_assert_eq(sqlite_driver()->execute(pair->sqlite, table), CG_OK);
    run(pair->postgresql, table);
}

static void close_pair(struct pair *pair) {
    const char *const suffixes[] = {"", "-wal", "-shm"};
    sqlite_driver()->close(pair->sqlite);
    the_driver()->close(pair->postgresql);
    cg_test_postgres_drop(&pair->database);
    for (size_t i = 0; i < 3; i++) {
        char path[100];
        snprintf(path, sizeof path, "%s%s", pair->path, suffixes[i]);
        remove(path);
    }
    remove(pair->folder);
}

/* Adds the rows, NULL among them, as the group `key`. */
static void insert(const struct cg_sql_driver *driver, struct cg_sql_connection *connection, int key,
                   const char *const *texts, size_t count) {
    struct cg_sql_statement *statement = NULL;
    cr_assert_eq(driver->prepare(connection, "INSERT INTO a (k, x) VALUES (?1, ?2)", &statement), CG_OK);
    for (size_t i = 0; i < count; i++) {
        driver->bind_int(statement, 1, key);
        driver->bind_text(statement, 2, texts[i], texts[i] ? strlen(texts[i]) : 0);
        cr_assert_eq(driver->step(statement), CG_SQL_DONE, "%s", driver->error_text(connection));
        driver->reset(statement);
    }
    driver->finalize(statement);
}

static cg_status sum_of(const struct cg_sql_driver *driver, struct cg_sql_connection *connection, const char *sql,
                        int key, char *ret, size_t size) {
    struct cg_sql_statement *statement = NULL;
    cr_assert_eq(driver->prepare(connection, sql, &statement), CG_OK, "%s", driver->error_text(connection));
    driver->bind_int(statement, 1, key);
    cg_status status = driver->step(statement);
    const char *text = status == CG_SQL_ROW ? driver->column_text(statement, 0, NULL) : NULL;
    snprintf(ret, size, "%s", text ? text : "");
    driver->finalize(statement);
    return status;
}

struct list {
    const char *name;
    const char *texts[6];
    size_t count;
    const char *sum; /* NULL: refused */
};

static const struct list lists[] = {
    {"no rows", {0}, 0, "0"},
    {"only NULL", {NULL, NULL}, 2, "0"},
    {"NULL among others", {"1.5", NULL, "2"}, 3, "3.5"},
    {"zeros at the end", {"1.10", "2.90"}, 2, "4.00"},
    {"most decimals count", {"1", "2.000", "3.0"}, 3, "6.000"},
    {"a tenth and two", {"0.1", "0.2"}, 2, "0.3"},
    {"negative", {"-5.25", "1"}, 2, "-4.25"},
    {"nothing is left", {"-5.25", "5.25"}, 2, "0.00"},
    {"minus zero", {"-0.00"}, 1, "0.00"},
    {"zero with many decimals", {"0E-28", "0E-4"}, 2, "0E-28"},
    {"positive exponents", {"1E+3", "2.5E+3"}, 2, "3500"},
    {"zero with a positive exponent", {"0E+10"}, 1, "0"},
    {"small", {"1E-7"}, 1, "1E-7"},
    {"small with digits", {"1.20E-9", "3E-9"}, 2, "4.20E-9"},
    {"at the border of plain digits", {"0.000001"}, 1, "0.000001"},
    {"small and large", {"1E-20", "12345678901234567"}, 2, "12345678901234567.00000000000000000001"},
    {"38 digits", {"99999999999999999999999999999999999998", "1"}, 2, "99999999999999999999999999999999999999"},
    {"39 digits", {"99999999999999999999999999999999999999", "1"}, 2, NULL},
    {"signs and blanks", {" +1.0", "2 "}, 2, "3.0"},
    {"no number", {"1", "one"}, 2, NULL},
    {"NaN", {"1", "NaN"}, 2, NULL},
    {"empty", {""}, 1, NULL},
};

Test(postgresql_sum, says_what_sqlite_says) {
    const char *sql = "SELECT cg_sum(x) FROM a WHERE k = ?1";
    struct pair pair;
    open_pair(&pair);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const struct list *list = &lists[i];
        char left[128];
        char right[128];
        insert(sqlite_driver(), pair.sqlite, (int)i, list->texts, list->count);
        insert(the_driver(), pair.postgresql, (int)i, list->texts, list->count);
        cg_status one = sum_of(sqlite_driver(), pair.sqlite, sql, (int)i, left, sizeof left);
        cg_status other = sum_of(the_driver(), pair.postgresql, sql, (int)i, right, sizeof right);
        cr_assert_eq(one, list->sum ? CG_SQL_ROW : CG_PERMANENT, "%s", list->name);
        cr_assert_eq(other, one, "%s: %s", list->name, the_driver()->error_text(pair.postgresql));
        cr_assert_str_eq(left, list->sum ? list->sum : "", "%s", list->name);
        cr_assert_str_eq(right, left, "%s", list->name);
    }
    close_pair(&pair);
}

static uint32_t seed = 20260101;

static uint32_t random_below(uint32_t limit) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % limit;
}

static const char *random_number(char *buffer, size_t size) {
    int digits = 1 + (int)random_below(12);
    size_t length = (size_t)snprintf(buffer, size, "%s", random_below(3) ? "" : "-");
    int point = (int)random_below(14);
    for (int i = 0; i < digits; i++)
        length += (size_t)snprintf(buffer + length, size - length, "%s%u", i == point && i ? "." : "",
                                   (unsigned)random_below(random_below(4) ? 10 : 1));
    if (random_below(4) == 0)
        snprintf(buffer + length, size - length, "E%d", (int)random_below(24) - 12);
    return buffer;
}

Test(postgresql_sum, of_random_numbers_has_the_same_bytes) {
    static const char *const queries[] = {
        "SELECT cg_sum(x) FROM a WHERE k = ?1",
        "SELECT cg_sum(CASE WHEN x LIKE '-%' THEN x ELSE '0' END) FROM a WHERE k = ?1",
        "SELECT cg_sum(s.x) FROM (SELECT cg_sum(x) AS x FROM a WHERE k >= ?1 GROUP BY k) s",
    };
    struct pair pair;
    open_pair(&pair);
    for (int key = 0; key < 60; key++) {
        char buffers[20][64];
        const char *texts[20];
        size_t count = 1 + random_below(20);
        for (size_t i = 0; i < count; i++)
            texts[i] = random_number(buffers[i], sizeof buffers[i]);
        insert(sqlite_driver(), pair.sqlite, key, texts, count);
        insert(the_driver(), pair.postgresql, key, texts, count);
    }
    for (int key = 0; key < 60; key++)
        for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
            char left[128];
            char right[128];
            cg_status one = sum_of(sqlite_driver(), pair.sqlite, queries[i], key, left, sizeof left);
            cr_assert_eq(sum_of(the_driver(), pair.postgresql, queries[i], key, right, sizeof right), one, "%d: %s",
                         key, the_driver()->error_text(pair.postgresql));
            cr_assert_str_eq(right, left, "%s of %d", queries[i], key);
        }
    close_pair(&pair);
}
