/*
 * graph_search.c - GET .../graph/search
 */
#include "views/graph_search.h"
#include "api/handlers.h"
#include "api/params.h"

static void add_result(void *user, const struct cg_graph_result *result) {
    struct cg_json *json = user;
    cg_json_object(json);
    cg_json_put_text(json, "id", result->id);
    cg_json_put_text(json, "resource_type", result->type);
    cg_json_put_text(json, "display_name", result->name);
    cg_json_put_text(json, "parent_id", result->parent_id);
    cg_json_put_text(json, "parent_display_name", result->parent_name);
    cg_json_put_text(json, "status", result->status);
    cg_json_object_end(json);
}

cg_status cg_api_graph_search(struct cg_call *call) {
    struct cg_params params;
    struct cg_json json;
    cg_params_init(&params, call);
    const char *text = cg_param_needed_text(&params, "q", 1);
    if (!cg_params_fine(&params))
        return cg_reply_done(call);
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_key(&json, "results");
    cg_json_list(&json);
    cg_status status = cg_graph_search(call->store, text, add_result, &json, &call->error);
    cg_json_list_end(&json);
    cg_json_object_end(&json);
    return status == CG_OK ? cg_reply_done(call) : status;
}
