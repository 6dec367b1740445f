/*
 * border.h - texts of modules on their way to the store: what is taken as it is, and what stands for the rest.
 *
 * A name is clean (see base/text.h) and short. Databases differ in what else they take: PostgreSQL refuses bytes that
 * are no UTF-8 and keys of more than some 2700 bytes, and the transaction with them; SQLite stores anything. So nothing
 * else gets that far. What was gathered is mended, because a bill must not lose a line, nor a listing somebody, for an
 * odd name; a resolver that asks for such a name, or answers one, fails its line.
 */
#ifndef CG_ENGINE_BORDER_H
#define CG_ENGINE_BORDER_H

#include <chitragupt/ecosystem.h>

#include "base/arena.h"
#include "base/error.h"

/** Longest names in bytes: the id of a resource; that of an identity; a type, category, environment, cloud or region,
 * currency or granularity. */
#define CG_BORDER_RESOURCE_BYTES ((size_t)512)
#define CG_BORDER_IDENTITY_BYTES ((size_t)1024)
#define CG_BORDER_WORD_BYTES ((size_t)255)

/** The end of a sentence about a text that is no name; its limit in bytes follows. */
#define CG_BORDER_UNFIT "holds control characters, is no UTF-8 or has more than %zu bytes"

/** Bytes of the mark at the end of a name that was mended: '~' and twelve hex digits. */
#define CG_BORDER_MARK_BYTES ((size_t)13)

/** What was mended, to be told. Starts zeroed. */
struct cg_border_mended {
    uint64_t count;
    char first[192]; /**< the first one, e.g. "the id of the resource 'a?b~0123456789ab'" */
};

/**
 * Answers `text` when it is NULL or a name of at most `limit` bytes (more than CG_BORDER_MARK_BYTES), else a name made
 * of it in `buffer` of `limit` + 1 bytes: '?' for what is not clean, and a mark that follows from the whole text, so
 * that two different texts stay different and the same one is always mended in the same way.
 */
const char *cg_border_name(const char *text, size_t limit, char *buffer);

/** The same in an arena; what was mended is counted as `what` ("id of the resource"). A fit text is not copied. NULL
 * for NULL and when out of memory. */
const char *cg_border_mend(struct cg_arena *arena, struct cg_border_mended *mended, const char *what, const char *text,
                           size_t limit);

/** Counts a mended `what`, now `name`. */
void cg_border_count(struct cg_border_mended *mended, const char *what, const char *name);

/**
 * The lines of a bill with names for texts: `lines` itself in `*ret` when all of them are fit, else an array in the
 * arena with copies of those that are not. Texts that are NULL stay NULL. Error: CG_NO_MEMORY.
 */
cg_status cg_border_lines(struct cg_arena *arena, struct cg_border_mended *mended,
                          const struct cg_billing_line *const *lines, size_t count,
                          const struct cg_billing_line *const **ret, struct cg_error *error);

#endif
