#include "expose/listeners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

#include "expose/visit.h"

#define LOGGER "core.emitters.exposition"

/* A listener that is no longer in the configuration ends when its answers are whole, or after so long. */
#define RETIRE_MS 500
#define RETIRE_TURNS 60

/* Connections of a listener. */
#define CONNECTIONS 256
#define ACTIVE 64

/* Who takes nothing of a page for so long has to ask again: there are only CG_EXPOSE_PAGES at once. */
#define ANSWER_SECONDS 15

/* How much nicer the threads that read are than the loop. */
#define NICE 5

struct listener {
    struct listener *next;
    struct cg_listeners *all;
    char *address;
    uint16_t port;
    struct cg_http_server *server;
    struct cg_expose_plan *plan;       /* in effect here; NULL before it goes */
    const struct cg_expose_site *site; /* of it */
    uv_timer_t timer;                  /* while it retires */
    int has_timer;
    int turns;
};

struct cg_listeners {
    struct cg_visitors visitors;
    struct cg_expose_plan *plan; /* in effect */
    struct cg_expose_plan *next; /* prepared */
    struct listener *serving;
    struct listener *fresh;    /* prepared */
    struct listener *retiring; /* in the plan no more */
    size_t handles;            /* servers and timers that are not closed */
    int closing;
    void (*done)(void *user);
    void *done_user;
};

/* ---- the end ---- */

static void free_if_over(struct cg_listeners *listeners) {
    if (!listeners->closing || listeners->handles || listeners->visitors.count)
        return;
    void (*done)(void *user) = listeners->done;
    void *user = listeners->done_user;
    cg_expose_plan_unref(listeners->plan);
    cg_expose_plan_unref(listeners->next);
    free(listeners);
    if (done)
        done(user);
}

static void on_idle(void *user) {
    free_if_over(user);
}

static void release(struct listener *listener) {
    struct cg_listeners *all = listener->all;
    all->handles--;
    if (!listener->server && !listener->has_timer) {
        cg_expose_plan_unref(listener->plan);
        free(listener->address);
        free(listener);
    }
    free_if_over(all);
}

static void on_server_closed(void *user) {
    struct listener *listener = user;
    listener->server = NULL;
    release(listener);
}

static void on_timer_closed(uv_handle_t *handle) {
    struct listener *listener = handle->data;
    listener->has_timer = 0;
    release(listener);
}

/* Ends a listener that is in no list any more. */
static void close_listener(struct listener *listener) {
    if (listener->has_timer)
        uv_close((uv_handle_t *)&listener->timer, on_timer_closed);
    cg_http_server_close(listener->server, on_server_closed, listener);
}

static void close_list(struct listener **list) {
    struct listener *listener = *list;
    *list = NULL;
    while (listener) {
        struct listener *next = listener->next;
        close_listener(listener);
        listener = next;
    }
}

/* ---- requests ---- */

static void on_request(void *user, struct cg_http_exchange *exchange) {
    const struct listener *listener = user;
    cg_page_visit_begin(&listener->all->visitors, listener->plan, listener->site, exchange);
}

static void on_ended(void *user, struct cg_http_exchange *exchange, int32_t whole) {
    (void)user;
    (void)whole;
    cg_page_visit_ended(exchange);
}

/* ---- preparing ---- */

static cg_status open_listener(struct cg_listeners *listeners, const struct cg_expose_site *site,
                               struct cg_error *error) {
    struct listener *listener = calloc(1, sizeof *listener);
    uint16_t port = 0;
    if (!listener || !(listener->address = strdup(site->address))) {
        free(listener);
        return cg_error_no_memory(error);
    }
    listener->all = listeners;
    listener->port = site->port;
    struct cg_http_server_options options = {
        .listen_fd = -1,
        .connection_limit = CONNECTIONS,
        .active_limit = ACTIVE,
        .body_limit = 1024,
        .answer_seconds = ANSWER_SECONDS,
        .log = listeners->visitors.log,
        .held = 1,
        .user = listener,
        .request = on_request,
        .ended = on_ended,
    };
    cg_status status = cg_http_listen(site->address, site->port, &options.listen_fd, &port, error);
    if (status == CG_OK)
        status = cg_http_server_new(listeners->visitors.loop, &options, &listener->server, error);
    if (status != CG_OK) {
        free(listener->address);
        free(listener);
        return status;
    }
    listeners->handles++;
    listener->next = listeners->fresh;
    listeners->fresh = listener;
    return CG_OK;
}

static const struct cg_expose_site *site_of(const struct cg_expose_plan *plan, const struct listener *listener) {
    return cg_expose_plan_find(plan, listener->address, listener->port);
}

static int is_served(const struct cg_listeners *listeners, const struct cg_expose_site *site) {
    for (const struct listener *listener = listeners->serving; listener; listener = listener->next)
        if (listener->port == site->port && strcasecmp(listener->address, site->address) == 0)
            return 1;
    return 0;
}

