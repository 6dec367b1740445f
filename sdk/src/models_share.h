/*
 * models_share.h - what the models have in common: rounding to units, the remainder, and the row.
 *
 * Private to the helper library.
 */
#ifndef CHITRAGUPT_SDK_MODELS_SHARE_H
#define CHITRAGUPT_SDK_MODELS_SHARE_H

#include <chitragupt/models.h>

/** The amount in units of 0.0001 and what is below: amount = whole + rest. */
struct cg_cut {
    struct cg_decimal whole; /**< exponent -4 */
    struct cg_decimal rest;
};

/** Cuts the split's amount. Error: CG_RANGE with a text. */
cg_status cg_cut_amount(const struct cg_split *split, struct cg_cut *ret);

/**
 * How a difference in units of 0.0001 goes out over `count` rows, one unit to each row in turn from the first on: every
 * row gets `each`, and the first `extra` rows get `step` more.
 */
struct cg_remainder {
    struct cg_decimal each;
    struct cg_decimal step;
    size_t extra;
};

/** Spreads `difference`, whose exponent is -4. `count` is not 0. */
struct cg_remainder cg_spread(const struct cg_decimal *difference, size_t count);

/** Adds row `index`'s part of the remainder. Error: CG_RANGE. */
cg_status cg_add_remainder(const struct cg_remainder *remainder, size_t index, struct cg_decimal *amount);

/** Hands one row to the sink; `method` is used unless the split has its own. */
cg_status cg_put_row(const struct cg_split *split, const char *method, const char *id, const struct cg_decimal *amount,
                     double ratio);

/** The sentence for a split whose numbers do not fit; returns CG_RANGE. */
cg_status cg_split_range_error(const struct cg_split *split);

/** The sentence for scratch memory that ran out; returns CG_NO_MEMORY. */
cg_status cg_scratch_error(const struct cg_host *host, const char *what);

/** Zeroed scratch memory for `count` items of `size` bytes, or NULL when it is too much. `count` is not 0. */
void *cg_scratch_array(const struct cg_host *host, size_t count, size_t size);

#endif
