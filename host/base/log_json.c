#include "base/log_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* Most bytes that a text beside the message may take: what is longer was not made for a log. */
#define LOGGER_LIMIT 512
#define TENANT_LIMIT 1280
#define STAGE_LIMIT 256

/* The two characters of a short escape, or NULL. */
static const char *short_escape(char character) {
    switch (character) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

/* Appends the character at `text` as it stands in a JSON text; answers how many bytes it took. */
static size_t put_character(struct cg_log_line *line, const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    const char *escape = short_escape(*text);
    size_t length = cg_text_character(text);
    char code[8];
    if (escape) {
        cg_log_line_put(line, escape, 2);
        return 1;
    }
    if (length) {
        cg_log_line_put(line, text, length);
        return length;
    }
    if (at[0] < 0x20 || at[0] == 0x7F) {
        snprintf(code, sizeof code, "\\u%04x", (unsigned)at[0]);
        cg_log_line_put(line, code, 6);
        return 1;
    }
    if (at[0] == 0xC2 && at[1] >= 0x80 && at[1] < 0xA0) { /* a control character of two bytes */
        snprintf(code, sizeof code, "\\u%04x", (unsigned)at[1]);
        cg_log_line_put(line, code, 6);
        return 2;
    }
    cg_log_line_put(line, "\xEF\xBF\xBD", 3);
    return 1;
}

/* Appends a quoted text that takes at most `limit` bytes between its quotes. */
static void put_text(struct cg_log_line *line, const char *text, size_t limit) {
    const size_t reserved = line->reserved;
    const size_t room = sizeof line->text - 1 - reserved - line->used;
    cg_log_line_put(line, "\"", 1);
    /* The closing quote always has room. */
    line->reserved += room > limit + 2 ? room - limit - 1 : 1;
    line->short_used = line->used;
    while (*text && !line->cut)
        text += put_character(line, text);
    cg_log_line_mark_cut(line);
    line->reserved = reserved;
    cg_log_line_put(line, "\"", 1);
}

static void put_key(struct cg_log_line *line, const char *key) {
    cg_log_line_put(line, ",\"", 2);
    cg_log_line_put(line, key, strlen(key));
    cg_log_line_put(line, "\":", 2);
}

static void put_number(struct cg_log_line *line, const char *key, int64_t value) {
    char text[32];
    int length = snprintf(text, sizeof text, "%" PRId64, value);
    put_key(line, key);
    cg_log_line_put(line, text, (size_t)length);
}

/* What stands behind the message. */
static void put_tail(struct cg_log_line *line, const struct cg_log_context *context) {
    if (*context->tenant) {
        put_key(line, "tenant");
        put_text(line, context->tenant, TENANT_LIMIT);
    }
    if (context->run)
        put_number(line, "run", context->run);
    if (*context->stage) {
        put_key(line, "stage");
        put_text(line, context->stage, STAGE_LIMIT);
    }
    put_number(line, "process", (int64_t)getpid());
    cg_log_line_put(line, "}", 1);
}

void cg_log_write_json(const struct cg_log_event *event, struct cg_log_line *line) {
    struct cg_log_line tail;
    struct tm utc;
    char head[96];
    cg_log_line_start(&tail);
    put_tail(&tail, event->context);
    gmtime_r(&event->time.tv_sec, &utc);
    int length =
        snprintf(head, sizeof head,
                 "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ\",\"level\":\"%s\",\"logger\":", utc.tm_year + 1900,
                 utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, event->time.tv_nsec / 1000,
                 cg_log_level_name(event->level));
    cg_log_line_put(line, head, (size_t)length);
    put_text(line, event->name, LOGGER_LIMIT);
    put_key(line, "message");
    line->reserved = tail.used;
    put_text(line, event->message, sizeof line->text);
    line->reserved = 0;
    cg_log_line_put(line, tail.text, tail.used);
}
