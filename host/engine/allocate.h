/*
 * allocate.h - calls an allocator for one line and checks its answer.
 */
#ifndef CG_ENGINE_ALLOCATE_H
#define CG_ENGINE_ALLOCATE_H

#include "engine/resolve.h"
#include "engine/rowset.h"

/** One line to split. Everything is borrowed. */
struct cg_allocate_request {
    const struct cg_runtime *runtime;
    const struct cg_binding *binding; /**< with an allocator */
    const struct cg_billing_line *line;
    int64_t window_end;
    const struct cg_metrics *metrics;       /**< or NULL */
    struct cg_identity_list tenant_period;  /**< empty for the fallback */
    const struct cg_resolution *resolution; /**< NULL: nobody */
    struct cg_rowset *rows;                 /**< cg_rowset_begin was called for the line */
};

/**
 * Adds the line's rows, which sum to its cost exactly. On failure the sentence names the allocator and its module, and
 * rows may have been added (cg_rowset_drop).
 */
cg_status cg_allocate(const struct cg_allocate_request *request, struct cg_error *error);

#endif
