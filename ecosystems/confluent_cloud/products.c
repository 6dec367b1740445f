#include "products.h"
#include "resolvers.h"

#define LENGTH(array_) (sizeof(array_) / sizeof((array_)[0]))
#define TEXTS(...) \
    { (const char *const[]){__VA_ARGS__}, LENGTH(((const char *const[]){__VA_ARGS__})) }

/* ---- metric queries ---- */

static const struct cg_metric_query bytes_out = {
    .struct_size = sizeof bytes_out,
    .key = CCLOUD_METRIC_BYTES_OUT,
    .expression = "sum by (kafka_id, principal_id) (confluent_kafka_server_response_bytes{})",
    .labels = TEXTS("kafka_id", CCLOUD_LABEL_PRINCIPAL),
    .filter_label = "kafka_id",
};
static const struct cg_metric_query bytes_in = {
    .struct_size = sizeof bytes_in,
    .key = CCLOUD_METRIC_BYTES_IN,
    .expression = "sum by (kafka_id, principal_id) (confluent_kafka_server_request_bytes{})",
    .labels = TEXTS("kafka_id", CCLOUD_LABEL_PRINCIPAL),
    .filter_label = "kafka_id",
};
static const struct cg_metric_query cfu_primary = {
    .struct_size = sizeof cfu_primary,
    .key = CCLOUD_METRIC_CFU_PRIMARY,
    .expression = "sum by (compute_pool_id, flink_statement_name)(confluent_flink_num_cfu{})",
    .labels = TEXTS(CCLOUD_LABEL_POOL, CCLOUD_LABEL_STATEMENT),
    .filter_label = CCLOUD_LABEL_POOL,
};
static const struct cg_metric_query cfu_fallback = {
    .struct_size = sizeof cfu_fallback,
    .key = CCLOUD_METRIC_CFU_FALLBACK,
    .expression = "sum by (compute_pool_id, flink_statement_name)"
                  "(confluent_flink_statement_utilization_cfu_minutes_consumed{})",
    .labels = TEXTS(CCLOUD_LABEL_POOL, CCLOUD_LABEL_STATEMENT),
    .filter_label = CCLOUD_LABEL_POOL,
};
static const struct cg_metric_query *const only_bytes_out[] = {&bytes_out};
static const struct cg_metric_query *const only_bytes_in[] = {&bytes_in};
static const struct cg_metric_query *const both_directions[] = {&bytes_out, &bytes_in};
static const struct cg_metric_query *const both_cfu[] = {&cfu_primary, &cfu_fallback};

/* ---- products ---- */

#define PRODUCT(type_, allocator_)                                                                    \
    &(const struct cg_product) {                                                                      \
        .struct_size = sizeof(struct cg_product), .product_type = (type_), .allocator = &(allocator_) \
    }
#define MEASURED(type_, allocator_, metrics_)                                                                          \
    &(const struct cg_product) {                                                                                       \
        .struct_size = sizeof(struct cg_product), .metric_count = (uint32_t)LENGTH(metrics_), .product_type = (type_), \
        .allocator = &(allocator_), .metrics = (metrics_)                                                              \
    }

