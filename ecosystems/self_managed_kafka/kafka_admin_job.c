#include "kafka_admin_job.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long the thread waits at a time for a connection; between two of them it sees that it is to stop. */
#define CONNECT_SLICE_MS 100

/* Requests for everything that may fail before the reading is given up. */
#define MOST_FAILURES 2

struct cg_kafka_job {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    rd_kafka_t *client;
    int64_t deadline_us;

    /* Guarded by the lock. */
    int owners; /* the caller and the thread; the last one frees */
    int left;   /* the caller does not look any more */
    int ended;  /* of the reading */
    int gone;   /* the client is destroyed, the thread about to return */
    const struct rd_kafka_metadata *answer;
    rd_kafka_resp_err_t error;
    struct cg_kafka_trouble trouble;
    size_t line_count;
    char lines[CG_KAFKA_MOST_LOG_LINES][CG_KAFKA_LOG_LINE_SIZE];
};

int64_t cg_kafka_clock(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void lock(struct cg_kafka_job *job) {
    (void)pthread_mutex_lock(&job->lock);
}

static void unlock(struct cg_kafka_job *job) {
    (void)pthread_mutex_unlock(&job->lock);
}

/* Waits for a change up to a time of cg_kafka_clock; 0 when the time is over. Called with the lock. */
static int wait_until(struct cg_kafka_job *job, int64_t until_us) {
    const struct timespec until = {.tv_sec = (time_t)(until_us / 1000000),
                                   .tv_nsec = (long)(until_us % 1000000) * 1000};
    return pthread_cond_timedwait(&job->changed, &job->lock, &until) == 0;
}

static void release(struct cg_kafka_job *job) {
    lock(job);
    int owners = --job->owners;
    unlock(job);
    if (owners == 0) {
        (void)pthread_cond_destroy(&job->changed);
        (void)pthread_mutex_destroy(&job->lock);
        free(job);
    }
}

/* ---- called by librdkafka ---- */

static void take_log(const rd_kafka_t *client, int level, const char *facility, const char *text) {
    struct cg_kafka_job *job = rd_kafka_opaque(client);
    (void)level;
    lock(job);
    if (!job->left && job->line_count < CG_KAFKA_MOST_LOG_LINES) {
        (void)snprintf(job->lines[job->line_count++], CG_KAFKA_LOG_LINE_SIZE, "%s: %s", facility, text);
    }
    unlock(job);
}

static void take_error(rd_kafka_t *client, int error, const char *reason, void *user) {
    struct cg_kafka_job *job = user;
    (void)client;
    lock(job);
    cg_kafka_trouble_note(&job->trouble, (rd_kafka_resp_err_t)error, reason, cg_kafka_clock());
    unlock(job);
}

/* ---- the thread ---- */

static int remaining_ms(const struct cg_kafka_job *job) {
    int64_t left = (job->deadline_us - cg_kafka_clock()) / 1000;
    return left > 0 ? (int)left : 0;
}

static int is_left(struct cg_kafka_job *job) {
    lock(job);
    int left = job->left;
    unlock(job);
    return left;
}

/* Notes that a server answers, so that the others may be as dead as they like. */
static void note_connected(struct cg_kafka_job *job) {
    lock(job);
    job->trouble.down_since_us = 0;
    unlock(job);
}

/*
 * Waits a moment for a connection. librdkafka tells "no server is connected" from "a server is, but has not answered
 * yet", and the second is all that is asked for.
 */
static int has_connection(struct cg_kafka_job *job) {
    const struct rd_kafka_metadata *brokers = NULL;
    rd_kafka_resp_err_t error = rd_kafka_metadata(job->client, 0, NULL, &brokers, CONNECT_SLICE_MS);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_metadata_destroy(brokers);
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR__TIMED_OUT) {
        const struct timespec moment = {.tv_sec = 0, .tv_nsec = 20000000};
        (void)nanosleep(&moment, NULL);
        return 0;
    }
    note_connected(job);
    return 1;
}

