#include "stage.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PYTHON "/usr/bin/python3"
#define START_MS 20000
#define POLL_MS 20
/* A reading ends so much after its time at the latest, also on a machine that has other things to do. */
#define GRACE_MS 2000
#define DEFAULT_TIMEOUT_US INT64_C(8000000)

const char stage_account[] = STAGE_USER ":" STAGE_PASSWORD;

long long stage_now_ms(void) {
    struct timespec now;
    cr_assert_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void nap(void) {
    const struct timespec moment = {.tv_sec = 0, .tv_nsec = POLL_MS * 1000000L};
    (void)nanosleep(&moment, NULL);
}

size_t stage_threads(void) {
    size_t count = 0;
    DIR *folder = opendir("/proc/self/task");
    cr_assert_not_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    (void)closedir(folder);
    return count;
}

/* ---- the cluster ---- */

static void drop_log(const rd_kafka_t *client, int level, const char *facility, const char *text) {
    (void)client;
    (void)level;
    (void)facility;
    (void)text;
}

void stage_cluster_start(struct stage_cluster *cluster, int brokers) {
    char text[256] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    cr_assert_not_null(conf);
    rd_kafka_conf_set_log_cb(conf, drop_log);
    cluster->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    cr_assert_not_null(cluster->client, "%s", text);
    cluster->mock = rd_kafka_mock_cluster_new(cluster->client, brokers);
    cr_assert_not_null(cluster->mock);
}

void stage_cluster_topics(const struct stage_cluster *cluster, const char *const *names, size_t count) {
    char text[256] = "";
    const struct rd_kafka_metadata *answer = NULL;
    rd_kafka_topic_t **topics = calloc(count, sizeof(rd_kafka_topic_t *));
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    cr_assert(topics != NULL && conf != NULL);
    cr_assert_eq(rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster->mock), text,
                                   sizeof text),
                 RD_KAFKA_CONF_OK, "%s", text);
    rd_kafka_conf_set_log_cb(conf, drop_log);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    cr_assert_not_null(client, "%s", text);
    for (size_t i = 0; i < count; i++) {
        topics[i] = rd_kafka_topic_new(client, names[i], NULL);
        cr_assert_not_null(topics[i], "%s", names[i]);
    }
    cr_assert_eq(rd_kafka_metadata(client, 0, NULL, &answer, START_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    cr_assert_eq((size_t)answer->topic_cnt, count);
    rd_kafka_metadata_destroy(answer);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_topic_destroy(topics[i]);
    }
    free(topics);
    rd_kafka_destroy(client);
}

void stage_cluster_stop(struct stage_cluster *cluster) {
    rd_kafka_mock_cluster_destroy(cluster->mock);
    rd_kafka_destroy(cluster->client);
}

/* ---- the peer ---- */

void stage_peer_start(struct stage_peer *peer, const char *const *options) {
    char path[CG_TEST_PATH_SIZE];
    size_t count = 0;
    const char *argv[CG_TEST_MOST_ARGUMENTS + 1] = {NULL};
    cg_test_workdir_make(peer->folder);
    argv[count++] = PYTHON;
    argv[count++] = CG_TEST_SOURCE_DIR "/tests/support/kafka_peer.py";
    argv[count++] = "--port-file";
    argv[count++] = cg_test_path(peer->folder, "port", path);
    for (size_t i = 0; options != NULL && options[i] != NULL; i++) {
        cr_assert_lt(count, (size_t)CG_TEST_MOST_ARGUMENTS);
        argv[count++] = options[i];
    }
    const struct cg_test_process_options process = {.argv = argv, .timeout_seconds = 600};
    cg_test_process_start(&process, &peer->process);
    for (long long end = stage_now_ms() + START_MS; stage_now_ms() < end; nap()) {
        char *text = cg_test_file_read(peer->folder, "port");
        if (text != NULL) {
            (void)snprintf(peer->servers, sizeof peer->servers, "%s", text);
            free(text);
            return;
        }
        if (!cg_test_process_runs(&peer->process, 0)) {
            struct cg_test_result result;
            cg_test_process_wait(&peer->process, &result);
            cr_assert_fail("the peer ended with %d: %s", result.exit_status, result.err);
        }
    }
    cr_assert_fail("the peer did not start in time");
}

