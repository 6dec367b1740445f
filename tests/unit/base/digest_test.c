#include <criterion/criterion.h>
#include <string.h>

#include "base/digest.h"

/* What is put in: texts, in this order; "" stands for the empty text, "-" for NULL. */
struct pair {
    const char *name;
    const char *left[3];
    const char *right[3];
};

static void digest_of(const char *what, const char *const texts[3], char *ret) {
    struct cg_digest digest;
    cg_digest_start(&digest, what);
    for (size_t i = 0; i < 3 && texts[i]; i++)
        cg_digest_text(&digest, strcmp(texts[i], "-") == 0 ? NULL : texts[i]);
    cg_digest_end_text(&digest, ret);
}

Test(digest, tells_apart_what_differs) {
    static const struct pair pairs[] = {
        {"where one text ends", {"ab", "c"}, {"a", "bc"}},
        {"order", {"a", "b"}, {"b", "a"}},
        {"an empty text more", {"a"}, {"a", ""}},
        {"absent and empty", {"-"}, {""}},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char left[CG_DIGEST_TEXT_SIZE];
        char right[CG_DIGEST_TEXT_SIZE];
        digest_of("test", pairs[i].left, left);
        digest_of("test", pairs[i].right, right);
        cr_assert_str_neq(left, right, "%s", pairs[i].name);
    }
}

Test(digest, is_the_same_for_the_same) {
    static const char *const texts[3] = {"a", "-", "b"};
    char first[CG_DIGEST_TEXT_SIZE];
    char second[CG_DIGEST_TEXT_SIZE];
    char other[CG_DIGEST_TEXT_SIZE];
    digest_of("test", texts, first);
    digest_of("test", texts, second);
    digest_of("another thing", texts, other);
    cr_assert_str_eq(first, second);
    cr_assert_str_neq(first, other);
    cr_assert_eq(strlen(first), CG_DIGEST_TEXT_SIZE - 1);
}

Test(digest, takes_numbers_as_they_are_written) {
    struct cg_decimal values[2];
    char texts[2][CG_DIGEST_TEXT_SIZE];
    static const char *const written[2] = {"1.5", "1.50"};
    for (size_t i = 0; i < 2; i++) {
        struct cg_digest digest;
        cr_assert_eq(cg_decimal_parse(written[i], strlen(written[i]), &values[i]), CG_OK);
        cg_digest_start(&digest, "test");
        cg_digest_decimal(&digest, &values[i]);
        cg_digest_end_text(&digest, texts[i]);
    }
    cr_assert_str_neq(texts[0], texts[1]);
}
