/* Nobody there, the wrong one there, or one that does not behave. */
#include "kafka_admin_conf.h"
#include "stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define PROTOCOLS "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"

struct absence {
    const char *name;
    const char *servers;
    const char *protocol;
    cg_status status;
    const char *sentence; /* a part of it */
};

static const struct absence absences[] = {
    {"nothing listens", "127.0.0.1:1", NULL, CG_TEMPORARY,
     "Kafka at 127.0.0.1:1 cannot be reached: Connect to ipv4#127.0.0.1:1 failed: Connection refused."},
    {"nothing listens at two", "127.0.0.1:1,127.0.0.2:2", NULL, CG_TEMPORARY, "127.0.0.2:2: Connect to"},
    {"nothing listens on IPv6", "[::1]:1", NULL, CG_TEMPORARY, "Kafka at [::1]:1 cannot be reached"},
    {"a name nobody has", "kafka.invalid", NULL, CG_TEMPORARY, "Failed to resolve 'kafka.invalid:9092'"},
    {"no server", NULL, NULL, CG_INVALID, "bootstrap_servers names no server"},
    {"a port that is none", "kafka:99999", NULL, CG_INVALID, "bootstrap_servers has the server \"kafka:99999\""},
    {"a protocol that is none", "kafka", "TLS", CG_INVALID, "security_protocol is \"TLS\"; expected " PROTOCOLS},
};

Test(kafka_admin_trouble, nobody_there) {
    struct stage_reading reading;
    for (size_t i = 0; i < sizeof absences / sizeof absences[0]; i++) {
        const struct absence *row = &absences[i];
        stage_reading_init(&reading, row->servers);
        reading.options.security_protocol = row->protocol;
        reading.options.timeout_us = 30000000;
        stage_reading_run(&reading, row->name);
        cr_expect_eq(reading.status, row->status, "%s: %s", row->name, reading.error);
        cr_expect_not_null(strstr(reading.error, row->sentence), "%s: %s", row->name, reading.error);
        cr_expect_lt(reading.milliseconds, 12000, "%s: told after %lld ms", row->name, reading.milliseconds);
        stage_reading_done(&reading);
    }
}

Test(kafka_admin_trouble, one_of_two_servers_is_enough) {
    struct stage_cluster cluster;
    struct stage_reading reading;
    char servers[256];
    stage_cluster_start(&cluster, 1);
    (void)snprintf(servers, sizeof servers, " kafka.invalid:9092, 127.0.0.1:1 ,%s,",
                   rd_kafka_mock_cluster_bootstraps(cluster.mock));
    stage_reading_init(&reading, servers);
    stage_reading_run(&reading, "three servers, one works");
    cr_expect_eq(reading.status, CG_OK, "%s", reading.error);
    stage_reading_done(&reading);
    stage_cluster_stop(&cluster);
}

Test(kafka_admin_trouble, a_long_list_is_shortened_in_the_sentence) {
    struct stage_reading reading;
    char servers[2048] = "";
    for (int i = 0; i < 40; i++) {
        size_t used = strlen(servers);
        (void)snprintf(servers + used, sizeof servers - used, "127.0.0.1:%d,", i + 1);
    }
    stage_reading_init(&reading, servers);
    stage_reading_run(&reading, "forty servers");
    cr_expect_eq(reading.status, CG_TEMPORARY);
    cr_expect_not_null(strstr(reading.error, "127.0.0.1:1, 127.0.0.1:2, "), "%s", reading.error);
    cr_expect_not_null(strstr(reading.error, " more cannot be reached: "), "%s", reading.error);
    stage_reading_done(&reading);
}

struct manner {
    const char *name;
    const char *sentence; /* a part of it */
};

static const struct manner manners[] = {
    {"silent", "did not answer within 4.000 seconds"},
    {"close", "cannot be reached: Disconnected while requesting ApiVersion; check that security_protocol"},
    {"garbage", "cannot be reached: Receive failed: Invalid response size"},
    {"oversized", "cannot be reached: Receive failed: Invalid response size 2147483632"},
    {"negative", "cannot be reached: Receive failed: Invalid response size -5"},
    {"truncated", "cannot be reached: "},
};

