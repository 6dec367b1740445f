#include "connection.h"
#include "database.h"

Test(postgresql_driver, registers_itself) {
    const struct cg_registration *registration = cg_plugin_register_postgresql();
    cr_assert_eq(registration->magic, CG_MODULE_MAGIC);
    cr_assert_eq(registration->kind, CG_KIND_SQL_DRIVER);
    cr_assert_str_eq(registration->name, "postgresql");
    cr_assert_eq(the_driver()->schemes.count, 1);
    cr_assert_str_eq(the_driver()->schemes.items[0], "postgresql");
    cr_assert_str_eq(the_driver()->dialect->name, "postgresql");
    cr_assert_eq(the_driver()->dialect->features, CG_SQL_PARTITIONS);
}

struct setting {
    const char *name;
    const char *writer;
    const char *reader;
};

static const struct setting settings[] = {
    {"TimeZone", "UTC", "UTC"},
    {"DateStyle", "ISO, YMD", "ISO, YMD"},
    {"client_encoding", "UTF8", "UTF8"},
    {"standard_conforming_strings", "on", "on"},
    {"default_transaction_read_only", "off", "on"},
    {"application_name", "chitragupt", "chitragupt"},
    {"lock_timeout", "5s", "5s"},
    {"statement_timeout", "0", "0"},
};

Test(postgresql_driver, settings_of_sessions) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    for (int reader = 0; reader < 2; reader++) {
        struct cg_sql_connection *connection = open_database(&database, reader ? CG_SQL_READ_ONLY : CG_SQL_CREATE);
        for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
            char sql[128];
            snprintf(sql, sizeof sql, "SELECT current_setting('%s')", settings[i].name);
            cr_assert_str_eq(value_of(connection, sql), reader ? settings[i].reader : settings[i].writer, "%s",
                             settings[i].name);
        }
        the_driver()->close(connection);
    }
    cg_test_postgres_drop(&database);
}

struct given {
    const char *key;
    const char *value;
    const char *setting;
    const char *expected;
};

static const struct given given[] = {
    {"application_name", "a b'c", "application_name", "a b'c"},
    {"options", "-c statement_timeout=1234 -c lock_timeout=2s", "statement_timeout", "1234ms"},
    {"options", "-c statement_timeout=1234 -c lock_timeout=2s", "lock_timeout", "2s"},
    {"options", "-c TimeZone=America/New_York", "TimeZone", "UTC"},
    {"options", "-c DateStyle=German", "DateStyle", "ISO, YMD"},
    {"options", "-c search_path=elsewhere", "search_path", "elsewhere"},
    {"connect_timeout", "3", "application_name", "chitragupt"},
    {"sslmode", "disable", "application_name", "chitragupt"},
    {"target_session_attrs", "read-write", "application_name", "chitragupt"},
};

Test(postgresql_driver, settings_of_connection_strings) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        struct cg_sql_connection *connection = NULL;
        char sql[128];
        cr_assert_eq(open_with(&database, 0, given[i].key, given[i].value, &connection), CG_OK, "%s: %s", given[i].key,
                     the_driver()->error_text(connection));
        snprintf(sql, sizeof sql, "SELECT current_setting('%s')", given[i].setting);
        cr_assert_str_eq(value_of(connection, sql), given[i].expected, "%s=%s", given[i].key, given[i].value);
        the_driver()->close(connection);
    }
    cg_test_postgres_drop(&database);
}

struct text {
    const char *sql;
    const char *expected;
};

static const struct text texts[] = {
    {"SELECT 1", "1"},
    {"SELECT TRUE", "1"},
    {"SELECT 1 = 2", "0"},
    {"SELECT NULL", "NULL"},
    {"SELECT CAST('2026-01-01 02:00:00+02' AS timestamp with time zone)", "2026-01-01 00:00:00"},
    {"SELECT CAST('2026-01-01 00:00:00.25' AS timestamp with time zone)", "2026-01-01 00:00:00.250000"},
    {"SELECT CAST('2026-01-31' AS date)", "2026-01-31"},
    {"SELECT CAST('2026-01-01 23:59:59' AS timestamp with time zone)::date", "2026-01-01"},
    {"SELECT 'ä€𝄞'", "ä€𝄞"},
    {"SELECT ''", ""},
    {"SELECT -9223372036854775808", "-9223372036854775808"},
};

Test(postgresql_driver, texts_of_values) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    struct cg_sql_connection *connection = open_database(&database, CG_SQL_READ_ONLY);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_assert_str_eq(value_of(connection, texts[i].sql), texts[i].expected, "%s", texts[i].sql);
    the_driver()->close(connection);
    cg_test_postgres_drop(&database);
}

#define TABLE "CREATE TABLE a (n INTEGER PRIMARY KEY, x VARCHAR, t TIMESTAMP WITH TIME ZONE, b BOOLEAN, d DATE)"

