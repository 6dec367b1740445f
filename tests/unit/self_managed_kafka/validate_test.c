/* Rules beyond the option table. */
#include "cluster.h"

#include <criterion/criterion.h>

#define ADMIN                                        \
    {"resource_source.source", "admin_api", 0}, {    \
        "resource_source.bootstrap_servers", "k1", 0 \
    }

Test(self_kafka_validate, says_what_is_wrong) {
    static const struct {
        const char *name;
        struct cg_test_setting settings[4];
        size_t count;
        int32_t no_admin;
        const char *problems;
    } cases[] = {
        {"fine", {{"broker_count", "1", CG_CONFIG_INT}}, 1, 0, ""},
        {"no brokers", {{"broker_count", "0", CG_CONFIG_INT}}, 1, 0, "broker_count: Input should be greater than 0\n"},
        {"too many brokers",
         {{"broker_count", "1000001", CG_CONFIG_INT}},
         1,
         0,
         "broker_count: Input should be less than or equal to 1000000\n"},
        {"no window",
         {{"discovery_window_hours", "-1", CG_CONFIG_INT}},
         1,
         0,
         "discovery_window_hours: Input should be greater than 0\n"},
        {"step of two days",
         {{"metrics_step_seconds", "172800", CG_CONFIG_INT}},
         1,
         0,
         "metrics_step_seconds: Input should be less than or equal to 86400, the seconds of the day that a line is "
         "made "
         "for\n"},
        {"metric name",
         {{"metric_names.log_size", "size{}", 0}},
         1,
         0,
         "metric_names.log_size: 'size{}' is no metric name; expected letters, digits and '_' or ':', the first of "
         "them "
         "no digit\n"},
        {"label name",
         {{"label_names.topic", "a:b", 0}},
         1,
         0,
         "label_names.topic: 'a:b' is no label name; expected letters, digits and '_', the first of them no digit\n"},
        {"filter",
         {{"metrics_filter.9x", "y", 0}},
         1,
         0,
         "metrics_filter.9x: '9x' is no label name; expected letters, digits and '_', the first of them no digit\n"},
        {"no servers",
         {{"resource_source.source", "admin_api", 0}},
         1,
         0,
         "resource_source: bootstrap_servers required when source='admin_api'\n"},
        {"blank servers",
         {{"resource_source.source", "admin_api", 0}, {"resource_source.bootstrap_servers", " ,", 0}},
         2,
         0,
         "resource_source: bootstrap_servers required when source='admin_api'\n"},
        {"brokers", {ADMIN}, 2, 0, ""},
        {"built without",
         {ADMIN},
         2,
         1,
         "resource_source.source: admin_api needs librdkafka, without which this program was built; build it with "
         "librdkafka or use prometheus\n"},
        {"certificate without key",
         {ADMIN, {"resource_source.ssl_certificate_file", "c.pem", 0}},
         3,
         0,
         "resource_source.ssl_key_file: ssl_certificate_file and ssl_key_file belong together; give both or none\n"},
    };
    for (size_t i = 0; i < STAGE_COUNT(cases); i++) {
        struct cg_test_host test;
        cg_test_host_init(&test);
        brokers.available = !cases[i].no_admin;
        self_kafka_validate(&test.host, cluster_settings(&test, cases[i].settings, cases[i].count));
        cr_assert_str_eq(test.problems == NULL ? "" : test.problems, cases[i].problems, "%s: %s", cases[i].name,
                         test.problems);
        cg_test_host_done(&test);
    }
}

Test(self_kafka_validate, needs_metrics) {
    static const struct cg_test_setting settings[] = {{"cluster_id", "k", 0}, {"broker_count", "1", CG_CONFIG_INT}};
    struct cg_test_host test;
    cg_test_host_init(&test);
    self_kafka_validate(&test.host, cg_test_config(&test, settings, 2));
    cr_assert_str_eq(test.problems, "metrics: Field required\n");
    cg_test_host_done(&test);
}
