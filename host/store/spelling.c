#include "store/spelling.h"

#include <string.h>

/* Times are texts there. Cut after the seconds as written, never rounded; a zone is applied. */
#define SQLITE_SECONDS "datetime(replace(substr(@, 1, 19), 'T', ' ') || ltrim(ltrim(substr(@, 20), '.'), '0123456789'))"

/* datetime() alone takes numbers for times and February 30 for a day of March. */
#define SQLITE_FIND_BAD                                                                                            \
    "SELECT rowid FROM # WHERE CASE WHEN @ IS NULL THEN 0 WHEN @ GLOB "                                            \
    "'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' AND date(substr(@, 1, 10), '+0 days') = substr(@, 1, 10) AND "  \
    "substr(@, 12, 2) < '24' AND substr(@, 20, 1) IN ('', '.', '+', '-', 'Z') AND " SQLITE_SECONDS " IS NOT NULL " \
    "THEN 0 ELSE 1 END = 1 LIMIT 1"

static const struct cg_spelling sqlite = {
    .is_server = 0,
    .text_type = "TEXT",
    .blank = " DEFAULT ''",
    .unique_is_a_constraint = 0,
    .alters_tables = 0,
    .columns = "SELECT name FROM pragma_table_info(?1) ORDER BY cid",
    .seconds = SQLITE_SECONDS,
    .find_bad_time = SQLITE_FIND_BAD,
    .env_id = "CASE WHEN json_valid(@) THEN CAST(json_extract(@, '$.env_id') AS TEXT) END",
    .renumber = NULL,
    .reserve = NULL,
    .release = "",
    /* Sorting for an index takes a bounded part of memory only when it may go on in a file. */
    .rights = "",
    .settings = "PRAGMA temp_store=FILE",
    /* It would sort the facts before it groups them, which takes several times as long as reading them. */
    .truncate = NULL,
    .pairs = NULL,
    .lower = "lower(@)",
    .bytewise = "",
};

/* A text that is no JSON makes a cast fail, so it has to be tried. The function is gone with the session. */
#define POSTGRESQL_ENV_ID                                                                                     \
    "CREATE OR REPLACE FUNCTION pg_temp.cg_env_id(document text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS " \
    "'BEGIN RETURN CASE WHEN document LIKE ''{%'' THEN document::json ->> ''env_id'' END; "                   \
    "EXCEPTION WHEN OTHERS THEN RETURN NULL; END'"

#define POSTGRESQL_RELEASE                                                                                        \
    "DO 'DECLARE r record; BEGIN FOR r IN SELECT conname, conrelid::regclass AS holder FROM pg_constraint WHERE " \
    "contype = ''f'' AND confrelid = ''#''::regclass LOOP EXECUTE format(''ALTER TABLE %s DROP CONSTRAINT %I'', " \
    "r.holder, r.conname); END LOOP; END'"

#define POSTGRESQL_RIGHTS                                                                                             \
    "DO 'DECLARE r record; BEGIN FOR r IN SELECT a.privilege_type AS may, CASE WHEN a.grantee = 0 THEN ''PUBLIC'' "   \
    "ELSE quote_ident(g.rolname) END AS who, CASE WHEN a.is_grantable THEN '' WITH GRANT OPTION'' ELSE '''' END AS "  \
    "more FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a LEFT JOIN pg_roles g ON g.oid = a.grantee WHERE " \
    "c.oid = ''#''::regclass AND a.grantee <> c.relowner AND (a.grantee = 0 OR g.oid IS NOT NULL) LOOP EXECUTE "      \
    "''GRANT '' || r.may || '' ON @ TO '' || r.who || r.more; END LOOP; END'"

static const struct cg_spelling standard = {
    .is_server = 1,
    .text_type = "VARCHAR",
    .blank = "",
    .unique_is_a_constraint = 1,
    .alters_tables = 1,
    .columns = "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND "
               "table_name = ?1 ORDER BY ordinal_position",
    .seconds = "date_trunc('second', @)",
    .find_bad_time = NULL,
    .env_id = "pg_temp.cg_env_id(@)",
    .renumber = "SELECT setval(pg_get_serial_sequence('#', '@'), MAX(@)) FROM #",
    .reserve = "SELECT nextval(pg_get_serial_sequence('#', '@')) FROM generate_series(1, ?1)",
    .release = POSTGRESQL_RELEASE,
    .rights = POSTGRESQL_RIGHTS,
    .settings = POSTGRESQL_ENV_ID,
    .truncate = "date_trunc('#', @)",
    .pairs = "unnest(CAST(@ AS bigint[]), CAST(# AS bigint[]))",
    .lower = "lower(@ COLLATE \"C\")",
    .bytewise = " COLLATE \"C\"",
};

const struct cg_spelling *cg_spelling_of(const struct cg_sql_dialect *dialect) {
    return strcmp(dialect->name, "sqlite") == 0 ? &sqlite : &standard;
}

size_t cg_spelling_bytewise(const struct cg_sql_dialect *dialect) {
    return *cg_spelling_of(dialect)->bytewise ? 1 : 0;
}

cg_status cg_spelling_add(struct cg_buf *buf, const char *text, const char *table, const char *column) {
    while (*text) {
        size_t plain = strcspn(text, "@#");
        cg_buf_add(buf, text, plain);
        text += plain;
        if (*text)
            cg_buf_add_text(buf, *text++ == '@' ? column : table);
    }
    return buf->status;
}
