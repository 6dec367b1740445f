/*
 * dimensions.h - the ids of the rows that say what a fact is about: of chargebacks, and of topics.
 *
 * Ids are remembered per connection under numbers instead of strings, so memory is bounded by the number of distinct
 * dimensions, not of days.
 */
#ifndef CG_STORE_DIMENSIONS_H
#define CG_STORE_DIMENSIONS_H

#include "store/store.h"

/** Kinds of facts, each with tables of its own, and how many there are. */
#define CG_FACTS_CHARGEBACK 0u
#define CG_FACTS_TOPIC 1u
#define CG_FACT_KINDS 2u

/**
 * The texts that tell one dimension from another, ecosystem and tenant aside. Only the first three of a chargeback can
 * be NULL.
 *   chargeback: resource_id, allocation_method, allocation_detail, product_category, product_type, identity_id,
 *               cost_type, env_id
 *   topic:      env_id, cluster_resource_id, topic_name, product_category, product_type, attribution_method
 */
#define CG_DIMENSION_TEXTS 8

struct cg_dimensions;

/** Ends a cache. NULL is fine. */
void cg_dimensions_free(struct cg_dimensions *dimensions);

/** Drops all ids: after a rollback, or when somebody else deleted dimensions. NULL is fine. */
void cg_dimensions_forget(struct cg_dimensions *dimensions);

/**
 * To be called inside a write transaction before the first cg_dimension_id of it: forgets the ids when the table's rows
 * may not be those that were left behind last time.
 */
cg_status cg_dimensions_check(struct cg_store *store, uint32_t kind, struct cg_error *error);

/** To be called before the end of that transaction: remembers what the table looks like. */
cg_status cg_dimensions_remember(struct cg_store *store, uint32_t kind, struct cg_error *error);

/** Id of the dimension with these texts, found or inserted. Must be called inside a write transaction. */
cg_status cg_dimension_id(struct cg_store *store, uint32_t kind, const char *const texts[CG_DIMENSION_TEXTS],
                          int64_t *ret, struct cg_error *error);

#endif
