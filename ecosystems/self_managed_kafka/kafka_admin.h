/* Asking the brokers themselves what the cluster consists of. */
#ifndef SELF_KAFKA_ADMIN_H
#define SELF_KAFKA_ADMIN_H

#include <chitragupt/host.h>

/** How to reach the brokers. Strings are borrowed for the call; NULL = not given. */
struct cg_kafka_admin_options {
    const char *bootstrap_servers; /**< "host[:port],..."; default port 9092 */
    const char *security_protocol; /**< "PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL" */
    const char *sasl_mechanism;    /**< "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", or NULL */
    const char *sasl_username;
    const char *sasl_password;    /**< secret */
    const char *ca_file;          /**< PEM; NULL: the system's */
    const char *certificate_file; /**< PEM of the client, or NULL */
    const char *key_file;
    const char *key_password; /**< secret */
    int32_t verify_hostname;
    int64_t timeout_us; /**< of the whole reading */
};

/** One node of the cluster. */
struct cg_kafka_broker {
    int32_t id;
    uint32_t port;
    const char *host;
};

/** What a cluster consists of, in the scratch memory of the call. Brokers by id, topics by name in byte order. */
struct cg_kafka_cluster {
    const struct cg_kafka_broker *brokers;
    size_t broker_count;
    const char *const *topics;
    size_t topic_count;
};

/**
 * Reads it. Errors with a sentence set on `host`: CG_AUTH (refused credentials), CG_TEMPORARY (unreachable, too slow),
 * CG_INVALID (settings), CG_CANCELLED, CG_NO_MEMORY.
 */
cg_status cg_kafka_admin_read(const struct cg_host *host, const struct cg_kafka_admin_options *options,
                              struct cg_kafka_cluster *ret);

/** 1 when this build can do it. */
int32_t cg_kafka_admin_available(void);

#endif
