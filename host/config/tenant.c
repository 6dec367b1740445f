#include "config/tenant.h"

#include <inttypes.h>
#include <string.h>

#include "config/connection.h"
#include "config/emitters.h"
#include "config/metrics.h"
#include "config/schema.h"

/* ---- plain values ---- */

static cg_status read_overrides(const struct cg_config *map, struct cg_arena *arena, struct cg_override_setting **ret,
                                size_t *ret_count) {
    const size_t count = cg_config_count(map);
    struct cg_override_setting *overrides = cg_arena_array(arena, count, sizeof *overrides);
    if (!overrides)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct cg_config *node = cg_config_at(map, i);
        overrides[i] = (struct cg_override_setting){
            .key = node->key ? node->key : "", .symbol = cg_config_text(node, "", ""), .node = node};
    }
    *ret = overrides;
    *ret_count = count;
    return CG_OK;
}

static void read_numbers(struct cg_tenant_settings *tenant) {
    const struct {
        const char *key;
        int64_t *value;
    } numbers[] = {
        {"lookback_days", &tenant->lookback_days},
        {"cutoff_days", &tenant->cutoff_days},
        {"retention_days", &tenant->retention_days},
        {"allocation_retry_limit", &tenant->allocation_retry_limit},
        {"topic_attribution_retry_limit", &tenant->topic_attribution_retry_limit},
        {"zero_gather_deletion_threshold", &tenant->zero_gather_deletion_threshold},
        {"gather_failure_threshold", &tenant->gather_failure_threshold},
        {"tenant_execution_timeout_seconds", &tenant->execution_timeout_seconds},
        {"metrics_prefetch_workers", &tenant->metrics_prefetch_workers},
        {"plugin_settings.min_refresh_gap_seconds", &tenant->min_refresh_gap_seconds},
        {"plugin_settings.metrics_step_seconds", &tenant->metrics_step_seconds},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i].value = cg_config_integer(tenant->node, numbers[i].key, 0);
    const struct cg_config *threshold = cg_config_member(tenant->node, "zero_gather_deletion_threshold");
    tenant->has_deletion_threshold = threshold && !(threshold->flags & CG_NODE_DEFAULTED);
}

static int32_t is_sound(const struct cg_config *node) {
    return node && !cg_config_broken(node);
}

/* Sound, and its text is what it will be. */
static int32_t is_known(const struct cg_config *node) {
    return is_sound(node) && !(node->flags & CG_NODE_UNKNOWN);
}

/* ---- durations ---- */

static void set_duration(struct cg_tenant_settings *tenant, const char *name, int64_t hours) {
    size_t at = 0;
    while (at < tenant->duration_count && strcmp(tenant->durations[at].name, name) != 0)
        at++;
    tenant->durations[at] = (struct cg_duration){.name = name, .hours = hours};
    if (at == tenant->duration_count)
        tenant->duration_count++;
}

/* At most 100 years, so that hours can be added to any date. */
#define MAX_HOURS INT64_C(876000)
#define MAX_DURATIONS 100u

static cg_status read_durations(struct cg_tenant_settings *tenant, struct cg_arena *arena) {
    const struct cg_config *map = cg_config_member(tenant->plugin_settings, "granularity_durations");
    size_t count = cg_config_count(map);
    if (count > MAX_DURATIONS) {
        cg_config_error(cg_config_mutable(map), "There can be at most %u granularities", MAX_DURATIONS);
        count = 0;
    }
    tenant->durations = cg_arena_array(arena, count + 2, sizeof *tenant->durations);
    if (!tenant->durations)
        return CG_NO_MEMORY;
    set_duration(tenant, "hourly", 1);
    set_duration(tenant, "daily", 24);
    for (size_t i = 0; i < count; i++) {
        struct cg_config *node = cg_config_mutable(cg_config_at(map, i));
        if (!is_known(node))
            continue;
        if (node->integer < 1)
            cg_config_error_in(node, "granularity_durations['%s']: minimum is 1 hour, got %" PRId64, node->key,
                               node->integer);
        else if (node->integer > MAX_HOURS)
            cg_config_error_in(node, "granularity_durations['%s']: maximum is %" PRId64 " hours", node->key, MAX_HOURS);
        else if (strcmp(node->key, "monthly") == 0)
            cg_config_warning(node, "this entry is ignored: a month has the length it has in the calendar");
        else
            set_duration(tenant, node->key, node->integer);
    }
    return CG_OK;
}

