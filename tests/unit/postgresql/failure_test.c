#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "database.h"

/* Connections that break, servers that stop, queries that are interrupted. */

#define TABLE "CREATE TABLE a (n INTEGER PRIMARY KEY, x VARCHAR)"
#define LONG_RESULT "SELECT n, repeat('x', 100) FROM generate_series(1, 2000000) n"

static struct cg_sql_connection *open_table(struct cg_test_postgres *database) {
    cg_test_postgres_create(database);
    struct cg_sql_connection *connection = open_database(database, CG_SQL_CREATE);
    run(connection, TABLE);
    return connection;
}

static void close_table(struct cg_sql_connection *connection, struct cg_test_postgres *database) {
    the_driver()->close(connection);
    cg_test_postgres_drop(database);
}

/* ---- lost connections ---- */

Test(postgresql_failure, an_idle_connection_that_was_ended_is_made_anew) {
    struct cg_test_postgres database;
    struct cg_sql_connection *connection = open_table(&database);
    struct cg_sql_statement *insert = prepare(connection, "INSERT INTO a VALUES (?1, 'x')");
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(cg_test_postgres_kill(&database), 1);
        usleep(100000);
        the_driver()->bind_int(insert, 1, i);
        cr_assert_eq(the_driver()->step(insert), CG_SQL_DONE, "%s", the_driver()->error_text(connection));
        the_driver()->reset(insert);
    }
    cr_assert_eq(cg_test_postgres_kill(&database), 1);
    usleep(100000);
    cr_assert_eq(the_driver()->begin(connection, CG_SQL_BEGIN_WRITE), CG_OK);
    the_driver()->bind_int(insert, 1, 3);
    cr_assert_eq(the_driver()->step(insert), CG_SQL_DONE);
    cr_assert_eq(the_driver()->commit(connection), CG_OK);
    cr_assert_str_eq(value_of(connection, "SELECT COUNT(*) FROM a"), "4");
    cr_assert_eq(connection->generation, 5);
    the_driver()->finalize(insert);
    close_table(connection, &database);
}

Test(postgresql_failure, a_transaction_that_was_lost_is_not_gone_on_with) {
    struct cg_test_postgres database;
    struct cg_sql_connection *connection = open_table(&database);
    struct cg_sql_statement *insert = prepare(connection, "INSERT INTO a VALUES (?1, 'x')");
    cr_assert_eq(the_driver()->begin(connection, CG_SQL_BEGIN_WRITE), CG_OK);
    the_driver()->bind_int(insert, 1, 1);
    cr_assert_eq(the_driver()->step(insert), CG_SQL_DONE);
    cr_assert_eq(cg_test_postgres_kill(&database), 1);
    for (int i = 0; i < 3; i++) {
        the_driver()->reset(insert);
        the_driver()->bind_int(insert, 1, 2 + i);
        cr_assert_eq(the_driver()->step(insert), CG_TEMPORARY);
        assert_says(connection, "was lost", "a statement");
    }
    cr_assert_eq(the_driver()->execute(connection, "SELECT 1"), CG_TEMPORARY);
    cr_assert_eq(the_driver()->begin(connection, CG_SQL_BEGIN_WRITE), CG_PERMANENT);
    cr_assert_eq(the_driver()->commit(connection), CG_TEMPORARY);
    assert_says(connection, "nothing of it was kept", "commit");
    the_driver()->rollback(connection);
    the_driver()->reset(insert);
    cr_assert_str_eq(value_of(connection, "SELECT COUNT(*) FROM a"), "0");
    the_driver()->bind_int(insert, 1, 1);
    cr_assert_eq(the_driver()->step(insert), CG_SQL_DONE);
    the_driver()->finalize(insert);
    close_table(connection, &database);
}

