/*
 * failure.h - from the server's errors to a status and a sentence.
 */
#ifndef CG_POSTGRESQL_FAILURE_H
#define CG_POSTGRESQL_FAILURE_H

#include "connection.h"

/** Sets the connection's sentence; returns `status`. */
cg_status cg_pg_say(struct cg_sql_connection *connection, cg_status status, const char *format, ...) CG_PRINTF(3, 4);

/** The sentence that memory ran out. Returns CG_NO_MEMORY. */
cg_status cg_pg_no_memory(struct cg_sql_connection *connection);

/** Copies the first line of a message of libpq, trimmed, into `buffer` of `size` bytes. */
void cg_pg_line(const char *message, char *buffer, size_t size);

/**
 * The status of a result that may be NULL, with a sentence unless CG_OK. A result that says that the session ended
 * makes the connection lost.
 */
cg_status cg_pg_answer(struct cg_sql_connection *connection, const PGresult *result);

/** The status and the sentence of `pg`, which could not be opened; `in_tls`: it failed while it was to be encrypted. */
cg_status cg_pg_refused(struct cg_sql_connection *connection, PGconn *pg, int in_tls);

#endif
