/* Starting, handing over, ending; TLS; and many clients at a time. */
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <fcntl.h>
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

/* ---- quiesce ---- */

Test(http_server_quiesce, lets_work_end_and_nothing_begin) {
    static struct server_fixture fixture;
    static struct reply reply;
    server_fixture_init(&fixture, defaults);
    int idle = client_open(&fixture);
    client_send(&fixture, idle, BYTES("GET /hello HTTP/1.1\r\n" HOST "\r\n"));
    cr_assert(client_read(&fixture, idle, "hello", 2000, &reply));
    int held = client_open(&fixture);
    client_send(&fixture, held, BYTES("GET /hold HTTP/1.1\r\n" HOST "\r\n"));
    int half = client_open(&fixture);
    client_send(&fixture, half, BYTES("GET /hello HTTP/1.1\r\n" HOST));
    server_until_held(&fixture, 1);
    server_spend(&fixture, 5);

    cg_http_server_quiesce(fixture.server);
    cg_http_server_quiesce(fixture.server);
    reply.length = 0;
    cr_assert(client_read(&fixture, idle, NULL, 2000, &reply), "an idle connection is closed");
    cr_assert_eq(client_open(&fixture), -1, "nobody listens any more");
    client_send(&fixture, half, BYTES("\r\n"));
    reply.length = 0;
    cr_assert(client_read(&fixture, half, NULL, 2000, &reply));
    cr_assert_not_null(strstr(reply.data, "Connection: close\r\n"), "%s", reply.data);
    cr_assert_not_null(strstr(reply.data, "\r\n\r\nhello"), "%s", reply.data);
    cr_assert_eq(cg_http_server_open(fixture.server), 1);
    server_answer(&fixture, 0, "the last");
    reply.length = 0;
    cr_assert(client_read(&fixture, held, NULL, 2000, &reply));
    cr_assert_not_null(strstr(reply.data, "\r\n\r\nthe last"), "%s", reply.data);
    cr_assert_eq(cg_http_server_open(fixture.server), 0);
    cr_assert_eq(server_counts(&fixture).connections, 0);
    close(idle);
    close(held);
    close(half);
    server_fixture_done(&fixture);
}

/* A client that came just before has a second for its first request. */
Test(http_server_quiesce, serves_who_just_came) {
    static struct server_fixture fixture;
    static struct reply reply;
    server_fixture_init(&fixture, defaults);
    int silent = client_open(&fixture);
    int fresh = client_open(&fixture);
    server_spend(&fixture, 20);
    cg_http_server_quiesce(fixture.server);
    server_spend(&fixture, 20);
    client_send(&fixture, fresh, BYTES("GET /hello HTTP/1.1\r\n" HOST "\r\n"));
    cr_assert(client_read(&fixture, fresh, NULL, 2000, &reply));
    cr_assert_not_null(strstr(reply.data, "\r\n\r\nhello"), "%s", reply.data);
    reply.length = 0;
    cr_assert(client_read(&fixture, silent, NULL, 3000, &reply), "but not for ever");
    close(silent);
    close(fresh);
    server_fixture_done(&fixture);
}

/* ---- a server that waits for its turn ---- */

Test(http_server_held, serves_nobody_before_it_may) {
    static struct server_fixture fixture;
    static struct reply reply;
    server_fixture_init(&fixture, (struct cg_http_server_options){.held = 1});
    int client = client_open(&fixture);
    client_send(&fixture, client, BYTES("GET /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"));
    server_spend(&fixture, 50);
    cr_assert_eq(fixture.requests, 0);
    cr_assert_eq(server_counts(&fixture).accepted, 0);
    cg_http_server_go(fixture.server);
    cr_assert(client_read(&fixture, client, NULL, 2000, &reply));
    cr_assert_not_null(strstr(reply.data, "\r\n\r\nhello"), "%s", reply.data);
    close(client);
    server_fixture_done(&fixture);
}

Test(http_server_held, may_be_closed_before_it_began) {
    static struct server_fixture fixture;
    static struct reply reply;
    server_fixture_init(&fixture, (struct cg_http_server_options){.held = 1});
    int client = client_open(&fixture);
    client_send(&fixture, client, BYTES("GET /hello HTTP/1.1\r\n" HOST "\r\n"));
    server_fixture_close(&fixture);
    cr_assert(client_read(&fixture, client, NULL, 2000, &reply), "the client is told");
    cr_assert_eq(reply.length, 0);
    close(client);
    server_fixture_done(&fixture);
}

/* ---- another server takes over ---- */

#define ROUNDS 300

