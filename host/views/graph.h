/*
 * graph.h - the graph of what costs money: a focus, what hangs on it, and what each of it costs in a period.
 *
 * A focus is nothing (the tenant as a whole), a resource, a cluster or an identity. However much hangs on it, the
 * number of nodes is bounded: of more than CG_GRAPH_FEW members of a kind the costliest are shown, and a node that
 * stands for the rest. Costs are exact. All functions read; put them into one snapshot with cg_store_begin_read.
 */
#ifndef CG_VIEWS_GRAPH_H
#define CG_VIEWS_GRAPH_H

#include <chitragupt/decimal.h>

#include "base/arena.h"
#include "store/store.h"

#define CG_GRAPH_FEW 20u       /**< members of a kind that are shown one by one */
#define CG_GRAPH_TOP 5u        /**< of more than these: the costliest */
#define CG_GRAPH_EXPANDED 200u /**< most members of a kind that is expanded */
#define CG_GRAPH_REFERENCES 5u /**< most cross references of a type */
#define CG_GRAPH_ROOT 1000u    /**< most nodes right below the tenant */
#define CG_GRAPH_WHOLE 10000u  /**< most nodes of a graph without groups */
#define CG_GRAPH_DEPTH 3       /**< most levels below a resource */

/** When something happened, and what was alive then. */
struct cg_graph_period {
    int64_t start; /**< facts of [start, end) count; whole seconds */
    int64_t end;
    int64_t alive_from; /**< shown is what lived at some time between these two, both inclusive */
    int64_t alive_to;
};

/** What is to be expanded. */
enum cg_graph_expand {
    CG_GRAPH_EXPAND_NOTHING,
    CG_GRAPH_EXPAND_TOPICS,
    CG_GRAPH_EXPAND_IDENTITIES,
    CG_GRAPH_EXPAND_RESOURCES,
    CG_GRAPH_EXPAND_CLUSTERS
};

struct cg_graph_request {
    const char *focus; /**< id of a resource or an identity; NULL: the tenant */
    int64_t depth;     /**< 1..CG_GRAPH_DEPTH; for a focus that is neither cluster nor identity */
    struct cg_graph_period period;
    enum cg_graph_expand expand;
    int32_t whole; /**< 1: no groups, no tags, no cross references */
};

struct cg_graph_tag {
    const char *key;
    const char *value;
};

/** Another resource that an identity pays for. */
struct cg_graph_reference {
    const char *id;
    const char *name; /**< or NULL */
    struct cg_decimal cost;
};

struct cg_graph_references {
    const char *type;                                     /**< of the resources */
    struct cg_graph_reference items[CG_GRAPH_REFERENCES]; /**< costliest first, then by id */
    size_t count;
    int64_t total_count; /**< before the cut */
    struct cg_graph_references *next;
};

struct cg_graph_node {
    const char *id;
    const char *type;
    const char *name; /**< or NULL, like the next three */
    const char *parent_id;
    const char *cloud;
    const char *region;
    const char *status;
    struct cg_decimal cost;
    int64_t created_at; /**< or CG_TIME_NONE */
    int64_t deleted_at;
    const struct cg_graph_tag *tags; /**< by key */
    size_t tag_count;
    const struct cg_graph_references *references; /**< or NULL */
    int32_t is_summary;                           /**< 1: it stands for others, and the next two count */
    int64_t child_count;
    struct cg_decimal child_cost;
};

#define CG_GRAPH_PARENT "parent"
#define CG_GRAPH_CHARGE "charge"
#define CG_GRAPH_ATTRIBUTION "attribution"

struct cg_graph_edge {
    const char *source;
    const char *target;
    const char *type; /**< CG_GRAPH_PARENT, ... */
    int32_t has_cost;
    struct cg_decimal cost;
};

/** The focus is the first node. */
struct cg_graph {
    const struct cg_graph_node *const *nodes;
    size_t node_count;
    const struct cg_graph_edge *const *edges;
    size_t edge_count;
    int32_t too_large; /**< 1: without groups it has more than CG_GRAPH_WHOLE nodes, and nothing is in it */
};

/**
 * Builds it. Everything lives in the arena. Errors besides those of the store: CG_NOT_FOUND (neither a resource nor an
 * identity has the focus's id; `error` is not set), CG_RANGE (a sum has more than 38 digits).
 */
cg_status cg_graph_build(struct cg_store *store, const struct cg_graph_request *request, struct cg_arena *arena,
                         struct cg_graph *ret, struct cg_error *error);

#endif
