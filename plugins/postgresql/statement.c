#include "statement.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "wire.h"

/* ---- making ---- */

static cg_status rewrite(struct cg_sql_statement *statement, const char *sql) {
    cg_status status = cg_pg_rewrite(sql, &statement->sql);
    if (status == CG_NO_MEMORY)
        return cg_pg_no_memory(statement->connection);
    if (status == CG_RANGE)
        return cg_pg_say(statement->connection, CG_INVALID, "the statement has too many parameters or sums");
    if (status != CG_OK)
        return cg_pg_say(statement->connection, CG_INVALID,
                         "the statement has an open quote, or a parameter without a "
                         "number");
    statement->slots = calloc(statement->sql.highest ? statement->sql.highest : 1, sizeof *statement->slots);
    statement->values = calloc(statement->sql.places ? statement->sql.places : 1, sizeof *statement->values);
    return statement->slots && statement->values ? CG_OK : cg_pg_no_memory(statement->connection);
}

/* Tells the server of the statements that nobody needs any more, many at once. */
static cg_status forget_unused(struct cg_sql_connection *connection) {
    PGTransactionStatusType state = PQtransactionStatus(connection->pg);
    if (connection->unused_count < 32 || (state != PQTRANS_IDLE && state != PQTRANS_INTRANS))
        return CG_OK;
    char sql[32 * 64] = "";
    size_t length = 0;
    for (size_t i = 0; i < 32; i++) {
        char *name = connection->unused[--connection->unused_count];
        length += (size_t)snprintf(sql + length, sizeof sql - length, "DEALLOCATE %s;", name);
        free(name);
    }
    return cg_pg_run(connection, sql, NULL);
}

cg_status cg_pg_statement_announce(struct cg_sql_statement *statement) {
    struct cg_sql_connection *connection = statement->connection;
    if (statement->generation == connection->generation)
        return CG_OK;
    cg_status status = forget_unused(connection);
    if (status != CG_OK)
        return status;
    snprintf(statement->name, sizeof statement->name, "cg_%08lx_%llu", (unsigned long)connection->salt,
             (unsigned long long)++connection->last_statement);
    if (!PQsendPrepare(connection->pg, statement->name, statement->sql.text, (int)statement->sql.places,
                       statement->sql.types))
        return cg_pg_answer(connection, NULL);
    PGresult *result = NULL;
    status = cg_pg_next(connection, &result);
    if (status != CG_OK)
        return status;
    status = cg_pg_answer(connection, result);
    PQclear(result);
    if (connection->pg) {
        cg_status rest = cg_pg_discard(connection, 0);
        status = status == CG_OK ? rest : status;
    }
    if (status == CG_OK)
        statement->generation = connection->generation;
    return status;
}

cg_status cg_pg_prepare(struct cg_sql_connection *connection, const char *sql, struct cg_sql_statement **ret) {
    struct cg_sql_statement *statement = calloc(1, sizeof *statement);
    if (!statement)
        return cg_pg_no_memory(connection);
    statement->connection = connection;
    cg_pg_enter(connection);
    cg_status status = rewrite(statement, sql);
    if (status == CG_OK && strspn(sql, " \t\r\n;") == strlen(sql))
        status = cg_pg_say(connection, CG_INVALID, "the statement is empty");
    if (status == CG_OK)
        status = cg_pg_idle(connection);
    if (status == CG_OK)
        status = cg_pg_statement_announce(statement);
    cg_pg_leave(connection);
    if (status != CG_OK) {
        cg_pg_finalize(statement);
        return status;
    }
    *ret = statement;
    return CG_OK;
}

/* The name is kept until there are enough to tell the server; without memory the server keeps the statement. */
static void keep_unused(struct cg_sql_statement *statement) {
    struct cg_sql_connection *connection = statement->connection;
    if (!connection->pg || statement->generation == 0 || statement->generation != connection->generation)
        return;
    if (connection->unused_count == connection->unused_room) {
        size_t room = connection->unused_room ? connection->unused_room * 2 : 64;
        char **unused = realloc(connection->unused, room * sizeof *unused);
        if (!unused)
            return;
        connection->unused = unused;
        connection->unused_room = room;
    }
    char *name = strdup(statement->name);
    if (name)
        connection->unused[connection->unused_count++] = name;
}

void cg_pg_finalize(struct cg_sql_statement *statement) {
    if (!statement)
        return;
    cg_pg_reset(statement);
    keep_unused(statement);
    for (uint32_t i = 0; statement->slots && i < statement->sql.highest; i++)
        free(statement->slots[i].text);
    free(statement->slots);
    free(statement->values);
    cg_pg_rows_done(&statement->rows);
    cg_pg_sql_done(&statement->sql);
    free(statement->end_text);
    free(statement);
}

