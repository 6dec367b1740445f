/*
 * intern.h - strings as small numbers.
 *
 * Equal strings get the same number, counted from 1; 0 stands for NULL. Used where records are compared by many
 * strings: with numbers a key is a handful of integers and the comparison is exact.
 */
#ifndef CG_BASE_INTERN_H
#define CG_BASE_INTERN_H

#include <chitragupt/error.h>

struct cg_intern;

/** An empty table, or NULL when out of memory. */
struct cg_intern *cg_intern_new(void);

/** Ends a table. NULL is fine. */
void cg_intern_free(struct cg_intern *intern);

/** The number of `text` (0 for NULL). Errors: CG_NO_MEMORY, CG_RANGE (2^32 - 2 strings). */
cg_status cg_intern_add(struct cg_intern *intern, const char *text, uint32_t *ret);

/** The string behind a number; NULL for 0. Lives as long as the table. */
const char *cg_intern_text(const struct cg_intern *intern, uint32_t number);

/** Number of strings. */
uint32_t cg_intern_count(const struct cg_intern *intern);

/** A hash for tables keyed by bytes (FNV-1a followed by a mixing step). Not for hostile-proof uses. */
uint64_t cg_hash_bytes(const void *data, size_t length);

#endif
