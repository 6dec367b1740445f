#include "support/postgres.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * For each table a temporary view of the same name, which is found before it. They live in a transaction that is rolled
 * back after the query, so that nothing hangs on the tables.
 */
const char cg_test_postgres_alike[] =
    "DO $$ DECLARE t record; BEGIN FOR t IN SELECT c.relname, string_agg(CASE "
    "WHEN a.atttypid = 'timestamptz'::regtype AND a.attname IN ('timestamp', 'calculation_completed_at') THEN "
    "format('to_char(%I AT TIME ZONE ''UTC'', CASE WHEN date_trunc(''second'', %I) = %I THEN ''YYYY-MM-DD HH24:MI:SS'' "
    "ELSE ''YYYY-MM-DD HH24:MI:SS.US'' END) COLLATE \"C\" AS %I', a.attname, a.attname, a.attname, a.attname) "
    "WHEN a.atttypid = 'timestamptz'::regtype THEN "
    "format('to_char(%I AT TIME ZONE ''UTC'', ''YYYY-MM-DD HH24:MI:SS.US'') COLLATE \"C\" AS %I', a.attname, "
    "a.attname) "
    "WHEN a.atttypid = 'boolean'::regtype THEN format('%I::integer AS %I', a.attname, a.attname) "
    "WHEN a.atttypid IN ('date'::regtype, 'text'::regtype, 'varchar'::regtype) THEN "
    "format('%I::text COLLATE \"C\" AS %I', a.attname, a.attname) "
    "ELSE format('%I', a.attname) END, ', ' ORDER BY a.attnum) AS columns FROM pg_class c "
    "JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND "
    "NOT a.attisdropped WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
    "GROUP BY c.relname LOOP "
    "EXECUTE format('CREATE TEMP VIEW %I AS SELECT %s FROM public.%I', t.relname, t.columns, t.relname); "
    "END LOOP; END $$;";

/* pg_type.oid of boolean. */
#define BOOLEAN 16

static PGresult *run(PGconn *session, const char *sql) {
    PGresult *result = PQexec(session, sql);
    ExecStatusType status = PQresultStatus(result);
    cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql, PQerrorMessage(session));
    return result;
}

struct pg_conn *cg_test_postgres_look(const struct cg_test_postgres *database) {
    PGconn *session = PQconnectdb(database->url);
    cr_assert_eq(PQstatus(session), CONNECTION_OK, "%s", PQerrorMessage(session));
    PQclear(run(session, "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET client_min_messages = warning; BEGIN"));
    PQclear(run(session, cg_test_postgres_alike));
    return session;
}

void cg_test_postgres_look_each(struct pg_conn *session, const char *sql,
                                void (*each)(void *user, const char *const *values, int count), void *user) {
    const char *values[64];
    PGresult *result = run(session, sql);
    int count = PQnfields(result);
    cr_assert_leq((size_t)count, sizeof values / sizeof *values);
    for (int row = 0; row < PQntuples(result); row++) {
        for (int i = 0; i < count; i++) {
            values[i] = PQgetisnull(result, row, i) ? NULL : PQgetvalue(result, row, i);
            if (values[i] && PQftype(result, i) == BOOLEAN)
                values[i] = *values[i] == 't' ? "1" : "0";
        }
        each(user, values, count);
    }
    PQclear(result);
}

void cg_test_postgres_look_end(struct pg_conn *session) {
    PQfinish(session);
}
