/* The instance that serves one tenant, and its two gather calls. */
#ifndef CCLOUD_CCLOUD_H
#define CCLOUD_CCLOUD_H

#include <chitragupt/ecosystem.h>

/** What one tenant's run has. */
struct ccloud_instance {
    const struct cg_host *host;
    const struct cg_tenant *tenant;
    struct cg_http_client *client; /**< opened by the first gather, else NULL */
};

/** Makes sure that `instance->client` is open. Errors: as http->open, CG_INVALID for a strange interval; with a text.
 */
cg_status ccloud_client_open(struct ccloud_instance *instance);

/** Closes the client, if it is open; its unfinished requests are called back with CG_CANCELLED. */
void ccloud_client_close(struct ccloud_instance *instance);

/** Reads environments, clusters, Schema Registries and everybody who can be charged. [run] */
cg_status ccloud_gather_inventory(void *instance, const struct cg_gather *gather);

/** Reads the bill. [run] */
cg_status ccloud_gather_billing(void *instance, const struct cg_gather *gather);

#endif
