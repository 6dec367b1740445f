/* The instance that serves one tenant, and its two gather calls. */
#ifndef CCLOUD_CCLOUD_H
#define CCLOUD_CCLOUD_H

#include "arena.h"

#include <chitragupt/ecosystem.h>

/** What one tenant's run has. */
struct ccloud_instance {
    const struct cg_host *host;
    const struct cg_tenant *tenant;
    struct cg_http_client *client;   /**< opened by the first gather, else NULL */
    struct ccloud_arena description; /**< what of the description follows from the settings */
    int32_t told_names;              /**< 1: that principals have odd names was logged in this run */
};

/** One side that is asked, and as whom. */
struct ccloud_access {
    const char *base_url;
    const char *key;
    const char *secret;
    const char *label; /**< how messages call the other side */
};

/**
 * Opens a client that keeps the interval between requests which the settings ask for. The caller closes it. Errors: as
 * http->open, CG_INVALID for a strange interval; with a text.
 */
cg_status ccloud_client_new(const struct ccloud_instance *instance, const struct ccloud_access *access,
                            struct cg_http_client **ret);

/** Makes sure that `instance->client`, the organization's, is open. Errors: as ccloud_client_new. */
cg_status ccloud_client_open(struct ccloud_instance *instance);

/** Closes the client, if it is open; its unfinished requests are called back with CG_CANCELLED. */
void ccloud_client_close(struct ccloud_instance *instance);

/** Reads environments with everything that is billed in them, and everybody who can be charged. [run] */
cg_status ccloud_gather_inventory(void *instance, const struct cg_gather *gather);

/** Reads the bill. [run] */
cg_status ccloud_gather_billing(void *instance, const struct cg_gather *gather);

#endif
