/* The test host's settings. */
#include "test_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct cg_config {
    uint32_t type;
    const char *path; /* from the root */
    const char *key;  /* last part of the path */
    const char *text; /* of scalars */
    struct cg_config **children;
    size_t count;
};

static size_t part_length(const char *path) {
    return strcspn(path, ".");
}

static const struct cg_config *find_child(const struct cg_config *node, const char *part, size_t length) {
    for (size_t i = 0; i < node->count; i++) {
        const char *key = node->children[i]->key;
        if (strlen(key) == length && memcmp(key, part, length) == 0) {
            return node->children[i];
        }
    }
    return NULL;
}

static const struct cg_config *config_get(const struct cg_config *node, const char *path) {
    while (node != NULL && *path != '\0') {
        size_t length = part_length(path);
        node = find_child(node, path, length);
        path += length + (path[length] == '.');
    }
    return node;
}

static uint32_t config_type(const struct cg_config *node) {
    return node == NULL ? CG_CONFIG_NULL : node->type;
}

static size_t config_count(const struct cg_config *node) {
    return node == NULL ? 0 : node->count;
}

static const struct cg_config *config_at(const struct cg_config *node, size_t index) {
    return index < config_count(node) ? node->children[index] : NULL;
}

static const char *config_key_at(const struct cg_config *node, size_t index) {
    return config_type(node) == CG_CONFIG_MAP && index < node->count ? node->children[index]->key : NULL;
}

static const char *config_text(const struct cg_config *node, const char *path, const char *fallback) {
    const struct cg_config *found = config_get(node, path);
    return found != NULL && found->text != NULL ? found->text : fallback;
}

static int64_t config_integer(const struct cg_config *node, const char *path, int64_t fallback) {
    const struct cg_config *found = config_get(node, path);
    if (config_type(found) == CG_CONFIG_BOOL) {
        return strcmp(found->text, "true") == 0;
    }
    if (config_type(found) != CG_CONFIG_INT) {
        return fallback;
    }
    char *end = NULL;
    errno = 0;
    long long value = strtoll(found->text, &end, 10);
    if (errno != 0 || end == found->text || *end != '\0') {
        cg_test_abort("the setting %s is '%s', which is no integer", found->path, found->text);
    }
    return value;
}

static cg_status config_decimal(const struct cg_config *node, const char *path, struct cg_decimal *ret) {
    const char *text = config_text(node, path, NULL);
    if (text == NULL) {
        return config_type(config_get(node, path)) == CG_CONFIG_NULL ? CG_NOT_FOUND : CG_INVALID;
    }
    return cg_decimal_parse(text, strlen(text), ret) == CG_OK ? CG_OK : CG_INVALID;
}

CG_PRINTF(4, 5)
static void config_problem(const struct cg_host *host, const struct cg_config *node, const char *path,
                           const char *format, ...) {
    struct cg_test_impl *impl = host->impl;
    const char *base = node == NULL ? "" : node->path;
    va_list arguments;
    va_start(arguments, format);
    cg_test_append(&impl->problems, "%s%s%s: ", base, *base != '\0' && *path != '\0' ? "." : "", path);
    cg_test_append_va(&impl->problems, format, arguments);
    cg_test_append(&impl->problems, "\n");
    va_end(arguments);
    impl->test->problems = impl->problems.text;
    impl->test->problem_count++;
}

const struct cg_config_api cg_test_config_api = {.struct_size = sizeof(struct cg_config_api),
                                                 .get = config_get,
                                                 .type = config_type,
                                                 .count = config_count,
                                                 .at = config_at,
                                                 .key_at = config_key_at,
                                                 .text = config_text,
                                                 .integer = config_integer,
                                                 .decimal = config_decimal,
                                                 .problem = config_problem};

static int is_position(const char *part, size_t length) {
    return length > 0 && strspn(part, "0123456789") >= length;
}

/* The child named by the first part of `at`, which points into `path`; made when it is missing. */
static struct cg_config *need_child(struct cg_test_block **blocks, struct cg_config *node, const char *path,
                                    const char *at) {
    size_t length = part_length(at);
    uint32_t type = is_position(at, length) ? CG_CONFIG_LIST : CG_CONFIG_MAP;
    if (node->type == CG_CONFIG_NULL && node->count == 0) {
        node->type = type;
    }
    if (length == 0 || (node->type != CG_CONFIG_MAP && node->type != type)) {
        cg_test_abort("the setting %s does not fit to those before it", path);
    }
    for (size_t i = 0; i < node->count; i++) {
        if (strlen(node->children[i]->key) == length && memcmp(node->children[i]->key, at, length) == 0) {
            return node->children[i];
        }
    }
    struct cg_config *child = cg_test_alloc(blocks, sizeof *child);
    char *full = cg_test_alloc(blocks, (size_t)(at - path) + length + 1);
    memcpy(full, path, (size_t)(at - path) + length);
    child->path = full;
    child->key = full + (at - path);
    if (node->type == CG_CONFIG_LIST && strtoull(child->key, NULL, 10) != node->count) {
        cg_test_abort("the setting %s leaves out a position of its list", path);
    }
    node->children = cg_test_more(blocks, node->children, node->count, sizeof(struct cg_config *));
    node->children[node->count++] = child;
    return child;
}

const struct cg_config *cg_test_config(struct cg_test_host *test, const struct cg_test_setting *settings,
                                       size_t count) {
    struct cg_test_impl *impl = test->impl;
    struct cg_config *root = cg_test_alloc(&impl->lasting, sizeof *root);
    root->type = CG_CONFIG_MAP;
    root->path = root->key = "";
    for (size_t i = 0; i < count; i++) {
        const struct cg_test_setting *setting = &settings[i];
        struct cg_config *node = root;
        for (const char *at = setting->path; *at != '\0'; at += part_length(at), at += *at == '.') {
            node = need_child(&impl->lasting, node, setting->path, at);
        }
        node->text = cg_test_copy(&impl->lasting, setting->value);
        node->type = setting->type != 0 ? setting->type : setting->value != NULL ? CG_CONFIG_STRING : CG_CONFIG_NULL;
    }
    return root;
}
