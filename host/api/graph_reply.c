#include "api/graph_reply.h"

#include "store/select.h"

cg_status cg_graph_not_found(struct cg_call *call, const char *id) {
    const char *text = cg_arena_printf(call->arena, "Entity %s not found for tenant %s", cg_call_quoted(call, id),
                                       cg_call_quoted(call, cg_store_tenant_id(call->store)));
    if (!text)
        return cg_error_no_memory(&call->error);
    return cg_reply_detail(call, 404, "%s", cg_call_quoted(call, text));
}

cg_status cg_graph_snapshot(struct cg_call *call, const struct cg_graph_request *requests, size_t count,
                            struct cg_graph *ret) {
    cg_status status = cg_store_begin_read(call->store, &call->error);
    if (status != CG_OK)
        return status;
    for (size_t i = 0; i < count && status == CG_OK; i++)
        status = cg_graph_build(call->store, &requests[i], call->arena, &ret[i], &call->error);
    cg_store_rollback(call->store);
    return status;
}
