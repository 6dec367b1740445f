/* From plugin_settings to the instance. */
#include "generic.h"

#include <string.h>

int32_t generic_kind_of(const char *type) {
    static const struct {
        const char *type;
        uint32_t kind;
    } kinds[] = {{"fixed", CG_METERED_FIXED}, {"storage_gib", CG_METERED_SIZE}, {"network_gib", CG_METERED_COUNTER}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].type, type) == 0) {
            return (int32_t)kinds[i].kind;
        }
    }
    return -1;
}

static cg_status no_memory(const struct generic *self) {
    return self->host->set_error(self->host, CG_NO_MEMORY,
                                 "There was not enough memory for the cost types of tenant %s.", self->tenant->name);
}

/* Samples of an expression with a window tell of the time before them. */
static uint32_t flags_of(const char *query) {
    int64_t seconds = 0;
    return CG_METRIC_LITERAL | (cg_metered_window(query, &seconds) == CG_METERED_WINDOW_NONE ? 0 : CG_METRIC_TRAILING);
}

/* How far apart a cost is sampled: a counter at its own window, so that each second counts once. */
static int64_t step_of(const struct cg_metered_product *product, const char *query, int64_t step) {
    int64_t seconds = 0;
    int is_own = product->kind == CG_METERED_COUNTER && cg_metered_window(query, &seconds) == CG_METERED_WINDOW_ONE;
    return cg_metered_step(is_own ? seconds : step);
}

static cg_status read_cost_query(struct generic *self, struct generic_cost *cost, const char *query, int64_t step) {
    struct cg_metered_product *product = &cost->product;
    if (product->kind == CG_METERED_FIXED) {
        return CG_OK;
    }
    product->step_seconds = step_of(product, query, step);
    const char *text = cg_metered_with_interval(&self->memory, query, product->step_seconds);
    const char *key = cg_metered_printf(&self->memory, "cost_%s", product->product_type);
    if (text == NULL || key == NULL) {
        return no_memory(self);
    }
    cost->cost = (struct cg_metric_query){.struct_size = sizeof cost->cost,
                                          .flags = CG_METRIC_LITERAL |
                                                   (product->kind == CG_METERED_COUNTER ? CG_METRIC_TRAILING : 0),
                                          .key = key,
                                          .expression = text};
    product->query = &cost->cost;
    return CG_OK;
}

/* The program samples what shares are made of at metrics_step_seconds. */
static cg_status read_allocation(struct generic *self, struct generic_cost *cost, const struct cg_config *node,
                                 int64_t step) {
    const struct cg_config_api *config = self->host->config;
    const char *query = config->text(node, "allocation_query", "");
    cost->key = cg_metered_printf(&self->memory, "alloc_%s", cost->product.product_type);
    if (cost->key == NULL) {
        return no_memory(self);
    }
    if (strcmp(config->text(node, "allocation_strategy", ""), "usage_ratio") != 0) {
        return CG_OK;
    }
    cost->allocation_label = config->text(node, "allocation_label", "");
    const char *text = cg_metered_with_interval(&self->memory, query, step);
    if (text == NULL) {
        return no_memory(self);
    }
    cost->allocation = (struct cg_metric_query){.struct_size = sizeof cost->allocation,
                                                .flags = flags_of(query),
                                                .key = cost->key,
                                                .expression = text,
                                                .labels = {&cost->allocation_label, 1}};
    return CG_OK;
}

static cg_status read_cost(struct generic *self, struct generic_cost *cost, const struct cg_config *node,
                           int64_t step) {
    const struct cg_config_api *config = self->host->config;
    int32_t kind = generic_kind_of(config->text(node, "cost_quantity.type", ""));
    cost->product = (struct cg_metered_product){
        .kind = (uint32_t)kind,
        .empty_places = 1,
        .product_type = config->text(node, "name", ""),
        .product_category = config->text(node, "product_category", ""),
        .count = config->integer(node, "cost_quantity.count", 0),
    };
    if (kind < 0 || config->decimal(node, "rate", &cost->product.unit_price) != CG_OK) {
        return self->host->set_error(self->host, CG_INVALID, "Cost type %s has no known cost_quantity.type or no rate.",
                                     cost->product.product_type);
    }
    cg_status status = read_cost_query(self, cost, config->text(node, "cost_quantity.query", ""), step);
    return status == CG_OK ? read_allocation(self, cost, node, step) : status;
}

static cg_status read_costs(struct generic *self, int64_t step) {
    const struct cg_config_api *config = self->host->config;
    const struct cg_config *list = config->get(self->tenant->settings, "cost_types");
    size_t count = config->count(list);
    self->costs = cg_metered_alloc(&self->memory, (count + 1) * sizeof *self->costs);
    self->bill = cg_metered_alloc(&self->memory, (count + 1) * sizeof *self->bill);
    self->products = cg_metered_alloc(&self->memory, (count + 1) * sizeof(const struct cg_product *));
    if (self->costs == NULL || self->bill == NULL || self->products == NULL) {
        return no_memory(self);
    }
    for (size_t i = 0; i < count; i++) {
        cg_status status = read_cost(self, &self->costs[i], config->at(list, i), step);
        if (status != CG_OK) {
            return status;
        }
        self->bill[i] = self->costs[i].product;
    }
    self->cost_count = count;
    return CG_OK;
}

static cg_status read_discovery(struct generic *self, const struct cg_config *section, int64_t step) {
    const char *query = self->host->config->text(section, "discovery_query", "");
    const char *text = cg_metered_with_interval(&self->memory, query, step);
    if (text == NULL) {
        return no_memory(self);
    }
    self->discovery = (struct cg_metric_query){.struct_size = sizeof self->discovery,
                                               .flags = flags_of(query),
                                               .key = GENERIC_KEY_DISCOVERY,
                                               .expression = text,
                                               .labels = {&self->label, 1}};
    return CG_OK;
}

cg_status generic_read(struct generic *self) {
    const struct cg_config_api *config = self->host->config;
    const struct cg_config *settings = self->tenant->settings;
    const struct cg_config *identities = config->get(settings, "identity_source");
    int64_t step = cg_metered_sampling(config, settings);
    const char *name = cg_metered_given(config, settings, "display_name");
    self->cluster_id = config->text(settings, "cluster_id", "");
    self->display_name = name != NULL ? name : self->cluster_id;
    self->label = config->text(identities, "label", "principal");
    cg_status status = cg_metered_people_read(&self->memory, self->host, identities, 0, &self->people);
    if (status == CG_OK) {
        status = read_discovery(self, identities, step);
    }
    return status == CG_OK ? read_costs(self, step) : status;
}
