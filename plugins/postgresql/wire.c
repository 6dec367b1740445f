#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "failure.h"

/* How long a server may take to stop what it was asked to stop, and how often it is asked, in milliseconds. */
#define STOP_LIMIT_MS 10000
#define STOP_AGAIN_MS 1000

static int64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- interrupts ---- */

void cg_pg_interrupt(struct cg_sql_connection *connection) {
    static const uint64_t one = 1;
    atomic_fetch_add(&connection->interrupts, 1);
    /* It fails only when it is full, and then it wakes as well. */
    ssize_t written = write(connection->wake_fd, &one, sizeof one);
    (void)written;
}

void cg_pg_enter(struct cg_sql_connection *connection) {
    if (connection->active++ == 0 && connection->transaction == CG_PG_NONE)
        connection->seen = atomic_load(&connection->interrupts);
}

void cg_pg_leave(struct cg_sql_connection *connection) {
    if (connection->active > 0)
        connection->active--;
}

static int is_interrupted(struct cg_sql_connection *connection) {
    return !connection->is_uninterruptible && atomic_load(&connection->interrupts) != connection->seen;
}

cg_status cg_pg_check(struct cg_sql_connection *connection) {
    return is_interrupted(connection) ? cg_pg_say(connection, CG_CANCELLED, "the query was interrupted") : CG_OK;
}

/* ---- waiting ---- */

/* A wait for the server; once it was asked to stop it does not last for ever. */
struct wait {
    int is_stopping;
    int64_t stopping_since;
    int64_t asked;
};

static void ask_to_stop(struct cg_sql_connection *connection, struct wait *wait) {
    int64_t now = monotonic_ms();
    if (wait->is_stopping && now - wait->asked < STOP_AGAIN_MS)
        return;
    if (!wait->is_stopping)
        wait->stopping_since = now;
    wait->is_stopping = 1;
    PGcancel *cancel = PQgetCancel(connection->pg);
    char text[256];
    if (cancel)
        PQcancel(cancel, text, sizeof text);
    PQfreeCancel(cancel);
    wait->asked = monotonic_ms();
}

static void empty_wake(struct cg_sql_connection *connection) {
    uint64_t count = 0;
    ssize_t got = read(connection->wake_fd, &count, sizeof count);
    (void)got;
}

/* Waits until the socket is ready, somebody interrupts, or it is time to ask again. */
static cg_status wait_socket(struct cg_sql_connection *connection, short events, struct wait *wait) {
    if (is_interrupted(connection) && !wait->is_stopping)
        ask_to_stop(connection, wait);
    struct pollfd fds[] = {{.fd = PQsocket(connection->pg), .events = events},
                           {.fd = connection->wake_fd, .events = POLLIN}};
    int ready = poll(fds, 2, wait->is_stopping ? STOP_AGAIN_MS : -1);
    if (ready < 0 && errno != EINTR)
        return cg_pg_lose(connection, strerror(errno));
    if (ready > 0 && fds[1].revents)
        empty_wake(connection);
    if (wait->is_stopping && monotonic_ms() - wait->stopping_since > STOP_LIMIT_MS) {
        cg_pg_lose(connection, "the server did not stop a query that was interrupted");
        return cg_pg_say(connection, CG_CANCELLED, "the query was interrupted");
    }
    if (wait->is_stopping && ready == 0)
        ask_to_stop(connection, wait);
    if (ready > 0 && fds[0].revents && !PQconsumeInput(connection->pg))
        return cg_pg_lose(connection, NULL);
    return CG_OK;
}

static cg_status flush(struct cg_sql_connection *connection, struct wait *wait) {
    for (;;) {
        int left = PQflush(connection->pg);
        if (left == 0)
            return CG_OK;
        if (left < 0)
            return cg_pg_lose(connection, NULL);
        /* A server that cannot get rid of its answers takes no more commands, so they are read meanwhile. */
        cg_status status = wait_socket(connection, POLLIN | POLLOUT, wait);
        if (status != CG_OK)
            return status;
    }
}

cg_status cg_pg_flush(struct cg_sql_connection *connection) {
    struct wait wait = {0};
    return flush(connection, &wait);
}

static cg_status next(struct cg_sql_connection *connection, struct wait *wait, PGresult **ret) {
    cg_status status = flush(connection, wait);
    while (status == CG_OK && PQisBusy(connection->pg))
        status = wait_socket(connection, POLLIN, wait);
    if (status == CG_OK)
        *ret = PQgetResult(connection->pg);
    return status;
}

cg_status cg_pg_next(struct cg_sql_connection *connection, PGresult **ret) {
    struct wait wait = {0};
    return next(connection, &wait, ret);
}

