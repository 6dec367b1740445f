/* What a request asks for. */
#include <criterion/criterion.h>
#include <string.h>

#include "expose/page.h"
#include "expose/question.h"

#define TEXT "text/plain; version=0.0.4; charset=utf-8"
#define OPEN "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define WITH OPEN "; escaping="

static const struct {
    const char *accept;
    const char *type;
} accepts[] = {
    {NULL, TEXT},
    {"", TEXT},
    {"*/*", TEXT},
    {"text/html, text/plain", TEXT},
    {"text/plain; version=0.0.4", TEXT},
    {"text/plain; version=1.0.0", "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"},
    {"text/plain;version=1.0.0;escaping=allow-utf-8", "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8"},
    {"application/openmetrics-text", OPEN},
    {"application/openmetrics-text; charset=utf-8", OPEN},
    {"application/openmetrics-text; version=1.0.0", WITH "underscores"},
    {"application/openmetrics-text;version=1.0.0;escaping=dots;q=0.5", WITH "dots"},
    {"application/openmetrics-text; version=1.0.0; escaping=values", WITH "values"},
    {"application/openmetrics-text; version=1.0.0; escaping=evil", WITH "underscores"},
    {"application/openmetrics-text; version=2.1", "application/openmetrics-text; version=2.1; charset=utf-8; "
                                                  "escaping=underscores"},
    {"application/openmetrics-text; version=10.0", "application/openmetrics-text; version=10.0; charset=utf-8; "
                                                   "escaping=underscores"},
    {"application/openmetrics-text; version=0.0.1", TEXT},
    {"application/openmetrics-text; version=0.0.1, application/openmetrics-text", OPEN},
    {"application/openmetrics-text; version=1.0.0\"<x>", TEXT},
    {"application/openmetrics-text; version=1..0", TEXT},
    {"application/openmetrics-text; version=.1", TEXT},
    {"application/openmetrics-text; version=1.", TEXT},
    {"application/openmetrics-text; version=99999999999999999999999999", TEXT},
    {"application/openmetrics-text2; version=1.0.0", TEXT},
    {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
     "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
     WITH "underscores"},
    {"text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0", WITH "underscores"},
    {",,;;,=;", TEXT},
};

Test(question, accept) {
    for (size_t i = 0; i < sizeof accepts / sizeof *accepts; i++) {
        char type[CG_QUESTION_TYPE_SIZE];
        int format = cg_question_accept(accepts[i].accept, type);
        cr_assert_str_eq(type, accepts[i].type, "%s: %s", accepts[i].accept ? accepts[i].accept : "(none)", type);
        cr_assert_eq(format, strncmp(type, "text", 4) == 0 ? CG_PAGE_TEXT : CG_PAGE_OPENMETRICS, "%s", type);
    }
}

static const struct {
    const char *query;
    cg_status status;
    size_t names;
    const char *last;
    int has_after;
    long long seconds;
    long nanoseconds;
} queries[] = {
    {"", CG_OK, 0, NULL, 0, 0, 0},
    {"name[]=a", CG_OK, 1, "a", 0, 0, 0},
    {"name%5B%5D=a%3Ab&name[]=c+d", CG_OK, 2, "c d", 0, 0, 0},
    {"name%5b%5d=%zz%4", CG_OK, 1, "%zz%4", 0, 0, 0},
    {"other=1&name=a", CG_OK, 0, NULL, 0, 0, 0},
    {"name[]=", CG_OK, 1, "", 0, 0, 0},
    {"emitted_after=1768435200", CG_OK, 0, NULL, 1, 1768435200, 0},
    {"emitted_after=1768435200.5&name[]=a", CG_OK, 1, "a", 1, 1768435200, 500000000},
    {"emitted_after=0.000000001", CG_OK, 0, NULL, 1, 0, 1},
    {"emitted_after=1.1234567891", CG_OK, 0, NULL, 1, 1, 123456789},
    {"emitted_after=", CG_INVALID, 0, NULL, 0, 0, 0},
    {"emitted_after=-1", CG_INVALID, 0, NULL, 0, 0, 0},
    {"emitted_after=1e9", CG_INVALID, 0, NULL, 0, 0, 0},
    {"emitted_after=9999999999999", CG_INVALID, 0, NULL, 0, 0, 0},
    {"emitted_after=NaN", CG_INVALID, 0, NULL, 0, 0, 0},
};

Test(question, query) {
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        const struct cg_http_request request = {.query = queries[i].query};
        struct cg_arena *arena = cg_arena_new();
        struct cg_question question;
        struct cg_error error = {0};
        cg_status status = cg_question_read(&request, arena, &question, &error);
        cr_assert_eq(status, queries[i].status, "%s: %s", queries[i].query, error.text);
        if (status == CG_OK) {
            cr_assert_eq(question.name_count, queries[i].names, "%s", queries[i].query);
            cr_assert_eq(question.has_after, queries[i].has_after, "%s", queries[i].query);
            cr_assert_eq(question.after.tv_sec, queries[i].seconds, "%s", queries[i].query);
            cr_assert_eq(question.after.tv_nsec, queries[i].nanoseconds, "%s", queries[i].query);
            if (queries[i].last)
                cr_assert_str_eq(question.names[question.name_count - 1], queries[i].last, "%s", queries[i].query);
        }
        cg_arena_free(arena);
    }
}

Test(question, too_many_names) {
    char query[CG_QUESTION_NAMES * 10 + 20] = "";
    const struct cg_http_request request = {.query = query};
    struct cg_arena *arena = cg_arena_new();
    struct cg_question question;
    struct cg_error error = {0};
    size_t length = 0;
    for (unsigned i = 0; i <= CG_QUESTION_NAMES; i++, length += 9)
        memcpy(query + length, "name[]=a&", 10);
    cr_assert_eq(cg_question_read(&request, arena, &question, &error), CG_INVALID);
    cg_arena_free(arena);
}

static const struct {
    const char *accept;
    int gzip;
} codings[] = {
    {"gzip", 1}, {"deflate, gzip;q=0.5", 1}, {"gzip;q=0", 0},     {"GZIP", 1}, {"gzip; q=0.000", 0},
    {"br", 0},   {"gzipped, br, x", 0},      {"gzip;q=0.001", 1},
};

Test(question, coding) {
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
        const struct cg_http_pair header = {"Accept-Encoding", codings[i].accept};
        const struct cg_http_request request = {.query = "", .headers = &header, .header_count = 1};
        struct cg_arena *arena = cg_arena_new();
        struct cg_question question;
        struct cg_error error = {0};
        cr_assert_eq(cg_question_read(&request, arena, &question, &error), CG_OK);
        cr_assert_eq(question.gzip, codings[i].gzip, "%s", codings[i].accept);
        cg_arena_free(arena);
    }
}

Test(question, known_tags) {
    cr_assert(cg_question_knows("W/\"ab\"", "W/\"ab\""));
    cr_assert(cg_question_knows("\"x\", \"ab\"", "W/\"ab\""));
    cr_assert(cg_question_knows("*", "W/\"ab\""));
    cr_assert_not(cg_question_knows("W/\"abc\"", "W/\"ab\""));
    cr_assert_not(cg_question_knows(NULL, "W/\"ab\""));
}
