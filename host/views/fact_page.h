/*
 * fact_page.h - a page of a list of facts, in the order of their times and dimensions, however many there are.
 *
 * Everything facts are filtered by is in their dimensions, of which there are few, so a filter is a set of dimensions.
 * Facts are counted in an index alone. Where every fact of a range is asked for, they are counted in slices of time, so
 * that the page is looked for in one slice only. A filter that leaves few facts is answered from the index by
 * dimension, any other by walking along the index by time.
 */
#ifndef CG_VIEWS_FACT_PAGE_H
#define CG_VIEWS_FACT_PAGE_H

#include "views/fact_filter.h"

/** Which facts are asked for. */
struct cg_fact_set {
    uint32_t kind; /**< CG_FACTS_ */
    int64_t start; /**< those in [start, end) */
    int64_t end;
    const struct cg_fact_filter *filters;
    size_t filter_count;
    const char *tag_key;   /**< or NULL; those with an effective tag of this key, */
    const char *tag_value; /**< and this value; NULL: any. It does not matter without the key. */
};

/** Where a page is; made by cg_fact_locate, used by cg_fact_page_add. */
struct cg_fact_place {
    int64_t total; /**< facts of the set */
    int64_t start; /**< the page begins `offset` facts behind this time */
    int64_t offset;
    int64_t limit;
    int32_t whole;   /**< 1: every fact of the range belongs to the set */
    int32_t by_time; /**< 1: walk by time; 0: collect by dimension, and sort */
};

/** `*ret` 1 when no other tenant has dimensions of a kind in the database. It costs a few looks into an index. */
cg_status cg_fact_is_alone(struct cg_store *store, uint32_t kind, int32_t *ret, struct cg_error *error);

/** Counts the facts of a set and finds the page of `limit` facts behind the first `offset` ones. */
cg_status cg_fact_locate(struct cg_store *store, const struct cg_fact_set *set, int64_t offset, int64_t limit,
                         struct cg_fact_place *ret, struct cg_error *error);

/**
 * Appends the query of a page's facts, to be put in brackets: timestamp, dimension_id, amount. Without a fact when the
 * page is behind the end. What it is joined with has to be ordered by the first two again.
 */
void cg_fact_page_add(struct cg_select *select, const struct cg_fact_set *set, const struct cg_fact_place *place);

#endif
