#include "families.h"

#define FAMILY(labels_, name_, help_)                                                                                  \
    {                                                                                                                  \
        .struct_size = sizeof(struct cg_exposition_family),                                                            \
        .label_count = (uint32_t)(sizeof(labels_) / sizeof *(labels_)), .name = "chitragupta_" name_, .help = (help_), \
        .labels = (labels_)                                                                                            \
    }

/* A family's labels, and below the values in the same order. */

static const char *const chargeback_labels[] = {"allocation_method", "cost_type",   "ecosystem", "identity_id",
                                                "product_type",      "resource_id", "tenant_id"};

void prometheus_chargeback_values(const struct cg_emitted_row *row, const char *values[PROMETHEUS_LABELS]) {
    values[0] = row->allocation_method;
    values[1] = row->cost_type;
    values[2] = row->ecosystem;
    values[3] = row->identity_id;
    values[4] = row->product_type;
    values[5] = row->resource_id;
    values[6] = row->tenant_id;
}

static const char *const billing_labels[] = {"ecosystem", "product_category", "product_type", "resource_id",
                                             "tenant_id"};

void prometheus_billing_values(const struct cg_emitted_billing_row *row, const char *values[PROMETHEUS_LABELS]) {
    values[0] = row->ecosystem;
    values[1] = row->product_category;
    values[2] = row->product_type;
    values[3] = row->resource_id;
    values[4] = row->tenant_id;
}

static const char *const resource_labels[] = {"ecosystem", "resource_id", "resource_type", "tenant_id"};

void prometheus_resource_values(const struct cg_emitted_resource *row, const char *values[PROMETHEUS_LABELS]) {
    values[0] = row->ecosystem;
    values[1] = row->resource_id;
    values[2] = row->resource_type;
    values[3] = row->tenant_id;
}

static const char *const identity_labels[] = {"ecosystem", "identity_id", "identity_type", "tenant_id"};

void prometheus_identity_values(const struct cg_emitted_identity *row, const char *values[PROMETHEUS_LABELS]) {
    values[0] = row->ecosystem;
    values[1] = row->identity_id;
    values[2] = row->identity_type;
    values[3] = row->tenant_id;
}

static const char *const topic_labels[] = {"attribution_method", "cluster_resource_id", "ecosystem", "env_id",
                                           "product_category",   "product_type",        "tenant_id", "topic_name"};

void prometheus_topic_values(const struct cg_emitted_topic_row *row, const char *values[PROMETHEUS_LABELS]) {
    values[0] = row->attribution_method;
    values[1] = row->cluster_resource_id;
    values[2] = row->ecosystem;
    values[3] = row->env_id;
    values[4] = row->product_category;
    values[5] = row->product_type;
    values[6] = row->tenant_id;
    values[7] = row->topic_name;
}

static const struct cg_exposition_family chargeback =
    FAMILY(chargeback_labels, "chargeback_amount", "Chargeback cost amount per identity/resource/product combination");
static const struct cg_exposition_family billing =
    FAMILY(billing_labels, "billing_amount", "Billing total cost per resource/product combination");
static const struct cg_exposition_family resource =
    FAMILY(resource_labels, "resource_active", "Active resources at billing date (1 = active)");
static const struct cg_exposition_family identity =
    FAMILY(identity_labels, "identity_active", "Active identities at billing date (1 = active)");
static const struct cg_exposition_family topic = FAMILY(
    topic_labels, "topic_attribution_amount", "Topic attribution cost amount per topic/cluster/product combination");

const struct cg_exposition_family *const prometheus_families[PROMETHEUS_FAMILIES] = {&chargeback, &billing, &resource,
                                                                                     &identity, &topic};
