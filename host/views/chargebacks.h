/*
 * chargebacks.h - chargeback rows as readers list them: facts with their dimensions, and single dimensions.
 */
#ifndef CG_VIEWS_CHARGEBACKS_H
#define CG_VIEWS_CHARGEBACKS_H

#include "base/arena.h"
#include "views/fact_page.h"
#include "views/row_tags.h"

/** A dimension, and in a list one fact of it. Texts live in an arena; none is NULL unless it says so. */
struct cg_view_chargeback {
    int64_t timestamp;
    const char *amount; /**< the decimal as it is stored */
    int64_t dimension_id;
    const char *env_id;      /**< "" without one */
    const char *resource_id; /**< or NULL */
    const char *product_category;
    const char *product_type;
    const char *identity_id;
    const char *cost_type;
    const char *allocation_method; /**< or NULL */
    const char *allocation_detail; /**< or NULL */
};

/** A page of a list. */
struct cg_view_chargeback_page {
    struct cg_view_chargeback *rows;
    size_t count;
    const struct cg_row_tags *tags; /**< of what the rows are about */
    int64_t total;                  /**< rows of all pages */
};

/**
 * `limit` facts of a set of kind CG_FACTS_CHARGEBACK behind the first `offset` ones, by time and dimension_id. All of
 * the page is one snapshot and lives in the arena.
 */
cg_status cg_view_chargebacks(struct cg_store *store, const struct cg_fact_set *set, int64_t offset, int64_t limit,
                              struct cg_arena *arena, struct cg_view_chargeback_page *ret, struct cg_error *error);

/** One dimension of the tenant, without timestamp and amount. `*ret` is NULL when there is none with this id. */
cg_status cg_view_dimension(struct cg_store *store, int64_t dimension_id, struct cg_arena *arena,
                            const struct cg_view_chargeback **ret, struct cg_error *error);

#endif
