/*
 * service_api.h - the REST API as a part of the service.
 */
#ifndef CG_CLI_SERVICE_API_H
#define CG_CLI_SERVICE_API_H

#include "cli/service.h"

/**
 * Adds the REST API to a service that has not begun. What it needs lives in `arena`, which outlives the service. Error:
 * CG_NO_MEMORY.
 */
cg_status cg_service_add_api(struct cg_service_host *service, struct cg_arena *arena);

#endif
