/*
 * How each product's cost is split. A chain tries its tiers in order: shares by usage, even shares of one set of
 * identities after the other, and at last one row for whoever is left with the cost. All of it is in the constant
 * tables below.
 */
#include "products.h"
#include "usage.h"

#include <chitragupt/models.h>
#include <chitragupt/plugin.h>

#include <string.h>

#define LENGTH(array_) (sizeof(array_) / sizeof((array_)[0]))

/** Method and details that only this module writes. */
#define METHOD_DEFAULT "default"
#define METHOD_CLUSTER_LINKING "cluster_linking"
#define METHOD_UNKNOWN "unknown"
#define DETAIL_DEFAULT "using_default_allocator"
#define DETAIL_CLUSTER_LINKING "cluster_linking_cost"
#define DETAIL_UNKNOWN "using_unknown_allocator"

/* Whose even shares a tier makes. */
enum source {
    SOURCE_ACTIVE,           /* holders of credentials, and who shows in the metrics */
    SOURCE_OWNERS,           /* everybody in the tenant who can own something */
    SOURCE_ACCOUNTED_OWNERS, /* the same without bare principals */
};

struct even_tier {
    enum source source;
    uint32_t cost_type;
    const char *detail;
};

struct chain {
    const char *usage_keys[2]; /* metric keys of the usage tier, NULL for none */
    const char *usage_map;     /* context map with the weights of the usage tier, in place of keys, or NULL */
    int32_t first_even;        /* place of tiers[0] in the chain; 1: behind a usage tier */
    struct even_tier tiers[2]; /* unused ones have no source: see tier_count */
    size_t tier_count;
    const char *last; /* who gets what no tier could place; NULL: the line's resource */
};

/* ---- sources ---- */

static cg_status ids_of(const struct cg_allocation_context *context, enum source source, struct cg_text_list *ret) {
    static const char *const owner_types[] = {"service_account", "user", "identity_pool", "principal"};
    struct cg_text_list types = {owner_types, LENGTH(owner_types)};
    switch (source) {
    case SOURCE_ACTIVE:
        return cg_ids_of(context->host, &context->merged_active, ret);
    case SOURCE_ACCOUNTED_OWNERS:
        types.count--;
        break;
    case SOURCE_OWNERS:
        break;
    }
    return cg_ids_of_types(context->host, &context->tenant_period, &types, ret);
}

static cg_status split_even(const struct cg_allocation_context *context, struct cg_split split,
                            const struct even_tier *tier, size_t *ret_rows) {
    struct cg_text_list ids;
    cg_status status = ids_of(context, tier->source, &ids);
    if (status != CG_OK) {
        return status;
    }
    split.cost_type = tier->cost_type;
    split.detail = tier->detail;
    return cg_model_even(&split, &ids, ret_rows);
}

/* ---- usage ---- */

static cg_status out_of_memory(const struct cg_allocation_context *context) {
    return context->host->set_error(context->host, CG_NO_MEMORY, "There was not enough memory for the usage of %s.",
                                    context->line->resource_id);
}

/* Adds the series of one key, under the owners of their principals. */
static cg_status add_series(const struct cg_allocation_context *context, const char *key, struct cg_usage *usage) {
    const struct ccloud_selection selection = {.key = key, .name_label = CCLOUD_LABEL_PRINCIPAL};
    struct ccloud_share *shares = NULL;
    size_t count = 0;
    if (context->metrics == NULL) {
        return CG_OK;
    }
    cg_status status = ccloud_shares_of(context->host, context->metrics, &selection, &shares, &count);
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        const char *owner = cg_context_text(context, CCLOUD_MAP_KEY_OWNER, shares[i].name);
        int is_owned = owner != NULL && owner[0] != '\0';
        status = cg_usage_add(usage, is_owned ? owner : shares[i].name, shares[i].total);
    }
    return status;
}