cg_status cg_listeners_prepare(struct cg_listeners *listeners, struct cg_expose_plan *plan, struct cg_error *error) {
    cg_status status = CG_OK;
    cg_listeners_abandon(listeners);
    for (size_t i = 0; i < plan->count && status == CG_OK; i++)
        if (!is_served(listeners, &plan->sites[i]))
            status = open_listener(listeners, &plan->sites[i], error);
    if (status != CG_OK)
        close_list(&listeners->fresh);
    else
        listeners->next = cg_expose_plan_ref(plan);
    return status;
}

void cg_listeners_abandon(struct cg_listeners *listeners) {
    close_list(&listeners->fresh);
    cg_expose_plan_unref(listeners->next);
    listeners->next = NULL;
}

/* ---- putting into effect ---- */

static void on_retire(uv_timer_t *timer) {
    struct listener *listener = timer->data;
    struct listener **at = &listener->all->retiring;
    if (cg_http_server_open(listener->server) && ++listener->turns < RETIRE_TURNS)
        return;
    while (*at != listener)
        at = &(*at)->next;
    *at = listener->next;
    uv_timer_stop(timer);
    close_listener(listener);
}

static void retire(struct listener *listener) {
    struct cg_listeners *all = listener->all;
    cg_http_server_quiesce(listener->server);
    listener->next = all->retiring;
    all->retiring = listener;
    uv_timer_init(all->visitors.loop, &listener->timer);
    listener->timer.data = listener;
    listener->has_timer = 1;
    all->handles++;
    uv_timer_start(&listener->timer, on_retire, RETIRE_MS, RETIRE_MS);
}

static void tell(const struct listener *listener) {
    const int six = strchr(listener->address, ':') != NULL;
    cg_log_write(listener->all->visitors.log, LOGGER, CG_LOG_INFO,
                 "Samples of %zu emitter(s) are served on http://%s%s%s:%u", listener->site->count, six ? "[" : "",
                 listener->address, six ? "]" : "", listener->port);
}

static void use_plan(struct listener *listener, struct cg_expose_plan *plan) {
    struct cg_expose_plan *old = listener->plan;
    const int is_new = !old || listener->site->count != site_of(plan, listener)->count;
    listener->plan = cg_expose_plan_ref(plan);
    listener->site = site_of(plan, listener);
    cg_expose_plan_unref(old);
    if (is_new)
        tell(listener);
}

void cg_listeners_apply(struct cg_listeners *listeners) {
    struct cg_expose_plan *plan = listeners->next;
    if (!plan)
        return;
    struct listener *before = listeners->serving;
    struct listener *fresh = listeners->fresh;
    listeners->serving = NULL;
    listeners->fresh = NULL;
    while (before) {
        struct listener *listener = before;
        before = before->next;
        if (!site_of(plan, listener)) {
            retire(listener);
            continue;
        }
        listener->next = listeners->serving;
        listeners->serving = listener;
        use_plan(listener, plan);
    }
    while (fresh) {
        struct listener *listener = fresh;
        fresh = fresh->next;
        listener->next = listeners->serving;
        listeners->serving = listener;
        use_plan(listener, plan);
        cg_http_server_go(listener->server);
    }
    cg_expose_plan_unref(listeners->plan);
    listeners->plan = plan;
    listeners->next = NULL;
}

/* ---- life ---- */

/* A part of the descriptors that the process may have, for each of the pages that may be made at once. */
static size_t open_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
        return CG_PAGE_OPEN_FILES;
    const size_t most = (size_t)(limit.rlim_cur / 4 / CG_EXPOSE_PAGES);
    return most < CG_PAGE_OPEN_FILES ? most : CG_PAGE_OPEN_FILES;
}

cg_status cg_listeners_new(uv_loop_t *loop, const struct cg_log *log, struct cg_listeners **ret) {
    struct cg_listeners *listeners = calloc(1, sizeof *listeners);
    if (!listeners)
        return CG_NO_MEMORY;
    listeners->visitors = (struct cg_visitors){
        .loop = loop,
        .log = log,
        .open_files = open_files(),
        .priority = getpriority(PRIO_PROCESS, 0) + NICE,
        .idle = on_idle,
        .user = listeners,
    };
    *ret = listeners;
    return CG_OK;
}

const struct cg_expose_plan *cg_listeners_plan(const struct cg_listeners *listeners) {
    return listeners->plan;
}

void cg_listeners_quiesce(struct cg_listeners *listeners) {
    for (const struct listener *listener = listeners->serving; listener; listener = listener->next)
        cg_http_server_quiesce(listener->server);
}

void cg_listeners_close(struct cg_listeners *listeners, void (*done)(void *user), void *user) {
    if (!listeners) {
        if (done)
            done(user);
        return;
    }
    listeners->done = done;
    listeners->done_user = user;
    listeners->handles++; /* so that it is not over before every list is closed */
    listeners->closing = 1;
    close_list(&listeners->fresh);
    close_list(&listeners->serving);
    close_list(&listeners->retiring);
    listeners->handles--;
    free_if_over(listeners);
}
