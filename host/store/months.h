/*
 * months.h - the partitions of a database whose facts lie in monthly ones: made before a date is written, dropped when
 * all of their rows are too old.
 *
 * The partition of a month is called <table>_yYYYYmMM. What lies in none of them is in <table>_default.
 */
#ifndef CG_STORE_MONTHS_H
#define CG_STORE_MONTHS_H

#include "store/private.h"

/**
 * Makes sure that the month of `date` has its partition, for facts of a kind (CG_FACTS_); rows of that month which
 * somebody else put into the default partition move there. Inside a write transaction. Does nothing on a database
 * without monthly partitions.
 */
cg_status cg_months_prepare(struct cg_store *store, uint32_t kind, int64_t date, struct cg_error *error);

/** The names of partitions whose rows are all older than `bound`, oldest first, in the store's scratch memory. None
 * when the database has no monthly partitions, or rows of somebody else in them. */
struct cg_months {
    const char **names;
    size_t count;
};
cg_status cg_months_before(struct cg_store *store, uint32_t kind, int64_t bound, struct cg_months *ret,
                           struct cg_error *error);

/** Drops such a partition in a transaction of its own; `*ret_rows` is the number of its rows. When somebody else has
 * got rows meanwhile it stays, and that is 0. */
cg_status cg_months_drop(struct cg_store *store, const char *name, int64_t *ret_rows, struct cg_error *error);

#endif
