/*
 * fact_filter.h - which dimensions of facts are meant: by their columns, and by the tags of what they are about.
 *
 * Chargebacks and topic attributions are built alike: facts (time, dimension, amount) and dimensions with texts. The
 * kinds are CG_FACTS_CHARGEBACK and CG_FACTS_TOPIC.
 */
#ifndef CG_VIEWS_FACT_FILTER_H
#define CG_VIEWS_FACT_FILTER_H

#include "store/dimensions.h"
#include "store/select.h"

/** A condition on a column of the dimensions. */
struct cg_fact_filter {
    const char *column; /**< "identity_id"; a name of the program's own */
    const char *value;  /**< NULL: no condition */
    int32_t contains;   /**< 1: the column contains the value, whatever the case of ASCII letters; 0: it equals it */
};

/** The effective value of a tag is one of these. */
struct cg_fact_tag_filter {
    const char *key;
    const char *const *values; /**< ascending byte by byte */
    size_t count;              /**< at least 1 */
};

/** "chargeback_facts", "chargeback_dimensions" and so on. */
const char *cg_facts_table(uint32_t kind);
const char *cg_dimensions_table(uint32_t kind);

/** Appends the condition that the dimension `d` belongs to the store's tenant and passes all filters. */
void cg_fact_filter_add(struct cg_select *select, const struct cg_fact_filter *filters, size_t count);

/**
 * Appends an expression: the effective value of a tag for the dimension `d`, or NULL. The resource's tag goes before
 * the identity's; topics have their resource only.
 */
void cg_fact_tag_value(struct cg_select *select, uint32_t kind, const char *key);

#endif
