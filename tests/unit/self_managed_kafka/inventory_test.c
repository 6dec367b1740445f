/* What is there. */
#include "cluster.h"

#include <criterion/criterion.h>
#include <string.h>

#define CLUSTER "resource cluster kafka-1 kafka-1 - {broker_count=3}\n"

static cg_status gather(struct stage *stage) {
    return stage->factory->gather_inventory(stage->instance, &stage->test.gather);
}

static void see(struct stage *stage, const char *expression, const char *labels) {
    int64_t now = stage->test.gather.now;
    stage_know(stage, expression, labels, now - STAGE_HOUR, now, 300, 1);
}

static void expect(struct stage *stage, const char *text) {
    cr_assert_eq(gather(stage), CG_OK, "%s", stage->test.error);
    cr_assert_str_eq(stage_inventory(stage), text, "%s", stage_inventory(stage));
}

Test(self_kafka_inventory, of_the_metrics) {
    struct stage stage;
    cluster_open(&stage, NULL, 0);
    see(&stage, SEEN_IN, "broker=1\ntopic=orders\nprincipal=bob");
    see(&stage, SEEN_IN, "broker=2\ntopic=orders\nprincipal=alice");
    see(&stage, SEEN_IN, "broker=1\ntopic=\nprincipal=");
    see(&stage, SEEN_OUT, "broker=1\ntopic=billing\nprincipal=carol");
    /* No family of the metrics is listed completely: who is idle is not gone. */
    expect(&stage, CLUSTER "resource broker kafka-1:broker:1 1 kafka-1 {cluster_id=kafka-1}\n"
                           "resource broker kafka-1:broker:2 2 kafka-1 {cluster_id=kafka-1}\n"
                           "resource topic kafka-1:topic:billing billing kafka-1 {cluster_id=kafka-1}\n"
                           "resource topic kafka-1:topic:orders orders kafka-1 {cluster_id=kafka-1}\n"
                           "identity principal alice alice {raw_principal=alice,team=UNASSIGNED}\n"
                           "identity principal bob bob {raw_principal=bob,team=UNASSIGNED}\n"
                           "identity principal carol carol {raw_principal=carol,team=UNASSIGNED}\n"
                           "family cluster 0\n");
    cr_assert_str_eq(stage.test.resources[0]->region, "us-west-2");
    cr_assert_eq(stage.test.resources[0]->created_at, CG_TIME_NONE);
    stage_close(&stage);
}

Test(self_kafka_inventory, teams_and_the_list) {
    static const struct cg_test_setting more[] = {
        {"identity_source.source", "both", 0},
        {"identity_source.default_team", "nobody", 0},
        {"identity_source.principal_to_team.bob", "platform", 0},
        {"identity_source.principal_to_team.carol", "nobody", 0},
        {"identity_source.static_identities.0.identity_id", "alice", 0},
        {"identity_source.static_identities.0.identity_type", "service_account", 0},
        {"identity_source.static_identities.0.display_name", "Alice", 0},
        {"identity_source.static_identities.0.team", "etl", 0},
        {"identity_source.static_identities.1.identity_id", "batch", 0},
        {"identity_source.static_identities.1.identity_type", "service_account", 0},
    };
    struct stage stage;
    cluster_open(&stage, more, STAGE_COUNT(more));
    see(&stage, SEEN_IN, "broker=1\ntopic=t\nprincipal=alice");
    see(&stage, SEEN_IN, "broker=1\ntopic=t\nprincipal=bob");
    see(&stage, SEEN_IN, "broker=1\ntopic=t\nprincipal=carol");
    expect(&stage, CLUSTER "resource broker kafka-1:broker:1 1 kafka-1 {cluster_id=kafka-1}\n"
                           "resource topic kafka-1:topic:t t kafka-1 {cluster_id=kafka-1}\n"
                           "identity principal bob platform {raw_principal=bob,team=platform}\n"
                           "identity principal carol carol {raw_principal=carol,team=nobody}\n"
                           "identity service_account alice Alice {team=etl}\n"
                           "identity service_account batch batch {}\n"
                           "family cluster 0\nfamily service_account 0\n");
    stage_close(&stage);
}

/* An outage is this gather's alone: the next one looks again. */
Test(self_kafka_inventory, an_outage_of_metrics) {
    static const struct cg_test_setting more[] = {
        {"identity_source.static_identities.0.identity_id", "s1", 0},
        {"identity_source.static_identities.0.identity_type", "team", 0},
    };
    struct stage stage;
    cluster_open(&stage, more, STAGE_COUNT(more));
    see(&stage, SEEN_IN, "broker=1\ntopic=t\nprincipal=bob");
    stage_fail(&stage, SEEN_IN, 0, 0, CG_TEMPORARY, "HTTP 503");
    expect(&stage, CLUSTER "identity team s1 s1 {}\nfamily cluster 0\nfamily metrics 4 HTTP 503\n");
    cg_test_host_reset(&stage.test);
    stage.metrics[0].expression = "over";
    expect(&stage, CLUSTER "resource broker kafka-1:broker:1 1 kafka-1 {cluster_id=kafka-1}\n"
                           "resource topic kafka-1:topic:t t kafka-1 {cluster_id=kafka-1}\n"
                           "identity principal bob bob {raw_principal=bob,team=UNASSIGNED}\nfamily cluster 0\n");
    stage_close(&stage);
}

