#include "expose/question.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "expose/page.h"

#define OPENMETRICS "application/openmetrics-text"
#define PLAIN "text/plain"

/* Longest version that is taken, e.g. "1.0.0". */
#define VERSION_SIZE 24

/* ---- Accept ---- */

/* A part of a header between separators, without the blanks around it. */
struct part {
    const char *text;
    size_t length;
};

/* Takes the next part up to `separator`, and moves behind it; 0 at the end of `list`. */
static int take_part(struct part *list, char separator, struct part *ret) {
    if (!list->text)
        return 0;
    const char *end = memchr(list->text, separator, list->length);
    size_t length = end ? (size_t)(end - list->text) : list->length;
    *ret = (struct part){list->text, length};
    list->length -= end ? length + 1 : length;
    list->text = end ? end + 1 : NULL;
    while (ret->length && (*ret->text == ' ' || *ret->text == '\t')) {
        ret->text++;
        ret->length--;
    }
    while (ret->length && (ret->text[ret->length - 1] == ' ' || ret->text[ret->length - 1] == '\t'))
        ret->length--;
    return 1;
}

static int is_text(const struct part *part, const char *text) {
    return part->length == strlen(text) && strncasecmp(part->text, text, part->length) == 0;
}

/* The value of the first parameter of this name; a length of 0 when there is none. */
static struct part parameter_of(struct part item, const char *name) {
    struct part part;
    const size_t length = strlen(name);
    while (take_part(&item, ';', &part))
        if (part.length > length && part.text[length] == '=' && strncasecmp(part.text, name, length) == 0)
            return (struct part){part.text + length + 1, part.length - length - 1};
    return (struct part){"", 0};
}

/* Whether a version is one: digits and points, from 1.0.0 on. */
static int is_from_one(const struct part *version) {
    size_t digits = 0;
    if (version->length >= VERSION_SIZE)
        return 0;
    for (size_t i = 0; i < version->length; i++) {
        const char byte = version->text[i];
        digits += byte >= '0' && byte <= '9';
        if (!(byte >= '0' && byte <= '9') && (byte != '.' || !i || version->text[i - 1] == '.'))
            return 0;
    }
    if (!digits || version->text[version->length - 1] == '.')
        return 0;
    size_t zeros = 0;
    while (zeros < version->length && version->text[zeros] == '0')
        zeros++;
    return zeros < version->length && version->text[zeros] != '.';
}

static const char *escaping_of(struct part item) {
    static const char *const known[] = {"allow-utf-8", "underscores", "dots", "values"};
    struct part value = parameter_of(item, "escaping");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (is_text(&value, known[i]))
            return known[i];
    return "underscores";
}

int cg_question_accept(const char *accept, char type[CG_QUESTION_TYPE_SIZE]) {
    struct part list = {accept, accept ? strlen(accept) : 0};
    struct part item;
    while (take_part(&list, ',', &item)) {
        struct part rest = item;
        struct part name;
        if (!take_part(&rest, ';', &name))
            continue;
        const struct part version = parameter_of(item, "version");
        if (is_text(&name, OPENMETRICS) && !version.length) {
            (void)snprintf(type, CG_QUESTION_TYPE_SIZE, OPENMETRICS "; version=1.0.0; charset=utf-8");
            return CG_PAGE_OPENMETRICS;
        }
        if (is_text(&name, OPENMETRICS) && is_from_one(&version)) {
            (void)snprintf(type, CG_QUESTION_TYPE_SIZE, OPENMETRICS "; version=%.*s; charset=utf-8; escaping=%s",
                           (int)version.length, version.text, escaping_of(item));
            return CG_PAGE_OPENMETRICS;
        }
        if (is_text(&name, PLAIN) && version.length && is_from_one(&version)) {
            (void)snprintf(type, CG_QUESTION_TYPE_SIZE, PLAIN "; version=1.0.0; charset=utf-8; escaping=%s",
                           escaping_of(item));
            return CG_PAGE_TEXT;
        }
    }
    (void)snprintf(type, CG_QUESTION_TYPE_SIZE, PLAIN "; version=0.0.4; charset=utf-8");
    return CG_PAGE_TEXT;
}

