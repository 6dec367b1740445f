#include "api/body.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define LIMIT ((size_t)1024 * 1024)

/* A call with a body, and what was found wrong with it. */
struct bench {
    struct cg_http_request request;
    struct cg_call call;
    struct cg_params params;
};

static void bench_init(struct bench *bench, const char *raw, const char *parsed) {
    *bench = (struct bench){.request = {.body = raw, .body_length = strlen(raw)}};
    bench->call = (struct cg_call){.request = &bench->request, .arena = cg_arena_new()};
    cr_assert_not_null(bench->call.arena);
    cg_buf_init(&bench->call.reply.body, LIMIT);
    if (parsed) {
        json_error_t error;
        bench->call.body = json_loads(parsed, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        cr_assert_not_null(bench->call.body, "%s: %s", parsed, error.text);
    }
    cg_params_init(&bench->params, &bench->call);
}

/* Asserts what is answered: "" for fine, else the elements of the list. */
static void bench_done(struct bench *bench, const char *wanted, const char *name) {
    int32_t fine = cg_params_fine(&bench->params);
    const char *body = cg_buf_text(&bench->call.reply.body);
    cr_assert_eq(fine, *wanted == '\0', "%s: %s", name, body);
    if (!fine) {
        char *whole = cg_arena_printf(bench->call.arena, "{\"detail\":[%s]}", wanted);
        cr_assert_eq(bench->call.reply.status, 422, "%s", name);
        cr_assert_str_eq(body, whole, "%s", name);
        json_t *parsed = json_loads(body, JSON_ALLOW_NUL, NULL);
        cr_assert_not_null(parsed, "%s: %s", name, body);
        json_decref(parsed);
    }
    cg_buf_done(&bench->call.reply.body);
    json_decref(bench->call.body);
    cg_arena_free(bench->call.arena);
}

/* ---- the body itself ---- */

#define NO_OBJECT                                                                                                    \
    "{\"type\":\"model_attributes_type\",\"loc\":[\"body\"],\"msg\":\"Input should be a valid dictionary or object " \
    "to "                                                                                                            \
    "extract fields from\",\"input\":"

static const struct {
    const char *name;
    const char *raw;
    const char *parsed; /* NULL: another media type, or nothing */
    const char *wanted;
} bodies[] = {
    {"an object", "{}", "{}", ""},
    {"nothing", "", NULL, "{\"type\":\"missing\",\"loc\":[\"body\"],\"msg\":\"Field required\",\"input\":null}"},
    {"null", "null", "null", "{\"type\":\"missing\",\"loc\":[\"body\"],\"msg\":\"Field required\",\"input\":null}"},
    {"another media type", "a=\"b\"", NULL, NO_OBJECT "\"a=\\\"b\\\"\"}"},
    {"bytes that are no text", "\xff\x80x", NULL, NO_OBJECT "\"\xef\xbf\xbd\xef\xbf\xbdx\"}"},
    {"a list", "[1]", "[1]", NO_OBJECT "[1]}"},
    {"a number", "0.1", "0.1", NO_OBJECT "0.1}"},
    {"a text", "\"x\"", "\"x\"", NO_OBJECT "\"x\"}"},
    {"a truth", "true", "true", NO_OBJECT "true}"},
};

Test(api_body, the_body_itself) {
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct bench bench;
        bench_init(&bench, bodies[i].raw, bodies[i].parsed);
        json_t *object = cg_body_object(&bench.params);
        cr_assert_eq(object != NULL, *bodies[i].wanted == '\0', "%s", bodies[i].name);
        bench_done(&bench, bodies[i].wanted, bodies[i].name);
    }
}

/* ---- members ---- */

enum member { TEXT, OPTIONAL, BOOLEAN, DATE, LIST, ANY_LIST, MAP };

#define PROBLEM(type_, msg_, input_) \
    "{\"type\":\"" type_ "\",\"loc\":[\"body\",\"x\"],\"msg\":\"" msg_ "\",\"input\":" input_ "}"