Test(postgresql_failure, a_lost_connection_with_rows_on_their_way) {
    struct cg_test_postgres database;
    struct cg_sql_connection *connection = open_table(&database);
    struct cg_sql_statement *insert = prepare(connection, "INSERT INTO a VALUES (?1, 'x')");
    cr_assert_eq(the_driver()->begin(connection, CG_SQL_BEGIN_WRITE), CG_OK);
    cg_status status = CG_OK;
    for (int i = 0; i < 100000 && status == CG_OK; i++) {
        if (i == 1000)
            cr_assert_eq(cg_test_postgres_kill(&database), 1);
        the_driver()->bind_int(insert, 1, i);
        status = the_driver()->run_later(insert);
    }
    cr_assert_eq(status, CG_TEMPORARY);
    assert_says(connection, "was lost", "a row");
    cr_assert_eq(the_driver()->commit(connection), CG_TEMPORARY);
    the_driver()->rollback(connection);
    cr_assert_str_eq(value_of(connection, "SELECT COUNT(*) FROM a"), "0");
    the_driver()->finalize(insert);
    close_table(connection, &database);
}

Test(postgresql_failure, a_lost_connection_while_a_result_is_read) {
    struct cg_test_postgres database;
    struct cg_sql_connection *connection = open_table(&database);
    for (int in_transaction = 0; in_transaction < 2; in_transaction++) {
        if (in_transaction)
            cr_assert_eq(the_driver()->begin(connection, CG_SQL_BEGIN_READ), CG_OK);
        struct cg_sql_statement *statement = prepare(connection, LONG_RESULT);
        cr_assert_eq(the_driver()->step(statement), CG_SQL_ROW);
        cr_assert_eq(cg_test_postgres_kill(&database), 1);
        cg_status status = CG_OK;
        int64_t count = 1;
        while ((status = the_driver()->step(statement)) == CG_SQL_ROW)
            cr_assert_eq(the_driver()->column_int(statement, 0), ++count);
        cr_assert_eq(status, CG_TEMPORARY, "after %lld rows", (long long)count);
        assert_says(connection, "was lost", "a result");
        the_driver()->finalize(statement);
        the_driver()->rollback(connection);
        cr_assert_str_eq(value_of(connection, "SELECT 1"), "1");
    }
    close_table(connection, &database);
}

Test(postgresql_failure, nothing_goes_on_without_the_lock) {
    struct cg_test_postgres database;
    struct cg_sql_connection *connection = open_table(&database);
    int64_t version = 0;
    cr_assert_eq(the_driver()->lock(connection, "tenant"), CG_OK);
    cr_assert_eq(cg_test_postgres_kill(&database), 1);
    usleep(100000);
    for (int i = 0; i < 2; i++) {
        struct cg_sql_statement *statement = NULL;
        cr_assert_eq(the_driver()->begin(connection, CG_SQL_BEGIN_WRITE), CG_TEMPORARY);
        assert_says(connection, "and with it a lock", "begin");
        cr_assert_eq(the_driver()->prepare(connection, "SELECT 1", &statement), CG_TEMPORARY);
        cr_assert_eq(the_driver()->execute(connection, "SELECT 1"), CG_TEMPORARY);
        cr_assert_eq(the_driver()->data_version(connection, &version), CG_TEMPORARY);
        cr_assert_eq(the_driver()->lock(connection, "tenant"), CG_TEMPORARY);
        cr_assert_eq(the_driver()->lock(connection, "other"), CG_TEMPORARY);
        the_driver()->rollback(connection);
        the_driver()->unlock(connection, "tenant");
    }
    close_table(connection, &database);
}

