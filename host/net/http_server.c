#include "net/http_server.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/server_internal.h"

#define DEFAULT_CONNECTIONS 4096u
#define LEAST_CONNECTIONS 2u

/* Descriptors that are left to the rest of the process: databases, workers, files. */
#define OTHER_DESCRIPTORS 64u

/* Places that the oldest idle connections make for newcomers. */
#define MOST_ROOM 32u

static uint32_t or_else(uint32_t value, uint32_t fallback) {
    return value ? value : fallback;
}

static uint32_t connection_limit(uint32_t wanted) {
    struct rlimit descriptors;
    uint64_t most = 1024;
    if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0)
        most = descriptors.rlim_cur;
    uint64_t others = most / 8 > OTHER_DESCRIPTORS ? most / 8 : OTHER_DESCRIPTORS;
    most = most > 2 * OTHER_DESCRIPTORS ? most - others : most / 2;
    wanted = or_else(wanted, DEFAULT_CONNECTIONS);
    if (wanted > most)
        wanted = (uint32_t)most;
    return wanted < LEAST_CONNECTIONS ? LEAST_CONNECTIONS : wanted;
}

static void set_limits(struct cg_http_server *server) {
    struct cg_http_server_options *options = &server->options;
    options->connection_limit = connection_limit(options->connection_limit);
    options->active_limit = or_else(options->active_limit, 256);
    options->header_limit = options->header_limit ? options->header_limit : (size_t)32 * 1024;
    options->body_limit = options->body_limit ? options->body_limit : (size_t)16 * 1024 * 1024;
    options->idle_seconds = or_else(options->idle_seconds, 10);
    options->request_seconds = or_else(options->request_seconds, 30);
    options->answer_seconds = or_else(options->answer_seconds, 60);
    options->listen_fd = -1;
    options->tls_certificate = NULL;
    options->tls_key = NULL;
    uint32_t room = options->connection_limit / 8;
    server->room = room > MOST_ROOM ? MOST_ROOM : or_else(room, 1);
}

cg_status cg_http_server_new(uv_loop_t *loop, const struct cg_http_server_options *options, struct cg_http_server **ret,
                             struct cg_error *error) {
    struct cg_http_server *server = calloc(1, sizeof *server);
    if (!server) {
        close(options->listen_fd);
        return cg_error_no_memory(error);
    }
    server->loop = loop;
    server->options = *options;
    set_limits(server);
    cg_status status = cg_server_daemon_start(server, options, error);
    if (status == CG_OK)
        status = cg_server_loop_open(server, error);
    if (status != CG_OK) {
        if (server->daemon)
            MHD_stop_daemon(server->daemon);
        free(server);
        return status;
    }
    *ret = server;
    return CG_OK;
}

void cg_http_server_go(struct cg_http_server *server) {
    if (!server->closing)
        cg_server_loop_start(server);
}

void cg_http_server_quiesce(struct cg_http_server *server) {
    if (server->quiesced || server->closing)
        return;
    server->quiesced = true;
    /* Only closed: a shutdown would also end it for whoever listens on a duplicate. */
    int fd = MHD_quiesce_daemon(server->daemon);
    if (fd >= 0)
        close(fd);
    cg_server_connections_drain(server);
}

size_t cg_http_server_open(const struct cg_http_server *server) {
    return server->open;
}

void cg_http_server_close(struct cg_http_server *server, void (*done)(void *user), void *user) {
    if (!server) {
        if (done)
            done(user);
        return;
    }
    assert(!server->closing);
    if (server->closing)
        return;
    server->done = done;
    server->done_user = user;
    cg_server_loop_close(server);
}

void cg_http_server_count(const struct cg_http_server *server, struct cg_http_server_counts *ret) {
    *ret = server->counts;
    ret->connections = server->connections;
}
