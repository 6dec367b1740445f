#include "engine/tenant_metrics.h"

#include <stdlib.h>

#include "net/metrics_source.h"

#define SECOND INT64_C(1000000)

static cg_status open_source(struct cg_tenant_metrics *metrics, const struct cg_http_header *headers,
                             struct cg_error *error) {
    const struct cg_tenant_settings *tenant = metrics->tenant;
    const struct cg_metrics_settings *settings = &tenant->metrics;
    const struct cg_metrics_source_options options = {
        .url = settings->url,
        .auth_type = settings->auth_type,
        .username = settings->username,
        .password = settings->password,
        .password_file = settings->password_file,
        .bearer_token = settings->bearer_token,
        .bearer_token_file = settings->bearer_token_file,
        .tls = {.ca_file = settings->ca_file,
                .client_certificate_file = settings->client_certificate_file,
                .client_key_file = settings->client_key_file,
                .client_key_password = settings->client_key_password},
        .headers = headers,
        .header_count = settings->header_count,
        .use_get = settings->use_get,
        .step_seconds = tenant->metrics_step_seconds,
        .workers = (uint32_t)tenant->metrics_prefetch_workers,
        .max_concurrent_requests = (uint32_t)(settings->max_concurrent_requests ? settings->max_concurrent_requests
                                                                                : tenant->metrics_prefetch_workers),
        .max_points_per_query = (uint32_t)settings->max_points_per_query,
        .timeout_us = settings->timeout_seconds * SECOND,
    };
    return cg_metrics_source_new(metrics->net, &options, metrics->log, &metrics->source, error);
}

cg_status cg_tenant_metrics_get(struct cg_tenant_metrics *metrics, struct cg_metrics_source **ret,
                                struct cg_error *error) {
    *ret = NULL;
    if (!metrics || !metrics->tenant->metrics.present)
        return CG_OK;
    if (!metrics->source) {
        const struct cg_metrics_settings *settings = &metrics->tenant->metrics;
        struct cg_http_header *headers = calloc(settings->header_count + 1, sizeof *headers);
        if (!headers)
            return cg_error_no_memory(error);
        for (size_t i = 0; i < settings->header_count; i++)
            headers[i] =
                (struct cg_http_header){.name = settings->headers[i].name, .value = settings->headers[i].value};
        cg_status status = open_source(metrics, headers, error);
        free(headers);
        if (status != CG_OK)
            return cg_error_wrap(error, "metrics");
    }
    *ret = metrics->source;
    return CG_OK;
}

void cg_tenant_metrics_end(struct cg_tenant_metrics *metrics) {
    if (!metrics)
        return;
    cg_metrics_source_free(metrics->source);
    metrics->source = NULL;
}

cg_status cg_tenant_metrics_open(const struct cg_runtime *runtime, struct cg_metrics_source **ret,
                                 struct cg_error *error) {
    return cg_tenant_metrics_get(runtime->shared.metrics, ret, error);
}

void cg_tenant_metrics_close(const struct cg_runtime *runtime) {
    cg_tenant_metrics_end(runtime->shared.metrics);
}
