#include "config/options.h"

#include <stdio.h>
#include <string.h>

#include "config/scalar.h"
#include "config/yaml.h"

#define MAX_PATTERN 256
#define MAX_HINTED_KEY 48u

/* ---- the table ---- */

static size_t option_count(const struct cg_option_set *set) {
    return set->own_count + set->count;
}

static const struct cg_option *option_at(const struct cg_option_set *set, size_t index) {
    return index < set->own_count ? &set->own[index] : set->options[index - set->own_count];
}

/* The option's name when it is a direct member of the section `pattern`, else NULL. */
static const char *name_in(const struct cg_option *option, const char *pattern) {
    const char *name = option->key;
    if (*pattern) {
        size_t length = strlen(pattern);
        if (strncmp(name, pattern, length) != 0 || name[length] != '.')
            return NULL;
        name += length + 1;
    }
    return strpbrk(name, ".[") || strcmp(name, "*") == 0 ? NULL : name;
}

static const struct cg_option *find_option(const struct cg_option_set *set, const char *key) {
    for (size_t i = 0; i < option_count(set); i++)
        if (strcmp(option_at(set, i)->key, key) == 0)
            return option_at(set, i);
    return NULL;
}

static const struct cg_option_note *find_note(const struct cg_option_set *set, const char *key) {
    static const struct cg_option_note none = {0};
    for (size_t i = 0; i < set->note_count; i++)
        if (strcmp(set->notes[i].key, key) == 0)
            return &set->notes[i];
    return &none;
}

/* Joins a pattern and what comes next; a key that is too long for a table ends the descent. */
static cg_status join(char *buffer, const char *pattern, const char *separator, const char *name) {
    int length = snprintf(buffer, MAX_PATTERN, "%s%s%s", pattern, *pattern ? separator : "", name);
    return length >= 0 && length < MAX_PATTERN ? CG_OK : CG_INVALID;
}

/* True when some member of the section, at any depth that would be created, has a default. */
static int32_t has_defaults(const struct cg_option_set *set, const char *pattern) {
    for (size_t i = 0; i < option_count(set); i++) {
        const struct cg_option *option = option_at(set, i);
        if (!name_in(option, pattern))
            continue;
        if (option->default_text)
            return 1;
        if (option->type == CG_OPTION_SECTION && !(option->flags & (CG_OPTION_REQUIRED | CG_OPTION_NULLABLE)) &&
            strlen(option->key) > strlen(pattern) && has_defaults(set, option->key))
            return 1;
    }
    return 0;
}

/* ---- unknown keys ---- */

size_t cg_edit_distance(const char *left, const char *right, size_t limit) {
    const size_t rows = strlen(left);
    const size_t columns = strlen(right);
    if (rows > MAX_HINTED_KEY || columns > MAX_HINTED_KEY)
        return limit + 1;
    size_t lines[3][MAX_HINTED_KEY + 1];
    for (size_t k = 0; k <= columns; k++)
        lines[0][k] = k;
    for (size_t i = 1; i <= rows; i++) {
        size_t *now = lines[i % 3];
        const size_t *before = lines[(i + 2) % 3];
        const size_t *two_before = lines[(i + 1) % 3];
        now[0] = i;
        for (size_t k = 1; k <= columns; k++) {
            size_t best = before[k - 1] + (left[i - 1] != right[k - 1]);
            if (before[k] + 1 < best)
                best = before[k] + 1;
            if (now[k - 1] + 1 < best)
                best = now[k - 1] + 1;
            if (i > 1 && k > 1 && left[i - 1] == right[k - 2] && left[i - 2] == right[k - 1] &&
                two_before[k - 2] + 1 < best)
                best = two_before[k - 2] + 1;
            now[k] = best;
        }
    }
    size_t distance = lines[rows % 3][columns];
    return distance > limit ? limit + 1 : distance;
}

static const char *nearest_name(const struct cg_option_set *set, const char *pattern, const char *key) {
    size_t best = strlen(key) / 3 + 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < option_count(set); i++) {
        const char *name = name_in(option_at(set, i), pattern);
        size_t distance = name ? cg_edit_distance(key, name, best) : best + 1;
        if (name && (distance < best || (distance == best && !nearest))) {
            best = distance;
            nearest = name;
        }
    }
    return nearest;
}

static int32_t is_known(const struct cg_option_set *set, const char *pattern, const struct cg_config *member) {
    if (member->key_type != CG_CONFIG_STRING)
        return 0;
    for (size_t i = 0; i < option_count(set); i++) {
        const char *name = name_in(option_at(set, i), pattern);
        if (name && strcmp(name, member->key) == 0)
            return 1;
    }
    return 0;
}

