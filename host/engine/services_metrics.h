/*
 * services_metrics.h - questions of a module to the tenant's metrics source: cg_host.metrics.
 */
#ifndef CG_ENGINE_SERVICES_METRICS_H
#define CG_ENGINE_SERVICES_METRICS_H

#include <chitragupt/metrics.h>

/** The table that modules get. */
extern const struct cg_metrics_api cg_metrics_api_table;

#endif
