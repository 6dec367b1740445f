#include <criterion/criterion.h>
#include <string.h>

#include "config/show.h"
#include "config/yaml.h"
#include "loaded.h"

#define LARGE ((size_t)8 * 1024 * 1024)

/* `count` times the piece. */
static void repeat(struct cg_buf *buf, const char *piece, size_t count) {
    for (size_t i = 0; i < count; i++)
        cg_buf_add_text(buf, piece);
}

static void expect_error(const char *name, const struct cg_buf *text, const char *part) {
    cr_assert_eq(text->status, CG_OK, "%s", name);
    struct loaded loaded = load_bytes(cg_buf_text(text), text->length, NULL);
    cr_expect_eq(loaded.status, CG_INVALID, "%s: status %d", name, loaded.status);
    cr_expect_not_null(strstr(cg_buf_text(&loaded.errors), part), "%s: %.500s", name, cg_buf_text(&loaded.errors));
    unload(&loaded);
}

Test(hostile, deep_nesting) {
    static const char *const pieces[] = {"[", "{a: ", "- ", "? ", "a: [", "[[{x: "};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct cg_buf text;
        cg_buf_init(&text, LARGE);
        repeat(&text, pieces[i], 100000);
        expect_error(pieces[i], &text, "Malformed YAML");
        cg_buf_done(&text);
    }
}

Test(hostile, sixty_four_levels_are_enough) {
    for (size_t depth = 62; depth <= 63; depth++) {
        struct cg_buf text;
        cg_buf_init(&text, LARGE);
        cg_buf_add_text(&text, "x: ");
        repeat(&text, "[", depth);
        repeat(&text, "]", depth);
        struct loaded loaded = load_bytes(cg_buf_text(&text), text.length, NULL);
        cr_expect_eq(loaded.status, CG_OK, "%zu", depth);
        unload(&loaded);
        cg_buf_done(&text);
    }
    struct cg_buf text;
    cg_buf_init(&text, LARGE);
    cg_buf_add_text(&text, "x: ");
    repeat(&text, "[", 64);
    repeat(&text, "]", 64);
    expect_error("65 levels", &text, "values are nested too deeply");
    cg_buf_done(&text);
}

