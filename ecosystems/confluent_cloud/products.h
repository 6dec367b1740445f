/* What Confluent Cloud sells, and how each product's cost is split. */
#ifndef CCLOUD_PRODUCTS_H
#define CCLOUD_PRODUCTS_H

#include <chitragupt/ecosystem.h>

/** Keys of the metric queries. */
#define CCLOUD_METRIC_BYTES_IN "bytes_in"
#define CCLOUD_METRIC_BYTES_OUT "bytes_out"
#define CCLOUD_METRIC_CFU_PRIMARY "flink_cfu_primary"
#define CCLOUD_METRIC_CFU_FALLBACK "flink_cfu_fallback" /**< counts when the primary one has no data */
/** Labels of the metrics that name the principal, the Flink statement, and the compute pool. */
#define CCLOUD_LABEL_PRINCIPAL "principal_id"
#define CCLOUD_LABEL_STATEMENT "flink_statement_name"
#define CCLOUD_LABEL_POOL "compute_pool_id"
/** Context map from an API key to its owner. */
#define CCLOUD_MAP_KEY_OWNER "api_key_to_owner"
/** Context map from an owner to the CFU of their Flink statements. */
#define CCLOUD_MAP_OWNER_CFU "stmt_owner_cfu"

/** Fills the services and the fallback of `ret`; both are constant. */
void ccloud_describe(struct cg_ecosystem_description *ret);

/* Allocators, see allocators.c. */
extern const struct cg_allocator ccloud_allocator_network_read;
extern const struct cg_allocator ccloud_allocator_network_write;
extern const struct cg_allocator ccloud_allocator_partition;
extern const struct cg_allocator ccloud_allocator_cku;
extern const struct cg_allocator ccloud_allocator_kafka_base;
extern const struct cg_allocator ccloud_allocator_active;
extern const struct cg_allocator ccloud_allocator_connector_usage;
extern const struct cg_allocator ccloud_allocator_connector_shared;
extern const struct cg_allocator ccloud_allocator_flink;
extern const struct cg_allocator ccloud_allocator_org_wide;
extern const struct cg_allocator ccloud_allocator_tableflow;
extern const struct cg_allocator ccloud_allocator_cluster_linking;
extern const struct cg_allocator ccloud_allocator_unknown;

/** Names of the CKU ratios in allocator_params, and their defaults. */
#define CCLOUD_PARAM_USAGE_RATIO "kafka_cku_usage_ratio"
#define CCLOUD_PARAM_SHARED_RATIO "kafka_cku_shared_ratio"
#define CCLOUD_USAGE_RATIO_DEFAULT "0.70"
#define CCLOUD_SHARED_RATIO_DEFAULT "0.30"

/**
 * A ratio of `params` (NULL: none): a number, a text that is one, or a boolean as 0 or 1. `fallback` when it is absent.
 * Error: CG_INVALID when it is no number.
 */
cg_status ccloud_ratio(const struct cg_config_api *config, const struct cg_config *params, const char *key,
                       const char *fallback, struct cg_decimal *ret);

#endif
