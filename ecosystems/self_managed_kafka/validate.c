/* Rules beyond the option table. */
#include "self_kafka.h"

#include <inttypes.h>
#include <string.h>

static void check_positive(const struct cg_host *host, const struct cg_config *settings, const char *key,
                           int64_t most) {
    const struct cg_config_api *config = host->config;
    if (config->type(config->get(settings, key)) != CG_CONFIG_INT) {
        return;
    }
    int64_t value = config->integer(settings, key, 0);
    if (value <= 0) {
        config->problem(host, settings, key, "Input should be greater than 0");
    } else if (value > most) {
        config->problem(host, settings, key, "Input should be less than or equal to %" PRId64, most);
    }
}

static void check_metric(const struct cg_host *host, const struct cg_config *settings, const char *key) {
    const char *name = host->config->text(settings, key, NULL);
    if (name != NULL && !cg_metered_is_metric_name(name)) {
        host->config->problem(
            host, settings, key,
            "'%.100s' is no metric name; expected letters, digits and '_' or ':', the first of them no digit", name);
    }
}

static void check_label(const struct cg_host *host, const struct cg_config *settings, const char *key) {
    cg_metered_check_label(host, settings, key, host->config->text(settings, key, NULL));
}

static void check_names(const struct cg_host *host, const struct cg_config *settings) {
    const struct cg_config_api *config = host->config;
    const struct cg_config *filter = config->get(settings, "metrics_filter");
    check_metric(host, settings, "metric_names.bytes_in");
    check_metric(host, settings, "metric_names.bytes_out");
    check_metric(host, settings, "metric_names.log_size");
    check_label(host, settings, "label_names.principal");
    check_label(host, settings, "label_names.broker");
    check_label(host, settings, "label_names.topic");
    for (size_t i = 0; i < config->count(filter); i++) {
        cg_metered_check_label(host, config->at(filter, i), "", config->key_at(filter, i));
    }
}

static void check_resources(const struct cg_host *host, const struct cg_config *settings) {
    const struct cg_config_api *config = host->config;
    const struct cg_config *source = config->get(settings, "resource_source");
    const char *servers = config->text(source, "bootstrap_servers", "");
    if (strcmp(config->text(source, "source", ""), "admin_api") != 0) {
        return;
    }
    if (servers[strspn(servers, " ,")] == '\0') {
        config->problem(host, source, "", "bootstrap_servers required when source='admin_api'");
    }
    if (!cg_kafka_admin_available()) {
        config->problem(host, source, "source",
                        "admin_api needs librdkafka, without which this program was built; build it with librdkafka "
                        "or use prometheus");
    }
    int has_certificate = config->text(source, "ssl_certificate_file", NULL) != NULL;
    int has_key = config->text(source, "ssl_key_file", NULL) != NULL;
    if (has_certificate != has_key) {
        config->problem(host, source, has_certificate ? "ssl_key_file" : "ssl_certificate_file",
                        "ssl_certificate_file and ssl_key_file belong together; give both or none");
    }
}

void self_kafka_validate(const struct cg_host *host, const struct cg_config *settings) {
    cg_metered_check(host, settings);
    check_positive(host, settings, "broker_count", 1000000);
    check_positive(host, settings, "discovery_window_hours", 8760);
    check_names(host, settings);
    check_resources(host, settings);
}
