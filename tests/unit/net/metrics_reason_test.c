#include "net/metrics_reason.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BAD(text) "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"" text "\"}"

/* A client that sends secrets of every kind. */
static char password[] = "p@ss w0rd";
static char token[] = "eyJhbGciOi.J9";
static char username[] = "me";
static char in_url[] = "url-secret";
static char query[] = "tenant=a&token=0123456789";
static char header_data[] = "X-Api-Key: Key abcdefgh12 7";
static struct curl_slist headers = {.data = header_data};

static struct cg_http_client client_with_secrets(void) {
    return (struct cg_http_client){.password = password,
                                   .bearer_token = token,
                                   .username = username,
                                   .headers = &headers,
                                   .address = {.password = in_url, .query = query}};
}

static const struct {
    const char *name;
    const char *body;
    const char *text;
    bool reported;
} reasons[] = {
    {"a parse error", BAD("invalid parameter \\\"query\\\": 1:5: parse error: unexpected \\\"}\\\" in aggregation"),
     " (bad_data): invalid parameter \"query\": 1:5: parse error: unexpected \"}\" in aggregation", true},
    {"a type alone", "{\"status\":\"error\",\"errorType\":\"timeout\"}", " (timeout)", true},
    {"a sentence alone", "{\"error\":\"too many requests\"}", ": too many requests", false},
    {"an odd type", "{\"status\":\"error\",\"errorType\":\"Bad\\n\",\"error\":\"x\"}", ": x", true},
    {"an empty sentence", BAD(""), " (bad_data)", true},
    {"a sentence of blanks", BAD("\\n \\t"), " (bad_data)", true},
    {"a sentence that is none", "{\"errorType\":\"bad_data\",\"error\":{\"a\":1}}", " (bad_data)", false},
    {"data besides", "{\"status\":\"error\",\"data\":{\"result\":7},\"error\":\"x\"}", ": x", true},
    {"success", "{\"status\":\"success\",\"data\":{\"result\":[]}}", "", false},
    {"no JSON", "<html>hush</html>", "", false},
    {"cut JSON", "{\"status\":\"error\",\"error\":\"x", "", false},
    {"no UTF-8", "{\"status\":\"error\",\"error\":\"x\xff\"}", "", false},
    {"nothing", "", "", false},
    {"control characters", BAD("a\\nb\\tc\\u0000d\\u001b[31me\\u009bf\\r\\n"), " (bad_data): a b c d [31me f", true},
    {"other alphabets", BAD("M\\u00fcller \xe2\x82\xac"), " (bad_data): M\xc3\xbcller \xe2\x82\xac", true},
    {"the password", BAD("p@ss w0rd and p%40ss%20w0rd"), " (bad_data): *** and ***", true},
    {"the password, escaped by JSON", BAD("\\u0070@ss w\\u0030rd"), " (bad_data): ***", true},
    {"basic authentication", BAD("Authorization: Basic bWU6cEBzcyB3MHJk"), " (bad_data): Authorization: Basic ***",
     true},
    {"the token", BAD("Bearer eyJhbGciOi.J9 refused"), " (bad_data): Bearer *** refused", true},
    {"a secret as a word", "{\"errorType\":\"bad_url-secret\",\"error\":\"x\"}", " (bad_***): x", false},
    {"the password of the URL", BAD("url-secret"), " (bad_data): ***", true},
    {"a header", BAD("Key abcdefgh12 is unknown, 7"), " (bad_data): Key *** is unknown, 7", true},
    {"the query of the URL", BAD("?tenant=a&token=0123456789"), " (bad_data): ?tenant=a&token=***", true},
    {"another's URL", BAD("Post \\\"http://bob:pw@host:9090/a@b\\\": no http://x@y://z@w"),
     " (bad_data): Post \"http://***@host:9090/a@b\": no http://*@y://*@w", true},
    {"a URL without user", BAD("http://host:9090/a@b"), " (bad_data): http://host:9090/a@b", true},
};

