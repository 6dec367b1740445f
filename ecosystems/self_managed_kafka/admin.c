/* Brokers and topics from the brokers themselves: a complete listing, so that what is missing in it is gone. */
#include "self_kafka.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The host's services, with an ear for the sentence of a failure: it becomes the family's, not the gather's. */
struct listener {
    struct cg_host host;
    char text[512];
};

CG_PRINTF(3, 4)
static cg_status take_sentence(const struct cg_host *host, cg_status status, const char *format, ...) {
    /* The table that was handed out is the listener's first member, and the listener is not constant. */
    struct listener *listener = (struct listener *)(uintptr_t)host;
    va_list arguments;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vsnprintf(listener->text, sizeof listener->text, format, arguments);
    va_end(arguments);
    return status;
}

static void listen_to(const struct cg_host *host, struct listener *ret) {
    size_t size = host->struct_size < sizeof ret->host ? host->struct_size : sizeof ret->host;
    memset(ret, 0, sizeof *ret);
    memcpy(&ret->host, host, size);
    ret->host.set_error = take_sentence;
}

static cg_status put_brokers(const struct self_kafka *self, const struct cg_gather *gather,
                             const struct cg_kafka_cluster *cluster) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < cluster->broker_count && status == CG_OK; i++) {
        const struct cg_kafka_broker *broker = &cluster->brokers[i];
        char id[16];
        char address[300];
        (void)snprintf(id, sizeof id, "%" PRId32, broker->id);
        int has_address = broker->host != NULL && broker->host[0] != '\0' && broker->port != 0;
        if (has_address) {
            (void)snprintf(address, sizeof address, "%s:%" PRIu32, broker->host, broker->port);
        }
        status = self_kafka_put(self, gather, "broker", id, has_address ? address : id, id);
    }
    return status == CG_OK ? gather->family(gather, "broker", CG_OK, NULL) : status;
}

static cg_status put_topics(const struct self_kafka *self, const struct cg_gather *gather,
                            const struct cg_kafka_cluster *cluster) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < cluster->topic_count && status == CG_OK; i++) {
        status = self_kafka_put(self, gather, "topic", cluster->topics[i], cluster->topics[i], NULL);
    }
    return status == CG_OK ? gather->family(gather, "topic", CG_OK, NULL) : status;
}

cg_status self_kafka_gather_admin(const struct self_kafka *self, const struct cg_gather *gather) {
    struct cg_kafka_cluster cluster = {.brokers = NULL};
    struct listener listener;
    char text[600];
    listen_to(gather->host, &listener);
    cg_status status = cg_kafka_admin_read(&listener.host, &self->admin, &cluster);
    if (status == CG_CANCELLED || status == CG_NO_MEMORY) {
        return gather->host->set_error(gather->host, status, "%s",
                                       listener.text[0] != '\0' ? listener.text : "the reading was ended");
    }
    if (status != CG_OK) {
        (void)snprintf(text, sizeof text, "Failed to gather brokers from Kafka Admin API: %s",
                       listener.text[0] != '\0' ? listener.text : "no reason given");
        return gather->family(gather, "kafka", status, text);
    }
    status = put_brokers(self, gather, &cluster);
    return status == CG_OK ? put_topics(self, gather, &cluster) : status;
}
