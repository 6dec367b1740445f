/*
 * session.h - locks, and what is asked of the database as a whole: the members of cg_sql_driver of the same names.
 */
#ifndef CG_POSTGRESQL_SESSION_H
#define CG_POSTGRESQL_SESSION_H

#include "connection.h"

/** First number of the lock that a writer holds; the second one is made of the schema's name. */
#define CG_PG_WRITE_LOCK 0x43475054

/** A lock that this session holds. */
struct cg_pg_lock {
    struct cg_pg_lock *next;
    int64_t number;
    int is_unwanted; /**< given up in a transaction that had failed; released behind it */
    char name[];
};

cg_status cg_pg_lock(struct cg_sql_connection *connection, const char *name);
void cg_pg_unlock(struct cg_sql_connection *connection, const char *name);
cg_status cg_pg_data_version(struct cg_sql_connection *connection, int64_t *ret);
cg_status cg_pg_table_exists(struct cg_sql_connection *connection, const char *table, int32_t *ret);
cg_status cg_pg_execute(struct cg_sql_connection *connection, const char *sql);

/** Releases the locks that were given up when the server did not listen. */
void cg_pg_unlock_late(struct cg_sql_connection *connection);

/** Forgets the locks; the server has released them, or will. */
void cg_pg_locks_forget(struct cg_sql_connection *connection);

#endif
