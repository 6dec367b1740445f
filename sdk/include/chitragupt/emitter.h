/*
 * emitter.h - where results go besides the database.
 *
 * For each date (or month) the host calls begin, then rows (any number of times), then finish or abort. Nothing of a
 * date may become visible before finish answered CG_OK. A date may come again, when its rows changed, and replaces what
 * was emitted for it; when all of them were withdrawn it comes without rows: begin, then finish. Rows come in the order
 * of storage: resource_id (NULL first), product_category, product_type, identity_id, cost_type, allocation_method,
 * allocation_detail, env_id, timestamp.
 *
 * Rows of the topic overlay come in emissions of the pipeline "topic_attribution", through topic_rows in place of rows.
 *
 * An emitter that takes more than amounts gets, for every date with chargebacks, further emissions: the date's billing
 * lines ("billing"), and the resources and identities that existed at its midnight ("resource", "identity"). Each is
 * recorded on its own, comes again when its rows changed, and is never aggregated.
 *
 * Since ABI 1.0; topic_rows since 1.1; billing_rows, resource_rows, identity_rows and CG_EMITTER_EXPOSES since 1.3.
 */
#ifndef CHITRAGUPT_EMITTER_H
#define CHITRAGUPT_EMITTER_H

#include <chitragupt/host.h>

CG_BEGIN_DECLS

/** One emitter entry of the configuration. Lives as long as the instance. */
struct cg_emitter_spec {
    uint32_t struct_size;
    uint32_t reserved;
    const char *name;        /**< key of the emission records */
    const char *tenant_name; /**< key under `tenants:` */
    const char *tenant_id;
    const char *ecosystem;
    const struct cg_config *params; /**< `params`, validated and defaulted with the module's option table */
};

/** What is emitted. */
#define CG_PIPELINE_CHARGEBACK "chargeback"
#define CG_PIPELINE_TOPICS "topic_attribution"
#define CG_PIPELINE_BILLING "billing"     /**< since ABI 1.3 */
#define CG_PIPELINE_RESOURCES "resource"  /**< since ABI 1.3 */
#define CG_PIPELINE_IDENTITIES "identity" /**< since ABI 1.3 */

/** One date's emission. */
struct cg_emission {
    uint32_t struct_size;
    uint32_t reserved;
    const char *pipeline; /**< CG_PIPELINE_ */
    const char *date;     /**< "YYYY-MM-DD"; the first of the month for monthly aggregation */
    int64_t date_time;    /**< the same as a time, UTC midnight */
};

/** A chargeback row as stored, or aggregated. NULL = SQL NULL. */
struct cg_emitted_row {
    uint32_t struct_size;
    uint32_t reserved;
    const char *ecosystem;
    const char *tenant_id;
    int64_t timestamp;
    const char *env_id;
    const char *resource_id;
    const char *product_category;
    const char *product_type;
    const char *identity_id;
    const char *cost_type; /**< "usage" or "shared" */
    const char *amount;    /**< exact decimal text */
    const char *allocation_method;
    const char *allocation_detail;
};

/**
 * A row of the topic overlay as stored, or aggregated. Nothing is NULL. Order: env_id, cluster_resource_id, topic_name,
 * product_category, product_type, attribution_method, timestamp. Since ABI 1.1.
 */
struct cg_emitted_topic_row {
    uint32_t struct_size;
    uint32_t reserved;
    const char *ecosystem;
    const char *tenant_id;
    int64_t timestamp;
    const char *env_id; /**< "" when there is none */
    const char *cluster_resource_id;
    const char *topic_name; /**< "__UNATTRIBUTED__" for cost that no topic could be found for */
    const char *product_category;
    const char *product_type;
    const char *attribution_method;
    const char *amount; /**< exact decimal text */
};

/**
 * A billing line as stored. Order: timestamp, env_id, resource_id, product_type, product_category. Since ABI 1.3.
 */
struct cg_emitted_billing_row {
    uint32_t struct_size;
    uint32_t reserved;
    const char *ecosystem;
    const char *tenant_id;
    int64_t timestamp;
    const char *env_id; /**< "" when there is none */
    const char *resource_id;
    const char *product_type;
    const char *product_category;
    const char *quantity; /**< exact decimal text, as are the next two */
    const char *unit_price;
    const char *total_cost;
    const char *currency;
    const char *granularity;
};

/** A resource that existed at the date's midnight, by id. Since ABI 1.3. */
struct cg_emitted_resource {
    uint32_t struct_size;
    uint32_t reserved;
    const char *ecosystem;
    const char *tenant_id;
    const char *resource_id;
    const char *resource_type;
    const char *display_name; /**< or NULL */
    const char *parent_id;    /**< or NULL */
};

/** An identity that existed at the date's midnight, by id. Since ABI 1.3. */
struct cg_emitted_identity {
    uint32_t struct_size;
    uint32_t reserved;
    const char *ecosystem;
    const char *tenant_id;
    const char *identity_id;
    const char *identity_type;
    const char *display_name; /**< or NULL */
};

/** The emitter shows samples with cg_host.exposition, and its options contain CG_EXPOSITION_OPTIONS. Since ABI 1.3. */
#define CG_EMITTER_EXPOSES 1u

/** Factory of CG_KIND_EMITTER. The registration's option table describes `params`. */
struct cg_emitter {
    uint32_t struct_size;
    uint32_t flags; /**< CG_EMITTER_ */

    /** Rules beyond the option table; reports through config->problem. May be NULL. [start] */
    void (*validate)(const struct cg_host *host, const struct cg_config *params);

    /** Creates an instance for one entry; called only when there is something to emit. [run] */
    cg_status (*create)(const struct cg_host *host, const struct cg_emitter_spec *spec, void **ret_instance);

    /** Ends an instance. NULL is fine. [run] */
    void (*destroy)(void *instance);

    /** Starts a date. After an error neither rows nor finish nor abort is called for it. [run] */
    cg_status (*begin)(void *instance, const struct cg_emission *emission);

    /** A batch of at least one row. After an error abort is called. [run] */
    cg_status (*rows)(void *instance, const struct cg_emitted_row *const *rows, size_t count);

    /**
     * Makes the date visible, whole, in place of what was visible of it before. Finish without rows means the date has
     * none (any more): what was visible of it goes away. After an error abort is called. [run]
     */
    cg_status (*finish)(void *instance);

    /** Drops the date; what an earlier finish made visible stays. [run] */
    void (*abort)(void *instance);

    /**
     * Like rows, for emissions of CG_PIPELINE_TOPICS. NULL: this emitter takes no topics, and an entry of it under
     * topic_attribution.emitters is refused at the start. Since ABI 1.1. [run]
     */
    cg_status (*topic_rows)(void *instance, const struct cg_emitted_topic_row *const *rows, size_t count);

    /** Like rows, for emissions of CG_PIPELINE_BILLING, _RESOURCES and _IDENTITIES, which take place only where the
     * function is there. Since ABI 1.3. [run] */
    cg_status (*billing_rows)(void *instance, const struct cg_emitted_billing_row *const *rows, size_t count);
    cg_status (*resource_rows)(void *instance, const struct cg_emitted_resource *const *rows, size_t count);
    cg_status (*identity_rows)(void *instance, const struct cg_emitted_identity *const *rows, size_t count);
};

CG_END_DECLS

#endif
