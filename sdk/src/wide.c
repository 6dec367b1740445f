#include "wide.h"

#include <chitragupt/decimal.h>

const uint64_t cg_pow10_64[20] = {UINT64_C(1),
                                  UINT64_C(10),
                                  UINT64_C(100),
                                  UINT64_C(1000),
                                  UINT64_C(10000),
                                  UINT64_C(100000),
                                  UINT64_C(1000000),
                                  UINT64_C(10000000),
                                  UINT64_C(100000000),
                                  UINT64_C(1000000000),
                                  UINT64_C(10000000000),
                                  UINT64_C(100000000000),
                                  UINT64_C(1000000000000),
                                  UINT64_C(10000000000000),
                                  UINT64_C(100000000000000),
                                  UINT64_C(1000000000000000),
                                  UINT64_C(10000000000000000),
                                  UINT64_C(100000000000000000),
                                  UINT64_C(1000000000000000000),
                                  UINT64_C(10000000000000000000)};

cg_u128 cg_pow10_128(unsigned exponent) {
    return exponent < 20 ? cg_pow10_64[exponent] : (cg_u128)cg_pow10_64[19] * cg_pow10_64[exponent - 19];
}

static unsigned bits_64(uint64_t value) {
    return value == 0 ? 0 : 64u - (unsigned)__builtin_clzll(value);
}

/* 1233 / 4096 is a little less than log10(2): bits * 1233 / 4096 is the number of digits or one less, up to 256 bits.
 */
unsigned cg_digits_64(uint64_t value) {
    unsigned guess = (bits_64(value) * 1233) >> 12;
    return guess + (guess == 0 || (guess < 20 && value >= cg_pow10_64[guess]));
}

unsigned cg_digits_128(cg_u128 value) {
    uint64_t high = (uint64_t)(value >> 64);
    if (high == 0) {
        return cg_digits_64((uint64_t)value);
    }
    unsigned guess = ((64 + bits_64(high)) * 1233) >> 12;
    return guess + (value >= cg_pow10_128(guess));
}

static int is_below(struct cg_u256 left, struct cg_u256 right) {
    return left.high != right.high ? left.high < right.high : left.low < right.low;
}

unsigned cg_digits_256(struct cg_u256 value) {
    if (value.high == 0) {
        return cg_digits_128(value.low);
    }
    uint64_t top = (uint64_t)(value.high >> 64);
    unsigned bits = top != 0 ? 192 + bits_64(top) : 128 + bits_64((uint64_t)value.high);
    unsigned guess = (bits * 1233) >> 12;
    struct cg_u256 power = cg_scale_256((struct cg_u256){.low = 1}, guess);
    return guess + !is_below(value, power);
}

struct cg_u256 cg_multiply_128(cg_u128 left, cg_u128 right) {
    uint64_t a = (uint64_t)(left >> 64), b = (uint64_t)left;
    uint64_t c = (uint64_t)(right >> 64), d = (uint64_t)right;
    cg_u128 bd = (cg_u128)b * d, ad = (cg_u128)a * d, bc = (cg_u128)b * c, ac = (cg_u128)a * c;
    cg_u128 middle = (bd >> 64) + (uint64_t)ad + (uint64_t)bc;
    return (struct cg_u256){.low = (middle << 64) | (uint64_t)bd,
                            .high = ac + (ad >> 64) + (bc >> 64) + (middle >> 64)};
}

struct cg_u256 cg_scale_256(struct cg_u256 value, unsigned exponent) {
    while (exponent > 0) {
        unsigned step = exponent < 38 ? exponent : 38;
        cg_u128 power = cg_pow10_128(step);
        cg_u128 high = value.high * power;
        value = cg_multiply_128(value.low, power);
        value.high += high;
        exponent -= step;
    }
    return value;
}

struct cg_u256 cg_divide_256_64(struct cg_u256 value, uint64_t divisor, uint64_t *ret_rest) {
    uint64_t limbs[4] = {(uint64_t)(value.high >> 64), (uint64_t)value.high, (uint64_t)(value.low >> 64),
                         (uint64_t)value.low};
    uint64_t rest = 0;
    for (unsigned i = 0; i < 4; i++) {
        cg_u128 part = ((cg_u128)rest << 64) | limbs[i];
        limbs[i] = (uint64_t)(part / divisor);
        rest = (uint64_t)(part % divisor);
    }
    *ret_rest = rest;
    return (struct cg_u256){.low = ((cg_u128)limbs[2] << 64) | limbs[3], .high = ((cg_u128)limbs[0] << 64) | limbs[1]};
}

