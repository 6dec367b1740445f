/* Clients that send too much, too slowly, or are too many. */
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_server_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(text) text, sizeof(text) - 1
#define HOST "Host: t\r\n"

/* ---- sizes ---- */

static const struct {
    const char *name;
    const char *first; /* a request so far, */
    size_t filler;     /* so many "x", */
    const char *last;  /* and the rest */
    const char *status;
} sizes[] = {
    {"header that fits", "GET /hello HTTP/1.1\r\n" HOST "a: ", 4000, "\r\n\r\n", "HTTP/1.1 200 "},
    {"header too large", "GET /hello HTTP/1.1\r\n" HOST "a: ", 4200, "\r\n\r\n", "HTTP/1.1 431 "},
    {"header much too large", "GET /hello HTTP/1.1\r\n" HOST "a: ", 1000000, "\r\n\r\n", "HTTP/1.1 431 "},
    {"header without end", "GET /hello HTTP/1.1\r\n" HOST "a: ", 1000000, "", "HTTP/1.1 431 "},
    {"target too large", "GET /", 4200, " HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 431 "},
    {"target much too large", "GET /", 1000000, " HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 414 "},
    {"method without end", "", 1000000, "", "HTTP/1.1 414 "},
    {"body that fits", "POST /hello HTTP/1.1\r\n" HOST "Content-Length: 10000\r\n\r\n", 10000, "", "HTTP/1.1 200 "},
    {"body too large", "POST /hello HTTP/1.1\r\n" HOST "Content-Length: 10001\r\n\r\n", 10001, "", "HTTP/1.1 413 "},
    {"chunk that fits", "POST /hello HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2710\r\n", 10000,
     "\r\n0\r\n\r\n", "HTTP/1.1 200 "},
    {"chunk too large", "POST /hello HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2711\r\n", 10001,
     "\r\n0\r\n\r\n", "HTTP/1.1 413 "},
    {"chunk much too large", "POST /hello HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", 1000000,
     "", ""},
};

Test(http_server_limits, sizes) {
    static struct server_fixture fixture;
    static struct reply reply;
    server_fixture_init(&fixture, (struct cg_http_server_options){.header_limit = 4096, .body_limit = 10000});
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t first = strlen(sizes[i].first);
        size_t last = strlen(sizes[i].last);
        char *sent = malloc(first + sizes[i].filler + last);
        memcpy(sent, sizes[i].first, first);
        memset(sent + first, 'x', sizes[i].filler);
        memcpy(sent + first + sizes[i].filler, sizes[i].last, last);
        client_talk(&fixture, sent, first + sizes[i].filler + last, "\r\n\r\n", &reply);
        free(sent);
        cr_expect(strncmp(reply.data, sizes[i].status, strlen(sizes[i].status)) == 0, "%s: %.200s", sizes[i].name,
                  reply.data);
    }
    cr_assert(client_is_served(&fixture));
    server_fixture_done(&fixture);
}

/* Header lines, parameters and cookies cost memory beside their text. */
static const struct {
    const char *name;
    const char *first;
    const char *repeated;
    size_t times;
    const char *last;
    const char *status; /* "": the connection may just end */
} many[] = {
    {"100 headers", "GET /hello HTTP/1.1\r\n" HOST, "a: b\r\n", 100, "\r\n", "HTTP/1.1 200 "},
    {"100 parameters", "GET /hello?", "a=b&", 100, " HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200 "},
    {"5000 headers", "GET /hello HTTP/1.1\r\n" HOST, "a:\r\n", 5000, "\r\n", "HTTP/1.1 431 "},
    {"5000 parameters", "GET /hello?", "a&", 5000, " HTTP/1.1\r\n" HOST "\r\n", ""},
    {"5000 cookies", "GET /hello HTTP/1.1\r\n" HOST "Cookie: ", "a;", 5000, "\r\n\r\n", "HTTP/1.1 431 "},
    {"100000 headers", "GET /hello HTTP/1.1\r\n" HOST, "a:\r\n", 100000, "\r\n", "HTTP/1.1 431 "},
};

