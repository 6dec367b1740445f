#include "engine/tenant_metrics.h"

#include "net/metrics_source.h"

cg_status cg_tenant_metrics_open(const struct cg_runtime *runtime, struct cg_metrics_source **ret,
                                 struct cg_error *error) {
    const struct cg_tenant_settings *tenant = runtime->tenant;
    if (!tenant->metrics.present) {
        *ret = NULL;
        return CG_OK;
    }
    struct cg_metrics_source_options options = {
        .url = tenant->metrics.url,
        .auth_type = tenant->metrics.auth_type,
        .username = tenant->metrics.username,
        .password = tenant->metrics.password,
        .bearer_token = tenant->metrics.bearer_token,
        .step_seconds = tenant->metrics_step_seconds,
        .workers = (uint32_t)tenant->metrics_prefetch_workers,
    };
    cg_status status = cg_metrics_source_new(runtime->shared.net, &options, runtime->shared.log, ret, error);
    return status == CG_OK ? CG_OK : cg_error_wrap(error, "metrics");
}
