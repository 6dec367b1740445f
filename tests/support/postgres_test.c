/* What tests on PostgreSQL rely on: databases apart from each other, connections that end, servers that stop. */
#include "support/postgres.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

static void assert_rows(const struct cg_test_postgres *database, const char *sql, const char *wanted) {
    char *rows = cg_test_postgres_rows(database, sql);
    cr_assert_str_eq(rows, wanted, "%s", sql);
    free(rows);
}

Test(postgres, databases_are_apart_and_end) {
    struct cg_test_postgres one;
    struct cg_test_postgres two;
    cg_test_postgres_create(&one);
    cg_test_postgres_create(&two);
    cr_assert_str_neq(one.name, two.name);
    cg_test_postgres_run(&one, "CREATE TABLE t (a text); INSERT INTO t VALUES ('x'), (NULL)");
    assert_rows(&one, "SELECT a FROM t ORDER BY a", "x\nNULL");
    assert_rows(&two, "SELECT to_regclass('t')", "NULL");
    cr_assert_str_eq(one.password, "pg:se/cr@et%+1");
    cr_assert_null(strstr(one.url, one.password), "the address escapes the password");
    char name[CG_TEST_POSTGRES_NAME_SIZE];
    memcpy(name, one.name, sizeof name);
    PGconn *other = PQconnectdb(one.url);
    cr_assert_eq(PQstatus(other), CONNECTION_OK);
    cg_test_postgres_drop(&one);
    cg_test_postgres_drop(&one);
    PQclear(PQexec(other, "SELECT 1"));
    cr_assert_eq(PQstatus(other), CONNECTION_BAD, "whoever was connected is not any more");
    PQfinish(other);
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_database WHERE datname = '%s'", name);
    cr_assert_eq(cg_test_postgres_number(&two, sql), 0);
    cg_test_postgres_drop(&two);
}

Test(postgres, connections_are_ended_from_outside) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    PGconn *other = PQconnectdb(database.url);
    cr_assert_eq(cg_test_postgres_kill(&database), 1);
    PQclear(PQexec(other, "SELECT 1"));
    cr_assert_eq(PQstatus(other), CONNECTION_BAD);
    PQfinish(other);
    cr_assert_eq(cg_test_postgres_kill(&database), 0);
    cg_test_postgres_drop(&database);
}

/* On servers of others texts are in the order of a language and days begin in another zone. */
Test(postgres, the_server_is_not_as_one_would_wish) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    PGconn *other = PQconnectdb(database.url);
    PGresult *result = PQexec(other, "SELECT 'a' < 'B', current_setting('timezone'), DATE '2026-02-01'");
    cr_assert_str_eq(PQgetvalue(result, 0, 0), "t");
    cr_assert_str_eq(PQgetvalue(result, 0, 1), "America/New_York");
    cr_assert_str_eq(PQgetvalue(result, 0, 2), "01/02/2026");
    PQclear(result);
    PQfinish(other);
    cg_test_postgres_drop(&database);
}

Test(postgres, a_server_of_the_tests_own_crashes_and_comes_back) {
    struct cg_test_postgres_server server;
    struct cg_test_postgres database;
    char url[2 * CG_TEST_POSTGRES_URL_SIZE];
    cg_test_postgres_server_start(1, &server);
    cg_test_postgres_create_on(&server, &database);
    cg_test_postgres_run(&database, "CREATE TABLE t (a integer); INSERT INTO t VALUES (7)");
    snprintf(url, sizeof url, "host=127.0.0.1 port=%u user=%s password='%s' dbname=%s", server.port, database.user,
             database.password, database.name);
    PGconn *other = PQconnectdb(url);
    cr_assert_eq(PQstatus(other), CONNECTION_OK, "%s", PQerrorMessage(other));
    cg_test_postgres_server_kill(&server);
    PQclear(PQexec(other, "SELECT 1"));
    cr_assert_eq(PQstatus(other), CONNECTION_BAD);
    cg_test_postgres_server_again(&server);
    PQreset(other);
    cr_assert_eq(PQstatus(other), CONNECTION_OK, "%s", PQerrorMessage(other));
    PQfinish(other);
    cr_assert_eq(cg_test_postgres_number(&database, "SELECT a FROM t"), 7, "what was committed is there");
    cg_test_postgres_server_done(&server);
    cr_assert_eq(PQping(database.url), PQPING_NO_RESPONSE);
}
