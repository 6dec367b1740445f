/* Against brokers that speak the protocol and neither TLS nor SASL. */
#include "stage.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MANY_TOPICS 5000

static void expect_topics(const struct stage_reading *reading, const char *const *names, size_t count) {
    cr_assert_eq(reading->status, CG_OK, "%s", reading->error);
    cr_assert_eq(reading->cluster.topic_count, count);
    for (size_t i = 0; i < count; i++) {
        cr_expect_str_eq(reading->cluster.topics[i], names[i]);
    }
}

Test(kafka_admin_mock, brokers_by_id_and_topics_in_byte_order) {
    static const char *const made[] = {"b", "a.b", "a", "B", "a-b", "__consumer_offsets", "a_b", "_schemas"};
    static const char *const sorted[] = {"B", "__consumer_offsets", "_schemas", "a", "a-b", "a.b", "a_b", "b"};
    struct stage_cluster cluster;
    struct stage_reading reading;
    stage_cluster_start(&cluster, 12);
    stage_cluster_topics(&cluster, made, sizeof made / sizeof made[0]);
    const char *servers = rd_kafka_mock_cluster_bootstraps(cluster.mock);
    stage_reading_init(&reading, servers);
    cr_expect_eq(cg_kafka_admin_available(), 1);
    stage_reading_run(&reading, "twelve brokers");
    expect_topics(&reading, sorted, sizeof sorted / sizeof sorted[0]);
    cr_assert_eq(reading.cluster.broker_count, 12u);
    for (size_t i = 0; i < 12; i++) {
        const struct cg_kafka_broker *broker = &reading.cluster.brokers[i];
        char *address = cg_test_format("%s:%u", broker->host, broker->port);
        cr_expect_eq(broker->id, (int32_t)i + 1);
        cr_expect_not_null(strstr(servers, address), "broker %zu is not one of %s", i + 1, servers);
        free(address);
    }
    cr_expect_lt(reading.milliseconds, 3000);
    stage_reading_done(&reading);
    stage_cluster_stop(&cluster);
}

Test(kafka_admin_mock, a_cluster_without_topics) {
    struct stage_cluster cluster;
    struct stage_reading reading;
    stage_cluster_start(&cluster, 1);
    stage_reading_init(&reading, rd_kafka_mock_cluster_bootstraps(cluster.mock));
    stage_reading_run(&reading, "no topic");
    expect_topics(&reading, NULL, 0);
    cr_expect_eq(reading.cluster.broker_count, 1u);
    stage_reading_done(&reading);
    stage_cluster_stop(&cluster);
}

Test(kafka_admin_mock, many_topics) {
    static char names[MANY_TOPICS][250];
    static const char *made[MANY_TOPICS];
    struct stage_cluster cluster;
    struct stage_reading reading;
    stage_cluster_start(&cluster, 3);
    for (size_t i = 0; i < MANY_TOPICS; i++) {
        (void)snprintf(names[i], sizeof names[i], "orders.%05zu", i);
        made[MANY_TOPICS - 1 - i] = names[i];
    }
    memset(names[MANY_TOPICS - 1], 'z', 249);
    stage_cluster_topics(&cluster, made, MANY_TOPICS);
    stage_reading_init(&reading, rd_kafka_mock_cluster_bootstraps(cluster.mock));
    reading.options.timeout_us = 30000000;
    stage_reading_run(&reading, "many topics");
    cr_assert_eq(reading.status, CG_OK, "%s", reading.error);
    cr_assert_eq(reading.cluster.topic_count, (size_t)MANY_TOPICS);
    for (size_t i = 0; i < MANY_TOPICS; i++) {
        cr_assert_str_eq(reading.cluster.topics[i], names[i]);
    }
    stage_reading_done(&reading);
    stage_cluster_stop(&cluster);
}

Test(kafka_admin_mock, slow_but_in_time) {
    struct stage_cluster cluster;
    struct stage_reading reading;
    stage_cluster_start(&cluster, 1);
    stage_cluster_topics(&cluster, (const char *const[]){"t"}, 1);
    cr_assert_eq(rd_kafka_mock_broker_set_rtt(cluster.mock, -1, 700), RD_KAFKA_RESP_ERR_NO_ERROR);
    stage_reading_init(&reading, rd_kafka_mock_cluster_bootstraps(cluster.mock));
    reading.options.timeout_us = 20000000;
    stage_reading_run(&reading, "700 ms for each answer");
    cr_expect_eq(reading.status, CG_OK, "%s", reading.error);
    cr_expect_geq(reading.milliseconds, 700);
    stage_reading_done(&reading);
    stage_cluster_stop(&cluster);
}

