/* The module: what the host sees of it. Everything else is pure logic, or the two gather calls. */
#include "ccloud.h"
#include "options.h"
#include "products.h"
#include "topics.h"

#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>

static cg_status create(const struct cg_host *host, const struct cg_tenant *tenant, void **ret_instance) {
    if (sodium_init() < 0) {
        return host->set_error(host, CG_PERMANENT, "The cryptographic library could not be started.");
    }
    struct ccloud_instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL) {
        return host->set_error(host, CG_NO_MEMORY, "There was not enough memory for the ecosystem of tenant %s.",
                               tenant->name);
    }
    instance->host = host;
    instance->tenant = tenant;
    *ret_instance = instance;
    return CG_OK;
}

static void destroy(void *opaque) {
    struct ccloud_instance *instance = opaque;
    if (instance != NULL) {
        ccloud_client_close(instance);
        ccloud_arena_done(&instance->description);
        free(instance);
    }
}

static int has_topics(const struct cg_ecosystem_description *description) {
    return description->struct_size >= offsetof(struct cg_ecosystem_description, topics) + sizeof(const void *);
}

static cg_status describe(void *opaque, struct cg_ecosystem_description *ret) {
    struct ccloud_instance *instance = opaque;
    ccloud_describe(ret);
    if (!has_topics(ret)) {
        return CG_OK;
    }
    return ccloud_topics_describe(instance->host, instance->tenant->settings, &instance->description, &ret->topics);
}

static const struct cg_ecosystem ecosystem = {
    .struct_size = sizeof ecosystem,
    .flags = CG_ECOSYSTEM_HAS_ENVIRONMENTS,
    .validate = ccloud_validate,
    .create = create,
    .destroy = destroy,
    .describe = describe,
    .gather_inventory = ccloud_gather_inventory,
    .gather_billing = ccloud_gather_billing,
};

CG_REGISTER(CG_KIND_ECOSYSTEM, "confluent_cloud", "1.0.0",
            "Confluent Cloud: costs of the billing API, inventory of the management API", &ecosystem, ccloud_options,
            CCLOUD_OPTION_COUNT)
