/*
 * metrics.h - asking the tenant's metrics source.
 *
 * What products need for their split is fetched by the host (cg_product.metrics). An ecosystem that makes its bill or
 * its inventory of metrics asks for more with cg_host.metrics, while it gathers.
 *
 * Since ABI 1.0 (struct cg_metric_query); the rest since 1.3.
 */
#ifndef CHITRAGUPT_METRICS_H
#define CHITRAGUPT_METRICS_H

#include <chitragupt/model.h>

CG_BEGIN_DECLS

struct cg_host;

/**
 * The value of a sample tells of the step that ends with it, as increase(x[1h]) does with a step of an hour. The
 * samples of a window [start, end) are then those of (start, end]: each step of the window is counted once, and no
 * other. The points are handed over with the start of their step as their time, so that they lie inside the window.
 * Since ABI 1.3.
 */
#define CG_METRIC_TRAILING 1u

/** The expression is sent as it is: a "{}" in it stays. Since ABI 1.3. */
#define CG_METRIC_LITERAL 2u

/** A range query for the metrics source. Constant, lives as long as the instance. */
struct cg_metric_query {
    uint32_t struct_size;
    uint32_t flags;             /**< CG_METRIC_; hosts before ABI 1.3 take no notice of it */
    const char *key;            /**< name under which the series are handed over */
    const char *expression;     /**< PromQL; its first "{}" becomes {filter_label="<resource id>"} */
    struct cg_text_list labels; /**< the labels to keep */
    const char *filter_label;   /**< or NULL: the first "{}" is removed */
};

/** A query in a window. Borrowed for the call. */
struct cg_metrics_question {
    uint32_t struct_size;
    uint32_t reserved;
    const struct cg_metric_query *query;
    const char *resource_id; /**< value of the query's filter label; NULL: none, the first "{}" is removed */
    int64_t start;           /**< time, inclusive */
    int64_t end;             /**< time, exclusive */
    int64_t step_seconds;    /**< distance of samples; 0: metrics_step_seconds of the tenant */
};

/** What came of a question. Lives in the scratch memory of the call. */
struct cg_metrics_answer {
    uint32_t struct_size;
    cg_status status;                             /**< CG_OK also when there are no series */
    const struct cg_metric_series *const *series; /**< in the order of the server; none unless status is CG_OK */
    size_t series_count;
    uint64_t ignored_points; /**< samples that were not finite or not numbers */
    const char *error;       /**< when status is not CG_OK: one sentence, without secrets; else NULL */
};

/** Range queries to the tenant's metrics source (`plugin_settings.metrics`). Since ABI 1.3. */
struct cg_metrics_api {
    uint32_t struct_size;
    uint32_t reserved;

    /** metrics_step_seconds of the tenant. */
    int64_t (*step_seconds)(const struct cg_host *host);

    /**
     * Asks `count` questions concurrently, equal ones once, and waits for all: `(*ret)[i]` answers `questions[i]`. Long
     * windows are split and put together again. A query that fails is told in its answer; the call itself fails with
     * CG_CANCELLED, CG_NO_MEMORY, or CG_NOT_FOUND when the tenant has no metrics source. [run]
     */
    cg_status (*fetch)(const struct cg_host *host, const struct cg_metrics_question *const *questions, size_t count,
                       const struct cg_metrics_answer *const **ret);
};

CG_END_DECLS

#endif