Test(self_kafka_inventory, says_what_is_missing) {
    static const struct {
        const char *labels;
        const char *log;
    } cases[] = {
        {NULL,
         "WARNING There are no series of " BYTES_IN " in the last 1 hour(s), so no brokers, topics and principals "
         "are known from metrics; check metric_names, metrics_filter and whether the brokers are scraped.\n"},
        {"broker=1\ntopic=t",
         "WARNING The series of " BYTES_IN " have no label 'principal', so nobody is charged by use; name the label in "
         "label_names, or have the exporter add it.\n"},
        {"principal=p",
         "WARNING The series of " BYTES_IN " have no label 'broker', so no brokers are listed; name the label in "
         "label_names, or have the exporter add it.\nWARNING The series of " BYTES_IN
         " have no label 'topic', so no topics are listed; name the label in label_names, or have the exporter add "
         "it.\n"},
    };
    for (size_t i = 0; i < STAGE_COUNT(cases); i++) {
        struct stage stage;
        cluster_open(&stage, NULL, 0);
        if (cases[i].labels != NULL) {
            see(&stage, SEEN_IN, cases[i].labels);
        }
        cr_assert_eq(gather(&stage), CG_OK);
        cr_assert_str_eq(stage.test.log, cases[i].log, "%zu: %s", i, stage.test.log);
        /* The series themselves are asked for, which lets the program tell their labels. */
        cr_assert_eq(strstr(stage.test.questions, "\n" BYTES_IN " [") != NULL, cases[i].labels != NULL);
        stage_close(&stage);
    }
}

/* ---- brokers ---- */

static const struct cg_test_setting admin[] = {
    {"identity_source.source", "static", 0},
    {"resource_source.source", "admin_api", 0},
    {"resource_source.bootstrap_servers", "k1,k2:9093", 0},
    {"resource_source.security_protocol", "SASL_SSL", 0},
    {"resource_source.sasl_mechanism", "SCRAM-SHA-512", 0},
    {"resource_source.sasl_username", "cg", 0},
    {"resource_source.sasl_password", "secret", 0},
    {"resource_source.ssl_ca_file", "ca.pem", 0},
    {"resource_source.ssl_verify_hostname", "false", CG_CONFIG_BOOL},
    {"resource_source.request_timeout_seconds", "7", CG_CONFIG_INT},
};

Test(self_kafka_inventory, of_the_brokers) {
    static const struct cg_kafka_broker nodes[] = {{.id = 1, .port = 9092, .host = "k1"}, {.id = 2, .host = NULL}};
    static const char *const topics[] = {"__consumer_offsets", "orders"};
    struct stage stage;
    brokers.cluster = (struct cg_kafka_cluster){nodes, 2, topics, 2};
    cluster_open(&stage, admin, STAGE_COUNT(admin));
    expect(&stage,
           CLUSTER "resource broker kafka-1:broker:1 k1:9092 kafka-1 {cluster_id=kafka-1,broker_id=1}\n"
                   "resource broker kafka-1:broker:2 2 kafka-1 {cluster_id=kafka-1,broker_id=2}\n"
                   "resource topic kafka-1:topic:__consumer_offsets __consumer_offsets kafka-1 {cluster_id=kafka-1}\n"
                   "resource topic kafka-1:topic:orders orders kafka-1 {cluster_id=kafka-1}\n"
                   "family cluster 0\nfamily broker 0\nfamily topic 0\n");
    cr_assert_str_eq(stage.test.questions, "");
    cr_assert_str_eq(brokers.asked.bootstrap_servers, "k1,k2:9093");
    cr_assert_str_eq(brokers.asked.security_protocol, "SASL_SSL");
    cr_assert_str_eq(brokers.asked.sasl_mechanism, "SCRAM-SHA-512");
    cr_assert_str_eq(brokers.asked.sasl_username, "cg");
    cr_assert_str_eq(brokers.asked.sasl_password, "secret");
    cr_assert_str_eq(brokers.asked.ca_file, "ca.pem");
    cr_assert_null(brokers.asked.certificate_file);
    cr_assert_eq(brokers.asked.verify_hostname, 0);
    cr_assert_eq(brokers.asked.timeout_us, 7000000);
    stage_close(&stage);
}

Test(self_kafka_inventory, brokers_that_do_not_answer) {
    static const struct cg_test_setting more[] = {
        {"resource_source.source", "admin_api", 0},
        {"resource_source.bootstrap_servers", "k1", 0},
    };
    struct stage stage;
    brokers.status = CG_AUTH;
    brokers.text = "k1:9092 refused the user cg";
    cluster_open(&stage, more, STAGE_COUNT(more));
    see(&stage, SEEN_IN, "broker=1\ntopic=t\nprincipal=bob");
    expect(&stage,
           CLUSTER "identity principal bob bob {raw_principal=bob,team=UNASSIGNED}\nfamily cluster 0\n"
                   "family kafka 2 Failed to gather brokers from Kafka Admin API: k1:9092 refused the user cg\n");
    cr_assert_null(stage.test.error);
    cg_test_host_reset(&stage.test);
    brokers.status = CG_CANCELLED;
    brokers.text = "stopped";
    cr_assert_eq(gather(&stage), CG_CANCELLED);
    stage_close(&stage);
}

Test(self_kafka_inventory, a_longer_window_is_looked_at_more_coarsely) {
    static const struct cg_test_setting more[] = {{"discovery_window_hours", "240", CG_CONFIG_INT}};
    struct stage stage;
    cluster_open(&stage, more, 1);
    cr_assert_eq(gather(&stage), CG_OK);
    cr_assert_str_eq(stage.test.questions,
                     SEEN_IN " [1767528000, 1768392000) 3000\n" SEEN_OUT " [1767528000, 1768392000) 3000\n");
    stage_close(&stage);
}
