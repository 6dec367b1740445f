/* From the settings of the Kafka connection to a configuration of librdkafka. */
#ifndef SELF_KAFKA_ADMIN_CONF_H
#define SELF_KAFKA_ADMIN_CONF_H

#include "kafka_admin.h"
#include "kafka_servers.h"

#include <librdkafka/rdkafka.h>

/**
 * Makes the configuration of a client; the caller owns `*ret`. `timeout_ms`: of the whole reading. Errors, with a
 * sentence that names the key and no secret: CG_INVALID, CG_NO_MEMORY.
 */
cg_status cg_kafka_conf_new(const struct cg_host *host, const struct cg_kafka_admin_options *options,
                            const struct cg_kafka_servers *servers, int timeout_ms, rd_kafka_conf_t **ret);

/**
 * Sets the sentence for a client that librdkafka refused to make: which key is to blame, and its reason `text`.
 * Returns CG_INVALID, or CG_TEMPORARY when `error` says that the system is out of threads or memory.
 */
cg_status cg_kafka_conf_refused(const struct cg_host *host, const struct cg_kafka_admin_options *options,
                                rd_kafka_resp_err_t error, const char *text);

/** Writes `text` without secrets and control characters to `buffer`; what does not fit is cut. Returns `buffer`. */
const char *cg_kafka_text_clean(const struct cg_kafka_admin_options *options, const char *text, char *buffer,
                                size_t size);

#endif
