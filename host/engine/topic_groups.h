/*
 * topic_groups.h - the lines of a date that are split over topics: by cluster, and within it by window.
 *
 * Lines of one cluster and window share topics and metrics. A cluster is what waits for its metrics as a whole.
 */
#ifndef CG_ENGINE_TOPIC_GROUPS_H
#define CG_ENGINE_TOPIC_GROUPS_H

#include "engine/runtime.h"
#include "engine/topic_rules.h"
#include "net/metrics_source.h"
#include "store/billing.h"

/** A line with a rule. */
struct cg_topic_line {
    const struct cg_stored_line *stored;
    const struct cg_topic_method *method;
    size_t number; /**< in the order of the bill */
    int64_t end;   /**< of its window; a day after its start when the granularity's length is not known */
};

/** Lines of one cluster and window. */
struct cg_topic_window {
    int64_t start;
    int64_t end;
    const struct cg_topic_line *lines;
    size_t line_count;
    struct cg_metrics_request *request; /**< NULL: nothing was asked */
};

/** Lines of one cluster in one environment. */
struct cg_topic_cluster {
    const char *env_id;
    const char *id;
    struct cg_topic_window *windows;
    size_t window_count;
};

/** All of a date, in an order that follows from their keys alone. Everything lives in the arena. */
struct cg_topic_groups {
    struct cg_topic_line *lines;
    size_t line_count;
    struct cg_topic_window *windows;
    size_t window_count;
    struct cg_topic_cluster *clusters;
    size_t cluster_count;
    struct cg_metrics_request *requests; /**< those of the windows, or NULL: nothing was asked */
    size_t request_count;
};

/** Groups the lines that have a rule and whose resource's id begins with the overlay's prefix. Error: CG_NO_MEMORY. */
cg_status cg_topic_groups_make(const struct cg_runtime *runtime, const struct cg_topic_rules *rules,
                               const struct cg_stored_line *lines, size_t count, struct cg_arena *arena,
                               struct cg_topic_groups *ret, struct cg_error *error);

/**
 * Asks for the measures of all windows at once. `metrics` NULL: nothing is asked, and the windows keep no request.
 * Errors: those of cg_metrics_source_fetch; a request that failed is none.
 */
cg_status cg_topic_groups_fetch(struct cg_topic_groups *groups, const struct cg_topic_rules *rules,
                                struct cg_metrics_source *metrics, struct cg_arena *arena, struct cg_error *error);

#endif
