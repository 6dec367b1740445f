/* Answers are kept and tagged, and never stale: what anybody has written is in the very next answer. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/api.h"
#include "support/db.h"

#define ACME "/api/v1/tenants/acme"
#define RANGE "start_date=2026-06-01&end_date=2026-06-02"
#define PAGE ACME "/chargebacks?" RANGE "&identity_id=sa-000000&page_size=5"
#define TAGS ACME "/entities/identity/sa-000000/tags"

static char folder[CG_TEST_PATH_SIZE];
static struct cg_test_api api;

static void start(void) {
    const struct cg_test_api_options options = {0};
    cg_test_workdir_make(folder);
    cg_test_api_start(folder, &options, &api);
    cr_assert_eq(cg_test_api_get(&api, ACME "/tags", NULL), 200);
    cg_test_api_fill(folder, "acme.db", "acme", 50, 48);
}

static void stop(void) {
    cg_test_api_stop(&api, 5, NULL);
    cg_test_workdir_remove(folder);
}

TestSuite(api_fresh, .init = start, .fini = stop);

static void ask(const char *path, const char *tag, struct cg_test_answer *ret) {
    char *line = tag ? cg_test_format("If-None-Match: %s", tag) : NULL;
    const char *const headers[] = {line, NULL};
    const struct cg_test_request request = {.url = path, .headers = line ? headers : NULL};
    cg_test_api_ask(&api, &request, ret);
    free(line);
}

static char *tag_of(const char *path) {
    struct cg_test_answer answer;
    ask(path, NULL, &answer);
    cr_assert_eq(answer.status, 200, "%s: %ld", path, answer.status);
    const char *tag = cg_test_answer_header(&answer, "etag");
    cr_assert_not_null(tag, "%s has no ETag", path);
    char *copy = cg_test_format("%s", tag);
    cg_test_answer_done(&answer);
    return copy;
}

static long status_with(const char *path, const char *tag) {
    struct cg_test_answer answer;
    ask(path, tag, &answer);
    if (answer.status == 304)
        cr_expect_eq(answer.length, 0);
    long status = answer.status;
    cg_test_answer_done(&answer);
    return status;
}

/* ---- what is written is seen ---- */

Test(api_fresh, a_tag_written_here_is_in_the_next_answer) {
    for (int i = 0; i < 200; i++) {
        char *body = cg_test_format("{\"tag_value\":\"v%d\"}", i);
        char *wanted = cg_test_format("\"team\":\"v%d\"", i);
        char *text = NULL;
        long status = i ? cg_test_api_send(&api, "PUT", TAGS "/team", body, NULL)
                        : cg_test_api_send(&api, "POST", TAGS,
                                           "{\"tag_key\":\"team\",\"tag_value\":\"v0\",\"created_by\":\"t\"}", NULL);
        cr_assert_eq(status, i ? 200 : 201, "%ld", status);
        cr_assert_eq(cg_test_api_get(&api, PAGE, &text), 200);
        cr_assert_not_null(strstr(text, wanted), "%s is missing in: %s", wanted, text);
        free(body);
        free(wanted);
        free(text);
    }
    char *text = NULL;
    cr_assert_eq(cg_test_api_send(&api, "DELETE", TAGS "/team", NULL, NULL), 204);
    cr_assert_eq(cg_test_api_get(&api, PAGE, &text), 200);
    cg_test_has_not("the answer", text, "team");
    free(text);
}

Test(api_fresh, what_another_process_writes_is_in_the_next_answer) {
    for (int i = 0; i < 200; i++) {
        char *sql = cg_test_format("UPDATE chargeback_facts SET amount = '%d.5' WHERE dimension_id = 1", i);
        char *wanted = cg_test_format("\"amount\":\"%d.5\"", i);
        char *text = NULL;
        cg_test_db_execute(folder, "acme.db", sql);
        cr_assert_eq(cg_test_api_get(&api, PAGE, &text), 200);
        cr_assert_not_null(strstr(text, wanted), "%s is missing in: %s", wanted, text);
        free(sql);
        free(wanted);
        free(text);
    }
}

/* One changes it all the time, others read: nobody sees a number smaller than one that was seen before. */
Test(api_fresh, no_reader_goes_back_in_time) {
    char *url = cg_test_format("%s%s", api.url, PAGE);
    const struct cg_test_request request = {.url = url};
    long seen = 0;
    for (int i = 1; i <= 60; i++) {
        struct cg_test_asking asking[6];
        char *sql = cg_test_format("UPDATE chargeback_facts SET amount = '%d.5' WHERE dimension_id = 1", i);
        long most = 0;
        for (int k = 0; k < 6; k++)
            cg_test_asking_begin(&asking[k], &request);
        cg_test_db_execute(folder, "acme.db", sql);
        for (int k = 0; k < 6; k++) {
            struct cg_test_answer answer;
            cg_test_asking_end(&asking[k], &answer);
            const char *amount = answer.body ? strstr(answer.body, "\"amount\":\"") : NULL;
            cr_assert(answer.status == 200 && amount, "%ld", answer.status);
            long number = strtol(amount + 10, NULL, 10);
            cr_assert(number >= seen && number <= i, "%ld after %ld, and %d was written", number, seen, i);
            most = number > most ? number : most;
            cg_test_answer_done(&answer);
        }
        free(sql);
        char *text = NULL;
        cr_assert_eq(cg_test_api_get(&api, PAGE, &text), 200);
        const char *amount = strstr(text, "\"amount\":\"");
        cr_assert(amount && strtol(amount + 10, NULL, 10) == i, "not %d: %s", i, text);
        free(text);
        seen = i;
    }
    free(url);
}

