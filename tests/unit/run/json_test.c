#include "run/json.h"

#include <criterion/criterion.h>
#include <string.h>

/* ---- texts that may be anything ---- */

static const struct {
    const char *name;
    const char *text;
    const char *expected;
} texts[] = {
    {"nothing", NULL, NULL},
    {"empty", "", ""},
    {"clean", "caf\xc3\xa9 \"x\" \\", "caf\xc3\xa9 \"x\" \\"},
    {"control characters of a sound text stay", "a\n\x1b[2J", "a\n\x1b[2J"},
    {"only the bad bytes go", "\xff caf\xc3\xa9 \xe2\x82", "? caf\xc3\xa9 ??"},
    {"surrogate", "a\xed\xa0\x80", "a???"},
    {"overlong", "\xc0\x80", "??"},
};

Test(json, texts_survive_as_far_as_they_are_utf_8) {
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct cg_arena *arena = cg_arena_new();
        struct cg_buf line;
        cg_buf_init(&line, 4096);
        json_t *object = json_object();
        cg_json_set_text(object, "text", texts[i].text);
        cg_json_set_integer(object, "number", INT64_MIN);
        cr_assert_eq(cg_json_write_line(object, &line), CG_OK, "%s", texts[i].name);
        cr_assert_eq(strchr(line.data, '\n'), line.data + line.length - 1, "%s: one line", texts[i].name);
        json_t *read = json_loads(cg_buf_text(&line), 0, NULL);
        cr_assert_not_null(read, "%s: %s", texts[i].name, cg_buf_text(&line));
        const char *text = cg_json_get_text(read, "text", arena);
        if (texts[i].expected)
            cr_assert(text && strcmp(text, texts[i].expected) == 0, "%s: %s", texts[i].name, cg_buf_text(&line));
        else
            cr_assert_null(text, "%s", texts[i].name);
        cr_assert_eq(cg_json_integer(read, "number", 0), INT64_MIN);
        cr_assert_eq(cg_json_integer(read, "text", 7), 7);
        cr_assert_null(cg_json_get_text(read, "number", arena));
        json_decref(read);
        cg_buf_done(&line);
        cg_arena_free(arena);
    }
}

Test(json, no_object_is_out_of_memory) {
    struct cg_buf line;
    cg_buf_init(&line, 4096);
    cr_assert_eq(cg_json_write_line(NULL, &line), CG_NO_MEMORY);
    cg_buf_done(&line);
}
