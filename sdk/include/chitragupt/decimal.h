/*
 * decimal.h - exact decimal numbers.
 *
 * A decimal is sign, coefficient and exponent: (-1)^negative * coefficient * 10^exponent, with a coefficient of at most
 * 38 digits. The exponent is part of the value's text (10, 10.0 and 10.00 are equal but print differently), as in the
 * General Decimal Arithmetic specification (http://speleotrove.com/decimal/), whose to-scientific-string is the text
 * form here.
 *
 * No operation wraps or loses digits silently: a result that does not fit answers CG_RANGE and leaves *ret alone.
 * Rounding happens only where a parameter asks for it. All functions are pure, thread: [any].
 *
 * The functions live in the helper library (libchitragupt-sdk.a); the struct crosses the border by value or pointer.
 *
 * Since ABI 1.0.
 */
#ifndef CHITRAGUPT_DECIMAL_H
#define CHITRAGUPT_DECIMAL_H

#include <chitragupt/error.h>

CG_BEGIN_DECLS

/** Frozen. A zero-initialised struct is the number 0. */
struct cg_decimal {
    uint64_t low;      /**< coefficient, low 64 bits */
    uint64_t high;     /**< coefficient, high 64 bits; coefficient < 10^38 */
    int32_t exponent;  /**< power of ten, CG_DECIMAL_MIN_EXPONENT..CG_DECIMAL_MAX_EXPONENT */
    uint32_t negative; /**< 1 for negative numbers and for minus zero, else 0 */
};

/** Most digits a coefficient can have. */
#define CG_DECIMAL_DIGITS 38
/** Smallest and greatest exponent. */
#define CG_DECIMAL_MIN_EXPONENT (-64)
#define CG_DECIMAL_MAX_EXPONENT 64
/** Size of a buffer that holds any decimal's text with its NUL. */
#define CG_DECIMAL_TEXT_SIZE 96

/** Significant digits of products and quotients in allocation. */
#define CG_DECIMAL_CONTEXT_DIGITS 28
/** Exponent of the unit in which costs are split: 0.0001. */
#define CG_DECIMAL_UNIT_EXPONENT (-4)

/** Rounding modes. */
#define CG_ROUND_HALF_UP 0   /**< ties away from zero */
#define CG_ROUND_HALF_EVEN 1 /**< ties to the even digit */
#define CG_ROUND_DOWN 2      /**< towards zero */

/**
 * Reads `[+-] digits [. digits] [(e|E) [+-] digits]`, spaces around it allowed, nothing else: no NaN, no infinity, no
 * `_`. `text` need not be NUL-terminated. Trailing zeros and the exponent are kept. Errors: CG_INVALID when it is not
 * such a text, CG_RANGE when coefficient or exponent do not fit.
 */
cg_status cg_decimal_parse(const char *text, size_t length, struct cg_decimal *ret);

/**
 * Writes the to-scientific-string form and a NUL into `buffer` (CG_DECIMAL_TEXT_SIZE bytes); returns the length without
 * NUL. Plain digits when exponent <= 0 and the first digit stands at most 6 places after the point, else `dE+n` /
 * `dE-n`.
 */
size_t cg_decimal_format(const struct cg_decimal *value, char *buffer);

/** `value` with exponent 0. */
struct cg_decimal cg_decimal_from_int64(int64_t value);

/**
 * The shortest decimal text that reads back as the same double, as a decimal: 0.1 -> 0.1, 1e16 -> 1E+16, 2.0 -> 2.0 (a
 * whole double below 1e16 keeps one decimal place). Errors: CG_INVALID for NaN and infinities, CG_RANGE beyond the
 * exponent range.
 */
cg_status cg_decimal_from_double(double value, struct cg_decimal *ret);

/** The nearest double; only for ratios, charts and metrics, never for money that is written back. */
double cg_decimal_to_double(const struct cg_decimal *value);

/** True for 0, -0, 0.000. */
int32_t cg_decimal_is_zero(const struct cg_decimal *value);

/** -1, 0 or 1; compares values, so 1.0 and 1.00 are equal. Never fails, whatever the exponents. */
int32_t cg_decimal_compare(const struct cg_decimal *left, const struct cg_decimal *right);

/** Exact sum; exponent is the smaller of both. Error: CG_RANGE. `ret` may be an operand, here and below. */
cg_status cg_decimal_add(const struct cg_decimal *left, const struct cg_decimal *right, struct cg_decimal *ret);

/** Exact difference. Error: CG_RANGE. */
cg_status cg_decimal_subtract(const struct cg_decimal *left, const struct cg_decimal *right, struct cg_decimal *ret);

/** The number with its sign flipped. */
struct cg_decimal cg_decimal_negate(const struct cg_decimal *value);

/**
 * Product; exponents add. `digits` = 0 asks for the exact product (CG_RANGE when it has more than 38 digits); else a
 * product with more than `digits` (1..38) significant digits is rounded by `rounding`.
 */
cg_status cg_decimal_multiply(const struct cg_decimal *left, const struct cg_decimal *right, uint32_t digits,
                              uint32_t rounding, struct cg_decimal *ret);

/**
 * Quotient with at most `digits` (1..38) significant digits. An exact quotient has the exponent nearest to the
 * difference of the exponents; another one is rounded. Error: CG_RANGE when `right` is zero or the result does not fit.
 */
cg_status cg_decimal_divide(const struct cg_decimal *left, const struct cg_decimal *right, uint32_t digits,
                            uint32_t rounding, struct cg_decimal *ret);

/** `value` with exactly the given exponent, rounded or padded with zeros. Error: CG_RANGE. */
cg_status cg_decimal_quantize(const struct cg_decimal *value, int32_t exponent, uint32_t rounding,
                              struct cg_decimal *ret);

CG_END_DECLS

#endif
