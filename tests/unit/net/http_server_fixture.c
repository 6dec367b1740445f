#include "http_server_fixture.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BIG ((size_t)32 * 1024 * 1024)

static size_t count_descriptors(void) {
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    cr_assert_not_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static uint64_t now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* ---- the application ---- */

static struct server_fixture *fixture_of(void *user) {
    return user;
}

static void text_answer(struct cg_http_exchange *exchange, uint32_t status, const char *text) {
    static const struct cg_http_pair header = {"content-type", "text/plain"};
    const struct cg_http_answer answer = {
        .status = status, .headers = &header, .header_count = 1, .body = text, .body_length = strlen(text)};
    cr_assert_eq(cg_http_answer(exchange, &answer, NULL, NULL), CG_OK);
}

static void hello(struct server_fixture *fixture, struct cg_http_exchange *exchange) {
    (void)fixture;
    text_answer(exchange, 200, "hello");
}

static void hold(struct server_fixture *fixture, struct cg_http_exchange *exchange) {
    cr_assert_lt(fixture->held_count, (size_t)SERVER_HELD);
    fixture->held[fixture->held_count++] = exchange;
}

/* An answer some milliseconds later. */
struct delay {
    uv_timer_t timer;
    struct cg_http_exchange *exchange;
};

static void on_delay_closed(uv_handle_t *timer) {
    free(timer->data);
}

static void on_delay(uv_timer_t *timer) {
    struct delay *delay = timer->data;
    if (delay->exchange) {
        *cg_http_exchange_user(delay->exchange) = NULL;
        text_answer(delay->exchange, 200, "late");
    }
    uv_close((uv_handle_t *)timer, on_delay_closed);
}

static void late(struct server_fixture *fixture, struct cg_http_exchange *exchange) {
    struct delay *delay = calloc(1, sizeof *delay);
    cr_assert_not_null(delay);
    delay->exchange = exchange;
    delay->timer.data = delay;
    *cg_http_exchange_user(exchange) = delay;
    uv_timer_init(&fixture->loop, &delay->timer);
    uv_timer_start(&delay->timer, on_delay, 5, 0);
}

static void count_release(void *user) {
    fixture_of(user)->release++;
}

static void echo(struct server_fixture *fixture, struct cg_http_exchange *exchange) {
    const struct cg_http_request *request = cg_http_exchange_request(exchange);
    const struct cg_http_answer answer = {.status = 200, .body = request->body, .body_length = request->body_length};
    cr_assert_eq(cg_http_answer(exchange, &answer, count_release, fixture), CG_OK);
}

static void big(struct server_fixture *fixture, struct cg_http_exchange *exchange) {
    char *body = cg_arena_alloc(cg_http_exchange_arena(exchange), BIG);
    cr_assert_not_null(body);
    memset(body, 'b', BIG);
    const struct cg_http_answer answer = {.status = 200, .body = body, .body_length = BIG};
    cr_assert_eq(cg_http_answer(exchange, &answer, count_release, fixture), CG_OK);
}

static void odd_headers(struct server_fixture *fixture, struct cg_http_exchange *exchange) {
    static const struct cg_http_pair headers[] = {
        {"Server", "chitragupt"}, {"date", "never"},     {"Content-Length", "3"}, {"Transfer-Encoding", "gzip"},
        {"Connection", "close"},  {"Set-Cookie", "a=b"}, {"Set-Cookie", "c=d"},   {"x-empty", ""},
    };
    const struct cg_http_answer answer = {
        .status = 200, .headers = headers, .header_count = COUNT(headers), .body = "odd!", .body_length = 4};
    fixture->answered = cg_http_answer(exchange, &answer, NULL, NULL);
}

static void bad_header(struct server_fixture *fixture, struct cg_http_exchange *exchange) {
    static const struct cg_http_pair header = {"x-split", "a\r\nx-more: b"};
    const struct cg_http_answer answer = {
        .status = 200, .headers = &header, .header_count = 1, .body = "bad", .body_length = 3};
    fixture->answered = cg_http_answer(exchange, &answer, count_release, fixture);
}

static void bad_status(struct server_fixture *fixture, struct cg_http_exchange *exchange) {
    const struct cg_http_answer answer = {.status = 7, .body = "bad", .body_length = 3};
    fixture->answered = cg_http_answer(exchange, &answer, NULL, NULL);
}

static void empty(struct server_fixture *fixture, struct cg_http_exchange *exchange) {
    const struct cg_http_answer answer = {.status = 204};
    fixture->answered = cg_http_answer(exchange, &answer, NULL, NULL);
}

static void last_one(struct server_fixture *fixture, struct cg_http_exchange *exchange) {
    const struct cg_http_answer answer = {.status = 200, .body = "bye", .body_length = 3, .close = 1};
    fixture->answered = cg_http_answer(exchange, &answer, NULL, NULL);
}

static void twice(struct server_fixture *fixture, struct cg_http_exchange *exchange) {
    hello(fixture, exchange);
    hello(fixture, exchange);
}

static void on_closed(void *user) {
    fixture_of(user)->closed++;
}

static void close_server(struct server_fixture *fixture, struct cg_http_exchange *exchange) {
    (void)exchange;
    cg_http_server_close(fixture->server, on_closed, fixture);
    fixture->server = NULL;
}

/* ---- streams; the pieces given so far are counted in the exchange's user pointer ---- */

static void give_five(void *user, struct cg_http_exchange *exchange) {
    static const char *const pieces[] = {"one ", "two ", "three ", "four ", "five"};
    uintptr_t *given = *cg_http_exchange_user(exchange);
    const char *piece = pieces[*given];
    fixture_of(user)->wanted++;
    ++*given;
    cg_http_stream_give(exchange, piece, strlen(piece), *given == COUNT(pieces));
}

static void give_then_abort(void *user, struct cg_http_exchange *exchange) {
    uintptr_t *given = *cg_http_exchange_user(exchange);
    fixture_of(user)->wanted++;
    if (++*given == 1)
        cg_http_stream_give(exchange, "half", 4, 0);
    else
        cg_http_stream_give(exchange, NULL, 0, -1);
}

static void give_endlessly(void *user, struct cg_http_exchange *exchange) {
    static const char block[100000];
    fixture_of(user)->wanted++;
    cg_http_stream_give(exchange, block, sizeof block, 0);
}

static void give_when_told(void *user, struct cg_http_exchange *exchange) {
    fixture_of(user)->wanted++;
    hold(user, exchange);
}

static void stream(struct server_fixture *fixture, struct cg_http_exchange *exchange,
                   void (*want)(void *user, struct cg_http_exchange *exchange)) {
    const struct cg_http_stream source = {.user = fixture, .want = want};
    const struct cg_http_answer answer = {.status = 200, .stream = &source};
    *cg_http_exchange_user(exchange) = cg_arena_alloc(cg_http_exchange_arena(exchange), sizeof(uintptr_t));
    cr_assert_eq(cg_http_answer(exchange, &answer, NULL, NULL), CG_OK);
}

static void stream_five(struct server_fixture *fixture, struct cg_http_exchange *exchange) {
    stream(fixture, exchange, give_five);
}

static void stream_abort(struct server_fixture *fixture, struct cg_http_exchange *exchange) {
    stream(fixture, exchange, give_then_abort);
}

static void stream_endless(struct server_fixture *fixture, struct cg_http_exchange *exchange) {
    stream(fixture, exchange, give_endlessly);
}

static void stream_told(struct server_fixture *fixture, struct cg_http_exchange *exchange) {
    stream(fixture, exchange, give_when_told);
}

static const struct {
    const char *path;
    void (*serve)(struct server_fixture *fixture, struct cg_http_exchange *exchange);
} routes[] = {
    {"/hello", hello},
    {"/hold", hold},                     /* answered by the test */
    {"/late", late},                     /* 5 ms later */
    {"/echo", echo},                     /* the request's own body */
    {"/big", big},                       /* 32 MiB from the exchange's arena */
    {"/headers", odd_headers},           /* header lines that are not the application's */
    {"/badheader", bad_header},          /* a header with a line's end in it */
    {"/badstatus", bad_status},          /* no status */
    {"/empty", empty},                   /* 204 */
    {"/bye", last_one},                  /* the connection ends with it */
    {"/twice", twice},                   /* answered twice */
    {"/close", close_server},            /* the server is closed from inside a callback */
    {"/stream", stream_five},            /* five pieces at once */
    {"/stream/abort", stream_abort},     /* breaks off */
    {"/stream/endless", stream_endless}, /* never ends */
    {"/stream/told", stream_told},       /* pieces given by the test */
};

static void remember(struct server_fixture *fixture, const struct cg_http_request *request) {
    char *at = fixture->seen;
    size_t left = sizeof fixture->seen;
    int used = snprintf(at, left, "%s|%s|%s|%s|%s|%d|%zu|%s", request->method, request->target, request->path,
                        request->query, request->client, (int)request->has_body, request->body_length, request->body);
    for (size_t i = 0; i < request->header_count && used >= 0 && (size_t)used < left; i++) {
        at += used;
        left -= (size_t)used;
        used = snprintf(at, left, "|%s=%s", request->headers[i].name, request->headers[i].value);
    }
}

static void on_request(void *user, struct cg_http_exchange *exchange) {
    struct server_fixture *fixture = user;
    const struct cg_http_request *request = cg_http_exchange_request(exchange);
    fixture->requests++;
    remember(fixture, request);
    cr_assert_eq(request->body[request->body_length], '\0');
    cr_assert_null(*cg_http_exchange_user(exchange));
    for (size_t i = 0; i < COUNT(routes); i++) {
        if (strcmp(request->path, routes[i].path) == 0) {
            routes[i].serve(fixture, exchange);
            return;
        }
    }
    text_answer(exchange, 404, "nothing here");
}

static void on_ended(void *user, struct cg_http_exchange *exchange, int32_t whole) {
    struct server_fixture *fixture = user;
    if (whole)
        fixture->whole++;
    else
        fixture->broken++;
    for (size_t i = 0; i < fixture->held_count; i++) {
        if (fixture->held[i] == exchange)
            fixture->held[i] = NULL;
    }
    if (strcmp(cg_http_exchange_request(exchange)->path, "/late") == 0 && *cg_http_exchange_user(exchange))
        ((struct delay *)*cg_http_exchange_user(exchange))->exchange = NULL;
}

/* ---- the fixture ---- */

struct cg_http_server_options server_options(struct server_fixture *fixture, struct cg_http_server_options options) {
    options.user = fixture;
    options.request = on_request;
    options.ended = on_ended;
    return options;
}

void server_fixture_init_at(struct server_fixture *fixture, const char *host, struct cg_http_server_options options) {
    struct cg_error error = {0};
    signal(SIGPIPE, SIG_IGN);
    memset(fixture, 0, sizeof *fixture);
    /* The first loop of a process opens two descriptors that stay. */
    cr_assert_eq(uv_loop_init(&fixture->loop), 0);
    cr_assert_eq(uv_loop_close(&fixture->loop), 0);
    fixture->descriptors = count_descriptors();
    cr_assert_eq(uv_loop_init(&fixture->loop), 0);
    options = server_options(fixture, options);
    cr_assert_eq(cg_http_listen(host, 0, &options.listen_fd, &fixture->port, &error), CG_OK, "%s", error.text);
    cr_assert_eq(cg_http_server_new(&fixture->loop, &options, &fixture->server, &error), CG_OK, "%s", error.text);
}

void server_fixture_init(struct server_fixture *fixture, struct cg_http_server_options options) {
    server_fixture_init_at(fixture, "127.0.0.1", options);
}

void server_fixture_close(struct server_fixture *fixture) {
    unsigned before = fixture->closed;
    cg_http_server_close(fixture->server, on_closed, fixture);
    fixture->server = NULL;
    server_until(fixture, &fixture->closed, before + 1);
}

void server_fixture_done(struct server_fixture *fixture) {
    if (fixture->server)
        server_fixture_close(fixture);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&fixture->loop), 0, "a handle is still open");
    cr_assert_eq(count_descriptors(), fixture->descriptors, "a descriptor is still open");
    cr_assert_eq(fixture->whole + fixture->broken, fixture->requests, "%u and %u of %u exchanges ended", fixture->whole,
                 fixture->broken, fixture->requests);
}

