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
 * cg_newcomers_kept or cg_newcomers_forget. Error: CG_NO_MEMORY.
 */
cg_status cg_newcomers_add(struct cg_newcomers *newcomers, const struct cg_identity_list *found,
                           const struct cg_identity_list *known, struct cg_error *error);

/** How many were taken and are neither kept nor forgotten. */
size_t cg_newcomers_count(const struct cg_newcomers *newcomers);

/** Writes those taken into the inventory, seen at `now`, inside the open transaction. Errors: those of the store. */
cg_status cg_newcomers_store(const struct cg_newcomers *newcomers, struct cg_store *store, int64_t now,
                             struct cg_error *error);

/** The transaction was committed: those taken are not taken again. */
void cg_newcomers_kept(struct cg_newcomers *newcomers);

/** Drops those taken that were not kept; who of them is met again is taken again. */
void cg_newcomers_forget(struct cg_newcomers *newcomers);

#endif
