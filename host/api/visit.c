#include "api/visit.h"

#include <stdlib.h>
#include <string.h>

#include "api/elsewhere.h"
#include "api/self.h"

/* Headers of one answer: the reply's, the type, those of CORS. */
#define HEADERS_MAX (CG_REPLY_HEADERS + 4)

/* ---- answering ---- */

void cg_visit_count(struct cg_visit *visit, uint32_t status) {
    uint64_t microseconds = (uv_hrtime() - visit->began) / 1000;
    uint32_t level = status >= 500 ? CG_LOG_WARNING : CG_LOG_DEBUG;
    cg_route_counters_add(&visit->api->counters, visit->match.route, status, microseconds);
    cg_log_write(visit->api->options.log, CG_API_LOGGER, level,
                 "request_completed method=%s path=%s status=%u milliseconds=%llu.%03llu client=%s",
                 visit->request.method, visit->request.path, status, (unsigned long long)microseconds / 1000,
                 (unsigned long long)microseconds % 1000, visit->request.client);
}

/* An answer that is made while the job still owns the reply, so it touches nothing of that. */
static void send_timeout(struct cg_visit *visit) {
    char body[96];
    struct cg_http_pair headers[3] = {{"content-type", "application/json"}};
    size_t count = 1;
    int length = snprintf(body, sizeof body, "{\"detail\":\"Request exceeded %llds timeout\"}",
                          (long long)visit->generation->loan.settings->api.request_timeout_seconds);
    for (size_t i = 0; i < visit->cors_count; i++)
        headers[count++] = visit->cors[i];
    struct cg_http_answer answer = {
        .status = 504, .headers = headers, .header_count = count, .body = body, .body_length = (size_t)length};
    visit->answered = 1;
    cg_visit_count(visit, 504);
    cg_http_answer(visit->exchange, &answer, NULL, NULL);
}

static int has_header(const struct cg_reply *reply, const char *name) {
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcmp(reply->headers[i].name, name) == 0)
            return 1;
    return 0;
}

void cg_visit_send(struct cg_visit *visit, const struct cg_http_stream *stream) {
    struct cg_reply *reply = &visit->call.reply;
    struct cg_http_pair headers[HEADERS_MAX];
    size_t count = 0;
    headers[count++] = (struct cg_http_pair){"content-type", reply->content_type};
    for (size_t i = 0; i < reply->header_count; i++)
        headers[count++] = reply->headers[i];
    for (size_t i = 0; i < visit->cors_count; i++)
        if (!has_header(reply, visit->cors[i].name))
            headers[count++] = visit->cors[i];
    struct cg_http_answer answer = {
        .status = reply->status,
        .headers = headers,
        .header_count = count,
        .stream = stream,
        .close = visit->api->draining,
    };
    visit->answered = 1;
    if (stream) {
        cg_http_answer(visit->exchange, &answer, NULL, NULL);
        return;
    }
    /* The body goes to the server as it is, without a copy. */
    char *data = reply->body.data;
    answer.body = data ? data : "";
    answer.body_length = reply->body.length;
    cg_buf_init(&reply->body, CG_REPLY_LIMIT);
    cg_http_answer(visit->exchange, &answer, data ? free : NULL, data);
}

/* The whole reply is there; the visit ends with it. */
static void finish(struct cg_visit *visit) {
    if (visit->call.reply.body.status != CG_OK)
        cg_visit_fail(visit, cg_error_no_memory(&visit->call.error));
    cg_visit_count(visit, visit->call.reply.status);
    if (visit->exchange)
        cg_visit_send(visit, NULL);
    cg_visit_free(visit);
}

/* ---- on its way ---- */

static void handle_here(struct cg_visit *visit) {
    int32_t go = 1;
    cg_status status = cg_call_prepare(&visit->call, &visit->match, &go);
    if (status == CG_OK && go && cg_visit_has_tenant(visit))
        status = visit->match.route->handle(&visit->call);
    if (status != CG_OK)
        cg_visit_fail(visit, status);
    cg_reply_encode(&visit->call);
    finish(visit);
}

static void on_overview(struct cg_overview_waiter *waiter) {
    handle_here((struct cg_visit *)((char *)waiter - offsetof(struct cg_visit, waiter)));
}

static void on_asked(void *user, int32_t busy) {
    struct cg_visit *visit = user;
    visit->asking = NULL;
    visit->call.busy_elsewhere = busy;
    handle_here(visit);
}

/* Whether this process may begin the run is found out with the tenant's database, if that is not known here. Without
 * memory, or without an answer, the worker finds out. */
static void ask_or_handle(struct cg_visit *visit) {
    if (cg_api_pipeline_asks(&visit->call))
        visit->asking = cg_elsewhere_ask(visit->generation, visit->call.tenant->index, on_asked, visit);
    if (!visit->asking)
        handle_here(visit);
}

