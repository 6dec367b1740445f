#include "config/substitute.h"

#include <string.h>

#include "base/text.h"

/* Missing variables that are told for one text. */
#define MOST_MISSING 100

/* ---- UTF-8 ---- */

int32_t cg_utf8_valid(const char *text, size_t length) {
    while (length > 0) {
        size_t step = cg_text_sequence(text, length);
        if (step == 0)
            return 0;
        text += step;
        length -= step;
    }
    return 1;
}

/* ---- one text ---- */

/* A reference found in a text; offsets into it. */
struct reference {
    size_t start; /* of "${" */
    size_t name;
    size_t name_end;
    size_t fallback; /* 0 = no default */
    size_t end;      /* behind "}" */
};

/*
 * Remembers where the next "}", ":" and line end are, so that a text full of unfinished references is still read in one
 * go.
 */
struct scanner {
    const char *text;
    size_t length;
    size_t close;
    size_t colon;
    size_t newline;
};

/* The first `wanted` at or behind `from`, `known` being an earlier answer; the length when there is none. */
static size_t find_from(const struct scanner *scanner, char wanted, size_t from, size_t known) {
    if (known >= from && known != SIZE_MAX)
        return known;
    const char *found = memchr(scanner->text + from, wanted, scanner->length - from);
    return found ? (size_t)(found - scanner->text) : scanner->length;
}

/* The first reference at or behind `from`. */
static int32_t next_reference(struct scanner *scanner, size_t from, struct reference *ret) {
    const char *text = scanner->text;
    while (from + 2 < scanner->length) {
        const char *dollar = memchr(text + from, '$', scanner->length - from - 2);
        if (!dollar)
            return 0;
        from = (size_t)(dollar - text);
        if (text[from + 1] != '{') {
            from++;
            continue;
        }
        size_t name = from + 2;
        scanner->close = find_from(scanner, '}', name, scanner->close);
        if (scanner->close >= scanner->length)
            return 0;
        scanner->colon = find_from(scanner, ':', name, scanner->colon);
        *ret = (struct reference){.start = from, .name = name, .name_end = scanner->close, .end = scanner->close + 1};
        if (scanner->colon > scanner->close) {
            if (ret->name_end > name)
                return 1;
        } else {
            ret->name_end = scanner->colon;
            ret->fallback = ret->name_end + 2;
            scanner->newline = find_from(scanner, '\n', ret->name_end, scanner->newline);
            if (ret->name_end > name && text[scanner->colon + 1] == '-' && scanner->newline > scanner->close)
                return 1;
        }
        from++;
    }
    return 0;
}

static cg_status add_missing(struct cg_substitution *result, const char *name, struct cg_arena *arena) {
    for (size_t i = 0; i < result->missing_count; i++)
        if (strcmp(result->missing[i], name) == 0)
            return CG_OK;
    /* A text may name very many; those that would never be shown need not be kept. */
    if (result->missing_count >= MOST_MISSING)
        return CG_OK;
    if ((result->missing_count & (result->missing_count - 1)) == 0) {
        size_t capacity = result->missing_count ? result->missing_count * 2 : 1;
        const char **missing = cg_arena_array(arena, capacity, sizeof *missing);
        if (!missing)
            return CG_NO_MEMORY;
        if (result->missing_count)
            memcpy(missing, result->missing, result->missing_count * sizeof *missing);
        result->missing = missing;
    }
    result->missing[result->missing_count++] = name;
    return CG_OK;
}

/* Appends the value of one reference. */
static cg_status expand(const char *text, const struct reference *reference, const struct cg_environment *environment,
                        struct cg_arena *arena, struct cg_buf *buf, struct cg_substitution *result) {
    const char *name = cg_arena_copy(arena, text + reference->name, reference->name_end - reference->name);
    if (!name)
        return CG_NO_MEMORY;
    const char *value = cg_environment_get(environment, name);
    if (!value && !reference->fallback)
        return add_missing(result, name, arena);
    if (!value)
        return cg_buf_add(buf, text + reference->fallback, reference->end - 1 - reference->fallback);
    size_t length = strlen(value);
    if (length == 0 && !result->empty_variable)
        result->empty_variable = name;
    if (!cg_utf8_valid(value, length) && !result->not_utf8)
        result->not_utf8 = name;
    return cg_buf_add(buf, value, length);
}

