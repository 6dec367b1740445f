/*
 * self.h - routes about the program itself; they are answered on the loop. See self.c, overview_routes.c, pipeline.c.
 */
#ifndef CG_API_SELF_H
#define CG_API_SELF_H

#include "api/call.h"

cg_status cg_api_health(struct cg_call *call);
cg_status cg_api_metrics(struct cg_call *call);
cg_status cg_api_openapi(struct cg_call *call);
cg_status cg_api_docs(struct cg_call *call);

/** These two are called when the overview was looked at. */
cg_status cg_api_readiness(struct cg_call *call);
cg_status cg_api_tenant_list(struct cg_call *call);

cg_status cg_api_pipeline_run(struct cg_call *call);

/** 1 when this process is free to begin the run, so that it is worth asking whether another one is at it; then the
 * handler is called with `busy_elsewhere` set, which counts only if this is still so. */
int32_t cg_api_pipeline_asks(const struct cg_call *call);

#endif
