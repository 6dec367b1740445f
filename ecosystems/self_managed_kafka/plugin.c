/* The module: what the host sees of it. */
#include "options.h"
#include "self_kafka.h"

#include <stdlib.h>

static void destroy(void *instance) {
    struct self_kafka *self = instance;
    if (self != NULL) {
        cg_metered_memory_done(&self->memory);
        free(self);
    }
}

static cg_status create(const struct cg_host *host, const struct cg_tenant *tenant, void **ret_instance) {
    struct self_kafka *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return host->set_error(host, CG_NO_MEMORY, "There was not enough memory for the ecosystem of tenant %s.",
                               tenant->name);
    }
    self->host = host;
    self->tenant = tenant;
    cg_status status = self_kafka_read(self);
    if (status != CG_OK) {
        destroy(self);
        return status;
    }
    *ret_instance = self;
    return CG_OK;
}

static const struct cg_ecosystem ecosystem = {
    .struct_size = sizeof ecosystem,
    .flags = CG_ECOSYSTEM_MEASURED_IDENTITIES,
    .validate = self_kafka_validate,
    .create = create,
    .destroy = destroy,
    .describe = self_kafka_describe,
    .gather_inventory = self_kafka_gather_inventory,
    .gather_billing = self_kafka_gather_billing,
};

CG_REGISTER(CG_KIND_ECOSYSTEM, "self_managed_kafka", "1.0.0",
            "A Kafka cluster of one's own: costs of configured rates and measured use", &ecosystem, self_kafka_options,
            SELF_KAFKA_OPTION_COUNT)