Test(kafka_admin_trouble, a_server_that_does_not_behave) {
    struct stage_peer peer;
    struct stage_reading reading;
    for (size_t i = 0; i < sizeof manners / sizeof manners[0]; i++) {
        const char *const options[] = {"--misbehave", manners[i].name, NULL};
        stage_peer_start(&peer, options);
        stage_reading_init(&reading, peer.servers);
        reading.options.timeout_us = 4000000;
        stage_reading_run(&reading, manners[i].name);
        cr_expect_eq(reading.status, CG_TEMPORARY, "%s: %s", manners[i].name, reading.error);
        cr_expect_not_null(strstr(reading.error, manners[i].sentence), "%s: %s", manners[i].name, reading.error);
        cr_expect_not_null(strstr(reading.error, peer.servers), "%s: %s", manners[i].name, reading.error);
        stage_reading_done(&reading);
        stage_peer_stop(&peer);
    }
}

struct mismatch {
    const char *name;
    const char *of_server;
    const char *of_client;
};

static const struct mismatch mismatches[] = {
    {"TLS to a port without", "PLAINTEXT", "SSL"},
    {"TLS and a login to a port without either", "PLAINTEXT", "SASL_SSL"},
    {"a port with TLS", "SSL", "PLAINTEXT"},
    {"a login to a port with TLS", "SSL", "SASL_PLAINTEXT"},
    {"a port that wants a login", "SASL_PLAINTEXT", "PLAINTEXT"},
};

Test(kafka_admin_trouble, the_wrong_protocol) {
    char folder[CG_TEST_PATH_SIZE];
    char certificate[CG_TEST_PATH_SIZE];
    char key[CG_TEST_PATH_SIZE];
    struct stage_peer peer;
    struct stage_reading reading;
    cg_test_workdir_make(folder);
    stage_certificate(folder, "server", "IP:127.0.0.1", NULL);
    (void)cg_test_path(folder, "server.pem", certificate);
    (void)cg_test_path(folder, "server.key", key);
    for (size_t i = 0; i < sizeof mismatches / sizeof mismatches[0]; i++) {
        const struct mismatch *row = &mismatches[i];
        const char *const options[] = {"--security", row->of_server, "--certificate", certificate, "--key", key, NULL};
        stage_peer_start(&peer, options);
        stage_reading_init(&reading, peer.servers);
        reading.options.timeout_us = 15000000;
        reading.options.security_protocol = row->of_client;
        reading.options.ca_file = certificate;
        reading.options.sasl_mechanism = strncmp(row->of_client, "SASL", 4) == 0 ? "PLAIN" : NULL;
        reading.options.sasl_username = STAGE_USER;
        reading.options.sasl_password = STAGE_PASSWORD;
        stage_reading_run(&reading, row->name);
        cr_expect_eq(reading.status, CG_TEMPORARY, "%s: %s", row->name, reading.error);
        cr_expect_not_null(strstr(reading.error, "check that security_protocol is that of these ports"), "%s: %s",
                           row->name, reading.error);
        cr_expect_lt(reading.milliseconds, 12000, "%s: %lld ms", row->name, reading.milliseconds);
        stage_reading_done(&reading);
        stage_peer_stop(&peer);
    }
    cg_test_workdir_remove(folder);
}

/* Texts of servers may repeat what was sent to them, and may have been cut anywhere. */
Test(kafka_admin_trouble, secrets_in_texts) {
    static const struct {
        const char *text;
        const char *clean;
    } cases[] = {
        {"refused", "refused"},
        {"refused: swordfish, swordfish.", "refused: ***, ***."},
        {"refused: swordfis", "refused: ***"},
        {"refused: swo", "refused: ***"},
        {"refused: sw", "refused: sw"},
        {"the key is halib", "the key is ***"},
        {"hal", "***"},
        {"line\nend\x1b[2J", "line end [2J"},
        {"", ""},
    };
    const struct cg_kafka_admin_options options = {.sasl_password = "swordfish", .key_password = "halibut"};
    char buffer[256];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_str_eq(cg_kafka_text_clean(&options, cases[i].text, buffer, sizeof buffer), cases[i].clean, "%s: %s",
                         cases[i].text, buffer);
    }
}
