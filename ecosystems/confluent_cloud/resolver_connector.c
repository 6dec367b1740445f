/* A connector belongs to whoever it logs in to Kafka as. */
#include "resolvers.h"
#include "usage.h"

#include <chitragupt/plugin.h>

#include <string.h>

static const char *metadata(const struct cg_resource *connector, const char *key) {
    return ccloud_field_text(connector->fields, connector->field_count, key);
}

static int is_masked(const char *key) {
    return key[strspn(key, "*")] == '\0';
}

/* An account is a text of the connector's settings too: like the principals of metrics, a name that is not clean is
 * charged as what can be charged of it. */
static cg_status add_account(const struct cg_resolution_context *context, const struct cg_resolution_sink *sink,
                             const char *account) {
    if (account == NULL) {
        return ccloud_add_sentinel(sink, CCLOUD_SENTINEL_CONNECTOR_UNKNOWN, NULL);
    }
    const char *name = ccloud_name(context->host, account);
    return name == NULL ? CG_NO_MEMORY : ccloud_add_active(context, sink, name);
}

static cg_status add_key_owner(const struct cg_resolution_context *context, const struct cg_resolution_sink *sink,
                               const char *key) {
    if (key == NULL) {
        return ccloud_add_sentinel(sink, CCLOUD_SENTINEL_CONNECTOR_UNKNOWN, NULL);
    }
    if (is_masked(key)) {
        return ccloud_add_sentinel(sink, CCLOUD_SENTINEL_CONNECTOR_KEY_MASKED, NULL);
    }
    /* People write it into the connector's settings. Nothing of the inventory has a name that is not clean. */
    const char *name = ccloud_name(context->host, key);
    if (name == NULL) {
        return CG_NO_MEMORY;
    }
    const struct cg_identity *identity = name == key ? context->find_identity(context, key) : NULL;
    if (identity == NULL) {
        return ccloud_add_sentinel(sink, CCLOUD_SENTINEL_CONNECTOR_KEY_NOT_FOUND, NULL);
    }
    return add_account(context, sink, ccloud_field_text(identity->fields, identity->field_count, "owner_id"));
}

static cg_status resolve(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                         const struct cg_resolution_sink *sink) {
    (void)self;
    const struct cg_resource *connector = context->find_resource(context, context->resource_id);
    if (connector == NULL) {
        return ccloud_add_sentinel(sink, CCLOUD_SENTINEL_CONNECTOR_MASKED, NULL);
    }
    const char *mode = metadata(connector, "kafka_auth_mode");
    if (mode != NULL && strcmp(mode, "SERVICE_ACCOUNT") == 0) {
        return add_account(context, sink, metadata(connector, "kafka_service_account_id"));
    }
    if (mode != NULL && strcmp(mode, "KAFKA_API_KEY") == 0) {
        return add_key_owner(context, sink, metadata(connector, "kafka_api_key"));
    }
    return ccloud_add_sentinel(sink, CCLOUD_SENTINEL_CONNECTOR_ITSELF, context->resource_id);
}

const struct cg_identity_resolver ccloud_resolver_connector = {
    CG_OVERRIDE_HEADER(struct cg_identity_resolver, CG_OVERRIDE_IDENTITY_RESOLVER),
    "whoever the connector logs in to Kafka as",
    resolve,
    NULL,
};
