/* The instance: settings as this module uses them, and what it tells the host about itself. */
#ifndef SELF_KAFKA_H
#define SELF_KAFKA_H

#include <chitragupt/metered.h>

#include "kafka_admin.h"

/** What the bill consists of, in the order of its lines. */
enum self_kafka_product {
    SELF_KAFKA_COMPUTE,
    SELF_KAFKA_STORAGE,
    SELF_KAFKA_INGRESS,
    SELF_KAFKA_EGRESS,
    SELF_KAFKA_PRODUCT_COUNT,
};

/** What the metrics source is asked. */
enum self_kafka_query {
    SELF_KAFKA_QUERY_SIZE,           /**< of the whole cluster */
    SELF_KAFKA_QUERY_IN,             /**< of the whole cluster */
    SELF_KAFKA_QUERY_OUT,            /**< of the whole cluster */
    SELF_KAFKA_QUERY_SEEN_IN,        /**< brokers, topics and principals with bytes in */
    SELF_KAFKA_QUERY_SEEN_OUT,       /**< brokers, topics and principals with bytes out */
    SELF_KAFKA_QUERY_BARE,           /**< the series themselves, to see their labels */
    SELF_KAFKA_QUERY_PRINCIPALS_IN,  /**< by principal */
    SELF_KAFKA_QUERY_PRINCIPALS_OUT, /**< by principal */
    SELF_KAFKA_QUERY_COUNT,
};

/** Keys of the metrics by principal. */
#define SELF_KAFKA_KEY_IN "bytes_in_per_principal"
#define SELF_KAFKA_KEY_OUT "bytes_out_per_principal"

/** Labels, as places in `labels`. */
enum self_kafka_label {
    SELF_KAFKA_LABEL_BROKER,
    SELF_KAFKA_LABEL_TOPIC,
    SELF_KAFKA_LABEL_PRINCIPAL,
    SELF_KAFKA_LABELS
};

/** One tenant's cluster. */
struct self_kafka {
    const struct cg_host *host;
    const struct cg_tenant *tenant;
    struct cg_metered_memory memory;
    const char *cluster_id;
    const char *region; /**< or NULL */
    int64_t broker_count;
    int64_t discovery_hours;
    struct cg_decimal rates[SELF_KAFKA_PRODUCT_COUNT]; /**< those of the region */
    struct cg_metered_people people;
    int32_t counts_idle;  /**< principals without traffic share compute and storage */
    int32_t asks_brokers; /**< resource_source.source is admin_api */
    struct cg_kafka_admin_options admin;
    const char *labels[SELF_KAFKA_LABELS];
    int64_t cost_step; /**< seconds; divides a day */
    struct cg_metric_query queries[SELF_KAFKA_QUERY_COUNT];

    /* What `describe` answers. */
    const struct cg_metric_query *principal_queries[2];
    struct cg_product products[SELF_KAFKA_PRODUCT_COUNT];
    const struct cg_product *product_list[SELF_KAFKA_PRODUCT_COUNT];
    struct cg_service service;
    const struct cg_service *service_list[1];
};

/** Product types, and the keys of their rates below cost_model. */
const char *self_kafka_product_type(enum self_kafka_product product);
const char *self_kafka_rate_key(enum self_kafka_product product);

/** Fills everything but host, tenant and what `describe` answers. Errors with a sentence: CG_INVALID, CG_NO_MEMORY. */
cg_status self_kafka_read(struct self_kafka *self);

/** See cg_ecosystem.validate. */
void self_kafka_validate(const struct cg_host *host, const struct cg_config *settings);

/** See cg_ecosystem. */
cg_status self_kafka_describe(void *instance, struct cg_ecosystem_description *ret);
cg_status self_kafka_gather_inventory(void *instance, const struct cg_gather *gather);
cg_status self_kafka_gather_billing(void *instance, const struct cg_gather *gather);

/** Asks the brokers and hands over brokers and topics. Failures are reported as the family's. */
cg_status self_kafka_gather_admin(const struct self_kafka *self, const struct cg_gather *gather);

/** A broker or a topic: id `<cluster>:<type>:<name>`. `broker_id` is NULL or goes to the metadata. */
cg_status self_kafka_put(const struct self_kafka *self, const struct cg_gather *gather, const char *type,
                         const char *name, const char *display_name, const char *broker_id);

#endif
