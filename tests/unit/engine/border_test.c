#include "engine/border.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define LIMIT ((size_t)40)

/* What is not fit ends in '~' and twelve hex digits. */
static const struct {
    const char *name;
    const char *text;  /* NULL: absent */
    const char *start; /* before the mark; NULL: the text itself is taken */
} names[] = {
    {"absent", NULL, NULL},
    {"empty", "", NULL},
    {"plain", "lkc-1", NULL},
    {"letters of other alphabets", "M\xc3\xbcller \xe2\x82\xac", NULL},
    {"as long as may be", "0123456789012345678901234567890123456789", NULL},
    {"one byte more", "01234567890123456789012345678901234567890", "012345678901234567890123456"},
    {"cut within a character",
     "01234567890123456789012345\xc3\xbc"
     "789012345678901",
     "01234567890123456789012345"},
    {"line feed", "a\nb", "a?b"},
    {"tab", "a\tb", "a?b"},
    {"delete", "a\x7f", "a?"},
    {"escape", "\x1b[31mred", "?[31mred"},
    {"a control character of two bytes",
     "a\xc2\x9b"
     "b",
     "a?b"},
    {"Latin-1", "M\xfcller", "M?ller"},
    {"half a character", "ab\xe2\x82", "ab??"},
    {"too long a form", "a\xc0\x80", "a??"},
    {"a surrogate", "\xed\xa0\x80", "???"},
};

static int is_mark(const char *text) {
    return *text == '~' && strspn(text + 1, "0123456789abcdef") == 12 && !text[CG_BORDER_MARK_BYTES];
}

Test(border, names) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char buffer[LIMIT + 1];
        const char *name = cg_border_name(names[i].text, LIMIT, buffer);
        if (!names[i].start) {
            cr_assert_eq(name, names[i].text, "%s", names[i].name);
            continue;
        }
        size_t length = strlen(names[i].start);
        cr_assert_eq(strncmp(name, names[i].start, length), 0, "%s: %s", names[i].name, name);
        cr_assert(is_mark(name + length), "%s: %s", names[i].name, name);
        cr_assert(cg_text_is_clean(name, LIMIT), "%s: %s", names[i].name, name);
    }
}

/* Equal texts stay equal, and different ones different, also behind where they are cut. */
Test(border, different_texts_stay_different) {
    static const char *const texts[] = {"a\nb", "a\tb", "a\x80z", "0123456789012345678901234567890123456789x",
                                        "0123456789012345678901234567890123456789y"};
    enum { TEXTS = sizeof texts / sizeof *texts };
    char made[TEXTS][LIMIT + 1];
    for (size_t i = 0; i < TEXTS; i++) {
        char again[LIMIT + 1];
        cr_assert_eq(cg_border_name(texts[i], LIMIT, made[i]), made[i]);
        cr_assert_str_eq(cg_border_name(texts[i], LIMIT, again), made[i]);
        for (size_t k = 0; k < i; k++)
            cr_assert_str_neq(made[i], made[k], "%zu and %zu", i, k);
    }
}

Test(border, the_first_one_is_told) {
    struct cg_arena *arena = cg_arena_new();
    struct cg_border_mended mended = {0};
    cr_assert_str_eq(cg_border_mend(arena, &mended, "id of the resource", "r-1", LIMIT), "r-1");
    cr_assert_eq(mended.count, 0);
    cr_assert_not_null(cg_border_mend(arena, &mended, "id of the resource", "r\n1", LIMIT));
    cr_assert_not_null(cg_border_mend(arena, &mended, "id of the resource", "r\n2", LIMIT));
    cr_assert_eq(mended.count, 2);
    cr_assert_eq(strncmp(mended.first, "the id of the resource 'r?1~", 28), 0, "%s", mended.first);
    cg_arena_free(arena);
}

/* Lines that are fit are not copied, and an array of nothing else is handed through. */
Test(border, lines) {
    struct cg_arena *arena = cg_arena_new();
    struct cg_border_mended mended = {0};
    struct cg_error error = {0};
    const struct cg_billing_line good = {.struct_size = sizeof good,
                                         .env_id = "",
                                         .resource_id = "r",
                                         .product_category = "C",
                                         .product_type = "P",
                                         .currency = "USD",
                                         .granularity = "daily"};
    struct cg_billing_line bad = good;
    bad.flags = CG_LINE_MALFORMED;
    bad.resource_id = "r\n";
    bad.currency = "\xa3";
    bad.product_category = NULL;
    const struct cg_billing_line *const fine[] = {&good, &good};
    const struct cg_billing_line *const mixed[] = {&good, &bad};
    const struct cg_billing_line *const *lines = NULL;
    cr_assert_eq(cg_border_lines(arena, &mended, fine, 2, &lines, &error), CG_OK);
    cr_assert(lines == fine && mended.count == 0);
    cr_assert_eq(cg_border_lines(arena, &mended, NULL, 0, &lines, &error), CG_OK);
    cr_assert_eq(cg_border_lines(arena, &mended, mixed, 2, &lines, &error), CG_OK);
    cr_assert(lines[0] == &good && lines[1] != &bad && mended.count == 2);
    cr_assert_eq(strncmp(lines[1]->resource_id, "r?~", 3), 0);
    cr_assert_eq(strncmp(lines[1]->currency, "?~", 2), 0);
    cr_assert(!lines[1]->product_category && lines[1]->product_type == good.product_type);
    cr_assert_eq(lines[1]->flags, CG_LINE_MALFORMED);
    cg_arena_free(arena);
}
