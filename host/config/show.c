#include "config/show.h"

#include <jansson.h>
#include <stdlib.h>

#define MASK "**********"

/* Sets a member; a NULL value, or one that cannot be added, spoils the object (NULL comes back). */
static json_t *with(json_t *object, const char *key, json_t *value) {
    if (object && value && json_object_set_new(object, key, value) == 0)
        return object;
    if (!object)
        json_decref(value);
    json_decref(object);
    return NULL;
}

static const char *level_name(uint32_t level) {
    switch (level) {
    case CG_LOG_DEBUG:
        return "DEBUG";
    case CG_LOG_WARNING:
        return "WARNING";
    case CG_LOG_ERROR:
        return "ERROR";
    case CG_LOG_CRITICAL:
        return "CRITICAL";
    default:
        return "INFO";
    }
}

static json_t *text_or_null(const char *text) {
    return text ? json_string(text) : json_null();
}

static json_t *show_logging(const struct cg_settings *settings) {
    json_t *levels = json_object();
    for (size_t i = 0; i < settings->log_level_count; i++)
        levels = with(levels, settings->log_levels[i].name, json_string(level_name(settings->log_levels[i].level)));
    json_t *logging = with(json_object(), "level", json_string(level_name(settings->log_level)));
    logging = with(logging, "format", json_string(settings->log_format));
    logging = with(logging, "per_module_levels", levels);
    return with(logging, "output", json_string(settings->log_json ? "json" : "text"));
}

static json_t *show_features(const struct cg_settings *settings) {
    json_t *features = with(json_object(), "enable_periodic_refresh", json_boolean(settings->enable_periodic_refresh));
    features = with(features, "refresh_interval", json_integer(settings->refresh_interval));
    features = with(features, "max_parallel_tenants", json_integer(settings->max_parallel_tenants));
    return with(features, "worker_memory_mib", json_integer(settings->worker_memory_mib));
}

/* The entries of api.auth.users or .tokens: who, and which kind of secret. */
static json_t *show_accounts(const struct cg_config *list, const char *hash_key, const char *plain_key) {
    json_t *shown = json_array();
    for (size_t i = 0; i < cg_config_count(list) && shown; i++) {
        const struct cg_config *entry = cg_config_at(list, i);
        const char *key = cg_config_text(entry, hash_key, NULL) ? hash_key : plain_key;
        json_t *account = with(json_object(), "name", text_or_null(cg_config_text(entry, "name", NULL)));
        account = with(account, key, json_string(MASK));
        account = with(account, "role", text_or_null(cg_config_text(entry, "role", NULL)));
        if (!account || json_array_append_new(shown, account) != 0) {
            json_decref(shown);
            shown = NULL;
        }
    }
    return shown;
}

static json_t *show_auth(const struct cg_config *section) {
    json_t *auth = with(json_object(), "type", text_or_null(cg_config_text(section, "type", NULL)));
    auth = with(auth, "users", show_accounts(cg_config_get(section, "users"), "password_hash", "password"));
    auth = with(auth, "tokens", show_accounts(cg_config_get(section, "tokens"), "token_hash", "token"));
    return with(auth, "file", text_or_null(cg_config_text(section, "file", NULL)));
}

/* Paths only: what is in the files is nobody's business. */
static json_t *show_tls(const struct cg_config *section) {
    json_t *tls = with(json_object(), "certificate", text_or_null(cg_config_text(section, "certificate", NULL)));
    return with(tls, "key", text_or_null(cg_config_text(section, "key", NULL)));
}

