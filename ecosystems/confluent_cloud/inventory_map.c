#include "inventory_map.h"

#include "json.h"
#include "moment.h"

#include <string.h>

static const struct ccloud_family_info families[CCLOUD_FAMILY_COUNT] = {
    [CCLOUD_ENVIRONMENT] = {"environment", "environments", "/org/v2/environments", "99", 0},
    [CCLOUD_KAFKA_CLUSTER] = {"kafka_cluster", "Kafka clusters", "/cmk/v2/clusters", "99", 0},
    [CCLOUD_SCHEMA_REGISTRY] = {"schema_registry", "Schema Registry clusters", "/srcm/v3/clusters", "50", 0},
    [CCLOUD_SERVICE_ACCOUNT] = {"service_account", "service accounts", "/iam/v2/service-accounts", "99", 1},
    [CCLOUD_USER] = {"user", "users", "/iam/v2/users", "99", 1},
    [CCLOUD_API_KEY] = {"api_key", "API keys", "/iam/v2/api-keys", "100", 1},
    [CCLOUD_IDENTITY_PROVIDER] = {"identity_provider", "identity providers", "/iam/v2/identity-providers", "99", 1},
    [CCLOUD_IDENTITY_POOL] = {"identity_pool", "identity pools", "/iam/v2/identity-providers/%s/identity-pools", "99",
                              1},
};

const struct ccloud_family_info *ccloud_family_info(enum ccloud_family family) {
    return &families[family];
}

static int is_space(char character) {
    return character == ' ' || (character >= '\t' && character <= '\r');
}

/* `text` trimmed and in lower case (ASCII); "" for NULL. Returns 0 when it is too long. */
static int place_name(const char *text, char buffer[CCLOUD_PLACE_SIZE]) {
    buffer[0] = '\0';
    if (text == NULL) {
        return 1;
    }
    while (is_space(*text)) {
        text++;
    }
    size_t length = strlen(text);
    while (length > 0 && is_space(text[length - 1])) {
        length--;
    }
    if (length >= CCLOUD_PLACE_SIZE) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        buffer[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
    }
    buffer[length] = '\0';
    return 1;
}

static struct cg_field text_field(const char *key, const char *value) {
    return (struct cg_field){.key = key, .value = value, .kind = CG_FIELD_STRING};
}

/* The item's metadata.created_at. */
static int64_t created_at(const json_t *item, struct ccloud_mapped *mapped) {
    int64_t time = CG_TIME_NONE;
    const char *text = ccloud_json_text(ccloud_json_object(item, "metadata"), "created_at");
    if (text != NULL && text[0] != '\0' && ccloud_moment_parse(text, &time) != CG_OK) {
        mapped->unreadable_created_at = text;
    }
    return time;
}

/* Kafka clusters and Schema Registries: where they run, and whose they are. */
static const char *map_cluster(enum ccloud_family family, const json_t *item, struct ccloud_mapped *mapped) {
    const json_t *spec = ccloud_json_object(item, "spec");
    const char *cloud = ccloud_json_text(spec, "cloud");
    const char *region = ccloud_json_text(spec, "region");
    if (!place_name(cloud, mapped->cloud) || !place_name(region, mapped->region)) {
        return "has a cloud or region name that is too long";
    }
    struct cg_resource *resource = &mapped->resource;
    resource->display_name = ccloud_json_text(spec, "display_name");
    resource->parent_id = ccloud_json_text(ccloud_json_object(spec, "environment"), "id");
    resource->cloud = mapped->cloud;
    resource->region = mapped->region;
    int is_kafka = family == CCLOUD_KAFKA_CLUSTER;
    uint32_t count = 0;
    mapped->fields[count++] = is_kafka ? text_field("bootstrap_url", ccloud_json_text(spec, "kafka_bootstrap_endpoint"))
                                       : text_field("http_endpoint", ccloud_json_text(spec, "http_endpoint"));
    mapped->fields[count++] = text_field("provider_cloud", cloud);
    mapped->fields[count++] = text_field("provider_region", region);
    if (!is_kafka) {
        const json_t *metadata = ccloud_json_object(item, "metadata");
        mapped->fields[count++] = text_field("crn", ccloud_json_text(metadata, "resource_name"));
    }
    resource->field_count = count;
    return NULL;
}

static void map_identity(enum ccloud_family family, const json_t *item, const char *parent,
                         struct ccloud_mapped *mapped) {
    const json_t *spec = ccloud_json_object(item, "spec");
    const char *description = ccloud_json_text(item, "description");
    const char *crn = ccloud_json_text(ccloud_json_object(item, "metadata"), "resource_name");
    struct cg_identity *identity = &mapped->identity;
    struct cg_field *fields = mapped->fields;
    identity->display_name = ccloud_json_text(item, "display_name");
    switch (family) {
    case CCLOUD_USER:
        identity->display_name = ccloud_json_text(item, "full_name");
        fields[identity->field_count++] = text_field("crn", crn);
        break;
    case CCLOUD_API_KEY:
        identity->display_name = ccloud_json_text(spec, "description");
        fields[identity->field_count++] =
            text_field("owner_id", ccloud_json_text(ccloud_json_object(spec, "owner"), "id"));
        fields[identity->field_count++] =
            text_field("resource_id", ccloud_json_text(ccloud_json_object(spec, "resource"), "id"));
        break;
    case CCLOUD_IDENTITY_PROVIDER:
        fields[identity->field_count++] = text_field("description", description);
        fields[identity->field_count++] = text_field("crn", crn);
        break;
    case CCLOUD_IDENTITY_POOL:
        fields[identity->field_count++] = text_field("description", description);
        fields[identity->field_count++] = text_field("provider_id", parent);
        break;
    default:
        fields[identity->field_count++] = text_field("description", description);
        break;
    }
}

const char *ccloud_map_item(enum ccloud_family family, const json_t *item, const char *parent,
                            struct ccloud_mapped *ret) {
    if (!json_is_object(item)) {
        return "is not an object";
    }
    const char *id = ccloud_json_text(item, "id");
    if (id == NULL || id[0] == '\0') {
        return "has no id";
    }
    if (strlen(id) > CCLOUD_ID_MAX) {
        return "has an id of more than 512 bytes";
    }
    memset(ret, 0, sizeof *ret);
    const struct ccloud_family_info *info = &families[family];
    if (info->is_identity) {
        ret->identity = (struct cg_identity){.struct_size = sizeof ret->identity,
                                             .id = id,
                                             .type = info->type,
                                             .created_at = created_at(item, ret),
                                             .deleted_at = CG_TIME_NONE,
                                             .fields = ret->fields};
        map_identity(family, item, parent, ret);
        return NULL;
    }
    ret->resource = (struct cg_resource){.struct_size = sizeof ret->resource,
                                         .id = id,
                                         .type = info->type,
                                         .created_at = created_at(item, ret),
                                         .deleted_at = CG_TIME_NONE,
                                         .fields = ret->fields};
    if (family == CCLOUD_ENVIRONMENT) {
        ret->resource.display_name = ccloud_json_text(item, "display_name");
        return NULL;
    }
    return map_cluster(family, item, ret);
}
