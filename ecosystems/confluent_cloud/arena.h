/* Memory for many small things that die together: the lines of one billing window. */
#ifndef CCLOUD_ARENA_H
#define CCLOUD_ARENA_H

#include <stddef.h>

struct ccloud_arena_chunk;

/** Zero-initialise before use. */
struct ccloud_arena {
    struct ccloud_arena_chunk *chunks; /**< newest first */
};

/** Zeroed memory aligned for any type, or NULL when out of memory. */
void *ccloud_arena_get(struct ccloud_arena *arena, size_t size);

/** A copy of `text` in the arena; NULL for NULL, and when out of memory. */
const char *ccloud_arena_text(struct ccloud_arena *arena, const char *text);

/** Gives everything back; the arena may be used again. */
void ccloud_arena_done(struct ccloud_arena *arena);

#endif
