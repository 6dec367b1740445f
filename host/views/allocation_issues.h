/*
 * allocation_issues.h - cost that could not be allocated as it should have been, and why.
 */
#ifndef CG_VIEWS_ALLOCATION_ISSUES_H
#define CG_VIEWS_ALLOCATION_ISSUES_H

#include <chitragupt/decimal.h>

#include "base/arena.h"
#include "store/store.h"

/** Which facts are looked at; NULL members do not matter. */
struct cg_view_issue_filter {
    int64_t start; /**< facts in [start, end) */
    int64_t end;
    const char *identity_id;
    const char *product_type;
    const char *resource_id;
};

/** Facts that have all of these in common. Texts live in an arena. */
struct cg_view_issue {
    const char *env_id;
    const char *resource_id; /**< or NULL */
    const char *product_type;
    const char *identity_id;
    const char *allocation_detail; /**< never that of a regular allocation */
    int64_t row_count;
    struct cg_decimal usage_cost;
    struct cg_decimal shared_cost;
    struct cg_decimal total_cost; /**< also of facts that are neither */
};

/**
 * All groups: the dearest first, those of the same cost in the order of their texts, byte by byte, NULL first. Memory
 * grows with the number of dimensions that have such a detail, not with that of facts.
 */
cg_status cg_view_issues(struct cg_store *store, const struct cg_view_issue_filter *filter, struct cg_arena *arena,
                         struct cg_view_issue **ret, size_t *ret_count, struct cg_error *error);

#endif
