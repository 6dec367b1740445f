/*
 * topics.h - the topic overlay: which topics there are, and what each of them costs.
 *
 * Runs beside the chargeback rows and never touches them. For each cluster of a date the rows of all topics sum to the
 * lines that have a rule, to the last digit; what no topic can be found for stands under CG_TOPIC_NOBODY with a method
 * that says why.
 */
#ifndef CG_ENGINE_TOPICS_H
#define CG_ENGINE_TOPICS_H

#include "engine/observer.h"
#include "engine/runtime.h"
#include "store/topics.h"

struct cg_metrics_source;

/** The topic of cost that no topic could be found for, and the methods that say why. */
#define CG_TOPIC_NOBODY "__UNATTRIBUTED__"
#define CG_TOPIC_METHOD_FAILED "ATTRIBUTION_FAILED"     /**< the metrics could not be read, until the retry limit */
#define CG_TOPIC_METHOD_NO_TOPICS "no_topics_located"   /**< neither inventory nor metrics know a topic */
#define CG_TOPIC_METHOD_NO_METRICS "no_metrics_located" /**< missing_metrics_behavior is skip */
#define CG_TOPIC_METHOD_EVEN "even_split"               /**< in place of a rule's method when its measures are empty */

/** A topic that is not seen for so long is gone. */
#define CG_TOPIC_ABSENCE_US (3 * INT64_C(86400000000))

struct cg_topics_options {
    struct cg_runtime *runtime; /**< its description has `topics` */
    struct cg_store *store;
    struct cg_metrics_source *metrics;
    const struct cg_observer *observer;
    int64_t now;
    int64_t start; /**< of the billing window */
    int64_t end;
};

/** Counters of both steps. */
struct cg_topics_result {
    uint64_t topics_seen;
    uint64_t topics_deleted;
    uint64_t clusters_failed; /**< whose topics could not be discovered */
    uint64_t dates_attributed;
    uint64_t dates_current; /**< nothing they follow from changed, or their metrics are gone and all rows stay */
    uint64_t dates_changed;
    uint64_t dates_pending; /**< wait for their metrics */
    uint64_t rows;
};

/**
 * Discovery: asks which topics each live cluster had in the last hour, stores them, marks absent ones as deleted, and
 * marks the dates of the window as due. A cluster that cannot be asked is told to the observer's note, and nothing of
 * it is deleted. Only failures of the store, a stop and lack of memory end it.
 */
cg_status cg_topics_discover(const struct cg_topics_options *options, struct cg_topics_result *result,
                             struct cg_error *error);

/** What attributing one date came to. */
struct cg_topic_outcome {
    int32_t is_current; /**< 1: nothing it follows from changed; it was not computed, and the rest is 0 */
    int32_t is_kept;    /**< 1: it would have been computed again, but the metrics that its rows were computed with are
                           not there any more; those of lines whose cost is the same stay. Never while it is pending */
    int32_t changed;
    int32_t pending;
    uint64_t rows;
};

struct cg_topic_overlay;

/** Prepares attributing the dates of a run. Errors: CG_NO_MEMORY, those of the store. */
cg_status cg_topic_overlay_new(const struct cg_topics_options *options, struct cg_topic_overlay **ret,
                               struct cg_error *error);

/** NULL is fine. */
void cg_topic_overlay_free(struct cg_topic_overlay *overlay);

/**
 * Attributes one date and writes it in one transaction, unless it is current (with `force`: also then). Memory does not
 * grow with the number of dates. A status other than CG_OK: nothing of the date was written.
 *
 * Rows that were computed with metrics are not replaced by rows without, unless with `force`: when the source knows
 * nothing any more of the date, and when it could not be read until the retry limit, each line keeps the rows that it
 * has, if they sum to its cost. An error is not taken for an answer: until the limit the cluster waits, and what its
 * rows were computed with is remembered.
 */
cg_status cg_topic_overlay_date(struct cg_topic_overlay *overlay, int64_t date, int32_t force,
                                struct cg_topic_outcome *ret, struct cg_error *error);

#endif
