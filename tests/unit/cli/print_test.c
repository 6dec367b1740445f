#include "cli/print.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6"
#define UMLAUT "\xc3\xbc"

static const struct {
    const char *name;
    const char *text;
    size_t width;
    const char *cell;
    const char *whole; /* the cell that is not cut, behind three columns */
} cells[] = {
    {"empty", "", 4, "    ", "    "},
    {"short", "ab", 4, "ab  ", "ab  "},
    {"exact", "abcd", 4, "abcd", "abcd"},
    {"long", "abcde", 4, "abc" ELLIPSIS, "abcde\n       "},
    {"letters of two bytes", UMLAUT UMLAUT, 4, UMLAUT UMLAUT "  ", UMLAUT UMLAUT "  "},
    {"exact in characters", UMLAUT UMLAUT UMLAUT UMLAUT, 4, UMLAUT UMLAUT UMLAUT UMLAUT, UMLAUT UMLAUT UMLAUT UMLAUT},
    {"long in characters", UMLAUT UMLAUT UMLAUT UMLAUT "x", 4, UMLAUT UMLAUT UMLAUT ELLIPSIS,
     UMLAUT UMLAUT UMLAUT UMLAUT "x\n       "},
    {"one column", "ab", 1, ELLIPSIS, "ab\n    "},
    {"escape sequence", "\x1b[2", 4, "?[2 ", "?[2 "},
    {"control character of two bytes", "a\xc2\x9bz", 4, "a?z ", "a?z "},
    {"no UTF-8", "\xff\xe2\x82", 4, "??? ", "??? "},
    {"forged row", "a\nTOTAL", 8, "a?TOTAL ", "a?TOTAL "},
};

Test(print, cells) {
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        char *text = NULL;
        size_t length = 0;
        FILE *out = open_memstream(&text, &length);
        cr_assert_not_null(out);
        cg_print_cell(out, cells[i].text, cells[i].width);
        (void)fflush(out);
        cr_assert_str_eq(text, cells[i].cell, "%s: '%s'", cells[i].name, text);
        size_t start = length;
        cg_print_whole_cell(out, cells[i].text, 3, cells[i].width);
        (void)fflush(out);
        cr_assert_str_eq(text + start, cells[i].whole, "%s: '%s'", cells[i].name, text + start);
        (void)fclose(out);
        free(text);
    }
}

/* Two identities that differ only behind the column's end must not look equal. */
Test(print, long_texts_stay_different) {
    static const char *const ids[] = {"User:CN=service-a,OU=payments,O=acme-1",
                                      "User:CN=service-a,OU=payments,O=acme-2"};
    char *texts[2] = {NULL, NULL};
    for (size_t i = 0; i < 2; i++) {
        size_t length = 0;
        FILE *out = open_memstream(&texts[i], &length);
        cg_print_whole_cell(out, ids[i], 2, 10);
        (void)fclose(out);
        cr_assert_eq(strncmp(texts[i], ids[i], strlen(ids[i])), 0);
    }
    cr_assert_str_neq(texts[0], texts[1]);
    free(texts[0]);
    free(texts[1]);
}

static const struct {
    const char *name;
    const char *text;
    const char *clean;
} texts[] = {
    {"empty", "", ""},
    {"lines", "a\n\n  b\n", "a\n\n  b\n"},
    {"letters of two bytes", UMLAUT "\n" UMLAUT, UMLAUT "\n" UMLAUT},
    {"control characters", "a\tb\r\nc\x1b[2Jd\xc2\x9b", "a?b?\nc?[2Jd?"},
    {"no UTF-8", "\xe2\x82\n\xff", "??\n?"},
};

Test(print, a_text_keeps_its_lines) {
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *text = NULL;
        size_t length = 0;
        FILE *out = open_memstream(&text, &length);
        cr_assert_not_null(out);
        cg_print_text(out, texts[i].text);
        (void)fclose(out);
        cr_assert_str_eq(text, texts[i].clean, "%s: '%s'", texts[i].name, text);
        free(text);
    }
}
