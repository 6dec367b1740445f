#include "engine/settings_digest.h"

#include <string.h>

#include "config/node.h"

/* What the program itself reads of plugin_settings: no row follows from it, or it is put in apart. */
static const char *const skipped[] = {
    "allocator_overrides",     "allocator_params", "chargeback_granularity",        "emitters",
    "granularity_durations",   "metrics",          "identity_resolution_overrides", "metrics_step_seconds",
    "min_refresh_gap_seconds",
};

/* A node and all below it, in the order of the file, because modules can see that. Nodes are nested 64 deep at most. */
static void put_node(struct cg_digest *digest, const struct cg_config *node, const struct cg_config *without) {
    if (!node || node == without || (node->flags & CG_NODE_SECRET)) {
        cg_digest_text(digest, NULL);
        return;
    }
    cg_digest_int(digest, node->type);
    cg_digest_text(digest, node->key);
    cg_digest_text(digest, node->text);
    cg_digest_int(digest, node->count);
    for (uint32_t i = 0; i < node->count; i++)
        put_node(digest, node->items[i], without);
}

static int is_skipped(const char *key) {
    for (size_t i = 0; key && i < sizeof skipped / sizeof skipped[0]; i++)
        if (strcmp(skipped[i], key) == 0)
            return 1;
    return 0;
}

/* The ecosystem's own settings: its allocators and resolvers may look at any of them. */
static void put_plugin_settings(struct cg_digest *digest, const struct cg_runtime *runtime) {
    const struct cg_config *settings = runtime->tenant->plugin_settings;
    const struct cg_topic_attribution *topics = runtime->description.topics;
    for (size_t i = 0; i < cg_config_count(settings); i++) {
        const struct cg_config *member = cg_config_at(settings, i);
        if (!is_skipped(cg_config_key_at(settings, i)))
            put_node(digest, member, topics ? topics->emitters : NULL);
    }
}

static void put_module(struct cg_digest *digest, const struct cg_module *module) {
    cg_digest_text(digest, module->name);
    cg_digest_text(digest, module->build_id);
}

void cg_settings_digest(const struct cg_runtime *runtime, unsigned char ret[CG_DIGEST_BYTES]) {
    const struct cg_tenant_settings *tenant = runtime->tenant;
    struct cg_digest digest;
    cg_digest_start(&digest, "settings");
    cg_digest_text(&digest, tenant->name);
    cg_digest_text(&digest, tenant->tenant_id);
    cg_digest_text(&digest, tenant->ecosystem);
    cg_digest_int(&digest, runtime->ecosystem->flags);
    put_module(&digest, runtime->module);
    cg_digest_int(&digest, tenant->allocation_retry_limit);
    put_node(&digest, tenant->allocator_params, NULL);
    put_plugin_settings(&digest, runtime);
    cg_digest_end(&digest, ret);
}

/* A URL without the name and password in front of its host, and without its query, which may hold a key. */
static void put_url(struct cg_digest *digest, const char *url) {
    const char *scheme_end = url ? strstr(url, "://") : NULL;
    if (!scheme_end) {
        cg_digest_text(digest, url);
        return;
    }
    const char *host = scheme_end + 3;
    size_t authority = strcspn(host, "/?#");
    const char *end = host + strcspn(host, "?#");
    for (size_t i = authority; i > 0; i--)
        if (host[i - 1] == '@') {
            host += i;
            break;
        }
    cg_digest_bytes(digest, url, (size_t)(scheme_end - url));
    cg_digest_bytes(digest, host, (size_t)(end - host));
}

/* A header may choose what is told, as X-Scope-OrgID does. Without any, nothing is added. */
static void put_headers(struct cg_digest *digest, const struct cg_metrics_settings *metrics) {
    for (size_t i = 0; i < metrics->header_count; i++) {
        cg_digest_text(digest, metrics->headers[i].name);
        cg_digest_text(digest, metrics->headers[i].value);
    }
}

void cg_settings_digest_metrics(const struct cg_runtime *runtime, int32_t has_source,
                                unsigned char ret[CG_DIGEST_BYTES]) {
    const struct cg_tenant_settings *tenant = runtime->tenant;
    struct cg_digest digest;
    cg_digest_start(&digest, "metrics");
    cg_digest_int(&digest, has_source != 0);
    if (has_source) {
        put_url(&digest, tenant->metrics.url);
        cg_digest_text(&digest, tenant->metrics.auth_type);
        cg_digest_int(&digest, tenant->metrics_step_seconds);
        put_headers(&digest, &tenant->metrics);
    }
    cg_digest_end(&digest, ret);
}

static void put_callee(struct cg_digest *digest, const struct cg_callee *callee) {
    put_module(digest, callee->module);
    cg_digest_text(digest, callee->symbol);
    cg_digest_int(digest, callee->overrides);
}

void cg_settings_put_texts(struct cg_digest *digest, const struct cg_text_list *texts) {
    cg_digest_int(digest, (int64_t)texts->count);
    for (size_t i = 0; i < texts->count; i++)
        cg_digest_text(digest, texts->items[i]);
}

void cg_settings_put_query(struct cg_digest *digest, const struct cg_metric_query *query) {
    cg_digest_text(digest, query->key);
    cg_digest_text(digest, query->expression);
    cg_digest_text(digest, query->filter_label);
    cg_settings_put_texts(digest, &query->labels);
}

void cg_settings_digest_binding(const struct cg_binding *binding, unsigned char ret[CG_DIGEST_BYTES]) {
    uint32_t metric_count = binding->product ? binding->product->metric_count : 0;
    struct cg_digest digest;
    cg_digest_start(&digest, "binding");
    cg_digest_text(&digest, binding->service ? binding->service->service_type : NULL);
    cg_digest_int(&digest, binding->allocator != NULL);
    if (binding->allocator)
        put_callee(&digest, &binding->allocator_callee);
    cg_digest_int(&digest, binding->resolver != NULL);
    if (binding->resolver)
        put_callee(&digest, &binding->resolver_callee);
    cg_digest_int(&digest, metric_count);
    for (uint32_t i = 0; i < metric_count; i++)
        cg_settings_put_query(&digest, binding->product->metrics[i]);
    cg_digest_end(&digest, ret);
}
