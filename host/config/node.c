#include "config/node.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- lookup ---- */

/* The item at a list position written as a number, and what follows it. */
static const struct cg_config *step_into_list(const struct cg_config *node, const char *path, const char **ret_rest) {
    size_t index = 0;
    const char *at = path;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (index > CG_CONFIG_MAX_NODES)
            return NULL;
        index = index * 10 + (size_t)(*at - '0');
    }
    if (at == path || (*at && *at != '.'))
        return NULL;
    *ret_rest = *at ? at + 1 : at;
    return cg_config_at(node, index);
}

/*
 * Walks as far as the path leads; `nearest` is the last node met. The shortest key is tried first: keys may contain
 * dots, so a map can offer several ways. Every try consumes at least one character of the path.
 */
static const struct cg_config *walk(const struct cg_config *node, const char *path, const struct cg_config **nearest) {
    if (!node)
        return NULL;
    if (nearest && (!*nearest || (*nearest)->line <= node->line))
        *nearest = node;
    if (!*path)
        return node;
    if (node->type == CG_CONFIG_LIST) {
        const char *rest = path;
        const struct cg_config *item = step_into_list(node, path, &rest);
        return walk(item, rest, nearest);
    }
    if (node->type != CG_CONFIG_MAP)
        return NULL;
    for (size_t length = 1;; length++) {
        char end = path[length - 1] ? path[length] : '\0';
        if (end != '.' && end != '\0')
            continue;
        for (uint32_t i = 0; i < node->count; i++) {
            const struct cg_config *item = node->items[i];
            if (strncmp(item->key, path, length) != 0 || item->key[length])
                continue;
            const struct cg_config *found = walk(item, end ? path + length + 1 : path + length, nearest);
            if (found)
                return found;
        }
        if (!end)
            return NULL;
    }
}

const struct cg_config *cg_config_get(const struct cg_config *node, const char *path) {
    return walk(node, path, NULL);
}

uint32_t cg_config_type(const struct cg_config *node) {
    return node ? node->type : CG_CONFIG_NULL;
}

size_t cg_config_count(const struct cg_config *node) {
    return node && (node->type == CG_CONFIG_MAP || node->type == CG_CONFIG_LIST) ? node->count : 0;
}

const struct cg_config *cg_config_at(const struct cg_config *node, size_t index) {
    return index < cg_config_count(node) ? node->items[index] : NULL;
}

const char *cg_config_key_at(const struct cg_config *node, size_t index) {
    const struct cg_config *item = cg_config_at(node, index);
    return item ? item->key : NULL;
}

static int32_t is_scalar(const struct cg_config *node) {
    return node && node->type >= CG_CONFIG_BOOL && node->type <= CG_CONFIG_STRING;
}

const char *cg_config_text(const struct cg_config *node, const char *path, const char *fallback) {
    const struct cg_config *found = cg_config_get(node, path);
    return is_scalar(found) ? found->text : fallback;
}

int64_t cg_config_integer(const struct cg_config *node, const char *path, int64_t fallback) {
    const struct cg_config *found = cg_config_get(node, path);
    return found && (found->type == CG_CONFIG_INT || found->type == CG_CONFIG_BOOL) ? found->integer : fallback;
}

cg_status cg_config_decimal(const struct cg_config *node, const char *path, struct cg_decimal *ret) {
    const struct cg_config *found = cg_config_get(node, path);
    if (!found || found->type == CG_CONFIG_NULL)
        return CG_NOT_FOUND;
    if (found->flags & (CG_NODE_NOT_FINITE | CG_NODE_TOO_LARGE))
        return CG_INVALID;
    if (found->type == CG_CONFIG_INT) {
        *ret = cg_decimal_from_int64(found->integer);
        return CG_OK;
    }
    if (found->type == CG_CONFIG_DECIMAL) {
        *ret = found->number;
        return CG_OK;
    }
    if (found->type != CG_CONFIG_STRING)
        return CG_INVALID;
    return cg_decimal_parse(found->text, found->length, ret) == CG_OK ? CG_OK : CG_INVALID;
}

struct cg_config *cg_config_member(const struct cg_config *node, const char *key) {
    if (cg_config_type(node) != CG_CONFIG_MAP)
        return NULL;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->items[i]->key_type == CG_CONFIG_STRING && strcmp(node->items[i]->key, key) == 0)
            return node->items[i];
    return NULL;
}

