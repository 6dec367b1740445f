/*
 * pipeline.h - many statements on their way at once: cg_sql_driver.run_later.
 *
 * Statements go out without waiting for the answers of those before them. After every few hundred a mark is sent, and
 * no more than two marks wait for their answer, so that neither side has to hold much.
 */
#ifndef CG_POSTGRESQL_PIPELINE_H
#define CG_POSTGRESQL_PIPELINE_H

#include "connection.h"

/** `cg_sql_driver.run_later`. */
cg_status cg_pg_run_later(struct cg_sql_statement *statement);

/** Waits for all answers. The first failure is kept in the connection's `late_status`; only a lost connection is an
 * error here. */
cg_status cg_pg_pipeline_end(struct cg_sql_connection *connection);

#endif