/* Every client that connects during the change is served, by one or the other. */
Test(http_server_quiesce, hands_over_without_refusing_anybody) {
    static struct server_fixture fixture;
    static struct reply reply;
    struct cg_http_server *old = NULL;
    struct cg_error error = {0};
    int duplicate = -1;
    server_fixture_init(&fixture, defaults);
    server_fixture_close(&fixture);

    struct cg_http_server_options options = server_options(&fixture, defaults);
    cr_assert_eq(cg_http_listen("127.0.0.1", 0, &options.listen_fd, &fixture.port, &error), CG_OK);
    duplicate = fcntl(options.listen_fd, F_DUPFD_CLOEXEC, 0);
    cr_assert_eq(cg_http_server_new(&fixture.loop, &options, &fixture.server, &error), CG_OK);
    for (int round = 0; round < ROUNDS; round++) {
        int fd = client_open(&fixture);
        cr_assert_geq(fd, 0, "round %d: the connection is refused", round);
        if (round % 3 == 0)
            server_turn(&fixture);
        if (round == ROUNDS / 3) {
            old = fixture.server;
            options.listen_fd = duplicate;
            cr_assert_eq(cg_http_server_new(&fixture.loop, &options, &fixture.server, &error), CG_OK);
        }
        if (round == ROUNDS / 2)
            cg_http_server_quiesce(old);
        client_send(&fixture, fd, BYTES("GET /late HTTP/1.1\r\n" HOST "\r\n"));
        reply.length = 0;
        cr_assert(client_read(&fixture, fd, "\r\n\r\nlate", 2000, &reply), "round %d: %s", round, reply.data);
        close(fd);
        if (round == ROUNDS * 2 / 3)
            cg_http_server_close(old, NULL, NULL);
    }
    server_fixture_done(&fixture);
}

/* ---- close ---- */

static const char *const states[] = {
    "",
    "GET /hel",
    "GET /hello HTTP/1.1\r\n" HOST,
    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nabc",
    "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n9\r\nabc",
    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 17000000\r\n\r\n",
    "GET /hello HTTP/1.1\r\n" HOST "\r\n",
    "GET /hold HTTP/1.1\r\n" HOST "\r\n",
    "GET /hold HTTP/1.1\r\n" HOST "\r\nGET /hello HTTP/1.1\r\n" HOST "\r\n",
    "GET /late HTTP/1.1\r\n" HOST "\r\n",
    "GET /big HTTP/1.1\r\n" HOST "\r\n",
    "GET /stream/told HTTP/1.1\r\n" HOST "\r\n",
    "GET /stream/endless HTTP/1.1\r\n" HOST "\r\n",
};

static const struct {
    const char *name;
    int quiesced;
    int from_callback;
} ways[] = {
    {"at once", 0, 0},
    {"quiesced", 1, 0},
    {"from a callback", 0, 1},
    {"quiesced, from a callback", 1, 1},
};

/* Whatever connections are at, everything ends; the fixture checks that it does. */
Test(http_server_close, ends_everything) {
    for (size_t way = 0; way < COUNT(ways); way++) {
        static struct server_fixture fixture;
        int fds[COUNT(states)];
        server_fixture_init(&fixture, defaults);
        size_t descriptors = fixture.descriptors;
        for (size_t i = 0; i < COUNT(states); i++) {
            fds[i] = client_open(&fixture);
            client_send(&fixture, fds[i], states[i], strlen(states[i]));
        }
        server_until_held(&fixture, 3);
        if (ways[way].quiesced)
            cg_http_server_quiesce(fixture.server);
        if (ways[way].from_callback) {
            client_send(&fixture, fds[0], BYTES("GET /close HTTP/1.1\r\n" HOST "\r\n"));
            server_until(&fixture, &fixture.closed, 1);
            cr_assert_null(fixture.server, "%s", ways[way].name);
        }
        fixture.descriptors = descriptors + COUNT(states);
        server_fixture_done(&fixture);
        cr_assert_eq(fixture.closed, 1, "%s", ways[way].name);
        for (size_t i = 0; i < COUNT(states); i++)
            close(fds[i]);
    }
}

static void count_close(void *user) {
    ++*(unsigned *)user;
}

Test(http_server_close, of_nothing_is_done_at_once) {
    unsigned closed = 0;
    cg_http_server_close(NULL, count_close, &closed);
    cg_http_server_close(NULL, NULL, NULL);
    cr_assert_eq(closed, 1);
}

/* A server that was never given a turn. */
Test(http_server_close, may_come_first) {
    static struct server_fixture fixture;
    server_fixture_init(&fixture, defaults);
    server_fixture_done(&fixture);
    server_fixture_init(&fixture, defaults);
    cg_http_server_quiesce(fixture.server);
    server_fixture_done(&fixture);
}

/* ---- TLS ---- */

