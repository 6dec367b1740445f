/*
 * graph_rows.h - the nodes of the graph one by one: rows of the inventory, their tags and cross references.
 */
#ifndef CG_VIEWS_GRAPH_ROWS_H
#define CG_VIEWS_GRAPH_ROWS_H

#include "views/graph.h"

/** What an id stands for. */
enum cg_graph_entity { CG_GRAPH_UNKNOWN, CG_GRAPH_RESOURCE, CG_GRAPH_IDENTITY };

/**
 * Reads the row of an id, which is a resource or else an identity; its cost, tags and references stay empty. `*ret` is
 * written unless it is unknown.
 */
cg_status cg_graph_find(struct cg_store *store, const char *id, struct cg_arena *arena,
                        enum cg_graph_entity *ret_entity, struct cg_graph_node *ret, struct cg_error *error);

/** The row of a resource. One that is not there is a deleted topic, whose name is known from what was attributed. */
cg_status cg_graph_read_resource(struct cg_store *store, const char *id, struct cg_arena *arena,
                                 struct cg_graph_node *ret, struct cg_error *error);

/** The row of an identity. One that is not there is a deleted one of type "identity", without a name. */
cg_status cg_graph_read_identity(struct cg_store *store, const char *id, struct cg_arena *arena,
                                 struct cg_graph_node *ret, struct cg_error *error);

/** Adds the tags of a node; `entity_type` is "resource" or "identity". */
cg_status cg_graph_read_tags(struct cg_store *store, const char *entity_type, struct cg_arena *arena,
                             struct cg_graph_node *node, struct cg_error *error);

/** Adds what else than `cluster` an identity paid for in the period, by types in the order of their least id. */
cg_status cg_graph_read_references(struct cg_store *store, const char *cluster, const struct cg_graph_period *period,
                                   struct cg_arena *arena, struct cg_graph_node *node, struct cg_error *error);

#endif
