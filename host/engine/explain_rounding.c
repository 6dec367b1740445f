/*
 * explain_rounding.c - how the shares of a split became amounts.
 *
 * The amount A of a split is cut into T, which is A in units of 0.0001, and the rest. Each row first gets q(T * ratio),
 * or q(T / n) in an even split; what is missing to T goes out in units of 0.0001 from the first row on, and the first
 * row gets the rest. See <chitragupt/models.h>. Whether a split was made this way is not known, so it is computed again
 * and compared; rows that do not follow are an allocator's own.
 */
#include <stdio.h>
#include <string.h>

#include "engine/explain_parts.h"

/* How many identities that got a unit are named. */
#define NAMES_LISTED 10

struct split {
    const struct cg_story_row *rows;
    size_t count;
    int has_ratios;
    struct cg_decimal amount;
    struct cg_decimal whole;  /* T */
    struct cg_decimal rest;   /* amount - T */
    struct cg_decimal shares; /* sum of what the rows get before units are handed out */
    struct cg_decimal base;   /* of each row, in an even split */
    struct cg_decimal unit;   /* 0.0001 or -0.0001 */
    uint64_t units;           /* handed out, to the first rows */
};

static int same_text(const char *left, const char *right) {
    return left && right ? strcmp(left, right) == 0 : left == right;
}

static int same_split(const struct cg_story_row *left, const struct cg_story_row *right) {
    return left->chain_tier == right->chain_tier && left->composition_index == right->composition_index &&
           strcmp(left->fact->cost_type, right->fact->cost_type) == 0 &&
           same_text(left->fact->allocation_method, right->fact->allocation_method) &&
           same_text(left->fact->allocation_detail, right->fact->allocation_detail);
}

/* ---- once more ---- */

static cg_status cut(struct split *split) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < split->count && status == CG_OK; i++) {
        split->has_ratios |= split->rows[i].ratio > 0;
        status = cg_decimal_add(&split->amount, &split->rows[i].fact->amount, &split->amount);
    }
    if (status == CG_OK)
        status = cg_decimal_quantize(&split->amount, CG_DECIMAL_UNIT_EXPONENT, CG_ROUND_HALF_UP, &split->whole);
    return status == CG_OK ? cg_decimal_subtract(&split->amount, &split->whole, &split->rest) : status;
}

static cg_status divide(struct split *split) {
    const struct cg_decimal count = {.low = split->count};
    cg_status status =
        cg_decimal_divide(&split->whole, &count, CG_DECIMAL_CONTEXT_DIGITS, CG_ROUND_HALF_EVEN, &split->base);
    return status == CG_OK ? cg_decimal_quantize(&split->base, CG_DECIMAL_UNIT_EXPONENT, CG_ROUND_HALF_UP, &split->base)
                           : status;
}

static cg_status share_of(const struct split *split, size_t index, struct cg_decimal *ret) {
    struct cg_decimal share = split->base;
    cg_status status = CG_OK;
    if (split->has_ratios) {
        status = cg_decimal_from_double(split->rows[index].ratio, &share);
        if (status == CG_OK)
            status = cg_decimal_multiply(&split->whole, &share, CG_DECIMAL_CONTEXT_DIGITS, CG_ROUND_HALF_EVEN, &share);
        if (status == CG_OK)
            status = cg_decimal_quantize(&share, CG_DECIMAL_UNIT_EXPONENT, CG_ROUND_HALF_UP, &share);
    }
    if (status == CG_OK)
        *ret = share;
    return status;
}

/* What is missing to T, which must be less than one unit for each row. */
static cg_status count_units(struct split *split) {
    struct cg_decimal missing;
    cg_status status = CG_OK;
    for (size_t i = 0; i < split->count && status == CG_OK; i++) {
        struct cg_decimal share;
        status = share_of(split, i, &share);
        if (status == CG_OK)
            status = cg_decimal_add(&split->shares, &share, &split->shares);
    }
    if (status == CG_OK)
        status = cg_decimal_subtract(&split->whole, &split->shares, &missing);
    if (status == CG_OK)
        status = cg_decimal_quantize(&missing, CG_DECIMAL_UNIT_EXPONENT, CG_ROUND_DOWN, &missing);
    if (status != CG_OK || missing.high || missing.low >= split->count)
        return CG_INVALID;
    split->units = missing.low;
    split->unit = (struct cg_decimal){.low = 1, .exponent = CG_DECIMAL_UNIT_EXPONENT, .negative = missing.negative};
    return CG_OK;
}

