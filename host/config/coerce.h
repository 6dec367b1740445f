/*
 * coerce.h - a scalar becomes what its field wants, or a sentence says why it cannot.
 */
#ifndef CG_CONFIG_COERCE_H
#define CG_CONFIG_COERCE_H

#include <chitragupt/plugin.h>

#include "config/node.h"

/** The bound of an integer is exclusive in its message ("greater than 0" for a minimum of 1). */
#define CG_COERCE_POSITIVE 1u
/** A string that names a path: its own message. */
#define CG_COERCE_PATH 2u

/**
 * Gives `node` the scalar type `type` (CG_OPTION_STRING, INT, BOOL, DECIMAL, CHOICE, SCALAR or URL) in place, under the
 * flags, bounds and choices of `option`. Null is refused like any other wrong type: who allows it does not call this.
 * When the value does not fit, CG_INVALID and the message (without the value) in *ret_text, a constant or in the
 * document's arena; the node is then unchanged. Error: CG_NO_MEMORY.
 */
cg_status cg_coerce(struct cg_config *node, uint32_t type, const struct cg_option *option, uint32_t rules,
                    const char **ret_text);

/** NULL when `text` is an absolute http or https URL with a host; else what is wrong with it.
 */
const char *cg_url_problem(const char *text);

/** The same, without credentials in it, and http only for a loopback address (127.0.0.0/8, ::1, localhost). */
const char *cg_url_secure_problem(const char *text);

#endif