/* ---- values ---- */

static struct cg_pg_value_slot *find_slot(struct cg_sql_statement *statement, uint32_t index) {
    if (index >= 1 && index <= statement->sql.highest)
        return &statement->slots[index - 1];
    cg_pg_say(statement->connection, CG_RANGE, "the statement has no parameter %u", (unsigned)index);
    return NULL;
}

/* A text is copied, since libpq wants its NUL. */
static cg_status set(struct cg_sql_statement *statement, uint32_t index, const char *text, size_t length) {
    struct cg_pg_value_slot *slot = find_slot(statement, index);
    if (!slot)
        return CG_RANGE;
    if (slot->room < length + 1) {
        size_t room = length < 24 ? 32 : length + length / 4 + 1;
        char *grown = realloc(slot->text, room);
        if (!grown)
            return cg_pg_no_memory(statement->connection);
        slot->text = grown;
        slot->room = room;
    }
    if (length > 0)
        memcpy(slot->text, text, length);
    slot->text[length] = '\0';
    slot->length = length;
    slot->is_set = 1;
    return CG_OK;
}

cg_status cg_pg_bind_text(struct cg_sql_statement *statement, uint32_t index, const char *text, size_t length) {
    if (!text)
        return cg_pg_bind_null(statement, index);
    if (length >= (size_t)1 << 30)
        return cg_pg_say(statement->connection, CG_RANGE, "a text of %zu bytes is too long", length);
    if (memchr(text, '\0', length))
        return cg_pg_say(statement->connection, CG_INVALID, "a text with a NUL character cannot be stored");
    return set(statement, index, text, length);
}

cg_status cg_pg_bind_int(struct cg_sql_statement *statement, uint32_t index, int64_t value) {
    char text[24];
    int length = snprintf(text, sizeof text, "%lld", (long long)value);
    return set(statement, index, text, (size_t)length);
}

cg_status cg_pg_bind_bool(struct cg_sql_statement *statement, uint32_t index, int32_t value) {
    return set(statement, index, value ? "1" : "0", 1);
}

cg_status cg_pg_bind_null(struct cg_sql_statement *statement, uint32_t index) {
    struct cg_pg_value_slot *slot = find_slot(statement, index);
    if (!slot)
        return CG_RANGE;
    slot->is_set = 0;
    return CG_OK;
}

/* ---- running ---- */

void cg_pg_count_changes(struct cg_sql_connection *connection, PGresult *result) {
    static const char *const commands[] = {"INSERT ", "UPDATE ", "DELETE ", "MERGE "};
    const char *tag = PQcmdStatus(result);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strncmp(tag, commands[i], strlen(commands[i])) == 0)
            connection->changes = strtoll(PQcmdTuples(result), NULL, 10);
}

static void keep_end(struct cg_sql_statement *statement, cg_status status) {
    if (statement->end != CG_OK || status == CG_OK)
        return;
    statement->end = status;
    free(statement->end_text);
    statement->end_text = strdup(statement->connection->text);
}

void cg_pg_statement_cut(struct cg_sql_statement *statement, cg_status status) {
    keep_end(statement, status);
    statement->connection->stream = NULL;
}

cg_status cg_pg_statement_send(struct cg_sql_statement *statement, size_t *ret_bytes) {
    struct cg_sql_connection *connection = statement->connection;
    size_t bytes = 0;
    for (uint32_t i = 0; i < statement->sql.places; i++) {
        const struct cg_pg_value_slot *slot = &statement->slots[statement->sql.numbers[i] - 1];
        statement->values[i] = slot->is_set ? slot->text : NULL;
        bytes += slot->is_set ? slot->length : 0;
    }
    if (ret_bytes)
        *ret_bytes = bytes;
    if (PQsendQueryPrepared(connection->pg, statement->name, (int)statement->sql.places, statement->values, NULL, NULL,
                            0))
        return CG_OK;
    return cg_pg_answer(connection, NULL);
}

