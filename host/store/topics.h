/*
 * topics.h - the topic overlay of one date: rows per cluster and topic, written whole or not at all; and the topics
 * themselves as resources.
 */
#ifndef CG_STORE_TOPICS_H
#define CG_STORE_TOPICS_H

#include <chitragupt/emitter.h>

#include "store/facts.h"

/** Resource type of topics; their id is "<cluster>:topic:<name>". */
#define CG_RESOURCE_TYPE_TOPIC "topic"

/** One row. Strings are borrowed for the call, none is NULL. */
struct cg_topic_fact {
    int64_t timestamp; /**< whole seconds, inside the date */
    const char *env_id;
    const char *cluster_resource_id;
    const char *topic_name;
    const char *product_category;
    const char *product_type;
    const char *attribution_method;
    struct cg_decimal amount;
};

/** The lines of one cluster on one date. */
struct cg_topic_group {
    const char *env_id;
    const char *cluster_resource_id;
};

/** Everything known after attributing a date. */
struct cg_topic_result {
    int64_t date;
    const struct cg_topic_fact *facts; /**< in any order; rows with equal key are added up exactly */
    size_t fact_count;
    const struct cg_topic_group *pending;   /**< groups that have to wait for their metrics: the rows they have stay */
    size_t pending_count;                   /**< 0: the date is marked as attributed, else as not */
    const struct cg_line_attempt *attempts; /**< lines whose topic_attribution_attempts changed */
    size_t attempt_count;
    int32_t metrics_seen;      /**< 1: the metrics source had samples for the rows, also for those that stay */
    const char *inputs_digest; /**< as in struct cg_date_result; kept only when nothing is pending */
    const char *questions;
    int64_t now;
};

/**
 * Replaces the date's rows (all but those of pending groups), writes the counters and marks the date as attributed, or
 * as not while something is pending, in one transaction. When the stored rows are already these they are left alone and
 * `*ret_changed` is 0. `*ret_rows` is the number of distinct rows given. Errors as for cg_store_write_date, without its
 * balance: the caller has seen to that. CG_INVALID also: a row of a pending group.
 */
cg_status cg_store_write_topics(struct cg_store *store, const struct cg_topic_result *result, uint64_t *ret_rows,
                                int32_t *ret_changed, struct cg_error *error);

/** Marks the dates of [start, end) that have billing lines as due for the overlay (topic_overlay_gathered). */
cg_status cg_store_mark_topics_gathered(struct cg_store *store, int64_t start, int64_t end, struct cg_error *error);

/**
 * Dates to look at, ascending: those of [start, end) with the mark of cg_store_mark_topics_gathered, and those anywhere
 * that have it and are not attributed.
 */
cg_status cg_store_dates_to_attribute(struct cg_store *store, int64_t start, int64_t end, struct cg_arena *arena,
                                      int64_t **ret_dates, size_t *ret_count, struct cg_error *error);

/**
 * Notes that a topic was seen: inserted with created_at = `now`, or its last_seen_at is set and it is alive again; a
 * known created_at (also none, of an adopted database) is kept. A write of its own unless a transaction is open.
 */
cg_status cg_store_put_topic(struct cg_store *store, const char *cluster_id, const char *topic, int64_t now,
                             struct cg_error *error);

/**
 * Marks live topics of a cluster as deleted at `now` that were last seen before `seen_before`. Topics that nobody ever
 * saw (adopted ones) count as seen from now on. `ret_count` may be NULL.
 */
cg_status cg_store_delete_absent_topics(struct cg_store *store, const char *cluster_id, int64_t seen_before,
                                        int64_t now, uint64_t *ret_count, struct cg_error *error);

/** Marks the live topics of all clusters that are deleted themselves as deleted at `now`. */
cg_status cg_store_delete_orphaned_topics(struct cg_store *store, int64_t now, uint64_t *ret_count,
                                          struct cg_error *error);

/** Takes a batch of 1..CG_EMISSION_BATCH rows; see cg_row_batch. */
typedef cg_status (*cg_topic_row_batch)(void *user, const struct cg_emitted_topic_row *const *rows, size_t count);

/**
 * Hands over the rows of [start, end) in the order of struct cg_emitted_topic_row. `aggregation` as in
 * cg_store_each_chargeback: "daily" and "monthly" make one row for each bucket, environment, cluster, topic, category
 * and product type; attribution_method is the greatest in the group.
 */
cg_status cg_store_each_topic_row(struct cg_store *store, int64_t start, int64_t end, const char *aggregation,
                                  cg_topic_row_batch batch, void *user, struct cg_error *error);

#endif
