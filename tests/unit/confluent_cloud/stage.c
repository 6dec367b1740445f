#include "stage.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct stage_block {
    struct stage_block *next;
    _Alignas(max_align_t) unsigned char data[];
};

static void append_va(struct stage_text *text, const char *format, va_list arguments) CG_PRINTF(2, 0);

static void append_va(struct stage_text *text, const char *format, va_list arguments) {
    char *piece = NULL;
    int length = vasprintf(&piece, format, arguments);
    cr_assert(length >= 0);
    text->text = realloc(text->text, text->length + (size_t)length + 1);
    cr_assert(text->text != NULL);
    memcpy(text->text + text->length, piece, (size_t)length + 1);
    text->length += (size_t)length;
    free(piece);
}

void stage_append(struct stage_text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    append_va(text, format, arguments);
    va_end(arguments);
}

const char *stage_text_get(const struct stage_text *text) {
    return text->text == NULL ? "" : text->text;
}

static void text_done(struct stage_text *text) {
    free(text->text);
    *text = (struct stage_text){NULL, 0};
}

json_t *stage_json(const char *text) {
    json_error_t error;
    json_t *json = json_loads(text, JSON_DECODE_ANY, &error);
    cr_assert(json != NULL, "not JSON: %s: %s", error.text, text);
    return json;
}

/* ---- host ---- */

static struct stage *stage_of(const struct cg_host *host) {
    return host->impl;
}

static void host_log(const struct cg_host *host, uint32_t level, const char *format, ...) CG_PRINTF(3, 4);
static cg_status host_set_error(const struct cg_host *host, cg_status status, const char *format, ...) CG_PRINTF(3, 4);
static void config_problem(const struct cg_host *host, const struct cg_config *node, const char *path,
                           const char *format, ...) CG_PRINTF(4, 5);

static void host_log(const struct cg_host *host, uint32_t level, const char *format, ...) {
    va_list arguments;
    stage_append(&stage_of(host)->log, "%u ", level);
    va_start(arguments, format);
    append_va(&stage_of(host)->log, format, arguments);
    va_end(arguments);
    stage_append(&stage_of(host)->log, "\n");
}

static cg_status host_set_error(const struct cg_host *host, cg_status status, const char *format, ...) {
    va_list arguments;
    stage_forget(stage_of(host));
    va_start(arguments, format);
    append_va(&stage_of(host)->error, format, arguments);
    va_end(arguments);
    return status;
}

static int64_t host_now(const struct cg_host *host) {
    return stage_of(host)->clock;
}

static void *host_scratch(const struct cg_host *host, size_t size) {
    struct stage_block *block = calloc(1, sizeof *block + size);
    if (block == NULL) {
        return NULL;
    }
    block->next = stage_of(host)->blocks;
    stage_of(host)->blocks = block;
    return block->data;
}

static int32_t host_cancelled(const struct cg_host *host) {
    struct stage *stage = stage_of(host);
    if (stage->cancel_after == 0) {
        return 0;
    }
    stage->cancel_after -= stage->cancel_after > 1 ? 1 : 0;
    return stage->cancel_after == 1;
}

static const void *host_extension(const struct cg_host *host, const char *id) {
    (void)host;
    (void)id;
    return NULL;
}

/* ---- settings: a node is a JSON value ---- */

static json_t *json_of(const struct cg_config *node) {
    return (json_t *)(uintptr_t)node;
}

static const struct cg_config *config_get(const struct cg_config *node, const char *path) {
    json_t *at = json_of(node);
    char key[128];
    while (at != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");
        (void)snprintf(key, sizeof key, "%.*s", (int)length, path);
        at = json_is_array(at) ? json_array_get(at, (size_t)strtoul(key, NULL, 10)) : json_object_get(at, key);
        path += length + (path[length] == '.' ? 1 : 0);
    }
    return (const struct cg_config *)(const void *)at;
}

static uint32_t config_type(const struct cg_config *node) {
    static const uint32_t types[] = {
        [JSON_OBJECT] = CG_CONFIG_MAP,  [JSON_ARRAY] = CG_CONFIG_LIST,   [JSON_STRING] = CG_CONFIG_STRING,
        [JSON_INTEGER] = CG_CONFIG_INT, [JSON_REAL] = CG_CONFIG_DECIMAL, [JSON_TRUE] = CG_CONFIG_BOOL,
        [JSON_FALSE] = CG_CONFIG_BOOL,  [JSON_NULL] = CG_CONFIG_NULL};
    return node == NULL ? CG_CONFIG_NULL : types[json_typeof(json_of(node))];
}

