/*
 * resolve.h - calls an identity resolver and keeps its answer for the lines that share it.
 */
#ifndef CG_ENGINE_RESOLVE_H
#define CG_ENGINE_RESOLVE_H

#include "engine/found.h"
#include "engine/questions.h"
#include "engine/runtime.h"
#include "store/inventory.h"

/** Most identities (active, derived) and entries a resolver may add each: more is a broken resolver. */
#define CG_RESOLVE_LIMIT ((size_t)1000000)

struct cg_listing;

/**
 * What resolvers asked the inventory for on one date, in the date's arena: hundreds of resources ask for the same list.
 * Starts zeroed; to be zeroed again when the arena is emptied or the inventory changes.
 */
struct cg_listings {
    struct cg_listing *first; /**< newest first */
    struct cg_found found;    /**< single resources */
};

/** What a resolver is asked about. Everything lives as long as the answer. */
struct cg_resolve_question {
    struct cg_runtime *runtime;
    struct cg_store *store;
    struct cg_arena *arena; /**< of the date: the answer lives in it */
    const struct cg_binding *binding;
    const struct cg_billing_line *line;
    int64_t window_end;
    const struct cg_identity_list *tenant_period;
    const struct cg_identity_list *everybody; /**< all identities but system ones, dead or alive */
    const struct cg_metrics *metrics;         /**< or NULL */
    struct cg_questions *questions;           /**< takes what it asks of the inventory; NULL: nobody wants to know */
    struct cg_listings *listings;             /**< of the arena; NULL: nothing is kept */
};

/** Who has to do with a resource in a window. */
struct cg_resolution {
    struct cg_identity_list active;
    struct cg_identity_list derived;
    struct cg_identity_list merged;
    const struct cg_context_entry *const *entries; /**< by map and key, each pair once */
    size_t entry_count;
};

/**
 * Asks the binding's resolver (none: an empty answer). The status and sentence of a failure are the module's, without
 * its name. `*ret_own` is 1 when the failure is the program's own instead (out of memory, the database), 0 otherwise.
 */
cg_status cg_resolve(const struct cg_resolve_question *question, struct cg_resolution *ret, int32_t *ret_own,
                     struct cg_error *error);

#endif