static void read_cluster(struct cg_kafka_job *job) {
    const struct rd_kafka_metadata *answer = NULL;
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__TIMED_OUT;
    for (int failures = 0; failures < MOST_FAILURES && remaining_ms(job) > 0 && !is_left(job);) {
        if (!has_connection(job)) {
            continue;
        }
        /* A server that stopped working gets half of the time, so that another one can still answer. */
        int left = remaining_ms(job);
        error = rd_kafka_metadata(job->client, 1, NULL, &answer, left > 2000 ? left / 2 : left);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
            break;
        }
        answer = NULL;
        if (error != RD_KAFKA_RESP_ERR__TIMED_OUT) {
            failures++;
        }
    }
    lock(job);
    job->answer = answer;
    job->error = error;
    job->ended = 1;
    (void)pthread_cond_broadcast(&job->changed);
    while (!job->left) {
        (void)pthread_cond_wait(&job->changed, &job->lock);
    }
    unlock(job);
    if (answer != NULL) {
        rd_kafka_metadata_destroy(answer);
    }
}

static void *run(void *user) {
    struct cg_kafka_job *job = user;
    read_cluster(job);
    rd_kafka_destroy_flags(job->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    lock(job);
    job->gone = 1;
    (void)pthread_cond_broadcast(&job->changed);
    unlock(job);
    release(job);
    return NULL;
}

/* ---- the caller's side ---- */

static struct cg_kafka_job *job_new(int64_t deadline_us) {
    pthread_condattr_t attributes;
    struct cg_kafka_job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        return NULL;
    }
    job->deadline_us = deadline_us;
    job->owners = 1;
    int failed = pthread_condattr_init(&attributes) != 0;
    if (!failed) {
        failed = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
                 pthread_cond_init(&job->changed, &attributes) != 0;
        (void)pthread_condattr_destroy(&attributes);
    }
    if (failed || pthread_mutex_init(&job->lock, NULL) != 0) {
        free(job);
        return NULL;
    }
    return job;
}

/* The thread takes no signals: they are for the threads of the program. */
static int start_thread(struct cg_kafka_job *job) {
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    job->owners = 2;
    int failed = pthread_create(&job->thread, NULL, run, job) != 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return !failed;
}

cg_status cg_kafka_job_start(rd_kafka_conf_t *conf, int64_t deadline_us, struct cg_kafka_job **ret,
                             rd_kafka_resp_err_t *ret_error, char *text, size_t text_size) {
    struct cg_kafka_job *job = job_new(deadline_us);
    if (job == NULL) {
        rd_kafka_conf_destroy(conf);
        return CG_NO_MEMORY;
    }
    rd_kafka_conf_set_opaque(conf, job);
    rd_kafka_conf_set_log_cb(conf, take_log);
    rd_kafka_conf_set_error_cb(conf, take_error);
    job->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, text_size);
    if (job->client == NULL) {
        *ret_error = rd_kafka_last_error();
        rd_kafka_conf_destroy(conf);
        release(job);
        return CG_INVALID;
    }
    if (!start_thread(job)) {
        job->owners = 1;
        job->left = 1;
        rd_kafka_destroy_flags(job->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        release(job);
        return CG_NO_MEMORY;
    }
    *ret = job;
    return CG_OK;
}

void cg_kafka_job_look(struct cg_kafka_job *job, int milliseconds, struct cg_kafka_view *ret) {
    int64_t until = cg_kafka_clock() + (int64_t)milliseconds * 1000;
    lock(job);
    while (!job->ended && wait_until(job, until)) {
    }
    unlock(job);
    /* The client is there until the caller leaves. This calls take_error for what has come up. */
    (void)rd_kafka_poll(job->client, 0);
    lock(job);
    ret->ended = job->ended;
    ret->answer = job->answer;
    ret->error = job->error;
    ret->trouble = job->trouble;
    ret->line_count = job->line_count;
    memcpy(ret->lines, job->lines, sizeof ret->lines);
    job->line_count = 0;
    unlock(job);
}

void cg_kafka_job_leave(struct cg_kafka_job *job, int milliseconds) {
    int64_t until = cg_kafka_clock() + (int64_t)milliseconds * 1000;
    lock(job);
    job->left = 1;
    (void)pthread_cond_broadcast(&job->changed);
    while (!job->gone && wait_until(job, until)) {
    }
    int gone = job->gone;
    unlock(job);
    if (gone) {
        (void)pthread_join(job->thread, NULL);
    } else {
        (void)pthread_detach(job->thread);
    }
    release(job);
}
