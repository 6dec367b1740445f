#include "base/buf.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

Test(buf, grows_and_stays_terminated) {
    struct cg_buf buf;
    cg_buf_init(&buf, 100000);
    cr_assert_str_eq(cg_buf_text(&buf), "");
    cr_assert_eq(cg_buf_add(&buf, NULL, 0), CG_OK);
    cr_assert_eq(cg_buf_add_text(&buf, ""), CG_OK);
    cr_assert_str_eq(cg_buf_text(&buf), "");
    for (size_t i = 0; i < 10000; i++) {
        cr_assert_eq(cg_buf_add_char(&buf, (char)('a' + i % 26)), CG_OK);
        cr_assert_eq(buf.length, i + 1);
        cr_assert_eq(buf.data[buf.length], '\0');
    }
    for (size_t i = 0; i < 10000; i++)
        cr_assert_eq(buf.data[i], (char)('a' + i % 26), "at %zu", i);
    cg_buf_done(&buf);
    cr_assert_str_eq(cg_buf_text(&buf), "");
    cr_assert_eq(cg_buf_add_text(&buf, "again"), CG_OK, "it can be used again");
    cr_assert_str_eq(cg_buf_text(&buf), "again");
    cg_buf_done(&buf);
}

Test(buf, every_way_to_append) {
    struct cg_buf buf;
    cg_buf_init(&buf, 1000);
    cr_assert_eq(cg_buf_add(&buf, "ab", 2), CG_OK);
    cr_assert_eq(cg_buf_add_text(&buf, "cd"), CG_OK);
    cr_assert_eq(cg_buf_add_char(&buf, 'e'), CG_OK);
    cr_assert_eq(cg_buf_printf(&buf, "%03d%s", 7, "x"), CG_OK);
    cr_assert_eq(cg_buf_printf(&buf, "%s", ""), CG_OK);
    cr_assert_str_eq(cg_buf_text(&buf), "abcde007x");
    cg_buf_clear(&buf);
    cr_assert_str_eq(cg_buf_text(&buf), "");
    cr_assert_eq(cg_buf_add(&buf, "a\0b", 3), CG_OK);
    cr_assert_eq(buf.length, 3);
    cg_buf_done(&buf);
}

/* Limits from both sides; `before` bytes are in the buffer already. */
static const struct {
    const char *name;
    size_t limit;
    size_t before;
    size_t added;
    cg_status status;
} limits[] = {
    {"exactly full", 10, 0, 10, CG_OK},
    {"one too many", 10, 0, 11, CG_RANGE},
    {"full with what was there", 10, 4, 6, CG_OK},
    {"one too many with what was there", 10, 4, 7, CG_RANGE},
    {"nothing onto a full one", 10, 10, 0, CG_OK},
    {"no room at all", 0, 0, 1, CG_RANGE},
    {"nothing into no room", 0, 0, 0, CG_OK},
    {"limit beyond the first block", 65, 64, 1, CG_OK},
};

Test(buf, ends_at_its_limit) {
    char text[128];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        for (int printed = 0; printed < 2; printed++) {
            struct cg_buf buf;
            cg_buf_init(&buf, limits[i].limit);
            cr_assert_eq(cg_buf_add(&buf, text, limits[i].before), CG_OK, "%s", limits[i].name);
            cg_status status = printed ? cg_buf_printf(&buf, "%.*s", (int)limits[i].added, text)
                                       : cg_buf_add(&buf, text, limits[i].added);
            cr_assert_eq(status, limits[i].status, "%s: %d", limits[i].name, (int)status);
            cr_assert_eq(buf.length, status == CG_OK ? limits[i].before + limits[i].added : 0, "%s", limits[i].name);
            cg_buf_done(&buf);
        }
    }
}

Test(buf, a_failure_stays) {
    struct cg_buf buf;
    cg_buf_init(&buf, 4);
    cr_assert_eq(cg_buf_add_text(&buf, "12345"), CG_RANGE);
    cr_assert_eq(cg_buf_add_text(&buf, "1"), CG_RANGE);
    cr_assert_eq(cg_buf_add_char(&buf, '1'), CG_RANGE);
    cr_assert_eq(cg_buf_printf(&buf, "1"), CG_RANGE);
    cr_assert_eq(cg_buf_add(&buf, NULL, 0), CG_RANGE);
    cr_assert_str_eq(cg_buf_text(&buf), "");
    cg_buf_clear(&buf);
    cr_assert_eq(cg_buf_add_text(&buf, "1234"), CG_OK, "clear forgets the failure");
    cg_buf_done(&buf);
}

Test(buf, no_limit_does_not_wrap) {
    struct cg_buf buf;
    cg_buf_init(&buf, SIZE_MAX);
    cr_assert_eq(cg_buf_add(&buf, "x", SIZE_MAX), CG_RANGE);
    cg_buf_clear(&buf);
    cr_assert_eq(cg_buf_add_text(&buf, "x"), CG_OK);
    cr_assert_eq(cg_buf_add(&buf, "x", SIZE_MAX - 1), CG_RANGE);
    cg_buf_done(&buf);
}