cg_status cg_substitute_text(const char *text, size_t length, const struct cg_environment *environment, size_t limit,
                             struct cg_arena *arena, struct cg_substitution *ret) {
    struct cg_substitution result = {.text = text, .length = length};
    struct scanner scanner = {
        .text = text, .length = length, .close = SIZE_MAX, .colon = SIZE_MAX, .newline = SIZE_MAX};
    struct reference reference;
    struct cg_buf buf;
    size_t done = 0;
    cg_status status = CG_OK;
    cg_buf_init(&buf, limit);
    while (status == CG_OK && next_reference(&scanner, done, &reference)) {
        result.changed = 1;
        status = cg_buf_add(&buf, text + done, reference.start - done);
        if (status == CG_OK)
            status = expand(text, &reference, environment, arena, &buf, &result);
        done = reference.end;
    }
    if (status == CG_OK && result.changed) {
        status = cg_buf_add(&buf, text + done, length - done);
        result.length = buf.length;
        result.text = status == CG_OK ? cg_arena_copy(arena, cg_buf_text(&buf), buf.length) : NULL;
        if (status == CG_OK && !result.text)
            status = CG_NO_MEMORY;
    }
    cg_buf_done(&buf);
    if (status == CG_OK)
        *ret = result;
    return status;
}

/* ---- a tree ---- */

/* A reader has no use for what lies below plugin_settings, but tells whether costs are attributed to topics. */
static int32_t is_dispensable(const struct cg_config *node) {
    const struct cg_config *tenant = cg_config_plugin_tenant(node);
    const struct cg_config *parent = node->parent;
    if (!tenant || parent == tenant)
        return 0;
    if (parent->parent == tenant)
        return !node->key || strcmp(node->key, "topic_attribution") != 0;
    return parent->parent->parent != tenant || !node->key || !parent->key || strcmp(node->key, "enabled") != 0 ||
           strcmp(parent->key, "topic_attribution") != 0;
}

static cg_status substitute_string(struct cg_config *node, const struct cg_environment *environment) {
    struct cg_document *document = node->document;
    struct cg_substitution found;
    cg_status status = cg_substitute_text(node->text, node->length, environment,
                                          CG_SUBSTITUTE_MAX_BYTES - document->substituted, document->arena, &found);
    if (status == CG_RANGE) {
        cg_config_error(node, "The values of the environment variables make the configuration larger than %zu bytes.",
                        CG_SUBSTITUTE_MAX_BYTES);
        return CG_INVALID;
    }
    if (status != CG_OK || !found.changed)
        return status;
    document->substituted += found.length;
    node->flags |= CG_NODE_SUBSTITUTED;
    if (found.missing_count && document->reader && is_dispensable(node)) {
        node->flags |= CG_NODE_UNKNOWN;
        return CG_OK;
    }
    for (size_t i = 0; i < found.missing_count; i++)
        cg_config_error(node,
                        "Required environment variable '%s' is not set. Set the variable or provide a default: "
                        "${VAR:-default}",
                        found.missing[i]);
    if (found.not_utf8)
        cg_config_error(node, "The value of the environment variable '%s' is not valid UTF-8.", found.not_utf8);
    if (found.missing_count || found.not_utf8)
        return CG_INVALID;
    cg_config_set_string(node, found.text, found.length);
    node->empty_variable = found.empty_variable;
    return CG_OK;
}

cg_status cg_substitute_tree(struct cg_config *node, const struct cg_environment *environment) {
    if (node->type == CG_CONFIG_STRING)
        return substitute_string(node, environment);
    cg_status result = CG_OK;
    for (size_t i = 0; i < cg_config_count(node); i++) {
        cg_status status = cg_substitute_tree(node->items[i], environment);
        if (status == CG_NO_MEMORY)
            return status;
        if (status != CG_OK)
            result = status;
    }
    return result;
}
