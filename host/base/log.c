#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"

#define MAX_PARTS 64

_Static_assert(CG_LOG_LINE_SIZE <= PIPE_BUF, "a longer write to a pipe may be torn");

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

/* A piece of the format: literal text, or a field with its printf width and precision. */
struct part {
    enum field field;
    const char *literal;
    int width;     /* negative: left-aligned */
    int precision; /* -1: none */
    int zero;
};

struct cg_log {
    struct cg_arena *arena;
    int fd;
    uint32_t level;
    struct timespec started;
    struct cg_log_level *levels;
    size_t level_count;
    struct part parts[MAX_PARTS];
    size_t part_count;
};

static const struct {
    const char *name;
    uint32_t level;
} level_names[] = {
    {"CRITICAL", CG_LOG_CRITICAL}, {"ERROR", CG_LOG_ERROR}, {"WARNING", CG_LOG_WARNING},
    {"INFO", CG_LOG_INFO},         {"DEBUG", CG_LOG_DEBUG},
};

uint32_t cg_log_level_parse(const char *text) {
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++)
        if (strcasecmp(level_names[i].name, text) == 0)
            return level_names[i].level;
    return 0;
}

static const char *level_name(uint32_t level) {
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++)
        if (level >= level_names[i].level)
            return level_names[i].name;
    return "DEBUG";
}

static cg_status add_part(struct cg_log *log, struct part part) {
    if (log->part_count == MAX_PARTS)
        return CG_INVALID;
    log->parts[log->part_count++] = part;
    return CG_OK;
}

/* Reads "(field)flags" behind a "%"; moves *text behind it. */
static cg_status parse_field(struct cg_log *log, const char **text) {
    const char *close = strchr(*text, ')');
    if (!close)
        return CG_INVALID;
    size_t length = (size_t)(close - *text) - 1;
    struct part part = {.precision = -1};
    for (size_t i = 0; i < sizeof field_names / sizeof *field_names; i++)
        if (strlen(field_names[i].name) == length && strncmp(field_names[i].name, *text + 1, length) == 0)
            part.field = field_names[i].field;
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
    return add_part(log, part);
}

static cg_status parse_format(struct cg_log *log, const char *format) {
    size_t fields = 0;
    while (*format) {
        cg_status status = CG_OK;
        if (format[0] == '%' && format[1] == '(') {
            format++;
            status = parse_field(log, &format);
            fields++;
        } else if (format[0] == '%' && format[1] != '%') {
            return CG_INVALID;
        } else {
            size_t length = format[0] == '%' ? 1 : strcspn(format, "%");
            const char *copy = cg_arena_copy(log->arena, format, length);
            if (!copy)
                return CG_NO_MEMORY;
            status = add_part(log, (struct part){.literal = copy, .precision = -1});
            format += format[0] == '%' ? 2 : length;
        }
        if (status != CG_OK)
            return status;
    }
    return fields ? CG_OK : CG_INVALID;
}

static cg_status copy_levels(struct cg_log *log, const struct cg_log_level *levels, size_t count) {
    log->levels = cg_arena_array(log->arena, count, sizeof *levels);
    if (!log->levels)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        log->levels[i] = (struct cg_log_level){cg_arena_string(log->arena, levels[i].name), levels[i].level};
        if (!log->levels[i].name)
            return CG_NO_MEMORY;
    }
    log->level_count = count;
    return CG_OK;
}

cg_status cg_log_new(int fd, uint32_t level, const char *format, const struct cg_log_level *levels, size_t level_count,
                     struct cg_log **ret) {
    struct cg_log *log = calloc(1, sizeof *log);
    if (!log)
        return CG_NO_MEMORY;
    log->fd = fd;
    log->level = level;
    clock_gettime(CLOCK_REALTIME, &log->started);
    log->arena = cg_arena_new();
    cg_status status = log->arena ? parse_format(log, format) : CG_NO_MEMORY;
    if (status == CG_OK && level_count)
        status = copy_levels(log, levels, level_count);
    if (status != CG_OK) {
        cg_log_free(log);
        return status;
    }
    *ret = log;
    return CG_OK;
}

void cg_log_free(struct cg_log *log) {
    if (!log)
        return;
    cg_arena_free(log->arena);
    free(log);
}

