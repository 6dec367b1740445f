/* A ksqlDB cluster belongs to its credential identity. */
#include "resolvers.h"

#include <chitragupt/plugin.h>

#include <string.h>

static cg_status resolve(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                         const struct cg_resolution_sink *sink) {
    (void)self;
    const struct cg_resource *cluster = context->find_resource(context, context->resource_id);
    if (cluster == NULL) {
        return ccloud_add_sentinel(sink, CCLOUD_SENTINEL_KSQLDB_DELETED, NULL);
    }
    const char *owner = ccloud_owner_of(cluster);
    if (owner == NULL || strcmp(owner, CCLOUD_KSQLDB_OWNER_UNKNOWN) == 0) {
        return ccloud_add_sentinel(sink, CCLOUD_SENTINEL_KSQLDB_OWNER_UNKNOWN, NULL);
    }
    return ccloud_add_active(context, sink, owner);
}

const struct cg_identity_resolver ccloud_resolver_ksqldb = {
    CG_OVERRIDE_HEADER(struct cg_identity_resolver, CG_OVERRIDE_IDENTITY_RESOLVER),
    "the credential identity of the ksqlDB cluster",
    resolve,
    NULL,
};