static size_t config_count(const struct cg_config *node) {
    return json_is_object(json_of(node)) ? json_object_size(json_of(node)) : json_array_size(json_of(node));
}

static void *object_iter(const struct cg_config *node, size_t index) {
    void *iter = json_object_iter(json_of(node));
    for (; iter != NULL && index > 0; index--) {
        iter = json_object_iter_next(json_of(node), iter);
    }
    return iter;
}

static const struct cg_config *config_at(const struct cg_config *node, size_t index) {
    json_t *item = json_is_object(json_of(node)) ? json_object_iter_value(object_iter(node, index))
                                                 : json_array_get(json_of(node), index);
    return (const struct cg_config *)(const void *)item;
}

static const char *config_key_at(const struct cg_config *node, size_t index) {
    return json_object_iter_key(object_iter(node, index));
}

static const char *config_text(const struct cg_config *node, const char *path, const char *fallback) {
    const char *text = json_string_value(json_of(config_get(node, path)));
    return text != NULL ? text : fallback;
}

static int64_t config_integer(const struct cg_config *node, const char *path, int64_t fallback) {
    const json_t *json = json_of(config_get(node, path));
    if (json_is_boolean(json)) {
        return json_is_true(json);
    }
    return json_is_integer(json) ? json_integer_value(json) : fallback;
}

static cg_status config_decimal(const struct cg_config *node, const char *path, struct cg_decimal *ret) {
    const json_t *json = json_of(config_get(node, path));
    if (json == NULL || json_is_null(json)) {
        return CG_NOT_FOUND;
    }
    if (json_is_integer(json)) {
        *ret = cg_decimal_from_int64(json_integer_value(json));
        return CG_OK;
    }
    return json_is_real(json) ? cg_decimal_from_double(json_real_value(json), ret) : CG_INVALID;
}

static void config_problem(const struct cg_host *host, const struct cg_config *node, const char *path,
                           const char *format, ...) {
    struct stage *stage = stage_of(host);
    va_list arguments;
    (void)node;
    stage_append(&stage->problems, "%s: ", path);
    va_start(arguments, format);
    append_va(&stage->problems, format, arguments);
    va_end(arguments);
    stage_append(&stage->problems, "\n");
}

static const struct cg_config_api config_api = {
    sizeof config_api, 0,           config_get,     config_type,    config_count,  config_at,
    config_key_at,     config_text, config_integer, config_decimal, config_problem};

/* ---- HTTP ---- */

struct request {
    struct request *next;
    char *text;
    char *path;
    cg_http_done done;
    void *user;
};

struct cg_http_client {
    struct stage *stage;
    struct cg_http_client *next;
    char *prefix;          /* in front of what it asks for: "" for the first client and its like */
    struct request *first; /* next to answer */
};

static cg_status http_open(const struct cg_host *host, const struct cg_http_options *options,
                           struct cg_http_client **ret) {
    struct stage *stage = stage_of(host);
    cr_assert(options->base_url != NULL);
    stage_append(&stage->requests, "open %s as %s every %" PRId64 " us\n", options->base_url,
                 options->username == NULL ? "nobody" : options->username, options->min_interval_us);
    if (stage->refused_url != NULL && strcmp(stage->refused_url, options->base_url) == 0) {
        return host_set_error(host, CG_INVALID, "the URL %s is refused", options->base_url);
    }
    struct cg_http_client *client = calloc(1, sizeof *client);
    cr_assert(client != NULL);
    if (stage->first_url == NULL) {
        stage->first_url = strdup(options->base_url);
    }
    client->stage = stage;
    client->prefix = strdup(strcmp(stage->first_url, options->base_url) == 0 ? "" : options->base_url);
    client->next = stage->clients;
    stage->clients = client;
    stage->open_clients++;
    *ret = client;
    return CG_OK;
}

static cg_status http_get(struct cg_http_client *client, const char *path, const struct cg_http_param *params,
                          size_t param_count, cg_http_done done, void *user) {
    struct stage_text text = {NULL, 0};
    stage_append(&text, "%s%s", client->prefix, path);
    for (size_t i = 0; i < param_count; i++) {
        stage_append(&text, "%c%s=%s", i == 0 ? '?' : '&', params[i].name, params[i].value);
    }
    stage_append(&client->stage->requests, "%s\n", text.text);
    struct request *request = calloc(1, sizeof *request);
    cr_assert(request != NULL);
    *request = (struct request){NULL, text.text, strdup(path), done, user};
    struct request **at = &client->first;
    while (*at != NULL && !client->stage->newest_first) {
        at = &(*at)->next;
    }
    request->next = *at;
    *at = request;
    return CG_OK;
}

