/*
 * db.h - a tenant's database as a test sees it: opened for reading only, by other code than the program's own.
 *
 * Every function ends the running Criterion test when it cannot do what it says. Sums are exact decimals.
 */
#ifndef CG_TEST_SUPPORT_DB_H
#define CG_TEST_SUPPORT_DB_H

#include <chitragupt/decimal.h>
#include <sqlite3.h>

#include "support/postgres.h"

/** Opens the database file `folder`/`name`. */
sqlite3 *cg_test_db_open(const char *folder, const char *name);

/** Closes it; NULL is fine. */
void cg_test_db_close(sqlite3 *db);

/** The only value of a query as a whole number. */
long long cg_test_db_number(sqlite3 *db, const char *sql);

/** The only value of a query as text; the caller frees it. NULL for no row and for NULL. */
char *cg_test_db_text(sqlite3 *db, const char *sql);

/** The exact sum of a query's only column, which holds decimal texts. */
struct cg_decimal cg_test_db_sum(sqlite3 *db, const char *sql);

/** A decimal text that must be one. */
struct cg_decimal cg_test_decimal(const char *text);

/** Ends the test unless both are equal as numbers, digit for digit. `what` is said in front. */
void cg_test_decimal_equal(const char *what, const struct cg_decimal *got, const struct cg_decimal *wanted);

/** Ends the test when the database is damaged or a row refers to one that is not there. */
void cg_test_db_check(sqlite3 *db);

/**
 * Ends the test unless the chargeback rows of every billing line (timestamp, environment, resource, product) sum to its
 * cost exactly, and every row has its line.
 */
void cg_test_db_balance(sqlite3 *db);

/** The exact sums of the bill and of the chargeback rows of a date ("YYYY-MM-DD"; "" = all). */
struct cg_decimal cg_test_db_billed(sqlite3 *db, const char *date);
struct cg_decimal cg_test_db_charged(sqlite3 *db, const char *date);

/**
 * The chargeback rows of a date as the file that the CSV emitter writes for it, byte for byte. The caller frees it.
 */
char *cg_test_db_csv(sqlite3 *db, const char *date);

/** Ends the test unless `csv_folder` has exactly the files of all dates with rows, and each is as cg_test_db_csv says.
 */
void cg_test_csv_follows(sqlite3 *db, const char *csv_folder);

/**
 * Ends the test unless the topic rows of every billing line that is split over topics (timestamp, environment, cluster,
 * product type) sum to its cost exactly, and there are no others.
 */
void cg_test_db_topics_balance(sqlite3 *db);

/** Ends the test unless `topics_folder` has exactly the files of all dates with topic rows, and each is what the CSV
 * emitter writes for it, byte for byte. */
void cg_test_topics_follow(sqlite3 *db, const char *topics_folder);

/** Copies a database, as it is at the moment, to a new file `folder`/`copy`. */
void cg_test_db_copy(sqlite3 *db, const char *folder, const char *copy);

/** Opens the database file `folder`/`name` for writing and executes statements. */
void cg_test_db_execute(const char *folder, const char *name, const char *sql);

/**
 * Everything that counts in a database, as text in a fixed order, to be compared with that of another: billing lines,
 * chargeback rows with their dimensions written out, inventory, states of dates, emissions, revisions, tags. Left out
 * is what differs between equal results: numbers and times of runs and calculations, last_seen_at, row numbers. The
 * caller frees it.
 */
char *cg_test_db_dump(const char *folder, const char *name);

/** The same of a database on PostgreSQL. Rows with NULL may come in another order. The caller frees it. */
char *cg_test_postgres_dump(const struct cg_test_postgres *database);

/** The lines of a dump by their bytes. The caller frees it. */
char *cg_test_dump_sorted(const char *dump);

/** The lines of a dump that have `with` ("" = any) and have not `without` (NULL = no matter). The caller frees it. */
char *cg_test_dump_lines(const char *dump, const char *with, const char *without);

/** Ends the test at the first line in which two dumps differ. */
void cg_test_dumps_equal(const char *what, const char *got, const char *wanted);

#endif
