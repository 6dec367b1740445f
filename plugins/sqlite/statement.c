#include "statement.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

cg_status cg_sqlite_prepare(struct cg_sql_connection *connection, const char *sql, struct cg_sql_statement **ret) {
    struct cg_sql_statement *statement = calloc(1, sizeof *statement);
    if (!statement)
        return cg_sqlite_say(connection, CG_NO_MEMORY, "out of memory");
    statement->connection = connection;
    int code = sqlite3_prepare_v3(connection->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement->handle, NULL);
    cg_status status = cg_sqlite_answer(connection, code);
    if (status == CG_OK && !statement->handle)
        status = cg_sqlite_say(connection, CG_INVALID, "the statement is empty");
    if (status != CG_OK) {
        free(statement);
        return status;
    }
    *ret = statement;
    return CG_OK;
}

void cg_sqlite_finalize(struct cg_sql_statement *statement) {
    if (!statement)
        return;
    sqlite3_finalize(statement->handle);
    free(statement);
}

void cg_sqlite_reset(struct cg_sql_statement *statement) {
    sqlite3_reset(statement->handle);
}

static cg_status bound(struct cg_sql_statement *statement, int code) {
    return code == SQLITE_OK ? CG_OK : cg_sqlite_answer(statement->connection, code);
}

cg_status cg_sqlite_bind_text(struct cg_sql_statement *statement, uint32_t index, const char *text, size_t length) {
    if (!text)
        return cg_sqlite_bind_null(statement, index);
    if (length > INT_MAX)
        return cg_sqlite_say(statement->connection, CG_RANGE, "a text of %zu bytes is too long", length);
    if (memchr(text, '\0', length))
        return cg_sqlite_say(statement->connection, CG_INVALID, "a text with a NUL character cannot be stored");
    return bound(statement, sqlite3_bind_text(statement->handle, (int)index, text, (int)length, SQLITE_STATIC));
}

cg_status cg_sqlite_bind_int(struct cg_sql_statement *statement, uint32_t index, int64_t value) {
    return bound(statement, sqlite3_bind_int64(statement->handle, (int)index, value));
}

cg_status cg_sqlite_bind_bool(struct cg_sql_statement *statement, uint32_t index, int32_t value) {
    return bound(statement, sqlite3_bind_int(statement->handle, (int)index, value ? 1 : 0));
}

cg_status cg_sqlite_bind_null(struct cg_sql_statement *statement, uint32_t index) {
    return bound(statement, sqlite3_bind_null(statement->handle, (int)index));
}

cg_status cg_sqlite_step(struct cg_sql_statement *statement) {
    int code = sqlite3_step(statement->handle);
    if (code == SQLITE_ROW)
        return CG_SQL_ROW;
    if (code == SQLITE_DONE)
        return CG_SQL_DONE;
    return cg_sqlite_answer(statement->connection, code);
}

const char *cg_sqlite_column_text(struct cg_sql_statement *statement, uint32_t index, size_t *ret_length) {
    const char *text = (const char *)sqlite3_column_text(statement->handle, (int)index);
    if (ret_length)
        *ret_length = text ? (size_t)sqlite3_column_bytes(statement->handle, (int)index) : 0;
    return text;
}

int64_t cg_sqlite_column_int(struct cg_sql_statement *statement, uint32_t index) {
    return sqlite3_column_int64(statement->handle, (int)index);
}
