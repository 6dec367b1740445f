/* SASL against a peer that verifies every proof. */
#include "stage.h"

#include <criterion/criterion.h>
#include <string.h>

struct login {
    const char *name;
    const char *mechanism;
    const char *user;
    const char *password;
    cg_status status;
    const char *sentence; /* a part of it, or NULL */
};

static const struct login logins[] = {
    {"PLAIN", "PLAIN", STAGE_USER, STAGE_PASSWORD, CG_OK, NULL},
    {"SCRAM-SHA-256", "SCRAM-SHA-256", STAGE_USER, STAGE_PASSWORD, CG_OK, NULL},
    {"SCRAM-SHA-512", "SCRAM-SHA-512", STAGE_USER, STAGE_PASSWORD, CG_OK, NULL},
    {"lower case", "scram-sha-512", STAGE_USER, STAGE_PASSWORD, CG_OK, NULL},
    {"PLAIN, wrong password", "PLAIN", STAGE_USER, "wrong", CG_AUTH, "refused the login with PLAIN"},
    {"SCRAM-SHA-256, wrong password", "SCRAM-SHA-256", STAGE_USER, "wrong", CG_AUTH, "login with SCRAM-SHA-256"},
    {"SCRAM-SHA-512, wrong password", "SCRAM-SHA-512", STAGE_USER, "wrong", CG_AUTH, "login with SCRAM-SHA-512"},
    {"PLAIN, wrong user", "PLAIN", "bob", STAGE_PASSWORD, CG_AUTH, "invalid credentials"},
    {"SCRAM-SHA-256, wrong user", "SCRAM-SHA-256", "bob", STAGE_PASSWORD, CG_AUTH, "invalid credentials"},
    {"a mechanism nobody has", "GSSAPI", STAGE_USER, STAGE_PASSWORD, CG_INVALID, "sasl_mechanism is \"GSSAPI\""},
    {"no mechanism", NULL, STAGE_USER, STAGE_PASSWORD, CG_INVALID, "sasl_mechanism is missing"},
    {"no user", "PLAIN", NULL, STAGE_PASSWORD, CG_INVALID, "sasl_username is missing"},
    {"no password", "PLAIN", STAGE_USER, "", CG_INVALID, "sasl_password is missing"},
};

static void log_in(struct stage_reading *reading, const char *servers, const struct login *login) {
    stage_reading_init(reading, servers);
    reading->options.security_protocol = "SASL_PLAINTEXT";
    reading->options.sasl_mechanism = login->mechanism;
    reading->options.sasl_username = login->user;
    reading->options.sasl_password = login->password;
    stage_reading_run(reading, login->name);
}

Test(kafka_admin_login, every_mechanism) {
    struct stage_cluster cluster;
    struct stage_peer peer;
    struct stage_reading reading;
    stage_cluster_start(&cluster, 3);
    stage_cluster_topics(&cluster, (const char *const[]){"orders"}, 1);
    const char *const options[] = {"--security",  "SASL_PLAINTEXT", "--user",
                                   stage_account, "--upstream",     rd_kafka_mock_cluster_bootstraps(cluster.mock),
                                   NULL};
    stage_peer_start(&peer, options);
    for (size_t i = 0; i < sizeof logins / sizeof logins[0]; i++) {
        const struct login *row = &logins[i];
        log_in(&reading, peer.servers, row);
        cr_expect_eq(reading.status, row->status, "%s: %d, %s", row->name, (int)reading.status, reading.error);
        cr_expect(row->sentence == NULL || strstr(reading.error, row->sentence) != NULL, "%s: %s", row->name,
                  reading.error);
        cr_expect_lt(reading.milliseconds, 4000, "%s: %lld ms", row->name, reading.milliseconds);
        if (reading.status == CG_OK) {
            cr_expect_eq(reading.cluster.broker_count, 3u, "%s", row->name);
            cr_expect_eq(reading.cluster.topic_count, 1u, "%s", row->name);
        }
        stage_reading_done(&reading);
    }
    stage_peer_stop(&peer);
    stage_cluster_stop(&cluster);
}

Test(kafka_admin_login, a_mechanism_the_server_has_not) {
    static const char *const options[] = {"--security", "SASL_PLAINTEXT", "--mechanisms", "PLAIN", NULL};
    static const struct login login = {"only PLAIN", "SCRAM-SHA-256", STAGE_USER, STAGE_PASSWORD, CG_AUTH, NULL};
    struct stage_peer peer;
    struct stage_reading reading;
    stage_peer_start(&peer, options);
    log_in(&reading, peer.servers, &login);
    cr_expect_eq(reading.status, CG_AUTH, "%s", reading.error);
    cr_expect_not_null(strstr(reading.error, "supported mechanisms: PLAIN"), "%s", reading.error);
    stage_reading_done(&reading);
    stage_peer_stop(&peer);
}

/* What a server says is not to be trusted either: stage_reading_run looks for the password. */
Test(kafka_admin_login, a_server_that_repeats_the_password) {
    static const char echo[] = "\"" STAGE_PASSWORD "\", " STAGE_PASSWORD;
    static const char *const options[] = {"--security", "SASL_PLAINTEXT", "--echo", echo, NULL};
    static const struct login login = {"echo", "PLAIN", STAGE_USER, STAGE_PASSWORD, CG_AUTH, NULL};
    struct stage_peer peer;
    struct stage_reading reading;
    stage_peer_start(&peer, options);
    log_in(&reading, peer.servers, &login);
    cr_expect_eq(reading.status, CG_AUTH, "%s", reading.error);
    cr_expect_not_null(strstr(reading.error, "***"), "%s", reading.error);
    stage_reading_done(&reading);
    stage_peer_stop(&peer);
}

Test(kafka_admin_login, a_mechanism_without_sasl_is_not_used) {
    struct stage_cluster cluster;
    struct stage_reading reading;
    stage_cluster_start(&cluster, 1);
    stage_reading_init(&reading, rd_kafka_mock_cluster_bootstraps(cluster.mock));
    reading.options.sasl_mechanism = "PLAIN";
    reading.options.sasl_username = STAGE_USER;
    reading.options.sasl_password = STAGE_PASSWORD;
    stage_reading_run(&reading, "PLAINTEXT with a mechanism");
    cr_expect_eq(reading.status, CG_OK, "%s", reading.error);
    cr_expect_not_null(strstr(reading.test.log, "WARNING sasl_mechanism is not used"), "%s", reading.test.log);
    stage_reading_done(&reading);
    stage_cluster_stop(&cluster);
}
