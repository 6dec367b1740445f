/*
 * connection.h - one session with a PostgreSQL server, and what is remembered of it when it breaks.
 */
#ifndef CG_POSTGRESQL_CONNECTION_H
#define CG_POSTGRESQL_CONNECTION_H

#include <libpq-fe.h>
#include <stdatomic.h>

#include <chitragupt/sql_driver.h>

/** Longest sentence about a failure, with its NUL. */
#define CG_PG_TEXT_SIZE 1024

/** Kinds of transaction. */
#define CG_PG_NONE 0u
#define CG_PG_READING 1u
#define CG_PG_WRITING 2u

/** Statements that were sent before their answers were read; see pipeline.h. */
struct cg_pg_pipeline {
    int is_on;
    uint32_t unsynced; /**< statements behind the last mark */
    size_t bytes;      /**< of their texts */
    uint32_t marks;    /**< marks whose answer was not read yet */
};

struct cg_sql_connection {
    const struct cg_host *host;
    PGconn *pg; /**< NULL while there is no connection */
    uint32_t flags;
    char **keywords;         /**< of PQconnectStartParams, ended by NULL */
    char **values;           /**< some are secret */
    char *place;             /**< the database as messages call it */
    char *schema;            /**< current_schema(), or "" */
    uint32_t generation;     /**< so many connections were made; statements are prepared once in each */
    uint32_t salt;           /**< a random part of those names: behind a pooler nobody runs what another prepared */
    uint64_t last_statement; /**< number of the newest name of a prepared statement */
    char **unused;           /**< names of prepared statements that nobody needs any more */
    size_t unused_count;
    size_t unused_room;

    uint32_t transaction;     /**< CG_PG_NONE... */
    int is_transaction_lost;  /**< it went with its connection */
    int are_locks_lost;       /**< locks went with their connection */
    struct cg_pg_lock *locks; /**< see session.h */
    int64_t changes;

    struct cg_sql_statement *stream; /**< whose rows are still coming, or NULL */
    int is_unread;                   /**< rows are still coming that nobody wants */
    struct cg_pg_pipeline pipeline;
    cg_status late_status; /**< of a statement that was sent with run_later, until somebody was told */
    char late_text[CG_PG_TEXT_SIZE];

    int wake_fd;            /**< an eventfd that ends waiting for the server */
    uint32_t active;        /**< statements between their first step and their end */
    unsigned seen;          /**< `interrupts` when the first of them began */
    int is_uninterruptible; /**< what runs now is to be waited for */
    atomic_uint interrupts; /**< so many times it was interrupted; with wake_fd what any thread may use */
    char text[CG_PG_TEXT_SIZE];
};

/** `cg_sql_driver.open`. */
cg_status cg_pg_open(const struct cg_host *host, const struct cg_sql_target *target, uint32_t flags,
                     struct cg_sql_connection **ret);

/** `cg_sql_driver.close`. NULL is fine. */
void cg_pg_close(struct cg_sql_connection *connection);

/**
 * Makes sure that there is a live connection, making a new one where that harms nobody: outside a transaction, and when
 * no lock was lost. CG_TEMPORARY else.
 */
cg_status cg_pg_ensure(struct cg_sql_connection *connection);

/**
 * Like cg_pg_ensure, and reads whatever stands in the way of the next command: rows that are still coming go to their
 * statement's memory or file, and statements sent with run_later are waited for. The failure of one of those is
 * returned.
 */
cg_status cg_pg_idle(struct cg_sql_connection *connection);

/** Lets the connection go after it broke; sets the sentence, with `reason` unless NULL. Returns CG_TEMPORARY. */
cg_status cg_pg_lose(struct cg_sql_connection *connection, const char *reason);

#endif
