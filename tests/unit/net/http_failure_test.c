#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net_fixture.h"
#include "net_server.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Answers in their order, the last one again and again. */
struct script {
    struct net_answer answers[3];
    size_t count;
};

static void play(void *user, size_t index, const struct net_record *record, struct net_answer *ret) {
    const struct script *script = user;
    (void)record;
    *ret = script->answers[index < script->count ? index : script->count - 1];
}

#define FINE \
    { .body = "fine" }

static const struct {
    const char *name;
    struct script script;
    cg_status status;
    uint32_t http_status;
    uint32_t attempts;
    const char *error; /* the whole sentence */
} cases[] = {
    {"204", {{{.status = 204}}, 1}, CG_OK, 204, 1, ""},
    {"503 then fine", {{{.status = 503}, FINE}, 2}, CG_OK, 200, 2, ""},
    {"408, 425 then fine", {{{.status = 408}, {.status = 425}, FINE}, 3}, CG_OK, 200, 3, ""},
    {"429 then fine", {{{.status = 429}, FINE}, 2}, CG_OK, 200, 2, ""},
    {"closed then fine", {{{.trouble = NET_CLOSE}, FINE}, 2}, CG_OK, 200, 2, ""},
    {"reset then fine", {{{.trouble = NET_RESET}, FINE}, 2}, CG_OK, 200, 2, ""},
    {"truncated then fine", {{{.body = "half a body", .trouble = NET_TRUNCATE}, FINE}, 2}, CG_OK, 200, 2, ""},
    {"stalled then fine", {{{.body = "half a body", .trouble = NET_STALL}, FINE}, 2}, CG_OK, 200, 2, ""},
    {"silent then fine", {{{.trouble = NET_SILENT}, FINE}, 2}, CG_OK, 200, 2, ""},
    {"400", {{{.status = 400, .body = "hush"}}, 1}, CG_PERMANENT, 400, 1, "Test: GET /a/b: HTTP 400 Bad Request"},
    {"401", {{{.status = 401}}, 1}, CG_AUTH, 401, 1, "Test: GET /a/b: HTTP 401 Unauthorized"},
    {"403", {{{.status = 403}}, 1}, CG_AUTH, 403, 1, "Test: GET /a/b: HTTP 403 Forbidden"},
    {"403 truncated",
     {{{.status = 403, .body = "half a body", .trouble = NET_TRUNCATE}}, 1},
     CG_AUTH,
     403,
     1,
     "Test: GET /a/b: HTTP 403 Forbidden"},
    {"404", {{{.status = 404}}, 1}, CG_NOT_FOUND, 404, 1, "Test: GET /a/b: HTTP 404 Not Found"},
    {"418", {{{.status = 418}}, 1}, CG_PERMANENT, 418, 1, "Test: GET /a/b: HTTP 418"},
    {"302",
     {{{.status = 302, .header = {{"Location", "http://127.0.0.1:1/hush"}}}}, 1},
     CG_PERMANENT,
     302,
     1,
     "Test: GET /a/b: HTTP 302 Found (redirects are not followed; use the address it points to as base URL)"},
    {"503",
     {{{.status = 503}}, 1},
     CG_TEMPORARY,
     503,
     3,
     "Test: GET /a/b: HTTP 503 Service Unavailable, after 3 attempts"},
    {"429",
     {{{.status = 429}}, 1},
     CG_RATE_LIMITED,
     429,
     3,
     "Test: GET /a/b: HTTP 429 Too Many Requests, after 3 attempts"},
    {"503 then 401",
     {{{.status = 503}, {.status = 401}}, 2},
     CG_AUTH,
     401,
     2,
     "Test: GET /a/b: HTTP 401 Unauthorized, after 2 attempts"},
    {"closed",
     {{{.trouble = NET_CLOSE}}, 1},
     CG_TEMPORARY,
     0,
     3,
     "Test: GET /a/b: the connection ended before the answer was complete, after 3 attempts"},
    {"truncated",
     {{{.body = "half a body", .trouble = NET_TRUNCATE}}, 1},
     CG_TEMPORARY,
     0,
     3,
     "Test: GET /a/b: the connection ended before the answer was complete, after 3 attempts"},
    {"silent",
     {{{.trouble = NET_SILENT}}, 1},
     CG_TEMPORARY,
     0,
     3,
     "Test: GET /a/b: timed out: no complete answer within 0.5 s, after 3 attempts"},
    {"long body",
     {{{.body = "01234567890123456789012345678901234567890123456789", .length = 50}}, 1},
     CG_PERMANENT,
     0,
     1,
     "Test: GET /a/b: the answer is longer than 49 bytes"},
    {"long body of an error",
     {{{.status = 404, .body = "01234567890123456789012345678901234567890123456789", .length = 50}}, 1},
     CG_NOT_FOUND,
     404,
     1,
     "Test: GET /a/b: HTTP 404 Not Found"},
    {"fat header",
     {{{.body = "fine", .fat_headers = 70}}, 1},
     CG_PERMANENT,
     0,
     1,
     "Test: GET /a/b: the answer's header is longer than 65536 bytes"},
};