/* Adds the weights that the identity resolver left. */
static cg_status add_weights(const struct cg_allocation_context *context, const char *map, struct cg_usage *usage) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < context->entry_count && status == CG_OK; i++) {
        const struct cg_context_entry *entry = context->entries[i];
        if (strcmp(entry->map, map) == 0 && entry->text == NULL) {
            status = cg_usage_add(usage, entry->key, entry->number);
        }
    }
    return status;
}

static cg_status split_usage(const struct cg_allocation_context *context, struct cg_split split,
                             const struct chain *chain, size_t *ret_rows) {
    struct cg_usage *usage = cg_usage_new(context->host);
    if (usage == NULL) {
        return out_of_memory(context);
    }
    cg_status status = chain->usage_map != NULL ? add_weights(context, chain->usage_map, usage) : CG_OK;
    for (size_t i = 0; i < LENGTH(chain->usage_keys) && chain->usage_keys[i] != NULL && status == CG_OK; i++) {
        status = add_series(context, chain->usage_keys[i], usage);
    }
    if (status != CG_OK) {
        return status;
    }
    split.cost_type = CG_COST_USAGE;
    split.detail = CG_DETAIL_USAGE_RATIO;
    return cg_model_usage(&split, usage, ret_rows);
}

/* ---- chains ---- */

static int fetch_failed(const struct cg_allocation_context *context) {
    return context->metrics != NULL && (context->metrics->flags & CG_METRICS_FETCH_FAILED) != 0;
}

static cg_status run_chain(const struct cg_allocation_context *context, struct cg_split split,
                           const struct chain *chain) {
    size_t rows = 0;
    cg_status status = CG_OK;
    int has_usage = chain->usage_keys[0] != NULL || chain->usage_map != NULL;
    split.chain_tier = 0;
    if (has_usage && !fetch_failed(context)) {
        status = split_usage(context, split, chain, &rows);
    }
    split.chain_tier = chain->first_even;
    for (size_t i = 0; i < chain->tier_count && status == CG_OK && rows == 0; i++) {
        struct even_tier tier = chain->tiers[i];
        if (has_usage && fetch_failed(context)) {
            /* Even shares only because the metrics could not be read: whoever looks at the row should know. */
            tier.detail = CG_DETAIL_METRICS_FETCH_FAILED;
        }
        status = split_even(context, split, &tier, &rows);
        split.chain_tier++;
    }
    if (status != CG_OK || rows > 0) {
        return status;
    }
    split.cost_type = CG_COST_SHARED;
    split.detail = CG_DETAIL_NO_IDENTITIES;
    return cg_model_terminal(&split, chain->last != NULL ? chain->last : context->line->resource_id, &rows);
}

static cg_status allocate_chain(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                const struct cg_row_sink *rows) {
    return run_chain(context, cg_split_of(context, rows), self->data);
}

#define NETWORK_TIERS                                                           \
    .first_even = 1,                                                            \
    .tiers = {{SOURCE_ACTIVE, CG_COST_SHARED, CG_DETAIL_NO_METRICS},            \
              {SOURCE_OWNERS, CG_COST_SHARED, CG_DETAIL_NO_ACTIVE_IDENTITIES}}, \
    .tier_count = 2