Test(postgresql_failure, a_server_that_stops_and_comes_back) {
    struct cg_test_postgres_server server;
    struct cg_test_postgres database;
    cg_test_postgres_server_start(0, &server);
    cg_test_postgres_create_on(&server, &database);
    struct cg_sql_connection *connection = open_database(&database, CG_SQL_CREATE);
    run(connection, TABLE);
    struct cg_sql_statement *statement = prepare(connection, LONG_RESULT);
    cr_assert_eq(the_driver()->step(statement), CG_SQL_ROW);
    cg_test_postgres_server_kill(&server);
    cg_status status = CG_OK;
    while ((status = the_driver()->step(statement)) == CG_SQL_ROW)
        continue;
    cr_assert_eq(status, CG_TEMPORARY);
    the_driver()->reset(statement);
    cr_assert_eq(the_driver()->step(statement), CG_TEMPORARY);
    assert_says(connection, "cannot be reached", "no server");
    the_driver()->reset(statement);
    struct cg_sql_connection *second = NULL;
    cr_assert_eq(open_with(&database, 0, NULL, NULL, &second), CG_TEMPORARY);
    assert_says(second, "cannot be reached", "a new connection");
    the_driver()->close(second);
    cg_test_postgres_server_again(&server);
    cr_assert_eq(the_driver()->step(statement), CG_SQL_ROW, "%s", the_driver()->error_text(connection));
    the_driver()->finalize(statement);
    the_driver()->close(connection);
    cg_test_postgres_server_done(&server);
}

/* ---- interrupts ---- */

struct interrupter {
    struct cg_sql_connection *connection;
    int after_ms;
    int times;
    atomic_int is_over;
};

static void *interrupt(void *user) {
    struct interrupter *interrupter = user;
    for (int i = 0; i < interrupter->times && !atomic_load(&interrupter->is_over); i++) {
        usleep((useconds_t)interrupter->after_ms * 1000);
        the_driver()->interrupt(interrupter->connection);
    }
    return NULL;
}

static int64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct slow {
    const char *name;
    const char *sql;
    int in_transaction;
};

static const struct slow slow[] = {
    {"sleeping", "SELECT pg_sleep(60)", 0},
    {"sleeping in a transaction", "SELECT pg_sleep(60)", 1},
    {"sending", "SELECT n, repeat('x', 100) FROM generate_series(1, 200000000) n", 0},
    {"sending in a transaction", "SELECT n, repeat('x', 100) FROM generate_series(1, 200000000) n", 1},
    {"counting", "SELECT COUNT(*) FROM generate_series(1, 2000000000)", 0},
};

Test(postgresql_failure, a_query_can_be_interrupted) {
    struct cg_test_postgres database;
    struct cg_sql_connection *connection = open_table(&database);
    for (size_t i = 0; i < sizeof slow / sizeof slow[0]; i++) {
        struct interrupter interrupter = {.connection = connection, .after_ms = 200, .times = 1};
        pthread_t thread;
        if (slow[i].in_transaction)
            cr_assert_eq(the_driver()->begin(connection, CG_SQL_BEGIN_READ), CG_OK);
        struct cg_sql_statement *statement = prepare(connection, slow[i].sql);
        int64_t start = monotonic_ms();
        cr_assert_eq(pthread_create(&thread, NULL, interrupt, &interrupter), 0);
        cg_status status = CG_OK;
        while ((status = the_driver()->step(statement)) == CG_SQL_ROW)
            continue;
        cr_assert_eq(status, CG_CANCELLED, "%s: %s", slow[i].name, the_driver()->error_text(connection));
        assert_says(connection, "interrupted", slow[i].name);
        cr_assert_lt(monotonic_ms() - start, 5000, "%s", slow[i].name);
        pthread_join(thread, NULL);
        if (slow[i].in_transaction) {
            the_driver()->reset(statement);
            cr_assert_eq(the_driver()->step(statement), CG_CANCELLED, "%s", slow[i].name);
            the_driver()->rollback(connection);
        }
        the_driver()->finalize(statement);
        cr_assert_str_eq(value_of(connection, "SELECT 1"), "1", "%s", slow[i].name);
        cr_assert_eq(connection->generation, 1, "%s: the connection was lost", slow[i].name);
    }
    close_table(connection, &database);
}

