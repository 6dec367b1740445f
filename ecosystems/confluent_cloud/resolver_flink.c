/*
 * A compute pool belongs to the owners of the statements that ran in it, each by the CFU its statements used. Without
 * usage every statement that is not stopped weighs the same.
 */
#include "products.h"
#include "resolvers.h"
#include "usage.h"

#include <chitragupt/plugin.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A statement of the pool. */
struct statement {
    const char *name; /* "" when it has none */
    const struct cg_resource *resource;
};

struct statements {
    struct statement *items; /* sorted by name, then by resource id */
    size_t count;
};

static const char *metadata(const struct cg_resource *resource, const char *key) {
    return ccloud_field_text(resource->fields, resource->field_count, key);
}

static const char *name_of(const struct cg_resource *resource) {
    const char *name = resource->display_name;
    if (name == NULL || name[0] == '\0') {
        name = metadata(resource, "statement_name");
    }
    return name != NULL ? name : "";
}

static int compare_statements(const void *left, const void *right) {
    const struct statement *a = left;
    const struct statement *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->resource->id, b->resource->id);
}

/* The statements of the line's pool whose life overlaps the window. */
static cg_status list_statements(const struct cg_resolution_context *context, struct statements *ret) {
    const struct cg_host *host = context->host;
    const char *env_id = context->env_id[0] == '\0' ? NULL : context->env_id;
    const struct cg_resource *const *resources = NULL;
    size_t resource_count = 0;
    cg_status status = context->list_resources(context, "flink_statement", env_id, &resources, &resource_count);
    if (status != CG_OK) {
        return status;
    }
    struct statement *items = host->scratch(host, (resource_count + 1) * sizeof *items);
    if (items == NULL) {
        return host->set_error(host, CG_NO_MEMORY, "There was not enough memory for the statements of %s.",
                               context->resource_id);
    }
    size_t count = 0;
    for (size_t i = 0; i < resource_count; i++) {
        const char *pool = metadata(resources[i], "compute_pool_id");
        if (pool != NULL && strcmp(pool, context->resource_id) == 0) {
            items[count++] = (struct statement){name_of(resources[i]), resources[i]};
        }
    }
    qsort(items, count, sizeof *items, compare_statements);
    *ret = (struct statements){items, count};
    return CG_OK;
}

/* The statement with this name, or NULL. A name may be used again, so that of several the last one counts. */
static const struct cg_resource *find_statement(const struct statements *statements, const char *name) {
    size_t low = 0;
    size_t high = statements->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(statements->items[middle].name, name) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0 || strcmp(statements->items[low - 1].name, name) != 0) {
        return NULL;
    }
    return statements->items[low - 1].resource;
}

/* The CFU of each statement of the pool, one share per name; `*ret_count` is 0 when nothing was used or measured. */
static cg_status list_usage(const struct cg_resolution_context *context, struct ccloud_share **ret, size_t *ret_count) {
    struct ccloud_selection selection = {CCLOUD_METRIC_CFU_PRIMARY, CCLOUD_LABEL_STATEMENT, CCLOUD_LABEL_POOL,
                                         context->resource_id};
    struct ccloud_share *shares = NULL;
    size_t count = 0;
    *ret_count = 0;
    if (context->metrics == NULL) {
        return CG_OK;
    }
    if (!ccloud_has_points(context->metrics, CCLOUD_METRIC_CFU_PRIMARY)) {
        selection.key = CCLOUD_METRIC_CFU_FALLBACK;
    }
    cg_status status = ccloud_shares_of(context->host, context->metrics, &selection, &shares, &count);
    size_t used = 0;
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        if (!(shares[i].total > 0)) {
            continue;
        }
        if (used > 0 && strcmp(shares[used - 1].name, shares[i].name) == 0) {
            shares[used - 1].total += shares[i].total;
        } else {
            shares[used++] = shares[i];
        }
    }
    *ret = shares;
    *ret_count = used;
    return status;
}

static cg_status add_usage(const struct cg_resolution_context *context, const struct cg_resolution_sink *sink,
                           const struct statements *statements, const struct ccloud_share *share, int weigh) {
    const struct cg_resource *statement = find_statement(statements, share->name);
    const char *owner = statement == NULL ? NULL : ccloud_owner_of(statement);
    struct cg_identity nobody;
    cg_status status = CG_OK;
    if (owner != NULL) {
        status = ccloud_add_active(context, sink, owner);
    } else {
        ccloud_sentinel(CCLOUD_SENTINEL_FLINK_OWNER_UNKNOWN, NULL, &nobody);
        owner = nobody.id;
        status = sink->add_active(sink, &nobody);
    }
    if (status == CG_OK && weigh) {
        status = sink->put_number(sink, CCLOUD_MAP_OWNER_CFU, owner, share->total);
    }
    return status;
}

static cg_status add_by_usage(const struct cg_resolution_context *context, const struct cg_resolution_sink *sink,
                              const struct statements *statements, const struct ccloud_share *shares, size_t count) {
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        total += shares[i].total;
    }
    /* Usage beyond what a double holds cannot be compared: then its owners are known, but not their parts. */
    int weigh = isfinite(total);
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        status = add_usage(context, sink, statements, &shares[i], weigh);
    }
    return status;
}

static cg_status add_running(const struct cg_resolution_context *context, const struct cg_resolution_sink *sink,
                             const struct statements *statements) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < statements->count && status == CG_OK; i++) {
        const struct cg_resource *statement = statements->items[i].resource;
        const char *is_stopped = metadata(statement, "is_stopped");
        const char *owner = ccloud_owner_of(statement);
        if (owner == NULL || (is_stopped != NULL && strcmp(is_stopped, "true") == 0)) {
            continue;
        }
        status = ccloud_add_active(context, sink, owner);
        if (status == CG_OK) {
            status = sink->put_number(sink, CCLOUD_MAP_OWNER_CFU, owner, 1.0);
        }
    }
    return status;
}

static cg_status resolve(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                         const struct cg_resolution_sink *sink) {
    (void)self;
    struct statements statements = {NULL, 0};
    struct ccloud_share *shares = NULL;
    size_t count = 0;
    cg_status status = list_statements(context, &statements);
    if (status == CG_OK) {
        status = list_usage(context, &shares, &count);
    }
    if (status != CG_OK) {
        return status;
    }
    return count > 0 ? add_by_usage(context, sink, &statements, shares, count)
                     : add_running(context, sink, &statements);
}

const struct cg_identity_resolver ccloud_resolver_flink = {
    CG_OVERRIDE_HEADER(struct cg_identity_resolver, CG_OVERRIDE_IDENTITY_RESOLVER),
    "owners of the statements that ran in the compute pool",
    resolve,
    NULL,
};
