/* Decimals from and to double. */
#include "decimal_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A shortest text as whole number and power of ten. */
struct shortest {
    uint64_t digits;
    int exponent;
};

static const uint64_t pow5_64[28] = {UINT64_C(1),
                                     UINT64_C(5),
                                     UINT64_C(25),
                                     UINT64_C(125),
                                     UINT64_C(625),
                                     UINT64_C(3125),
                                     UINT64_C(15625),
                                     UINT64_C(78125),
                                     UINT64_C(390625),
                                     UINT64_C(1953125),
                                     UINT64_C(9765625),
                                     UINT64_C(48828125),
                                     UINT64_C(244140625),
                                     UINT64_C(1220703125),
                                     UINT64_C(6103515625),
                                     UINT64_C(30517578125),
                                     UINT64_C(152587890625),
                                     UINT64_C(762939453125),
                                     UINT64_C(3814697265625),
                                     UINT64_C(19073486328125),
                                     UINT64_C(95367431640625),
                                     UINT64_C(476837158203125),
                                     UINT64_C(2384185791015625),
                                     UINT64_C(11920928955078125),
                                     UINT64_C(59604644775390625),
                                     UINT64_C(298023223876953125),
                                     UINT64_C(1490116119384765625),
                                     UINT64_C(7450580596923828125)};

/* 5^exponent, for 0..31. */
static cg_u128 pow5_128(unsigned exponent) {
    return exponent < 28 ? pow5_64[exponent] : (cg_u128)pow5_64[27] * pow5_64[exponent - 27];
}

/*
 * The shortest whole multiple of a power of ten in [low, high] that is nearest to the value whole + fraction, where
 * `half` is -1, 0 or 1 as the fraction is below, at or above one half and `has_fraction` says that it is not 0. Ties go
 * to the even digit.
 */
static struct shortest shorten(uint64_t low, uint64_t high, uint64_t whole, int half, int has_fraction) {
    int drop = 0;
    uint64_t rounded = high;
    while (drop < 18) {
        uint64_t quotient = rounded / 10;
        if (quotient * cg_pow10_64[drop + 1] < low) {
            break;
        }
        rounded = quotient;
        drop++;
    }
    uint64_t power = cg_pow10_64[drop];
    uint64_t below = whole / power;
    if (drop > 0) {
        uint64_t rest = whole % power, middle = power / 2;
        half = rest == middle ? has_fraction : rest > middle ? 1 : -1;
    }
    uint64_t nearest = below + (half > 0 || (half == 0 && (below & 1) != 0));
    if (nearest * power < low) {
        nearest = below + 1;
    } else if (nearest * power > high) {
        nearest = below;
    }
    return (struct shortest){.digits = nearest, .exponent = drop};
}

/*
 * Finds the shortest text for mantissa * 2^exponent in [2^-49, 1e16) by exact arithmetic: the value and the limits of
 * the interval that reads back as the same double, times 4 * 10^places, have at most 128 bits as numerators over a
 * power of two. `places` is such that the value's whole part has 17 or 18 digits, so that the interval holds a whole
 * number.
 */
static struct shortest shorten_exactly(uint64_t mantissa, int exponent, int is_power_of_two) {
    /* 1233 / 4096 is log10(2) closely enough for these; 16 * 4096 keeps the dividend above 0. */
    int places = 32 - ((52 + exponent) * 1233 + 16 * 4096) / 4096;
    unsigned shift = (unsigned)(2 - exponent - places);
    cg_u128 power = pow5_128((unsigned)places);
    cg_u128 value = power * (4 * mantissa);
    cg_u128 lowest = power * (4 * mantissa - (is_power_of_two ? 1 : 2));
    cg_u128 highest = power * (4 * mantissa + 2);
    cg_u128 mask = ((cg_u128)1 << shift) - 1;

    /* A limit itself reads back as the double when its mantissa is even. */
    int is_even = (mantissa & 1) == 0;
    uint64_t low = (uint64_t)(lowest >> shift) + (!is_even || (lowest & mask) != 0);
    uint64_t high = (uint64_t)(highest >> shift) - (!is_even && (highest & mask) == 0);
    cg_u128 fraction = value & mask, middle = (mask + 1) / 2;
    int half = shift == 0 || fraction < middle ? -1 : fraction > middle ? 1 : 0;
    struct shortest result = shorten(low, high, (uint64_t)(value >> shift), half, fraction != 0);
    result.exponent -= places;
    return result;
}