static cg_status status_of(uint32_t http_status) {
    switch (http_status) {
    case 200:
        return CG_OK;
    case 401:
    case 403:
        return CG_AUTH;
    case 404:
        return CG_NOT_FOUND;
    case 429:
        return CG_RATE_LIMITED;
    case 400:
        return CG_PERMANENT;
    default:
        return CG_TEMPORARY;
    }
}

static void answer(struct cg_http_client *client, int cancelled) {
    static const struct stage_route missing = {"", 200, "{}"};
    struct request *request = client->first;
    const struct stage_route *route = &missing;
    char error[512];
    client->first = request->next;
    for (size_t i = 0; i < client->stage->route_count; i++) {
        if (strcmp(client->stage->routes[i].request, request->text) == 0) {
            route = &client->stage->routes[i];
            break;
        }
    }
    (void)snprintf(error, sizeof error, "GET %s answered %u.", request->path, route->status);
    cg_status status = cancelled ? CG_CANCELLED : status_of(route->status);
    const char *body = status == CG_OK ? route->body : "";
    struct cg_http_response response = {
        sizeof response, status, route->status, 1, body, strlen(body), status == CG_OK ? NULL : error};
    request->done(request->user, &response);
    free(request->text);
    free(request->path);
    free(request);
}

/* As on one loop: while one client is waited for, the others get their answers too. */
static cg_status http_wait(struct cg_http_client *client) {
    while (client->first != NULL) {
        for (struct cg_http_client *each = client->stage->clients; each != NULL; each = each->next) {
            if (each->first != NULL && (each == client || !client->stage->apart)) {
                answer(each, 0);
            }
        }
    }
    return CG_OK;
}

static void http_close(struct cg_http_client *client) {
    if (client == NULL) {
        return;
    }
    while (client->first != NULL) {
        answer(client, 1);
    }
    struct cg_http_client **link = &client->stage->clients;
    while (*link != client) {
        link = &(*link)->next;
    }
    *link = client->next;
    client->stage->open_clients--;
    free(client->prefix);
    free(client);
}

static const struct cg_http_api http_api = {sizeof http_api, 0, http_open, http_close, http_get, http_wait};

/* ---- gather ---- */

void stage_write_fields(struct stage_text *text, const struct cg_field *fields, size_t count) {
    stage_append(text, "{");
    for (size_t i = 0; i < count; i++) {
        const char *mark = fields[i].kind == CG_FIELD_STRING && fields[i].value != NULL ? "\"" : "";
        stage_append(text, "%s\"%s\": %s%s%s", i == 0 ? "" : ", ", fields[i].key, mark,
                     fields[i].value == NULL ? "null" : fields[i].value, mark);
    }
    stage_append(text, "}");
}

void stage_write_line(struct stage_text *text, const struct cg_billing_line *line) {
    char numbers[3][CG_DECIMAL_TEXT_SIZE];
    (void)cg_decimal_format(&line->quantity, numbers[0]);
    (void)cg_decimal_format(&line->unit_price, numbers[1]);
    (void)cg_decimal_format(&line->total_cost, numbers[2]);
    stage_append(text, "%" PRId64 " env=%s res=%s cat=%s type=%s %s x %s = %s %s %s%s ", line->timestamp / CG_DAY_US,
                 line->env_id, line->resource_id, line->product_category, line->product_type, numbers[0], numbers[1],
                 numbers[2], line->currency, line->granularity,
                 (line->flags & CG_LINE_MALFORMED) != 0 ? " malformed" : "");
    stage_write_fields(text, line->fields, line->field_count);
}

static const char *shown(const char *text) {
    return text == NULL ? "null" : text;
}

static cg_status gather_resource(const struct cg_gather *gather, const struct cg_resource *resource) {
    struct stage *stage = gather->impl;
    cr_assert_eq(resource->struct_size, sizeof *resource);
    stage_append(&stage->rows, "%s %s name=%s parent=%s owner=%s cloud=%s region=%s created=%" PRId64 " ",
                 resource->type, resource->id, shown(resource->display_name), shown(resource->parent_id),
                 shown(resource->owner_id), shown(resource->cloud), shown(resource->region),
                 resource->created_at == CG_TIME_NONE ? -1 : resource->created_at);
    stage_write_fields(&stage->rows, resource->fields, resource->field_count);
    stage_append(&stage->rows, "\n");
    return stage->refuse_rows ? CG_TEMPORARY : CG_OK;
}