Test(http_failure, cases, .timeout = 60) {
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct net_fixture fixture;
        struct script script = cases[i].script;
        net_fixture_init(&fixture);
        struct net_server *server = net_server_new(play, &script);
        struct cg_http_options options = {.max_attempts = 3, .timeout_us = 500000, .max_body_bytes = 49};
        struct cg_http_client *client = net_client(&fixture, net_server_url(server), options);
        struct net_result result = net_get(client, "/a/b");
        cr_assert_eq(result.status, cases[i].status, "%s: %s", cases[i].name, result.error);
        cr_assert_str_eq(result.error, cases[i].error, "%s: %s", cases[i].name, result.error);
        cr_assert_eq(result.http_status, cases[i].http_status, "%s: %u", cases[i].name, result.http_status);
        cr_assert_eq(result.attempts, cases[i].attempts, "%s: %u", cases[i].name, result.attempts);
        cr_assert_eq(net_server_count(server), cases[i].attempts, "%s", cases[i].name);
        cg_http_client_free(client);
        net_server_free(server);
        net_fixture_done(&fixture);
    }
}

Test(http_failure, the_longest_body_is_taken) {
    struct script script = {{{.body = "0123456789012345678901234567890123456789012345678"}}, 1};
    struct net_fixture fixture;
    net_fixture_init(&fixture);
    struct net_server *server = net_server_new(play, &script);
    struct cg_http_client *client =
        net_client(&fixture, net_server_url(server), (struct cg_http_options){.max_body_bytes = 49});
    struct net_result result = net_get(client, "/a");
    cr_assert_eq(result.status, CG_OK, "%s", result.error);
    cr_assert_eq(result.length, 49);
    cg_http_client_free(client);
    net_server_free(server);
    net_fixture_done(&fixture);
}

static const struct {
    const char *url;
    const char *error;
} unreachable[] = {
    {"http://127.0.0.1:9", "Test: GET /a: could not connect to 127.0.0.1:9 (Connection refused), after 2 attempts"},
    {"http://me:hush@127.0.0.1:9/p",
     "Test: GET /a: could not connect to 127.0.0.1:9 (Connection refused), after 2 attempts"},
    {"https://no-such-host.invalid",
     "Test: GET /a: the host name no-such-host.invalid was not found, after 2 attempts"},
};

Test(http_failure, nobody_there) {
    for (size_t i = 0; i < COUNT(unreachable); i++) {
        struct net_fixture fixture;
        net_fixture_init(&fixture);
        struct cg_http_client *client =
            net_client(&fixture, unreachable[i].url, (struct cg_http_options){.max_attempts = 2});
        struct net_result result = net_get(client, "/a");
        cr_assert_eq(result.status, CG_TEMPORARY, "%s", result.error);
        cr_assert_eq(result.http_status, 0);
        cr_assert_str_eq(result.error, unreachable[i].error, "%s", result.error);
        cg_http_client_free(client);
        net_fixture_done(&fixture);
    }
}

