#include "api/support.h"

#include <stdlib.h>

static struct cg_http_pair json_header[2];

static void open_store(struct api_stage *stage) {
    const struct cg_store_key key = {"confluent_cloud", "acme-org", "acme", 1};
    cg_status status = cg_store_open(stage_driver(), NULL, &stage->stage.target, &key, 0, stage->stage.logger,
                                     &stage->stage.store, &stage->stage.error);
    cr_assert_eq(status, CG_OK, "%s", stage->stage.error.text);
}

void api_init(struct api_stage *stage, const struct cg_route *routes, size_t route_count) {
    *stage = (struct api_stage){.routes = routes, .route_count = route_count, .now = at("2026-03-20T12:00:00Z")};
    stage_init(&stage->stage);
    open_store(stage);
    stage->settings = (struct cg_tenant_settings){
        .name = "acme",
        .ecosystem = cg_store_ecosystem(stage->stage.store),
        .tenant_id = cg_store_tenant_id(stage->stage.store),
        .lookback_days = 200,
        .cutoff_days = 5,
        .chargeback_granularity = "daily",
    };
    stage->tenant = (struct cg_api_tenant){.settings = &stage->settings, .topics_status = "enabled"};
}

void api_done(struct api_stage *stage) {
    free(stage->body);
    stage_done(&stage->stage);
}

static void take_body(struct api_stage *stage, const struct cg_buf *body) {
    free(stage->body);
    stage->body = malloc(body->length + 1);
    cr_assert_not_null(stage->body);
    if (body->length)
        memcpy(stage->body, body->data, body->length);
    stage->body[body->length] = '\0';
    stage->body_length = body->length;
}

static void take_stream(struct cg_call *call) {
    struct cg_reply *reply = &call->reply;
    int32_t more = reply->stream.next != NULL;
    while (more && reply->status == 200) {
        cg_status status = reply->stream.next(reply->stream.state, &reply->body, &more, &call->error);
        cr_assert_eq(status, CG_OK, "%s", call->error.text);
    }
}

static void take_reply(struct api_stage *stage, struct cg_call *call, cg_status status) {
    struct cg_reply *reply = &call->reply;
    if (status == CG_OK)
        take_stream(call);
    else
        cg_reply_detail(call,
                        status == CG_TEMPORARY   ? 503
                        : status == CG_CANCELLED ? 504
                                                 : 500,
                        "%s", call->error.text);
    stage->status = reply->status;
    snprintf(stage->content_type, sizeof stage->content_type, "%s", reply->content_type);
    stage->headers[0] = '\0';
    for (size_t i = 0; i < reply->header_count; i++) {
        size_t length = strlen(stage->headers);
        snprintf(stage->headers + length, sizeof stage->headers - length, "%s: %s\n", reply->headers[i].name,
                 reply->headers[i].value);
    }
    take_body(stage, &reply->body);
}

static cg_status run(struct api_stage *stage, struct cg_call *call) {
    struct cg_route_match match;
    int32_t go = 1;
    cg_status status = cg_route_find(stage->routes, stage->route_count, call->request->method, call->request->path,
                                     call->arena, &match);
    cr_assert_eq(status, CG_OK);
    if (!match.route) {
        cg_buf_init(&call->reply.body, CG_REPLY_LIMIT);
        call->reply.content_type = "application/json";
        return cg_reply_detail(call, match.status, "no route");
    }
    status = cg_call_prepare(call, &match, &go);
    if (status != CG_OK || !go)
        return status;
    if (call->values[0] && strcmp(call->values[0], "acme") != 0)
        return cg_reply_detail(call, 404, "Tenant %s not found", cg_call_quoted(call, call->values[0]));
    call->tenant = &stage->tenant;
    call->store = stage->stage.store;
    return match.route->handle(call);
}

const char *api_call_as(struct api_stage *stage, const char *method, const char *target, const char *type,
                        const char *body) {
    struct cg_arena *arena = cg_arena_new();
    char *full = cg_arena_printf(arena, "%s%s", *target == 'T' ? "/api/v1/tenants/acme" : "",
                                 *target == 'T' ? target + 1 : target);
    cr_assert_not_null(full);
    json_header[0] = (struct cg_http_pair){"Content-Type", type};
    size_t path = strcspn(full, "?");
    struct cg_http_request request = {
        .method = method,
        .target = full,
        .path = cg_arena_copy(arena, full, path),
        .query = full[path] ? full + path + 1 : "",
        .headers = json_header,
        .header_count = type ? 1 : 0,
        .body = body ? body : "",
        .body_length = body ? strlen(body) : 0,
        .has_body = body && *body,
        .client = "127.0.0.1",
    };
    struct cg_call call = {.request = &request, .arena = arena, .now = stage->now};
    cg_status status = run(stage, &call);
    take_reply(stage, &call, status);
    cg_call_done(&call);
    cg_store_rollback(stage->stage.store);
    cg_arena_free(arena);
    return stage->body;
}

const char *api_call(struct api_stage *stage, const char *method, const char *target, const char *body) {
    return api_call_as(stage, method, target, body ? "application/json" : NULL, body);
}

const char *api_get(struct api_stage *stage, const char *target) {
    return api_call(stage, "GET", target, NULL);
}
