#include <criterion/criterion.h>
#include <string.h>
#include <zlib.h>

#include "api/private.h"

static const struct {
    const char *header;
    int32_t taken;
} accepts[] = {
    {NULL, 0},
    {"", 0},
    {"gzip", 1},
    {"deflate, GZIP", 1},
    {"br;q=1.0, gzip;q=0.8, *;q=0.1", 1},
    {"gzip;q=0", 0},
    {"gzip; q=0.0", 0},
    {"gzip;q=0.001", 1},
    {"identity", 0},
    {"x-gzip", 0},
    {"gzipped", 0},
    {" , ,gzip", 1},
    {"gzip;q=0,gzip", 0},
};

Test(encode, knows_who_takes_gzip) {
    for (size_t i = 0; i < sizeof accepts / sizeof *accepts; i++) {
        struct cg_http_pair header = {"Accept-Encoding", accepts[i].header};
        struct cg_http_request request = {.headers = &header, .header_count = accepts[i].header ? 1 : 0};
        cr_assert_eq(cg_accepts_gzip(&request), accepts[i].taken, "%s", accepts[i].header ? accepts[i].header : "");
    }
}

/* A call with a body of `length` letters, and up to two headers. */
static struct cg_call call_of(struct cg_http_request *request, size_t length) {
    struct cg_call call = {.request = request, .arena = cg_arena_new(), .reply = {.status = 200}};
    cg_buf_init(&call.reply.body, CG_REPLY_LIMIT);
    for (size_t i = 0; i < length; i++)
        cg_buf_add_char(&call.reply.body, (char)('a' + i % 3));
    return call;
}

static const char *header_of(const struct cg_call *call, const char *name) {
    for (size_t i = 0; i < call->reply.header_count; i++)
        if (strcmp(call->reply.headers[i].name, name) == 0)
            return call->reply.headers[i].value;
    return NULL;
}

static void end(struct cg_call *call) {
    cg_call_done(call);
    cg_arena_free(call->arena);
}

Test(encode, squeezes_what_is_large_enough_and_what_comes_out_is_the_same) {
    struct cg_http_pair header = {"accept-encoding", "gzip"};
    struct cg_http_request request = {.method = "GET", .headers = &header, .header_count = 1};
    struct cg_call small = call_of(&request, 1000);
    struct cg_call large = call_of(&request, 100000);
    unsigned char *plain = cg_arena_alloc(large.arena, 100001);
    z_stream stream = {0};
    cg_reply_encode(&small);
    cg_reply_encode(&large);
    cr_assert_null(header_of(&small, "content-encoding"));
    cr_assert_eq(small.reply.body.length, 1000);
    cr_assert_str_eq(header_of(&large, "content-encoding"), "gzip");
    cr_assert_lt(large.reply.body.length, 5000);
    stream.next_in = (unsigned char *)large.reply.body.data;
    stream.avail_in = (unsigned)large.reply.body.length;
    stream.next_out = plain;
    stream.avail_out = 100001;
    cr_assert_eq(inflateInit2(&stream, 15 + 16), Z_OK);
    cr_assert_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
    cr_assert_eq(stream.total_out, 100000);
    for (size_t i = 0; i < 100000; i++)
        cr_assert_eq(plain[i], 'a' + i % 3);
    inflateEnd(&stream);
    end(&small);
    end(&large);
}

Test(encode, answers_304_to_whoever_has_it) {
    struct cg_http_request request = {.method = "GET"};
    struct cg_call first = call_of(&request, 10);
    cg_reply_encode(&first);
    const char *tag = header_of(&first, "etag");
    cr_assert_not_null(tag);
    char list[200];
    snprintf(list, sizeof list, "\"other\", %s", tag);
    const char *const lists[] = {tag, tag + 2, list, "*"};
    for (size_t i = 0; i < 4; i++) {
        struct cg_http_pair header = {"if-none-match", lists[i]};
        struct cg_http_request again = {.method = "GET", .headers = &header, .header_count = 1};
        struct cg_call call = call_of(&again, 10);
        cg_reply_encode(&call);
        cr_assert_eq(call.reply.status, 304, "%s", lists[i]);
        cr_assert_eq(call.reply.body.length, 0);
        cr_assert_str_eq(header_of(&call, "etag"), tag);
        end(&call);
        struct cg_call other = call_of(&again, 11);
        cg_reply_encode(&other);
        cr_assert_eq(other.reply.status, i == 3 ? 304 : 200, "%s", lists[i]);
        end(&other);
    }
    end(&first);
}

Test(encode, squeezes_a_stream_piece_by_piece) {
    struct cg_squeeze *squeeze = cg_squeeze_new();
    z_stream stream = {0};
    struct cg_buf piece;
    unsigned char plain[4096];
    size_t total = 0;
    cr_assert_eq(inflateInit2(&stream, 15 + 16), Z_OK);
    cg_buf_init(&piece, CG_REPLY_LIMIT);
    for (int i = 0; i < 100; i++) {
        cg_buf_clear(&piece);
        for (int j = 0; j < 1000; j++)
            cg_buf_printf(&piece, "%d,%d\n", i, j);
        cr_assert_eq(cg_squeeze_piece(squeeze, &piece, i == 99), CG_OK);
        stream.next_in = (unsigned char *)piece.data;
        stream.avail_in = (unsigned)piece.length;
        while (stream.avail_in) {
            stream.next_out = plain;
            stream.avail_out = sizeof plain;
            int code = inflate(&stream, Z_NO_FLUSH);
            cr_assert(code == Z_OK || code == Z_STREAM_END);
            total += sizeof plain - stream.avail_out;
        }
    }
    size_t wanted = 0;
    for (int i = 0; i < 100; i++)
        for (int j = 0; j < 1000; j++)
            wanted += (size_t)snprintf(NULL, 0, "%d,%d\n", i, j);
    cr_assert_eq(total, wanted);
    inflateEnd(&stream);
    cg_buf_done(&piece);
    cg_squeeze_free(squeeze);
}