/* Routes without a store. Readiness is asked for often, the list when somebody looks. */
static void answer_here(struct cg_visit *visit) {
    visit->waiter.ready = on_overview;
    visit->deadline = 0;
    if (visit->match.route->handle == cg_api_readiness)
        cg_overview_look(visit->api->overview, 2000, &visit->waiter);
    else if (visit->match.route->handle == cg_api_tenant_list)
        cg_overview_look(visit->api->overview, 0, &visit->waiter);
    else if (visit->match.route->handle == cg_api_pipeline_run)
        ask_or_handle(visit);
    else
        handle_here(visit);
}

/* It was taken back or interrupted: by its own time, or by the end of the program. */
static void fail_early(struct cg_visit *visit) {
    if (visit->timed_out)
        cg_visit_fail(visit, CG_CANCELLED);
    else
        cg_visit_fail(visit, cg_error_set(&visit->call.error, CG_TEMPORARY, "The program is being stopped"));
}

static void begin_stream(struct cg_visit *visit) {
    if (!visit->more || visit->api->streams < CG_API_STREAMS) {
        cg_visit_stream(visit);
        return;
    }
    cg_error_set(&visit->call.error, CG_TEMPORARY, "There are %u exports at work already; try again in a moment",
                 CG_API_STREAMS);
    cg_visit_fail(visit, CG_TEMPORARY);
    finish(visit);
}

/* 1: nobody waits for an answer any more, and the visit has ended. */
static int32_t is_left(struct cg_visit *visit) {
    if (!visit->answered && visit->exchange)
        return 0;
    if (!visit->answered)
        cg_visit_count(visit, 0);
    cg_visit_free(visit);
    return 1;
}

static void on_done(struct cg_job *job, int32_t taken_back) {
    struct cg_visit *visit = (struct cg_visit *)job;
    visit->in_job = 0;
    if (is_left(visit))
        return;
    if (taken_back || visit->status == CG_CANCELLED)
        fail_early(visit);
    if (visit->call.reply.stream.next && visit->status == CG_OK)
        begin_stream(visit);
    else
        finish(visit);
}

/* The time of a request runs from its first job on. */
static void start_job(struct cg_visit *visit, void (*work)(struct cg_job *), void (*done)(struct cg_job *, int32_t)) {
    int64_t seconds = visit->generation->loan.settings->api.request_timeout_seconds;
    const struct cg_api_tenant *tenant = visit->call.tenant;
    if (!visit->deadline)
        visit->deadline = uv_now(visit->api->options.loop) + (uint64_t)seconds * 1000;
    visit->in_job = 1;
    visit->job.work = work;
    visit->job.done = done;
    visit->job.tenant = tenant ? tenant->index : SIZE_MAX;
    visit->job.writes = work == cg_visit_work && visit->match.route->store == CG_ROUTE_WRITE;
    cg_pool_add(visit->api->pool, &visit->job);
}

static void proceed(struct cg_visit *visit) {
    cg_status status = cg_visit_copy_body(visit);
    if (status != CG_OK) {
        cg_visit_fail(visit, status);
        finish(visit);
    } else if (visit->match.route->store == CG_ROUTE_NO_STORE) {
        answer_here(visit);
    } else {
        start_job(visit, cg_visit_work, on_done);
    }
}

/* ---- who may ---- */

static void judge(struct cg_visit *visit, const struct cg_auth_answer *answer) {
    struct cg_call *call = &visit->call;
    if (!answer->status) {
        proceed(visit);
        return;
    }
    if (answer->challenge)
        cg_reply_header(call, "www-authenticate", answer->challenge);
    if (answer->retry_after)
        cg_reply_header(call, "retry-after", cg_arena_printf(call->arena, "%u", answer->retry_after));
    cg_reply_detail(call, answer->status, "%s", answer->detail);
    finish(visit);
}

static void verify(struct cg_job *job) {
    cg_auth_verify(((struct cg_visit *)job)->check);
}

static void on_verified(struct cg_job *job, int32_t taken_back) {
    struct cg_visit *visit = (struct cg_visit *)job;
    struct cg_auth_answer answer;
    visit->in_job = 0;
    cg_auth_settle(visit->check, &answer);
    visit->check = NULL;
    if (is_left(visit))
        return;
    if (taken_back || visit->timed_out) {
        fail_early(visit);
        finish(visit);
    } else {
        judge(visit, &answer);
    }
}

static int only_reads(const struct cg_route *route) {
    return route->store == CG_ROUTE_READ || strcmp(route->method, "GET") == 0;
}

static void ask_who(struct cg_visit *visit) {
    const struct cg_auth_request request = {
        .authorization = cg_http_request_header(&visit->request, "authorization"),
        .client = visit->request.client,
        .needed = only_reads(visit->match.route) ? CG_ROLE_READ : CG_ROLE_WRITE,
        .now = uv_now(visit->api->options.loop),
    };
    struct cg_auth_answer answer = {0};
    if (visit->match.route->flags & CG_ROUTE_OPEN)
        proceed(visit);
    else if (cg_auth_quick(visit->generation->auth, &request, &answer, &visit->check) == CG_AUTH_CHECK)
        start_job(visit, verify, on_verified);
    else
        judge(visit, &answer);
}

