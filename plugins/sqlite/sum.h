/*
 * sum.h - the aggregate cg_sum(text): exact sums of decimal texts.
 */
#ifndef CG_SQLITE_SUM_H
#define CG_SQLITE_SUM_H

#include <sqlite3.h>

/** Registers the aggregate; returns an SQLite result code. */
int cg_sqlite_sum_register(sqlite3 *db);

#endif
