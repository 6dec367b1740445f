#include "api/counters.h"

#include "api/metrics_text.h"

static const uint32_t bounds_ms[CG_COUNTERS_BUCKETS - 1] = {1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000};

void cg_route_counters_add(struct cg_counters *counters, const struct cg_route *route, uint32_t status,
                           uint64_t microseconds) {
    size_t count = 0;
    const struct cg_route *routes = cg_routes(&count);
    struct cg_route_counters *at = route ? &counters->routes[route - routes] : &counters->unknown;
    size_t bucket = 0;
    while (bucket < CG_COUNTERS_BUCKETS - 1 && microseconds > (uint64_t)bounds_ms[bucket] * 1000)
        bucket++;
    at->statuses[status / 100 < 6 ? status / 100 : 5]++;
    at->buckets[bucket]++;
    at->microseconds += microseconds;
}

static const struct cg_route_counters *counters_of(const struct cg_counters *counters, size_t index,
                                                   const struct cg_route **ret_route) {
    size_t count = 0;
    const struct cg_route *routes = cg_routes(&count);
    *ret_route = index < count ? &routes[index] : NULL;
    if (index < count)
        return &counters->routes[index];
    return index == count ? &counters->unknown : NULL;
}

static void write_statuses(const struct cg_counters *counters, struct cg_buf *out) {
    const struct cg_route *route = NULL;
    const struct cg_route_counters *at = NULL;
    cg_metrics_head(out, "chitragupt_http_requests_total", "counter",
                    "Requests answered, by route and class of status; 0xx: the client went away.");
    for (size_t i = 0; (at = counters_of(counters, i, &route)); i++)
        for (size_t status = 0; status < 6; status++)
            if (at->statuses[status])
                cg_buf_printf(out, "chitragupt_http_requests_total{method=\"%s\",route=\"%s\",status=\"%zuxx\"} %llu\n",
                              route ? route->method : "", route ? route->path : "", status,
                              (unsigned long long)at->statuses[status]);
}

static void write_histogram(const struct cg_route *route, const struct cg_route_counters *at, struct cg_buf *out) {
    uint64_t sum = 0;
    const char *method = route ? route->method : "";
    const char *path = route ? route->path : "";
    for (size_t i = 0; i < CG_COUNTERS_BUCKETS; i++) {
        sum += at->buckets[i];
        cg_buf_printf(out, "chitragupt_http_request_seconds_bucket{method=\"%s\",route=\"%s\",le=\"", method, path);
        if (i == CG_COUNTERS_BUCKETS - 1)
            cg_buf_add_text(out, "+Inf");
        else
            cg_buf_printf(out, "%u.%03u", bounds_ms[i] / 1000, bounds_ms[i] % 1000);
        cg_buf_printf(out, "\"} %llu\n", (unsigned long long)sum);
    }
    cg_buf_printf(out, "chitragupt_http_request_seconds_sum{method=\"%s\",route=\"%s\"} %llu.%06llu\n", method, path,
                  (unsigned long long)at->microseconds / 1000000, (unsigned long long)at->microseconds % 1000000);
    cg_buf_printf(out, "chitragupt_http_request_seconds_count{method=\"%s\",route=\"%s\"} %llu\n", method, path,
                  (unsigned long long)sum);
}

void cg_route_counters_write(const struct cg_counters *counters, struct cg_buf *out) {
    const struct cg_route *route = NULL;
    const struct cg_route_counters *at = NULL;
    write_statuses(counters, out);
    cg_metrics_head(out, "chitragupt_http_request_seconds", "histogram",
                    "Time from a whole request to its answer, or an export's end.");
    for (size_t i = 0; (at = counters_of(counters, i, &route)); i++) {
        uint64_t requests = 0;
        for (size_t bucket = 0; bucket < CG_COUNTERS_BUCKETS; bucket++)
            requests += at->buckets[bucket];
        if (requests)
            write_histogram(route, at, out);
    }
}
