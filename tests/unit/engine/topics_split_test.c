/* One cost over several topics: exact, and nothing of the remainder to topics without a share. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "engine/topic_split.h"

#define MOST 8

static struct cg_decimal number(const char *text) {
    struct cg_decimal value = {0};
    cr_assert_eq(cg_decimal_parse(text, strlen(text), &value), CG_OK, "%s", text);
    return value;
}

static const struct {
    const char *name;
    const char *cost;
    size_t count;
    int32_t even;
    double weights[MOST];
    const char *amounts; /* joined by blanks */
} cases[] = {
    {"thirds", "100", 3, 0, {1, 1, 1}, "33.3334 33.3333 33.3333"},
    {"thirds, evenly", "100", 3, 1, {0}, "33.3334 33.3333 33.3333"},
    {"none for the idle one", "100", 4, 0, {0, 1, 1, 1}, "0.0000 33.3334 33.3333 33.3333"},
    {"too little to go round", "0.0002", 4, 0, {0, 1, 1, 1}, "0.0000 0.0000 0.0001 0.0001"},
    {"sevenths", "1", 7, 1, {0}, "0.1428 0.1428 0.1428 0.1429 0.1429 0.1429 0.1429"},
    {"sixths", "10", 6, 1, {0}, "1.6666 1.6666 1.6667 1.6667 1.6667 1.6667"},
    {"by size", "10", 2, 0, {4, 2}, "6.6667 3.3333"},
    {"the largest share first", "0.01", 3, 0, {1, 1, 4}, "0.0017 0.0017 0.0066"},
    {"a tie goes by name", "0.0010", 3, 0, {1, 1, 1}, "0.0004 0.0003 0.0003"},
    {"refund", "-3", 2, 0, {1, 2}, "-1.0000 -2.0000"},
    {"refund with an idle topic", "-10", 4, 0, {1, 1, 0, 1}, "-3.3334 -3.3333 0.0000 -3.3333"},
    {"nothing to split", "0", 2, 1, {0}, "0.0000 0.0000"},
    {"minus nothing", "-0.00", 2, 1, {0}, "0.0000 0.0000"},
    {"one topic", "12.345678", 1, 1, {0}, "12.345678"},
    {"below a unit, to the largest", "12.345678", 3, 0, {1, 0, 2}, "4.1152 0.0000 8.230478"},
    {"below a unit, evenly", "0.00001", 2, 1, {0}, "0.00001 0.0000"},
    {"both signs", "10", 2, 0, {-1, 3}, "-5.0000 15.0000"},
    {"all below zero", "10", 2, 0, {-1, -3}, "2.5000 7.5000"},
    {"a share too small to see", "10", 2, 0, {1e-300, 1e300}, "0.0000 10.0000"},
    {"a large cost",
     "1234567890123456789.0001",
     3,
     1,
     {0},
     "411522630041152263.0001 411522630041152263.0000 411522630041152263.0000"},
};

/* Amounts joined by blanks. */
static const char *join(const struct cg_decimal *amounts, size_t count) {
    static char text[MOST * CG_DECIMAL_TEXT_SIZE];
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        char one[CG_DECIMAL_TEXT_SIZE];
        cg_decimal_format(&amounts[i], one);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? " " : "", one);
    }
    return text;
}

Test(topic_split, to_the_last_digit) {
    struct cg_arena *arena = cg_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cg_decimal amounts[MOST];
        struct cg_decimal cost = number(cases[i].cost);
        struct cg_error error = {0};
        cr_assert_eq(
            cg_topic_split(&cost, cases[i].even ? NULL : cases[i].weights, cases[i].count, arena, amounts, &error),
            CG_OK, "%s: %s", cases[i].name, error.text);
        cr_assert_str_eq(join(amounts, cases[i].count), cases[i].amounts, "%s: %s", cases[i].name,
                         join(amounts, cases[i].count));
    }
    cg_arena_free(arena);
}

static const struct {
    const char *name;
    double weights[2];
} useless[] = {
    {"zeros", {0, 0}},
    {"they cancel", {3, -3}},
    {"an infinity", {INFINITY, 1}},
    {"the sum is too much", {1e308, 1e308}},
    {"no number", {NAN, 1}},
    {"they nearly cancel", {1e300, -1e300 * (1 - 1e-15)}},
};

Test(topic_split, weights_that_say_nothing) {
    struct cg_arena *arena = cg_arena_new();
    struct cg_decimal cost = number("1e33");
    struct cg_decimal amounts[2];
    for (size_t i = 0; i < sizeof useless / sizeof *useless; i++)
        cr_assert_eq(cg_topic_split(&cost, useless[i].weights, 2, arena, amounts, NULL), CG_NOT_FOUND, "%s",
                     useless[i].name);
    cg_arena_free(arena);
}

Test(topic_split, a_cost_that_does_not_fit_is_told) {
    struct cg_arena *arena = cg_arena_new();
    struct cg_decimal cost = number("1e35");
    struct cg_decimal amounts[2];
    struct cg_error error = {0};
    cr_assert_eq(cg_topic_split(&cost, NULL, 2, arena, amounts, &error), CG_RANGE);
    cr_assert_str_eq(error.text, "the cost 1E+35 cannot be split in units of 0.0001 within 38 digits");
    cg_arena_free(arena);
}

/* ---- any numbers ---- */

static uint64_t state;

static uint64_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static double random_weight(void) {
    switch (next_random() % 4) {
    case 0:
        return 0;
    case 1:
        return 1;
    case 2:
        return (double)(next_random() % 1000);
    default:
        return (double)next_random() * 1e-7;
    }
}

/* The amounts sum to the cost, the signs are the cost's, and what has no share has no amount. */
Test(topic_split, any_cost_over_any_weights) {
    struct cg_arena *arena = cg_arena_new();
    state = UINT64_C(0x9e3779b97f4a7c15);
    for (int round = 0; round < 20000; round++) {
        double weights[40];
        struct cg_decimal amounts[40];
        size_t count = 1 + next_random() % 40;
        double most = 0;
        for (size_t i = 0; i < count; i++) {
            weights[i] = random_weight();
            most = weights[i] > most ? weights[i] : most;
        }
        const struct cg_decimal cost = {.low = next_random() >> next_random() % 64,
                                        .exponent = -(int32_t)(next_random() % 12),
                                        .negative = next_random() % 8 == 0};
        int even = next_random() % 4 == 0;
        cg_status status = cg_topic_split(&cost, even ? NULL : weights, count, arena, amounts, NULL);
        cr_assert_eq(status, even || most > 0 ? CG_OK : CG_NOT_FOUND, "round %d", round);
        struct cg_decimal sum = {0};
        for (size_t i = 0; i < count && status == CG_OK; i++) {
            cr_assert_eq(cg_decimal_add(&sum, &amounts[i], &sum), CG_OK);
            cr_assert(even || weights[i] > 0 || cg_decimal_is_zero(&amounts[i]), "round %d, topic %zu", round, i);
        }
        cr_assert(status != CG_OK || cg_decimal_compare(&sum, &cost) == 0, "round %d", round);
        cg_arena_reset(arena);
    }
    cg_arena_free(arena);
}
