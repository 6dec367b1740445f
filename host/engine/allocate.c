#include "engine/allocate.h"

cg_status cg_allocate(const struct cg_allocate_request *request, struct cg_error *error) {
    const struct cg_runtime *runtime = request->runtime;
    const struct cg_binding *binding = request->binding;
    const struct cg_callee *callee = &binding->allocator_callee;
    struct cg_allocation_context context = {
        .struct_size = sizeof context,
        .host = &callee->services->host,
        .tenant_name = runtime->tenant->name,
        .window_start = request->line->timestamp,
        .window_end = request->window_end,
        .line = request->line,
        .amount = request->line->total_cost,
        .tenant_period = request->tenant_period,
        .metrics = request->metrics,
        .params = runtime->tenant->allocator_params,
        .ecosystem = callee->overrides ? NULL : runtime->instance,
    };
    if (request->resolution) {
        context.resource_active = request->resolution->active;
        context.metrics_derived = request->resolution->derived;
        context.merged_active = request->resolution->merged;
        context.entries = request->resolution->entries;
        context.entry_count = request->resolution->entry_count;
    }
    cg_services_reset(callee->services);
    cg_crumb_enter(runtime->crumb, "allocator", callee->module->name, callee->symbol, "allocate", request->line);
    cg_status status = binding->allocator->allocate(binding->allocator, &context, &request->rows->sink);
    cg_crumb_leave(runtime->crumb);
    struct cg_error cause = {0};
    if (status != CG_OK)
        cg_error_set(&cause, status, "%s", cg_services_error(callee->services, status));
    else
        status = cg_rowset_check(request->rows, &request->line->total_cost, &cause);
    if (status == CG_OK)
        return CG_OK;
    return cg_error_set(error, status, "allocator '%s' of module '%s': %s", callee->symbol, callee->module->name,
                        cause.text);
}