/* The client takes gzip, and has not refused it with a weight of 0. */
static int accepts_gzip(const struct cg_http_request *request) {
    const char *header = cg_http_request_header(request, "accept-encoding");
    struct part list = {header, header ? strlen(header) : 0};
    struct part item;
    while (take_part(&list, ',', &item)) {
        struct part rest = item;
        struct part name;
        if (!take_part(&rest, ';', &name) || !is_text(&name, "gzip"))
            continue;
        const struct part weight = parameter_of(item, "q");
        size_t zeros = 0;
        while (zeros < weight.length && (weight.text[zeros] == '0' || weight.text[zeros] == '.'))
            zeros++;
        return !weight.length || zeros < weight.length;
    }
    return 0;
}

/* ---- the query ---- */

static int hex_of(char byte) {
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    const int lower = byte | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Decodes up to `length` bytes in place of what cannot be: those stay as they are. */
static char *decode(const char *text, size_t length, struct cg_arena *arena) {
    char *decoded = cg_arena_alloc(arena, length + 1);
    char *at = decoded;
    for (size_t i = 0; decoded && i < length; i++) {
        int high = text[i] == '%' && i + 2 < length ? hex_of(text[i + 1]) : -1;
        int low = high >= 0 ? hex_of(text[i + 2]) : -1;
        if (low >= 0) {
            *at++ = (char)(high * 16 + low);
            i += 2;
        } else {
            *at++ = text[i] == '+' ? ' ' : text[i];
        }
    }
    return decoded;
}

/* Seconds with up to nine decimal places. */
static int take_after(const char *text, struct timespec *ret) {
    int64_t seconds = 0;
    long nanoseconds = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && at - text < 12; at++)
        seconds = seconds * 10 + (*at - '0');
    if (at == text)
        return 0;
    if (*at == '.') {
        long unit = 100000000;
        for (at++; *at >= '0' && *at <= '9'; at++, unit /= 10)
            nanoseconds += (*at - '0') * unit;
    }
    *ret = (struct timespec){.tv_sec = seconds, .tv_nsec = nanoseconds};
    return *at == '\0';
}

static cg_status take_parameter(const char *name, const char *value, struct cg_arena *arena, struct cg_question *ret,
                                struct cg_error *error) {
    if (strcmp(name, "emitted_after") == 0) {
        ret->has_after = 1;
        return take_after(value, &ret->after)
                   ? CG_OK
                   : cg_error_set(error, CG_INVALID,
                                  "emitted_after must be seconds since 1970, such as 1768435200.5, not '%.40s'", value);
    }
    if (strcmp(name, "name[]") != 0)
        return CG_OK;
    if (!ret->names)
        ret->names = cg_arena_array(arena, CG_QUESTION_NAMES, sizeof *ret->names);
    if (!ret->names)
        return cg_error_no_memory(error);
    if (ret->name_count == CG_QUESTION_NAMES)
        return cg_error_set(error, CG_INVALID, "name[] may be given %u times", CG_QUESTION_NAMES);
    ret->names[ret->name_count++] = value;
    return CG_OK;
}

cg_status cg_question_read(const struct cg_http_request *request, struct cg_arena *arena, struct cg_question *ret,
                           struct cg_error *error) {
    struct part query = {request->query, strlen(request->query)};
    struct part item;
    cg_status status = CG_OK;
    *ret = (struct cg_question){.gzip = accepts_gzip(request)};
    ret->format = cg_question_accept(cg_http_request_header(request, "accept"), ret->type);
    while (status == CG_OK && take_part(&query, '&', &item)) {
        const char *equals = memchr(item.text, '=', item.length);
        if (!equals)
            continue;
        const size_t length = (size_t)(equals - item.text);
        const char *name = decode(item.text, length, arena);
        const char *value = decode(equals + 1, item.length - length - 1, arena);
        status = name && value ? take_parameter(name, value, arena, ret, error) : cg_error_no_memory(error);
    }
    return status;
}

int cg_question_knows(const char *list, const char *tag) {
    return list && (strcmp(list, "*") == 0 || strstr(list, strchr(tag, '"')) != NULL);
}
