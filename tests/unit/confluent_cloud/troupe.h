/*
 * One billing line and everybody around it, for resolvers and allocators. People are written as words: "sa-a", or
 * "ID:TYPE", or "ID:api_key:OWNER:RESOURCE". Usage is written as "KEY WHO VALUE..." separated by ";"; values may be
 * nan, inf, -inf and huge. Resources are written as "ID TYPE WORD..." separated by ";", where a word is parent=,
 * owner=, name=, any other KEY=VALUE for the metadata, or "gone" (deleted before the window) or "later" (created after
 * it).
 */
#ifndef CCLOUD_TROUPE_H
#define CCLOUD_TROUPE_H

#include "stage.h"

/** A list that grows. */
struct troupe_list {
    void **items;
    size_t count;
};

/** The troupe. Zero-initialise, then troupe_init. */
struct troupe {
    struct stage stage;
    struct cg_billing_line line;
    struct troupe_list period; /**< struct cg_identity */
    struct troupe_list absent; /**< struct cg_identity: known, but not alive in the window */
    struct troupe_list active;
    struct troupe_list derived;
    struct troupe_list merged;    /**< made by troupe_allocate; borrows */
    struct troupe_list resources; /**< struct cg_resource */
    struct troupe_list series;    /**< struct cg_metric_series */
    struct troupe_list entries;   /**< struct cg_context_entry */
    struct troupe_list memory;    /**< everything to free */
    struct cg_metrics metrics;
    int has_metrics;
    struct stage_text rows; /**< rows of the last allocation: "id cost amount method detail tier part; ..." */
    struct cg_decimal sum;  /**< of the last allocation */
    size_t row_count;
};

/** Sets up a line of `product_type` on `resource` with an amount. `settings` is JSON with allocator_params, or NULL. */
void troupe_init(struct troupe *troupe, const char *settings, const char *product_type, const char *resource,
                 const char *amount);
/** Takes it down. */
void troupe_done(struct troupe *troupe);

/** Adds people, NULL for none. */
void troupe_add(struct troupe *troupe, struct troupe_list *list, const char *people);
/** Adds resources, NULL for none. */
void troupe_stock(struct troupe *troupe, const char *resources);
/**
 * Adds series of `key`, NULL for none: "in" and "out" are short for bytes_in and bytes_out, of a principal; "cfu" and
 * "cfu2" for the two Flink keys, of "POOL/STATEMENT". A principal "-" and an empty part are empty labels.
 */
void troupe_measure(struct troupe *troupe, const char *usage);
/** Adds entries "KEY=OWNER ..." of api_key_to_owner, NULL for none. */
void troupe_own(struct troupe *troupe, const char *owners);
/** Adds an entry of stmt_owner_cfu, or adds to it. */
void troupe_weigh(struct troupe *troupe, const char *owner, double weight);

/** Runs the resolver of the product's service, if it has one; fills `active`, `derived` and `entries` anew. */
cg_status troupe_resolve(struct troupe *troupe);
/** Runs the allocator of the product, or the fallback. */
cg_status troupe_allocate(struct troupe *troupe);
/** What the description knows of a product type, or NULL; the service through *ret_service when it is not NULL. */
const struct cg_product *troupe_product(const char *product_type, const struct cg_service **ret_service);

#endif
