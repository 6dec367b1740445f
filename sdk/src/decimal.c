#include "decimal_parts.h"

#include <string.h>

/* 10^38 - 1, the greatest coefficient. */
static cg_u128 greatest_coefficient(void) {
    return cg_pow10_128(CG_DECIMAL_DIGITS) - 1;
}

cg_status cg_decimal_make(int negative, struct cg_u256 coefficient, int64_t exponent, struct cg_decimal *ret) {
    if (coefficient.high != 0 || coefficient.low > greatest_coefficient() || exponent < CG_DECIMAL_MIN_EXPONENT ||
        exponent > CG_DECIMAL_MAX_EXPONENT) {
        return CG_RANGE;
    }
    *ret = (struct cg_decimal){.low = (uint64_t)coefficient.low,
                               .high = (uint64_t)(coefficient.low >> 64),
                               .exponent = (int32_t)exponent,
                               .negative = negative != 0};
    return CG_OK;
}

cg_status cg_decimal_make_rounded(int negative, struct cg_u256 coefficient, int sticky, int64_t exponent,
                                  uint32_t digits, uint32_t rounding, struct cg_decimal *ret) {
    unsigned has = cg_digits_256(coefficient);
    if (has > digits) {
        unsigned drop = has - digits;
        coefficient = cg_round_256(coefficient, drop, sticky, rounding);
        exponent += drop;
        if (coefficient.low == cg_pow10_128(digits)) {
            coefficient.low /= 10;
            exponent++;
        }
    }
    return cg_decimal_make(negative, coefficient, exponent, ret);
}

struct cg_decimal cg_decimal_from_int64(int64_t value) {
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    return (struct cg_decimal){.low = magnitude, .negative = value < 0};
}

int32_t cg_decimal_is_zero(const struct cg_decimal *value) {
    return (value->low | value->high) == 0;
}

struct cg_decimal cg_decimal_negate(const struct cg_decimal *value) {
    struct cg_decimal result = *value;
    result.negative = result.negative == 0;
    return result;
}

/* Compares numbers that are not 0, without their signs. */
static int32_t compare_magnitudes(const struct cg_decimal *left, const struct cg_decimal *right) {
    cg_u128 a = cg_decimal_coefficient(left), b = cg_decimal_coefficient(right);
    int64_t difference = (int64_t)left->exponent - right->exponent;
    if (difference == 0) {
        return a == b ? 0 : a < b ? -1 : 1;
    }
    /* The place of the first digit decides unless it is the same; the exponents then differ by 38 at most. */
    int64_t place = difference + (int64_t)cg_digits_128(a) - (int64_t)cg_digits_128(b);
    if (place != 0) {
        return place < 0 ? -1 : 1;
    }
    struct cg_u256 x = {.low = a}, y = {.low = b};
    if (difference > 0) {
        x = cg_multiply_128(a, cg_pow10_128((unsigned)difference));
    } else {
        y = cg_multiply_128(b, cg_pow10_128((unsigned)-difference));
    }
    if (x.high != y.high) {
        return x.high < y.high ? -1 : 1;
    }
    return x.low == y.low ? 0 : x.low < y.low ? -1 : 1;
}

int32_t cg_decimal_compare(const struct cg_decimal *left, const struct cg_decimal *right) {
    int32_t left_sign = cg_decimal_is_zero(left) ? 0 : left->negative ? -1 : 1;
    int32_t right_sign = cg_decimal_is_zero(right) ? 0 : right->negative ? -1 : 1;
    if (left_sign != right_sign) {
        return left_sign < right_sign ? -1 : 1;
    }
    return left_sign == 0 ? 0 : left_sign * compare_magnitudes(left, right);
}

/* Sum of two numbers in units of the same power of ten. */
static cg_status add_aligned(int left_negative, struct cg_u256 left, int right_negative, struct cg_u256 right,
                             int64_t exponent, struct cg_decimal *ret) {
    if (left_negative == right_negative) {
        struct cg_u256 sum = {.low = left.low + right.low, .high = left.high + right.high};
        sum.high += sum.low < left.low;
        return cg_decimal_make(left_negative, sum, exponent, ret);
    }
    int left_is_less = left.high != right.high ? left.high < right.high : left.low < right.low;
    struct cg_u256 great = left_is_less ? right : left;
    struct cg_u256 small = left_is_less ? left : right;
    struct cg_u256 difference = {.low = great.low - small.low,
                                 .high = great.high - small.high - (great.low < small.low)};
    int is_zero = difference.low == 0 && difference.high == 0;
    int negative = left_is_less ? right_negative : left_negative;
    return cg_decimal_make(negative && !is_zero, difference, exponent, ret);
}

/* The coefficient in units of 10^(exponent - shift). The sum of a number with more than 40 digits never fits. */
static cg_status align(const struct cg_decimal *value, int64_t shift, struct cg_u256 *ret) {
    cg_u128 coefficient = cg_decimal_coefficient(value);
    *ret = (struct cg_u256){.low = coefficient};
    if (shift == 0 || coefficient == 0) {
        return CG_OK;
    }
    if (shift + cg_digits_128(coefficient) > CG_DECIMAL_DIGITS + 2) {
        return CG_RANGE;
    }
    *ret = cg_scale_256(*ret, (unsigned)shift);
    return CG_OK;
}

static cg_status add(const struct cg_decimal *left, const struct cg_decimal *right, int right_negative,
                     struct cg_decimal *ret) {
    int left_negative = left->negative != 0;
    if (left->exponent == right->exponent && (left->high | right->high) == 0 && left_negative == right_negative &&
        left->exponent >= CG_DECIMAL_MIN_EXPONENT && left->exponent <= CG_DECIMAL_MAX_EXPONENT) {
        cg_u128 sum = (cg_u128)left->low + right->low;
        *ret = (struct cg_decimal){(uint64_t)sum, (uint64_t)(sum >> 64), left->exponent, (uint32_t)left_negative};
        return CG_OK;
    }
    int64_t exponent = left->exponent < right->exponent ? left->exponent : right->exponent;
    struct cg_u256 a, b;
    if (align(left, left->exponent - exponent, &a) != CG_OK || align(right, right->exponent - exponent, &b) != CG_OK) {
        return CG_RANGE;
    }
    return add_aligned(left_negative, a, right_negative, b, exponent, ret);
}

cg_status cg_decimal_add(const struct cg_decimal *left, const struct cg_decimal *right, struct cg_decimal *ret) {
    return add(left, right, right->negative != 0, ret);
}

cg_status cg_decimal_subtract(const struct cg_decimal *left, const struct cg_decimal *right, struct cg_decimal *ret) {
    return add(left, right, right->negative == 0, ret);
}

cg_status cg_decimal_quantize(const struct cg_decimal *value, int32_t exponent, uint32_t rounding,
                              struct cg_decimal *ret) {
    struct cg_u256 result;
    int64_t shift = (int64_t)value->exponent - exponent;
    if (shift >= 0) {
        if (align(value, shift, &result) != CG_OK) {
            return CG_RANGE;
        }
    } else {
        unsigned drop = -shift < 64 ? (unsigned)-shift : 64;
        result = (struct cg_u256){.low = cg_round_128(cg_decimal_coefficient(value), drop, 0, rounding)};
    }
    return cg_decimal_make(value->negative != 0, result, exponent, ret);
}
