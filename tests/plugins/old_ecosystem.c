/* Built with the headers of ABI 1.0: it knows a description that ends with `fallback`, and bills 2 USD a day. */
#include "parts.h"

#include <string.h>

struct description_1_0 {
    uint32_t struct_size;
    uint32_t reserved;
    const struct cg_service *const *services;
    size_t service_count;
    const struct cg_allocator *fallback;
};

static cg_status allocate(const struct cg_allocator *self, const struct cg_allocation_context *context,
                          const struct cg_row_sink *rows) {
    (void)self;
    const struct cg_row row = {.struct_size = sizeof row,
                               .cost_type = CG_COST_SHARED,
                               .identity_id = "owner",
                               .amount = context->amount,
                               .chain_tier = CG_NO_INDEX,
                               .composition_index = CG_NO_INDEX};
    return rows->add(rows, &row);
}

static const struct cg_allocator allocator = {
    {sizeof(struct cg_allocator), CG_OVERRIDE_MAGIC, CG_OVERRIDE_ALLOCATOR, 1, 0}, "the owner pays", allocate, NULL};
static const struct cg_product product = {
    .struct_size = sizeof product, .product_type = "OLD", .allocator = &allocator};
static const struct cg_product *const products[] = {&product};
static const struct cg_service service = {
    .struct_size = sizeof service, .product_count = 1, .service_type = "old", .products = products};
static const struct cg_service *const services[] = {&service};

static cg_status create(const struct cg_host *host, const struct cg_tenant *tenant, void **ret_instance) {
    (void)host;
    (void)tenant;
    *ret_instance = NULL;
    return CG_OK;
}

static void destroy(void *instance) {
    (void)instance;
}

static cg_status describe(void *instance, struct cg_ecosystem_description *ret) {
    const struct description_1_0 description = {
        .struct_size = sizeof description, .services = services, .service_count = 1};
    (void)instance;
    memcpy(ret, &description, sizeof description);
    return CG_OK;
}

static cg_status gather(void *instance, const struct cg_gather *gather) {
    (void)instance;
    (void)gather;
    return CG_OK;
}

static cg_status gather_billing(void *instance, const struct cg_gather *gather) {
    cg_status status = CG_OK;
    (void)instance;
    for (int64_t day = gather->billing_start; day < gather->billing_end && status == CG_OK; day += CG_DAY_US) {
        const struct cg_billing_line line = {.struct_size = sizeof line,
                                             .timestamp = day,
                                             .env_id = "",
                                             .resource_id = "thing",
                                             .product_category = "OLD",
                                             .product_type = "OLD",
                                             .currency = "USD",
                                             .granularity = "daily",
                                             .quantity = {.low = 1},
                                             .unit_price = {.low = 2},
                                             .total_cost = {.low = 2}};
        const struct cg_billing_line *const list[] = {&line};
        status = gather->billing(gather, day, day + CG_DAY_US, list, 1);
    }
    return status;
}

static const struct cg_ecosystem ecosystem = {.struct_size = sizeof ecosystem,
                                              .create = create,
                                              .destroy = destroy,
                                              .describe = describe,
                                              .gather_inventory = gather,
                                              .gather_billing = gather_billing};

RAW_REGISTER(.magic = CG_MODULE_MAGIC, .abi_major = 1, .abi_minor = 0, .struct_size = sizeof raw_registration_,
             .kind = CG_KIND_ECOSYSTEM, .name = "old_ecosystem", .factory = &ecosystem, SOUND_TEXTS)
