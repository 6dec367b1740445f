/*
 * rows.h - the rows of one date, of chargebacks or of topics: from facts in any order to the least change of the
 * tables.
 */
#ifndef CG_STORE_ROWS_H
#define CG_STORE_ROWS_H

#include <chitragupt/decimal.h>

#include "base/digest.h"
#include "store/dimensions.h"

/** A fact as it is stored. */
struct cg_row {
    int64_t dimension_id;
    int64_t timestamp; /**< whole seconds */
    struct cg_decimal amount;
    const char *text; /**< of the amount; set by cg_rows_finish */
    uint32_t text_length;
    uint32_t is_kept; /**< came from cg_rows_keep; its amount is only known as text */
};

/** What a date's rows are to be. Everything lives in the store's scratch memory. */
struct cg_rows {
    struct cg_store *store;
    uint32_t kind; /**< CG_FACTS_ */
    int64_t date;
    struct cg_row *items; /**< after cg_rows_finish one for each dimension and time, in that order */
    size_t count;
    size_t room;
    size_t kept;
    char digest[CG_DIGEST_TEXT_SIZE]; /**< set by cg_rows_finish */
};

/** Starts, inside a write transaction, with room for as many rows. */
cg_status cg_rows_start(struct cg_rows *rows, struct cg_store *store, uint32_t kind, int64_t date, size_t room,
                        struct cg_error *error);

/** Adds a fact; see cg_dimension_id for its texts. CG_INVALID: its time lies outside the date. */
cg_status cg_rows_add(struct cg_rows *rows, int64_t timestamp, const char *const texts[CG_DIMENSION_TEXTS],
                      const struct cg_decimal *amount, struct cg_error *error);

/** Adds a stored row that is to stay as it is; no fact may have its dimension. The text must live as long as the rows.
 */
cg_status cg_rows_keep(struct cg_rows *rows, int64_t timestamp, int64_t dimension_id, const char *amount,
                       struct cg_error *error);

/** Sorts, makes one row of those with one dimension and time, and digests. CG_RANGE: a sum has too many digits. */
cg_status cg_rows_finish(struct cg_rows *rows, struct cg_error *error);

/** Makes the stored rows of the date these. `*ret_changed`: 1 when that took a change. */
cg_status cg_rows_write(const struct cg_rows *rows, int32_t *ret_changed, struct cg_error *error);

/** The error of amounts that cannot be added up. Returns CG_RANGE. */
cg_status cg_rows_overflow(const struct cg_rows *rows, struct cg_error *error);

/** Digest of a date that was calculated and has no rows. */
void cg_rows_digest_none(char text[CG_DIGEST_TEXT_SIZE]);

#endif
