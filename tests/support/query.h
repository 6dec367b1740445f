/*
 * query.h - statements of the database helpers.
 */
#ifndef CG_TEST_SUPPORT_QUERY_H
#define CG_TEST_SUPPORT_QUERY_H

#include <sqlite3.h>

/** Prepares a statement; the test ends when SQLite refuses it. */
sqlite3_stmt *cg_test_db_prepare(sqlite3 *db, const char *sql);

/** 1 for a row, 0 for the end; the test ends on an error. */
int cg_test_db_step(sqlite3 *db, sqlite3_stmt *statement);

#endif