void server_turn(struct server_fixture *fixture) {
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
}

/* Lets a moment pass, less if there is something for the client to read. */
static void nap(int fd) {
    struct pollfd look = {.fd = fd, .events = POLLIN};
    poll(&look, 1, 1);
}

void server_until(struct server_fixture *fixture, const unsigned *value, unsigned least) {
    uint64_t deadline = now_ms() + 5000;
    while (*value < least && now_ms() < deadline) {
        server_turn(fixture);
        if (*value < least)
            nap(-1);
    }
    cr_assert_geq(*value, least, "waited for %u, got %u", least, *value);
}

void server_until_held(struct server_fixture *fixture, size_t least) {
    uint64_t deadline = now_ms() + 5000;
    while (fixture->held_count < least && now_ms() < deadline) {
        server_turn(fixture);
        nap(-1);
    }
    cr_assert_geq(fixture->held_count, least);
}

void server_spend(struct server_fixture *fixture, unsigned milliseconds) {
    uint64_t deadline = now_ms() + milliseconds;
    while (now_ms() < deadline) {
        server_turn(fixture);
        nap(-1);
    }
}

void server_answer(struct server_fixture *fixture, size_t index, const char *text) {
    cr_assert_not_null(fixture->held[index]);
    struct cg_http_exchange *exchange = fixture->held[index];
    text_answer(exchange, 200, text);
}

