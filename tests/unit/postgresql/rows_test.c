#include <sys/resource.h>
#include <unistd.h>

#include "connection.h"
#include "database.h"
#include "rows.h"
#include "statement.h"

/* Results that are long, and several at once. */

static int64_t count_rows(struct cg_sql_connection *connection, struct cg_sql_statement *statement) {
    int64_t count = 0;
    cg_status status = CG_OK;
    while ((status = the_driver()->step(statement)) == CG_SQL_ROW) {
        cr_assert_eq(the_driver()->column_int(statement, 0), count + 1);
        cr_assert_str_eq(the_driver()->column_text(statement, 1, NULL), "a text of some length, for the room it takes");
        cr_assert_null(the_driver()->column_text(statement, 2, NULL));
        count++;
    }
    cr_assert_eq(status, CG_SQL_DONE, "%s", the_driver()->error_text(connection));
    return count;
}

#define SERIES "SELECT n, 'a text of some length, for the room it takes', NULL FROM generate_series(1, ?1::int) n"

/* Most memory that was in use so far. A sanitizer keeps what was freed, so there it says nothing. */
static long peak_kib(void) {
#if defined(__SANITIZE_ADDRESS__)
    return 0;
#else
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
#endif
}

Test(postgresql_rows, a_million_rows_take_no_more_memory_than_a_few) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    struct cg_sql_connection *connection = open_database(&database, CG_SQL_READ_ONLY);
    struct cg_sql_statement *statement = prepare(connection, SERIES);
    the_driver()->bind_int(statement, 1, 20000);
    cr_assert_eq(count_rows(connection, statement), 20000);
    the_driver()->reset(statement);
    long before = peak_kib();
    the_driver()->bind_int(statement, 1, 1000000);
    cr_assert_eq(count_rows(connection, statement), 1000000);
    cr_assert_lt(peak_kib() - before, 8192, "%ld KiB more", peak_kib() - before);
    the_driver()->finalize(statement);
    the_driver()->close(connection);
    cg_test_postgres_drop(&database);
}

Test(postgresql_rows, several_results_are_read_in_turns) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    struct cg_sql_connection *connection = open_database(&database, CG_SQL_READ_ONLY);
    struct cg_sql_statement *statements[3];
    int64_t counts[3] = {0};
    int left = 3;
    long before = peak_kib();
    cr_assert_eq(the_driver()->begin(connection, CG_SQL_BEGIN_READ), CG_OK);
    for (int i = 0; i < 3; i++) {
        statements[i] = prepare(connection, SERIES);
        the_driver()->bind_int(statements[i], 1, 200000);
    }
    while (left > 0)
        for (int i = 0; i < 3; i++) {
            if (counts[i] > 200000)
                continue;
            cg_status status = the_driver()->step(statements[i]);
            cr_assert_eq(status, counts[i] < 200000 ? CG_SQL_ROW : CG_SQL_DONE);
            if (status == CG_SQL_ROW)
                cr_assert_eq(the_driver()->column_int(statements[i], 0), counts[i] + 1);
            counts[i]++;
            left -= status == CG_SQL_DONE;
        }
    cr_assert_lt(peak_kib() - before, 32768, "%ld KiB more", peak_kib() - before);
    cr_assert_eq(connection->active, 0);
    for (int i = 0; i < 3; i++)
        the_driver()->finalize(statements[i]);
    the_driver()->rollback(connection);
    the_driver()->close(connection);
    cg_test_postgres_drop(&database);
}

Test(postgresql_rows, a_row_stays_while_others_are_asked_for) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    struct cg_sql_connection *connection = open_database(&database, CG_SQL_READ_ONLY);
    struct cg_sql_statement *statement = prepare(connection, SERIES);
    the_driver()->bind_int(statement, 1, 300000);
    cr_assert_eq(the_driver()->step(statement), CG_SQL_ROW);
    const char *text = the_driver()->column_text(statement, 1, NULL);
    cr_assert_str_eq(value_of(connection, "SELECT 5"), "5");
    cr_assert_str_eq(text, "a text of some length, for the room it takes");
    cr_assert_eq(the_driver()->column_text(statement, 1, NULL), text);
    the_driver()->finalize(statement);
    cr_assert_str_eq(value_of(connection, "SELECT 5"), "5");
    the_driver()->close(connection);
    cg_test_postgres_drop(&database);
}

