/*
 * metrics_jobs.h - the queries of one fetch, each different one once.
 */
#ifndef CG_NET_METRICS_JOBS_H
#define CG_NET_METRICS_JOBS_H

#include <stdbool.h>

#include <chitragupt/ecosystem.h>

#include "base/arena.h"
#include "base/buf.h"
#include "net/prometheus.h"

struct cg_metrics_fetch;
struct cg_metrics_group;
struct cg_metrics_job;

/** A group that waits for a job. */
struct cg_metrics_waiter {
    struct cg_metrics_waiter *next;
    struct cg_metrics_group *group;
};

/** A piece of a job's window that one query can answer. */
struct cg_metrics_part {
    struct cg_metrics_job *job;
    int64_t first; /**< time of the first sample in seconds; the others follow step by step */
    int64_t last;  /**< no sample is later, in seconds */
    struct cg_prometheus_question question;
    struct cg_prometheus_answer answer;
    bool by_get; /**< how it was sent */
};

/** One query for one resource in one window, and its answer. */
struct cg_metrics_job {
    struct cg_metrics_job *next; /**< in its slot of the table */
    uint64_t hash;
    struct cg_metrics_fetch *fetch;
    const struct cg_metric_query *query;
    const char *resource_id; /**< NULL when the query is not filtered */
    int64_t start;
    int64_t end;
    int64_t step; /**< in seconds */
    struct cg_metrics_waiter *waiters;
    struct cg_metrics_part *parts; /**< in ascending time */
    size_t part_count;
    size_t parts_left; /**< whose answer is still to come */
    bool done;
    cg_status status;  /**< with `error` */
    const char *error; /**< the sentence when it failed */
    struct cg_prometheus_answer answer;
};

/** Finds jobs by what they ask. */
struct cg_metrics_table {
    struct cg_metrics_job **slots;
    size_t mask;
};

/** Makes room for `count` jobs. Error: CG_NO_MEMORY. */
cg_status cg_metrics_table_init(struct cg_metrics_table *table, size_t count, struct cg_arena *arena);

/**
 * The job that asks the same as `wanted`, or a new one that is not done. Its query's key may be another one, because
 * the server does not see it. NULL when out of memory.
 */
struct cg_metrics_job *cg_metrics_table_get(struct cg_metrics_table *table, const struct cg_metrics_job *wanted,
                                            struct cg_arena *arena, bool *ret_new);

/**
 * Cuts a job's window into parts of at most `most_points` samples. No part when the window has no sample. Errors:
 * CG_INVALID when the window is out of all proportion, CG_NO_MEMORY.
 */
cg_status cg_metrics_job_cut(struct cg_metrics_job *job, uint32_t most_points, struct cg_arena *arena);

/** Puts the answers of the parts together as that of the job: series with the same labels become one. Error:
 * CG_NO_MEMORY. */
cg_status cg_metrics_job_join(struct cg_metrics_job *job, struct cg_arena *arena);

/**
 * Writes a query's expression: its first "{}" becomes {label="resource"}, with backslash, quote and newline escaped, or
 * goes away when `resource_id` is NULL. False when there was no "{}". The buffer's status tells of failures.
 */
bool cg_metrics_render(struct cg_buf *buf, const struct cg_metric_query *query, const char *resource_id);

#endif
