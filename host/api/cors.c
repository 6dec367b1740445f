#include <stdio.h>
#include <string.h>

#include "api/private.h"

static const char methods[] = "GET, POST, PUT, PATCH, DELETE";

/* The value of access-control-allow-origin for a request, or NULL. */
static const char *allowed_origin(const struct cg_settings *settings, const char *origin) {
    for (size_t i = 0; origin && i < settings->api.cors_origin_count; i++) {
        if (strcmp(settings->api.cors_origins[i], "*") == 0)
            return "*";
        if (strcmp(settings->api.cors_origins[i], origin) == 0)
            return origin;
    }
    return NULL;
}

size_t cg_cors_headers(const struct cg_http_request *request, const struct cg_settings *settings,
                       struct cg_http_pair ret[2]) {
    const char *origin = allowed_origin(settings, cg_http_request_header(request, "origin"));
    size_t count = 0;
    if (!settings->api.enable_cors) {
        ret[count++] = (struct cg_http_pair){"vary", "Accept-Encoding"};
        return count;
    }
    ret[count++] = (struct cg_http_pair){"vary", "Origin, Accept-Encoding"};
    if (origin)
        ret[count++] = (struct cg_http_pair){"access-control-allow-origin", origin};
    return count;
}

static int is_method(const char *method) {
    size_t length = strlen(method);
    if (!length || strcspn(method, ", ") != length)
        return 0;
    for (const char *at = methods; *at; at += strspn(at, ", ")) {
        size_t name = strcspn(at, ",");
        if (name == length && memcmp(at, method, length) == 0)
            return 1;
        at += name;
    }
    return 0;
}

static void refuse(struct cg_call *call, const char *text) {
    call->reply.status = 400;
    cg_buf_add_text(&call->reply.body, text);
}

int32_t cg_cors_preflight(struct cg_call *call, const struct cg_settings *settings) {
    const struct cg_http_request *request = call->request;
    const char *origin = cg_http_request_header(request, "origin");
    const char *method = cg_http_request_header(request, "access-control-request-method");
    const char *headers = cg_http_request_header(request, "access-control-request-headers");
    if (!settings->api.enable_cors || strcmp(request->method, "OPTIONS") != 0 || !origin || !method)
        return 0;
    call->reply.content_type = "text/plain; charset=utf-8";
    cg_reply_header(call, "vary",
                    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, "
                    "Access-Control-Request-Private-Network");
    if (!allowed_origin(settings, origin)) {
        refuse(call, "Disallowed CORS origin");
    } else if (!is_method(method)) {
        refuse(call, "Disallowed CORS method");
    } else {
        cg_buf_add_text(&call->reply.body, "OK");
        cg_reply_header(call, "access-control-allow-methods", methods);
        cg_reply_header(call, "access-control-max-age", "600");
        if (headers)
            cg_reply_header(call, "access-control-allow-headers", headers);
    }
    return 1;
}
