#include "api/json.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"

void cg_json_init(struct cg_json *json, struct cg_buf *out) {
    *json = (struct cg_json){.out = out};
}

static void before_value(struct cg_json *json) {
    if (json->comma)
        cg_buf_add_char(json->out, ',');
    json->comma = 1;
}

void cg_json_object(struct cg_json *json) {
    before_value(json);
    cg_buf_add_char(json->out, '{');
    json->comma = 0;
}

void cg_json_object_end(struct cg_json *json) {
    cg_buf_add_char(json->out, '}');
    json->comma = 1;
}

void cg_json_list(struct cg_json *json) {
    before_value(json);
    cg_buf_add_char(json->out, '[');
    json->comma = 0;
}

void cg_json_list_end(struct cg_json *json) {
    cg_buf_add_char(json->out, ']');
    json->comma = 1;
}

void cg_json_key(struct cg_json *json, const char *key) {
    before_value(json);
    cg_buf_add_char(json->out, '"');
    cg_buf_add_text(json->out, key);
    cg_buf_add(json->out, "\":", 2);
    json->comma = 0;
}

void cg_json_key_text(struct cg_json *json, const char *key) {
    cg_json_text(json, key);
    cg_buf_add_char(json->out, ':');
    json->comma = 0;
}

static int is_plain(unsigned char byte) {
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static void add_escaped(struct cg_buf *out, unsigned char byte) {
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; names[i]; i += 2)
        if ((unsigned char)names[i] == byte) {
            const char escape[2] = {'\\', names[i + 1]};
            cg_buf_add(out, escape, sizeof escape);
            return;
        }
    cg_buf_printf(out, "\\u%04x", byte);
}

void cg_json_text_n(struct cg_json *json, const char *text, size_t length) {
    struct cg_buf *out = json->out;
    before_value(json);
    cg_buf_add_char(out, '"');
    for (size_t i = 0; i < length;) {
        size_t end = i;
        while (end < length && is_plain((unsigned char)text[end]))
            end++;
        if (end > i)
            cg_buf_add(out, text + i, end - i);
        i = end;
        if (i == length)
            break;
        size_t bytes = (unsigned char)text[i] < 0x80 ? 0 : cg_text_sequence(text + i, length - i);
        if (bytes)
            cg_buf_add(out, text + i, bytes);
        else if ((unsigned char)text[i] < 0x80)
            add_escaped(out, (unsigned char)text[i]);
        else
            cg_buf_add_text(out, "\xef\xbf\xbd");
        i += bytes ? bytes : 1;
    }
    cg_buf_add_char(out, '"');
}

void cg_json_text(struct cg_json *json, const char *text) {
    if (text)
        cg_json_text_n(json, text, strlen(text));
    else
        cg_json_null(json);
}

void cg_json_int(struct cg_json *json, int64_t value) {
    before_value(json);
    cg_buf_printf(json->out, "%lld", (long long)value);
}

void cg_json_bool(struct cg_json *json, int32_t value) {
    before_value(json);
    cg_buf_add_text(json->out, value ? "true" : "false");
}

void cg_json_null(struct cg_json *json) {
    before_value(json);
    cg_buf_add(json->out, "null", 4);
}

void cg_json_raw(struct cg_json *json, const char *text, const char *otherwise) {
    before_value(json);
    cg_buf_add_text(json->out, text && *text ? text : otherwise);
}

void cg_json_instant(struct cg_json *json, int64_t time) {
    char text[CG_TIME_TEXT_SIZE];
    if (time == CG_TIME_NONE) {
        cg_json_null(json);
        return;
    }
    if (time % INT64_C(1000000))
        cg_time_format_micros(time, text);
    else
        cg_time_format_seconds(time, text);
    text[10] = 'T'; /* behind the date, where a blank stands */
    before_value(json);
    cg_buf_printf(json->out, "\"%sZ\"", text);
}

void cg_json_date(struct cg_json *json, int64_t time) {
    char text[CG_TIME_TEXT_SIZE];
    cg_json_text(json, time == CG_TIME_NONE ? NULL : cg_time_format_date(time, text));
}

/* "1E-7" and "1E+3" become "0.0000001" and "1000": quantized to the exponent 0, or written out by hand. */
static void add_plain(struct cg_buf *out, const char *text, const char *exponent) {
    char digits[CG_DECIMAL_TEXT_SIZE];
    size_t count = 0;
    int point = 0;
    const char *at = *text == '-' ? text + 1 : text;
    int shift = 0;
    for (; at < exponent; at++) {
        if (*at == '.')
            point = 1;
        else
            digits[count++] = *at;
        shift -= point && *at != '.';
    }
    int power = 0;
    sscanf(exponent + 1, "%d", &power);
    shift += power; /* the value is `digits` times 10 to this power */
    if (*text == '-')
        cg_buf_add_char(out, '-');
    int before = (int)count + shift; /* digits in front of the point */
    if (before <= 0)
        cg_buf_add_char(out, '0');
    for (int i = 0; i < before; i++)
        cg_buf_add_char(out, i < (int)count ? digits[i] : '0');
    if (shift < 0)
        cg_buf_add_char(out, '.');
    for (int i = before; i < 0; i++)
        cg_buf_add_char(out, '0');
    for (int i = before > 0 ? before : 0; i < (int)count; i++)
        cg_buf_add_char(out, digits[i]);
}

void cg_json_decimal(struct cg_json *json, const struct cg_decimal *value) {
    char text[CG_DECIMAL_TEXT_SIZE];
    cg_decimal_format(value, text);
    const char *exponent = strchr(text, 'E');
    before_value(json);
    cg_buf_add_char(json->out, '"');
    if (exponent)
        add_plain(json->out, text, exponent);
    else
        cg_buf_add_text(json->out, text);
    cg_buf_add_char(json->out, '"');
}

void cg_json_put_text(struct cg_json *json, const char *key, const char *text) {
    cg_json_key(json, key);
    cg_json_text(json, text);
}

void cg_json_put_int(struct cg_json *json, const char *key, int64_t value) {
    cg_json_key(json, key);
    cg_json_int(json, value);
}

void cg_json_put_bool(struct cg_json *json, const char *key, int32_t value) {
    cg_json_key(json, key);
    cg_json_bool(json, value);
}

void cg_json_put_null(struct cg_json *json, const char *key) {
    cg_json_key(json, key);
    cg_json_null(json);
}

void cg_json_put_instant(struct cg_json *json, const char *key, int64_t time) {
    cg_json_key(json, key);
    cg_json_instant(json, time);
}

void cg_json_put_date(struct cg_json *json, const char *key, int64_t time) {
    cg_json_key(json, key);
    cg_json_date(json, time);
}

void cg_json_put_decimal(struct cg_json *json, const char *key, const struct cg_decimal *value) {
    cg_json_key(json, key);
    cg_json_decimal(json, value);
}
