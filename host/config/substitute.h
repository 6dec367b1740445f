/*
 * substitute.h - ${NAME} and ${NAME:-default} in the values of a tree.
 *
 * One pass from left to right: what was inserted is not looked at again, there is no nesting and no escape. A variable
 * that is set but empty counts as set. What does not fit the form (${}, ${A:x}, $A) stays as written.
 */
#ifndef CG_CONFIG_SUBSTITUTE_H
#define CG_CONFIG_SUBSTITUTE_H

#include "config/dotenv.h"
#include "config/node.h"

/** Most bytes that substitution may produce for one document. */
#define CG_SUBSTITUTE_MAX_BYTES ((size_t)16 * 1024 * 1024)

/**
 * Substitutes in every string value below `node`; keys stay. Every variable that is missing is reported at its place,
 * unless the document is a reader's and the value is of no use to it (CG_NODE_UNKNOWN).
 * Errors: CG_INVALID (told in the document's problems), CG_NO_MEMORY.
 */
cg_status cg_substitute_tree(struct cg_config *node, const struct cg_environment *environment);

/** What cg_substitute_text found. Names point into memory of the arena. */
struct cg_substitution {
    const char *text; /**< the result, NUL-terminated */
    size_t length;
    int32_t changed;            /**< 1 when there was at least one reference */
    const char *empty_variable; /**< the first variable that is set but empty, or NULL */
    const char **missing;       /**< variables that are not set and have no default, each once, in order */
    size_t missing_count;
    const char *not_utf8; /**< a variable whose value is no UTF-8, or NULL */
};

/** Substitutes in one text. Errors: CG_RANGE when the result is longer than `limit` bytes, CG_NO_MEMORY. */
cg_status cg_substitute_text(const char *text, size_t length, const struct cg_environment *environment, size_t limit,
                             struct cg_arena *arena, struct cg_substitution *ret);

/** True when the bytes are well-formed UTF-8 (RFC 3629). */
int32_t cg_utf8_valid(const char *text, size_t length);

#endif
