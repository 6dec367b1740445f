/* A cluster to ask, a peer in front of it, and one reading with its time, log and threads looked after. */
#ifndef KAFKA_ADMIN_STAGE_H
#define KAFKA_ADMIN_STAGE_H

#include "kafka_admin.h"

#include "support/process.h"
#include "support/workdir.h"

#include <chitragupt/test_host.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/** The secrets of every test: neither may be seen in a sentence or a log. */
#define STAGE_USER "alice,=x"
#define STAGE_PASSWORD "Zw9-swordfish"
#define STAGE_KEY_PASSWORD "Kq3-halibut"

/** STAGE_USER and STAGE_PASSWORD as the peer takes them, for --user. */
extern const char stage_account[];

/** A mock cluster in this process. */
struct stage_cluster {
    rd_kafka_t *client;
    rd_kafka_mock_cluster_t *mock;
};

/** Starts a cluster with brokers 1 to `brokers`. */
void stage_cluster_start(struct stage_cluster *cluster, int brokers);

/** Makes topics, all with one request: each rd_kafka_mock_topic_create takes a third of a second. */
void stage_cluster_topics(const struct stage_cluster *cluster, const char *const *names, size_t count);

/** Ends it. */
void stage_cluster_stop(struct stage_cluster *cluster);

/** A peer in a process of its own. */
struct stage_peer {
    struct cg_test_process process;
    char folder[CG_TEST_PATH_SIZE];
    char servers[512]; /**< its bootstrap list */
};

/** Starts a peer with these options (NULL-terminated; NULL: none), besides --port-file. */
void stage_peer_start(struct stage_peer *peer, const char *const *options);

/** Ends it; the test fails when it wrote to its standard error. */
void stage_peer_stop(struct stage_peer *peer);

/** Makes <name>.pem and <name>.key in `folder`: self-signed, for the host `san` ("IP:127.0.0.1"). */
void stage_certificate(const char *folder, const char *name, const char *san, const char *key_password);

/** One reading and what came of it. */
struct stage_reading {
    struct cg_test_host test;
    struct cg_kafka_admin_options options;
    struct cg_kafka_cluster cluster;
    cg_status status;
    const char *error; /**< the sentence, or "" */
    long long milliseconds;
};

/** Makes a reading of `servers` with PLAINTEXT and eight seconds; the test may change the options. */
void stage_reading_init(struct stage_reading *reading, const char *servers);

/**
 * Reads, and fails the test `name` when it takes longer than its time-out and a second, when a secret is told, when an
 * error has no sentence, or when a thread is left behind for longer than that.
 */
void stage_reading_run(struct stage_reading *reading, const char *name);

/** Frees what the reading has. */
void stage_reading_done(struct stage_reading *reading);

/** Milliseconds of a clock that never jumps. */
long long stage_now_ms(void);

/** Threads of this process. */
size_t stage_threads(void);

#endif