/* ---- storage ---- */

static cg_status read_storage(struct cg_tenant_settings *tenant, struct cg_arena *arena) {
    struct cg_config *section = cg_config_member(tenant->node, "storage");
    struct cg_config *backend = cg_config_member(section, "backend");
    struct cg_config *connection = cg_config_member(section, "connection_string");
    tenant->storage_backend = cg_config_text(backend, "", "");
    tenant->connection_string = cg_config_text(connection, "", "");
    tenant->partitioning = cg_config_text(cg_config_member(section, "partitioning"), "", "");
    if (is_sound(connection)) {
        struct cg_error error = {0};
        cg_status status = cg_connection_parse(tenant->connection_string, arena, &tenant->storage, &error);
        if (status == CG_NO_MEMORY)
            return status;
        if (status != CG_OK)
            cg_config_error(connection, "%s", error.text);
    }
    if (!is_sound(backend))
        return CG_OK;
    const char *name = tenant->storage_backend;
    char shown[CG_CONFIG_SHOWN_SIZE];
    if (strcmp(name, "sqlmodel") == 0)
        return CG_OK;
    if (strcmp(name, "sqlite") != 0 && strcmp(name, "postgresql") != 0)
        cg_config_error(backend, "Unknown storage backend: %s", cg_config_shown(backend, shown));
    else if (tenant->storage && strcmp(tenant->storage->scheme, name) != 0)
        cg_config_error(backend, "The connection_string is not one of the storage backend '%s'", name);
    return CG_OK;
}

static cg_status check_databases(const struct cg_settings *settings, struct cg_arena *arena) {
    const char **identities = cg_arena_array(arena, settings->tenant_count, sizeof *identities);
    if (!identities)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < settings->tenant_count; i++) {
        const struct cg_tenant_settings *tenant = &settings->tenants[i];
        if (!tenant->storage)
            continue;
        identities[i] = cg_connection_identity(tenant->storage, arena);
        if (!identities[i])
            return CG_NO_MEMORY;
        size_t other = 0;
        while (other < i && (!identities[other] || strcmp(identities[other], identities[i]) != 0))
            other++;
        if (other == i)
            continue;
        settings->document->errors++;
        cg_problems_add(settings->document->problems, 0, settings->file,
                        cg_config_line(tenant->node, "storage.connection_string"), "",
                        "tenants '%s' and '%s' share the same storage connection_string — each tenant must use a "
                        "separate database until full tenant isolation is implemented",
                        settings->tenants[other].name, tenant->name);
    }
    return CG_OK;
}

/* ---- a tenant ---- */

static void check_name(struct cg_config *node) {
    if (node->key_type != CG_CONFIG_STRING)
        return;
    int32_t bad = *node->key == '\0';
    for (const char *at = node->key; *at; at++)
        bad |= (unsigned char)*at < 0x20 || *at == 0x7F;
    if (bad)
        cg_config_error(node, "A tenant's name should have at least 1 character and no control characters");
}

