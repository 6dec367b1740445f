/* From the provider's items to resources and identities. */
#ifndef CCLOUD_INVENTORY_MAP_H
#define CCLOUD_INVENTORY_MAP_H

#include <chitragupt/model.h>
#include <jansson.h>

/** What is gathered, in the order in which it is reported. */
enum ccloud_family {
    CCLOUD_ENVIRONMENT,
    CCLOUD_KAFKA_CLUSTER,
    CCLOUD_SCHEMA_REGISTRY,
    CCLOUD_SERVICE_ACCOUNT,
    CCLOUD_USER,
    CCLOUD_API_KEY,
    CCLOUD_IDENTITY_PROVIDER,
    CCLOUD_IDENTITY_POOL,
    CCLOUD_FAMILY_COUNT
};

/** How a family is read. */
struct ccloud_family_info {
    const char *type;      /**< resource or identity type */
    const char *what;      /**< in the plural, for messages */
    const char *path;      /**< with "%s" for the percent-encoded parent in identity pools */
    const char *page_size; /**< parameter page_size */
    int32_t is_identity;   /**< else a resource */
};

/** The facts about a family. */
const struct ccloud_family_info *ccloud_family_info(enum ccloud_family family);

/** Most bytes of a lower-cased cloud or region name, NUL included. */
#define CCLOUD_PLACE_SIZE 128
/** Most metadata fields of an item. */
#define CCLOUD_FIELDS_MAX 5u
/** Most bytes of an id. */
#define CCLOUD_ID_MAX 512u

/** An item as it is handed to the host. Its strings belong to the JSON it came from, or lie in itself: do not copy it.
 */
struct ccloud_mapped {
    struct cg_resource resource; /**< for resources */
    struct cg_identity identity; /**< for identities */
    struct cg_field fields[CCLOUD_FIELDS_MAX];
    char cloud[CCLOUD_PLACE_SIZE];
    char region[CCLOUD_PLACE_SIZE];
    const char *unreadable_created_at; /**< a created_at that is no time, else NULL */
};

/**
 * Maps an item. `parent` is the id of the environment or identity provider that was walked, or NULL. Answers NULL, or
 * what is wrong with the item, e.g. "has no id"; then `ret` must not be used.
 */
const char *ccloud_map_item(enum ccloud_family family, const json_t *item, const char *parent,
                            struct ccloud_mapped *ret);

#endif