/* ---- what no route answers ---- */

static int is_plain_host(const char *host) {
    return host && *host &&
           strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]") == strlen(host);
}

static void redirect(struct cg_visit *visit) {
    struct cg_call *call = &visit->call;
    const char *host = cg_http_request_header(&visit->request, "host");
    const char *scheme = visit->generation->loan.settings->api.tls_certificate ? "https://" : "http://";
    size_t length = strlen(visit->request.path) - 1;
    int whole = is_plain_host(host);
    const char *location =
        cg_arena_printf(call->arena, "%s%s%.*s%s%s", whole ? scheme : "", whole ? host : "", (int)length,
                        visit->request.path, *visit->request.query ? "?" : "", visit->request.query);
    call->reply.status = 307;
    cg_reply_header(call, "location", location);
}

static void refuse(struct cg_visit *visit) {
    struct cg_call *call = &visit->call;
    const struct cg_route_match *match = &visit->match;
    if (match->status == 307) {
        redirect(visit);
    } else if (match->status == 405 && strcmp(visit->request.method, "OPTIONS") == 0) {
        call->reply.status = 204;
        cg_reply_header(call, "allow", cg_arena_printf(call->arena, "%s, OPTIONS", match->allow));
    } else if (match->status == 405) {
        cg_reply_header(call, "allow", match->allow);
        cg_reply_detail(call, 405, "Method Not Allowed");
    } else if (match->status == 400) {
        cg_reply_detail(call, 400, "The path is not valid UTF-8, or holds a NUL");
    } else {
        cg_reply_detail(call, 404, "Not Found");
    }
    finish(visit);
}

void cg_visit_begin(void *user, struct cg_http_exchange *exchange) {
    struct cg_api *api = user;
    struct cg_visit *visit = cg_visit_new(api, exchange);
    size_t count = 0;
    const struct cg_route *routes = cg_routes(&count);
    if (!visit) {
        struct cg_http_answer busy = {.status = 503, .close = 1};
        cg_http_answer(exchange, &busy, NULL, NULL);
        return;
    }
    if (cg_cors_preflight(&visit->call, visit->generation->loan.settings)) {
        finish(visit);
        return;
    }
    if (cg_route_find(routes, count, visit->request.method, visit->request.path, visit->arena, &visit->match) !=
        CG_OK) {
        cg_error_no_memory(&visit->call.error);
        cg_visit_fail(visit, CG_NO_MEMORY);
        finish(visit);
        return;
    }
    if (!visit->match.route) {
        refuse(visit);
        return;
    }
    cg_visit_find_tenant(visit);
    ask_who(visit);
}

/* ---- what comes from outside while it is at work ---- */

void cg_visit_exchange_ended(void *user, struct cg_http_exchange *exchange, int32_t whole) {
    struct cg_visit *visit = *cg_http_exchange_user(exchange);
    (void)user;
    (void)whole;
    if (!visit)
        return;
    visit->exchange = NULL;
    if (visit->in_job) { /* nobody waits for it, but a password that is not checked would count as wrong */
        if (visit->check || !cg_pool_take_back(&visit->job))
            cg_visit_interrupt(visit);
        return;
    }
    if (visit->streaming)
        visit->api->streams--;
    else
        cg_overview_leave(visit->api->overview, &visit->waiter);
    cg_elsewhere_drop(visit->asking);
    cg_visit_count(visit, 0);
    cg_visit_free(visit);
}

/* A read is answered when its time is over, whatever its query does; a write when it is known what became of it. */
static void look_at(struct cg_visit *visit, uint64_t now) {
    if (!visit->in_job)
        return;
    /* An interrupt ends the statement that runs, so it may have come between two of them. */
    if (visit->interrupted)
        cg_visit_interrupt(visit);
    if (!visit->deadline || now < visit->deadline || visit->timed_out)
        return;
    visit->timed_out = 1;
    if (cg_pool_take_back(&visit->job))
        return; /* its `done` has ended it */
    cg_visit_interrupt(visit);
    if (!visit->check && visit->match.route->store != CG_ROUTE_WRITE && visit->exchange && !visit->answered)
        send_timeout(visit);
}

void cg_visits_look(struct cg_api *api) {
    uint64_t now = uv_now(api->options.loop);
    struct cg_visit *next = NULL;
    for (struct cg_visit *visit = api->visits; visit; visit = next) {
        next = visit->next;
        look_at(visit, now);
    }
}

void cg_visits_interrupt(struct cg_api *api) {
    struct cg_visit *next = NULL;
    for (struct cg_visit *visit = api->visits; visit; visit = next) {
        next = visit->next;
        if (visit->in_job && !cg_pool_take_back(&visit->job))
            cg_visit_interrupt(visit);
    }
}
