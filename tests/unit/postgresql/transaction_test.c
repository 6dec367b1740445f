#include <unistd.h>

#include "connection.h"
#include "database.h"

#define TABLE "CREATE TABLE a (n INTEGER PRIMARY KEY, x VARCHAR)"

struct pair {
    struct cg_test_postgres database;
    struct cg_sql_connection *one;
    struct cg_sql_connection *other;
};

static void open_pair(struct pair *pair, const char *options) {
    cg_test_postgres_create(&pair->database);
    cr_assert_eq(open_with(&pair->database, CG_SQL_CREATE, options ? "options" : NULL, options, &pair->one), CG_OK);
    cr_assert_eq(open_with(&pair->database, CG_SQL_CREATE, options ? "options" : NULL, options, &pair->other), CG_OK);
    run(pair->one, TABLE);
}

static void close_pair(struct pair *pair) {
    the_driver()->close(pair->one);
    the_driver()->close(pair->other);
    cg_test_postgres_drop(&pair->database);
}

Test(postgresql_transaction, a_reader_sees_one_state) {
    struct pair pair;
    open_pair(&pair, NULL);
    cr_assert_eq(the_driver()->begin(pair.one, CG_SQL_BEGIN_READ), CG_OK);
    cr_assert_str_eq(value_of(pair.one, "SELECT COUNT(*) FROM a"), "0");
    run(pair.other, "INSERT INTO a VALUES (1, 'x')");
    cr_assert_str_eq(value_of(pair.one, "SELECT COUNT(*) FROM a"), "0");
    cr_assert_eq(the_driver()->commit(pair.one), CG_OK);
    cr_assert_str_eq(value_of(pair.one, "SELECT COUNT(*) FROM a"), "1");
    cr_assert_eq(the_driver()->begin(pair.one, CG_SQL_BEGIN_READ), CG_OK);
    cr_assert_eq(the_driver()->execute(pair.one, "INSERT INTO a VALUES (2, 'x')"), CG_PERMANENT);
    assert_says(pair.one, "reading only", "a write of a reader");
    the_driver()->rollback(pair.one);
    close_pair(&pair);
}

Test(postgresql_transaction, one_writer_at_a_time) {
    struct pair pair;
    open_pair(&pair, "-c lock_timeout=200ms");
    cr_assert_eq(the_driver()->begin(pair.one, CG_SQL_BEGIN_WRITE), CG_OK);
    cr_assert_eq(the_driver()->begin(pair.other, CG_SQL_BEGIN_WRITE), CG_TEMPORARY);
    assert_says(pair.other, "database is locked", "the second writer");
    /* The refused one is not in a transaction, and readers are not hindered. */
    cr_assert_eq(the_driver()->begin(pair.other, CG_SQL_BEGIN_READ), CG_OK);
    cr_assert_str_eq(value_of(pair.other, "SELECT COUNT(*) FROM a"), "0");
    the_driver()->rollback(pair.other);
    run(pair.one, "INSERT INTO a VALUES (1, 'x')");
    cr_assert_eq(the_driver()->commit(pair.one), CG_OK);
    cr_assert_eq(the_driver()->begin(pair.other, CG_SQL_BEGIN_WRITE), CG_OK);
    run(pair.other, "INSERT INTO a VALUES (2, 'x')");
    the_driver()->rollback(pair.other);
    the_driver()->rollback(pair.other); /* fine without one */
    cr_assert_str_eq(value_of(pair.one, "SELECT COUNT(*) FROM a"), "1");
    close_pair(&pair);
}

Test(postgresql_transaction, writers_of_other_schemas_do_not_wait) {
    struct pair pair;
    open_pair(&pair, "-c lock_timeout=200ms");
    run(pair.one, "CREATE SCHEMA other");
    the_driver()->close(pair.other);
    cr_assert_eq(
        open_with(&pair.database, CG_SQL_CREATE, "options", "-c lock_timeout=200ms -c search_path=other", &pair.other),
        CG_OK);
    cr_assert_eq(the_driver()->begin(pair.one, CG_SQL_BEGIN_WRITE), CG_OK);
    cr_assert_eq(the_driver()->begin(pair.other, CG_SQL_BEGIN_WRITE), CG_OK);
    cr_assert_eq(the_driver()->lock(pair.one, "x"), CG_OK);
    cr_assert_eq(the_driver()->lock(pair.other, "x"), CG_OK);
    close_pair(&pair);
}

Test(postgresql_transaction, readers_do_not_write) {
    struct cg_test_postgres database;
    cg_test_postgres_create(&database);
    cg_test_postgres_run(&database, TABLE);
    struct cg_sql_connection *reader = open_database(&database, CG_SQL_READ_ONLY);
    cr_assert_eq(the_driver()->begin(reader, CG_SQL_BEGIN_WRITE), CG_PERMANENT);
    assert_says(reader, "reading only", "begin");
    cr_assert_eq(the_driver()->execute(reader, "INSERT INTO a VALUES (1, 'x')"), CG_PERMANENT);
    assert_says(reader, "reading only", "insert");
    cr_assert_eq(the_driver()->execute(reader, "CREATE TABLE b (n INTEGER)"), CG_PERMANENT);
    the_driver()->close(reader);
    cg_test_postgres_drop(&database);
}

