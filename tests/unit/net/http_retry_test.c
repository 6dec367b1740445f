#include "net/http_retry.h"

#include <criterion/criterion.h>
#include <inttypes.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECOND INT64_C(1000000)

static const struct {
    struct cg_http_delay delay;
    double first;
    double second;
    int64_t least; /* both ends of what is right: the factors are binary fractions */
    int64_t most;
} delays[] = {
    {{2 * SECOND, SECOND, 0, false, -1}, 0.0, 0.0, 2 * SECOND, 2 * SECOND},
    {{2 * SECOND, SECOND, 0, false, -1}, 0.5, 0.0, 2500000, 2500000},
    {{2 * SECOND, SECOND, 1, false, -1}, 0.0, 0.9, 4 * SECOND, 4 * SECOND},
    {{2 * SECOND, SECOND, 4, false, -1}, 0.0, 0.0, 32 * SECOND, 32 * SECOND},
    {{2 * SECOND, SECOND, 5, false, -1}, 0.9, 0.0, 60 * SECOND, 60 * SECOND},
    {{2 * SECOND, SECOND, UINT32_MAX, false, -1}, 0.9, 0.0, 60 * SECOND, 60 * SECOND},
    {{2 * SECOND, SECOND, 0, true, -1}, 0.0, 0.0, 2199999, 2200001},
    {{2 * SECOND, SECOND, 0, true, 0}, 0.0, 0.0, 1099999, 1100001},
    {{2 * SECOND, SECOND, 3, true, 10 * SECOND}, 0.9, 0.0, 10999999, 11000001},
    {{2 * SECOND, SECOND, 3, true, 10 * SECOND}, 0.9, 1.0, 11999999, 12000001},
    {{2 * SECOND, SECOND, 3, false, 10 * SECOND}, 0.9, 0.0, 10999999, 11000001},
    {{2 * SECOND, SECOND, 0, true, 3600 * SECOND}, 0.0, 0.0, 300 * SECOND, 300 * SECOND},
};

Test(http_retry, delays) {
    for (size_t i = 0; i < COUNT(delays); i++) {
        int64_t wait = cg_http_delay(&delays[i].delay, delays[i].first, delays[i].second);
        cr_assert(wait >= delays[i].least && wait <= delays[i].most, "row %zu gave %" PRId64, i, wait);
    }
}

#define NOW INT64_C(784887151) /* Tue, 15 Nov 1994 08:12:31 GMT */

static const struct {
    const char *text;
    bool fine;
    int64_t delay;
} headers[] = {
    {"0", true, 0},
    {"5", true, 5 * SECOND},
    {"1.5", true, 1500000},
    {"120", true, 120 * SECOND},
    {"99999999999999999999999", true, INT64_C(366) * 86400 * SECOND},
    {"Tue, 15 Nov 1994 08:12:41 GMT", true, 10 * SECOND},
    {"Tuesday, 15-Nov-94 08:12:41 GMT", true, 10 * SECOND},
    {"Tue, 15 Nov 1994 08:12:30 GMT", true, 0},
    {"Fri, 31 Dec 9999 23:59:59 GMT", true, INT64_C(366) * 86400 * SECOND},
    {"", false, 42},
    {"soon", false, 42},
    {"-5", false, 42},
    {".", false, 42},
    {"1.2.3", false, 42},
};

Test(http_retry, retry_after) {
    for (size_t i = 0; i < COUNT(headers); i++) {
        int64_t delay = 42;
        cr_assert_eq(cg_http_retry_after(headers[i].text, NOW, &delay), headers[i].fine, "\"%s\"", headers[i].text);
        cr_assert_eq(delay, headers[i].delay, "\"%s\" gave %" PRId64, headers[i].text, delay);
    }
}

Test(http_retry, reset_headers_are_seconds_only) {
    int64_t delay = 42;
    cr_assert(!cg_http_seconds("Tue, 15 Nov 1994 08:12:41 GMT", &delay));
    cr_assert_eq(delay, 42);
    cr_assert(cg_http_seconds("7", &delay));
    cr_assert_eq(delay, 7 * SECOND);
}

static const struct {
    uint32_t http_status;
    bool transient;
    cg_status status;
    const char *name;
} statuses[] = {
    {200, false, CG_OK, ""},
    {204, false, CG_OK, "No Content"},
    {299, false, CG_OK, ""},
    {301, false, CG_PERMANENT, "Moved Permanently"},
    {400, false, CG_PERMANENT, "Bad Request"},
    {401, false, CG_AUTH, "Unauthorized"},
    {403, false, CG_AUTH, "Forbidden"},
    {404, false, CG_NOT_FOUND, "Not Found"},
    {408, true, CG_TEMPORARY, "Request Timeout"},
    {418, false, CG_PERMANENT, ""},
    {425, true, CG_TEMPORARY, "Too Early"},
    {429, true, CG_RATE_LIMITED, "Too Many Requests"},
    {500, true, CG_TEMPORARY, "Internal Server Error"},
    {503, true, CG_TEMPORARY, "Service Unavailable"},
    {599, true, CG_TEMPORARY, ""},
    {600, false, CG_PERMANENT, ""},
};

Test(http_retry, statuses) {
    for (size_t i = 0; i < COUNT(statuses); i++) {
        cr_assert_eq(cg_http_status_transient(statuses[i].http_status), statuses[i].transient, "%u",
                     statuses[i].http_status);
        cr_assert_eq(cg_http_status_class(statuses[i].http_status), statuses[i].status, "%u", statuses[i].http_status);
        cr_assert_str_eq(cg_http_status_name(statuses[i].http_status), statuses[i].name);
    }
}
