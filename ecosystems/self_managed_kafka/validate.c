/* Rules beyond the option table. */
#include "self_kafka.h"

#include <inttypes.h>
#include <string.h>

#define DAY_SECONDS 86400

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

static void check_name(const struct cg_host *host, const struct cg_config *settings, const char *key,
                       int32_t (*is_name)(const char *), const char *what) {
    const char *name = host->config->text(settings, key, NULL);
    if (name != NULL && !is_name(name)) {
        host->config->problem(host, settings, key,
                              "'%.100s' is no %s; expected letters, digits and '_'%s, the first of them no digit", name,
                              what, is_name == cg_metered_is_metric_name ? " or ':'" : "");
    }
}

static void check_names(const struct cg_host *host, const struct cg_config *settings) {
    const struct cg_config_api *config = host->config;
    const struct cg_config *filter = config->get(settings, "metrics_filter");
    check_name(host, settings, "metric_names.bytes_in", cg_metered_is_metric_name, "metric name");
    check_name(host, settings, "metric_names.bytes_out", cg_metered_is_metric_name, "metric name");
    check_name(host, settings, "metric_names.log_size", cg_metered_is_metric_name, "metric name");
    check_name(host, settings, "label_names.principal", cg_metered_is_label_name, "label name");
    check_name(host, settings, "label_names.broker", cg_metered_is_label_name, "label name");
    check_name(host, settings, "label_names.topic", cg_metered_is_label_name, "label name");
    for (size_t i = 0; i < config->count(filter); i++) {
        const char *key = config->key_at(filter, i);
        if (key != NULL && !cg_metered_is_label_name(key)) {
            config->problem(host, config->at(filter, i), "",
                            "'%.100s' is no label name; expected letters, digits and '_', the first of them no digit",
                            key);
        }
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
    const struct cg_config_api *config = host->config;
    if (config->type(config->get(settings, "metrics")) != CG_CONFIG_MAP) {
        config->problem(host, settings, "metrics", "Field required");
    }
    if (config->integer(settings, "metrics_step_seconds", 1) > DAY_SECONDS) {
        config->problem(host, settings, "metrics_step_seconds",
                        "Input should be less than or equal to %d, the seconds of the day that a line is made for",
                        DAY_SECONDS);
    }
    check_positive(host, settings, "broker_count", 1000000);
    check_positive(host, settings, "discovery_window_hours", 8760);
    check_names(host, settings);
    check_resources(host, settings);
}
