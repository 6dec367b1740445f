#include "base/arena.h"

#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

static struct cg_arena *arena;

static void setup(void) {
    arena = cg_arena_new();
    cr_assert(arena);
}

static void teardown(void) {
    cg_arena_free(arena);
}

TestSuite(arena, .init = setup, .fini = teardown);

static const size_t sizes[] = {0, 1, 15, 16, 17, 4095, 4096, 4097, 65536, 262144, 262145, 3000000};

Test(arena, memory_is_zeroed_aligned_and_apart) {
    unsigned char *blocks[sizeof sizes / sizeof *sizes];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        blocks[i] = cg_arena_alloc(arena, sizes[i]);
        cr_assert(blocks[i], "%zu bytes", sizes[i]);
        cr_assert_eq((uintptr_t)blocks[i] % alignof(max_align_t), 0, "%zu bytes", sizes[i]);
        for (size_t at = 0; at < sizes[i]; at++)
            cr_assert_eq(blocks[i][at], 0, "%zu bytes, at %zu", sizes[i], at);
        memset(blocks[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t at = 0; at < sizes[i]; at++)
            cr_assert_eq(blocks[i][at], i + 1, "%zu bytes, at %zu", sizes[i], at);
}

Test(arena, memory_is_zeroed_after_a_reset) {
    memset(cg_arena_alloc(arena, 4096), 0xff, 4096);
    cg_arena_reset(arena);
    const unsigned char *again = cg_arena_alloc(arena, 4096);
    for (size_t at = 0; at < 4096; at++)
        cr_assert_eq(again[at], 0, "at %zu", at);
}

Test(arena, reset_keeps_one_block_of_modest_size) {
    cg_arena_reset(arena);
    cr_assert_eq(cg_arena_size(arena), 0);
    for (int i = 0; i < 1000; i++)
        cr_assert(cg_arena_alloc(arena, 1000));
    size_t full = cg_arena_size(arena);
    cg_arena_reset(arena);
    size_t kept = cg_arena_size(arena);
    cr_assert_gt(kept, 0);
    cr_assert_lt(kept, full);
    cr_assert_leq(kept, 262144);
    cr_assert(cg_arena_alloc(arena, kept));
    cr_assert_eq(cg_arena_size(arena), kept, "the kept block is used again");
    cr_assert(cg_arena_alloc(arena, 10 * 1000 * 1000));
    cg_arena_reset(arena);
    cr_assert_eq(cg_arena_size(arena), 0, "a huge block does not stay");
    cr_assert(cg_arena_alloc(arena, 1));
}

static const struct {
    const char *name;
    size_t count;
    size_t size;
    int32_t fits;
} arrays[] = {
    {"some", 10, 8, 1},
    {"none", 0, 8, 1},
    {"of nothing", 8, 0, 1},
    {"product overflows", SIZE_MAX / 2, 3, 0},
    {"product overflows to zero", SIZE_MAX / 2 + 1, 2, 0},
    {"too much", SIZE_MAX, 1, 0},
    {"half of everything", SIZE_MAX / 2 + 1, 1, 0},
};

Test(arena, arrays) {
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        cr_assert_eq(cg_arena_array(arena, arrays[i].count, arrays[i].size) != NULL, arrays[i].fits, "%s",
                     arrays[i].name);
}

Test(arena, texts) {
    cr_assert_str_eq(cg_arena_string(arena, "text"), "text");
    cr_assert_str_eq(cg_arena_string(arena, ""), "");
    cr_assert_null(cg_arena_string(arena, NULL));
    cr_assert_str_eq(cg_arena_copy(arena, "text", 2), "te");
    cr_assert_str_eq(cg_arena_copy(arena, NULL, 0), "");
    const char *bytes = cg_arena_copy(arena, "a\0b", 3);
    cr_assert_eq(memcmp(bytes, "a\0b", 4), 0, "NULs inside are copied");
    cr_assert_null(cg_arena_copy(arena, "x", SIZE_MAX));
    cr_assert_str_eq(cg_arena_printf(arena, "%s-%d", "a", 7), "a-7");
    cr_assert_str_eq(cg_arena_printf(arena, "%s", ""), "");
    const char *wide = cg_arena_printf(arena, "%09000d", 7);
    cr_assert_eq(strlen(wide), 9000);
}

Test(arena, nothing_to_free) {
    cg_arena_free(NULL);
}
