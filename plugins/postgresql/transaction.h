/*
 * transaction.h - the members of cg_sql_driver of the same names.
 */
#ifndef CG_POSTGRESQL_TRANSACTION_H
#define CG_POSTGRESQL_TRANSACTION_H

#include "connection.h"

cg_status cg_pg_begin(struct cg_sql_connection *connection, uint32_t kind);
cg_status cg_pg_commit(struct cg_sql_connection *connection);
void cg_pg_rollback(struct cg_sql_connection *connection);

#endif
