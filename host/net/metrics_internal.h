/*
 * metrics_internal.h - the inside of a metrics source: a fetch has groups, groups have jobs, jobs have parts.
 */
#ifndef CG_NET_METRICS_INTERNAL_H
#define CG_NET_METRICS_INTERNAL_H

#include "net/metrics_jobs.h"
#include "net/metrics_notes.h"
#include "net/metrics_source.h"

/** How messages call the other side. */
#define CG_METRICS_LABEL "metrics source"

struct cg_metrics_source {
    struct cg_http_client *client;
    const struct cg_log *log;
    struct cg_metrics_notes *notes;
    const char *path;
    char *password_file;     /**< or NULL */
    char *bearer_token_file; /**< or NULL */
    int64_t step;            /**< in seconds */
    uint32_t workers;
    uint32_t most_points;
    bool use_get;
    bool unreachable; /**< the last query found nobody, however often it was tried: the next ones are tried once */
    bool warned;      /**< a filter without a place was told */
};

/** One request of a fetch while it is worked on. */
struct cg_metrics_group {
    struct cg_metrics_request *request;
    struct cg_metrics_job **jobs; /**< one for each query */
    size_t left;                  /**< answers that are still to come */
};

struct cg_metrics_fetch {
    struct cg_metrics_source *source;
    struct cg_arena *arena;
    struct cg_metrics_table table;
    struct cg_metrics_group *groups;
    size_t count;
    size_t next; /**< the first group that was not started */
    uint32_t active;
    cg_status status; /**< of the fetch as a whole */
    bool probing;     /**< the source was gone when the last fetch ended, and has not answered since */
    bool gave_up;     /**< it is still gone: what is left of this fetch fails at once */
};

/**
 * Sends the queries of a new job, or ends it at once. cg_metrics_fetch_go_on is called when it ended later. Error:
 * CG_NO_MEMORY.
 */
cg_status cg_metrics_job_start(struct cg_metrics_job *job);

/** Starts what may start, now that a job has ended. */
void cg_metrics_fetch_go_on(struct cg_metrics_fetch *fetch);

#endif
