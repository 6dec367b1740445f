#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cg_sim_text_done(struct cg_sim_text *text) {
    free(text->data);
    *text = (struct cg_sim_text){0};
}

void cg_sim_text_clear(struct cg_sim_text *text) {
    text->len = 0;
    text->failed = false;
    if (text->data != NULL) {
        text->data[0] = '\0';
    }
}

bool cg_sim_text_reserve(struct cg_sim_text *text, size_t more) {
    if (text->failed) {
        return false;
    }
    if (text->data != NULL && text->cap - text->len > more) {
        return true;
    }
    size_t cap = text->cap < 512 ? 512 : text->cap;
    while (cap - text->len <= more) {
        if (cap > SIZE_MAX / 4) {
            text->failed = true;
            return false;
        }
        cap *= 2;
    }
    char *data = realloc(text->data, cap);
    if (data == NULL) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->cap = cap;
    return true;
}

void cg_sim_text_add(struct cg_sim_text *text, const char *bytes, size_t len) {
    if (!cg_sim_text_reserve(text, len)) {
        return;
    }
    memcpy(text->data + text->len, bytes, len);
    text->len += len;
    text->data[text->len] = '\0';
}

void cg_sim_text_puts(struct cg_sim_text *text, const char *string) {
    cg_sim_text_add(text, string, strlen(string));
}

void cg_sim_text_putc(struct cg_sim_text *text, char c) {
    cg_sim_text_add(text, &c, 1);
}

size_t cg_sim_u64_format(uint64_t value, char *out) {
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + (int)(value % 10));
        value /= 10;
    } while (value != 0);
    for (size_t i = 0; i < count; i++) {
        out[i] = digits[count - 1 - i];
    }
    return count;
}

void cg_sim_text_put_u64(struct cg_sim_text *text, uint64_t value) {
    char digits[20];
    cg_sim_text_add(text, digits, cg_sim_u64_format(value, digits));
}

void cg_sim_text_put_i64(struct cg_sim_text *text, int64_t value) {
    if (value < 0) {
        cg_sim_text_putc(text, '-');
        cg_sim_text_put_u64(text, 0 - (uint64_t)value);
        return;
    }
    cg_sim_text_put_u64(text, (uint64_t)value);
}

void cg_sim_text_json(struct cg_sim_text *text, const char *string) {
    if (string == NULL) {
        cg_sim_text_puts(text, "null");
        return;
    }
    cg_sim_text_putc(text, '"');
    const char *from = string;
    for (const char *at = string; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        cg_sim_text_add(text, from, (size_t)(at - from));
        from = at + 1;
        if (c < 0x20) {
            cg_sim_text_printf(text, "\\u%04x", (unsigned)c);
        } else {
            cg_sim_text_putc(text, '\\');
            cg_sim_text_putc(text, (char)c);
        }
    }
    cg_sim_text_puts(text, from);
    cg_sim_text_putc(text, '"');
}

void cg_sim_text_field(struct cg_sim_text *text, const char *name, const char *string) {
    if (text->len > 0 && text->data[text->len - 1] != '{') {
        cg_sim_text_putc(text, ',');
    }
    cg_sim_text_putc(text, '"');
    cg_sim_text_puts(text, name);
    cg_sim_text_puts(text, "\":");
    cg_sim_text_json(text, string);
}

static bool is_unreserved(unsigned char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

void cg_sim_text_urlencode(struct cg_sim_text *text, const char *string) {
    for (const char *at = string; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (is_unreserved(c)) {
            cg_sim_text_putc(text, (char)c);
        } else {
            cg_sim_text_printf(text, "%%%02X", (unsigned)c);
        }
    }
}

void cg_sim_text_printf(struct cg_sim_text *text, const char *format, ...) {
    if (!cg_sim_text_reserve(text, 1000)) {
        return;
    }
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text->data + text->len, 1001, format, args);
    va_end(args);
    if (len < 0 || len > 1000) {
        text->data[text->len] = '\0';
        text->failed = true;
        return;
    }
    text->len += (size_t)len;
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool cg_sim_base64_encode(const unsigned char *bytes, size_t len, char *out, size_t size) {
    if (size < (len + 2) / 3 * 4 + 1) {
        return false;
    }
    size_t at = 0;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t group = (uint32_t)bytes[i] << 16;
        group |= left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)bytes[i + 2] : 0;
        out[at++] = base64_digits[group >> 18];
        out[at++] = base64_digits[(group >> 12) & 63];
        out[at++] = left > 1 ? base64_digits[(group >> 6) & 63] : '=';
        out[at++] = left > 2 ? base64_digits[group & 63] : '=';
    }
    out[at] = '\0';
    return true;
}

bool cg_sim_base64_decode(const char *string, unsigned char *ret_bytes, size_t len) {
    size_t padding = (3 - len % 3) % 3;
    size_t digits = (len + 2) / 3 * 4 - padding;
    if (strlen(string) != digits + padding || strspn(string + digits, "=") != padding) {
        return false;
    }
    uint32_t bits = 0;
    unsigned have = 0;
    size_t at = 0;
    for (size_t i = 0; i < digits; i++) {
        const char *digit = string[i] == '\0' ? NULL : strchr(base64_digits, string[i]);
        if (digit == NULL) {
            return false;
        }
        bits = (bits << 6) | (uint32_t)(digit - base64_digits);
        have += 6;
        if (have >= 8) {
            have -= 8;
            ret_bytes[at++] = (unsigned char)((bits >> have) & 0xff);
        }
    }
    return at == len;
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes up to `len` bytes of an urlencoded piece; false when it is malformed or does not fit. */
static bool form_decode(const char *from, size_t len, char *ret_value, size_t size) {
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        int c = (unsigned char)from[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = len - i > 2 ? hex_value(from[i + 1]) : -1;
            int low = high >= 0 ? hex_value(from[i + 2]) : -1;
            if (low < 0 || high * 16 + low == 0) {
                return false;
            }
            c = high * 16 + low;
            i += 2;
        }
        if (at + 1 >= size) {
            return false;
        }
        ret_value[at++] = (char)c;
    }
    ret_value[at] = '\0';
    return true;
}

/* Finds the undecoded value of `name`; NULL when it is absent. */
static const char *form_find(const char *encoded, const char *name, size_t *ret_len) {
    size_t name_len = strlen(name);
    while (*encoded != '\0') {
        size_t len = strcspn(encoded, "&");
        if (len > name_len && strncmp(encoded, name, name_len) == 0 && encoded[name_len] == '=') {
            *ret_len = len - name_len - 1;
            return encoded + name_len + 1;
        }
        encoded += len;
        encoded += *encoded == '&' ? 1 : 0;
    }
    return NULL;
}

bool cg_sim_form_get(const char *encoded, const char *name, char *ret_value, size_t size) {
    size_t len = 0;
    const char *value = form_find(encoded, name, &len);
    return value != NULL && form_decode(value, len, ret_value, size);
}

bool cg_sim_form_has(const char *encoded, const char *name) {
    size_t len = 0;
    return form_find(encoded, name, &len) != NULL;
}