Test(http_server_limits, absurd_counts) {
    static struct server_fixture fixture;
    static struct reply reply;
    server_fixture_init(&fixture, (struct cg_http_server_options){0});
    for (size_t i = 0; i < COUNT(many); i++) {
        size_t width = strlen(many[i].repeated);
        size_t size = strlen(many[i].first) + width * many[i].times + strlen(many[i].last);
        char *sent = malloc(size + 1);
        size_t length = (size_t)snprintf(sent, size + 1, "%s", many[i].first);
        for (size_t k = 0; k < many[i].times; k++, length += width)
            memcpy(sent + length, many[i].repeated, width);
        memcpy(sent + length, many[i].last, strlen(many[i].last));
        client_talk(&fixture, sent, size, "\r\n\r\n", &reply);
        free(sent);
        cr_expect(strncmp(reply.data, many[i].status, strlen(many[i].status)) == 0, "%s: %.200s", many[i].name,
                  reply.data);
        cr_expect(client_is_served(&fixture), "%s", many[i].name);
    }
    server_fixture_done(&fixture);
}

/* A length that is too large is answered before any of the body was sent. */
Test(http_server_limits, body_is_refused_before_it_comes) {
    static struct server_fixture fixture;
    static struct reply reply;
    server_fixture_init(&fixture, (struct cg_http_server_options){0});
    client_talk(&fixture, BYTES("POST /hello HTTP/1.1\r\n" HOST "Content-Length: 16777217\r\n\r\n"), NULL, &reply);
    cr_assert(strncmp(reply.data, "HTTP/1.1 413 ", 13) == 0, "%s", reply.data);
    cr_assert(reply.eof);
    server_fixture_done(&fixture);
}

/* All bodies together have a limit too. */
Test(http_server_limits, many_bodies) {
    static struct server_fixture fixture;
    static struct reply reply;
    static char body[60000];
    int fds[12];
    unsigned served = 0;
    memset(body, 'x', sizeof body);
    server_fixture_init(&fixture, (struct cg_http_server_options){.body_limit = sizeof body});
    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = client_open(&fixture);
        client_send(&fixture, fds[i], BYTES("POST /hello HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n"));
        client_send(&fixture, fds[i], body, sizeof body - 1);
        server_spend(&fixture, 5);
    }
    for (size_t i = 0; i < COUNT(fds); i++) {
        client_send(&fixture, fds[i], body, 1);
        reply.length = 0;
        cr_assert(client_read(&fixture, fds[i], "HTTP/1.1 ", 2000, &reply));
        served += strncmp(reply.data, "HTTP/1.1 200 ", 13) == 0;
        cr_assert(strncmp(reply.data, "HTTP/1.1 200 ", 13) == 0 || strncmp(reply.data, "HTTP/1.1 503 ", 13) == 0);
        close(fds[i]);
    }
    cr_assert(served >= 4 && served <= 9, "%u", served);
    cr_assert_eq(server_counts(&fixture).refused, COUNT(fds) - served);
    server_fixture_done(&fixture);
}

/* ---- time ---- */

enum sloth { SENDS_NOTHING, SENDS_A_BYTE_NOW_AND_THEN, TAKES_NOTHING };

static const struct {
    const char *name;
    const char *sent;
    enum sloth sloth;
    unsigned too_slow; /* counted as that; an idle connection is not */
} slow[] = {
    {"nothing", "", SENDS_NOTHING, 0},
    {"half a line", "GET /he", SENDS_NOTHING, 0},
    {"line a byte at a time", "GET /", SENDS_A_BYTE_NOW_AND_THEN, 0},
    {"empty lines", "\r\n\r\n", SENDS_NOTHING, 0},
    {"after an answer", "GET /hello HTTP/1.1\r\n" HOST "\r\n", SENDS_NOTHING, 0},
    {"half a header", "GET /hello HTTP/1.1\r\n" HOST, SENDS_NOTHING, 1},
    {"header a byte at a time", "GET /hello HTTP/1.1\r\n" HOST "a: ", SENDS_A_BYTE_NOW_AND_THEN, 1},
    {"no body", "POST /hello HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\n", SENDS_NOTHING, 1},
    {"body a byte at a time", "POST /hello HTTP/1.1\r\n" HOST "Content-Length: 99999\r\n\r\n",
     SENDS_A_BYTE_NOW_AND_THEN, 1},
    {"endless chunks", "POST /hello HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nffffff\r\n",
     SENDS_A_BYTE_NOW_AND_THEN, 1},
    {"half a chunk size", "POST /hello HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5", SENDS_NOTHING, 1},
    {"large answer", "GET /big HTTP/1.1\r\n" HOST "\r\n", TAKES_NOTHING, 1},
    {"endless answer", "GET /stream/endless HTTP/1.1\r\n" HOST "\r\n", TAKES_NOTHING, 1},
};

