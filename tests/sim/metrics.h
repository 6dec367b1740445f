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
};

/** Bytes enough for the text of a value. */
#define CG_SIM_VALUE_SIZE 32

/**
 * Calls `visit` for every series of a PromQL expression, in a fixed order. An expression that is not known has none.
 * Blanks in the expression do not matter.
 */
void cg_sim_series_visit(const struct cg_sim_scenario *scenario, const char *expression,
                         void (*visit)(void *context, const struct cg_sim_series *series), void *context);

/**
 * Writes the value of a series at an instant (ms since 1970), without NUL, and returns its length.
 * 0 = the series has no sample then. A function of its arguments only.
 */
size_t cg_sim_series_value(const struct cg_sim_series *series, int64_t ms, char out[CG_SIM_VALUE_SIZE]);

#endif
