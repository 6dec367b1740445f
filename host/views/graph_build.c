#include <inttypes.h>
#include <string.h>

#include "store/select.h"
#include "views/graph_draw.h"
#include "views/graph_rows.h"
#include "views/graph_sql.h"

/* Without groups a graph is refused when it is too large. */
static int is_too_large(const struct cg_graph_drawing *drawing, int64_t members) {
    return drawing->request->whole && members >= (int64_t)CG_GRAPH_WHOLE;
}

static cg_status sum_failed(struct cg_graph_drawing *drawing, cg_status status) {
    if (status == CG_NO_MEMORY)
        return cg_error_no_memory(drawing->source.error);
    return cg_error_set(drawing->source.error, status, "the costs of the graph add up to a sum of more than 38 digits");
}

/* Groups what was picked and adds it. */
static cg_status draw_pick(struct cg_graph_drawing *drawing, const char *focus, enum cg_graph_role role,
                           struct cg_graph_pick *pick, enum cg_graph_mode mode, const struct cg_graph_kind *kind,
                           struct cg_graph_part *ret) {
    cg_status status = cg_graph_part_make(pick, mode, kind, focus, drawing->arena, ret);
    return status == CG_OK ? cg_graph_draw_part(drawing, focus, role, ret) : sum_failed(drawing, status);
}

/* ---- the tenant ---- */

static cg_status draw_tenant(struct cg_graph_drawing *drawing, const struct cg_graph_pick *pick,
                             const struct cg_decimal *rest) {
    const char *id = cg_arena_string(drawing->arena, cg_store_tenant_id(drawing->source.store));
    struct cg_graph_node node = {.id = id,
                                 .type = "tenant",
                                 .name = id,
                                 .status = "active",
                                 .created_at = CG_TIME_NONE,
                                 .deleted_at = CG_TIME_NONE};
    if (!id)
        return cg_error_no_memory(drawing->source.error);
    cg_status status = cg_decimal_add(&pick->total, rest, &node.cost);
    return status == CG_OK ? cg_graph_draw_node(drawing, &node) : sum_failed(drawing, status);
}

/* What was charged elsewhere than on the nodes right below the tenant. */
static cg_status draw_unassigned(struct cg_graph_drawing *drawing, const char *tenant, const struct cg_decimal *rest) {
    const char *id = cg_arena_printf(drawing->arena, "%s:unassigned", tenant);
    if (!id)
        return cg_error_no_memory(drawing->source.error);
    const struct cg_graph_node node = {.id = id,
                                       .type = "unassigned",
                                       .name = "Unassigned",
                                       .parent_id = tenant,
                                       .status = "active",
                                       .cost = *rest,
                                       .created_at = CG_TIME_NONE,
                                       .deleted_at = CG_TIME_NONE};
    cg_status status = cg_graph_draw_node(drawing, &node);
    return status == CG_OK ? cg_graph_draw_edge(drawing, tenant, id, CG_GRAPH_PARENT, NULL) : status;
}

/* A tenant with more environments than anybody looks at: the costliest, and a node for the others. */
static cg_status cap_top(struct cg_graph_drawing *drawing, struct cg_graph_pick *pick, const char *tenant,
                         struct cg_graph_part *part) {
    struct cg_decimal rest = pick->total;
    int64_t more = pick->count - (int64_t)part->count;
    cg_status status = CG_OK;
    if (more == 0)
        return CG_OK;
    for (size_t i = 0; i < part->count && status == CG_OK; i++)
        status = cg_decimal_subtract(&rest, &part->members[i].cost, &rest);
    if (status != CG_OK)
        return sum_failed(drawing, status);
    const char *id = cg_arena_printf(drawing->arena, "%s:capped_resources", tenant);
    const char *name = cg_arena_printf(drawing->arena, "%" PRId64 " more resources", more);
    if (!id || !name)
        return cg_error_no_memory(drawing->source.error);
    part->groups[part->group_count++] = (struct cg_graph_node){.id = id,
                                                               .type = "capped_summary",
                                                               .name = name,
                                                               .parent_id = tenant,
                                                               .status = "active",
                                                               .cost = rest,
                                                               .created_at = CG_TIME_NONE,
                                                               .deleted_at = CG_TIME_NONE,
                                                               .is_summary = 1,
                                                               .child_count = more,
                                                               .child_cost = rest};
    return CG_OK;
}

static cg_status draw_top(struct cg_graph_drawing *drawing, struct cg_graph_pick *pick, const struct cg_decimal *rest) {
    const char *tenant = cg_arena_string(drawing->arena, cg_store_tenant_id(drawing->source.store));
    if (!tenant)
        return cg_error_no_memory(drawing->source.error);
    cg_graph_pick_finish(pick);
    cg_graph_pick_by_id(pick);
    struct cg_graph_part part = {.members = pick->members, .count = pick->kept};
    cg_status status = draw_tenant(drawing, pick, rest);
    if (status == CG_OK)
        status = cap_top(drawing, pick, tenant, &part);
    if (status == CG_OK)
        status = cg_graph_draw_part(drawing, tenant, CG_GRAPH_CHILD, &part);
    if (status == CG_OK && !cg_decimal_is_zero(rest))
        status = draw_unassigned(drawing, tenant, rest);
    return status;
}

