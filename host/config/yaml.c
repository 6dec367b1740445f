#include "config/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/intern.h"
#include "config/scalar.h"

#define MAX_KEY 1024u
#define MERGE_KEY "<<"

/* Marks of this file, taken off before the tree is handed out. */
#define OPEN_MARK (1u << 31)      /* the node is being read, so an alias to it would have no end */
#define MERGED_MARK (1u << 30)    /* the member came from a merge key */
#define DUPLICATE_MARK (1u << 29) /* the member replaced an earlier one */

struct composer {
    yaml_parser_t parser;
    struct cg_document *document;
    struct cg_intern *names;    /* of anchors */
    struct cg_config **anchors; /* by number of the name - 1 */
    size_t anchor_capacity;
};

/* ---- errors ---- */

static cg_status malformed(const struct composer *composer, yaml_mark_t mark, const char *text) {
    const struct cg_document *document = composer->document;
    cg_problems_add(document->problems, 0, document->file, (uint32_t)mark.line + 1, "",
                    "Malformed YAML in '%s': %s (line %zu, column %zu)", document->file, text, mark.line + 1,
                    mark.column + 1);
    return CG_INVALID;
}

/* The library's own texts are constants; they never repeat the input. */
static cg_status parser_failed(const struct composer *composer) {
    const yaml_parser_t *parser = &composer->parser;
    if (parser->error == YAML_MEMORY_ERROR)
        return CG_NO_MEMORY;
    const char *problem = parser->problem ? parser->problem : "the text cannot be read";
    if (parser->error == YAML_READER_ERROR || !parser->context)
        return malformed(composer, parser->error == YAML_READER_ERROR ? parser->mark : parser->problem_mark, problem);
    char text[256];
    size_t used = 0;
    const char *parts[] = {parser->context, ": ", problem};
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(parts[i]);
        if (length > sizeof text - 1 - used)
            length = sizeof text - 1 - used;
        memcpy(text + used, parts[i], length);
        used += length;
    }
    text[used] = '\0';
    return malformed(composer, parser->problem_mark, text);
}

static cg_status next_event(struct composer *composer, yaml_event_t *event) {
    return yaml_parser_parse(&composer->parser, event) ? CG_OK : parser_failed(composer);
}

/* A new node at the event's place; *ret is NULL after a failure. */
static cg_status new_node(struct composer *composer, yaml_mark_t mark, uint32_t type, struct cg_config **ret) {
    if (composer->document->nodes >= CG_CONFIG_MAX_NODES)
        return malformed(composer, mark, "the document has too many values, aliases counted as often as they are used");
    *ret = cg_config_new(composer->document, type, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1);
    return *ret ? CG_OK : CG_NO_MEMORY;
}

/* ---- anchors and aliases ---- */

static cg_status remember(struct composer *composer, const yaml_char_t *anchor, struct cg_config *node) {
    if (!anchor)
        return CG_OK;
    uint32_t number = 0;
    if (cg_intern_add(composer->names, (const char *)anchor, &number) != CG_OK)
        return CG_NO_MEMORY;
    if (number > composer->anchor_capacity) {
        size_t capacity = composer->anchor_capacity ? composer->anchor_capacity * 2 : 16;
        struct cg_config **anchors = realloc(composer->anchors, capacity * sizeof(struct cg_config *));
        if (!anchors)
            return CG_NO_MEMORY;
        memset(anchors + composer->anchor_capacity, 0,
               (capacity - composer->anchor_capacity) * sizeof(struct cg_config *));
        composer->anchors = anchors;
        composer->anchor_capacity = capacity;
    }
    composer->anchors[number - 1] = node;
    return CG_OK;
}

/* A copy of a finished subtree that stands at `mark`. Texts are shared. */
static cg_status copy_node(struct composer *composer, yaml_mark_t mark, const struct cg_config *source, uint32_t depth,
                           struct cg_config **ret) {
    if (depth > CG_CONFIG_MAX_DEPTH)
        return malformed(composer, mark, "values are nested too deeply");
    struct cg_config *copy = NULL;
    cg_status status = new_node(composer, mark, source->type, &copy);
    if (status != CG_OK)
        return status;
    copy->text = source->text;
    copy->length = source->length;
    copy->number = source->number;
    copy->integer = source->integer;
    copy->flags = source->flags & ~(MERGED_MARK | DUPLICATE_MARK);
    for (uint32_t i = 0; i < source->count && status == CG_OK; i++) {
        const struct cg_config *item = source->items[i];
        struct cg_config *child = NULL;
        status = copy_node(composer, mark, item, depth + 1, &child);
        if (status == CG_OK) {
            child->key_type = item->key_type;
            status = cg_config_append(copy, item->key, child);
        }
    }
    *ret = copy;
    return status;
}

