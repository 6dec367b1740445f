/*
 * statement.h - prepared statements: the members of cg_sql_driver of the same names.
 */
#ifndef CG_SQLITE_STATEMENT_H
#define CG_SQLITE_STATEMENT_H

#include "connection.h"

cg_status cg_sqlite_prepare(struct cg_sql_connection *connection, const char *sql, struct cg_sql_statement **ret);
void cg_sqlite_finalize(struct cg_sql_statement *statement);
void cg_sqlite_reset(struct cg_sql_statement *statement);
cg_status cg_sqlite_bind_text(struct cg_sql_statement *statement, uint32_t index, const char *text, size_t length);
cg_status cg_sqlite_bind_int(struct cg_sql_statement *statement, uint32_t index, int64_t value);
cg_status cg_sqlite_bind_bool(struct cg_sql_statement *statement, uint32_t index, int32_t value);
cg_status cg_sqlite_bind_null(struct cg_sql_statement *statement, uint32_t index);
cg_status cg_sqlite_step(struct cg_sql_statement *statement);
const char *cg_sqlite_column_text(struct cg_sql_statement *statement, uint32_t index, size_t *ret_length);
int64_t cg_sqlite_column_int(struct cg_sql_statement *statement, uint32_t index);

#endif
