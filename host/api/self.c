#include "api/self.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/embedded.h"
#include "api/json.h"
#include "api/metrics_text.h"
#include "api/private.h"
#include "base/time.h"

cg_status cg_api_health(struct cg_call *call) {
    struct cg_json json;
    int32_t draining = call->api->draining;
    call->reply.status = draining ? 503 : 200;
    cg_json_init(&json, &call->reply.body);
    cg_json_object(&json);
    cg_json_put_text(&json, "status", draining ? "stopping" : "ok");
    cg_json_put_text(&json, "version", call->api->options.version);
    cg_json_object_end(&json);
    return cg_reply_done(call);
}

cg_status cg_api_openapi(struct cg_call *call) {
    cg_buf_add(&call->reply.body, cg_embedded_openapi, cg_embedded_openapi_length);
    return cg_reply_done(call);
}

cg_status cg_api_docs(struct cg_call *call) {
    call->reply.content_type = "text/html; charset=utf-8";
    /* The page needs nothing from elsewhere, and gets nothing from there. */
    cg_reply_header(call, "content-security-policy",
                    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'");
    cg_buf_add(&call->reply.body, cg_embedded_docs, cg_embedded_docs_length);
    return cg_reply_done(call);
}

/* ---- /metrics ---- */

static void add_modules(const struct cg_modules *modules, const char *version, struct cg_buf *out) {
    cg_metrics_head(out, "chitragupt_build_info", "gauge", "Version of the program.");
    cg_buf_add_text(out, "chitragupt_build_info{version=\"");
    cg_metrics_label(out, version);
    cg_buf_add_text(out, "\"} 1\n");
    cg_metrics_head(out, "chitragupt_module_info", "gauge", "Modules that are loaded, and their versions.");
    for (size_t i = 0; i < cg_modules_count(modules); i++) {
        const struct cg_module *module = cg_modules_at(modules, i);
        if (!module->loaded || !module->name)
            continue;
        cg_buf_printf(out, "chitragupt_module_info{kind=\"%s\",name=\"", cg_module_kind_name(module->kind));
        cg_metrics_label(out, module->name);
        cg_buf_add_text(out, "\",version=\"");
        cg_metrics_label(out, module->version ? module->version : "");
        cg_buf_add_text(out, "\"} 1\n");
    }
}

/* Resident and virtual pages, from the system. */
static void add_memory(struct cg_buf *out) {
    unsigned long long size = 0;
    unsigned long long resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    int read = file ? fscanf(file, "%llu %llu", &size, &resident) : 0;
    if (file)
        fclose(file);
    if (read != 2)
        return;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    cg_metrics_one(out, "process_resident_memory_bytes", "gauge",
                   "Memory of this process; workers are processes of their own.", resident * page);
    cg_metrics_one(out, "process_virtual_memory_bytes", "gauge", "Address space of this process.", size * page);
}

static void add_server(const struct cg_api *api, struct cg_buf *out) {
    struct cg_http_server_counts counts = {0};
    size_t waiting = 0;
    size_t running = 0;
    if (api->server)
        cg_http_server_count(api->server, &counts);
    cg_pool_count(api->pool, &waiting, &running);
    cg_metrics_one(out, "chitragupt_http_connections", "gauge", "Open connections.", counts.connections);
    cg_metrics_one(out, "chitragupt_http_connections_total", "counter", "Connections accepted.", counts.accepted);
    cg_metrics_one(out, "chitragupt_http_refused_total", "counter", "Requests refused because too many were at work.",
                   counts.refused);
    cg_metrics_one(out, "chitragupt_http_evicted_total", "counter", "Idle connections closed to make room.",
                   counts.evicted);
    cg_metrics_one(out, "chitragupt_http_too_slow_total", "counter",
                   "Connections closed because the client was too slow.", counts.too_slow);
    cg_metrics_one(out, "chitragupt_http_requests_at_work", "gauge", "Requests that are not answered yet.",
                   api->visit_count);
    cg_metrics_one(out, "chitragupt_http_exports_at_work", "gauge", "Exports that are being streamed.", api->streams);
    cg_metrics_one(out, "chitragupt_queries_waiting", "gauge", "Requests that wait for a thread.", waiting);
    cg_metrics_one(out, "chitragupt_queries_running", "gauge", "Requests on a thread.", running);
}

cg_status cg_api_metrics(struct cg_call *call) {
    const struct cg_api *api = call->api;
    struct cg_buf *out = &call->reply.body;
    call->reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
    add_modules(api->options.modules, api->options.version, out);
    cg_metrics_one(out, "process_start_time_seconds", "gauge", "Start of the process since 1970.",
                   (uint64_t)(api->started_at / INT64_C(1000000)));
    add_memory(out);
    add_server(api, out);
    cg_route_counters_write(&api->counters, out);
    if (api->options.hooks.metrics)
        api->options.hooks.metrics(api->options.hooks.user, out);
    return cg_reply_done(call);
}
