/*
 * spelling.h - what databases spell differently when tables are created, looked at and rebuilt.
 *
 * '@' stands for the name of a column, '#' for that of a table. Everything else that differs is a fact of the driver's
 * dialect.
 */
#ifndef CG_STORE_SPELLING_H
#define CG_STORE_SPELLING_H

#include <chitragupt/sql_driver.h>

#include "base/buf.h"

struct cg_spelling {
    int32_t is_server;              /**< 1: see cg_store_has_server in select.h; 0: a file */
    const char *text_type;          /**< type of the texts of dimensions */
    const char *blank;              /**< their default */
    int32_t unique_is_a_constraint; /**< 1: a key beside the primary one is a constraint, 0: an index */
    int32_t alters_tables;          /**< 1: a column that came later is the last one, 0: tables were written anew */
    const char *columns;            /**< query: names of the columns of the table ?1 */
    const char *seconds;            /**< expression: a time with its fraction cut off */
    const char *find_bad_time;      /**< query: where a row with neither a time nor NULL lies; NULL: there are none */
    const char *env_id;             /**< expression: the member env_id of a JSON text */
    const char *renumber; /**< query: makes a column number on behind its greatest value; NULL: it does by itself */
    const char *reserve;  /**< query: ?1 numbers for a column that numbers itself; NULL: only inserting gives one */
    const char *release;  /**< statement: lets go what refers to a table that is dropped; or "" */
    const char *rights;   /**< statement: gives those who have rights on the table # the same on @; or "" */
    const char
        *settings; /**< run before a large rewrite, outside a transaction, so that its memory is bounded; or "" */
    const char *truncate; /**< expression: a time cut to the unit '#'; NULL: adding up is faster here than there */
    const char *pairs;    /**< a table of two columns from two texts of numbers "{1,2,...}"; NULL: no server */
    const char *lower;    /**< expression: a text with ASCII letters in lower case, and no others changed */
    const char *bytewise; /**< behind a text that is compared: compares bytes */
};

/** Never NULL: databases that are not SQLite are taken to be close to the standard, as PostgreSQL is. */
const struct cg_spelling *cg_spelling_of(const struct cg_sql_dialect *dialect);

/**
 * The two forms of a fixed statement, for an array: for databases that compare bytes anyway, and for those that must be
 * told. `statement` is a macro with one parameter, which it writes behind each text that is compared.
 */
#define CG_SPELLED_BYTEWISE(statement) \
    { statement(""), statement(" COLLATE \"C\"") }

/** Which of the two forms a database takes. */
size_t cg_spelling_bytewise(const struct cg_sql_dialect *dialect);

/** Appends `text` with the names in their places. Returns the buffer's status. */
cg_status cg_spelling_add(struct cg_buf *buf, const char *text, const char *table, const char *column);

#endif
