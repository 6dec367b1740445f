/*
 * ecosystem.h - where bills come from.
 *
 * Life of an ecosystem:  register -> validate* -> create -> describe -> (gather_inventory, gather_billing)* ->
 * (resolve, allocate)* -> destroy. One instance serves one tenant in one worker process.
 *
 * Since ABI 1.0; cg_ecosystem_description.topics since 1.1. Metric queries are in metrics.h since 1.3.
 */
#ifndef CHITRAGUPT_ECOSYSTEM_H
#define CHITRAGUPT_ECOSYSTEM_H

#include <chitragupt/identity.h>
#include <chitragupt/topics.h>

CG_BEGIN_DECLS

/** Who the instance works for. Lives as long as the instance. */
struct cg_tenant {
    uint32_t struct_size;
    uint32_t reserved;
    const char *name;                 /**< key under `tenants:` */
    const char *tenant_id;            /**< partition key of all rows */
    const struct cg_config *settings; /**< plugin_settings, validated and defaulted */
};

/** One product type and how its lines are split. */
struct cg_product {
    uint32_t struct_size;
    uint32_t metric_count;
    const char *product_type;                     /**< matched exactly */
    const struct cg_allocator *allocator;         /**< required */
    const struct cg_metric_query *const *metrics; /**< what its lines need; NULL when metric_count is 0 */
};

/** A family of products that share identity resolution. */
struct cg_service {
    uint32_t struct_size;
    uint32_t product_count;
    const char *service_type; /**< e.g. "kafka" */
    const struct cg_product *const *products;
    const struct cg_identity_resolver *resolver; /**< NULL: both sets are empty */
    struct cg_text_list resource_types;          /**< what it gathers; their union is shown as inventory */
};

/**
 * What an instance can do. Filled by `describe`; everything lives as long as the instance. The host checks it before
 * anything runs: at most 1000 services and 10000 products, every one with a name, every product with an allocator,
 * every metric query with key and expression.
 */
struct cg_ecosystem_description {
    uint32_t struct_size; /**< set by the host before the call */
    uint32_t reserved;
    const struct cg_service *const *services;
    size_t service_count;
    const struct cg_allocator
        *fallback; /**< for product types no service claims; NULL: such cost goes to UNALLOCATED */

    /** Splitting over topics, or NULL: none. Since ABI 1.1: to be set only when struct_size covers it. */
    const struct cg_topic_attribution *topics;
};

/**
 * Takes what is gathered. All functions copy. They write in short transactions, so what was read before a failure stays
 * and a second gather meets it again. A refusal ends the gather: whatever comes after it is refused too, and the run
 * fails with the reason, also when the module answers CG_OK.
 *
 * Ids, types and the other names of rows and lines are UTF-8 without control characters; ids of resources have at most
 * 512 bytes, those of identities 1024, other names 255. A name that is not is mended, which is logged: '?' stands for
 * what is not clean, and "~" with twelve hex digits that follow from the whole text is its end. In display names '?'
 * stands for what is not clean, in metadata U+FFFD for what is no UTF-8.
 */
struct cg_gather {
    uint32_t struct_size;
    uint32_t reserved;
    void *impl;
    const struct cg_host *host;
    int64_t now;
    int64_t billing_start; /**< UTC midnight, inclusive */
    int64_t billing_end;   /**< UTC midnight, exclusive */

    /** A resource or identity that exists now. Errors: CG_INVALID (no id or type), CG_TEMPORARY (database),
     * CG_NO_MEMORY. */
    cg_status (*resource)(const struct cg_gather *gather, const struct cg_resource *resource);
    cg_status (*identity)(const struct cg_gather *gather, const struct cg_identity *identity);

    /**
     * Says how reading one family (a resource or identity type) ended. CG_OK means it was listed completely, which
     * gives the host the right to mark what was not seen as deleted. Another status makes the run partial, with `text`
     * as the reason; `text` is NULL for CG_OK. Call it once per family, after its last row.
     */
    cg_status (*family)(const struct cg_gather *gather, const char *family, cg_status status, const char *text);

    /**
     * Replaces all lines of [start, end) (UTC midnights inside the billing window) by these, in one transaction: call
     * it only when that span was read completely. Lines whose content did not change are left alone. Lines with equal
     * keys are an error (CG_INVALID): merge them first. Every day of the billing window must be covered by a call
     * before `gather_billing` answers CG_OK, in any order and any number of spans; for days without cost an empty span
     * (`count` 0) is fine.
     */
    cg_status (*billing)(const struct cg_gather *gather, int64_t start, int64_t end,
                         const struct cg_billing_line *const *lines, size_t count);

    /** Progress for people: `done` of `total` (0 = unknown) of what `what` names, e.g. "billing windows". */
    void (*progress)(const struct cg_gather *gather, const char *what, uint64_t done, uint64_t total);

    /**
     * Says that the bill of [start, end) cannot be known now. What is stored of these days stays, and they count as
     * handed over. `status` CG_OK: the source knows nothing of them, or nothing any more. Another status makes the run
     * partial, with `text` as the reason. Errors as `billing`. Since ABI 1.3: see CG_HAS_MEMBER.
     */
    cg_status (*keep)(const struct cg_gather *gather, int64_t start, int64_t end, cg_status status, const char *text);
};

/** Lines carry an environment id, which is then part of their key. */
#define CG_ECOSYSTEM_HAS_ENVIRONMENTS 1u

/**
 * Who there is follows from metrics: its resolvers and allocators do not read tenant_period, so a date is not
 * calculated again because somebody else came or went, and identities that resolvers add become part of the inventory.
 * Overrides may read it all the same. Since ABI 1.3; hosts before take no notice of it.
 */
#define CG_ECOSYSTEM_MEASURED_IDENTITIES 2u

/** Factory of CG_KIND_ECOSYSTEM. */
struct cg_ecosystem {
    uint32_t struct_size;
    uint32_t flags; /**< CG_ECOSYSTEM_ */

    /** Cross-field rules beyond the option table; reports through config->problem. May be NULL. [start] */
    void (*validate)(const struct cg_host *host, const struct cg_config *settings);

    /** Creates an instance. `tenant` and `host` live as long as it. [run] */
    cg_status (*create)(const struct cg_host *host, const struct cg_tenant *tenant, void **ret_instance);

    /** Ends an instance. NULL is fine. [run] */
    void (*destroy)(void *instance);

    /** Says which products it knows. [run] */
    cg_status (*describe)(void *instance, struct cg_ecosystem_description *ret);

    /**
     * Reads resources and identities. A family that cannot be read is reported with `gather->family` and the rest goes
     * on; a status other than CG_OK means nothing sensible could be read and ends the run's gather. [run]
     */
    cg_status (*gather_inventory)(void *instance, const struct cg_gather *gather);

    /**
     * Reads the bill of [billing_start, billing_end) and hands over every day of it. A status other than CG_OK ends the
     * gather; so does CG_OK when a day was left out. [run]
     */
    cg_status (*gather_billing)(void *instance, const struct cg_gather *gather);
};

CG_END_DECLS

#endif
