/*
 * death.h - what a dead worker tells, and what it means for the rest of its tenant's job.
 *
 * A crumb becomes a sentence; the sentence names module, function and line. The function that was at work is kept away
 * from what it died on, unless the kill came from outside, and the rest is left to another worker.
 */
#ifndef CG_RUN_DEATH_H
#define CG_RUN_DEATH_H

#include "base/arena.h"
#include "engine/calculate.h"
#include "run/child.h"

/** One death in words. */
struct cg_death {
    struct cg_crumb crumb; /**< what the worker was doing; a copy in which every text ends */
    int32_t signal;        /**< 0: it exited */
    int32_t delivered;     /**< 1: it had told its result before */
    char how[256];         /**< "crashed (signal 6, Aborted)" */
    char text[1536];       /**< one sentence: who, how, where */
};

/** The deaths of one tenant's workers in one job. Zeroed but for `arena` to begin with; end it with cg_deaths_done. */
struct cg_deaths {
    struct cg_arena *arena; /**< for texts, borrowed */
    struct cg_quarantine *quarantine;
    size_t quarantine_count;
    uint32_t crashes;
    int32_t has_forgiven;
    struct cg_crumb forgiven; /**< what the last worker that was killed from outside was doing */
};

/** What is to be done after a death. */
enum cg_death_advice {
    CG_DEATH_GIVE_UP,    /**< the job has failed */
    CG_DEATH_TRY_AGAIN,  /**< another worker does the rest, nothing left out */
    CG_DEATH_GO_WITHOUT, /**< another worker does the rest with the quarantine as it is now */
};

/** Puts the end of a worker into words. */
void cg_death_read(const struct cg_child_end *end, struct cg_death *ret);

/** The sentence of a worker that was ended on purpose: "<why>: allocator 'x' of module 'y' was running while ...". */
void cg_death_say_stopped(const struct cg_death *death, const char *why, char *text, size_t size);

/**
 * Counts a death and says what to do. A death in an allocator or identity resolver while `kind` (CG_JOB_) is a run, or
 * in an emitter while it emits, leaves something to go on with; the quarantine grows by what is to be left out.
 */
enum cg_death_advice cg_deaths_add(struct cg_deaths *deaths, const char *kind, const struct cg_death *death);

/** True when the worker died, or was ended, while the ecosystem gathered. */
int cg_death_is_gather(const struct cg_death *death);

/** The kind of job that does the rest: CG_JOB_EMIT after a death in an emitter, when everything before is done. */
const char *cg_death_next_job(const struct cg_death *death);

/** Frees the quarantine. */
void cg_deaths_done(struct cg_deaths *deaths);

#endif