#define PROBLEM_CTX(type_, msg_, input_, ctx_) \
    "{\"type\":\"" type_ "\",\"loc\":[\"body\",\"x\"],\"msg\":\"" msg_ "\",\"input\":" input_ ",\"ctx\":" ctx_ "}"
#define NO_TEXT(input_) PROBLEM("string_type", "Input should be a valid string", input_)
#define CONTROL(input_)                                                                          \
    PROBLEM_CTX("value_error", "Value error, the text must not hold control characters", input_, \
                "{\"error\":\"the text must not hold control characters\"}")
#define NO_BOOL(input_) PROBLEM("bool_parsing", "Input should be a valid boolean, unable to interpret input", input_)
#define NO_BOOL_TYPE(input_) PROBLEM("bool_type", "Input should be a valid boolean", input_)
#define NO_DATE_TYPE(input_) PROBLEM("date_type", "Input should be a valid date", input_)
#define BAD_DATE(input_, reason_)                                                                           \
    PROBLEM_CTX("date_from_datetime_parsing", "Input should be a valid date or datetime, " reason_, input_, \
                "{\"error\":\"" reason_ "\"}")
#define INEXACT(input_)                                                                                              \
    PROBLEM("date_from_datetime_inexact", "Datetimes provided to dates should have zero time - e.g. be exact dates", \
            input_)
#define LATE "dates after 9999 are not supported as unix timestamps"
#define EARLY "dates before 0000 are not supported as unix timestamps"

