/*
 * The module `prometheus`: the rows of each date as samples on a page that Prometheus reads.
 *
 * Where samples are kept and how they are served is the host's business; see exposition.h.
 */
#include <stdlib.h>

#include "address.h"
#include "families.h"

struct prometheus_emitter {
    const struct cg_host *host;
    const struct cg_exposition_api *api;
    struct cg_exposition *exposition;
};

static void validate(const struct cg_host *host, const struct cg_config *params) {
    const char *address = host->config->text(params, "address", "");
    const char *problem = prometheus_address_problem(address);
    if (problem)
        host->config->problem(host, params, "address", "'%.100s' is not an address to listen at: %s", address, problem);
}

/* NULL: the program is older than this module needs. */
static const struct cg_exposition_api *find_api(const struct cg_host *host) {
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): the size of a pointer is meant */
    return CG_HAS_MEMBER(host, struct cg_host, exposition) ? host->exposition : NULL;
}

static cg_status create(const struct cg_host *host, const struct cg_emitter_spec *spec, void **ret_instance) {
    const struct cg_exposition_api *api = find_api(host);
    if (!api)
        return host->set_error(host, CG_PERMANENT,
                               "the emitter '%s' needs a program that serves samples (plugin ABI 1.3)", spec->name);
    struct prometheus_emitter *emitter = calloc(1, sizeof *emitter);
    if (!emitter)
        return host->set_error(host, CG_NO_MEMORY, "out of memory for the emitter '%s'", spec->name);
    emitter->host = host;
    emitter->api = api;
    cg_status status = api->open(host, spec, prometheus_families, PROMETHEUS_FAMILIES, &emitter->exposition);
    if (status != CG_OK) {
        free(emitter);
        return status;
    }
    *ret_instance = emitter;
    return CG_OK;
}

static void destroy(void *instance) {
    struct prometheus_emitter *emitter = instance;
    if (!emitter)
        return;
    emitter->api->close(emitter->exposition);
    free(emitter);
}

static cg_status begin(void *instance, const struct cg_emission *emission) {
    const struct prometheus_emitter *emitter = instance;
    return emitter->api->begin(emitter->exposition, emission);
}

static cg_status add(const struct prometheus_emitter *emitter, uint32_t family, const char *const *values,
                     const char *amount) {
    return emitter->api->sample(emitter->exposition, family, values, amount);
}

static cg_status rows(void *instance, const struct cg_emitted_row *const *batch, size_t count) {
    const char *values[PROMETHEUS_LABELS];
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        prometheus_chargeback_values(batch[i], values);
        status = add(instance, PROMETHEUS_CHARGEBACK, values, batch[i]->amount);
    }
    return status;
}

static cg_status topic_rows(void *instance, const struct cg_emitted_topic_row *const *batch, size_t count) {
    const char *values[PROMETHEUS_LABELS];
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        prometheus_topic_values(batch[i], values);
        status = add(instance, PROMETHEUS_TOPIC, values, batch[i]->amount);
    }
    return status;
}

static cg_status billing_rows(void *instance, const struct cg_emitted_billing_row *const *batch, size_t count) {
    const char *values[PROMETHEUS_LABELS];
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        prometheus_billing_values(batch[i], values);
        status = add(instance, PROMETHEUS_BILLING, values, batch[i]->total_cost);
    }
    return status;
}

static cg_status resource_rows(void *instance, const struct cg_emitted_resource *const *batch, size_t count) {
    const char *values[PROMETHEUS_LABELS];
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        prometheus_resource_values(batch[i], values);
        status = add(instance, PROMETHEUS_RESOURCE, values, "1");
    }
    return status;
}

static cg_status identity_rows(void *instance, const struct cg_emitted_identity *const *batch, size_t count) {
    const char *values[PROMETHEUS_LABELS];
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        prometheus_identity_values(batch[i], values);
        status = add(instance, PROMETHEUS_IDENTITY, values, "1");
    }
    return status;
}

static cg_status finish(void *instance) {
    const struct prometheus_emitter *emitter = instance;
    return emitter->api->finish(emitter->exposition);
}

static void drop(void *instance) {
    const struct prometheus_emitter *emitter = instance;
    emitter->api->abort(emitter->exposition);
}

static const struct cg_option port_option = CG_EXPOSITION_PORT;
static const struct cg_option address_option = CG_EXPOSITION_ADDRESS;
static const struct cg_option directory_option = CG_EXPOSITION_DIRECTORY;
static const struct cg_option keep_days_option = CG_EXPOSITION_KEEP_DAYS;
static const struct cg_option max_mib_option = CG_EXPOSITION_MAX_MIB;

#define OPTION_COUNT 5
static const struct cg_option *const options[OPTION_COUNT] = {&port_option, &address_option, &directory_option,
                                                              &keep_days_option, &max_mib_option};

static const struct cg_emitter factory = {
    .struct_size = sizeof(struct cg_emitter),
    .flags = CG_EMITTER_EXPOSES,
    .validate = validate,
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .rows = rows,
    .finish = finish,
    .abort = drop,
    .topic_rows = topic_rows,
    .billing_rows = billing_rows,
    .resource_rows = resource_rows,
    .identity_rows = identity_rows,
};

CG_REGISTER(CG_KIND_EMITTER, "prometheus", "1.0.0",
            "Costs, resources and identities as samples on a page for Prometheus, one for each date or month", &factory,
            options, OPTION_COUNT)
