#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/server_internal.h"

/* Bytes at a time for a client of HTTP/1.0, which knows no chunks. */
#define BLOCK_SIZE ((size_t)16 * 1024)

/*
 * libmicrohttpd asks for bytes. It is never told "none at the moment" without suspending the connection, else it would
 * ask again in every turn of the loop.
 */
static ssize_t read_piece(void *user, uint64_t position, char *buffer, size_t size) {
    struct cg_http_exchange *exchange = user;
    (void)position;
    exchange->server->turns = 0;
    for (;;) {
        if (exchange->broken || exchange->server->closing || exchange->last < 0) {
            if (exchange->unframed)
                cg_server_connection_reset(exchange->connection);
            return MHD_CONTENT_READER_END_WITH_ERROR;
        }
        size_t left = exchange->piece_length - exchange->piece_taken;
        if (left > 0) {
            size = left < size ? left : size;
            memcpy(buffer, exchange->piece + exchange->piece_taken, size);
            exchange->piece_taken += size;
            return (ssize_t)size;
        }
        if (exchange->last > 0)
            return MHD_CONTENT_READER_END_OF_STREAM;
        exchange->wanted = true;
        exchange->stream.want(exchange->stream.user, exchange);
        if (exchange->wanted && !exchange->broken) {
            cg_server_connection_enter(exchange->connection, CG_SERVER_WORKING);
            cg_server_exchange_suspend(exchange);
            return 0;
        }
    }
}

/*
 * libmicrohttpd ends also a HEAD's answer with the last chunk, which the client would take for the beginning of the
 * next answer. Without chunks there is none, and the connection ends.
 */
static bool forgo_chunks(const struct cg_http_exchange *exchange, struct MHD_Response *response) {
    return strcmp(exchange->request.method, "HEAD") != 0 ||
           MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END) == MHD_YES;
}

struct MHD_Response *cg_server_stream_response(struct cg_http_exchange *exchange) {
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, read_piece, exchange, NULL);
    if (!response || forgo_chunks(exchange, response))
        return response;
    MHD_destroy_response(response);
    return NULL;
}

static bool keep_piece(struct cg_http_exchange *exchange, const void *data, size_t length) {
    if (length > exchange->piece_capacity) {
        char *piece = realloc(exchange->piece, length);
        if (!piece)
            return false;
        exchange->piece = piece;
        exchange->piece_capacity = length;
    }
    if (length > 0)
        memcpy(exchange->piece, data, length);
    exchange->piece_length = length;
    exchange->piece_taken = 0;
    return true;
}

void cg_http_stream_give(struct cg_http_exchange *exchange, const void *data, size_t length, int32_t last) {
    assert(exchange->wanted || exchange->broken);
    assert(length > 0 || last);
    if (!exchange->wanted || exchange->broken || (length == 0 && !last))
        return;
    exchange->last = keep_piece(exchange, data, length) ? last : -1;
    exchange->wanted = false;
    if (!exchange->suspended)
        return;
    cg_server_connection_enter(exchange->connection, CG_SERVER_ANSWERING);
    cg_server_exchange_resume(exchange);
}