static char *read_tls(const char *name) {
    char path[1024];
    static char texts[2][16384];
    static size_t next;
    char *text = texts[next++ % 2];
    snprintf(path, sizeof path, "%s/tests/tls/%s", CG_TEST_BINARY_DIR, name);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    size_t length = fread(text, 1, sizeof texts[0] - 1, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

/* Each name is a file of the test's certificate, or a text that is taken as it is. */
static const struct {
    const char *certificate;
    const char *key;
    const char *error;
} wrong[] = {
    {"tls_cert.pem", NULL, "there is a TLS certificate, but no key that belongs to it"},
    {NULL, "tls_key.pem", "there is a TLS key, but no certificate that belongs to it"},
    {"tls_cert.pem", "no key", "the TLS certificate or its key cannot be used: "},
    {"no certificate", "tls_key.pem", "the TLS certificate or its key cannot be used: "},
    {"tls_key.pem", "tls_cert.pem", "the TLS certificate or its key cannot be used: "},
    {"", "", "the TLS certificate or its key cannot be used: "},
};

static const char *tls_text(const char *name) {
    return name && strstr(name, ".pem") ? read_tls(name) : name;
}

Test(http_server_tls, needs_a_certificate_and_its_key) {
    static struct server_fixture fixture;
    server_fixture_init(&fixture, defaults);
    server_fixture_close(&fixture);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct cg_http_server_options options = server_options(&fixture, defaults);
        struct cg_http_server *server = NULL;
        struct cg_error error = {0};
        options.tls_certificate = tls_text(wrong[i].certificate);
        options.tls_key = tls_text(wrong[i].key);
        cr_assert_eq(cg_http_listen("127.0.0.1", 0, &options.listen_fd, &fixture.port, &error), CG_OK);
        cr_assert_eq(cg_http_server_new(&fixture.loop, &options, &server, &error), CG_INVALID, "%zu: %s", i,
                     error.text);
        cr_assert_null(server);
        cr_expect(strncmp(error.text, wrong[i].error, strlen(wrong[i].error)) == 0, "%zu: %s", i, error.text);
        cr_expect(!strstr(error.text, "BEGIN"), "%zu: %s", i, error.text);
    }
    server_fixture_done(&fixture);
}

/* What libcurl got. */
struct got {
    char text[4096];
    size_t length;
};

static size_t keep(char *data, size_t size, size_t count, void *user) {
    struct got *got = user;
    size_t length = size * count;
    if (length > sizeof got->text - 1 - got->length)
        return 0;
    memcpy(got->text + got->length, data, length);
    got->length += length;
    got->text[got->length] = '\0';
    return length;
}

/* One request with libcurl, while the loop turns. */
static CURLcode get(struct server_fixture *fixture, const char *path, long newest, struct got *got) {
    char url[128];
    int running = 1;
    CURLcode code = CURLE_OK;
    CURLM *multi = curl_multi_init();
    CURL *easy = curl_easy_init();
    cr_assert(multi && easy);
    snprintf(url, sizeof url, "https://127.0.0.1:%u%s", (unsigned)fixture->port, path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CAINFO, CG_TEST_BINARY_DIR "/tests/tls/tls_cert.pem");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, got);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1 | newest);
    curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, "DEFAULT@SECLEVEL=0");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 5L);
    curl_multi_add_handle(multi, easy);
    while (running) {
        curl_multi_perform(multi, &running);
        server_turn(fixture);
    }
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));)
        code = message->data.result;
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
    return code;
}

static const struct {
    const char *path;
    long newest;
    int works;
    const char *text;
} secure[] = {
    {"/hello", CURL_SSLVERSION_MAX_DEFAULT, 1, "hello"},
    {"/hello", CURL_SSLVERSION_MAX_TLSv1_2, 1, "hello"},
    {"/hello", CURL_SSLVERSION_MAX_TLSv1_1, 0, ""},
    {"/late", CURL_SSLVERSION_MAX_DEFAULT, 1, "late"},
    {"/stream", CURL_SSLVERSION_MAX_DEFAULT, 1, "one two three four five"},
    {"/stream/abort", CURL_SSLVERSION_MAX_DEFAULT, 0, "half"},
};

Test(http_server_tls, serves) {
    static struct server_fixture fixture;
    static struct reply reply;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    server_fixture_init(&fixture, (struct cg_http_server_options){.tls_certificate = read_tls("tls_cert.pem"),
                                                                  .tls_key = read_tls("tls_key.pem")});
    for (size_t i = 0; i < COUNT(secure); i++) {
        struct got got = {.length = 0};
        CURLcode code = get(&fixture, secure[i].path, secure[i].newest, &got);
        cr_expect_eq(code == CURLE_OK, secure[i].works, "%zu: %s", i, curl_easy_strerror(code));
        cr_expect_str_eq(got.text, secure[i].text, "%zu: %s", i, got.text);
    }
    /* Plain HTTP to this port is garbage like any other. */
    client_talk(&fixture, BYTES("GET /hello HTTP/1.1\r\n" HOST "\r\n"), NULL, &reply);
    cr_assert(reply.eof || reply.reset);
    cr_assert_null(strstr(reply.data, "hello"));
    server_fixture_done(&fixture);
    curl_global_cleanup();
}

