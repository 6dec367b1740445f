/*
 * sql_driver.h - a database behind a small table of functions.
 *
 * The host's SQL is written once in the dialect that SQLite and PostgreSQL share, with parameters ?1, ?2, ...; a driver
 * rewrites what its server spells differently. A connection is used by one thread at a time; `interrupt` alone may come
 * from another. Statements belong to their connection and are finalized before it is closed. Every function that
 * returns a cg_status leaves a sentence for `error_text` when it is not CG_OK: CG_TEMPORARY for a locked or busy
 * database, CG_CANCELLED after an interrupt, CG_PERMANENT for the rest (including a full disk).
 *
 * Every driver provides the aggregate cg_sum(text): the exact sum of decimal texts as decimal text, '0' for no rows.
 *
 * Since ABI 1.0; data_version since 1.2; run_later, lock, unlock and CG_SQL_PARTITIONS since 1.3.
 */
#ifndef CHITRAGUPT_SQL_DRIVER_H
#define CHITRAGUPT_SQL_DRIVER_H

#include <chitragupt/host.h>

CG_BEGIN_DECLS

struct cg_sql_connection; /**< the driver's own */
struct cg_sql_statement;  /**< the driver's own */

/** A parsed connection string. Everything is decoded; absent parts are NULL. */
struct cg_sql_target {
    uint32_t struct_size;
    uint32_t port;      /**< 0 = default */
    const char *scheme; /**< without "+driver": "sqlite", "postgresql" */
    const char *user;
    const char *password; /**< secret */
    const char *host;
    const char *database;         /**< SQLite: the file's path as written after the third slash */
    const struct cg_field *query; /**< k=v pairs in order */
    size_t query_count;
};

#define CG_SQL_READ_ONLY 1u /**< no statement may write */
#define CG_SQL_CREATE 2u    /**< create the database file, and its directory (0700), when missing */

/** Answers of `step` besides an error. */
#define CG_SQL_DONE CG_OK
#define CG_SQL_ROW 100

/** Kinds of transaction. */
#define CG_SQL_BEGIN_READ 0u  /**< one snapshot for all reads */
#define CG_SQL_BEGIN_WRITE 1u /**< takes the write lock at once, so that it never fails half-way with "locked" */

/** Tables can be partitioned as in PostgreSQL (PARTITION BY RANGE). Since ABI 1.3. */
#define CG_SQL_PARTITIONS 1u

/** Facts that differ between databases. Lives as long as the module. */
struct cg_sql_dialect {
    uint32_t struct_size;
    uint32_t features;              /**< CG_SQL_PARTITIONS or 0 */
    const char *name;               /**< "sqlite", "postgresql" */
    const char *serial_primary_key; /**< column definition of a self-numbering integer key */
    const char *timestamp_type;     /**< "DATETIME" or "timestamp with time zone" */
    const char *boolean_type;       /**< "BOOLEAN"; false and true are written as 0/1 by bind_bool */
    const char *schema_setup;       /**< a statement that serialises schema changes, or "" */
};

/** Factory of CG_KIND_SQL_DRIVER. */
struct cg_sql_driver {
    uint32_t struct_size;
    uint32_t flags;              /**< 0 */
    struct cg_text_list schemes; /**< URL schemes it serves, in lower case, without "+driver" */
    const struct cg_sql_dialect *dialect;

    /**
     * Opens a connection; `*ret` is set even on failure when there is a text to read (close it then too), else NULL.
     * `host` lives as long as the connection. CG_NOT_FOUND says that there is no such database (and none was to be
     * created).
     */
    cg_status (*open)(const struct cg_host *host, const struct cg_sql_target *target, uint32_t flags,
                      struct cg_sql_connection **ret);
    void (*close)(struct cg_sql_connection *connection);

    /** The sentence of the last failure, without secrets, valid until the next call on the connection. Never NULL. */
    const char *(*error_text)(struct cg_sql_connection *connection);

    /** Runs statements without results, separated by ";". */
    cg_status (*execute)(struct cg_sql_connection *connection, const char *sql);

    cg_status (*prepare)(struct cg_sql_connection *connection, const char *sql, struct cg_sql_statement **ret);
    void (*finalize)(struct cg_sql_statement *statement);

    /** Makes the statement ready to run again; bindings stay. */
    void (*reset)(struct cg_sql_statement *statement);

    /** Parameters count from 1. Text is borrowed until the next reset or finalize; NULL text binds SQL NULL. */
    cg_status (*bind_text)(struct cg_sql_statement *statement, uint32_t index, const char *text, size_t length);
    cg_status (*bind_int)(struct cg_sql_statement *statement, uint32_t index, int64_t value);
    cg_status (*bind_bool)(struct cg_sql_statement *statement, uint32_t index, int32_t value);
    cg_status (*bind_null)(struct cg_sql_statement *statement, uint32_t index);

    /** CG_SQL_ROW, CG_SQL_DONE or an error status. */
    cg_status (*step)(struct cg_sql_statement *statement);

    /** Columns count from 0; valid after CG_SQL_ROW until the next step, reset or finalize. NULL text is SQL NULL. */
    const char *(*column_text)(struct cg_sql_statement *statement, uint32_t index, size_t *ret_length);
    int64_t (*column_int)(struct cg_sql_statement *statement, uint32_t index);

    cg_status (*begin)(struct cg_sql_connection *connection, uint32_t kind);
    cg_status (*commit)(struct cg_sql_connection *connection);
    /** Never fails in a way the caller could mend; fine outside a transaction. */
    void (*rollback)(struct cg_sql_connection *connection);

    /** Rows the last statement inserted, updated or deleted. */
    int64_t (*changes)(struct cg_sql_connection *connection);

    /** Makes the running statement end with CG_CANCELLED. Thread: [any]. */
    void (*interrupt)(struct cg_sql_connection *connection);

    /** 1 when the table exists, 0 when not, through *ret. */
    cg_status (*table_exists)(struct cg_sql_connection *connection, const char *table, int32_t *ret);

    /**
     * A number that is another one whenever a different connection has committed a change since the last call on this
     * connection; numbers of two connections say nothing about each other. NULL: the database cannot tell cheaply, and
     * answers are not kept. CG_PERMANENT: what the connection reads is not what its target names any more, such as a
     * file that was replaced; a new connection may do. Since ABI 1.2: to be set only when struct_size covers it.
     */
    cg_status (*data_version)(struct cg_sql_connection *connection, int64_t *ret);

    /**
     * Like step and reset, for a statement without results inside a transaction; but the driver may answer before the
     * server did. A failure is then told by a later call on the connection, by commit at the latest. Bound texts are
     * not needed any more when it returns. NULL: step does as well. Since ABI 1.3.
     */
    cg_status (*run_later)(struct cg_sql_statement *statement);

    /**
     * Takes, without waiting, a lock that nobody else can have who asks this database for the same name (of at most 200
     * bytes). It is held until unlock, until the connection is closed or lost, or its process dies. Errors:
     * CG_TEMPORARY while somebody else has it. NULL: the database has no such locks. Since ABI 1.3.
     */
    cg_status (*lock)(struct cg_sql_connection *connection, const char *name);
    void (*unlock)(struct cg_sql_connection *connection, const char *name);
};

CG_END_DECLS

#endif
