/*
 * acme_allocators.c - a module that replaces how one product type is shared out, and nothing else.
 *
 * Acme thinks that who reads from Kafka should pay for it, but also that everybody who may read makes the brokers
 * bigger than they had to be. So one half of the cost of network reads follows the bytes, and the other half is split
 * evenly over everybody active on the cluster.
 */
#include <chitragupt/models.h>
#include <chitragupt/plugin.h>
#include <string.h>

/* The series of the Confluent Cloud module, its label, and the map from API keys to their owners. */
#define READ_BYTES "bytes_out"
#define PRINCIPAL "principal_id"
#define KEY_OWNERS "api_key_to_owner"

/* The two parts of every line. */
#define PART_USAGE 0
#define PART_EVEN 1
#define PARTS 2

/* 0.5 and 0.5. Money is exact: a ratio is a decimal, never a floating point number. */
static const struct cg_decimal halves[PARTS] = {{.low = 5, .exponent = -1}, {.low = 5, .exponent = -1}};

static struct cg_split part_of(const struct cg_allocation_context *context, const struct cg_row_sink *rows,
                               int32_t part, const struct cg_decimal *amount) {
    struct cg_split split = cg_split_of(context, rows);
    split.amount = *amount;
    split.composition_index = part;
    return split;
}

/* Evenly over who is active; if nobody is, over who was there at all; if nobody was, to the resource itself. */
static cg_status split_evenly(struct cg_split *split, const struct cg_allocation_context *context) {
    struct cg_text_list ids;
    size_t made = 0;
    cg_status status = cg_ids_of(context->host, &context->merged_active, &ids);
    if (status == CG_OK)
        status = cg_model_even(split, &ids, &made);
    if (status != CG_OK || made > 0)
        return status;
    split->detail = CG_DETAIL_NO_ACTIVE_IDENTITIES;
    status = cg_ids_of(context->host, &context->tenant_period, &ids);
    if (status == CG_OK)
        status = cg_model_even(split, &ids, &made);
    if (status != CG_OK || made > 0)
        return status;
    const char *resource = context->line->resource_id;
    split->detail = CG_DETAIL_NO_IDENTITIES;
    return cg_model_terminal(split, resource && resource[0] ? resource : CG_IDENTITY_UNALLOCATED, &made);
}

/* In proportion to the bytes read; evenly when there are no bytes to go by. */
static cg_status split_by_usage(struct cg_split *split, const struct cg_allocation_context *context) {
    struct cg_usage *usage = cg_usage_new(context->host);
    if (!usage)
        return context->host->set_error(context->host, CG_NO_MEMORY, "out of memory");
    cg_status status = cg_usage_add_metric(usage, context, READ_BYTES, PRINCIPAL, KEY_OWNERS);
    if (status != CG_OK)
        return status;
    size_t made = 0;
    split->cost_type = CG_COST_USAGE;
    split->detail = CG_DETAIL_USAGE_RATIO;
    status = cg_model_usage(split, usage, &made);
    if (status != CG_OK || made > 0)
        return status;
    split->cost_type = CG_COST_SHARED;
    split->detail = CG_DETAIL_NO_METRICS;
    if (context->metrics && (context->metrics->flags & CG_METRICS_FETCH_FAILED))
        split->detail = CG_DETAIL_METRICS_FETCH_FAILED;
    return split_evenly(split, context);
}

static cg_status allocate_network_read(const struct cg_allocator *self, const struct cg_allocation_context *context,
                                       const struct cg_row_sink *rows) {
    (void)self;
    /* The last part is what the others leave, so that the parts sum to the line to the last digit. */
    struct cg_decimal amounts[PARTS];
    cg_status status = cg_compose(context->host, &context->amount, halves, PARTS, amounts);
    if (status != CG_OK)
        return status;
    struct cg_split by_usage = part_of(context, rows, PART_USAGE, &amounts[PART_USAGE]);
    status = split_by_usage(&by_usage, context);
    if (status != CG_OK)
        return status;
    struct cg_split evenly = part_of(context, rows, PART_EVEN, &amounts[PART_EVEN]);
    return split_evenly(&evenly, context);
}

/* Only service accounts count: people who look into a topic once do not share its cost. */
static cg_status resolve_service_accounts(const struct cg_identity_resolver *self,
                                          const struct cg_resolution_context *context,
                                          const struct cg_resolution_sink *sink) {
    (void)self;
    for (size_t i = 0; i < context->tenant_period.count; i++) {
        const struct cg_identity *identity = context->tenant_period.items[i];
        cg_status status = CG_OK;
        if (strcmp(identity->type, "service_account") == 0)
            status = sink->add_active(sink, identity);
        if (status != CG_OK)
            return status;
    }
    return CG_OK;
}

CG_ALLOCATOR(acme_network_read, "half by bytes read, half evenly over who is active", allocate_network_read, NULL)

CG_IDENTITY_RESOLVER(acme_only_service_accounts, "makes the tenant's service accounts active", resolve_service_accounts,
                     NULL)

CG_REGISTER(CG_KIND_OVERRIDES, "acme_allocators", "1.0.0", "Acme's own way to share out network reads", NULL, NULL, 0)
