/*
 * store.h - one tenant's database: opening, adopting, transactions.
 *
 * A store is one connection and everything prepared on it. It belongs to one thread; cg_store_interrupt alone may come
 * from another. The repositories (runs.h, inventory.h, sweep.h, billing.h, facts.h, topics.h, inputs.h, emission.h,
 * report.h, retention.h) are written once, in the SQL that SQLite and PostgreSQL share.
 *
 * Functions that write join a transaction opened with cg_store_begin, if there is one: then an error leaves it for the
 * caller to roll back. Without one they are atomic by themselves. Statuses besides CG_OK: CG_TEMPORARY (the database is
 * locked by another process; nothing was written), CG_CANCELLED (interrupted), CG_PERMANENT (full disk, damaged file,
 * unexpected schema), CG_NO_MEMORY, CG_INVALID (an argument breaks the rules given with it), CG_NOT_FOUND where it says
 * so. Error texts name the tenant.
 */
#ifndef CG_STORE_STORE_H
#define CG_STORE_STORE_H

#include <chitragupt/sql_driver.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"

struct cg_store;

/** Whose rows a store reads and writes. Strings are copied. */
struct cg_store_key {
    const char *ecosystem;    /**< name of the ecosystem module */
    const char *tenant_id;    /**< the configured id, part of almost every key */
    const char *tenant_name;  /**< the key under `tenants:`, for run rows and messages */
    int32_t has_environments; /**< 1: lines live in ccloud_billing and have an env_id; 0: in billing, without one */
};

/** Nothing may be written; the database must exist (else cg_store_open answers CG_NOT_FOUND) and be whole. */
#define CG_STORE_READ_ONLY 1u

/**
 * How the facts lie in a database that is written: in monthly partitions, or not. A database without them is converted,
 * in one transaction; one with them is refused (CG_INVALID) when they are not wanted, and so are partitions on a
 * database that has none. Without either flag a database stays as it is.
 */
#define CG_STORE_MONTHLY 2u
#define CG_STORE_UNPARTITIONED 4u

/**
 * Opens the database of `target`. An empty one gets all tables. One made by the Python engine is adopted: its shared
 * tables are brought to revision 032 if they are older, or have that shape without saying so, and tables of our own
 * (prefix cg_) are added. All of it happens in one transaction under a lock; a process that finds another one at an old
 * database waits for it, up to ten minutes. Refused with CG_PERMANENT and unchanged: an unknown revision, two
 * revisions, tables of 032 that are not all there, rows that cannot be carried over, own tables from a newer
 * chitragupt; for a reader also whatever a writer would bring up to date. `driver`, `host` and `log` (may be NULL) must
 * live as long as the store.
 */
cg_status cg_store_open(const struct cg_sql_driver *driver, const struct cg_host *host,
                        const struct cg_sql_target *target, const struct cg_store_key *key, uint32_t flags,
                        const struct cg_log *log, struct cg_store **ret, struct cg_error *error);

/** Rolls back what is open and closes. NULL is fine. */
void cg_store_close(struct cg_store *store);

/** Starts a write transaction, taking the write lock at once. CG_INVALID when one is open. */
cg_status cg_store_begin(struct cg_store *store, struct cg_error *error);

/** Starts a transaction that only reads: one snapshot for all its queries. CG_INVALID when one is open. */
cg_status cg_store_begin_read(struct cg_store *store, struct cg_error *error);

/** Makes everything since cg_store_begin durable. After an error the transaction is rolled back. */
cg_status cg_store_commit(struct cg_store *store, struct cg_error *error);

/** Forgets everything since cg_store_begin; fine without one. */
void cg_store_rollback(struct cg_store *store);

/** A number that changes when somebody else commits a change; numbers of two stores say nothing about each other.
 * CG_NOT_FOUND: this database does not tell. CG_PERMANENT: this store reads what is not there any more (a file that was
 * replaced), or cannot read. */
cg_status cg_store_data_version(struct cg_store *store, int64_t *ret, struct cg_error *error);

/** An error of a store, and much of what is told of a run, begins with "tenant 'name': ". This is the text behind that,
 * or the whole text without it, for whoever has named the tenant already. */
const char *cg_store_sentence(const char *tenant_name, const char *text);

/** Makes the running statement end with CG_CANCELLED. Thread: [any], while the store is open. */
void cg_store_interrupt(struct cg_store *store);

#endif
