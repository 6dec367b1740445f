#include "options.h"
#include "products.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(array_) (sizeof(array_) / sizeof((array_)[0]))
#define KEY_SIZE 256

static char changed_case(char character, int upper) {
    if (upper && character >= 'a' && character <= 'z') {
        return (char)(character - 'a' + 'A');
    }
    if (!upper && character >= 'A' && character <= 'Z') {
        return (char)(character - 'A' + 'a');
    }
    return character;
}

/* `text` trimmed and in upper or lower case, cut to the buffer. */
static const char *normalised(const char *text, int upper, char buffer[KEY_SIZE]) {
    size_t length = 0;
    text += strspn(text, " \t\r\n");
    for (; text[length] != '\0' && length < KEY_SIZE - 1; length++) {
        buffer[length] = changed_case(text[length], upper);
    }
    while (length > 0 && strchr(" \t\r\n", buffer[length - 1]) != NULL) {
        length--;
    }
    buffer[length] = '\0';
    return buffer;
}

static int is_one_of(const char *text, const char *const *choices, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, choices[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

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
    static const char *const methods[] = {"bytes_ratio", "disabled", "even_split", "retained_bytes_ratio"};
    const struct cg_config_api *config = host->config;
    for (size_t i = 0; i < config->count(overrides); i++) {
        char product[KEY_SIZE];
        char method[KEY_SIZE];
        const char *key = config->key_at(overrides, i);
        const struct cg_config *node = config->at(overrides, i);
        (void)normalised(key == NULL ? "" : key, 1, product);
        (void)normalised(config->text(node, "", ""), 0, method);
        if (!is_one_of(method, methods, LENGTH(methods))) {
            config->problem(host, node, "",
                            "cost_mapping_overrides['%s']: must be one of {'bytes_ratio', 'disabled', 'even_split', "
                            "'retained_bytes_ratio'}, got '%s'",
                            product, method);
        }
    }
}

static void check_metric_names(const struct cg_host *host, const struct cg_config *overrides) {
    static const char *const metrics[] = {"topic_bytes_in", "topic_bytes_out", "topic_retained_bytes"};
    const struct cg_config_api *config = host->config;
    for (size_t i = 0; i < config->count(overrides); i++) {
        char metric[KEY_SIZE];
        char name[KEY_SIZE];
        const char *key = config->key_at(overrides, i);
        const struct cg_config *node = config->at(overrides, i);
        (void)normalised(key == NULL ? "" : key, 0, metric);
        if (!is_one_of(metric, metrics, LENGTH(metrics))) {
            config->problem(host, node, "",
                            "metric_name_overrides: unknown key '%s', valid keys are {'topic_bytes_in', "
                            "'topic_bytes_out', 'topic_retained_bytes'}",
                            metric);
        } else if (normalised(config->text(node, "", ""), 0, name)[0] == '\0') {
            config->problem(host, node, "", "metric_name_overrides['%s']: metric name cannot be empty", metric);
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
