#include "store/metadata.h"

#include "support.h"

struct text {
    const char *name;
    struct cg_field fields[3];
    size_t count;
    const char *json; /* NULL: no text */
};

static const struct text texts[] = {
    {"nothing", {{0}}, 0, NULL},
    {"separators", {{"a", "1", CG_FIELD_NUMBER, 0}, {"b", "x", CG_FIELD_STRING, 0}}, 2, "{\"a\": 1, \"b\": \"x\"}"},
    {"literals", {{"t", "true", CG_FIELD_BOOL, 0}, {"n", NULL, CG_FIELD_STRING, 0}}, 2, "{\"t\": true, \"n\": null}"},
    {"escapes",
     {{"q\"", "\\\n\t\r\b\f\x01\x7f", CG_FIELD_STRING, 0}},
     1,
     "{\"q\\\"\": \"\\\\\\n\\t\\r\\b\\f\\u0001\x7f\"}"},
    {"beyond ASCII",
     {{"k", "\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80", CG_FIELD_STRING, 0}},
     1,
     "{\"k\": \"\\u00fc \\u20ac \\ud83d\\ude00\"}"},
    {"documents",
     {{"d", "{\"a\": [1, 2]}", CG_FIELD_JSON, 0}, {"f", "1.5", CG_FIELD_NUMBER, 0}},
     2,
     "{\"d\": {\"a\": [1, 2]}, \"f\": 1.5}"},
};

Test(store_metadata, written_as_python_writes_it) {
    struct cg_buf buf;
    cg_buf_init(&buf, CG_METADATA_LIMIT);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *json = "";
        cr_assert_eq(cg_metadata_write(&buf, texts[i].fields, texts[i].count, &json), CG_OK, "%s", texts[i].name);
        if (texts[i].json)
            cr_assert_str_eq(json, texts[i].json, "%s", texts[i].name);
        else
            cr_assert_null(json, "%s", texts[i].name);
    }
    cg_buf_done(&buf);
}

Test(store_metadata, reads_back_what_it_wrote) {
    struct cg_arena *arena = cg_arena_new();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct cg_field *fields = NULL;
        uint32_t count = 9;
        cr_assert_eq(cg_metadata_read(texts[i].json, arena, &fields, &count), CG_OK, "%s", texts[i].name);
        cr_assert_eq(count, texts[i].count, "%s", texts[i].name);
        for (uint32_t j = 0; j < count; j++) {
            cr_assert_str_eq(fields[j].key, texts[i].fields[j].key, "%s", texts[i].name);
            cr_assert_eq(fields[j].kind, texts[i].fields[j].kind, "%s", texts[i].name);
            if (texts[i].fields[j].value)
                cr_assert_str_eq(fields[j].value, texts[i].fields[j].value, "%s", texts[i].name);
            else
                cr_assert_null(fields[j].value, "%s", texts[i].name);
        }
    }
    cg_arena_free(arena);
}

Test(store_metadata, what_is_no_value_is_refused) {
    static const struct cg_field bad[] = {
        {"b", "yes", CG_FIELD_BOOL, 0},
        {"n", "1,5", CG_FIELD_NUMBER, 0},
        {"n", "\"1\"", CG_FIELD_NUMBER, 0},
        {"n", "1} {", CG_FIELD_NUMBER, 0},
        {"j", "{\"a\":", CG_FIELD_JSON, 0},
        {"k", "x", 9, 0},
        {NULL, "x", 0, 0},
    };
    struct cg_buf buf;
    cg_buf_init(&buf, CG_METADATA_LIMIT);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *json = NULL;
        cr_assert_eq(cg_metadata_write(&buf, &bad[i], 1, &json), CG_INVALID, "case %zu", i);
    }
    cg_buf_done(&buf);
}

Test(store_metadata, what_is_no_object_is_refused) {
    static const char *const bad[] = {"[1]", "1", "{", "{\"a\":}", "null", "x"};
    struct cg_arena *arena = cg_arena_new();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct cg_field *fields = NULL;
        uint32_t count = 0;
        cr_assert_eq(cg_metadata_read(bad[i], arena, &fields, &count), CG_INVALID, "%s", bad[i]);
    }
    cg_arena_free(arena);
}

Test(store_metadata, broken_utf8_becomes_a_replacement_character) {
    const struct cg_field field = {"k", "a\xff\xc3z\xed\xa0\x80", CG_FIELD_STRING, 0};
    struct cg_buf buf;
    const char *json = NULL;
    cg_buf_init(&buf, CG_METADATA_LIMIT);
    cr_assert_eq(cg_metadata_write(&buf, &field, 1, &json), CG_OK);
    cr_assert_str_eq(json, "{\"k\": \"a\\ufffd\\ufffdz\\ufffd\\ufffd\\ufffd\"}");
    cg_buf_done(&buf);
}
