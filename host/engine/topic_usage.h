/*
 * topic_usage.h - the topics of one cluster in one window, and what was measured of each.
 *
 * Nothing here depends on the order in which the metrics source lists its series.
 */
#ifndef CG_ENGINE_TOPIC_USAGE_H
#define CG_ENGINE_TOPIC_USAGE_H

#include "engine/topic_rules.h"

/** Longest name of a topic in bytes. */
#define CG_TOPIC_NAME_BYTES 1024

/** Most topics of a cluster in a window: more is a broken metrics source. */
#define CG_TOPIC_LIMIT ((size_t)1000000)

/** Topics and their values. Everything lives in the arena it was made in, or in the metrics. */
struct cg_topic_usage {
    const char **names; /**< ascending, each once, none excluded */
    size_t count;
    double *values; /**< of measure m and topic t at [m * count + t]; NaN: none */
};

/**
 * The name of the topic that a series belongs to; NULL when it has none that could be kept: absent, empty, longer than
 * CG_TOPIC_NAME_BYTES, or not clean (base/text.h).
 */
const char *cg_topic_of_series(const struct cg_topic_attribution *overlay, const struct cg_metric_series *series);

/**
 * Unites the `known` names with those of the metrics (NULL: none), and reads the values. Series without a topic that
 * can be kept are left out and counted in `*ret_ignored`. Errors: CG_NO_MEMORY, CG_RANGE with a sentence (too many).
 */
cg_status cg_topic_usage_read(const struct cg_topic_attribution *overlay, const struct cg_metrics *metrics,
                              const char *const *known, size_t known_count, struct cg_arena *arena,
                              struct cg_topic_usage *ret, uint64_t *ret_ignored, struct cg_error *error);

/** Writes what each topic weighs in a method: the sum over its measures, 0 without any. `weights` has `count` items. */
void cg_topic_usage_weigh(const struct cg_topic_usage *usage, const struct cg_topic_method *method, double *weights);

#endif
