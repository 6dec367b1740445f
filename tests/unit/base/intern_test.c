#include "base/intern.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(intern, equal_texts_have_equal_numbers) {
    struct cg_intern *intern = cg_intern_new();
    static const struct {
        const char *text;
        uint32_t number;
    } rows[] = {
        {NULL, 0}, {"a", 1}, {"b", 2}, {"", 3}, {"a", 1}, {"A", 4}, {"ab", 5}, {"", 3}, {NULL, 0}, {"b", 2},
    };
    cr_assert(intern);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t number = 99;
        cr_assert_eq(cg_intern_add(intern, rows[i].text, &number), CG_OK);
        cr_assert_eq(number, rows[i].number, "row %zu: %u", i, (unsigned)number);
    }
    cr_assert_eq(cg_intern_count(intern), 5);
    cr_assert_null(cg_intern_text(intern, 0));
    cr_assert_str_eq(cg_intern_text(intern, 3), "");
    cr_assert_str_eq(cg_intern_text(intern, 5), "ab");
    cr_assert_null(cg_intern_text(intern, 6));
    cr_assert_null(cg_intern_text(intern, UINT32_MAX));
    cg_intern_free(intern);
}

/* More than the first tables hold; the numbers and texts must survive every growth. */
Test(intern, many) {
    struct cg_intern *intern = cg_intern_new();
    const char *first = NULL;
    cr_assert(intern);
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 1; i <= 20000; i++) {
            char text[32];
            uint32_t number = 0;
            (void)snprintf(text, sizeof text, "resource-%u", (unsigned)i);
            cr_assert_eq(cg_intern_add(intern, text, &number), CG_OK);
            cr_assert_eq(number, i);
            cr_assert_str_eq(cg_intern_text(intern, number), text);
            if (i == 1 && pass == 0)
                first = cg_intern_text(intern, 1);
        }
    }
    cr_assert_eq(cg_intern_count(intern), 20000);
    cr_assert_eq(cg_intern_text(intern, 1), first, "a text does not move");
    cg_intern_free(intern);
}

Test(intern, hash) {
    cr_assert_eq(cg_hash_bytes("abc", 3), cg_hash_bytes("abcd", 3));
    cr_assert_neq(cg_hash_bytes("abc", 3), cg_hash_bytes("abd", 3));
    cr_assert_neq(cg_hash_bytes("a\0b", 3), cg_hash_bytes("a\0c", 3));
    cr_assert_eq(cg_hash_bytes("", 0), cg_hash_bytes("x", 0));
}

Test(intern, nothing_to_free) {
    cg_intern_free(NULL);
}
