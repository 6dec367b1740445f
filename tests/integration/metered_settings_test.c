/* Settings of ecosystems whose bill is made of metrics, as --validate judges them: offline, all at once, by line. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "self_managed.h"

static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(metered_settings, .init = start, .fini = stop);

/* A sound configuration in which one text is replaced by another. */
struct change {
    const char *name;
    const char *from;
    const char *to;
    const char *wanted; /* a part of what is said; NULL: it is fine */
};

static void check(const char *ecosystem, const char *settings, const struct change *changes, size_t count) {
    static const char *const arguments[] = {"--config-file", "config.yaml", "--validate", NULL};
    /* Nobody listens there; nobody is asked. */
    char *text = metered_config_text(
        &(struct metered_config){.ecosystem = ecosystem, .url = "http://127.0.0.1:9", .settings = settings});
    for (size_t i = 0; i < count; i++) {
        const struct change *change = &changes[i];
        struct cg_test_result result;
        cr_assert_not_null(strstr(text, change->from), "%s: there is no '%s'", change->name, change->from);
        char *changed = cg_test_replace(text, change->from, change->to);
        cg_test_file_write(folder, "config.yaml", changed);
        cg_test_program_run(folder, arguments, &result);
        cr_expect_eq(result.exit_status, change->wanted ? 1 : 0, "%s ended with %d:\n%s%s", change->name,
                     result.exit_status, result.out, result.err);
        if (change->wanted)
            cg_test_has(change->name, result.err, change->wanted);
        cr_expect_null(strstr(result.err, "hidden-passw0rd"), "%s: %s", change->name, result.err);
        cg_test_result_done(&result);
        free(changed);
    }
    cr_assert_eq(cg_test_folder_count(folder, ""), 1, "there is more than the configuration");
    free(text);
}

#define COUNT(array_) (sizeof(array_) / sizeof((array_)[0]))
#define AT "tenants.metered.plugin_settings."
#define METRICS "      metrics: {url: \"http://127.0.0.1:9\"}\n"
#define BROKERS "      broker_count: 3\n"
#define CLUSTER "      cluster_id: kafka-1\n"
#define RATE "        compute_hourly_rate: \"0.10\"\n"
#define EGRESS "network_egress_per_gib: \"0\"}"
#define MORE(text_) BROKERS, BROKERS text_

#define DECIMAL_WRONG ": Input should be a valid decimal"
#define LABEL_WRONG " is no label name; expected letters, digits and '_', the first of them no digit"

