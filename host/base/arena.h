/*
 * arena.h - memory by lifetime.
 *
 * An arena belongs to a scope (process, run, date, call); everything allocated from it goes at once. It is not
 * thread-safe.
 */
#ifndef CG_BASE_ARENA_H
#define CG_BASE_ARENA_H

#include <chitragupt/abi.h>

struct cg_arena;

/** An empty arena, or NULL when out of memory. */
struct cg_arena *cg_arena_new(void);

/** Ends an arena and everything in it. NULL is fine. */
void cg_arena_free(struct cg_arena *arena);

/** Drops everything but keeps one block for reuse. */
void cg_arena_reset(struct cg_arena *arena);

/** Zeroed memory aligned for any type, or NULL. */
void *cg_arena_alloc(struct cg_arena *arena, size_t size);

/** `count * size` bytes, or NULL, also when the product overflows. */
void *cg_arena_array(struct cg_arena *arena, size_t count, size_t size);

/** A copy of `length` bytes with a NUL behind them, or NULL. */
char *cg_arena_copy(struct cg_arena *arena, const char *text, size_t length);

/** A copy of a string; NULL for NULL or when out of memory. */
char *cg_arena_string(struct cg_arena *arena, const char *text);

/** A printed string, or NULL. */
char *cg_arena_printf(struct cg_arena *arena, const char *format, ...) CG_PRINTF(2, 3);

/** Bytes held from the system. */
size_t cg_arena_size(const struct cg_arena *arena);

#endif
