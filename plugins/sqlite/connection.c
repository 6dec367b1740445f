#include "connection.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "place.h"
#include "rights.h"
#include "sum.h"

cg_status cg_sqlite_say(struct cg_sql_connection *connection, cg_status status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    /* The analyzer of Clang 14 loses va_start when it inlines this function. */
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    vsnprintf(connection->text, sizeof connection->text, format, args);
    va_end(args);
    return status;
}

static int is_space_error(int number) {
    return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

static cg_status say_io(struct cg_sql_connection *connection, int code) {
    int number = sqlite3_system_errno(connection->db);
    if (is_space_error(number))
        return cg_sqlite_say(connection, CG_PERMANENT, "the disk is full: %s cannot grow (%s)", connection->file,
                             strerror(number));
    /* SQLite does not always keep the system's error; a write fails for hardly anything but missing room. */
    if (!number && code == SQLITE_IOERR_WRITE)
        return cg_sqlite_say(connection, CG_PERMANENT,
                             "the disk is full, or a limit on the size of files is reached: %s "
                             "cannot be written",
                             connection->file);
    if (number)
        return cg_sqlite_say(connection, CG_PERMANENT, "%s cannot be read or written: %s (SQLite error %d)",
                             connection->file, strerror(number), code);
    return cg_sqlite_say(connection, CG_PERMANENT, "%s cannot be read or written: %s (SQLite error %d)",
                         connection->file, sqlite3_errmsg(connection->db), code);
}

static cg_status say_cannot_open(struct cg_sql_connection *connection) {
    int number = sqlite3_system_errno(connection->db);
    return cg_sqlite_say(connection, number == ENOENT ? CG_NOT_FOUND : CG_PERMANENT,
                         "unable to open database file %s: %s", connection->file,
                         number ? strerror(number) : sqlite3_errmsg(connection->db));
}

cg_status cg_sqlite_answer(struct cg_sql_connection *connection, int code) {
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return CG_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return cg_sqlite_say(connection, CG_TEMPORARY, "database is locked (%s is being written by another process)",
                             connection->file);
    case SQLITE_INTERRUPT:
        return cg_sqlite_say(connection, CG_CANCELLED, "the query was interrupted");
    case SQLITE_NOMEM:
        return cg_sqlite_say(connection, CG_NO_MEMORY, "out of memory");
    case SQLITE_FULL:
        return cg_sqlite_say(connection, CG_PERMANENT, "the disk is full: %s cannot grow", connection->file);
    case SQLITE_READONLY:
        return cg_sqlite_say(connection, CG_PERMANENT, "%s cannot be written: %s", connection->file,
                             sqlite3_errmsg(connection->db));
    case SQLITE_NOTADB:
        return cg_sqlite_say(connection, CG_PERMANENT, "%s is not a database", connection->file);
    case SQLITE_CORRUPT:
        return cg_sqlite_say(connection, CG_PERMANENT, "%s is damaged (%s); restore it from a copy", connection->file,
                             sqlite3_errmsg(connection->db));
    case SQLITE_CANTOPEN:
        return say_cannot_open(connection);
    case SQLITE_IOERR:
        return say_io(connection, code);
    default:
        return cg_sqlite_say(connection, CG_PERMANENT, "%s", sqlite3_errmsg(connection->db));
    }
}

cg_status cg_sqlite_execute(struct cg_sql_connection *connection, const char *sql) {
    return cg_sqlite_answer(connection, sqlite3_exec(connection->db, sql, NULL, NULL, NULL));
}

static int64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* SQLite's own way of waiting for a lock takes no notice of an interrupt. */
static int wait_for_lock(void *user, int count) {
    static const int pauses[] = {1, 2, 5, 10, 15, 20, 25, 25, 25, 50};
    const int most = (int)(sizeof pauses / sizeof pauses[0]) - 1;
    struct cg_sql_connection *connection = user;
    unsigned interrupts = atomic_load(&connection->interrupts);
    int64_t now = monotonic_ms();
    if (count == 0) {
        connection->waiting_since = now;
        connection->waiting_number = interrupts;
    }
    int64_t left = connection->waiting_since + connection->busy_ms - now;
    if (left <= 0 || interrupts != connection->waiting_number)
        return 0;
    int pause = pauses[count < most ? count : most];
    sqlite3_sleep(left < pause ? (int)left : pause);
    return 1;
}

/* WAL lets readers and one writer work side by side. The change itself needs the file alone, and SQLite does not always
 * wait for that as it waits for other locks. */
