/*
 * runs.h - pipeline_runs: what a run did, and whether its process still lives.
 *
 * Each run has an owner (machine, process, start of the process) in our table cg_run_owners, so that a second process
 * does not declare a live run dead. Where the database has locks (claim.h) the lock decides, and the owner is only
 * told.
 */
#ifndef CG_STORE_RUNS_H
#define CG_STORE_RUNS_H

#include "store/store.h"

/** Values of pipeline_runs.status. */
#define CG_RUN_RUNNING "running"
#define CG_RUN_COMPLETED "completed"
#define CG_RUN_FAILED "failed"

/** Values of pipeline_runs.stage. */
#define CG_STAGE_GATHERING "gathering"
#define CG_STAGE_CALCULATING "calculating"
#define CG_STAGE_TOPIC_OVERLAY "topic_overlay"

/** How long a run on another machine counts as alive after its last cg_store_run_progress or cg_store_run_touch, in
 * microseconds (10 min). */
#define CG_RUN_LEASE_US INT64_C(600000000)

/** How long it is shown as alive after that, in microseconds (3 min): a mistake there harms nobody. */
#define CG_RUN_SILENCE_US INT64_C(180000000)

/** The message of a run whose process was gone before its end, and what the message of one that was stopped has in it,
 * whatever its case. Neither has had its turn. */
#define CG_RUN_ORPHANED "Orphaned \xe2\x80\x94 process restarted before completion"
#define CG_RUN_STOPPED "the run was stopped"

/** Most characters of an error message that are kept. */
#define CG_RUN_MESSAGE_CHARACTERS 2000

/** Inserts a running row owned by this process, counters 0. */
cg_status cg_store_run_start(struct cg_store *store, int64_t now, int64_t *ret_id, struct cg_error *error);

/** Writes stage (or NULL) and current date (a time, or CG_TIME_NONE), and tells that the owner lives (`now` is taken
 * from the clock). CG_NOT_FOUND: the run is not running any more; somebody has declared it dead. */
cg_status cg_store_run_progress(struct cg_store *store, int64_t id, const char *stage, int64_t date,
                                struct cg_error *error);

/** Only tells that the owner lives. Does nothing for a run that has ended. */
cg_status cg_store_run_touch(struct cg_store *store, int64_t id, struct cg_error *error);

/** How a run ended. */
struct cg_run_result {
    const char *status; /**< CG_RUN_COMPLETED or CG_RUN_FAILED */
    int64_t dates_gathered;
    int64_t dates_calculated;
    int64_t rows_written;
    const char *error_message; /**< or NULL; cut to CG_RUN_MESSAGE_CHARACTERS */
};

/** Ends a run: status, counters, ended_at; stage and current date become NULL. CG_NOT_FOUND: no such run, or somebody
 * has declared it dead, and so it stays. */
cg_status cg_store_run_finish(struct cg_store *store, int64_t id, int64_t now, const struct cg_run_result *result,
                              struct cg_error *error);

/** Ends a run whose worker died: failed with `message`; its counters stay. A run that already ended is left alone. */
cg_status cg_store_run_fail(struct cg_store *store, int64_t id, int64_t now, const char *message,
                            struct cg_error *error);

/**
 * Marks every running row of the tenant whose owner is dead (or unknown) as failed with CG_RUN_ORPHANED. `*ret_alive`
 * is the id of a run whose owner lives, or 0: the caller must then not run the tenant. An owner on this machine lives
 * while its process does; one on another machine while its last sign of life is younger than CG_RUN_LEASE_US.
 */
cg_status cg_store_run_recover(struct cg_store *store, int64_t now, int64_t *ret_alive, struct cg_error *error);

/** The same for every running row of the tenant, whatever its owner looks like: to be called by who has claimed the
 * tenant (see claim.h), because then the connection of each such owner is gone. */
cg_status cg_store_run_bury(struct cg_store *store, int64_t now, struct cg_error *error);

/** Who works on a tenant, as far as the rows of runs tell. */
struct cg_run_holder {
    int64_t run;       /**< the newest running run, or 0 */
    int64_t last_run;  /**< the newest of all runs, or 0 */
    int64_t pid;       /**< of the running one, or 0 when it is not known */
    char machine[256]; /**< of the running one, or "" */
};

/** Reads it. */
cg_status cg_store_run_holder(struct cg_store *store, struct cg_run_holder *ret, struct cg_error *error);

/** A run. Texts live in the arena. */
struct cg_run_row {
    int32_t found; /**< 0: there was none yet, and nothing else counts */
    int32_t alive; /**< its status is "running" and its process lives */
    int64_t id;
    int64_t started_at;
    int64_t ended_at;   /**< or CG_TIME_NONE */
    const char *status; /**< CG_RUN_ */
    int64_t dates_gathered;
    int64_t dates_calculated;
    int64_t rows_written;
    const char *error_message; /**< or NULL */
    const char *stage;         /**< CG_STAGE_, or NULL */
    int64_t current_date;      /**< or CG_TIME_NONE */
};

/** Reads the run that was started last; nothing is written, whatever became of its process. */
cg_status cg_store_run_latest(struct cg_store *store, int64_t now, struct cg_arena *arena, struct cg_run_row *ret,
                              struct cg_error *error);

/** Reads the run with the highest number: the one that was inserted last, whatever the clocks of its machines said.
 * `alive` is not told. */
cg_status cg_store_run_newest(struct cg_store *store, struct cg_arena *arena, struct cg_run_row *ret,
                              struct cg_error *error);

/** 1 when a run came to its end by itself, well or not: neither its process nor somebody's wish has ended it. */
int32_t cg_run_had_its_turn(const struct cg_run_row *run);

#endif