int32_t cg_log_enabled(const struct cg_log *log, const char *name, uint32_t level) {
    if (!log)
        return 0;
    uint32_t needed = log->level;
    size_t best = 0;
    for (size_t i = 0; i < log->level_count; i++) {
        size_t length = strlen(log->levels[i].name);
        int below = strncmp(name, log->levels[i].name, length) == 0 && (!name[length] || name[length] == '.');
        if (below && length >= best) {
            best = length;
            needed = log->levels[i].level;
        }
    }
    return level >= needed;
}

struct event {
    const char *name;
    uint32_t level;
    const char *message;
    struct timespec time;
};

/* The text of one field. */
static const char *field_text(const struct cg_log *log, const struct part *part, const struct event *event,
                              char *buffer, size_t size) {
    double created = (double)event->time.tv_sec + (double)event->time.tv_nsec / 1e9;
    double relative = created - ((double)log->started.tv_sec + (double)log->started.tv_nsec / 1e9);
    int places = part->precision < 0 ? 6 : part->precision;
    struct tm local;
    switch (part->field) {
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
        return level_name(event->level);
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

/* A line while it is put together. */
struct line {
    char text[CG_LOG_LINE_SIZE];
    size_t used;
    size_t short_used; /* how much of it leaves room for "...", in whole characters */
    int cut;
};

/* The newline always has room. */
static void put(struct line *line, const char *bytes, size_t length) {
    line->cut |= line->used + length > sizeof line->text - 1;
    if (line->cut)
        return;
    memcpy(line->text + line->used, bytes, length);
    line->used += length;
    if (line->used <= sizeof line->text - sizeof "...")
        line->short_used = line->used;
}

/* Appends `text`, padded, with what is no clean character made visible, so that an event stays one line. */
static void append(struct line *line, const char *text, int width, int precision) {
    size_t length = strlen(text);
    if (precision >= 0 && (size_t)precision < length)
        length = cg_text_whole(text, (size_t)precision);
    size_t wanted = (size_t)abs(width);
    size_t padding = wanted > length ? wanted - length : 0;
    for (size_t i = 0; width > 0 && i < padding; i++)
        put(line, " ", 1);
    for (size_t at = 0; at < length && !line->cut;) {
        size_t bytes = cg_text_character(text + at);
        if (bytes) {
            put(line, text + at, bytes);
            at += bytes;
            continue;
        }
        /* A control character of two bytes is escaped whole: the second one alone is no character either. */
        char escaped[8];
        put(line, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\x%02x", (unsigned)(unsigned char)text[at++]));
    }
    for (size_t i = 0; width < 0 && i < padding; i++)
        put(line, " ", 1);
}

static void end_line(struct line *line) {
    if (line->cut) {
        line->used = line->short_used;
        line->cut = 0;
        put(line, "...", 3);
    }
    line->text[line->used++] = '\n';
}

static void write_all(int fd, const char *line, size_t length) {
    while (length) {
        ssize_t written = write(fd, line, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        line += written;
        length -= (size_t)written;
    }
}

void cg_log_write(const struct cg_log *log, const char *name, uint32_t level, const char *format, ...) {
    va_list args;
    va_start(args, format);
    cg_log_writev(log, name, level, format, args);
    va_end(args);
}

void cg_log_writev(const struct cg_log *log, const char *name, uint32_t level, const char *format, va_list args) {
    if (!cg_log_enabled(log, name, level))
        return;
    /* Longer than a line: what does not fit in here is cut from the line anyway. */
    char message[CG_LOG_LINE_SIZE + 8];
    if (vsnprintf(message, sizeof message, format, args) < 0)
        message[0] = '\0';
    struct event event = {.name = name, .level = level, .message = message};
    clock_gettime(CLOCK_REALTIME, &event.time);
    struct line line;
    line.used = line.short_used = 0;
    line.cut = 0;
    for (size_t i = 0; i < log->part_count; i++) {
        const struct part *part = &log->parts[i];
        char scratch[64];
        const char *text = field_text(log, part, &event, scratch, sizeof scratch);
        int text_field = part->field == FIELD_NAME || part->field == FIELD_MESSAGE || part->field == FIELD_LEVELNAME ||
                         part->field == FIELD_SOURCE_TEXT;
        append(&line, text, part->width, text_field ? part->precision : -1);
    }
    end_line(&line);
    write_all(log->fd, line.text, line.used);
}