static cg_status compose_alias(struct composer *composer, const yaml_event_t *event, uint32_t depth,
                               struct cg_config **ret) {
    uint32_t number = 0;
    if (cg_intern_add(composer->names, (const char *)event->data.alias.anchor, &number) != CG_OK)
        return CG_NO_MEMORY;
    const struct cg_config *source = number <= composer->anchor_capacity ? composer->anchors[number - 1] : NULL;
    if (!source)
        return malformed(composer, event->start_mark, "an alias has no anchor; quote a text that starts with '*'");
    if (source->flags & OPEN_MARK)
        return malformed(composer, event->start_mark, "an alias refers to a value that it is a part of");
    return copy_node(composer, event->start_mark, source, depth, ret);
}

/* ---- scalars ---- */

static cg_status compose_scalar(struct composer *composer, const yaml_event_t *event, struct cg_config **ret) {
    const char *value = (const char *)event->data.scalar.value;
    const size_t length = event->data.scalar.length;
    const char *tag = (const char *)event->data.scalar.tag;
    if (memchr(value, '\0', length))
        return malformed(composer, event->start_mark, "a text contains a NUL character");
    struct cg_config *node = NULL;
    cg_status status = new_node(composer, event->start_mark, CG_CONFIG_STRING, &node);
    if (status != CG_OK)
        return status;
    const char *text = cg_arena_copy(composer->document->arena, value, length);
    if (!text)
        return CG_NO_MEMORY;
    if (tag && strcmp(tag, "!") != 0)
        status = cg_scalar_tagged(node, tag, text, length);
    else if (event->data.scalar.plain_implicit)
        status = cg_scalar_plain(node, text, length);
    else
        cg_config_set_string(node, text, length);
    if (status == CG_NOT_FOUND)
        return malformed(composer, event->start_mark, "unknown tag; quote a text that starts with '!'");
    if (status == CG_INVALID)
        return malformed(composer, event->start_mark, "the value is not what its tag says");
    *ret = node;
    return status == CG_OK ? remember(composer, event->data.scalar.anchor, node) : status;
}

/* ---- maps ---- */

static int compare_members(const void *left, const void *right) {
    const struct cg_config *a = *(struct cg_config *const *)left;
    const struct cg_config *b = *(struct cg_config *const *)right;
    if (a->key_type != b->key_type)
        return a->key_type < b->key_type ? -1 : 1;
    int order = strcmp(a->key, b->key);
    if (order != 0)
        return order;
    return a->position < b->position ? -1 : a->position > b->position;
}

static int32_t same_key(const struct cg_config *left, const struct cg_config *right) {
    return left->key_type == right->key_type && strcmp(left->key, right->key) == 0;
}

/* Of members with one key the last stays, in the place of the first. */
static cg_status drop_duplicates(struct cg_config *map) {
    if (map->count < 2)
        return CG_OK;
    struct cg_config **sorted = malloc(map->count * sizeof(struct cg_config *));
    if (!sorted)
        return CG_NO_MEMORY;
    memcpy(sorted, map->items, map->count * sizeof(struct cg_config *));
    qsort(sorted, map->count, sizeof(struct cg_config *), compare_members);
    for (uint32_t i = 0; i < map->count;) {
        uint32_t end = i + 1;
        uint32_t own = sorted[i]->flags & MERGED_MARK ? 0 : 1;
        while (end < map->count && same_key(sorted[i], sorted[end]))
            own += sorted[end++]->flags & MERGED_MARK ? 0 : 1;
        struct cg_config *last = sorted[end - 1];
        if (own > 1)
            last->flags |= DUPLICATE_MARK;
        uint32_t place = sorted[i]->position;
        for (uint32_t k = i; k < end; k++)
            map->items[sorted[k]->position] = NULL;
        map->items[place] = last;
        i = end;
    }
    free(sorted);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < map->count; i++) {
        if (!map->items[i])
            continue;
        map->items[kept] = map->items[i];
        map->items[kept]->position = kept;
        kept++;
    }
    map->count = kept;
    return CG_OK;
}

/* Moves the members of `source` into `merged`. */
static cg_status merge_map(struct cg_config *merged, const struct cg_config *source) {
    for (uint32_t i = 0; i < source->count; i++) {
        struct cg_config *item = source->items[i];
        item->flags |= MERGED_MARK;
        if (cg_config_append(merged, item->key, item) != CG_OK)
            return CG_NO_MEMORY;
    }
    return CG_OK;
}

