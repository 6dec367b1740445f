/*
 * emission.h - what emitters need: which dates are due, their rows, and the record of what was sent.
 */
#ifndef CG_STORE_EMISSION_H
#define CG_STORE_EMISSION_H

#include <chitragupt/emitter.h>

#include "store/store.h"

/** Values of emission_records.status. */
#define CG_EMISSION_EMITTED "emitted"
#define CG_EMISSION_FAILED "failed"

/** Rows handed over at once. */
#define CG_EMISSION_BATCH 500

/** A date that is due, and what its rows were when that was found out. */
struct cg_emission_date {
    int64_t date;      /**< midnight */
    const char *rows;  /**< tells one state of its rows from another; NULL: they were never calculated here */
    int32_t withdrawn; /**< 1: the date has no facts any more, and so nothing of it is to be seen */
};

/**
 * Dates to send, ascending, from `not_before` on (CG_TIME_NONE: all): dates with facts that this emitter has not
 * emitted, or has emitted before their rows changed; and dates it has a record of whose rows were all withdrawn since,
 * by a calculation that left none (not by a deletion of old rows). A date that the Python engine emitted counts as
 * emitted until it is calculated here.
 *
 * The facts are chargebacks, but topic rows for CG_PIPELINE_TOPICS. The rows are those facts, or for
 * CG_PIPELINE_BILLING, _RESOURCES and _IDENTITIES what the functions below hand over. That those have not changed is
 * found out without reading the lines of a date that was not calculated with others since, and with one walk through
 * the inventory for all dates.
 */
cg_status cg_store_emission_dates(struct cg_store *store, const char *emitter, const char *pipeline, int64_t not_before,
                                  struct cg_arena *arena, struct cg_emission_date **ret_dates, size_t *ret_count,
                                  struct cg_error *error);

/** Takes a batch of 1..CG_EMISSION_BATCH rows, borrowed for the call. Must not call the store. Not CG_OK ends the walk.
 */
typedef cg_status (*cg_row_batch)(void *user, const struct cg_emitted_row *const *rows, size_t count);

/**
 * Hands over the rows of [start, end) in the order resource_id (NULL first), product_category, product_type,
 * identity_id, cost_type, allocation_method, allocation_detail, env_id, timestamp; memory does not depend on their
 * number. `aggregation` NULL or "hourly": as stored. "daily", "monthly": one row for each bucket and resource_id ..
 * cost_type, bucket after bucket; amount is the exact sum, allocation_method the greatest in the group,
 * allocation_detail NULL, env_id "". Buckets are UTC days and months; the first and the last cover only what lies in
 * the range. All rows come from one snapshot. CG_INVALID: another aggregation. The status of the batch function is
 * returned as it is, without an error text.
 */
cg_status cg_store_each_chargeback(struct cg_store *store, int64_t start, int64_t end, const char *aggregation,
                                   cg_row_batch batch, void *user, struct cg_error *error);

/** Take batches of 1..CG_EMISSION_BATCH rows; see cg_row_batch. */
typedef cg_status (*cg_billing_row_batch)(void *user, const struct cg_emitted_billing_row *const *rows, size_t count);
typedef cg_status (*cg_emitted_resource_batch)(void *user, const struct cg_emitted_resource *const *rows, size_t count);
typedef cg_status (*cg_emitted_identity_batch)(void *user, const struct cg_emitted_identity *const *rows, size_t count);

/** Hands over the billing lines of a date in the order of struct cg_emitted_billing_row; all of them are in memory. */
cg_status cg_store_each_billing_row(struct cg_store *store, int64_t date, cg_billing_row_batch batch, void *user,
                                    struct cg_error *error);

/**
 * Hands over the resources, or the identities of whatever type, that existed at a time: created at or before it, and
 * not deleted at or before it; a time of creation that is not known is before all others. In ascending byte order of
 * their ids; memory does not depend on their number.
 */
cg_status cg_store_each_resource_at(struct cg_store *store, int64_t time, cg_emitted_resource_batch batch, void *user,
                                    struct cg_error *error);
cg_status cg_store_each_identity_at(struct cg_store *store, int64_t time, cg_emitted_identity_batch batch, void *user,
                                    struct cg_error *error);

/**
 * Records an attempt: the status, one more in attempt_count, and, when it succeeded, which rows were sent. Those are
 * the ones of cg_store_emission_dates, which is asked before the rows are read: a date that is calculated meanwhile is
 * due again.
 */
cg_status cg_store_record_emission(struct cg_store *store, const char *emitter, const char *pipeline,
                                   const struct cg_emission_date *date, const char *status, struct cg_error *error);

#endif
