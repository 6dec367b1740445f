#include "json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From 19 digits on an integer may not fit in 64 bits; from 10^300 on a real may not fit in a double. */
#define SAFE_INTEGER_DIGITS 18
#define SAFE_MAGNITUDE 300
#define EXPONENT_CAP 1000000

static size_t skip_digits(const char *text, size_t length, size_t at) {
    while (at < length && text[at] >= '0' && text[at] <= '9') {
        at++;
    }
    return at;
}

/* The end of the number token that starts at `at`, or `at` when there is none; says whether it must become a string. */
static size_t number_end(const char *text, size_t length, size_t at, int *ret_oversized) {
    size_t digits_start = text[at] == '-' ? at + 1 : at;
    size_t end = skip_digits(text, length, digits_start);
    size_t digits = end - digits_start;
    *ret_oversized = 0;
    if (digits == 0 || (digits > 1 && text[digits_start] == '0')) {
        return at;
    }
    int is_integer = 1;
    if (end < length && text[end] == '.') {
        size_t fraction_end = skip_digits(text, length, end + 1);
        if (fraction_end == end + 1) {
            return at;
        }
        end = fraction_end;
        is_integer = 0;
    }
    int64_t exponent = 0;
    if (end < length && (text[end] == 'e' || text[end] == 'E')) {
        size_t sign = end + 1;
        int negative = sign < length && text[sign] == '-';
        size_t start = sign < length && (text[sign] == '-' || text[sign] == '+') ? sign + 1 : sign;
        size_t exponent_end = skip_digits(text, length, start);
        if (exponent_end == start) {
            return at;
        }
        for (size_t i = start; i < exponent_end && exponent < EXPONENT_CAP; i++) {
            exponent = exponent * 10 + (text[i] - '0');
        }
        exponent = negative ? -exponent : exponent;
        end = exponent_end;
        is_integer = 0;
    }
    *ret_oversized = is_integer ? digits > SAFE_INTEGER_DIGITS : (int64_t)digits + exponent > SAFE_MAGNITUDE;
    return end;
}

/* The end of the string literal whose opening quote is at `at`. */
static size_t string_end(const char *text, size_t length, size_t at) {
    for (at++; at < length && text[at] != '"'; at++) {
        if (text[at] == '\\' && at + 1 < length) {
            at++;
        }
    }
    return at < length ? at + 1 : length;
}

/* A copy of the document in which oversized numbers stand in quotes. */
static char *quote_oversized(const char *text, size_t length, size_t *ret_length) {
    if (length > SIZE_MAX / 2) {
        return NULL;
    }
    /* An oversized number has at least 5 characters, so twice the length is enough for two quotes each. */
    char *copy = malloc(2 * length + 1);
    if (copy == NULL) {
        return NULL;
    }
    size_t out = 0;
    size_t at = 0;
    while (at < length) {
        size_t end = at + 1;
        int oversized = 0;
        if (text[at] == '"') {
            end = string_end(text, length, at);
        } else if (text[at] == '-' || (text[at] >= '0' && text[at] <= '9')) {
            size_t number = number_end(text, length, at, &oversized);
            end = number > at ? number : at + 1;
        }
        if (oversized) {
            copy[out++] = '"';
        }
        memcpy(copy + out, text + at, end - at);
        out += end - at;
        if (oversized) {
            copy[out++] = '"';
        }
        at = end;
    }
    *ret_length = out;
    return copy;
}

json_t *ccloud_json_parse(const char *body, size_t length, char *error, size_t error_size) {
    json_error_t cause;
    json_t *root = json_loadb(body, length, 0, &cause);
    if (root == NULL && json_error_code(&cause) == json_error_numeric_overflow) {
        size_t quoted_length = 0;
        char *quoted = quote_oversized(body, length, &quoted_length);
        if (quoted == NULL) {
            error[0] = '\0';
            return NULL;
        }
        root = json_loadb(quoted, quoted_length, 0, &cause);
        free(quoted);
    }
    if (root != NULL) {
        return root;
    }
    error[0] = '\0';
    if (json_error_code(&cause) != json_error_out_of_memory) {
        /* The library quotes what it met behind "near"; the other side's text does not belong in ours. */
        int words = (int)strcspn(cause.text, "\n");
        const char *near = strstr(cause.text, " near ");
        if (near != NULL && near - cause.text < words) {
            words = (int)(near - cause.text);
        }
        (void)snprintf(error, error_size, "line %d, column %d: %.*s", cause.line, cause.column, words, cause.text);
    }
    return NULL;
}

json_t *ccloud_json_get(const json_t *object, const char *key) {
    json_t *member = json_object_get(object, key);
    return json_is_null(member) ? NULL : member;
}

json_t *ccloud_json_object(const json_t *object, const char *key) {
    json_t *member = json_object_get(object, key);
    return json_is_object(member) ? member : NULL;
}

const char *ccloud_json_text(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

const char *ccloud_json_filled(const json_t *object, const char *key) {
    const char *text = ccloud_json_text(object, key);
    return text == NULL || text[0] == '\0' ? NULL : text;
}

cg_status ccloud_json_decimal(const json_t *value, struct cg_decimal *ret) {
    if (json_is_integer(value)) {
        *ret = cg_decimal_from_int64(json_integer_value(value));
        return CG_OK;
    }
    if (json_is_real(value)) {
        return cg_decimal_from_double(json_real_value(value), ret);
    }
    if (json_is_string(value)) {
        return cg_decimal_parse(json_string_value(value), json_string_length(value), ret);
    }
    return CG_INVALID;
}

const char *ccloud_json_kind(const json_t *value) {
    if (value == NULL) {
        return "nothing";
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        return "null";
    }
    return "an unknown value";
}

int ccloud_clip(const char *text, int most) {
    int length = 0;
    while (length < most && text[length] != '\0') {
        length++;
    }
    if (text[length] == '\0') {
        return length;
    }
    while (length > 0 && ((unsigned char)text[length] & 0xC0u) == 0x80u) {
        length--;
    }
    return length;
}
