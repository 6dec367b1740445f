#include "config/scalar.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAG_PREFIX "tag:yaml.org,2002:"

static int32_t digit(char character) {
    return character >= '0' && character <= '9';
}

static int32_t is_one_of(const char *text, const char *const *words) {
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return 1;
    return 0;
}

static int32_t is_null(const char *text) {
    static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};
    return is_one_of(text, words);
}

/* 1 true, 0 false, -1 neither. */
static int32_t boolean_of(const char *text) {
    static const char *const yes[] = {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", NULL};
    static const char *const no[] = {"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", NULL};
    if (is_one_of(text, yes))
        return 1;
    return is_one_of(text, no) ? 0 : -1;
}

/* ---- integers ---- */

/* True when all of a non-empty text is from the set. */
static int32_t only(const char *text, const char *set) {
    return *text && text[strspn(text, set)] == '\0';
}

/* The base of an integer's text behind its sign, 60 for the form with colons, 0 for no integer. */
static int32_t integer_base(const char *text) {
    if (text[0] == '0' && text[1] == 'b')
        return only(text + 2, "01_") && strpbrk(text + 2, "01") ? 2 : 0;
    if (text[0] == '0' && text[1] == 'x')
        return only(text + 2, "0123456789abcdefABCDEF_") && text[2 + strspn(text + 2, "_")] ? 16 : 0;
    if (text[0] == '0')
        return text[1] == '\0' ? 10 : only(text + 1, "01234567_") ? 8 : 0;
    if (!digit(text[0]))
        return 0;
    const char *at = text + strspn(text, "0123456789_");
    if (*at == '\0')
        return 10;
    while (*at == ':') {
        at++;
        size_t digits = strspn(at, "0123456789");
        if (digits < 1 || digits > 2 || (digits == 2 && at[0] > '5'))
            return 0;
        at += digits;
    }
    return *at == '\0' ? 60 : 0;
}

static int64_t digit_value(char character) {
    if (digit(character))
        return character - '0';
    return (character | 0x20) - 'a' + 10;
}

/* Value of a text that has been recognised; negative numbers are built downwards, so that INT64_MIN fits. */
static cg_status read_integer(const char *text, int32_t base, int32_t negative, int64_t *ret) {
    int64_t value = 0;
    int64_t sign = negative ? -1 : 1;
    const int32_t sexagesimal = base == 60;
    int64_t part = 0; /* of the base-60 form: value of the digits since the last colon */
    int64_t before = 0;
    if (base == 2 || base == 16)
        text += 2;
    for (; *text; text++) {
        if (*text == '_')
            continue;
        if (*text == ':') {
            if (__builtin_mul_overflow(value, INT64_C(60), &before))
                return CG_RANGE;
            part = 0;
            value = before;
            continue;
        }
        if (__builtin_mul_overflow(part, sexagesimal ? INT64_C(10) : (int64_t)base, &part) ||
            __builtin_add_overflow(part, sign * digit_value(*text), &part) ||
            __builtin_add_overflow(before, part, &value))
            return CG_RANGE;
    }
    *ret = value;
    return CG_OK;
}

/* An integer that fits no int64_t keeps its digits, because it may still fit a decimal. */
static cg_status set_large(struct cg_config *node, const char *text, int32_t base, int32_t negative) {
    char *copy = cg_arena_copy(node->document->arena, text, strlen(text));
    if (!copy)
        return CG_NO_MEMORY;
    size_t length = 0;
    for (const char *at = text; *at; at++)
        if (*at != '_')
            copy[length++] = *at;
    copy[length] = '\0';
    cg_config_set_string(node, copy, length);
    node->type = CG_CONFIG_INT;
    node->integer = negative ? INT64_MIN : INT64_MAX;
    node->flags |= CG_NODE_TOO_LARGE;
    struct cg_decimal number;
    if (base == 10 && cg_decimal_parse(copy, length, &number) == CG_OK)
        node->number = number;
    return CG_OK;
}

/* CG_NOT_FOUND when the text is no integer. */
static cg_status try_integer(struct cg_config *node, const char *text) {
    const int32_t negative = *text == '-';
    const char *digits = *text == '-' || *text == '+' ? text + 1 : text;
    int32_t base = integer_base(digits);
    if (base == 0)
        return CG_NOT_FOUND;
    int64_t value = 0;
    if (read_integer(digits, base, negative, &value) != CG_OK)
        return set_large(node, text, base, negative);
    return cg_config_set_integer(node, value);
}

/* ---- floats ---- */

/* What follows the point: digits and `_`, then perhaps an exponent with a sign. */
static int32_t is_fraction(const char *text) {
    text += strspn(text, "0123456789_");
    if (*text == '\0')
        return 1;
    if ((*text != 'e' && *text != 'E') || (text[1] != '-' && text[1] != '+'))
        return 0;
    return only(text + 2, "0123456789");
}

static int32_t is_float(const char *text) {
    if (*text == '.') /* no sign, by the letter of the expression */
        return digit(text[1]) && is_fraction(text + 1);
    if (*text == '-' || *text == '+')
        text++;
    if (!digit(*text))
        return 0;
    text += strspn(text, "0123456789_");
    return *text == '.' && is_fraction(text + 1);
}

static int32_t is_sexagesimal_float(const char *text) {
    if (*text == '-' || *text == '+')
        text++;
    if (!digit(*text))
        return 0;
    text += strspn(text, "0123456789_");
    if (*text != ':')
        return 0;
    while (*text == ':') {
        text++;
        size_t digits = strspn(text, "0123456789");
        if (digits < 1 || digits > 2 || (digits == 2 && text[0] > '5'))
            return 0;
        text += digits;
    }
    return *text == '.' && text[1 + strspn(text + 1, "0123456789_")] == '\0';
}

static int32_t is_not_finite(const char *text) {
    static const char *const nan[] = {".nan", ".NaN", ".NAN", NULL};
    static const char *const infinity[] = {".inf", ".Inf", ".INF", NULL};
    if (is_one_of(text, nan))
        return 1;
    return is_one_of(*text == '-' || *text == '+' ? text + 1 : text, infinity);
}

static cg_status set_valueless(struct cg_config *node, const char *text, uint32_t flag) {
    cg_config_set_string(node, text, strlen(text));
    node->type = CG_CONFIG_DECIMAL;
    node->flags |= flag | CG_NODE_FLOAT;
    return CG_OK;
}

static cg_status set_float(struct cg_config *node, const char *text, double value) {
    if (!isfinite(value))
        return set_valueless(node, text, CG_NODE_NOT_FINITE);
    struct cg_decimal number;
    if (cg_decimal_from_double(value, &number) != CG_OK)
        return set_valueless(node, text, CG_NODE_TOO_LARGE);
    cg_status status = cg_config_set_decimal(node, &number);
    node->flags |= CG_NODE_FLOAT;
    return status;
}

/* CG_NOT_FOUND when the text is no float. */
static cg_status try_float(struct cg_config *node, const char *text) {
    if (is_not_finite(text))
        return set_valueless(node, text, CG_NODE_NOT_FINITE);
    const int32_t sexagesimal = is_sexagesimal_float(text);
    if (!sexagesimal && !is_float(text))
        return CG_NOT_FOUND;
    char *digits = cg_arena_copy(node->document->arena, text, strlen(text));
    if (!digits)
        return CG_NO_MEMORY;
    size_t length = 0;
    for (const char *at = text; *at; at++)
        if (*at != '_')
            digits[length++] = *at;
    digits[length] = '\0';
    const int32_t negative = *digits == '-';
    char *at = digits + (negative || *digits == '+');
    double value = 0;
    for (char *colon = strchr(at, ':'); colon; colon = strchr(at, ':')) {
        value = (value + strtod(at, NULL)) * 60; /* banned-ok: a YAML float is a double, and this is the C locale */
        at = colon + 1;
    }
    value += strtod(at, NULL); /* banned-ok: a YAML float is a double, and this is the C locale */
    return set_float(node, text, negative ? -value : value);
}

/* ---- dates ---- */

/* Skips `least` to `most` digits; NULL when there are fewer. */
static const char *digits(const char *text, size_t least, size_t most) {
    if (!text)
        return NULL;
    size_t count = strspn(text, "0123456789");
    if (count < least)
        return NULL;
    return text + (count > most ? most : count);
}

static const char *character(const char *text, char wanted) {
    return text && *text == wanted ? text + 1 : NULL;
}

/* What may follow the seconds: a fraction, a zone. */
static int32_t is_time_tail(const char *text) {
    if (*text == '.')
        text += 1 + strspn(text + 1, "0123456789");
    text += strspn(text, " \t");
    if (*text == 'Z')
        return text[1] == '\0';
    if (*text != '-' && *text != '+')
        return *text == '\0';
    text = digits(text + 1, 1, 2);
    if (text && *text == ':')
        text = digits(text + 1, 2, 2);
    return text && *text == '\0';
}

static int32_t is_date(const char *text) {
    const char *year = character(digits(text, 4, 4), '-');
    if (!year)
        return 0;
    const char *day = character(digits(year, 2, 2), '-');
    const char *end = digits(day, 2, 2);
    if (end && *end == '\0')
        return 1;
    end = digits(character(digits(year, 1, 2), '-'), 1, 2);
    if (!end)
        return 0;
    const char *time = *end == 'T' || *end == 't' ? end + 1 : end + strspn(end, " \t");
    if (time == end)
        return 0;
    const char *seconds = character(digits(character(digits(time, 1, 2), ':'), 2, 2), ':');
    end = digits(seconds, 2, 2);
    return end && is_time_tail(end);
}

/* ---- all together ---- */

static void set_null(struct cg_config *node) {
    cg_config_set_string(node, "", 0);
    node->type = CG_CONFIG_NULL;
}

cg_status cg_scalar_plain(struct cg_config *node, const char *text, size_t length) {
    if (is_null(text)) {
        set_null(node);
        return CG_OK;
    }
    int32_t boolean = boolean_of(text);
    if (boolean >= 0) {
        cg_config_set_bool(node, boolean);
        return CG_OK;
    }
    cg_status status = try_integer(node, text);
    if (status == CG_NOT_FOUND)
        status = try_float(node, text);
    if (status != CG_NOT_FOUND)
        return status;
    cg_config_set_string(node, text, length);
    if (is_date(text))
        node->flags |= CG_NODE_DATE;
    return CG_OK;
}

cg_status cg_scalar_tagged(struct cg_config *node, const char *tag, const char *text, size_t length) {
    if (strncmp(tag, TAG_PREFIX, sizeof TAG_PREFIX - 1) != 0)
        return CG_NOT_FOUND;
    tag += sizeof TAG_PREFIX - 1;
    cg_config_set_string(node, text, length);
    if (strcmp(tag, "str") == 0)
        return CG_OK;
    if (strcmp(tag, "null") == 0) {
        set_null(node);
        return CG_OK;
    }
    uint32_t wanted = strcmp(tag, "int") == 0         ? CG_CONFIG_INT
                      : strcmp(tag, "float") == 0     ? CG_CONFIG_DECIMAL
                      : strcmp(tag, "bool") == 0      ? CG_CONFIG_BOOL
                      : strcmp(tag, "timestamp") == 0 ? CG_CONFIG_STRING
                                                      : CG_CONFIG_NULL;
    if (wanted == CG_CONFIG_NULL)
        return CG_NOT_FOUND;
    cg_status status = cg_scalar_plain(node, text, length);
    if (status != CG_OK)
        return status;
    if (wanted == CG_CONFIG_DECIMAL && node->type == CG_CONFIG_INT && !(node->flags & CG_NODE_TOO_LARGE))
        return set_float(node, text, (double)node->integer);
    if (node->type != wanted || (wanted == CG_CONFIG_STRING && !(node->flags & CG_NODE_DATE)))
        return CG_INVALID;
    return CG_OK;
}