static cg_status draw_root(struct cg_graph_drawing *drawing, int32_t *ret_too_large) {
    struct cg_graph_pick pick;
    struct cg_decimal rest = {0};
    int32_t environments = 0;
    cg_graph_pick_init(&pick, drawing->request->whole ? CG_GRAPH_WHOLE : CG_GRAPH_ROOT, CG_PICK_BY_COST);
    cg_status status = cg_graph_has_environments(&drawing->source, &environments);
    if (status == CG_OK)
        status = cg_graph_offer_top(&drawing->source, environments, &pick, &rest);
    *ret_too_large = is_too_large(drawing, pick.count);
    if (status == CG_OK && !*ret_too_large)
        status = draw_top(drawing, &pick, &rest);
    cg_graph_pick_done(&pick);
    return status;
}

/* ---- a cluster ---- */

/* Topics, other resources and identities: each is judged by itself, but what is expanded folds the others. */
struct cluster {
    struct cg_graph_pick topics;
    struct cg_graph_pick others;
    struct cg_graph_pick payers;
    enum cg_graph_mode topics_mode;
    enum cg_graph_mode others_mode;
    enum cg_graph_mode payers_mode;
};

static void open_cluster(struct cluster *cluster, const struct cg_graph_request *request) {
    enum cg_graph_mode usual = request->whole ? CG_GRAPH_ALL : CG_GRAPH_GROUPED;
    *cluster = (struct cluster){.topics_mode = usual, .others_mode = usual, .payers_mode = usual};
    if (!request->whole && request->expand == CG_GRAPH_EXPAND_TOPICS) {
        cluster->topics_mode = CG_GRAPH_OPENED;
        cluster->others_mode = cluster->payers_mode = CG_GRAPH_FOLDED;
    } else if (!request->whole && request->expand == CG_GRAPH_EXPAND_IDENTITIES) {
        cluster->payers_mode = CG_GRAPH_OPENED;
        cluster->topics_mode = cluster->others_mode = CG_GRAPH_FOLDED;
    } else if (!request->whole && request->expand == CG_GRAPH_EXPAND_RESOURCES) {
        cluster->others_mode = CG_GRAPH_OPENED_MANY;
    }
    cg_graph_part_pick(&cluster->topics, cluster->topics_mode);
    cg_graph_part_pick(&cluster->others, cluster->others_mode);
    cg_graph_part_pick(&cluster->payers, cluster->payers_mode);
}

static void close_cluster(struct cluster *cluster) {
    cg_graph_pick_done(&cluster->topics);
    cg_graph_pick_done(&cluster->others);
    cg_graph_pick_done(&cluster->payers);
}

/* The second edge of topics: what was attributed to them. */
static cg_status draw_attributions(struct cg_graph_drawing *drawing, const char *focus,
                                   const struct cg_graph_part *part) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < part->count && status == CG_OK; i++) {
        if (!part->members[i].attributed)
            continue;
        const char *id = cg_arena_string(drawing->arena, part->members[i].id);
        status = id ? cg_graph_draw_edge(drawing, focus, id, CG_GRAPH_ATTRIBUTION, &part->members[i].cost)
                    : cg_error_no_memory(drawing->source.error);
    }
    return status;
}

static cg_status draw_cluster_parts(struct cg_graph_drawing *drawing, struct cg_graph_node *focus,
                                    struct cluster *cluster) {
    struct cg_graph_part topics;
    struct cg_graph_part others;
    struct cg_graph_part payers;
    cg_status status = cg_graph_draw_tagged(drawing, "resource", focus);
    if (status == CG_OK)
        status = draw_pick(drawing, focus->id, CG_GRAPH_CHILD, &cluster->topics, cluster->topics_mode, &cg_graph_topics,
                           &topics);
    if (status == CG_OK)
        status = draw_pick(drawing, focus->id, CG_GRAPH_CHILD, &cluster->others, cluster->others_mode,
                           &cg_graph_resources, &others);
    if (status == CG_OK)
        status = draw_pick(drawing, focus->id, CG_GRAPH_PAYER, &cluster->payers, cluster->payers_mode,
                           &cg_graph_identities, &payers);
    if (status == CG_OK)
        status = draw_attributions(drawing, focus->id, &topics);
    if (status == CG_OK)
        status = draw_attributions(drawing, focus->id, &others);
    return status;
}

static cg_status draw_cluster(struct cg_graph_drawing *drawing, struct cg_graph_node *focus, int32_t *ret_too_large) {
    const struct cg_graph_source *source = &drawing->source;
    struct cluster cluster;
    open_cluster(&cluster, drawing->request);
    cg_status status = cg_graph_resource_cost(source->store, focus->id, source->period, &focus->cost, source->error);
    if (status == CG_OK)
        status = cg_graph_offer_children(source, focus->id, &cluster.topics, &cluster.others);
    if (status == CG_OK)
        status = cg_graph_offer_lost_topics(source, focus->id, &cluster.topics);
    if (status == CG_OK)
        status = cg_graph_offer_payers(source, focus->id, &cluster.payers);
    *ret_too_large = is_too_large(drawing, cluster.topics.count + cluster.others.count + cluster.payers.count);
    if (status == CG_OK && !*ret_too_large)
        status = draw_cluster_parts(drawing, focus, &cluster);
    close_cluster(&cluster);
    return status;
}

