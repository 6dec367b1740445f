/*
 * retention.h - what is older than it is to be kept goes away, a bounded number of rows at a time.
 */
#ifndef CG_STORE_RETENTION_H
#define CG_STORE_RETENTION_H

#include "store/store.h"

/** Rows deleted in one transaction, on a server the facts of a day; between two of them others may write. */
#define CG_RETENTION_STEP 2000

struct cg_retention {
    int64_t now;
    int64_t days;                      /**< retention_days, at least 1 */
    int64_t topic_days;                /**< of the topic rows; 0: they are left alone */
    int32_t whole_months;              /**< 1: a month goes as a whole, when all of it is old: it may be sent again */
    int32_t whole_topic_months;        /**< the same for topic rows */
    const volatile int32_t *cancelled; /**< or NULL; looked at between steps */
};

/** The first day of which everything is kept, topic rows aside. */
int64_t cg_retention_first_day(const struct cg_retention *retention);

/** The first second of which topic rows are kept. Only with `topic_days`. */
int64_t cg_retention_first_topic(const struct cg_retention *retention);

/**
 * Deletes, oldest first: billing lines, chargeback rows and pipeline_state before the UTC midnight of now - days; topic
 * rows before now - topic_days; dimensions that no row uses, of the kinds of which rows were deleted; resources and
 * identities deleted before that midnight, with their tags: who lived on a day that is kept is kept too; emission
 * records and our own records of those dates, those of topics when rows and state are gone; runs that ended before now
 * - days, but never the newest one nor one that a date refers to. Between two steps it waits as long as the step took,
 * 0.1 s at most, so that others get the lock. `*ret_deleted` counts all of them, also when it ended early. CG_CANCELLED
 * between two steps; what was deleted stays deleted. CG_INVALID: within another transaction; days out of range. With
 * whole months the two bounds are the beginnings of the months in which they lie.
 */
cg_status cg_store_retain(struct cg_store *store, const struct cg_retention *retention, uint64_t *ret_deleted,
                          struct cg_error *error);

#endif