/* ---- ETag ---- */

static const char *const tagged[] = {
    PAGE,
    ACME "/chargebacks/aggregate?" RANGE "&group_by=identity_id",
    ACME "/resources",
    ACME "/graph?at=2026-06-02T00:00:00Z",
    ACME "/inventory/summary",
    "/openapi.json",
    "/docs",
};

Test(api_fresh, etags) {
    for (size_t i = 0; i < sizeof tagged / sizeof *tagged; i++) {
        char *tag = tag_of(tagged[i]);
        char *list = cg_test_format("\"x\" , %s,W/\"y\"", tag);
        char *strong = cg_test_format("%s", strchr(tag, '"'));
        cr_expect_eq(status_with(tagged[i], tag), 304, "%s", tagged[i]);
        cr_expect_eq(status_with(tagged[i], list), 304, "%s", tagged[i]);
        cr_expect_eq(status_with(tagged[i], strong), 304, "%s", tagged[i]);
        cr_expect_eq(status_with(tagged[i], "*"), 304, "%s", tagged[i]);
        cr_expect_eq(status_with(tagged[i], "\"\""), 200, "%s", tagged[i]);
        cr_expect_eq(status_with(tagged[i], "W/"), 200, "%s", tagged[i]);
        cr_expect_eq(status_with(tagged[i], "\""), 200, "%s", tagged[i]);
        cr_expect_eq(status_with(tagged[i], "nonsense, \"a"), 200, "%s", tagged[i]);
        free(tag);
        free(list);
        free(strong);
    }
}

Test(api_fresh, an_etag_follows_the_database) {
    char *before = tag_of(PAGE);
    char *same = tag_of(PAGE);
    cr_expect_str_eq(before, same);
    cg_test_db_execute(folder, "acme.db", "UPDATE chargeback_facts SET amount = '7' WHERE dimension_id = 1");
    cr_expect_eq(status_with(PAGE, before), 200);
    char *after = tag_of(PAGE);
    cr_expect_str_neq(before, after);
    cr_expect_eq(status_with(PAGE, after), 304);
    cg_test_db_execute(folder, "acme.db", "UPDATE chargeback_facts SET amount = '0.12345678' WHERE dimension_id = 1");
    cr_expect_eq(status_with(PAGE, before), 304, "it is as it was before");
    free(before);
    free(same);
    free(after);
}

/* ---- Accept-Encoding ---- */

static const struct {
    const char *value;
    int squeezed;
} accepts[] = {
    {"gzip", 1},          {"GZip", 1},     {"br, gzip;q=0.1", 1}, {"gzip;q=0", 0}, {"gzip;q=0.000", 0},
    {"gzip; q=0.001", 1}, {"identity", 0}, {"x-gzip-not", 0},     {"gzipped", 0},  {"", 0},
    {",,,;;;q=,", 0},     {";q=0", 0},     {"deflate, *;q=0", 0},
};

Test(api_fresh, encodings) {
    struct cg_test_answer plain;
    ask(ACME "/identities", NULL, &plain);
    cr_assert(plain.status == 200 && plain.length > 2000);
    for (int turn = 0; turn < 2; turn++) /* made, and kept */
        for (size_t i = 0; i < sizeof accepts / sizeof *accepts; i++) {
            char *line = cg_test_format("Accept-Encoding: %s", accepts[i].value);
            const char *const headers[] = {line, NULL};
            const struct cg_test_request request = {.url = ACME "/identities", .headers = headers};
            struct cg_test_answer answer;
            cg_test_api_ask(&api, &request, &answer);
            const char *coding = cg_test_answer_header(&answer, "content-encoding");
            cr_expect_eq(answer.status, 200);
            cr_expect_eq(coding != NULL, accepts[i].squeezed, "'%s': %s", accepts[i].value, coding ? coding : "plain");
            if (!coding)
                cr_expect_str_eq(answer.body, plain.body);
            cg_test_has("vary", cg_test_answer_header(&answer, "vary"), "Accept-Encoding");
            cg_test_answer_done(&answer);
            free(line);
        }
    const struct cg_test_request request = {.url = ACME "/identities", .accept = "gzip"};
    struct cg_test_answer answer;
    cg_test_api_ask(&api, &request, &answer);
    cr_expect_str_eq(answer.body, plain.body);
    cg_test_answer_done(&answer);
    cg_test_answer_done(&plain);
}