static cg_status gather_identity(const struct cg_gather *gather, const struct cg_identity *identity) {
    struct stage *stage = gather->impl;
    cr_assert_eq(identity->struct_size, sizeof *identity);
    stage_append(&stage->rows, "%s %s name=%s created=%" PRId64 " ", identity->type, identity->id,
                 shown(identity->display_name), identity->created_at == CG_TIME_NONE ? -1 : identity->created_at);
    stage_write_fields(&stage->rows, identity->fields, identity->field_count);
    stage_append(&stage->rows, "\n");
    return stage->refuse_rows ? CG_TEMPORARY : CG_OK;
}

static cg_status gather_family(const struct cg_gather *gather, const char *family, cg_status status, const char *text) {
    struct stage *stage = gather->impl;
    stage_append(&stage->families, "%s %d%s%s\n", family, status, text == NULL ? "" : " ", text == NULL ? "" : text);
    return CG_OK;
}

static cg_status gather_billing(const struct cg_gather *gather, int64_t start, int64_t end,
                                const struct cg_billing_line *const *lines, size_t count) {
    struct stage *stage = gather->impl;
    stage_append(&stage->bills, "[%" PRId64 ", %" PRId64 ") %zu\n", start / CG_DAY_US, end / CG_DAY_US, count);
    for (size_t i = 0; i < count; i++) {
        stage_write_line(&stage->bills, lines[i]);
        stage_append(&stage->bills, "\n");
    }
    return stage->refuse_rows ? CG_TEMPORARY : CG_OK;
}

static void gather_progress(const struct cg_gather *gather, const char *what, uint64_t done, uint64_t total) {
    struct stage *stage = gather->impl;
    stage_append(&stage->progress, "%s %" PRIu64 "/%" PRIu64 "\n", what, done, total);
}

void stage_expect_families(const struct stage *stage, const char *name, size_t count, const char *failed) {
    struct stage_text found = {NULL, 0};
    size_t lines = 0;
    for (const char *line = stage_text_get(&stage->families); *line != '\0'; lines++) {
        int length = (int)strcspn(line, "\n");
        if (length < 2 || strncmp(line + length - 2, " 0", 2) != 0) {
            stage_append(&found, "%.*s\n", length, line);
        }
        line += length + 1;
    }
    cr_expect_str_eq(stage_text_get(&found), failed, "%s: got\n%s", name, stage_text_get(&found));
    cr_expect_eq(lines, count, "%s: there are\n%s", name, stage_text_get(&stage->families));
    text_done(&found);
}

/* ---- stage ---- */

void stage_init(struct stage *stage, const char *settings) {
    stage->host = (struct cg_host){.struct_size = sizeof stage->host,
                                   .impl = stage,
                                   .config = &config_api,
                                   .http = &http_api,
                                   .log = host_log,
                                   .set_error = host_set_error,
                                   .now = host_now,
                                   .scratch = host_scratch,
                                   .cancelled = host_cancelled,
                                   .extension = host_extension};
    stage->settings = stage_json(settings == NULL ? "{}" : settings);
    stage->tenant = (struct cg_tenant){sizeof stage->tenant, 0, "acme", "t-1",
                                       (const struct cg_config *)(const void *)stage->settings};
    stage->gather = (struct cg_gather){.struct_size = sizeof stage->gather,
                                       .impl = stage,
                                       .host = &stage->host,
                                       .resource = gather_resource,
                                       .identity = gather_identity,
                                       .family = gather_family,
                                       .billing = gather_billing,
                                       .progress = gather_progress};
}

void stage_forget(struct stage *stage) {
    text_done(&stage->error);
}

void stage_drop_scratch(struct stage *stage) {
    while (stage->blocks != NULL) {
        struct stage_block *next = stage->blocks->next;
        free(stage->blocks);
        stage->blocks = next;
    }
}

void stage_done(struct stage *stage) {
    struct stage_text *const texts[] = {&stage->error, &stage->log,      &stage->requests, &stage->problems,
                                        &stage->rows,  &stage->families, &stage->bills,    &stage->progress};
    cr_assert_eq(stage->open_clients, 0, "a client was not closed");
    free(stage->first_url);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        text_done(texts[i]);
    }
    stage_drop_scratch(stage);
    json_decref(stage->settings);
}
