#include "engine/topic_split.h"

#include <math.h>
#include <stdlib.h>

/* A share below this is 0 in units of 0.0001, whatever the cost: costs are below 10^34. */
#define LEAST_RATIO 1e-40

__extension__ typedef unsigned __int128 units;

/* A topic with a share. */
struct share {
    size_t index;
    double ratio;
};

/* The cost in units of 0.0001, and what is below. */
struct cut {
    struct cg_decimal whole;
    struct cg_decimal rest;
};

void cg_topic_total_add(struct cg_topic_total *total, double number) {
    double next = total->sum + number;
    if (fabs(total->sum) >= fabs(number))
        total->lost += (total->sum - next) + number;
    else
        total->lost += (number - next) + total->sum;
    total->sum = next;
}

double cg_topic_total_of(const struct cg_topic_total *total) {
    return total->sum + total->lost;
}

static double total_of(const double *weights, size_t count) {
    struct cg_topic_total total = {0};
    for (size_t i = 0; i < count; i++)
        cg_topic_total_add(&total, weights[i]);
    return cg_topic_total_of(&total);
}

static struct cg_decimal nothing(void) {
    return (struct cg_decimal){.exponent = CG_DECIMAL_UNIT_EXPONENT};
}

/* whole * ratio in units of 0.0001; never minus zero. */
static cg_status take_part(const struct cg_decimal *whole, double ratio, struct cg_decimal *ret) {
    struct cg_decimal factor;
    struct cg_decimal part = nothing();
    if (fabs(ratio) >= LEAST_RATIO &&
        (cg_decimal_from_double(ratio, &factor) != CG_OK ||
         cg_decimal_multiply(whole, &factor, CG_DECIMAL_CONTEXT_DIGITS, CG_ROUND_HALF_EVEN, &part) != CG_OK ||
         cg_decimal_quantize(&part, CG_DECIMAL_UNIT_EXPONENT, CG_ROUND_HALF_UP, &part) != CG_OK))
        return CG_RANGE;
    *ret = cg_decimal_is_zero(&part) ? nothing() : part;
    return CG_OK;
}

/* Gives each topic its rounded part; lists those with a share, and answers what is missing to the whole. */
static cg_status share_out(const struct cg_decimal *whole, const double *weights, size_t count, double total,
                           struct share *shares, size_t *ret_share_count, struct cg_decimal *amounts,
                           struct cg_decimal *ret_left) {
    struct cg_decimal left = *whole;
    size_t share_count = 0;
    for (size_t i = 0; i < count; i++) {
        double ratio = (weights ? weights[i] : 1) / total;
        cg_status status = CG_OK;
        if (!weights && i > 0)
            amounts[i] = amounts[0];
        else
            status = take_part(whole, ratio, &amounts[i]);
        if (status != CG_OK || cg_decimal_subtract(&left, &amounts[i], &left) != CG_OK)
            return CG_RANGE;
        if (ratio != 0)
            shares[share_count++] = (struct share){.index = i, .ratio = ratio};
    }
    *ret_share_count = share_count;
    *ret_left = left;
    return share_count ? CG_OK : CG_RANGE;
}

/* The largest share first; equal ones by name, which is their order. */
static int compare_shares(const void *left, const void *right) {
    const struct share *a = left;
    const struct share *b = right;
    if (a->ratio != b->ratio)
        return a->ratio > b->ratio ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* Hands out what is missing, a unit to each share in turn, and what is below a unit to the first one. */
static cg_status hand_out(const struct cg_decimal *left, const struct cg_decimal *rest, struct share *shares,
                          size_t count, struct cg_decimal *amounts) {
    units missing = (units)left->high << 64 | left->low;
    units each = missing / count;
    size_t extra = (size_t)(missing % count);
    cg_status status = CG_OK;
    qsort(shares, count, sizeof *shares, compare_shares);
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        units own = each + (i < extra);
        struct cg_decimal more = {.low = (uint64_t)own,
                                  .high = (uint64_t)(own >> 64),
                                  .exponent = CG_DECIMAL_UNIT_EXPONENT,
                                  .negative = left->negative};
        struct cg_decimal *amount = &amounts[shares[i].index];
        if (own)
            status = cg_decimal_add(amount, &more, amount);
        if (status == CG_OK && i == 0 && !cg_decimal_is_zero(rest))
            status = cg_decimal_add(amount, rest, amount);
    }
    return status;
}

static cg_status cut_cost(const struct cg_decimal *cost, struct cut *ret) {
    if (cg_decimal_quantize(cost, CG_DECIMAL_UNIT_EXPONENT, CG_ROUND_HALF_UP, &ret->whole) != CG_OK ||
        cg_decimal_subtract(cost, &ret->whole, &ret->rest) != CG_OK)
        return CG_RANGE;
    return CG_OK;
}

static cg_status too_large(const struct cg_decimal *cost, struct cg_error *error) {
    char text[CG_DECIMAL_TEXT_SIZE];
    cg_decimal_format(cost, text);
    return cg_error_set(error, CG_RANGE, "the cost %s cannot be split in units of 0.0001 within %d digits", text,
                        CG_DECIMAL_DIGITS);
}

cg_status cg_topic_split(const struct cg_decimal *cost, const double *weights, size_t count, struct cg_arena *arena,
                         struct cg_decimal *ret_amounts, struct cg_error *error) {
    struct cut cut;
    struct cg_decimal left;
    size_t share_count = 0;
    double total = weights ? total_of(weights, count) : (double)count;
    if (total == 0 || !isfinite(total))
        return CG_NOT_FOUND;
    if (cut_cost(cost, &cut) != CG_OK)
        return too_large(cost, error);
    struct share *shares = cg_arena_array(arena, count, sizeof *shares);
    if (!shares)
        return cg_error_no_memory(error);
    cg_status status = share_out(&cut.whole, weights, count, total, shares, &share_count, ret_amounts, &left);
    if (status == CG_OK && !(cg_decimal_is_zero(&left) && cg_decimal_is_zero(&cut.rest)))
        status = hand_out(&left, &cut.rest, shares, share_count, ret_amounts);
    if (status == CG_OK)
        return CG_OK;
    /* Weights of both signs can nearly cancel, and then shares are many times the cost. */
    return weights ? CG_NOT_FOUND : too_large(cost, error);
}
