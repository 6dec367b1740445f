/*
 * sweep.h - what a complete listing of a family did not show any more is gone.
 */
#ifndef CG_STORE_SWEEP_H
#define CG_STORE_SWEEP_H

#include "store/store.h"

/** A listing that is complete and empty is believed at once. */
#define CG_SWEEP_TRUST (-2)
/** An empty listing never deletes. */
#define CG_SWEEP_NEVER (-1)

/** A family that was listed completely. */
struct cg_sweep {
    const char *family;  /**< resource or identity type */
    int32_t is_identity; /**< 1: of identities */
    uint64_t seen;       /**< how many were listed */
    int64_t threshold;   /**< after how many empty listings in a row all are deleted (0 like 1), or CG_SWEEP_ */
    int64_t seen_before; /**< start of the gather: whoever was last seen before it was not listed */
    int64_t now;         /**< time of the deletion */
};

/** What became of it. */
struct cg_swept {
    uint64_t deleted;
    uint64_t spared;       /**< alive, not listed, and kept because of the threshold */
    int64_t empty_gathers; /**< in a row, this one included; 0 when something was listed, or nothing was alive */
};

/**
 * Marks live rows of the family that were not listed as deleted (resources also with status "deleted"), or counts the
 * empty listing; the count survives the process. UNALLOCATED and type "system" are never marked.
 */
cg_status cg_store_sweep(struct cg_store *store, const struct cg_sweep *sweep, struct cg_swept *ret,
                         struct cg_error *error);

#endif
