/*
 * adopt.h - bringing the shared tables of a database that the Python engine left to the revision we know.
 *
 * Steps are taken by the shape that is found, not statement by statement: whatever an older revision looks like, each
 * of its tables becomes what a new database has, and the steps of the history that changed data are made up for. The
 * FOCUS preview's tables are left as they are. Everything happens in the transaction of the caller.
 */
#ifndef CG_STORE_ADOPT_H
#define CG_STORE_ADOPT_H

#include "store/store.h"

/** What was done, for the log once it is committed. Starts zeroed. */
struct cg_adoption {
    char from[48]; /**< the revision found, "" when there was none */
    int32_t done;  /**< 1: the database was changed */
    int32_t tables;
    int64_t rows;           /**< rewritten, in so many tables */
    int64_t moved;          /**< billing lines that moved to ccloud_billing */
    int64_t duplicates;     /**< rows that became equal to another one and were removed */
    int64_t dropped_labels; /**< rows of custom_tags, which has no successor */
};

/** Whether a revision is one of those before CG_SCHEMA_REVISION. */
int32_t cg_adopt_is_older(const char *revision);

/**
 * Brings the tables of an older revision to CG_SCHEMA_REVISION and records that. CG_PERMANENT: a table lacks a column
 * that it always had, a time is none, two rows cannot both stay, or billing lines belong to another ecosystem than the
 * store's; the sentence says where.
 */
cg_status cg_adopt_older(struct cg_store *store, const char *revision, struct cg_adoption *adoption,
                         struct cg_error *error);

/**
 * Adopts tables that have the columns of CG_SCHEMA_REVISION but no recorded revision. CG_PERMANENT when they have other
 * columns; the sentence names the first.
 */
cg_status cg_adopt_unversioned(struct cg_store *store, struct cg_adoption *adoption, struct cg_error *error);

/** Tells the log what was done. */
void cg_adopt_tell(const struct cg_store *store, const struct cg_adoption *adoption);

#endif
