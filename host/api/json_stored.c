#include <jansson.h>
#include <string.h>

#include "api/json.h"

/* Metadata is stored as JSON text, with blanks and with \\u escapes for what is not ASCII. It is answered compactly and
 * in UTF-8, but otherwise as it was written: a number that went through a double would not be the same any more. */

static int hex4(const char *text, uint32_t *ret) {
    uint32_t value = 0;
    for (size_t i = 0; i < 4; i++) {
        const char *digit = text[i] ? strchr("0123456789abcdef0123456789ABCDEF", text[i]) : NULL;
        if (!digit)
            return 0;
        value = value * 16 + (uint32_t)(digit - "0123456789abcdef0123456789ABCDEF") % 16;
    }
    *ret = value;
    return 1;
}

/* The character that the escape at `text` stands for; `*ret_length` bytes of it. 0: it stays as it is. */
static uint32_t escaped_character(const char *text, size_t *ret_length) {
    uint32_t first = 0;
    uint32_t second = 0;
    if (text[0] != '\\' || text[1] != 'u' || !hex4(text + 2, &first))
        return 0;
    *ret_length = 6;
    if (first < 0xd800 || first > 0xdfff)
        return first >= 0x80 ? first : 0;
    if (first > 0xdbff || text[6] != '\\' || text[7] != 'u' || !hex4(text + 8, &second) || second < 0xdc00 ||
        second > 0xdfff)
        return 0;
    *ret_length = 12;
    return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

static void add_character(struct cg_buf *out, uint32_t code) {
    if (code >= 0x10000)
        cg_buf_add_char(out, (char)(0xf0 | (code >> 18)));
    if (code >= 0x10000)
        cg_buf_add_char(out, (char)(0x80 | ((code >> 12) & 0x3f)));
    else if (code >= 0x800)
        cg_buf_add_char(out, (char)(0xe0 | (code >> 12)));
    if (code >= 0x800)
        cg_buf_add_char(out, (char)(0x80 | ((code >> 6) & 0x3f)));
    else
        cg_buf_add_char(out, (char)(0xc0 | (code >> 6)));
    cg_buf_add_char(out, (char)(0x80 | (code & 0x3f)));
}

/* Copies a string with its quotes; answers where it ends. The text is known to be valid JSON. */
static const char *add_string(struct cg_buf *out, const char *at) {
    cg_buf_add_char(out, *at++);
    while (*at && *at != '"') {
        size_t length = 0;
        uint32_t code = *at == '\\' ? escaped_character(at, &length) : 0;
        if (code) {
            add_character(out, code);
            at += length;
        } else {
            length = *at == '\\' ? 2 : 1;
            cg_buf_add(out, at, length);
            at += length;
        }
    }
    cg_buf_add_char(out, '"');
    return *at ? at + 1 : at;
}

/* Everything between the outer brackets, without blanks. */
static void add_members(struct cg_buf *out, const char *text) {
    const char *end = strrchr(text, '}');
    for (const char *at = strchr(text, '{') + 1; at < end;) {
        if (*at == '"')
            at = add_string(out, at);
        else if (strchr(" \t\r\n", *at))
            at++;
        else
            cg_buf_add_char(out, *at++);
    }
}

void cg_json_metadata(struct cg_json *json, const char *stored, void (*more)(struct cg_json *json, void *user),
                      void *user) {
    json_t *object = stored && *stored ? json_loads(stored, 0, NULL) : NULL;
    cg_json_object(json);
    if (json_is_object(object) && json_object_size(object) > 0) {
        add_members(json->out, stored);
        json->comma = 1;
    }
    if (more)
        more(json, user);
    cg_json_object_end(json);
    json_decref(object);
}