static const struct cg_product *const kafka_products[] = {
    MEASURED("KAFKA_NUM_CKU", ccloud_allocator_cku, both_directions),
    MEASURED("KAFKA_NUM_CKUS", ccloud_allocator_cku, both_directions),
    MEASURED("KAFKA_NETWORK_READ", ccloud_allocator_network_read, only_bytes_out),
    MEASURED("KAFKA_NETWORK_WRITE", ccloud_allocator_network_write, only_bytes_in),
    PRODUCT("KAFKA_PARTITION", ccloud_allocator_partition),
    PRODUCT("KAFKA_BASE", ccloud_allocator_kafka_base),
    PRODUCT("KAFKA_STORAGE", ccloud_allocator_kafka_base),
};
static const struct cg_product *const schema_registry_products[] = {
    PRODUCT("SCHEMA_REGISTRY", ccloud_allocator_active),
    PRODUCT("GOVERNANCE_BASE", ccloud_allocator_active),
    PRODUCT("NUM_RULES", ccloud_allocator_active),
};
static const struct cg_product *const connector_products[] = {
    PRODUCT("CONNECT_NUM_TASKS", ccloud_allocator_connector_usage),
    PRODUCT("CONNECT_THROUGHPUT", ccloud_allocator_connector_usage),
    PRODUCT("CUSTOM_CONNECT_NUM_TASKS", ccloud_allocator_connector_usage),
    PRODUCT("CUSTOM_CONNECT_THROUGHPUT", ccloud_allocator_connector_usage),
    PRODUCT("CONNECT_CAPACITY", ccloud_allocator_connector_shared),
    PRODUCT("CUSTOM_CONNECT_PLUGIN", ccloud_allocator_connector_shared),
};
static const struct cg_product *const ksqldb_products[] = {
    PRODUCT("KSQL_NUM_CSU", ccloud_allocator_active),
    PRODUCT("KSQL_NUM_CSUS", ccloud_allocator_active),
};
static const struct cg_product *const flink_products[] = {
    MEASURED("FLINK_NUM_CFU", ccloud_allocator_flink, both_cfu),
    MEASURED("FLINK_NUM_CFUS", ccloud_allocator_flink, both_cfu),
};
static const struct cg_product *const org_wide_products[] = {
    PRODUCT("AUDIT_LOG_READ", ccloud_allocator_org_wide),
    PRODUCT("SUPPORT", ccloud_allocator_org_wide),
};
static const struct cg_product *const default_products[] = {
    PRODUCT("TABLEFLOW_DATA_PROCESSED", ccloud_allocator_tableflow),
    PRODUCT("TABLEFLOW_NUM_TOPICS", ccloud_allocator_tableflow),
    PRODUCT("TABLEFLOW_STORAGE", ccloud_allocator_tableflow),
    PRODUCT("CLUSTER_LINKING_PER_LINK", ccloud_allocator_cluster_linking),
    PRODUCT("CLUSTER_LINKING_READ", ccloud_allocator_cluster_linking),
    PRODUCT("CLUSTER_LINKING_WRITE", ccloud_allocator_cluster_linking),
};

/* ---- services ---- */

#define SERVICE(type_, products_)                                                                                    \
    .struct_size = sizeof(struct cg_service), .product_count = (uint32_t)LENGTH(products_), .service_type = (type_), \
    .products = (products_)

static const struct cg_service kafka = {
    SERVICE("kafka", kafka_products),
    .resolver = &ccloud_resolver_kafka,
    .resource_types = TEXTS("environment", "kafka_cluster"),
};
static const struct cg_service schema_registry = {
    SERVICE("schema_registry", schema_registry_products),
    .resolver = &ccloud_resolver_kafka,
    .resource_types = TEXTS("schema_registry"),
};
static const struct cg_service connector = {
    SERVICE("connector", connector_products),
    .resolver = &ccloud_resolver_connector,
    .resource_types = TEXTS("connector"),
};
static const struct cg_service ksqldb = {
    SERVICE("ksqldb", ksqldb_products),
    .resolver = &ccloud_resolver_ksqldb,
    .resource_types = TEXTS("ksqldb_cluster"),
};
static const struct cg_service flink = {
    SERVICE("flink", flink_products),
    .resolver = &ccloud_resolver_flink,
    .resource_types = TEXTS("flink_compute_pool", "flink_statement"),
};
static const struct cg_service org_wide = {SERVICE("org_wide", org_wide_products)};
static const struct cg_service whole = {SERVICE("default", default_products)};

static const struct cg_service *const services[] = {&kafka, &schema_registry, &connector, &ksqldb,
                                                    &flink, &org_wide,        &whole};

void ccloud_describe(struct cg_ecosystem_description *ret) {
    ret->services = services;
    ret->service_count = LENGTH(services);
    ret->fallback = &ccloud_allocator_unknown;
}
