/*
 * statement.h - prepared statements: the members of cg_sql_driver of the same names, and what others need of them.
 */
#ifndef CG_POSTGRESQL_STATEMENT_H
#define CG_POSTGRESQL_STATEMENT_H

#include "connection.h"
#include "rewrite.h"
#include "rows.h"

#define CG_PG_READY 0u /**< not run since it was reset */
#define CG_PG_OPEN 1u  /**< there may be rows */
#define CG_PG_ENDED 2u

/** A bound value; without text it is SQL NULL. */
struct cg_pg_value_slot {
    char *text;
    size_t room;
    size_t length;
    int is_set;
};

struct cg_sql_statement {
    struct cg_sql_connection *connection;
    struct cg_pg_sql sql;
    struct cg_pg_value_slot *slots; /**< `sql.highest` of them */
    const char **values;            /**< `sql.places` of them, in the slots */
    char name[40];
    uint32_t generation; /**< of the connection in which it is prepared; 0: in none */
    uint32_t state;      /**< CG_PG_READY... */
    struct cg_pg_rows rows;
    cg_status end; /**< what is told behind the last row */
    char *end_text;
};

cg_status cg_pg_prepare(struct cg_sql_connection *connection, const char *sql, struct cg_sql_statement **ret);
void cg_pg_finalize(struct cg_sql_statement *statement);
void cg_pg_reset(struct cg_sql_statement *statement);
cg_status cg_pg_bind_text(struct cg_sql_statement *statement, uint32_t index, const char *text, size_t length);
cg_status cg_pg_bind_int(struct cg_sql_statement *statement, uint32_t index, int64_t value);
cg_status cg_pg_bind_bool(struct cg_sql_statement *statement, uint32_t index, int32_t value);
cg_status cg_pg_bind_null(struct cg_sql_statement *statement, uint32_t index);
cg_status cg_pg_step(struct cg_sql_statement *statement);
const char *cg_pg_column_text(struct cg_sql_statement *statement, uint32_t index, size_t *ret_length);
int64_t cg_pg_column_int(struct cg_sql_statement *statement, uint32_t index);

/** Makes the statement known to the server of this connection; for an idle connection. */
cg_status cg_pg_statement_announce(struct cg_sql_statement *statement);

/** Sends it with its values; `*ret_bytes`, unless NULL, is how much that is. */
cg_status cg_pg_statement_send(struct cg_sql_statement *statement, size_t *ret_bytes);

/** Reads all rows that are still coming for the connection's stream. */
void cg_pg_statement_read_all(struct cg_sql_statement *statement);

/** Ends the rows of the connection's stream here, with a status and the connection's sentence. */
void cg_pg_statement_cut(struct cg_sql_statement *statement, cg_status status);

/** Takes note of how many rows a command changed. */
void cg_pg_count_changes(struct cg_sql_connection *connection, PGresult *result);

#endif