Test(metrics_reason, what_is_told) {
    const struct cg_http_client client = client_with_secrets();
    for (size_t i = 0; i < COUNT(reasons); i++) {
        struct cg_metrics_reason reason = {.text = "marker"};
        cr_assert_eq(cg_metrics_reason_read(&client, reasons[i].body, strlen(reasons[i].body), &reason), CG_OK);
        cr_assert_str_eq(reason.text, reasons[i].text, "%s: %s", reasons[i].name, reason.text);
        cr_assert_eq(reason.reported, reasons[i].reported, "%s", reasons[i].name);
    }
}

/* It is cut behind a whole character, and a secret is never cut in two. */
Test(metrics_reason, a_long_sentence_is_cut) {
    const struct cg_http_client client = client_with_secrets();
    for (size_t letters = CG_METRICS_REASON_BYTES - 20; letters < CG_METRICS_REASON_BYTES + 3; letters++) {
        char body[2048] = "{\"error\":\"";
        struct cg_metrics_reason reason = {.reported = true};
        size_t length = strlen(body);
        memset(body + length, 'x', letters);
        strncpy(body + length + letters, "url-secret\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\"}", 64);
        cr_assert_eq(cg_metrics_reason_read(&client, body, strlen(body), &reason), CG_OK);
        cr_assert_leq(strlen(reason.text), 2 + CG_METRICS_REASON_BYTES, "%zu", letters);
        cr_assert(cg_text_is_clean(reason.text, sizeof reason.text), "%zu: %s", letters, reason.text);
        cr_assert(!strchr(reason.text, '?') && !strstr(reason.text, "ur"), "%zu: %s", letters, reason.text);
        bool whole = letters + 3 + 12 <= CG_METRICS_REASON_BYTES;
        cr_assert_eq(strcmp(reason.text + strlen(reason.text) - 3, "...") != 0, whole, "%zu: %s", letters, reason.text);
    }
}

/* Stars take no more room than what they stand for, however short it is. */
Test(metrics_reason, a_short_password) {
    static char one[] = "x";
    static char empty[] = "";
    static const char body[] = BAD("xax xx");
    struct cg_metrics_reason reason;
    const struct cg_http_client client = {.password = one, .bearer_token = empty, .address = {.query = empty}};
    cr_assert_eq(cg_metrics_reason_read(&client, body, sizeof body - 1, &reason), CG_OK);
    cr_assert_str_eq(reason.text, " (bad_data): *a* **");
}

/* A short password may be a part of what else is secret, of which nothing is to be told then. */
Test(metrics_reason, a_secret_in_a_secret) {
    static char part[] = "a4";
    static char long_token[] = "eyJhb.a4.J9";
    static char long_query[] = "token=9876a43210";
    static char long_header[] = "X-Api-Key: efgha4ijkl";
    static const char body[] = BAD("efgha4ijkl 9876a43210 eyJhb.a4.J9 a4");
    struct curl_slist lines = {.data = long_header};
    struct cg_metrics_reason reason;
    const struct cg_http_client client = {.password = part,
                                          .bearer_token = long_token,
                                          .headers = &lines,
                                          .address = {.password = part, .query = long_query}};
    cr_assert_eq(cg_metrics_reason_read(&client, body, sizeof body - 1, &reason), CG_OK);
    cr_assert_str_eq(reason.text, " (bad_data): *** *** *** **");
}

/* A server that repeats a secret for megabytes costs no more than the length of what it says. */
Test(metrics_reason, millions_of_secrets) {
    static char one[] = "x";
    static char empty[] = "";
    static const char start[] = "{\"error\":\"";
    static const char piece[] = "x://x@";
    const size_t pieces = 1000000;
    const size_t length = sizeof start - 1 + pieces * (sizeof piece - 1) + 2;
    char *body = malloc(length + 1);
    struct cg_metrics_reason reason;
    const struct cg_http_client client = {.password = one, .bearer_token = empty, .address = {.query = empty}};
    cr_assert_not_null(body);
    memcpy(body, start, sizeof start - 1);
    for (size_t i = 0; i < pieces; i++)
        memcpy(body + sizeof start - 1 + i * (sizeof piece - 1), piece, sizeof piece - 1);
    memcpy(body + length - 2, "\"}", 3);
    cr_assert_eq(cg_metrics_reason_read(&client, body, length, &reason), CG_OK);
    cr_assert(strncmp(reason.text, ": *://*@*://*@", 14) == 0, "%s", reason.text);
    free(body);
}
