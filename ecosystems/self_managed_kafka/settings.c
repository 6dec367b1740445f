/* From plugin_settings to the instance. */
#include "self_kafka.h"

#include <string.h>

#define SECOND_US INT64_C(1000000)

static const struct {
    const char *type;
    const char *rate_key;
} products[SELF_KAFKA_PRODUCT_COUNT] = {
    [SELF_KAFKA_COMPUTE] = {"SELF_KAFKA_COMPUTE", "compute_hourly_rate"},
    [SELF_KAFKA_STORAGE] = {"SELF_KAFKA_STORAGE", "storage_per_gib_hourly"},
    [SELF_KAFKA_INGRESS] = {"SELF_KAFKA_NETWORK_INGRESS", "network_ingress_per_gib"},
    [SELF_KAFKA_EGRESS] = {"SELF_KAFKA_NETWORK_EGRESS", "network_egress_per_gib"},
};

const char *self_kafka_product_type(enum self_kafka_product product) {
    return products[product].type;
}

const char *self_kafka_rate_key(enum self_kafka_product product) {
    return products[product].rate_key;
}

/* ---- rates ---- */

/* The entry of the region, found by its whole name, which may hold dots. */
static const struct cg_config *find_region(const struct cg_config_api *config, const struct cg_config *overrides,
                                           const char *region) {
    for (size_t i = 0; region != NULL && i < config->count(overrides); i++) {
        if (strcmp(config->key_at(overrides, i), region) == 0) {
            return config->at(overrides, i);
        }
    }
    return NULL;
}

static cg_status read_rates(struct self_kafka *self, const struct cg_config *model) {
    const struct cg_config_api *config = self->host->config;
    const struct cg_config *other = find_region(config, config->get(model, "region_overrides"), self->region);
    for (size_t i = 0; i < SELF_KAFKA_PRODUCT_COUNT; i++) {
        const char *key = products[i].rate_key;
        cg_status status = other == NULL ? CG_NOT_FOUND : config->decimal(other, key, &self->rates[i]);
        if (status == CG_NOT_FOUND) {
            status = config->decimal(model, key, &self->rates[i]);
        }
        if (status != CG_OK) {
            return self->host->set_error(self->host, CG_INVALID, "cost_model.%s is missing or no number.", key);
        }
    }
    return CG_OK;
}

/* ---- resources ---- */

static void read_admin(struct self_kafka *self, const struct cg_config *source) {
    const struct cg_config_api *config = self->host->config;
    const char *mechanism = cg_metered_given(config, source, "sasl_mechanism");
    self->asks_brokers = strcmp(config->text(source, "source", "prometheus"), "admin_api") == 0;
    self->admin = (struct cg_kafka_admin_options){
        .bootstrap_servers = cg_metered_given(config, source, "bootstrap_servers"),
        .security_protocol = config->text(source, "security_protocol", "PLAINTEXT"),
        .sasl_mechanism = mechanism,
        .sasl_username = mechanism == NULL ? NULL : cg_metered_given(config, source, "sasl_username"),
        .sasl_password = mechanism == NULL ? NULL : cg_metered_given(config, source, "sasl_password"),
        .ca_file = cg_metered_given(config, source, "ssl_ca_file"),
        .certificate_file = cg_metered_given(config, source, "ssl_certificate_file"),
        .key_file = cg_metered_given(config, source, "ssl_key_file"),
        .key_password = cg_metered_given(config, source, "ssl_key_password"),
        .verify_hostname = config->integer(source, "ssl_verify_hostname", 1) != 0,
        .timeout_us = config->integer(source, "request_timeout_seconds", 30) * SECOND_US,
    };
}

/* ---- queries ---- */

/* Selectors of the three metrics. */
struct selectors {
    const char *in;
    const char *out;
    const char *size;
};

static cg_status no_memory(const struct self_kafka *self) {
    return self->host->set_error(self->host, CG_NO_MEMORY, "There was not enough memory for the queries of tenant %s.",
                                 self->tenant->name);
}

static cg_status read_selectors(struct self_kafka *self, struct selectors *ret) {
    const struct cg_config_api *config = self->host->config;
    const struct cg_config *settings = self->tenant->settings;
    const struct cg_config *filter = config->get(settings, "metrics_filter");
    const char *in = config->text(settings, "metric_names.bytes_in", "kafka_server_brokertopicmetrics_bytesin_total");
    const char *out =
        config->text(settings, "metric_names.bytes_out", "kafka_server_brokertopicmetrics_bytesout_total");
    const char *size = config->text(settings, "metric_names.log_size", "kafka_log_log_size");
    ret->in = cg_metered_selector(&self->memory, config, in, filter);
    ret->out = cg_metered_selector(&self->memory, config, out, filter);
    ret->size = cg_metered_selector(&self->memory, config, size, filter);
    return ret->in != NULL && ret->out != NULL && ret->size != NULL ? CG_OK : no_memory(self);
}

static void set_query(struct self_kafka *self, enum self_kafka_query query, const char *key, uint32_t flags,
                      struct cg_text_list labels) {
    struct cg_metric_query *made = &self->queries[query];
    const char *expression = made->expression;
    *made = (struct cg_metric_query){
        .struct_size = sizeof *made, .flags = flags, .key = key, .expression = expression, .labels = labels};
}