Test(hostile, alias_bombs) {
    struct cg_buf text;
    cg_buf_init(&text, LARGE);
    cg_buf_add_text(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (unsigned i = 1; i < 12; i++) {
        cg_buf_printf(&text, "a%u: &a%u [", i, i);
        for (unsigned k = 0; k < 10; k++)
            cg_buf_printf(&text, "%s*a%u", k ? ", " : "", i - 1);
        cg_buf_add_text(&text, "]\n");
    }
    expect_error("laughs", &text, "the document has too many values");
    cg_buf_clear(&text);

    cg_buf_add_text(&text, "a0: &a0 {k: v}\n");
    for (unsigned i = 1; i < 30; i++)
        cg_buf_printf(&text, "a%u: &a%u {x: *a%u, y: *a%u}\n", i, i, i - 1, i - 1);
    expect_error("maps", &text, "the document has too many values");
    cg_buf_clear(&text);

    cg_buf_add_text(&text, "a0: &a0 [x]\n");
    for (unsigned i = 1; i < 100; i++)
        cg_buf_printf(&text, "a%u: &a%u [*a%u]\n", i, i, i - 1);
    expect_error("ladder", &text, "values are nested too deeply");
    cg_buf_clear(&text);

    cg_buf_add_text(&text, "a0: &a0 {k0: v}\n");
    for (unsigned i = 1; i < 2000; i++)
        cg_buf_printf(&text, "a%u: &a%u {<<: *a%u, k%u: v}\n", i, i, i - 1, i);
    expect_error("merges", &text, "the document has too many values");
    cg_buf_done(&text);
}

Test(hostile, large_files) {
    struct cg_buf text;
    cg_buf_init(&text, LARGE);
    repeat(&text, "# comment\n", 500000);
    expect_error("comments", &text, "the file is larger than 4194304 bytes");
    cg_buf_clear(&text);
    repeat(&text, "- x\n", 200001);
    expect_error("items", &text, "the document has too many values");
    cg_buf_clear(&text);
    for (unsigned i = 0; i < 90000; i++)
        cg_buf_printf(&text, "u%u: ${X%u}\n", i, i);
    expect_error("missing variables", &text, "... and 89000 more");
    cg_buf_clear(&text);
    cg_buf_add_text(&text, "tenants:\n");
    for (unsigned i = 0; i < 2000; i++)
        cg_buf_printf(&text, "  t%u: {ecosystem: e, tenant_id: t}\n", i);
    expect_error("tenants", &text, "tenants: There can be at most 1000 tenants");
    cg_buf_clear(&text);
    cg_buf_add_text(&text, "? ");
    repeat(&text, "k", 2000);
    cg_buf_add_text(&text, "\n: v\n");
    expect_error("long key", &text, "a key is too long");
    cg_buf_done(&text);
}

Test(hostile, long_values_and_many_duplicates_are_read) {
    struct cg_buf text;
    cg_buf_init(&text, LARGE);
    cg_buf_add_text(&text, "preview: {a: '");
    repeat(&text, "0123456789", 300000);
    cg_buf_add_text(&text, "'}\n");
    struct loaded loaded = load_bytes(cg_buf_text(&text), text.length, NULL);
    cr_expect_eq(loaded.status, CG_OK);
    unload(&loaded);
    cg_buf_clear(&text);
    cg_buf_add_text(&text, "preview:\n");
    repeat(&text, "  k: 1\n", 60000);
    loaded = load_bytes(cg_buf_text(&text), text.length, NULL);
    cr_expect_eq(loaded.status, CG_OK, "%s", cg_buf_text(&loaded.errors));
    cr_expect_eq(cg_config_count(cg_config_get(loaded.settings->root, "preview")), 1);
    unload(&loaded);
    cg_buf_done(&text);
}

static const struct {
    const char *name;
    const char *text;
    size_t length;
} bytes[] = {
    {"NUL byte", "a: x\0y\n", 7},
    {"only NUL", "\0", 1},
    {"NUL escape", "a: \"\\0\"\n", 8},
    {"NUL escape, wide", "a: \"\\u0000\"\n", 12},
    {"NUL key", "\"a\\0\": 1\n", 9},
    {"invalid UTF-8", "a: \xFF\n", 5},
    {"overlong UTF-8", "a: \xC0\x80\n", 6},
    {"surrogate", "a: \xED\xA0\x80\n", 7},
    {"surrogate escape", "a: \"\\uD800\"\n", 12},
    {"cut UTF-8", "a: \xE2\x82", 5},
    {"UTF-16",
     "\xFF\xFE"
     "a\0:\0 \0"
     "1\0",
     10},
    {"escape character", "a: \x1B[31m\n", 9},
    {"two documents", "a: 1\n---\na: 2\n", 14},
    {"two documents, empty", "---\n---\n", 8},
    {"tag", "a: !!python/object:os.system {}\n", 32},
    {"tag on the root", "!x {}\n", 6},
    {"directive", "%FOO\n---\n%BAR", 13},
};

Test(hostile, bytes_that_are_no_configuration) {
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        struct loaded loaded = load_bytes(bytes[i].text, bytes[i].length, NULL);
        cr_expect_eq(loaded.status, CG_INVALID, "%s", bytes[i].name);
        cr_expect_not_null(strstr(cg_buf_text(&loaded.errors), "Malformed YAML in 'c.yaml': "), "%s: %s", bytes[i].name,
                           cg_buf_text(&loaded.errors));
        unload(&loaded);
    }
}

Test(hostile, variables_cannot_blow_up_the_file) {
    struct cg_buf text;
    struct cg_buf variable;
    cg_buf_init(&text, LARGE);
    cg_buf_init(&variable, LARGE);
    cg_buf_add_text(&variable, "A=");
    repeat(&variable, "0123456789", 10000);
    cg_buf_add_text(&text, "x: [");
    repeat(&text, "\"${A}${A}\", ", 1000);
    cg_buf_add_text(&text, "]\n");
    struct loaded loaded = load(cg_buf_text(&text), (const char *const[]){cg_buf_text(&variable), NULL});
    cr_expect_eq(loaded.status, CG_INVALID);
    cr_expect_not_null(strstr(cg_buf_text(&loaded.errors), "make the configuration larger than 16777216 bytes"));
    unload(&loaded);
    loaded = load("x: \"${A}\"\n", (const char *const[]){"A=\xFF", NULL});
    cr_expect_str_eq(cg_buf_text(&loaded.errors),
                     "c.yaml:1: x: The value of the environment variable 'A' is not valid UTF-8.\n");
    unload(&loaded);
    cg_buf_done(&variable);
    cg_buf_done(&text);
}
