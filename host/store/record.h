/*
 * record.h - what is remembered of a date beside its rows, in a table of our own for each kind of facts.
 */
#ifndef CG_STORE_RECORD_H
#define CG_STORE_RECORD_H

#include "store/dimensions.h"

/** One date of one kind. */
struct cg_date_record {
    uint32_t kind; /**< CG_FACTS_ */
    int64_t date;
    const char *rows_digest;
    const char *calculation_id; /**< of the state at that time; NULL only for topics */
    int32_t metrics_failed;
    int32_t metrics_seen;
    const char *inputs_digest; /**< these two are kept only together, and not when they are too long; see inputs.h */
    const char *questions;
};

/** Writes a record in place of the date's old one. */
cg_status cg_record_write(struct cg_store *store, const struct cg_date_record *record, struct cg_error *error);

#endif
