/*
 * metadata.h - fields as JSON text and back.
 *
 * The text is that of Python's json.dumps: separators ", " and ": ", keys in order, everything but ASCII as \uXXXX.
 */
#ifndef CG_STORE_METADATA_H
#define CG_STORE_METADATA_H

#include <chitragupt/model.h>

#include "base/arena.h"
#include "base/buf.h"

/** Longest text. */
#define CG_METADATA_LIMIT (1024u * 1024u)

/**
 * Writes the fields into `buf` (cleared first) and answers its text through `*ret`: NULL when there is no field.
 * Errors: CG_INVALID when a value is not what its kind says, CG_RANGE, CG_NO_MEMORY.
 */
cg_status cg_metadata_write(struct cg_buf *buf, const struct cg_field *fields, size_t count, const char **ret);

/** Reads a text (NULL and "" have no fields). Errors: CG_INVALID when it is no JSON object, CG_NO_MEMORY. */
cg_status cg_metadata_read(const char *text, struct cg_arena *arena, const struct cg_field **ret, uint32_t *ret_count);

#endif
