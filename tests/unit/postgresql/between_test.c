#include <unistd.h>

#include "connection.h"
#include "database.h"
#include "relay.h"

/* What stands between the program and its server. */

struct between {
    struct cg_test_postgres database;
    struct relay relay;
};

static void open_between(struct between *between) {
    cg_test_postgres_create(&between->database);
    relay_start(&between->relay, &between->database);
}

static void close_between(struct between *between) {
    relay_end(&between->relay);
    cg_test_postgres_drop(&between->database);
}

/* A session without its settings would take midnight for another hour; the shared server's zone is not UTC. */
Test(postgresql_between, settings_that_do_not_arrive) {
    struct between between;
    struct cg_sql_connection *connection = NULL;
    open_between(&between);
    atomic_store(&between.relay.fault, RELAY_FORGETS_OPTIONS);
    cr_assert_eq(open_with(&between.relay.database, CG_SQL_CREATE, NULL, NULL, &connection), CG_PERMANENT);
    assert_says(connection, "TimeZone is '", "a pooler");
    assert_says(connection, "session mode", "a pooler");
    the_driver()->close(connection);
    atomic_store(&between.relay.fault, RELAY_SOUND);
    connection = open_database(&between.relay.database, CG_SQL_CREATE);
    cr_assert_str_eq(value_of(connection, "SELECT 1"), "1");
    the_driver()->close(connection);
    close_between(&between);
}

static const struct {
    const char *name;
    enum relay_fault fault;
    const char *rows; /* that are there afterwards */
} breaks[] = {
    {"the server never heard of the commit", RELAY_LOSES_COMMIT, "0"},
    {"the server has committed, and nobody heard of it", RELAY_LOSES_ANSWER, "2"},
};

/* Nobody can tell one from the other, so nothing is claimed; the connection can be used again. */
Test(postgresql_between, a_commit_without_an_answer) {
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        struct between between;
        open_between(&between);
        struct cg_sql_connection *connection = open_database(&between.relay.database, CG_SQL_CREATE);
        run(connection, "CREATE TABLE a (n INTEGER PRIMARY KEY)");
        struct cg_sql_statement *insert = prepare(connection, "INSERT INTO a VALUES (?1)");
        cr_assert_eq(the_driver()->begin(connection, CG_SQL_BEGIN_WRITE), CG_OK);
        for (int n = 0; n < 2; n++) {
            the_driver()->bind_int(insert, 1, n);
            cr_assert_eq(the_driver()->run_later(insert), CG_OK);
        }
        atomic_store(&between.relay.fault, breaks[i].fault);
        cr_assert_eq(the_driver()->commit(connection), CG_TEMPORARY, "%s", breaks[i].name);
        assert_says(connection, "whether they were is not known", breaks[i].name);
        cr_assert_eq(the_driver()->execute(connection, "SELECT 1"), CG_TEMPORARY, "%s: before the rollback",
                     breaks[i].name);
        the_driver()->rollback(connection);
        cr_assert_str_eq(value_of(connection, "SELECT COUNT(*) FROM a"), breaks[i].rows, "%s", breaks[i].name);
        the_driver()->finalize(insert);
        the_driver()->close(connection);
        close_between(&between);
    }
}

/* With the lock, what comes behind a commit without an answer is refused, too: somebody else may have it by now. */
Test(postgresql_between, a_commit_without_an_answer_of_who_has_a_lock) {
    struct between between;
    open_between(&between);
    struct cg_sql_connection *connection = open_database(&between.relay.database, CG_SQL_CREATE);
    run(connection, "CREATE TABLE a (n INTEGER PRIMARY KEY)");
    cr_assert_eq(the_driver()->lock(connection, "run"), CG_OK);
    cr_assert_eq(the_driver()->begin(connection, CG_SQL_BEGIN_WRITE), CG_OK);
    run(connection, "INSERT INTO a VALUES (1)");
    atomic_store(&between.relay.fault, RELAY_LOSES_ANSWER);
    cr_assert_eq(the_driver()->commit(connection), CG_TEMPORARY);
    the_driver()->rollback(connection);
    cr_assert_eq(the_driver()->begin(connection, CG_SQL_BEGIN_WRITE), CG_TEMPORARY);
    assert_says(connection, "and with it a lock", "begin");
    the_driver()->close(connection);
    connection = open_database(&between.relay.database, CG_SQL_CREATE);
    cr_assert_eq(the_driver()->lock(connection, "run"), CG_OK, "%s", the_driver()->error_text(connection));
    cr_assert_str_eq(value_of(connection, "SELECT COUNT(*) FROM a"), "1");
    the_driver()->close(connection);
    close_between(&between);
}

/* Of two sessions that a pooler mixed up, none runs what the other one prepared. */
Test(postgresql_between, names_of_prepared_statements_differ) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    struct cg_sql_connection *one = open_database(&database, CG_SQL_CREATE);
    struct cg_sql_connection *other = open_database(&database, CG_SQL_CREATE);
    cr_assert_neq(one->salt, other->salt);
    struct cg_sql_statement *statement = prepare(one, "SELECT 1");
    run(one, "DEALLOCATE ALL");
    cr_assert_eq(the_driver()->step(statement), CG_PERMANENT);
    assert_says(one, "session mode", "a statement that is gone");
    the_driver()->finalize(statement);
    the_driver()->close(other);
    the_driver()->close(one);
    cg_test_postgres_drop(&database);
}

/* A function that fits an argument better than the server's own would be called instead of it. */
Test(postgresql_between, functions_of_other_schemas) {
    struct cg_test_postgres database;
    struct cg_sql_connection *connection = NULL;
    cg_test_postgres_create(&database);
    cg_test_postgres_run(&database, "CREATE SCHEMA others; CREATE FUNCTION others.lower(x varchar) RETURNS text "
                                    "LANGUAGE sql IMMUTABLE AS 'SELECT ''0.00'''; CREATE TABLE public.a (x VARCHAR); "
                                    "INSERT INTO public.a VALUES ('AMOUNT')");
    cr_assert_eq(open_with(&database, CG_SQL_CREATE, "options", "-c search_path=public,others", &connection), CG_OK);
    cr_assert_str_eq(value_of(connection, "SELECT lower(x) FROM a"), "amount");
    cr_assert_eq(cg_test_postgres_kill(&database), 1);
    for (int i = 0; i < 1000 && connection->generation == 1; i++) {
        (void)the_driver()->execute(connection, "SELECT 1");
        usleep(10000);
    }
    cr_assert_str_eq(value_of(connection, "SELECT lower(x) FROM a"), "amount", "after a new connection");
    the_driver()->close(connection);
    cg_test_postgres_drop(&database);
}

/* Who holds a lock waits for others than the database for as long as that takes. */
Test(postgresql_between, a_session_with_a_lock_may_be_idle) {
    struct cg_test_postgres database;
    char sql[256];
    cg_test_postgres_create(&database);
    snprintf(sql, sizeof sql, "ALTER DATABASE \"%s\" SET idle_session_timeout = '1h'", database.name);
    cg_test_postgres_run(&database, sql);
    struct cg_sql_connection *connection = open_database(&database, CG_SQL_CREATE);
    cr_assert_str_eq(value_of(connection, "SELECT current_setting('idle_session_timeout', true)"), "1h");
    cr_assert_eq(the_driver()->lock(connection, "run"), CG_OK);
    cr_assert_str_eq(value_of(connection, "SELECT current_setting('idle_session_timeout', true)"), "0");
    the_driver()->close(connection);
    cg_test_postgres_drop(&database);
}