static void check_days(const struct cg_tenant_settings *tenant) {
    const struct cg_config *lookback = cg_config_member(tenant->node, "lookback_days");
    const struct cg_config *cutoff = cg_config_member(tenant->node, "cutoff_days");
    const struct cg_config *retention = cg_config_member(tenant->node, "retention_days");
    if (is_sound(lookback) && is_sound(cutoff) && tenant->lookback_days <= tenant->cutoff_days)
        cg_config_error(cg_config_mutable(tenant->node), "lookback_days must be > cutoff_days");
    if (is_sound(lookback) && is_sound(retention) && tenant->retention_days < tenant->lookback_days)
        cg_config_warning(tenant->node,
                          "retention_days (%" PRId64 ") is less than lookback_days (%" PRId64
                          "): older days would be deleted again, so they are not gathered",
                          tenant->retention_days, tenant->lookback_days);
}

/* What lies below plugin_settings and is common to all ecosystems. */
static cg_status read_plugin_settings(struct cg_tenant_settings *tenant, struct cg_arena *arena) {
    struct cg_config *node = cg_config_member(tenant->node, "plugin_settings");
    tenant->plugin_settings = node;
    if (node && node->type != CG_CONFIG_MAP && node->document->reader) {
        /* It was told; a reader goes on with the defaults. */
        node->type = CG_CONFIG_MAP;
        node->count = 0;
        node->flags |= CG_NODE_UNKNOWN;
    }
    if (cg_config_type(node) != CG_CONFIG_MAP)
        return CG_OK;
    const struct cg_option_set set = cg_schema_plugin_settings(NULL, 0, 1);
    cg_status status = cg_options_apply(node, &set);
    if (status == CG_NO_MEMORY)
        return status;
    const struct cg_config *granularity = cg_config_member(node, "chargeback_granularity");
    tenant->allocator_params = cg_config_member(node, "allocator_params");
    tenant->chargeback_granularity = cg_config_text(granularity, "", "");
    status = cg_metrics_settings_read(cg_config_member(node, "metrics"), arena, &tenant->metrics);
    if (status != CG_OK)
        return status;
    status = read_overrides(cg_config_member(node, "allocator_overrides"), arena, &tenant->allocator_overrides,
                            &tenant->allocator_override_count);
    if (status == CG_OK)
        status = read_overrides(cg_config_member(node, "identity_resolution_overrides"), arena,
                                &tenant->identity_overrides, &tenant->identity_override_count);
    if (status == CG_OK)
        status = read_durations(tenant, arena);
    if (status == CG_OK)
        status = cg_emitters_read(cg_config_member(node, "emitters"),
                                  is_sound(granularity) ? tenant->chargeback_granularity : NULL, arena,
                                  &tenant->emitters, &tenant->emitter_count);
    return status;
}

static cg_status read_tenant(struct cg_tenant_settings *tenant, struct cg_config *node, struct cg_arena *arena) {
    tenant->node = node;
    tenant->name = node->key;
    check_name(node);
    if (node->type != CG_CONFIG_MAP)
        return CG_OK;
    tenant->ecosystem = cg_config_text(node, "ecosystem", "");
    tenant->tenant_id = cg_config_text(node, "tenant_id", "");
    cg_status status = read_plugin_settings(tenant, arena);
    if (status == CG_OK)
        status = read_storage(tenant, arena);
    read_numbers(tenant);
    check_days(tenant);
    return status;
}

cg_status cg_tenants_read(struct cg_settings *settings) {
    struct cg_arena *arena = settings->document->arena;
    struct cg_config *map = cg_config_member(settings->root, "tenants");
    if (cg_config_type(map) != CG_CONFIG_MAP)
        return CG_OK;
    if (map->count > CG_SCHEMA_MAX_TENANTS) {
        cg_config_error(map, "There can be at most %u tenants", CG_SCHEMA_MAX_TENANTS);
        return CG_OK;
    }
    settings->tenants = cg_arena_array(arena, map->count, sizeof *settings->tenants);
    if (!settings->tenants)
        return CG_NO_MEMORY;
    settings->tenant_count = map->count;
    for (uint32_t i = 0; i < map->count; i++)
        if (read_tenant(&settings->tenants[i], map->items[i], arena) != CG_OK)
            return CG_NO_MEMORY;
    return check_databases(settings, arena);
}
