/*
 * tenant_metrics.h - a tenant's metrics source, as its settings describe it.
 *
 * The calculation and the modules of a run ask the same source, so its limits hold for all of them, and what is to be
 * told of its answers is told once.
 */
#ifndef CG_ENGINE_TENANT_METRICS_H
#define CG_ENGINE_TENANT_METRICS_H

#include "config/settings.h"
#include "engine/runtime.h"

struct cg_metrics_source;

/** Where the source of a tenant is while it is open. */
struct cg_tenant_metrics {
    const struct cg_tenant_settings *tenant;
    struct cg_net *net; /**< NULL: nothing is asked, because a configuration is checked */
    const struct cg_log *log;
    struct cg_metrics_source *source; /**< NULL: not open */
};

/**
 * The source, opened when it is asked for the first time; `*ret` is NULL when none is configured. Errors: CG_INVALID
 * with a sentence, CG_NO_MEMORY.
 */
cg_status cg_tenant_metrics_get(struct cg_tenant_metrics *metrics, struct cg_metrics_source **ret,
                                struct cg_error *error);

/** Ends the source; it opens again when it is asked for. NULL is fine. */
void cg_tenant_metrics_end(struct cg_tenant_metrics *metrics);

/** cg_tenant_metrics_get for the runtime's tenant. `*ret` is borrowed until cg_tenant_metrics_close. */
cg_status cg_tenant_metrics_open(const struct cg_runtime *runtime, struct cg_metrics_source **ret,
                                 struct cg_error *error);

/** Ends the source of the runtime's tenant, and with it what is told once for a run. */
void cg_tenant_metrics_close(const struct cg_runtime *runtime);

#endif
