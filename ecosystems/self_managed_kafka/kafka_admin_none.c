/* In place of kafka_admin.c where the program is built without librdkafka. */
#include "kafka_admin.h"

int32_t cg_kafka_admin_available(void) {
    return 0;
}

cg_status cg_kafka_admin_read(const struct cg_host *host, const struct cg_kafka_admin_options *options,
                              struct cg_kafka_cluster *ret) {
    (void)options;
    (void)ret;
    return host->set_error(host, CG_INVALID,
                           "the brokers cannot be asked because this program was built without librdkafka; set "
                           "resource_source.source to prometheus, or build it with librdkafka.");
}
