/* Brokers and topics asked of the brokers themselves, over TLS with SCRAM-SHA-512, beside a real Prometheus. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "kafka_admin/stage.h"
#include "self_managed.h"

/* Something that is not listed any more is gone after the time at which it was seen last. */
#define AN_HOUR_LATER "2026-07-04T13:00:00Z"

/* A cluster, and in front of it a peer with TLS and logins. */
struct brokers {
    struct stage_cluster cluster;
    struct stage_peer peer;
};

static struct metered_source source;
static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
    stage_certificate(folder, "server", "IP:127.0.0.1", NULL);
    metered_start(folder, "blocks", self_managed_series, SELF_MANAGED_SERIES, NULL, &source);
}

static void stop(void) {
    metered_stop(&source);
    cg_test_workdir_remove(folder);
}

TestSuite(self_managed_admin, .init = start, .fini = stop);

static const char login[] = STAGE_USER ":" STAGE_PASSWORD;

static void brokers_start(struct brokers *brokers, int count, const char *const *topics, size_t topic_count) {
    char certificate[CG_TEST_PATH_SIZE];
    char key[CG_TEST_PATH_SIZE];
    stage_cluster_start(&brokers->cluster, count);
    stage_cluster_topics(&brokers->cluster, topics, topic_count);
    const char *const options[] = {"--security",
                                   "SASL_SSL",
                                   "--user",
                                   login,
                                   "--certificate",
                                   cg_test_path(folder, "server.pem", certificate),
                                   "--key",
                                   cg_test_path(folder, "server.key", key),
                                   "--upstream",
                                   rd_kafka_mock_cluster_bootstraps(brokers->cluster.mock),
                                   NULL};
    stage_peer_start(&brokers->peer, options);
}

static void brokers_stop(struct brokers *brokers) {
    stage_peer_stop(&brokers->peer);
    stage_cluster_stop(&brokers->cluster);
}

/* The settings of the example with these servers and this password. */
static void configure(const char *servers, const char *password, const char *more) {
    char *settings = cg_test_format(SELF_MANAGED_IN_REGION "      min_refresh_gap_seconds: 0\n"
                                                           "      resource_source:\n"
                                                           "        source: admin_api\n"
                                                           "        bootstrap_servers: \"%s\"\n"
                                                           "        security_protocol: SASL_SSL\n"
                                                           "        sasl_mechanism: SCRAM-SHA-512\n"
                                                           "        sasl_username: \"" STAGE_USER "\"\n"
                                                           "        sasl_password: %s\n"
                                                           "        ssl_ca_file: %s/server.pem\n"
                                                           "        request_timeout_seconds: 5\n%s",
                                    servers, password, folder, more);
    metered_configure(folder, &(struct metered_config){
                                  .ecosystem = "self_managed_kafka", .url = source.server.url, .settings = settings});
    free(settings);
}

/* Of brokers, the addresses are those that the peer tells of itself. */
static void check_resources(const struct brokers *brokers, const char *topics) {
    char *text = cg_test_format("cluster kafka-1 kafka-1 - us-west-2 {\"broker_count\": 3}\n");
    char *servers = cg_test_format("%s", brokers->peer.servers);
    size_t number = 0;
    for (char *rest = NULL, *each = strtok_r(servers, ",", &rest); each; each = strtok_r(NULL, ",", &rest)) {
        char *longer = cg_test_format("%sbroker kafka-1:broker:%zu %s kafka-1 - {\"cluster_id\": \"kafka-1\", "
                                      "\"broker_id\": \"%zu\"}\n",
                                      text, number + 1, each, number + 1);
        free(text);
        text = longer;
        number++;
    }
    char *whole = cg_test_format("%s%s", text, topics);
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_equal("resources", metered_resources(db), whole);
    cg_test_db_close(db);
    free(whole);
    free(servers);
    free(text);
}

#define TOPIC(name_) "topic kafka-1:topic:" name_ " " name_ " kafka-1 - {\"cluster_id\": \"kafka-1\"}"

