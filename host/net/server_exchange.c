#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/server_internal.h"

struct cg_http_exchange *cg_server_exchange_new(struct cg_server_connection *connection, const char *target) {
    struct cg_arena *arena = cg_arena_new();
    if (!arena)
        return NULL;
    struct cg_http_exchange *exchange = cg_arena_alloc(arena, sizeof *exchange);
    char *copy = cg_arena_string(arena, target);
    if (!exchange || !copy) {
        cg_arena_free(arena);
        return NULL;
    }
    exchange->connection = connection;
    exchange->server = connection->server;
    exchange->arena = arena;
    exchange->sent_target = target;
    exchange->request.target = copy;
    exchange->request.body = "";
    connection->exchange = exchange;
    return exchange;
}

void cg_server_exchange_drop_body(struct cg_http_exchange *exchange) {
    exchange->server->body_bytes -= exchange->body_capacity;
    free(exchange->body);
    exchange->body = NULL;
    exchange->body_capacity = 0;
    exchange->request.body = "";
    exchange->request.body_length = 0;
}

void cg_server_exchange_end(struct cg_http_exchange *exchange, bool whole) {
    struct cg_http_server *server = exchange->server;
    exchange->connection->exchange = NULL;
    cg_server_answer_release(exchange);
    if (exchange->handed_over) {
        if (!exchange->answered)
            server->counts.active--;
        /* Late calls from within `ended` find the exchange answered and broken: they do nothing. */
        exchange->answered = true;
        exchange->broken = true;
        server->open--;
        if (server->options.ended)
            server->options.ended(server->options.user, exchange, whole);
    }
    if (exchange->response)
        MHD_destroy_response(exchange->response);
    cg_server_exchange_drop_body(exchange);
    free(exchange->piece);
    cg_arena_free(exchange->arena);
}

bool cg_server_exchange_add_body(struct cg_http_exchange *exchange, const char *data, size_t length) {
    size_t used = exchange->request.body_length;
    size_t needed = used + length + 1;
    if (needed > exchange->body_capacity) {
        size_t capacity = exchange->body_capacity ? exchange->body_capacity * 2 : 1024;
        if (capacity < needed)
            capacity = needed;
        char *body = realloc(exchange->body, capacity);
        if (!body)
            return false;
        exchange->server->body_bytes += capacity - exchange->body_capacity;
        exchange->body = body;
        exchange->body_capacity = capacity;
    }
    memcpy(exchange->body + used, data, length);
    exchange->body[used + length] = '\0';
    exchange->request.body = exchange->body;
    exchange->request.body_length = used + length;
    return true;
}

void cg_server_exchange_suspend(struct cg_http_exchange *exchange) {
    exchange->suspended = true;
    MHD_suspend_connection(exchange->connection->mhd);
}

void cg_server_exchange_resume(struct cg_http_exchange *exchange) {
    if (!exchange->suspended || exchange->server->stopped)
        return;
    exchange->suspended = false;
    MHD_resume_connection(exchange->connection->mhd);
    cg_server_loop_wake(exchange->server);
}

const struct cg_http_request *cg_http_exchange_request(const struct cg_http_exchange *exchange) {
    return &exchange->request;
}

struct cg_arena *cg_http_exchange_arena(struct cg_http_exchange *exchange) {
    return exchange->arena;
}

void **cg_http_exchange_user(struct cg_http_exchange *exchange) {
    return &exchange->user;
}

const char *cg_http_request_header(const struct cg_http_request *request, const char *name) {
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    }
    return NULL;
}