struct cg_http_server_counts server_counts(const struct server_fixture *fixture) {
    struct cg_http_server_counts counts;
    cg_http_server_count(fixture->server, &counts);
    return counts;
}

/* ---- clients ---- */

int client_open(const struct server_fixture *fixture) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(fixture->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0, "%s", strerror(errno));
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

void client_send(struct server_fixture *fixture, int fd, const char *data, size_t length) {
    uint64_t deadline = now_ms() + 5000;
    while (length > 0 && now_ms() < deadline) {
        ssize_t sent = send(fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return;
        if (sent > 0) {
            data += sent;
            length -= (size_t)sent;
        }
        server_turn(fixture);
    }
}

int client_read(struct server_fixture *fixture, int fd, const char *needle, unsigned milliseconds,
                struct reply *reply) {
    uint64_t deadline = now_ms() + milliseconds;
    for (;;) {
        server_turn(fixture);
        size_t room = sizeof reply->data - 1 - reply->length;
        if (room == 0)
            return 0;
        ssize_t got = recv(fd, reply->data + reply->length, room, MSG_DONTWAIT);
        if (got > 0)
            reply->length += (size_t)got;
        reply->data[reply->length] = '\0';
        reply->eof = got == 0;
        reply->reset = got < 0 && errno == ECONNRESET;
        if (needle && memmem(reply->data, reply->length, needle, strlen(needle)))
            return 1;
        if (reply->eof || reply->reset)
            return !needle;
        if (now_ms() >= deadline)
            return 0;
        if (got < 0)
            nap(fd);
    }
}

void client_talk(struct server_fixture *fixture, const char *data, size_t length, const char *needle,
                 struct reply *reply) {
    int fd = client_open(fixture);
    cr_assert_geq(fd, 0);
    reply->length = 0;
    client_send(fixture, fd, data, length);
    client_read(fixture, fd, needle, 2000, reply);
    close(fd);
}

int client_is_served(struct server_fixture *fixture) {
    static const char request[] = "GET /hello HTTP/1.1\r\nHost: test\r\n\r\n";
    static struct reply reply;
    client_talk(fixture, request, sizeof request - 1, "hello", &reply);
    return strstr(reply.data, "HTTP/1.1 200 OK") && strstr(reply.data, "\r\n\r\nhello");
}

size_t reply_count(const struct reply *reply, const char *needle) {
    size_t count = 0;
    const char *at = reply->data;
    const char *end = reply->data + reply->length;
    while ((at = memmem(at, (size_t)(end - at), needle, strlen(needle)))) {
        count++;
        at++;
    }
    return count;
}
