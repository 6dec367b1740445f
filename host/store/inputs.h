/*
 * inputs.h - what the stored rows of a date follow from, so that a date of which nothing changed is not computed again.
 *
 * Two stages keep one such record per date: the chargeback rows and the topic overlay. The record is written in the
 * transaction that writes the rows (cg_store_write_date, cg_store_write_topics). What digest and questions mean is the
 * engine's business.
 */
#ifndef CG_STORE_INPUTS_H
#define CG_STORE_INPUTS_H

#include "base/intern.h"
#include "store/facts.h"

/** Longest text of questions that is kept; with more the date counts as not known. */
#define CG_INPUTS_QUESTIONS_LIMIT ((size_t)1024 * 1024)

/** What is known of a date's rows. Strings live in the arena. */
struct cg_date_inputs {
    int32_t known; /**< 1: the rows were written here with these inputs, and nobody marked the date or calculated it
                      since */
    int32_t metrics_failed; /**< 1: metrics could not be read, so they are a fallback or those of before; meaningful
                               with `known` */
    int32_t metrics_seen;   /**< 1: the metrics source had samples for rows that were written here last, also when they
                               are not known any more, and with metrics_failed */
    const char *digest;     /**< never NULL with `known` */
    const char *questions;  /**< never NULL with `known` */
};

/** Reads the record of a date's chargeback rows. `*ret` is zero when there is none. */
cg_status cg_store_date_inputs(struct cg_store *store, int64_t date, struct cg_arena *arena, struct cg_date_inputs *ret,
                               struct cg_error *error);

/**
 * Records that a date's chargeback rows stay as they are although what they follow from is now told by another digest;
 * the questions stay. `*ret_kept` is 0, and nothing is written, when the stored rows of a billing line do not sum to
 * its cost: somebody else changed one or the other.
 */
cg_status cg_store_keep_date(struct cg_store *store, int64_t date, const char *digest, int32_t *ret_kept,
                             struct cg_error *error);

/**
 * Reads the chargeback rows of a date, in any order; a missing resource is "". Texts live as long as `texts`, the rest
 * in the arena. A row whose amount is none is left out.
 */
cg_status cg_store_date_rows(struct cg_store *store, int64_t date, struct cg_intern *texts, struct cg_arena *arena,
                             struct cg_fact **ret, size_t *ret_count, struct cg_error *error);

/** Has the topic rows of a calculated date be made again, although what they follow from is the same: their metrics,
 * too, could not be read. */
cg_status cg_store_topics_again(struct cg_store *store, int64_t date, struct cg_error *error);

/** Like cg_store_date_inputs, for its topic rows. */
cg_status cg_store_topic_inputs(struct cg_store *store, int64_t date, struct cg_arena *arena,
                                struct cg_date_inputs *ret, struct cg_error *error);

#endif
