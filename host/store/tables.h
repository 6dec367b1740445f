/*
 * tables.h - the statements that create tables.
 *
 * What databases spell differently is written as a token: $ts, $bool (types), $serial (self-numbering key that never
 * repeats a number), $rowid (self-numbering key), $text (type of dimension texts), $blank (default of dimension texts),
 * $unique_dimensions (how the key of the dimensions is made unique).
 */
#ifndef CG_STORE_TABLES_H
#define CG_STORE_TABLES_H

#include <stddef.h>

/** The tables shared with the Python engine, at its revision 032. */
extern const char *const cg_tables_shared[];
extern const size_t cg_tables_shared_count;

/** Names of the shared tables that this program reads or writes. */
extern const char *const cg_tables_names[];
extern const size_t cg_tables_names_count;

/** Migration 1 of our own tables. */
extern const char *const cg_tables_own_1[];
extern const size_t cg_tables_own_1_count;

#endif
