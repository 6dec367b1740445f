/* From an answer of the brokers, which is not to be trusted, to what the module works with. */
#ifndef SELF_KAFKA_ADMIN_COPY_H
#define SELF_KAFKA_ADMIN_COPY_H

#include "kafka_admin.h"

#include <librdkafka/rdkafka.h>

/** Most brokers and topics of a cluster. */
#define CG_KAFKA_MOST_BROKERS 100000
#define CG_KAFKA_MOST_TOPICS 1000000

/** Longest name of a topic that Kafka allows, and longest host name, without the NUL. */
#define CG_KAFKA_MOST_TOPIC_NAME 249u
#define CG_KAFKA_MOST_HOST_NAME 255u

/**
 * Copies, checks and sorts the answer into scratch memory. Topics that are being deleted are left out, and what is told
 * twice is kept once. Errors, with a sentence: CG_PERMANENT (an answer that no broker gives), CG_NO_MEMORY.
 */
cg_status cg_kafka_cluster_copy(const struct cg_host *host, const struct rd_kafka_metadata *answer,
                                struct cg_kafka_cluster *ret);

#endif
