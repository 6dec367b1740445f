/*
 * graph.c - GET .../graph
 */
#include <string.h>

#include "api/graph_reply.h"
#include "api/handlers.h"
#include "api/params.h"

/* ---- writing ---- */

static void add_tags(struct cg_json *json, const struct cg_graph_node *node) {
    cg_json_key(json, "tags");
    cg_json_object(json);
    for (size_t i = 0; i < node->tag_count; i++) {
        cg_json_key_text(json, node->tags[i].key);
        cg_json_text(json, node->tags[i].value);
    }
    cg_json_object_end(json);
}

static void add_references(struct cg_json *json, const struct cg_graph_node *node) {
    cg_json_key(json, "cross_references");
    cg_json_list(json);
    for (const struct cg_graph_references *group = node->references; group; group = group->next) {
        cg_json_object(json);
        cg_json_put_text(json, "resource_type", group->type);
        cg_json_key(json, "items");
        cg_json_list(json);
        for (size_t i = 0; i < group->count; i++) {
            cg_json_object(json);
            cg_json_put_text(json, "id", group->items[i].id);
            cg_json_put_text(json, "resource_type", group->type);
            cg_json_put_text(json, "display_name", group->items[i].name);
            cg_json_put_decimal(json, "cost", &group->items[i].cost);
            cg_json_object_end(json);
        }
        cg_json_list_end(json);
        cg_json_put_int(json, "total_count", group->total_count);
        cg_json_object_end(json);
    }
    cg_json_list_end(json);
}

static void add_node(struct cg_json *json, const struct cg_graph_node *node) {
    cg_json_object(json);
    cg_json_put_text(json, "id", node->id);
    cg_json_put_text(json, "resource_type", node->type);
    cg_json_put_text(json, "display_name", node->name);
    cg_json_put_decimal(json, "cost", &node->cost);
    cg_json_put_instant(json, "created_at", node->created_at);
    cg_json_put_instant(json, "deleted_at", node->deleted_at);
    add_tags(json, node);
    cg_json_put_text(json, "parent_id", node->parent_id);
    cg_json_put_text(json, "cloud", node->cloud);
    cg_json_put_text(json, "region", node->region);
    cg_json_put_text(json, "status", node->status);
    add_references(json, node);
    if (node->is_summary) {
        cg_json_put_int(json, "child_count", node->child_count);
        cg_json_put_decimal(json, "child_total_cost", &node->child_cost);
    } else {
        cg_json_put_null(json, "child_count");
        cg_json_put_null(json, "child_total_cost");
    }
    cg_json_object_end(json);
}

static void add_edge(struct cg_json *json, const struct cg_graph_edge *edge) {
    cg_json_object(json);
    cg_json_put_text(json, "source", edge->source);
    cg_json_put_text(json, "target", edge->target);
    cg_json_put_text(json, "relationship_type", edge->type);
    if (edge->has_cost)
        cg_json_put_decimal(json, "cost", &edge->cost);
    else
        cg_json_put_null(json, "cost");
    cg_json_object_end(json);
}

static void add_graph(struct cg_json *json, const struct cg_graph *graph) {
    cg_json_object(json);
    cg_json_key(json, "nodes");
    cg_json_list(json);
    for (size_t i = 0; i < graph->node_count; i++)
        add_node(json, graph->nodes[i]);
    cg_json_list_end(json);
    cg_json_key(json, "edges");
    cg_json_list(json);
    for (size_t i = 0; i < graph->edge_count; i++)
        add_edge(json, graph->edges[i]);
    cg_json_list_end(json);
    cg_json_object_end(json);
}

/* ---- asking ---- */

static enum cg_graph_expand read_expand(struct cg_params *params) {
    /* In the order of enum cg_graph_expand, without its first. */
    static const char *const choices[] = {"topics", "identities", "resources", "clusters", NULL};
    const char *choice = cg_param_choice(params, "expand", choices);
    for (size_t i = 0; choice && choices[i]; i++)
        if (strcmp(choice, choices[i]) == 0)
            return (enum cg_graph_expand)(i + 1);
    return CG_GRAPH_EXPAND_NOTHING;
}

/* The month in UTC that a time lies in. */
static void set_month(struct cg_graph_period *period, int64_t time) {
    int32_t year = 0;
    int32_t month = 0;
    cg_time_to_date(time, &year, &month, NULL);
    cg_time_from_date(year, month, 1, &period->start);
    period->end = period->start + cg_time_month_days(time) * CG_DAY_US;
    /* The last month of the calendar ends with its last second that can be written down. */
    if (period->end > CG_TIME_LAST)
        period->end = CG_TIME_LAST;
}

/* 0 when a refusal was written. */
static int32_t set_period(struct cg_call *call, const struct cg_range_given *given, int64_t at,
                          struct cg_graph_period *ret) {
    struct cg_range range;
    *ret = (struct cg_graph_period){.alive_from = at, .alive_to = at};
    if (given->start_date == CG_TIME_NONE && given->end_date == CG_TIME_NONE) {
        set_month(ret, at);
        return 1;
    }
    if (!cg_range_resolve(call, given, &range))
        return 0;
    cg_range_facts(call, &range, &ret->start, &ret->end);
    return 1;
}

cg_status cg_api_graph(struct cg_call *call) {
    struct cg_params params;
    struct cg_graph graph;
    struct cg_json json;
    cg_params_init(&params, call);
    struct cg_graph_request request = {.focus = cg_param_text(&params, "focus"),
                                       .depth = cg_param_int(&params, "depth", 1, 1, CG_GRAPH_DEPTH)};
    struct cg_instant at = cg_param_instant(&params, "at");
    struct cg_range_given given = cg_params_range(&params);
    request.expand = read_expand(&params);
    if (!cg_params_fine(&params) || !cg_instant_check(call, "at", &at) ||
        !set_period(call, &given, at.time == CG_TIME_NONE ? call->now : at.time, &request.period))
        return cg_reply_done(call);
    cg_status status = cg_graph_snapshot(call, &request, 1, &graph);
    if (status == CG_NOT_FOUND && request.focus)
        return cg_graph_not_found(call, request.focus);
    if (status != CG_OK)
        return status;
    cg_json_init(&json, &call->reply.body);
    add_graph(&json, &graph);
    return cg_reply_done(call);
}
