/*
 * dimensions.h - the ids of chargeback_dimensions rows.
 *
 * Ids are remembered per connection under numbers instead of strings, so memory is bounded by the number of distinct
 * dimensions, not of days.
 */
#ifndef CG_STORE_DIMENSIONS_H
#define CG_STORE_DIMENSIONS_H

#include "store/facts.h"

struct cg_dimensions;

/** An empty cache, or NULL when out of memory. */
struct cg_dimensions *cg_dimensions_new(void);

/** Ends a cache. NULL is fine. */
void cg_dimensions_free(struct cg_dimensions *dimensions);

/** Drops all ids: after a rollback, or when somebody else deleted dimensions. NULL is fine. */
void cg_dimensions_forget(struct cg_dimensions *dimensions);

/**
 * To be called inside a write transaction before the first cg_dimension_id of it: forgets the ids when the table's rows
 * are not those that were left behind last time.
 */
cg_status cg_dimensions_check(struct cg_store *store, struct cg_error *error);

/** To be called before the end of that transaction: remembers what the table looks like. */
cg_status cg_dimensions_remember(struct cg_store *store, struct cg_error *error);

/** Id of the fact's dimension, found or inserted. Must be called inside a write transaction. */
cg_status cg_dimension_id(struct cg_store *store, const struct cg_fact *fact, int64_t *ret, struct cg_error *error);

#endif