Test(kafka_admin_mock, too_slow) {
    struct stage_cluster cluster;
    struct stage_reading reading;
    stage_cluster_start(&cluster, 1);
    cr_assert_eq(rd_kafka_mock_broker_set_rtt(cluster.mock, -1, 4000), RD_KAFKA_RESP_ERR_NO_ERROR);
    stage_reading_init(&reading, rd_kafka_mock_cluster_bootstraps(cluster.mock));
    reading.options.timeout_us = 1250000;
    stage_reading_run(&reading, "four seconds for each answer");
    cr_expect_eq(reading.status, CG_TEMPORARY);
    cr_expect_not_null(strstr(reading.error, "did not answer within 1.250 seconds"), "%s", reading.error);
    cr_expect_not_null(strstr(reading.error, rd_kafka_mock_cluster_bootstraps(cluster.mock)), "%s", reading.error);
    stage_reading_done(&reading);
    stage_cluster_stop(&cluster);
}

Test(kafka_admin_mock, one_broker_down_of_three) {
    struct stage_cluster cluster;
    struct stage_reading reading;
    stage_cluster_start(&cluster, 3);
    stage_cluster_topics(&cluster, (const char *const[]){"t"}, 1);
    for (int32_t down = 1; down <= 3; down++) {
        cr_assert_eq(rd_kafka_mock_broker_set_down(cluster.mock, down), RD_KAFKA_RESP_ERR_NO_ERROR);
        stage_reading_init(&reading, rd_kafka_mock_cluster_bootstraps(cluster.mock));
        stage_reading_run(&reading, "one down");
        cr_expect_eq(reading.status, CG_OK, "broker %d down: %s", (int)down, reading.error);
        stage_reading_done(&reading);
        cr_assert_eq(rd_kafka_mock_broker_set_up(cluster.mock, down), RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    stage_cluster_stop(&cluster);
}

Test(kafka_admin_mock, all_brokers_down) {
    struct stage_cluster cluster;
    struct stage_reading reading;
    stage_cluster_start(&cluster, 2);
    cr_assert_eq(rd_kafka_mock_broker_set_down(cluster.mock, -1), RD_KAFKA_RESP_ERR_NO_ERROR);
    stage_reading_init(&reading, rd_kafka_mock_cluster_bootstraps(cluster.mock));
    reading.options.timeout_us = 30000000;
    stage_reading_run(&reading, "all down");
    cr_expect_eq(reading.status, CG_TEMPORARY);
    cr_expect_not_null(strstr(reading.error, "cannot be reached"), "%s", reading.error);
    cr_expect_lt(reading.milliseconds, 10000, "told after %lld ms", reading.milliseconds);
    stage_reading_done(&reading);
    stage_cluster_stop(&cluster);
}

/* Brings the cluster up a second and a half later. */
static void *bring_up(void *user) {
    const struct timespec moment = {.tv_sec = 1, .tv_nsec = 500000000};
    (void)nanosleep(&moment, NULL);
    (void)rd_kafka_mock_broker_set_up(user, -1);
    return NULL;
}

Test(kafka_admin_mock, brokers_that_come_back) {
    struct stage_cluster cluster;
    struct stage_reading reading;
    pthread_t thread;
    stage_cluster_start(&cluster, 2);
    stage_cluster_topics(&cluster, (const char *const[]){"t"}, 1);
    cr_assert_eq(rd_kafka_mock_broker_set_down(cluster.mock, -1), RD_KAFKA_RESP_ERR_NO_ERROR);
    stage_reading_init(&reading, rd_kafka_mock_cluster_bootstraps(cluster.mock));
    cr_assert_eq(pthread_create(&thread, NULL, bring_up, cluster.mock), 0);
    stage_reading_run(&reading, "down, then up");
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_expect_eq(reading.status, CG_OK, "%s", reading.error);
    cr_expect_geq(reading.milliseconds, 1000);
    stage_reading_done(&reading);
    stage_cluster_stop(&cluster);
}

/* A reading through a peer with one more option. */
static void read_through(struct stage_reading *reading, const char *option, const char *value, int64_t timeout_us,
                         int32_t (*cancelled)(const struct cg_host *)) {
    struct stage_cluster cluster;
    struct stage_peer peer;
    stage_cluster_start(&cluster, 1);
    const char *const options[] = {"--upstream", rd_kafka_mock_cluster_bootstraps(cluster.mock), option, value, NULL};
    stage_peer_start(&peer, options);
    stage_reading_init(reading, peer.servers);
    reading->options.timeout_us = timeout_us;
    if (cancelled != NULL) {
        reading->test.host.cancelled = cancelled;
    }
    stage_reading_run(reading, option);
    stage_peer_stop(&peer);
    stage_cluster_stop(&cluster);
}

Test(kafka_admin_mock, connections_dropped_instead_of_an_answer) {
    struct stage_reading reading;
    read_through(&reading, "--drop", "2", 20000000, NULL);
    cr_expect_eq(reading.status, CG_OK, "dropped twice: %s", reading.error);
    stage_reading_done(&reading);
    read_through(&reading, "--drop", "1000", 30000000, NULL);
    cr_expect_eq(reading.status, CG_TEMPORARY);
    cr_expect_lt(reading.milliseconds, 20000, "%lld ms", reading.milliseconds);
    cr_expect_not_null(strstr(reading.error, "Kafka at 127.0.0.1:"), "%s", reading.error);
    stage_reading_done(&reading);
}

Test(kafka_admin_mock, a_server_that_connects_and_then_says_nothing) {
    struct stage_reading reading;
    read_through(&reading, "--delay", "60", 3000000, NULL);
    cr_expect_eq(reading.status, CG_TEMPORARY);
    cr_expect_not_null(strstr(reading.error, "did not answer within 3.000 seconds"), "%s", reading.error);
    stage_reading_done(&reading);
}

static long long stop_at_ms;

static int32_t stop_after_a_while(const struct cg_host *host) {
    (void)host;
    return stage_now_ms() >= stop_at_ms;
}

/* The connection is there and the request on its way, where librdkafka cannot be made to stop. */
Test(kafka_admin_mock, stopped_while_it_waits) {
    struct stage_reading reading;
    stop_at_ms = stage_now_ms() + 2000;
    read_through(&reading, "--delay", "60", 6000000, stop_after_a_while);
    cr_expect_eq(reading.status, CG_CANCELLED);
    cr_expect_lt(reading.milliseconds, 3500, "%lld ms", reading.milliseconds);
    stage_reading_done(&reading);
}

Test(kafka_admin_mock, stopped_before_it_begins) {
    struct stage_reading reading;
    stage_reading_init(&reading, "127.0.0.1:1");
    reading.test.cancelled = 1;
    stage_reading_run(&reading, "stopped at once");
    cr_expect_eq(reading.status, CG_CANCELLED);
    cr_expect_lt(reading.milliseconds, 1500, "%lld ms", reading.milliseconds);
    stage_reading_done(&reading);
}

Test(kafka_admin_mock, no_memory_at_any_point) {
    struct stage_cluster cluster;
    struct stage_reading reading;
    stage_cluster_start(&cluster, 1);
    stage_cluster_topics(&cluster, (const char *const[]){"t"}, 1);
    size_t left = 0;
    do {
        stage_reading_init(&reading, rd_kafka_mock_cluster_bootstraps(cluster.mock));
        reading.test.scratch_left = left++;
        stage_reading_run(&reading, "no memory");
        cr_expect(reading.status == CG_OK || reading.status == CG_NO_MEMORY, "%d", (int)reading.status);
        stage_reading_done(&reading);
    } while (reading.status != CG_OK && left < 100);
    cr_expect_gt(left, (size_t)4);
    stage_cluster_stop(&cluster);
}

Test(kafka_admin_mock, readings_one_after_the_other_leave_nothing) {
    struct stage_cluster cluster;
    struct stage_reading reading;
    stage_cluster_start(&cluster, 3);
    stage_cluster_topics(&cluster, (const char *const[]){"t"}, 1);
    for (int i = 0; i < 30; i++) {
        stage_reading_init(&reading, rd_kafka_mock_cluster_bootstraps(cluster.mock));
        stage_reading_run(&reading, "one of many");
        cr_assert_eq(reading.status, CG_OK, "reading %d: %s", i, reading.error);
        stage_reading_done(&reading);
    }
    stage_cluster_stop(&cluster);
}