Test(postgresql_transaction, nothing_is_kept_after_a_failure) {
    struct pair pair;
    open_pair(&pair, NULL);
    const struct cg_sql_driver *driver = the_driver();
    cr_assert_eq(driver->commit(pair.one), CG_PERMANENT);
    assert_says(pair.one, "no transaction", "commit");
    cr_assert_eq(driver->begin(pair.one, CG_SQL_BEGIN_WRITE), CG_OK);
    cr_assert_eq(driver->begin(pair.one, CG_SQL_BEGIN_WRITE), CG_PERMANENT);
    run(pair.one, "INSERT INTO a VALUES (1, 'x')");
    cr_assert_eq(driver->execute(pair.one, "INSERT INTO a VALUES (1, 'y')"), CG_PERMANENT);
    assert_says(pair.one, "Key (n)=(1) already exists", "twice");
    cr_assert_eq(driver->execute(pair.one, "SELECT 1"), CG_PERMANENT);
    assert_says(pair.one, "failed before", "after a failure");
    cr_assert_eq(driver->commit(pair.one), CG_PERMANENT);
    assert_says(pair.one, "nothing was kept", "commit");
    driver->rollback(pair.one);
    cr_assert_str_eq(value_of(pair.one, "SELECT COUNT(*) FROM a"), "0");
    close_pair(&pair);
}

/* ---- statements that are sent in advance ---- */

static struct cg_sql_statement *insert_of(struct cg_sql_connection *connection) {
    return prepare(connection, "INSERT INTO a (n, x) VALUES (?1, ?2)");
}

static cg_status insert_later(struct cg_sql_statement *insert, int number) {
    char text[16];
    snprintf(text, sizeof text, "row %d", number);
    the_driver()->bind_int(insert, 1, number);
    bind_string(insert, 2, text);
    cg_status status = the_driver()->run_later(insert);
    memset(text, '?', sizeof text - 1); /* not needed any more */
    return status;
}

Test(postgresql_transaction, rows_sent_in_advance_are_all_there) {
    struct pair pair;
    open_pair(&pair, NULL);
    struct cg_sql_statement *insert = insert_of(pair.one);
    cr_assert_eq(the_driver()->begin(pair.one, CG_SQL_BEGIN_WRITE), CG_OK);
    for (int i = 0; i < 5000; i++) {
        cr_assert_eq(insert_later(insert, i), CG_OK, "%s", the_driver()->error_text(pair.one));
        /* A question in between sees all rows before it. */
        if (i % 1000 == 999) {
            char expected[16];
            snprintf(expected, sizeof expected, "%d", i + 1);
            cr_assert_str_eq(value_of(pair.one, "SELECT COUNT(*) FROM a"), expected);
        }
    }
    cr_assert_eq(the_driver()->commit(pair.one), CG_OK);
    cr_assert_str_eq(value_of(pair.other, "SELECT COUNT(*) || x FROM a WHERE x = 'row 4999' GROUP BY x"), "1row 4999");
    cr_assert_str_eq(value_of(pair.other, "SELECT COUNT(*) FROM a"), "5000");
    /* Outside a transaction it is done at once. */
    cr_assert_eq(insert_later(insert, 5000), CG_OK);
    cr_assert_eq(the_driver()->changes(pair.one), 1);
    cr_assert_str_eq(value_of(pair.other, "SELECT COUNT(*) FROM a"), "5001");
    the_driver()->finalize(insert);
    close_pair(&pair);
}

Test(postgresql_transaction, a_failure_of_a_row_sent_in_advance_is_told_later) {
    struct pair pair;
    open_pair(&pair, NULL);
    for (int how = 0; how < 3; how++) {
        struct cg_sql_statement *insert = insert_of(pair.one);
        cg_status status = CG_OK;
        cr_assert_eq(the_driver()->begin(pair.one, CG_SQL_BEGIN_WRITE), CG_OK);
        int count = how == 0 ? 20 : 20000;
        int i = 0;
        for (; i < count && status == CG_OK; i++)
            status = insert_later(insert, i == 11 ? 3 : i);
        if (how == 0) {
            cr_assert_eq(status, CG_OK);
            status = the_driver()->commit(pair.one);
        } else {
            cr_assert_lt(i, 20000, "a failure of row 11 was not told at row %d", i);
        }
        cr_assert_eq(status, CG_PERMANENT);
        assert_says(pair.one, "Key (n)=(3) already exists", "the failure");
        if (how == 2) {
            /* Whoever goes on is told the same. */
            cr_assert_eq(the_driver()->execute(pair.one, "SELECT 1"), CG_PERMANENT);
            assert_says(pair.one, "Key (n)=(3) already exists", "once more");
            cr_assert_eq(the_driver()->commit(pair.one), CG_PERMANENT);
        }
        the_driver()->rollback(pair.one);
        cr_assert_str_eq(value_of(pair.one, "SELECT COUNT(*) FROM a"), "0");
        the_driver()->finalize(insert);
    }
    close_pair(&pair);
}

