/*
 * observer.h - who is told how a run goes.
 */
#ifndef CG_ENGINE_OBSERVER_H
#define CG_ENGINE_OBSERVER_H

#include <chitragupt/abi.h>

/** Every function may be NULL. Texts are borrowed for the call. */
struct cg_observer {
    void *user;
    /** The row of pipeline_runs exists. */
    void (*run_started)(void *user, int64_t run_id);
    /** `done` of `total` (0 = unknown) of `what`: "environments", "billing windows", "dates". */
    void (*progress)(void *user, const char *what, uint64_t done, uint64_t total);
    /** A stage begins (CG_STAGE_), or goes on with a date; else the date is CG_TIME_NONE. */
    void (*stage)(void *user, const char *stage, int64_t date);
    /** What was gathered is written; `planned` is the time at which the run began. */
    void (*gathered)(void *user, int64_t planned);
    /** A date is written. */
    void (*date_done)(void *user, int64_t date, uint64_t rows, int32_t changed);
    /** Something went wrong that the run's result must show. */
    void (*error)(void *user, const char *text);
    /** Something the reader should know, but that is no failure. */
    void (*note)(void *user, const char *text);
};

#endif
