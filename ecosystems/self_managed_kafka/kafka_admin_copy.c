#include "kafka_admin_copy.h"

#include <stdlib.h>
#include <string.h>

#define MOST_PORT 65535

/* 1 when `text` is at most `most` bytes of visible ASCII. */
static int is_name(const char *text, size_t most) {
    size_t length = strnlen(text, most + 1);
    for (size_t i = 0; i < length; i++) {
        if (text[i] <= 0x20 || text[i] >= 0x7f) {
            return 0;
        }
    }
    return length <= most;
}

static int by_id(const void *left, const void *right) {
    const struct cg_kafka_broker *a = left;
    const struct cg_kafka_broker *b = right;
    return (a->id > b->id) - (a->id < b->id);
}

static int by_name(const void *left, const void *right) {
    const char *const *a = left;
    const char *const *b = right;
    return strcmp(*a, *b);
}

static cg_status no_memory(const struct cg_host *host) {
    return host->set_error(host, CG_NO_MEMORY, "no memory for the brokers and topics of the Kafka cluster.");
}

/* Copies of texts, one behind the other. */
struct texts {
    char *next;
};

static const char *keep(struct texts *texts, const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = texts->next;
    memcpy(copy, text, size);
    texts->next += size;
    return copy;
}

static cg_status check_brokers(const struct cg_host *host, const struct rd_kafka_metadata *answer, size_t *ret_bytes) {
    size_t bytes = 1;
    if (answer->broker_cnt < 0 || answer->broker_cnt > CG_KAFKA_MOST_BROKERS) {
        return host->set_error(host, CG_PERMANENT, "the Kafka cluster names %d brokers; expected at most %d.",
                               answer->broker_cnt, CG_KAFKA_MOST_BROKERS);
    }
    for (int i = 0; i < answer->broker_cnt; i++) {
        const struct rd_kafka_metadata_broker *broker = &answer->brokers[i];
        if (broker->id < 0 || broker->port < 0 || broker->port > MOST_PORT || broker->host == NULL ||
            !is_name(broker->host, CG_KAFKA_MOST_HOST_NAME)) {
            return host->set_error(host, CG_PERMANENT,
                                   "the Kafka cluster names a broker with the id %d and the port %d, and an id, a port "
                                   "or a host that no broker can have.",
                                   (int)broker->id, broker->port);
        }
        bytes += strlen(broker->host) + 1;
    }
    *ret_bytes = bytes;
    return CG_OK;
}

static cg_status copy_brokers(const struct cg_host *host, const struct rd_kafka_metadata *answer,
                              struct cg_kafka_cluster *ret) {
    size_t bytes = 0;
    cg_status status = check_brokers(host, answer, &bytes);
    if (status != CG_OK) {
        return status;
    }
    size_t count = (size_t)answer->broker_cnt;
    struct cg_kafka_broker *brokers = host->scratch(host, (count + 1) * sizeof *brokers);
    struct texts texts = {host->scratch(host, bytes)};
    if (brokers == NULL || texts.next == NULL) {
        return no_memory(host);
    }
    for (size_t i = 0; i < count; i++) {
        brokers[i].id = answer->brokers[i].id;
        brokers[i].port = (uint32_t)answer->brokers[i].port;
        brokers[i].host = keep(&texts, answer->brokers[i].host);
    }
    qsort(brokers, count, sizeof *brokers, by_id);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || brokers[kept - 1].id != brokers[i].id) {
            brokers[kept++] = brokers[i];
        }
    }
    ret->brokers = brokers;
    ret->broker_count = kept;
    return CG_OK;
}

/* A topic in deletion is listed until its last replica is gone. */
static int is_gone(const struct rd_kafka_metadata_topic *topic) {
    return topic->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

static cg_status check_topics(const struct cg_host *host, const struct rd_kafka_metadata *answer, size_t *ret_bytes) {
    size_t bytes = 1;
    if (answer->topic_cnt < 0 || answer->topic_cnt > CG_KAFKA_MOST_TOPICS) {
        return host->set_error(host, CG_PERMANENT, "the Kafka cluster names %d topics; expected at most %d.",
                               answer->topic_cnt, CG_KAFKA_MOST_TOPICS);
    }
    for (int i = 0; i < answer->topic_cnt; i++) {
        const char *name = answer->topics[i].topic;
        if (name == NULL || name[0] == '\0' || !is_name(name, CG_KAFKA_MOST_TOPIC_NAME)) {
            return host->set_error(host, CG_PERMANENT,
                                   "the Kafka cluster names a topic whose name is empty, longer than %u bytes or not "
                                   "made of visible ASCII characters.",
                                   CG_KAFKA_MOST_TOPIC_NAME);
        }
        bytes += strlen(name) + 1;
    }
    *ret_bytes = bytes;
    return CG_OK;
}

static cg_status copy_topics(const struct cg_host *host, const struct rd_kafka_metadata *answer,
                             struct cg_kafka_cluster *ret) {
    size_t bytes = 0;
    cg_status status = check_topics(host, answer, &bytes);
    if (status != CG_OK) {
        return status;
    }
    size_t count = 0;
    const char **topics = host->scratch(host, ((size_t)answer->topic_cnt + 1) * sizeof *topics);
    struct texts texts = {host->scratch(host, bytes)};
    if (topics == NULL || texts.next == NULL) {
        return no_memory(host);
    }
    for (int i = 0; i < answer->topic_cnt; i++) {
        if (!is_gone(&answer->topics[i])) {
            topics[count++] = keep(&texts, answer->topics[i].topic);
        }
    }
    qsort(topics, count, sizeof *topics, by_name);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(topics[kept - 1], topics[i]) != 0) {
            topics[kept++] = topics[i];
        }
    }
    ret->topics = topics;
    ret->topic_count = kept;
    return CG_OK;
}

cg_status cg_kafka_cluster_copy(const struct cg_host *host, const struct rd_kafka_metadata *answer,
                                struct cg_kafka_cluster *ret) {
    struct cg_kafka_cluster cluster;
    cg_status status = copy_brokers(host, answer, &cluster);
    if (status == CG_OK) {
        status = copy_topics(host, answer, &cluster);
    }
    if (status == CG_OK) {
        *ret = cluster;
    }
    return status;
}
