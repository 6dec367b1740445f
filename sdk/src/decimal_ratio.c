/* Products and quotients. */
#include "decimal_parts.h"

cg_status cg_decimal_multiply(const struct cg_decimal *left, const struct cg_decimal *right, uint32_t digits,
                              uint32_t rounding, struct cg_decimal *ret) {
    if (digits > CG_DECIMAL_DIGITS) {
        return CG_RANGE;
    }
    struct cg_u256 product;
    if ((left->high | right->high) == 0) {
        product = (struct cg_u256){.low = (cg_u128)left->low * right->low};
    } else {
        product = cg_multiply_128(cg_decimal_coefficient(left), cg_decimal_coefficient(right));
    }
    int negative = (left->negative != 0) != (right->negative != 0);
    int64_t exponent = (int64_t)left->exponent + right->exponent;
    if (digits == 0) {
        return cg_decimal_make(negative, product, exponent, ret);
    }
    return cg_decimal_make_rounded(negative, product, 0, exponent, digits, rounding, ret);
}

/* Takes zeros from the end of an exact quotient, at most `limit`, and answers how many. It has at most 40 digits. */
static int64_t strip_zeros(struct cg_u256 *value, int64_t limit) {
    int64_t stripped = 0;
    for (unsigned step = 16; step > 0; step /= 2) {
        for (;;) {
            uint64_t rest = 0;
            struct cg_u256 quotient;
            if (stripped + (int64_t)step > limit) {
                break;
            }
            if (value->high == 0) {
                cg_u128 low = value->low / cg_pow10_64[step];
                rest = (uint64_t)(value->low - low * cg_pow10_64[step]);
                quotient = (struct cg_u256){.low = low};
            } else {
                quotient = cg_divide_256_64(*value, cg_pow10_64[step], &rest);
            }
            if (rest != 0) {
                break;
            }
            *value = quotient;
            stripped += step;
        }
    }
    return stripped;
}

/*
 * The dividend is padded, or the divisor, so that the quotient has one or two digits more than asked for; what is left
 * over then only matters as "a little more". An exact quotient gives back zeros down to its ideal exponent.
 */
cg_status cg_decimal_divide(const struct cg_decimal *left, const struct cg_decimal *right, uint32_t digits,
                            uint32_t rounding, struct cg_decimal *ret) {
    cg_u128 a = cg_decimal_coefficient(left), b = cg_decimal_coefficient(right);
    if (b == 0 || digits == 0 || digits > CG_DECIMAL_DIGITS) {
        return CG_RANGE;
    }
    int negative = (left->negative != 0) != (right->negative != 0);
    int64_t ideal = (int64_t)left->exponent - right->exponent;
    if (a == 0) {
        return cg_decimal_make(negative, (struct cg_u256){.low = 0}, ideal, ret);
    }
    unsigned digits_a = cg_digits_128(a), digits_b = cg_digits_128(b);
    if (digits_a > CG_DECIMAL_DIGITS || digits_b > CG_DECIMAL_DIGITS) {
        return CG_RANGE;
    }
    int shift = (int)digits_b - (int)digits_a + (int)digits + 1;
    cg_u128 rest = 0;
    struct cg_u256 quotient = {.low = a};
    if (shift >= 0) {
        quotient = cg_scale_256(quotient, (unsigned)shift);
    } else {
        b *= cg_pow10_128((unsigned)-shift);
    }
    if (quotient.high == 0) {
        cg_u128 dividend = quotient.low;
        quotient.low = dividend / b;
        rest = dividend - quotient.low * b;
    } else {
        quotient = cg_divide_256_128(quotient, b, &rest);
    }
    int64_t exponent = ideal - shift;
    if (rest == 0) {
        exponent += strip_zeros(&quotient, ideal - exponent);
    }
    return cg_decimal_make_rounded(negative, quotient, rest != 0, exponent, digits, rounding, ret);
}