Test(postgresql_rows, the_rest_of_a_result_can_be_left) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    struct cg_sql_connection *connection = open_database(&database, CG_SQL_READ_ONLY);
    for (int in_transaction = 0; in_transaction < 2; in_transaction++) {
        if (in_transaction)
            cr_assert_eq(the_driver()->begin(connection, CG_SQL_BEGIN_READ), CG_OK);
        struct cg_sql_statement *statement = prepare(connection, SERIES);
        the_driver()->bind_int(statement, 1, 400000);
        for (int i = 0; i < 3; i++) {
            cr_assert_eq(the_driver()->step(statement), CG_SQL_ROW);
            the_driver()->reset(statement);
        }
        the_driver()->bind_int(statement, 1, 10);
        cr_assert_eq(count_rows(connection, statement), 10);
        the_driver()->finalize(statement);
        cr_assert_str_eq(value_of(connection, "SELECT 7"), "7");
        if (in_transaction)
            cr_assert_eq(the_driver()->commit(connection), CG_OK);
    }
    the_driver()->close(connection);
    cg_test_postgres_drop(&database);
}

Test(postgresql_rows, an_error_comes_behind_the_rows_before_it) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    struct cg_sql_connection *connection = open_database(&database, CG_SQL_READ_ONLY);
    struct cg_sql_statement *statement = prepare(connection, "SELECT 10 / (5000 - n) FROM generate_series(1, 9000) n");
    int count = 0;
    cg_status status = CG_OK;
    while ((status = the_driver()->step(statement)) == CG_SQL_ROW)
        count++;
    cr_assert_eq(status, CG_PERMANENT);
    cr_assert_eq(count, 4999);
    assert_says(connection, "division by zero", "the error");
    cr_assert_eq(the_driver()->step(statement), CG_PERMANENT);
    the_driver()->finalize(statement);
    cr_assert_str_eq(value_of(connection, "SELECT 7"), "7");
    the_driver()->close(connection);
    cg_test_postgres_drop(&database);
}

Test(postgresql_rows, a_long_text_goes_to_the_file_and_back) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    struct cg_sql_connection *connection = open_database(&database, CG_SQL_READ_ONLY);
    struct cg_sql_statement *statement =
        prepare(connection, "SELECT repeat('x', n * 1000000) FROM generate_series(1, 9) n");
    for (size_t i = 1; i <= 9; i++) {
        size_t length = 0;
        cr_assert_eq(the_driver()->step(statement), CG_SQL_ROW);
        const char *text = the_driver()->column_text(statement, 0, &length);
        cr_assert_eq(length, i * 1000000);
        cr_assert_eq(text[length], '\0');
        cr_assert_eq(text[length - 1], 'x');
        if (i == 2)
            cr_assert_str_eq(value_of(connection, "SELECT 7"), "7");
    }
    cr_assert_eq(the_driver()->step(statement), CG_SQL_DONE);
    the_driver()->finalize(statement);
    the_driver()->close(connection);
    cg_test_postgres_drop(&database);
}

Test(postgresql_rows, a_folder_that_is_not_there_is_said) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    struct cg_sql_connection *connection = open_database(&database, CG_SQL_READ_ONLY);
    setenv("TMPDIR", "/nowhere", 1);
    struct cg_sql_statement *statement = prepare(connection, SERIES);
    the_driver()->bind_int(statement, 1, 400000);
    cr_assert_eq(the_driver()->step(statement), CG_SQL_ROW);
    cr_assert_str_eq(value_of(connection, "SELECT 7"), "7");
    cg_status status = CG_OK;
    while ((status = the_driver()->step(statement)) == CG_SQL_ROW)
        continue;
    cr_assert_eq(status, CG_PERMANENT);
    assert_says(connection, "folder for temporary files", "TMPDIR");
    the_driver()->finalize(statement);
    the_driver()->close(connection);
    cg_test_postgres_drop(&database);
}
