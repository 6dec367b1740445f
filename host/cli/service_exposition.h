/*
 * service_exposition.h - the pages of emitters' samples as a part of the service.
 */
#ifndef CG_CLI_SERVICE_EXPOSITION_H
#define CG_CLI_SERVICE_EXPOSITION_H

#include "cli/service.h"

/**
 * Adds it to a service that has not begun; it is to be the first part, because it completes the settings of a new
 * configuration. What it needs lives in `arena`, which outlives the service. Error: CG_NO_MEMORY.
 */
cg_status cg_service_add_exposition(struct cg_service_host *service, struct cg_arena *arena);

#endif
