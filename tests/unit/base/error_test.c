#include "base/error.h"

#include <criterion/criterion.h>
#include <string.h>

Test(error, set_wrap_clear) {
    struct cg_error error;
    cg_error_clear(&error);
    cr_assert_eq(error.status, CG_OK);
    cr_assert_str_eq(error.text, "");
    cr_assert_eq(cg_error_set(&error, CG_AUTH, "key %d refused", 7), CG_AUTH);
    cr_assert_eq(error.status, CG_AUTH);
    cr_assert_str_eq(error.text, "key 7 refused");
    cr_assert_eq(cg_error_wrap(&error, "tenant '%s'", "acme"), CG_AUTH);
    cr_assert_str_eq(error.text, "tenant 'acme': key 7 refused");
    cr_assert_eq(cg_error_wrap(&error, "run 1"), CG_AUTH);
    cr_assert_str_eq(error.text, "run 1: tenant 'acme': key 7 refused");
    cr_assert_eq(cg_error_no_memory(&error), CG_NO_MEMORY);
    cr_assert_str_eq(error.text, "out of memory");
}

Test(error, nobody_listens) {
    cr_assert_eq(cg_error_set(NULL, CG_AUTH, "x"), CG_AUTH);
    cr_assert_eq(cg_error_no_memory(NULL), CG_NO_MEMORY);
    cr_assert_neq(cg_error_wrap(NULL, "x"), CG_OK);
}

/* A text of `length` bytes: `head` once, then "x". */
static void fill(char *text, size_t length, const char *head) {
    memset(text, 'x', length);
    memcpy(text, head, strlen(head));
    text[length] = '\0';
}

Test(error, the_longest_sentence_is_whole) {
    struct cg_error error;
    char text[CG_ERROR_TEXT_SIZE];
    fill(text, CG_ERROR_TEXT_SIZE - 1, "a");
    cg_error_set(&error, CG_INVALID, "%s", text);
    cr_assert_str_eq(error.text, text);
}

/* Where the last character that fits begins, seen from the end of the buffer. */
static const struct {
    const char *name;
    const char *character;
} characters[] = {
    {"one byte", "y"},
    {"two bytes", "\xc3\xa9"},
    {"three bytes", "\xe2\x82\xac"},
    {"four bytes", "\xf0\x9f\x98\x80"},
};

Test(error, longer_sentences_end_in_whole_characters_and_dots) {
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++) {
        size_t length = strlen(characters[i].character);
        for (size_t at = CG_ERROR_TEXT_SIZE - 12; at < CG_ERROR_TEXT_SIZE; at++) {
            struct cg_error error;
            char text[2 * CG_ERROR_TEXT_SIZE];
            fill(text, CG_ERROR_TEXT_SIZE + 40, "a");
            memcpy(text + at, characters[i].character, length);
            cg_error_set(&error, CG_INVALID, "%s", text);
            size_t cut = strlen(error.text);
            cr_assert_lt(cut, (size_t)CG_ERROR_TEXT_SIZE, "%s at %zu", characters[i].name, at);
            cr_assert_str_eq(error.text + cut - 3, "...", "%s at %zu", characters[i].name, at);
            cr_assert_eq(memcmp(error.text, text, cut - 3), 0, "%s at %zu", characters[i].name, at);
            cr_assert_neq((unsigned char)text[cut - 3] & 0xC0u, 0x80u, "%s at %zu: cut inside", characters[i].name, at);
        }
    }
}

Test(error, contexts_in_front_push_the_end_out) {
    struct cg_error error;
    char text[CG_ERROR_TEXT_SIZE];
    fill(text, CG_ERROR_TEXT_SIZE - 1, "cause");
    cg_error_set(&error, CG_INVALID, "%s", text);
    cg_error_wrap(&error, "where");
    cr_assert_eq(strlen(error.text), (size_t)CG_ERROR_TEXT_SIZE - 1);
    cr_assert_eq(strncmp(error.text, "where: causexx", 14), 0);
    cr_assert_str_eq(error.text + CG_ERROR_TEXT_SIZE - 4, "...");
    cg_error_wrap(&error, "%s", text);
    cr_assert_eq(strncmp(error.text, "causexx", 7), 0);
    cr_assert_eq(error.status, CG_INVALID);
}

static const struct {
    const char *name;
    const char *text;
    const char *expected;
} outside[] = {
    {"clean", "caf\xc3\xa9", "caf\xc3\xa9"},
    {"forged line", "x\n2026 - core - INFO - all is well", "x?2026 - core - INFO - all is well"},
    {"escape sequence", "\x1b]0;title\x07", "?]0;title?"},
    {"no UTF-8", "a\xff\xc0\x80z", "a???z"},
};

static cg_status set_by_list(struct cg_error *error, cg_status status, const char *format, ...) CG_PRINTF(3, 4);
static cg_status set_by_list(struct cg_error *error, cg_status status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    cg_status answer = cg_error_setv(error, status, format, args);
    va_end(args);
    return answer;
}

Test(error, texts_from_outside_are_cleaned) {
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        struct cg_error error;
        cr_assert_eq(cg_error_set(&error, CG_AUTH, "%s", outside[i].text), CG_AUTH);
        cr_assert_str_eq(error.text, outside[i].expected, "%s", outside[i].name);
        cr_assert_eq(set_by_list(&error, CG_RANGE, "%s", outside[i].text), CG_RANGE);
        cr_assert_eq(error.status, CG_RANGE);
        cr_assert_str_eq(error.text, outside[i].expected, "%s", outside[i].name);
        cg_error_set(&error, CG_AUTH, "!");
        cg_error_wrap(&error, "%s", outside[i].text);
        cr_assert_eq(strncmp(error.text, outside[i].expected, strlen(outside[i].expected)), 0, "%s", outside[i].name);
    }
    cr_assert_eq(set_by_list(NULL, CG_RANGE, "%s", "x"), CG_RANGE);
}
