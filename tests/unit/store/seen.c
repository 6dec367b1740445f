#include "seen.h"

#include <libpq-fe.h>

/* Of a sum of decimal texts, and what kind a value is. */
static const char make_sums[] =
    "CREATE FUNCTION cg_sum_add(numeric, text) RETURNS numeric IMMUTABLE LANGUAGE sql AS 'SELECT $1 + $2::numeric';"
    "CREATE FUNCTION cg_sum_text(numeric) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1::text';"
    "CREATE AGGREGATE cg_sum(text) (SFUNC = cg_sum_add, STYPE = numeric, FINALFUNC = cg_sum_text, INITCOND = '0');"
    "CREATE FUNCTION typeof(anyelement) RETURNS text IMMUTABLE LANGUAGE sql AS "
    "'SELECT CASE WHEN $1 IS NULL THEN ''null'' WHEN pg_typeof($1) IN (''text''::regtype, ''varchar''::regtype) THEN "
    "''text'' ELSE ''integer'' END'";

/* Functions of SQLite that make many rows, in a schema that only this session looks into. */
static const char make_functions[] =
    "CREATE SCHEMA IF NOT EXISTS stage;"
    "CREATE OR REPLACE FUNCTION stage.datetime(at text, later text) RETURNS timestamptz IMMUTABLE LANGUAGE sql AS "
    "'SELECT (at::timestamp + later::interval) AT TIME ZONE ''UTC''';"
    "CREATE OR REPLACE FUNCTION stage.printf(form text, VARIADIC numbers bigint[]) RETURNS text IMMUTABLE LANGUAGE "
    "plpgsql AS $$ DECLARE part text[]; BEGIN FOR i IN 1 .. array_length(numbers, 1) LOOP "
    "part = regexp_match(form, '%0?([0-9]*)d'); "
    "form = regexp_replace(form, '%[0-9]*d', CASE WHEN part[1] = '' THEN numbers[i]::text "
    "ELSE lpad(numbers[i]::text, greatest(part[1]::integer, length(numbers[i]::text)), '0') END); "
    "END LOOP; RETURN form; END $$;"
    "DROP AGGREGATE IF EXISTS stage.group_concat(text, text);"
    "CREATE OR REPLACE FUNCTION stage.join_text(text, text, text) RETURNS text IMMUTABLE LANGUAGE sql AS "
    "'SELECT concat($1 || $3, $2)';"
    "CREATE AGGREGATE stage.group_concat(text, text) (SFUNC = stage.join_text, STYPE = text);"
    "SET search_path = public, stage";

/* pg_type.oid of boolean. */
#define BOOLEAN 16

static PGresult *run(struct stage *stage, const char *sql) {
    if (!stage->session) {
        stage->session = PQconnectdb(stage->database.url);
        cr_assert_eq(PQstatus(stage->session), CONNECTION_OK, "%s", PQerrorMessage(stage->session));
        PQclear(run(stage, "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET client_min_messages = warning"));
        PQclear(run(stage, make_functions));
    }
    PGresult *result = PQexec(stage->session, sql);
    ExecStatusType status = PQresultStatus(result);
    cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql, PQerrorMessage(stage->session));
    return result;
}

void stage_postgres_run(struct stage *stage, const char *sql) {
    PQclear(run(stage, sql));
}

void stage_postgres_rows(struct stage *stage, const char *sql, char *rows, size_t size) {
    size_t used = 0;
    rows[0] = '\0';
    PQclear(run(stage, "BEGIN"));
    PQclear(run(stage, cg_test_postgres_alike));
    PQclear(run(stage, make_sums));
    PGresult *result = run(stage, sql);
    for (int i = 0; i < PQntuples(result); i++) {
        const char *text = PQgetisnull(result, i, 0) ? "NULL" : PQgetvalue(result, i, 0);
        if (PQftype(result, 0) == BOOLEAN && !PQgetisnull(result, i, 0))
            text = *text == 't' ? "1" : "0";
        used += (size_t)snprintf(rows + used, size - used, "%s%s", i ? "\n" : "", text);
        cr_assert_lt(used, size);
    }
    PQclear(result);
    PQclear(run(stage, "ROLLBACK"));
}

void stage_postgres_done(struct stage *stage) {
    if (stage->session)
        PQfinish(stage->session);
    stage->session = NULL;
    cg_test_postgres_drop(&stage->database);
}
