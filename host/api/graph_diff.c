/*
 * graph_diff.c - GET .../graph/diff
 */
#include "api/graph_reply.h"
#include "api/handlers.h"
#include "api/params.h"
#include "views/graph_compare.h"

static void add_change(struct cg_json *json, const struct cg_graph_change *change) {
    cg_json_object(json);
    cg_json_put_text(json, "id", change->node->id);
    cg_json_put_text(json, "resource_type", change->node->type);
    cg_json_put_text(json, "display_name", change->node->name);
    cg_json_put_text(json, "parent_id", change->node->parent_id);
    cg_json_put_decimal(json, "cost_before", &change->before);
    cg_json_put_decimal(json, "cost_after", &change->after);
    cg_json_put_decimal(json, "cost_delta", &change->delta);
    if (change->has_percent)
        cg_json_put_decimal(json, "pct_change", &change->percent);
    else
        cg_json_put_null(json, "pct_change");
    cg_json_put_text(json, "status", change->status);
    cg_json_object_end(json);
}

static cg_status add_changes(struct cg_call *call, const struct cg_graph *before, const struct cg_graph *after) {
    struct cg_graph_change *changes = NULL;
    struct cg_json json;
    size_t count = 0;
    cg_status status = cg_graph_compare(before, after, call->arena, &changes, &count, &call->error);
    if (status != CG_OK)
        return status;
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_key(&json, "nodes");
    cg_json_list(&json);
    for (size_t i = 0; i < count; i++)
        add_change(&json, &changes[i]);
    cg_json_list_end(&json);
    cg_json_object_end(&json);
    return cg_reply_done(call);
}

/* A period, and everything that lived in it; 0 when a refusal was written. */
static int32_t set_period(struct cg_call *call, const struct cg_range_given *given, struct cg_graph_period *ret) {
    struct cg_range range;
    if (!cg_range_resolve(call, given, &range))
        return 0;
    cg_range_facts(call, &range, &ret->start, &ret->end);
    ret->alive_from = ret->start;
    ret->alive_to = ret->end - 1;
    return 1;
}

cg_status cg_api_graph_diff(struct cg_call *call) {
    struct cg_params params;
    struct cg_graph graphs[2];
    cg_params_init(&params, call);
    struct cg_range_given from = {.start_date = cg_param_date(&params, "from_start", 1)};
    from.end_date = cg_param_date(&params, "from_end", 1);
    struct cg_range_given to = {.start_date = cg_param_date(&params, "to_start", 1)};
    to.end_date = cg_param_date(&params, "to_end", 1);
    struct cg_graph_request before = {.focus = cg_param_text(&params, "focus"),
                                      .depth = cg_param_int(&params, "depth", 1, 1, CG_GRAPH_DEPTH),
                                      .whole = 1};
    from.timezone = to.timezone = cg_param_text(&params, "timezone");
    struct cg_graph_request after = before;
    if (!cg_params_fine(&params) || !set_period(call, &from, &before.period) || !set_period(call, &to, &after.period))
        return cg_reply_done(call);
    const struct cg_graph_request requests[] = {before, after};
    cg_status status = cg_graph_snapshot(call, requests, 2, graphs);
    if (status == CG_NOT_FOUND && before.focus)
        return cg_graph_not_found(call, before.focus);
    if (status != CG_OK)
        return status;
    if (graphs[0].too_large || graphs[1].too_large)
        return cg_reply_detail(call, 400, "The graph has more than %u nodes; choose %s", CG_GRAPH_WHOLE,
                               before.focus ? "a focus with less below it" : "a focus");
    return add_changes(call, &graphs[0], &graphs[1]);
}
