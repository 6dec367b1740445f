#include "kafka_admin.h"

#include "kafka_admin_conf.h"
#include "kafka_admin_copy.h"
#include "kafka_admin_job.h"

/* Used where the time is not given, and the longest that is taken. */
#define DEFAULT_TIMEOUT_US INT64_C(30000000)
#define MOST_TIMEOUT_US INT64_C(600000000)

/* How often the run is asked whether it is to stop. */
#define LOOK_MS 50

/* No server reached for this long: some five tries were made of each, and the person can be told. */
#define DOWN_US INT64_C(3000000)

/* How long the end of a client is waited for. */
#define LEAVE_MS 500

int32_t cg_kafka_admin_available(void) {
    return 1;
}

/* librdkafka's own words, for those who look for the cause of something. */
static void hand_on_log(const struct cg_host *host, const struct cg_kafka_admin_options *options,
                        const struct cg_kafka_view *view) {
    char line[CG_KAFKA_LOG_LINE_SIZE];
    for (size_t i = 0; i < view->line_count; i++) {
        host->log(host, CG_LOG_DEBUG, "librdkafka: %s",
                  cg_kafka_text_clean(options, view->lines[i], line, sizeof line));
    }
}

/* Looks at the reading until there is an answer in `view` or a reason to stop. */
static cg_status watch(const struct cg_host *host, const struct cg_kafka_admin_options *options,
                       const struct cg_kafka_servers *servers, struct cg_kafka_job *job, int64_t start_us,
                       int64_t timeout_us, struct cg_kafka_view *view) {
    int timeout_ms = (int)(timeout_us / 1000);
    enum cg_kafka_end end = CG_KAFKA_TOO_SLOW;
    for (;;) {
        cg_kafka_job_look(job, LOOK_MS, view);
        hand_on_log(host, options, view);
        int64_t now = cg_kafka_clock();
        const struct cg_kafka_trouble *trouble = &view->trouble;
        if (view->ended && view->answer != NULL) {
            return CG_OK;
        }
        if (host->cancelled(host)) {
            return host->set_error(host, CG_CANCELLED, "the reading of the Kafka cluster was stopped.");
        }
        if (trouble->refusal != CG_KAFKA_NOT_REFUSED) {
            end = CG_KAFKA_WAS_REFUSED;
            break;
        }
        if (trouble->down_since_us != 0 && now - trouble->down_since_us >= DOWN_US) {
            end = CG_KAFKA_DOWN;
            break;
        }
        if (view->ended && view->error != RD_KAFKA_RESP_ERR__TIMED_OUT) {
            end = CG_KAFKA_GAVE_UP;
            break;
        }
        if (view->ended || now - start_us >= timeout_us) {
            break;
        }
    }
    return cg_kafka_trouble_tell(host, options, servers, &view->trouble, end, view->error, timeout_ms);
}

cg_status cg_kafka_admin_read(const struct cg_host *host, const struct cg_kafka_admin_options *options,
                              struct cg_kafka_cluster *ret) {
    struct cg_kafka_servers servers;
    rd_kafka_conf_t *conf = NULL;
    struct cg_kafka_job *job = NULL;
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    char text[512];
    int64_t start = cg_kafka_clock();
    int64_t timeout = options->timeout_us > 0 ? options->timeout_us : DEFAULT_TIMEOUT_US;
    timeout = timeout < MOST_TIMEOUT_US ? timeout : MOST_TIMEOUT_US;

    if (cg_kafka_servers_parse(options->bootstrap_servers, &servers) != CG_OK) {
        return host->set_error(host, CG_INVALID, "bootstrap_servers %s.", servers.problem);
    }
    cg_status status = cg_kafka_conf_new(host, options, &servers, (int)(timeout / 1000), &conf);
    if (status != CG_OK) {
        return status;
    }
    struct cg_kafka_view *view = host->scratch(host, sizeof *view);
    if (view == NULL) {
        rd_kafka_conf_destroy(conf);
        return host->set_error(host, CG_NO_MEMORY, "no memory for the reading of the Kafka cluster.");
    }
    status = cg_kafka_job_start(conf, start + timeout, &job, &error, text, sizeof text);
    if (status == CG_INVALID) {
        return cg_kafka_conf_refused(host, options, error, text);
    }
    if (status != CG_OK) {
        return host->set_error(host, status, "no memory or no thread for the reading of the Kafka cluster.");
    }
    status = watch(host, options, &servers, job, start, timeout, view);
    if (status == CG_OK) {
        status = cg_kafka_cluster_copy(host, view->answer, ret);
    }
    cg_kafka_job_leave(job, LEAVE_MS);
    return status;
}
