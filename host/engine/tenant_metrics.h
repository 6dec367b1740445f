/*
 * tenant_metrics.h - a tenant's metrics source, as its settings describe it.
 */
#ifndef CG_ENGINE_TENANT_METRICS_H
#define CG_ENGINE_TENANT_METRICS_H

#include "engine/runtime.h"

struct cg_metrics_source;

/**
 * Opens the metrics source of the runtime's tenant on its network (runtime->shared.net). `*ret` is NULL when none is
 * configured; end it with cg_metrics_source_free. Errors: CG_INVALID with a sentence, CG_NO_MEMORY.
 */
cg_status cg_tenant_metrics_open(const struct cg_runtime *runtime, struct cg_metrics_source **ret,
                                 struct cg_error *error);

#endif
