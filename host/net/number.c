#include "net/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Digits that always fit 64 bits. */
#define EXACT_DIGITS 19

/* A decimal number: digits * 10^exponent, and whether digits were left out of it. */
struct decimal {
    uint64_t digits;
    int32_t exponent;
    bool negative;
    bool cut;
};

static bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

/* Takes digits; those beyond EXACT_DIGITS only count. Returns how many there were. */
static size_t take_digits(const char **at, const char *end, struct decimal *number, unsigned *used, bool fraction) {
    const char *start = *at;
    for (; *at < end && is_digit(**at); (*at)++) {
        unsigned digit = (unsigned)(**at - '0');
        if (*used < EXACT_DIGITS) {
            number->digits = number->digits * 10 + digit;
            if (number->digits)
                (*used)++;
            number->exponent -= fraction;
        } else {
            number->cut = number->cut || digit;
            number->exponent += !fraction;
        }
    }
    return (size_t)(*at - start);
}

static bool take_exponent(const char **at, const char *end, struct decimal *number) {
    bool negative = false;
    if (*at < end && (**at == '+' || **at == '-'))
        negative = *(*at)++ == '-';
    if (*at == end)
        return false;
    int32_t exponent = 0;
    for (; *at < end && is_digit(**at); (*at)++) {
        if (exponent < 100000)
            exponent = exponent * 10 + (**at - '0');
    }
    number->exponent += negative ? -exponent : exponent;
    return true;
}

static bool scan(const char *text, size_t length, struct decimal *ret) {
    struct decimal number = {0};
    unsigned used = 0;
    const char *at = text;
    const char *end = text + length;
    if (length == 0 || length > CG_NUMBER_LENGTH)
        return false;
    if (*at == '+' || *at == '-')
        number.negative = *at++ == '-';
    size_t count = take_digits(&at, end, &number, &used, false);
    if (at < end && *at == '.') {
        at++;
        count += take_digits(&at, end, &number, &used, true);
    }
    if (count == 0)
        return false;
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (!take_exponent(&at, end, &number))
            return false;
    }
    if (at != end)
        return false;
    *ret = number;
    return true;
}

/* Powers of ten that a double holds exactly. */
static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
#define POWER_COUNT ((int32_t)(sizeof powers / sizeof powers[0]))

#if LDBL_MANT_DIG == 64
/*
 * With a 64-bit significand both operands are exact, so one division or multiplication is off by at most half of its
 * last bit. Rounding that to a double gives the nearest one, unless the wider result lies exactly between two doubles:
 * then the true value may be on either side, and the answer is false.
 */
static bool convert_wide(const struct decimal *number, double *ret) {
    static const long double wide[] = {1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,  1e7L,  1e8L,  1e9L,
                                       1e10L, 1e11L, 1e12L, 1e13L, 1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L,
                                       1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L};
    const int32_t limit = (int32_t)(sizeof wide / sizeof wide[0]);
    if (number->exponent <= -limit || number->exponent >= limit)
        return false;
    long double value = (long double)number->digits;
    value = number->exponent < 0 ? value / wide[-number->exponent] : value * wide[number->exponent];
    uint64_t significand;
    memcpy(&significand, &value, sizeof significand);
    if ((significand & 0x7FFu) == 0x400u)
        return false;
    *ret = (double)value;
    return true;
}
#else
static bool convert_wide(const struct decimal *number, double *ret) {
    (void)number;
    (void)ret;
    return false;
}
#endif

/* The C library's conversion with the C locale, for what the quick ways cannot decide. */
static bool convert_slowly(const char *text, size_t length, double *ret) {
    char copy[CG_NUMBER_LENGTH + 1];
    memcpy(copy, text, length);
    copy[length] = '\0';
    locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!locale)
        return false;
    char *end = NULL;
    double value = strtod_l(copy, &end, locale);
    freelocale(locale);
    if (end != copy + length || !isfinite(value))
        return false;
    *ret = value;
    return true;
}

bool cg_number_parse(const char *text, size_t length, double *ret) {
    struct decimal number;
    if (!scan(text, length, &number))
        return false;
    double value = 0;
    if (number.cut)
        return convert_slowly(text, length, ret);
    if (number.digits == 0) {
        value = 0;
    } else if (number.digits <= (UINT64_C(1) << 53) && number.exponent > -POWER_COUNT &&
               number.exponent < POWER_COUNT) {
        value = (double)number.digits;
        value = number.exponent < 0 ? value / powers[-number.exponent] : value * powers[number.exponent];
    } else if (!convert_wide(&number, &value)) {
        return convert_slowly(text, length, ret);
    }
    *ret = number.negative ? -value : value;
    return true;
}

bool cg_number_parse_seconds(const char *text, size_t length, int64_t *ret_us) {
    struct decimal number;
    if (!scan(text, length, &number))
        return false;
    uint64_t value = number.digits;
    int32_t exponent = number.exponent + 6;
    for (; exponent < 0 && value; exponent++)
        value /= 10;
    for (; exponent > 0 && value; exponent--) {
        if (value > INT64_MAX / 10)
            return false;
        value *= 10;
    }
    if (value > INT64_MAX)
        return false;
    *ret_us = number.negative ? -(int64_t)value : (int64_t)value;
    return true;
}
