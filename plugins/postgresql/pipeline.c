#include "pipeline.h"

#include <stdio.h>
#include <string.h>

#include "failure.h"
#include "statement.h"
#include "wire.h"

/* A mark is sent behind so many statements, or so many bytes of texts. */
#define MARK_STATEMENTS 256u
#define MARK_BYTES ((size_t)64 * 1024)
/* So many marks may wait for their answer. */
#define MARKS 2u

/* Keeps the first failure; those that follow from it say nothing new. */
static void keep_late(struct cg_sql_connection *connection, cg_status status) {
    if (connection->late_status != CG_OK || status == CG_OK)
        return;
    connection->late_status = status;
    memcpy(connection->late_text, connection->text, sizeof connection->late_text);
}

/* Reads answers up to the next mark. */
static cg_status read_mark(struct cg_sql_connection *connection) {
    int empty = 0;
    for (;;) {
        PGresult *result = NULL;
        cg_status status = cg_pg_next(connection, &result);
        if (status != CG_OK) {
            keep_late(connection, status);
            return status;
        }
        if (!result && ++empty > 1)
            return cg_pg_lose(connection, "answers of the server are missing");
        if (!result)
            continue;
        empty = 0;
        int is_mark = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        status = cg_pg_answer(connection, result);
        if (status == CG_OK && !is_mark)
            cg_pg_count_changes(connection, result);
        keep_late(connection, status);
        PQclear(result);
        if (!connection->pg)
            return status;
        if (is_mark) {
            connection->pipeline.marks--;
            return CG_OK;
        }
    }
}

static cg_status send_mark(struct cg_sql_connection *connection) {
    struct cg_pg_pipeline *pipeline = &connection->pipeline;
    if (!PQpipelineSync(connection->pg))
        return cg_pg_answer(connection, NULL);
    pipeline->marks++;
    pipeline->unsynced = 0;
    pipeline->bytes = 0;
    return cg_pg_flush(connection);
}

cg_status cg_pg_pipeline_end(struct cg_sql_connection *connection) {
    struct cg_pg_pipeline *pipeline = &connection->pipeline;
    if (!pipeline->is_on)
        return CG_OK;
    cg_status status = pipeline->unsynced > 0 || pipeline->marks == 0 ? send_mark(connection) : CG_OK;
    while (status == CG_OK && pipeline->marks > 0)
        status = read_mark(connection);
    if (status == CG_OK && !PQexitPipelineMode(connection->pg))
        status = cg_pg_lose(connection, "answers of the server are left over");
    *pipeline = (struct cg_pg_pipeline){0};
    return status;
}

static cg_status start(struct cg_sql_statement *statement) {
    struct cg_sql_connection *connection = statement->connection;
    if (connection->pipeline.is_on && statement->generation == connection->generation)
        return CG_OK;
    cg_status status = cg_pg_idle(connection);
    if (status == CG_OK)
        status = cg_pg_statement_announce(statement);
    if (status == CG_OK && !PQenterPipelineMode(connection->pg))
        status = cg_pg_say(connection, CG_PERMANENT, "statements cannot be sent in advance");
    if (status == CG_OK)
        connection->pipeline.is_on = 1;
    return status;
}

static cg_status send(struct cg_sql_statement *statement) {
    struct cg_sql_connection *connection = statement->connection;
    struct cg_pg_pipeline *pipeline = &connection->pipeline;
    size_t bytes = 0;
    cg_status status = cg_pg_check(connection);
    if (status == CG_OK)
        status = start(statement);
    if (status == CG_OK)
        status = cg_pg_statement_send(statement, &bytes);
    if (status != CG_OK)
        return status;
    pipeline->bytes += bytes;
    if (++pipeline->unsynced >= MARK_STATEMENTS || pipeline->bytes >= MARK_BYTES)
        status = send_mark(connection);
    while (status == CG_OK && pipeline->marks > MARKS)
        status = read_mark(connection);
    if (status == CG_OK && connection->late_status != CG_OK)
        status = cg_pg_say(connection, connection->late_status, "%s", connection->late_text);
    return status;
}

cg_status cg_pg_run_later(struct cg_sql_statement *statement) {
    struct cg_sql_connection *connection = statement->connection;
    cg_pg_reset(statement);
    if (connection->transaction != CG_PG_WRITING) {
        cg_status status = CG_OK;
        do
            status = cg_pg_step(statement);
        while (status == CG_SQL_ROW);
        if (status == CG_SQL_DONE)
            cg_pg_reset(statement);
        return status;
    }
    cg_pg_enter(connection);
    cg_status status = send(statement);
    cg_pg_leave(connection);
    return status;
}
