/* Absurd values on every route: refused or harmless, never the server's fault; and redirects that lead nowhere else. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/api.h"

#define ACME "/api/v1/tenants/acme"

static char folder[CG_TEST_PATH_SIZE];
static struct cg_test_api api;

static void start(void) {
    const struct cg_test_api_options options = {0};
    cg_test_workdir_make(folder);
    cg_test_api_start(folder, &options, &api);
    cr_assert_eq(cg_test_api_get(&api, ACME "/tags", NULL), 200);
    cg_test_api_fill(folder, "acme.db", "acme", 3, 48);
}

static void stop(void) {
    struct cg_test_result result;
    cr_expect_eq(cg_test_api_get(&api, ACME "/billing", NULL), 200, "the server is not well");
    cg_test_api_stop(&api, 5, &result);
    cg_test_has_not("the log", result.err, "request_failed");
    cg_test_result_done(&result);
    cg_test_workdir_remove(folder);
}

TestSuite(api_values, .init = start, .fini = stop);

/* ---- every list with every nonsense ---- */

static const char *const lists[] = {
    ACME "/status",
    ACME "/billing",
    ACME "/chargebacks",
    ACME "/chargebacks/dates",
    ACME "/chargebacks/allocation-issues",
    ACME "/chargebacks/aggregate",
    ACME "/chargebacks/1",
    ACME "/resources",
    ACME "/identities",
    ACME "/inventory/summary",
    ACME "/entities/resource/lkc-0/tags",
    ACME "/tags",
    ACME "/tags/keys",
    ACME "/tags/keys/team/values",
    ACME "/pipeline/status",
    ACME "/topic-attributions",
    ACME "/topic-attributions/aggregate",
    ACME "/topic-attributions/dates",
    ACME "/graph",
    ACME "/graph/search",
    ACME "/graph/diff",
    ACME "/graph/timeline",
    "/api/v1/costs/summary",
    "/api/v1/dimensions/principal",
};

static const char *const parameters[] = {
    "page",   "page_size",  "start_date", "end_date", "timezone",    "active_at",   "period_start", "period_end",
    "at",     "from_start", "from_end",   "to_start", "to_end",      "entity_id",   "start",        "end",
    "depth",  "focus",      "expand",     "group_by", "time_bucket", "sort_by",     "sort_order",   "search",
    "q",      "tag_key",    "tag_value",  "tag:team", "tag:",        "resource_id", "identity_id",  "product_type",
    "status", "type",       "metadata",
};

static const char *const values[] = {
    "",
    "0",
    "-1",
    "99999999999999999999999999999999999",
    "9223372036854775807",
    "9223372036854775808",
    "1e308",
    "NaN",
    "0001-01-01",
    "9999-12-31",
    "0000-00-00",
    "2026-02-30",
    "10000-01-01",
    "2026-06-01T00:00:00Z",
    "9999-12-31T23:59:59.999999%2B14:00",
    "0001-01-01T00:00:00-23:59",
    "-62135596800",
    "253402300800000",
    "../../../../etc/passwd",
    "America/Denver",
    "Pacific/Kiritimati",
    "%27%3B%20DROP%20TABLE%20tags--",
    "%25%5F%5C",
    "%F0%9F%92%B8",
    "tag:%27",
    "day,hour",
};

/* Never 5xx, and always JSON. */
static void check_answer(const char *path) {
    const struct cg_test_request request = {.url = path, .as_sent = 1};
    struct cg_test_answer answer;
    cg_test_api_ask(&api, &request, &answer);
    cr_expect(answer.code == CURLE_OK && answer.status >= 200 && answer.status < 500, "%s: %ld (%s): %.300s", path,
              answer.status, curl_easy_strerror(answer.code), answer.body);
    json_t *root = json_loadb(answer.body, answer.length, JSON_DECODE_ANY, NULL);
    cr_expect_not_null(root, "%s: no JSON: %.300s", path, answer.body);
    json_decref(root);
    cg_test_answer_done(&answer);
}

/* A sanitized build tries every fourth pair. */
static void check_list(const char *list) {
    const size_t step = cg_test_is_sanitized() ? 4 : 1;
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        for (size_t k = i % step; k < sizeof values / sizeof *values; k += step) {
            char *path = cg_test_format("%s?%s=%s", list, parameters[i], values[k]);
            check_answer(path);
            free(path);
        }
}

/* Half of them in each process, since these are many. */
Test(api_values, no_value_of_a_parameter_is_the_servers_fault) {
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i += 2)
        check_list(lists[i]);
}

Test(api_values, nor_on_the_other_routes) {
    for (size_t i = 1; i < sizeof lists / sizeof *lists; i += 2)
        check_list(lists[i]);
}

