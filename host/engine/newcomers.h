/*
 * newcomers.h - identities that resolvers found in metrics and the inventory does not have.
 */
#ifndef CG_ENGINE_NEWCOMERS_H
#define CG_ENGINE_NEWCOMERS_H

#include "store/inventory.h"

struct cg_newcomers;

/** None so far. NULL when out of memory. */
struct cg_newcomers *cg_newcomers_new(void);

/** NULL is fine. */
void cg_newcomers_free(struct cg_newcomers *newcomers);

/**
 * Takes those of `found` that are not in `known` and did not come before in this run. They are borrowed until
 * cg_newcomers_store or cg_newcomers_forget. Error: CG_NO_MEMORY.
 */
cg_status cg_newcomers_add(struct cg_newcomers *newcomers, const struct cg_identity_list *found,
                           const struct cg_identity_list *known, struct cg_error *error);

/** Writes those taken into the inventory, seen at `now`, in one transaction; none: does nothing. Errors: those of the
 * store. */
cg_status cg_newcomers_store(struct cg_newcomers *newcomers, struct cg_store *store, int64_t now,
                             struct cg_error *error);

/** Drops those taken that were not stored. */
void cg_newcomers_forget(struct cg_newcomers *newcomers);

#endif
