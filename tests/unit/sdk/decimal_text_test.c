/* Decimals from and to text. */
#include <chitragupt/decimal.h>
#include <criterion/criterion.h>
#include <string.h>

#define DIGITS_38 "12345678901234567890123456789012345678"
#define ZEROS_64 "0000000000000000000000000000000000000000000000000000000000000000"

struct text_case {
    const char *text;
    cg_status status;
    const char *expected; /**< the text it prints as; NULL: as it was read */
};

/* clang-format off */
static const struct text_case cases[] = {
    {"0",                        CG_OK,      NULL},
    {"-0",                       CG_OK,      NULL},
    {"0.0000",                   CG_OK,      NULL},
    {"-0.0000",                  CG_OK,      NULL},
    {"10",                       CG_OK,      NULL},
    {"10.00",                    CG_OK,      NULL},
    {"3.3334",                   CG_OK,      NULL},
    {"72.0",                     CG_OK,      NULL},
    {"+1.5",                     CG_OK,      "1.5"},
    {"007.50",                   CG_OK,      "7.50"},
    {" \t\n1.5\r\f\v ",          CG_OK,      "1.5"},
    {"1e3",                      CG_OK,      "1E+3"},
    {"1E+3",                     CG_OK,      NULL},
    {"1e-07",                    CG_OK,      "1E-7"},
    {"0.000001",                 CG_OK,      NULL},
    {"0.00001",                  CG_OK,      NULL},
    {"0.0000001",                CG_OK,      "1E-7"},
    {"0.00000012",               CG_OK,      "1.2E-7"},
    {"0.000000",                 CG_OK,      NULL},
    {"0.0000000",                CG_OK,      "0E-7"},
    {"0E-8",                     CG_OK,      NULL},
    {"0E+2",                     CG_OK,      NULL},
    {"12E2",                     CG_OK,      "1.2E+3"},
    {"1.20E+3",                  CG_OK,      NULL},
    {"12.34E1",                  CG_OK,      "123.4"},
    {"12.34E2",                  CG_OK,      "1234"},
    {"12.34E3",                  CG_OK,      "1.234E+4"},
    {"1.23456789012345678E-7",   CG_OK,      NULL},
    {"1E+16",                    CG_OK,      NULL},
    {"1E-64",                    CG_OK,      NULL},
    {"1E+64",                    CG_OK,      NULL},
    {"-1.2345678901234567890123456789012345678E+101", CG_OK, NULL},
    {DIGITS_38,                  CG_OK,      NULL},
    {"-" DIGITS_38 ".0",         CG_RANGE,   NULL},
    {DIGITS_38 "9",              CG_RANGE,   NULL},
    {"0" DIGITS_38,              CG_OK,      DIGITS_38},
    {ZEROS_64 "1",               CG_OK,      "1"},
    {"0." DIGITS_38,             CG_OK,      NULL},
    {"18446744073709551615",     CG_OK,      NULL},
    {"18446744073709551616",     CG_OK,      NULL},
    {"10000000000000000000",     CG_OK,      NULL},
    {"100000000000000000000000000000000000000", CG_RANGE, NULL},
    {"99999999999999999999999999999999999999", CG_OK, NULL},
    {"0." ZEROS_64,              CG_OK,      "0E-64"},
    {"0." ZEROS_64 "0",          CG_RANGE,   NULL},
    {"1E+65",                    CG_RANGE,   NULL},
    {"1E-65",                    CG_RANGE,   NULL},
    {"1.0E-64",                  CG_RANGE,   NULL},
    {"1E99999999999999999999999", CG_RANGE,  NULL},
    {"1E-99999999999999999999999", CG_RANGE, NULL},
    {"0E+1000",                  CG_RANGE,   NULL},
    {"1E+00000000000000000000000000003", CG_OK, "1E+3"},
    {"",                         CG_INVALID, NULL},
    {"   ",                      CG_INVALID, NULL},
    {"-",                        CG_INVALID, NULL},
    {"+-1",                      CG_INVALID, NULL},
    {"1 2",                      CG_INVALID, NULL},
    {"- 1",                      CG_INVALID, NULL},
    {".5",                       CG_INVALID, NULL},
    {"5.",                       CG_INVALID, NULL},
    {".",                        CG_INVALID, NULL},
    {"1.2.3",                    CG_INVALID, NULL},
    {"1,5",                      CG_INVALID, NULL},
    {"1_000",                    CG_INVALID, NULL},
    {"1e",                       CG_INVALID, NULL},
    {"1e+",                      CG_INVALID, NULL},
    {"1e1.5",                    CG_INVALID, NULL},
    {"e5",                       CG_INVALID, NULL},
    {"0x10",                     CG_INVALID, NULL},
    {"NaN",                      CG_INVALID, NULL},
    {"Infinity",                 CG_INVALID, NULL},
    {"-inf",                     CG_INVALID, NULL},
    {"\xd9\xa1",                 CG_INVALID, NULL},
    {DIGITS_38 DIGITS_38 "x",    CG_INVALID, NULL},
};
/* clang-format on */

Test(cg_decimal_parse, table) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct text_case *c = &cases[i];
        const struct cg_decimal untouched = {.low = 42, .high = 1, .exponent = 7, .negative = 1};
        struct cg_decimal value = untouched;
        char text[CG_DECIMAL_TEXT_SIZE];
        cg_status status = cg_decimal_parse(c->text, strlen(c->text), &value);
        cr_assert_eq(status, c->status, "'%s': status %d", c->text, status);
        if (status != CG_OK) {
            cr_assert_eq(memcmp(&value, &untouched, sizeof value), 0, "'%s': result touched", c->text);
            continue;
        }
        size_t length = cg_decimal_format(&value, text);
        cr_assert_str_eq(text, c->expected != NULL ? c->expected : c->text, "'%s' prints as '%s'", c->text, text);
        cr_assert_eq(length, strlen(text), "'%s': length", c->text);
    }
}

Test(cg_decimal_parse, reads_no_further_than_told) {
    struct cg_decimal value;
    cr_assert_eq(cg_decimal_parse("12.3456", 4, &value), CG_OK);
    cr_assert(value.low == 123 && value.exponent == -1);
    cr_assert_eq(cg_decimal_parse("1\0002", 3, &value), CG_INVALID, "a NUL is no digit");
    cr_assert_eq(cg_decimal_parse("12.", 3, &value), CG_INVALID);
    cr_assert_eq(cg_decimal_parse("", 0, &value), CG_INVALID);
}

Test(cg_decimal_from_int64, limits) {
    char text[CG_DECIMAL_TEXT_SIZE];
    struct cg_decimal value = cg_decimal_from_int64(INT64_MIN);
    cg_decimal_format(&value, text);
    cr_assert_str_eq(text, "-9223372036854775808");
    value = cg_decimal_from_int64(INT64_MAX);
    cg_decimal_format(&value, text);
    cr_assert_str_eq(text, "9223372036854775807");
    value = cg_decimal_from_int64(0);
    cg_decimal_format(&value, text);
    cr_assert_str_eq(text, "0");
}
