/*
 * metrics_jobs.h - the queries of one fetch, each different one once.
 */
#ifndef CG_NET_METRICS_JOBS_H
#define CG_NET_METRICS_JOBS_H

#include <stdbool.h>

#include <chitragupt/ecosystem.h>

#include "base/arena.h"
#include "base/buf.h"

struct cg_metrics_fetch;
struct cg_metrics_group;

/** A group that waits for a job. */
struct cg_metrics_waiter {
    struct cg_metrics_waiter *next;
    struct cg_metrics_group *group;
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
    struct cg_metrics_waiter *waiters;
    bool done;
    const char *error; /**< the sentence when it failed */
    struct cg_metric_series **series;
    size_t series_count;
    uint64_t ignored;
};

/** Finds jobs by what they ask. */
struct cg_metrics_table {
    struct cg_metrics_job **slots;
    size_t mask;
};

/** Makes room for `count` jobs. Error: CG_NO_MEMORY. */
cg_status cg_metrics_table_init(struct cg_metrics_table *table, size_t count, struct cg_arena *arena);

/** The job that asks the same as `wanted`, or a new one that is not done. NULL when out of memory. */
struct cg_metrics_job *cg_metrics_table_get(struct cg_metrics_table *table, const struct cg_metrics_job *wanted,
                                            struct cg_arena *arena, bool *ret_new);

/**
 * Writes a query's expression: its first "{}" becomes {label="resource"}, with backslash, quote and newline escaped, or
 * goes away when `resource_id` is NULL. False when there was no "{}". The buffer's status tells of failures.
 */
bool cg_metrics_render(struct cg_buf *buf, const struct cg_metric_query *query, const char *resource_id);

#endif
