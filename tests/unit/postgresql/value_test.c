#include "value.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define BOOL 16u
#define INT4 23u
#define TIMESTAMPTZ 1184u
#define NUMERIC 1700u

struct value {
    Oid type;
    const char *text;
    const char *expected; /* NULL: refused */
    cg_status status;
};

static const struct value values[] = {
    {BOOL, "t", "1", CG_OK},
    {BOOL, "f", "0", CG_OK},
    {INT4, "-12", "-12", CG_OK},
    {TIMESTAMPTZ, "2026-01-31 13:05:09+00", "2026-01-31 13:05:09", CG_OK},
    {TIMESTAMPTZ, "2026-01-31 13:05:09.5+00", "2026-01-31 13:05:09.500000", CG_OK},
    {TIMESTAMPTZ, "2026-01-31 13:05:09.000123+00", "2026-01-31 13:05:09.000123", CG_OK},
    {TIMESTAMPTZ, "0001-01-01 00:00:00+00", "0001-01-01 00:00:00", CG_OK},
    {TIMESTAMPTZ, "infinity", "infinity", CG_OK},
    {TIMESTAMPTZ, "0044-03-15 12:00:00+00 BC", "0044-03-15 12:00:00+00 BC", CG_OK},
    {NUMERIC, "0", "0", CG_OK},
    {NUMERIC, "12.50", "12.50", CG_OK},
    {NUMERIC, "-0.000001", "-0.000001", CG_OK},
    {NUMERIC, "0.0000001", "1E-7", CG_OK},
    {NUMERIC, "0.00000012300", "1.2300E-7", CG_OK},
    {NUMERIC, "0.0000000000", "0E-10", CG_OK},
    {NUMERIC, "99999999999999999999999999999999999999", "99999999999999999999999999999999999999", CG_OK},
    {NUMERIC, "100000000000000000000000000000000000000", NULL, CG_RANGE},
    {NUMERIC, "NaN", NULL, CG_INVALID},
    {NUMERIC, "Infinity", NULL, CG_INVALID},
};

Test(postgresql_value, texts) {
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const struct value *value = &values[i];
        char buffer[CG_PG_VALUE_SIZE] = "";
        size_t length = 0;
        cr_assert_eq(cg_pg_value(cg_pg_value_kind(value->type), value->text, strlen(value->text), buffer, &length),
                     value->status, "%s", value->text);
        if (!value->expected)
            continue;
        cr_assert_str_eq(buffer, value->expected, "%s", value->text);
        cr_assert_eq(length, strlen(value->expected), "%s", value->text);
    }
}
