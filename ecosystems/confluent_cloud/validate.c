#include "options.h"
#include "products.h"
#include "topic_words.h"

#include <stdio.h>
#include <string.h>

static const char *type_name(uint32_t type) {
    switch (type) {
    case CG_CONFIG_STRING:
        return "str";
    case CG_CONFIG_LIST:
        return "list";
    case CG_CONFIG_MAP:
        return "dict";
    default:
        return "NoneType";
    }
}

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text);
    size_t end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* Reads a CKU ratio that is given or has its default; complains when it lies outside 0..1. Returns 0 when it is no
 * number. */
static int check_ratio(const struct cg_host *host, const struct cg_config *params, const char *key,
                       const char *fallback, struct cg_decimal *ret) {
    const struct cg_decimal zero = cg_decimal_from_int64(0);
    const struct cg_decimal one = cg_decimal_from_int64(1);
    if (ccloud_ratio(host->config, params, key, fallback, ret) != CG_OK) {
        return 0;
    }
    if (cg_decimal_compare(ret, &zero) < 0 || cg_decimal_compare(ret, &one) > 0) {
        char text[CG_DECIMAL_TEXT_SIZE];
        (void)cg_decimal_format(ret, text);
        host->config->problem(host, params, key, "allocator_params.%s must be between 0 and 1, got %s", key, text);
    }
    return 1;
}

static int is_close_to_one(const struct cg_decimal *sum) {
    const struct cg_decimal one = cg_decimal_from_int64(1);
    const struct cg_decimal tolerance = {.low = 1, .exponent = CG_DECIMAL_UNIT_EXPONENT};
    struct cg_decimal difference;
    if (cg_decimal_subtract(sum, &one, &difference) != CG_OK) {
        return 0;
    }
    difference.negative = 0;
    return cg_decimal_compare(&difference, &tolerance) <= 0;
}

static void check_cku_ratios(const struct cg_host *host, const struct cg_config *params) {
    const struct cg_config_api *config = host->config;
    struct cg_decimal usage;
    struct cg_decimal shared;
    struct cg_decimal sum;
    char text[CG_DECIMAL_TEXT_SIZE];
    int has_usage = config->type(config->get(params, CCLOUD_PARAM_USAGE_RATIO)) != CG_CONFIG_NULL;
    int has_shared = config->type(config->get(params, CCLOUD_PARAM_SHARED_RATIO)) != CG_CONFIG_NULL;
    if (!has_usage && !has_shared) {
        return;
    }
    int usage_read = check_ratio(host, params, CCLOUD_PARAM_USAGE_RATIO, CCLOUD_USAGE_RATIO_DEFAULT, &usage);
    int shared_read = check_ratio(host, params, CCLOUD_PARAM_SHARED_RATIO, CCLOUD_SHARED_RATIO_DEFAULT, &shared);
    if (!usage_read || !shared_read) {
        return;
    }
    if (cg_decimal_add(&usage, &shared, &sum) != CG_OK) {
        (void)snprintf(text, sizeof text, "%s", "a number that does not fit");
    } else if (is_close_to_one(&sum)) {
        return;
    } else {
        (void)cg_decimal_format(&sum, text);
    }
    config->problem(host, params, has_usage ? CCLOUD_PARAM_USAGE_RATIO : CCLOUD_PARAM_SHARED_RATIO,
                    "allocator_params kafka_cku_usage_ratio + kafka_cku_shared_ratio must sum to 1.0, got %s", text);
}

static void check_params(const struct cg_host *host, const struct cg_config *params) {
    const struct cg_config_api *config = host->config;
    if (config->type(params) != CG_CONFIG_MAP) {
        return;
    }
    for (size_t i = 0; i < config->count(params); i++) {
        const char *key = config->key_at(params, i);
        const struct cg_config *node = config->at(params, i);
        uint32_t type = config->type(node);
        struct cg_decimal ignored;
        if (key == NULL || !ends_with(key, "_ratio")) {
            continue;
        }
        const char *text = config->text(node, "", "");
        if (type == CG_CONFIG_BOOL || type == CG_CONFIG_INT || type == CG_CONFIG_DECIMAL ||
            (type == CG_CONFIG_STRING && cg_decimal_parse(text, strlen(text), &ignored) == CG_OK)) {
            continue;
        }
        config->problem(host, node, "", "allocator_params.%s must be numeric, got %s", key, type_name(type));
    }
    check_cku_ratios(host, params);
}

