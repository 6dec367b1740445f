/*
 * kept.h - answers kept for whoever asks the same again before the database has changed.
 *
 * Dashboards ask the same questions every few seconds, and databases change every half hour. An answer is kept with the
 * version that its database had before it was made, and is good for as long as that is the version. What was not used
 * for longest goes first. Thread: [any].
 */
#ifndef CG_API_KEPT_H
#define CG_API_KEPT_H

#include "api/call.h"

struct cg_kept;

/** Most bytes of all answers of a configuration, and of one. */
#define CG_KEPT_LIMIT ((size_t)16 * 1024 * 1024)
#define CG_KEPT_LARGEST ((size_t)4 * 1024 * 1024)

/** Nothing is kept yet. Error: CG_NO_MEMORY. */
cg_status cg_kept_new(struct cg_kept **ret);

/** Frees it; nobody may use it any more. NULL is fine. */
void cg_kept_free(struct cg_kept *kept);

/** Puts the answer to this question into the call's reply, encoded and all, and answers 1; 0 when it has to be made. */
int32_t cg_kept_find(struct cg_kept *kept, const char *question, int64_t version, struct cg_call *call);

/** Keeps the call's reply, a whole one with the status 200 that was encoded. What cannot be kept is not. */
void cg_kept_put(struct cg_kept *kept, const char *question, int64_t version, const struct cg_call *call);

#endif
