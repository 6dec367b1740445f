/*
 * wide.h - whole numbers of 128 and 256 bits, as far as the decimals need them.
 *
 * Private to the helper library. 10^77 < 2^256, so a product of two coefficients (76 digits) and a dividend padded for
 * a quotient of 38 digits (77 digits) always fit.
 */
#ifndef CHITRAGUPT_SDK_WIDE_H
#define CHITRAGUPT_SDK_WIDE_H

#include <stdint.h>

__extension__ typedef unsigned __int128 cg_u128;

/** high * 2^128 + low. */
struct cg_u256 {
    cg_u128 low;
    cg_u128 high;
};

/** 10^0 .. 10^19. */
extern const uint64_t cg_pow10_64[20];

/** 10^exponent, for 0..38. */
cg_u128 cg_pow10_128(unsigned exponent);

/** Number of decimal digits; 1 for 0. */
unsigned cg_digits_64(uint64_t value);
unsigned cg_digits_128(cg_u128 value);
unsigned cg_digits_256(struct cg_u256 value);

/** The product, which always fits. */
struct cg_u256 cg_multiply_128(cg_u128 left, cg_u128 right);

/** `value` * 10^exponent modulo 2^256, for 0..77; the caller knows that it fits. */
struct cg_u256 cg_scale_256(struct cg_u256 value, unsigned exponent);

/** Quotient and, in `*ret_rest`, remainder; `divisor` is not 0. */
struct cg_u256 cg_divide_256_64(struct cg_u256 value, uint64_t divisor, uint64_t *ret_rest);
struct cg_u256 cg_divide_256_128(struct cg_u256 value, cg_u128 divisor, cg_u128 *ret_rest);

/**
 * `value` / 10^drop, rounded by `rounding` (CG_ROUND_). `sticky` non-zero says that the true value lies a little (less
 * than one unit) above `value`. Any `drop` is fine; with drop 0 and a sticky value the result is `value`.
 */
cg_u128 cg_round_128(cg_u128 value, unsigned drop, int sticky, uint32_t rounding);
struct cg_u256 cg_round_256(struct cg_u256 value, unsigned drop, int sticky, uint32_t rounding);

#endif
