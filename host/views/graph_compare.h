/*
 * graph_compare.h - what became of the nodes of a graph between two periods.
 */
#ifndef CG_VIEWS_GRAPH_COMPARE_H
#define CG_VIEWS_GRAPH_COMPARE_H

#include "views/graph.h"

#define CG_GRAPH_UNCHANGED "unchanged"
#define CG_GRAPH_CHANGED "changed"
#define CG_GRAPH_NEW "new"
#define CG_GRAPH_DELETED "deleted"

struct cg_graph_change {
    const struct cg_graph_node *node; /**< of the first period, or of the second one if it is new */
    struct cg_decimal before;         /**< 0 if it is new */
    struct cg_decimal after;          /**< 0 if it is gone */
    struct cg_decimal delta;          /**< after - before, exact */
    int32_t has_percent;              /**< 1: it is in both and cost something before, so that the next one is set */
    struct cg_decimal percent;        /**< delta / before * 100, each step with 28 significant digits */
    const char *status;               /**< CG_GRAPH_UNCHANGED, ... */
};

/**
 * Pairs the nodes of two graphs by their ids; ascending by id. Both graphs must live as long as the answer. Errors:
 * CG_NO_MEMORY, CG_RANGE (a difference or a percentage that has no place in a decimal).
 */
cg_status cg_graph_compare(const struct cg_graph *before, const struct cg_graph *after, struct cg_arena *arena,
                           struct cg_graph_change **ret, size_t *ret_count, struct cg_error *error);

#endif
