#include "options.h"

#define OPTION(key_, type_, ...)                                                             \
    &(const struct cg_option) {                                                              \
        .struct_size = sizeof(struct cg_option), .key = (key_), .type = (type_), __VA_ARGS__ \
    }

#define REQUIRED_TEXT (CG_OPTION_REQUIRED | CG_OPTION_NON_EMPTY)

const struct cg_option *const ccloud_options[CCLOUD_OPTION_COUNT] = {
    OPTION("ccloud_api", CG_OPTION_SECTION, .flags = CG_OPTION_REQUIRED, .help = "Access to the Confluent Cloud API."),
    OPTION("ccloud_api.key", CG_OPTION_STRING, .flags = REQUIRED_TEXT,
           .help = "Cloud API key with a role that may read billing, for example BillingAdmin."),
    OPTION("ccloud_api.secret", CG_OPTION_STRING, .flags = REQUIRED_TEXT | CG_OPTION_SECRET,
           .help = "Secret of the Cloud API key."),
    OPTION("ccloud_api.base_url", CG_OPTION_URL, .default_text = "https://api.confluent.cloud",
           .help = "Where the API is; a path in it is kept."),
    OPTION("ccloud_api.request_interval_seconds", CG_OPTION_DECIMAL, .flags = CG_OPTION_MIN | CG_OPTION_MAX,
           .default_text = "0.1", .minimum = 0, .maximum = 3600,
           .help = "Least time between two requests, in seconds; 0 means no pause."),
    OPTION("billing_api", CG_OPTION_SECTION, .help = "How the bill is read."),
    OPTION("billing_api.days_per_query", CG_OPTION_INT, .flags = CG_OPTION_MIN | CG_OPTION_MAX, .default_text = "15",
           .minimum = 1, .maximum = 30, .help = "Days per billing query."),
    OPTION("flink", CG_OPTION_LIST, .element = CG_OPTION_SECTION, .flags = CG_OPTION_NULLABLE,
           .help = "Credentials of Flink regions."),
    OPTION("flink[].region_id", CG_OPTION_STRING, .flags = REQUIRED_TEXT | CG_OPTION_LOWER,
           .help = "Region, for example eu-west-1, or with its cloud aws.eu-west-1."),
    OPTION("flink[].key", CG_OPTION_STRING, .flags = REQUIRED_TEXT, .help = "Flink API key of the region."),
    OPTION("flink[].secret", CG_OPTION_STRING, .flags = REQUIRED_TEXT | CG_OPTION_SECRET,
           .help = "Secret of the Flink API key."),
    OPTION("flink[].base_url", CG_OPTION_URL, .help = "Where the region's API is, when not at its usual place."),
    OPTION("topic_attribution", CG_OPTION_SECTION, .help = "Cost per topic of Kafka clusters."),
    OPTION("topic_attribution.enabled", CG_OPTION_BOOL, .default_text = "false",
           .help = "Whether costs are attributed to topics; needs metrics."),
    OPTION("topic_attribution.exclude_topic_patterns", CG_OPTION_LIST, .element = CG_OPTION_STRING,
           .default_text = "[\"__consumer_offsets\", \"_schemas\", \"_confluent-*\"]",
           .help = "Shell patterns of topics that are left out."),
    OPTION("topic_attribution.missing_metrics_behavior", CG_OPTION_CHOICE, .flags = CG_OPTION_LOWER,
           .default_text = "even_split", .choices = "even_split|skip",
           .help = "What happens to a cluster's cost when its topics have no metrics."),
    OPTION("topic_attribution.cost_mapping_overrides", CG_OPTION_MAP, .element = CG_OPTION_STRING, .default_text = "{}",
           .help = "Method per product type: bytes_ratio, retained_bytes_ratio, even_split, disabled."),
    OPTION("topic_attribution.metric_name_overrides", CG_OPTION_MAP, .element = CG_OPTION_STRING, .default_text = "{}",
           .help = "Names of topic_bytes_in, topic_bytes_out and topic_retained_bytes in the metrics source."),
    OPTION("topic_attribution.retention_days", CG_OPTION_INT, .flags = CG_OPTION_MIN | CG_OPTION_MAX,
           .default_text = "90", .minimum = 1, .maximum = 365, .help = "Days for which topic rows are kept."),
    OPTION("topic_attribution.emitters", CG_OPTION_LIST, .element = CG_OPTION_SECTION, .default_text = "[]",
           .help = "Where topic rows go besides the database."),
    OPTION("topic_attribution.emitters[].type", CG_OPTION_STRING, .flags = REQUIRED_TEXT,
           .help = "Name of the emitter, for example csv."),
    OPTION("topic_attribution.emitters[].name", CG_OPTION_STRING, .flags = CG_OPTION_NULLABLE,
           .help = "Key of its emission records; its type when not given."),
    OPTION("topic_attribution.emitters[].aggregation", CG_OPTION_CHOICE, .flags = CG_OPTION_NULLABLE,
           .choices = "hourly|daily|monthly", .help = "Rows are added up per hour, day or month."),
    OPTION("topic_attribution.emitters[].lookback_days", CG_OPTION_INT, .flags = CG_OPTION_NULLABLE,
           .help = "Only dates of the last so many days are emitted."),
    OPTION("topic_attribution.emitters[].params", CG_OPTION_MAP, .element = CG_OPTION_SCALAR, .default_text = "{}",
           .help = "Settings of the emitter."),
};
