/*
 * history.h - the chargeback rows that a date has already, so that a line whose metrics cannot be had keeps those it
 * has.
 *
 * A line's rows are those of its time, environment, resource and product. They are worth keeping when the date's rows
 * were computed with metrics, as long as they sum to the line's cost exactly: what a line costs is all that its rows
 * have of it. Rows that stand for a failure, of the line or of its metrics, are not kept.
 */
#ifndef CG_ENGINE_HISTORY_H
#define CG_ENGINE_HISTORY_H

#include "base/arena.h"
#include "engine/rowset.h"
#include "store/store.h"

/** Stored rows. Start it zeroed. */
struct cg_history {
    int32_t is_read;
    int32_t is_measured;         /**< 1: they were computed with metrics: it is recorded, or their methods tell */
    const struct cg_fact *facts; /**< in the order of the bill; those of a date that is not measured are left out */
    size_t count;
};

/**
 * Reads the rows of a date, unless that is done already. Texts are kept in `texts`, the rest lives in the arena. That
 * there were metrics is recorded with the rows; of rows of before it was, and of those that somebody else wrote, a
 * split by usage tells it. Errors: CG_NO_MEMORY, those of the store.
 */
cg_status cg_history_read(struct cg_store *store, int64_t date, struct cg_intern *texts, struct cg_arena *arena,
                          struct cg_history *history, struct cg_error *error);

/**
 * Adds the stored rows of the line at hand (cg_rowset_begin) to `rows` as they are. `*ret_kept` is 0, and nothing is
 * added, when there are none to keep. Error: CG_NO_MEMORY.
 */
cg_status cg_history_keep(const struct cg_history *history, struct cg_rowset *rows, int32_t *ret_kept,
                          struct cg_error *error);

#endif
