/*
 * options.h - a subtree checked against a table of options.
 *
 * The tables are those of <chitragupt/plugin.h>, so a module's settings and the program's own read alike. Values are
 * coerced in place and defaults become nodes. An absent section that has members with defaults is created, unless it is
 * nullable; members that are required in it are not missed then.
 */
#ifndef CG_CONFIG_OPTIONS_H
#define CG_CONFIG_OPTIONS_H

#include "config/coerce.h"

/** What a table cannot say; only for the program's own options. */
struct cg_option_note {
    const char *key;        /**< of the option */
    const char *class_name; /**< sections: "valid dictionary or instance of <class_name>", or NULL */
    uint32_t rules;         /**< CG_COERCE_ */
    uint32_t open;          /**< 1: unknown members are somebody else's, or of no interest */
};

/** Two tables seen as one: the program's own, and a module's. Either may be empty. */
struct cg_option_set {
    const struct cg_option *own;
    size_t own_count;
    const struct cg_option *const *options;
    size_t count;
    const struct cg_option_note *notes;
    size_t note_count;
    uint32_t open; /**< 1: unknown keys at the top are not warned about */
};

/**
 * Checks, coerces and completes the map `node`. Problems go to the document's list; those of unknown keys are warnings
 * that name the nearest known key. Errors: CG_INVALID when an error was reported below `node`, CG_NO_MEMORY.
 */
cg_status cg_options_apply(struct cg_config *node, const struct cg_option_set *set);

/** The same for a value that is what the set's option `key` describes; keys of the table are those of its members. */
cg_status cg_options_apply_value(struct cg_config *node, const struct cg_option_set *set, const char *key);

/** Number of single-character edits between two texts, swaps of neighbours counted as one; at most `limit` + 1 is
 * answered. */
size_t cg_edit_distance(const char *left, const char *right, size_t limit);

#endif
