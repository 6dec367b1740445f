/* TLS with certificates of both sides. */
#include "stage.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define MUTUAL 1
#define OTHER_HOST 2

struct handshake {
    const char *name;
    int peer;           /* 0, MUTUAL or OTHER_HOST */
    const char *ca;     /* names of files in the folder of the certificates; NULL: none */
    const char *client; /* without suffix */
    const char *key;    /* without suffix; NULL: that of `client` */
    const char *secret; /* of the key */
    int32_t verify_hostname;
    cg_status status;
    const char *sentence; /* a part of it, or NULL */
};

static const struct handshake handshakes[] = {
    {"the right authority", 0, "server.pem", NULL, NULL, NULL, 1, CG_OK, NULL},
    {"another authority", 0, "client.pem", NULL, NULL, NULL, 1, CG_AUTH, "certificate verify failed"},
    {"the system's authorities", 0, NULL, NULL, NULL, NULL, 1, CG_AUTH, "certificate verify failed"},
    {"another authority, host name not verified", 0, "client.pem", NULL, NULL, NULL, 0, CG_AUTH,
     "certificate verify failed"},
    {"a file that is not there", 0, "none.pem", NULL, NULL, NULL, 1, CG_INVALID, "none.pem\" cannot be read: No such"},
    {"a file without a certificate", 0, "empty.pem", NULL, NULL, NULL, 1, CG_INVALID, "ca_file cannot be used"},
    {"another host name", OTHER_HOST, "other.pem", NULL, NULL, NULL, 1, CG_AUTH, "the host name of the server"},
    {"another host name, not verified", OTHER_HOST, "other.pem", NULL, NULL, NULL, 0, CG_OK, NULL},
    {"a client certificate", MUTUAL, "server.pem", "client", NULL, NULL, 1, CG_OK, NULL},
    {"no client certificate", MUTUAL, "server.pem", NULL, NULL, NULL, 1, CG_AUTH, "certificate required"},
    {"a client certificate of nobody", MUTUAL, "server.pem", "locked", NULL, STAGE_KEY_PASSWORD, 1, CG_AUTH,
     "unknown ca"},
    {"a client certificate nobody asked for", 0, "server.pem", "client", NULL, NULL, 1, CG_OK, NULL},
    {"a locked key", 0, "server.pem", "locked", NULL, STAGE_KEY_PASSWORD, 1, CG_OK, NULL},
    {"a locked key, wrong password", 0, "server.pem", "locked", NULL, "no" STAGE_KEY_PASSWORD, 1, CG_INVALID,
     "key_file cannot be used"},
    {"the key of another certificate", 0, "server.pem", "client", "server", NULL, 1, CG_INVALID, "key"},
    {"a key that is not there", 0, "server.pem", "client", "none", NULL, 1, CG_INVALID, "key_file \""},
};

static char *path_of(const char *folder, const char *name, const char *suffix) {
    return name != NULL ? cg_test_format("%s/%s%s", folder, name, suffix) : NULL;
}

static void shake_hands(struct stage_reading *reading, const char *servers, const char *folder,
                        const struct handshake *row) {
    char *ca = path_of(folder, row->ca, "");
    char *certificate = path_of(folder, row->client, ".pem");
    char *key = path_of(folder, row->key != NULL ? row->key : row->client, ".key");
    stage_reading_init(reading, servers);
    reading->options.security_protocol = "SSL";
    reading->options.ca_file = ca;
    reading->options.certificate_file = certificate;
    reading->options.key_file = key;
    reading->options.key_password = row->secret;
    reading->options.verify_hostname = row->verify_hostname;
    stage_reading_run(reading, row->name);
    free(ca);
    free(certificate);
    free(key);
}

static void make_certificates(char *folder) {
    cg_test_workdir_make(folder);
    stage_certificate(folder, "server", "IP:127.0.0.1", NULL);
    stage_certificate(folder, "other", "DNS:kafka.example.com", NULL);
    stage_certificate(folder, "client", "DNS:client", NULL);
    stage_certificate(folder, "locked", "DNS:locked", STAGE_KEY_PASSWORD);
    cg_test_file_write(folder, "empty.pem", "nothing\n");
}

