/*
 * billing.h - billing lines as readers list them.
 */
#ifndef CG_VIEWS_BILLING_H
#define CG_VIEWS_BILLING_H

#include "store/store.h"

/** Which lines are asked for. */
struct cg_view_billing_filter {
    int64_t start; /**< lines in [start, end) */
    int64_t end;
    int64_t hourly_start; /**< lines with the granularity "hourly": those in [hourly_start, hourly_end) */
    int64_t hourly_end;
    const char *product_type; /**< or NULL: any */
    const char *resource_id;  /**< or NULL: any */
};

/** One line. Texts are valid until the function it is given to returns; none is NULL unless it says so. */
struct cg_view_line {
    int64_t timestamp;
    const char *resource_id;
    const char *product_category;
    const char *product_type;
    const char *quantity; /**< decimals as they are stored */
    const char *unit_price;
    const char *total_cost;
    const char *currency;
    const char *granularity;
    const char *metadata; /**< as it is stored; or NULL */
};

/**
 * Calls `each` for `limit` lines behind the first `offset` ones, in the order of time, env_id, resource_id,
 * product_type, product_category; and counts all. Both see one snapshot.
 */
cg_status cg_view_billing(struct cg_store *store, const struct cg_view_billing_filter *filter, int64_t offset,
                          int64_t limit, void (*each)(void *user, const struct cg_view_line *line), void *user,
                          int64_t *ret_total, struct cg_error *error);

#endif
