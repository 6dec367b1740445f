#include "net/prometheus.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The window of all cases: 2024-06-01, in seconds 1717200000 to 1717286400. */
#define START INT64_C(1717200000000000)
#define END INT64_C(1717286400000000)

static const char *const labels[] = {"kafka_id", "principal_id"};
static const struct cg_metric_query query = {.struct_size = sizeof query,
                                             .key = "bytes",
                                             .expression = "x{}",
                                             .labels = {labels, 2},
                                             .filter_label = "kafka_id"};

static const struct cg_prometheus_question question = {.query = &query, .start = START, .end = END};

/* What was read as one line: per series {label=value,...}time:value,... with times in seconds after START. */
static void describe(struct cg_buf *buf, struct cg_metric_series *const *series, size_t count) {
    cg_buf_init(buf, 65536);
    for (size_t i = 0; i < count; i++) {
        cr_assert_str_eq(series[i]->key, "bytes");
        cg_buf_add_char(buf, '{');
        for (size_t j = 0; j < series[i]->label_count; j++)
            cg_buf_printf(buf, "%s%s=%s", j ? "," : "", series[i]->labels[j].key, series[i]->labels[j].value);
        cg_buf_add_char(buf, '}');
        for (size_t j = 0; j < series[i]->point_count; j++)
            cg_buf_printf(buf, "%s%.10g:%.17g", j ? "," : "", (double)(series[i]->points[j].time - START) / 1e6,
                          series[i]->points[j].value);
    }
}

#define ANSWER(result) "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[" result "]}}"
#define SERIES(metric, values) "{\"metric\":{" metric "},\"values\":[" values "]}"
#define ONE "\"kafka_id\":\"lkc-1\",\"principal_id\":\"sa-1\""

static const struct {
    const char *name;
    const char *body;
    const char *series;
    uint64_t ignored;
} answers[] = {
    {"no series", ANSWER(""), "", 0},
    {"one", ANSWER(SERIES(ONE, "[1717200000,\"1\"],[1717203600,\"2.5\"]")),
     "{kafka_id=lkc-1,principal_id=sa-1}0:1,3600:2.5", 0},
    {"two series", ANSWER(SERIES(ONE, "[1717200000,\"1\"]") "," SERIES("\"kafka_id\":\"b\"", "[1717200001,\"2\"]")),
     "{kafka_id=lkc-1,principal_id=sa-1}0:1{kafka_id=b}1:2", 0},
    {"blanks", " {\n\"status\" : \"success\" ,\t\"data\" : { \"result\" : [ ] } }\r\n", "", 0},
    {"members in another order",
     "{\"data\":{\"result\":[{\"values\":[[1717200000,\"1\"]],\"metric\":{\"kafka_id\":\"a\"}}],\"resultType\":"
     "\"matrix\"},\"warnings\":[\"w\"],\"status\":\"success\"}",
     "{kafka_id=a}0:1", 0},
    {"other labels are dropped", ANSWER(SERIES("\"__name__\":\"x\",\"principal_id\":\"p\"", "[1717200000,\"1\"]")),
     "{principal_id=p}0:1", 0},
    {"labels in the query's order", ANSWER(SERIES("\"principal_id\":\"p\",\"kafka_id\":\"k\"", "[1717200000,\"1\"]")),
     "{kafka_id=k,principal_id=p}0:1", 0},
    {"no metric", ANSWER("{\"values\":[[1717200000,\"1\"]]}"), "{}0:1", 0},
    {"empty label", ANSWER(SERIES("\"kafka_id\":\"\"", "[1717200000,\"1\"]")), "{kafka_id=}0:1", 0},
    {"escaped label and name", ANSWER(SERIES("\"kafka\\u005fid\":\"a\\\"\\\\b\\n\\u00e9\"", "[1717200000,\"1\"]")),
     "{kafka_id=a\"\\b\n\xC3\xA9}0:1", 0},
    {"a label twice", ANSWER(SERIES("\"kafka_id\":\"a\",\"kafka_id\":\"b\"", "[1717200000,\"1\"]")), "{kafka_id=b}0:1",
     0},
    {"window ends",
     ANSWER(SERIES(ONE, "[1717199999.999,\"1\"],[1717200000,\"2\"],[1717286399.999,\"3\"],[1717286400,\"4\"]")),
     "{kafka_id=lkc-1,principal_id=sa-1}0:2,86399.999:3", 0},
    {"only points outside", ANSWER(SERIES(ONE, "[1717286400,\"4\"]")), "", 0},
    {"no points", ANSWER(SERIES(ONE, "")), "", 0},
    {"histograms", ANSWER("{\"metric\":{},\"histograms\":[[1717200000,{\"count\":\"1\"}]]}"), "", 0},
    {"fraction and exponent", ANSWER(SERIES("", "[1.7172e9,\"1e+06\"],[1717200000.5,\"-0.5\"]")),
     "{}0:1000000,0.5:-0.5", 0},
    {"bare numbers", ANSWER(SERIES("", "[1717200000,7],[\"1717200001\",8.5]")), "{}0:7,1:8.5", 0},
    {"instant value", ANSWER("{\"metric\":{\"kafka_id\":\"a\"},\"value\":[1717200000,\"3\"]}"), "{kafka_id=a}0:3", 0},
    {"not finite",
     ANSWER(SERIES("", "[1717200000,\"NaN\"],[1717200001,\"+Inf\"],[1717200002,\"-Inf\"],[1717200003,"
                       "\"1e999\"],[1717200004,\"5\"]")),
     "{}4:5", 4},
    {"malformed points",
     ANSWER(SERIES("", "null,[],[1717200000],[1717200000,\"1\",2],{\"a\":1},\"x\",7,[null,\"1\"],[1717200000,null],"
                       "[1717200000,\"\"],[1717200000,\"abc\"],[1717200000,[1]],[1e300,\"1\"],[true,\"1\"],"
                       "[1717200009,\"9\"]")),
     "{}9:9", 14},
    {"out of order and twice",
     ANSWER(SERIES("", "[1717200003,\"3\"],[1717200001,\"1\"],[1717200003,\"3\"],[1717200002,\"2\"]")), "{}1:1,2:2,3:3",
     1},
    {"unknown members everywhere",
     "{\"status\":\"success\",\"infos\":[{}],\"data\":{\"x\":[1,{\"y\":null}],\"result\":[{\"z\":[[]],\"metric\":{"
     "\"q\":\"r\"},\"values\":[[1717200000,\"1\"]]}],\"stats\":{}}}",
     "{}0:1", 0},
    {"error type beside success", "{\"errorType\":null,\"error\":7,\"status\":\"success\",\"data\":{\"result\":[]}}",
     "", 0},
};

