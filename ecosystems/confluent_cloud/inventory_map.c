#include "inventory_map.h"

#include "connectors.h"
#include "json.h"
#include "moment.h"
#include "resolvers.h"
#include "statements.h"

#include <string.h>

#define NO_PARENT CCLOUD_FAMILY_COUNT

static const struct ccloud_family_info families[CCLOUD_FAMILY_COUNT] = {
    [CCLOUD_ENVIRONMENT] = {.type = "environment",
                            .what = "environments",
                            .path = "/org/v2/environments",
                            .page_size = "99",
                            .parent = NO_PARENT,
                            .is_vital = 1},
    [CCLOUD_KAFKA_CLUSTER] = {.type = "kafka_cluster",
                              .what = "Kafka clusters",
                              .path = "/cmk/v2/clusters",
                              .page_size = "99",
                              .parent = CCLOUD_ENVIRONMENT,
                              .is_vital = 1,
                              .by_environment = 1},
    [CCLOUD_SCHEMA_REGISTRY] = {.type = "schema_registry",
                                .what = "Schema Registry clusters",
                                .path = "/srcm/v3/clusters",
                                .page_size = "50",
                                .parent = CCLOUD_ENVIRONMENT,
                                .by_environment = 1},
    [CCLOUD_CONNECTOR] = {.type = "connector",
                          .what = "connectors",
                          .path = "/connect/v1/environments/%s/clusters/%s/connectors",
                          .expand = "info,status,id",
                          .parent = CCLOUD_KAFKA_CLUSTER},
    [CCLOUD_KSQLDB_CLUSTER] = {.type = "ksqldb_cluster",
                               .what = "ksqlDB clusters",
                               .path = "/ksqldbcm/v2/clusters",
                               .page_size = "100",
                               .parent = CCLOUD_ENVIRONMENT,
                               .by_environment = 1},
    [CCLOUD_COMPUTE_POOL] = {.type = "flink_compute_pool",
                             .what = "Flink compute pools",
                             .path = "/fcpm/v2/compute-pools",
                             .page_size = "50",
                             .parent = CCLOUD_ENVIRONMENT,
                             .by_environment = 1},
    [CCLOUD_STATEMENT] = {.type = "flink_statement",
                          .what = "Flink statements",
                          .path = "/sql/v1/organizations/%s/environments/%s/statements",
                          .page_size = "50",
                          .parent = CCLOUD_COMPUTE_POOL,
                          .is_regional = 1},
    [CCLOUD_SERVICE_ACCOUNT] = {.type = "service_account",
                                .what = "service accounts",
                                .path = "/iam/v2/service-accounts",
                                .page_size = "99",
                                .parent = NO_PARENT,
                                .is_identity = 1},
    [CCLOUD_USER] = {.type = "user",
                     .what = "users",
                     .path = "/iam/v2/users",
                     .page_size = "99",
                     .parent = NO_PARENT,
                     .is_identity = 1},
    [CCLOUD_API_KEY] = {.type = "api_key",
                        .what = "API keys",
                        .path = "/iam/v2/api-keys",
                        .page_size = "100",
                        .parent = NO_PARENT,
                        .is_identity = 1},
    [CCLOUD_IDENTITY_PROVIDER] = {.type = "identity_provider",
                                  .what = "identity providers",
                                  .path = "/iam/v2/identity-providers",
                                  .page_size = "99",
                                  .parent = NO_PARENT,
                                  .is_identity = 1},
    [CCLOUD_IDENTITY_POOL] = {.type = "identity_pool",
                              .what = "identity pools",
                              .path = "/iam/v2/identity-providers/%s/identity-pools",
                              .page_size = "99",
                              .parent = CCLOUD_IDENTITY_PROVIDER,
                              .is_identity = 1},
};

const struct ccloud_family_info *ccloud_family_info(enum ccloud_family family) {
    return &families[family];
}

struct cg_field ccloud_text_field(const char *key, const char *value) {
    return (struct cg_field){.key = key, .value = value, .kind = CG_FIELD_STRING};
}

struct cg_field ccloud_bool_field(const char *key, int value) {
    return (struct cg_field){.key = key, .value = value ? "true" : "false", .kind = CG_FIELD_BOOL};
}

/* A number, with its text in `mapped`; a text stays one. */
static struct cg_field number_field(const char *key, const json_t *value, struct ccloud_mapped *mapped) {
    struct cg_decimal number;
    if (!json_is_number(value) || ccloud_json_decimal(value, &number) != CG_OK) {
        return ccloud_text_field(key, json_string_value(value));
    }
    (void)cg_decimal_format(&number, mapped->text);
    return (struct cg_field){.key = key, .value = mapped->text, .kind = CG_FIELD_NUMBER};
}

