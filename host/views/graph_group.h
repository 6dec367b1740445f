/*
 * graph_group.h - who of the members of one kind is shown, and which nodes stand for the others.
 */
#ifndef CG_VIEWS_GRAPH_GROUP_H
#define CG_VIEWS_GRAPH_GROUP_H

#include "views/graph.h"
#include "views/graph_pick.h"

/** How the members of a kind are to be shown. */
enum cg_graph_mode {
    CG_GRAPH_GROUPED,     /**< all, or the costliest and a group if there are many */
    CG_GRAPH_OPENED,      /**< whatever costs something, a node for the others */
    CG_GRAPH_OPENED_MANY, /**< all, or the same if there are many */
    CG_GRAPH_FOLDED,      /**< one group for all of them */
    CG_GRAPH_ALL          /**< all */
};

/** Names of the nodes that stand for members of a kind. */
struct cg_graph_kind {
    const char *group;  /**< suffix and type of a group: "topic_group" */
    const char *plural; /**< "topics" */
    int32_t has_parent; /**< 1: the focus is the parent of such nodes */
    int32_t says_none;  /**< 1: "7 topics ($0)" in place of "7 others at $0" when no member costs anything */
};

extern const struct cg_graph_kind cg_graph_topics;
extern const struct cg_graph_kind cg_graph_resources;  /**< below a resource or a cluster */
extern const struct cg_graph_kind cg_graph_identities; /**< of a cluster */
extern const struct cg_graph_kind cg_graph_clusters;   /**< of an identity */

/** What became of the members of a kind. */
struct cg_graph_part {
    const struct cg_graph_member *members; /**< shown one by one, in the pick's memory */
    size_t count;
    struct cg_graph_node groups[2]; /**< in place of the others */
    size_t group_count;
    int32_t groups_first; /**< 1: they stand before the members */
};

/** Starts the pick that a mode needs. */
void cg_graph_part_pick(struct cg_graph_pick *pick, enum cg_graph_mode mode);

/**
 * Decides. The pick is finished by it and must live as long as the part. Texts of the groups live in the arena. Errors:
 * the pick's, CG_NO_MEMORY, CG_RANGE (a sum has more than 38 digits).
 */
cg_status cg_graph_part_make(struct cg_graph_pick *pick, enum cg_graph_mode mode, const struct cg_graph_kind *kind,
                             const char *focus, struct cg_arena *arena, struct cg_graph_part *ret);

#endif
