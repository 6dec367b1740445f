/* Whose is a resource? One resolver per kind of resource, and what they share. */
#ifndef CCLOUD_RESOLVERS_H
#define CCLOUD_RESOLVERS_H

#include <chitragupt/identity.h>

/** Kafka clusters and Schema Registries: owners of their API keys, and the principals in their metrics. */
extern const struct cg_identity_resolver ccloud_resolver_kafka;
/** Connectors: whoever they log in to Kafka as. */
extern const struct cg_identity_resolver ccloud_resolver_connector;
/** ksqlDB clusters: their credential identity. */
extern const struct cg_identity_resolver ccloud_resolver_ksqldb;
/** Flink compute pools: owners of the statements that ran in them, with their CFU as context map. */
extern const struct cg_identity_resolver ccloud_resolver_flink;

/** The text that stands in owner_id of a ksqlDB cluster without credential identity. */
#define CCLOUD_KSQLDB_OWNER_UNKNOWN "ksqldb_owner_unknown"

/** Somebody to charge when nobody can be known. */
enum ccloud_sentinel {
    CCLOUD_SENTINEL_CONNECTOR_UNKNOWN,
    CCLOUD_SENTINEL_CONNECTOR_KEY_NOT_FOUND,
    CCLOUD_SENTINEL_CONNECTOR_ITSELF, /**< has no id of its own: the connector's is taken */
    CCLOUD_SENTINEL_CONNECTOR_MASKED,
    CCLOUD_SENTINEL_CONNECTOR_KEY_MASKED,
    CCLOUD_SENTINEL_KSQLDB_DELETED,
    CCLOUD_SENTINEL_KSQLDB_OWNER_UNKNOWN,
    CCLOUD_SENTINEL_FLINK_OWNER_UNKNOWN,
    CCLOUD_SENTINEL_COUNT
};

/** Fills `ret` with a sentinel; `id` is used when the sentinel has none of its own, and borrowed. */
void ccloud_sentinel(enum ccloud_sentinel sentinel, const char *id, struct cg_identity *ret);

/** Adds a sentinel to the active identities. Errors: those of the sink. */
cg_status ccloud_add_sentinel(const struct cg_resolution_sink *sink, enum ccloud_sentinel sentinel, const char *id);

/** Adds whoever has this id to the active identities: somebody known, alive or not, else a stand-in made from the id.
 * Errors: those of the sink. */
cg_status ccloud_add_active(const struct cg_resolution_context *context, const struct cg_resolution_sink *sink,
                            const char *id);

/** The value of a metadata field, or NULL when it is absent or empty. */
const char *ccloud_field_text(const struct cg_field *fields, size_t count, const char *key);

/** The owner of a resource: its column, else its metadata; NULL when neither says. */
const char *ccloud_owner_of(const struct cg_resource *resource);

#endif
