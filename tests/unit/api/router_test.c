#include "api/router.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static cg_status nothing(struct cg_call *call) {
    (void)call;
    return CG_OK;
}

static const struct cg_route routes[] = {
    {"GET", "/", CG_ROUTE_NO_STORE, 0, nothing},
    {"GET", "/health", CG_ROUTE_NO_STORE, 0, nothing},
    {"GET", "/t/{}/rows", CG_ROUTE_READ, 0, nothing},
    {"GET", "/t/{}/rows/dates", CG_ROUTE_READ, 0, nothing},
    {"GET", "/t/{}/rows/{}", CG_ROUTE_READ, 0, nothing},
    {"POST", "/t/{}/e/{}/{}/tags", CG_ROUTE_WRITE, CG_ROUTE_BODY, nothing},
    {"GET", "/t/{}/e/{}/{}/tags", CG_ROUTE_READ, 0, nothing},
    {"PUT", "/t/{}/e/{}/{}/tags/{}", CG_ROUTE_WRITE, CG_ROUTE_BODY, nothing},
};

#define COUNT (sizeof routes / sizeof *routes)
#define NONE SIZE_MAX

static const struct {
    const char *method;
    const char *path;
    uint32_t status;
    size_t route;
    const char *values[3];
    const char *allow;
} rows[] = {
    {"GET", "/", 200, 0, {0}, "GET"},
    {"GET", "/health", 200, 1, {0}, "GET"},
    {"HEAD", "/health", 200, 1, {0}, "GET"},
    {"POST", "/health", 405, NONE, {0}, "GET"},
    {"GET", "/health/", 307, NONE, {0}, ""},
    {"GET", "/health//", 404, NONE, {0}, ""},
    {"GET", "/Health", 404, NONE, {0}, ""},
    {"GET", "/healthy", 404, NONE, {0}, ""},
    {"GET", "/heal", 404, NONE, {0}, ""},
    {"GET", "", 404, NONE, {0}, ""},
    {"GET", "health", 404, NONE, {0}, ""},
    {"GET", "/t/acme/rows", 200, 2, {"acme"}, "GET"},
    {"GET", "/t/acme/rows/", 307, NONE, {0}, ""},
    {"GET", "/t/acme/rows/dates", 200, 3, {"acme"}, "GET"},
    {"GET", "/t/acme/rows/12", 200, 4, {"acme", "12"}, "GET"},
    {"GET", "/t//rows", 404, NONE, {0}, ""},
    {"GET", "/t/a%20b%2Fc/rows", 200, 2, {"a b/c"}, "GET"},
    {"GET", "/t/a%zz%4/rows", 200, 2, {"a%zz%4"}, "GET"},
    {"GET", "/t/a+b/rows", 200, 2, {"a+b"}, "GET"},
    {"GET", "/t/Zo%C3%AB/rows", 200, 2, {"Zo\xc3\xab"}, "GET"},
    {"GET", "/t/a%00b/rows", 400, NONE, {0}, "GET"},
    {"GET", "/t/%ff/rows", 400, NONE, {0}, "GET"},
    {"GET", "/t/%c2%85/rows", 200, 2, {"\xc2\x85"}, "GET"},
    {"GET", "/t/a/e/resource/lkc-1:topic:x/tags", 200, 6, {"a", "resource", "lkc-1:topic:x"}, "POST, GET"},
    {"DELETE", "/t/a/e/resource/lkc-1/tags", 405, NONE, {0}, "POST, GET"},
    {"GET", "/t/a/e/resource/lkc-1/tags/x/", 307, NONE, {0}, ""},
};

Test(router, finds_the_operation_or_says_why_there_is_none) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cg_arena *arena = cg_arena_new();
        struct cg_route_match match;
        cr_assert_eq(cg_route_find(routes, COUNT, rows[i].method, rows[i].path, arena, &match), CG_OK);
        cr_assert_eq(match.status, rows[i].status, "%s %s: %u", rows[i].method, rows[i].path, match.status);
        cr_assert_eq(match.route, rows[i].route == NONE ? NULL : &routes[rows[i].route], "%s %s", rows[i].method,
                     rows[i].path);
        cr_assert_str_eq(match.allow, rows[i].allow, "%s %s", rows[i].method, rows[i].path);
        for (size_t value = 0; value < 3 && rows[i].values[value]; value++)
            cr_assert_str_eq(match.values[value], rows[i].values[value], "%s", rows[i].path);
        cg_arena_free(arena);
    }
}

static const struct {
    const char *query;
    const char *pairs; /* "name=value;" of each, decoded; NULL: refused */
} queries[] = {
    {"", ""},
    {"a=1&b=2", "a=1;b=2;"},
    {"a=1&a=2", "a=1;a=2;"},
    {"a", "a=;"},
    {"a=&=b&&", "a=;=b;"},
    {"tag%3Ateam=a%2Cb,c+d", "tag:team=a,b,c d;"},
    {"a=%2B05:30", "a=+05:30;"},
    {"a=b=c", "a=b=c;"},
    {"a=%", "a=%;"},
    {"a=%e2%82%ac", "a=\xe2\x82\xac;"},
    {"a=%00", NULL},
    {"a=%ff", NULL},
    {"%c3=1", NULL},
};