Test(prometheus, answers) {
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct cg_arena *arena = cg_arena_new();
        struct cg_prometheus_answer answer = {0};
        struct cg_error error = {0};
        struct cg_buf text;
        cg_status status =
            cg_prometheus_parse(answers[i].body, strlen(answers[i].body), &question, arena, &answer, &error);
        cr_assert_eq(status, CG_OK, "%s: %s", answers[i].name, error.text);
        describe(&text, answer.series, answer.count);
        cr_assert_str_eq(cg_buf_text(&text), answers[i].series, "%s: %s", answers[i].name, cg_buf_text(&text));
        cr_assert_eq(answer.ignored, answers[i].ignored, "%s: %" PRIu64, answers[i].name, answer.ignored);
        cg_buf_done(&text);
        cg_arena_free(arena);
    }
}

#define NOT_JSON "not JSON"
#define SHAPE "unexpected shape"

static const struct {
    const char *name;
    const char *body;
    const char *text; /* part of the sentence */
} failures[] = {
    {"empty", "", NOT_JSON},
    {"page", "<html><body>login</body></html>", NOT_JSON},
    {"word", "OK", NOT_JSON},
    {"cut", "{\"status\":\"success\",\"data\":{\"result\":[{\"metric\":{},\"values\":[[1717200000,\"1\"", NOT_JSON},
    {"text behind it", ANSWER("") " x", NOT_JSON},
    {"a second document", ANSWER("") ANSWER(""), NOT_JSON},
    {"bad escape in a label", ANSWER(SERIES("\"kafka_id\":\"\\q\"", "")), NOT_JSON},
    {"bad text in a dropped label", ANSWER(SERIES("\"other\":\"\xFF\"", "")), NOT_JSON},
    {"bad point", ANSWER(SERIES("", "[1717200000,+1]")), NOT_JSON},
    {"comma", ANSWER(SERIES("", "[1717200000,\"1\"],")), NOT_JSON},
    {"list", "[]", SHAPE},
    {"string", "\"x\"", SHAPE},
    {"null", "null", SHAPE},
    {"empty object", "{}", SHAPE},
    {"no data", "{\"status\":\"success\"}", "no \"data.result\""},
    {"null data", "{\"status\":\"success\",\"data\":null}", "no \"data.result\""},
    {"no result", "{\"status\":\"success\",\"data\":{}}", "no \"data.result\""},
    {"null result", "{\"status\":\"success\",\"data\":{\"result\":null}}", "\"result\" is not a list"},
    {"result twice", "{\"status\":\"success\",\"data\":{\"result\":[],\"result\":[]}}", "twice"},
    {"data twice", "{\"status\":\"success\",\"data\":{\"result\":[]},\"data\":{\"result\":[]}}", "twice"},
    {"scalar", "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1717200000,\"1\"]}}",
     "an item of \"result\" is not an object"},
    {"metric list", ANSWER("{\"metric\":[]}"), "\"metric\" is not an object"},
    {"label number", ANSWER(SERIES("\"kafka_id\":7", "")), "a label is not a string"},
    {"label with NUL", ANSWER(SERIES("\"kafka_id\":\"a\\u0000b\"", "")), "NUL"},
    {"values null", ANSWER("{\"values\":null}"), "\"values\" is not a list"},
    {"no status", "{\"data\":{\"result\":[]}}", "\"status\""},
    {"odd status", "{\"status\":\"fine\",\"data\":{\"result\":[]}}", "\"status\""},
    {"status null", "{\"status\":null,\"data\":{\"result\":[]}}", "\"status\""},
    {"error", "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"secret text\"}",
     "reports an error (bad_data)"},
    {"error and null data", "{\"status\":\"error\",\"data\":null,\"errorType\":\"timeout\"}",
     "reports an error (timeout)"},
    {"error with an odd type", "{\"status\":\"error\",\"errorType\":\"No secret text\"}", "reports an error"},
};

