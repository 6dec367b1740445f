#include "value.h"

#include <string.h>

#include <chitragupt/decimal.h>

/* Numbers of types, as the catalogue of every server has them. */
#define TYPE_BOOL 16u
#define TYPE_TIMESTAMP 1114u
#define TYPE_TIMESTAMPTZ 1184u
#define TYPE_NUMERIC 1700u

#define FRACTION_DIGITS 6

uint32_t cg_pg_value_kind(Oid type) {
    switch (type) {
    case TYPE_BOOL:
        return CG_PG_BOOLEAN;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        return CG_PG_TIME;
    case TYPE_NUMERIC:
        return CG_PG_NUMBER;
    default:
        return CG_PG_PLAIN;
    }
}

static cg_status copy(const char *text, size_t length, char *buffer, size_t *ret) {
    if (length >= CG_PG_VALUE_SIZE)
        return CG_RANGE;
    memcpy(buffer, text, length);
    buffer[length] = '\0';
    *ret = length;
    return CG_OK;
}

/* "2026-01-01 00:00:00.5+00": the session's zone is UTC, and zeros at the end of a fraction are left out. */
static cg_status write_time(const char *text, size_t length, char *buffer, size_t *ret) {
    if (length > 3 && memcmp(text + length - 3, "+00", 3) == 0)
        length -= 3;
    const char *point = memchr(text, '.', length);
    cg_status status = copy(text, length, buffer, ret);
    size_t digits = point ? length - (size_t)(point + 1 - text) : FRACTION_DIGITS;
    while (status == CG_OK && digits++ < FRACTION_DIGITS && *ret + 1 < CG_PG_VALUE_SIZE) {
        buffer[(*ret)++] = '0';
        buffer[*ret] = '\0';
    }
    return status;
}

cg_status cg_pg_value(uint32_t kind, const char *text, size_t length, char *buffer, size_t *ret) {
    struct cg_decimal number;
    cg_status status = CG_OK;
    switch (kind) {
    case CG_PG_BOOLEAN:
        return copy(*text == 't' ? "1" : "0", 1, buffer, ret);
    case CG_PG_TIME:
        return write_time(text, length, buffer, ret);
    case CG_PG_NUMBER:
        status = cg_decimal_parse(text, length, &number);
        if (status == CG_OK)
            *ret = cg_decimal_format(&number, buffer);
        return status;
    default:
        return copy(text, length, buffer, ret);
    }
}
