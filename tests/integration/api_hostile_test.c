/* Clients that mean harm, or know no better, against the whole program: it answers, or ends the connection, and goes
 * on. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/api.h"
#include "support/moment.h"

#define ACME "/api/v1/tenants/acme"

static char folder[CG_TEST_PATH_SIZE];
static struct cg_test_api api;

static void start(void) {
    const struct cg_test_api_options options = {.settings = "  max_body_bytes: 65536\n"};
    cg_test_workdir_make(folder);
    cg_test_api_start(folder, &options, &api);
}

/* Whatever was done to it, it is well. */
static void stop(void) {
    char *text = NULL;
    struct cg_test_result result;
    cr_expect_eq(cg_test_api_get(&api, "/health", NULL), 200, "the server is not well");
    cr_expect_eq(cg_test_api_get(&api, ACME "/billing", &text), 200, "the server is not well: %s", text);
    free(text);
    cg_test_api_stop(&api, 5, &result);
    cg_test_has_not("the log", result.err, "request_failed");
    cg_test_result_done(&result);
    cg_test_workdir_remove(folder);
}

TestSuite(api_hostile, .init = start, .fini = stop);

/* ---- what is no request ---- */

#define HOST "Host: x\r\n"
#define CLOSE "Connection: close\r\n"

static const struct {
    const char *name;
    const char *text;
    int status; /* 0: any refusal, or an end without a word */
} requests[] = {
    {"nothing", "", 0},
    {"no HTTP at all", "EHLO example.com\r\nMAIL FROM:<a@b>\r\n\r\n", 0},
    {"one word", "GET\r\n\r\n", 0},
    {"HTTP/0.9", "GET /health\r\n\r\n", 0},
    {"HTTP/3.7", "GET /health HTTP/3.7\r\n" HOST "\r\n", 0},
    {"no Host", "GET /health HTTP/1.1\r\n\r\n", 400},
    {"two Hosts", "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"a blank in a header's name", "GET /health HTTP/1.1\r\n" HOST "X Y: 1\r\n" CLOSE "\r\n", 0},
    {"a header without a colon", "GET /health HTTP/1.1\r\n" HOST "nonsense\r\n\r\n", 0},
    {"two lengths", "POST " ACME "/export HTTP/1.1\r\n" HOST "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400},
    {"length and chunks",
     "POST " ACME "/export HTTP/1.1\r\n" HOST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"a negative length", "POST " ACME "/export HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 0},
    {"a length beyond all", "POST " ACME "/export HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999999\r\n\r\n",
     0},
    {"too long a body", "POST " ACME "/export HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n\r\n", 413},
    {"another coding", "POST " ACME "/export HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", 0},
    {"a chunk of nonsense", "POST " ACME "/export HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 0},
    {"a control character in the target", "GET /heal\x01th HTTP/1.1\r\n" HOST "\r\n", 400},
    {"a target that is no path", "GET health HTTP/1.1\r\n" HOST CLOSE "\r\n", 400},
    {"authority", "CONNECT example.com:443 HTTP/1.1\r\n" HOST CLOSE "\r\n", 0},
    {"an absolute target", "GET http://elsewhere.example/health HTTP/1.1\r\n" HOST CLOSE "\r\n", 200},
    {"an absolute target without a path", "GET http://elsewhere.example HTTP/1.1\r\n" HOST CLOSE "\r\n", 200},
    {"another scheme", "GET ftp://elsewhere.example/health HTTP/1.1\r\n" HOST CLOSE "\r\n", 400},
    {"asterisk", "OPTIONS * HTTP/1.1\r\n" HOST CLOSE "\r\n", 404},
    {"TRACE", "TRACE /health HTTP/1.1\r\n" HOST CLOSE "\r\n", 405},
    {"HEAD", "HEAD /health HTTP/1.1\r\n" HOST CLOSE "\r\n", 200},
    {"OPTIONS", "OPTIONS /health HTTP/1.1\r\n" HOST CLOSE "\r\n", 204},
    {"PATCH", "PATCH " ACME "/chargebacks/1 HTTP/1.1\r\n" HOST CLOSE "\r\n", 405},
    {"a method nobody knows", "BREW /health HTTP/1.1\r\n" HOST CLOSE "\r\n", 405},
    {"a method in lower case", "get /health HTTP/1.1\r\n" HOST CLOSE "\r\n", 405},
    {"HTTP/1.0", "GET /health HTTP/1.0\r\n\r\n", 200},
};

Test(api_hostile, nonsense_is_refused) {
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        int ended = 0;
        int fd = cg_test_dial(api.port);
        (void)cg_test_send_text(fd, requests[i].text);
        (void)shutdown(fd, SHUT_WR);
        char *text = cg_test_receive(fd, 3000, &ended);
        int status = cg_test_status_of(text);
        if (requests[i].status)
            cr_expect_eq(status, requests[i].status, "%s: %s", requests[i].name, text);
        else
            cr_expect(status == 0 || (status >= 400 && status < 500) || status == 501 || status == 505, "%s: %s",
                      requests[i].name, text);
        cr_expect(ended, "%s: the connection stays open: %s", requests[i].name, text);
        (void)close(fd);
        free(text);
    }
}

Test(api_hostile, any_bytes) {
    unsigned long state = 88172645463325252UL;
    for (int round = 0; round < 300; round++) {
        char bytes[512];
        for (size_t i = 0; i < sizeof bytes; i++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes[i] = (char)(state >> 24);
        }
        int fd = cg_test_dial(api.port);
        (void)cg_test_send(fd, bytes, sizeof bytes);
        (void)cg_test_send_text(fd, "\r\n\r\n");
        (void)shutdown(fd, SHUT_WR);
        char *text = cg_test_receive(fd, 3000, NULL);
        int status = cg_test_status_of(text);
        cr_expect(status == 0 || (status >= 400 && status < 600 && status != 500), "%s", text);
        (void)close(fd);
        free(text);
    }
}

/* ---- too much of it ---- */

static char *repeat(const char *text, size_t times) {
    size_t length = strlen(text);
    char *whole = malloc(length * times + 1);
    cr_assert_not_null(whole);
    for (size_t i = 0; i < times; i++)
        memcpy(whole + i * length, text, length);
    whole[length * times] = '\0';
    return whole;
}

static int status_after(const char *format, const char *filler) {
    char *request = cg_test_replace(format, "FILLER", filler);
    char *text = cg_test_exchange(api.port, request);
    int status = cg_test_status_of(text);
    free(request);
    free(text);
    return status;
}

Test(api_hostile, headers_have_a_limit) {
    char *much = repeat("a", 100000);
    char *many = repeat("X-A: b\r\n", 20000);
    char *few = repeat("X-A: b\r\n", 50);
    int status = status_after("GET /FILLER HTTP/1.1\r\n" HOST CLOSE "\r\n", much);
    cr_expect(status == 414 || status == 431 || status == 0, "%d", status);
    status = status_after("GET /health HTTP/1.1\r\n" HOST "X: FILLER\r\n" CLOSE "\r\n", much);
    cr_expect(status == 431 || status == 0, "%d", status);
    status = status_after("GET /health HTTP/1.1\r\n" HOST "FILLER" CLOSE "\r\n", many);
    cr_expect(status == 431 || status == 0, "%d", status);
    cr_expect_eq(status_after("GET /health HTTP/1.1\r\n" HOST "FILLER" CLOSE "\r\n", few), 200);
    free(few);
    free(much);
    free(many);
}

Test(api_hostile, a_hundred_requests_at_once_are_answered_in_their_order) {
    char *whole = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&whole, &length);
    cr_assert_not_null(stream);
    for (int i = 1; i <= 100; i++) /* some are answered at once, some by a thread */
        if (i % 3)
            (void)fprintf(stream, "GET " ACME "/billing?page=%d&page_size=1 HTTP/1.1\r\n" HOST "\r\n", i);
        else
            (void)fprintf(stream, "GET /nowhere HTTP/1.1\r\n" HOST "\r\n");
    (void)fprintf(stream, "GET /health HTTP/1.1\r\n" HOST CLOSE "\r\n");
    cr_assert_eq(fclose(stream), 0);
    int ended = 0;
    int fd = cg_test_dial(api.port);
    cr_assert(cg_test_send(fd, whole, length));
    char *text = cg_test_receive(fd, 5000, &ended);
    cr_expect(ended);
    const char *at = text;
    for (int i = 1; i <= 100; i++) {
        char part[64];
        (void)snprintf(part, sizeof part, i % 3 ? "\"page\":%d," : "{\"detail\":\"Not Found\"}", i);
        at = strstr(at, part);
        cr_assert_not_null(at, "the answer to request %d is missing, or in the wrong place", i);
        at++;
    }
    cr_expect_not_null(strstr(at, "\"status\":\"ok\""));
    (void)close(fd);
    free(text);
    free(whole);
}

#define BODY "POST " ACME "/export HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"

Test(api_hostile, a_body_without_end) {
    char chunk[4096 + 16];
    int ended = 0;
    int fd = cg_test_dial(api.port);
    int length = snprintf(chunk, sizeof chunk, "1000\r\n");
    memset(chunk + length, '[', 4096);
    chunk[length + 4096] = '\r';
    chunk[length + 4097] = '\n';
    cr_assert(cg_test_send_text(fd, BODY "Transfer-Encoding: chunked\r\n\r\n"));
    int sent = 0;
    while (sent < 10000 && cg_test_send(fd, chunk, (size_t)length + 4098))
        sent++;
    cr_expect_lt(sent, 10000, "forty megabytes were taken");
    char *text = cg_test_receive(fd, 3000, &ended);
    cr_expect(ended);
    (void)close(fd);
    free(text);
    cr_expect_lt(cg_test_process_kib(&api.process, "VmHWM:"), cg_test_is_sanitized() ? 400000 : 40000);
}

/* JSON that is cheap to send and dear to read. */
Test(api_hostile, json_bombs) {
    char *deep = repeat("[", 60000);
    char *objects = repeat("{\"a\":", 10000);
    char *digits = repeat("9", 60000);
    char *number = cg_test_format("{\"start_date\":%s}", digits);
    char *fraction = cg_test_format("{\"start_date\":1e%.400s}", digits);
    char *text = cg_test_format("{\"start_date\":\"%s\"}", digits);
    char *keys = repeat("\"a\":1,", 9000);
    char *object = cg_test_format("{%s\"b\":2}", keys);
    const char *const bodies[] = {deep,
                                  objects,
                                  number,
                                  fraction,
                                  text,
                                  "{\"columns\":[1,{}]}",
                                  "\"\\ud800\"",
                                  "{\"start_date\":\"\\u0000\"}",
                                  "nul",
                                  "\xff\xfe{}",
                                  "",
                                  "[]",
                                  "{\"a\":1}{\"b\":2}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        char *answer = NULL;
        long long began = cg_test_clock_ms();
        long status = cg_test_api_send(&api, "POST", ACME "/export", bodies[i], &answer);
        cr_expect(status == 422 || status == 400, "%zu (%.40s): %ld: %.300s", i, bodies[i], status, answer);
        cr_expect_lt(strlen(answer), 4096, "%zu: the answer repeats %zu bytes of what was sent", i, strlen(answer));
        cr_expect_lt(cg_test_clock_ms() - began, 1000, "%zu", i);
        free(answer);
    }
    cr_expect_eq(cg_test_api_send(&api, "POST", ACME "/export", object, NULL), 200, "unknown members are ignored");
    free(deep);
    free(objects);
    free(digits);
    free(number);
    free(fraction);
    free(text);
    free(keys);
    free(object);
}

/* ---- too many of them ---- */

#define CROWD 10000
#define MORE_THAN_CROWD 10300

static const struct cg_test_api_options crowded = {.settings = "  max_connections: 4096\n", .crowd = 8192};

Test(api_hostile, ten_thousand_idle_connections) {
    struct rlimit limit;
    static int fds[CROWD];
    size_t open = 0;
    long long slowest = 0;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = MORE_THAN_CROWD;
    if (limit.rlim_max < MORE_THAN_CROWD || setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        stop();
        cr_skip_test("this user may not open so many descriptors");
    }
    cg_test_api_stop(&api, 5, NULL);
    cg_test_api_start(folder, &crowded, &api);
    for (; open < CROWD; open++) {
        fds[open] = cg_test_dial(api.port);
        if (open % 3 == 1)
            (void)cg_test_send_text(fds[open], "GET /health HTTP/1.1\r\nHost");
        if (open % 500 == 0) {
            const struct cg_test_request request = {.url = open % 1000 ? "/health" : ACME "/billing"};
            struct cg_test_answer answer;
            cg_test_api_ask(&api, &request, &answer);
            cr_expect_eq(answer.status, 200, "beside %zu connections: %ld, %s", open, answer.status,
                         curl_easy_strerror(answer.code));
            slowest = answer.ms > slowest ? answer.ms : slowest;
            cg_test_answer_done(&answer);
        }
    }
    fprintf(stderr, "the slowest answer beside %zu idle connections took %lld ms\n", open, slowest);
    cr_expect_lt(slowest, cg_test_is_sanitized() ? 5000 : 2000);
    for (size_t i = 0; i < open; i++)
        (void)close(fds[i]);
    cg_test_api_settle(&api, "chitragupt_http_connections ", 1);
}