static cg_status enter_wal(struct cg_sql_connection *connection, int busy_ms) {
    int waited = 0;
    for (;;) {
        sqlite3_stmt *statement = NULL;
        int code = sqlite3_prepare_v2(connection->db, "PRAGMA journal_mode=WAL", -1, &statement, NULL);
        if (code == SQLITE_OK)
            code = sqlite3_step(statement);
        const char *mode = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
        if (code == SQLITE_ROW && connection->host && (!mode || strcmp(mode, "wal") != 0))
            connection->host->log(
                connection->host, CG_LOG_WARNING,
                "%s cannot use a write-ahead log (journal mode is '%s'); readers will wait for writers",
                connection->file, mode ? mode : "unknown");
        cg_status status = cg_sqlite_answer(connection, code);
        sqlite3_finalize(statement);
        if (status != CG_TEMPORARY || waited >= busy_ms)
            return status;
        sqlite3_sleep(20);
        waited += 20;
    }
}

static cg_status configure(struct cg_sql_connection *connection, uint32_t flags, int busy_ms) {
    sqlite3_extended_result_codes(connection->db, 1);
    connection->busy_ms = busy_ms;
    sqlite3_busy_handler(connection->db, wait_for_lock, connection);
    cg_status status = cg_sqlite_answer(connection, cg_sqlite_sum_register(connection->db));
    if (status == CG_OK && !(flags & CG_SQL_READ_ONLY)) {
        status = cg_sqlite_check_rights(connection);
        if (status == CG_OK)
            status = enter_wal(connection, busy_ms);
    }
    /* 8 MiB of cache, so that memory does not grow with the database. Readers are many and mostly scan, so they have
     * less, and leave the rest to the system's cache. */
    if (status == CG_OK)
        status = cg_sqlite_execute(connection, "PRAGMA cache_size=-8192; PRAGMA synchronous=NORMAL; "
                                               "PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=OFF");
    if (status == CG_OK && (flags & CG_SQL_READ_ONLY))
        status = cg_sqlite_execute(connection, "PRAGMA query_only=1; PRAGMA cache_size=-2048");
    /* Reads the file's header, so that a file that is no database is found here. */
    if (status == CG_OK)
        status = cg_sqlite_execute(connection, "SELECT count(*) FROM sqlite_master");
    return status;
}

static cg_status open_file(struct cg_sql_connection *connection, const char *name, int options, uint32_t flags,
                           int busy_ms) {
    int code = sqlite3_open_v2(name, &connection->db, options, NULL);
    if (!connection->db)
        return cg_sqlite_say(connection, CG_NO_MEMORY, "out of memory");
    cg_status status = cg_sqlite_answer(connection, code);
    return status == CG_OK ? configure(connection, flags, busy_ms) : status;
}

static cg_status open_place(struct cg_sql_connection *connection, const struct cg_sqlite_place *place, uint32_t flags) {
    int may_create = (flags & CG_SQL_CREATE) && !(flags & CG_SQL_READ_ONLY);
    if (may_create && place->directory) {
        int failure = cg_sqlite_make_directory(place->directory);
        if (failure)
            return cg_sqlite_say(connection, CG_PERMANENT, "the folder %s for the database cannot be created: %s",
                                 place->directory, strerror(failure));
    }
    int options = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (may_create)
        options |= SQLITE_OPEN_CREATE;
    if (place->is_uri)
        options |= SQLITE_OPEN_URI;
    cg_status status = open_file(connection, place->name, options, flags, place->busy_ms);
    if (status == CG_OK || !connection->db || !(flags & CG_SQL_READ_ONLY))
        return status;
    char *name = NULL;
    if (!cg_sqlite_lies_still(connection, sqlite3_extended_errcode(connection->db), place, &name))
        return status;
    sqlite3_close_v2(connection->db);
    connection->is_still = 1;
    status = open_file(connection, name, options | SQLITE_OPEN_URI, flags, place->busy_ms);
    free(name);
    return status;
}

cg_status cg_sqlite_open(const struct cg_host *host, const struct cg_sql_target *target, uint32_t flags,
                         struct cg_sql_connection **ret) {
    *ret = NULL;
    struct cg_sql_connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return CG_NO_MEMORY;
    connection->host = host;
    *ret = connection;
    struct cg_sqlite_place place;
    cg_status status = cg_sqlite_place_init(&place, host, target, connection->text, sizeof connection->text);
    if (status == CG_NO_MEMORY)
        return cg_sqlite_say(connection, status, "out of memory");
    if (status != CG_OK)
        return status;
    connection->file = strdup(target->database);
    if (connection->file)
        status = open_place(connection, &place, flags);
    else
        status = cg_sqlite_say(connection, CG_NO_MEMORY, "out of memory");
    cg_sqlite_place_done(&place);
    return status;
}

void cg_sqlite_close(struct cg_sql_connection *connection) {
    if (!connection)
        return;
    sqlite3_close_v2(connection->db);
    free(connection->file);
    free(connection);
}
