#include "expose/families.h"

#include <string.h>

#include "base/text.h"

/* What stands for bytes that are no UTF-8. */
#define REPLACEMENT "\xef\xbf\xbd"

static int is_letter(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

/* A name of a family, which may have colons, or of a label. */
static int is_name(const char *text, int colons) {
    if (!text || (!is_letter(*text) && !(colons && *text == ':')))
        return 0;
    for (const char *at = text; *at; at++)
        if (!is_letter(*at) && !(*at >= '0' && *at <= '9') && !(colons && *at == ':'))
            return 0;
    return strlen(text) < 256;
}

static cg_status check_labels(const struct cg_exposition_family *family, struct cg_error *error) {
    for (uint32_t i = 0; i < family->label_count; i++) {
        const char *label = family->labels[i];
        if (!is_name(label, 0) || strncmp(label, "__", 2) == 0)
            return cg_error_set(error, CG_INVALID, "family '%s' has a label '%.60s' whose name is not allowed",
                                family->name, label ? label : "");
        if (i && strcmp(family->labels[i - 1], label) >= 0)
            return cg_error_set(error, CG_INVALID, "the labels of family '%s' are not in ascending order: '%s', '%s'",
                                family->name, family->labels[i - 1], label);
    }
    return CG_OK;
}

static cg_status check(const struct cg_exposition_family *family, size_t number, struct cg_error *error) {
    if (!family || family->struct_size < sizeof *family || !is_name(family->name, 1))
        return cg_error_set(error, CG_INVALID, "family %zu has no name that is allowed", number);
    if (family->label_count > CG_FAMILY_LABELS || (family->label_count && !family->labels))
        return cg_error_set(error, CG_INVALID, "family '%s' has %u labels; there may be %u", family->name,
                            family->label_count, CG_FAMILY_LABELS);
    if (!family->help || !cg_text_is_clean(family->help, CG_SAMPLE_HELP_LENGTH / 2))
        return cg_error_set(error, CG_INVALID, "family '%s' has no help of one line and at most %u bytes", family->name,
                            CG_SAMPLE_HELP_LENGTH / 2);
    return check_labels(family, error);
}

cg_status cg_families_check(const struct cg_exposition_family *const *families, size_t count, struct cg_error *error) {
    if (count > CG_SAMPLE_FAMILIES)
        return cg_error_set(error, CG_INVALID, "there are %zu families; there may be %u", count, CG_SAMPLE_FAMILIES);
    for (size_t i = 0; i < count; i++) {
        cg_status status = check(families[i], i + 1, error);
        if (status != CG_OK)
            return status;
        for (size_t k = 0; k < i; k++)
            if (strcmp(families[k]->name, families[i]->name) == 0)
                return cg_error_set(error, CG_INVALID, "family '%s' is there twice", families[i]->name);
    }
    return CG_OK;
}

/* The escapes of help: backslash and line end, of which it has none. */
static const char *escape_help(const char *help, struct cg_arena *arena) {
    char *text = cg_arena_alloc(arena, 2 * strlen(help) + 1);
    char *at = text;
    for (; text && *help; *at++ = *help++)
        if (*help == '\\')
            *at++ = '\\';
    return text;
}

struct cg_sample_family *cg_families_shown(const struct cg_exposition_family *const *families, size_t count,
                                           struct cg_arena *arena) {
    struct cg_sample_family *shown = cg_arena_array(arena, count ? count : 1, sizeof *shown);
    for (size_t i = 0; shown && i < count; i++) {
        shown[i].name = families[i]->name;
        shown[i].help = escape_help(families[i]->help, arena);
        if (!shown[i].help)
            return NULL;
    }
    return shown;
}

static void add_value(struct cg_buf *out, const char *value) {
    for (size_t left = strlen(value); left;) {
        size_t length = cg_text_sequence(value, left);
        if (!length)
            cg_buf_add(out, REPLACEMENT, sizeof REPLACEMENT - 1);
        else if (*value == '\n')
            cg_buf_add(out, "\\n", 2);
        else {
            if (*value == '\\' || *value == '"')
                cg_buf_add_char(out, '\\');
            cg_buf_add(out, value, length);
        }
        value += length ? length : 1;
        left -= length ? length : 1;
    }
}

cg_status cg_family_labels(const struct cg_exposition_family *family, const char *const *values, struct cg_buf *out) {
    cg_buf_clear(out);
    for (uint32_t i = 0; i < family->label_count; i++) {
        cg_buf_add_char(out, i ? ',' : '{');
        cg_buf_add_text(out, family->labels[i]);
        cg_buf_add(out, "=\"", 2);
        if (values && values[i])
            add_value(out, values[i]);
        cg_buf_add_char(out, '"');
    }
    if (family->label_count)
        cg_buf_add_char(out, '}');
    return out->status;
}