void stage_peer_stop(struct stage_peer *peer) {
    struct cg_test_result result;
    cg_test_process_signal(&peer->process, SIGTERM);
    cg_test_process_wait(&peer->process, &result);
    cr_expect_str_eq(result.err, "", "the peer said: %s", result.err);
    cg_test_result_done(&result);
    cg_test_workdir_remove(peer->folder);
}

void stage_certificate(const char *folder, const char *name, const char *san, const char *key_password) {
    char *certificate = cg_test_format("%s/%s.pem", folder, name);
    char *key = cg_test_format("%s/%s.key", folder, name);
    char *subject = cg_test_format("/CN=%s", name);
    char *extension = cg_test_format("subjectAltName=%s", san);
    char *secret = cg_test_format("pass:%s", key_password != NULL ? key_password : "");
    const char *const argv[] = {"/usr/bin/openssl",
                                "req",
                                "-x509",
                                "-newkey",
                                "ec",
                                "-pkeyopt",
                                "ec_paramgen_curve:P-256",
                                "-days",
                                "2",
                                "-subj",
                                subject,
                                "-addext",
                                extension,
                                "-keyout",
                                key,
                                "-out",
                                certificate,
                                key_password != NULL ? "-passout" : "-nodes",
                                key_password != NULL ? secret : NULL,
                                NULL};
    struct cg_test_result result;
    cg_test_process_run(&(struct cg_test_process_options){.argv = argv}, &result);
    cr_assert_eq(result.exit_status, 0, "openssl: %s", result.err);
    cg_test_result_done(&result);
    free(certificate);
    free(key);
    free(subject);
    free(extension);
    free(secret);
}

/* ---- the reading ---- */

void stage_reading_init(struct stage_reading *reading, const char *servers) {
    memset(reading, 0, sizeof *reading);
    cg_test_host_init(&reading->test);
    reading->options.bootstrap_servers = servers;
    reading->options.verify_hostname = 1;
    reading->options.timeout_us = DEFAULT_TIMEOUT_US;
}

static void expect_no_secret(const char *text, const char *name) {
    cr_expect_null(strstr(text, STAGE_PASSWORD), "%s: the password is told: %s", name, text);
    cr_expect_null(strstr(text, STAGE_KEY_PASSWORD), "%s: the password of the key is told: %s", name, text);
}

void stage_reading_run(struct stage_reading *reading, const char *name) {
    size_t threads = stage_threads();
    long long limit = reading->options.timeout_us / 1000 + GRACE_MS;
    long long start = stage_now_ms();
    reading->status = cg_kafka_admin_read(&reading->test.host, &reading->options, &reading->cluster);
    reading->milliseconds = stage_now_ms() - start;
    reading->error = reading->test.error != NULL ? reading->test.error : "";
    cr_expect_leq(reading->milliseconds, limit, "%s: it took %lld ms", name, reading->milliseconds);
    expect_no_secret(reading->error, name);
    expect_no_secret(reading->test.log, name);
    if (reading->status == CG_OK) {
        cr_expect_str_eq(reading->error, "", "%s: %s", name, reading->error);
    } else {
        size_t length = strlen(reading->error);
        cr_expect_eq(reading->test.error_status, reading->status, "%s", name);
        cr_expect(length > 20 && length < 900 && reading->error[length - 1] == '.', "%s: \"%s\"", name, reading->error);
    }
    while (stage_threads() > threads && stage_now_ms() < start + limit + GRACE_MS) {
        nap();
    }
    cr_expect_leq(stage_threads(), threads, "%s: a thread is left behind", name);
}

void stage_reading_done(struct stage_reading *reading) {
    cg_test_host_done(&reading->test);
}
