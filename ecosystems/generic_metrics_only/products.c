/*
 * How the cost of each type is split. All lines of a day share their metrics and what the resolver says; so a line
 * looks only at what its own queries gave: the discovery, and its own allocation query.
 */
#include "generic.h"

#include <chitragupt/models.h>

#include <string.h>

#define LENGTH(array_) (sizeof(array_) / sizeof((array_)[0]))

static int fetch_failed(const struct cg_allocation_context *context) {
    return context->metrics != NULL && (context->metrics->flags & CG_METRICS_FETCH_FAILED) != 0;
}

static cg_status no_memory(const struct cg_allocation_context *context) {
    return context->host->set_error(context->host, CG_NO_MEMORY, "There was not enough memory for the shares of %s.",
                                    context->line->product_type);
}

/* ---- who shares ---- */

/* A value of the identity's label in the series of one key, or NULL. */
static const char *identity_in(const struct generic *self, const struct cg_metric_series *series, const char *key) {
    if (strcmp(series->key, key) != 0) {
        return NULL;
    }
    const char *id = cg_field_value(series->labels, series->label_count, self->label);
    return id == NULL || id[0] == '\0' ? NULL : id;
}

/* Everybody active, and who shows in the line's own allocation query, each once. */
static cg_status ids_of(const struct cg_allocation_context *context, const struct generic_cost *cost,
                        struct cg_text_list *ret) {
    const struct generic *self = context->ecosystem;
    const struct cg_host *host = context->host;
    const struct cg_metrics *metrics = self->people.from_metrics ? context->metrics : NULL;
    struct cg_metrics_answer own = {.struct_size = sizeof own};
    struct cg_text_list more = {NULL, 0};
    size_t series_count = metrics == NULL ? 0 : metrics->series_count;
    cg_status status = cg_ids_of(host, &context->merged_active, ret);
    const struct cg_metric_series **series =
        host->scratch(host, (series_count + 1) * sizeof(const struct cg_metric_series *));
    if (status != CG_OK || series == NULL) {
        return status != CG_OK ? status : no_memory(context);
    }
    for (size_t i = 0; i < series_count; i++) {
        const char *value = identity_in(self, metrics->series[i], cost->key);
        const char *id = value == NULL ? NULL : cg_metered_id(host, value);
        if (value != NULL && id == NULL) {
            return no_memory(context);
        }
        if (id != NULL && cg_identity_list_find(&context->merged_active, id) == NULL) {
            series[own.series_count++] = metrics->series[i];
        }
    }
    own.series = series;
    status = cg_metered_values(host, &own, self->label, &more);
    if (status != CG_OK || more.count == 0) {
        return status;
    }
    const char **ids = host->scratch(host, (ret->count + more.count) * sizeof(const char *));
    if (ids == NULL) {
        return no_memory(context);
    }
    if (ret->count > 0) {
        memcpy(ids, ret->items, ret->count * sizeof(const char *));
    }
    memcpy(ids + ret->count, more.items, more.count * sizeof(const char *));
    *ret = (struct cg_text_list){.items = ids, .count = ret->count + more.count};
    return CG_OK;
}

/* ---- tiers ---- */

static cg_status split_usage(const struct cg_allocation_context *context, const struct generic_cost *cost,
                             struct cg_split split, size_t *ret_rows) {
    struct cg_usage *usage = cg_usage_new(context->host);
    if (usage == NULL) {
        return no_memory(context);
    }
    cg_status status = cg_metered_usage(usage, context, cost->key, cost->allocation_label);
    split.cost_type = CG_COST_USAGE;
    return status == CG_OK ? cg_model_usage(&split, usage, ret_rows) : status;
}

static cg_status split_even(const struct cg_allocation_context *context, const struct generic_cost *cost,
                            const struct cg_split *split, size_t *ret_rows) {
    struct cg_text_list ids;
    cg_status status = ids_of(context, cost, &ids);
    return status == CG_OK ? cg_model_even(split, &ids, ret_rows) : status;
}