static void warn_unknown(const struct cg_config *section, const struct cg_option_set *set, const char *pattern) {
    struct cg_problems *problems = section->document->problems;
    for (uint32_t i = 0; i < section->count && problems && !cg_problems_full(problems); i++) {
        const struct cg_config *member = section->items[i];
        if (is_known(set, pattern, member))
            continue;
        size_t length = 0;
        const char *key = cg_config_shown_key(member, &length);
        const char *nearest = nearest_name(set, pattern, member->key);
        const char *more = key[length] ? "..." : "";
        if (length > 64) {
            length = 64;
            while (length > 0 && ((unsigned char)key[length] & 0xC0u) == 0x80u)
                length--;
            more = "...";
        }
        cg_problems_add(problems, 1, section->document->file, member->line, cg_config_path(section),
                        nearest ? "unknown key '%.*s%s' is ignored; did you mean '%s'?"
                                : "unknown key '%.*s%s' is ignored",
                        (int)length, key, more, nearest);
    }
}

/* ---- values ---- */

static cg_status apply_section(struct cg_config *node, const struct cg_option_set *set, const char *pattern);
static cg_status apply_value(struct cg_config *node, const struct cg_option_set *set, const struct cg_option *option,
                             const char *pattern);

/* Running out of memory wins over everything, an error over success. */
static void note_status(cg_status *result, cg_status status) {
    if (status == CG_NO_MEMORY || *result == CG_OK)
        *result = status;
}

/* One message for each type that a free scalar could have. */
static void refuse_scalar(struct cg_config *node) {
    cg_config_error_below(node, "float", "Input should be a valid number");
    cg_config_error_below(node, "int", "Input should be a valid integer");
    cg_config_error_below(node, "str", "Input should be a valid string");
    cg_config_error_below(node, "bool", "Input should be a valid boolean");
}

static cg_status apply_scalar(struct cg_config *node, uint32_t type, const struct cg_option *option, uint32_t rules) {
    const char *text = NULL;
    if (node->flags & CG_NODE_UNKNOWN)
        return CG_OK;
    cg_status status = cg_coerce(node, type, option, rules, &text);
    if (status == CG_INVALID && type == CG_OPTION_SCALAR)
        refuse_scalar(node);
    else if (status == CG_INVALID)
        cg_config_error(node, "%s", text);
    return status;
}

/* A value of a map or an item of a list. Bounds and choices of the container are those of its elements. */
static cg_status apply_element(struct cg_config *node, const struct cg_option_set *set, const struct cg_option *option,
                               const char *pattern) {
    const struct cg_option *own = find_option(set, pattern);
    if (own)
        return apply_value(node, set, own, pattern);
    if (option->element == 0)
        return CG_OK;
    struct cg_option element = *option;
    element.type = option->element;
    element.element = 0;
    element.flags &= CG_OPTION_MIN | CG_OPTION_MAX | CG_OPTION_LOWER | CG_OPTION_SECRET;
    element.key = pattern;
    return apply_value(node, set, &element, pattern);
}

static cg_status apply_list(struct cg_config *node, const struct cg_option_set *set, const struct cg_option *option,
                            const char *pattern) {
    char below[MAX_PATTERN];
    cg_status result = CG_OK;
    if (node->type != CG_CONFIG_LIST) {
        cg_config_error(node, "Input should be a valid list");
        return CG_INVALID;
    }
    if (node->count == 0 && option->flags & CG_OPTION_NON_EMPTY) {
        cg_config_error(node, "List should have at least 1 item after validation, not 0");
        return CG_INVALID;
    }
    if (join(below, pattern, "", "[]") != CG_OK)
        return CG_OK;
    for (uint32_t i = 0; i < node->count && result != CG_NO_MEMORY; i++)
        note_status(&result, apply_element(node->items[i], set, option, below));
    return result;
}

static cg_status apply_map(struct cg_config *node, const struct cg_option_set *set, const struct cg_option *option,
                           const char *pattern) {
    char below[MAX_PATTERN];
    cg_status result = CG_OK;
    if (node->type != CG_CONFIG_MAP) {
        cg_config_error(node, "Input should be a valid dictionary");
        return CG_INVALID;
    }
    if (join(below, pattern, ".", "*") != CG_OK)
        return CG_OK;
    for (uint32_t i = 0; i < node->count && result != CG_NO_MEMORY; i++) {
        if (node->items[i]->key_type != CG_CONFIG_STRING) {
            cg_config_error_below(node->items[i], "[key]", "Input should be a valid string");
            note_status(&result, CG_INVALID);
        }
        note_status(&result, apply_element(node->items[i], set, option, below));
    }
    return result;
}

static cg_status apply_value(struct cg_config *node, const struct cg_option_set *set, const struct cg_option *option,
                             const char *pattern) {
    if (node->flags & CG_NODE_REPORTED)
        return CG_INVALID;
    if (option->flags & CG_OPTION_SECRET)
        node->flags |= CG_NODE_SECRET;
    switch (option->type) {
    case CG_OPTION_LIST:
        return apply_list(node, set, option, pattern);
    case CG_OPTION_MAP:
        return apply_map(node, set, option, pattern);
    case CG_OPTION_SECTION:
        return apply_section(node, set, pattern);
    default:
        return apply_scalar(node, option->type, option, find_note(set, pattern)->rules);
    }
}

