#include <stdlib.h>

#include "api/visit.h"
#include "base/time.h"

static void link_visit(struct cg_visit *visit) {
    struct cg_api *api = visit->api;
    visit->next = api->visits;
    if (visit->next)
        visit->next->previous = visit;
    api->visits = visit;
    api->visit_count++;
}

static void unlink_visit(struct cg_visit *visit) {
    struct cg_api *api = visit->api;
    if (visit->previous)
        visit->previous->next = visit->next;
    else
        api->visits = visit->next;
    if (visit->next)
        visit->next->previous = visit->previous;
    api->visit_count--;
}

/* The exchange may end while a job still reads the request, so that gets a copy; for the body see below. */
static cg_status copy_request(struct cg_visit *visit, const struct cg_http_request *given) {
    struct cg_arena *arena = visit->arena;
    struct cg_http_request *copy = &visit->request;
    struct cg_http_pair *headers = cg_arena_array(arena, given->header_count + 1, sizeof *headers);
    *copy = *given;
    copy->method = cg_arena_string(arena, given->method);
    copy->target = cg_arena_string(arena, given->target);
    copy->path = cg_arena_string(arena, given->path);
    copy->query = cg_arena_string(arena, given->query);
    copy->client = cg_arena_string(arena, given->client);
    copy->body = "";
    copy->body_length = 0;
    copy->headers = headers;
    if (!headers || !copy->method || !copy->target || !copy->path || !copy->query || !copy->client)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < given->header_count; i++) {
        headers[i].name = cg_arena_string(arena, given->headers[i].name);
        headers[i].value = cg_arena_string(arena, given->headers[i].value);
        if (!headers[i].name || !headers[i].value)
            return CG_NO_MEMORY;
    }
    return CG_OK;
}

struct cg_visit *cg_visit_new(struct cg_api *api, struct cg_http_exchange *exchange) {
    struct cg_visit *visit = calloc(1, sizeof *visit);
    if (!visit)
        return NULL;
    visit->arena = cg_arena_new();
    if (!visit->arena || copy_request(visit, cg_http_exchange_request(exchange)) != CG_OK ||
        uv_mutex_init(&visit->mutex) != 0) {
        cg_arena_free(visit->arena);
        free(visit);
        return NULL;
    }
    visit->api = api;
    visit->exchange = exchange;
    visit->began = uv_hrtime();
    visit->generation = cg_api_generation_ref(api->current);
    visit->cors_count = cg_cors_headers(&visit->request, visit->generation->loan.settings, visit->cors);
    visit->call = (struct cg_call){
        .request = &visit->request, .api = api, .arena = visit->arena, .now = cg_time_now(), .reply = {.status = 200}};
    visit->call.reply.content_type = "application/json";
    cg_buf_init(&visit->call.reply.body, CG_REPLY_LIMIT);
    *cg_http_exchange_user(exchange) = visit;
    link_visit(visit);
    return visit;
}

cg_status cg_visit_copy_body(struct cg_visit *visit) {
    const struct cg_http_request *given = cg_http_exchange_request(visit->exchange);
    const char *body = "";
    if (!(visit->match.route->flags & CG_ROUTE_BODY) || !given->body_length)
        return CG_OK;
    body = cg_arena_copy(visit->arena, given->body, given->body_length);
    if (!body)
        return cg_error_no_memory(&visit->call.error);
    visit->request.body = body;
    visit->request.body_length = given->body_length;
    return CG_OK;
}

/* Whether the path's first value is a tenant's name. */
static int32_t is_about_a_tenant(const struct cg_visit *visit) {
    return visit->match.values[0] && visit->match.route->store != CG_ROUTE_ALL_TENANTS;
}

void cg_visit_find_tenant(struct cg_visit *visit) {
    if (is_about_a_tenant(visit))
        visit->call.tenant = cg_api_generation_tenant(visit->generation, visit->match.values[0]);
}

int32_t cg_visit_has_tenant(struct cg_visit *visit) {
    struct cg_call *call = &visit->call;
    if (call->tenant || !is_about_a_tenant(visit))
        return 1;
    cg_reply_detail(call, 404, "Tenant %s not found", cg_call_quoted(call, visit->match.values[0]));
    return 0;
}

static void release(struct cg_visit *visit) {
    cg_call_done(&visit->call);
    cg_squeeze_free(visit->squeeze);
    cg_api_generation_unref(visit->generation);
    uv_mutex_destroy(&visit->mutex);
    unlink_visit(visit);
    cg_arena_free(visit->arena);
    free(visit);
}

static void let_go(struct cg_job *job) {
    cg_visit_let_go((struct cg_visit *)job);
}

static void on_let_go(struct cg_job *job, int32_t taken_back) {
    if (taken_back)
        let_go(job);
    release((struct cg_visit *)job);
}

void cg_visit_free(struct cg_visit *visit) {
    if (visit->exchange)
        *cg_http_exchange_user(visit->exchange) = NULL;
    visit->exchange = NULL;
    visit->deadline = 0;
    if (!visit->lent) {
        release(visit);
        return;
    }
    visit->in_job = 1;
    visit->job.work = let_go;
    visit->job.done = on_let_go;
    cg_pool_add(visit->api->pool, &visit->job);
}
