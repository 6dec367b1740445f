/*
 * old_postgres.h - the same on PostgreSQL, where tables are altered instead of written anew.
 */
#ifndef CG_TEST_STORE_OLD_POSTGRES_H
#define CG_TEST_STORE_OLD_POSTGRES_H

#include "support.h"

/** Does what a revision did; `sql` is what it does on SQLite. */
void old_postgres_step(struct stage *stage, const char *revision, const char *sql);

/** Lets the sequences go on behind the numbers that were given. */
void old_postgres_number(struct stage *stage);

/** Makes a whole database one that was created without revisions. */
void old_postgres_forget_revision(struct stage *stage);

/** Removes the tables of our own. */
void old_postgres_forget_us(struct stage *stage);

/** Columns, constraints and indexes of the shared tables. */
const char *old_postgres_shape(struct stage *stage);

#endif
