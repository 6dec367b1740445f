#include "base/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* ---- what is a clean text ---- */

static const struct {
    const char *name;
    const char *text;
    const char *cleaned; /* NULL: clean as it is */
    size_t count;        /* characters of the text */
} texts[] = {
    {"empty", "", NULL, 0},
    {"ASCII", "sa-1 ~", NULL, 6},
    {"two bytes", "\xc3\xa9", NULL, 1},
    {"three bytes", "\xe2\x82\xac", NULL, 1},
    {"four bytes", "\xf0\x9f\x98\x80", NULL, 1},
    {"smallest of two", "\xc2\xa0", NULL, 1},
    {"smallest of three", "\xe0\xa0\x80", NULL, 1},
    {"smallest of four", "\xf0\x90\x80\x80", NULL, 1},
    {"largest", "\xf4\x8f\xbf\xbf", NULL, 1},
    {"before the surrogates", "\xed\x9f\xbf", NULL, 1},
    {"behind the surrogates", "\xee\x80\x80", NULL, 1},
    {"line feed", "a\nb", "a?b", 3},
    {"tab", "\t", "?", 1},
    {"escape", "\x1b[2J", "?[2J", 4},
    {"delete", "\x7f", "?", 1},
    {"first of C1", "\xc2\x80", "?", 1},
    {"control sequence introducer", "a\xc2\x9bz", "a?z", 3},
    {"last of C1", "\xc2\x9f", "?", 1},
    {"continuation alone", "\x80", "?", 1},
    {"raw C1", "\x9b", "?", 1},
    {"overlong of two", "\xc0\x8a", "??", 2},
    {"overlong of two, high", "\xc1\xbf", "??", 2},
    {"overlong of three", "\xe0\x9f\xbf", "???", 3},
    {"overlong of four", "\xf0\x8f\xbf\xbf", "????", 4},
    {"surrogate", "\xed\xa0\x80", "???", 3},
    {"beyond Unicode", "\xf4\x90\x80\x80", "????", 4},
    {"lead that leads nowhere", "\xf8\x88\x80\x80\x80", "?????", 5},
    {"never a byte of UTF-8", "\xfe\xff", "??", 2},
    {"ends after one of three", "a\xe2", "a?", 2},
    {"ends after two of three", "a\xe2\x82", "a??", 3},
    {"ends after three of four", "\xf0\x9f\x98", "???", 3},
    {"interrupted", "\xe2\x82z\xc3", "??z?", 4},
    {"whole between broken", "\xff\xc3\xa9\x01", "?\xc3\xa9?", 3},
};

Test(text, clean_or_not) {
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *text = texts[i].text;
        size_t length = strlen(text);
        char buffer[32];
        (void)snprintf(buffer, sizeof buffer, "%s", text);
        cr_assert_eq(cg_text_is_clean(text, length), texts[i].cleaned == NULL, "%s", texts[i].name);
        cr_assert_eq(cg_text_count(text), texts[i].count, "%s", texts[i].name);
        cr_assert_eq(cg_text_prefix(text, texts[i].count + 1), length, "%s", texts[i].name);
        cg_text_clean(buffer, sizeof buffer, 0);
        cr_assert_str_eq(buffer, texts[i].cleaned ? texts[i].cleaned : text, "%s", texts[i].name);
        cr_assert(cg_text_is_clean(buffer, length), "%s: what was cleaned is clean", texts[i].name);
        cr_assert_eq(cg_text_count(buffer), texts[i].count, "%s: cleaning moves nothing", texts[i].name);
    }
}

Test(text, the_limit_counts_bytes) {
    cr_assert(cg_text_is_clean("\xe2\x82\xac", 3));
    cr_assert_not(cg_text_is_clean("\xe2\x82\xac", 2));
    cr_assert(cg_text_is_clean("", 0));
    cr_assert_not(cg_text_is_clean("a", 0));
    cr_assert(cg_text_is_clean("a", SIZE_MAX));
    cr_assert_not(cg_text_is_clean(NULL, 10));
}