uint32_t cg_config_line(const struct cg_config *node, const char *path) {
    const struct cg_config *nearest = NULL;
    const struct cg_config *found = walk(node, path, &nearest);
    if (!found)
        found = nearest;
    while (found && !found->line)
        found = found->parent;
    return found ? found->line : 0;
}

const char *cg_config_shown_key(const struct cg_config *node, size_t *ret_length) {
    size_t length = strlen(node->key);
    if (node->type == CG_CONFIG_NULL) {
        size_t cut = strcspn(node->key, ":=");
        if (cut < length)
            length = cut + 1;
    }
    *ret_length = length;
    return node->key;
}

/* The last part of a node's path: its key, or its position written into `buffer`. */
static const char *path_part(const struct cg_config *node, char *buffer, size_t size, size_t *ret_length) {
    if (node->key)
        return cg_config_shown_key(node, ret_length);
    *ret_length = (size_t)snprintf(buffer, size, "%u", (unsigned)node->position);
    return buffer;
}

const char *cg_config_path(const struct cg_config *node) {
    char number[16];
    size_t part = 0;
    size_t total = 0;
    for (const struct cg_config *at = node; at->parent; at = at->parent) {
        path_part(at, number, sizeof number, &part);
        total += part + 1;
    }
    if (total == 0)
        return "";
    char *path = cg_arena_alloc(node->document->arena, total);
    if (!path)
        return "";
    size_t end = total - 1;
    for (const struct cg_config *at = node; at->parent; at = at->parent) {
        const char *text = path_part(at, number, sizeof number, &part);
        memcpy(path + end - part, text, part);
        end -= part;
        if (at->parent->parent)
            path[--end] = '.';
    }
    return path;
}

struct cg_config *cg_config_mutable(const struct cg_config *node) {
    return node->parent ? node->parent->items[node->position] : node->document->root;
}

const char *cg_config_shown(const struct cg_config *node, char *buffer) {
    if (!is_scalar(node) || node->flags & (CG_NODE_SUBSTITUTED | CG_NODE_SECRET)) {
        snprintf(buffer, CG_CONFIG_SHOWN_SIZE, "%s",
                 is_scalar(node) ? "a value that is not shown, because it may be a secret" : "no text");
        return buffer;
    }
    size_t length = node->length;
    const char *end = "'";
    if (length > CG_CONFIG_SHOWN_SIZE - 8) {
        length = CG_CONFIG_SHOWN_SIZE - 8;
        while (length > 0 && ((unsigned char)node->text[length] & 0xC0u) == 0x80u)
            length--;
        end = "...'";
    }
    snprintf(buffer, CG_CONFIG_SHOWN_SIZE, "'%.*s%s", (int)length, node->text, end);
    return buffer;
}

/* ---- problems ---- */

const struct cg_config *cg_config_plugin_tenant(const struct cg_config *node) {
    const struct cg_config *settings = node;
    const struct cg_config *root = node;
    for (size_t depth = 0; root->parent; depth++, root = root->parent)
        if (depth >= 3)
            settings = settings->parent;
    /* `settings` has three ancestors now, unless the node lies higher. */
    if (!settings->parent || !settings->parent->parent || settings->parent->parent->parent != root)
        return NULL;
    const struct cg_config *tenant = settings->parent;
    if (!settings->key || !tenant->parent->key || strcmp(settings->key, "plugin_settings") != 0 ||
        strcmp(tenant->parent->key, "tenants") != 0)
        return NULL;
    return tenant;
}

/* Remembers an error that a reader goes on with. */
static void remember(struct cg_document *document, const struct cg_config *tenant, const char *text, int32_t rule) {
    if (document->lenient_count >= CG_CONFIG_MAX_LENIENT)
        return;
    struct cg_config_lenient *lenient = cg_arena_alloc(document->arena, sizeof *lenient);
    const char *copy = cg_arena_printf(document->arena, "%s%s", rule ? "Value error, " : "", text);
    if (!lenient || !copy)
        return;
    *lenient = (struct cg_config_lenient){.tenant = tenant, .text = copy};
    if (document->last_lenient)
        document->last_lenient->next = lenient;
    else
        document->first_lenient = lenient;
    document->last_lenient = lenient;
    document->lenient_count++;
}

