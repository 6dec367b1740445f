/*
 * limits.h - what a worker may take from the system, set by the worker itself before it opens a module.
 */
#ifndef CG_RUN_LIMITS_H
#define CG_RUN_LIMITS_H

#include "engine/crumb.h"

/** No core dumps (they hold secrets), and of all processes the system that is short of memory kills a worker first.
 * What the system refuses is left as it is. */
void cg_limits_stand_back(void);

/**
 * Limits the memory of this process to `mib` MiB; 0 does nothing. A crash that follows from it is noted in the crumb
 * (which may be NULL). Returns the limit in effect in MiB, 0 when there is none: a sanitizer needs more than it can
 * tell.
 */
int32_t cg_limits_memory(int64_t mib, struct cg_crumb *crumb);

/** Most memory that this process had so far, in bytes; 0 when the system does not tell. */
int64_t cg_limits_peak(void);

#endif
