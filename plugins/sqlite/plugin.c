/*
 * plugin.c - the SQLite driver as a module.
 */
#include <chitragupt/plugin.h>
#include <stdatomic.h>

#include "connection.h"
#include "rights.h"
#include "statement.h"

static const char *error_text(struct cg_sql_connection *connection) {
    return connection->text;
}

/* What is written to a file that has no name any more, or another one, is lost without a word. */
static cg_status begin(struct cg_sql_connection *connection, uint32_t kind) {
    if (kind != CG_SQL_BEGIN_WRITE)
        return cg_sqlite_execute(connection, "BEGIN");
    cg_status status = cg_sqlite_check_place(connection);
    return status == CG_OK ? cg_sqlite_execute(connection, "BEGIN IMMEDIATE") : status;
}

static cg_status commit(struct cg_sql_connection *connection) {
    return cg_sqlite_execute(connection, "COMMIT");
}

static void rollback(struct cg_sql_connection *connection) {
    if (!sqlite3_get_autocommit(connection->db))
        sqlite3_exec(connection->db, "ROLLBACK", NULL, NULL, NULL);
}

static int64_t changes(struct cg_sql_connection *connection) {
    return sqlite3_changes64(connection->db);
}

static void interrupt(struct cg_sql_connection *connection) {
    atomic_fetch_add(&connection->interrupts, 1);
    sqlite3_interrupt(connection->db);
}

static cg_status data_version(struct cg_sql_connection *connection, int64_t *ret) {
    struct cg_sql_statement *statement = NULL;
    cg_status status = cg_sqlite_check_place(connection);
    if (status == CG_OK)
        status = cg_sqlite_prepare(connection, "PRAGMA data_version", &statement);
    if (status != CG_OK)
        return status;
    status = cg_sqlite_step(statement);
    if (status == CG_SQL_ROW)
        *ret = sqlite3_column_int64(statement->handle, 0);
    cg_sqlite_finalize(statement);
    return status == CG_SQL_ROW ? CG_OK : status;
}

static cg_status table_exists(struct cg_sql_connection *connection, const char *table, int32_t *ret) {
    struct cg_sql_statement *statement = NULL;
    cg_status status =
        cg_sqlite_prepare(connection, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1", &statement);
    if (status != CG_OK)
        return status;
    status = cg_sqlite_answer(connection, sqlite3_bind_text(statement->handle, 1, table, -1, SQLITE_STATIC));
    if (status == CG_OK)
        status = cg_sqlite_step(statement);
    cg_sqlite_finalize(statement);
    if (status != CG_SQL_ROW && status != CG_SQL_DONE)
        return status;
    *ret = status == CG_SQL_ROW;
    return CG_OK;
}

static const struct cg_sql_dialect dialect = {
    .struct_size = sizeof dialect,
    .name = "sqlite",
    .serial_primary_key = "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT",
    .timestamp_type = "DATETIME",
    .boolean_type = "BOOLEAN",
    /* BEGIN IMMEDIATE already lets one writer in at a time. */
    .schema_setup = "",
};

static const char *const schemes[] = {"sqlite"};

static const struct cg_sql_driver driver = {
    .struct_size = sizeof driver,
    .schemes = {schemes, 1},
    .dialect = &dialect,
    .open = cg_sqlite_open,
    .close = cg_sqlite_close,
    .error_text = error_text,
    .execute = cg_sqlite_execute,
    .prepare = cg_sqlite_prepare,
    .finalize = cg_sqlite_finalize,
    .reset = cg_sqlite_reset,
    .bind_text = cg_sqlite_bind_text,
    .bind_int = cg_sqlite_bind_int,
    .bind_bool = cg_sqlite_bind_bool,
    .bind_null = cg_sqlite_bind_null,
    .step = cg_sqlite_step,
    .column_text = cg_sqlite_column_text,
    .column_int = cg_sqlite_column_int,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .changes = changes,
    .interrupt = interrupt,
    .table_exists = table_exists,
    .data_version = data_version,
};

CG_REGISTER(CG_KIND_SQL_DRIVER, "sqlite", "1.0.0", "SQLite databases (sqlite:///file.db)", &driver, NULL, 0)
