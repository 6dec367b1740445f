#include "base/log_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

enum field {
    FIELD_LITERAL,
    FIELD_ASCTIME,
    FIELD_NAME,
    FIELD_LEVELNAME,
    FIELD_LEVELNO,
    FIELD_MESSAGE,
    FIELD_PROCESS,
    FIELD_PROCESS_NAME,
    FIELD_THREAD,
    FIELD_THREAD_NAME,
    FIELD_SOURCE_TEXT, /* filename, pathname, module, funcName: the logger's name stands in */
    FIELD_LINENO,
    FIELD_CREATED,
    FIELD_MSECS,
    FIELD_RELATIVE,
};

static const struct {
    const char *name;
    enum field field;
} field_names[] = {
    {"asctime", FIELD_ASCTIME},          {"name", FIELD_NAME},
    {"levelname", FIELD_LEVELNAME},      {"levelno", FIELD_LEVELNO},
    {"message", FIELD_MESSAGE},          {"process", FIELD_PROCESS},
    {"processName", FIELD_PROCESS_NAME}, {"thread", FIELD_THREAD},
    {"threadName", FIELD_THREAD_NAME},   {"filename", FIELD_SOURCE_TEXT},
    {"pathname", FIELD_SOURCE_TEXT},     {"module", FIELD_SOURCE_TEXT},
    {"funcName", FIELD_SOURCE_TEXT},     {"lineno", FIELD_LINENO},
    {"created", FIELD_CREATED},          {"msecs", FIELD_MSECS},
    {"relativeCreated", FIELD_RELATIVE},
};

/* ---- formats ---- */

static cg_status add_part(struct cg_log_format *ret, struct cg_log_part part) {
    if (ret->part_count == CG_LOG_MAX_PARTS)
        return CG_INVALID;
    ret->parts[ret->part_count++] = part;
    return CG_OK;
}

/* Reads "(field)flags" behind a "%"; moves *text behind it. */
static cg_status parse_field(struct cg_log_format *ret, const char **text) {
    const char *close = strchr(*text, ')');
    if (!close)
        return CG_INVALID;
    size_t length = (size_t)(close - *text) - 1;
    struct cg_log_part part = {.precision = -1};
    for (size_t i = 0; i < sizeof field_names / sizeof *field_names; i++)
        if (strlen(field_names[i].name) == length && strncmp(field_names[i].name, *text + 1, length) == 0)
            part.field = (int)field_names[i].field;
    if (part.field == FIELD_LITERAL)
        return CG_INVALID;
    const char *at = close + 1;
    int left = 0;
    for (; *at == '-' || *at == '0' || *at == ' ' || *at == '+'; at++) {
        left |= *at == '-';
        part.zero |= *at == '0';
    }
    char *end = NULL;
    long width = strtol(at, &end, 10);
    part.width = width < 0 || width > 200 ? 0 : (int)width;
    if (left)
        part.width = -part.width;
    at = end;
    if (*at == '.') {
        long precision = strtol(at + 1, &end, 10);
        part.precision = precision < 0 || precision > 200 ? -1 : (int)precision;
        at = end;
    }
    if (!*at || !strchr("sdifeg", *at))
        return CG_INVALID;
    *text = at + 1;
    return add_part(ret, part);
}

cg_status cg_log_format_parse(const char *format, struct cg_arena *arena, struct cg_log_format *ret) {
    ret->part_count = 0;
    size_t fields = 0;
    while (*format) {
        cg_status status = CG_OK;
        if (format[0] == '%' && format[1] == '(') {
            format++;
            status = parse_field(ret, &format);
            fields++;
        } else if (format[0] == '%' && format[1] != '%') {
            return CG_INVALID;
        } else {
            size_t length = format[0] == '%' ? 1 : strcspn(format, "%");
            const char *copy = cg_arena_copy(arena, format, length);
            if (!copy)
                return CG_NO_MEMORY;
            status = add_part(ret, (struct cg_log_part){.literal = copy, .precision = -1});
            format += format[0] == '%' ? 2 : length;
        }
        if (status != CG_OK)
            return status;
    }
    return fields ? CG_OK : CG_INVALID;
}

/* ---- fields ---- */