/*
 * One step of long division in base 2^64: divides rest * 2^64 + limb by a divisor whose top bit is set, with rest <
 * divisor. The quotient's guess from the two top limbs is at most 2 too great (Knuth, The Art of Computer
 * Programming, 4.3.1, theorem B).
 */
static uint64_t divide_step(cg_u128 rest, uint64_t limb, cg_u128 divisor, cg_u128 *ret_rest) {
    uint64_t top = (uint64_t)(divisor >> 64), low = (uint64_t)divisor;
    cg_u128 guess = rest / top;
    cg_u128 left = rest % top;
    while ((guess >> 64) != 0 || (cg_u128)(uint64_t)guess * low > ((left << 64) | limb)) {
        guess--;
        left += top;
        if ((left >> 64) != 0) {
            break;
        }
    }
    /* Modulo 2^128 the difference is the true remainder, which is below the divisor. */
    *ret_rest = ((rest << 64) | limb) - guess * divisor;
    return (uint64_t)guess;
}

struct cg_u256 cg_divide_256_128(struct cg_u256 value, cg_u128 divisor, cg_u128 *ret_rest) {
    if ((divisor >> 64) == 0) {
        uint64_t rest = 0;
        struct cg_u256 quotient = cg_divide_256_64(value, (uint64_t)divisor, &rest);
        *ret_rest = rest;
        return quotient;
    }
    unsigned shift = 64 - bits_64((uint64_t)(divisor >> 64));
    divisor <<= shift;
    /* The dividend shifted likewise has five limbs; the top three start the first step. */
    uint64_t over = shift == 0 ? 0 : (uint64_t)(value.high >> (128 - shift));
    cg_u128 high = shift == 0 ? value.high : (value.high << shift) | (value.low >> (128 - shift));
    cg_u128 low = value.low << shift;
    cg_u128 rest = ((cg_u128)over << 64) | (uint64_t)(high >> 64);
    uint64_t limbs[3];
    limbs[0] = divide_step(rest, (uint64_t)high, divisor, &rest);
    limbs[1] = divide_step(rest, (uint64_t)(low >> 64), divisor, &rest);
    limbs[2] = divide_step(rest, (uint64_t)low, divisor, &rest);
    *ret_rest = rest >> shift;
    return (struct cg_u256){.low = ((cg_u128)limbs[1] << 64) | limbs[2], .high = limbs[0]};
}

/* Whether a number is rounded away from zero: `half` is -1, 0 or 1 as the dropped part is below, at or above one half.
 */
static unsigned rounds_up(int half, int is_odd, uint32_t rounding) {
    switch (rounding) {
    case CG_ROUND_HALF_UP:
        return half >= 0;
    case CG_ROUND_HALF_EVEN:
        return half > 0 || (half == 0 && is_odd);
    default:
        return 0;
    }
}

cg_u128 cg_round_128(cg_u128 value, unsigned drop, int sticky, uint32_t rounding) {
    if (drop == 0) {
        return value;
    }
    if (drop > 39) {
        return 0; /* 2^128 is less than half of 10^40 */
    }
    if (drop == 39) {
        sticky = sticky || value % 10 != 0;
        value /= 10;
        drop = 38;
    }
    cg_u128 power = cg_pow10_128(drop), middle = power / 2;
    cg_u128 quotient, rest;
    if ((value >> 64) == 0 && drop < 20) {
        quotient = (uint64_t)value / cg_pow10_64[drop];
        rest = (uint64_t)value - (uint64_t)quotient * cg_pow10_64[drop];
    } else {
        quotient = value / power;
        rest = value - quotient * power;
    }
    int half = rest == middle ? sticky != 0 : rest > middle ? 1 : -1;
    return quotient + rounds_up(half, (int)(quotient & 1), rounding);
}

struct cg_u256 cg_round_256(struct cg_u256 value, unsigned drop, int sticky, uint32_t rounding) {
    while (value.high != 0 && drop > 1) {
        unsigned step = drop - 1 < 19 ? drop - 1 : 19;
        uint64_t rest = 0;
        value = cg_divide_256_64(value, cg_pow10_64[step], &rest);
        sticky = sticky || rest != 0;
        drop -= step;
    }
    if (value.high == 0) {
        return (struct cg_u256){.low = cg_round_128(value.low, drop, sticky, rounding)};
    }
    if (drop == 1) {
        uint64_t digit = 0;
        value = cg_divide_256_64(value, 10, &digit);
        int half = digit == 5 ? sticky != 0 : digit > 5 ? 1 : -1;
        if (rounds_up(half, (int)(value.low & 1), rounding)) {
            value.low++;
            value.high += value.low == 0;
        }
    }
    return value;
}
