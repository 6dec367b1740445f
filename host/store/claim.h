/*
 * claim.h - of all processes on all machines that share a database, one works on a tenant.
 *
 * The claim is a lock of the database's server, which frees it when the connection or the process that has it ends,
 * however that comes about. A database without such locks (SQLite) leaves it to the rows of runs and their owners, see
 * runs.h.
 */
#ifndef CG_STORE_CLAIM_H
#define CG_STORE_CLAIM_H

#include "store/store.h"

/** Longest name of a lock, with its NUL. */
#define CG_CLAIM_NAME_SIZE 201

/**
 * Claims the tenant for this store, without waiting. `*ret_held` is 1 when nobody else can have it from now on, until
 * cg_store_release, or until the store is closed or its connection lost; 0 when the database has no locks. Errors:
 * CG_TEMPORARY while another store has it, those of the driver.
 */
cg_status cg_store_claim(struct cg_store *store, int32_t *ret_held, struct cg_error *error);

/** Gives a claim back that is held. */
void cg_store_release(struct cg_store *store);

/** The lock's name, "run:<ecosystem>/<tenant id>", or a digest of it when that is too long. Returns `ret`. */
const char *cg_claim_name(const char *ecosystem, const char *tenant_id, char ret[CG_CLAIM_NAME_SIZE]);

#endif
