/* The instance: settings as this module uses them, and what it tells the host about itself. */
#ifndef GENERIC_H
#define GENERIC_H

#include <chitragupt/metered.h>
#include <chitragupt/plugin.h>

/** Key of the query that finds identities. */
#define GENERIC_KEY_DISCOVERY "discovery"

/** One cost type. */
struct generic_cost {
    struct cg_metered_product product;
    const char *allocation_label; /**< NULL: even split */
    const char *key;              /**< of the allocation query */
    struct cg_metric_query cost;
    struct cg_metric_query allocation;
    const struct cg_metric_query *metrics[2];
    struct cg_allocator allocator;
    struct cg_product described;
};

/** One tenant's system. */
struct generic {
    const struct cg_host *host;
    const struct cg_tenant *tenant;
    struct cg_metered_memory memory;
    const char *cluster_id;
    const char *display_name;
    const char *label; /**< that holds the identity */
    struct cg_metered_people people;
    struct cg_metric_query discovery; /**< asked when people.from_metrics */
    struct generic_cost *costs;
    size_t cost_count;
    struct cg_metered_product *bill; /**< the products of `costs` */

    /* What `describe` answers. */
    const struct cg_product **products;
    struct cg_service service;
    const struct cg_service *service_list[1];
};

/** Fills everything but host, tenant and what `describe` answers. Errors with a sentence: CG_INVALID, CG_NO_MEMORY. */
cg_status generic_read(struct generic *self);

/** The kind of a cost_quantity.type: CG_METERED_, or -1 for another text. */
int32_t generic_kind_of(const char *type);

/** See cg_ecosystem.validate. */
void generic_validate(const struct cg_host *host, const struct cg_config *settings);

/** See cg_ecosystem. */
cg_status generic_describe(void *instance, struct cg_ecosystem_description *ret);
cg_status generic_gather_inventory(void *instance, const struct cg_gather *gather);
cg_status generic_gather_billing(void *instance, const struct cg_gather *gather);

/** The split of one cost type's lines; the allocator's data is its struct generic_cost. */
cg_status generic_allocate(const struct cg_allocator *allocator, const struct cg_allocation_context *context,
                           const struct cg_row_sink *rows);

#endif
