/*
 * portal.h - what an overview of the whole bill asks of one tenant after the other: its costs by product and
 * environment, and the places where they arise.
 */
#ifndef CG_VIEWS_PORTAL_H
#define CG_VIEWS_PORTAL_H

#include <chitragupt/decimal.h>

#include "base/arena.h"
#include "store/list.h"
#include "store/store.h"

/** The lines of one product in one environment and one currency. Texts are never NULL. */
struct cg_view_cost {
    const char *product;     /**< the provider's name of it, product_category */
    const char *environment; /**< "" for lines without one */
    const char *currency;
    int64_t records;           /**< billing lines */
    struct cg_decimal net;     /**< the sum of all of them */
    struct cg_decimal credits; /**< the sum of those below zero */
};

/**
 * Appends the costs of a tenant's billing lines in [start, end), as struct cg_view_cost in the arena, in no order.
 * Errors: those of the store; CG_RANGE or CG_PERMANENT for a sum that has more than 38 digits.
 */
cg_status cg_view_costs(struct cg_store *store, int64_t start, int64_t end, struct cg_arena *arena,
                        struct cg_list *costs, struct cg_error *error);

/** What costs are put together by. */
enum cg_view_cost_key { CG_VIEW_COST_PRODUCT, CG_VIEW_COST_ENVIRONMENT };

/**
 * Adds up costs that have the same key: `*ret` are the sums in the arena, by that key, byte by byte. In each, the other
 * texts are those of one of its costs. Error: CG_NO_MEMORY, CG_RANGE (a sum has more than 38 digits).
 */
cg_status cg_view_costs_join(const struct cg_list *costs, enum cg_view_cost_key key, struct cg_arena *arena,
                             struct cg_view_cost **ret, size_t *ret_count, struct cg_error *error);

/** Adds one to the other. Error: CG_RANGE, and nothing is changed. */
cg_status cg_view_cost_add(struct cg_view_cost *sum, const struct cg_view_cost *cost, struct cg_error *error);

/** An environment or a cluster. */
struct cg_view_place {
    const char *id;
    const char *name; /**< or NULL, like the next three */
    const char *parent_id;
    const char *cloud;
    const char *region;
    const char *type;
    const char *status; /**< "active" or "deleted" */
};

/** Hands over all environments, or with `clusters` 1 all clusters, by their ids. Texts live until `each` returns. */
cg_status cg_view_places(struct cg_store *store, int32_t clusters,
                         void (*each)(void *user, const struct cg_view_place *place), void *user,
                         struct cg_error *error);

#endif
