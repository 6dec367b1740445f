/*
 * node.h - a configuration as a tree, every node of which knows where it was written.
 *
 * `struct cg_config` is what modules see as an opaque node (<chitragupt/host.h>). Nodes live in the arena of their
 * document; while a document is loaded and validated they change in place (substitution, coercion, defaults),
 * afterwards they are constant.
 */
#ifndef CG_CONFIG_NODE_H
#define CG_CONFIG_NODE_H

#include <chitragupt/host.h>

#include "base/arena.h"
#include "config/problems.h"

/** Most nodes of a document, aliases expanded; most nodes together with defaults; greatest depth of nesting. */
#define CG_CONFIG_MAX_NODES 200000u
#define CG_CONFIG_MAX_TOTAL_NODES 1000000u
#define CG_CONFIG_MAX_DEPTH 64u

#define CG_NODE_DATE 1u       /**< a string that YAML reads as a date or time: no string to a field that wants one */
#define CG_NODE_NOT_FINITE 2u /**< a number without value: NaN or an infinity */
#define CG_NODE_TOO_LARGE \
    4u /**< a number that fits no int64_t (integers) or no decimal; integers are set to the nearest one */
#define CG_NODE_SUBSTITUTED 8u /**< has text from a ${...} reference, so its value is never shown */
#define CG_NODE_SECRET 16u     /**< the field is a secret */
#define CG_NODE_REPORTED 32u   /**< already has an error; what depends on it is not checked */
#define CG_NODE_DEFAULTED 64u  /**< was not in the file */
#define CG_NODE_FLOAT 128u     /**< was written as a YAML float */
/** What a reader does without: a scalar whose variable is not set, which then fits every field and is not looked into;
 * of plugin_settings: no section was given, and defaults stand in its place. */
#define CG_NODE_UNKNOWN 256u

/** Most errors of a reader's tenants that are remembered. */
#define CG_CONFIG_MAX_LENIENT 1000u

/** An error below a tenant's plugin_settings that does not keep a reader from starting. */
struct cg_config_lenient {
    const struct cg_config_lenient *next; /**< in the order in which they were found */
    const struct cg_config *tenant;
    const char *text;
};

/** What the nodes of one file share. */
struct cg_document {
    struct cg_arena *arena;
    const char *file;             /**< name for messages */
    struct cg_problems *problems; /**< where problems go; NULL: nowhere */
    struct cg_config *root;       /**< the whole tree, once it is read */
    uint32_t nodes;               /**< so far */
    uint32_t errors;              /**< reported at nodes so far */
    size_t substituted;           /**< bytes made by substitution so far */
    int32_t reader;               /**< 1: errors below plugin_settings are warnings */
    struct cg_config_lenient *first_lenient;
    struct cg_config_lenient *last_lenient;
    uint32_t lenient_count;
};

/** A node. */
struct cg_config {
    struct cg_document *document;
    struct cg_config *parent; /**< NULL for the root */
    struct cg_config **items; /**< members of a map, items of a list, in file order */
    const char *key;          /**< in a map: the key's text; else NULL */
    const char *text;         /**< of a scalar, never NULL: strings as they are, others in canonical form; else NULL */
    const char *empty_variable; /**< set-but-empty environment variable that the text came from, or NULL */
    size_t length;              /**< of `text` */
    struct cg_decimal number;   /**< CG_CONFIG_DECIMAL */
    int64_t integer;            /**< CG_CONFIG_INT, CG_CONFIG_BOOL */
    uint32_t type;              /**< CG_CONFIG_ */
    uint32_t key_type;          /**< CG_CONFIG_ type of the key */
    uint32_t flags;             /**< CG_NODE_ */
    uint32_t position;          /**< index in the parent's items */
    uint32_t count;
    uint32_t capacity;
    uint32_t line; /**< from 1, of the key in a map; 0 = unknown */
    uint32_t column;
};

/** The table handed to modules. Its `problem` finds the list through the node's document. */
extern const struct cg_config_api cg_config_api_table;

/* ---- reading; `node` NULL is an absent node ---- */

/** See struct cg_config_api. A key may itself contain dots: at each step the shortest fitting key that leads to an end
 * is taken. */
