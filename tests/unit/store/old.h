/*
 * old.h - databases as the Python engine left them at any revision, with the same few rows in each.
 */
#ifndef CG_TEST_STORE_OLD_H
#define CG_TEST_STORE_OLD_H

#include "support.h"

/** All revisions before 032, in their order. */
extern const char *const old_revisions[];
extern const size_t old_revisions_count;

/** Makes the stage's file a database of that revision ("032" too), with rows. The stage must be new. */
void old_make(struct stage *stage, const char *revision);

/** Makes it one without a revision, as the Python engine's tests create it: no defaults, one index named otherwise. */
void old_make_unversioned(struct stage *stage);

/** Removes the tables of our own. */
void old_forget_us(struct stage *stage);

/**
 * The shape of all shared tables: columns with type, default and key, indexes with columns, constraints. Texts are
 * taken to be of one type. Static memory.
 */
const char *old_shape(struct stage *stage);

/** Everything that has to outlive an adoption, whatever the revision was. Static memory. */
const char *old_content(struct stage *stage);

/** What old_content has to be. */
extern const char old_wanted[];

#endif