Test(prometheus, failures_say_what_is_wrong_and_set_nothing) {
    for (size_t i = 0; i < COUNT(failures); i++) {
        struct cg_arena *arena = cg_arena_new();
        struct cg_prometheus_answer answer = {.count = 42};
        struct cg_error error = {0};
        cg_status status =
            cg_prometheus_parse(failures[i].body, strlen(failures[i].body), &question, arena, &answer, &error);
        cr_assert_eq(status, CG_PERMANENT, "%s", failures[i].name);
        cr_assert(strstr(error.text, failures[i].text), "%s: %s", failures[i].name, error.text);
        cr_assert(!strstr(error.text, "secret"), "%s: %s", failures[i].name, error.text);
        cr_assert(!answer.series && answer.count == 42, "%s", failures[i].name);
        cg_arena_free(arena);
    }
}

Test(prometheus, every_cut_answer_fails) {
    static const char body[] = ANSWER(SERIES(ONE, "[1717200000,\"1\"],[1717203600.5,\"2.5e1\"]"));
    for (size_t length = 0; length < sizeof body - 1; length++) {
        struct cg_arena *arena = cg_arena_new();
        struct cg_prometheus_answer answer = {0};
        struct cg_error error;
        cr_assert_eq(cg_prometheus_parse(body, length, &question, arena, &answer, &error), CG_PERMANENT, "%zu bytes",
                     length);
        cg_arena_free(arena);
    }
}

Test(prometheus, a_long_answer_keeps_its_order) {
    struct cg_arena *arena = cg_arena_new();
    struct cg_prometheus_answer answer = {0};
    struct cg_error error;
    struct cg_buf body;
    cg_buf_init(&body, (size_t)64 * 1024 * 1024);
    cg_buf_add_text(&body, "{\"status\":\"success\",\"data\":{\"result\":[");
    for (int i = 0; i < 300; i++) {
        cg_buf_printf(&body, "%s{\"metric\":{\"kafka_id\":\"k%d\"},\"values\":[", i ? "," : "", i);
        for (int j = 0; j < 1000; j++)
            cg_buf_printf(&body, "%s[%d,\"%d.25\"]", j ? "," : "", 1717200000 + j, i * 1000 + j);
        cg_buf_add_text(&body, "]}");
    }
    cg_buf_add_text(&body, "]}}");
    cr_assert_eq(cg_prometheus_parse(body.data, body.length, &question, arena, &answer, &error), CG_OK);
    cr_assert_eq(answer.count, 300);
    for (size_t i = 0; i < answer.count; i++) {
        cr_assert_eq(answer.series[i]->point_count, 1000);
        for (size_t j = 0; j < 1000; j++) {
            cr_assert_eq(answer.series[i]->points[j].time, START + (int64_t)j * 1000000);
            cr_assert(answer.series[i]->points[j].value == (double)(i * 1000 + j) + 0.25);
        }
    }
    cg_buf_done(&body);
    cg_arena_free(arena);
}

