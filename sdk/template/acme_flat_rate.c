/*
 * acme_flat_rate - an ecosystem that bills one resource at a constant daily rate and splits it evenly over its owners.
 *
 * Settings:
 *     resource_id   what is billed
 *     daily_rate    what a day costs
 *     owners        who pays, each the same
 *     product_type  name of the product, default ACME_FLAT_RATE
 */
#include <chitragupt/models.h>
#include <chitragupt/plugin.h>
#include <stdlib.h>

#define RESOURCE_TYPE "acme_resource"
#define IDENTITY_TYPE "acme_owner"

/* One tenant. The settings outlive it, so their texts are borrowed. */
struct acme {
    const char *resource_id;
    const char *product_type;
    struct cg_decimal daily_rate;
    struct cg_text_list owners;
    struct cg_product product;
    const struct cg_product *products[1];
    struct cg_service service;
    const struct cg_service *services[1];
    const char *owner_ids[];
};

static const char *const resource_types[] = {RESOURCE_TYPE};

static cg_status allocate(const struct cg_allocator *self, const struct cg_allocation_context *context,
                          const struct cg_row_sink *rows) {
    (void)self;
    const struct acme *acme = context->ecosystem;
    struct cg_split split = cg_split_of(context, rows);
    size_t count = 0;
    cg_status status = cg_model_even(&split, &acme->owners, &count);
    if (status != CG_OK || count > 0) {
        return status;
    }
    split.detail = CG_DETAIL_NO_IDENTITIES;
    return cg_model_terminal(&split, CG_IDENTITY_UNALLOCATED, &count);
}

static const struct cg_allocator allocator = {CG_OVERRIDE_HEADER(struct cg_allocator, CG_OVERRIDE_ALLOCATOR),
                                              "even split over the owners", allocate, NULL};

/* What the option table cannot say. */
static void validate(const struct cg_host *host, const struct cg_config *settings) {
    struct cg_decimal rate;
    if (host->config->decimal(settings, "daily_rate", &rate) == CG_OK && rate.negative) {
        host->config->problem(host, settings, "daily_rate", "must not be negative");
    }
}

static cg_status create(const struct cg_host *host, const struct cg_tenant *tenant, void **ret_instance) {
    const struct cg_config_api *config = host->config;
    const struct cg_config *owners = config->get(tenant->settings, "owners");
    size_t count = config->count(owners);
    struct acme *acme = calloc(1, sizeof *acme + count * sizeof acme->owner_ids[0]);
    if (acme == NULL) {
        return host->set_error(host, CG_NO_MEMORY, "Out of memory for %zu owners.", count);
    }
    acme->resource_id = config->text(tenant->settings, "resource_id", NULL);
    acme->product_type = config->text(tenant->settings, "product_type", "ACME_FLAT_RATE");
    if (acme->resource_id == NULL || config->decimal(tenant->settings, "daily_rate", &acme->daily_rate) != CG_OK) {
        free(acme);
        return host->set_error(host, CG_INVALID, "The settings need resource_id and daily_rate.");
    }
    for (size_t i = 0; i < count; i++) {
        acme->owner_ids[i] = config->text(config->at(owners, i), "", "");
    }
    acme->owners = (struct cg_text_list){acme->owner_ids, count};
    acme->product = (struct cg_product){.struct_size = sizeof acme->product, .allocator = &allocator};
    acme->product.product_type = acme->product_type;
    acme->products[0] = &acme->product;
    acme->service = (struct cg_service){.struct_size = sizeof acme->service, .service_type = "acme"};
    acme->service.products = acme->products;
    acme->service.product_count = 1;
    acme->service.resource_types = (struct cg_text_list){resource_types, 1};
    acme->services[0] = &acme->service;
    *ret_instance = acme;
    return CG_OK;
}

static cg_status describe(void *instance, struct cg_ecosystem_description *ret) {
    ret->services = ((struct acme *)instance)->services;
    ret->service_count = 1;
    return CG_OK;
}

static cg_status gather_inventory(void *instance, const struct cg_gather *gather) {
    const struct acme *acme = instance;
    struct cg_resource resource = {.struct_size = sizeof resource, .id = acme->resource_id, .type = RESOURCE_TYPE};
    resource.created_at = resource.deleted_at = CG_TIME_NONE;
    cg_status status = gather->resource(gather, &resource);
    if (status == CG_OK) {
        status = gather->family(gather, RESOURCE_TYPE, CG_OK, NULL);
    }
    for (size_t i = 0; status == CG_OK && i < acme->owners.count; i++) {
        struct cg_identity identity;
        cg_identity_from_id(acme->owners.items[i], &identity);
        identity.type = IDENTITY_TYPE;
        identity.display_name = identity.id;
        status = gather->identity(gather, &identity);
    }
    return status == CG_OK ? gather->family(gather, IDENTITY_TYPE, CG_OK, NULL) : status;
}

static cg_status gather_billing(void *instance, const struct cg_gather *gather) {
    const struct acme *acme = instance;
    struct cg_billing_line line = {.struct_size = sizeof line, .env_id = "", .resource_id = acme->resource_id};
    line.product_type = acme->product_type;
    line.product_category = "ACME";
    line.currency = "USD";
    line.granularity = "daily";
    line.quantity = cg_decimal_from_int64(1);
    line.unit_price = line.total_cost = acme->daily_rate;
    const struct cg_billing_line *lines[] = {&line};
    cg_status status = CG_OK;
    for (int64_t day = gather->billing_start; status == CG_OK && day < gather->billing_end; day += CG_DAY_US) {
        line.timestamp = day;
        status = gather->billing(gather, day, day + CG_DAY_US, lines, 1);
    }
    return status;
}

#define OPTION(key_, type_, element_, flags_, default_, help_) \
    { sizeof(struct cg_option), (type_), (element_), (flags_), (key_), (default_), 0, 0, NULL, (help_) }

static const struct cg_option options[] = {
    OPTION("resource_id", CG_OPTION_STRING, 0, CG_OPTION_REQUIRED | CG_OPTION_NON_EMPTY, NULL, "What is billed."),
    OPTION("daily_rate", CG_OPTION_DECIMAL, 0, CG_OPTION_REQUIRED, NULL, "What a day costs, in USD."),
    OPTION("owners", CG_OPTION_LIST, CG_OPTION_STRING, CG_OPTION_REQUIRED | CG_OPTION_NON_EMPTY, NULL, "Who pays."),
    OPTION("product_type", CG_OPTION_STRING, 0, CG_OPTION_NON_EMPTY, "ACME_FLAT_RATE", "Name of the product."),
};
static const struct cg_option *const option_table[] = {&options[0], &options[1], &options[2], &options[3]};

static const struct cg_ecosystem factory = {.struct_size = sizeof factory,
                                            .validate = validate,
                                            .create = create,
                                            .destroy = free,
                                            .describe = describe,
                                            .gather_inventory = gather_inventory,
                                            .gather_billing = gather_billing};

CG_REGISTER(CG_KIND_ECOSYSTEM, "acme_flat_rate", "1.0.0", "A constant daily rate for one resource", &factory,
            option_table, 4)
