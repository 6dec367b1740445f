/*
 * model.h - the nouns of chargeback: resources, identities, billing lines, metrics.
 *
 * Plain records without behaviour. Whoever creates one owns its memory and that of every string it points to; a reader
 * borrows it for the call. Members are in wire order; see abi.h for the rules of growth.
 *
 * Since ABI 1.0.
 */
#ifndef CHITRAGUPT_MODEL_H
#define CHITRAGUPT_MODEL_H

#include <chitragupt/decimal.h>

CG_BEGIN_DECLS

/** Kinds of a cg_field's value. */
#define CG_FIELD_STRING 0 /**< `value` is text; NULL is JSON null */
#define CG_FIELD_BOOL 1   /**< `value` is "true" or "false" */
#define CG_FIELD_NUMBER 2 /**< `value` is a JSON number's text */
#define CG_FIELD_JSON 3   /**< `value` is a JSON document (an object or a list), stored as it is */

/** One key of a record's metadata, in the order in which it is stored. Frozen. */
struct cg_field {
    const char *key;
    const char *value;
    uint32_t kind; /**< CG_FIELD_ */
    uint32_t reserved;
};

/** A cluster, connector, environment... One row of `resources`. */
struct cg_resource {
    uint32_t struct_size;
    uint32_t field_count;
    const char *id;                /**< required, not empty */
    const char *type;              /**< required, e.g. "kafka_cluster" */
    const char *display_name;      /**< or NULL */
    const char *parent_id;         /**< or NULL */
    const char *owner_id;          /**< or NULL */
    const char *cloud;             /**< or NULL */
    const char *region;            /**< or NULL */
    int64_t created_at;            /**< time or CG_TIME_NONE */
    int64_t deleted_at;            /**< time or CG_TIME_NONE; ignored when gathered (what is seen is alive) */
    const struct cg_field *fields; /**< metadata without cloud and region */
};

/** Somebody who can be charged. One row of `identities`. */
struct cg_identity {
    uint32_t struct_size;
    uint32_t field_count;
    const char *id;           /**< required, not empty */
    const char *type;         /**< required, e.g. "service_account" */
    const char *display_name; /**< or NULL */
    int64_t created_at;       /**< time or CG_TIME_NONE */
    int64_t deleted_at;       /**< time or CG_TIME_NONE; ignored when gathered */
    const struct cg_field *fields;
};

/** Identities in ascending byte order of their ids, each id once. Frozen. */
struct cg_identity_list {
    const struct cg_identity *const *items;
    size_t count;
};

/** What the identity that owns unallocatable cost is called, and its type. */
#define CG_IDENTITY_UNALLOCATED "UNALLOCATED"
#define CG_IDENTITY_TYPE_SYSTEM "system"

/** The provider's item could not be read whole; the line carries what could be. */
#define CG_LINE_MALFORMED 1u

/**
 * One cost on one day. Key of a line inside a tenant: timestamp, env_id, resource_id, product_type, product_category.
 * `total_cost` is the whole amount to be charged, with all the provider's digits.
 */
struct cg_billing_line {
    uint32_t struct_size;
    uint32_t flags;     /**< CG_LINE_ */
    int64_t timestamp;  /**< start of the line's window, whole seconds */
    const char *env_id; /**< "" when the line has none, never NULL */
    const char *resource_id;
    const char *product_category;
    const char *product_type;
    const char *currency;    /**< "USD" */
    const char *granularity; /**< "hourly", "daily", "monthly" or a configured name */
    struct cg_decimal quantity;
    struct cg_decimal unit_price;
    struct cg_decimal total_cost;
    const struct cg_field *fields;
    uint32_t field_count;
    uint32_t reserved;
};

/** One sample. Frozen. */
struct cg_metric_point {
    int64_t time; /**< time of the sample */
    double value; /**< always finite */
};

/** One time series of one metric key. `labels` holds only the labels the query names, each once. */
struct cg_metric_series {
    uint32_t struct_size;
    uint32_t label_count;
    const char *key; /**< cg_metric_query.key */
    const struct cg_field *labels;
    const struct cg_metric_point *points; /**< in ascending time, inside [window start, window end) */
    size_t point_count;
};

/** At least one of the window's queries failed; `series` is then empty. */
#define CG_METRICS_FETCH_FAILED 1u

/** What the metrics source said about one resource in one window. */
struct cg_metrics {
    uint32_t struct_size;
    uint32_t flags;                               /**< CG_METRICS_ */
    const struct cg_metric_series *const *series; /**< by key in query order, then as the source listed them */
    size_t series_count;
    uint64_t ignored_points; /**< samples that were not finite or not numbers */
};

/** Strings; borrowed like any pointer. Frozen. */
struct cg_text_list {
    const char *const *items;
    size_t count;
};

/** The value of `key` among `count` fields, or NULL when it is absent or null. Thread: [any]. */
const char *cg_field_value(const struct cg_field *fields, size_t count, const char *key);

/** The identity with this id, or NULL. Binary search. Thread: [any]. */
const struct cg_identity *cg_identity_list_find(const struct cg_identity_list *list, const char *id);

CG_END_DECLS

#endif
