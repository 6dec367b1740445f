#include "net/net.h"

#include <stdlib.h>

#include "net/net_internal.h"

/* Idle connections kept for later requests. */
#define KEPT_CONNECTIONS 64L

/* One socket that libcurl wants watched. */
struct cg_net_socket {
    uv_poll_t poll;
    struct cg_net *net;
    curl_socket_t fd;
    struct cg_net_socket *previous;
    struct cg_net_socket *next;
};

/* Hands finished transfers to their owners, who may start new ones or take others away meanwhile. */
static void collect(struct cg_net *net) {
    CURLMsg *message;
    int left = 0;
    while ((message = curl_multi_info_read(net->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        void *found = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &found);
        struct cg_net_transfer *transfer = found;
        transfer->finished(transfer, code);
    }
}

static void drive(struct cg_net *net, curl_socket_t fd, int events) {
    int running = 0;
    net->inside++;
    curl_multi_socket_action(net->multi, fd, events, &running);
    collect(net);
    net->inside--;
}

static void on_timer(uv_timer_t *timer) {
    struct cg_net *net = timer->data;
    net->in_timer = true;
    drive(net, CURL_SOCKET_TIMEOUT, 0);
    net->in_timer = false;
}

/* libcurl says when it wants to be called; it must not be called from here. */
static int set_timer(CURLM *multi, long timeout_ms, void *user) {
    (void)multi;
    struct cg_net *net = user;
    if (timeout_ms < 0) {
        uv_timer_stop(&net->timer);
        return 0;
    }
    /* A timer restarted with 0 from its own callback never lets the loop leave its timer phase. */
    if (timeout_ms == 0 && net->in_timer)
        timeout_ms = 1;
    return uv_timer_start(&net->timer, on_timer, (uint64_t)timeout_ms, 0) == 0 ? 0 : -1;
}

static void on_socket(uv_poll_t *poll, int status, int events) {
    const struct cg_net_socket *watched = poll->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    drive(watched->net, watched->fd, flags);
}

static void on_socket_closed(uv_handle_t *handle) {
    struct cg_net_socket *watched = handle->data;
    watched->net->handles--;
    free(watched);
}

static struct cg_net_socket *open_socket(struct cg_net *net, curl_socket_t fd) {
    struct cg_net_socket *watched = calloc(1, sizeof *watched);
    if (!watched)
        return NULL;
    if (uv_poll_init_socket(net->loop, &watched->poll, fd) != 0) {
        free(watched);
        return NULL;
    }
    watched->poll.data = watched;
    watched->net = net;
    watched->fd = fd;
    watched->next = net->sockets;
    if (net->sockets)
        net->sockets->previous = watched;
    net->sockets = watched;
    net->handles++;
    return watched;
}

static void close_socket(struct cg_net_socket *watched) {
    struct cg_net *net = watched->net;
    if (watched->previous)
        watched->previous->next = watched->next;
    else
        net->sockets = watched->next;
    if (watched->next)
        watched->next->previous = watched->previous;
    uv_poll_stop(&watched->poll);
    uv_close((uv_handle_t *)&watched->poll, on_socket_closed);
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *assigned) {
    (void)easy;
    struct cg_net *net = user;
    struct cg_net_socket *watched = assigned;
    if (what == CURL_POLL_REMOVE) {
        if (watched) {
            close_socket(watched);
            curl_multi_assign(net->multi, fd, NULL);
        }
        return 0;
    }
    if (!watched) {
        watched = open_socket(net, fd);
        if (!watched)
            return -1;
        curl_multi_assign(net->multi, fd, watched);
    }
    int events = (what != CURL_POLL_OUT ? UV_READABLE : 0) | (what != CURL_POLL_IN ? UV_WRITABLE : 0);
    return uv_poll_start(&watched->poll, events, on_socket) == 0 ? 0 : -1;
}

static void on_timer_closed(uv_handle_t *handle) {
    struct cg_net *net = handle->data;
    net->handles--;
}

static cg_status start(struct cg_net *net, uv_loop_t *loop, struct cg_error *error) {
    int result = uv_timer_init(loop, &net->timer);
    if (result != 0)
        return cg_error_set(error, CG_PERMANENT, "cannot make a timer: %s", uv_strerror(result));
    net->timer.data = net;
    net->handles++;
    net->multi = curl_multi_init();
    if (!net->multi)
        return cg_error_no_memory(error);
    CURLMcode code = curl_multi_setopt(net->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    if (code == CURLM_OK)
        code = curl_multi_setopt(net->multi, CURLMOPT_SOCKETDATA, net);
    if (code == CURLM_OK)
        code = curl_multi_setopt(net->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    if (code == CURLM_OK)
        code = curl_multi_setopt(net->multi, CURLMOPT_TIMERDATA, net);
    if (code == CURLM_OK)
        code = curl_multi_setopt(net->multi, CURLMOPT_MAXCONNECTS, KEPT_CONNECTIONS);
    if (code != CURLM_OK)
        return cg_error_set(error, CG_PERMANENT, "cannot set up libcurl: %s", curl_multi_strerror(code));
    return CG_OK;
}

cg_status cg_net_new(uv_loop_t *loop, const struct cg_log *log, struct cg_net **ret, struct cg_error *error) {
    struct cg_net *net = calloc(1, sizeof *net);
    if (!net)
        return cg_error_no_memory(error);
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK) {
        free(net);
        return cg_error_set(error, CG_PERMANENT, "cannot set up libcurl: %s", curl_easy_strerror(code));
    }
    net->loop = loop;
    net->log = log;
    if (uv_random(NULL, NULL, &net->random, sizeof net->random, 0, NULL) != 0)
        net->random = uv_hrtime();
    cg_status status = start(net, loop, error);
    if (status != CG_OK) {
        cg_net_free(net);
        return status;
    }
    *ret = net;
    return CG_OK;
}

void cg_net_free(struct cg_net *net) {
    if (!net)
        return;
    if (net->multi)
        curl_multi_cleanup(net->multi);
    while (net->sockets)
        close_socket(net->sockets);
    if (net->handles > 0)
        uv_close((uv_handle_t *)&net->timer, on_timer_closed);
    while (net->handles > 0)
        uv_run(net->loop, UV_RUN_ONCE);
    curl_global_cleanup();
    free(net);
}

void cg_net_cancel(struct cg_net *net) {
    net->cancelled = true;
    for (struct cg_net_member *member = net->members; member; member = member->next)
        member->cancelled(member);
}

void cg_net_join(struct cg_net *net, struct cg_net_member *member) {
    member->previous = NULL;
    member->next = net->members;
    if (net->members)
        net->members->previous = member;
    net->members = member;
}

void cg_net_leave(struct cg_net *net, struct cg_net_member *member) {
    if (member->previous)
        member->previous->next = member->next;
    else
        net->members = member->next;
    if (member->next)
        member->next->previous = member->previous;
}

/* SplitMix64 by Sebastiano Vigna, in the public domain. */
double cg_net_random(struct cg_net *net) {
    uint64_t value = net->random += UINT64_C(0x9E3779B97F4A7C15);
    value = (value ^ (value >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94D049BB133111EB);
    value ^= value >> 31;
    return (double)(value >> 11) / 9007199254740992.0;
}
