/*
 * report.h - who owes what, and whether the books balance.
 */
#ifndef CG_STORE_REPORT_H
#define CG_STORE_REPORT_H

#include "store/store.h"

/** What one identity owes for one product type. Strings live in the arena. */
struct cg_owed {
    const char *identity_id;
    const char *identity_name; /**< display name, or NULL */
    const char *identity_type; /**< or NULL when the identity is not in the inventory */
    const char *product_type;
    struct cg_decimal amount; /**< exact */
    uint64_t rows;
};

/** Rows of [start, end) grouped by identity and product type; largest amount first, then by id and type. */
cg_status cg_store_report(struct cg_store *store, int64_t start, int64_t end, struct cg_arena *arena,
                          struct cg_owed **ret, size_t *ret_count, struct cg_error *error);

/** Both sides of the books of a range. They balance when billed = allocated + unallocated. */
struct cg_reconciliation {
    struct cg_decimal billed;      /**< sum of the lines */
    struct cg_decimal allocated;   /**< sum of the rows that belong to somebody */
    struct cg_decimal unallocated; /**< sum of the rows of UNALLOCATED */
    uint64_t lines;
    uint64_t rows;
    uint64_t dates; /**< with lines */
};

/** Sums up [start, end), from one snapshot. */
cg_status cg_store_reconcile(struct cg_store *store, int64_t start, int64_t end, struct cg_reconciliation *ret,
                             struct cg_error *error);

#endif