Test(postgresql_failure, waiting_for_the_lock_can_be_interrupted) {
    struct cg_test_postgres database;
    struct cg_sql_connection *connection = open_table(&database);
    struct cg_sql_connection *other = open_database(&database, CG_SQL_CREATE);
    cr_assert_eq(the_driver()->begin(other, CG_SQL_BEGIN_WRITE), CG_OK);
    struct interrupter interrupter = {.connection = connection, .after_ms = 200, .times = 1};
    pthread_t thread;
    int64_t start = monotonic_ms();
    cr_assert_eq(pthread_create(&thread, NULL, interrupt, &interrupter), 0);
    cr_assert_eq(the_driver()->begin(connection, CG_SQL_BEGIN_WRITE), CG_CANCELLED);
    cr_assert_lt(monotonic_ms() - start, 4000);
    pthread_join(thread, NULL);
    the_driver()->rollback(other);
    cr_assert_eq(the_driver()->begin(connection, CG_SQL_BEGIN_WRITE), CG_OK);
    the_driver()->close(other);
    close_table(connection, &database);
}

/* An interrupt in a transaction is not lost when no statement runs just then; behind the transaction it is over. */
Test(postgresql_failure, an_interrupt_between_two_statements) {
    struct cg_test_postgres database;
    struct cg_sql_connection *connection = open_table(&database);
    the_driver()->interrupt(connection);
    cr_assert_str_eq(value_of(connection, "SELECT 1"), "1");
    cr_assert_eq(the_driver()->begin(connection, CG_SQL_BEGIN_READ), CG_OK);
    the_driver()->interrupt(connection);
    cr_assert_eq(the_driver()->execute(connection, "SELECT 1"), CG_CANCELLED);
    the_driver()->rollback(connection);
    cr_assert_str_eq(value_of(connection, "SELECT 1"), "1");
    close_table(connection, &database);
}

Test(postgresql_failure, interrupts_at_any_moment_hit_what_runs_or_nothing) {
    struct cg_test_postgres database;
    struct cg_sql_connection *connection = open_table(&database);
    struct interrupter interrupter = {.connection = connection, .after_ms = 1, .times = 1000000};
    pthread_t thread;
    int cancelled = 0;
    struct cg_sql_statement *statement = prepare(connection, "SELECT COUNT(*) FROM generate_series(1, ?1::int)");
    cr_assert_eq(pthread_create(&thread, NULL, interrupt, &interrupter), 0);
    int64_t until = monotonic_ms() + 3000;
    int count = 0;
    for (; monotonic_ms() < until; count++) {
        the_driver()->bind_int(statement, 1, count % 7000);
        cg_status status = the_driver()->step(statement);
        cr_assert(status == CG_SQL_ROW || status == CG_CANCELLED, "%s", the_driver()->error_text(connection));
        if (status == CG_SQL_ROW)
            cr_assert_eq(the_driver()->column_int(statement, 0), count % 7000);
        cancelled += status == CG_CANCELLED;
        the_driver()->reset(statement);
    }
    atomic_store(&interrupter.is_over, 1);
    pthread_join(thread, NULL);
    cr_assert_gt(cancelled, 0, "of %d", count);
    cr_assert_eq(connection->generation, 1);
    /* The next one is not hit by an interrupt of those before it. */
    for (int i = 0; i < 200; i++)
        cr_assert_str_eq(value_of(connection, "SELECT 1"), "1");
    the_driver()->finalize(statement);
    close_table(connection, &database);
}

Test(postgresql_failure, a_statement_that_takes_too_long) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    struct cg_sql_connection *connection = NULL;
    cr_assert_eq(open_with(&database, 0, "options", "-c statement_timeout=100", &connection), CG_OK);
    cr_assert_eq(the_driver()->execute(connection, "SELECT pg_sleep(20)"), CG_TEMPORARY);
    assert_says(connection, "statement timeout", "a timeout");
    cr_assert_str_eq(value_of(connection, "SELECT 1"), "1");
    close_table(connection, &database);
}