/* What the brokers list is all there is: a topic that is not listed any more is gone, idle or not. */
Test(self_managed_admin, brokers_and_topics) {
    static const char *const before[] = {"orders", "payments", "__consumer_offsets"};
    static const char *const after[] = {"orders", "__consumer_offsets"};
    struct brokers brokers;
    brokers_start(&brokers, 3, before, 3);
    configure(brokers.peer.servers, STAGE_PASSWORD, "");
    char *err = metered_run(folder, 0);
    cg_test_has_not("the run", err, STAGE_PASSWORD);
    free(err);
    check_resources(&brokers, TOPIC("__consumer_offsets") "\n" TOPIC("orders") "\n" TOPIC("payments") "\n");
    brokers_stop(&brokers);
    brokers_start(&brokers, 3, after, 2);
    configure(brokers.peer.servers, STAGE_PASSWORD, "");
    cr_assert_eq(cg_test_run_at(folder, AN_HOUR_LATER, NULL, NULL), 0);
    check_resources(&brokers, TOPIC("__consumer_offsets") "\n" TOPIC("orders") "\n" TOPIC("payments") " deleted\n");
    brokers_stop(&brokers);
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_every_day(db, self_managed_lines, self_managed_rows);
    metered_balance(folder, db);
    cg_test_db_close(db);
}

/* The run fails with one sentence. What the brokers know is not needed for the bill, so it is made and shared. */
static void fails(const char *what, const char *sentence) {
    char *err = metered_run(folder, 1);
    cg_test_has(what, err, "Handler kafka gather failed: Failed to gather brokers from Kafka Admin API: ");
    cg_test_has(what, err, sentence);
    cg_test_has_not(what, err, STAGE_PASSWORD);
    cg_test_has_not(what, err, "wrong-passw0rd");
    const char *summary = strstr(err, "the run ended with errors:\n");
    cr_assert_not_null(summary, "%s: %s", what, err);
    cr_assert_eq(cg_test_occurrences(summary, "\n  "), 1, "%s: more than one sentence:\n%s", what, err);
    free(err);
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_every_day(db, self_managed_lines, self_managed_rows);
    metered_equal("resources", metered_resources(db), "cluster kafka-1 kafka-1 - us-west-2 {\"broker_count\": 3}\n");
    cg_test_db_close(db);
}

Test(self_managed_admin, refused_away_and_back) {
    static const char *const topics[] = {"orders"};
    struct brokers brokers;
    brokers_start(&brokers, 1, topics, 1);
    configure(brokers.peer.servers, "wrong-passw0rd", "");
    fails("refused", "login with SCRAM-SHA-512");
    stage_peer_stop(&brokers.peer);
    configure(brokers.peer.servers, STAGE_PASSWORD, "");
    fails("away", "127.0.0.1:");
    stage_cluster_stop(&brokers.cluster);
    brokers_start(&brokers, 1, topics, 1);
    configure(brokers.peer.servers, STAGE_PASSWORD, "");
    free(metered_run(folder, 0));
    check_resources(&brokers, TOPIC("orders") "\n");
    brokers_stop(&brokers);
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_every_day(db, self_managed_lines, self_managed_rows);
    metered_balance(folder, db);
    cg_test_db_close(db);
}

/* A topic that the metrics do not show any more may be idle; it stays. */
Test(self_managed_admin, idle_topics_of_the_metrics_stay) {
    struct metered_series series[SELF_MANAGED_SERIES];
    memcpy(series, self_managed_series, sizeof series);
    for (size_t i = 0; i < SELF_MANAGED_SERIES; i++) {
        if (strstr(series[i].series, "audit"))
            series[i].until = METERED_END;
    }
    metered_configure(
        folder, &(struct metered_config){.ecosystem = "self_managed_kafka",
                                         .url = source.server.url,
                                         .settings = SELF_MANAGED_IN_REGION "      min_refresh_gap_seconds: 0\n"});
    free(metered_run(folder, 0));
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    char *before = metered_resources(db);
    char *people = metered_identities(db);
    cg_test_has("before", before, TOPIC("audit"));
    metered_stop(&source);
    metered_start(folder, "idle", series, SELF_MANAGED_SERIES, NULL, &source);
    metered_configure(
        folder, &(struct metered_config){.ecosystem = "self_managed_kafka",
                                         .url = source.server.url,
                                         .settings = SELF_MANAGED_IN_REGION "      min_refresh_gap_seconds: 0\n"});
    cr_assert_eq(cg_test_run_at(folder, AN_HOUR_LATER, NULL, NULL), 0);
    metered_equal("resources", metered_resources(db), before);
    metered_equal("identities", metered_identities(db), people);
    cg_test_db_close(db);
    free(people);
    free(before);
}
