/*
 * topic_rows.h - what topics cost, row by row.
 */
#ifndef CG_VIEWS_TOPIC_ROWS_H
#define CG_VIEWS_TOPIC_ROWS_H

#include "views/fact_page.h"

/** A row. Texts hold for the call it is given to. */
struct cg_topic_row {
    int64_t dimension_id;
    int64_t timestamp;
    const char *env_id;
    const char *cluster_resource_id;
    const char *topic_name;
    const char *product_category;
    const char *product_type;
    const char *attribution_method;
    const char *amount; /**< as it is stored */
};

/**
 * Calls `each` for `limit` rows of a set of kind CG_FACTS_TOPIC behind the first `offset` ones, by time and
 * dimension_id; and counts all. Both see one snapshot.
 */
cg_status cg_view_topic_rows(struct cg_store *store, const struct cg_fact_set *set, int64_t offset, int64_t limit,
                             void (*each)(void *user, const struct cg_topic_row *row), void *user, int64_t *ret_total,
                             struct cg_error *error);

#endif
