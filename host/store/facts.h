/*
 * facts.h - the result of one date: chargeback rows, written whole or not at all.
 */
#ifndef CG_STORE_FACTS_H
#define CG_STORE_FACTS_H

#include "store/store.h"

/** One chargeback row. Strings are borrowed for the call. */
struct cg_fact {
    int64_t timestamp;            /**< whole seconds, inside the date */
    const char *resource_id;      /**< or NULL */
    const char *product_category; /**< never NULL, here and below unless it says otherwise */
    const char *product_type;
    const char *identity_id;       /**< not empty */
    const char *cost_type;         /**< "usage" or "shared" */
    const char *allocation_method; /**< or NULL */
    const char *allocation_detail; /**< or NULL */
    const char *env_id;            /**< "" when there is none */
    struct cg_decimal amount;
};

/** The new value of a line's attempt counter. */
struct cg_line_attempt {
    const struct cg_billing_line *line; /**< only its key is read */
    int64_t attempts;
};

/** Everything known after calculating a date. */
struct cg_date_result {
    int64_t date;                /**< midnight */
    const struct cg_fact *facts; /**< in any order; rows with equal timestamp and strings are added up exactly */
    size_t fact_count;
    const struct cg_line_attempt *attempts; /**< lines whose counter changed; may be NULL */
    size_t attempt_count;
    int64_t run_id; /**< of pipeline_runs */
    int64_t now;
    int32_t metrics_failed; /**< 1: the metrics could not be read, so the date is to be tried again */
    int32_t metrics_seen;   /**< 1: the metrics source had samples for rows of the date */
    int32_t distrust;       /**< 1: compare with the stored rows themselves, not with what is recorded of them; the
                               date is emitted again when they were not those */
    /** What the rows follow from, for cg_store_date_inputs of later runs; both may be NULL: not known. */
    const char *inputs_digest;
    const char *questions;
};

/**
 * Replaces the date's rows, writes the counters and marks the date as calculated, in one transaction. When the stored
 * rows are already these (same digest, and nobody else calculated the date since), the rows and the mark are left alone
 * and `*ret_changed` is 0; what they follow from is recorded also then. `*ret_rows` is the number of distinct rows.
 * CG_PERMANENT "the books do not balance" when the rows do not sum to the date's billing lines exactly; CG_INVALID when
 * a fact lies outside the date or misses a text; CG_RANGE when amounts cannot be added within 38 digits.
 */
cg_status cg_store_write_date(struct cg_store *store, const struct cg_date_result *result, uint64_t *ret_rows,
                              int32_t *ret_changed, struct cg_error *error);

#endif
