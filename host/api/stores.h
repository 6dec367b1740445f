/*
 * stores.h - the databases of all tenants as the API uses them: connections that are opened when they are needed, kept
 * for the next request, and closed when many others are kept.
 *
 * A tenant's database is first opened by a writer, which creates, adopts or migrates it; after that its readers open it
 * read-only. A run that is at work is never touched. A tenant whose database cannot be opened is tried again with every
 * request; no other tenant notices. A configuration has stores of its own, so that a change of it changes them.
 */
#ifndef CG_API_STORES_H
#define CG_API_STORES_H

#include "base/log.h"
#include "config/settings.h"
#include "module/modules.h"
#include "store/store.h"

struct cg_stores;
struct cg_lent_store; /**< a store with what belongs to it, lent to one user at a time */

/** Stores for these settings; everything is borrowed. `keep`: connections kept while nobody uses them. Error:
 * CG_NO_MEMORY. */
cg_status cg_stores_new(const struct cg_settings *settings, const struct cg_modules *modules, const struct cg_log *log,
                        size_t keep, struct cg_stores **ret);

/** Before they are used: databases that others have prepared are not prepared again, so that nobody waits for that
 * after a change of the configuration. `before` may be NULL; it may be in use. */
void cg_stores_follow(struct cg_stores *stores, struct cg_stores *before);

/** Closes all; none may be lent. NULL is fine. */
void cg_stores_free(struct cg_stores *stores);

/**
 * Lends a store of a tenant, opening one if none is free. Errors: those of cg_store_open and CG_INVALID (no module
 * serves the database). Thread: [any], and it may take as long as a database is locked.
 */
cg_status cg_stores_take(struct cg_stores *stores, size_t tenant, int32_t write, struct cg_lent_store **ret,
                         struct cg_error *error);

/** The store. */
struct cg_store *cg_lent_store(struct cg_lent_store *lent);

/**
 * A number that changes when anybody commits a change to a tenant's database. What was read after one call still holds
 * when a later call tells the same number. Error: any, when that cannot be told at once. Thread: [any].
 */
cg_status cg_stores_version(struct cg_stores *stores, size_t tenant, int64_t *ret);

/** Gives it back; `broken` 1 closes it. A transaction that is open is rolled back. Thread: [any]. NULL is fine. */
void cg_stores_give_back(struct cg_stores *stores, struct cg_lent_store *lent, int32_t broken);

/**
 * Closes what is kept of a tenant's database: something is wrong with it, and connections of a process share parts of
 * it (an index of the log that was opened when nothing could be written stays so for all). Thread: [any].
 */
void cg_stores_forget(struct cg_stores *stores, size_t tenant);

#endif
