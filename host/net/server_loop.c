#include <stdlib.h>

#include "net/server_internal.h"

/* Deadlines are whole seconds; this is how exactly they are kept. */
#define TICK_MS 500u
#define SOON_MS 50u

/*
 * Turns in a row that the daemon gets at once while it says that it has work left. A client can bring it into a state
 * in which it says so without end (an endless chunk extension does), so from then on it gets one turn a millisecond,
 * until something comes or goes.
 */
#define TURNS_AT_ONCE 16u

static void run(struct cg_http_server *server);

static void on_poll(uv_poll_t *poll, int status, int events) {
    struct cg_http_server *server = poll->data;
    (void)status;
    (void)events;
    server->turns = 0;
    run(server);
}

static void on_idle(uv_idle_t *idle) {
    run(idle->data);
}

static void on_pause(uv_timer_t *timer) {
    run(timer->data);
}

static void on_tick(uv_timer_t *timer) {
    struct cg_http_server *server = timer->data;
    if (server->connections == 0) {
        uv_timer_stop(timer);
        return;
    }
    cg_server_connections_expire(server);
    run(server);
}

/* Whole answers flow without a call to us, over TLS 16 KiB in a turn. */
static void look_for_progress(struct cg_http_server *server) {
    uint64_t taken = cg_server_connections_taken(server);
    if (taken != server->taken)
        server->turns = 0;
    server->taken = taken;
}

/* What the daemon waits for beside its descriptor. */
static void arm(struct cg_http_server *server) {
    MHD_UNSIGNED_LONG_LONG left = 0;
    bool waits = MHD_get_timeout(server->daemon, &left) == MHD_YES;
    bool at_once = server->again || (waits && left == 0);
    if (at_once && server->turns >= TURNS_AT_ONCE)
        look_for_progress(server);
    if (at_once && server->turns++ < TURNS_AT_ONCE) {
        uv_timer_stop(&server->pause);
        uv_idle_start(&server->idle, on_idle);
        return;
    }
    uv_idle_stop(&server->idle);
    /* Never 0: such a timer keeps the loop from everything else. */
    if (at_once || waits)
        uv_timer_start(&server->pause, on_pause, left > 0 ? left : 1, 0);
    else
        uv_timer_stop(&server->pause);
}

static void run(struct cg_http_server *server) {
    if (server->running || server->closing)
        return;
    server->running = true;
    server->again = false;
    MHD_run(server->daemon);
    server->running = false;
    if (server->closing)
        cg_server_loop_close(server);
    else
        arm(server);
}

void cg_server_loop_wake(struct cg_http_server *server) {
    server->again = true;
    server->turns = 0;
    if (!server->running && !server->closing)
        uv_idle_start(&server->idle, on_idle);
}

void cg_server_loop_watch(struct cg_http_server *server, bool soon) {
    bool active = uv_is_active((const uv_handle_t *)&server->tick) != 0;
    if (server->closing || (active && !soon))
        return;
    if (active && uv_timer_get_due_in(&server->tick) <= SOON_MS)
        return;
    uv_timer_start(&server->tick, on_tick, soon ? SOON_MS : TICK_MS, TICK_MS);
}

cg_status cg_server_loop_open(struct cg_http_server *server, struct cg_error *error) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    int failed = info ? uv_poll_init(server->loop, &server->poll, info->epoll_fd) : UV_ENOTSUP;
    if (failed)
        return cg_error_set(error, CG_PERMANENT, "the HTTP server cannot be put on the event loop: %s",
                            uv_strerror(failed));
    server->handles = CG_SERVER_HANDLES;
    uv_idle_init(server->loop, &server->idle);
    uv_timer_init(server->loop, &server->pause);
    uv_timer_init(server->loop, &server->tick);
    server->poll.data = server;
    server->idle.data = server;
    server->pause.data = server;
    server->tick.data = server;
    if (!server->options.held)
        cg_server_loop_start(server);
    return CG_OK;
}

void cg_server_loop_start(struct cg_http_server *server) {
    uv_poll_start(&server->poll, UV_READABLE, on_poll);
    /* The daemon begins to listen in its first turn. */
    uv_idle_start(&server->idle, on_idle);
}

static void on_closed(uv_handle_t *handle) {
    struct cg_http_server *server = handle->data;
    if (--server->handles > 0)
        return;
    void (*done)(void *user) = server->done;
    void *user = server->done_user;
    free(server);
    if (done)
        done(user);
}

void cg_server_loop_close(struct cg_http_server *server) {
    server->closing = true;
    if (server->running)
        return;
    /* From here on nothing may run the daemon: what is called back below may call anything. */
    server->running = true;
    uv_close((uv_handle_t *)&server->poll, on_closed);
    uv_close((uv_handle_t *)&server->idle, on_closed);
    uv_close((uv_handle_t *)&server->pause, on_closed);
    uv_close((uv_handle_t *)&server->tick, on_closed);
    cg_server_connections_abandon(server);
    server->stopped = true;
    MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
}