static const struct {
    enum member member;
    const char *body;
    const char *wanted;
    const char *value; /* of a text; "1" for a list, a map or a true boolean; a date */
} members[] = {
    {TEXT, "{\"x\":\"a\"}", "", "a"},
    {TEXT, "{\"x\":\"abcde\"}", "", "abcde"},
    {TEXT, "{\"x\":\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80zz\"}", "", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80zz"},
    {TEXT, "{\"y\":1}", PROBLEM("missing", "Field required", "{\"y\":1}"), NULL},
    {TEXT, "{\"x\":null}", NO_TEXT("null"), NULL},
    {TEXT, "{\"x\":7}", NO_TEXT("7"), NULL},
    {TEXT, "{\"x\":1.5}", NO_TEXT("1.5"), NULL},
    {TEXT, "{\"x\":true}", NO_TEXT("true"), NULL},
    {TEXT, "{\"x\":[\"a\"]}", NO_TEXT("[\"a\"]"), NULL},
    {TEXT, "{\"x\":{\"b\":1,\"a\":2}}", NO_TEXT("{\"b\":1,\"a\":2}"), NULL},
    {TEXT, "{\"x\":\"\"}",
     PROBLEM_CTX("string_too_short", "String should have at least 1 character", "\"\"", "{\"min_length\":1}"), NULL},
    {TEXT, "{\"x\":\"abcdef\"}",
     PROBLEM_CTX("string_too_long", "String should have at most 5 characters", "\"abcdef\"", "{\"max_length\":5}"),
     NULL},
    {TEXT, "{\"x\":\"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\"}",
     PROBLEM_CTX("string_too_long", "String should have at most 5 characters",
                 "\"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\"", "{\"max_length\":5}"),
     NULL},
    {TEXT, "{\"x\":\"a\\u0000b\"}", CONTROL("\"a\\u0000b\""), NULL},
    {TEXT, "{\"x\":\"\\u0000\"}", CONTROL("\"\\u0000\""), NULL},
    {TEXT, "{\"x\":\"a\\nb\"}", CONTROL("\"a\\nb\""), NULL},
    {TEXT, "{\"x\":\"a\\u007f\"}", CONTROL("\"a\\u007f\""), NULL},
    {TEXT, "{\"x\":\"a\\u0085\"}", CONTROL("\"a\xc2\x85\""), NULL},
    {OPTIONAL, "{}", "", NULL},
    {OPTIONAL, "{\"x\":null}", "", NULL},
    {OPTIONAL, "{\"x\":\"\"}", "", ""},
    {OPTIONAL, "{\"x\":0}", NO_TEXT("0"), NULL},
    {BOOLEAN, "{}", "", NULL},
    {BOOLEAN, "{\"x\":true}", "", "1"},
    {BOOLEAN, "{\"x\":false}", "", NULL},
    {BOOLEAN, "{\"x\":1}", "", "1"},
    {BOOLEAN, "{\"x\":0}", "", NULL},
    {BOOLEAN, "{\"x\":1.0}", "", "1"},
    {BOOLEAN, "{\"x\":-0.0}", "", NULL},
    {BOOLEAN, "{\"x\":\"yes\"}", "", "1"},
    {BOOLEAN, "{\"x\":\"On\"}", "", "1"},
    {BOOLEAN, "{\"x\":\"TRUE\"}", "", "1"},
    {BOOLEAN, "{\"x\":\"t\"}", "", "1"},
    {BOOLEAN, "{\"x\":\"Y\"}", "", "1"},
    {BOOLEAN, "{\"x\":\"1\"}", "", "1"},
    {BOOLEAN, "{\"x\":\"no\"}", "", NULL},
    {BOOLEAN, "{\"x\":\"off\"}", "", NULL},
    {BOOLEAN, "{\"x\":\"false\"}", "", NULL},
    {BOOLEAN, "{\"x\":2}", NO_BOOL("2"), NULL},
    {BOOLEAN, "{\"x\":-1}", NO_BOOL("-1"), NULL},
    {BOOLEAN, "{\"x\":\"\"}", NO_BOOL("\"\""), NULL},
    {BOOLEAN, "{\"x\":\" true\"}", NO_BOOL("\" true\""), NULL},
    {BOOLEAN, "{\"x\":\"true\\u0000\"}", NO_BOOL("\"true\\u0000\""), NULL},
    {BOOLEAN, "{\"x\":\"maybe\"}", NO_BOOL("\"maybe\""), NULL},
    {BOOLEAN, "{\"x\":null}", NO_BOOL_TYPE("null"), NULL},
    {BOOLEAN, "{\"x\":0.5}", NO_BOOL_TYPE("0.5"), NULL},
    {BOOLEAN, "{\"x\":[]}", NO_BOOL_TYPE("[]"), NULL},
    {DATE, "{}", "", NULL},
    {DATE, "{\"x\":null}", "", NULL},
    {DATE, "{\"x\":\"2026-03-01\"}", "", "2026-03-01"},
    {DATE, "{\"x\":\"2026-03-01T00:00:00Z\"}", "", "2026-03-01"},
    {DATE, "{\"x\":1772323200}", "", "2026-03-01"},
    {DATE, "{\"x\":1772323200000}", "", "2026-03-01"},
    {DATE, "{\"x\":1772323200.0}", "", "2026-03-01"},
    {DATE, "{\"x\":-62135596800000}", "", "0001-01-01"},
    {DATE, "{\"x\":253402214400000}", "", "9999-12-31"},
    {DATE, "{\"x\":\"\"}", BAD_DATE("\"\"", "input is too short"), NULL},
    {DATE, "{\"x\":\"2026-13-01\"}", BAD_DATE("\"2026-13-01\"", "month value is outside expected range of 1-12"), NULL},
    {DATE, "{\"x\":\"0000-01-01\"}",
     PROBLEM_CTX("date_parsing", "Input should be a valid date in the format YYYY-MM-DD, year 0 is out of range",
                 "\"0000-01-01\"", "{\"error\":\"year 0 is out of range\"}"),
     NULL},
    {DATE, "{\"x\":\"2026-03-01T00:01\"}", INEXACT("\"2026-03-01T00:01\""), NULL},
    {DATE, "{\"x\":-1}", INEXACT("-1"), NULL},
    {DATE, "{\"x\":1772323200.5}", INEXACT("1772323200.5"), NULL},
    {DATE, "{\"x\":9223372036854775807}", BAD_DATE("9223372036854775807", LATE), NULL},
    {DATE, "{\"x\":-9223372036854775808}", BAD_DATE("-9223372036854775808", EARLY), NULL},
    {DATE, "{\"x\":1e300}", BAD_DATE("1e300", LATE), NULL},
    {DATE, "{\"x\":-1e300}", BAD_DATE("-1e300", EARLY), NULL},
    {DATE, "{\"x\":true}", NO_DATE_TYPE("true"), NULL},
    {DATE, "{\"x\":[]}", NO_DATE_TYPE("[]"), NULL},
    {DATE, "{\"x\":{}}", NO_DATE_TYPE("{}"), NULL},
    {DATE, "{\"x\":\"2026-03-01\\u0000\"}", CONTROL("\"2026-03-01\\u0000\""), NULL},
    {LIST, "{\"x\":[1,2]}", "", "1"},
    {LIST, "{\"x\":[1,2,3]}", "", "1"},
    {LIST, "{}", PROBLEM("missing", "Field required", "{}"), NULL},
    {LIST, "{\"x\":null}", PROBLEM("list_type", "Input should be a valid list", "null"), NULL},
    {LIST, "{\"x\":{}}", PROBLEM("list_type", "Input should be a valid list", "{}"), NULL},
    {LIST, "{\"x\":\"abc\"}", PROBLEM("list_type", "Input should be a valid list", "\"abc\""), NULL},
    {LIST, "{\"x\":[]}",
     PROBLEM_CTX("too_short", "List should have at least 2 items after validation, not 0", "[]",
                 "{\"field_type\":\"List\",\"min_length\":2,\"actual_length\":0}"),
     NULL},
    {LIST, "{\"x\":[1,2,3,4]}",
     PROBLEM_CTX("too_long", "List should have at most 3 items after validation, not 4", "[1,2,3,4]",
                 "{\"field_type\":\"List\",\"max_length\":3,\"actual_length\":4}"),
     NULL},
    {ANY_LIST, "{}", "", NULL},
    {ANY_LIST, "{\"x\":null}", "", NULL},
    {ANY_LIST, "{\"x\":[]}", "", "1"},
    {MAP, "{}", "", NULL},
    {MAP, "{\"x\":null}", "", NULL},
    {MAP, "{\"x\":{}}", "", "1"},
    {MAP, "{\"x\":[]}", PROBLEM("dict_type", "Input should be a valid dictionary", "[]"), NULL},
};

static const char *read_member(struct bench *bench, enum member member, json_t *object, char *text) {
    struct cg_params *params = &bench->params;
    int64_t date = CG_TIME_NONE;
    switch (member) {
    case TEXT:
        return cg_body_text(params, object, NULL, "x", 1, 1, 5);
    case OPTIONAL:
        return cg_body_text(params, object, NULL, "x", 0, 0, 5);
    case BOOLEAN:
        return cg_body_bool(params, object, NULL, "x", 0) ? "1" : NULL;
    case DATE:
        date = cg_body_date(params, object, NULL, "x");
        return date == CG_TIME_NONE ? NULL : cg_time_format_date(date, text);
    case LIST:
        return cg_body_list(params, object, NULL, "x", 1, 2, 3) ? "1" : NULL;
    case ANY_LIST:
        return cg_body_list(params, object, NULL, "x", 0, 0, SIZE_MAX) ? "1" : NULL;
    default:
        return cg_body_map(params, object, NULL, "x") ? "1" : NULL;
    }
}

Test(api_body, members) {
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        struct bench bench;
        char text[CG_TIME_TEXT_SIZE];
        bench_init(&bench, members[i].body, members[i].body);
        const char *value = read_member(&bench, members[i].member, cg_body_object(&bench.params), text);
        cr_assert_eq(value != NULL, members[i].value != NULL, "%s", members[i].body);
        if (value)
            cr_assert_str_eq(value, members[i].value, "%s", members[i].body);
        bench_done(&bench, members[i].wanted, members[i].body);
    }
}