static const char *const ranges[] = {
    "start_date=0001-01-01&end_date=9999-12-31&timezone=Pacific/Kiritimati",
    "start_date=0001-01-01&end_date=0001-01-01&timezone=Asia/Kolkata",
    "start_date=9999-12-31&end_date=9999-12-31&timezone=America/Denver",
    "start_date=9999-12-31&end_date=0001-01-01",
    "start_date=0001-01-01&end_date=9999-12-31&time_bucket=hour&group_by=identity_id",
    "page=9223372036854775807&page_size=1000",
    "page=9007199254740993&page_size=999",
    "page=1&page=2&page_size=1000&page_size=1",
    "tag:a-b=1&tag:a_b=2&tag:a-b=3&group_by=tag:a-b&group_by=tag:a_b",
    "group_by=identity_id&group_by=identity_id&group_by=nothing&group_by=",
    "from_start=0001-01-01&from_end=9999-12-31&to_start=0001-01-01&to_end=9999-12-31",
    "focus=lkc-0&depth=99&expand=topics&at=9999-12-31T23:59:59Z",
    "entity_id=lkc-0&start=0001-01-01&end=9999-12-31",
    "active_at=2026-06-01T00:00:00Z&period_start=2026-06-01T00:00:00Z",
    "period_start=9999-12-31T23:59:59Z&period_end=0001-01-01T00:00:00Z",
    "&&&===&%3D=%26&=",
};

Test(api_values, several_at_once) {
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++) {
            char *path = cg_test_format("%s?%s", lists[i], ranges[k]);
            check_answer(path);
            free(path);
        }
}

/* ---- paths and encodings ---- */

static const struct {
    const char *path;
    long status;
} paths[] = {
    {"/%00", 404},
    {"/health%00", 404},
    {"/api/v1/tenants/acme%00/billing", 400},
    {"/%ff%fe", 404},
    {"/api/v1/tenants/%c0%ae%c0%ae/billing", 400},
    {"/api/v1/tenants/%ed%a0%80/billing", 400},
    {"/api/v1/tenants/%F0%9F%92%B8/billing", 404},
    {"/api/v1/tenants/acme%2Fbilling", 404},
    {"/api/v1/tenants/..%2f..%2fetc/billing", 404},
    {"/api/v1/tenants/../tenants/acme/billing", 404},
    {"//health", 404},
    {"/health//", 404},
    {"/HEALTH", 404},
    {"/%68ealth", 404},
    {"/api/v1/tenants/%61cme/billing", 200},
    {"/api/v1/tenants//billing", 404},
    {ACME "/entities/resource/a%2Fb%20c/tags", 200},
    {ACME "/entities/nothing/a/tags", 422},
    {ACME "/chargebacks/99999999999999999999999", 422},
    {ACME "/chargebacks/x", 422},
    {ACME "/chargebacks/-1", 404},
};

Test(api_values, paths) {
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const struct cg_test_request request = {.url = paths[i].path, .as_sent = 1};
        struct cg_test_answer answer;
        cg_test_api_ask(&api, &request, &answer);
        cr_expect_eq(answer.status, paths[i].status, "%s: %ld: %s", paths[i].path, answer.status, answer.body);
        cg_test_answer_done(&answer);
    }
}

static const char *const queries[] = {"search=%",   "search=%4",    "search=%zz", "search=%00",
                                      "search=%ff", "tag_key=%c3(", "%ff=1",      "search=a%00b"};

Test(api_values, queries_that_are_no_text) {
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
            char *path = cg_test_format("%s?%s", lists[k], queries[i]);
            check_answer(path);
            free(path);
        }
}

/* ---- redirects ---- */

static const struct {
    const char *name;
    const char *target;
    const char *host;
    const char *location; /* NULL: none, the request is refused */
} redirects[] = {
    {"as it should be", "/health/", "127.0.0.1:8080", "http://127.0.0.1:8080/health"},
    {"a query", ACME "/billing/?page=2&q=%20a", "costs.example", "http://costs.example" ACME "/billing?page=2&q=%20a"},
    {"six", "/health/", "[::1]:8080", "http://[::1]:8080/health"},
    {"user and password", "/health/", "good@evil.example", "/health"},
    {"a path in the host", "/health/", "evil.example/", "/health"},
    {"a backslash", "/health/", "evil.example\\", "/health"},
    {"a query in the host", "/health/", "evil.example?", "/health"},
    {"empty host", "/health/", "", "/health"},
    {"encoded line ends", "/health/?a=%0d%0aSet-Cookie:%20x=1", "a", "http://a/health?a=%0d%0aSet-Cookie:%20x=1"},
    {"two slashes", "//evil.example/", "a", NULL},
    {"slashes before a route", "//health/", "a", NULL},
    {"absolute form", "http://evil.example/health/", "a", "http://a/health"},
};

Test(api_values, redirects_lead_nowhere_else) {
    for (size_t i = 0; i < sizeof redirects / sizeof *redirects; i++) {
        char *request = cg_test_format("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", redirects[i].target,
                                       redirects[i].host);
        char *text = cg_test_exchange(api.port, request);
        int status = cg_test_status_of(text);
        if (redirects[i].location) {
            char *line = cg_test_format("ocation: %s\r\n", redirects[i].location);
            cr_expect_eq(status, 307, "%s: %s", redirects[i].name, text);
            cg_test_has(redirects[i].name, text, line);
            free(line);
        } else {
            cr_expect(status >= 400 && status < 500, "%s: %s", redirects[i].name, text);
        }
        cr_expect_null(strstr(text, "\r\nSet-Cookie"), "%s: %s", redirects[i].name, text);
        free(request);
        free(text);
    }
}
