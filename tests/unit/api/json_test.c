#include "api/json.h"

#include <criterion/criterion.h>

#include "base/time.h"

static struct cg_buf out;
static struct cg_json json;

static void start(void) {
    cg_buf_init(&out, 1024 * 1024);
    cg_json_init(&json, &out);
}

static void finish(void) {
    cg_buf_done(&out);
}

TestSuite(json, .init = start, .fini = finish);

#define assert_written(wanted_, ...) cr_assert_str_eq(cg_buf_text(&out), (wanted_), __VA_ARGS__)

Test(json, puts_commas_between_values_and_members) {
    cg_json_object(&json);
    cg_json_put_int(&json, "a", -1);
    cg_json_key(&json, "b");
    cg_json_list(&json);
    cg_json_bool(&json, 1);
    cg_json_null(&json);
    cg_json_object(&json);
    cg_json_object_end(&json);
    cg_json_list_end(&json);
    cg_json_put_text(&json, "c", NULL);
    cg_json_object_end(&json);
    assert_written("{\"a\":-1,\"b\":[true,null,{}],\"c\":null}", "nested");
}

static const struct {
    const char *text;
    const char *wanted;
} texts[] = {
    {"", "\"\""},
    {"plain", "\"plain\""},
    {"a\"b\\c", "\"a\\\"b\\\\c\""},
    {"\n\r\t\b\f", "\"\\n\\r\\t\\b\\f\""},
    {"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\""},
    {"Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x98\x80", "\"Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x98\x80\""},
    {"\xc2\x85", "\"\xc2\x85\""}, /* a control character beyond ASCII needs no escape */
    {"a\xff\xfe", "\"a\xef\xbf\xbd\xef\xbf\xbd\""},
    {"cut \xe2\x82", "\"cut \xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* half of a pair */
};

Test(json, escapes_what_has_to_be_escaped_and_nothing_else) {
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cg_buf_clear(&out);
        cg_json_init(&json, &out);
        cg_json_text(&json, texts[i].text);
        assert_written(texts[i].wanted, "text %zu", i);
    }
}

static const struct {
    const char *value;
    const char *wanted;
} decimals[] = {
    {"0", "\"0\""},
    {"-0.00", "\"-0.00\""},
    {"10.2000", "\"10.2000\""},
    {"1E-7", "\"0.0000001\""},
    {"-1.5E-10", "\"-0.00000000015\""},
    {"0E-10", "\"0.0000000000\""},
    {"1E+3", "\"1000\""},
    {"-1.23E+5", "\"-123000\""},
    {"0E+2", "\"000\""},
    {"1.23456789012345678E-7", "\"0.000000123456789012345678\""},
};

Test(json, writes_decimals_without_an_exponent) {
    for (size_t i = 0; i < sizeof decimals / sizeof *decimals; i++) {
        struct cg_decimal value;
        cr_assert_eq(cg_decimal_parse(decimals[i].value, strlen(decimals[i].value), &value), CG_OK);
        cg_buf_clear(&out);
        cg_json_init(&json, &out);
        cg_json_decimal(&json, &value);
        assert_written(decimals[i].wanted, "%s", decimals[i].value);
    }
}

Test(json, writes_times_with_a_fraction_only_where_there_is_one) {
    int64_t time = 0;
    cr_assert_eq(cg_time_parse("2026-03-20T01:02:03.456789Z", &time), CG_OK);
    cg_json_list(&json);
    cg_json_instant(&json, time);
    cg_json_instant(&json, time - 456789);
    cg_json_instant(&json, CG_TIME_NONE);
    cg_json_date(&json, time);
    cg_json_date(&json, CG_TIME_NONE);
    cg_json_list_end(&json);
    assert_written("[\"2026-03-20T01:02:03.456789Z\",\"2026-03-20T01:02:03Z\",null,\"2026-03-20\",null]", "times");
}

static const struct {
    const char *stored;
    const char *wanted;
} stored[] = {
    {NULL, "{\"region\":\"eu\"}"},
    {"", "{\"region\":\"eu\"}"},
    {"{}", "{\"region\":\"eu\"}"},
    {" { } ", "{\"region\":\"eu\"}"},
    {"[1]", "{\"region\":\"eu\"}"},
    {"no json", "{\"region\":\"eu\"}"},
    {"{\"a\": 1, \"b\": [1, 2, {\"c\": null}]}", "{\"a\":1,\"b\":[1,2,{\"c\":null}],\"region\":\"eu\"}"},
    {"{\"n\": 0.1, \"m\": 1e400}", "{\"region\":\"eu\"}"}, /* too large to be read at all */
    {"{\"n\": 0.1000000000000000055511151231257827}", "{\"n\":0.1000000000000000055511151231257827,\"region\":\"eu\"}"},
    {"{\"k\": \"Zo\\u00eb \\ud83d\\ude00 \\n \\u0041 \\\\u00eb\"}",
     "{\"k\":\"Zo\xc3\xab \xf0\x9f\x98\x80 \\n \\u0041 \\\\u00eb\",\"region\":\"eu\"}"},
    {"{\"a b\": \"x \\\" } y\"}", "{\"a b\":\"x \\\" } y\",\"region\":\"eu\"}"},
};

static void add_region(struct cg_json *at, void *user) {
    cg_json_put_text(at, "region", user);
}

Test(json, passes_stored_metadata_on_digit_by_digit) {
    char region[] = "eu";
    for (size_t i = 0; i < sizeof stored / sizeof *stored; i++) {
        cg_buf_clear(&out);
        cg_json_init(&json, &out);
        cg_json_metadata(&json, stored[i].stored, add_region, region);
        assert_written(stored[i].wanted, "metadata %zu", i);
    }
}