/* ---- ranges ---- */

Test(api_body, a_range) {
    struct bench bench;
    bench_init(&bench, "{}",
               "{\"start_date\":\"2026-03-01\",\"end_date\":1772409600,\"timezone\":\"America/\\u001b Denver\"}");
    struct cg_range_given given = cg_body_range(&bench.params, bench.call.body);
    int64_t wanted = 0;
    cr_assert_eq(cg_time_parse_date("2026-03-01", &wanted), CG_OK);
    cr_assert_eq(given.start_date, wanted);
    cr_assert_eq(given.end_date, wanted + CG_DAY_US);
    /* Which names there are is not decided here. */
    cr_assert_str_eq(given.timezone, "America/\x1b Denver");
    bench_done(&bench, "", "a range");

    bench_init(&bench, "{}", "{}");
    given = cg_body_range(&bench.params, bench.call.body);
    cr_assert(given.start_date == CG_TIME_NONE && given.end_date == CG_TIME_NONE && !given.timezone);
    bench_done(&bench, "", "no range");
}

Test(api_body, a_wrong_range_is_told_in_order) {
    struct bench bench;
    bench_init(&bench, "{}", "{\"timezone\":\"UTC\\u0000\",\"end_date\":[],\"start_date\":true}");
    struct cg_range_given given = cg_body_range(&bench.params, bench.call.body);
    cr_assert(given.start_date == CG_TIME_NONE && given.end_date == CG_TIME_NONE && !given.timezone);
    bench_done(
        &bench,
        "{\"type\":\"date_type\",\"loc\":[\"body\",\"start_date\"],\"msg\":\"Input should be a valid date\","
        "\"input\":true},"
        "{\"type\":\"date_type\",\"loc\":[\"body\",\"end_date\"],\"msg\":\"Input should be a valid date\","
        "\"input\":[]},"
        "{\"type\":\"value_error\",\"loc\":[\"body\",\"timezone\"],\"msg\":\"Value error, the text must not hold "
        "control characters\",\"input\":\"UTC\\u0000\",\"ctx\":{\"error\":\"the text must not hold control "
        "characters\"}}",
        "a wrong range");
}

