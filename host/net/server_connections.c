#include <stdlib.h>
#include <sys/socket.h>

#include "net/server_internal.h"
#include "net/server_peer.h"

/* What a client has to take within answer_seconds. */
#define LEAST_TAKEN UINT64_C(65536)

/* Nobody is sent away for newcomers before he had these many milliseconds for his first line, and for a request. */
#define FRESH_GRACE_MS 50u
#define ARRIVAL_GRACE_MS 1000u

/* A connection that came just before the listener was quiesced has this long to send its first request. */
#define FAREWELL_MS 1000u

static void unlink_from(struct cg_server_list *list, struct cg_server_connection *connection) {
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        list->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    else
        list->last = connection->previous;
}

static void append_to(struct cg_server_list *list, struct cg_server_connection *connection) {
    connection->next = NULL;
    connection->previous = list->last;
    if (list->last)
        list->last->next = connection;
    else
        list->first = connection;
    list->last = connection;
}

void cg_server_connection_enter(struct cg_server_connection *connection, enum cg_server_phase phase) {
    struct cg_http_server *server = connection->server;
    if (connection->phase == CG_SERVER_BROKEN)
        return;
    unlink_from(&server->lists[connection->phase], connection);
    append_to(&server->lists[phase], connection);
    connection->phase = phase;
    connection->since = uv_now(server->loop);
    connection->taken = UINT64_MAX;
    connection->gone = false;
    if (phase == CG_SERVER_BROKEN)
        server->broken++;
}

void cg_server_connection_reset(struct cg_server_connection *connection) {
    /* To connect to nothing is to disconnect; SO_LINGER would not do, since libmicrohttpd ends its side before it
     * closes. */
    const struct sockaddr nothing = {.sa_family = AF_UNSPEC};
    (void)connect(connection->fd, &nothing, sizeof nothing);
}

void cg_server_connection_break(struct cg_server_connection *connection) {
    struct cg_http_exchange *exchange = connection->exchange;
    if (connection->phase == CG_SERVER_BROKEN)
        return;
    /* What a client does not take must not stay in the system's memory, and half an answer must not look whole. */
    if (connection->phase == CG_SERVER_ANSWERING)
        cg_server_connection_reset(connection);
    cg_server_connection_enter(connection, CG_SERVER_BROKEN);
    shutdown(connection->fd, SHUT_RDWR);
    if (exchange) {
        exchange->broken = true;
        cg_server_exchange_resume(exchange);
    }
}

static void evict(struct cg_server_connection *connection) {
    connection->server->counts.evicted++;
    cg_server_connection_break(connection);
}

static bool is_crowded(const struct cg_http_server *server) {
    return server->connections - server->broken > server->options.connection_limit - server->room;
}

static bool is_older(const struct cg_server_connection *connection, uint64_t milliseconds) {
    return uv_now(connection->server->loop) - connection->since >= milliseconds;
}

/* Leaves places for newcomers: who is idle for longest goes first, then who has been sending a request for longest. */
static void make_room(struct cg_http_server *server) {
    while (is_crowded(server)) {
        struct cg_server_connection *spare = server->lists[CG_SERVER_IDLE].first;
        if (!spare || (spare->requests == 0 && !is_older(spare, FRESH_GRACE_MS))) {
            spare = server->lists[CG_SERVER_ARRIVING].first;
            if (!spare || !is_older(spare, ARRIVAL_GRACE_MS))
                return;
        }
        evict(spare);
    }
}

/*
 * When all places are taken and newcomers have to wait for one, those who do not even send a header go all at once, or
 * it would take as many rounds as they are.
 */
static void expel_dawdlers(struct cg_http_server *server) {
    struct cg_server_connection *connection = server->lists[CG_SERVER_IDLE].first;
    struct cg_server_connection *next;
    if (!is_crowded(server))
        return;
    for (; connection && is_older(connection, FRESH_GRACE_MS); connection = next) {
        next = connection->next;
        evict(connection);
    }
    for (connection = server->lists[CG_SERVER_ARRIVING].first; connection && is_older(connection, ARRIVAL_GRACE_MS);
         connection = next) {
        next = connection->next;
        if (!connection->exchange || !connection->exchange->head_seen)
            evict(connection);
    }
}

struct cg_server_connection *cg_server_connection_of(struct MHD_Connection *mhd) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static int descriptor_of(struct MHD_Connection *mhd) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

static void opened(struct cg_http_server *server, struct MHD_Connection *mhd, void **record) {
    struct cg_server_connection *connection = calloc(1, sizeof *connection);
    int fd = descriptor_of(mhd);
    *record = connection;
    if (!connection) {
        shutdown(fd, SHUT_RDWR);
        return;
    }
    connection->server = server;
    connection->mhd = mhd;
    connection->fd = fd;
    connection->phase = CG_SERVER_IDLE;
    connection->since = uv_now(server->loop);
    append_to(&server->lists[CG_SERVER_IDLE], connection);
    server->connections++;
    server->counts.accepted++;
    make_room(server);
    cg_server_loop_watch(server, is_crowded(server));
}

