/*
 * decimal_parts.h - how the files of the decimals put a result together.
 *
 * Private to the helper library. Every function that takes a cg_decimal is safe for any bits in it: a module's mistake
 * may give a wrong number or CG_RANGE, never undefined behaviour.
 */
#ifndef CHITRAGUPT_SDK_DECIMAL_PARTS_H
#define CHITRAGUPT_SDK_DECIMAL_PARTS_H

#include <chitragupt/decimal.h>

#include "wide.h"

static inline cg_u128 cg_decimal_coefficient(const struct cg_decimal *value) {
    return ((cg_u128)value->high << 64) | value->low;
}

/** The decimal with these parts; `negative` is any non-zero value. Error: CG_RANGE when it does not fit. */
cg_status cg_decimal_make(int negative, struct cg_u256 coefficient, int64_t exponent, struct cg_decimal *ret);

/**
 * The same with at most `digits` (1..38) digits. `sticky` says that the true coefficient lies less than one unit above
 * `coefficient`, which then has more than `digits` digits.
 */
cg_status cg_decimal_make_rounded(int negative, struct cg_u256 coefficient, int sticky, int64_t exponent,
                                  uint32_t digits, uint32_t rounding, struct cg_decimal *ret);

#endif
