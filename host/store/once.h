/*
 * once.h - statements that run once and do not stay prepared, such as those written for one table.
 */
#ifndef CG_STORE_ONCE_H
#define CG_STORE_ONCE_H

#include "store/private.h"

/**
 * Runs a statement to its end. `parameter` is the text of ?1, or NULL when there is none; `doing` is for messages;
 * `ret_changes` may be NULL.
 */
cg_status cg_once_run(struct cg_store *store, const char *sql, const char *parameter, const char *doing,
                      int64_t *ret_changes, struct cg_error *error);

/** The first column of a query's first row: as a text in the arena, NULL when there is no row or it is SQL NULL. */
cg_status cg_once_text(struct cg_store *store, const char *sql, const char *parameter, const char *doing,
                       struct cg_arena *arena, const char **ret, struct cg_error *error);

/** The same as a number, 0 for none. */
cg_status cg_once_number(struct cg_store *store, const char *sql, const char *parameter, const char *doing,
                         int64_t *ret, struct cg_error *error);

#endif