const struct cg_config *cg_config_get(const struct cg_config *node, const char *path);
uint32_t cg_config_type(const struct cg_config *node);
size_t cg_config_count(const struct cg_config *node);
const struct cg_config *cg_config_at(const struct cg_config *node, size_t index);
const char *cg_config_key_at(const struct cg_config *node, size_t index);
const char *cg_config_text(const struct cg_config *node, const char *path, const char *fallback);
int64_t cg_config_integer(const struct cg_config *node, const char *path, int64_t fallback);

/** Strings that hold a number answer it too: a value from the environment is a string where no type is declared. */
cg_status cg_config_decimal(const struct cg_config *node, const char *path, struct cg_decimal *ret);

/** The member with exactly this (string) key, dots and all, or NULL. */
struct cg_config *cg_config_member(const struct cg_config *node, const char *key);

/** Line of the node at `path`, or of its nearest ancestor that exists; 0 = unknown. */
uint32_t cg_config_line(const struct cg_config *node, const char *path);

/** Dotted path from the root ("" = root), in the document's arena; "" too when out of memory. Not thread-safe. */
const char *cg_config_path(const struct cg_config *node);

/**
 * The key of a map's member as it may be shown: `*ret_length` bytes of it. In `{password:x}` a blank is missing, and
 * the whole is a key without value; what follows the colon is then left out.
 */
const char *cg_config_shown_key(const struct cg_config *node, size_t *ret_length);

/** The same node, to be changed: for code that owns the document. */
struct cg_config *cg_config_mutable(const struct cg_config *node);

/** Room for a value shown in a message. */
#define CG_CONFIG_SHOWN_SIZE 96

/**
 * Writes the scalar's value for a message into `buffer` (CG_CONFIG_SHOWN_SIZE bytes) and returns it: the quoted,
 * shortened text, or words in its place when it may be a secret because it came from the environment.
 */
const char *cg_config_shown(const struct cg_config *node, char *buffer);

/* ---- problems ---- */

/**
 * Adds an error (warning) at the node to its document's list, with file, line and path, marks it CG_NODE_REPORTED
 * (errors), and says so when the value came from an empty environment variable.
 */
void cg_config_error(struct cg_config *node, const char *format, ...) CG_PRINTF(2, 3);
void cg_config_warning(const struct cg_config *node, const char *format, ...) CG_PRINTF(2, 3);

/** An error of a rule between several keys; where a reader tells it, "Value error, " stands in front. */
void cg_config_error_of_rule(struct cg_config *node, const char *format, ...) CG_PRINTF(2, 3);

/** The same as cg_config_error, told of the parent's path and the node's own line: for texts that name the key
 * themselves. */
void cg_config_error_in(struct cg_config *node, const char *format, ...) CG_PRINTF(2, 3);

/** Adds an error at the place below `node` where `key` is or would be; `key` is appended to the path as it is. */
void cg_config_error_below(const struct cg_config *node, const char *key, const char *format, ...) CG_PRINTF(3, 4);

/** The node of the tenant when `node` is, or lies below, its plugin_settings; else NULL. */
const struct cg_config *cg_config_plugin_tenant(const struct cg_config *node);

/** True when an error was reported at the node or, in a map or list, at one below it. */
int32_t cg_config_broken(const struct cg_config *node);

/* ---- building ---- */

/** A new null node, or NULL when out of memory or when the document has CG_CONFIG_MAX_TOTAL_NODES of them. */
struct cg_config *cg_config_new(struct cg_document *document, uint32_t type, uint32_t line, uint32_t column);

/** Makes `child` the last item of `parent`, under `key` (borrowed) in a map. Error: CG_NO_MEMORY. */
cg_status cg_config_append(struct cg_config *parent, const char *key, struct cg_config *child);

/** Turns a node into a scalar with this value. `text` is borrowed. Error: CG_NO_MEMORY. */
void cg_config_set_string(struct cg_config *node, const char *text, size_t length);
void cg_config_set_bool(struct cg_config *node, int32_t value);
cg_status cg_config_set_integer(struct cg_config *node, int64_t value);
cg_status cg_config_set_decimal(struct cg_config *node, const struct cg_decimal *value);

#endif
