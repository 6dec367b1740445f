/* An ecosystem without costs whose clusters' costs would be split over topics, with emitters for the rows. */
#include "parts.h"

#include <stdlib.h>

struct instance {
    struct cg_topic_attribution topics;
};

static cg_status create(const struct cg_host *host, const struct cg_tenant *tenant, void **ret_instance) {
    struct instance *instance = calloc(1, sizeof *instance);
    if (!instance)
        return CG_NO_MEMORY;
    instance->topics = (struct cg_topic_attribution){
        .struct_size = sizeof instance->topics,
        .cluster_type = "cluster",
        .cluster_prefix = "",
        .topic_label = "topic",
        .retention_days = 90,
        .emitters = host->config->get(tenant->settings, "topic_attribution.emitters"),
    };
    *ret_instance = instance;
    return CG_OK;
}

static cg_status describe(void *instance, struct cg_ecosystem_description *ret) {
    struct instance *own = instance;
    if (CG_HAS_MEMBER(ret, struct cg_ecosystem_description, topics)) /* NOLINT(bugprone-sizeof-expression) */
        ret->topics = &own->topics;
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
                                              .destroy = free,
                                              .describe = describe,
                                              .gather_inventory = gather,
                                              .gather_billing = gather_billing};

static const struct cg_option section = {
    .struct_size = sizeof section, .type = CG_OPTION_SECTION, .key = "topic_attribution", .help = "Cost per topic."};
static const struct cg_option emitters = {.struct_size = sizeof emitters,
                                          .type = CG_OPTION_LIST,
                                          .default_text = "[]",
                                          .key = "topic_attribution.emitters",
                                          .help = "Where topic rows go."};
static const struct cg_option *const options[] = {&section, &emitters};

CG_REGISTER(CG_KIND_ECOSYSTEM, "topics_ecosystem", "1.0.0", "An ecosystem without costs, but with topics", &ecosystem,
            options, 2)
