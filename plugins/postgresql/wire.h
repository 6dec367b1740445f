/*
 * wire.h - sending to the server and waiting for it, so that another thread can end the wait.
 */
#ifndef CG_POSTGRESQL_WIRE_H
#define CG_POSTGRESQL_WIRE_H

#include "connection.h"

/**
 * Opens the session that the settings describe; `*ret` is it. Statuses and sentences: cg_pg_refused.
 */
cg_status cg_pg_connect(struct cg_sql_connection *connection, PGconn **ret);

/** Begins something that can be interrupted; ended by cg_pg_leave. */
void cg_pg_enter(struct cg_sql_connection *connection);
void cg_pg_leave(struct cg_sql_connection *connection);

/** CG_CANCELLED with a sentence when what runs was interrupted since it began, or since its transaction did. */
cg_status cg_pg_check(struct cg_sql_connection *connection);

/**
 * The next result of what was sent, through `*ret` (to be cleared), or NULL at its end. An interrupt asks the server to
 * stop; the result then says so. Only a lost connection is an error here: what the result says is for cg_pg_answer.
 */
cg_status cg_pg_next(struct cg_sql_connection *connection, PGresult **ret);

/** Reads and forgets what is still coming; `cancel`: asks the server to stop first. CG_OK unless the connection is
 * lost. */
cg_status cg_pg_discard(struct cg_sql_connection *connection, int cancel);

/**
 * Runs commands outside of any statement, after cg_pg_ensure, with the answers dropped. `*ret_last`, unless NULL, is
 * the last result, to be cleared, when CG_OK is returned.
 */
cg_status cg_pg_run(struct cg_sql_connection *connection, const char *sql, PGresult **ret_last);

/** Sends what libpq could not send at once. */
cg_status cg_pg_flush(struct cg_sql_connection *connection);

/** `cg_sql_driver.interrupt`. */
void cg_pg_interrupt(struct cg_sql_connection *connection);

#endif
