#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "failure.h"
#include "pipeline.h"
#include "session.h"
#include "settings.h"
#include "statement.h"
#include "wire.h"

/* The oldest server that has all that is used here. */
#define OLDEST_SERVER 130000
#define OLDEST_SERVER_TEXT "13"

static void forget_unused(struct cg_sql_connection *connection) {
    for (size_t i = 0; i < connection->unused_count; i++)
        free(connection->unused[i]);
    connection->unused_count = 0;
}

/* ---- losing ---- */

static void drop(struct cg_sql_connection *connection) {
    PQfinish(connection->pg);
    connection->pg = NULL;
    connection->is_unread = 0;
    connection->pipeline = (struct cg_pg_pipeline){0};
    forget_unused(connection);
    if (connection->transaction != CG_PG_NONE)
        connection->is_transaction_lost = 1;
    if (connection->locks)
        connection->are_locks_lost = 1;
}

cg_status cg_pg_lose(struct cg_sql_connection *connection, const char *reason) {
    char line[CG_PG_TEXT_SIZE / 2];
    if (!connection->pg)
        return CG_TEMPORARY;
    const char *message = reason ? reason : PQerrorMessage(connection->pg);
    cg_pg_line(*message ? message : "no reason was given", line, sizeof line);
    cg_pg_say(connection, CG_TEMPORARY, "the connection to %s was lost: %s", connection->place, line);
    if (connection->stream)
        cg_pg_statement_cut(connection->stream, CG_TEMPORARY);
    drop(connection);
    return CG_TEMPORARY;
}

/* A server that ends a session says so, or is just gone; both can be seen before anything is sent. */
static void look(struct cg_sql_connection *connection) {
    struct pollfd fd = {.fd = PQsocket(connection->pg), .events = POLLIN};
    for (int i = 0; i < 4 && connection->pg && poll(&fd, 1, 0) > 0; i++) {
        if (!PQconsumeInput(connection->pg)) {
            cg_pg_lose(connection, NULL);
            return;
        }
        PQisBusy(connection->pg); /* reads what has come */
        PGnotify *notice = PQnotifies(connection->pg);
        PQfreemem(notice);
        if (PQstatus(connection->pg) == CONNECTION_BAD)
            cg_pg_lose(connection, NULL);
    }
}

/* ---- making ---- */

/* From here on names are looked for in the one schema where tables are made: who may write to another one of the path
 * cannot slip a function of his own under a call. */
#define GREETING                                                                                           \
    "SELECT COALESCE(pg_catalog.current_schema(), ''), pg_catalog.current_setting('TimeZone'), "           \
    "pg_catalog.current_setting('DateStyle'), pg_catalog.current_setting('standard_conforming_strings'), " \
    "pg_catalog.set_config('search_path', COALESCE(pg_catalog.quote_ident(pg_catalog.current_schema()), "  \
    "pg_catalog.current_setting('search_path')), false)"

/* Days would be others in another zone, so what was asked for is not taken on trust. */
static cg_status check_session(struct cg_sql_connection *connection, const PGresult *answer) {
    const char *zone = PQgetvalue(answer, 0, 1);
    const char *dates = PQgetvalue(answer, 0, 2);
    const char *strings = PQgetvalue(answer, 0, 3);
    if (strcmp(zone, "UTC") == 0 && strncmp(dates, "ISO", 3) == 0 && strcmp(strings, "on") == 0)
        return CG_OK;
    return cg_pg_say(connection, CG_PERMANENT,
                     "the settings of the session did not reach %s: TimeZone is '%.40s', DateStyle '%.40s'; a pooler "
                     "in front of it must run in session mode and pass 'options' on",
                     connection->place, zone, dates);
}

static cg_status greet(struct cg_sql_connection *connection) {
    PGresult *result = NULL;
    if (PQserverVersion(connection->pg) < OLDEST_SERVER)
        return cg_pg_say(connection, CG_PERMANENT, "the database server is older than PostgreSQL " OLDEST_SERVER_TEXT);
    cg_status status = cg_pg_run(connection, GREETING, &result);
    if (status != CG_OK)
        return status;
    if (PQntuples(result) == 1 && PQnfields(result) == 5) {
        status = check_session(connection, result);
        free(connection->schema);
        connection->schema = strdup(PQgetvalue(result, 0, 0));
    } else {
        status = cg_pg_say(connection, CG_PERMANENT, "the database's answer makes no sense");
    }
    PQclear(result);
    return status != CG_OK || connection->schema ? status : cg_pg_no_memory(connection);
}

static cg_status connect_anew(struct cg_sql_connection *connection) {
    PGconn *pg = NULL;
    cg_status status = cg_pg_connect(connection, &pg);
    if (status != CG_OK)
        return status;
    connection->pg = pg;
    connection->generation++;
    status = greet(connection);
    if (status != CG_OK && connection->pg)
        drop(connection);
    return status;
}

cg_status cg_pg_ensure(struct cg_sql_connection *connection) {
    int is_free = connection->transaction == CG_PG_NONE && !connection->stream && !connection->is_unread &&
                  !connection->pipeline.is_on;
    if (connection->pg && is_free)
        look(connection);
    if (connection->are_locks_lost)
        return cg_pg_say(connection, CG_TEMPORARY,
                         "the connection to %s was lost, and with it a lock on which the work depends; this connection "
                         "is not used any more",
                         connection->place);
    if (connection->is_transaction_lost)
        return cg_pg_say(connection, CG_TEMPORARY,
                         "the connection to %s was lost during a transaction; nothing of it was kept",
                         connection->place);
    return connection->pg ? CG_OK : connect_anew(connection);
}

static cg_status clear_way(struct cg_sql_connection *connection) {
    cg_status status = CG_OK;
    if (connection->stream)
        cg_pg_statement_read_all(connection->stream);
    if (connection->pg && connection->is_unread)
        status = cg_pg_discard(connection, connection->transaction == CG_PG_NONE);
    connection->is_unread = 0;
    if (connection->pg && status == CG_OK)
        status = cg_pg_pipeline_end(connection);
    return status;
}

cg_status cg_pg_idle(struct cg_sql_connection *connection) {
    cg_status status = clear_way(connection);
    if (connection->late_status != CG_OK)
        return cg_pg_say(connection, connection->late_status, "%s", connection->late_text);
    if (status != CG_OK && connection->transaction != CG_PG_NONE)
        return status;
    return cg_pg_ensure(connection);
}

cg_status cg_pg_open(const struct cg_host *host, const struct cg_sql_target *target, uint32_t flags,
                     struct cg_sql_connection **ret) {
    *ret = NULL;
    struct cg_sql_connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return CG_NO_MEMORY;
    connection->host = host;
    connection->flags = flags;
    connection->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    *ret = connection;
    if (connection->wake_fd < 0)
        return cg_pg_say(connection, CG_PERMANENT, "no connection to the database can be made: %s", strerror(errno));
    if (getrandom(&connection->salt, sizeof connection->salt, GRND_NONBLOCK) != (ssize_t)sizeof connection->salt)
        connection->salt = (uint32_t)getpid();
    cg_status status = cg_pg_settings_init(connection, target);
    return status == CG_OK ? connect_anew(connection) : status;
}

void cg_pg_close(struct cg_sql_connection *connection) {
    if (!connection)
        return;
    PQfinish(connection->pg);
    cg_pg_locks_forget(connection);
    cg_pg_settings_done(connection);
    forget_unused(connection);
    free(connection->unused);
    free(connection->schema);
    if (connection->wake_fd >= 0)
        close(connection->wake_fd);
    free(connection);
}