/* The text of one field. */
static const char *field_text(const struct cg_log_part *part, const struct cg_log_event *event,
                              const struct timespec *started, char *buffer, size_t size) {
    double created = (double)event->time.tv_sec + (double)event->time.tv_nsec / 1e9;
    double relative = created - ((double)started->tv_sec + (double)started->tv_nsec / 1e9);
    int places = part->precision < 0 ? 6 : part->precision;
    struct tm local;
    switch ((enum field)part->field) {
    case FIELD_LITERAL:
        return part->literal;
    case FIELD_ASCTIME:
        localtime_r(&event->time.tv_sec, &local);
        snprintf(buffer, size, "%04d-%02d-%02d %02d:%02d:%02d,%03d", local.tm_year + 1900, local.tm_mon + 1,
                 local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec, (int)(event->time.tv_nsec / 1000000));
        return buffer;
    case FIELD_NAME:
    case FIELD_SOURCE_TEXT:
        return event->name;
    case FIELD_LEVELNAME:
        return cg_log_level_name(event->level);
    case FIELD_MESSAGE:
        return event->message;
    case FIELD_PROCESS_NAME:
        return "chitragupt";
    case FIELD_THREAD_NAME:
        return "main";
    case FIELD_LEVELNO:
        snprintf(buffer, size, "%u", (unsigned)event->level);
        return buffer;
    case FIELD_PROCESS:
    case FIELD_THREAD:
        snprintf(buffer, size, "%ld", (long)getpid());
        return buffer;
    case FIELD_LINENO:
        return "0";
    case FIELD_CREATED:
        snprintf(buffer, size, "%.*f", places, created);
        return buffer;
    case FIELD_MSECS:
        snprintf(buffer, size, "%0*d", part->zero ? abs(part->width) : 1, (int)(event->time.tv_nsec / 1000000));
        return buffer;
    case FIELD_RELATIVE:
        snprintf(buffer, size, "%.*f", places, relative * 1000.0);
        return buffer;
    }
    return "";
}

/* Appends `text`, padded, with what is no clean character made visible, so that an event stays one line. */
static void append(struct cg_log_line *line, const char *text, int width, int precision) {
    size_t length = strlen(text);
    if (precision >= 0 && (size_t)precision < length)
        length = cg_text_whole(text, (size_t)precision);
    size_t wanted = (size_t)abs(width);
    size_t padding = wanted > length ? wanted - length : 0;
    for (size_t i = 0; width > 0 && i < padding; i++)
        cg_log_line_put(line, " ", 1);
    for (size_t at = 0; at < length && !line->cut;) {
        size_t bytes = cg_text_character(text + at);
        if (bytes) {
            cg_log_line_put(line, text + at, bytes);
            at += bytes;
            continue;
        }
        /* A control character of two bytes is escaped whole: the second one alone is no character either. */
        char escaped[8];
        cg_log_line_put(line, escaped,
                        (size_t)snprintf(escaped, sizeof escaped, "\\x%02x", (unsigned)(unsigned char)text[at++]));
    }
    for (size_t i = 0; width < 0 && i < padding; i++)
        cg_log_line_put(line, " ", 1);
}

/* ---- the context ---- */

/* Longest value as it is shown, in characters, before it is encoded. */
#define VALUE_LIMIT 160

/* Room for a value: each byte of each character may take three. */
#define VALUE_SIZE (VALUE_LIMIT * 4 * 3 + 1)

static int is_plain(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || (character && strchr("._-:/", character));
}

/* Percent-encodes a text of at most VALUE_LIMIT characters; a longer one ends in "...". */
static void encode(const char *text, char *buffer) {
    size_t length = strlen(text);
    int cut = cg_text_count(text) > VALUE_LIMIT;
    if (cut)
        length = cg_text_prefix(text, VALUE_LIMIT - 3);
    char *out = buffer;
    for (size_t i = 0; i < length; i++) {
        if (is_plain(text[i]))
            *out++ = text[i];
        else
            out += snprintf(out, 4, "%%%02X", (unsigned)(unsigned char)text[i]);
    }
    snprintf(out, sizeof "...", "%s", cut ? "..." : "");
}

/* Appends " key=value" unless the message has the key or there is no value. */
static void add_context(const struct cg_log_event *event, const char *key, const char *value,
                        struct cg_log_line *line) {
    char encoded[VALUE_SIZE];
    char wanted[32];
    snprintf(wanted, sizeof wanted, "%s=", key);
    if (!*value || strstr(event->message, wanted))
        return;
    encode(value, encoded);
    cg_log_line_put(line, " ", 1);
    cg_log_line_put(line, wanted, strlen(wanted));
    cg_log_line_put(line, encoded, strlen(encoded));
}

/* The context that belongs behind the message, "" when there is none. */
static void write_context(const struct cg_log_event *event, struct cg_log_line *ret) {
    const struct cg_log_context *context = event->context;
    char run[32] = "";
    cg_log_line_start(ret);
    if (context->run)
        snprintf(run, sizeof run, "%" PRId64, context->run);
    add_context(event, "tenant_name", context->tenant, ret);
    add_context(event, "pipeline_run_id", run, ret);
    add_context(event, "stage", context->stage, ret);
    ret->text[ret->used] = '\0';
}

/* ---- lines ---- */

void cg_log_write_text(const struct cg_log_format *format, const struct cg_log_event *event,
                       const struct timespec *started, struct cg_log_line *line) {
    struct cg_log_line context;
    write_context(event, &context);
    for (size_t i = 0; i < format->part_count; i++) {
        const struct cg_log_part *part = &format->parts[i];
        char scratch[64];
        const char *text = field_text(part, event, started, scratch, sizeof scratch);
        int text_field = part->field == FIELD_NAME || part->field == FIELD_MESSAGE || part->field == FIELD_LEVELNAME ||
                         part->field == FIELD_SOURCE_TEXT;
        append(line, text, part->width, text_field ? part->precision : -1);
        if (part->field == FIELD_MESSAGE)
            append(line, context.text, 0, -1);
    }
    cg_log_line_mark_cut(line);
}
