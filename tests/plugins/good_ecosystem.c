/* A sound ecosystem without costs. It has an allocator of its own under a name that other modules use too. */
#include "parts.h"

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
    (void)instance;
    ret->services = NULL;
    ret->service_count = 0;
    return CG_OK;
}

static cg_status gather(void *instance, const struct cg_gather *gather) {
    (void)instance;
    (void)gather;
    return CG_OK;
}

static cg_status gather_billing(void *instance, const struct cg_gather *gather) {
    (void)instance;
    return gather->billing(gather, gather->billing_start, gather->billing_end, NULL, 0);
}

static const struct cg_ecosystem ecosystem = {.struct_size = sizeof ecosystem,
                                              .create = create,
                                              .destroy = destroy,
                                              .describe = describe,
                                              .gather_inventory = gather,
                                              .gather_billing = gather_billing};

static const struct cg_option region = {
    .struct_size = sizeof region, .type = CG_OPTION_STRING, .key = "region", .help = "Where it is."};
static const struct cg_option limit = {.struct_size = sizeof limit,
                                       .type = CG_OPTION_INT,
                                       .flags = CG_OPTION_MIN | CG_OPTION_MAX,
                                       .key = "limit",
                                       .default_text = "3",
                                       .minimum = 1,
                                       .maximum = 9,
                                       .help = "How many."};
static const struct cg_option *const options[] = {&region, &limit};

CG_REGISTER(CG_KIND_ECOSYSTEM, "good_ecosystem", "2.0.0", "A sound ecosystem without costs", &ecosystem, options, 2)

EMPTY_ALLOCATOR(shared_split)
