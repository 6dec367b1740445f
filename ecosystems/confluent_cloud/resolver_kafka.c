/* A Kafka cluster or Schema Registry belongs to the owners of its API keys, and to the principals in its metrics. */
#include "ccloud.h"
#include "products.h"
#include "resolvers.h"
#include "usage.h"

#include <chitragupt/plugin.h>

#include <string.h>

static const char *field_of(const struct cg_identity *identity, const char *key) {
    return ccloud_field_text(identity->fields, identity->field_count, key);
}

static int is_api_key(const struct cg_identity *identity) {
    return identity != NULL && strcmp(identity->type, "api_key") == 0;
}

typedef cg_status (*add_function)(const struct cg_resolution_sink *sink, const struct cg_identity *identity);

/* Adds who has this id: somebody alive in the window, else a stand-in made from the id. */
static cg_status add_by_id(const struct cg_resolution_context *context, const struct cg_resolution_sink *sink,
                           add_function add, const char *id) {
    struct cg_identity stand_in;
    const struct cg_identity *identity = cg_identity_list_find(&context->tenant_period, id);
    if (identity == NULL) {
        cg_identity_from_id(id, &stand_in);
        identity = &stand_in;
    }
    return add(sink, identity);
}

/* The owners of the API keys that were made for the resource. */
static cg_status add_key_owners(const struct cg_resolution_context *context, const struct cg_resolution_sink *sink) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < context->tenant_period.count && status == CG_OK; i++) {
        const struct cg_identity *identity = context->tenant_period.items[i];
        if (!is_api_key(identity)) {
            continue;
        }
        const char *resource_id = field_of(identity, "resource_id");
        if (resource_id == NULL || strcmp(resource_id, context->resource_id) != 0) {
            continue;
        }
        const char *owner_id = field_of(identity, "owner_id");
        if (owner_id != NULL) {
            status = add_by_id(context, sink, sink->add_active, owner_id);
        }
    }
    return status;
}

/* Who stands behind one principal of the metrics: the owner of a known API key, else the principal itself. */
static cg_status add_principal(const struct cg_resolution_context *context, const struct cg_resolution_sink *sink,
                               const char *principal) {
    const struct cg_identity *identity = cg_identity_list_find(&context->tenant_period, principal);
    if (!is_api_key(identity)) {
        return add_by_id(context, sink, sink->add_derived, principal);
    }
    const char *owner_id = field_of(identity, "owner_id");
    if (owner_id == NULL) {
        return CG_OK;
    }
    cg_status status = add_by_id(context, sink, sink->add_derived, owner_id);
    return status == CG_OK ? sink->put_text(sink, CCLOUD_MAP_KEY_OWNER, principal, owner_id) : status;
}

/* Once a run: the names are likely to be those of every day. */
static void tell_odd_names(const struct cg_resolution_context *context, size_t count, const char *first) {
    struct ccloud_instance *instance = context->ecosystem;
    if (count == 0 || (instance != NULL && instance->told_names)) {
        return;
    }
    if (instance != NULL) {
        instance->told_names = 1;
    }
    context->host->log(context->host, CG_LOG_WARNING,
                       "%zu series in the metrics of %s name principals with control characters, or too long; what is "
                       "not clean becomes '?', the first is charged as '%.200s'",
                       count, context->resource_id, first);
}

/* One look per series: its points do not matter here, whatever their number. */
static cg_status resolve(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                         const struct cg_resolution_sink *sink) {
    (void)self;
    const char *first_odd = NULL;
    size_t odd = 0;
    cg_status status = add_key_owners(context, sink);
    size_t series_count = context->metrics == NULL ? 0 : context->metrics->series_count;
    for (size_t i = 0; i < series_count && status == CG_OK; i++) {
        const struct cg_metric_series *series = context->metrics->series[i];
        const char *principal = cg_field_value(series->labels, series->label_count, CCLOUD_LABEL_PRINCIPAL);
        if (principal == NULL || principal[0] == '\0') {
            continue;
        }
        const char *name = ccloud_name(context->host, principal);
        if (name == NULL) {
            return CG_NO_MEMORY;
        }
        if (name != principal) {
            first_odd = odd++ == 0 ? name : first_odd;
        }
        status = add_principal(context, sink, name);
    }
    tell_odd_names(context, odd, first_odd);
    return status;
}

const struct cg_identity_resolver ccloud_resolver_kafka = {
    CG_OVERRIDE_HEADER(struct cg_identity_resolver, CG_OVERRIDE_IDENTITY_RESOLVER),
    "owners of the resource's API keys, and the principals in its metrics",
    resolve,
    NULL,
};
