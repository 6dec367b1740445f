/*
 * rebuild.h - giving a table another shape while its rows stay.
 *
 * A database's own ALTER TABLE cannot change keys everywhere, and renaming leaves the names of constraints and the
 * texts of views behind. So the rows are kept in a second table, the old one is dropped, the new one is created under
 * its own name and filled: the result cannot be told from a table of a new database. Rows are moved by statements over
 * whole tables; none passes through this program. Everything belongs into one transaction.
 */
#ifndef CG_STORE_REBUILD_H
#define CG_STORE_REBUILD_H

#include "store/ddl.h"

/** One source of a table's new rows. */
struct cg_rebuild {
    const struct cg_shared_table *table;  /**< what is filled */
    const char *source;                   /**< name of the table that the rows were in */
    const struct cg_ddl_columns *columns; /**< the source's columns */
    const char *where;                    /**< which rows, of "h"; NULL: all. May hold the parameter ?1 */
    const char *parameter;                /**< its text, or NULL */
    int32_t splits_environment;           /**< 1: env_id is taken out of the rows' metadata */
};

/** What came of it. */
struct cg_rebuilt {
    int64_t rows;       /**< in the new table, from this source */
    int64_t duplicates; /**< rows left out because they became equal to another one */
};

/**
 * Refuses (CG_PERMANENT) a table whose rows cannot be carried over: a column that is needed is missing, or a time is
 * none. The sentence names the table, the column and the row.
 */
cg_status cg_rebuild_check(struct cg_store *store, const struct cg_shared_table *table,
                           const struct cg_ddl_columns *columns, struct cg_error *error);

/** Keeps the rows of `table` aside and drops it. */
cg_status cg_rebuild_keep(struct cg_store *store, const char *table, struct cg_error *error);

/**
 * Fills a table that was created anew. Two rows that have one key now that times are whole seconds must be equal in all
 * else; if not, CG_PERMANENT, and the sentence names the key.
 */
cg_status cg_rebuild_fill(struct cg_store *store, const struct cg_rebuild *rebuild, struct cg_rebuilt *ret,
                          struct cg_error *error);

/** Drops what was kept of `table`. */
cg_status cg_rebuild_drop(struct cg_store *store, const char *table, struct cg_error *error);

#endif