/* ---- places and echoes ---- */

Test(api_body, a_place_within_lists) {
    struct bench bench;
    const struct cg_place items = {.key = "items"};
    const struct cg_place third = {.parent = &items, .index = 2};
    bench_init(&bench, "{}", "{\"tag_key\":[]}");
    cr_assert_null(cg_body_text(&bench.params, bench.call.body, &third, "tag_key", 1, 1, 5));
    bench_done(&bench,
               "{\"type\":\"string_type\",\"loc\":[\"body\",\"items\",2,\"tag_key\"],\"msg\":\"Input should be a valid "
               "string\",\"input\":[]}",
               "a place");
}

/* Text of `count` times `unit`. */
static char *repeat(struct cg_arena *arena, const char *unit, size_t count) {
    size_t length = strlen(unit);
    char *text = cg_arena_alloc(arena, length * count + 1);
    cr_assert_not_null(text);
    for (size_t i = 0; i < count; i++)
        snprintf(text + i * length, length + 1, "%s", unit);
    return text;
}

Test(api_body, long_values_are_echoed_cut) {
    struct cg_arena *arena = cg_arena_new();
    struct {
        const char *name;
        char *value; /* as JSON */
        char *echo;
    } rows[] = {
        {"200 characters", cg_arena_printf(arena, "\"%s\"", repeat(arena, "\xe2\x82\xac", 200)),
         cg_arena_printf(arena, "\"%s\"", repeat(arena, "\xe2\x82\xac", 200))},
        {"10000 characters", cg_arena_printf(arena, "\"%s\"", repeat(arena, "\xf0\x9f\x98\x80", 10000)),
         cg_arena_printf(arena, "\"%s\"", repeat(arena, "\xf0\x9f\x98\x80", 200))},
        {"10000 NULs", cg_arena_printf(arena, "\"%s\"", repeat(arena, "\\u0000", 10000)),
         cg_arena_printf(arena, "\"%s\"", repeat(arena, "\\u0000", 200))},
        {"a list of 199 characters", cg_arena_printf(arena, "[%s1]", repeat(arena, "1,", 98)),
         cg_arena_printf(arena, "[%s1]", repeat(arena, "1,", 98))},
        {"a list of 201 characters", cg_arena_printf(arena, "[%s1]", repeat(arena, "1,", 99)),
         cg_arena_printf(arena, "\"[%s1\"", repeat(arena, "1,", 99))},
        {"a long list", cg_arena_printf(arena, "[%s1]", repeat(arena, "1,", 10000)),
         cg_arena_printf(arena, "\"[%s1\"", repeat(arena, "1,", 99))},
        {"a long list of texts", cg_arena_printf(arena, "[%s1]", repeat(arena, "\"\xf0\x9f\x98\x80\",", 1000)),
         cg_arena_printf(arena, "\"[%s\\\"\xf0\x9f\x98\x80\\\"\"", repeat(arena, "\\\"\xf0\x9f\x98\x80\\\",", 49))},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench bench;
        bench_init(&bench, "{}", cg_arena_printf(arena, "{\"x\":%s}", rows[i].value));
        cg_body_problem(&bench.params, "t", NULL, "m", json_object_get(bench.call.body, "x"), NULL);
        bench_done(
            &bench,
            cg_arena_printf(arena, "{\"type\":\"t\",\"loc\":[\"body\"],\"msg\":\"m\",\"input\":%s}", rows[i].echo),
            rows[i].name);
    }
    cg_arena_free(arena);
}