static void closed(struct cg_server_connection *connection) {
    struct cg_http_server *server = connection->server;
    if (connection->exchange)
        cg_server_exchange_end(connection->exchange, false);
    unlink_from(&server->lists[connection->phase], connection);
    if (connection->phase == CG_SERVER_BROKEN)
        server->broken--;
    server->connections--;
    free(connection);
    /* A daemon that was full listens again at the beginning of its next turn, which no descriptor asks for. */
    cg_server_loop_wake(server);
}

void cg_server_connection_notify(void *user, struct MHD_Connection *mhd, void **record,
                                 enum MHD_ConnectionNotificationCode code) {
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        opened(user, mhd, record);
    else if (*record)
        closed(*record);
}

const char *cg_server_connection_client(struct cg_server_connection *connection) {
    if (!connection->client[0]) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        cg_server_peer_text(info ? info->client_addr : NULL, connection->client, sizeof connection->client);
    }
    return connection->client;
}

static void expire_answering(struct cg_server_connection *connection, uint64_t now) {
    struct cg_http_server *server = connection->server;
    uint64_t taken = cg_server_peer_taken(connection->fd);
    if (connection->taken == UINT64_MAX)
        connection->taken = taken;
    if (taken - connection->taken >= LEAST_TAKEN) {
        connection->taken = taken;
        connection->since = now;
    }
    if (now - connection->since < server->options.answer_seconds * UINT64_C(1000))
        return;
    server->counts.too_slow++;
    cg_server_connection_break(connection);
}

/* Of a client that goes, libmicrohttpd may have taken the last bytes and overlooked the farewell that came with them.
 * What is left to be read is read between two looks: it may be a whole request of one that only ended its side. */
static void expire_idle(struct cg_server_connection *connection, uint64_t limit) {
    const bool was_gone = connection->gone;
    connection->gone = cg_server_peer_is_gone(connection->fd);
    if (is_older(connection, limit) || (was_gone && connection->gone))
        cg_server_connection_break(connection);
}

/* While a connection is suspended nobody else looks whether its client is still there. */
static void expire_working(struct cg_server_connection *connection) {
    if (cg_server_peer_is_gone(connection->fd))
        cg_server_connection_break(connection);
}

/*
 * What a client sends and that it goes may come as one event. libmicrohttpd then takes what it reads for all there is,
 * and would wait for the rest until the deadline.
 */
static void expire_arriving(struct cg_server_connection *connection) {
    struct cg_http_server *server = connection->server;
    const bool is_late = is_older(connection, server->options.request_seconds * UINT64_C(1000));
    if (is_late)
        server->counts.too_slow++;
    if (is_late || cg_server_peer_has_said_all(connection->fd))
        cg_server_connection_break(connection);
}

void cg_server_connections_expire(struct cg_http_server *server) {
    uint64_t now = uv_now(server->loop);
    uint64_t idle = server->quiesced ? FAREWELL_MS : server->options.idle_seconds * UINT64_C(1000);
    struct cg_server_connection *connection = server->lists[CG_SERVER_IDLE].first;
    struct cg_server_connection *next;
    for (; connection; connection = next) {
        next = connection->next;
        expire_idle(connection, idle);
    }
    connection = server->lists[CG_SERVER_ARRIVING].first;
    for (; connection && is_older(connection, ARRIVAL_GRACE_MS); connection = next) {
        next = connection->next;
        expire_arriving(connection);
    }
    for (connection = server->lists[CG_SERVER_ANSWERING].first; connection; connection = next) {
        next = connection->next;
        expire_answering(connection, now);
    }
    for (connection = server->lists[CG_SERVER_WORKING].first; connection; connection = next) {
        next = connection->next;
        expire_working(connection);
    }
    expel_dawdlers(server);
    make_room(server);
    if (server->lists[CG_SERVER_IDLE].first || server->lists[CG_SERVER_ARRIVING].first)
        cg_server_loop_watch(server, is_crowded(server));
}

uint64_t cg_server_connections_taken(const struct cg_http_server *server) {
    uint64_t taken = 0;
    for (const struct cg_server_connection *connection = server->lists[CG_SERVER_ANSWERING].first; connection;
         connection = connection->next)
        taken += cg_server_peer_taken(connection->fd);
    return taken;
}

void cg_server_connections_drain(struct cg_http_server *server) {
    struct cg_server_connection *next;
    for (struct cg_server_connection *connection = server->lists[CG_SERVER_IDLE].first; connection; connection = next) {
        next = connection->next;
        if (connection->requests > 0 || is_older(connection, FAREWELL_MS))
            cg_server_connection_break(connection);
    }
}

void cg_server_connections_abandon(struct cg_http_server *server) {
    struct cg_server_connection *next;
    for (int phase = CG_SERVER_ARRIVING; phase < CG_SERVER_BROKEN; phase++) {
        for (struct cg_server_connection *connection = server->lists[phase].first; connection; connection = next) {
            next = connection->next;
            cg_server_connection_break(connection);
        }
    }
}
