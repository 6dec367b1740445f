/*
 * gather.h - what an ecosystem reads goes into the store.
 *
 * Rows of the inventory are collected and written in batches, each in one short transaction, so the write lock is never
 * held while the provider is asked. Billing windows are replaced whole, one transaction each. What a module hands over
 * is checked, and a refusal ends the gather even if the module does not look at the answer.
 */
#ifndef CG_ENGINE_GATHER_H
#define CG_ENGINE_GATHER_H

#include "engine/observer.h"
#include "engine/runtime.h"
#include "store/billing.h"
#include "store/inventory.h"

struct cg_gather_options {
    struct cg_runtime *runtime;
    struct cg_store *store;
    const struct cg_observer *observer;
    int64_t now;
    int64_t start; /**< of the billing window, UTC midnight, inclusive */
    int64_t end;   /**< exclusive */
};

/** What a gather brought. */
struct cg_gather_result {
    uint64_t resources;
    uint64_t identities;
    uint64_t failed_families;
    uint64_t deleted; /**< resources and identities that complete listings did not show any more */
    uint64_t malformed_lines;
    struct cg_billing_change billing;
};

/**
 * Reads inventory and bill. A family that could not be read is told to the observer and counted; the rest goes on. A
 * status other than CG_OK means that the gather ended early, or that a day of the window was left out (CG_PERMANENT);
 * what was written by then stays and is met again by the next one. The sentence says what failed.
 */
cg_status cg_gather_run(const struct cg_gather_options *options, struct cg_gather_result *ret, struct cg_error *error);

#endif
