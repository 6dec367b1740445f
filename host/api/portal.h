/*
 * portal.h - routes by which clients of the Confluent Billing Portal know a server: costs of all tenants together.
 *
 * The first three are answered on the loop, the others look at one tenant after the other. One that cannot be read
 * makes the whole answer an error that names it: costs that are missing must not look like costs that did not arise.
 */
#ifndef CG_API_PORTAL_H
#define CG_API_PORTAL_H

#include "api/call.h"

cg_status cg_api_portal_root(struct cg_call *call);
cg_status cg_api_portal_health(struct cg_call *call);
cg_status cg_api_portal_collect(struct cg_call *call);

cg_status cg_api_portal_costs(struct cg_call *call);
cg_status cg_api_portal_dimensions(struct cg_call *call);

#endif
