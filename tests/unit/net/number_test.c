#include "net/number.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The text and the double it stands for; `fine` false: no number. */
static const struct {
    const char *text;
    bool fine;
    double value;
} numbers[] = {
    {"0", true, 0.0},
    {"-0", true, -0.0},
    {"1", true, 1.0},
    {"+1", true, 1.0},
    {"007", true, 7.0},
    {"1.5", true, 1.5},
    {".5", true, 0.5},
    {"5.", true, 5.0},
    {"-2.25e2", true, -225.0},
    {"1e+06", true, 1e6},
    {"1E-7", true, 1e-7},
    {"0.30000000000000004", true, 0.30000000000000004},
    {"9007199254740993", true, 9007199254740992.0},
    {"9007199254740993.00000000000000000001", true, 9007199254740994.0},
    {"123456789012345678901234567890", true, 123456789012345678901234567890.0},
    {"1.7976931348623157e308", true, 1.7976931348623157e308},
    {"4.9e-324", true, 4.9e-324},
    {"2.2250738585072011e-308", true, 2.2250738585072011e-308},
    {"1e-400", true, 0.0},
    {"0e999999999999", true, 0.0},
    {"0.000000000000000000000000000000123", true, 1.23e-31},
    {"", false, 0},
    {"-", false, 0},
    {".", false, 0},
    {"e5", false, 0},
    {"1e", false, 0},
    {"1e+", false, 0},
    {"1e5x", false, 0},
    {"1 ", false, 0},
    {" 1", false, 0},
    {"1,5", false, 0},
    {"1_000", false, 0},
    {"0x10", false, 0},
    {"NaN", false, 0},
    {"+Inf", false, 0},
    {"-Inf", false, 0},
    {"infinity", false, 0},
    {"1e309", false, 0},
    {"1e999999999999", false, 0},
};

/* Equal also in the sign of zero. */
static bool same_bits(double left, double right) {
    uint64_t a;
    uint64_t b;
    memcpy(&a, &left, sizeof a);
    memcpy(&b, &right, sizeof b);
    return a == b;
}

Test(number, is_the_nearest_double_or_refused) {
    for (size_t i = 0; i < COUNT(numbers); i++) {
        double value = 42;
        bool fine = cg_number_parse(numbers[i].text, strlen(numbers[i].text), &value);
        cr_assert_eq(fine, numbers[i].fine, "\"%s\"", numbers[i].text);
        double wanted = fine ? numbers[i].value : 42.0;
        cr_assert(same_bits(value, wanted), "\"%s\" gave %.17g", numbers[i].text, value);
    }
}

Test(number, longest_text_is_read_and_one_more_is_not) {
    char text[CG_NUMBER_LENGTH + 2];
    double value = 42;
    memset(text, '0', sizeof text);
    text[CG_NUMBER_LENGTH - 1] = '7';
    cr_assert(cg_number_parse(text, CG_NUMBER_LENGTH, &value));
    cr_assert(value == 7.0);
    cr_assert(!cg_number_parse(text, CG_NUMBER_LENGTH + 1, &value));
}

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Any double printed with 17 digits reads back as itself, in both spellings that servers use. */
Test(number, printed_doubles_read_back) {
    uint64_t state = 88172645463325252u;
    char text[CG_NUMBER_LENGTH + 1];
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = next_random(&state);
        double wanted;
        double value = 0;
        if (i % 2)
            bits = (bits & 0x800FFFFFFFFFFFFFu) | (((next_random(&state) % 200) + 923) << 52);
        memcpy(&wanted, &bits, sizeof wanted);
        if (!isfinite(wanted))
            continue;
        snprintf(text, sizeof text, "%.17g", wanted);
        cr_assert(cg_number_parse(text, strlen(text), &value), "%s", text);
        cr_assert(same_bits(value, wanted), "%s gave %.17g", text, value);
        int length = snprintf(text, sizeof text, "%.60f", wanted);
        if (length > CG_NUMBER_LENGTH)
            continue;
        double library = strtod(text, NULL); /* banned-ok: the reference, in the C locale of the test */
        cr_assert(cg_number_parse(text, (size_t)length, &value), "%s", text);
        cr_assert(same_bits(value, library), "%s gave %.17g", text, value);
    }
}

/* Decimal texts near the middle of two doubles are where quick conversions go wrong. */
Test(number, middles_of_doubles_round_to_even) {
    uint64_t state = 42;
    char text[64];
    for (int i = 0; i < 100000; i++) {
        uint64_t odd = ((UINT64_C(1) << 53) + next_random(&state) % (UINT64_C(1) << 53)) | 1;
        unsigned digits = (unsigned)(next_random(&state) % 4);
        double value = 0;
        snprintf(text, sizeof text, "%" PRIu64 ".%0*u", odd, (int)digits + 1, (unsigned)(i % 3 == 0));
        double library = strtod(text, NULL); /* banned-ok: the reference, in the C locale of the test */
        cr_assert(cg_number_parse(text, strlen(text), &value), "%s", text);
        cr_assert(same_bits(value, library), "%s gave %.17g", text, value);
    }
}

static const struct {
    const char *text;
    bool fine;
    int64_t value;
} seconds[] = {
    {"0", true, 0},
    {"1717200000", true, INT64_C(1717200000000000)},
    {"1717200000.781", true, INT64_C(1717200000781000)},
    {"1717200000.1234567", true, INT64_C(1717200000123456)},
    {"1.7172e9", true, INT64_C(1717200000000000)},
    {"-1.5", true, -1500000},
    {"9223372036854.775807", true, INT64_MAX},
    {"9223372036854.775808", false, 0},
    {"1e300", false, 0},
    {"NaN", false, 0},
    {"", false, 0},
};

Test(number, seconds_are_exact) {
    for (size_t i = 0; i < COUNT(seconds); i++) {
        int64_t value = 42;
        bool fine = cg_number_parse_seconds(seconds[i].text, strlen(seconds[i].text), &value);
        cr_assert_eq(fine, seconds[i].fine, "\"%s\"", seconds[i].text);
        cr_assert_eq(value, fine ? seconds[i].value : 42, "\"%s\" gave %" PRId64, seconds[i].text, value);
    }
}
