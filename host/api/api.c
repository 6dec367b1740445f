#include "api/api.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/elsewhere.h"
#include "api/private.h"
#include "base/time.h"
#include "net/http_server.h"

/* How often deadlines are looked at. */
#define TICK_MS 50

/* How long requests at work may take when the program ends. */
#define DRAIN_MS 10000

/* How long a server that was replaced waits for requests on young connections. */
#define LEAVING_MS 2000

/** What cg_api_prepare made ready. */
struct cg_api_candidate {
    struct cg_api *api;
    struct cg_api_generation *generation;
    struct cg_http_server *server; /* NULL: the one at work fits */
    int listen_fd;                 /* our own duplicate, -1: the one we have */
    uint16_t port;
};

static void on_tick(uv_timer_t *timer);

cg_status cg_api_new(const struct cg_api_options *options, struct cg_api **ret) {
    struct cg_api *api = calloc(1, sizeof *api);
    if (!api)
        return CG_NO_MEMORY;
    api->options = *options;
    api->listen_fd = -1;
    api->started_at = cg_time_now();
    if (cg_overview_new(api, &api->overview) != CG_OK) {
        free(api);
        return CG_NO_MEMORY;
    }
    uv_timer_init(options->loop, &api->tick);
    api->tick.data = api;
    uv_timer_start(&api->tick, on_tick, TICK_MS, TICK_MS);
    *ret = api;
    return CG_OK;
}

/* ---- taking a configuration over ---- */

static int same_text(const char *left, const char *right) {
    return left == right || (left && right && strcmp(left, right) == 0);
}

static int same_address(const struct cg_api_settings *left, const struct cg_api_settings *right) {
    return same_text(left->host, right->host) && left->port == right->port;
}

static int same_server(const struct cg_api_settings *left, const struct cg_api_settings *right) {
    return same_address(left, right) && same_text(left->tls_certificate, right->tls_certificate) &&
           same_text(left->tls_key, right->tls_key) && left->max_connections == right->max_connections &&
           left->max_body_bytes == right->max_body_bytes;
}

static cg_status make_server(struct cg_api *api, const struct cg_api_settings *settings, int listen_fd,
                             struct cg_http_server **ret, struct cg_error *error) {
    struct cg_http_server_options options = {
        .listen_fd = listen_fd,
        .tls_certificate = settings->tls_certificate,
        .tls_key = settings->tls_key,
        .connection_limit = (uint32_t)settings->max_connections,
        .body_limit = (size_t)settings->max_body_bytes,
        .log = api->options.log,
        .held = 1, /* until its configuration is in effect: another part of the program may still refuse it */
        .user = api,
        .request = cg_visit_begin,
        .ended = cg_visit_exchange_ended,
    };
    return cg_http_server_new(api->options.loop, &options, ret, error);
}

/* Listens at another address, or with another certificate at the same one: both servers then share the socket. The new
 * one takes no connection yet.
 */
static cg_status prepare_server(struct cg_api_candidate *candidate, const struct cg_api_settings *settings,
                                struct cg_error *error) {
    struct cg_api *api = candidate->api;
    const struct cg_api_settings *before = api->current ? &api->current->loan.settings->api : NULL;
    int shared = before && same_address(before, settings);
    int own = -1;
    cg_status status = CG_OK;
    candidate->port = api->port;
    if (before && same_server(before, settings))
        return CG_OK;
    if (!shared) {
        status =
            cg_http_listen(settings->host, (uint16_t)settings->port, &candidate->listen_fd, &candidate->port, error);
        if (status != CG_OK)
            return status;
    }
    own = fcntl(shared ? api->listen_fd : candidate->listen_fd, F_DUPFD_CLOEXEC, 3);
    if (own < 0)
        return cg_error_set(error, CG_TEMPORARY, "the listening socket cannot be duplicated: too many open files");
    return make_server(api, settings, own, &candidate->server, error);
}

cg_status cg_api_prepare(struct cg_api *api, const struct cg_api_settings_loan *loan, struct cg_api_candidate **ret,
                         struct cg_error *error) {
    struct cg_api_candidate *candidate = calloc(1, sizeof *candidate);
    if (!candidate)
        return cg_error_no_memory(error);
    candidate->api = api;
    candidate->listen_fd = -1;
    cg_status status = CG_OK;
    if (!api->pool && cg_pool_new(api->options.loop, cg_pool_threads(loan->settings->api.threads), &api->pool) != CG_OK)
        status = cg_error_no_memory(error);
    if (status == CG_OK)
        status = prepare_server(candidate, &loan->settings->api, error);
    if (status == CG_OK)
        status = cg_api_generation_new(api, loan, &candidate->generation, error);
    if (status != CG_OK) {
        cg_api_abandon(candidate);
        return status;
    }
    *ret = candidate;
    return CG_OK;
}

void cg_api_abandon(struct cg_api_candidate *candidate) {
    if (!candidate)
        return;
    cg_http_server_close(candidate->server, NULL, NULL);
    if (candidate->listen_fd >= 0)
        close(candidate->listen_fd);
    cg_api_generation_unref(candidate->generation);
    free(candidate);
}

