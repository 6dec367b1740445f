#include "options.h"

#define OPTION(key_, type_, ...)                                                             \
    &(const struct cg_option) {                                                              \
        .struct_size = sizeof(struct cg_option), .key = (key_), .type = (type_), __VA_ARGS__ \
    }
#define TEXT(key_, default_, help_) OPTION(key_, CG_OPTION_STRING, .default_text = (default_), .help = (help_))
#define ABSENT_TEXT(key_, flags_, help_) \
    OPTION(key_, CG_OPTION_STRING, .flags = CG_OPTION_NULLABLE | (flags_), .help = (help_))
#define REQUIRED_TEXT(key_, help_) \
    OPTION(key_, CG_OPTION_STRING, .flags = CG_OPTION_REQUIRED | CG_OPTION_NON_EMPTY, .help = (help_))
#define RATE(key_, help_) OPTION(key_, CG_OPTION_DECIMAL, .flags = CG_OPTION_REQUIRED, .help = (help_))
#define OTHER_RATE(key_, help_) OPTION(key_, CG_OPTION_DECIMAL, .flags = CG_OPTION_NULLABLE, .help = (help_))
#define SECTION(key_, flags_, help_) OPTION(key_, CG_OPTION_SECTION, .flags = (flags_), .help = (help_))

#define OVERRIDES "cost_model.region_overrides"
#define LISTED "identity_source.static_identities"

const struct cg_option *const self_kafka_options[SELF_KAFKA_OPTION_COUNT] = {
    REQUIRED_TEXT("cluster_id", "Name of the cluster; resource of every billing line."),
    OPTION("broker_count", CG_OPTION_INT, .flags = CG_OPTION_REQUIRED, .help = "Brokers that are paid for; above 0."),
    ABSENT_TEXT("region", 0, "Where the cluster is; selects an entry of " OVERRIDES "."),
    OPTION("discovery_window_hours", CG_OPTION_INT, .default_text = "1",
           .help = "Hours back from now in which brokers, topics and principals are looked for; above 0."),

    SECTION("cost_model", CG_OPTION_REQUIRED, "What the cluster costs."),
    RATE("cost_model.compute_hourly_rate", "Price of one broker for one hour."),
    RATE("cost_model.storage_per_gib_hourly", "Price of one GiB on disk for one hour."),
    RATE("cost_model.network_ingress_per_gib", "Price of one GiB that is produced."),
    RATE("cost_model.network_egress_per_gib", "Price of one GiB that is consumed."),
    OPTION(OVERRIDES, CG_OPTION_MAP, .element = CG_OPTION_SECTION, .default_text = "{}",
           .help = "Other rates by region; rates that are not given stay."),
    OTHER_RATE(OVERRIDES ".*.compute_hourly_rate", "In place of the rate of the same name."),
    OTHER_RATE(OVERRIDES ".*.storage_per_gib_hourly", "In place of the rate of the same name."),
    OTHER_RATE(OVERRIDES ".*.network_ingress_per_gib", "In place of the rate of the same name."),
    OTHER_RATE(OVERRIDES ".*.network_egress_per_gib", "In place of the rate of the same name."),

    SECTION("identity_source", 0, "Who can be charged."),
    OPTION("identity_source.source", CG_OPTION_CHOICE, .default_text = "prometheus",
           .choices = "prometheus|static|both", .help = "Principals in the metrics, the list below, or both."),
    OPTION("identity_source.principal_to_team", CG_OPTION_MAP, .element = CG_OPTION_STRING, .default_text = "{}",
           .help = "Team of each principal."),
    TEXT("identity_source.default_team", "UNASSIGNED", "Team of the others."),
    OPTION("identity_source.include_idle_principals", CG_OPTION_BOOL, .default_text = "true",
           .help = "Whether principals without traffic share compute and storage."),
    OPTION(LISTED, CG_OPTION_LIST, .element = CG_OPTION_SECTION, .default_text = "[]",
           .help = "Identities that no metric has to show."),
    REQUIRED_TEXT(LISTED "[].identity_id", "Id of the identity."),
    REQUIRED_TEXT(LISTED "[].identity_type", "Type, for example team or service_account."),
    ABSENT_TEXT(LISTED "[].display_name", 0, "Name for people; the id when not given."),
    ABSENT_TEXT(LISTED "[].team", 0, "Team it belongs to."),

    SECTION("resource_source", 0, "Where brokers and topics are read."),
    OPTION("resource_source.source", CG_OPTION_CHOICE, .default_text = "prometheus", .choices = "prometheus|admin_api",
           .help = "Labels of the metrics, or the brokers themselves."),
    ABSENT_TEXT("resource_source.bootstrap_servers", 0, "host[:port],... of some brokers; port 9092 when not given."),
    OPTION("resource_source.security_protocol", CG_OPTION_CHOICE, .default_text = "PLAINTEXT",
           .choices = "PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL", .help = "How the brokers are spoken to."),
    OPTION("resource_source.sasl_mechanism", CG_OPTION_CHOICE, .flags = CG_OPTION_NULLABLE,
           .choices = "PLAIN|SCRAM-SHA-256|SCRAM-SHA-512", .help = "How the program logs in."),
    ABSENT_TEXT("resource_source.sasl_username", 0, "Name for the login."),
    ABSENT_TEXT("resource_source.sasl_password", CG_OPTION_SECRET, "Password for the login."),
    ABSENT_TEXT("resource_source.ssl_ca_file", 0, "PEM file of the authorities; those of the system when not given."),
    ABSENT_TEXT("resource_source.ssl_certificate_file", 0, "PEM file of the client's certificate."),
    ABSENT_TEXT("resource_source.ssl_key_file", 0, "PEM file of its private key."),
    ABSENT_TEXT("resource_source.ssl_key_password", CG_OPTION_SECRET, "Password of that file."),
    OPTION("resource_source.ssl_verify_hostname", CG_OPTION_BOOL, .default_text = "true",
           .help = "Whether a broker's certificate must name its host."),
    OPTION("resource_source.request_timeout_seconds", CG_OPTION_INT, .flags = CG_OPTION_MIN | CG_OPTION_MAX,
           .default_text = "30", .minimum = 1, .maximum = 600, .help = "Longest time for asking the brokers."),

    SECTION("metric_names", 0, "What the metrics are called."),
    TEXT("metric_names.bytes_in", "kafka_server_brokertopicmetrics_bytesin_total", "Counter of bytes produced."),
    TEXT("metric_names.bytes_out", "kafka_server_brokertopicmetrics_bytesout_total", "Counter of bytes consumed."),
    TEXT("metric_names.log_size", "kafka_log_log_size", "Bytes on disk."),
    SECTION("label_names", 0, "What their labels are called."),
    TEXT("label_names.principal", "principal", "Who produced or consumed."),
    TEXT("label_names.broker", "broker", "The broker."),
    TEXT("label_names.topic", "topic", "The topic."),
    OPTION("metrics_filter", CG_OPTION_MAP, .element = CG_OPTION_STRING, .default_text = "{}",
           .help = "Labels and values that select this cluster among others in the same source."),
};
