/*
 * rowset.h - the rows of one date while it is calculated, and the check that each line's rows sum to its cost.
 */
#ifndef CG_ENGINE_ROWSET_H
#define CG_ENGINE_ROWSET_H

#include <chitragupt/allocator.h>

#include "base/error.h"
#include "base/intern.h"
#include "store/facts.h"

/** Most rows of one line, and longest texts of a row in bytes: more is a broken allocator. So is a text that is no
 * UTF-8 or holds control characters. */
#define CG_ROWSET_LINE_ROWS 1000000
#define CG_ROWSET_IDENTITY_BYTES 1024
#define CG_ROWSET_METHOD_BYTES 255
#define CG_ROWSET_DETAIL_BYTES 1024

/** Most bytes of these three together: with those of its line (see engine/border.h) they are one key of the database.
 */
#define CG_ROWSET_TEXT_BYTES ((size_t)1120)

/** What an allocator said of a row that is not stored. */
struct cg_row_origin {
    int32_t chain_tier;        /**< or CG_NO_INDEX */
    int32_t composition_index; /**< or CG_NO_INDEX */
    double ratio;              /**< finite; 0 when there is none */
};

struct cg_rowset {
    struct cg_row_sink sink; /**< what an allocator is given */
    struct cg_intern *texts; /**< borrowed; keeps the rows' strings until the owner empties it */
    struct cg_fact *facts;
    struct cg_row_origin *origins; /**< of the facts, in the same order */
    size_t count;
    size_t room;
    size_t line_start;                  /**< first row of the line at hand */
    const struct cg_billing_line *line; /**< the line at hand */
    const char *env_id;                 /**< what its rows get */
    struct cg_error error;              /**< why the sink refused a row */
};

/** Prepares an empty set; `texts` outlives it. */
void cg_rowset_init(struct cg_rowset *rows, struct cg_intern *texts);

/** Frees the rows. */
void cg_rowset_done(struct cg_rowset *rows);

/** Forgets all rows, keeps the memory. */
void cg_rowset_clear(struct cg_rowset *rows);

/** Starts a line; `env_id` "" when lines have none. Both live until the rows are written. */
void cg_rowset_begin(struct cg_rowset *rows, const struct cg_billing_line *line, const char *env_id);

/** Drops the rows of the line at hand. */
void cg_rowset_drop(struct cg_rowset *rows);

/** Checks that the rows of the line at hand sum to `amount` exactly. CG_PERMANENT with a sentence when they do not. */
cg_status cg_rowset_check(const struct cg_rowset *rows, const struct cg_decimal *amount, struct cg_error *error);

#endif