static const struct {
    const char *name;
    const char *bytes;
    cg_status status;
    const char *error; /* part of the sentence */
} raw[] = {
    {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", CG_PERMANENT, "not HTTP"},
    {"no status", "HTTP/1.1 abc\r\n\r\n", CG_PERMANENT, ""},
    {"half a header", "HTTP/1.1 200 OK\r\nContent-Le", CG_TEMPORARY, "before the answer was complete"},
    {"bad length", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", CG_TEMPORARY,
     "before the answer was complete"},
    {"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", CG_TEMPORARY,
     "before the answer was complete"},
    {"bad gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", CG_TEMPORARY, ""},
    {"503 without Content-Length", "HTTP/1.1 503 Busy hush\r\nConnection: close\r\n\r\nhush", CG_TEMPORARY,
     "HTTP 503 Service Unavailable"},
};

Test(http_failure, broken_servers) {
    for (size_t i = 0; i < COUNT(raw); i++) {
        struct net_fixture fixture;
        net_fixture_init(&fixture);
        struct net_raw_server *server = net_raw_server_new(raw[i].bytes, strlen(raw[i].bytes));
        struct cg_http_client *client =
            net_client(&fixture, net_raw_server_url(server), (struct cg_http_options){.max_attempts = 2});
        struct net_result result = net_get(client, "/a");
        cr_assert_eq(result.status, raw[i].status, "%s: %d %s", raw[i].name, result.status, result.error);
        cr_assert(strstr(result.error, raw[i].error), "%s: %s", raw[i].name, result.error);
        cg_http_client_free(client);
        net_raw_server_free(server);
        net_fixture_done(&fixture);
    }
}

Test(http_failure, a_server_without_tls_is_not_trusted) {
    struct script script = {{FINE}, 1};
    struct net_fixture fixture;
    char url[64];
    net_fixture_init(&fixture);
    struct net_server *server = net_server_new(play, &script);
    snprintf(url, sizeof url, "https%s", net_server_url(server) + strlen("http"));
    struct cg_http_client *client = net_client(&fixture, url, (struct cg_http_options){.max_attempts = 2});
    struct net_result result = net_get(client, "/a");
    cr_assert_neq(result.status, CG_OK);
    cr_assert(strstr(result.error, "no trusted TLS connection to 127.0.0.1:"), "%s", result.error);
    cr_assert_eq(net_server_count(server), 0);
    cg_http_client_free(client);
    net_server_free(server);
    net_fixture_done(&fixture);
}

Test(http_failure, certificates_are_verified) {
    struct script script = {{FINE}, 1};
    struct net_fixture fixture;
    net_fixture_init(&fixture);
    struct net_server *server = net_server_new_tls(play, &script);
    struct cg_http_client *client = net_client(&fixture, net_server_url(server), (struct cg_http_options){0});
    struct net_result result = net_get(client, "/a");
    cr_assert_eq(result.status, CG_PERMANENT, "%s", result.error);
    cr_assert_eq(result.attempts, 1);
    cr_assert(strstr(result.error, "no trusted TLS connection to 127.0.0.1:"), "%s", result.error);
    cr_assert_eq(net_server_count(server), 0, "nothing was sent");
    cg_http_client_free(client);
    net_server_free(server);
    net_fixture_done(&fixture);
}

Test(http_failure, an_authority_of_the_environment_is_trusted) {
    struct script script = {{FINE}, 1};
    struct net_fixture fixture;
    cr_assert_eq(setenv("SSL_CERT_FILE", CG_TEST_BINARY_DIR "/tests/tls/tls_cert.pem", 1), 0);
    net_fixture_init(&fixture);
    struct net_server *server = net_server_new_tls(play, &script);
    struct cg_http_client *client = net_client(&fixture, net_server_url(server), (struct cg_http_options){0});
    struct net_result result = net_get(client, "/a");
    cr_assert_eq(result.status, CG_OK, "%s", result.error);
    cr_assert_str_eq(net_server_record(server, 0).authorization, "Basic bWU6aHVzaA==");
    cg_http_client_free(client);
    net_server_free(server);
    net_fixture_done(&fixture);
}

/* "hello", and 100 000 times "a". */
#define GZIP_SMALL "\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0"
#define GZIP_ZEROS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define GZIP_BOMB                                                                                             \
    "\x1f\x8b\x08\0\0\0\0\0\x02\x03\xed\xc1\x31\x01\0\0\0\xc2\xa0\xac\xeb\x5f\xc2\x1a\x1e\x40\x01" GZIP_ZEROS \
        GZIP_ZEROS GZIP_ZEROS GZIP_ZEROS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xaf\x06\x87\xfa\xe2\x1b\xa0\x86\x01\0"
#define GZIP_HEADER "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"

static const struct {
    const char *name;
    const char *bytes;
    size_t length;
    cg_status status;
    const char *text; /* the body, or a part of the sentence */
} gzips[] = {
    {"small", GZIP_HEADER GZIP_SMALL, sizeof(GZIP_HEADER GZIP_SMALL) - 1, CG_OK, "hello"},
    {"bomb", GZIP_HEADER GZIP_BOMB, sizeof(GZIP_HEADER GZIP_BOMB) - 1, CG_PERMANENT, "longer than 1000 bytes"},
};

Test(http_failure, the_body_is_bounded_after_decompression) {
    for (size_t i = 0; i < COUNT(gzips); i++) {
        struct net_fixture fixture;
        net_fixture_init(&fixture);
        struct net_raw_server *server = net_raw_server_new(gzips[i].bytes, gzips[i].length);
        struct cg_http_client *client =
            net_client(&fixture, net_raw_server_url(server), (struct cg_http_options){.max_body_bytes = 1000});
        struct net_result result = net_get(client, "/a");
        cr_assert_eq(result.status, gzips[i].status, "%s: %s", gzips[i].name, result.error);
        cr_assert(strstr(result.status == CG_OK ? result.body : result.error, gzips[i].text), "%s: %s", gzips[i].name,
                  result.error);
        cg_http_client_free(client);
        net_raw_server_free(server);
        net_fixture_done(&fixture);
    }
}

/* ---- waiting ---- */

static const struct {
    const char *name;
    struct net_answer answer;
    int64_t least; /* distance of the two requests, in microseconds */
    int64_t most;
} waits[] = {
    {"429 alone", {.status = 429}, 10000, 5000000},
    {"429 and Retry-After: 0", {.status = 429, .header = {{"Retry-After", "0"}}}, 10000, 5000000},
    {"429 and Retry-After", {.status = 429, .header = {{"retry-after", "1"}}}, 1100000, 8000000},
    {"503 and Retry-After", {.status = 503, .header = {{"Retry-After", "1"}}}, 1100000, 8000000},
    {"429 and a date",
     {.status = 429,
      .header = {{"Retry-After", "Tue, 15 Nov 1994 08:12:32 GMT"}, {"Date", "Tue, 15 Nov 1994 08:12:31 GMT"}}},
     1100000,
     8000000},
    {"429 and rateLimit-reset", {.status = 429, .header = {{"rateLimit-reset", "1"}}}, 1100000, 8000000},
    {"429 and X-RateLimit-Reset", {.status = 429, .header = {{"X-RateLimit-Reset", "1"}}}, 1100000, 8000000},
    {"Retry-After before a reset",
     {.status = 429, .header = {{"RateLimit-Reset", "200"}, {"Retry-After", "0.2"}}},
     220000,
     5000000},
    {"503 and RateLimit-Reset", {.status = 503, .header = {{"RateLimit-Reset", "200"}}}, 2000, 5000000},
    {"nonsense", {.status = 429, .header = {{"Retry-After", "soon"}}}, 10000, 5000000},
};

Test(http_failure, waits_as_the_server_asks, .timeout = 60) {
    for (size_t i = 0; i < COUNT(waits); i++) {
        struct script script = {{waits[i].answer, FINE}, 2};
        struct net_fixture fixture;
        net_fixture_init(&fixture);
        struct net_server *server = net_server_new(play, &script);
        struct cg_http_client *client = net_client(&fixture, net_server_url(server), (struct cg_http_options){0});
        struct net_result result = net_get(client, "/a");
        cr_assert_eq(result.status, CG_OK, "%s: %s", waits[i].name, result.error);
        int64_t passed = net_server_record(server, 1).time - net_server_record(server, 0).time;
        cr_assert(passed >= waits[i].least && passed <= waits[i].most, "%s: %lld us", waits[i].name, (long long)passed);
        cg_http_client_free(client);
        net_server_free(server);
        net_fixture_done(&fixture);
    }
}

Test(http_failure, a_429_holds_back_the_whole_client) {
    struct script script = {{{.status = 429, .header = {{"Retry-After", "0.3"}}}, FINE}, 2};
    struct net_fixture fixture;
    struct net_result results[6] = {0};
    net_fixture_init(&fixture);
    struct net_server *server = net_server_new(play, &script);
    struct cg_http_client *client =
        net_client(&fixture, net_server_url(server), (struct cg_http_options){.max_in_flight = 1});
    for (size_t i = 0; i < COUNT(results); i++)
        cr_assert_eq(cg_http_client_get(client, "/x", NULL, 0, net_result_set, &results[i]), CG_OK);
    cr_assert_eq(cg_http_client_wait(client), CG_OK);
    for (size_t i = 0; i < COUNT(results); i++)
        cr_assert(results[i].calls == 1 && results[i].status == CG_OK, "%zu: %s", i, results[i].error);
    int64_t passed = net_server_record(server, 1).time - net_server_record(server, 0).time;
    cr_assert(passed >= 330000, "%lld us", (long long)passed);
    cg_http_client_free(client);
    net_server_free(server);
    net_fixture_done(&fixture);
}

Test(http_failure, the_time_budget_ends_retries) {
    struct script script = {{{.status = 503, .header = {{"Retry-After", "5"}}}}, 1};
    const struct cg_http_tuning tuning = {.backoff_us = 2000, .budget_us = 1000000};
    struct cg_http_client *client = NULL;
    struct net_fixture fixture;
    net_fixture_init(&fixture);
    struct net_server *server = net_server_new(play, &script);
    struct cg_http_options options = {.struct_size = sizeof options, .base_url = net_server_url(server)};
    cr_assert_eq(cg_http_client_new_tuned(fixture.net, &options, &tuning, &client, NULL), CG_OK);
    struct net_result result = net_get(client, "/a");
    cr_assert_eq(result.status, CG_TEMPORARY);
    cr_assert_str_eq(result.error, "127.0.0.1: GET /a: HTTP 503 Service Unavailable");
    cr_assert_eq(net_server_count(server), 1);
    cg_http_client_free(client);
    net_server_free(server);
    net_fixture_done(&fixture);
}

Test(http_failure, a_standing_answer_is_given_up_before_the_timeout, .timeout = 60) {
    struct script script = {{{.body = "half a body", .trouble = NET_STALL}}, 1};
    const struct cg_http_tuning tuning = {.stall_us = 1000000};
    struct cg_http_client *client = NULL;
    struct net_fixture fixture;
    net_fixture_init(&fixture);
    struct net_server *server = net_server_new(play, &script);
    struct cg_http_options options = {
        .struct_size = sizeof options, .base_url = net_server_url(server), .max_attempts = 1};
    cr_assert_eq(cg_http_client_new_tuned(fixture.net, &options, &tuning, &client, NULL), CG_OK);
    struct net_result result = net_get(client, "/a");
    cr_assert_eq(result.status, CG_TEMPORARY);
    cr_assert_str_eq(result.error, "127.0.0.1: GET /a: the answer stood still and was given up");
    cg_http_client_free(client);
    net_server_free(server);
    net_fixture_done(&fixture);
}
