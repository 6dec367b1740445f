/*
 * models.h - the allocation models, as functions an allocator calls.
 *
 * A part of the helper library (libchitragupt-sdk.a). All models keep the promise the host checks: the rows sum to the
 * amount to the last digit. Splits work in units of 0.0001 and follow these formulas:
 *
 *   q(x)   x rounded to 4 decimals, ties away from zero
 *   even   T = q(amount), base = q(T / n) for each; the difference T - n * base goes out in steps of 0.0001, one to
 * each row from the first on usage  r = v / sum(v) (double division, sum compensated after Neumaier,
 * "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974), a = q(T * decimal(r)); the
 * difference goes out as above rest   amount - T, which is below 0.0001, is added to the first row
 *
 * Products and quotients have 28 significant digits, ties to even. Rows come in ascending byte order of the identity,
 * whatever the order of the input. Thread: [run].
 *
 * A model answers CG_OK with `*ret_rows` > 0 when it made rows, CG_OK with 0 when it does not apply ("no result"), or
 * an error.
 *
 * Since ABI 1.0.
 */
#ifndef CHITRAGUPT_MODELS_H
#define CHITRAGUPT_MODELS_H

#include <chitragupt/allocator.h>

CG_BEGIN_DECLS

/* Methods and details that readers of the database know. */
#define CG_METHOD_EVEN_SPLIT "even_split"
#define CG_METHOD_USAGE_RATIO "usage_ratio"
#define CG_METHOD_TERMINAL "terminal"
#define CG_METHOD_DIRECT_OWNER "direct_owner"
#define CG_METHOD_TO_RESOURCE "to_resource"
#define CG_DETAIL_USAGE_RATIO "usage_ratio_allocation"
#define CG_DETAIL_EVEN_SPLIT "even_split_allocation"
#define CG_DETAIL_NO_IDENTITIES "no_identities_located"
#define CG_DETAIL_NO_ACTIVE_IDENTITIES "no_active_identities_located"
#define CG_DETAIL_NO_METRICS "no_metrics_located"
#define CG_DETAIL_NO_USAGE "no_usage_for_active_identities"
#define CG_DETAIL_NO_METRICS_NO_ACTIVE "no_metrics_no_active_identities_located"
#define CG_DETAIL_METRICS_FETCH_FAILED "metrics_fetch_failed"

/** What a model needs besides its own parameters: where rows go and what is written on each of them. */
struct cg_split {
    const struct cg_host *host; /**< scratch memory and error texts */
    const struct cg_row_sink *rows;
    struct cg_decimal amount;  /**< the rows sum to this */
    uint32_t cost_type;        /**< CG_COST_ */
    int32_t chain_tier;        /**< or CG_NO_INDEX */
    int32_t composition_index; /**< or CG_NO_INDEX */
    const char *method;        /**< NULL: the model's own name */
    const char *detail;        /**< or NULL */
};

/** A split of the context's whole amount, cost type shared, no tier. */
struct cg_split cg_split_of(const struct cg_allocation_context *context, const struct cg_row_sink *rows);

/** One row per id; an id given twice gets two shares, added up in one row. No result when `ids` is empty. */
cg_status cg_model_even(const struct cg_split *split, const struct cg_text_list *ids, size_t *ret_rows);

/** Usage per identity; made with cg_usage_new, filled with cg_usage_add. Opaque, lives in the host's scratch memory. */
struct cg_usage;

/** An empty usage map in scratch memory, or NULL when out of memory. */
struct cg_usage *cg_usage_new(const struct cg_host *host);

/** Adds `value` to an identity's usage; values that are not finite or not above 0 are left out. Copies `id`. */
cg_status cg_usage_add(struct cg_usage *usage, const char *id, double value);

/** Number of identities with usage. */
size_t cg_usage_count(const struct cg_usage *usage);

/**
 * Adds every point of the series with `key` under the identity that label `label` names, translated by the context
 * entries of `owner_map` (NULL: none). Series without the label are left out. A name that nobody translates counts as
 * cg_metered_id makes it, since a row with any other would be refused.
 */
cg_status cg_usage_add_metric(struct cg_usage *usage, const struct cg_allocation_context *context, const char *key,
                              const char *label, const char *owner_map);

/**
 * Shares in proportion to usage. No result when the map is empty or its total is 0 or not finite. A split without
 * detail gets CG_DETAIL_USAGE_RATIO.
 */
cg_status cg_model_usage(const struct cg_split *split, const struct cg_usage *usage, size_t *ret_rows);

/** The whole amount, unrounded, to one identity. Always one row. */
cg_status cg_model_terminal(const struct cg_split *split, const char *id, size_t *ret_rows);

/** Like terminal; no result when `owner` is NULL or empty. */
cg_status cg_model_direct_owner(const struct cg_split *split, const char *owner, size_t *ret_rows);

/**
 * Cuts `amount` by ratios: q(amount * ratio) for each part but the last, which gets what is left, so the parts sum to
 * the amount. `ratios` must lie in 0..1 and sum to 1 within 0.0001. Error: CG_INVALID with a text, CG_RANGE.
 */
cg_status cg_compose(const struct cg_host *host, const struct cg_decimal *amount, const struct cg_decimal *ratios,
                     size_t count, struct cg_decimal *ret_parts);

/** The ids of a list, in its order, in scratch memory. Error: CG_NO_MEMORY. */
cg_status cg_ids_of(const struct cg_host *host, const struct cg_identity_list *list, struct cg_text_list *ret);

/** The ids of those identities whose type is among `types`. Error: CG_NO_MEMORY. */
cg_status cg_ids_of_types(const struct cg_host *host, const struct cg_identity_list *list,
                          const struct cg_text_list *types, struct cg_text_list *ret);

CG_END_DECLS

#endif