static const struct change self_managed_changes[] = {
    {"nothing", BROKERS, BROKERS, NULL},
    {"no cluster", CLUSTER, "", AT "cluster_id: Field required"},
    {"blank cluster", CLUSTER, "      cluster_id: \"\"\n", AT "cluster_id: "},
    {"no brokers", BROKERS, "", AT "broker_count: Field required"},
    {"zero brokers", BROKERS, "      broker_count: 0\n", AT "broker_count: Input should be greater than 0"},
    {"quoted brokers", BROKERS, "      broker_count: \"3\"\n", NULL},
    {"half a broker", BROKERS, "      broker_count: 2.5\n",
     AT "broker_count: Input should be a valid integer, got a number with a fractional part"},
    {"words for brokers", BROKERS, "      broker_count: three\n", AT "broker_count: Input should be a valid integer"},
    {"no cost model", "      cost_model:\n", "      other_model:\n", AT "cost_model: Field required"},
    {"no rate", RATE, "", AT "cost_model.compute_hourly_rate: Field required"},
    {"a rate of words", RATE, "        compute_hourly_rate: cheap\n",
     AT "cost_model.compute_hourly_rate" DECIMAL_WRONG},
    {"infinite rate", RATE, "        compute_hourly_rate: .inf\n",
     AT "cost_model.compute_hourly_rate: Input should be a finite number"},
    {"no number", RATE, "        compute_hourly_rate: .nan\n",
     AT "cost_model.compute_hourly_rate: Input should be a finite number"},
    {"negative rate", RATE, "        compute_hourly_rate: -1\n", NULL},
    {"rate of a region", EGRESS, "network_egress_per_gib: dear}",
     AT "cost_model.region_overrides.us-west-2.network_egress_per_gib" DECIMAL_WRONG},
    {"no rate of a region", EGRESS, "network_egress_per_gib: null}", NULL},
    {"unknown keys", MORE("      colour: red\n"), NULL},
    {"unknown region", MORE("      region: mars\n"), NULL},
    {"other identities", MORE("      identity_source: {source: ldap}\n"),
     AT "identity_source.source: Input should be 'prometheus', 'static' or 'both'"},
    {"static without anybody", MORE("      identity_source: {source: static, static_identities: []}\n"), NULL},
    {"identity without id", MORE("      identity_source: {static_identities: [{identity_type: t}]}\n"),
     AT "identity_source.static_identities.0.identity_id: Field required"},
    {"identity without type", MORE("      identity_source: {static_identities: [{identity_id: a}]}\n"),
     AT "identity_source.static_identities.0.identity_type: Field required"},
    {"no list", MORE("      identity_source: {static_identities: team}\n"),
     AT "identity_source.static_identities: Input should be a valid list"},
    {"no map of teams", MORE("      identity_source: {principal_to_team: [a]}\n"),
     AT "identity_source.principal_to_team: Input should be a valid dictionary"},
    {"a team of numbers", MORE("      identity_source: {principal_to_team: {a: 1}}\n"),
     AT "identity_source.principal_to_team.a: Input should be a valid string"},
    {"other resources", MORE("      resource_source: {source: zookeeper}\n"),
     AT "resource_source.source: Input should be 'prometheus' or 'admin_api'"},
    {"no servers", MORE("      resource_source: {source: admin_api}\n"),
     AT "resource_source: bootstrap_servers required when source='admin_api'"},
    {"servers", MORE("      resource_source: {source: admin_api, bootstrap_servers: 'k1,k2:9093'}\n"), NULL},
    {"other protocol", MORE("      resource_source: {security_protocol: TLS}\n"),
     AT "resource_source.security_protocol: Input should be 'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT' or 'SASL_SSL'"},
    {"other mechanism", MORE("      resource_source: {sasl_mechanism: GSSAPI, sasl_password: hidden-passw0rd}\n"),
     AT "resource_source.sasl_mechanism: Input should be 'PLAIN', 'SCRAM-SHA-256' or 'SCRAM-SHA-512'"},
    {"certificate without key",
     MORE("      resource_source: {source: admin_api, bootstrap_servers: k, ssl_certificate_file: c.pem}\n"),
     AT "resource_source.ssl_key_file: ssl_certificate_file and ssl_key_file belong together; give both or none"},
    {"no time", MORE("      resource_source: {request_timeout_seconds: 0}\n"),
     AT "resource_source.request_timeout_seconds: Input should be greater than or equal to 1"},
    {"no metrics", METRICS, "", AT "metrics: Field required"},
    {"no url", METRICS, "      metrics: {type: prometheus}\n", AT "metrics.url: Field required"},
    {"other source", METRICS, "      metrics: {type: graphite, url: \"http://a\"}\n", AT "metrics.type: "},
    {"other login", METRICS, "      metrics: {url: \"http://a\", auth_type: digest}\n", AT "metrics.auth_type: "},
    {"half a login", METRICS, "      metrics: {url: \"http://a\", auth_type: basic, username: u}\n",
     AT "metrics: username and password required for basic auth"},
    {"no token", METRICS, "      metrics: {url: \"http://a\", auth_type: bearer}\n", AT "metrics: "},
    {"no window", MORE("      discovery_window_hours: 0\n"),
     AT "discovery_window_hours: Input should be greater than 0"},
    {"window under identity_source", MORE("      identity_source: {discovery_window_hours: 0}\n"), NULL},
    {"a name", MORE("      metric_names: {bytes_in: 'a b'}\n"),
     AT "metric_names.bytes_in: 'a b' is no metric name; expected letters, digits and '_' or ':', the first of them "
        "no digit"},
    {"a label", MORE("      label_names: {broker: '1'}\n"), AT "label_names.broker: '1'" LABEL_WRONG},
    {"a filter", MORE("      metrics_filter: {'a-b': c}\n"), AT "metrics_filter.a-b: 'a-b'" LABEL_WRONG},
    {"no step", MORE("      metrics_step_seconds: 0\n"), AT "metrics_step_seconds: Input should be greater than 0"},
    {"a step of more than a day", MORE("      metrics_step_seconds: 86401\n"),
     AT "metrics_step_seconds: Input should be less than or equal to 86400, the seconds of the day that a line is made "
        "for"},
    {"no gap", MORE("      min_refresh_gap_seconds: -1\n"), AT "min_refresh_gap_seconds: "},
    {"an override of nothing", MORE("      allocator_overrides: {KAFKA_BASE: x}\n"), AT "allocator_overrides"},
    {"another granularity", MORE("      chargeback_granularity: yearly\n"), AT "chargeback_granularity: "},
};

Test(metered_settings, of_self_managed_kafka) {
    check("self_managed_kafka", SELF_MANAGED, self_managed_changes, COUNT(self_managed_changes));
}

#define PEOPLE "      identity_source: {discovery_query: pg_up}\n"
#define FIXED "{type: fixed, count: 2}"
#define BY_USE "usage_ratio, allocation_query: q, allocation_label: usr"
#define GENERIC                                                                              \
    "      cluster_id: pg-1\n" PEOPLE "      cost_types:\n"                                  \
    "        - {name: A, product_category: pg, rate: \"0.50\", cost_quantity: " FIXED        \
    ", allocation_strategy: even_split}\n"                                                   \
    "        - {name: B, product_category: pg, rate: 1, cost_quantity: {type: network_gib, " \
    "query: 'sum(increase(x[1h]))'}, allocation_strategy: " BY_USE "}\n"
