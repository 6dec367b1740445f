#include <assert.h>
#include <string.h>
#include <strings.h>

#include "net/server_internal.h"

void cg_server_answer_release(struct cg_http_exchange *exchange) {
    void (*release)(void *user) = exchange->release;
    exchange->release = NULL;
    if (release)
        release(exchange->release_user);
}

/* libmicrohttpd takes a body that it only reads as `void *`. */
static struct MHD_Response *buffer_response(const void *body, size_t length, bool copy) {
    union {
        const void *given;
        void *taken;
    } pointer = {.given = body ? body : ""};
    return MHD_create_response_from_buffer(length, pointer.taken,
                                           copy ? MHD_RESPMEM_MUST_COPY : MHD_RESPMEM_PERSISTENT);
}

/* The header lines that follow from the connection and the body; an application has no say in them. */
static bool is_ours(const char *name) {
    static const char *const names[] = {"Content-Length", "Transfer-Encoding", "Connection", "Date"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static bool are_fit(const struct cg_http_answer *answer) {
    if (answer->status < 200 || answer->status > 599)
        return false;
    for (size_t i = 0; i < answer->header_count; i++) {
        if (!cg_server_check_token(answer->headers[i].name) || !cg_server_check_value(answer->headers[i].value))
            return false;
    }
    return true;
}

static cg_status add_headers(struct MHD_Response *response, const struct cg_http_answer *answer) {
    for (size_t i = 0; i < answer->header_count; i++) {
        const struct cg_http_pair *header = &answer->headers[i];
        if (!is_ours(header->name) && *header->value &&
            MHD_add_response_header(response, header->name, header->value) != MHD_YES)
            return CG_NO_MEMORY;
    }
    return CG_OK;
}

static cg_status close_after(struct MHD_Response *response) {
    return MHD_add_response_header(response, "Connection", "close") == MHD_YES ? CG_OK : CG_NO_MEMORY;
}

static cg_status make_response(struct cg_http_exchange *exchange, const struct cg_http_answer *answer) {
    if (answer->stream) {
        exchange->stream = *answer->stream;
        exchange->response = cg_server_stream_response(exchange);
    } else {
        exchange->response = buffer_response(answer->body, answer->body_length, !exchange->release);
    }
    exchange->status = answer->status;
    if (!exchange->response)
        return CG_NO_MEMORY;
    cg_status status = add_headers(exchange->response, answer);
    if (status == CG_OK && (answer->close || exchange->server->quiesced))
        status = close_after(exchange->response);
    return status;
}

cg_status cg_http_answer(struct cg_http_exchange *exchange, const struct cg_http_answer *answer,
                         void (*release)(void *user), void *release_user) {
    static const char failed[] = "{\"detail\":\"Internal Server Error\"}";
    static const struct cg_http_pair json = {"content-type", "application/json"};
    struct cg_http_answer own = {
        .status = 500, .headers = &json, .header_count = 1, .body = failed, .body_length = sizeof failed - 1};
    assert(!exchange->answered || exchange->broken);
    if (exchange->answered) {
        if (release)
            release(release_user);
        return CG_INVALID;
    }
    exchange->answered = true;
    exchange->server->counts.active--;
    exchange->release = release;
    exchange->release_user = release_user;
    if (exchange->broken || exchange->server->closing) {
        cg_server_answer_release(exchange);
        return CG_OK;
    }
    cg_status fit = are_fit(answer) ? CG_OK : CG_INVALID;
    if (fit != CG_OK)
        cg_server_answer_release(exchange);
    cg_status status = make_response(exchange, fit == CG_OK ? answer : &own);
    if (status != CG_OK) {
        cg_server_answer_release(exchange);
        cg_server_connection_break(exchange->connection);
        return status;
    }
    cg_server_exchange_resume(exchange);
    return fit;
}

enum MHD_Result cg_server_answer_queue(struct cg_http_exchange *exchange) {
    struct MHD_Response *response = exchange->response;
    if (!response)
        return MHD_NO;
    exchange->response = NULL;
    cg_server_connection_enter(exchange->connection, CG_SERVER_ANSWERING);
    enum MHD_Result result = MHD_queue_response(exchange->connection->mhd, exchange->status, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result cg_server_answer_refuse(struct cg_http_exchange *exchange, struct cg_server_refusal refusal) {
    const bool overload = refusal.status == 503;
    const char *body =
        overload ? "Service Unavailable" : cg_arena_printf(exchange->arena, "{\"detail\":\"%s\"}", refusal.detail);
    if (overload)
        exchange->server->counts.refused++;
    if (!body)
        return MHD_NO;
    exchange->refusal = refusal;
    exchange->status = refusal.status;
    exchange->response = buffer_response(body, strlen(body), true);
    if (!exchange->response)
        return MHD_NO;
    const char *type = overload ? "text/plain; charset=utf-8" : "application/json";
    if (MHD_add_response_header(exchange->response, "content-type", type) != MHD_YES ||
        close_after(exchange->response) != CG_OK)
        return MHD_NO;
    return cg_server_answer_queue(exchange);
}
