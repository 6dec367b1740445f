/*
 * graph_draw.h - a graph while it is put together, node by node and edge by edge.
 */
#ifndef CG_VIEWS_GRAPH_DRAW_H
#define CG_VIEWS_GRAPH_DRAW_H

#include "store/list.h"
#include "views/graph_group.h"
#include "views/graph_members.h"

struct cg_graph_drawing {
    struct cg_graph_source source;
    const struct cg_graph_request *request;
    struct cg_arena *arena;
    struct cg_list nodes;
    struct cg_list edges;
};

/** What the members of a part are to the focus. */
enum cg_graph_role {
    CG_GRAPH_CHILD,      /**< resources below it: focus -> member, "parent" */
    CG_GRAPH_DESCENDANT, /**< the same, but from their own parents */
    CG_GRAPH_PAYER,      /**< identities: focus -> member, "charge" */
    CG_GRAPH_PAID        /**< resources: member -> focus, "charge" */
};

/** Adds a node; it is copied. */
cg_status cg_graph_draw_node(struct cg_graph_drawing *drawing, const struct cg_graph_node *node);

/** Adds an edge, with a cost unless that is NULL; nothing in a graph without groups, which has no use for edges. */
cg_status cg_graph_draw_edge(struct cg_graph_drawing *drawing, const char *source, const char *target, const char *type,
                             const struct cg_decimal *cost);

/** Adds the tags of a node, and the node. `entity_type` is "resource" or "identity". */
cg_status cg_graph_draw_tagged(struct cg_graph_drawing *drawing, const char *entity_type, struct cg_graph_node *node);

/** Adds the nodes of a part and their edges. */
cg_status cg_graph_draw_part(struct cg_graph_drawing *drawing, const char *focus, enum cg_graph_role role,
                             const struct cg_graph_part *part);

#endif