/* Whether every row has the amount that the rule gives it. */
static int follows(const struct split *split) {
    for (size_t i = 0; i < split->count; i++) {
        struct cg_decimal amount;
        cg_status status = share_of(split, i, &amount);
        if (status == CG_OK && i < split->units)
            status = cg_decimal_add(&amount, &split->unit, &amount);
        if (status == CG_OK && i == 0)
            status = cg_decimal_add(&amount, &split->rest, &amount);
        if (status != CG_OK || cg_decimal_compare(&amount, &split->rows[i].fact->amount) != 0)
            return 0;
    }
    return 1;
}

/* ---- in words ---- */

/* "rounding of 3 rows (part 1, tier 2)". */
static void describe(const struct split *split, char *text, size_t size) {
    const struct cg_story_row *row = split->rows;
    char part[32] = "";
    char tier[32] = "";
    if (row->composition_index >= 0)
        snprintf(part, sizeof part, "part %lld", (long long)row->composition_index + 1);
    if (row->chain_tier >= 0)
        snprintf(tier, sizeof tier, "tier %lld", (long long)row->chain_tier + 1);
    int any = *part || *tier;
    snprintf(text, size, "rounding of %zu row%s%s%s%s%s%s", split->count, CG_EXPLAIN_PLURAL(split->count),
             any ? " (" : "", part, *part && *tier ? ", " : "", tier, any ? ")" : "");
}

static void say_units(struct cg_explanation *explanation, const struct split *split) {
    char unit[CG_DECIMAL_TEXT_SIZE];
    if (!split->units) {
        cg_explain_say(explanation, 2, "units handed out: none");
        return;
    }
    struct cg_buf names;
    cg_buf_init(&names, CG_EXPLAIN_LINE_SIZE);
    size_t told = 0;
    for (size_t i = 0; i < split->units && told < NAMES_LISTED; i++) {
        const char *id = split->rows[i].fact->identity_id;
        if (cg_explain_lists(explanation, id))
            cg_buf_printf(&names, "%s%s", told++ ? ", " : "", id);
    }
    if (told < split->units && told)
        cg_buf_printf(&names, " and %llu more", (unsigned long long)(split->units - told));
    else if (!told)
        cg_buf_printf(&names, "the first %llu of the rows", (unsigned long long)split->units);
    cg_decimal_format(&split->unit, unit);
    cg_explain_say(explanation, 2, "units handed out: %llu of %s, one each to %s", (unsigned long long)split->units,
                   unit, names.status == CG_OK ? cg_buf_text(&names) : "the first rows");
    cg_buf_done(&names);
}

static void say_split(struct cg_explanation *explanation, const struct split *split) {
    char title[128];
    char amount[CG_DECIMAL_TEXT_SIZE];
    char whole[CG_DECIMAL_TEXT_SIZE];
    char text[CG_DECIMAL_TEXT_SIZE];
    describe(split, title, sizeof title);
    cg_decimal_format(&split->amount, amount);
    cg_decimal_format(&split->whole, whole);
    cg_explain_say(explanation, 1, "%s: T = %s, which is %s in units of 0.0001", title, whole, amount);
    if (split->has_ratios) {
        cg_decimal_format(&split->shares, text);
        cg_explain_say(explanation, 2, "shares: T x ratio in units of 0.0001, in all %s", text);
    } else {
        char shares[CG_DECIMAL_TEXT_SIZE];
        cg_decimal_format(&split->base, text);
        cg_decimal_format(&split->shares, shares);
        cg_explain_say(explanation, 2, "shares: T / %zu in units of 0.0001 = %s each, in all %s", split->count, text,
                       shares);
    }
    say_units(explanation, split);
    cg_decimal_format(&split->rest, text);
    if (cg_decimal_is_zero(&split->rest))
        cg_explain_say(explanation, 2, "rest below 0.0001: none");
    else
        cg_explain_say(explanation, 2, "rest below 0.0001: %s, to %s", text, split->rows[0].fact->identity_id);
}

static void explain_split(struct cg_explanation *explanation, struct split *split) {
    char title[128];
    describe(split, title, sizeof title);
    cg_status status = cut(split);
    if (split->count == 1) {
        cg_explain_say(explanation, 1, "%s: none, the whole amount goes to %s", title,
                       split->rows[0].fact->identity_id);
        return;
    }
    if (status == CG_OK && !split->has_ratios)
        status = divide(split);
    if (status == CG_OK)
        status = count_units(split);
    if (status == CG_OK && follows(split))
        say_split(explanation, split);
    else
        cg_explain_say(explanation, 1, "%s: the allocator's own; the amounts do not follow from ratios or equal shares",
                       title);
}

void cg_explain_rounding(struct cg_explanation *explanation, const struct cg_line_story *story) {
    for (size_t first = 0, next = 0; first < story->row_count; first = next) {
        while (next < story->row_count && same_split(&story->rows[first], &story->rows[next]))
            next++;
        struct split split = {.rows = &story->rows[first], .count = next - first};
        explain_split(explanation, &split);
    }
}
