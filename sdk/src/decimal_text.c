/* Decimals from and to text. */
#include "decimal_parts.h"

#include <string.h>

static int is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* A coefficient under construction; `seen` counts digits with leading zeros, `digits` without. */
struct reading {
    cg_u128 coefficient;
    unsigned digits;
    size_t seen;
    int too_long;
};

/* Reads digits up to the first other character and answers where that is. */
static const char *read_digits(const char *at, const char *end, struct reading *reading) {
    const char *start = at;
    uint64_t chunk = 0;
    unsigned chunk_digits = 0;
    for (; at < end && is_digit(*at); at++) {
        chunk = chunk * 10 + (uint64_t)(*at - '0');
        reading->digits += reading->digits > 0 || *at != '0';
        if (reading->digits > CG_DECIMAL_DIGITS) {
            reading->too_long = 1;
            reading->digits = CG_DECIMAL_DIGITS;
            reading->coefficient = 0; /* not used any more, but must not overflow */
        }
        if (++chunk_digits == 19) {
            reading->coefficient = reading->coefficient * cg_pow10_64[19] + chunk;
            chunk = 0;
            chunk_digits = 0;
        }
    }
    reading->coefficient = reading->coefficient * cg_pow10_64[chunk_digits] + chunk;
    reading->seen += (size_t)(at - start);
    return at;
}

/* Reads `[+-] digits`, cut off at a value no sum brings back into range. NULL when it is not such a text. */
static const char *read_exponent(const char *at, const char *end, int64_t *ret) {
    int negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    if (at == end || !is_digit(*at)) {
        return NULL;
    }
    int64_t value = 0;
    for (; at < end && is_digit(*at); at++) {
        value = value < INT64_MAX / 20 ? value * 10 + (*at - '0') : value;
    }
    *ret = negative ? -value : value;
    return at;
}

cg_status cg_decimal_parse(const char *text, size_t length, struct cg_decimal *ret) {
    const char *at = text, *end = text + length;
    while (at < end && is_space(*at)) {
        at++;
    }
    while (end > at && is_space(end[-1])) {
        end--;
    }
    int negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');

    struct reading reading = {.coefficient = 0};
    at = read_digits(at, end, &reading);
    if (reading.seen == 0) {
        return CG_INVALID;
    }
    int64_t places = 0, exponent = 0;
    if (at < end && *at == '.') {
        size_t before = reading.seen;
        at = read_digits(at + 1, end, &reading);
        places = (int64_t)(reading.seen - before);
        if (places == 0) {
            return CG_INVALID;
        }
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at = read_exponent(at + 1, end, &exponent);
    }
    if (at != end) {
        return CG_INVALID;
    }
    if (reading.too_long) {
        return CG_RANGE;
    }
    return cg_decimal_make(negative, (struct cg_u256){.low = reading.coefficient}, exponent - places, ret);
}

static const char digit_pairs[200] = "00010203040506070809101112131415161718192021222324"
                                     "25262728293031323334353637383940414243444546474849"
                                     "50515253545556575859606162636465666768697071727374"
                                     "75767778798081828384858687888990919293949596979899";

/* Writes the digits of `value` so that they end before `end`, at least `least` of them; answers where they start. */
static char *write_digits(char *end, uint64_t value, unsigned least) {
    char *at = end;
    while (value >= 100) {
        unsigned pair = (unsigned)(value % 100) * 2;
        value /= 100;
        *--at = digit_pairs[pair + 1];
        *--at = digit_pairs[pair];
    }
    if (value >= 10) {
        *--at = digit_pairs[value * 2 + 1];
        *--at = digit_pairs[value * 2];
    } else if (value > 0 || at == end) {
        *--at = (char)('0' + value);
    }
    while ((unsigned)(end - at) < least) {
        *--at = '0';
    }
    return at;
}

static char *write_coefficient(char *end, cg_u128 value) {
    if ((value >> 64) == 0) {
        return write_digits(end, (uint64_t)value, 1);
    }
    cg_u128 upper = value / cg_pow10_64[19];
    char *at = write_digits(end, (uint64_t)(value - upper * cg_pow10_64[19]), 19);
    return (upper >> 64) == 0 ? write_digits(at, (uint64_t)upper, 1) : write_coefficient(at, upper);
}

/* Digits with the point after the first, then "E+n" or "E-n". */
static char *write_scientific(char *out, const char *digits, size_t count, int64_t adjusted) {
    *out++ = digits[0];
    if (count > 1) {
        *out++ = '.';
        memcpy(out, digits + 1, count - 1);
        out += count - 1;
    }
    *out++ = 'E';
    *out++ = adjusted < 0 ? '-' : '+';
    char space[20];
    char *end = space + sizeof space;
    char *start = write_digits(end, (uint64_t)(adjusted < 0 ? -adjusted : adjusted), 1);
    memcpy(out, start, (size_t)(end - start));
    return out + (end - start);
}

size_t cg_decimal_format(const struct cg_decimal *value, char *buffer) {
    char space[40];
    char *end = space + sizeof space;
    const char *digits = write_coefficient(end, cg_decimal_coefficient(value));
    size_t count = (size_t)(end - digits);
    int64_t exponent = value->exponent;
    int64_t adjusted = exponent + (int64_t)count - 1;
    char *out = buffer;
    if (value->negative) {
        *out++ = '-';
    }
    if (exponent > 0 || adjusted < -6) {
        out = write_scientific(out, digits, count, adjusted);
    } else {
        size_t places = (size_t)-exponent;
        size_t whole = count > places ? count - places : 0;
        memcpy(out, digits, whole);
        out += whole;
        if (whole == 0) {
            *out++ = '0';
        }
        if (places > 0) {
            *out++ = '.';
            size_t zeros = whole == 0 ? places - count : 0;
            memset(out, '0', zeros);
            memcpy(out + zeros, digits + whole, count - whole);
            out += zeros + count - whole;
        }
    }
    *out = '\0';
    return (size_t)(out - buffer);
}
