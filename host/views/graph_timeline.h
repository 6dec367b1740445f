/*
 * graph_timeline.h - what a node of the graph costs, instant by instant.
 */
#ifndef CG_VIEWS_GRAPH_TIMELINE_H
#define CG_VIEWS_GRAPH_TIMELINE_H

#include "views/graph_rows.h"

/** The cost of the facts of one instant. */
struct cg_graph_moment {
    int64_t time;
    struct cg_decimal cost;
};

/**
 * Calls `each` for every instant of [start, end) that has facts of a node, ascending. A resource costs what was
 * attributed to it in that time, or else what was charged on it; an environment, what was charged in it.
 */
cg_status cg_graph_timeline(struct cg_store *store, enum cg_graph_entity entity, const struct cg_graph_node *node,
                            int64_t start, int64_t end, void (*each)(void *user, const struct cg_graph_moment *moment),
                            void *user, struct cg_error *error);

#endif
