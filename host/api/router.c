#include "api/router.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* ---- decoding ---- */

static int hex_value(char digit) {
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

/* UTF-8 without a NUL; other control characters are the business of whoever uses the text. */
static int is_text(const char *text, size_t length) {
    if (memchr(text, '\0', length))
        return 0;
    for (size_t i = 0; i < length;) {
        size_t bytes = cg_text_sequence(text + i, length - i);
        if (!bytes)
            return 0;
        i += bytes;
    }
    return 1;
}

char *cg_url_decode(const char *text, size_t length, int32_t plus, struct cg_arena *arena, int32_t *ret_memory) {
    char *decoded = cg_arena_copy(arena, text, length);
    size_t out = 0;
    *ret_memory = !decoded;
    for (size_t i = 0; decoded && i < length; i++) {
        int high = text[i] == '%' && i + 2 < length ? hex_value(text[i + 1]) : -1;
        int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if (low >= 0) {
            decoded[out++] = (char)(high * 16 + low);
            i += 2;
        } else {
            decoded[out++] = plus && text[i] == '+' ? ' ' : text[i];
        }
    }
    if (!decoded)
        return NULL;
    decoded[out] = '\0';
    return is_text(decoded, out) ? decoded : NULL;
}

/* ---- matching ---- */

/* Whether the path's pieces are those of a pattern; `values` are its {}, still encoded. */
struct pieces {
    const char *starts[CG_PATH_VALUES];
    size_t lengths[CG_PATH_VALUES];
    size_t count;
};

static int fits(const char *pattern, const char *path, struct pieces *ret) {
    ret->count = 0;
    while (*pattern && *path) {
        size_t wanted = strcspn(pattern + 1, "/") + 1;
        size_t given = strcspn(path + 1, "/") + 1;
        if (*pattern != '/' || *path != '/')
            return 0;
        if (wanted == 3 && pattern[1] == '{') {
            if (given == 1 || ret->count == CG_PATH_VALUES)
                return 0;
            ret->starts[ret->count] = path + 1;
            ret->lengths[ret->count++] = given - 1;
        } else if (wanted != given || memcmp(pattern, path, given) != 0) {
            return 0;
        }
        pattern += wanted;
        path += given;
    }
    return !*pattern && !*path;
}

static void add_method(char *allow, size_t size, const char *method) {
    size_t length = strlen(allow);
    snprintf(allow + length, size - length, "%s%s", length ? ", " : "", method);
}

static cg_status decode_values(const struct pieces *pieces, struct cg_arena *arena, struct cg_route_match *ret) {
    for (size_t i = 0; i < pieces->count; i++) {
        int32_t memory = 0;
        ret->values[i] = cg_url_decode(pieces->starts[i], pieces->lengths[i], 0, arena, &memory);
        if (memory)
            return CG_NO_MEMORY;
        if (!ret->values[i]) {
            ret->route = NULL;
            ret->status = 400;
            return CG_OK;
        }
    }
    return CG_OK;
}

/* Looks for the path; the first pattern that fits decides which methods there are. */
static cg_status match_path(const struct cg_route *routes, size_t count, const char *method, const char *path,
                            struct cg_arena *arena, struct cg_route_match *ret) {
    const char *pattern = NULL;
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    struct pieces pieces = {.count = 0};
    *ret = (struct cg_route_match){.status = 404};
    for (size_t i = 0; i < count; i++) {
        if (pattern ? strcmp(routes[i].path, pattern) != 0 : !fits(routes[i].path, path, &pieces))
            continue;
        pattern = routes[i].path;
        add_method(ret->allow, sizeof ret->allow, routes[i].method);
        if (strcmp(routes[i].method, wanted) == 0)
            ret->route = &routes[i];
    }
    if (pattern && !ret->route)
        ret->status = 405;
    if (!ret->route)
        return CG_OK;
    ret->status = 200;
    return decode_values(&pieces, arena, ret);
}

cg_status cg_route_find(const struct cg_route *routes, size_t count, const char *method, const char *path,
                        struct cg_arena *arena, struct cg_route_match *ret) {
    size_t length = strlen(path);
    cg_status status = match_path(routes, count, method, path, arena, ret);
    if (status != CG_OK || ret->status != 404 || length < 2 || path[length - 1] != '/')
        return status;
    struct cg_route_match shorter;
    char *cut = cg_arena_copy(arena, path, length - 1);
    if (!cut)
        return CG_NO_MEMORY;
    status = match_path(routes, count, method, cut, arena, &shorter);
    if (status == CG_OK && shorter.status != 404)
        ret->status = 307;
    return status;
}

/* ---- a call before its handler ---- */

static cg_status decode_query(struct cg_call *call, int32_t *ret_go) {
    const char *at = call->request->query;
    struct cg_http_pair *pairs = NULL;
    size_t room = 1;
    for (const char *c = at; *c; c++)
        room += *c == '&';
    if (room > CG_QUERY_PAIRS) {
        *ret_go = 0;
        return cg_reply_detail(call, 400, "The query has more than %d parameters", CG_QUERY_PAIRS);
    }
    pairs = cg_arena_array(call->arena, room, sizeof *pairs);
    if (!pairs)
        return cg_error_no_memory(&call->error);
    while (*at) {
        size_t length = strcspn(at, "&");
        size_t name = strcspn(at, "=&");
        size_t value = name < length ? name + 1 : length;
        int32_t memory[2] = {0, 0};
        struct cg_http_pair pair = {
            .name = cg_url_decode(at, name, 1, call->arena, &memory[0]),
            .value = cg_url_decode(at + value, length - value, 1, call->arena, &memory[1]),
        };
        if (memory[0] || memory[1])
            return cg_error_no_memory(&call->error);
        if (!pair.name || !pair.value) {
            *ret_go = 0;
            return cg_reply_detail(call, 400, "The query is not valid UTF-8, or holds a NUL");
        }
        if (length)
            pairs[call->query_count++] = pair;
        at += length + (at[length] == '&');
    }
    call->query = pairs;
    return CG_OK;
}

static int is_json(const char *type) {
    static const char application[] = "application/";
    size_t length = type ? strcspn(type, "; \t") : 0;
    if (length < sizeof application || strncasecmp(type, application, sizeof application - 1) != 0)
        return 0;
    const char *subtype = type + sizeof application - 1;
    length -= sizeof application - 1;
    return (length == 4 && strncasecmp(subtype, "json", 4) == 0) ||
           (length > 5 && strncasecmp(subtype + length - 5, "+json", 5) == 0);
}

/* {"detail":[{"type":"json_invalid","loc":["body",0],...}]} */
static cg_status refuse_json(struct cg_call *call, const json_error_t *error) {
    int name = strstr(error->text, "string or '}' expected") != NULL;
    call->reply.status = 422;
    cg_buf_clear(&call->reply.body);
    cg_buf_printf(&call->reply.body,
                  "{\"detail\":[{\"type\":\"json_invalid\",\"loc\":[\"body\",%d],\"msg\":\"JSON decode error\","
                  "\"input\":{},\"ctx\":{\"error\":\"%s\"}}]}",
                  error->position > 0 ? error->position - 1 : 0,
                  name ? "Expecting property name enclosed in double quotes" : "Expecting value");
    return cg_reply_done(call);
}

/* Values of a JSON text, or somewhat more of them. */
static size_t count_values(const char *text, size_t length) {
    size_t count = 1;
    int in_string = 0;
    for (size_t i = 0; i < length; i++) {
        if (in_string && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            in_string = !in_string;
        else if (!in_string)
            count += text[i] == ',' || text[i] == '[' || text[i] == '{';
    }
    return count;
}

static cg_status parse_body(struct cg_call *call, int32_t *ret_go) {
    json_error_t error;
    if (!call->request->body_length || !is_json(cg_http_request_header(call->request, "content-type")))
        return CG_OK;
    if (count_values(call->request->body, call->request->body_length) > CG_BODY_VALUES) {
        *ret_go = 0;
        return cg_reply_detail(call, 413, "The body of the request has more than %d values", CG_BODY_VALUES);
    }
    call->body = json_loadb(call->request->body, call->request->body_length, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (call->body)
        return CG_OK;
    *ret_go = 0;
    return refuse_json(call, &error);
}

cg_status cg_call_prepare(struct cg_call *call, const struct cg_route_match *match, int32_t *ret_go) {
    *ret_go = 1;
    call->reply.status = 200;
    call->reply.content_type = "application/json";
    cg_buf_init(&call->reply.body, CG_REPLY_LIMIT);
    memcpy(call->values, match->values, sizeof call->values);
    cg_status status = decode_query(call, ret_go);
    if (status == CG_OK && *ret_go && (match->route->flags & CG_ROUTE_BODY))
        status = parse_body(call, ret_go);
    return status;
}

void cg_call_done(struct cg_call *call) {
    if (call->reply.stream.end)
        call->reply.stream.end(call->reply.stream.state);
    call->reply.stream = (struct cg_reply_stream){0};
    cg_buf_done(&call->reply.body);
    json_decref(call->body);
    call->body = NULL;
}