/* One result of the stream. */
static void take_result(struct cg_sql_statement *statement, PGresult *result) {
    struct cg_sql_connection *connection = statement->connection;
    ExecStatusType kind = PQresultStatus(result);
    cg_status status = cg_pg_answer(connection, result);
    if (status == CG_OK && (kind == PGRES_SINGLE_TUPLE || kind == PGRES_TUPLES_OK)) {
        if (cg_pg_rows_size(&statement->rows) == 0 || kind == PGRES_TUPLES_OK)
            status = cg_pg_rows_columns(&statement->rows, result);
        if (status == CG_OK && statement->end == CG_OK)
            status = cg_pg_rows_add(&statement->rows, result);
        if (status == CG_NO_MEMORY)
            cg_pg_no_memory(connection);
        else if (status != CG_OK)
            cg_pg_say(connection, status, "%s", statement->rows.reason);
        if (status != CG_OK)
            connection->is_unread = 1;
    }
    if (status == CG_OK && kind != PGRES_SINGLE_TUPLE)
        cg_pg_count_changes(connection, result);
    keep_end(statement, status);
    if (connection->is_unread)
        connection->stream = NULL;
}

/* Reads what comes for the stream, until there is as much as `limit`. */
static void fill(struct cg_sql_statement *statement, size_t limit) {
    struct cg_sql_connection *connection = statement->connection;
    while (connection->stream == statement && cg_pg_rows_size(&statement->rows) < limit) {
        PGresult *result = NULL;
        cg_status status = cg_pg_next(connection, &result);
        if (status != CG_OK || !result) {
            cg_pg_statement_cut(statement, status);
            return;
        }
        take_result(statement, result);
        PQclear(result);
    }
}

void cg_pg_statement_read_all(struct cg_sql_statement *statement) {
    fill(statement, SIZE_MAX);
}

static cg_status start(struct cg_sql_statement *statement) {
    struct cg_sql_connection *connection = statement->connection;
    cg_pg_rows_clear(&statement->rows);
    statement->end = CG_OK;
    cg_status status = cg_pg_check(connection);
    if (status == CG_OK)
        status = cg_pg_idle(connection);
    if (status == CG_OK)
        status = cg_pg_statement_announce(statement);
    if (status == CG_OK)
        status = cg_pg_statement_send(statement, NULL);
    if (status != CG_OK)
        return status;
    PQsetSingleRowMode(connection->pg);
    connection->stream = statement;
    statement->state = CG_PG_OPEN;
    return CG_OK;
}

static void end(struct cg_sql_statement *statement) {
    if (statement->state == CG_PG_OPEN)
        cg_pg_leave(statement->connection);
    statement->state = CG_PG_ENDED;
}

static cg_status tell_end(struct cg_sql_statement *statement) {
    end(statement);
    if (statement->end == CG_OK)
        return CG_SQL_DONE;
    return cg_pg_say(statement->connection, statement->end, "%s",
                     statement->end_text ? statement->end_text : "out of memory");
}

cg_status cg_pg_step(struct cg_sql_statement *statement) {
    struct cg_sql_connection *connection = statement->connection;
    if (statement->state == CG_PG_READY) {
        cg_pg_enter(connection);
        cg_status status = start(statement);
        if (status != CG_OK) {
            cg_pg_leave(connection);
            return status;
        }
    }
    if (statement->state == CG_PG_ENDED)
        return tell_end(statement);
    for (;;) {
        int found = 0;
        cg_status status = cg_pg_check(connection);
        if (status == CG_OK)
            status = cg_pg_rows_take(&statement->rows, &found);
        if (status == CG_NO_MEMORY)
            cg_pg_no_memory(connection);
        else if (status == CG_PERMANENT)
            cg_pg_say(connection, status, "%s", statement->rows.reason);
        if (found)
            return CG_SQL_ROW;
        if (status != CG_OK || connection->stream != statement) {
            keep_end(statement, status);
            return tell_end(statement);
        }
        fill(statement, CG_PG_ROWS_BATCH);
    }
}

void cg_pg_reset(struct cg_sql_statement *statement) {
    struct cg_sql_connection *connection = statement->connection;
    if (connection->stream == statement) {
        connection->stream = NULL;
        connection->is_unread = 1;
    }
    end(statement);
    cg_pg_rows_clear(&statement->rows);
    statement->state = CG_PG_READY;
    statement->end = CG_OK;
}

/* ---- columns ---- */

const char *cg_pg_column_text(struct cg_sql_statement *statement, uint32_t index, size_t *ret_length) {
    const struct cg_pg_cell *cell = index < statement->rows.columns ? &statement->rows.cells[index] : NULL;
    if (ret_length)
        *ret_length = cell ? cell->length : 0;
    return cell ? cell->text : NULL;
}

int64_t cg_pg_column_int(struct cg_sql_statement *statement, uint32_t index) {
    const char *text = cg_pg_column_text(statement, index, NULL);
    return text ? strtoll(text, NULL, 10) : 0;
}