Test(router, decodes_a_query) {
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        struct cg_route_match match = {.route = &routes[0]};
        struct cg_http_request request = {.method = "GET", .path = "/", .query = queries[i].query, .body = ""};
        struct cg_call call = {.request = &request, .arena = cg_arena_new()};
        char text[256] = "";
        int32_t go = 0;
        cr_assert_eq(cg_call_prepare(&call, &match, &go), CG_OK);
        cr_assert_eq(go, queries[i].pairs != NULL, "%s", queries[i].query);
        for (size_t pair = 0; go && pair < call.query_count; pair++) {
            size_t length = strlen(text);
            snprintf(text + length, sizeof text - length, "%s=%s;", call.query[pair].name, call.query[pair].value);
        }
        if (go)
            cr_assert_str_eq(text, queries[i].pairs, "%s", queries[i].query);
        else
            cr_assert_eq(call.reply.status, 400);
        cg_call_done(&call);
        cg_arena_free(call.arena);
    }
}

static const struct {
    const char *type;
    const char *body;
    uint32_t status; /* 0: taken */
    int32_t parsed;
    const char *position; /* in the refusal */
} bodies[] = {
    {"application/json", "{\"a\":1}", 0, 1, ""},
    {"application/JSON; charset=utf-8", "{\"a\":1}", 0, 1, ""},
    {"application/merge+json", "[]", 0, 1, ""},
    {"application/json", "", 0, 0, ""},
    {"text/plain", "{\"a\":1}", 0, 0, ""},
    {"application/jsonx", "{}", 0, 0, ""},
    {NULL, "{}", 0, 0, ""},
    {"application/json", "x", 422, 0, "[\"body\",0]"},
    {"application/json", "{", 422, 0, "[\"body\","},
    {"application/json", "{}x", 422, 0, "[\"body\","},
    {"application/json", "{\"a\":\"\xff\"}", 422, 0, "[\"body\","},
};

Test(router, parses_a_body_of_the_right_type) {
    struct cg_route route = {"POST", "/", CG_ROUTE_NO_STORE, CG_ROUTE_BODY, nothing};
    struct cg_route_match match = {.route = &route};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct cg_http_pair header = {"content-type", bodies[i].type};
        struct cg_http_request request = {.method = "POST",
                                          .path = "/",
                                          .query = "",
                                          .headers = &header,
                                          .header_count = bodies[i].type ? 1 : 0,
                                          .body = bodies[i].body,
                                          .body_length = strlen(bodies[i].body)};
        struct cg_call call = {.request = &request, .arena = cg_arena_new()};
        int32_t go = 0;
        cr_assert_eq(cg_call_prepare(&call, &match, &go), CG_OK);
        cr_assert_eq(go, !bodies[i].status, "%s", bodies[i].body);
        cr_assert_eq(call.body != NULL, bodies[i].parsed, "%s", bodies[i].body);
        if (!go) {
            cr_assert_eq(call.reply.status, bodies[i].status);
            cr_assert_not_null(strstr(cg_buf_text(&call.reply.body), bodies[i].position), "%s", call.reply.body.data);
        }
        cg_call_done(&call);
        cg_arena_free(call.arena);
    }
}

/* A list of so many lists with one text, which looks like more of them. */
static uint32_t status_of_list(size_t count) {
    static const char item[] = "[\"[,{\\\"\"],";
    const size_t each = sizeof item - 1;
    const struct cg_route route = {"POST", "/", CG_ROUTE_NO_STORE, CG_ROUTE_BODY, NULL};
    const struct cg_route_match match = {.route = &route};
    const struct cg_http_pair type = {"Content-Type", "application/json"};
    char *body = malloc(count * each + 2);
    int32_t go = 0;
    cr_assert_not_null(body);
    body[0] = '[';
    for (size_t i = 0; i < count; i++)
        memcpy(body + 1 + i * each, item, each);
    body[count * each] = ']';
    const struct cg_http_request request = {.method = "POST",
                                            .path = "/",
                                            .query = "",
                                            .headers = &type,
                                            .header_count = 1,
                                            .body = body,
                                            .body_length = count * each + 1};
    struct cg_call call = {.request = &request, .arena = cg_arena_new()};
    cr_assert_eq(cg_call_prepare(&call, &match, &go), CG_OK);
    uint32_t status = call.reply.status;
    cr_assert_eq(go, status == 200);
    cr_assert_eq(json_array_size(call.body), go ? count : 0);
    cg_call_done(&call);
    cg_arena_free(call.arena);
    free(body);
    return status;
}

Test(router, bounds_the_values_of_a_body) {
    cr_assert_eq(status_of_list(CG_BODY_VALUES / 2 - 1), 200);
    cr_assert_eq(status_of_list(CG_BODY_VALUES / 2 + 1), 413);
}