#define QUANTITY AT "cost_types.0.cost_quantity"
#define WINDOW AT "cost_types.1.cost_quantity.query: "

static const struct change generic_changes[] = {
    {"nothing", PEOPLE, PEOPLE, NULL},
    {"no cluster", "      cluster_id: pg-1\n", "", AT "cluster_id: Field required"},
    {"no metrics", METRICS, "", AT "metrics: Field required"},
    {"no identities", PEOPLE, "", AT "identity_source: discovery_query required when source includes 'prometheus'"},
    {"no query", PEOPLE, "      identity_source: {source: both}\n",
     AT "identity_source: discovery_query required when source includes 'prometheus'"},
    {"static", PEOPLE, "      identity_source: {source: static}\n", NULL},
    {"other identities", PEOPLE, "      identity_source: {source: ldap}\n",
     AT "identity_source.source: Input should be 'prometheus', 'static' or 'both'"},
    {"a label", PEOPLE, "      identity_source: {label: 'a-b', discovery_query: q}\n",
     AT "identity_source.label: 'a-b'" LABEL_WRONG},
    {"no cost types", "cost_types:", "cost_kinds:", AT "cost_types: Field required"},
    {"empty cost types", "      cost_types:\n", "      cost_types: []\n      others:\n",
     AT "cost_types: List should have at least 1 item after validation, not 0"},
    {"no name", "{name: A, ", "{", AT "cost_types.0.name: Field required"},
    {"one name twice", "{name: B, ", "{name: A, ",
     AT "cost_types.1.name: the name 'A' is given twice; every cost type needs a name of its own"},
    {"no category", "name: A, product_category: pg, ", "name: A, ", AT "cost_types.0.product_category: Field required"},
    {"no rate", "rate: \"0.50\", ", "", AT "cost_types.0.rate: Field required"},
    {"a rate of words", "rate: \"0.50\"", "rate: cheap", AT "cost_types.0.rate" DECIMAL_WRONG},
    {"infinite rate", "rate: \"0.50\"", "rate: .inf", AT "cost_types.0.rate: Input should be a finite number"},
    {"no quantity", "cost_quantity: " FIXED ", ", "", QUANTITY ": Field required"},
    {"no type", FIXED, "{count: 2}", QUANTITY ": Unable to extract tag using discriminator 'type'"},
    {"other type", FIXED, "{type: other}",
     QUANTITY ": Input tag 'other' found using 'type' does not match any of the expected tags: 'fixed', 'storage_gib', "
              "'network_gib'"},
    {"no count", FIXED, "{type: fixed}", QUANTITY ".count: Field required"},
    {"zero", FIXED, "{type: fixed, count: 0}", QUANTITY ".count: Input should be greater than 0"},
    {"half", FIXED, "{type: fixed, count: 1.5}",
     QUANTITY ".count: Input should be a valid integer, got a number with a fractional part"},
    {"no size", FIXED, "{type: storage_gib}", QUANTITY ".query: Field required"},
    {"no bytes", FIXED, "{type: network_gib}", QUANTITY ".query: Field required"},
    {"no strategy", ", allocation_strategy: even_split", "", AT "cost_types.0.allocation_strategy: Field required"},
    {"other strategy", "even_split", "all_to_me",
     AT "cost_types.0.allocation_strategy: Input should be 'even_split' or 'usage_ratio'"},
    {"no query of use", BY_USE, "usage_ratio, allocation_label: usr",
     AT "cost_types.1: allocation_query required when allocation_strategy='usage_ratio'"},
    {"no label of use", BY_USE, "usage_ratio, allocation_query: q",
     AT "cost_types.1: allocation_label required when allocation_strategy='usage_ratio'"},
    {"an odd label of use", BY_USE, "usage_ratio, allocation_query: q, allocation_label: 'a b'",
     AT "cost_types.1.allocation_label: 'a b'" LABEL_WRONG},
    {"interval", "[1h]", "[$__interval]", NULL},
    {"no window", "increase(x[1h])", "x",
     WINDOW "a network_gib query gives the bytes of a window, but this one has none"},
    {"windows", "increase(x[1h])", "increase(x[1h]) + increase(y[5m])",
     WINDOW "the query has windows of different length"},
    {"seven hours", "[1h]", "[7h]", WINDOW "the window of 25200 s does not divide a day"},
    {"a step of more than a day", PEOPLE, PEOPLE "      metrics_step_seconds: 86401\n",
     AT "metrics_step_seconds: Input should be less than or equal to 86400"},
};

Test(metered_settings, of_generic_metrics_only) {
    check("generic_metrics_only", GENERIC, generic_changes, COUNT(generic_changes));
}