/* Counters are asked for their increase over exactly the step at which they are sampled: the program samples what
 * principals did at metrics_step_seconds, and this module samples the cost at a step that divides the day. */
static cg_status make_queries(struct self_kafka *self, int64_t step) {
    struct cg_metered_memory *memory = &self->memory;
    const struct cg_text_list none = {NULL, 0};
    const struct cg_text_list all = {self->labels, SELF_KAFKA_LABELS};
    const struct cg_text_list principal = {&self->labels[SELF_KAFKA_LABEL_PRINCIPAL], 1};
    const char *name = self->labels[SELF_KAFKA_LABEL_PRINCIPAL];
    const char *broker = self->labels[SELF_KAFKA_LABEL_BROKER];
    const char *topic = self->labels[SELF_KAFKA_LABEL_TOPIC];
    struct selectors of;
    char day_step[CG_METERED_DURATION_SIZE];
    char any_step[CG_METERED_DURATION_SIZE];
    cg_status status = read_selectors(self, &of);
    if (status != CG_OK) {
        return status;
    }
    (void)cg_metered_duration(self->cost_step, day_step);
    (void)cg_metered_duration(step, any_step);
    const char *const texts[SELF_KAFKA_QUERY_COUNT] = {
        [SELF_KAFKA_QUERY_SIZE] = cg_metered_printf(memory, "sum(%s)", of.size),
        [SELF_KAFKA_QUERY_IN] = cg_metered_printf(memory, "sum(increase(%s[%s]))", of.in, day_step),
        [SELF_KAFKA_QUERY_OUT] = cg_metered_printf(memory, "sum(increase(%s[%s]))", of.out, day_step),
        [SELF_KAFKA_QUERY_SEEN_IN] =
            cg_metered_printf(memory, "group by (%s, %s, %s) (%s)", broker, topic, name, of.in),
        [SELF_KAFKA_QUERY_SEEN_OUT] =
            cg_metered_printf(memory, "group by (%s, %s, %s) (%s)", broker, topic, name, of.out),
        [SELF_KAFKA_QUERY_BARE] = of.in,
        [SELF_KAFKA_QUERY_PRINCIPALS_IN] =
            cg_metered_printf(memory, "sum by (%s) (increase(%s[%s]))", name, of.in, any_step),
        [SELF_KAFKA_QUERY_PRINCIPALS_OUT] =
            cg_metered_printf(memory, "sum by (%s) (increase(%s[%s]))", name, of.out, any_step),
    };
    for (size_t i = 0; i < SELF_KAFKA_QUERY_COUNT; i++) {
        if (texts[i] == NULL) {
            return no_memory(self);
        }
        self->queries[i].expression = texts[i];
    }
    set_query(self, SELF_KAFKA_QUERY_SIZE, "storage", 0, none);
    set_query(self, SELF_KAFKA_QUERY_IN, "bytes_in", CG_METRIC_TRAILING, none);
    set_query(self, SELF_KAFKA_QUERY_OUT, "bytes_out", CG_METRIC_TRAILING, none);
    set_query(self, SELF_KAFKA_QUERY_SEEN_IN, "discovery", 0, all);
    set_query(self, SELF_KAFKA_QUERY_SEEN_OUT, "discovery_out", 0, all);
    set_query(self, SELF_KAFKA_QUERY_BARE, "labels", 0, all);
    set_query(self, SELF_KAFKA_QUERY_PRINCIPALS_IN, SELF_KAFKA_KEY_IN, CG_METRIC_TRAILING, principal);
    set_query(self, SELF_KAFKA_QUERY_PRINCIPALS_OUT, SELF_KAFKA_KEY_OUT, CG_METRIC_TRAILING, principal);
    return CG_OK;
}

/* ---- the whole ---- */

cg_status self_kafka_read(struct self_kafka *self) {
    const struct cg_config_api *config = self->host->config;
    const struct cg_config *settings = self->tenant->settings;
    const struct cg_config *identities = config->get(settings, "identity_source");
    int64_t step = cg_metered_sampling(config, settings);
    self->cluster_id = config->text(settings, "cluster_id", "");
    self->region = cg_metered_given(config, settings, "region");
    self->broker_count = config->integer(settings, "broker_count", 0);
    self->discovery_hours = config->integer(settings, "discovery_window_hours", 1);
    self->counts_idle = config->integer(identities, "include_idle_principals", 1) != 0;
    self->labels[SELF_KAFKA_LABEL_BROKER] = config->text(settings, "label_names.broker", "broker");
    self->labels[SELF_KAFKA_LABEL_TOPIC] = config->text(settings, "label_names.topic", "topic");
    self->labels[SELF_KAFKA_LABEL_PRINCIPAL] = config->text(settings, "label_names.principal", "principal");
    self->cost_step = cg_metered_step(step);
    read_admin(self, config->get(settings, "resource_source"));
    cg_status status = read_rates(self, config->get(settings, "cost_model"));
    if (status == CG_OK) {
        status = cg_metered_people_read(&self->memory, self->host, identities, 1, &self->people);
    }
    return status == CG_OK ? make_queries(self, step) : status;
}