static const struct {
    const char *body;
    bool reported;
    const char *type;
    const char *text; /* NULL: none */
} answers_of_errors[] = {
    {"{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"x\",\"data\":{\"result\":7}}", true, "bad_data",
     "x"},
    {"{\"status\":\"error\",\"error\":\"a\\u0000b\\n\"}", true, "", "a b\n"},
    {"{\"status\":\"error\"}", true, "", NULL},
    {"{\"error\":\"first\",\"error\":\"last\"}", false, "", "last"},
    {"{\"error\":[\"x\"],\"errorType\":7}", false, "", NULL},
    {"{\"errorType\":\"A secret\"}", false, "", NULL},
    {"{\"errorType\":\"a_word_of_the_server_that_is_much_too_long_\"}", false, "", NULL},
    {"{\"error\":\"x\"} ?", false, "", NULL},
    {"<html>", false, "", NULL},
    {"", false, "", NULL},
};

Test(prometheus, what_an_error_says) {
    for (size_t i = 0; i < COUNT(answers_of_errors); i++) {
        const char *body = answers_of_errors[i].body;
        struct cg_prometheus_failure failure = {.reported = true, .type = "marker"};
        cr_assert_eq(cg_prometheus_read_failure(body, strlen(body), &failure), CG_OK, "%s", body);
        cr_assert_eq(failure.reported, answers_of_errors[i].reported, "%s", body);
        cr_assert_str_eq(failure.type, answers_of_errors[i].type, "%s", body);
        cr_assert_eq(failure.text != NULL, answers_of_errors[i].text != NULL, "%s", body);
        if (failure.text)
            cr_assert_str_eq(failure.text, answers_of_errors[i].text, "%s", body);
        free(failure.text);
    }
}

/* ---- what is said besides ---- */

#define NAMED(labels) "{\"metric\":{" labels "},\"values\":[[1717200000,\"1\"]]}"

static const struct {
    const char *name;
    const char *body;
    size_t seen;
    uint64_t found; /* bit 0: kafka_id, bit 1: principal_id */
    uint64_t lacking;
    const char *names;
} labelled[] = {
    {"none", ANSWER(""), 0, 0, 0, ""},
    {"all there", ANSWER(NAMED(ONE)), 1, 3, 0, ""},
    {"one is missing", ANSWER(NAMED("\"topic\":\"t\",\"kafka_id\":\"k\",\"__name__\":\"x\",\"broker\":\"1\"")), 1, 1, 2,
     "broker,kafka_id,topic"},
    {"missing now and then", ANSWER(NAMED(ONE) "," NAMED("\"kafka_id\":\"k\"")), 2, 3, 2, "kafka_id"},
    {"no labels", ANSWER(NAMED("") "," NAMED("")), 2, 0, 3, ""},
    {"no metric", ANSWER("{\"values\":[[1717200000,\"1\"]]}"), 1, 0, 3, ""},
    {"without points in the window", ANSWER("{\"metric\":{\"a\":\"b\"},\"values\":[]}"), 1, 0, 3, "a"},
    {"odd names", ANSWER(NAMED("\"a\\nb\":\"1\",\"a\\u0000\":\"2\",\"\\u00e9\":\"3\",\"c\":\"4\"")), 1, 0, 3,
     "c,\xC3\xA9"},
    {"many names",
     ANSWER(NAMED("\"a\":\"\",\"b\":\"\",\"c\":\"\",\"d\":\"\",\"e\":\"\",\"f\":\"\",\"g\":\"\",\"h\":\"\","
                  "\"i\":\"\",\"j\":\"\",\"k\":\"\",\"l\":\"\",\"m\":\"\",\"n\":\"\",\"o\":\"\",\"p\":\"\","
                  "\"q\":\"\",\"r\":\"\",\"s\":\"\",\"t\":\"\",\"u\":\"\"")),
     1, 0, 3, "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t"},
};

