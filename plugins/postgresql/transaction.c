#include "transaction.h"

#include <stdio.h>
#include <string.h>

#include "failure.h"
#include "pipeline.h"
#include "session.h"
#include "statement.h"
#include "wire.h"

#define BEGIN_READ "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

/* One writer at a time in a schema, as in a file: what one of them read stays true until it has written. */
#define BEGIN_WRITE                                     \
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; " \
    "SELECT pg_catalog.pg_advisory_xact_lock(%d, pg_catalog.hashtext(pg_catalog.current_schema()))"

static cg_status begin(struct cg_sql_connection *connection, uint32_t kind) {
    char sql[256] = BEGIN_READ;
    if (kind == CG_SQL_BEGIN_WRITE)
        snprintf(sql, sizeof sql, BEGIN_WRITE, CG_PG_WRITE_LOCK);
    cg_status status = cg_pg_check(connection);
    if (status == CG_OK)
        status = cg_pg_idle(connection);
    if (status == CG_OK)
        status = cg_pg_run(connection, sql, NULL);
    if (status == CG_OK) {
        connection->transaction = kind == CG_SQL_BEGIN_WRITE ? CG_PG_WRITING : CG_PG_READING;
        return CG_OK;
    }
    if (connection->pg && PQtransactionStatus(connection->pg) != PQTRANS_IDLE) {
        char text[CG_PG_TEXT_SIZE];
        memcpy(text, connection->text, sizeof text);
        cg_pg_rollback(connection);
        memcpy(connection->text, text, sizeof text);
    }
    return status;
}

cg_status cg_pg_begin(struct cg_sql_connection *connection, uint32_t kind) {
    if (connection->transaction != CG_PG_NONE)
        return cg_pg_say(connection, CG_PERMANENT, "a transaction is already open");
    if (kind == CG_SQL_BEGIN_WRITE && (connection->flags & CG_SQL_READ_ONLY))
        return cg_pg_say(connection, CG_PERMANENT, "the database was opened for reading only");
    cg_pg_enter(connection);
    cg_status status = begin(connection, kind);
    cg_pg_leave(connection);
    return status;
}

static cg_status commit(struct cg_sql_connection *connection) {
    PGresult *result = NULL;
    cg_status status = cg_pg_idle(connection);
    if (status != CG_OK)
        return status;
    status = cg_pg_run(connection, "COMMIT", &result);
    if (status == CG_OK && strcmp(PQcmdStatus(result), "COMMIT") != 0)
        status = cg_pg_say(connection, CG_PERMANENT, "nothing was kept, because a statement of the transaction failed");
    PQclear(result);
    if (!connection->pg)
        return cg_pg_say(connection, CG_TEMPORARY,
                         "the connection to %s was lost while changes were being kept; whether they were is not known",
                         connection->place);
    if (status == CG_OK)
        connection->transaction = CG_PG_NONE;
    return status;
}

cg_status cg_pg_commit(struct cg_sql_connection *connection) {
    if (connection->transaction == CG_PG_NONE)
        return cg_pg_say(connection, CG_PERMANENT, "no transaction is open");
    connection->is_uninterruptible = 1;
    cg_status status = commit(connection);
    connection->is_uninterruptible = 0;
    return status;
}

void cg_pg_rollback(struct cg_sql_connection *connection) {
    connection->is_uninterruptible = 1;
    if (connection->stream) {
        cg_pg_say(connection, CG_PERMANENT, "the transaction ended while rows were being read");
        cg_pg_statement_cut(connection->stream, CG_PERMANENT);
        connection->is_unread = 1;
    }
    cg_status status = CG_OK;
    if (connection->pg && connection->is_unread)
        status = cg_pg_discard(connection, 1);
    connection->is_unread = 0;
    if (status == CG_OK && connection->pg)
        status = cg_pg_pipeline_end(connection);
    if (status == CG_OK && connection->pg && PQtransactionStatus(connection->pg) != PQTRANS_IDLE)
        status = cg_pg_run(connection, "ROLLBACK", NULL);
    /* A session that does not even roll back is of no use. */
    if (status != CG_OK && connection->pg)
        cg_pg_lose(connection, "a transaction could not be rolled back");
    connection->is_uninterruptible = 0;
    connection->transaction = CG_PG_NONE;
    connection->is_transaction_lost = 0;
    connection->late_status = CG_OK;
    cg_pg_unlock_late(connection);
}
