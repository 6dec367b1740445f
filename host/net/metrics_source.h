/*
 * metrics_source.h - range queries to a server that speaks the Prometheus HTTP API.
 */
#ifndef CG_NET_METRICS_SOURCE_H
#define CG_NET_METRICS_SOURCE_H

#include <chitragupt/ecosystem.h>

#include "base/arena.h"
#include "net/http_client.h"

struct cg_metrics_source;

/** Where the metrics are, and how they are asked for. Strings are copied; all but `url` may be NULL. */
struct cg_metrics_source_options {
    const char *url;       /**< http or https; a path prefix and a query are kept */
    const char *auth_type; /**< NULL or "none", "basic", "bearer" */
    const char *username;
    const char *password;          /**< secret */
    const char *password_file;     /**< in place of `password`; read anew for every request */
    const char *bearer_token;      /**< secret */
    const char *bearer_token_file; /**< in place of `bearer_token`; read anew for every request */
    struct cg_http_tls tls;
    const struct cg_http_header *headers; /**< of every request */
    size_t header_count;
    bool use_get;                        /**< GET; else POST, and GET once the server answered that it has no POST */
    int64_t step_seconds;                /**< distance of samples; <= 0: 3600 */
    uint32_t workers;                    /**< requests of one fetch that are worked on at the same time; 0: 4 */
    uint32_t max_concurrent_requests;    /**< HTTP requests at the same time; 0: 20 */
    uint32_t max_points_per_query;       /**< windows with more steps are asked for in parts; 0: 11000 */
    int64_t timeout_us;                  /**< of one attempt; 0: 30 s */
    const struct cg_http_tuning *tuning; /**< or NULL; what the options above say comes first */
};

/** What is known of one resource in one window, and what came of asking. */
struct cg_metrics_request {
    const char *resource_id; /**< value of the queries' filter label; NULL: the queries are sent without filter */
    int64_t start;           /**< time, inclusive */
    int64_t end;             /**< time, exclusive */
    int64_t step_seconds;    /**< 0: the source's */
    const struct cg_metric_query *const *queries;
    size_t query_count;
    struct cg_metrics *result; /**< set by the fetch, in its arena */
    cg_status status;          /**< set by the fetch: CG_OK, or why the request failed */
    const char *error; /**< set by the fetch: one clean sentence when the request failed, else NULL; in its arena */
};

/** A source. `log` may be NULL. Errors: CG_INVALID with a sentence, CG_NO_MEMORY. */
cg_status cg_metrics_source_new(struct cg_net *net, const struct cg_metrics_source_options *options,
                                const struct cg_log *log, struct cg_metrics_source **ret, struct cg_error *error);

/** Ends a source and tells the log what is to be told of all its answers. NULL is fine. */
void cg_metrics_source_free(struct cg_metrics_source *source);

/**
 * Fills `result`, `status` and `error` of all `count` requests, running the loop meanwhile; equal queries for the same
 * resource and window are asked once. When one of a request's queries fails, the result has the flag
 * CG_METRICS_FETCH_FAILED and no series. Returns CG_OK also then; CG_CANCELLED or CG_NO_MEMORY, with results unset,
 * otherwise. CG_INVALID when called from inside a callback of the loop.
 */
cg_status cg_metrics_source_fetch(struct cg_metrics_source *source, struct cg_metrics_request *requests, size_t count,
                                  struct cg_arena *arena, struct cg_error *error);

/** The step of requests that give none. */
int64_t cg_metrics_source_step(const struct cg_metrics_source *source);

/** Counters since the source was made. */
struct cg_http_stats cg_metrics_source_stats(const struct cg_metrics_source *source);

#endif
