/*
 * One reading of a cluster's metadata in a thread of its own.
 *
 * librdkafka has no way to end a request before its time is over, and ending a client waits for look-ups of host names.
 * So both happen in a thread; the caller looks at it now and then, and when it cannot wait for the end it leaves the
 * thread alone. The thread ends by itself within the time of the reading, and touches nothing of the caller's.
 */
#ifndef SELF_KAFKA_ADMIN_JOB_H
#define SELF_KAFKA_ADMIN_JOB_H

#include "kafka_admin_trouble.h"

/** Lines of librdkafka's log that are kept between two looks, and the longest of them with its NUL. */
#define CG_KAFKA_MOST_LOG_LINES 16u
#define CG_KAFKA_LOG_LINE_SIZE 320u

struct cg_kafka_job;

/** What is to be seen of a reading. */
struct cg_kafka_view {
    int ended;                              /**< 1: `answer` or `error` is set */
    const struct rd_kafka_metadata *answer; /**< lives until cg_kafka_job_leave; NULL: there is none */
    rd_kafka_resp_err_t error;              /**< of the last request, when there is no answer */
    struct cg_kafka_trouble trouble;        /**< what went wrong so far */
    size_t line_count;                      /**< log lines since the last look */
    char lines[CG_KAFKA_MOST_LOG_LINES][CG_KAFKA_LOG_LINE_SIZE];
};

/** Microseconds of a clock that never jumps. */
int64_t cg_kafka_clock(void);

/**
 * Starts a reading that ends at `deadline_us` of cg_kafka_clock at the latest. Takes `conf`, whatever the outcome. On
 * CG_INVALID, librdkafka's reason is in `text` and its code in `*ret_error`. Other error: CG_NO_MEMORY.
 */
cg_status cg_kafka_job_start(rd_kafka_conf_t *conf, int64_t deadline_us, struct cg_kafka_job **ret,
                             rd_kafka_resp_err_t *ret_error, char *text, size_t text_size);

/** Waits up to `milliseconds` for the end of the reading, and shows how it stands. */
void cg_kafka_job_look(struct cg_kafka_job *job, int milliseconds, struct cg_kafka_view *ret);

/** Ends a reading, finished or not, and joins its thread if that takes no longer than `milliseconds`. */
void cg_kafka_job_leave(struct cg_kafka_job *job, int milliseconds);

#endif
