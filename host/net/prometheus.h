/*
 * prometheus.h - the answer of a Prometheus range query, read in one pass.
 */
#ifndef CG_NET_PROMETHEUS_H
#define CG_NET_PROMETHEUS_H

#include <stdbool.h>

#include <chitragupt/ecosystem.h>

#include "base/arena.h"
#include "base/error.h"

/**
 * Reads `length` bytes of `body`, the answer to `query`, into series that live in `arena`. Kept are the labels the
 * query names and the points inside [start, end), in ascending time, one for each time. A series without such points is
 * left out. Points that are not a pair of time and finite number, and repeated ones, are left out and counted in
 * `*ret_ignored`. Errors: CG_PERMANENT with a sentence (no JSON, another shape, the server reports an error),
 * CG_NO_MEMORY.
 */
cg_status cg_prometheus_parse(const char *body, size_t length, const struct cg_metric_query *query, int64_t start,
                              int64_t end, struct cg_arena *arena, struct cg_metric_series ***ret_series,
                              size_t *ret_count, uint64_t *ret_ignored, struct cg_error *error);

/**
 * Copies the server's word for an error ("bad_data") out of an error answer. False when the body has none that is plain
 * and short enough for `size` bytes, NUL included. The server's free text is never told: it may repeat anything.
 */
bool cg_prometheus_error_type(const char *body, size_t length, char *ret, size_t size);

#endif
