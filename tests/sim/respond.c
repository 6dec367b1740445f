/* Replies that are wrong on purpose. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "exchange.h"

/* A body that is handed out piece by piece: once and broken off, or over and over. */
struct stream {
    struct MHD_Connection *connection;
    struct cg_sim_text body;
    size_t stop; /* break off after so many bytes; 0 = never */
};

struct MHD_Response *cg_sim_response_make(struct cg_sim_reply *reply) {
    struct MHD_Response *response = NULL;
    if (reply->body.data == NULL) {
        response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    } else {
        response = MHD_create_response_from_buffer(reply->body.len, reply->body.data, MHD_RESPMEM_MUST_FREE);
        if (response != NULL) {
            reply->body = (struct cg_sim_text){0};
        }
    }
    if (response != NULL) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
    }
    return response;
}

bool cg_sim_fault_needs_reply(enum cg_sim_fault_kind kind) {
    return kind == CG_SIM_FAULT_TRUNCATE || kind == CG_SIM_FAULT_RESET;
}

static void stream_free(void *context) {
    struct stream *stream = context;
    cg_sim_text_done(&stream->body);
    free(stream);
}

/* Dissolving the association of a connected TCP socket sends a reset and forgets what was not yet sent. */
static void connection_reset(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    if (info != NULL) {
        (void)connect(info->connect_fd, &nobody, sizeof(nobody));
    }
}

static ssize_t stream_read(void *context, uint64_t position, char *buffer, size_t size) {
    struct stream *stream = context;
    size_t len = stream->body.len;
    if (stream->stop > 0) {
        if (position >= stream->stop) {
            connection_reset(stream->connection);
            return MHD_CONTENT_READER_END_WITH_ERROR;
        }
        size_t left = stream->stop - (size_t)position;
        size = size < left ? size : left;
    }
    size_t at = (size_t)(position % len);
    size = size < len - at ? size : len - at;
    memcpy(buffer, stream->body.data + at, size);
    return (ssize_t)size;
}

/* Queues a streamed body; `size` is the length announced. */
static enum MHD_Result stream_queue(struct MHD_Connection *connection, struct cg_sim_text *body, size_t stop,
                                    uint64_t size) {
    struct stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL) {
        return MHD_NO;
    }
    stream->connection = connection;
    stream->body = *body;
    stream->stop = stop;
    *body = (struct cg_sim_text){0};
    struct MHD_Response *response = MHD_create_response_from_callback(size, 65536, stream_read, stream, stream_free);
    if (response == NULL) {
        stream_free(stream);
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result huge_queue(struct MHD_Connection *connection, uint64_t bytes, struct cg_sim_text *body) {
    /* Valid JSON as far as it goes: the repeated block is an opening bracket and an item. */
    cg_sim_text_clear(body);
    for (size_t i = 0; i < 512 && !body->failed; i++) {
        cg_sim_text_puts(body, "{\"data\":[{\"id\":\"an-item-of-a-body-that-does-not-end\",\"spec\":{}},");
    }
    if (body->failed) {
        return MHD_NO;
    }
    return stream_queue(connection, body, 0, bytes == 0 ? MHD_SIZE_UNKNOWN : bytes);
}

static void status_headers_add(struct MHD_Response *response, const struct cg_sim_fault *fault) {
    char text[64];
    if (fault->retry_after >= 0) {
        text[cg_sim_u64_format((uint64_t)fault->retry_after, text)] = '\0';
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, text);
    }
    if (fault->retry_after_date >= 0) {
        time_t when = time(NULL) + fault->retry_after_date;
        struct tm parts;
        if (gmtime_r(&when, &parts) != NULL && strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts) > 0) {
            (void)MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, text);
        }
    }
    for (size_t i = 0; i < fault->header_count; i++) {
        (void)MHD_add_response_header(response, fault->header_names[i], fault->header_values[i]);
    }
}

static void status_reply(const struct cg_sim_fault *fault, enum cg_sim_group group, struct cg_sim_reply *reply) {
    if (group == CG_SIM_GROUP_PROMETHEUS) {
        cg_sim_reply_prom_error(reply, fault->status, "unavailable", "A fault was asked for");
    } else {
        cg_sim_reply_error(reply, fault->status, "A fault was asked for");
    }
}

enum MHD_Result cg_sim_fault_respond(struct MHD_Connection *connection, const struct cg_sim_fault *fault,
                                     enum cg_sim_group group, struct cg_sim_reply *reply) {
    switch (fault->kind) {
    case CG_SIM_FAULT_STATUS:
        status_reply(fault, group, reply);
        break;
    case CG_SIM_FAULT_TRUNCATE:
        reply->body.len /= 2;
        break;
    case CG_SIM_FAULT_RESET:
        if (reply->body.len > 1) {
            return stream_queue(connection, &reply->body, reply->body.len / 2, reply->body.len);
        }
        return MHD_NO;
    case CG_SIM_FAULT_HTML:
        reply->content_type = "text/html; charset=utf-8";
        cg_sim_text_puts(&reply->body, "<!DOCTYPE html><html><head><title>Sign in</title></head>"
                                       "<body><h1>Please sign in</h1></body></html>\n");
        break;
    case CG_SIM_FAULT_ARRAY:
        cg_sim_text_puts(&reply->body, "[]");
        break;
    case CG_SIM_FAULT_NONJSON:
        cg_sim_text_puts(&reply->body, "{\"data\": [oops, this is not JSON");
        break;
    case CG_SIM_FAULT_HUGE:
        return huge_queue(connection, fault->bytes, &reply->body);
    default:
        return MHD_NO;
    }
    struct MHD_Response *response = cg_sim_response_make(reply);
    if (response == NULL) {
        return MHD_NO;
    }
    if (fault->kind == CG_SIM_FAULT_STATUS) {
        status_headers_add(response, fault);
    }
    enum MHD_Result result = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return result;
}