static void start_peer(struct stage_peer *peer, const char *folder, const char *security, int kind,
                       const char *upstream) {
    const char *name = kind == OTHER_HOST ? "other" : "server";
    char *certificate = path_of(folder, name, ".pem");
    char *key = path_of(folder, name, ".key");
    char *client = path_of(folder, "client", ".pem");
    const char *const options[] = {"--security",
                                   security,
                                   "--certificate",
                                   certificate,
                                   "--key",
                                   key,
                                   "--upstream",
                                   upstream,
                                   "--user",
                                   stage_account,
                                   kind == MUTUAL ? "--client-ca" : NULL,
                                   client,
                                   NULL};
    stage_peer_start(peer, options);
    free(certificate);
    free(key);
    free(client);
}

Test(kafka_admin_tls, certificates) {
    char folder[CG_TEST_PATH_SIZE];
    struct stage_cluster cluster;
    struct stage_peer peers[3];
    struct stage_reading reading;
    make_certificates(folder);
    stage_cluster_start(&cluster, 2);
    for (int kind = 0; kind < 3; kind++) {
        start_peer(&peers[kind], folder, "SSL", kind, rd_kafka_mock_cluster_bootstraps(cluster.mock));
    }
    for (size_t i = 0; i < sizeof handshakes / sizeof handshakes[0]; i++) {
        const struct handshake *row = &handshakes[i];
        shake_hands(&reading, peers[row->peer].servers, folder, row);
        cr_expect_eq(reading.status, row->status, "%s: %d, %s", row->name, (int)reading.status, reading.error);
        cr_expect(row->sentence == NULL || strstr(reading.error, row->sentence) != NULL, "%s: %s", row->name,
                  reading.error);
        cr_expect_lt(reading.milliseconds, 4000, "%s: %lld ms", row->name, reading.milliseconds);
        stage_reading_done(&reading);
    }
    for (int kind = 0; kind < 3; kind++) {
        stage_peer_stop(&peers[kind]);
    }
    stage_cluster_stop(&cluster);
    cg_test_workdir_remove(folder);
}

static void log_in(struct stage_reading *reading, const char *servers, const char *ca, const char *mechanism,
                   const char *password) {
    stage_reading_init(reading, servers);
    reading->options.security_protocol = "SASL_SSL";
    reading->options.ca_file = ca;
    reading->options.sasl_mechanism = mechanism;
    reading->options.sasl_username = STAGE_USER;
    reading->options.sasl_password = password;
    stage_reading_run(reading, mechanism);
}

Test(kafka_admin_tls, logins_over_tls) {
    static const char *const mechanisms[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
    char folder[CG_TEST_PATH_SIZE];
    struct stage_cluster cluster;
    struct stage_peer peer;
    struct stage_reading reading;
    make_certificates(folder);
    stage_cluster_start(&cluster, 3);
    stage_cluster_topics(&cluster, (const char *const[]){"orders"}, 1);
    start_peer(&peer, folder, "SASL_SSL", 0, rd_kafka_mock_cluster_bootstraps(cluster.mock));
    char *ca = path_of(folder, "server", ".pem");
    for (size_t i = 0; i < 3; i++) {
        log_in(&reading, peer.servers, ca, mechanisms[i], STAGE_PASSWORD);
        cr_expect_eq(reading.status, CG_OK, "%s: %s", mechanisms[i], reading.error);
        cr_expect_eq(reading.cluster.broker_count, 3u, "%s", mechanisms[i]);
        stage_reading_done(&reading);
        log_in(&reading, peer.servers, ca, mechanisms[i], "wrong");
        cr_expect_eq(reading.status, CG_AUTH, "%s: %s", mechanisms[i], reading.error);
        cr_expect_not_null(strstr(reading.error, "refused the login"), "%s", reading.error);
        stage_reading_done(&reading);
    }
    free(ca);
    stage_peer_stop(&peer);
    stage_cluster_stop(&cluster);
    cg_test_workdir_remove(folder);
}

Test(kafka_admin_tls, a_certificate_without_its_key) {
    struct stage_reading reading;
    stage_reading_init(&reading, "127.0.0.1:1");
    reading.options.security_protocol = "SSL";
    reading.options.certificate_file = "client.pem";
    stage_reading_run(&reading, "no key");
    cr_expect_eq(reading.status, CG_INVALID);
    cr_expect_not_null(strstr(reading.error, "key_file is missing"), "%s", reading.error);
    stage_reading_done(&reading);
}
