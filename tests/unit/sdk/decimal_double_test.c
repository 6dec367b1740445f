/* Decimals from and to double. The texts are those of Python's Decimal(repr(x)). */
#include <chitragupt/decimal.h>
#include <criterion/criterion.h>
#include <math.h>

struct double_case {
    double value;
    const char *expected;
};

/* clang-format off */
static const struct double_case cases[] = {
    {0.0,                     "0.0"},
    {-0.0,                    "-0.0"},
    {1.0,                     "1.0"},
    {2.0,                     "2.0"},
    {-7.0,                    "-7.0"},
    {0.1,                     "0.1"},
    {0.2,                     "0.2"},
    {0.1 + 0.2,               "0.30000000000000004"},
    {0.6000000000000001,      "0.6000000000000001"},
    {1.0 / 3.0,               "0.3333333333333333"},
    {2.0 / 3.0,               "0.6666666666666666"},
    {1.0 / 7.0,               "0.14285714285714285"},
    {100.0,                   "100.0"},
    {1e-5,                    "0.00001"},
    {1e-7,                    "1E-7"},
    {1.5e-7,                  "1.5E-7"},
    {1e15,                    "1000000000000000.0"},
    {9007199254740992.0,      "9007199254740992.0"},
    {9007199254740991.0,      "9007199254740991.0"},
    {9999999999999998.0,      "9999999999999998.0"},
    {1e16,                    "1E+16"},
    {12345678901234568.0,     "12345678901234568"},
    {1.2345678901234568e17,   "1.2345678901234568E+17"},
    {1e22,                    "1E+22"},
    {1e23,                    "1E+23"},
    {2251799813685248.5,      "2251799813685248.5"},
    {123456789.123456789,     "123456789.12345679"},
    {0x1p-1,                  "0.5"},
    {0x1p-24,                 "5.960464477539063E-8"},
    {0x1p-44,                 "5.684341886080802E-14"},
    {0x1.fffffffffffffp-45,   "5.684341886080801E-14"},
    {0x1p-49,                 "1.7763568394002505E-15"},
    {0x1p-50,                 "8.881784197001252E-16"},
    {0x1.fffffffffffffp-50,   "1.7763568394002503E-15"},
    {0x1p54,                  "18014398509481984"},
    {0x1.0000000000001p54,    "18014398509481988"},
    {1e-40,                   "1E-40"},
    {1.2345678901234567e-47,  "1.2345678901234567E-47"},
    {1e64,                    "1E+64"},
    {1e-64,                   "1E-64"},
    {1e65,                    NULL},
    {1e-65,                   NULL},
    {5e-324,                  NULL},
    {1.7976931348623157e308,  NULL},
};
/* clang-format on */

Test(cg_decimal_from_double, table) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct double_case *c = &cases[i];
        struct cg_decimal value = {.low = 42};
        char text[CG_DECIMAL_TEXT_SIZE];
        cg_status status = cg_decimal_from_double(c->value, &value);
        if (c->expected == NULL) {
            cr_assert(status == CG_RANGE && value.low == 42, "%a: status %d", c->value, status);
            continue;
        }
        cr_assert_eq(status, CG_OK, "%a: status %d", c->value, status);
        cg_decimal_format(&value, text);
        cr_assert_str_eq(text, c->expected, "%a prints as %s", c->value, text);
        double back = cg_decimal_to_double(&value);
        cr_assert(back == c->value && !signbit(back) == !signbit(c->value), "%s reads back as %a", text, back);
    }
}

Test(cg_decimal_from_double, refuses_what_is_no_number) {
    struct cg_decimal value = {.low = 42};
    cr_assert_eq(cg_decimal_from_double((double)NAN, &value), CG_INVALID);
    cr_assert_eq(cg_decimal_from_double((double)INFINITY, &value), CG_INVALID);
    cr_assert_eq(cg_decimal_from_double(-(double)INFINITY, &value), CG_INVALID);
    cr_assert_eq(value.low, 42);
}

/* Every double reads back, and no text with one digit less does; also beside powers of two and of ten. */
Test(cg_decimal_from_double, reads_back_and_is_shortest) {
    uint64_t state = 1;
    for (int i = 0; i < 200000; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t bits = state >> 12;
        int exponent = (int)((state >> 3) % 200) - 110;
        double value = ldexp((double)bits / 0x1p52 + 1, exponent);
        if (i % 4 == 0) {
            value = nextafter(ldexp(1, exponent), (i & 8) != 0 ? 0 : 1e300);
        }
        struct cg_decimal decimal;
        cr_assert_eq(cg_decimal_from_double(value, &decimal), CG_OK, "%a", value);
        cr_assert_eq(cg_decimal_to_double(&decimal), value, "%a", value);
        if (decimal.low % 10 == 0) {
            continue;
        }
        struct cg_decimal shorter = {.low = decimal.low / 10, .exponent = decimal.exponent + 1};
        for (int k = 0; k < 2; k++, shorter.low++) {
            cr_assert_neq(cg_decimal_to_double(&shorter), value, "%a has a shorter text", value);
        }
    }
}
