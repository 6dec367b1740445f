/*
 * schema.h - creating and adopting databases.
 */
#ifndef CG_STORE_SCHEMA_H
#define CG_STORE_SCHEMA_H

#include "store/store.h"

/** The revision of the shared tables that we create and accept. */
#define CG_SCHEMA_REVISION "032"

/** The newest migration of our own tables. */
#define CG_SCHEMA_OWN_VERSION 2

/**
 * Brings the database of an open connection to the newest schema, or refuses it; see cg_store_open. A read-only store
 * only checks.
 */
cg_status cg_schema_prepare(struct cg_store *store, struct cg_error *error);

#endif
