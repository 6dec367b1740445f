/*
 * export.h - all facts of a range, dimension by dimension, in constant memory.
 *
 * Dimensions come in a total order, and the facts of each by time. Memory holds the ids of the dimensions, one
 * dimension, and a few hundred facts. All of it is one snapshot, however long the reader takes. No statement stays open
 * between two calls.
 */
#ifndef CG_VIEWS_EXPORT_H
#define CG_VIEWS_EXPORT_H

#include "views/fact_filter.h"

/** Columns of a dimension, as `texts` of cg_export_dimension has them. */
#define CG_EXPORT_RESOURCE_ID 0u
#define CG_EXPORT_PRODUCT_CATEGORY 1u
#define CG_EXPORT_PRODUCT_TYPE 2u
#define CG_EXPORT_IDENTITY_ID 3u
#define CG_EXPORT_COST_TYPE 4u
#define CG_EXPORT_ALLOCATION_METHOD 5u
#define CG_EXPORT_ALLOCATION_DETAIL 6u
#define CG_EXPORT_ENV_ID 7u
#define CG_EXPORT_CLUSTER_RESOURCE_ID 8u
#define CG_EXPORT_TOPIC_NAME 9u
#define CG_EXPORT_ATTRIBUTION_METHOD 10u
#define CG_EXPORT_TEXTS 11u

/** A tag in effect for a dimension. */
struct cg_export_tag {
    const char *key;
    const char *value;
};

/** A dimension. Texts hold until the next one. */
struct cg_export_dimension {
    int64_t dimension_id;
    const char *texts[CG_EXPORT_TEXTS]; /**< NULL: SQL NULL, or not a column of this kind */
    const struct cg_export_tag *tags;   /**< the identity's, then those that only the resource has */
    size_t tag_count;
};

/** A fact. The text holds until the next call. */
struct cg_export_fact {
    int64_t timestamp;
    const char *amount; /**< as it is stored */
};

/** What is asked. */
struct cg_export_question {
    uint32_t kind; /**< CG_FACTS_ */
    int64_t start;
    int64_t end;                          /**< exclusive */
    const struct cg_fact_filter *filters; /**< needed during cg_export_open only */
    size_t filter_count;
    int32_t with_tags; /**< 1: the tags of each dimension are read, too */
};

struct cg_export;

/** Starts a transaction that reads, and finds the dimensions. */
cg_status cg_export_open(struct cg_store *store, const struct cg_export_question *question, struct cg_export **ret,
                         struct cg_error *error);

/** The next fact; `*ret_fact` is NULL behind the last one. `*ret_new` is 1 when it is the first one of a dimension. */
cg_status cg_export_next(struct cg_export *walk, const struct cg_export_fact **ret_fact, int32_t *ret_new,
                         struct cg_error *error);

/** The dimension of the fact that cg_export_next gave. */
const struct cg_export_dimension *cg_export_dimension(const struct cg_export *walk);

/** Ends it and the transaction. NULL is fine. */
void cg_export_close(struct cg_export *walk);

#endif
