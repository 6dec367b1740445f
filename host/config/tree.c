/* How nodes come to be and change; see node.h. */
#include "config/node.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct cg_config *cg_config_new(struct cg_document *document, uint32_t type, uint32_t line, uint32_t column) {
    if (document->nodes >= CG_CONFIG_MAX_TOTAL_NODES)
        return NULL;
    struct cg_config *node = cg_arena_alloc(document->arena, sizeof *node);
    if (!node)
        return NULL;
    document->nodes++;
    node->document = document;
    node->type = type;
    node->line = line;
    node->column = column;
    if (type != CG_CONFIG_MAP && type != CG_CONFIG_LIST)
        node->text = "";
    return node;
}

cg_status cg_config_append(struct cg_config *parent, const char *key, struct cg_config *child) {
    if (parent->count == parent->capacity) {
        uint32_t capacity = parent->capacity ? parent->capacity * 2 : 8;
        struct cg_config **items = cg_arena_array(parent->document->arena, capacity, sizeof(struct cg_config *));
        if (!items)
            return CG_NO_MEMORY;
        if (parent->count)
            memcpy(items, parent->items, parent->count * sizeof(struct cg_config *));
        parent->items = items;
        parent->capacity = capacity;
    }
    child->parent = parent;
    child->key = key;
    if (key && child->key_type == CG_CONFIG_NULL)
        child->key_type = CG_CONFIG_STRING;
    child->position = parent->count;
    parent->items[parent->count++] = child;
    return CG_OK;
}

static void set_text(struct cg_config *node, uint32_t type, const char *text, size_t length) {
    node->type = type;
    node->text = text;
    node->length = length;
    node->flags &= ~(CG_NODE_DATE | CG_NODE_NOT_FINITE | CG_NODE_TOO_LARGE | CG_NODE_FLOAT);
}

void cg_config_set_string(struct cg_config *node, const char *text, size_t length) {
    set_text(node, CG_CONFIG_STRING, text, length);
}

void cg_config_set_bool(struct cg_config *node, int32_t value) {
    set_text(node, CG_CONFIG_BOOL, value ? "true" : "false", value ? 4 : 5);
    node->integer = value ? 1 : 0;
}

cg_status cg_config_set_integer(struct cg_config *node, int64_t value) {
    const char *text = cg_arena_printf(node->document->arena, "%" PRId64, value);
    if (!text)
        return CG_NO_MEMORY;
    set_text(node, CG_CONFIG_INT, text, strlen(text));
    node->integer = value;
    return CG_OK;
}

cg_status cg_config_set_decimal(struct cg_config *node, const struct cg_decimal *value) {
    char buffer[CG_DECIMAL_TEXT_SIZE];
    size_t length = cg_decimal_format(value, buffer);
    const char *text = cg_arena_copy(node->document->arena, buffer, length);
    if (!text)
        return CG_NO_MEMORY;
    set_text(node, CG_CONFIG_DECIMAL, text, length);
    node->number = *value;
    return CG_OK;
}
