#include <string.h>

#include "net/server_internal.h"

/* Bytes of all bodies that are in memory, in multiples of the largest one; then requests with a body are refused. */
#define BODIES_AT_ONCE 8u

#define REFUSE(status_, detail_) ((struct cg_server_refusal){status_, detail_})

static const struct cg_server_refusal overloaded = {503, NULL};
static const struct cg_server_refusal body_too_large = {413, "The body of the request is too large"};

void *cg_server_request_begin(void *user, const char *target, struct MHD_Connection *mhd) {
    struct cg_server_connection *connection = cg_server_connection_of(mhd);
    (void)user;
    if (!connection || connection->phase == CG_SERVER_BROKEN || !target)
        return NULL;
    if (connection->exchange)
        cg_server_exchange_end(connection->exchange, false);
    connection->requests++;
    cg_server_connection_enter(connection, CG_SERVER_ARRIVING);
    return cg_server_exchange_new(connection, target);
}

/* Headers in a row, for MHD_get_connection_values_n. */
struct header_list {
    struct cg_http_pair *pairs;
    size_t count;
    size_t capacity;
};

static enum MHD_Result add_header(void *user, enum MHD_ValueKind kind, const char *name, size_t name_length,
                                  const char *value, size_t value_length) {
    struct header_list *list = user;
    (void)kind;
    (void)name_length;
    (void)value_length;
    if (list->count == list->capacity)
        return MHD_NO;
    list->pairs[list->count++] = (struct cg_http_pair){.name = name, .value = value ? value : ""};
    return MHD_YES;
}

static struct cg_http_pair *read_headers(struct cg_http_exchange *exchange, struct MHD_Connection *mhd) {
    int count = MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, NULL, NULL);
    struct header_list list = {.capacity = count > 0 ? (size_t)count : 0};
    list.pairs = cg_arena_array(exchange->arena, list.capacity + 1, sizeof *list.pairs);
    if (!list.pairs)
        return NULL;
    MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, add_header, &list);
    exchange->request.headers = list.pairs;
    exchange->request.header_count = list.count;
    return list.pairs;
}

static size_t header_size(struct MHD_Connection *mhd) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}

/* Blanks behind a value are not a part of it. */
static bool trim_headers(struct cg_http_exchange *exchange, struct cg_http_pair *headers) {
    for (size_t i = 0; i < exchange->request.header_count; i++) {
        const char *value = headers[i].value;
        size_t length = strlen(value);
        size_t kept = length;
        while (kept > 0 && (value[kept - 1] == ' ' || value[kept - 1] == '\t'))
            kept--;
        if (kept < length)
            headers[i].value = cg_arena_copy(exchange->arena, value, kept);
        if (!headers[i].value)
            return false;
    }
    return true;
}

static struct cg_server_refusal check_head(struct cg_http_exchange *exchange, const char *version) {
    struct cg_http_request *request = &exchange->request;
    uint64_t announced = 0;
    if (!cg_server_check_token(request->method))
        return REFUSE(400, "The method of the request has characters that it cannot have");
    if (!cg_server_check_target(request, exchange->arena))
        return REFUSE(400, "The target of the request is no path, or has characters that must be percent-encoded");
    struct cg_server_refusal refusal = cg_server_check_headers(request, version, &announced);
    if (refusal.status)
        return refusal;
    return announced > exchange->server->options.body_limit ? body_too_large : refusal;
}

