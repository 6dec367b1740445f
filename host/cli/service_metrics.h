/*
 * service_metrics.h - cycles, runs and reloads as families of /metrics.
 */
#ifndef CG_CLI_SERVICE_METRICS_H
#define CG_CLI_SERVICE_METRICS_H

#include "base/buf.h"
#include "cli/service.h"

/** Appends them in the Prometheus text format. */
void cg_service_metrics(struct cg_service_host *service, struct cg_buf *out);

#endif
