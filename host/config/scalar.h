/*
 * scalar.h - the type of an unquoted YAML 1.1 scalar.
 */
#ifndef CG_CONFIG_SCALAR_H
#define CG_CONFIG_SCALAR_H

#include "config/node.h"

/**
 * Gives `node` the type and value that the plain scalar `text` has: null, boolean, integer (decimal, binary, octal,
 * hexadecimal, base 60), float, date, or string. `text` is NUL-terminated and borrowed. Error: CG_NO_MEMORY. Source:
 * https://yaml.org/type/, with the regular expressions of PyYAML.
 */
cg_status cg_scalar_plain(struct cg_config *node, const char *text, size_t length);

/**
 * The same for a scalar with one of the standard tags "tag:yaml.org,2002:..." (str, int, float, bool, null, timestamp).
 * Errors: CG_INVALID when the text is none of that type, CG_NOT_FOUND for another tag, CG_NO_MEMORY.
 */
cg_status cg_scalar_tagged(struct cg_config *node, const char *tag, const char *text, size_t length);

#endif
