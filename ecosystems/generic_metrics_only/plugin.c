/* The module: what the host sees of it. */
#include "generic.h"
#include "options.h"

#include <stdlib.h>

static void destroy(void *instance) {
    struct generic *self = instance;
    if (self != NULL) {
        cg_metered_memory_done(&self->memory);
        free(self);
    }
}

static cg_status create(const struct cg_host *host, const struct cg_tenant *tenant, void **ret_instance) {
    struct generic *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return host->set_error(host, CG_NO_MEMORY, "There was not enough memory for the ecosystem of tenant %s.",
                               tenant->name);
    }
    self->host = host;
    self->tenant = tenant;
    cg_status status = generic_read(self);
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
    .validate = generic_validate,
    .create = create,
    .destroy = destroy,
    .describe = generic_describe,
    .gather_inventory = generic_gather_inventory,
    .gather_billing = generic_gather_billing,
};

CG_REGISTER(CG_KIND_ECOSYSTEM, "generic_metrics_only", "1.0.0",
            "Any system that a metrics source measures: costs of configured rates and queries", &ecosystem,
            generic_options, GENERIC_OPTION_COUNT)
