#include "net/http_client.h"

#include <stdlib.h>
#include <string.h>

#include "net/http_internal.h"
#include "net/http_retry.h"

int64_t cg_http_clock(void) {
    return (int64_t)(uv_hrtime() / 1000);
}

/* ---- ending requests ---- */

/* Tells the caller; nothing of the exchange is left afterwards. The client must be held. */
static void deliver(struct cg_http_client *client, struct cg_http_client_exchange *exchange,
                    const struct cg_http_outcome *outcome, const struct cg_buf *body) {
    struct cg_http_response response = {.struct_size = sizeof response,
                                        .status = outcome->status,
                                        .http_status = outcome->http_status,
                                        .attempts = exchange->attempts,
                                        .body = body ? cg_buf_text(body) : "",
                                        .length = body ? body->length : 0,
                                        .error = outcome->status == CG_OK ? NULL : outcome->error.text};
    client->pending--;
    exchange->done(exchange->user, &response);
    free(exchange);
}

static void deliver_error(struct cg_http_client *client, struct cg_http_client_exchange *exchange, cg_status status,
                          const char *text) {
    struct cg_http_outcome outcome = {.status = status};
    cg_error_set(&outcome.error, status, "%s: %s %.200s: %s", client->label, exchange->method, exchange->path, text);
    deliver(client, exchange, &outcome, NULL);
}

/* Moves a transfer from the busy to the idle ones. */
static void retire(struct cg_http_transfer *transfer) {
    struct cg_http_client *client = transfer->client;
    struct cg_http_transfer **link = &client->busy;
    while (*link != transfer)
        link = &(*link)->next;
    *link = transfer->next;
    transfer->next = client->idle;
    client->idle = transfer;
    client->in_flight--;
}

/* Ends everything that is there now with CG_CANCELLED; what the callbacks queue meanwhile stays. */
static void cancel_all(struct cg_http_client *client) {
    struct cg_http_client_exchange *list = client->waiting;
    struct cg_http_client_exchange **end = &list;
    while (*end)
        end = &(*end)->next;
    *end = client->queue;
    while (client->busy) {
        struct cg_http_transfer *transfer = client->busy;
        struct cg_http_client_exchange *exchange = transfer->exchange;
        exchange->next = list;
        list = exchange;
        cg_http_transfer_stop(transfer);
        retire(transfer);
    }
    client->waiting = NULL;
    client->queue = NULL;
    client->tail = &client->queue;
    while (list) {
        struct cg_http_client_exchange *exchange = list;
        list = exchange->next;
        deliver_error(client, exchange, CG_CANCELLED, "cancelled");
    }
}

/* ---- starting requests ---- */

static void on_timer(uv_timer_t *timer);

static void wake(struct cg_http_client *client, uint64_t milliseconds) {
    /* Starting a timer of a live loop cannot fail. */
    (void)uv_timer_start(&client->timer, on_timer, milliseconds, 0);
}

/* Sets the timer to when the next request may start. */
static void schedule(struct cg_http_client *client, int64_t now) {
    int64_t due = INT64_MAX;
    if (client->waiting)
        due = client->waiting->due;
    if (client->queue && client->in_flight < client->options.max_in_flight) {
        int64_t start = client->paused_until > client->next_start ? client->paused_until : client->next_start;
        due = start < due ? start : due;
    }
    if (due == INT64_MAX)
        uv_timer_stop(&client->timer);
    else
        wake(client, due <= now ? 1 : (uint64_t)((due - now + 999) / 1000));
}

/* Retries that are due go in front of what was never tried. */
static void take_due(struct cg_http_client *client, int64_t now) {
    struct cg_http_client_exchange **last = &client->waiting;
    while (*last && (*last)->due <= now)
        last = &(*last)->next;
    if (last == &client->waiting)
        return;
    struct cg_http_client_exchange *due = client->waiting;
    client->waiting = *last;
    *last = client->queue;
    if (!client->queue)
        client->tail = last;
    client->queue = due;
}

static struct cg_http_client_exchange *take_first(struct cg_http_client *client) {
    struct cg_http_client_exchange *exchange = client->queue;
    client->queue = exchange->next;
    if (!client->queue)
        client->tail = &client->queue;
    exchange->next = NULL;
    return exchange;
}

