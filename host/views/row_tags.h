/*
 * row_tags.h - the effective tags of chargeback rows, read in one go for many of them.
 *
 * A row has the tags of its identity, overwritten by those of its resource. They are listed in this order: keys of the
 * identity, then keys that only the resource has; each in the order in which they were made.
 */
#ifndef CG_VIEWS_ROW_TAGS_H
#define CG_VIEWS_ROW_TAGS_H

#include "base/arena.h"
#include "store/store.h"

struct cg_row_tags;

/** Whose tags a row has. */
struct cg_row_owner {
    const char *resource_id; /**< or NULL */
    const char *identity_id; /**< or NULL */
};

/** Reads the tags of everything that the rows belong to. The result lives in the arena. */
cg_status cg_row_tags_read(struct cg_store *store, const struct cg_row_owner *owners, size_t count,
                           struct cg_arena *arena, const struct cg_row_tags **ret, struct cg_error *error);

/** Calls `each` for the tags of one row, which need not be one of those read: what was not read has none. */
void cg_row_tags_each(const struct cg_row_tags *tags, const struct cg_row_owner *owner,
                      void (*each)(void *user, const char *key, const char *value), void *user);

#endif
