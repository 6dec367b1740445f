#include "net/json_scan.h"

#include <stdint.h>
#include <string.h>

char cg_json_peek(struct cg_json_scan *scan) {
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
        scan->at++;
    return scan->at < scan->end ? *scan->at : '\0';
}

bool cg_json_take(struct cg_json_scan *scan, char character) {
    if (cg_json_peek(scan) != character || scan->at == scan->end)
        return false;
    scan->at++;
    return true;
}

bool cg_json_at_end(struct cg_json_scan *scan) {
    cg_json_peek(scan);
    return scan->at == scan->end;
}

static bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

/* Four hexadecimal digits, or -1. */
static int32_t hex4(const char *at, const char *end) {
    if (end - at < 4)
        return -1;
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int32_t digit = is_digit(c)            ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Length of the escape at `at` (which is at the backslash) and the character it stands for; 0 when it is none. */
static size_t escape(const char *at, const char *end, uint32_t *ret) {
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    if (end - at < 2)
        return 0;
    if (at[1] != 'u') {
        const char *name = at[1] ? strchr(names, at[1]) : NULL;
        if (!name)
            return 0;
        *ret = (uint32_t)values[name - names];
        return 2;
    }
    int32_t high = hex4(at + 2, end);
    if (high < 0 || (high >= 0xDC00 && high <= 0xDFFF))
        return 0;
    if (high < 0xD800 || high > 0xDBFF) {
        *ret = (uint32_t)high;
        return 6;
    }
    if (end - at < 12 || at[6] != '\\' || at[7] != 'u')
        return 0;
    int32_t low = hex4(at + 8, end);
    if (low < 0xDC00 || low > 0xDFFF)
        return 0;
    *ret = 0x10000u + ((uint32_t)(high - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
    return 12;
}

/* Length of the well-formed UTF-8 sequence of more than one byte at `at`, or 0 (Unicode 15, table 3-7). */
static size_t utf8_length(const char *at, const char *end) {
    const unsigned char *byte = (const unsigned char *)at;
    size_t left = (size_t)(end - at);
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    size_t length = 0;
    if (byte[0] >= 0xC2 && byte[0] <= 0xDF) {
        length = 2;
    } else if (byte[0] >= 0xE0 && byte[0] <= 0xEF) {
        length = 3;
        low = byte[0] == 0xE0 ? 0xA0 : 0x80;
        high = byte[0] == 0xED ? 0x9F : 0xBF;
    } else if (byte[0] >= 0xF0 && byte[0] <= 0xF4) {
        length = 4;
        low = byte[0] == 0xF0 ? 0x90 : 0x80;
        high = byte[0] == 0xF4 ? 0x8F : 0xBF;
    }
    if (length == 0 || left < length || byte[1] < low || byte[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++) {
        if ((byte[i] & 0xC0) != 0x80)
            return 0;
    }
    return length;
}

bool cg_json_string(struct cg_json_scan *scan, struct cg_json_text *ret) {
    if (!cg_json_take(scan, '"'))
        return false;
    const char *start = scan->at;
    const char *at = start;
    const char *end = scan->end;
    bool escaped = false;
    while (at < end && *at != '"') {
        unsigned char byte = (unsigned char)*at;
        size_t step = 1;
        uint32_t character;
        if (byte == '\\') {
            step = escape(at, end, &character);
            escaped = true;
        } else if (byte >= 0x80) {
            step = utf8_length(at, end);
        } else if (byte < 0x20) {
            step = 0;
        }
        if (step == 0)
            return false;
        at += step;
    }
    if (at == end)
        return false;
    *ret = (struct cg_json_text){.data = start, .length = (size_t)(at - start), .escaped = escaped};
    scan->at = at + 1;
    return true;
}

static const char *skip_digits(const char *at, const char *end) {
    while (at < end && is_digit(*at))
        at++;
    return at;
}

bool cg_json_number(struct cg_json_scan *scan, struct cg_json_text *ret) {
    cg_json_peek(scan);
    const char *start = scan->at;
    const char *end = scan->end;
    const char *at = start;
    if (at < end && *at == '-')
        at++;
    const char *digits = at;
    at = skip_digits(at, end);
    if (at == digits || (*digits == '0' && at - digits > 1))
        return false;
    if (at < end && *at == '.') {
        digits = ++at;
        at = skip_digits(at, end);
        if (at == digits)
            return false;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        digits = at;
        at = skip_digits(at, end);
        if (at == digits)
            return false;
    }
    *ret = (struct cg_json_text){.data = start, .length = (size_t)(at - start)};
    scan->at = at;
    return true;
}

static bool take_word(struct cg_json_scan *scan, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, word, length) != 0)
        return false;
    scan->at += length;
    return true;
}

bool cg_json_next_item(struct cg_json_scan *scan, bool *first, bool *ret_more) {
    bool was_first = *first;
    *first = false;
    *ret_more = false;
    if (cg_json_take(scan, ']'))
        return true;
    if (!was_first && !cg_json_take(scan, ','))
        return false;
    *ret_more = true;
    return true;
}

bool cg_json_next_member(struct cg_json_scan *scan, bool *first, bool *ret_more, struct cg_json_text *ret_name) {
    bool was_first = *first;
    *first = false;
    *ret_more = false;
    if (cg_json_take(scan, '}'))
        return true;
    if ((!was_first && !cg_json_take(scan, ',')) || !cg_json_string(scan, ret_name) || !cg_json_take(scan, ':'))
        return false;
    *ret_more = true;
    return true;
}

static bool skip_value(struct cg_json_scan *scan, unsigned depth) {
    struct cg_json_text text;
    bool first = true;
    bool more = true;
    char next = cg_json_peek(scan);
    switch (next) {
    case '"':
        return cg_json_string(scan, &text);
    case 't':
        return take_word(scan, "true");
    case 'f':
        return take_word(scan, "false");
    case 'n':
        return take_word(scan, "null");
    case '[':
    case '{':
        if (depth == CG_JSON_DEPTH || !cg_json_take(scan, next))
            return false;
        while (more) {
            bool fine =
                next == '[' ? cg_json_next_item(scan, &first, &more) : cg_json_next_member(scan, &first, &more, &text);
            if (!fine || (more && !skip_value(scan, depth + 1)))
                return false;
        }
        return true;
    default:
        return cg_json_number(scan, &text);
    }
}

bool cg_json_skip(struct cg_json_scan *scan) {
    return skip_value(scan, 0);
}

static size_t put_utf8(uint32_t character, char *buffer) {
    unsigned char bytes[4];
    size_t length = 0;
    if (character < 0x80) {
        bytes[length++] = (unsigned char)character;
    } else if (character < 0x800) {
        bytes[length++] = (unsigned char)(0xC0 | (character >> 6));
    } else if (character < 0x10000) {
        bytes[length++] = (unsigned char)(0xE0 | (character >> 12));
        bytes[length++] = (unsigned char)(0x80 | ((character >> 6) & 0x3F));
    } else {
        bytes[length++] = (unsigned char)(0xF0 | (character >> 18));
        bytes[length++] = (unsigned char)(0x80 | ((character >> 12) & 0x3F));
        bytes[length++] = (unsigned char)(0x80 | ((character >> 6) & 0x3F));
    }
    if (character >= 0x80)
        bytes[length++] = (unsigned char)(0x80 | (character & 0x3F));
    memcpy(buffer, bytes, length);
    return length;
}

size_t cg_json_unescape(const struct cg_json_text *text, char *buffer) {
    const char *at = text->data;
    const char *end = at + text->length;
    size_t length = 0;
    if (!text->escaped) {
        memcpy(buffer, at, text->length);
        return text->length;
    }
    while (at < end) {
        uint32_t character;
        size_t step = *at == '\\' ? escape(at, end, &character) : 0;
        if (step == 0) {
            buffer[length++] = *at++;
        } else {
            length += put_utf8(character, buffer + length);
            at += step;
        }
    }
    return length;
}

bool cg_json_equals(const struct cg_json_text *text, const char *word) {
    char buffer[256];
    size_t length = strlen(word);
    if (!text->escaped)
        return text->length == length && memcmp(text->data, word, length) == 0;
    if (text->length > sizeof buffer)
        return false;
    return cg_json_unescape(text, buffer) == length && memcmp(buffer, word, length) == 0;
}
