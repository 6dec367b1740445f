/* The bill: four products, measured and priced. */
#include "self_kafka.h"

cg_status self_kafka_gather_billing(void *instance, const struct cg_gather *gather) {
    static const struct {
        uint32_t kind;
        enum self_kafka_query query;
    } measures[SELF_KAFKA_PRODUCT_COUNT] = {
        [SELF_KAFKA_COMPUTE] = {CG_METERED_FIXED, SELF_KAFKA_QUERY_COUNT},
        [SELF_KAFKA_STORAGE] = {CG_METERED_SIZE, SELF_KAFKA_QUERY_SIZE},
        [SELF_KAFKA_INGRESS] = {CG_METERED_COUNTER, SELF_KAFKA_QUERY_IN},
        [SELF_KAFKA_EGRESS] = {CG_METERED_COUNTER, SELF_KAFKA_QUERY_OUT},
    };
    const struct self_kafka *self = instance;
    struct cg_metered_product products[SELF_KAFKA_PRODUCT_COUNT];
    for (size_t i = 0; i < SELF_KAFKA_PRODUCT_COUNT; i++) {
        int is_measured = measures[i].kind != CG_METERED_FIXED;
        products[i] = (struct cg_metered_product){
            .kind = measures[i].kind,
            .product_type = self_kafka_product_type((enum self_kafka_product)i),
            .product_category = "kafka",
            .unit_price = self->rates[i],
            .count = self->broker_count,
            .query = is_measured ? &self->queries[measures[i].query] : NULL,
            .step_seconds = self->cost_step,
        };
    }
    const struct cg_metered_bill bill = {
        .tenant_id = self->tenant->tenant_id,
        .resource_id = self->cluster_id,
        .currency = "USD",
        .no_data = " — skipping billing period",
        .products = products,
        .product_count = SELF_KAFKA_PRODUCT_COUNT,
    };
    return cg_metered_gather(gather, &bill);
}
