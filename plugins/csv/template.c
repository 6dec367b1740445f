#include "template.h"

#include <string.h>

#define KNOWN "the placeholders are {tenant_id} and {date}"
#define FORMAT_HINT "a text's format is [[fill]<|>|^][width][.precision], as in {date:.7}"
/* Longest piece of a pattern that is repeated in a sentence. */
#define SHOWN 60

/* One placeholder, read. */
struct field {
    const char *name; /* inside the pattern */
    size_t name_length;
    const char *fill; /* one character */
    size_t fill_length;
    char align; /* '<', '>' or '^' */
    size_t width;
    size_t precision; /* SIZE_MAX: the whole text */
};

/* Where the expansion goes. Without values only the pattern is checked. */
struct output {
    const char *tenant_id;
    const char *date;
    char *buffer;
    size_t size;
    size_t used;
    size_t part_start; /* of the path component being written */
    int32_t part_has_value;
    char *problem;
};

static int shown(size_t length) {
    return length > SHOWN ? SHOWN : (int)length;
}

/* Bytes of the UTF-8 character at `text`, at least 1; continuation bytes that are missing are not counted. */
static size_t character_length(const char *text) {
    size_t length = 1;
    if (((unsigned char)text[0] & 0xC0u) != 0xC0u)
        return length;
    while (length < 4 && ((unsigned char)text[length] & 0xC0u) == 0x80u)
        length++;
    return length;
}

/* Characters among the first `limit` of `text`, and their bytes. */
static size_t count_characters(const char *text, size_t limit, size_t *ret_bytes) {
    size_t count = 0;
    size_t bytes = 0;
    while (count < limit && text[bytes]) {
        bytes += character_length(text + bytes);
        count++;
    }
    *ret_bytes = bytes;
    return count;
}

static int32_t is_align(char character) {
    return character == '<' || character == '>' || character == '^';
}

/* Reads digits up to CSV_TEMPLATE_MAX_WIDTH and moves behind them; 0 when there are none or too many. */
static int32_t take_number(const char **at, const char *end, size_t *ret) {
    size_t value = 0;
    const char *start = *at;
    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
        value = value * 10 + (size_t)(**at - '0');
        if (value > CSV_TEMPLATE_MAX_WIDTH)
            return 0;
    }
    *ret = value;
    return *at > start;
}

/* Reads the format between `at` and `end`. */
static int32_t parse_format(const char *at, const char *end, struct field *field) {
    size_t fill_length = at < end ? character_length(at) : 0;
    if (fill_length && at + fill_length < end && is_align(at[fill_length])) {
        field->fill = at;
        field->fill_length = fill_length;
        field->align = at[fill_length];
        at += fill_length + 1;
    } else if (at < end && is_align(*at)) {
        field->align = *at++;
    }
    if (at < end && *at == '0') {
        if (field->fill_length == 0) {
            field->fill = at;
            field->fill_length = 1;
        }
        at++;
    }
    if (at < end && *at >= '0' && *at <= '9' && !take_number(&at, end, &field->width))
        return 0;
    if (at < end && *at == '.') {
        at++;
        if (!take_number(&at, end, &field->precision))
            return 0;
    }
    if (at < end && *at == 's')
        at++;
    return at == end;
}

static int32_t is_name(const struct field *field, const char *name) {
    return strlen(name) == field->name_length && memcmp(field->name, name, field->name_length) == 0;
}

/* Reads the placeholder behind a "{" and moves *at behind its "}". */
static cg_status parse_field(const char **at, struct field *ret, char *problem) {
    const char *start = *at;
    size_t length = strcspn(start, "{}");
    if (start[length] == '\0')
        return csv_problem_set(problem, CG_INVALID, "'{%.*s' has no closing brace; write '{{' for a brace in the name",
                               shown(length), start);
    if (start[length] == '{')
        return csv_problem_set(problem, CG_INVALID, "a brace opens inside '{%.*s'; " FORMAT_HINT, shown(length), start);
    const char *end = start + length;
    struct field field = {.name = start, .align = '<', .precision = SIZE_MAX};
    field.name_length = strcspn(start, "!:}");
    if (!is_name(&field, "tenant_id") && !is_name(&field, "date"))
        return csv_problem_set(problem, CG_INVALID, "the placeholder {%.*s} is unknown; " KNOWN,
                               shown(field.name_length), start);
    const char *rest = start + field.name_length;
    if (*rest == '!') {
        if (rest[1] != 's' || (rest[2] != ':' && rest + 2 != end))
            return csv_problem_set(problem, CG_INVALID, "the conversion in {%.*s} is unknown; only !s can be given",
                                   shown(length), start);
        rest += 2;
    }
    if (*rest == ':' && !parse_format(rest + 1, end, &field))
        return csv_problem_set(problem, CG_INVALID,
                               "the format in {%.*s} is not known; " FORMAT_HINT ", with numbers up to %d",
                               shown(length), start, CSV_TEMPLATE_MAX_WIDTH);
    if (field.fill_length == 0) {
        field.fill = " ";
        field.fill_length = 1;
    }
    if (*field.fill == '/')
        return csv_problem_set(problem, CG_INVALID, "{%.*s} fills with '/', which would make a folder", shown(length),
                               start);
    *at = end + 1;
    *ret = field;
    return CG_OK;
}

