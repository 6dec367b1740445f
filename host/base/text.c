#include "base/text.h"

#include <stdint.h>
#include <string.h>

/* The table is that of RFC 3629, section 4: the range of the second byte keeps out overlong forms, surrogates and what
 * is beyond U+10FFFF. */
size_t cg_text_sequence(const char *text, size_t left) {
    static const struct {
        unsigned char first, last; /* lead byte */
        unsigned char low, high;   /* second byte */
        size_t length;
    } forms[] = {
        {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
        {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
        {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    const unsigned char *bytes = (const unsigned char *)text;
    if (!left || bytes[0] < 0x80u)
        return left != 0;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (bytes[0] < forms[i].first || bytes[0] > forms[i].last)
            continue;
        if (forms[i].length > left || bytes[1] < forms[i].low || bytes[1] > forms[i].high)
            return 0;
        for (size_t at = 2; at < forms[i].length; at++)
            if ((bytes[at] & 0xC0u) != 0x80u)
                return 0;
        return forms[i].length;
    }
    return 0;
}

/* The same in a text that ends with a NUL, which is no part of any longer sequence; 0 at its end. */
static size_t well_formed(const char *text) {
    return *text ? cg_text_sequence(text, SIZE_MAX) : 0;
}

static int is_control(const unsigned char *text) {
    return text[0] < 0x20u || text[0] == 0x7Fu || (text[0] == 0xC2u && text[1] >= 0x80u && text[1] <= 0x9Fu);
}

size_t cg_text_character(const char *text) {
    return is_control((const unsigned char *)text) ? 0 : well_formed(text);
}

/* Bytes of whatever is at `text`: a character, control characters included, or one byte that is part of none. */
static size_t step(const char *text) {
    size_t length = well_formed(text);
    return length ? length : 1;
}

size_t cg_text_count(const char *text) {
    size_t count = 0;
    for (; *text; text += step(text))
        count++;
    return count;
}

size_t cg_text_prefix(const char *text, size_t characters) {
    const char *at = text;
    for (; *at && characters; characters--)
        at += step(at);
    return (size_t)(at - text);
}

size_t cg_text_whole(const char *text, size_t length) {
    size_t start = length;
    while (start > 0 && length - start < 3 && ((unsigned char)text[start - 1] & 0xC0u) == 0x80u)
        start--;
    if (start == 0)
        return length;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t needed = lead >= 0xF0u ? 4 : lead >= 0xE0u ? 3 : lead >= 0xC0u ? 2 : 1;
    return needed > length - start + 1 ? start - 1 : length;
}

int32_t cg_text_is_clean(const char *text, size_t limit) {
    if (!text || strnlen(text, limit + 1) > limit)
        return 0;
    size_t length = 0;
    while (*text && (length = cg_text_character(text)) > 0)
        text += length;
    return !*text;
}

void cg_text_replace(char *text, char by) {
    char *to = text;
    while (*text) {
        size_t length = cg_text_character(text);
        size_t taken = step(text);
        if (length)
            memmove(to, text, length);
        else
            *to = by;
        to += length ? length : 1;
        text += taken;
    }
    *to = '\0';
}

void cg_text_clean(char *text, size_t size, int was_cut) {
    if (was_cut) {
        size_t length = strnlen(text, size - 1);
        size_t room = size < 4 ? size - 1 : size - 4;
        length = cg_text_whole(text, length < room ? length : room);
        if (size < 4)
            text[length] = '\0';
        else
            memcpy(text + length, "...", 4);
    }
    cg_text_replace(text, '?');
}
