#include "views/graph_draw.h"

#include <string.h>

#include "views/graph_rows.h"

cg_status cg_graph_draw_node(struct cg_graph_drawing *drawing, const struct cg_graph_node *node) {
    struct cg_graph_node *copy = cg_arena_alloc(drawing->arena, sizeof *copy);
    if (!copy)
        return cg_error_no_memory(drawing->source.error);
    *copy = *node;
    return cg_list_add(&drawing->nodes, copy, drawing->source.error);
}

cg_status cg_graph_draw_edge(struct cg_graph_drawing *drawing, const char *source, const char *target, const char *type,
                             const struct cg_decimal *cost) {
    if (drawing->request->whole)
        return CG_OK;
    struct cg_graph_edge *edge = cg_arena_alloc(drawing->arena, sizeof *edge);
    if (!edge)
        return cg_error_no_memory(drawing->source.error);
    *edge = (struct cg_graph_edge){.source = source, .target = target, .type = type};
    if (cost) {
        edge->has_cost = 1;
        edge->cost = *cost;
    }
    return cg_list_add(&drawing->edges, edge, drawing->source.error);
}

cg_status cg_graph_draw_tagged(struct cg_graph_drawing *drawing, const char *entity_type, struct cg_graph_node *node) {
    cg_status status = CG_OK;
    if (!drawing->request->whole)
        status = cg_graph_read_tags(drawing->source.store, entity_type, drawing->arena, node, drawing->source.error);
    return status == CG_OK ? cg_graph_draw_node(drawing, node) : status;
}

/* 1 when the id is that of a member of the part. There are no edges for parts of more than a few hundred. */
static int has_member(const struct cg_graph_part *part, const char *id) {
    for (size_t i = 0; i < part->count; i++)
        if (strcmp(part->members[i].id, id) == 0)
            return 1;
    return 0;
}

/* Adds the edge of a member or (`cost` NULL, `node` a group) of what stands for others. */
static cg_status draw_role(struct cg_graph_drawing *drawing, const char *focus, enum cg_graph_role role,
                           const struct cg_graph_part *part, const struct cg_graph_node *node,
                           const struct cg_decimal *cost) {
    const char *source = focus;
    switch (role) {
    case CG_GRAPH_PAYER:
        return cg_graph_draw_edge(drawing, focus, node->id, CG_GRAPH_CHARGE, cost);
    case CG_GRAPH_PAID:
        return cg_graph_draw_edge(drawing, node->id, focus, CG_GRAPH_CHARGE, cost);
    case CG_GRAPH_DESCENDANT:
        /* The parent may be one of those that a group stands for: every edge leads from a node that is there. */
        if (!drawing->request->whole && node->parent_id && has_member(part, node->parent_id))
            source = node->parent_id;
        break;
    case CG_GRAPH_CHILD:
        break;
    }
    return cg_graph_draw_edge(drawing, source, node->id, CG_GRAPH_PARENT, NULL);
}

static cg_status draw_member(struct cg_graph_drawing *drawing, const char *focus, enum cg_graph_role role,
                             const struct cg_graph_part *part, const struct cg_graph_member *member) {
    const struct cg_graph_source *source = &drawing->source;
    struct cg_graph_node node;
    int is_identity = role == CG_GRAPH_PAYER;
    cg_status status = is_identity
                           ? cg_graph_read_identity(source->store, member->id, drawing->arena, &node, source->error)
                           : cg_graph_read_resource(source->store, member->id, drawing->arena, &node, source->error);
    if (status != CG_OK)
        return status;
    node.cost = member->cost;
    if (is_identity && !drawing->request->whole)
        status = cg_graph_read_references(source->store, focus, source->period, drawing->arena, &node, source->error);
    if (status == CG_OK)
        status = cg_graph_draw_tagged(drawing, is_identity ? "identity" : "resource", &node);
    if (status == CG_OK)
        status = draw_role(drawing, focus, role, part, &node, member->charged ? &member->cost : NULL);
    return status;
}

static cg_status draw_groups(struct cg_graph_drawing *drawing, const char *focus, enum cg_graph_role role,
                             const struct cg_graph_part *part) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < part->group_count && status == CG_OK; i++) {
        status = cg_graph_draw_node(drawing, &part->groups[i]);
        if (status == CG_OK)
            status = draw_role(drawing, focus, role == CG_GRAPH_DESCENDANT ? CG_GRAPH_CHILD : role, part,
                               &part->groups[i], NULL);
    }
    return status;
}

cg_status cg_graph_draw_part(struct cg_graph_drawing *drawing, const char *focus, enum cg_graph_role role,
                             const struct cg_graph_part *part) {
    cg_status status = part->groups_first ? draw_groups(drawing, focus, role, part) : CG_OK;
    for (size_t i = 0; i < part->count && status == CG_OK; i++)
        status = draw_member(drawing, focus, role, part, &part->members[i]);
    if (status == CG_OK && !part->groups_first)
        status = draw_groups(drawing, focus, role, part);
    return status;
}
