/*
 * allocator.h - from one billing line to chargeback rows.
 *
 * An allocator is a constant descriptor with a function. Ecosystems bring one per product type; a user may put another
 * in its place with `allocator_overrides: {PRODUCT_TYPE: symbol}`, where the symbol is an exported `const struct
 * cg_allocator` (CG_ALLOCATOR). The host checks every answer: the rows must sum to `context->amount` exactly, else the
 * line falls back to UNALLOCATED with a detail that says why. Rows with equal keys are added up.
 *
 * Rows must follow from the context and the ecosystem's settings alone, not from a clock, the network or what an
 * earlier gather left in memory: the host asks again only when a line of the date, what its resolver was told, settings
 * or a module's build changed, or a metrics query had failed. What metrics say of a window that is over is taken as
 * final.
 *
 * Since ABI 1.0.
 */
#ifndef CHITRAGUPT_ALLOCATOR_H
#define CHITRAGUPT_ALLOCATOR_H

#include <chitragupt/host.h>

CG_BEGIN_DECLS

/** First bytes of every override descriptor: "CGOV". */
#define CG_OVERRIDE_MAGIC UINT32_C(0x43474f56)

#define CG_OVERRIDE_ALLOCATOR 1u
#define CG_OVERRIDE_IDENTITY_RESOLVER 2u

/** What lets the host refuse a symbol of the wrong kind before it jumps anywhere. Fill it with CG_OVERRIDE_HEADER. */
struct cg_override_header {
    uint32_t struct_size; /**< of the whole descriptor */
    uint32_t magic;       /**< CG_OVERRIDE_MAGIC */
    uint32_t kind;        /**< CG_OVERRIDE_ALLOCATOR or CG_OVERRIDE_IDENTITY_RESOLVER */
    uint16_t abi_major;
    uint16_t abi_minor;
};

#define CG_COST_USAGE 0u  /**< caused by somebody */
#define CG_COST_SHARED 1u /**< shared by everybody it was split over */

#define CG_NO_INDEX (-1)

/**
 * One identity's part of a line. Strings are copied by the sink. They are UTF-8 without control characters (U+0000 to
 * U+001F, U+007F to U+009F), because they go to databases, files and terminals, and identity, method and detail have
 * together at most 1120 bytes; a row that breaks this or a limit below is refused, and with it the line.
 */
struct cg_row {
    uint32_t struct_size;
    uint32_t cost_type;      /**< CG_COST_ */
    const char *identity_id; /**< required, not empty, at most 1024 bytes */
    struct cg_decimal amount;
    const char *allocation_method; /**< e.g. "even_split"; at most 255 bytes; NULL = none */
    const char *allocation_detail; /**< why this method, e.g. "no_metrics_located"; at most 1024 bytes; NULL = none */
    int32_t chain_tier;            /**< position in a chain from 0, or CG_NO_INDEX */
    int32_t composition_index;     /**< part of a composition from 0, or CG_NO_INDEX */
    double ratio;                  /**< share of the usage, 0 when there is none */
};

/**
 * Takes rows. `add` copies; errors: CG_INVALID (a row without identity, of an unknown cost type, or with a text that is
 * too long or not clean), CG_RANGE (too many), CG_NO_MEMORY.
 */
struct cg_row_sink {
    uint32_t struct_size;
    uint32_t reserved;
    void *impl;
    cg_status (*add)(const struct cg_row_sink *sink, const struct cg_row *row);
};

/** One entry that an identity resolver left for the allocator, e.g. map "api_key_to_owner", key "KEY1", text "sa-1". */
struct cg_context_entry {
    uint32_t struct_size;
    uint32_t reserved;
    const char *map;
    const char *key;
    const char *text; /**< or NULL */
    double number;    /**< 0 when the entry is a text */
};

/** What an allocator knows. */
struct cg_allocation_context {
    uint32_t struct_size;
    uint32_t reserved;
    const struct cg_host *host;
    const char *tenant_name;
    int64_t window_start; /**< = line->timestamp */
    int64_t window_end;   /**< exclusive */
    const struct cg_billing_line *line;
    struct cg_decimal amount;                      /**< what the rows must sum to: the line's whole cost */
    struct cg_identity_list resource_active;       /**< who holds credentials for the resource */
    struct cg_identity_list metrics_derived;       /**< who shows in its metrics */
    struct cg_identity_list merged_active;         /**< union of both */
    struct cg_identity_list tenant_period;         /**< everybody alive in the window, without type "system" */
    const struct cg_context_entry *const *entries; /**< sorted by map, then key */
    size_t entry_count;
    const struct cg_metrics *metrics; /**< all that the products of this resource and window ask for; NULL: nothing */
    const struct cg_config *params;   /**< allocator_params, or NULL */
    void *ecosystem;                  /**< the ecosystem's instance for its own allocators; NULL for overrides */
};

/** The descriptor. `self` lets one function serve several descriptors that differ in `data`. */
struct cg_allocator {
    struct cg_override_header header;
    const char *description; /**< one line for `chitragupt plugins` */
    /**
     * Splits `context->amount` into rows. Any status but CG_OK makes the line fall back to UNALLOCATED in this run; it
     * is tried again in later runs. [run]
     */
    cg_status (*allocate)(const struct cg_allocator *self, const struct cg_allocation_context *context,
                          const struct cg_row_sink *rows);
    const void *data; /**< the author's own constants, or NULL */
};

/** The text of entry `key` in `map`, or NULL. Binary search. Thread: [any]. */
const char *cg_context_text(const struct cg_allocation_context *context, const char *map, const char *key);

CG_END_DECLS

#endif
