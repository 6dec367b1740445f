/*
 * elsewhere.h - whether another process, perhaps on another machine, works on a tenant at this moment.
 *
 * The tenant's database is asked. Where it has locks (store/claim.h) the lock decides, so the row that a dead process
 * has left says nothing; it is only asked for when there is such a row. Everything is called on the loop's thread.
 */
#ifndef CG_API_ELSEWHERE_H
#define CG_API_ELSEWHERE_H

#include "api/private.h"

/** A question under way. */
struct cg_elsewhere;

/**
 * Asks for a tenant of a configuration. `told` is called once, from the loop, after two seconds at most, unless the
 * question is dropped before: `busy` is 1 when another process works on the tenant, and 0 also when that could not be
 * found out. NULL: there is no memory, and no callback.
 */
struct cg_elsewhere *cg_elsewhere_ask(struct cg_api_generation *generation, size_t tenant,
                                      void (*told)(void *user, int32_t busy), void *user);

/** Nobody wants to hear the answer any more. NULL is fine. */
void cg_elsewhere_drop(struct cg_elsewhere *question);

/** Tells those who have waited for long enough. */
void cg_elsewhere_tick(struct cg_api *api);

#endif
