#include "ccloud.h"

#define MICROSECONDS_PER_SECOND INT64_C(1000000)

/* Seconds as a decimal to whole microseconds. Error: CG_RANGE. */
static cg_status microseconds(const struct cg_decimal *seconds, int64_t *ret_us) {
    const struct cg_decimal million = cg_decimal_from_int64(MICROSECONDS_PER_SECOND);
    struct cg_decimal product;
    struct cg_decimal whole;
    cg_status status = cg_decimal_multiply(seconds, &million, 0, CG_ROUND_HALF_UP, &product);
    if (status == CG_OK) {
        status = cg_decimal_quantize(&product, 0, CG_ROUND_HALF_UP, &whole);
    }
    if (status != CG_OK || whole.negative || whole.high != 0 || whole.low > INT64_MAX) {
        return CG_RANGE;
    }
    *ret_us = (int64_t)whole.low;
    return CG_OK;
}

cg_status ccloud_client_new(const struct ccloud_instance *instance, const struct ccloud_access *access,
                            struct cg_http_client **ret) {
    const struct cg_host *host = instance->host;
    struct cg_http_options options = {
        .struct_size = sizeof options,
        .base_url = access->base_url,
        .username = access->key,
        .password = access->secret,
        .label = access->label,
        .min_interval_us = MICROSECONDS_PER_SECOND / 10,
    };
    struct cg_decimal seconds;
    cg_status status =
        host->config->decimal(instance->tenant->settings, "ccloud_api.request_interval_seconds", &seconds);
    if (status == CG_OK) {
        status = microseconds(&seconds, &options.min_interval_us);
    } else if (status == CG_NOT_FOUND) {
        status = CG_OK;
    }
    if (status != CG_OK) {
        return host->set_error(
            host, CG_INVALID, "ccloud_api.request_interval_seconds is not a number of seconds that can be waited for.");
    }
    return host->http->open(host, &options, ret);
}

cg_status ccloud_client_open(struct ccloud_instance *instance) {
    const struct cg_config_api *config = instance->host->config;
    const struct cg_config *settings = instance->tenant->settings;
    if (instance->client != NULL) {
        return CG_OK;
    }
    const struct ccloud_access access = {
        .base_url = config->text(settings, "ccloud_api.base_url", "https://api.confluent.cloud"),
        .key = config->text(settings, "ccloud_api.key", NULL),
        .secret = config->text(settings, "ccloud_api.secret", NULL),
        .label = "Confluent Cloud",
    };
    return ccloud_client_new(instance, &access, &instance->client);
}

void ccloud_client_close(struct ccloud_instance *instance) {
    struct cg_http_client *client = instance->client;
    instance->client = NULL;
    if (client != NULL) {
        instance->host->http->close(client);
    }
}