static json_t *show_api(const struct cg_api_settings *settings, const struct cg_config *section) {
    json_t *origins = json_array();
    for (size_t i = 0; i < settings->cors_origin_count && origins; i++)
        if (json_array_append_new(origins, json_string(settings->cors_origins[i])) != 0) {
            json_decref(origins);
            origins = NULL;
        }
    json_t *api = with(json_object(), "host", json_string(settings->host));
    api = with(api, "port", json_integer(settings->port));
    api = with(api, "enable_cors", json_boolean(settings->enable_cors));
    api = with(api, "cors_origins", origins);
    api = with(api, "request_timeout_seconds", json_integer(settings->request_timeout_seconds));
    api = with(api, "max_connections", json_integer(settings->max_connections));
    api = with(api, "max_body_bytes", json_integer(settings->max_body_bytes));
    api = with(api, "threads", json_integer(settings->threads));
    api = with(api, "auth", show_auth(cg_config_get(section, "auth")));
    return with(api, "tls", show_tls(cg_config_get(section, "tls")));
}

/* A subtree nobody here understands: numbers and structure as they are, every text masked. */
static json_t *show_foreign(const struct cg_config *node) {
    json_t *shown = NULL;
    switch (cg_config_type(node)) {
    case CG_CONFIG_NULL:
        return json_null();
    case CG_CONFIG_BOOL:
        return json_boolean(node->integer != 0);
    case CG_CONFIG_INT:
        return json_integer(node->integer);
    case CG_CONFIG_LIST:
        shown = json_array();
        for (uint32_t i = 0; i < node->count && shown; i++)
            if (json_array_append_new(shown, show_foreign(node->items[i])) != 0) {
                json_decref(shown);
                shown = NULL;
            }
        return shown;
    case CG_CONFIG_MAP:
        shown = json_object();
        for (uint32_t i = 0; i < node->count; i++)
            shown = with(shown, node->items[i]->key, show_foreign(node->items[i]));
        return shown;
    default:
        return json_string(MASK);
    }
}

static json_t *show_tenant(const struct cg_tenant_settings *settings) {
    const struct {
        const char *key;
        int64_t value;
    } numbers[] = {
        {"lookback_days", settings->lookback_days},
        {"cutoff_days", settings->cutoff_days},
        {"retention_days", settings->retention_days},
        {"allocation_retry_limit", settings->allocation_retry_limit},
        {"topic_attribution_retry_limit", settings->topic_attribution_retry_limit},
        {"zero_gather_deletion_threshold", settings->zero_gather_deletion_threshold},
        {"gather_failure_threshold", settings->gather_failure_threshold},
        {"tenant_execution_timeout_seconds", settings->execution_timeout_seconds},
        {"metrics_prefetch_workers", settings->metrics_prefetch_workers},
    };
    json_t *tenant = with(json_object(), "ecosystem", json_string(settings->ecosystem));
    tenant = with(tenant, "tenant_id", json_string(settings->tenant_id));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        tenant = with(tenant, numbers[i].key, json_integer(numbers[i].value));
    json_t *storage = with(json_object(), "backend", json_string(settings->storage_backend));
    storage = with(storage, "connection_string", json_string(*settings->connection_string ? MASK : ""));
    tenant = with(tenant, "storage", storage);
    return with(tenant, "focus_preview", show_foreign(cg_config_get(settings->node, "focus_preview")));
}

cg_status cg_settings_show(const struct cg_settings *settings, struct cg_buf *buf) {
    json_t *tenants = json_object();
    for (size_t i = 0; i < settings->tenant_count; i++)
        tenants = with(tenants, settings->tenants[i].name, show_tenant(&settings->tenants[i]));
    json_t *root = with(json_object(), "logging", show_logging(settings));
    root = with(root, "features", show_features(settings));
    root = with(root, "api", show_api(&settings->api, cg_config_get(settings->root, "api")));
    root = with(root, "preview", show_foreign(cg_config_get(settings->root, "preview")));
    root = with(root, "tenants", tenants);
    root = with(root, "plugins_path", text_or_null(settings->plugins_path));
    char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
    json_decref(root);
    if (!text)
        return CG_NO_MEMORY;
    cg_buf_add_text(buf, text);
    cg_status status = cg_buf_add_char(buf, '\n');
    free(text);
    return status;
}
