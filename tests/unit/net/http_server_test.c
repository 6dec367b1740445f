/* What arrives and what is sent back: requests, answers, streams. */
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_server_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(text) text, sizeof(text) - 1
#define HOST "Host: t\r\n"

static const struct cg_http_server_options defaults;

/* ---- what the application is handed ---- */

static const struct {
    const char *name;
    const char *sent;
    size_t length;
    const char *seen; /* method|target|path|query|client|has_body|body_length|body|name=value... */
} requests[] = {
    {"plain", BYTES("GET /a HTTP/1.1\r\n" HOST "\r\n"), "GET|/a|/a||127.0.0.1|0|0||Host=t"},
    {"query", BYTES("GET /a?b=c&d HTTP/1.1\r\n" HOST "\r\n"), "GET|/a?b=c&d|/a|b=c&d|127.0.0.1|0|0||Host=t"},
    {"two marks", BYTES("GET /a?b?c HTTP/1.1\r\n" HOST "\r\n"), "GET|/a?b?c|/a|b?c|127.0.0.1|0|0||Host=t"},
    {"empty query", BYTES("GET /a? HTTP/1.1\r\n" HOST "\r\n"), "GET|/a?|/a||127.0.0.1|0|0||Host=t"},
    {"escapes stay", BYTES("GET /a%2Fb%00+c?d=%41+e HTTP/1.1\r\n" HOST "\r\n"),
     "GET|/a%2Fb%00+c?d=%41+e|/a%2Fb%00+c|d=%41+e|127.0.0.1|0|0||Host=t"},
    {"absolute", BYTES("GET http://t:80/a?b HTTP/1.1\r\n" HOST "\r\n"),
     "GET|http://t:80/a?b|/a|b|127.0.0.1|0|0||Host=t"},
    {"absolute, no path", BYTES("GET HTTP://t HTTP/1.1\r\n" HOST "\r\n"), "GET|HTTP://t|/||127.0.0.1|0|0||Host=t"},
    {"absolute, query only", BYTES("GET http://t?b HTTP/1.1\r\n" HOST "\r\n"),
     "GET|http://t?b|/|b|127.0.0.1|0|0||Host=t"},
    {"asterisk", BYTES("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), "OPTIONS|*|*||127.0.0.1|0|0||Host=t"},
    {"any method", BYTES("M-SEARCH /a HTTP/1.1\r\n" HOST "\r\n"), "M-SEARCH|/a|/a||127.0.0.1|0|0||Host=t"},
    {"UTF-8", BYTES("GET /\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n"), "GET|/\xc3\xa4|/\xc3\xa4||127.0.0.1|0|0||Host=t"},
    {"headers in order", BYTES("GET /a HTTP/1.1\r\nb:1\r\n" HOST "A:\t2 \t\r\nb: 3\r\nc:\r\n\r\n"),
     "GET|/a|/a||127.0.0.1|0|0||b=1|Host=t|A=2|b=3|c="},
    {"bare line feeds", BYTES("GET /a HTTP/1.1\nHost: t\nb: c\n\n"), "GET|/a|/a||127.0.0.1|0|0||Host=t|b=c"},
    {"empty lines first", BYTES("\r\n\r\nGET /a HTTP/1.1\r\n" HOST "\r\n"), "GET|/a|/a||127.0.0.1|0|0||Host=t"},
    {"HTTP/1.0", BYTES("GET /a HTTP/1.0\r\n\r\n"), "GET|/a|/a||127.0.0.1|0|0|"},
    {"body", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"),
     "POST|/a|/a||127.0.0.1|1|3|abc|Host=t|Content-Length=3"},
    {"body with NUL", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\na\0c"),
     "POST|/a|/a||127.0.0.1|1|3|a|Host=t|Content-Length=3"},
    {"body of a GET", BYTES("GET /a HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"),
     "GET|/a|/a||127.0.0.1|1|3|abc|Host=t|Content-Length=3"},
    {"no body", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"),
     "POST|/a|/a||127.0.0.1|0|0||Host=t|Content-Length=0"},
    {"chunks",
     BYTES("POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x=y\r\nbc\r\n0\r\n\r\n"),
     "POST|/a|/a||127.0.0.1|1|3|abc|Host=t|Transfer-Encoding=chunked"},
    {"chunks with a trailer",
     BYTES("POST /a HTTP/1.1\r\n" HOST "transfer-encoding: Chunked\r\n\r\n1\r\na\r\n0\r\nSum: 1\r\n\r\n"),
     "POST|/a|/a||127.0.0.1|1|1|a|Host=t|transfer-encoding=Chunked"},
    {"no chunk", BYTES("POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     "POST|/a|/a||127.0.0.1|1|0||Host=t|Transfer-Encoding=chunked"},
};

Test(http_server_request, is_handed_over_as_it_was_sent) {
    static struct server_fixture fixture;
    static struct reply reply;
    server_fixture_init(&fixture, defaults);
    for (size_t i = 0; i < COUNT(requests); i++) {
        fixture.seen[0] = '\0';
        client_talk(&fixture, requests[i].sent, requests[i].length, "nothing here", &reply);
        cr_expect_str_eq(fixture.seen, requests[i].seen, "%s: %s", requests[i].name, fixture.seen);
        cr_expect(strncmp(reply.data, "HTTP/1.1 404 Not Found\r\n", 24) == 0, "%s: %s", requests[i].name, reply.data);
    }
    cr_assert_eq(fixture.requests, COUNT(requests));
    server_fixture_done(&fixture);
}

Test(http_server_request, may_come_a_byte_at_a_time) {
    static struct server_fixture fixture;
    static struct reply reply;
    static const char sent[] = "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nslow!";
    server_fixture_init(&fixture, defaults);
    int fd = client_open(&fixture);
    for (size_t i = 0; i < sizeof sent - 1; i++) {
        client_send(&fixture, fd, sent + i, 1);
        server_turn(&fixture);
    }
    cr_assert(client_read(&fixture, fd, "\r\n\r\nslow!", 2000, &reply), "%s", reply.data);
    close(fd);
    server_fixture_done(&fixture);
}

Test(http_server_request, header_is_found_in_any_case) {
    static const struct cg_http_pair headers[] = {{"Accept", "a"}, {"ACCEPT", "b"}, {"X-Key", "k"}};
    const struct cg_http_request request = {.headers = headers, .header_count = COUNT(headers)};
    cr_assert_str_eq(cg_http_request_header(&request, "accept"), "a");
    cr_assert_str_eq(cg_http_request_header(&request, "x-KEY"), "k");
    cr_assert_null(cg_http_request_header(&request, "x"));
}

/* Requests on one connection are answered in their order, whether at once or later. */
Test(http_server_request, may_follow_before_the_answer) {
    static struct server_fixture fixture;
    static struct reply reply;
    static const char sent[] = "GET /hello HTTP/1.1\r\n" HOST "\r\n"
                               "GET /late HTTP/1.1\r\n" HOST "\r\n"
                               "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"
                               "GET /late HTTP/1.1\r\n" HOST "\r\n"
                               "GET /bye HTTP/1.1\r\n" HOST "\r\n"
                               "GET /hello HTTP/1.1\r\n" HOST "\r\n";
    server_fixture_init(&fixture, defaults);
    client_talk(&fixture, sent, sizeof sent - 1, NULL, &reply);
    cr_assert(reply.eof);
    cr_assert_eq(reply_count(&reply, "HTTP/1.1 200 OK"), 5, "%s", reply.data);
    const char *order[] = {"\r\n\r\nhello", "\r\n\r\nlate", "\r\n\r\nabc", "\r\n\r\nlate", "\r\n\r\nbye"};
    const char *at = reply.data;
    for (size_t i = 0; i < COUNT(order); i++) {
        at = strstr(at, order[i]);
        cr_assert_not_null(at, "%s is missing: %s", order[i], reply.data);
        at++;
    }
    server_fixture_done(&fixture);
}

Test(http_server_request, gets_a_continue) {
    static struct server_fixture fixture;
    static struct reply reply;
    static const char head[] = "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n";
    server_fixture_init(&fixture, defaults);
    int fd = client_open(&fixture);
    client_send(&fixture, fd, head, sizeof head - 1);
    cr_assert(client_read(&fixture, fd, "HTTP/1.1 100 Continue\r\n\r\n", 2000, &reply), "%s", reply.data);
    client_send(&fixture, fd, "abc", 3);
    cr_assert(client_read(&fixture, fd, "\r\n\r\nabc", 2000, &reply), "%s", reply.data);
    close(fd);
    server_fixture_done(&fixture);
}

/* ---- what is refused ---- */

#define JSON "content-type: application/json\r\n"

static const struct {
    const char *name;
    const char *sent;
    size_t length;
    const char *status; /* the reply begins with it; "": the connection may just end */
    const char *body;   /* and ends with it */
} refused[] = {
    {"NUL in the target", BYTES("GET /a\0b HTTP/1.1\r\n" HOST "\r\n"), "HTTP/1.1 400 ", "folded header line\"}"},
    {"NUL behind the target", BYTES("GET /a\0 HTTP/1.1\r\n" HOST "\r\n"), "HTTP/1.1 400 ", "folded header line\"}"},
    {"NUL in a value", BYTES("GET /a HTTP/1.1\r\n" HOST "a: b\0c\r\n\r\n"), "HTTP/1.1 400 ", "folded header line\"}"},
    {"NUL for a line", BYTES("GET /a HTTP/1.1\r\n" HOST "\0b: c\r\n\r\n"), "HTTP/1.1 400 ", "folded header line\"}"},
    {"NUL in a name", BYTES("GET /a HTTP/1.1\r\n" HOST "a\0b: c\r\n\r\n"), "HTTP/1.1 400 ", ""},
    {"folded line", BYTES("GET /a HTTP/1.1\r\n" HOST "a: b\r\n c\r\n\r\n"), "HTTP/1.1 400 ", "folded header line\"}"},
    {"control in the target", BYTES("GET /a\x01 HTTP/1.1\r\n" HOST "\r\n"), "HTTP/1.1 400 ", "percent-encoded\"}"},
    {"delete in the target", BYTES("GET /a\x7f HTTP/1.1\r\n" HOST "\r\n"), "HTTP/1.1 400 ", "percent-encoded\"}"},
    {"blank in the target", BYTES("GET /a b HTTP/1.1\r\n" HOST "\r\n"), "HTTP/1.1 400 ", "percent-encoded\"}"},
    {"control in the query", BYTES("GET /a?\x02 HTTP/1.1\r\n" HOST "\r\n"), "HTTP/1.1 400 ", "percent-encoded\"}"},
    {"relative target", BYTES("GET a HTTP/1.1\r\n" HOST "\r\n"), "HTTP/1.1 400 ", "percent-encoded\"}"},
    {"CONNECT", BYTES("CONNECT t:80 HTTP/1.1\r\n" HOST "\r\n"), "HTTP/1.1 400 ", "percent-encoded\"}"},
    {"odd method", BYTES("G(T /a HTTP/1.1\r\n" HOST "\r\n"), "HTTP/1.1 400 ", "cannot have\"}"},
    {"blank before a colon", BYTES("GET /a HTTP/1.1\r\n" HOST "a : b\r\n\r\n"), "HTTP/1.1 400 ", "cannot have\"}"},
    {"control in a value", BYTES("GET /a HTTP/1.1\r\n" HOST "a: b\x01\r\n\r\n"), "HTTP/1.1 400 ", "cannot have\"}"},
    {"no name", BYTES("GET /a HTTP/1.1\r\n" HOST ": b\r\n\r\n"), "HTTP/1.1 400 ", "folded header line\"}"},
    {"no host", BYTES("GET /a HTTP/1.1\r\n\r\n"), "HTTP/1.1 400 ", "one Host header\"}"},
    {"two hosts", BYTES("GET /a HTTP/1.1\r\n" HOST HOST "\r\n"), "HTTP/1.1 400 ", "one Host header\"}"},
    {"two lengths", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: 1\r\ncontent-length: 1\r\n\r\na"),
     "HTTP/1.1 400 ", "more than once\"}"},
    {"length and chunks",
     BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     "HTTP/1.1 400 ", "more than once\"}"},
    {"two codings", BYTES("POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
     "HTTP/1.1 400 ", "more than once\"}"},
    {"other coding", BYTES("POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
     "HTTP/1.1 501 ", "chunked\"}"},
    {"chunks in 1.0", BYTES("POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "HTTP/1.1 400 ",
     "Transfer-Encoding\"}"},
    {"length too large", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n"), "HTTP/1.1 413 ",
     "too large\"}"},
    {"length beyond 64 bits", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n"),
     "HTTP/1.1 413 ", ""},
    {"length too large, continue",
     BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n"), "HTTP/1.1 413 ",
     "too large\"}"},
    {"length no number", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: 1x\r\n\r\n"), "HTTP/1.1 400 ", ""},
    {"length negative", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n"), "HTTP/1.1 400 ", ""},
    {"length a list", BYTES("POST /a HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\n"), "HTTP/1.1 400 ", ""},
    {"chunk size no number", BYTES("POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
     "HTTP/1.1 400 ", ""},
    {"chunk size beyond 64 bits",
     BYTES("POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"), "HTTP/1.1 413 ",
     ""},
    {"chunk without an end", BYTES("POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nabc"),
     "HTTP/1.1 400 ", ""},
    {"no colon", BYTES("GET /a HTTP/1.1\r\n" HOST "abc\r\n\r\n"), "HTTP/1.1 400 ", ""},
    {"no version", BYTES("GET /a\r\n\r\n"), "HTTP/1.1 400 ", ""},
    {"no target", BYTES("GET\r\n\r\n"), "", ""},
    {"version 0.9", BYTES("GET /a HTTP/0.9\r\n\r\n"), "HTTP/1.1 505 ", ""},
    {"HTTP/2", BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "HTTP/1.1 505 ", ""},
    {"TLS", BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n"), "", ""},
    {"NULs", BYTES("\0\0\0\0\0\0\0\0\n\0\0\0\n"), "", ""},
};

Test(http_server_request, is_refused) {
    static struct server_fixture fixture;
    static struct reply reply;
    server_fixture_init(&fixture, (struct cg_http_server_options){.body_limit = 1000, .idle_seconds = 1});
    for (size_t i = 0; i < COUNT(refused); i++) {
        const char *name = refused[i].name;
        const char *body = refused[i].body;
        client_talk(&fixture, refused[i].sent, refused[i].length, NULL, &reply);
        cr_expect(reply.eof || reply.reset, "%s: the connection stays open", name);
        cr_expect(strncmp(reply.data, refused[i].status, strlen(refused[i].status)) == 0, "%s: %s", name, reply.data);
        if (*body) {
            cr_expect(reply.length > strlen(body) && strcmp(reply.data + reply.length - strlen(body), body) == 0,
                      "%s: %s", name, reply.data);
            cr_expect_not_null(strstr(reply.data, JSON), "%s: %s", name, reply.data);
            cr_expect_eq(reply_count(&reply, "Date: "), 1, "%s", name);
            cr_expect_eq(reply_count(&reply, "Connection: close"), 1, "%s", name);
        }
    }
    cr_assert_eq(fixture.requests, 0);
    cr_assert(client_is_served(&fixture));
    server_fixture_done(&fixture);
}

/* ---- answers ---- */

static const struct {
    const char *name;
    const char *sent;
    size_t length;
    int32_t kept;            /* the connection stays open */
    const char *expected[4]; /* in the reply */
    const char *missing[3];  /* not in it */
} answers[] = {
    {"whole",
     BYTES("GET /hello HTTP/1.1\r\n" HOST "\r\n"),
     1,
     {"HTTP/1.1 200 OK\r\n", "content-type: text/plain\r\n", "Content-Length: 5\r\n", "\r\n\r\nhello"},
     {"Server:", "Connection:"}},
    {"HEAD",
     BYTES("HEAD /hello HTTP/1.1\r\n" HOST "\r\n"),
     1,
     {"HTTP/1.1 200 OK\r\n", "content-type: text/plain\r\n", "Content-Length: 5\r\n"},
     {"hello"}},
    {"HTTP/1.0", BYTES("GET /hello HTTP/1.0\r\n\r\n"), 0, {"HTTP/1.1 200 OK\r\n", "\r\n\r\nhello"}, {NULL}},
    {"HTTP/1.0 kept",
     BYTES("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
     1,
     {"HTTP/1.1 200 OK\r\n", "Connection: Keep-Alive\r\n", "\r\n\r\nhello"},
     {NULL}},
    {"closed by the client",
     BYTES("GET /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"),
     0,
     {"Connection: close\r\n", "\r\n\r\nhello"},
     {NULL}},
    {"closed by the application",
     BYTES("GET /bye HTTP/1.1\r\n" HOST "\r\n"),
     0,
     {"Connection: close\r\n", "\r\n\r\nbye"},
     {NULL}},
    {"no content", BYTES("GET /empty HTTP/1.1\r\n" HOST "\r\n"), 1, {"HTTP/1.1 204 No Content\r\n"}, {"Transfer"}},
    {"later", BYTES("GET /late HTTP/1.1\r\n" HOST "\r\n"), 1, {"HTTP/1.1 200 OK\r\n", "\r\n\r\nlate"}, {NULL}},
    {"odd headers",
     BYTES("GET /headers HTTP/1.1\r\n" HOST "\r\n"),
     1,
     {"Server: chitragupt\r\n", "Set-Cookie: a=b\r\n", "Set-Cookie: c=d\r\n", "\r\n\r\nodd!"},
     {"never", "gzip", "Connection:"}},
    {"stream",
     BYTES("GET /stream HTTP/1.1\r\n" HOST "\r\n"),
     1,
     {"Transfer-Encoding: chunked\r\n", "\r\n4\r\none \r\n", "\r\n4\r\nfive\r\n0\r\n\r\n"},
     {"Content-Length"}},
    {"stream in 1.0",
     BYTES("GET /stream HTTP/1.0\r\n\r\n"),
     0,
     {"Connection: close\r\n", "\r\n\r\none two three four five"},
     {"Transfer-Encoding", "Content-Length"}},
    {"HEAD of a stream",
     BYTES("HEAD /stream HTTP/1.1\r\n" HOST "\r\n"),
     0,
     {"HTTP/1.1 200 OK\r\n", "Connection: close\r\n"},
     {"one", "\r\n\r\n0", "Content-Length"}},
};

Test(http_server_answer, is_sent) {
    static struct server_fixture fixture;
    static struct reply reply;
    server_fixture_init(&fixture, defaults);
    for (size_t i = 0; i < COUNT(answers); i++) {
        const char *name = answers[i].name;
        int fd = client_open(&fixture);
        reply.length = 0;
        client_send(&fixture, fd, answers[i].sent, answers[i].length);
        int ended = client_read(&fixture, fd, NULL, 60, &reply);
        cr_expect_eq(!ended, answers[i].kept, "%s: the connection is %s", name, ended ? "closed" : "open");
        for (size_t k = 0; k < COUNT(answers[i].expected) && answers[i].expected[k]; k++)
            cr_expect_eq(reply_count(&reply, answers[i].expected[k]), 1, "%s: %s", name, reply.data);
        for (size_t k = 0; k < COUNT(answers[i].missing) && answers[i].missing[k]; k++)
            cr_expect_eq(reply_count(&reply, answers[i].missing[k]), 0, "%s: %s", name, reply.data);
        cr_expect_eq(reply_count(&reply, "Date: "), 1, "%s: %s", name, reply.data);
        close(fd);
    }
    cr_assert_eq(fixture.whole, COUNT(answers));
    server_fixture_done(&fixture);
}

static const struct {
    const char *sent;
    unsigned released;
} unfit[] = {
    {"GET /badheader HTTP/1.1\r\n" HOST "\r\n", 1},
    {"GET /badstatus HTTP/1.1\r\n" HOST "\r\n", 0},
};

Test(http_server_answer, that_cannot_be_sent_becomes_an_error) {
    static struct reply reply;
    for (size_t i = 0; i < COUNT(unfit); i++) {
        static struct server_fixture fixture;
        server_fixture_init(&fixture, defaults);
        client_talk(&fixture, unfit[i].sent, strlen(unfit[i].sent), "}", &reply);
        cr_expect(strncmp(reply.data, "HTTP/1.1 500 ", 13) == 0, "%s", reply.data);
        cr_expect_not_null(strstr(reply.data, JSON), "%s", reply.data);
        cr_expect_not_null(strstr(reply.data, "{\"detail\":\"Internal Server Error\"}"), "%s", reply.data);
        cr_expect_eq(fixture.answered, CG_INVALID);
        cr_expect_eq(fixture.release, unfit[i].released);
        server_fixture_done(&fixture);
    }
}

Test(http_server_answer, is_not_given_twice, .signal = SIGABRT) {
    static struct server_fixture fixture;
    static struct reply reply;
#ifdef NDEBUG
    abort(); /* nothing is asserted in this build */
#endif
    server_fixture_init(&fixture, defaults);
    client_talk(&fixture, BYTES("GET /twice HTTP/1.1\r\n" HOST "\r\n"), "hello", &reply);
}

/* 32 MiB from memory that belongs to the exchange, which must not go before the last byte. */
Test(http_server_answer, may_be_large) {
    static struct server_fixture fixture;
    static struct reply reply;
    server_fixture_init(&fixture, defaults);
    int fd = client_open(&fixture);
    client_send(&fixture, fd, BYTES("GET /big HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"));
    size_t total = 0;
    while (!reply.eof) {
        reply.length = 0;
        client_read(&fixture, fd, NULL, 2000, &reply);
        cr_assert(reply.length > 0 || reply.eof, "it stands still at %zu", total);
        total += reply.length;
    }
    cr_assert_gt(total, (size_t)32 * 1024 * 1024);
    cr_assert_eq(fixture.whole, 1);
    cr_assert_eq(fixture.release, 1);
    close(fd);
    server_fixture_done(&fixture);
}

/* Several requests are held, and answered in another order. */
Test(http_server_answer, may_come_later_in_any_order) {
    static struct server_fixture fixture;
    static struct reply reply;
    int fds[5];
    server_fixture_init(&fixture, defaults);
    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = client_open(&fixture);
        client_send(&fixture, fds[i], BYTES("GET /hold HTTP/1.1\r\n" HOST "\r\n"));
        server_until_held(&fixture, i + 1);
    }
    cr_assert(client_is_served(&fixture));
    cr_assert_eq(server_counts(&fixture).active, COUNT(fds));
    cr_assert_eq(cg_http_server_open(fixture.server), COUNT(fds));
    for (size_t i = COUNT(fds); i-- > 0;) {
        char text[32];
        snprintf(text, sizeof text, "answer %zu", i);
        server_answer(&fixture, i, text);
        reply.length = 0;
        cr_assert(client_read(&fixture, fds[i], text, 2000, &reply), "%s", reply.data);
        close(fds[i]);
    }
    server_until(&fixture, &fixture.whole, COUNT(fds) + 1);
    cr_assert_eq(cg_http_server_open(fixture.server), 0);
    server_fixture_done(&fixture);
}

/* ---- streams ---- */

Test(http_server_stream, gives_pieces_later) {
    static struct server_fixture fixture;
    static struct reply reply;
    server_fixture_init(&fixture, defaults);
    int fd = client_open(&fixture);
    client_send(&fixture, fd, BYTES("GET /stream/told HTTP/1.1\r\n" HOST "\r\n"));
    for (size_t i = 0; i < 3; i++) {
        char piece[32];
        char chunk[64];
        server_until_held(&fixture, i + 1);
        int length = snprintf(piece, sizeof piece, "piece %zu", i);
        snprintf(chunk, sizeof chunk, "\r\n7\r\n%s\r\n", piece);
        cg_http_stream_give(fixture.held[i], piece, (size_t)length, i == 2);
        cr_assert(client_read(&fixture, fd, chunk, 2000, &reply), "%s", reply.data);
    }
    cr_assert(client_read(&fixture, fd, "\r\n0\r\n\r\n", 2000, &reply), "%s", reply.data);
    server_until(&fixture, &fixture.whole, 1);
    cr_assert_eq(fixture.wanted, 3);
    close(fd);
    server_fixture_done(&fixture);
}

/* A piece that is longer than libmicrohttpd's buffer is sent whole, and only then is another one wanted. */
Test(http_server_stream, gives_large_pieces) {
    static struct server_fixture fixture;
    static struct reply reply;
    static char piece[60000];
    server_fixture_init(&fixture, (struct cg_http_server_options){.header_limit = 4096});
    memset(piece, 'p', sizeof piece);
    int fd = client_open(&fixture);
    client_send(&fixture, fd, BYTES("GET /stream/told HTTP/1.1\r\n" HOST "\r\n"));
    server_until_held(&fixture, 1);
    cg_http_stream_give(fixture.held[0], piece, sizeof piece, 1);
    cr_assert(client_read(&fixture, fd, "\r\n0\r\n\r\n", 2000, &reply));
    cr_assert_eq(reply_count(&reply, "p"), sizeof piece);
    cr_assert_eq(fixture.wanted, 1);
    close(fd);
    server_fixture_done(&fixture);
}

static const char *const broken_off[] = {
    "GET /stream/abort HTTP/1.1\r\n" HOST "\r\n",
    "GET /stream/abort HTTP/1.0\r\n\r\n",
};

Test(http_server_stream, may_be_broken_off) {
    static struct server_fixture fixture;
    static struct reply reply;
    server_fixture_init(&fixture, defaults);
    for (size_t i = 0; i < COUNT(broken_off); i++) {
        client_talk(&fixture, broken_off[i], strlen(broken_off[i]), NULL, &reply);
        cr_assert(i == 0 ? reply.eof : reply.reset, "a body without chunks must not look whole");
        cr_assert_not_null(strstr(reply.data, "half"), "%s", reply.data);
        cr_assert_null(strstr(reply.data, "\r\n0\r\n"), "%s", reply.data);
        cr_assert_eq(fixture.broken, i + 1);
    }
    server_fixture_done(&fixture);
}

/* While nothing is given, nothing runs. */
Test(http_server_stream, does_not_keep_the_loop_busy) {
    static struct server_fixture fixture;
    server_fixture_init(&fixture, defaults);
    int fd = client_open(&fixture);
    client_send(&fixture, fd, BYTES("GET /stream/told HTTP/1.1\r\n" HOST "\r\n"));
    server_until_held(&fixture, 1);
    server_spend(&fixture, 5);
    unsigned turns = 0;
    uv_update_time(&fixture.loop);
    uint64_t start = uv_now(&fixture.loop);
    while (uv_now(&fixture.loop) - start < 1100) {
        uv_run(&fixture.loop, UV_RUN_ONCE);
        turns++;
    }
    cr_assert_lt(turns, 10, "%u turns", turns);
    cg_http_stream_give(fixture.held[0], NULL, 0, 1);
    server_until(&fixture, &fixture.whole, 1);
    close(fd);
    server_fixture_done(&fixture);
}

/* ---- clients that go away ---- */

static const struct {
    const char *sent;
    int reset;
} leaving[] = {
    {"GET /hold HTTP/1.1\r\n" HOST "\r\n", 0},
    {"GET /hold HTTP/1.1\r\n" HOST "\r\n", 1},
    {"GET /stream/told HTTP/1.1\r\n" HOST "\r\n", 0},
    {"GET /stream/told HTTP/1.1\r\n" HOST "\r\n", 1},
    {"GET /stream/endless HTTP/1.1\r\n" HOST "\r\n", 0},
    {"GET /stream/endless HTTP/1.1\r\n" HOST "\r\n", 1},
    {"GET /big HTTP/1.1\r\n" HOST "\r\n", 0},
    {"GET /big HTTP/1.1\r\n" HOST "\r\n", 1},
};

Test(http_server_client, that_goes_away_ends_its_exchange) {
    static struct server_fixture fixture;
    server_fixture_init(&fixture, defaults);
    for (size_t i = 0; i < COUNT(leaving); i++) {
        const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
        int fd = client_open(&fixture);
        client_send(&fixture, fd, leaving[i].sent, strlen(leaving[i].sent));
        server_until(&fixture, &fixture.requests, (unsigned)i + 1);
        server_spend(&fixture, 5);
        if (leaving[i].reset)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(fd);
        server_until(&fixture, &fixture.broken, (unsigned)i + 1);
    }
    cr_assert_eq(fixture.release, 2, "%u", fixture.release);
    cr_assert_eq(server_counts(&fixture).active, 0);
    server_fixture_done(&fixture);
}

Test(http_server_client, is_known_by_its_address) {
    static struct server_fixture fixture;
    server_fixture_init_at(&fixture, "::", defaults);
    int fd = client_open(&fixture);
    client_send(&fixture, fd, BYTES("GET /a HTTP/1.1\r\n" HOST "\r\n"));
    server_until(&fixture, &fixture.requests, 1);
    cr_assert_str_eq(fixture.seen, "GET|/a|/a||127.0.0.1|0|0||Host=t");
    close(fd);
    server_fixture_done(&fixture);
}

/* ---- listening ---- */

Test(http_server_listen, takes_a_free_port_and_refuses_a_used_one) {
    struct cg_error error = {0};
    int fd = -1;
    int other = -7;
    uint16_t port = 0;
    uint16_t other_port = 7;
    cr_assert_eq(cg_http_listen("localhost", 0, &fd, &port, &error), CG_OK, "%s", error.text);
    cr_assert_neq(port, 0);
    cr_assert_eq(cg_http_listen("localhost", port, &other, &other_port, &error), CG_TEMPORARY);
    cr_assert_not_null(strstr(error.text, "cannot listen on localhost port "), "%s", error.text);
    cr_assert_not_null(strstr(error.text, "the address is in use"), "%s", error.text);
    cr_assert_eq(cg_http_listen("192.0.2.1", 0, &other, &other_port, &error), CG_TEMPORARY);
    cr_assert_not_null(strstr(error.text, "this machine does not have the address"), "%s", error.text);
    cr_assert_eq(cg_http_listen("no host", 0, &other, &other_port, &error), CG_INVALID);
    cr_assert_not_null(strstr(error.text, "\"no host\""), "%s", error.text);
    cr_assert_eq(other, -7);
    cr_assert_eq(other_port, 7);
    close(fd);
}
