#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "wire.h"

/* Longest name of a lock. */
#define NAME_LIMIT 200u

/* Runs a query with one parameter or none, and gives its only row. */
static cg_status ask(struct cg_sql_connection *connection, const char *sql, const char *value, PGresult **ret) {
    cg_status status = cg_pg_idle(connection);
    if (status != CG_OK)
        return status;
    if (!PQsendQueryParams(connection->pg, sql, value ? 1 : 0, NULL, &value, NULL, NULL, 0))
        return cg_pg_answer(connection, NULL);
    PGresult *result = NULL;
    status = cg_pg_next(connection, &result);
    if (status != CG_OK)
        return status;
    status = cg_pg_answer(connection, result);
    if (status == CG_OK && (PQntuples(result) != 1 || PQnfields(result) < 1))
        status = cg_pg_say(connection, CG_PERMANENT, "the database's answer makes no sense");
    if (connection->pg) {
        cg_status rest = cg_pg_discard(connection, 0);
        status = status == CG_OK ? rest : status;
    }
    if (status == CG_OK)
        *ret = result;
    else
        PQclear(result);
    return status;
}

/* The same as a call of its own, outside of everything that goes on with the connection. */
static cg_status ask_alone(struct cg_sql_connection *connection, const char *sql, const char *value, PGresult **ret) {
    cg_pg_enter(connection);
    cg_status status = ask(connection, sql, value, ret);
    cg_pg_leave(connection);
    return status;
}

/* FNV-1a with 64 bits. */
static uint64_t hash(uint64_t value, const char *text) {
    for (; *text; text++)
        value = (value ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return value;
}

static int64_t to_signed(uint64_t value) {
    int64_t number = 0;
    memcpy(&number, &value, sizeof number);
    return number;
}

/* ---- locks ---- */

/* Servers from 14 on look every two seconds, also during a long statement, whether the client is still there: its locks
 * go with it. They do not go because whoever has them asks a provider for longer than a session may be idle. */
#define TAKE_LOCK                                                                                                 \
    "SELECT pg_catalog.pg_try_advisory_lock($1), (SELECT pg_catalog.count(pg_catalog.set_config(name, CASE name " \
    "WHEN 'idle_session_timeout' THEN '0' ELSE '2000' END, false)) FROM pg_catalog.pg_settings WHERE name IN "    \
    "('client_connection_check_interval', 'idle_session_timeout'))"

static int64_t lock_number(const struct cg_sql_connection *connection, const char *name) {
    uint64_t value = hash(UINT64_C(0xcbf29ce484222325), "chitragupt lock\n");
    value = hash(value, connection->schema);
    value = hash(value, "\n");
    return to_signed(hash(value, name));
}

static struct cg_pg_lock **find_lock(struct cg_sql_connection *connection, const char *name) {
    struct cg_pg_lock **at = &connection->locks;
    while (*at && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    return at;
}

static cg_status take(struct cg_sql_connection *connection, struct cg_pg_lock *lock) {
    char number[24];
    PGresult *result = NULL;
    cg_status status = cg_pg_ensure(connection);
    if (status != CG_OK)
        return status;
    lock->number = lock_number(connection, lock->name);
    snprintf(number, sizeof number, "%lld", (long long)lock->number);
    status = ask(connection, TAKE_LOCK, number, &result);
    if (status != CG_OK)
        return status;
    int is_taken = *PQgetvalue(result, 0, 0) == 't';
    PQclear(result);
    return is_taken ? CG_OK : cg_pg_say(connection, CG_TEMPORARY, "another process has the lock '%s'", lock->name);
}

cg_status cg_pg_lock(struct cg_sql_connection *connection, const char *name) {
    struct cg_pg_lock *held = *find_lock(connection, name);
    size_t length = strlen(name);
    if (length > NAME_LIMIT)
        return cg_pg_say(connection, CG_RANGE, "the name of a lock has more than %u bytes", NAME_LIMIT);
    if (held && !connection->are_locks_lost) {
        held->is_unwanted = 0;
        return CG_OK;
    }
    struct cg_pg_lock *lock = calloc(1, sizeof *lock + length + 1);
    if (!lock)
        return cg_pg_no_memory(connection);
    memcpy(lock->name, name, length + 1);
    cg_pg_enter(connection);
    cg_status status = take(connection, lock);
    cg_pg_leave(connection);
    if (status != CG_OK) {
        free(lock);
        return status;
    }
    lock->next = connection->locks;
    connection->locks = lock;
    return CG_OK;
}

static cg_status release(struct cg_sql_connection *connection, struct cg_pg_lock **at) {
    struct cg_pg_lock *lock = *at;
    char number[24];
    PGresult *result = NULL;
    snprintf(number, sizeof number, "%lld", (long long)lock->number);
    cg_status status = ask(connection, "SELECT pg_catalog.pg_advisory_unlock($1)", number, &result);
    if (status != CG_OK)
        return status;
    PQclear(result);
    *at = lock->next;
    free(lock);
    return CG_OK;
}

void cg_pg_unlock(struct cg_sql_connection *connection, const char *name) {
    struct cg_pg_lock **at = find_lock(connection, name);
    if (!*at || !connection->pg)
        return;
    connection->is_uninterruptible = 1;
    if (release(connection, at) != CG_OK && connection->pg)
        (*at)->is_unwanted = 1;
    connection->is_uninterruptible = 0;
}

void cg_pg_unlock_late(struct cg_sql_connection *connection) {
    struct cg_pg_lock **at = &connection->locks;
    connection->is_uninterruptible = 1;
    while (*at && connection->pg)
        if (!(*at)->is_unwanted || release(connection, at) != CG_OK) {
            if (!connection->pg)
                break;
            at = &(*at)->next;
        }
    connection->is_uninterruptible = 0;
}

void cg_pg_locks_forget(struct cg_sql_connection *connection) {
    while (connection->locks) {
        struct cg_pg_lock *lock = connection->locks;
        connection->locks = lock->next;
        free(lock);
    }
}

/* ---- the database ---- */

cg_status cg_pg_data_version(struct cg_sql_connection *connection, int64_t *ret) {
    /* Changes with every transaction that changed something, of this session too; a standby tells by its position. */
    static const char *const sql = "SELECT pg_catalog.pg_current_snapshot()::text || ' ' || CASE WHEN "
                                   "pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()::text "
                                   "ELSE '' END";
    PGresult *result = NULL;
    cg_status status = ask_alone(connection, sql, NULL, &result);
    if (status != CG_OK)
        return status;
    *ret = to_signed(hash(UINT64_C(0xcbf29ce484222325), PQgetvalue(result, 0, 0)));
    PQclear(result);
    return CG_OK;
}

cg_status cg_pg_table_exists(struct cg_sql_connection *connection, const char *table, int32_t *ret) {
    static const char *const sql = "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
                                   "ON n.oid = c.relnamespace WHERE n.nspname = pg_catalog.current_schema() AND "
                                   "c.relname = $1 AND c.relkind IN ('r', 'p'))";
    PGresult *result = NULL;
    cg_status status = ask_alone(connection, sql, table, &result);
    if (status != CG_OK)
        return status;
    *ret = *PQgetvalue(result, 0, 0) == 't';
    PQclear(result);
    return CG_OK;
}

cg_status cg_pg_execute(struct cg_sql_connection *connection, const char *sql) {
    cg_pg_enter(connection);
    cg_status status = cg_pg_check(connection);
    if (status == CG_OK)
        status = cg_pg_idle(connection);
    if (status == CG_OK)
        status = cg_pg_run(connection, sql, NULL);
    cg_pg_leave(connection);
    return status;
}