static void check_cost_mapping(const struct cg_host *host, const struct cg_config *overrides) {
    const struct cg_config_api *config = host->config;
    for (size_t i = 0; i < config->count(overrides); i++) {
        char product[CCLOUD_WORD_SIZE];
        char method[CCLOUD_WORD_SIZE];
        const struct cg_config *node = config->at(overrides, i);
        int fits = ccloud_word(config->key_at(overrides, i), CCLOUD_CASE_UPPER, product);
        (void)ccloud_word(config->text(node, "", ""), CCLOUD_CASE_LOWER, method);
        if (!fits || product[0] == '\0') {
            config->problem(host, node, "", "cost_mapping_overrides['%s']: a product type must have 1 to %d characters",
                            product, CCLOUD_WORD_SIZE - 1);
        } else if (ccloud_topic_method_of(method) == CCLOUD_TOPIC_METHOD_COUNT) {
            config->problem(host, node, "",
                            "cost_mapping_overrides['%s']: must be one of {'bytes_ratio', 'disabled', 'even_split', "
                            "'retained_bytes_ratio'}, got '%s'",
                            product, method);
        }
    }
}

/* The name goes into a query as it is, so nothing but a name may pass. */
static void check_metric_name(const struct cg_host *host, const struct cg_config *node, const char *key) {
    char name[CCLOUD_WORD_SIZE];
    int fits = ccloud_word(host->config->text(node, "", ""), CCLOUD_CASE_AS_IS, name);
    if (name[0] == '\0') {
        host->config->problem(host, node, "", "metric_name_overrides['%s']: metric name cannot be empty", key);
    } else if (!fits || !ccloud_is_metric_name(name)) {
        host->config->problem(host, node, "",
                              "metric_name_overrides['%s']: '%s' is no metric name; expected at most %d letters, "
                              "digits, '_' and ':', the first of them no digit",
                              key, name, CCLOUD_WORD_SIZE - 1);
    }
}

static void check_metric_names(const struct cg_host *host, const struct cg_config *overrides) {
    const struct cg_config_api *config = host->config;
    for (size_t i = 0; i < config->count(overrides); i++) {
        char key[CCLOUD_WORD_SIZE];
        const struct cg_config *node = config->at(overrides, i);
        (void)ccloud_word(config->key_at(overrides, i), CCLOUD_CASE_LOWER, key);
        if (ccloud_topic_measure_of(key) == CCLOUD_TOPIC_MEASURE_COUNT) {
            config->problem(host, node, "",
                            "metric_name_overrides: unknown key '%s', valid keys are {'topic_bytes_in', "
                            "'topic_bytes_out', 'topic_retained_bytes'}",
                            key);
        } else {
            check_metric_name(host, node, key);
        }
    }
}

void ccloud_validate(const struct cg_host *host, const struct cg_config *settings) {
    const struct cg_config_api *config = host->config;
    check_params(host, config->get(settings, "allocator_params"));
    if (config->integer(settings, "topic_attribution.enabled", 0) != 0 &&
        config->type(config->get(settings, "metrics")) != CG_CONFIG_MAP) {
        config->problem(host, settings, "topic_attribution.enabled",
                        "topic_attribution.enabled=True requires a configured metrics source; set "
                        "plugin_settings.metrics or disable topic_attribution");
    }
    check_cost_mapping(host, config->get(settings, "topic_attribution.cost_mapping_overrides"));
    check_metric_names(host, config->get(settings, "topic_attribution.metric_name_overrides"));
}
