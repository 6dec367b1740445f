/*
 * identity.h - whose is a resource in a window?
 *
 * A resolver answers two sets for one resource and window: who holds credentials for it (active) and who shows in its
 * metrics (derived), plus entries for the allocator. `identity_resolution_overrides: {PRODUCT_TYPE: symbol}` names an
 * exported `const struct cg_identity_resolver` (CG_IDENTITY_RESOLVER).
 *
 * The answer of an ecosystem's own resolver is shared among the products of its service for the same resource,
 * environment and window, so it must not depend on the product type. An override is asked for every product type.
 *
 * An answer must follow from the context and its look-ups alone, not from a clock, the network or what an earlier
 * gather left in memory: the host asks again only when what they say changed, or a metrics query had failed. A
 * deleted_at after the window does not count as a change, and what metrics say of a window that is over is taken as
 * final.
 *
 * What is asked for, and the ids and types of identities that are added, are UTF-8 without control characters: ids of
 * resources with at most 512 bytes, of identities with 1024, types with 255. Anything else, or metadata that is not of
 * its kind or has more than 10000 fields, makes the line fall back to UNALLOCATED, with the reason, whatever the
 * resolver answers; but the line's own resource_id and env_id can always be asked for.
 *
 * Since ABI 1.0.
 */
#ifndef CHITRAGUPT_IDENTITY_H
#define CHITRAGUPT_IDENTITY_H

#include <chitragupt/allocator.h>

CG_BEGIN_DECLS

/** What a resolver knows. */
struct cg_resolution_context {
    uint32_t struct_size;
    uint32_t reserved;
    const struct cg_host *host;
    void *impl; /**< the host's own, for the look-ups below */
    const char *tenant_name;
    const char *service_type; /**< e.g. "kafka" */
    const char *product_type; /**< of the line at hand; other products of the service may share a built-in's answer */
    const char *resource_id;
    const char *env_id; /**< "" when the line has none */
    int64_t window_start;
    int64_t window_end;                    /**< exclusive */
    struct cg_identity_list tenant_period; /**< everybody alive in the window, without type "system" */
    const struct cg_metrics *metrics;      /**< or NULL */
    void *ecosystem;                       /**< the ecosystem's instance for its own resolvers; NULL for overrides */

    /** The identity with this id, alive or not, or NULL. Lives until the resolver returns. */
    const struct cg_identity *(*find_identity)(const struct cg_resolution_context *context, const char *id);

    /** The resource with this id, alive or not, or NULL. Lives until the resolver returns. */
    const struct cg_resource *(*find_resource)(const struct cg_resolution_context *context, const char *id);

    /**
     * The resources of `type` whose life overlaps the window, in id order; `parent_id` NULL = any parent. The array
     * lives until the resolver returns.
     */
    cg_status (*list_resources)(const struct cg_resolution_context *context, const char *type, const char *parent_id,
                                const struct cg_resource *const **ret_items, size_t *ret_count);
};

/** Takes what the resolver found; everything is copied, an id given twice counts once (the later record stays). */
struct cg_resolution_sink {
    uint32_t struct_size;
    uint32_t reserved;
    void *impl;
    cg_status (*add_active)(const struct cg_resolution_sink *sink, const struct cg_identity *identity);
    cg_status (*add_derived)(const struct cg_resolution_sink *sink, const struct cg_identity *identity);
    /** Of texts of one map and key the last one stays. */
    cg_status (*put_text)(const struct cg_resolution_sink *sink, const char *map, const char *key, const char *text);
    /** Numbers of one map and key add up, and must be finite (CG_INVALID). A text under the same key replaces them. */
    cg_status (*put_number)(const struct cg_resolution_sink *sink, const char *map, const char *key, double number);
};

struct cg_identity_resolver {
    struct cg_override_header header;
    const char *description;
    /** Fills `sink`. Any status but CG_OK makes the line fall back to UNALLOCATED in this run. [run] */
    cg_status (*resolve)(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                         const struct cg_resolution_sink *sink);
    const void *data;
};

/**
 * Fills `ret` with an identity for an id that is in no table: the text before its first "-" gives the type ("sa" ->
 * service_account, "u" -> user, "pool" -> identity_pool, else unknown), the display name is "Unknown <type>". `ret`
 * borrows `id`. Thread: [any].
 */
void cg_identity_from_id(const char *id, struct cg_identity *ret);

CG_END_DECLS

#endif