static cg_status add(struct output *output, const char *text, size_t length) {
    if (!output->buffer)
        return CG_OK;
    if (length >= output->size - output->used)
        return csv_problem_set(output->problem, CG_RANGE, "the file name for tenant_id '%.*s' and date %s is too long",
                               SHOWN, output->tenant_id, output->date);
    memcpy(output->buffer + output->used, text, length);
    output->used += length;
    output->buffer[output->used] = '\0';
    return CG_OK;
}

static cg_status add_fill(struct output *output, const struct field *field, size_t count) {
    cg_status status = CG_OK;
    for (; count > 0 && status == CG_OK; count--)
        status = add(output, field->fill, field->fill_length);
    return status;
}

static cg_status add_field(struct output *output, const struct field *field) {
    if (!output->buffer)
        return CG_OK;
    const char *value = is_name(field, "date") ? output->date : output->tenant_id;
    size_t bytes = 0;
    size_t count = count_characters(value, field->precision, &bytes);
    if (memchr(value, '/', bytes))
        return csv_problem_set(output->problem, CG_INVALID,
                               "the value '%.*s' of {%.*s} holds a '/' and cannot be part of a file name", SHOWN, value,
                               (int)field->name_length, field->name);
    size_t padding = field->width > count ? field->width - count : 0;
    size_t before = field->align == '>' ? padding : field->align == '^' ? padding / 2 : 0;
    output->part_has_value = 1;
    cg_status status = add_fill(output, field, before);
    if (status == CG_OK)
        status = add(output, value, bytes);
    if (status == CG_OK)
        status = add_fill(output, field, padding - before);
    return status;
}

/* The path component that ends here must be a name when values took part in it, and the last one always. */
static cg_status end_part(struct output *output, const char *pattern, int32_t last) {
    if (!output->buffer)
        return CG_OK;
    const char *part = output->buffer + output->part_start;
    int32_t no_name = strcmp(part, "") == 0 || strcmp(part, ".") == 0 || strcmp(part, "..") == 0;
    if (no_name && (last || output->part_has_value))
        return csv_problem_set(output->problem, CG_INVALID,
                               "'%.*s' makes the name '%s' for tenant_id '%.*s', which cannot be a file's or folder's",
                               SHOWN, pattern, part, SHOWN, output->tenant_id);
    output->part_has_value = 0;
    return CG_OK;
}

/* Literal text from *at up to the next brace or slash, or one of them. */
static cg_status add_literal(struct output *output, const char *pattern, const char **at) {
    cg_status status = CG_OK;
    if (**at == '/') {
        status = end_part(output, pattern, 0);
        if (status == CG_OK)
            status = add(output, "/", 1);
        output->part_start = output->used;
        (*at)++;
        return status;
    }
    size_t length = strcspn(*at, "{}/");
    status = add(output, *at, length);
    *at += length;
    return status;
}

static cg_status expand(struct output *output, const char *pattern) {
    if (pattern[0] == '/')
        return csv_problem_set(output->problem, CG_INVALID,
                               "'%.*s' is an absolute path; it must be a name below output_dir", SHOWN, pattern);
    const char *at = pattern;
    cg_status status = CG_OK;
    while (*at && status == CG_OK) {
        if ((*at == '{' || *at == '}') && at[1] == *at) {
            status = add(output, at, 1);
            at += 2;
        } else if (*at == '{') {
            struct field field = {.name = ""};
            at++;
            status = parse_field(&at, &field, output->problem);
            if (status == CG_OK)
                status = add_field(output, &field);
        } else if (*at == '}') {
            return csv_problem_set(output->problem, CG_INVALID,
                                   "a single '}' stands in '%.*s'; write '}}' for a brace in the name", SHOWN, pattern);
        } else {
            status = add_literal(output, pattern, &at);
        }
    }
    return status == CG_OK ? end_part(output, pattern, 1) : status;
}

cg_status csv_template_check(const char *pattern, char *problem) {
    struct output output = {.problem = problem};
    cg_status status = expand(&output, pattern);
    if (status != CG_OK)
        return status;
    size_t length = strlen(pattern);
    if (length == 0 || pattern[length - 1] == '/')
        return csv_problem_set(problem, CG_INVALID, "'%.*s' ends without a file name", SHOWN, pattern);
    return CG_OK;
}

cg_status csv_template_expand(const char *pattern, const char *tenant_id, const char *date, char *buffer, size_t size,
                              char *problem) {
    if (size == 0)
        return csv_problem_set(problem, CG_RANGE, "there is no room for a file name");
    buffer[0] = '\0';
    struct output output = {.tenant_id = tenant_id, .date = date, .buffer = buffer, .size = size, .problem = problem};
    return expand(&output, pattern);
}