cg_status generic_allocate(const struct cg_allocator *allocator, const struct cg_allocation_context *context,
                           const struct cg_row_sink *rows) {
    const struct generic_cost *cost = allocator->data;
    const int failed = fetch_failed(context);
    const int by_usage = cost->allocation_label != NULL;
    struct cg_split split = cg_split_of(context, rows);
    size_t made = 0;
    cg_status status = CG_OK;
    split.chain_tier = 0;
    if (by_usage) {
        status = failed ? CG_OK : split_usage(context, cost, split, &made);
        split.chain_tier = 1;
    }
    if (status == CG_OK && made == 0) {
        split.detail = failed ? CG_DETAIL_METRICS_FETCH_FAILED : by_usage ? CG_DETAIL_NO_METRICS : CG_DETAIL_EVEN_SPLIT;
        status = split_even(context, cost, &split, &made);
    }
    if (status == CG_OK && made == 0) {
        split.chain_tier++;
        split.detail = failed ? CG_DETAIL_METRICS_FETCH_FAILED : CG_DETAIL_NO_IDENTITIES;
        status = cg_model_terminal(&split, CG_IDENTITY_UNALLOCATED, &made);
    }
    return status;
}

/* ---- whose is the system ---- */

/* What every line may know: the list, and who the discovery shows. */
static cg_status resolve(const struct cg_identity_resolver *resolver, const struct cg_resolution_context *context,
                         const struct cg_resolution_sink *sink) {
    const struct generic *self = context->ecosystem;
    const struct cg_metrics *metrics = self->people.from_metrics ? context->metrics : NULL;
    cg_status status = self->people.from_list ? cg_metered_add_listed(sink, &self->people) : CG_OK;
    (void)resolver;
    for (size_t i = 0; metrics != NULL && i < metrics->series_count && status == CG_OK; i++) {
        const char *id = identity_in(self, metrics->series[i], GENERIC_KEY_DISCOVERY);
        if (id != NULL) {
            status = cg_metered_add_derived(context, sink, &self->people, id);
        }
    }
    return status;
}

static const struct cg_identity_resolver resolver = {
    CG_OVERRIDE_HEADER(struct cg_identity_resolver, CG_OVERRIDE_IDENTITY_RESOLVER),
    "identities that the discovery query shows, and the static identities",
    resolve,
    NULL,
};

/* ---- description ---- */

static void describe_cost(struct generic *self, struct generic_cost *cost) {
    uint32_t count = 0;
    if (cost->allocation_label != NULL) {
        cost->metrics[count++] = &cost->allocation;
    }
    if (self->people.from_metrics) {
        cost->metrics[count++] = &self->discovery;
    }
    cost->allocator = (struct cg_allocator){CG_OVERRIDE_HEADER(struct cg_allocator, CG_OVERRIDE_ALLOCATOR),
                                            cost->allocation_label != NULL ? "by measured use, else equal shares"
                                                                           : "equal shares of all identities",
                                            generic_allocate, cost};
    cost->described = (struct cg_product){.struct_size = sizeof cost->described,
                                          .metric_count = count,
                                          .product_type = cost->product.product_type,
                                          .allocator = &cost->allocator,
                                          .metrics = count > 0 ? cost->metrics : NULL};
}

cg_status generic_describe(void *instance, struct cg_ecosystem_description *ret) {
    static const char *const types[] = {"cluster"};
    struct generic *self = instance;
    for (size_t i = 0; i < self->cost_count; i++) {
        describe_cost(self, &self->costs[i]);
        self->products[i] = &self->costs[i].described;
    }
    self->service = (struct cg_service){.struct_size = sizeof self->service,
                                        .product_count = (uint32_t)self->cost_count,
                                        .service_type = "generic",
                                        .products = self->products,
                                        .resolver = &resolver,
                                        .resource_types = {types, LENGTH(types)}};
    self->service_list[0] = &self->service;
    ret->services = self->service_list;
    ret->service_count = 1;
    ret->fallback = NULL;
    return CG_OK;
}
