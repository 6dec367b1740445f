/*
 * counters.h - requests counted by route, status and time, for /metrics.
 */
#ifndef CG_API_COUNTERS_H
#define CG_API_COUNTERS_H

#include "api/router.h"

/** Upper bounds of the latency histogram in milliseconds; the last bucket has none. */
#define CG_COUNTERS_BUCKETS 13

/** Requests of one route. */
struct cg_route_counters {
    uint64_t statuses[6]; /**< by hundreds: [2] is 2xx; [0] those of clients that went away */
    uint64_t buckets[CG_COUNTERS_BUCKETS];
    uint64_t microseconds; /**< of all together */
};

struct cg_counters {
    struct cg_route_counters routes[CG_ROUTES_MAX];
    struct cg_route_counters unknown; /**< paths that are no route */
};

/** Counts one request. `route` NULL: none was found. */
void cg_route_counters_add(struct cg_counters *counters, const struct cg_route *route, uint32_t status,
                           uint64_t microseconds);

/** Appends the families in the Prometheus text format. */
void cg_route_counters_write(const struct cg_counters *counters, struct cg_buf *out);

#endif
