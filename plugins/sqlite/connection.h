/*
 * connection.h - one open SQLite file.
 */
#ifndef CG_SQLITE_CONNECTION_H
#define CG_SQLITE_CONNECTION_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include <chitragupt/sql_driver.h>

/** Longest sentence about a failure, with its NUL. */
#define CG_SQLITE_TEXT_SIZE 1024

struct cg_sql_connection {
    sqlite3 *db;
    const struct cg_host *host;
    char *file;              /**< the file as messages call it */
    int is_still;            /**< opened as one that nobody changes */
    struct stat still;       /* the file when that was done */
    int busy_ms;             /**< longest wait for a lock */
    int64_t waiting_since;   /* for the lock that is waited for, on the monotonic clock, in milliseconds */
    unsigned waiting_number; /* `interrupts` when that began */
    atomic_uint interrupts;  /**< so many times it was interrupted; the only member for any thread */
    char text[CG_SQLITE_TEXT_SIZE];
};

struct cg_sql_statement {
    sqlite3_stmt *handle;
    struct cg_sql_connection *connection;
};

/** `cg_sql_driver.open`. */
cg_status cg_sqlite_open(const struct cg_host *host, const struct cg_sql_target *target, uint32_t flags,
                         struct cg_sql_connection **ret);

/** `cg_sql_driver.close`. NULL is fine. */
void cg_sqlite_close(struct cg_sql_connection *connection);

/** Sets the connection's sentence; returns `status`. */
cg_status cg_sqlite_say(struct cg_sql_connection *connection, cg_status status, const char *format, ...)
    CG_PRINTF(3, 4);

/** Turns an SQLite result code into a status and a sentence. CG_OK for SQLITE_OK, SQLITE_ROW and SQLITE_DONE. */
cg_status cg_sqlite_answer(struct cg_sql_connection *connection, int code);

/** Runs statements; their rows are dropped. */
cg_status cg_sqlite_execute(struct cg_sql_connection *connection, const char *sql);

#endif