/* The first call for a request: its header is complete. A refusal made now ends the connection. */
static enum MHD_Result take_head(struct cg_http_exchange *exchange, struct MHD_Connection *mhd, const char *method,
                                 const char *version) {
    const struct cg_http_server *server = exchange->server;
    const size_t size = header_size(mhd);
    exchange->head_seen = true;
    exchange->unframed = strcmp(version, "HTTP/1.0") == 0;
    cg_server_connection_enter(exchange->connection, CG_SERVER_ARRIVING);
    exchange->request.method = cg_arena_string(exchange->arena, method);
    struct cg_http_pair *headers = read_headers(exchange, mhd);
    if (!exchange->request.method || !headers)
        return MHD_NO;
    if (size > server->options.header_limit)
        return cg_server_answer_refuse(exchange, REFUSE(431, "The header of the request is too large"));
    if (server->in_place && !cg_server_layout_is_whole(exchange, method, version, size))
        return cg_server_answer_refuse(exchange, REFUSE(400, "The request has a NUL byte or a folded header line"));
    if (!trim_headers(exchange, headers))
        return MHD_NO;
    struct cg_server_refusal refusal = check_head(exchange, version);
    return refusal.status ? cg_server_answer_refuse(exchange, refusal) : MHD_YES;
}

/*
 * A part of the body. libmicrohttpd takes no answer before the body's end, so what follows on a part that is too much
 * is read and dropped; if that is as much again as a body may have, the connection ends.
 */
static enum MHD_Result take_body(struct cg_http_exchange *exchange, const char *data, size_t length) {
    struct cg_http_server *server = exchange->server;
    size_t limit = server->options.body_limit;
    if (!exchange->refusal.status) {
        if (length > limit - exchange->request.body_length)
            exchange->refusal = body_too_large;
        else if (server->body_bytes / BODIES_AT_ONCE >= limit || !cg_server_exchange_add_body(exchange, data, length))
            exchange->refusal = overloaded;
        if (!exchange->refusal.status)
            return MHD_YES;
        cg_server_exchange_drop_body(exchange);
    }
    exchange->body_dropped += length;
    return exchange->body_dropped > limit ? MHD_NO : MHD_YES;
}

static enum MHD_Result hand_over(struct cg_http_exchange *exchange) {
    struct cg_http_server *server = exchange->server;
    if (server->closing)
        return MHD_NO;
    if (!exchange->refusal.status && server->counts.active >= server->options.active_limit)
        exchange->refusal = overloaded;
    if (exchange->refusal.status)
        return cg_server_answer_refuse(exchange, exchange->refusal);
    exchange->request.client = cg_server_connection_client(exchange->connection);
    exchange->handed_over = true;
    server->counts.active++;
    server->open++;
    cg_server_connection_enter(exchange->connection, CG_SERVER_WORKING);
    server->options.request(server->options.user, exchange);
    if (exchange->broken)
        return MHD_NO;
    if (exchange->answered)
        return cg_server_answer_queue(exchange);
    cg_server_exchange_suspend(exchange);
    return MHD_YES;
}

enum MHD_Result cg_server_request_serve(void *user, struct MHD_Connection *mhd, const char *url, const char *method,
                                        const char *version, const char *data, size_t *size, void **state) {
    struct cg_http_exchange *exchange = *state;
    (void)user;
    (void)url;
    if (!exchange || exchange->broken)
        return MHD_NO;
    exchange->server->turns = 0;
    if (!exchange->head_seen)
        return take_head(exchange, mhd, method, version);
    if (*size > 0) {
        size_t length = *size;
        *size = 0;
        return take_body(exchange, data, length);
    }
    if (!exchange->handed_over)
        return hand_over(exchange);
    if (exchange->answered)
        return cg_server_answer_queue(exchange);
    cg_server_exchange_suspend(exchange);
    return MHD_YES;
}

void cg_server_request_completed(void *user, struct MHD_Connection *mhd, void **state,
                                 enum MHD_RequestTerminationCode code) {
    struct cg_http_server *server = user;
    struct cg_server_connection *connection = cg_server_connection_of(mhd);
    struct cg_http_exchange *exchange = *state;
    *state = NULL;
    server->turns = 0;
    if (exchange)
        cg_server_exchange_end(exchange, code == MHD_REQUEST_TERMINATED_COMPLETED_OK && !exchange->broken);
    if (!connection || connection->phase == CG_SERVER_BROKEN)
        return;
    cg_server_connection_enter(connection, CG_SERVER_IDLE);
    if (server->quiesced)
        cg_server_connection_break(connection);
}
