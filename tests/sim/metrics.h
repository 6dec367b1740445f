/* The metrics of the scenario: which series an expression has, and what a series is worth at an instant. */
#ifndef CG_SIM_METRICS_H
#define CG_SIM_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario.h"

/** What the numbers of a metric look like. */
enum cg_sim_metric_unit {
    CG_SIM_UNIT_BYTES,
    CG_SIM_UNIT_CFU,
};

/** One series. Strings are borrowed for the call. */
struct cg_sim_series {
    const char *first_label;
    const char *first_value;
    const char *second_label;
    const char *second_value;
    enum cg_sim_metric_unit unit;
    uint64_t chain; /**< all values follow from it */
    unsigned odd;   /**< samples in 1000 that are not finite */
    int64_t from;   /**< seconds since 1970: there is no sample before */
    int64_t until;  /**< and none from here on */
};

/** Bytes enough for the text of a value. */
#define CG_SIM_VALUE_SIZE 32

/**
 * Calls `visit` for every series of a PromQL expression as it is at `now` (seconds since 1970), in a fixed order. With
 * a history there is no sample after `now`. An expression that is not known has no series.
 * Blanks in the expression do not matter.
 */
void cg_sim_series_visit(const struct cg_sim_scenario *scenario, int64_t now, const char *expression,
                         void (*visit)(void *context, const struct cg_sim_series *series), void *context);

/** How many topics a cluster has, at one time or another. */
size_t cg_sim_topic_count(const struct cg_sim_scenario *scenario, size_t cluster);

/** The number of a topic's name, which is shared by clusters, from its place in its cluster. */
size_t cg_sim_topic_name(size_t cluster, size_t index);

/**
 * Writes the value of a series at an instant (ms since 1970), without NUL, and returns its length.
 * 0 = the series has no sample then. A function of its arguments only.
 */
size_t cg_sim_series_value(const struct cg_sim_series *series, int64_t ms, char out[CG_SIM_VALUE_SIZE]);

#endif