/* Everything of one and two bytes, so that no range has a hole. */
Test(text, every_pair_of_bytes) {
    for (unsigned first = 1; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            char text[3] = {(char)(unsigned char)first, (char)(unsigned char)second, '\0'};
            int ascii = first >= 0x20 && first < 0x7f && (second == 0 || (second >= 0x20 && second < 0x7f));
            int pair = first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf;
            int control = first == 0xc2 && second <= 0x9f;
            cr_assert_eq(cg_text_is_clean(text, 2), ascii || (pair && !control), "%02x %02x", first, second);
            cg_text_clean(text, sizeof text, 0);
            cr_assert(cg_text_is_clean(text, 2), "%02x %02x", first, second);
        }
    }
}

Test(text, replaces_by_what_is_asked_for) {
    char text[] = "a\nb\xff\xc3\xa9\x7f";
    cg_text_replace(text, ' ');
    cr_assert_str_eq(text, "a b \xc3\xa9 ");
}

/* ---- counting and cutting ---- */

static const struct {
    const char *text;
    size_t characters;
    size_t bytes;
} prefixes[] = {
    {"abc", 0, 0},
    {"abc", 2, 2},
    {"abc", 3, 3},
    {"abc", 9, 3},
    {"\xe2\x82\xac\xc3\xa9z", 1, 3},
    {"\xe2\x82\xac\xc3\xa9z", 2, 5},
    {"\xffz", 1, 1},
    {"", 3, 0},
};

Test(text, prefixes_have_whole_characters) {
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        cr_assert_eq(cg_text_prefix(prefixes[i].text, prefixes[i].characters), prefixes[i].bytes, "case %zu", i);
}

static const struct {
    const char *text;
    size_t length;
    size_t whole;
} cuts[] = {
    {"abc", 3, 3},
    {"abc", 0, 0},
    {"a\xc3\xa9", 3, 3},
    {"a\xc3\xa9", 2, 1},
    {"\xe2\x82\xac", 3, 3},
    {"\xe2\x82\xac", 2, 0},
    {"\xe2\x82\xac", 1, 0},
    {"\xf0\x9f\x98\x80", 4, 4},
    {"\xf0\x9f\x98\x80", 3, 0},
    {"\x80\x80\x80\x80\x80", 5, 5}, /* nothing is begun, so nothing is cut off */
    {"\x80", 1, 1},
};

Test(text, whole_drops_what_was_begun) {
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
        cr_assert_eq(cg_text_whole(cuts[i].text, cuts[i].length), cuts[i].whole, "case %zu", i);
}

static const struct {
    const char *name;
    const char *text;
    size_t size;
    const char *expected;
} too_long[] = {
    {"ASCII", "abcdefghij", 8, "abcd..."},
    {"exactly one more than fits", "abcdefgh", 8, "abcd..."},
    {"a character at the edge", "abc\xe2\x82\xacxxx", 8, "abc..."},
    {"a character before the edge", "a\xe2\x82\xacxxxx", 8, "a\xe2\x82\xac..."},
    {"four bytes at the edge", "ab\xf0\x9f\x98\x80zz", 8, "ab..."},
    {"control characters too", "a\nb\tcdefg", 8, "a?b?..."},
    {"broken bytes at the edge", "\xff\xff\xff\xff\xff\xff\xff\xff", 8, "???..."},
    {"dots only", "abcdefgh", 4, "..."},
    {"no room for dots", "abcdefgh", 3, "ab"},
    {"no room for dots nor a character", "\xe2\x82\xac\xe2", 3, ""},
    {"no room at all", "abcdefgh", 1, ""},
};

Test(text, what_was_cut_says_so) {
    for (size_t i = 0; i < sizeof too_long / sizeof *too_long; i++) {
        char buffer[16];
        int needed = snprintf(buffer, too_long[i].size, "%s", too_long[i].text);
        cg_text_clean(buffer, too_long[i].size, (size_t)needed >= too_long[i].size);
        cr_assert_str_eq(buffer, too_long[i].expected, "%s: '%s'", too_long[i].name, buffer);
        cr_assert(cg_text_is_clean(buffer, too_long[i].size - 1), "%s", too_long[i].name);
    }
}