Test(postgresql_driver, parameters_find_their_types) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    struct cg_sql_connection *connection = open_database(&database, CG_SQL_CREATE);
    const struct cg_sql_driver *driver = the_driver();
    run(connection, TABLE);
    struct cg_sql_statement *insert = prepare(connection, "INSERT INTO a VALUES (?1, ?2, ?3, ?4, ?5)");
    for (int i = 1; i <= 3; i++) {
        driver->bind_int(insert, 1, i);
        bind_string(insert, 2, i == 2 ? NULL : "x");
        bind_string(insert, 3, "2026-01-02 03:04:05.000600");
        driver->bind_bool(insert, 4, i == 1 ? 7 : 0);
        bind_string(insert, 5, "2026-01-02");
        cr_assert_eq(driver->step(insert), CG_SQL_DONE, "%s", driver->error_text(connection));
        cr_assert_eq(driver->changes(connection), 1);
        driver->reset(insert);
    }
    driver->finalize(insert);
    /* The same parameter as a text, a time and something that may be absent. */
    struct cg_sql_statement *find =
        prepare(connection, "SELECT n, x, t, b, d, ?1, COALESCE(?2, 'none') FROM a WHERE (?1 IS NULL OR t >= ?1) AND "
                            "(?2 IS NULL OR x = ?2) AND b = ?3 ORDER BY n");
    bind_string(find, 1, "2026-01-02 00:00:00");
    driver->bind_bool(find, 3, 1);
    cr_assert_eq(driver->step(find), CG_SQL_ROW, "%s", driver->error_text(connection));
    cr_assert_eq(driver->column_int(find, 0), 1);
    cr_assert_str_eq(driver->column_text(find, 1, NULL), "x");
    size_t length = 0;
    cr_assert_str_eq(driver->column_text(find, 2, &length), "2026-01-02 03:04:05.000600");
    cr_assert_eq(length, 26);
    cr_assert_eq(driver->column_int(find, 3), 1);
    cr_assert_str_eq(driver->column_text(find, 4, NULL), "2026-01-02");
    cr_assert_str_eq(driver->column_text(find, 5, NULL), "2026-01-02 00:00:00");
    cr_assert_str_eq(driver->column_text(find, 6, NULL), "none");
    cr_assert_null(driver->column_text(find, 99, NULL));
    cr_assert_eq(driver->step(find), CG_SQL_DONE);
    driver->reset(find);
    /* Bindings stay. */
    driver->bind_bool(find, 3, 0);
    cr_assert_eq(driver->step(find), CG_SQL_ROW);
    cr_assert_eq(driver->column_int(find, 0), 2);
    cr_assert_null(driver->column_text(find, 1, NULL));
    cr_assert_eq(driver->step(find), CG_SQL_ROW);
    cr_assert_eq(driver->column_int(find, 0), 3);
    driver->finalize(find);
    driver->close(connection);
    cg_test_postgres_drop(&database);
}

Test(postgresql_driver, a_time_that_was_read_finds_its_row) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    struct cg_sql_connection *connection = open_database(&database, CG_SQL_CREATE);
    run(connection, TABLE "; INSERT INTO a (n, t) VALUES (1, '2026-01-01 00:00:00.5'), (2, '2026-01-01 05:00:00')");
    for (int i = 1; i <= 2; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT t FROM a WHERE n = %d", i);
        char time[64];
        snprintf(time, sizeof time, "%s", value_of(connection, sql));
        struct cg_sql_statement *statement = prepare(connection, "DELETE FROM a WHERE t = ?1");
        bind_string(statement, 1, time);
        cr_assert_eq(the_driver()->step(statement), CG_SQL_DONE);
        cr_assert_eq(the_driver()->changes(connection), 1, "%s", time);
        the_driver()->finalize(statement);
    }
    the_driver()->close(connection);
    cg_test_postgres_drop(&database);
}

