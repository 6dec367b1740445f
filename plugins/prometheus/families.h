/*
 * families.h - rows as samples: the metric families, and the label values of a row of each.
 *
 * Dashboards and collectors depend on the names of families and labels.
 */
#ifndef PROMETHEUS_FAMILIES_H
#define PROMETHEUS_FAMILIES_H

#include <chitragupt/exposition.h>

/** Positions in prometheus_families. */
#define PROMETHEUS_CHARGEBACK 0u
#define PROMETHEUS_BILLING 1u
#define PROMETHEUS_RESOURCE 2u
#define PROMETHEUS_IDENTITY 3u
#define PROMETHEUS_TOPIC 4u
#define PROMETHEUS_FAMILIES 5u

/** Most labels of a family. */
#define PROMETHEUS_LABELS 8u

/** The families, in the order in which they are shown. */
extern const struct cg_exposition_family *const prometheus_families[PROMETHEUS_FAMILIES];

/** The label values of a row, in the order of its family's labels; borrowed from the row, NULL as it is there. */
void prometheus_chargeback_values(const struct cg_emitted_row *row, const char *values[PROMETHEUS_LABELS]);
void prometheus_billing_values(const struct cg_emitted_billing_row *row, const char *values[PROMETHEUS_LABELS]);
void prometheus_resource_values(const struct cg_emitted_resource *row, const char *values[PROMETHEUS_LABELS]);
void prometheus_identity_values(const struct cg_emitted_identity *row, const char *values[PROMETHEUS_LABELS]);
void prometheus_topic_values(const struct cg_emitted_topic_row *row, const char *values[PROMETHEUS_LABELS]);

#endif
