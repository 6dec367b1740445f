/*
 * billing.h - billing lines and the state of their dates.
 *
 * Times of lines are whole seconds; dates are UTC days given as the time of their midnight. A range is [start, end).
 */
#ifndef CG_STORE_BILLING_H
#define CG_STORE_BILLING_H

#include "store/store.h"

/** What cg_store_replace_billing did, in lines. */
struct cg_billing_change {
    uint64_t inserted;
    uint64_t updated;
    uint64_t deleted;
    uint64_t unchanged;
    uint64_t revised;       /**< those among `updated` whose total_cost changed */
    uint64_t revised_dates; /**< days that had lines before and whose total changed */
};

/**
 * Makes the stored lines of [start, end) exactly those given, in one transaction. Equal lines are left alone with their
 * attempt counters; changed ones are updated, counters 0; missing ones are deleted. A changed total_cost is logged and
 * kept in cg_billing_revisions, a changed total of a day that had lines before in cg_date_revisions. Every date with
 * lines is marked as gathered; a date whose lines changed, or that lost all of them, is marked as not calculated, so
 * that an interrupted run cannot forget it. CG_INVALID: a line outside the range, two lines with one key, a missing
 * text. `ret` may be NULL.
 */
cg_status cg_store_replace_billing(struct cg_store *store, int64_t start, int64_t end,
                                   const struct cg_billing_line *const *lines, size_t count, int64_t now,
                                   struct cg_billing_change *ret, struct cg_error *error);

/** Marks resources as gathered for the dates of the range that have a state row. */
cg_status cg_store_mark_gathered(struct cg_store *store, int64_t start, int64_t end, struct cg_error *error);

/**
 * Dates to calculate, ascending: those of the range with lines, with a state row or with facts; and those anywhere that
 * are gathered (billing and resources) and not calculated, or that had to do without metrics.
 */
cg_status cg_store_dates_to_calculate(struct cg_store *store, int64_t start, int64_t end, struct cg_arena *arena,
                                      int64_t **ret_dates, size_t *ret_count, struct cg_error *error);

/** A line as stored. */
struct cg_stored_line {
    struct cg_billing_line line; /**< strings and fields live in the arena */
    int64_t allocation_attempts;
    int64_t topic_attribution_attempts;
};

/** The lines of a date in the order timestamp, env_id, resource_id, product_type, product_category (bytes). */
cg_status cg_store_lines_of(struct cg_store *store, int64_t date, struct cg_arena *arena, struct cg_stored_line **ret,
                            size_t *ret_count, struct cg_error *error);

#endif