Test(prometheus, labels_that_are_missing) {
    for (size_t i = 0; i < COUNT(labelled); i++) {
        struct cg_arena *arena = cg_arena_new();
        struct cg_prometheus_answer answer = {0};
        struct cg_error error = {0};
        struct cg_buf names;
        cg_buf_init(&names, 4096);
        cr_assert_eq(cg_prometheus_parse(labelled[i].body, strlen(labelled[i].body), &question, arena, &answer, &error),
                     CG_OK, "%s: %s", labelled[i].name, error.text);
        for (size_t j = 0; j < answer.name_count; j++)
            cg_buf_printf(&names, "%s%s", j ? "," : "", answer.names[j]);
        cr_expect_eq(answer.seen, labelled[i].seen, "%s", labelled[i].name);
        cr_expect_eq(answer.found, labelled[i].found, "%s", labelled[i].name);
        cr_expect_eq(answer.lacking, labelled[i].lacking, "%s", labelled[i].name);
        cr_expect_str_eq(cg_buf_text(&names), labelled[i].names, "%s: %s", labelled[i].name, cg_buf_text(&names));
        cg_buf_done(&names);
        cg_arena_free(arena);
    }
}

#define WARNED(list) "{\"status\":\"success\"," list ",\"data\":{\"result\":[]}}"
#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

static const struct {
    const char *name;
    const char *body;
    const char *warnings; /* joined by "|" */
} warned[] = {
    {"none", WARNED("\"warnings\":[]"), ""},
    {"no list", WARNED("\"warnings\":null,\"infos\":\"x\""), ""},
    {"both kinds", WARNED("\"warnings\":[\"a\",\"b\",\"a\"],\"infos\":[\"c\",7,\"\"]"), "a|b|c"},
    {"control characters", WARNED("\"warnings\":[\"a\\nb\\u001b[31m\\u0000c\"]"), "a?b?[31m?c"},
    {"long", WARNED("\"warnings\":[\"" FIFTY FIFTY FIFTY FIFTY "x\"]"), FIFTY FIFTY FIFTY FIFTY},
    {"cut before a character", WARNED("\"warnings\":[\"" FIFTY FIFTY FIFTY TEN TEN TEN TEN "012345678\xC3\xA9\"]"),
     FIFTY FIFTY FIFTY TEN TEN TEN TEN "012345678"},
    {"many", WARNED("\"warnings\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",{}]"),
     "a|b|c|d|e|f|g|h|i|j"},
};

Test(prometheus, warnings_of_the_server) {
    for (size_t i = 0; i < COUNT(warned); i++) {
        struct cg_arena *arena = cg_arena_new();
        struct cg_prometheus_answer answer = {0};
        struct cg_error error = {0};
        struct cg_buf text;
        cg_buf_init(&text, 4096);
        cr_assert_eq(cg_prometheus_parse(warned[i].body, strlen(warned[i].body), &question, arena, &answer, &error),
                     CG_OK, "%s: %s", warned[i].name, error.text);
        for (size_t j = 0; j < answer.warning_count; j++)
            cg_buf_printf(&text, "%s%s", j ? "|" : "", answer.warnings[j]);
        cr_expect_str_eq(cg_buf_text(&text), warned[i].warnings, "%s: %s", warned[i].name, cg_buf_text(&text));
        cg_buf_done(&text);
        cg_arena_free(arena);
    }
}

Test(prometheus, shifted_times_and_identities) {
    static const char body[] = ANSWER(
        "{\"metric\":{\"a\":\"1\",\"b\":\"2\"},\"values\":[[1717200000,\"1\"],[1717203600,\"2\"],[1717286400,\"3\"],"
        "[1717290000,\"4\"]]}," NAMED("\"b\":\"2\",\"a\":\"1\"") "," NAMED("\"a\":\"2\",\"b\":\"1\""));
    const struct cg_prometheus_question shifted = {
        .query = &query, .start = START + INT64_C(3600000000), .end = END + 1, .shift = INT64_C(3600000000)};
    struct cg_arena *arena = cg_arena_new();
    struct cg_prometheus_answer answer = {0};
    struct cg_error error = {0};
    cr_assert_eq(cg_prometheus_parse(body, sizeof body - 1, &shifted, arena, &answer, &error), CG_OK);
    cr_assert_eq(answer.count, 1);
    cr_assert_eq(answer.series[0]->point_count, 2);
    cr_assert_eq(answer.series[0]->points[0].time, START);
    cr_assert_eq(answer.series[0]->points[1].time, END - INT64_C(3600000000));
    cr_assert_eq(cg_prometheus_parse(body, sizeof body - 1, &question, arena, &answer, &error), CG_OK);
    cr_assert_eq(answer.count, 3);
    cr_assert_eq(answer.identities[0], answer.identities[1], "the order of labels does not matter");
    cr_assert_neq(answer.identities[0], answer.identities[2], "their values do");
    cg_arena_free(arena);
}
