/*
 * topic_rules.h - an overlay's rules, found by product type, with their measures as numbers.
 */
#ifndef CG_ENGINE_TOPIC_RULES_H
#define CG_ENGINE_TOPIC_RULES_H

#include <chitragupt/topics.h>

#include "base/arena.h"
#include "base/error.h"

/** A rule, ready for use. */
struct cg_topic_method {
    const char *product_type;
    const char *name;     /**< written on the rows */
    size_t *measures;     /**< indexes into the overlay's metrics */
    size_t measure_count; /**< 0: even split */
};

struct cg_topic_rules {
    const struct cg_topic_attribution *overlay;
    struct cg_topic_method *methods; /**< by product type */
    size_t count;
    const struct cg_metric_query **queries; /**< of all measures, in their order */
};

/** The index of the measure with this key; the number of measures when there is none. */
size_t cg_topic_measure_of(const struct cg_topic_attribution *overlay, const char *key);

/** Prepares the rules of a checked overlay (cg_description_check), in the arena. Error: CG_NO_MEMORY. */
cg_status cg_topic_rules_init(struct cg_topic_rules *rules, const struct cg_topic_attribution *overlay,
                              struct cg_arena *arena, struct cg_error *error);

/** How a product type is split, or NULL: not at all. */
const struct cg_topic_method *cg_topic_rules_find(const struct cg_topic_rules *rules, const char *product_type);

#endif