Test(postgresql_driver, values_that_are_refused) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    struct cg_sql_connection *connection = open_database(&database, CG_SQL_CREATE);
    const struct cg_sql_driver *driver = the_driver();
    struct cg_sql_statement *statement = prepare(connection, "SELECT ?1 || 'x'");
    cr_assert_eq(driver->bind_text(statement, 1, "a\0b", 3), CG_INVALID);
    assert_says(connection, "NUL", "a NUL");
    cr_assert_eq(driver->bind_text(statement, 1, "a", (size_t)1 << 30), CG_RANGE);
    assert_says(connection, "1073741824 bytes", "too long");
    cr_assert_eq(driver->bind_text(statement, 2, "a", 1), CG_RANGE);
    assert_says(connection, "no parameter 2", "no such parameter");
    cr_assert_eq(driver->bind_null(statement, 0), CG_RANGE);
    bind_string(statement, 1, "\xc3(");
    cr_assert_eq(driver->step(statement), CG_PERMANENT);
    assert_says(connection, "not valid UTF-8", "bytes");
    driver->reset(statement);
    cr_assert_eq(driver->bind_text(statement, 1, "a?", 1), CG_OK); /* not ended by a NUL */
    cr_assert_eq(driver->step(statement), CG_SQL_ROW);
    cr_assert_str_eq(driver->column_text(statement, 0, NULL), "ax");
    driver->finalize(statement);
    cr_assert_eq(driver->prepare(connection, " ; ", &statement), CG_INVALID);
    assert_says(connection, "empty", "nothing");
    cr_assert_eq(driver->prepare(connection, "SELECT '", &statement), CG_INVALID);
    cr_assert_eq(driver->prepare(connection, "SELECT nothing FROM nowhere", &statement), CG_PERMANENT);
    assert_says(connection, "nowhere", "no such table");
    cr_assert_eq(driver->execute(connection, "COPY (SELECT 1) TO STDOUT"), CG_TEMPORARY);
    cr_assert_str_eq(value_of(connection, "SELECT 1"), "1");
    driver->close(connection);
    cg_test_postgres_drop(&database);
}

Test(postgresql_driver, tables_are_looked_for_in_the_current_schema) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    struct cg_sql_connection *connection = open_database(&database, CG_SQL_CREATE);
    int32_t found = -1;
    run(connection, "CREATE SCHEMA other; CREATE TABLE other.b (n INTEGER); CREATE TABLE \"O'dd\" (n INTEGER); CREATE "
                    "VIEW v AS SELECT 1; CREATE TABLE p (n INTEGER) PARTITION BY RANGE (n)");
    static const struct {
        const char *table;
        int32_t expected;
    } tables[] = {{"a", 0}, {"b", 0}, {"O'dd", 1}, {"v", 0}, {"p", 1}, {"pg_class", 0}};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        cr_assert_eq(the_driver()->table_exists(connection, tables[i].table, &found), CG_OK);
        cr_assert_eq(found, tables[i].expected, "%s", tables[i].table);
    }
    the_driver()->close(connection);
    cr_assert_eq(open_with(&database, 0, "options", "-c search_path=other", &connection), CG_OK);
    cr_assert_eq(the_driver()->table_exists(connection, "b", &found), CG_OK);
    cr_assert_eq(found, 1);
    the_driver()->close(connection);
    cg_test_postgres_drop(&database);
}

Test(postgresql_driver, a_self_numbering_key_has_a_sequence_of_its_name) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    struct cg_sql_connection *connection = open_database(&database, CG_SQL_CREATE);
    char sql[256];
    const struct cg_sql_dialect *dialect = the_driver()->dialect;
    snprintf(sql, sizeof sql, "CREATE TABLE runs (id %s, t %s, b %s)", dialect->serial_primary_key,
             dialect->timestamp_type, dialect->boolean_type);
    run(connection, sql);
    cr_assert_str_eq(value_of(connection, "SELECT pg_get_serial_sequence('runs', 'id')"), "public.runs_id_seq");
    cr_assert_str_eq(value_of(connection, "INSERT INTO runs (b) VALUES (TRUE) RETURNING id"), "1");
    cr_assert_eq(the_driver()->changes(connection), 1);
    the_driver()->close(connection);
    cg_test_postgres_drop(&database);
}

Test(postgresql_driver, the_version_changes_with_the_changes_of_others) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    struct cg_sql_connection *reader = open_database(&database, CG_SQL_READ_ONLY);
    struct cg_sql_connection *writer = open_database(&database, CG_SQL_CREATE);
    int64_t before = 0;
    int64_t after = 0;
    run(writer, TABLE);
    for (int i = 0; i < 5; i++) {
        char sql[64];
        cr_assert_eq(the_driver()->data_version(reader, &before), CG_OK);
        snprintf(sql, sizeof sql, "INSERT INTO a (n) VALUES (%d)", i);
        run(writer, sql);
        cr_assert_eq(the_driver()->data_version(reader, &after), CG_OK);
        cr_assert_neq(before, after, "%d", i);
    }
    /* A transaction that was open when the first number was asked for. */
    cr_assert_eq(the_driver()->begin(writer, CG_SQL_BEGIN_WRITE), CG_OK);
    run(writer, "INSERT INTO a (n) VALUES (99)");
    cr_assert_eq(the_driver()->data_version(reader, &before), CG_OK);
    cr_assert_eq(the_driver()->commit(writer), CG_OK);
    cr_assert_eq(the_driver()->data_version(reader, &after), CG_OK);
    cr_assert_neq(before, after);
    the_driver()->close(writer);
    the_driver()->close(reader);
    cg_test_postgres_drop(&database);
}