Test(postgresql_transaction, rows_sent_in_advance_between_rows_that_are_read) {
    struct pair pair;
    open_pair(&pair, NULL);
    run(pair.one, "CREATE TABLE b AS SELECT n, repeat('x', 40) FROM generate_series(1, 50000) n");
    struct cg_sql_statement *insert = insert_of(pair.one);
    struct cg_sql_statement *read = prepare(pair.one, "SELECT n FROM b ORDER BY n");
    cr_assert_eq(the_driver()->begin(pair.one, CG_SQL_BEGIN_WRITE), CG_OK);
    int count = 0;
    cg_status status = CG_OK;
    while ((status = the_driver()->step(read)) == CG_SQL_ROW) {
        cr_assert_eq(the_driver()->column_int(read, 0), ++count);
        cr_assert_eq(insert_later(insert, count), CG_OK);
    }
    cr_assert_eq(status, CG_SQL_DONE);
    cr_assert_eq(count, 50000);
    cr_assert_eq(the_driver()->commit(pair.one), CG_OK);
    cr_assert_str_eq(value_of(pair.one, "SELECT COUNT(*) FROM a"), "50000");
    the_driver()->finalize(insert);
    the_driver()->finalize(read);
    close_pair(&pair);
}

Test(postgresql_transaction, what_was_sent_in_advance_can_be_taken_back) {
    struct pair pair;
    open_pair(&pair, NULL);
    struct cg_sql_statement *insert = insert_of(pair.one);
    cr_assert_eq(the_driver()->begin(pair.one, CG_SQL_BEGIN_WRITE), CG_OK);
    for (int i = 0; i < 700; i++)
        cr_assert_eq(insert_later(insert, i), CG_OK);
    the_driver()->rollback(pair.one);
    cr_assert_str_eq(value_of(pair.one, "SELECT COUNT(*) FROM a"), "0");
    cr_assert_eq(the_driver()->begin(pair.one, CG_SQL_BEGIN_WRITE), CG_OK);
    cr_assert_eq(insert_later(insert, 1), CG_OK);
    the_driver()->finalize(insert); /* with its row still on the way */
    cr_assert_eq(the_driver()->commit(pair.one), CG_OK);
    cr_assert_str_eq(value_of(pair.one, "SELECT COUNT(*) FROM a"), "1");
    close_pair(&pair);
}

/* ---- locks ---- */

Test(postgresql_transaction, locks_by_name) {
    struct pair pair;
    open_pair(&pair, NULL);
    const struct cg_sql_driver *driver = the_driver();
    char name[256];
    cr_assert_eq(driver->lock(pair.one, "tenant acme"), CG_OK);
    cr_assert_eq(driver->lock(pair.one, "tenant acme"), CG_OK); /* has it */
    cr_assert_eq(driver->lock(pair.other, "tenant acme"), CG_TEMPORARY);
    assert_says(pair.other, "'tenant acme'", "taken");
    cr_assert_eq(driver->lock(pair.other, "tenant beta"), CG_OK);
    driver->unlock(pair.one, "tenant beta"); /* not its own */
    cr_assert_eq(driver->lock(pair.one, "tenant beta"), CG_TEMPORARY);
    driver->unlock(pair.one, "tenant acme");
    driver->unlock(pair.one, "tenant acme");
    cr_assert_eq(driver->lock(pair.other, "tenant acme"), CG_OK);
    /* It goes with the connection, and outlives transactions. */
    cr_assert_eq(driver->begin(pair.other, CG_SQL_BEGIN_WRITE), CG_OK);
    driver->rollback(pair.other);
    cr_assert_eq(driver->lock(pair.one, "tenant acme"), CG_TEMPORARY);
    driver->close(pair.other);
    cg_status status = CG_TEMPORARY;
    for (int i = 0; i < 500 && status == CG_TEMPORARY; i++) {
        status = driver->lock(pair.one, "tenant acme");
        usleep(10000);
    }
    cr_assert_eq(status, CG_OK);
    memset(name, 'n', sizeof name);
    name[201] = '\0';
    cr_assert_eq(driver->lock(pair.one, name), CG_RANGE);
    name[200] = '\0';
    cr_assert_eq(driver->lock(pair.one, name), CG_OK);
    pair.other = open_database(&pair.database, 0);
    close_pair(&pair);
}

Test(postgresql_transaction, a_lock_given_up_in_a_failed_transaction_is_free_behind_it) {
    struct pair pair;
    open_pair(&pair, NULL);
    cr_assert_eq(the_driver()->lock(pair.one, "x"), CG_OK);
    cr_assert_eq(the_driver()->begin(pair.one, CG_SQL_BEGIN_WRITE), CG_OK);
    cr_assert_neq(the_driver()->execute(pair.one, "SELECT 1 / 0"), CG_OK);
    the_driver()->unlock(pair.one, "x");
    cr_assert_eq(the_driver()->lock(pair.other, "x"), CG_TEMPORARY);
    the_driver()->rollback(pair.one);
    cr_assert_eq(the_driver()->lock(pair.other, "x"), CG_OK);
    close_pair(&pair);
}
