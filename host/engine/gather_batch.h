/*
 * gather_batch.h - gathered resources and identities on their way into the store.
 *
 * Rows are checked and copied when they arrive and written when a batch is full, so the write lock is held only while
 * rows are written, never while an ecosystem waits for its provider.
 */
#ifndef CG_ENGINE_GATHER_BATCH_H
#define CG_ENGINE_GATHER_BATCH_H

#include "engine/border.h"
#include "store/inventory.h"

/** Most rows, and most bytes of copied texts, that wait for a transaction. */
#define CG_GATHER_BATCH_ROWS 500
#define CG_GATHER_BATCH_BYTES ((size_t)8 * 1024 * 1024)

/** Longest text of a gathered row that is no name (see engine/border.h) in bytes, and most metadata fields: more is a
 * broken module. */
#define CG_GATHER_TEXT_BYTES ((size_t)1024 * 1024)
#define CG_GATHER_FIELDS 10000

/** One waiting row: one of the two is set. */
struct cg_gather_row {
    const struct cg_resource *resource;
    const struct cg_identity *identity;
};

struct cg_gather_batch {
    struct cg_store *store;
    int64_t seen_at;
    struct cg_arena *arena; /**< the copies; emptied by every flush */
    size_t bytes;           /**< of texts in it */
    size_t count;
    struct cg_border_mended mended; /**< of all that came, never forgotten */
    struct cg_gather_row rows[CG_GATHER_BATCH_ROWS];
};

/** Prepares an empty batch; rows are written as seen at `seen_at`. Error: CG_NO_MEMORY. */
cg_status cg_gather_batch_init(struct cg_gather_batch *batch, struct cg_store *store, int64_t seen_at,
                               struct cg_error *error);

/** Forgets what was not written. A zeroed batch is fine. */
void cg_gather_batch_done(struct cg_gather_batch *batch);

/**
 * Checks a row of a module, copies it and writes the batch if that filled it. Names that are not fit are mended; of a
 * display name what is not clean becomes '?'. CG_INVALID with a sentence: the row is NULL or too short, lacks id or
 * type, or has a text or fields that cannot be; CG_NO_MEMORY; those of the store.
 */
cg_status cg_gather_batch_resource(struct cg_gather_batch *batch, const struct cg_resource *resource,
                                   struct cg_error *error);

/** The same for an identity. */
cg_status cg_gather_batch_identity(struct cg_gather_batch *batch, const struct cg_identity *identity,
                                   struct cg_error *error);

/** Checks the metadata of `what` (NULL with `count` 0 is fine): at most CG_GATHER_FIELDS, all with keys. */
cg_status cg_gather_check_fields(const char *what, const struct cg_field *fields, size_t count, struct cg_error *error);

/** Writes what waits in one transaction. After an error nothing of it is written, and the batch is empty. */
cg_status cg_gather_batch_flush(struct cg_gather_batch *batch, struct cg_error *error);

#endif
