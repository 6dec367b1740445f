#include "store/metadata.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/* One character of UTF-8; `*length` is what it takes. Broken bytes read as U+FFFD, one at a time. */
static uint32_t decode(const unsigned char *text, size_t *length) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = text[0] < 0x80 ? 1 : text[0] >> 5 == 6 ? 2 : text[0] >> 4 == 14 ? 3 : text[0] >> 3 == 30 ? 4 : 0;
    *length = 1;
    if (size == 1)
        return text[0];
    if (size == 0)
        return 0xFFFD;
    uint32_t code = text[0] & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if (text[i] >> 6 != 2)
            return 0xFFFD;
        code = code << 6 | (text[i] & 0x3Fu);
    }
    if (code < least[size] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return 0xFFFD;
    *length = size;
    return code;
}

static void write_escape(struct cg_buf *buf, uint32_t code) {
    if (code >= 0x10000) {
        cg_buf_printf(buf, "\\u%04x", 0xD800u + ((code - 0x10000) >> 10));
        code = 0xDC00u + ((code - 0x10000) & 0x3FFu);
    }
    cg_buf_printf(buf, "\\u%04x", code);
}

static void write_string(struct cg_buf *buf, const char *text) {
    static const char specials[] = "\"\\\n\r\t\b\f";
    static const char letters[] = "\"\\nrtbf";
    cg_buf_add_char(buf, '"');
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        size_t length = 1;
        const char *special = strchr(specials, (char)*c);
        if (special) {
            cg_buf_add_char(buf, '\\');
            cg_buf_add_char(buf, letters[special - specials]);
        } else if (*c >= 0x20 && *c < 0x80) {
            cg_buf_add_char(buf, (char)*c);
        } else {
            write_escape(buf, decode(c, &length));
        }
        c += length;
    }
    cg_buf_add_char(buf, '"');
}

/* True when `text` is one JSON value of a fitting type. */
static int is_json(const char *text, uint32_t kind) {
    json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
    int good = kind == CG_FIELD_NUMBER ? json_is_number(value) : value != NULL;
    json_decref(value);
    return good && *text != ' ';
}

static cg_status write_value(struct cg_buf *buf, const struct cg_field *field) {
    if (!field->value)
        return cg_buf_add_text(buf, "null");
    switch (field->kind) {
    case CG_FIELD_STRING:
        write_string(buf, field->value);
        return buf->status;
    case CG_FIELD_BOOL:
        if (strcmp(field->value, "true") != 0 && strcmp(field->value, "false") != 0)
            return CG_INVALID;
        return cg_buf_add_text(buf, field->value);
    case CG_FIELD_NUMBER:
    case CG_FIELD_JSON:
        return is_json(field->value, field->kind) ? cg_buf_add_text(buf, field->value) : CG_INVALID;
    default:
        return CG_INVALID;
    }
}

cg_status cg_metadata_write(struct cg_buf *buf, const struct cg_field *fields, size_t count, const char **ret) {
    *ret = NULL;
    if (count == 0)
        return CG_OK;
    cg_buf_clear(buf);
    cg_buf_add_char(buf, '{');
    for (size_t i = 0; i < count; i++) {
        if (i)
            cg_buf_add_text(buf, ", ");
        if (!fields[i].key)
            return CG_INVALID;
        write_string(buf, fields[i].key);
        cg_buf_add_text(buf, ": ");
        cg_status status = write_value(buf, &fields[i]);
        if (status != CG_OK)
            return status;
    }
    cg_status status = cg_buf_add_char(buf, '}');
    if (status == CG_OK)
        *ret = cg_buf_text(buf);
    return status;
}

/* A real number in its shortest form, as it stood in the text unless that had needless digits. */
static const char *read_real(double value, struct cg_arena *arena) {
    struct cg_decimal decimal;
    char text[CG_DECIMAL_TEXT_SIZE];
    if (cg_decimal_from_double(value, &decimal) != CG_OK)
        return cg_arena_printf(arena, "%.17g", value);
    return cg_arena_copy(arena, text, cg_decimal_format(&decimal, text));
}

static const char *read_nested(const json_t *value, struct cg_arena *arena) {
    char *text = json_dumps(value, JSON_ENSURE_ASCII);
    const char *copy = cg_arena_string(arena, text);
    free(text);
    return copy;
}

/* Returns 0 when out of memory. */
static int read_value(const json_t *value, struct cg_arena *arena, struct cg_field *field) {
    switch (json_typeof(value)) {
    case JSON_NULL:
        return 1;
    case JSON_TRUE:
    case JSON_FALSE:
        field->kind = CG_FIELD_BOOL;
        field->value = json_is_true(value) ? "true" : "false";
        return 1;
    case JSON_STRING:
        field->value = cg_arena_copy(arena, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        field->kind = CG_FIELD_NUMBER;
        field->value = cg_arena_printf(arena, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        field->kind = CG_FIELD_NUMBER;
        field->value = read_real(json_real_value(value), arena);
        break;
    default:
        field->kind = CG_FIELD_JSON;
        field->value = read_nested(value, arena);
        break;
    }
    return field->value != NULL;
}

cg_status cg_metadata_read(const char *text, struct cg_arena *arena, const struct cg_field **ret, uint32_t *ret_count) {
    *ret = NULL;
    *ret_count = 0;
    if (!text || !*text)
        return CG_OK;
    json_t *object = json_loads(text, 0, NULL);
    if (!json_is_object(object)) {
        json_decref(object);
        return CG_INVALID;
    }
    size_t count = json_object_size(object);
    struct cg_field *fields = cg_arena_array(arena, count ? count : 1, sizeof *fields);
    cg_status status = fields ? CG_OK : CG_NO_MEMORY;
    uint32_t used = 0;
    const char *key = NULL;
    json_t *value = NULL;
    if (status == CG_OK) {
        json_object_foreach (object, key, value) {
            fields[used].key = cg_arena_string(arena, key);
            if (!fields[used].key || !read_value(value, arena, &fields[used])) {
                status = CG_NO_MEMORY;
                break;
            }
            used++;
        }
    }
    json_decref(object);
    if (status != CG_OK)
        return status;
    *ret = fields;
    *ret_count = used;
    return CG_OK;
}