static void start_one(struct cg_http_client *client, struct cg_http_client_exchange *exchange, int64_t now) {
    struct cg_http_transfer *transfer = client->idle;
    if (transfer)
        client->idle = transfer->next;
    else
        transfer = cg_http_transfer_new(client);
    if (exchange->attempts == 0)
        exchange->deadline = now + client->tuning.budget_us;
    else
        client->stats.retries++;
    client->stats.requests++;
    exchange->attempts++;
    if (!transfer || cg_http_transfer_start(transfer, exchange) != CG_OK) {
        cg_http_transfer_free(transfer);
        deliver_error(client, exchange, CG_NO_MEMORY, "out of memory");
        return;
    }
    transfer->next = client->busy;
    client->busy = transfer;
    client->in_flight++;
}

/* Starts what may start, and sets the timer for the rest. The client must be held. */
static void pump(struct cg_http_client *client) {
    if (client->closing)
        return;
    if (client->net->cancelled) {
        cancel_all(client);
        if (client->queue && !client->closing)
            wake(client, 1);
        return;
    }
    int64_t now = cg_http_clock();
    take_due(client, now);
    while (client->queue && client->in_flight < client->options.max_in_flight && now >= client->paused_until &&
           now >= client->next_start) {
        start_one(client, take_first(client), now);
        if (client->closing)
            return;
        client->next_start = now + client->options.min_interval_us;
        now = cg_http_clock();
    }
    schedule(client, now);
}

/* ---- lifetime ---- */

static void on_closed(uv_handle_t *handle) {
    struct cg_http_client *client = handle->data;
    client->net->handles--;
    cg_http_client_unconfigure(client);
    free(client);
}

/* Undoes one hold; a closed client goes with the last one. */
static void let_go(struct cg_http_client *client) {
    if (--client->holds > 0 || !client->closing)
        return;
    while (client->idle) {
        struct cg_http_transfer *transfer = client->idle;
        client->idle = transfer->next;
        cg_http_transfer_free(transfer);
    }
    cg_net_leave(client->net, &client->member);
    uv_close((uv_handle_t *)&client->timer, on_closed);
}

/* Around everything that may call back. */
static void hold(struct cg_http_client *client) {
    client->holds++;
    client->net->inside++;
}

static void release(struct cg_http_client *client) {
    client->net->inside--;
    let_go(client);
}

void cg_http_client_free(struct cg_http_client *client) {
    if (!client || client->closing)
        return;
    hold(client);
    client->closing = true;
    uv_timer_stop(&client->timer);
    cancel_all(client);
    release(client);
}

static void on_timer(uv_timer_t *timer) {
    struct cg_http_client *client = timer->data;
    hold(client);
    pump(client);
    release(client);
}

static void on_cancel(struct cg_net_member *member) {
    struct cg_http_client *client =
        (struct cg_http_client *)(void *)((char *)member - offsetof(struct cg_http_client, member));
    if (!client->closing && client->pending > 0)
        wake(client, 1);
}

/* ---- results ---- */

static int64_t next_delay(const struct cg_http_client *client, const struct cg_http_client_exchange *exchange,
                          const struct cg_http_outcome *outcome) {
    struct cg_http_delay delay = {.backoff_us = client->tuning.backoff_us,
                                  .least_pause_us = client->tuning.least_pause_us,
                                  .retry = exchange->attempts - 1,
                                  .rate_limited = outcome->http_status == 429,
                                  .asked_us = outcome->asked_us};
    double first = cg_net_random(client->net);
    return cg_http_delay(&delay, first, cg_net_random(client->net));
}

static void wait_for_retry(struct cg_http_client *client, struct cg_http_client_exchange *exchange, int64_t due) {
    struct cg_http_client_exchange **link = &client->waiting;
    while (*link && (*link)->due <= due)
        link = &(*link)->next;
    exchange->due = due;
    exchange->next = *link;
    *link = exchange;
}

static void tell_retry(const struct cg_http_client *client, const struct cg_http_client_exchange *exchange,
                       const struct cg_http_outcome *outcome, int64_t wait) {
    cg_log_write(client->net->log, "net.http", CG_LOG_WARNING, "%s (attempt %u of %u, the next in %.1f s)",
                 outcome->error.text, exchange->attempts, exchange->max_attempts, (double)wait / 1e6);
}