static const struct chain network_read = {.usage_keys = {CCLOUD_METRIC_BYTES_OUT}, NETWORK_TIERS};
static const struct chain network_write = {.usage_keys = {CCLOUD_METRIC_BYTES_IN}, NETWORK_TIERS};
/* No query measures partitions: there is no usage tier, but readers of the rows know the others by their places. */
static const struct chain partition = {NETWORK_TIERS};
static const struct chain cku_usage = {
    .usage_keys = {CCLOUD_METRIC_BYTES_IN, CCLOUD_METRIC_BYTES_OUT},
    .first_even = 1,
    .tiers = {{SOURCE_ACTIVE, CG_COST_SHARED, CG_DETAIL_NO_USAGE},
              {SOURCE_OWNERS, CG_COST_SHARED, CG_DETAIL_NO_METRICS_NO_ACTIVE}},
    .tier_count = 2,
};
/* Even shares of whoever is active: Schema Registry, ksqlDB, and the shared part of a CKU. */
static const struct chain active = {
    .tiers = {{SOURCE_ACTIVE, CG_COST_USAGE, NULL}, {SOURCE_OWNERS, CG_COST_SHARED, CG_DETAIL_NO_ACTIVE_IDENTITIES}},
    .tier_count = 2,
};
/* Whoever runs a connector; the tenant's other owners have nothing to do with it. */
static const struct chain connector_usage = {.tiers = {{SOURCE_ACTIVE, CG_COST_USAGE, NULL}}, .tier_count = 1};
static const struct chain connector_shared = {.tiers = {{SOURCE_ACTIVE, CG_COST_SHARED, NULL}}, .tier_count = 1};
static const struct chain flink = {
    .usage_map = CCLOUD_MAP_OWNER_CFU,
    .first_even = 1,
    .tiers = {{SOURCE_ACTIVE, CG_COST_USAGE, CG_DETAIL_NO_USAGE},
              {SOURCE_OWNERS, CG_COST_SHARED, CG_DETAIL_NO_ACTIVE_IDENTITIES}},
    .tier_count = 2,
};
static const struct chain org_wide = {
    .tiers = {{SOURCE_ACCOUNTED_OWNERS, CG_COST_SHARED, NULL}},
    .tier_count = 1,
    .last = CG_IDENTITY_UNALLOCATED,
};

/* ---- CKU: a part by usage, a part shared ---- */

cg_status ccloud_ratio(const struct cg_config_api *config, const struct cg_config *params, const char *key,
                       const char *fallback, struct cg_decimal *ret) {
    const struct cg_config *node = params == NULL ? NULL : config->get(params, key);
    uint32_t type = config->type(node);
    if (type == CG_CONFIG_NULL) {
        return cg_decimal_parse(fallback, strlen(fallback), ret);
    }
    if (type == CG_CONFIG_BOOL) {
        *ret = cg_decimal_from_int64(config->integer(node, "", 0));
        return CG_OK;
    }
    if (type == CG_CONFIG_STRING) {
        const char *text = config->text(node, "", "");
        return cg_decimal_parse(text, strlen(text), ret) == CG_OK ? CG_OK : CG_INVALID;
    }
    return config->decimal(node, "", ret) == CG_OK ? CG_OK : CG_INVALID;
}

static cg_status allocate_cku(const struct cg_allocator *self, const struct cg_allocation_context *context,
                              const struct cg_row_sink *rows) {
    (void)self;
    static const struct {
        const char *key;
        const char *fallback;
        const struct chain *chain;
    } parts[] = {
        {CCLOUD_PARAM_USAGE_RATIO, CCLOUD_USAGE_RATIO_DEFAULT, &cku_usage},
        {CCLOUD_PARAM_SHARED_RATIO, CCLOUD_SHARED_RATIO_DEFAULT, &active},
    };
    const struct cg_host *host = context->host;
    struct cg_decimal ratios[LENGTH(parts)];
    struct cg_decimal amounts[LENGTH(parts)];
    for (size_t i = 0; i < LENGTH(parts); i++) {
        if (ccloud_ratio(host->config, context->params, parts[i].key, parts[i].fallback, &ratios[i]) != CG_OK) {
            return host->set_error(host, CG_INVALID, "allocator_params.%s is not a number.", parts[i].key);
        }
    }
    cg_status status = cg_compose(host, &context->amount, ratios, LENGTH(parts), amounts);
    for (size_t i = 0; i < LENGTH(parts) && status == CG_OK; i++) {
        struct cg_split split = cg_split_of(context, rows);
        split.amount = amounts[i];
        split.composition_index = (int32_t)i;
        status = run_chain(context, split, parts[i].chain);
    }
    return status;
}

/* ---- base cost and storage: shared by all, without a chain ---- */

