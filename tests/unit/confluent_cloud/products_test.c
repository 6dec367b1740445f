/* What the module says it sells: products, their services, and the queries they need. */
#include "troupe.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(products, every_product_has_an_allocator_and_its_metrics) {
    static const struct {
        const char *product;
        const char *service;
        const char *metrics;
    } rows[] = {
        {"KAFKA_NUM_CKU", "kafka", "bytes_out bytes_in "},
        {"KAFKA_NUM_CKUS", "kafka", "bytes_out bytes_in "},
        {"KAFKA_NETWORK_READ", "kafka", "bytes_out "},
        {"KAFKA_NETWORK_WRITE", "kafka", "bytes_in "},
        {"KAFKA_PARTITION", "kafka", ""},
        {"KAFKA_BASE", "kafka", ""},
        {"KAFKA_STORAGE", "kafka", ""},
        {"SCHEMA_REGISTRY", "schema_registry", ""},
        {"GOVERNANCE_BASE", "schema_registry", ""},
        {"NUM_RULES", "schema_registry", ""},
        {"CONNECT_NUM_TASKS", "connector", ""},
        {"CONNECT_THROUGHPUT", "connector", ""},
        {"CUSTOM_CONNECT_NUM_TASKS", "connector", ""},
        {"CUSTOM_CONNECT_THROUGHPUT", "connector", ""},
        {"CONNECT_CAPACITY", "connector", ""},
        {"CUSTOM_CONNECT_PLUGIN", "connector", ""},
        {"KSQL_NUM_CSU", "ksqldb", ""},
        {"KSQL_NUM_CSUS", "ksqldb", ""},
        {"FLINK_NUM_CFU", "flink", "flink_cfu_primary flink_cfu_fallback "},
        {"FLINK_NUM_CFUS", "flink", "flink_cfu_primary flink_cfu_fallback "},
        {"AUDIT_LOG_READ", "org_wide", ""},
        {"SUPPORT", "org_wide", ""},
        {"TABLEFLOW_DATA_PROCESSED", "default", ""},
        {"TABLEFLOW_NUM_TOPICS", "default", ""},
        {"TABLEFLOW_STORAGE", "default", ""},
        {"CLUSTER_LINKING_PER_LINK", "default", ""},
        {"CLUSTER_LINKING_READ", "default", ""},
        {"CLUSTER_LINKING_WRITE", "default", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct cg_service *service = NULL;
        const struct cg_product *product = troupe_product(rows[i].product, &service);
        struct stage_text metrics = {NULL, 0};
        cr_assert(product != NULL, "%s is not known", rows[i].product);
        cr_expect_str_eq(service->service_type, rows[i].service, "%s", rows[i].product);
        cr_expect_eq(product->struct_size, sizeof *product, "%s", rows[i].product);
        for (uint32_t k = 0; k < product->metric_count; k++) {
            stage_append(&metrics, "%s ", product->metrics[k]->key);
        }
        cr_expect_str_eq(stage_text_get(&metrics), rows[i].metrics, "%s", rows[i].product);
        free(metrics.text);
    }
    cr_expect(troupe_product("KAFKA_REST_PRODUCE", NULL) == NULL);
}

static const struct {
    const char *product;
    const char *resolver;
    const char *types;
} services[] = {
    {"KAFKA_BASE", "owners of the resource's API keys, and the principals in its metrics",
     "environment kafka_cluster "},
    {"NUM_RULES", "owners of the resource's API keys, and the principals in its metrics", "schema_registry "},
    {"CONNECT_CAPACITY", "whoever the connector logs in to Kafka as", "connector "},
    {"KSQL_NUM_CSU", "the credential identity of the ksqlDB cluster", "ksqldb_cluster "},
    {"FLINK_NUM_CFU", "owners of the statements that ran in the compute pool", "flink_compute_pool flink_statement "},
    {"SUPPORT", "", ""},
    {"TABLEFLOW_STORAGE", "", ""},
};

Test(products, every_service_has_its_resolver_and_resource_types) {
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        const struct cg_service *service = NULL;
        struct stage_text types = {NULL, 0};
        cr_assert(troupe_product(services[i].product, &service) != NULL);
        for (size_t k = 0; k < service->resource_types.count; k++) {
            stage_append(&types, "%s ", service->resource_types.items[k]);
        }
        cr_expect_str_eq(service->resolver == NULL ? "" : service->resolver->description, services[i].resolver, "%s",
                         services[i].product);
        cr_expect_str_eq(stage_text_get(&types), services[i].types, "%s", services[i].product);
        free(types.text);
    }
}

static const struct {
    const char *product;
    size_t index;
    const char *expression;
    const char *labels;
    const char *filter;
} queries[] = {
    {"KAFKA_NUM_CKU", 0, "sum by (kafka_id, principal_id) (confluent_kafka_server_response_bytes{})",
     "kafka_id principal_id ", "kafka_id"},
    {"KAFKA_NUM_CKU", 1, "sum by (kafka_id, principal_id) (confluent_kafka_server_request_bytes{})",
     "kafka_id principal_id ", "kafka_id"},
    {"FLINK_NUM_CFU", 0, "sum by (compute_pool_id, flink_statement_name)(confluent_flink_num_cfu{})",
     "compute_pool_id flink_statement_name ", "compute_pool_id"},
    {"FLINK_NUM_CFUS", 1,
     "sum by (compute_pool_id, "
     "flink_statement_name)(confluent_flink_statement_utilization_cfu_minutes_consumed{})",
     "compute_pool_id flink_statement_name ", "compute_pool_id"},
};

Test(products, queries) {
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        const struct cg_product *product = troupe_product(queries[i].product, NULL);
        cr_assert_gt(product->metric_count, queries[i].index);
        const struct cg_metric_query *query = product->metrics[queries[i].index];
        struct stage_text labels = {NULL, 0};
        for (size_t k = 0; k < query->labels.count; k++) {
            stage_append(&labels, "%s ", query->labels.items[k]);
        }
        cr_expect_eq(query->struct_size, sizeof *query);
        cr_expect_str_eq(query->expression, queries[i].expression);
        cr_expect_str_eq(stage_text_get(&labels), queries[i].labels);
        cr_expect_str_eq(query->filter_label, queries[i].filter);
        free(labels.text);
    }
}