/* The value of `<<`: a map, or a list of maps of which the first has the last word. */
static cg_status merge(struct composer *composer, yaml_mark_t mark, struct cg_config *merged,
                       const struct cg_config *value) {
    if (value->type == CG_CONFIG_MAP)
        return merge_map(merged, value);
    cg_status status = CG_OK;
    if (value->type != CG_CONFIG_LIST)
        status = malformed(composer, mark, "the merge key '<<' wants a mapping or a list of mappings");
    for (uint32_t i = value->count; i > 0 && status == CG_OK; i--) {
        if (value->items[i - 1]->type != CG_CONFIG_MAP)
            status = malformed(composer, mark, "the merge key '<<' wants a mapping or a list of mappings");
        else
            status = merge_map(merged, value->items[i - 1]);
    }
    return status;
}

static cg_status compose_node(struct composer *composer, yaml_event_t *event, uint32_t depth, struct cg_config **ret);

/* Reads the next event and the node that begins with it. */
static cg_status compose_next(struct composer *composer, uint32_t depth, struct cg_config **ret) {
    yaml_event_t event;
    cg_status status = next_event(composer, &event);
    if (status != CG_OK)
        return status;
    status = compose_node(composer, &event, depth, ret);
    yaml_event_delete(&event);
    return status;
}

/* The key that begins with `event`. *ret_merge tells a merge key. */
static cg_status compose_key(struct composer *composer, yaml_event_t *event, uint32_t depth, struct cg_config **ret,
                             int32_t *ret_merge) {
    *ret_merge = event->type == YAML_SCALAR_EVENT && event->data.scalar.plain_implicit && !event->data.scalar.tag &&
                 strcmp((const char *)event->data.scalar.value, MERGE_KEY) == 0;
    if (event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT)
        return malformed(composer, event->start_mark, "a key is a list or a mapping");
    cg_status status = compose_node(composer, event, depth, ret);
    if (status != CG_OK)
        return status;
    if ((*ret)->type == CG_CONFIG_LIST || (*ret)->type == CG_CONFIG_MAP)
        return malformed(composer, event->start_mark, "a key is a list or a mapping");
    if ((*ret)->length > MAX_KEY)
        return malformed(composer, event->start_mark, "a key is too long");
    return CG_OK;
}

/* One key and its value. */
static cg_status compose_member(struct composer *composer, yaml_event_t *event, uint32_t depth, struct cg_config *map,
                                struct cg_config *merged) {
    struct cg_config *key = NULL;
    struct cg_config *value = NULL;
    int32_t is_merge = 0;
    cg_status status = compose_key(composer, event, depth, &key, &is_merge);
    if (status == CG_OK)
        status = compose_next(composer, depth, &value);
    if (status != CG_OK)
        return status;
    if (is_merge)
        return merge(composer, event->start_mark, merged, value);
    value->line = key->line;
    value->column = key->column;
    value->key_type = key->type == CG_CONFIG_NULL ? CG_CONFIG_BOOL : key->type;
    return cg_config_append(map, key->type == CG_CONFIG_NULL ? "null" : key->text, value);
}

static cg_status compose_map(struct composer *composer, const yaml_event_t *start, uint32_t depth,
                             struct cg_config *map) {
    struct cg_config merged = {.document = composer->document, .type = CG_CONFIG_MAP};
    struct cg_config own = merged;
    cg_status status = remember(composer, start->data.mapping_start.anchor, map);
    map->flags |= OPEN_MARK;
    for (int32_t end = 0; status == CG_OK && !end;) {
        yaml_event_t event;
        status = next_event(composer, &event);
        if (status != CG_OK)
            break;
        end = event.type == YAML_MAPPING_END_EVENT;
        if (!end)
            status = compose_member(composer, &event, depth + 1, &own, &merged);
        yaml_event_delete(&event);
    }
    map->flags &= ~OPEN_MARK;
    for (uint32_t i = 0; i < merged.count && status == CG_OK; i++)
        status = cg_config_append(map, merged.items[i]->key, merged.items[i]);
    for (uint32_t i = 0; i < own.count && status == CG_OK; i++)
        status = cg_config_append(map, own.items[i]->key, own.items[i]);
    return status == CG_OK ? drop_duplicates(map) : status;
}

/* ---- lists and the rest ---- */

