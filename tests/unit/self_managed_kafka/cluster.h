/* The cluster that the tests are about, and the brokers that answer for it. */
#ifndef SELF_KAFKA_CLUSTER_H
#define SELF_KAFKA_CLUSTER_H

#include "metered_stage.h"
#include "self_kafka.h"

const struct cg_registration *cg_plugin_register_self_managed_kafka(void);

#define BYTES_IN "kafka_server_brokertopicmetrics_bytesin_total"
#define BYTES_OUT "kafka_server_brokertopicmetrics_bytesout_total"
#define COST_IN "sum(increase(" BYTES_IN "[1h]))"
#define COST_OUT "sum(increase(" BYTES_OUT "[1h]))"
#define COST_SIZE "sum(kafka_log_log_size)"
#define SEEN_IN "group by (broker, topic, principal) (" BYTES_IN ")"
#define SEEN_OUT "group by (broker, topic, principal) (" BYTES_OUT ")"
#define USED_IN "sum by (principal) (increase(" BYTES_IN "[1h]))"
#define USED_OUT "sum by (principal) (increase(" BYTES_OUT "[1h]))"

/** Opens the cluster of three brokers in us-west-2 with `count` further settings, which replace those of their path. */
void cluster_open(struct stage *stage, const struct cg_test_setting *settings, size_t count);

/** The settings of that cluster, `more` first. */
const struct cg_config *cluster_settings(struct cg_test_host *test, const struct cg_test_setting *more, size_t count);

/** What the stand-in for the reader of brokers answers, and what it was asked. */
struct brokers {
    cg_status status;
    const char *text;
    struct cg_kafka_cluster cluster;
    int32_t available;
    int32_t calls;
    struct cg_kafka_admin_options asked;
};
extern struct brokers brokers;

#endif