Test(api_body, a_long_body_of_another_type_is_echoed_cut) {
    struct cg_arena *arena = cg_arena_new();
    static const struct {
        const char *unit;
        const char *echo;
        size_t count;
    } rows[] = {{"x", "x", 200}, {"\xc3\xa4", "\xc3\xa4", 200}, {"\x80", "\xef\xbf\xbd", 800}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench bench;
        bench_init(&bench, repeat(arena, rows[i].unit, 100000), NULL);
        cr_assert_null(cg_body_object(&bench.params));
        bench_done(&bench, cg_arena_printf(arena, NO_OBJECT "\"%s\"}", repeat(arena, rows[i].echo, rows[i].count)),
                   rows[i].unit);
    }
    cg_arena_free(arena);
}

Test(api_body, many_problems_are_counted_and_not_all_told) {
    struct bench bench;
    const struct cg_place items = {.key = "items"};
    bench_init(&bench, "{}", "{}");
    for (size_t i = 0; i < 10000; i++) {
        const struct cg_place place = {.parent = &items, .index = i};
        cg_body_problem(&bench.params, "t", &place, "m", NULL, NULL);
    }
    cr_assert_eq(bench.params.count, 10000);
    cr_assert_not(cg_params_fine(&bench.params));
    json_t *answer = json_loads(cg_buf_text(&bench.call.reply.body), 0, NULL);
    json_t *list = json_object_get(answer, "detail");
    cr_assert_eq(json_array_size(list), 100);
    json_t *last = json_array_get(json_object_get(json_array_get(list, 99), "loc"), 2);
    cr_assert_eq(json_integer_value(last), 99);
    json_decref(answer);
    cg_buf_done(&bench.call.reply.body);
    json_decref(bench.call.body);
    cg_arena_free(bench.call.arena);
}