/* The item's metadata.created_at. */
static int64_t created_at(const json_t *item, struct ccloud_mapped *mapped) {
    const json_t *value = ccloud_json_get(ccloud_json_object(item, "metadata"), "created_at");
    const char *text = json_string_value(value);
    int64_t time = CG_TIME_NONE;
    if (value == NULL || (text != NULL && text[0] == '\0')) {
        return time;
    }
    if (text == NULL || ccloud_moment_parse(text, &time) != CG_OK) {
        mapped->remark = "has a created_at that is no ISO 8601 time; it is left empty.";
    }
    return time;
}

static const char *resource_name(const json_t *item) {
    return ccloud_json_text(ccloud_json_object(item, "metadata"), "resource_name");
}

/* ---- resources ---- */

static const char *map_environment(const json_t *item, const struct ccloud_walk *walk, struct ccloud_mapped *mapped) {
    (void)walk;
    mapped->resource.display_name = ccloud_json_text(item, "display_name");
    return NULL;
}

/* Where something runs, for its columns, and as received in two fields that start at `fields`. */
static const char *map_place(const json_t *spec, struct ccloud_mapped *mapped, struct cg_field *fields) {
    const char *cloud = ccloud_json_text(spec, "cloud");
    const char *region = ccloud_json_text(spec, "region");
    if (!ccloud_place_name(cloud, mapped->cloud, sizeof mapped->cloud) ||
        !ccloud_place_name(region, mapped->region, sizeof mapped->region)) {
        return "has a cloud or region name that is too long";
    }
    mapped->resource.cloud = mapped->cloud;
    mapped->resource.region = mapped->region;
    fields[0] = ccloud_text_field("provider_cloud", cloud);
    fields[1] = ccloud_text_field("provider_region", region);
    return NULL;
}

static void map_spec(const json_t *spec, struct cg_resource *resource) {
    resource->display_name = ccloud_json_text(spec, "display_name");
    resource->parent_id = ccloud_json_text(ccloud_json_object(spec, "environment"), "id");
}

static const char *map_kafka(const json_t *item, const struct ccloud_walk *walk, struct ccloud_mapped *mapped) {
    const json_t *spec = ccloud_json_object(item, "spec");
    (void)walk;
    map_spec(spec, &mapped->resource);
    mapped->fields[0] = ccloud_text_field("bootstrap_url", ccloud_json_text(spec, "kafka_bootstrap_endpoint"));
    mapped->resource.field_count = 3;
    return map_place(spec, mapped, mapped->fields + 1);
}

static const char *map_registry(const json_t *item, const struct ccloud_walk *walk, struct ccloud_mapped *mapped) {
    const json_t *spec = ccloud_json_object(item, "spec");
    (void)walk;
    map_spec(spec, &mapped->resource);
    mapped->fields[0] = ccloud_text_field("http_endpoint", ccloud_json_text(spec, "http_endpoint"));
    mapped->fields[3] = ccloud_text_field("crn", resource_name(item));
    mapped->resource.field_count = 4;
    return map_place(spec, mapped, mapped->fields + 1);
}

static const char *map_ksqldb(const json_t *item, const struct ccloud_walk *walk, struct ccloud_mapped *mapped) {
    const json_t *spec = ccloud_json_object(item, "spec");
    const char *owner = ccloud_json_filled(ccloud_json_object(spec, "credential_identity"), "id");
    const char *cluster = ccloud_json_text(ccloud_json_object(spec, "kafka_cluster"), "id");
    (void)walk;
    map_spec(spec, &mapped->resource);
    mapped->resource.owner_id = owner == NULL ? CCLOUD_KSQLDB_OWNER_UNKNOWN : owner;
    mapped->fields[0] = ccloud_text_field("kafka_cluster_id", cluster);
    mapped->fields[1] = number_field("csu_count", ccloud_json_get(spec, "csu"), mapped);
    mapped->resource.field_count = 2;
    return NULL;
}

static const char *map_compute_pool(const json_t *item, const struct ccloud_walk *walk, struct ccloud_mapped *mapped) {
    const json_t *spec = ccloud_json_object(item, "spec");
    const char *wrong = map_place(spec, mapped, mapped->fields);
    map_spec(spec, &mapped->resource);
    mapped->resource.parent_id = walk->parent;
    if (wrong == NULL && walk->flink != NULL) {
        mapped->key = ccloud_flink_keys_find(walk->flink, mapped->cloud, mapped->region);
    }
    mapped->fields[2] = ccloud_bool_field("is_allocatable", mapped->key != NULL);
    mapped->fields[3] = ccloud_text_field("crn", resource_name(item));
    mapped->resource.field_count = 4;
    return wrong;
}

