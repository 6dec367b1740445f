/*
 * job.h - what the host process asks of a worker, as one line of JSON on the worker's standard input.
 *
 * The pipe stays open for as long as the host lives: its end tells the worker that nobody waits any more. Secrets do
 * not travel here: the worker inherits the configuration (snapshot.h) and reads it itself.
 */
#ifndef CG_RUN_JOB_H
#define CG_RUN_JOB_H

#include "base/arena.h"
#include "base/buf.h"
#include "engine/calculate.h"
#include "engine/explain.h"

/** Longest job line. */
#define CG_JOB_LIMIT ((size_t)1024 * 1024)

/** Kinds of job. */
#define CG_JOB_CHECK "check"     /**< bind the tenant, report problems */
#define CG_JOB_RUN "run"         /**< gather, calculate, emit */
#define CG_JOB_EMIT "emit"       /**< emit what is due */
#define CG_JOB_RECORD "record"   /**< write down that an earlier worker died: `dead_run`, `message` */
#define CG_JOB_EXPLAIN "explain" /**< tell how the amounts of a date come about: `explain` */

/** Strings are NULL when absent. */
struct cg_job {
    const char *kind; /**< CG_JOB_ */
    const char *tenant;
    const char *config_file;    /**< names of what the worker inherits, for messages */
    const char *env_file;       /**< NULL: it inherits none */
    const char *const *modules; /**< files that the host process has probed */
    size_t module_count;
    int32_t resume;       /**< run: an earlier worker of this run died */
    int64_t resume_after; /**< run with resume: the last date it finished, or CG_TIME_NONE */
    int64_t dead_run;     /**< row of the run it left behind, or 0 */
    const char *message;  /**< what happened to it */
    int32_t skip_gather;  /**< run: 1: the last gather was too recent for another one */
    int32_t recalculate;  /**< run: as in struct cg_pipeline_options, with the two dates below */
    int64_t recalculate_from;
    int64_t recalculate_to;
    int64_t since_run; /**< run: as in struct cg_pipeline_options, with the two below */
    int64_t since_time;
    int64_t fresh_us;
    int32_t emit_topics; /**< emit: 1: topic rows too, because this is the rest of a run; 0: as --emit-once */
    struct cg_explain_question explain; /**< explain: what is asked */
    const struct cg_quarantine *quarantine;
    size_t quarantine_count;
};

/** Appends the job as one line with its newline. Returns the buffer's status. */
cg_status cg_job_write(const struct cg_job *job, struct cg_buf *line);

/** Reads a job; everything lives in the arena. Errors: CG_INVALID with a sentence, CG_NO_MEMORY. */
cg_status cg_job_read(const char *line, size_t length, struct cg_arena *arena, struct cg_job *ret,
                      struct cg_error *error);

#endif
