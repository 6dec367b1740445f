/*
 * shared.h - the tables shared with the Python engine, as its revision 032 has them.
 *
 * What databases spell differently is written as a token; see ddl.h.
 */
#ifndef CG_STORE_SHARED_H
#define CG_STORE_SHARED_H

#include <stddef.h>
#include <stdint.h>

/** Part of a key that a time belongs to: rows can become equal when their times lose their fractions. */
#define CG_COLUMN_KEY 1u
/** A time in whole seconds. */
#define CG_COLUMN_SECONDS 2u
/** Came into the table after others: stands behind them where tables are altered instead of written anew. */
#define CG_COLUMN_ADDED 4u

struct cg_shared_column {
    const char *name;       /**< in double quotes when SQL would take it for something else */
    const char *definition; /**< "VARCHAR NOT NULL" */
    const char *fallback;   /**< SQL for rows of an older table that lacks the column; NULL: no table may lack it */
    uint32_t flags;         /**< CG_COLUMN_ */
};

struct cg_shared_index {
    const char *name;
    const char *columns; /**< "(ecosystem, tenant_id)" */
    int32_t is_unique;   /**< 1: a key; an index or a constraint, as the database has it */
};

struct cg_shared_table {
    const char *name;
    const char *since; /**< the revision from which on every database has it */
    const struct cg_shared_column *columns;
    size_t column_count;
    const char *rules; /**< keys and constraints, each with a comma in front */
    const struct cg_shared_index *indexes;
    size_t index_count;
    const char *serial; /**< the column that numbers itself, or NULL */
};

/** All of them, referenced ones before those that refer to them. */
extern const struct cg_shared_table cg_shared_tables[];
extern const size_t cg_shared_tables_count;

/** The table alembic_version, which tells the revision. */
extern const struct cg_shared_table cg_shared_version;

/** Names of two tables that a step of the history treats specially. */
#define CG_TABLE_BILLING "billing"
#define CG_TABLE_ENVIRONMENT_BILLING "ccloud_billing"

/** Indexes that older revisions had under these names. */
extern const char *const cg_shared_old_indexes[];
extern const size_t cg_shared_old_indexes_count;

#endif