Test(http_server_limits, slow_clients_are_left) {
    static struct server_fixture fixture;
    static struct reply reply;
    const int small = 4096;
    int fds[COUNT(slow)];
    unsigned too_slow = 0;
    server_fixture_init(&fixture,
                        (struct cg_http_server_options){.idle_seconds = 1, .request_seconds = 1, .answer_seconds = 1});
    for (size_t i = 0; i < COUNT(slow); i++) {
        fds[i] = client_open(&fixture);
        setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        client_send(&fixture, fds[i], slow[i].sent, strlen(slow[i].sent));
        too_slow += slow[i].too_slow;
    }
    /* A held request has no deadline here. */
    int held = client_open(&fixture);
    client_send(&fixture, held, BYTES("GET /hold HTTP/1.1\r\n" HOST "\r\n"));
    for (int turn = 0; turn < 24; turn++) {
        for (size_t i = 0; i < COUNT(slow); i++) {
            if (slow[i].sloth == SENDS_A_BYTE_NOW_AND_THEN)
                send(fds[i], "1", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        server_spend(&fixture, 100);
    }
    for (size_t i = 0; i < COUNT(slow); i++) {
        do {
            reply.length = 0;
            client_read(&fixture, fds[i], NULL, 50, &reply);
        } while (reply.length > 0 && !reply.eof && !reply.reset);
        cr_expect(reply.eof || reply.reset, "%s: the connection is still there", slow[i].name);
        cr_expect(reply.reset || slow[i].sloth != TAKES_NOTHING, "%s: the answer looks whole", slow[i].name);
        close(fds[i]);
    }
    cr_assert_eq(server_counts(&fixture).too_slow, too_slow);
    cr_assert_eq(server_counts(&fixture).connections, 1);
    server_answer(&fixture, 0, "after all");
    reply.length = 0;
    cr_assert(client_read(&fixture, held, "after all", 2000, &reply));
    close(held);
    server_fixture_done(&fixture);
}

/* What they send comes together with their farewell. */
Test(http_server_limits, clients_that_leave_amid_a_request_are_noticed) {
    static struct server_fixture fixture;
    static const char *const parts[] = {"GET /hello HTTP/1.1\r\nHost", "GET /hello HTTP/1.1\r\n" HOST,
                                        "POST /hello HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\n1234"};
    server_fixture_init(&fixture, (struct cg_http_server_options){.request_seconds = 100, .idle_seconds = 100});
    for (size_t i = 0; i < 30; i++) {
        const char *part = parts[i % COUNT(parts)];
        int fd = client_open(&fixture);
        cr_assert_eq(send(fd, part, strlen(part), MSG_NOSIGNAL), (ssize_t)strlen(part));
        close(fd);
    }
    server_spend(&fixture, 2500);
    cr_assert_eq(server_counts(&fixture).accepted, 30);
    cr_assert_eq(server_counts(&fixture).connections, 0);
    cr_assert_eq(server_counts(&fixture).too_slow, 0);
    server_fixture_done(&fixture);
}

/* So it may be with what they send before their first request is one, and with their last request. */
Test(http_server_limits, clients_that_leave_idle_connections_are_noticed) {
    static int left[40];
    static struct server_fixture fixture;
    static const char *const parts[] = {"G", "GET /hello HTTP/1.1\r\n" HOST "\r\n", "\r\n",
                                        "GET /hello HTTP/1.1\r\n" HOST "\r\nGET /he"};
    server_fixture_init(&fixture, (struct cg_http_server_options){.request_seconds = 100, .idle_seconds = 100});
    for (size_t i = 0; i < 40; i++) {
        const char *part = parts[i % COUNT(parts)];
        int fd = client_open(&fixture);
        cr_assert_eq(send(fd, part, strlen(part), MSG_NOSIGNAL), (ssize_t)strlen(part));
        cr_assert_eq(shutdown(fd, SHUT_WR), 0);
        left[i] = fd;
    }
    for (int waited = 0; server_counts(&fixture).accepted < 40 || server_counts(&fixture).connections; waited += 100) {
        cr_assert_lt(waited, 10000, "%zu connections are left", (size_t)server_counts(&fixture).connections);
        server_spend(&fixture, 100);
    }
    cr_assert_eq(server_counts(&fixture).too_slow, 0);
    for (size_t i = 0; i < COUNT(left); i++)
        close(left[i]);
    server_fixture_done(&fixture);
}

/* Who has asked for all there is, and ended its side, still gets every answer. They come all the time, so that those
 * who look for clients that left meet them in each state. */
Test(http_server_limits, clients_that_only_ended_their_side_are_answered) {
    static struct server_fixture fixture;
    static struct reply reply;
    static const char one[] = "GET /hello HTTP/1.1\r\n" HOST "\r\n";
    char twenty[20 * sizeof one] = "";
    const uint64_t begun = uv_hrtime();
    for (size_t i = 0; i < 20; i++)
        memcpy(twenty + strlen(twenty), one, sizeof one);
    server_fixture_init(&fixture, (struct cg_http_server_options){.request_seconds = 100, .idle_seconds = 100});
    while (uv_hrtime() - begun < UINT64_C(1300000000)) {
        int fd = client_open(&fixture);
        cr_assert_eq(send(fd, twenty, strlen(twenty), MSG_NOSIGNAL), (ssize_t)strlen(twenty));
        cr_assert_eq(shutdown(fd, SHUT_WR), 0);
        reply.length = 0;
        (void)client_read(&fixture, fd, NULL, 3000, &reply);
        cr_assert(reply.eof && reply_count(&reply, "HTTP/1.1 200 ") == 20, "%.*s", (int)reply.length, reply.data);
        close(fd);
    }
    server_fixture_done(&fixture);
}

/* Slow is not too slow: 64 KiB in every second are enough. */
Test(http_server_limits, client_that_takes_a_little_is_kept) {
    static struct server_fixture fixture;
    static char buffer[200000];
    const int small = 65536;
    server_fixture_init(&fixture, (struct cg_http_server_options){.answer_seconds = 1});
    int fd = client_open(&fixture);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    client_send(&fixture, fd, BYTES("GET /big HTTP/1.1\r\n" HOST "\r\n"));
    for (int turn = 0; turn < 12; turn++) {
        server_spend(&fixture, 200);
        cr_assert_gt(recv(fd, buffer, sizeof buffer, MSG_DONTWAIT), 0);
    }
    cr_assert_eq(server_counts(&fixture).too_slow, 0);
    close(fd);
    server_until(&fixture, &fixture.broken, 1);
    server_fixture_done(&fixture);
}

/* The library wants a turn at once, again and again, while a chunk's extension has no end. */
Test(http_server_limits, endless_chunk_extension_takes_no_processor) {
    static struct server_fixture fixture;
    static char extension[200000];
    server_fixture_init(&fixture, (struct cg_http_server_options){0});
    memset(extension, 'x', sizeof extension);
    extension[0] = '1';
    extension[1] = ';';
    int fd = client_open(&fixture);
    client_send(&fixture, fd, BYTES("POST /hello HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"));
    for (size_t sent = 0; sent < sizeof extension; sent += 10000) {
        send(fd, extension + sent, 10000, MSG_NOSIGNAL | MSG_DONTWAIT);
        server_spend(&fixture, 2);
    }
    uv_update_time(&fixture.loop);
    uint64_t start = uv_now(&fixture.loop);
    unsigned turns = 0;
    for (; uv_now(&fixture.loop) - start < 500; turns++)
        uv_run(&fixture.loop, UV_RUN_ONCE);
    cr_assert_lt(turns, 1500, "%u turns of the loop in half a second", turns);
    cr_assert(client_is_served(&fixture));
    close(fd);
    server_fixture_done(&fixture);
}

/* ---- numbers ---- */

Test(http_server_limits, overload_is_answered) {
    static struct server_fixture fixture;
    static struct reply reply;
    int fds[3];
    server_fixture_init(&fixture, (struct cg_http_server_options){.active_limit = 3});
    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = client_open(&fixture);
        client_send(&fixture, fds[i], BYTES("GET /hold HTTP/1.1\r\n" HOST "\r\n"));
    }
    server_until_held(&fixture, COUNT(fds));
    client_talk(&fixture, BYTES("GET /hello HTTP/1.1\r\n" HOST "\r\n"), NULL, &reply);
    cr_assert(reply.eof);
    cr_assert(strncmp(reply.data, "HTTP/1.1 503 Service Unavailable\r\n", 34) == 0, "%s", reply.data);
    cr_assert_not_null(strstr(reply.data, "\r\ncontent-type: text/plain; charset=utf-8\r\n"), "%s", reply.data);
    cr_assert_not_null(strstr(reply.data, "\r\nConnection: close\r\n"), "%s", reply.data);
    cr_assert_not_null(strstr(reply.data, "\r\n\r\nService Unavailable"), "%s", reply.data);
    cr_assert_eq(server_counts(&fixture).refused, 1);
    server_answer(&fixture, 1, "done");
    cr_assert(client_is_served(&fixture));
    for (size_t i = 0; i < COUNT(fds); i++)
        close(fds[i]);
    server_until(&fixture, &fixture.broken, 2);
    server_fixture_done(&fixture);
}

/* So many client sockets as the system lets this process have, at most 10,000. */
static size_t raise_descriptors(void) {
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    /* Server and clients share them here. */
    return limit.rlim_cur > 15000 ? 10000 : (size_t)limit.rlim_cur / 3;
}

static void crowd(size_t count, uint32_t limit) {
    static struct server_fixture fixture;
    int *fds = malloc((count + 1) * sizeof *fds);
    cr_assert_not_null(fds);
    server_fixture_init(&fixture, (struct cg_http_server_options){.connection_limit = limit, .idle_seconds = 100});
    for (size_t i = 0; i < count; i++) {
        fds[i] = client_open(&fixture);
        cr_assert_geq(fds[i], 0, "connection %zu is refused", i);
        server_turn(&fixture);
    }
    cr_assert(client_is_served(&fixture), "%zu idle connections deny the service", count);
    server_spend(&fixture, 100);
    struct cg_http_server_counts counts = server_counts(&fixture);
    cr_assert_leq(counts.connections, limit);
    cr_assert_geq(counts.evicted, count - limit);
    cr_assert(client_is_served(&fixture));
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
    free(fds);
    server_fixture_done(&fixture);
}

Test(http_server_limits, idle_connections_make_room) {
    size_t count = raise_descriptors();
    crowd(count, count >= 10000 ? 4096 : (uint32_t)count / 2);
    crowd(count / 10, 100);
}

/* Requests that never become whole are left for newcomers when there is nothing idle, once they had a second. */
Test(http_server_limits, unfinished_requests_make_room) {
    static struct server_fixture fixture;
    int fds[40];
    server_fixture_init(&fixture, (struct cg_http_server_options){.connection_limit = 20});
    int held = client_open(&fixture);
    client_send(&fixture, held, BYTES("GET /hold HTTP/1.1\r\n" HOST "\r\n"));
    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = client_open(&fixture);
        client_send(&fixture, fds[i], BYTES("GET /hello HTTP/1.1\r\n" HOST));
    }
    server_spend(&fixture, 2500);
    cr_assert(client_is_served(&fixture));
    cr_assert_not_null(fixture.held[0]);
    for (size_t i = 0; i < COUNT(fds); i++)
        close(fds[i]);
    close(held);
    server_until(&fixture, &fixture.broken, 1);
    server_fixture_done(&fixture);
}

/* A process without descriptors cannot take connections, but it can again when it has some. */
Test(http_server_limits, no_descriptors) {
    static struct server_fixture fixture;
    static struct reply reply;
    struct rlimit limit;
    int fds[64];
    size_t count = 0;
    server_fixture_init(&fixture, (struct cg_http_server_options){0});
    int first = client_open(&fixture);
    client_send(&fixture, first, BYTES("GET /hello HTTP/1.1\r\n" HOST "\r\n"));
    cr_assert(client_read(&fixture, first, "hello", 2000, &reply));
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit low = limit;
    low.rlim_cur = (rlim_t)first + 40;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    while (count < 35)
        fds[count++] = client_open(&fixture);
    server_spend(&fixture, 100);
    client_send(&fixture, first, BYTES("GET /hello HTTP/1.1\r\n" HOST "\r\n"));
    reply.length = 0;
    cr_assert(client_read(&fixture, first, "hello", 2000, &reply), "who is there is served");
    while (count > 0)
        close(fds[--count]);
    cr_assert(client_is_served(&fixture));
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    close(first);
    server_fixture_done(&fixture);
}