/* ---- what libmicrohttpd has to say ---- */

static void say(int32_t debug, char *text, size_t size) {
    static struct server_fixture fixture;
    static struct reply reply;
    struct cg_log *log = NULL;
    int ends[2];
    cr_assert_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    cr_assert_eq(
        cg_log_new(ends[1], debug ? CG_LOG_DEBUG : CG_LOG_INFO, "%(levelname)s %(name)s %(message)s", NULL, 0, &log),
        CG_OK);
    server_fixture_init(&fixture, (struct cg_http_server_options){.log = log});
    client_talk(&fixture, BYTES("GET / HTTP/1.1\r\nno colon\r\n\r\n"), NULL, &reply);
    server_fixture_done(&fixture);
    cg_log_free(log);
    ssize_t length = read(ends[0], text, size - 1);
    text[length > 0 ? length : 0] = '\0';
    close(ends[0]);
    close(ends[1]);
}

Test(http_server_log, is_for_debugging) {
    char text[1024];
    say(1, text, sizeof text);
    cr_assert(strncmp(text, "DEBUG core.api.server Error processing request", 46) == 0, "%s", text);
    cr_assert_null(strstr(text, "\\x0a"), "%s", text);
    say(0, text, sizeof text);
    cr_assert_str_eq(text, "");
}

/* ---- many clients ---- */

#define CLIENTS 64
#define EACH 40

/* One of the many: what it asks for, and what it waits for. */
struct guest {
    int fd;
    unsigned done;
    const char *end;
    struct reply *reply;
};

static const struct {
    const char *sent;
    const char *end; /* NULL: the connection ends */
} soak[] = {
    {"GET /hello HTTP/1.1\r\n" HOST "\r\n", "\r\n\r\nhello"},
    {"GET /late HTTP/1.1\r\n" HOST "\r\n", "\r\n\r\nlate"},
    {"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbody", "\r\n\r\nbody"},
    {"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", "\r\n\r\nbody"},
    {"GET /stream HTTP/1.1\r\n" HOST "\r\n", "\r\n0\r\n\r\n"},
    {"GET /nowhere HTTP/1.1\r\n" HOST "\r\n", "\r\n\r\nnothing here"},
    {"HEAD /hello HTTP/1.1\r\n" HOST "\r\n", "\r\n\r\n"},
    {"GET /bye HTTP/1.1\r\n" HOST "\r\n", NULL},
    {"GET /stream/abort HTTP/1.1\r\n" HOST "\r\n", NULL},
    {"nonsense\r\n\r\n", NULL},
};

static void ask(struct server_fixture *fixture, struct guest *guest, unsigned number) {
    size_t which = (number * 7 + guest->done * 3) % COUNT(soak);
    if (guest->fd < 0)
        guest->fd = client_open(fixture);
    cr_assert_geq(guest->fd, 0);
    guest->end = soak[which].end;
    guest->reply->length = 0;
    client_send(fixture, guest->fd, soak[which].sent, strlen(soak[which].sent));
}

/* Some leave in the middle of what they asked for. */
static int leaves(const struct guest *guest, unsigned number) {
    return (number + guest->done) % 13 == 5;
}

Test(http_server_soak, serves_many_clients) {
    static struct server_fixture fixture;
    static struct guest guests[CLIENTS];
    unsigned working = CLIENTS;
    server_fixture_init(&fixture, defaults);
    for (unsigned i = 0; i < CLIENTS; i++) {
        guests[i].fd = -1;
        guests[i].reply = calloc(1, sizeof *guests[i].reply);
        cr_assert_not_null(guests[i].reply);
        ask(&fixture, &guests[i], i);
    }
    for (unsigned pass = 0; working > 0; pass++) {
        cr_assert_lt(pass, 100000u, "%u clients wait for ever", working);
        for (unsigned i = 0; i < CLIENTS; i++) {
            struct guest *guest = &guests[i];
            if (guest->done == EACH)
                continue;
            int left = leaves(guest, i);
            if (!left && !client_read(&fixture, guest->fd, guest->end, 0, guest->reply))
                continue;
            if (left || !guest->end) {
                close(guest->fd);
                guest->fd = -1;
            }
            if (++guest->done == EACH)
                working--;
            else
                ask(&fixture, guest, i);
        }
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        if (guests[i].fd >= 0)
            close(guests[i].fd);
        free(guests[i].reply);
    }
    cr_assert(client_is_served(&fixture));
    server_fixture_done(&fixture);
    cr_assert_gt(fixture.requests, CLIENTS * EACH / 2);
}
