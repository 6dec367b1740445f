/*
 * json.h - small steps with jansson that jobs and events share.
 */
#ifndef CG_RUN_JSON_H
#define CG_RUN_JSON_H

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"

/** Appends `object` as one compact line and gives it up. `object` may be NULL (out of memory). Returns the buffer's
 * status. */
cg_status cg_json_write_line(json_t *object, struct cg_buf *line);

/** A text of `object` as a copy in the arena, or NULL when it is absent or no string. */
const char *cg_json_get_text(const json_t *object, const char *key, struct cg_arena *arena);

/** An integer of `object`, or `fallback`. */
int64_t cg_json_integer(const json_t *object, const char *key, int64_t fallback);

/** Sets a text that may hold bytes which are no UTF-8 (they become "?"); NULL sets nothing. */
void cg_json_set_text(json_t *object, const char *key, const char *text);

/** Sets an integer. */
void cg_json_set_integer(json_t *object, const char *key, int64_t value);

#endif