static cg_status allocate_base(const struct cg_allocator *self, const struct cg_allocation_context *context,
                               const struct cg_row_sink *rows) {
    (void)self;
    static const struct even_tier tiers[] = {
        {SOURCE_ACTIVE, CG_COST_SHARED, CG_DETAIL_NO_METRICS},
        {SOURCE_OWNERS, CG_COST_SHARED, CG_DETAIL_NO_METRICS_NO_ACTIVE},
    };
    struct cg_split split = cg_split_of(context, rows);
    size_t made = 0;
    for (size_t i = 0; i < LENGTH(tiers) && made == 0; i++) {
        cg_status status = split_even(context, split, &tiers[i], &made);
        if (status != CG_OK) {
            return status;
        }
    }
    if (made > 0) {
        return CG_OK;
    }
    split.method = CG_METHOD_TO_RESOURCE;
    split.detail = CG_DETAIL_NO_IDENTITIES;
    return cg_model_terminal(&split, context->line->resource_id, &made);
}

/* ---- the whole cost to the resource ---- */

struct whole {
    uint32_t cost_type;
    const char *method;
    const char *detail;
};

static cg_status allocate_whole(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                const struct cg_row_sink *rows) {
    const struct whole *whole = self->data;
    struct cg_split split = cg_split_of(context, rows);
    size_t made = 0;
    split.cost_type = whole->cost_type;
    split.method = whole->method;
    split.detail = whole->detail;
    return cg_model_terminal(&split, context->line->resource_id, &made);
}

static const struct whole tableflow = {CG_COST_SHARED, METHOD_DEFAULT, DETAIL_DEFAULT};
static const struct whole cluster_linking = {CG_COST_USAGE, METHOD_CLUSTER_LINKING, DETAIL_CLUSTER_LINKING};
static const struct whole unknown = {CG_COST_SHARED, METHOD_UNKNOWN, DETAIL_UNKNOWN};

/* ---- descriptors ---- */

#define ALLOCATOR(description_, function_, data_) \
    { CG_OVERRIDE_HEADER(struct cg_allocator, CG_OVERRIDE_ALLOCATOR), (description_), (function_), (data_) }

const struct cg_allocator ccloud_allocator_network_read =
    ALLOCATOR("by bytes read, else shared by active identities", allocate_chain, &network_read);
const struct cg_allocator ccloud_allocator_network_write =
    ALLOCATOR("by bytes written, else shared by active identities", allocate_chain, &network_write);
const struct cg_allocator ccloud_allocator_partition =
    ALLOCATOR("shared by active identities", allocate_chain, &partition);
const struct cg_allocator ccloud_allocator_cku =
    ALLOCATOR("a part by bytes read and written, a part shared by active identities", allocate_cku, NULL);
const struct cg_allocator ccloud_allocator_kafka_base =
    ALLOCATOR("shared by active identities, else by all owners", allocate_base, NULL);
const struct cg_allocator ccloud_allocator_active =
    ALLOCATOR("even shares of active identities", allocate_chain, &active);
const struct cg_allocator ccloud_allocator_connector_usage =
    ALLOCATOR("to the identity the connector logs in as", allocate_chain, &connector_usage);
const struct cg_allocator ccloud_allocator_connector_shared =
    ALLOCATOR("to the identity the connector logs in as, shared", allocate_chain, &connector_shared);
const struct cg_allocator ccloud_allocator_flink =
    ALLOCATOR("by CFU of each owner's statements, else even shares of active identities", allocate_chain, &flink);
const struct cg_allocator ccloud_allocator_org_wide = ALLOCATOR("even shares of all owners", allocate_chain, &org_wide);
const struct cg_allocator ccloud_allocator_tableflow = ALLOCATOR("whole to the resource", allocate_whole, &tableflow);
const struct cg_allocator ccloud_allocator_cluster_linking =
    ALLOCATOR("whole to the resource, as usage", allocate_whole, &cluster_linking);
const struct cg_allocator ccloud_allocator_unknown =
    ALLOCATOR("whole to the resource of an unknown product type", allocate_whole, &unknown);