static void add_attempts(struct cg_http_outcome *outcome, uint32_t attempts) {
    if (outcome->status == CG_OK || attempts < 2)
        return;
    struct cg_error plain = outcome->error;
    cg_error_set(&outcome->error, plain.status, "%.900s, after %u attempts", plain.text, attempts);
}

void cg_http_client_finished(struct cg_http_transfer *transfer, CURLcode code) {
    struct cg_http_client *client = transfer->client;
    struct cg_http_client_exchange *exchange = transfer->exchange;
    struct cg_http_outcome outcome;
    hold(client);
    cg_http_outcome_read(transfer, code, &outcome);
    int64_t now = cg_http_clock();
    int64_t wait = outcome.transient ? next_delay(client, exchange, &outcome) : 0;
    if (outcome.transient && client->net->cancelled) {
        outcome.transient = false;
        outcome.status = cg_error_set(&outcome.error, CG_CANCELLED, "%s: %s %.200s: cancelled", client->label,
                                      exchange->method, exchange->path);
    }
    if (outcome.http_status == 429 && now + wait > client->paused_until)
        client->paused_until = now + wait;
    bool again = outcome.transient && exchange->attempts < exchange->max_attempts && now + wait <= exchange->deadline;
    /* The answer leaves its transfer, so that the callback may do as it likes, and its memory goes back afterwards. */
    struct cg_buf body = transfer->body;
    cg_buf_init(&transfer->body, 0);
    if (again)
        tell_retry(client, exchange, &outcome, wait);
    cg_http_transfer_stop(transfer);
    retire(transfer);
    if (again) {
        wait_for_retry(client, exchange, now + wait);
    } else {
        add_attempts(&outcome, exchange->attempts);
        deliver(client, exchange, &outcome, &body);
    }
    cg_http_transfer_keep(transfer, &body);
    pump(client);
    release(client);
}

/* ---- what callers use ---- */

cg_status cg_http_client_new_tuned(struct cg_net *net, const struct cg_http_options *options,
                                   const struct cg_http_tuning *tuning, struct cg_http_client **ret,
                                   struct cg_error *error) {
    struct cg_http_client *client = calloc(1, sizeof *client);
    if (!client)
        return cg_error_no_memory(error);
    cg_status status = cg_http_client_configure(client, options, tuning, error);
    int result = status == CG_OK ? uv_timer_init(net->loop, &client->timer) : 0;
    if (result != 0)
        status = cg_error_set(error, CG_PERMANENT, "cannot make a timer: %s", uv_strerror(result));
    if (status != CG_OK) {
        cg_http_client_unconfigure(client);
        free(client);
        return status;
    }
    client->net = net;
    client->timer.data = client;
    client->tail = &client->queue;
    client->member.cancelled = on_cancel;
    net->handles++;
    cg_net_join(net, &client->member);
    *ret = client;
    return CG_OK;
}

cg_status cg_http_client_new(struct cg_net *net, const struct cg_http_options *options, struct cg_http_client **ret,
                             struct cg_error *error) {
    return cg_http_client_new_tuned(net, options, NULL, ret, error);
}

cg_status cg_http_client_send(struct cg_http_client *client, const struct cg_http_client_request *request,
                              cg_http_done done, void *user) {
    struct cg_http_client_exchange *exchange = NULL;
    if (client->closing || !done)
        return CG_INVALID;
    cg_status status = cg_http_exchange_new(client, request, &exchange);
    if (status != CG_OK)
        return status;
    exchange->done = done;
    exchange->user = user;
    *client->tail = exchange;
    client->tail = &exchange->next;
    client->pending++;
    wake(client, client->net->inside > 0 ? 1 : 0);
    return CG_OK;
}

cg_status cg_http_client_get(struct cg_http_client *client, const char *path, const struct cg_http_param *params,
                             size_t param_count, cg_http_done done, void *user) {
    const struct cg_http_client_request request = {
        .method = "GET", .path = path, .params = params, .param_count = param_count};
    return cg_http_client_send(client, &request, done, user);
}

cg_status cg_http_client_wait(struct cg_http_client *client) {
    struct cg_net *net = client->net;
    if (net->inside > 0)
        return CG_INVALID;
    client->holds++;
    while (client->pending > 0)
        uv_run(net->loop, UV_RUN_ONCE);
    let_go(client);
    return net->cancelled ? CG_CANCELLED : CG_OK;
}

struct cg_http_stats cg_http_client_stats(const struct cg_http_client *client) {
    return client->stats;
}