/* ---- absent values ---- */

static void mark_default(struct cg_config *node) {
    node->flags |= CG_NODE_DEFAULTED;
    node->line = 0;
    for (uint32_t i = 0; i < node->count; i++)
        mark_default(node->items[i]);
}

/* A node from a default's text. Texts of string options stand for themselves unless they are quoted. */
static cg_status new_default(struct cg_document *document, const struct cg_option *option, struct cg_config **ret) {
    const char *text = option->default_text;
    const int32_t is_text =
        option->type == CG_OPTION_STRING || option->type == CG_OPTION_CHOICE || option->type == CG_OPTION_URL;
    const int32_t is_scalar =
        option->type != CG_OPTION_LIST && option->type != CG_OPTION_MAP && option->type != CG_OPTION_SECTION;
    struct cg_config *node = NULL;
    if (text && (!is_scalar || (is_text && (*text == '"' || *text == '\'')))) {
        cg_status status = cg_yaml_parse(document, text, strlen(text), &node);
        if (status != CG_OK)
            return status;
    } else {
        node = cg_config_new(document, text ? CG_CONFIG_STRING : CG_CONFIG_MAP, 0, 0);
        if (!node)
            return CG_NO_MEMORY;
        if (text && is_text)
            cg_config_set_string(node, text, strlen(text));
        else if (text && cg_scalar_plain(node, text, strlen(text)) != CG_OK)
            return CG_NO_MEMORY;
    }
    mark_default(node);
    *ret = node;
    return CG_OK;
}

/* Puts `child` where an explicit null stands, or behind the other members. */
static cg_status attach(struct cg_config *section, struct cg_config *null, const char *name, struct cg_config *child) {
    if (!null)
        return cg_config_append(section, name, child);
    child->parent = section;
    child->key = null->key;
    child->key_type = null->key_type;
    child->position = null->position;
    child->line = null->line;
    section->items[null->position] = child;
    return CG_OK;
}

/* A member that is not there, or null where null is the same. */
static cg_status apply_absent(struct cg_config *section, struct cg_config *null, const struct cg_option_set *set,
                              const struct cg_option *option, const char *name) {
    const uint32_t flags = option->flags;
    if (flags & CG_OPTION_REQUIRED) {
        if (section->flags & CG_NODE_DEFAULTED)
            return CG_OK;
        cg_config_error_below(section, name, "Field required");
        return CG_INVALID;
    }
    const int32_t create =
        option->type == CG_OPTION_SECTION && !(flags & CG_OPTION_NULLABLE) && has_defaults(set, option->key);
    if (!option->default_text && !create)
        return CG_OK;
    struct cg_config *child = NULL;
    cg_status status = new_default(section->document, option, &child);
    if (status == CG_OK)
        status = attach(section, null, name, child);
    return status == CG_OK ? apply_value(child, set, option, option->key) : status;
}

/* ---- sections ---- */

static cg_status apply_member(struct cg_config *section, const struct cg_option_set *set,
                              const struct cg_option *option, const char *name) {
    struct cg_config *member = cg_config_member(section, name);
    if (!member)
        return apply_absent(section, NULL, set, option, name);
    if (member->type == CG_CONFIG_NULL && option->flags & CG_OPTION_NULLABLE && !(member->flags & CG_NODE_REPORTED))
        return apply_absent(section, member, set, option, name);
    /* A section that only another table's defaults brought about was not given. */
    if (option->type == CG_OPTION_SECTION && option->flags & CG_OPTION_REQUIRED && member->flags & CG_NODE_DEFAULTED)
        return apply_absent(section, member, set, option, name);
    return apply_value(member, set, option, option->key);
}

static cg_status apply_section(struct cg_config *node, const struct cg_option_set *set, const char *pattern) {
    const struct cg_option_note *note = find_note(set, pattern);
    if (node->type != CG_CONFIG_MAP) {
        if (note->class_name)
            cg_config_error(node, "Input should be a valid dictionary or instance of %s", note->class_name);
        else
            cg_config_error(node, "Input should be a valid dictionary");
        return CG_INVALID;
    }
    cg_status result = CG_OK;
    for (size_t i = 0; i < option_count(set) && result != CG_NO_MEMORY; i++) {
        const struct cg_option *option = option_at(set, i);
        const char *name = name_in(option, pattern);
        if (name)
            note_status(&result, apply_member(node, set, option, name));
    }
    if (!note->open && !(set->open && !*pattern))
        warn_unknown(node, set, pattern);
    return result;
}

cg_status cg_options_apply(struct cg_config *node, const struct cg_option_set *set) {
    return apply_section(node, set, "");
}

cg_status cg_options_apply_value(struct cg_config *node, const struct cg_option_set *set, const char *key) {
    const struct cg_option *option = find_option(set, key);
    return option ? apply_value(node, set, option, key) : CG_OK;
}
