/*
 * prometheus.h - the answer of a Prometheus range query, read in one pass.
 */
#ifndef CG_NET_PROMETHEUS_H
#define CG_NET_PROMETHEUS_H

#include <stdbool.h>

#include <chitragupt/ecosystem.h>

#include "base/arena.h"
#include "base/error.h"

/** Most series and points of an answer; one with more is refused. */
#define CG_PROMETHEUS_SERIES_MAX ((size_t)500000)
#define CG_PROMETHEUS_POINTS_MAX ((size_t)10000000)

/** Most label names and warnings that are remembered of an answer, and the longest text of a warning in bytes. */
#define CG_PROMETHEUS_NAMES_MAX 20u
#define CG_PROMETHEUS_WARNINGS_MAX 10u
#define CG_PROMETHEUS_WARNING_SIZE 200u

/** What was asked. */
struct cg_prometheus_question {
    const struct cg_metric_query *query;
    int64_t start; /**< of the samples that are kept, inclusive */
    int64_t end;   /**< exclusive */
    int64_t shift; /**< taken off the times of what is kept */
};

/** What was answered. Everything lives in the arena. */
struct cg_prometheus_answer {
    struct cg_metric_series **series;
    const uint64_t *identities; /**< one for each series: a hash of all its labels, also those that are not kept */
    size_t count;
    uint64_t ignored; /**< points left out because they are not a time and a finite number, or repeated */
    size_t seen;      /**< series in the answer, also those without points in the window */
    uint64_t found;   /**< bit i: some series has label i of the query (the first 64) */
    uint64_t lacking; /**< bit i: some series lacks it */
    const char *names[CG_PROMETHEUS_NAMES_MAX]; /**< labels of series that lacked one, sorted; without "__name__" */
    size_t name_count;
    const char *warnings[CG_PROMETHEUS_WARNINGS_MAX]; /**< the server's own, cut and without control characters */
    size_t warning_count;
};

/**
 * Reads `length` bytes of `body`, the answer to `question`, into `*ret`. Kept are the labels the query names and the
 * points inside [start, end), in ascending time, one for each time. A series without such points is left out. Errors:
 * CG_PERMANENT with a sentence (no JSON, another shape, too much, the server reports an error), CG_NO_MEMORY.
 */
cg_status cg_prometheus_parse(const char *body, size_t length, const struct cg_prometheus_question *question,
                              struct cg_arena *arena, struct cg_prometheus_answer *ret, struct cg_error *error);

/** What an error answer says. */
struct cg_prometheus_failure {
    bool reported; /**< its "status" is "error" */
    char type[48]; /**< the server's word for the error, if it looks like one ("bad_data"); "" when there is none */
    char
        *text; /**< the server's sentence, or NULL; to be freed. It may hold anything but a NUL: see metrics_reason.h */
};

/** Reads an error answer; a body that is none says nothing. Error: CG_NO_MEMORY. */
cg_status cg_prometheus_read_failure(const char *body, size_t length, struct cg_prometheus_failure *ret);

#endif
