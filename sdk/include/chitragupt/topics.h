/*
 * topics.h - how the cost of a cluster is split over its topics.
 *
 * An overlay beside the chargeback rows, independent of identities. The ecosystem says which products are split by
 * which metrics; the host discovers topics, asks for the metrics, splits, stores and emits. For each cluster and day
 * the rows of all topics sum to the lines that have a rule, to the last digit; what no topic can be found for stands
 * under "__UNATTRIBUTED__".
 *
 *   T = cost rounded to 4 decimals, ties away from zero; r = v / sum(v) (double division, compensated sum)
 *   a = T * decimal(r) rounded likewise; the difference T - sum(a) goes out in steps of 0.0001 to the topics with a
 *   share, largest share first, ties by name; what is below 0.0001 goes to the first of them.
 *
 * Since ABI 1.1.
 */
#ifndef CHITRAGUPT_TOPICS_H
#define CHITRAGUPT_TOPICS_H

#include <chitragupt/host.h>

CG_BEGIN_DECLS

/** A range query for the metrics source. Constant, lives as long as the instance. */
struct cg_metric_query;

/** How the points of one topic's series become its value. */
#define CG_TOPIC_SUM 0u  /**< they add up; a topic with nothing but zeros is still a topic */
#define CG_TOPIC_PEAK 1u /**< the greatest one counts, if it is above 0 */

/** A measure of topics. */
struct cg_topic_metric {
    uint32_t struct_size;
    uint32_t value;                      /**< CG_TOPIC_SUM or CG_TOPIC_PEAK */
    const struct cg_metric_query *query; /**< with a filter label for the cluster; its key names the measure */
};

/** How one product type is split. */
struct cg_topic_rule {
    uint32_t struct_size;
    uint32_t reserved;
    const char *product_type;    /**< matched exactly */
    const char *method;          /**< written on the rows, e.g. "bytes_ratio" */
    struct cg_text_list metrics; /**< keys of the measures that are added up per topic; none: even split */
};

/** Lines whose measures are all empty are not split evenly but stay unattributed. */
#define CG_TOPICS_SKIP_WITHOUT_METRICS 1u

/**
 * The overlay of one tenant. Everything lives as long as the instance. The host checks it before anything runs: at most
 * 100 metrics with keys of their own, each with a filter label and keeping topic_label; at most 1000 rules, one for a
 * product type, whose metrics are among these; methods of at most 255 bytes.
 */
struct cg_topic_attribution {
    uint32_t struct_size;
    uint32_t flags; /**< CG_TOPICS_ */
    const struct cg_topic_metric *const *metrics;
    size_t metric_count;
    const struct cg_topic_rule *const *rules; /**< product types without a rule are not split */
    size_t rule_count;
    const char *cluster_type;   /**< resource type of clusters, e.g. "kafka_cluster": their topics are discovered */
    const char *cluster_prefix; /**< only lines whose resource id begins with it are split; "" for all */
    const char *topic_label;    /**< label of the series that names the topic */
    struct cg_text_list exclude_patterns; /**< topics that match one get no rows: * ? [abc] [a-z] [!a], no escapes */
    int64_t retention_days;               /**< how long rows are kept, from 1 */
    const struct cg_config *emitters;     /**< list of emitter entries inside the tenant's settings, or NULL */
};

CG_END_DECLS

#endif