/* ---- other resources, and identities ---- */

static enum cg_graph_mode mode_of(const struct cg_graph_request *request, enum cg_graph_expand expanded) {
    if (request->whole)
        return CG_GRAPH_ALL;
    return request->expand == expanded ? CG_GRAPH_OPENED_MANY : CG_GRAPH_GROUPED;
}

static cg_status draw_resource(struct cg_graph_drawing *drawing, struct cg_graph_node *focus, int32_t *ret_too_large) {
    const struct cg_graph_source *source = &drawing->source;
    enum cg_graph_mode mode = mode_of(drawing->request, CG_GRAPH_EXPAND_RESOURCES);
    struct cg_graph_pick pick;
    struct cg_graph_part part;
    cg_status status =
        strcmp(focus->type, "environment") == 0
            ? cg_graph_environment_cost(source->store, focus->id, source->period, &focus->cost, source->error)
            : cg_graph_resource_cost(source->store, focus->id, source->period, &focus->cost, source->error);
    cg_graph_part_pick(&pick, mode);
    if (status == CG_OK)
        status = cg_graph_offer_descendants(source, focus->id, drawing->request->depth, &pick);
    *ret_too_large = is_too_large(drawing, pick.count);
    if (status == CG_OK && !*ret_too_large) {
        status = cg_graph_draw_tagged(drawing, "resource", focus);
        if (status == CG_OK)
            status = draw_pick(drawing, focus->id, CG_GRAPH_DESCENDANT, &pick, mode, &cg_graph_resources, &part);
    }
    cg_graph_pick_done(&pick);
    return status;
}

static cg_status draw_identity(struct cg_graph_drawing *drawing, struct cg_graph_node *focus, int32_t *ret_too_large) {
    enum cg_graph_mode mode = mode_of(drawing->request, CG_GRAPH_EXPAND_CLUSTERS);
    struct cg_graph_pick pick;
    struct cg_graph_part part;
    cg_graph_part_pick(&pick, mode);
    cg_status status = cg_graph_offer_paid(&drawing->source, focus->id, &pick);
    *ret_too_large = is_too_large(drawing, pick.count);
    focus->cost = pick.total;
    if (status == CG_OK && !*ret_too_large) {
        status = cg_graph_draw_tagged(drawing, "identity", focus);
        if (status == CG_OK)
            status = draw_pick(drawing, focus->id, CG_GRAPH_PAID, &pick, mode, &cg_graph_clusters, &part);
    }
    cg_graph_pick_done(&pick);
    return status;
}

/* ---- any focus ---- */

static int is_cluster(const char *type) {
    return strcmp(type, "kafka_cluster") == 0 || strcmp(type, "dedicated_cluster") == 0 || strcmp(type, "cluster") == 0;
}

static cg_status draw(struct cg_graph_drawing *drawing, int32_t *ret_too_large) {
    struct cg_graph_node focus;
    enum cg_graph_entity entity = CG_GRAPH_UNKNOWN;
    if (!drawing->request->focus)
        return draw_root(drawing, ret_too_large);
    cg_status status = cg_graph_find(drawing->source.store, drawing->request->focus, drawing->arena, &entity, &focus,
                                     drawing->source.error);
    if (status != CG_OK || entity == CG_GRAPH_UNKNOWN)
        return status == CG_OK ? CG_NOT_FOUND : status;
    if (entity == CG_GRAPH_IDENTITY)
        return draw_identity(drawing, &focus, ret_too_large);
    return is_cluster(focus.type) ? draw_cluster(drawing, &focus, ret_too_large)
                                  : draw_resource(drawing, &focus, ret_too_large);
}

cg_status cg_graph_build(struct cg_store *store, const struct cg_graph_request *request, struct cg_arena *arena,
                         struct cg_graph *ret, struct cg_error *error) {
    struct cg_graph_drawing drawing = {
        .source = {.store = store, .period = &request->period, .error = error}, .request = request, .arena = arena};
    struct cg_graph graph = {0};
    cg_status status = draw(&drawing, &graph.too_large);
    if (status == CG_OK) {
        graph.node_count = drawing.nodes.count;
        graph.edge_count = drawing.edges.count;
        graph.nodes = (const struct cg_graph_node *const *)cg_list_move(&drawing.nodes, arena);
        graph.edges = (const struct cg_graph_edge *const *)cg_list_move(&drawing.edges, arena);
        if (!graph.nodes || !graph.edges)
            status = cg_error_no_memory(error);
    }
    cg_list_done(&drawing.nodes);
    cg_list_done(&drawing.edges);
    if (status == CG_OK)
        *ret = graph;
    return status;
}
