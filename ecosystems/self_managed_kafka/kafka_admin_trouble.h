/* What librdkafka says while it tries to reach the brokers, and what that comes to for a person. */
#ifndef SELF_KAFKA_ADMIN_TROUBLE_H
#define SELF_KAFKA_ADMIN_TROUBLE_H

#include "kafka_admin.h"
#include "kafka_servers.h"

#include <librdkafka/rdkafka.h>

/** How many servers are remembered with their last reason. */
#define CG_KAFKA_MOST_REASONS 3u

/** Why a reading cannot go well any more. */
enum cg_kafka_refusal {
    CG_KAFKA_NOT_REFUSED,
    CG_KAFKA_CREDENTIALS_REFUSED, /**< user name, password or mechanism */
    CG_KAFKA_CERTIFICATE_REFUSED  /**< by either side */
};

/** The last reason that was given for one server. */
struct cg_kafka_reason {
    char server[128]; /**< "host:port" */
    char text[384];   /**< may hold what a server said: clean it before it is shown */
};

/** Everything that went wrong so far. All zero at first. */
struct cg_kafka_trouble {
    enum cg_kafka_refusal refusal;
    struct cg_kafka_reason refused; /**< when there is a refusal */
    struct cg_kafka_reason reasons[CG_KAFKA_MOST_REASONS];
    size_t reason_count;
    int64_t down_since_us; /**< since when no server could be reached, on the caller's clock; 0: some can, or not yet */
};

/** How a reading came to its end without an answer. */
enum cg_kafka_end {
    CG_KAFKA_TOO_SLOW,   /**< the time is over */
    CG_KAFKA_DOWN,       /**< no server can be reached */
    CG_KAFKA_GAVE_UP,    /**< servers were reached, but every request failed: `error` */
    CG_KAFKA_WAS_REFUSED /**< see cg_kafka_trouble.refusal */
};

/** Takes what librdkafka's error callback was given. */
void cg_kafka_trouble_note(struct cg_kafka_trouble *trouble, rd_kafka_resp_err_t error, const char *reason,
                           int64_t now_us);

/** Sets the sentence for a reading without an answer, and returns its status. `timeout_ms`: the time it had. */
cg_status cg_kafka_trouble_tell(const struct cg_host *host, const struct cg_kafka_admin_options *options,
                                const struct cg_kafka_servers *servers, const struct cg_kafka_trouble *trouble,
                                enum cg_kafka_end end, rd_kafka_resp_err_t error, int timeout_ms);

#endif
