#include "net/json_scan.h"

#include <criterion/criterion.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *text;
    bool fine;
} documents[] = {
    {"null", true},
    {" true ", true},
    {"false", true},
    {"0", true},
    {"-0.0e-1", true},
    {"123.5E+7", true},
    {"\"\"", true},
    {"\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"", true},
    {"\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"", true},
    {"[]", true},
    {"[1, [2], {\"a\": [3]}]", true},
    {"{}", true},
    {"{\"a\" : 1 , \"a\":\n2}", true},
    {"", false},
    {"nul", false},
    {"nulll", false},
    {"True", false},
    {"NaN", false},
    {"01", false},
    {"-", false},
    {"+1", false},
    {".5", false},
    {"1.", false},
    {"1e", false},
    {"\"", false},
    {"\"a\nb\"", false},
    {"\"\\x\"", false},
    {"\"\\u12\"", false},
    {"\"\\u12g4\"", false},
    {"\"\\ud83d\"", false},
    {"\"\\ud83d\\u0041\"", false},
    {"\"\\ude00\"", false},
    {"\"\xC3\"", false},
    {"\"\xC0\x80\"", false},
    {"\"\xED\xA0\x80\"", false},
    {"\"\xF4\x90\x80\x80\"", false},
    {"\"\xFF\"", false},
    {"[1,]", false},
    {"[,1]", false},
    {"[1 2]", false},
    {"[1", false},
    {"[1}", false},
    {"{\"a\"}", false},
    {"{\"a\":}", false},
    {"{\"a\":1,}", false},
    {"{a:1}", false},
    {"{\"a\":1 \"b\":2}", false},
    {"{\"a\":1", false},
    {"1 2", false},
    {"<html>", false},
};

static bool read_all(const char *text, size_t length) {
    struct cg_json_scan scan = {.at = text, .end = text + length};
    return cg_json_skip(&scan) && cg_json_at_end(&scan);
}

Test(json_scan, accepts_json_and_nothing_else) {
    for (size_t i = 0; i < COUNT(documents); i++)
        cr_assert_eq(read_all(documents[i].text, strlen(documents[i].text)), documents[i].fine, "%s",
                     documents[i].text);
    cr_assert(!read_all("1\0", 2), "a NUL byte behind the document");
}

Test(json_scan, every_cut_document_is_refused) {
    static const char text[] = "{\"a\": [1.5e3, \"\\u00e9\xC3\xA9\", true, null], \"b\": {\"c\": false}}";
    cr_assert(read_all(text, sizeof text - 1));
    for (size_t length = 0; length < sizeof text - 1; length++)
        cr_assert(!read_all(text, length), "%zu bytes", length);
}

Test(json_scan, depth_is_bounded) {
    char text[2 * CG_JSON_DEPTH + 2];
    memset(text, '[', CG_JSON_DEPTH + 1);
    memset(text + CG_JSON_DEPTH + 1, ']', CG_JSON_DEPTH + 1);
    cr_assert(read_all(text + 1, (size_t)2 * CG_JSON_DEPTH));
    cr_assert(!read_all(text, sizeof text));
}

static const struct {
    const char *json;
    const char *text;
} strings[] = {
    {"\"plain\"", "plain"},
    {"\"a\\u0062c\"", "abc"},
    {"\"\\\"\\\\\\n\"", "\"\\\n"},
    {"\"\\u00e9\\u20ac\\ud83d\\ude00\"", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
    {"\"\"", ""},
};

Test(json_scan, strings_are_unescaped) {
    for (size_t i = 0; i < COUNT(strings); i++) {
        struct cg_json_scan scan = {.at = strings[i].json, .end = strings[i].json + strlen(strings[i].json)};
        struct cg_json_text text;
        char buffer[64];
        cr_assert(cg_json_string(&scan, &text), "%s", strings[i].json);
        cr_assert(cg_json_equals(&text, strings[i].text), "%s", strings[i].json);
        cr_assert(!cg_json_equals(&text, "other"), "%s", strings[i].json);
        size_t length = cg_json_unescape(&text, buffer);
        cr_assert_eq(length, strlen(strings[i].text), "%s", strings[i].json);
        cr_assert(memcmp(buffer, strings[i].text, length) == 0, "%s", strings[i].json);
    }
}
