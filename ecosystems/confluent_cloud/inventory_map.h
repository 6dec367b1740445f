/* From the provider's items to resources and identities. */
#ifndef CCLOUD_INVENTORY_MAP_H
#define CCLOUD_INVENTORY_MAP_H

#include "flink_keys.h"

#include <chitragupt/model.h>
#include <jansson.h>

/** What is gathered, in the order in which it is reported. A family comes after the one its listings hang on. */
enum ccloud_family {
    CCLOUD_ENVIRONMENT,
    CCLOUD_KAFKA_CLUSTER,
    CCLOUD_SCHEMA_REGISTRY,
    CCLOUD_CONNECTOR,
    CCLOUD_KSQLDB_CLUSTER,
    CCLOUD_COMPUTE_POOL,
    CCLOUD_STATEMENT,
    CCLOUD_SERVICE_ACCOUNT,
    CCLOUD_USER,
    CCLOUD_API_KEY,
    CCLOUD_IDENTITY_PROVIDER,
    CCLOUD_IDENTITY_POOL,
    CCLOUD_FAMILY_COUNT
};

/** How a family is read. */
struct ccloud_family_info {
    const char *type;          /**< resource or identity type */
    const char *what;          /**< in the plural, for messages */
    const char *path;          /**< each "%s" is a percent-encoded id: of `parent`, before it of what that belongs to */
    const char *page_size;     /**< parameter page_size; NULL: the answer is one object, without pages */
    const char *expand;        /**< parameter expand, or NULL */
    enum ccloud_family parent; /**< there is a listing for each item of it; CCLOUD_FAMILY_COUNT: there is one listing */
    int32_t is_identity;       /**< else a resource */
    int32_t is_vital;          /**< without it nothing can be attributed */
    int32_t is_regional;       /**< listed at regional APIs, once for each environment and region with such parents */
    int32_t by_environment;    /**< the parent's id is the parameter environment */
};

/** The facts about a family. */
const struct ccloud_family_info *ccloud_family_info(enum ccloud_family family);

/** Most metadata fields of an item. */
#define CCLOUD_FIELDS_MAX 5u
/** Most bytes of an id. */
#define CCLOUD_ID_MAX 512u

/** What is known of an item from where it was listed. */
struct ccloud_walk {
    const char *parent; /**< id of the environment, Kafka cluster or identity provider that was walked, or NULL */
    const char *scope;  /**< of connectors: id of the Kafka cluster's environment, or NULL */
    const char *name;   /**< of connectors: key of the member, or NULL */
    const char *pool;   /**< of statements: id of the only compute pool they can run in, or NULL */
    const struct ccloud_flink_keys *flink; /**< of compute pools: the regions with credentials, or NULL */
};

/** An item as it is handed to the host. Its strings belong to the JSON it came from or to the walk, or lie in itself:
 * do not copy it. */
struct ccloud_mapped {
    struct cg_resource resource; /**< for resources */
    struct cg_identity identity; /**< for identities */
    struct cg_field fields[CCLOUD_FIELDS_MAX];
    char cloud[CCLOUD_PLACE_SIZE];
    char region[CCLOUD_PLACE_SIZE];
    char text[CG_DECIMAL_TEXT_SIZE];    /**< an id made up, or a number as text */
    const struct ccloud_flink_key *key; /**< of a compute pool whose statements can be read, else NULL */
    const char *remark;                 /**< what is odd about the item, for people: "has ..."; NULL: nothing */
};

/**
 * Maps an item. Answers NULL, or what is wrong with the item, e.g. "has no id"; then `ret` must not be used.
 */
const char *ccloud_map_item(enum ccloud_family family, const json_t *item, const struct ccloud_walk *walk,
                            struct ccloud_mapped *ret);

/** A metadata field with text; NULL is JSON null. */
struct cg_field ccloud_text_field(const char *key, const char *value);

/** A metadata field with a boolean. */
struct cg_field ccloud_bool_field(const char *key, int value);

#endif
