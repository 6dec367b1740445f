/* How the cost of the four products is split. */
#include "self_kafka.h"

#include <chitragupt/models.h>
#include <chitragupt/plugin.h>

#include <math.h>
#include <string.h>

#define LENGTH(array_) (sizeof(array_) / sizeof((array_)[0]))

/* What a product's cost follows, before it is shared by the static identities. */
struct chain {
    const char *usage_key; /* bytes by principal; NULL: even shares of all principals */
    const char *shared_detail;
};

static const struct chain ingress = {SELF_KAFKA_KEY_IN, CG_DETAIL_NO_METRICS};
static const struct chain egress = {SELF_KAFKA_KEY_OUT, CG_DETAIL_NO_METRICS};
static const struct chain even = {NULL, CG_DETAIL_NO_ACTIVE_IDENTITIES};

static int fetch_failed(const struct cg_allocation_context *context) {
    return context->metrics != NULL && (context->metrics->flags & CG_METRICS_FETCH_FAILED) != 0;
}

static cg_status split_even(const struct cg_split *split, const struct cg_identity_list *list, size_t *ret_rows) {
    struct cg_text_list ids;
    cg_status status = cg_ids_of(split->host, list, &ids);
    return status == CG_OK ? cg_model_even(split, &ids, ret_rows) : status;
}

static cg_status split_by_use(const struct cg_allocation_context *context, const struct chain *chain,
                              const struct cg_split *split, size_t *ret_rows) {
    const struct self_kafka *self = context->ecosystem;
    if (chain->usage_key == NULL) {
        return split_even(split, &context->metrics_derived, ret_rows);
    }
    struct cg_usage *usage = cg_usage_new(context->host);
    if (usage == NULL) {
        return context->host->set_error(context->host, CG_NO_MEMORY, "There was not enough memory for the usage of %s.",
                                        context->line->resource_id);
    }
    cg_status status = cg_metered_usage(usage, context, chain->usage_key, self->labels[SELF_KAFKA_LABEL_PRINCIPAL]);
    return status == CG_OK ? cg_model_usage(split, usage, ret_rows) : status;
}

static cg_status allocate(const struct cg_allocator *allocator, const struct cg_allocation_context *context,
                          const struct cg_row_sink *rows) {
    const struct chain *chain = allocator->data;
    struct cg_split split = cg_split_of(context, rows);
    size_t made = 0;
    split.chain_tier = 0;
    split.cost_type = CG_COST_USAGE;
    split.detail = chain->usage_key != NULL ? CG_DETAIL_USAGE_RATIO : NULL;
    cg_status status = fetch_failed(context) ? CG_OK : split_by_use(context, chain, &split, &made);
    if (status == CG_OK && made == 0) {
        split.chain_tier = 1;
        split.cost_type = CG_COST_SHARED;
        split.detail = fetch_failed(context) ? CG_DETAIL_METRICS_FETCH_FAILED : chain->shared_detail;
        status = split_even(&split, &context->resource_active, &made);
    }
    if (status == CG_OK && made == 0) {
        split.chain_tier = 2;
        split.detail = fetch_failed(context) ? CG_DETAIL_METRICS_FETCH_FAILED : CG_DETAIL_NO_IDENTITIES;
        status = cg_model_terminal(&split, CG_IDENTITY_UNALLOCATED, &made);
    }
    return status;
}

#define ALLOCATOR(description_, chain_) \
    { CG_OVERRIDE_HEADER(struct cg_allocator, CG_OVERRIDE_ALLOCATOR), (description_), allocate, &(chain_) }

static const struct cg_allocator allocator_even = ALLOCATOR("even shares of the principals in the metrics", even);
static const struct cg_allocator allocator_ingress = ALLOCATOR("by bytes produced, else shared", ingress);
static const struct cg_allocator allocator_egress = ALLOCATOR("by bytes consumed, else shared", egress);

/* ---- whose is the cluster ---- */

static int has_traffic(const struct cg_metric_series *series) {
    for (size_t i = 0; i < series->point_count; i++) {
        if (isfinite(series->points[i].value) && series->points[i].value > 0) {
            return 1;
        }
    }
    return 0;
}

/* Principals in the metrics of either direction; the list counts when the settings say so, or when there is nobody
 * else. */
static cg_status resolve(const struct cg_identity_resolver *resolver, const struct cg_resolution_context *context,
                         const struct cg_resolution_sink *sink) {
    const struct self_kafka *self = context->ecosystem;
    const struct cg_metrics *metrics = self->people.from_metrics ? context->metrics : NULL;
    size_t found = 0;
    cg_status status = CG_OK;
    (void)resolver;
    for (size_t i = 0; metrics != NULL && i < metrics->series_count && status == CG_OK; i++) {
        const struct cg_metric_series *series = metrics->series[i];
        const char *id = cg_field_value(series->labels, series->label_count, self->labels[SELF_KAFKA_LABEL_PRINCIPAL]);
        int is_ours = strcmp(series->key, SELF_KAFKA_KEY_IN) == 0 || strcmp(series->key, SELF_KAFKA_KEY_OUT) == 0;
        if (is_ours && id != NULL && id[0] != '\0' && (self->counts_idle || has_traffic(series))) {
            status = cg_metered_add_derived(context, sink, &self->people, id);
            found++;
        }
    }
    if (status == CG_OK && (self->people.from_list || found == 0)) {
        status = cg_metered_add_listed(sink, &self->people);
    }
    return status;
}

static const struct cg_identity_resolver resolver = {
    CG_OVERRIDE_HEADER(struct cg_identity_resolver, CG_OVERRIDE_IDENTITY_RESOLVER),
    "principals in the metrics, and the static identities",
    resolve,
    NULL,
};

/* ---- description ---- */

cg_status self_kafka_describe(void *instance, struct cg_ecosystem_description *ret) {
    static const char *const types[] = {"cluster", "broker", "topic"};
    static const struct cg_allocator *const allocators[SELF_KAFKA_PRODUCT_COUNT] = {
        [SELF_KAFKA_COMPUTE] = &allocator_even,
        [SELF_KAFKA_STORAGE] = &allocator_even,
        [SELF_KAFKA_INGRESS] = &allocator_ingress,
        [SELF_KAFKA_EGRESS] = &allocator_egress,
    };
    struct self_kafka *self = instance;
    self->principal_queries[0] = &self->queries[SELF_KAFKA_QUERY_PRINCIPALS_IN];
    self->principal_queries[1] = &self->queries[SELF_KAFKA_QUERY_PRINCIPALS_OUT];
    for (size_t i = 0; i < SELF_KAFKA_PRODUCT_COUNT; i++) {
        self->products[i] = (struct cg_product){
            .struct_size = sizeof self->products[i],
            .metric_count = self->people.from_metrics ? LENGTH(self->principal_queries) : 0,
            .product_type = self_kafka_product_type((enum self_kafka_product)i),
            .allocator = allocators[i],
            .metrics = self->people.from_metrics ? self->principal_queries : NULL,
        };
        self->product_list[i] = &self->products[i];
    }
    self->service = (struct cg_service){
        .struct_size = sizeof self->service,
        .product_count = SELF_KAFKA_PRODUCT_COUNT,
        .service_type = "kafka",
        .products = self->product_list,
        .resolver = &resolver,
        .resource_types = {types, LENGTH(types)},
    };
    self->service_list[0] = &self->service;
    ret->services = self->service_list;
    ret->service_count = 1;
    ret->fallback = NULL;
    return CG_OK;
}
