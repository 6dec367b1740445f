/* Browsers of other origins: which answers they may read, and what they are told beforehand. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/api.h"

#define ACME "/api/v1/tenants/acme"
#define UI "https://ui.example"

static char folder[CG_TEST_PATH_SIZE];
static struct cg_test_api api;

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(api_origin, .init = start, .fini = stop);

static void begin(const char *settings) {
    const struct cg_test_api_options options = {.settings = settings};
    cg_test_api_start(folder, &options, &api);
    cr_assert_eq(cg_test_api_get(&api, ACME "/tags", NULL), 200);
}

static void ask(const char *method, const char *path, const char *body, const char *origin,
                struct cg_test_answer *ret) {
    char *line = origin ? cg_test_format("Origin: %s", origin) : NULL;
    const char *const headers[] = {line, NULL};
    const struct cg_test_request request = {
        .url = path, .method = method, .body = body, .headers = line ? headers : NULL};
    cg_test_api_ask(&api, &request, ret);
    free(line);
}

static void preflight(const char *path, const char *origin, const char *method, const char *wanted,
                      struct cg_test_answer *ret) {
    char *lines[] = {cg_test_format("Origin: %s", origin), cg_test_format("Access-Control-Request-Method: %s", method),
                     wanted ? cg_test_format("Access-Control-Request-Headers: %s", wanted) : NULL};
    const char *const headers[] = {lines[0], lines[1], lines[2], NULL};
    const struct cg_test_request request = {.url = path, .method = "OPTIONS", .headers = headers};
    cg_test_api_ask(&api, &request, ret);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        free(lines[i]);
}

static void check_header(const char *what, const struct cg_test_answer *answer, const char *name, const char *value) {
    const char *found = cg_test_answer_header(answer, name);
    if (value)
        cr_expect(found && strcmp(found, value) == 0, "%s: %s is '%s'", what, name, found ? found : "missing");
    else
        cr_expect_null(found, "%s: %s is '%s'", what, name, found);
}

#define ON "  enable_cors: true\n  cors_origins: [\"" UI "\", \"http://localhost:3000\"]\n"

static const struct {
    const char *name;
    const char *method;
    const char *path;
    const char *body;
    long status;
} answers[] = {
    {"200", "GET", "/health", NULL, 200},
    {"200 with rows", "GET", ACME "/billing", NULL, 200},
    {"307", "GET", "/health/", NULL, 307},
    {"400", "GET", ACME "/billing?start_date=2026-06-02&end_date=2026-06-01", NULL, 400},
    {"404 of a path", "GET", "/nowhere", NULL, 404},
    {"404 of a tenant", "GET", "/api/v1/tenants/nope/billing", NULL, 404},
    {"405", "PATCH", "/health", NULL, 405},
    {"422", "GET", ACME "/billing?page=x", NULL, 422},
    {"422 of a body", "POST", ACME "/tags/bulk", "[", 422},
    {"400 without a worker", "POST", ACME "/pipeline/run", NULL, 400},
    {"500", "GET", "/api/v1/tenants/good/billing", NULL, 500},
    {"an export", "POST", ACME "/export", "{}", 200},
};

Test(api_origin, every_answer_says_who_may_read_it) {
    cg_test_file_write(folder, "good.db",
                       "This is no database at all, and nobody will ever be able to make one out of "
                       "it, since it is a text of more than a hundred characters.");
    begin(ON);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const char *name = answers[i].name;
        static const char *const origins[] = {NULL, UI, "https://evil.example", "null"};
        for (size_t k = 0; k < sizeof origins / sizeof *origins; k++) {
            struct cg_test_answer answer;
            ask(answers[i].method, answers[i].path, answers[i].body, origins[k], &answer);
            cr_expect_eq(answer.status, answers[i].status, "%s: %ld: %s", name, answer.status, answer.body);
            check_header(name, &answer, "access-control-allow-origin", k == 1 ? UI : NULL);
            check_header(name, &answer, "access-control-allow-credentials", NULL);
            cg_test_has(name, cg_test_answer_header(&answer, "vary"), "Origin");
            cg_test_answer_done(&answer);
        }
    }
    cg_test_api_stop(&api, 5, NULL);
}

Test(api_origin, an_answer_that_came_too_late_says_it_as_well) {
    struct cg_test_answer answer;
    begin(ON "  request_timeout_seconds: 1\n");
    cg_test_api_fill(folder, "acme.db", "acme", 2500, cg_test_is_sanitized() ? 240 : 480);
    ask("GET",
        ACME "/chargebacks/aggregate?start_date=2026-06-01&end_date=2026-06-30&group_by=identity_id&"
             "group_by=resource_id&time_bucket=hour",
        NULL, UI, &answer);
    cr_assert_eq(answer.status, 504, "the query is not slow enough: %ld", answer.status);
    check_header("504", &answer, "access-control-allow-origin", UI);
    cg_test_has("504", cg_test_answer_header(&answer, "vary"), "Origin");
    cg_test_answer_done(&answer);
    cg_test_api_stop(&api, 5, NULL);
}

static const struct {
    const char *name;
    const char *origin;
    const char *method;
    const char *headers;
    long status;
    const char *body;
} preflights[] = {
    {"a read", UI, "GET", NULL, 200, "OK"},
    {"another origin of the list", "http://localhost:3000", "POST", "content-type", 200, "OK"},
    {"PUT", UI, "PUT", "content-type, authorization", 200, "OK"},
    {"DELETE", UI, "DELETE", NULL, 200, "OK"},
    {"unknown origin", "https://evil.example", "GET", NULL, 400, "Disallowed CORS origin"},
    {"a longer origin", UI ".evil.example", "GET", NULL, 400, "Disallowed CORS origin"},
    {"upper case", "HTTPS://UI.EXAMPLE", "GET", NULL, 400, "Disallowed CORS origin"},
    {"another method", UI, "TRACE", NULL, 400, "Disallowed CORS method"},
    {"a part of a method", UI, "UT", NULL, 400, "Disallowed CORS method"},
    {"two methods", UI, "GET, POST", NULL, 400, "Disallowed CORS method"},
};

Test(api_origin, preflights) {
    static const char *const paths[] = {ACME "/tags/bulk", "/nowhere", "/health"};
    begin(ON);
    for (size_t i = 0; i < sizeof preflights / sizeof *preflights; i++)
        for (size_t k = 0; k < sizeof paths / sizeof *paths; k++) {
            struct cg_test_answer answer;
            const char *name = preflights[i].name;
            int good = preflights[i].status == 200;
            preflight(paths[k], preflights[i].origin, preflights[i].method, preflights[i].headers, &answer);
            cr_expect_eq(answer.status, preflights[i].status, "%s: %ld", name, answer.status);
            cr_expect_str_eq(answer.body, preflights[i].body);
            check_header(name, &answer, "content-type", "text/plain; charset=utf-8");
            check_header(name, &answer, "access-control-allow-methods", good ? "GET, POST, PUT, PATCH, DELETE" : NULL);
            check_header(name, &answer, "access-control-max-age", good ? "600" : NULL);
            check_header(name, &answer, "access-control-allow-headers", good ? preflights[i].headers : NULL);
            int known = strstr(preflights[i].body, "origin") == NULL;
            check_header(name, &answer, "access-control-allow-origin", known ? preflights[i].origin : NULL);
            cg_test_has(name, answer.headers, "Access-Control-Request-Method");
            cg_test_answer_done(&answer);
        }
    cg_test_api_stop(&api, 5, NULL);
}

Test(api_origin, a_star_is_for_all) {
    struct cg_test_answer answer;
    begin("  enable_cors: true\n  cors_origins: [\"*\"]\n");
    ask("GET", "/nowhere", NULL, "https://any.example", &answer);
    check_header("a star", &answer, "access-control-allow-origin", "*");
    cg_test_answer_done(&answer);
    ask("GET", "/nowhere", NULL, NULL, &answer);
    check_header("no origin", &answer, "access-control-allow-origin", NULL);
    cg_test_answer_done(&answer);
    preflight(ACME "/tags/bulk", "https://any.example", "POST", "x-a", &answer);
    cr_expect_eq(answer.status, 200);
    check_header("a star", &answer, "access-control-allow-origin", "*");
    cg_test_answer_done(&answer);
    cg_test_api_stop(&api, 5, NULL);
}

/* A preflight carries no password, so it is asked for none; what follows is. */
Test(api_origin, a_preflight_needs_no_token) {
    const struct cg_test_api_options options = {
        .settings = ON "  auth: {type: bearer, tokens: [{name: a, token: \"a-token-of-a-test\"}]}\n"};
    struct cg_test_answer answer;
    cg_test_api_start(folder, &options, &api);
    preflight(ACME "/tags/bulk", UI, "POST", "authorization", &answer);
    cr_expect_eq(answer.status, 200);
    cg_test_answer_done(&answer);
    ask("GET", ACME "/tags", NULL, UI, &answer);
    cr_expect_eq(answer.status, 401);
    check_header("401", &answer, "access-control-allow-origin", UI);
    cg_test_answer_done(&answer);
    cg_test_api_stop(&api, 5, NULL);
}

Test(api_origin, off_is_off) {
    struct cg_test_answer answer;
    begin(NULL);
    ask("GET", "/health", NULL, UI, &answer);
    check_header("off", &answer, "access-control-allow-origin", NULL);
    cr_expect_null(strstr(answer.headers, "Origin"));
    cg_test_answer_done(&answer);
    preflight("/health", UI, "GET", NULL, &answer);
    check_header("off", &answer, "access-control-allow-origin", NULL);
    check_header("off", &answer, "access-control-allow-methods", NULL);
    cr_expect(answer.status == 204 || answer.status == 405, "%ld", answer.status);
    cg_test_answer_done(&answer);
    cg_test_api_stop(&api, 5, NULL);
}