/* Whether digits * 10^exponent reads back as `value`. */
static int reads_back(uint64_t digits, int exponent, double value) {
    char text[48];
    snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, exponent);
    return strtod(text, NULL) == value; /* banned-ok: C locale */
}

/*
 * The same for any positive normal value, by printing with more and more digits; what has less than 15 digits then ends
 * with zeros. At a power of two the interval is wider above: there the next number up may read back although the
 * nearest does not.
 */
static struct shortest shorten_by_trial(double value, int is_power_of_two) {
    struct shortest result = {.digits = 0};
    for (int precision = 14; precision < 17; precision++) {
        char text[40];
        snprintf(text, sizeof text, "%.*e", precision, value);
        const char *at = text;
        result.digits = 0;
        for (; *at != '\0' && *at != 'e'; at++) {
            if (*at != '.') {
                result.digits = result.digits * 10 + (uint64_t)(*at - '0');
            }
        }
        result.exponent = (int)strtol(*at == 'e' ? at + 1 : at, NULL, 10) - precision;
        if (reads_back(result.digits, result.exponent, value)) {
            break;
        }
        if (is_power_of_two && reads_back(result.digits + 1, result.exponent, value)) {
            result.digits++;
            break;
        }
    }
    return result;
}

/* The parts of repr(): a whole number below 1e16 gets one decimal place, any other text has no zeros at its end. */
static cg_status make_from_shortest(int negative, struct shortest shortest, struct cg_decimal *ret) {
    while (shortest.digits != 0 && shortest.digits % 10 == 0) {
        shortest.digits /= 10;
        shortest.exponent++;
    }
    int places = (int)cg_digits_64(shortest.digits) + shortest.exponent;
    cg_u128 coefficient = shortest.digits;
    if (shortest.exponent >= 0 && places <= 16) {
        coefficient *= cg_pow10_64[shortest.exponent + 1];
        shortest.exponent = -1;
    }
    return cg_decimal_make(negative, (struct cg_u256){.low = coefficient}, shortest.exponent, ret);
}

cg_status cg_decimal_from_double(double value, struct cg_decimal *ret) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int negative = (int)(bits >> 63);
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int exponent = (int)((bits >> 52) & 0x7ff);
    if (exponent == 0x7ff) {
        return CG_INVALID;
    }
    double magnitude = fabs(value);
    if (magnitude < 9007199254740992.0 && magnitude == (double)(uint64_t)magnitude) {
        uint64_t whole = (uint64_t)magnitude;
        return cg_decimal_make(negative, (struct cg_u256){.low = (cg_u128)whole * 10}, -1, ret);
    }
    if (magnitude < 1e-80) {
        return CG_RANGE;
    }
    int is_power_of_two = fraction == 0;
    if (magnitude >= 0x1p-49 && magnitude < 1e16) {
        uint64_t mantissa = (UINT64_C(1) << 52) | fraction;
        return make_from_shortest(negative, shorten_exactly(mantissa, exponent - 1075, is_power_of_two), ret);
    }
    return make_from_shortest(negative, shorten_by_trial(magnitude, is_power_of_two), ret);
}

double cg_decimal_to_double(const struct cg_decimal *value) {
    double sign = value->negative ? -1.0 : 1.0;
    /* Both factors are exact here, so that the one operation is rounded correctly. */
    if (value->high == 0 && value->low < (UINT64_C(1) << 53) && value->exponent >= -15 && value->exponent <= 15) {
        double coefficient = (double)value->low;
        return sign * (value->exponent < 0 ? coefficient / (double)cg_pow10_64[-value->exponent]
                                           : coefficient * (double)cg_pow10_64[value->exponent]);
    }
    char text[CG_DECIMAL_TEXT_SIZE];
    cg_decimal_format(value, text);
    return strtod(text, NULL); /* banned-ok: C locale */
}
