/*
 * aggregate.h - facts added up by columns of their dimensions, by tags, and by time.
 *
 * The groups come from the dimensions, of which there are thousands; the facts, of which there may be millions, are
 * read once, in the order of time, and added up exactly. Memory holds the dimensions and the sums of one bucket of
 * time. A database that has to group sorts the facts first, which takes several times as long as reading them.
 */
#ifndef CG_VIEWS_AGGREGATE_H
#define CG_VIEWS_AGGREGATE_H

#include "views/aggregate_bucket.h"
#include "views/fact_filter.h"

/** What stands for the value of a tag where there is none. */
#define CG_VIEW_UNTAGGED "UNTAGGED"

/** Most columns and tags to group by, and most tags to filter by. */
#define CG_AGGREGATE_TAGS 50u

/** What is asked. */
struct cg_aggregate_question {
    uint32_t kind; /**< CG_FACTS_ */
    int64_t start;
    int64_t end;                /**< exclusive */
    uint32_t bucket;            /**< CG_BUCKET_ */
    const struct cg_zone *zone; /**< whose days, weeks and months are meant; NULL: UTC. Hours are those of UTC. */
    const char *const *columns; /**< of the dimensions, to group by */
    size_t column_count;
    const char *const *tags; /**< keys to group by */
    size_t tag_count;
    const struct cg_fact_filter *filters;
    size_t filter_count;
    const struct cg_fact_tag_filter *tag_filters; /**< all of them must hold */
    size_t tag_filter_count;
};

/** Sums; exact, with as many decimals as the amount that has most of them. */
struct cg_aggregate_sums {
    struct cg_decimal total;
    struct cg_decimal usage;  /**< of cost_type "usage"; 0 for topics */
    struct cg_decimal shared; /**< of cost_type "shared"; 0 for topics */
    int64_t rows;
};

/** One group in one bucket. */
struct cg_aggregate_row {
    const char *bucket;        /**< "2026-03-02T13:00:00", "2026-03-02", "2026-W08" or "2026-03" */
    const char *const *values; /**< of the columns, then of the tags; NULL for SQL NULL */
    struct cg_aggregate_sums sums;
};

/**
 * Calls `each` for every group with facts: by bucket, then by the values in their order, NULL first and then byte by
 * byte. Pointers hold for the call. A status of `each` other than CG_OK ends it. `*ret` are the sums of all. Errors
 * besides those of a store: CG_PERMANENT for an amount that is no decimal number, or sums with more than 38 digits.
 */
cg_status cg_view_aggregate(struct cg_store *store, const struct cg_aggregate_question *question,
                            cg_status (*each)(void *user, const struct cg_aggregate_row *row), void *user,
                            struct cg_aggregate_sums *ret, struct cg_error *error);

#endif