/* How the resources of a family are mapped: all but id, type and created_at. */
typedef const char *(*map_resource)(const json_t *item, const struct ccloud_walk *walk, struct ccloud_mapped *mapped);

static const map_resource resource_maps[CCLOUD_FAMILY_COUNT] = {
    [CCLOUD_ENVIRONMENT] = map_environment,    [CCLOUD_KAFKA_CLUSTER] = map_kafka,
    [CCLOUD_SCHEMA_REGISTRY] = map_registry,   [CCLOUD_CONNECTOR] = ccloud_connector_map,
    [CCLOUD_KSQLDB_CLUSTER] = map_ksqldb,      [CCLOUD_COMPUTE_POOL] = map_compute_pool,
    [CCLOUD_STATEMENT] = ccloud_statement_map,
};

/* ---- identities ---- */

static void map_identity(enum ccloud_family family, const json_t *item, const struct ccloud_walk *walk,
                         struct ccloud_mapped *mapped) {
    const json_t *spec = ccloud_json_object(item, "spec");
    const char *description = ccloud_json_text(item, "description");
    const char *crn = resource_name(item);
    struct cg_identity *identity = &mapped->identity;
    struct cg_field *fields = mapped->fields;
    identity->display_name = ccloud_json_text(item, "display_name");
    switch (family) {
    case CCLOUD_USER:
        identity->display_name = ccloud_json_text(item, "full_name");
        fields[identity->field_count++] = ccloud_text_field("crn", crn);
        break;
    case CCLOUD_API_KEY:
        identity->display_name = ccloud_json_text(spec, "description");
        fields[identity->field_count++] =
            ccloud_text_field("owner_id", ccloud_json_text(ccloud_json_object(spec, "owner"), "id"));
        fields[identity->field_count++] =
            ccloud_text_field("resource_id", ccloud_json_text(ccloud_json_object(spec, "resource"), "id"));
        break;
    case CCLOUD_IDENTITY_PROVIDER:
        fields[identity->field_count++] = ccloud_text_field("description", description);
        fields[identity->field_count++] = ccloud_text_field("crn", crn);
        break;
    case CCLOUD_IDENTITY_POOL:
        fields[identity->field_count++] = ccloud_text_field("description", description);
        fields[identity->field_count++] = ccloud_text_field("provider_id", walk->parent);
        break;
    default:
        fields[identity->field_count++] = ccloud_text_field("description", description);
        break;
    }
}

/* ---- items ---- */

static const char *id_of(enum ccloud_family family, const json_t *item, const struct ccloud_walk *walk,
                         struct ccloud_mapped *mapped) {
    switch (family) {
    case CCLOUD_CONNECTOR:
        return ccloud_connector_id(item, walk);
    case CCLOUD_STATEMENT:
        return ccloud_statement_id(item, walk, mapped);
    default:
        return ccloud_json_text(item, "id");
    }
}

/* Connectors and statements have no time of creation that counts. */
static int has_created_at(enum ccloud_family family) {
    return family != CCLOUD_CONNECTOR && family != CCLOUD_STATEMENT;
}

const char *ccloud_map_item(enum ccloud_family family, const json_t *item, const struct ccloud_walk *walk,
                            struct ccloud_mapped *ret) {
    if (!json_is_object(item)) {
        return "is not an object";
    }
    memset(ret, 0, sizeof *ret);
    const char *id = id_of(family, item, walk, ret);
    if (id == NULL || id[0] == '\0') {
        return "has no id";
    }
    if (strlen(id) > CCLOUD_ID_MAX) {
        return "has an id of more than 512 bytes";
    }
    const struct ccloud_family_info *info = &families[family];
    int64_t created = has_created_at(family) ? created_at(item, ret) : CG_TIME_NONE;
    if (info->is_identity) {
        ret->identity = (struct cg_identity){.struct_size = sizeof ret->identity,
                                             .id = id,
                                             .type = info->type,
                                             .created_at = created,
                                             .deleted_at = CG_TIME_NONE,
                                             .fields = ret->fields};
        map_identity(family, item, walk, ret);
        return NULL;
    }
    ret->resource = (struct cg_resource){.struct_size = sizeof ret->resource,
                                         .id = id,
                                         .type = info->type,
                                         .created_at = created,
                                         .deleted_at = CG_TIME_NONE,
                                         .fields = ret->fields};
    return resource_maps[family](item, walk, ret);
}
