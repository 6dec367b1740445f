#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "api/private.h"
#include "base/digest.h"

/* Below this an answer fits into a packet or two, and squeezing it saves nothing. */
#define LEAST_SQUEEZED ((size_t)1400)

/* Fast rather than small: an answer is made for one client. */
#define LEVEL 1
#define WINDOW_GZIP (15 + 16)

/* ---- squeezing ---- */

struct cg_squeeze {
    z_stream stream;
    struct cg_buf out;
};

struct cg_squeeze *cg_squeeze_new(void) {
    struct cg_squeeze *squeeze = calloc(1, sizeof *squeeze);
    if (squeeze && deflateInit2(&squeeze->stream, LEVEL, Z_DEFLATED, WINDOW_GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(squeeze);
        return NULL;
    }
    if (squeeze)
        cg_buf_init(&squeeze->out, CG_REPLY_LIMIT);
    return squeeze;
}

void cg_squeeze_free(struct cg_squeeze *squeeze) {
    if (!squeeze)
        return;
    deflateEnd(&squeeze->stream);
    cg_buf_done(&squeeze->out);
    free(squeeze);
}

cg_status cg_squeeze_piece(struct cg_squeeze *squeeze, struct cg_buf *piece, int32_t last) {
    z_stream *stream = &squeeze->stream;
    unsigned char room[16384];
    cg_buf_clear(&squeeze->out);
    stream->next_in = (unsigned char *)piece->data;
    stream->avail_in = (unsigned int)piece->length; /* at most CG_REPLY_LIMIT */
    do {
        stream->next_out = room;
        stream->avail_out = sizeof room;
        if (deflate(stream, last ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR)
            return CG_PERMANENT;
        cg_buf_add(&squeeze->out, room, sizeof room - stream->avail_out);
    } while (stream->avail_out == 0);
    if (squeeze->out.status != CG_OK)
        return squeeze->out.status;
    struct cg_buf plain = *piece;
    *piece = squeeze->out;
    squeeze->out = plain;
    return CG_OK;
}

/* Whether the parameters behind a coding, ";q=0.0", refuse it. */
static int is_refused(const char *parameters) {
    parameters += strspn(parameters, "; \t");
    if (strncasecmp(parameters, "q=0", 3) != 0)
        return 0;
    parameters += 3;
    parameters += *parameters == '.';
    parameters += strspn(parameters, "0");
    return *parameters < '1' || *parameters > '9';
}

int32_t cg_accepts_gzip(const struct cg_http_request *request) {
    const char *list = cg_http_request_header(request, "accept-encoding");
    while (list && *list) {
        list += strspn(list, ", \t");
        size_t name = strcspn(list, ";, \t");
        if (name == 4 && strncasecmp(list, "gzip", 4) == 0)
            return !is_refused(list + name);
        list += strcspn(list, ",");
    }
    return 0;
}

static void squeeze(struct cg_call *call) {
    struct cg_squeeze *by = cg_squeeze_new();
    /* Without memory the answer goes out as it is. */
    if (by && cg_squeeze_piece(by, &call->reply.body, 1) == CG_OK)
        cg_reply_header(call, "content-encoding", "gzip");
    cg_squeeze_free(by);
}

/* ---- what the client has already ---- */

/* Whether a list like W/"a", "b" holds this tag; the weak comparison of RFC 9110, 8.8.3.2. */
int32_t cg_reply_is_known(const struct cg_call *call, const char *tag) {
    const char *list = cg_http_request_header(call->request, "if-none-match");
    const char *opaque = strchr(tag, '"');
    return list && (strcmp(list, "*") == 0 || strstr(list, opaque) != NULL);
}

/* Clients may keep it, and ask each time whether it still holds. */
void cg_reply_tag(struct cg_call *call, const char *tag) {
    cg_reply_header(call, "etag", tag);
    cg_reply_header(call, "cache-control", "no-cache");
}

static const char *make_tag(struct cg_call *call) {
    struct cg_digest digest;
    char text[CG_DIGEST_TEXT_SIZE];
    cg_digest_start(&digest, "answer/1");
    cg_digest_bytes(&digest, call->reply.body.data, call->reply.body.length);
    cg_digest_end_text(&digest, text);
    text[32] = '\0';
    return cg_arena_printf(call->arena, "W/\"%s\"", text);
}

void cg_reply_encode(struct cg_call *call) {
    struct cg_reply *reply = &call->reply;
    const char *method = call->request->method;
    if (reply->status != 200 || reply->stream.next || (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0))
        return;
    const char *tag = make_tag(call);
    if (tag)
        cg_reply_tag(call, tag);
    if (tag && cg_reply_is_known(call, tag)) {
        reply->status = 304;
        cg_buf_clear(&reply->body);
    } else if (reply->body.length >= LEAST_SQUEEZED && cg_accepts_gzip(call->request)) {
        squeeze(call);
    }
}
