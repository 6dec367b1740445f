#include "api/self.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/embedded.h"
#include "api/json.h"
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

static void add_gauge(struct cg_buf *out, const char *name, const char *help, uint64_t value) {
    cg_buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n%s %llu\n", name, help, name, name, (unsigned long long)value);
}

static void add_counter(struct cg_buf *out, const char *name, const char *help, uint64_t value) {
    cg_buf_printf(out, "# HELP %s %s\n# TYPE %s counter\n%s %llu\n", name, help, name, name, (unsigned long long)value);
}

void cg_api_metrics_label(struct cg_buf *out, const char *text) {
    for (; *text; text++) {
        if (*text == '\\' || *text == '"')
            cg_buf_add_char(out, '\\');
        if (*text == '\n')
            cg_buf_add_text(out, "\\n");
        else
            cg_buf_add_char(out, *text);
    }
}

static void add_modules(const struct cg_modules *modules, const char *version, struct cg_buf *out) {
    cg_buf_add_text(out, "# HELP chitragupt_build_info Version of the program.\n# TYPE chitragupt_build_info gauge\n"
                         "chitragupt_build_info{version=\"");
    cg_api_metrics_label(out, version);
    cg_buf_add_text(out, "\"} 1\n# HELP chitragupt_module_info Modules that are loaded, and their versions.\n"
                         "# TYPE chitragupt_module_info gauge\n");
    for (size_t i = 0; i < cg_modules_count(modules); i++) {
        const struct cg_module *module = cg_modules_at(modules, i);
        if (!module->loaded || !module->name)
            continue;
        cg_buf_printf(out, "chitragupt_module_info{kind=\"%s\",name=\"", cg_module_kind_name(module->kind));
        cg_api_metrics_label(out, module->name);
        cg_buf_add_text(out, "\",version=\"");
        cg_api_metrics_label(out, module->version ? module->version : "");
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
    add_gauge(out, "process_resident_memory_bytes", "Memory of this process; workers are processes of their own.",
              resident * page);
    add_gauge(out, "process_virtual_memory_bytes", "Address space of this process.", size * page);
}

static void add_server(const struct cg_api *api, struct cg_buf *out) {
    struct cg_http_server_counts counts = {0};
    size_t waiting = 0;
    size_t running = 0;
    if (api->server)
        cg_http_server_count(api->server, &counts);
    cg_pool_count(api->pool, &waiting, &running);
    add_gauge(out, "chitragupt_http_connections", "Open connections.", counts.connections);
    add_counter(out, "chitragupt_http_connections_total", "Connections accepted.", counts.accepted);
    add_counter(out, "chitragupt_http_refused_total", "Requests refused because too many were at work.",
                counts.refused);
    add_counter(out, "chitragupt_http_evicted_total", "Idle connections closed to make room.", counts.evicted);
    add_counter(out, "chitragupt_http_too_slow_total", "Connections closed because the client was too slow.",
                counts.too_slow);
    add_gauge(out, "chitragupt_http_requests_at_work", "Requests that are not answered yet.", api->visit_count);
    add_gauge(out, "chitragupt_http_exports_at_work", "Exports that are being streamed.", api->streams);
    add_gauge(out, "chitragupt_queries_waiting", "Requests that wait for a thread.", waiting);
    add_gauge(out, "chitragupt_queries_running", "Requests on a thread.", running);
}

cg_status cg_api_metrics(struct cg_call *call) {
    const struct cg_api *api = call->api;
    struct cg_buf *out = &call->reply.body;
    call->reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
    add_modules(api->options.modules, api->options.version, out);
    add_gauge(out, "process_start_time_seconds", "Start of the process since 1970.",
              (uint64_t)(api->started_at / INT64_C(1000000)));
    add_memory(out);
    add_server(api, out);
    cg_route_counters_write(&api->counters, out);
    if (api->options.hooks.metrics)
        api->options.hooks.metrics(api->options.hooks.user, out);
    return cg_reply_done(call);
}
