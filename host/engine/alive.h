/*
 * alive.h - which identities live in a window.
 *
 * Who that is changes only where somebody's life begins or ends, so windows between two such times share one list and
 * one digest, and a window that was met before costs a look at three numbers.
 */
#ifndef CG_ENGINE_ALIVE_H
#define CG_ENGINE_ALIVE_H

#include "base/digest.h"
#include "base/time.h"
#include "store/inventory.h"

/** How many different lists are kept. */
#define CG_ALIVE_WINDOWS 16

struct cg_alive;

/** Reads all identities but system ones, dead or alive. Errors: those of the store, CG_NO_MEMORY. */
cg_status cg_alive_new(struct cg_store *store, struct cg_alive **ret, struct cg_error *error);

/** NULL is fine. */
void cg_alive_free(struct cg_alive *alive);

/** All of them. Lives as long as `alive`. */
const struct cg_identity_list *cg_alive_everybody(const struct cg_alive *alive);

/** Those who live in [start, end). The list lives until CG_ALIVE_WINDOWS others were asked for. Error: CG_NO_MEMORY. */
cg_status cg_alive_in(struct cg_alive *alive, int64_t start, int64_t end, struct cg_identity_list *ret);

/** The digest of those who live in [start, end), as they look at its end. Lives until the next call. */
const unsigned char *cg_alive_digest(struct cg_alive *alive, int64_t start, int64_t end);

#endif
