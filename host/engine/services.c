#include "engine/services.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "config/node.h"
#include "engine/services_exposition.h"
#include "engine/services_metrics.h"
#include "net/http_client.h"
#include "net/net.h"

static struct cg_services *services_of(const struct cg_host *host) {
    return host->impl;
}

static void host_log(const struct cg_host *host, uint32_t level, const char *format, ...) CG_PRINTF(3, 4);
static void host_log(const struct cg_host *host, uint32_t level, const char *format, ...) {
    const struct cg_services *services = services_of(host);
    va_list args;
    va_start(args, format);
    cg_log_writev(services->shared.log, services->logger, level, format, args);
    va_end(args);
}

static cg_status host_set_error(const struct cg_host *host, cg_status status, const char *format, ...) CG_PRINTF(3, 4);
static cg_status host_set_error(const struct cg_host *host, cg_status status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    cg_error_setv(&services_of(host)->error, status, format, args);
    va_end(args);
    return status;
}

static int64_t host_now(const struct cg_host *host) {
    (void)host;
    return cg_time_now();
}

static void *host_scratch(const struct cg_host *host, size_t size) {
    return cg_arena_alloc(services_of(host)->scratch, size);
}

int32_t cg_services_is_stopped(const struct cg_services_shared *shared) {
    return shared->cancelled && *shared->cancelled;
}

static int32_t host_cancelled(const struct cg_host *host) {
    const struct cg_services *services = services_of(host);
    return cg_services_is_stopped(&services->shared);
}

static const void *host_extension(const struct cg_host *host, const char *id) {
    (void)host;
    (void)id;
    return NULL;
}

static cg_status http_open(const struct cg_host *host, const struct cg_http_options *options,
                           struct cg_http_client **ret) {
    struct cg_services *services = services_of(host);
    if (!services->shared.net)
        return cg_error_set(&services->error, CG_INVALID, "no connection is opened while a configuration is checked");
    return cg_http_client_new(services->shared.net, options, ret, &services->error);
}

static const struct cg_http_api http_api = {
    .struct_size = sizeof http_api,
    .open = http_open,
    .close = cg_http_client_free,
    .get = cg_http_client_get,
    .wait = cg_http_client_wait,
};

cg_status cg_services_new(const struct cg_services_shared *shared, const char *module, struct cg_services **ret) {
    struct cg_services *services = calloc(1, sizeof *services);
    if (!services)
        return CG_NO_MEMORY;
    services->scratch = cg_arena_new();
    if (!services->scratch) {
        free(services);
        return CG_NO_MEMORY;
    }
    services->shared = *shared;
    services->module = module;
    snprintf(services->logger, sizeof services->logger, "plugins.%s", module);
    services->host = (struct cg_host){
        .struct_size = sizeof services->host,
        .impl = services,
        .config = &cg_config_api_table,
        .http = &http_api,
        .log = host_log,
        .set_error = host_set_error,
        .now = host_now,
        .scratch = host_scratch,
        .cancelled = host_cancelled,
        .extension = host_extension,
        .metrics = &cg_metrics_api_table,
        .exposition = &cg_exposition_api_table,
    };
    *ret = services;
    return CG_OK;
}

void cg_services_free(struct cg_services *services) {
    if (!services)
        return;
    cg_arena_free(services->scratch);
    free(services);
}

void cg_services_reset(struct cg_services *services) {
    cg_arena_reset(services->scratch);
    cg_error_clear(&services->error);
}

const char *cg_status_text(cg_status status) {
    switch (status) {
    case CG_OK:
        return "done";
    case CG_INVALID:
        return "invalid input";
    case CG_AUTH:
        return "credentials refused";
    case CG_RATE_LIMITED:
        return "rate limited";
    case CG_TEMPORARY:
        return "temporary failure";
    case CG_CANCELLED:
        return "cancelled";
    case CG_NO_MEMORY:
        return "out of memory";
    case CG_NOT_FOUND:
        return "not found";
    case CG_RANGE:
        return "a number does not fit";
    default:
        return "failed without a reason";
    }
}

const char *cg_services_error(const struct cg_services *services, cg_status status) {
    return services->error.text[0] ? services->error.text : cg_status_text(status);
}
