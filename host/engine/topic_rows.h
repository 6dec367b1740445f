/*
 * topic_rows.h - the topic rows of one date while it is attributed, and the check that each line's rows sum to its
 * cost.
 */
#ifndef CG_ENGINE_TOPIC_ROWS_H
#define CG_ENGINE_TOPIC_ROWS_H

#include <chitragupt/model.h>

#include "base/error.h"
#include "store/topics.h"

/** Most rows of a date: more is a broken metrics source. */
#define CG_TOPIC_ROWS_LIMIT ((size_t)10000000)

/** Rows. Start it zeroed. Their strings are borrowed. */
struct cg_topic_rows {
    struct cg_topic_fact *items;
    size_t count;
    size_t room;
    size_t line_start; /**< first row of the line at hand */
    const struct cg_billing_line *line;
};

/** Frees the rows. */
void cg_topic_rows_done(struct cg_topic_rows *rows);

/** Forgets all rows, keeps the memory. */
void cg_topic_rows_clear(struct cg_topic_rows *rows);

/** Starts a line, which lives until the rows are written. */
void cg_topic_rows_begin(struct cg_topic_rows *rows, const struct cg_billing_line *line);

/** Adds a row of the line at hand. Errors: CG_NO_MEMORY; CG_RANGE, there are too many. */
cg_status cg_topic_rows_add(struct cg_topic_rows *rows, const char *topic, const char *method,
                            const struct cg_decimal *amount, struct cg_error *error);

/** Checks that the rows of the line at hand sum to its cost exactly. CG_PERMANENT with a sentence when they do not. */
cg_status cg_topic_rows_check(const struct cg_topic_rows *rows, struct cg_error *error);

#endif
