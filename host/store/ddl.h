/*
 * ddl.h - making, looking at and naming tables.
 *
 * Definitions hold tokens for what databases spell differently: $ts, $bool (types), $serial (self-numbering key that
 * never repeats a number), $rowid (self-numbering key), $text (type of the texts of dimensions), $blank (their
 * default). These statements run once, so nothing stays prepared.
 */
#ifndef CG_STORE_DDL_H
#define CG_STORE_DDL_H

#include "base/buf.h"
#include "store/private.h"
#include "store/shared.h"

/** Longest statement. */
#define CG_DDL_LIMIT ((size_t)64 * 1024)

/** Room for the name of a table of ours, NUL included. */
#define CG_DDL_NAME_SIZE 96

/** The names of a table's columns, in order; without any when there is no such table. */
struct cg_ddl_columns {
    const char **names;
    size_t count;
};

/** Runs a statement as it is. `doing` is for messages. */
cg_status cg_ddl_execute(struct cg_store *store, const char *sql, const char *doing, struct cg_error *error);

/** Runs statements with tokens. */
cg_status cg_ddl_run(struct cg_store *store, const char *const *statements, size_t count, struct cg_error *error);

/** Whether a table exists. */
cg_status cg_ddl_exists(struct cg_store *store, const char *table, int32_t *ret, struct cg_error *error);

/** Creates a table without its indexes. */
cg_status cg_ddl_create_table(struct cg_store *store, const struct cg_shared_table *table, struct cg_error *error);

/** Creates a table's indexes; with `only_missing` those that exist are left alone. */
cg_status cg_ddl_create_indexes(struct cg_store *store, const struct cg_shared_table *table, int32_t only_missing,
                                struct cg_error *error);

/** Lists a table's columns, into the arena. */
cg_status cg_ddl_list_columns(struct cg_store *store, const char *table, struct cg_arena *arena,
                              struct cg_ddl_columns *ret, struct cg_error *error);

/** Whether `column`, with or without its quotes, is in the list. */
int32_t cg_ddl_has_column(const struct cg_ddl_columns *columns, const char *column);

/** Gives those who have rights on a table the same on another one, where the database knows of such. */
cg_status cg_ddl_copy_rights(struct cg_store *store, const char *from, const char *to, struct cg_error *error);

#endif