/* A server that was replaced finishes what it has. When more of them do than there is room for, the first is broken
 * off.
 */
static void let_leave(struct cg_api *api, struct cg_http_server *server) {
    size_t place = 0;
    if (!server)
        return;
    cg_http_server_quiesce(server);
    while (place < CG_API_LEAVING && api->leaving[place].server)
        place++;
    if (place == CG_API_LEAVING) {
        place = 0;
        cg_http_server_close(api->leaving[0].server, NULL, NULL);
    }
    api->leaving[place] = (struct cg_leaving){server, uv_now(api->options.loop)};
}

void cg_api_apply(struct cg_api *api, struct cg_api_candidate *candidate) {
    struct cg_api_generation *before = api->current;
    api->current = candidate->generation;
    if (candidate->server) {
        let_leave(api, api->server);
        api->server = candidate->server;
        if (!api->draining)
            cg_http_server_go(api->server);
    }
    if (candidate->listen_fd >= 0) {
        if (api->listen_fd >= 0)
            close(api->listen_fd);
        api->listen_fd = candidate->listen_fd;
        api->port = candidate->port;
    }
    free(candidate);
    cg_overview_reset(api->overview);
    cg_api_generation_unref(before);
}

uint16_t cg_api_port(const struct cg_api *api) {
    return api->port;
}

/* ---- the end ---- */

/* Connections that it has taken over a moment ago may still bring their first request. */
static int may_close(const struct cg_api *api, const struct cg_leaving *leaving) {
    struct cg_http_server_counts counts;
    cg_http_server_count(leaving->server, &counts);
    return !counts.connections ||
           (!cg_http_server_open(leaving->server) && uv_now(api->options.loop) - leaving->since >= LEAVING_MS);
}

static void look_at_leaving(struct cg_api *api) {
    for (size_t i = 0; i < CG_API_LEAVING; i++)
        if (api->leaving[i].server && may_close(api, &api->leaving[i])) {
            cg_http_server_close(api->leaving[i].server, NULL, NULL);
            api->leaving[i].server = NULL;
        }
}

static void close_servers(struct cg_api *api) {
    for (size_t i = 0; i < CG_API_LEAVING; i++) {
        cg_http_server_close(api->leaving[i].server, NULL, NULL);
        api->leaving[i].server = NULL;
    }
    cg_http_server_close(api->server, NULL, NULL);
    api->server = NULL;
    if (api->listen_fd >= 0)
        close(api->listen_fd);
    api->listen_fd = -1;
}

static void on_tick_closed(uv_handle_t *handle) {
    struct cg_api *api = handle->data;
    void (*closed)(void *user) = api->closed;
    void *user = api->closed_user;
    cg_overview_free(api->overview);
    cg_pool_free(api->pool);
    free(api);
    if (closed)
        closed(user);
}

/* Answers that clients have not taken whole; their visits may be over. */
static size_t answers_at_work(const struct cg_api *api) {
    size_t count = api->server ? cg_http_server_open(api->server) : 0;
    for (size_t i = 0; i < CG_API_LEAVING; i++)
        count += api->leaving[i].server ? cg_http_server_open(api->leaving[i].server) : 0;
    return count;
}

static int32_t is_overdue(const struct cg_api *api) {
    return api->draining && uv_now(api->options.loop) >= api->drain_deadline;
}

/* One step of the end at a time: requests, then servers, then connections to databases, then this. */
static void go_on_closing(struct cg_api *api) {
    size_t waiting = 0;
    size_t running = 0;
    if ((api->visit_count || answers_at_work(api)) && !is_overdue(api))
        return;
    if (api->server || api->listen_fd >= 0)
        close_servers(api);
    if (api->visit_count)
        return;
    if (api->current) {
        struct cg_api_generation *current = api->current;
        api->current = NULL;
        cg_api_generation_unref(current);
    }
    if (api->pool)
        cg_pool_count(api->pool, &waiting, &running);
    if (!api->generation_count && !waiting && !running)
        uv_close((uv_handle_t *)&api->tick, on_tick_closed);
}

static void on_tick(uv_timer_t *timer) {
    struct cg_api *api = timer->data;
    cg_visits_look(api);
    if (is_overdue(api))
        cg_visits_interrupt(api);
    cg_overview_tick(api->overview);
    cg_elsewhere_tick(api);
    look_at_leaving(api);
    if (api->closing)
        go_on_closing(api);
}

void cg_api_drain(struct cg_api *api) {
    if (api->draining)
        return;
    api->draining = 1;
    api->drain_deadline = uv_now(api->options.loop) + DRAIN_MS;
    if (api->server)
        cg_http_server_quiesce(api->server);
}

void cg_api_close(struct cg_api *api, void (*done)(void *user), void *user) {
    if (!api) {
        if (done)
            done(user);
        return;
    }
    cg_api_drain(api);
    api->closing = 1;
    api->closed = done;
    api->closed_user = user;
    uv_timer_stop(&api->tick);
    uv_timer_start(&api->tick, on_tick, 0, TICK_MS);
}