cg_status cg_pg_discard(struct cg_sql_connection *connection, int cancel) {
    struct wait wait = {0};
    if (cancel)
        ask_to_stop(connection, &wait);
    for (;;) {
        PGresult *result = NULL;
        cg_status status = next(connection, &wait, &result);
        if (status != CG_OK)
            return status;
        if (!result)
            return CG_OK;
        PQclear(result);
        if (PQstatus(connection->pg) == CONNECTION_BAD)
            return cg_pg_lose(connection, NULL);
    }
}

cg_status cg_pg_run(struct cg_sql_connection *connection, const char *sql, PGresult **ret_last) {
    if (!PQsendQuery(connection->pg, sql))
        return cg_pg_answer(connection, NULL);
    PGresult *last = NULL;
    PGresult *result = NULL;
    cg_status status = CG_OK;
    for (;;) {
        cg_status waited = cg_pg_next(connection, &result);
        if (waited != CG_OK || !result) {
            status = status == CG_OK || waited != CG_OK ? waited : status;
            break;
        }
        if (status == CG_OK)
            status = cg_pg_answer(connection, result);
        PQclear(last);
        last = result;
        if (!connection->pg)
            break;
    }
    if (status == CG_OK && ret_last)
        *ret_last = last;
    else
        PQclear(last);
    return status;
}

/* ---- connecting ---- */

static int64_t connect_limit_ms(const struct cg_sql_connection *connection) {
    for (size_t i = 0; connection->keywords[i]; i++)
        if (strcmp(connection->keywords[i], "connect_timeout") == 0) {
            long seconds = strtol(connection->values[i], NULL, 10);
            return seconds <= 0 ? INT64_MAX : (seconds < 2 ? 2 : seconds) * INT64_C(1000);
        }
    return INT64_MAX;
}

/* Says that time is over, or that somebody interrupted. */
static cg_status wait_connecting(struct cg_sql_connection *connection, PGconn *pg, PostgresPollingStatusType wanted,
                                 int64_t until) {
    int64_t left = until == INT64_MAX ? 1000 : until - monotonic_ms();
    if (left <= 0)
        return cg_pg_say(connection, CG_TEMPORARY,
                         "the database server of %s cannot be reached: it did not answer in time", connection->place);
    if (is_interrupted(connection))
        return cg_pg_say(connection, CG_CANCELLED, "the query was interrupted");
    struct pollfd fds[] = {
        {.fd = PQsocket(pg), .events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT},
        {.fd = connection->wake_fd, .events = POLLIN},
    };
    int ready = poll(fds, 2, left > 1000 ? 1000 : (int)left);
    if (ready > 0 && fds[1].revents)
        empty_wake(connection);
    if (ready < 0 && errno != EINTR)
        return cg_pg_say(connection, CG_TEMPORARY, "%s cannot be waited for: %s", connection->place, strerror(errno));
    return ready > 0 && fds[0].revents ? CG_OK : CG_RATE_LIMITED; /* not ready yet */
}

static void be_silent(void *user, const PGresult *result) {
    (void)user;
    (void)result;
}

cg_status cg_pg_connect(struct cg_sql_connection *connection, PGconn **ret) {
    PGconn *pg =
        PQconnectStartParams((const char *const *)connection->keywords, (const char *const *)connection->values, 0);
    if (!pg)
        return cg_pg_no_memory(connection);
    PQsetErrorVerbosity(pg, PQERRORS_VERBOSE);
    PQsetNoticeReceiver(pg, be_silent, NULL);
    int64_t limit = connect_limit_ms(connection);
    int64_t until = limit == INT64_MAX ? INT64_MAX : monotonic_ms() + limit;
    PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
    int in_tls = 0;
    cg_status status = PQstatus(pg) == CONNECTION_BAD ? cg_pg_refused(connection, pg, 0) : CG_OK;
    while (status == CG_OK && wanted != PGRES_POLLING_OK) {
        status = wait_connecting(connection, pg, wanted, until);
        if (status == CG_RATE_LIMITED) {
            status = CG_OK;
            continue;
        }
        if (status != CG_OK)
            break;
        in_tls = PQstatus(pg) == CONNECTION_SSL_STARTUP;
        wanted = PQconnectPoll(pg);
        if (wanted == PGRES_POLLING_FAILED)
            status = cg_pg_refused(connection, pg, in_tls);
    }
    if (status == CG_OK && PQsetnonblocking(pg, 1) != 0)
        status = cg_pg_no_memory(connection);
    if (status != CG_OK) {
        PQfinish(pg);
        return status;
    }
    PQsetErrorVerbosity(pg, PQERRORS_DEFAULT);
    *ret = pg;
    return CG_OK;
}
