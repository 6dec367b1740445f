/*
 * listeners.h - the listeners of all sites of a plan, and their replacement by those of another one.
 *
 * Everything happens on the loop's thread but reading, which is done on threads, a piece of a page at a time. A
 * listener that two plans have in common goes on without a break.
 */
#ifndef CG_EXPOSE_LISTENERS_H
#define CG_EXPOSE_LISTENERS_H

#include <uv.h>

#include "base/error.h"
#include "base/log.h"
#include "expose/plan.h"

/** Most pages that are being made at once, of all listeners; beyond it 503. */
#define CG_EXPOSE_PAGES 16u

struct cg_listeners;

/** No listeners yet. `log` may be NULL. Error: CG_NO_MEMORY. */
cg_status cg_listeners_new(uv_loop_t *loop, const struct cg_log *log, struct cg_listeners **ret);

/**
 * Opens what `plan` has and the plan in effect has not; nothing is served there before cg_listeners_apply. Errors:
 * CG_TEMPORARY (a port is in use) and others, with a sentence that names the address; nothing is left open then.
 */
cg_status cg_listeners_prepare(struct cg_listeners *listeners, struct cg_expose_plan *plan, struct cg_error *error);

/** Closes what prepare opened. Without it, nothing happens. */
void cg_listeners_abandon(struct cg_listeners *listeners);

/** Puts the prepared plan into effect; listeners that it has not are closed. Without it, nothing happens. */
void cg_listeners_apply(struct cg_listeners *listeners);

/** The plan in effect, or NULL. */
const struct cg_expose_plan *cg_listeners_plan(const struct cg_listeners *listeners);

/** Takes no further connections. */
void cg_listeners_quiesce(struct cg_listeners *listeners);

/** Breaks off what is left and frees everything; `done` (may be NULL) is called from the loop at the end. NULL
 * listeners are fine, then it is called at once. */
void cg_listeners_close(struct cg_listeners *listeners, void (*done)(void *user), void *user);

#endif
