/*
 * topic_history.h - the rows that a date has already, so that a line can keep those it has.
 *
 * A line's rows are those of its time, environment, cluster and product. They are worth keeping as long as they sum to
 * its cost exactly: what a line costs is all that its rows have of it.
 */
#ifndef CG_ENGINE_TOPIC_HISTORY_H
#define CG_ENGINE_TOPIC_HISTORY_H

#include "base/arena.h"
#include "engine/topic_rows.h"
#include "engine/topic_rules.h"

/** Stored rows. Start it zeroed. */
struct cg_topic_history {
    struct cg_topic_fact *rows; /**< by cluster, environment, time, product type and category */
    size_t count;
    size_t room;
};

/** Reads the rows of a date but those that an outage made; everything lives in the arena. Errors: CG_NO_MEMORY, those
 * of the store. */
cg_status cg_topic_history_read(struct cg_store *store, int64_t date, struct cg_arena *arena,
                                struct cg_topic_history *ret, struct cg_error *error);

/**
 * Whether rows tell by their methods that they were computed with metrics: rows of before that was recorded, or that
 * somebody else wrote. Methods of rules without measures, and those in place of a rule's, tell nothing.
 */
int32_t cg_topic_history_is_measured(const struct cg_topic_history *history, const struct cg_topic_rules *rules);

/**
 * Adds the stored rows of the line at hand (cg_topic_rows_begin) to `rows` as they are. `*ret_kept` is 0, and nothing
 * is added, when there are none or they do not sum to its cost. Errors: those of cg_topic_rows_add.
 */
cg_status cg_topic_history_keep(const struct cg_topic_history *history, struct cg_topic_rows *rows, int32_t *ret_kept,
                                struct cg_error *error);

#endif
