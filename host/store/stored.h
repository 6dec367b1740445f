/*
 * stored.h - what is stored of one billing line and its date, for those who explain it.
 */
#ifndef CG_STORE_STORED_H
#define CG_STORE_STORED_H

#include "store/store.h"

/** A chargeback row of a line whose key is known. Strings live in the arena. */
struct cg_stored_row {
    const char *identity_id;
    const char *cost_type;
    const char *allocation_method; /**< or NULL */
    const char *allocation_detail; /**< or NULL */
    struct cg_decimal amount;
};

/** Order of two rows: identity, cost type, method, detail, by bytes; NULL first. 0 for rows that are the same but for
 * their amount. */
int cg_stored_row_compare(const struct cg_stored_row *left, const struct cg_stored_row *right);

/** The rows of a line, of which only the key is read, in that order. None: `*ret_count` is 0. */
cg_status cg_store_rows_of_line(struct cg_store *store, const struct cg_billing_line *line, struct cg_arena *arena,
                                struct cg_stored_row **ret, size_t *ret_count, struct cg_error *error);

/** How a date was calculated. */
struct cg_calculated {
    int32_t is_calculated; /**< 0: never, or its bill changed since; the times of the last time are then not known */
    int64_t completed_at;  /**< or CG_TIME_NONE */
    int64_t run_id;        /**< of pipeline_runs, or 0 */
};

/** Reads it. */
cg_status cg_store_calculated(struct cg_store *store, int64_t date, struct cg_calculated *ret, struct cg_error *error);

/** The nearest dates with billing lines before and after a date, or CG_TIME_NONE. */
cg_status cg_store_dates_around(struct cg_store *store, int64_t date, int64_t *ret_before, int64_t *ret_after,
                                struct cg_error *error);

#endif