static cg_status compose_list(struct composer *composer, const yaml_event_t *start, uint32_t depth,
                              struct cg_config *list) {
    cg_status status = remember(composer, start->data.sequence_start.anchor, list);
    list->flags |= OPEN_MARK;
    for (int32_t end = 0; status == CG_OK && !end;) {
        yaml_event_t event;
        status = next_event(composer, &event);
        if (status != CG_OK)
            break;
        struct cg_config *item = NULL;
        end = event.type == YAML_SEQUENCE_END_EVENT;
        if (!end)
            status = compose_node(composer, &event, depth + 1, &item);
        if (item && status == CG_OK)
            status = cg_config_append(list, NULL, item);
        yaml_event_delete(&event);
    }
    list->flags &= ~OPEN_MARK;
    return status;
}

static int32_t collection_tag_is_known(const yaml_char_t *tag, const char *wanted) {
    return !tag || strcmp((const char *)tag, "!") == 0 || strcmp((const char *)tag, wanted) == 0;
}

static cg_status compose_node(struct composer *composer, yaml_event_t *event, uint32_t depth, struct cg_config **ret) {
    if (depth > CG_CONFIG_MAX_DEPTH)
        return malformed(composer, event->start_mark, "values are nested too deeply");
    if (event->type == YAML_ALIAS_EVENT)
        return compose_alias(composer, event, depth, ret);
    if (event->type == YAML_SCALAR_EVENT)
        return compose_scalar(composer, event, ret);
    const int32_t is_map = event->type == YAML_MAPPING_START_EVENT;
    if (!is_map && event->type != YAML_SEQUENCE_START_EVENT)
        return malformed(composer, event->start_mark, "a value was expected");
    if (is_map ? !collection_tag_is_known(event->data.mapping_start.tag, YAML_MAP_TAG)
               : !collection_tag_is_known(event->data.sequence_start.tag, YAML_SEQ_TAG))
        return malformed(composer, event->start_mark, "unknown tag; quote a text that starts with '!'");
    cg_status status = new_node(composer, event->start_mark, is_map ? CG_CONFIG_MAP : CG_CONFIG_LIST, ret);
    if (status != CG_OK)
        return status;
    return is_map ? compose_map(composer, event, depth, *ret) : compose_list(composer, event, depth, *ret);
}

/* ---- the document ---- */

static cg_status compose_document(struct composer *composer, struct cg_config **ret) {
    yaml_event_t event;
    struct cg_config *root = NULL;
    cg_status status = next_event(composer, &event); /* the start of the stream */
    if (status != CG_OK)
        return status;
    yaml_event_delete(&event);
    for (int32_t end = 0, documents = 0; status == CG_OK && !end;) {
        status = next_event(composer, &event);
        if (status != CG_OK)
            break;
        if (event.type == YAML_STREAM_END_EVENT)
            end = 1;
        else if (event.type == YAML_DOCUMENT_START_EVENT && documents++ > 0)
            status = malformed(composer, event.start_mark, "expected a single document in the stream");
        else if (event.type != YAML_DOCUMENT_START_EVENT && event.type != YAML_DOCUMENT_END_EVENT)
            status = compose_node(composer, &event, 1, &root);
        yaml_event_delete(&event);
    }
    if (status == CG_OK && !root)
        root = cg_config_new(composer->document, CG_CONFIG_NULL, 0, 0);
    if (status == CG_OK && !root)
        return CG_NO_MEMORY;
    *ret = root;
    return status;
}

/* Told only now, because a path is known only when the whole tree is. */
static void tell_duplicates(struct cg_config *node) {
    if (node->flags & DUPLICATE_MARK)
        cg_config_warning(node, "this key stands here more than once; the last one counts");
    node->flags &= ~(MERGED_MARK | DUPLICATE_MARK);
    for (uint32_t i = 0; i < node->count; i++)
        tell_duplicates(node->items[i]);
}

cg_status cg_yaml_parse(struct cg_document *document, const char *text, size_t length, struct cg_config **ret) {
    struct composer composer = {.document = document};
    if (length > CG_YAML_MAX_BYTES) {
        cg_problems_add(document->problems, 0, document->file, 0, "", "the file is larger than %zu bytes",
                        CG_YAML_MAX_BYTES);
        return CG_INVALID;
    }
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        length -= 3;
    }
    composer.names = cg_intern_new();
    if (!composer.names)
        return CG_NO_MEMORY;
    cg_status status = CG_NO_MEMORY;
    if (yaml_parser_initialize(&composer.parser)) {
        yaml_parser_set_encoding(&composer.parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&composer.parser, (const unsigned char *)text, length);
        struct cg_config *root = NULL;
        status = compose_document(&composer, &root);
        if (status == CG_OK) {
            tell_duplicates(root);
            *ret = root;
        }
        yaml_parser_delete(&composer.parser);
    }
    cg_intern_free(composer.names);
    free(composer.anchors);
    return status;
}