enum kind { KIND_ERROR, KIND_RULE, KIND_WARNING };

/* Adds " (environment variable 'X' is set but empty)" where that explains the problem. */
static void add(const struct cg_config *node, enum kind kind, const char *path, const char *format, va_list args)
    CG_PRINTF(4, 0);

static void add(const struct cg_config *node, enum kind kind, const char *path, const char *format, va_list args) {
    struct cg_document *document = node->document;
    const struct cg_config *tenant = kind != KIND_WARNING && document->reader ? cg_config_plugin_tenant(node) : NULL;
    const int32_t warning = kind == KIND_WARNING || tenant;
    if (!warning)
        document->errors++;
    if (!document->problems && !tenant)
        return;
    char text[CG_PROBLEM_TEXT_MAX];
    if (vsnprintf(text, sizeof text, format, args) < 0)
        return;
    if (tenant)
        remember(document, tenant, text, kind == KIND_RULE);
    uint32_t line = cg_config_line(node, "");
    if (node->empty_variable)
        cg_problems_add(document->problems, warning, document->file, line, path,
                        "%s (the environment variable '%s' is set but empty)", text, node->empty_variable);
    else
        cg_problems_add(document->problems, warning, document->file, line, path, "%s", text);
}

/* The path of a node for a problem; not worth its memory when the problem will only be counted. */
static const char *path_for_problem(const struct cg_config *node) {
    const struct cg_problems *problems = node->document->problems;
    return problems && !cg_problems_full(problems) ? cg_config_path(node) : "";
}

void cg_config_error(struct cg_config *node, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(node, KIND_ERROR, path_for_problem(node), format, args);
    va_end(args);
    node->flags |= CG_NODE_REPORTED;
}

void cg_config_error_of_rule(struct cg_config *node, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(node, KIND_RULE, path_for_problem(node), format, args);
    va_end(args);
    node->flags |= CG_NODE_REPORTED;
}

void cg_config_error_in(struct cg_config *node, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(node, KIND_ERROR, path_for_problem(node->parent ? node->parent : node), format, args);
    va_end(args);
    node->flags |= CG_NODE_REPORTED;
}

void cg_config_warning(const struct cg_config *node, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(node, KIND_WARNING, path_for_problem(node), format, args);
    va_end(args);
}

/* The path of `key` below `node`. */
static const char *path_below(const struct cg_config *node, const char *key) {
    const char *path = path_for_problem(node);
    if (!*key || !*path)
        return *key ? key : path;
    const char *joined = cg_arena_printf(node->document->arena, "%s.%s", path, key);
    return joined ? joined : path;
}

void cg_config_error_below(const struct cg_config *node, const char *key, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(node, KIND_ERROR, path_below(node, key), format, args);
    va_end(args);
    cg_config_mutable(node)->flags |= CG_NODE_REPORTED;
}

int32_t cg_config_broken(const struct cg_config *node) {
    if (!node)
        return 0;
    if (node->flags & CG_NODE_REPORTED)
        return 1;
    for (size_t i = 0; i < cg_config_count(node); i++)
        if (cg_config_broken(node->items[i]))
            return 1;
    return 0;
}

/* `problem` of the table for modules. */
static void report(const struct cg_host *host, const struct cg_config *node, const char *path, const char *format, ...)
    CG_PRINTF(4, 5);

static void report(const struct cg_host *host, const struct cg_config *node, const char *path, const char *format,
                   ...) {
    (void)host;
    if (!node || !node->document->problems)
        return;
    char text[CG_PROBLEM_TEXT_MAX];
    va_list args;
    va_start(args, format);
    int needed = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (needed < 0)
        return;
    const struct cg_config *found = cg_config_get(node, path);
    if (found) {
        cg_config_error(cg_config_mutable(found), "%s", text);
        return;
    }
    node->document->errors++;
    cg_problems_add(node->document->problems, 0, node->document->file, cg_config_line(node, path),
                    path_below(node, path), "%s", text);
}

const struct cg_config_api cg_config_api_table = {
    .struct_size = sizeof(struct cg_config_api),
    .get = cg_config_get,
    .type = cg_config_type,
    .count = cg_config_count,
    .at = cg_config_at,
    .key_at = cg_config_key_at,
    .text = cg_config_text,
    .integer = cg_config_integer,
    .decimal = cg_config_decimal,
    .problem = report,
};
