#include "config/settings.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "loaded.h"

#define CLASH                                                                                                          \
    "tenants 'a' and 'b' share the same storage connection_string — each tenant must use a separate database until " \
    "full tenant isolation is implemented\n"
#define LEVELS "level must be one of ['CRITICAL', 'DEBUG', 'ERROR', 'INFO', 'WARNING'], got "

/* A tenant `a` with these lines below `plugin_settings`. */
#define PLUGIN(lines_) "tenants:\n  a:\n    ecosystem: e\n    tenant_id: t\n    plugin_settings:\n" lines_

/* A tenant `a` with these further keys. */
#define TENANT(lines_) "tenants:\n  a:\n    ecosystem: e\n    tenant_id: t\n" lines_

static const struct {
    const char *name;
    const char *text;
    const char *errors;
    const char *warnings;
} cases[] = {
    {"empty", "", "", ""},
    {"no mapping", "[1]", "c.yaml:1: Input should be a valid dictionary or instance of AppSettings\n", ""},
    {"sections of the wrong kind", "logging:\nfeatures: 1\napi: []\npreview: x\ntenants: 3\nplugins_path: 7\n",
     "c.yaml:1: logging: Input should be a valid dictionary or instance of LoggingConfig\n"
     "c.yaml:2: features: Input should be a valid dictionary or instance of FeaturesConfig\n"
     "c.yaml:3: api: Input should be a valid dictionary or instance of ApiConfig\n"
     "c.yaml:4: preview: Input should be a valid dictionary or instance of PreviewConfig\n"
     "c.yaml:5: tenants: Input should be a valid dictionary\n"
     "c.yaml:6: plugins_path: Input is not a valid path for <class 'pathlib.Path'>\n",
     ""},
    {"ranges",
     "features: {refresh_interval: 0, max_parallel_tenants: 65}\napi: {port: 0, request_timeout_seconds: 301}\n",
     "c.yaml:1: features.refresh_interval: Input should be greater than 0\n"
     "c.yaml:1: features.max_parallel_tenants: Input should be less than or equal to 64\n"
     "c.yaml:2: api.port: Input should be greater than or equal to 1\n"
     "c.yaml:2: api.request_timeout_seconds: Input should be less than or equal to 300\n",
     ""},
    {"levels", "logging:\n  level: LOUD\n  per_module_levels:\n    core: WARN\n    x: 3\n    y:\n",
     "c.yaml:2: logging.level: " LEVELS "'LOUD'\n"
     "c.yaml:4: logging.per_module_levels: per_module_levels['core']: " LEVELS "'WARN'\n"
     "c.yaml:5: logging.per_module_levels.x: Input should be a valid string\n"
     "c.yaml:6: logging.per_module_levels.y: Input should be a valid string\n",
     ""},
    {"level is a number", "logging: {level: 10, per_module_levels: }\n",
     "c.yaml:1: logging.level: Input should be a valid string\n"
     "c.yaml:1: logging.per_module_levels: Input should be a valid dictionary\n",
     ""},
    {"formats", "logging: {format: plain}\n",
     "c.yaml:1: logging.format: Invalid format 'plain' for '%' style; it should have fields like %(message)s, and only "
     "known ones\n",
     ""},
    {"origins", "api: {cors_origins: [a, 1]}\n", "c.yaml:1: api.cors_origins.1: Input should be a valid string\n", ""},
    {"required",
     "tenants:\n  a: {}\n  b:\n    ecosystem: e\n    tenant_id: ''\n    storage: {connection_string: 'sqlite:///b'}\n",
     "c.yaml:2: tenants.a.ecosystem: Field required\n"
     "c.yaml:2: tenants.a.tenant_id: Field required\n"
     "c.yaml:5: tenants.b.tenant_id: String should have at least 1 character\n",
     ""},
    {"tenant of the wrong kind", "tenants: {a: , 1: {ecosystem: e, tenant_id: t}}\n",
     "c.yaml:1: tenants.a: Input should be a valid dictionary or instance of TenantConfig\n"
     "c.yaml:1: tenants.1.[key]: Input should be a valid string\n",
     ""},
    {"tenant names",
     "tenants:\n  '': {ecosystem: e, tenant_id: t}\n  \"a\\tb\": {ecosystem: e, tenant_id: t, storage: "
     "{connection_string: 'sqlite:///b'}}\n",
     "c.yaml:2: tenants.: A tenant's name should have at least 1 character and no control characters\n"
     "c.yaml:3: tenants.a b: A tenant's name should have at least 1 character and no control characters\n",
     ""},
    {"unquoted number",
     TENANT(
         "    tenant_name: x\n") "  b: {ecosystem: e, tenant_id: 12345, storage: {connection_string: 'sqlite:///b'}}\n",
     "c.yaml:6: tenants.b.tenant_id: Input should be a valid string\n",
     "c.yaml:5: tenants.a: unknown key 'tenant_name' is ignored; did you mean 'tenant_id'?\n"},
    {"tenant ranges",
     TENANT("    lookback_days: 365\n    cutoff_days: 31\n    zero_gather_deletion_threshold: -2\n"
            "    gather_failure_threshold: 0\n    tenant_execution_timeout_seconds: -1\n"),
     "c.yaml:5: tenants.a.lookback_days: Input should be less than or equal to 364\n"
     "c.yaml:6: tenants.a.cutoff_days: Input should be less than or equal to 30\n"
     "c.yaml:7: tenants.a.zero_gather_deletion_threshold: Input should be greater than or equal to -1\n"
     "c.yaml:8: tenants.a.gather_failure_threshold: Input should be greater than 0\n"
     "c.yaml:9: tenants.a.tenant_execution_timeout_seconds: Input should be greater than or equal to 0\n",
     ""},
    {"days", TENANT("    lookback_days: 5\n"), "c.yaml:2: tenants.a: lookback_days must be > cutoff_days\n", ""},
    {"retention", TENANT("    retention_days: 30\n    lookback_days: 40\n"), "",
     "c.yaml:2: tenants.a: retention_days (30) is less than lookback_days (40): older days would be deleted "
     "again, so they are not gathered\n"},
    {"rules wait for their keys", TENANT("    lookback_days: x\n    cutoff_days: 30\n    retention_days: 1\n"),
     "c.yaml:5: tenants.a.lookback_days: Input should be a valid integer, unable to parse string as an integer\n", ""},
    {"databases, both default", TENANT("") "  b:\n    ecosystem: e\n    tenant_id: t\n", "c.yaml:5: " CLASH, ""},
    {"databases, two spellings",
     TENANT("    storage: {connection_string: 'sqlite:///d.db'}\n") "  b:\n    ecosystem: e\n    tenant_id: t\n    "
                                                                    "storage:\n      connection_string: "
                                                                    "sqlite:///./d.db\n",
     "c.yaml:10: " CLASH, ""},
    {"backends", TENANT("    storage: {backend: foo}\n"),
     "c.yaml:5: tenants.a.storage.backend: Unknown storage backend: 'foo'\n", ""},
    {"backend of another kind", TENANT("    storage: {backend: postgresql}\n"),
     "c.yaml:5: tenants.a.storage.backend: The connection_string is not one of the storage backend 'postgresql'\n", ""},
    {"backend by name", TENANT("    storage: {backend: sqlite}\n"), "", ""},
    {"partitioning", TENANT("    storage: {partitioning: monthly}\n"), "", ""},
    {"partitioning of no kind", TENANT("    storage: {partitioning: weekly}\n"),
     "c.yaml:5: tenants.a.storage.partitioning: Input should be 'none' or 'monthly'\n", ""},
    {"connection string", TENANT("    storage: {connection_string: 'hunter2'}\n"),
     "c.yaml:5: tenants.a.storage.connection_string: Could not parse SQLAlchemy URL from given URL string\n", ""},
    {"storage is empty", TENANT("    storage:\n    plugin_settings:\n    focus_preview:\n"),
     "c.yaml:5: tenants.a.storage: Input should be a valid dictionary or instance of StorageConfig\n"
     "c.yaml:6: tenants.a.plugin_settings: Input should be a valid dictionary or instance of PluginSettingsBase\n",
     ""},
    {"previews are accepted", "preview: {max_workers: x, y: [1]}\n" TENANT("    focus_preview: {a: {b: c}}\n"), "", ""},
    {"preview of the wrong kind", TENANT("    focus_preview: 1\n"),
     "c.yaml:5: tenants.a.focus_preview: Input should be a valid dictionary\n", ""},
    {"plugin keys are for the module", PLUGIN("      anything: {x: 1}\n"), "", ""},
    {"allocator parameters", PLUGIN("      allocator_params: {a: 1, b: 0.5, c: x, d: yes, e: , f: [1]}\n"),
     "c.yaml:6: tenants.a.plugin_settings.allocator_params.e.float: Input should be a valid number\n"
     "c.yaml:6: tenants.a.plugin_settings.allocator_params.e.int: Input should be a valid integer\n"
     "c.yaml:6: tenants.a.plugin_settings.allocator_params.e.str: Input should be a valid string\n"
     "c.yaml:6: tenants.a.plugin_settings.allocator_params.e.bool: Input should be a valid boolean\n"
     "c.yaml:6: tenants.a.plugin_settings.allocator_params.f.float: Input should be a valid number\n"
     "c.yaml:6: tenants.a.plugin_settings.allocator_params.f.int: Input should be a valid integer\n"
     "c.yaml:6: tenants.a.plugin_settings.allocator_params.f.str: Input should be a valid string\n"
     "c.yaml:6: tenants.a.plugin_settings.allocator_params.f.bool: Input should be a valid boolean\n",
     ""},
    {"overrides", PLUGIN("      allocator_overrides: {X: 1}\n      identity_resolution_overrides: []\n"),
     "c.yaml:6: tenants.a.plugin_settings.allocator_overrides.X: Input should be a valid string\n"
     "c.yaml:7: tenants.a.plugin_settings.identity_resolution_overrides: Input should be a valid dictionary\n",
     ""},
    {"durations",
     PLUGIN("      granularity_durations:\n        x: 0\n        y: 876001\n        monthly: 5\n        z: 1.5\n"),
     "c.yaml:7: tenants.a.plugin_settings.granularity_durations: granularity_durations['x']: minimum is 1 hour, got 0\n"
     "c.yaml:8: tenants.a.plugin_settings.granularity_durations: granularity_durations['y']: maximum is 876000 hours\n"
     "c.yaml:10: tenants.a.plugin_settings.granularity_durations.z: Input should be a valid integer, got a number with "
     "a "
     "fractional part\n",
     "c.yaml:9: tenants.a.plugin_settings.granularity_durations.monthly: this entry is ignored: a month has the length "
     "it has in the calendar\n"},
    {"emitters",
     PLUGIN("      emitters:\n        - {type: csv, aggregation: weekly}\n        - {name: x, lookback_days: 800000}\n"
            "        - 3\n        - {type: '', params: []}\n"),
     "c.yaml:7: tenants.a.plugin_settings.emitters.0.aggregation: Input should be 'hourly', 'daily' or 'monthly'\n"
     "c.yaml:8: tenants.a.plugin_settings.emitters.1.type: Field required\n"
     "c.yaml:8: tenants.a.plugin_settings.emitters.1.lookback_days: Input should be less than or equal to 700000\n"
     "c.yaml:9: tenants.a.plugin_settings.emitters.2: Input should be a valid dictionary or instance of EmitterSpec\n"
     "c.yaml:10: tenants.a.plugin_settings.emitters.3.type: String should have at least 1 character\n"
     "c.yaml:10: tenants.a.plugin_settings.emitters.3.params: Input should be a valid dictionary\n",
     ""},
    {"emitter names", PLUGIN("      emitters:\n        - {type: csv, name: x}\n        - {type: other, name: x}\n"),
     "c.yaml:8: tenants.a.plugin_settings.emitters.1.name: Emitter name 'x' is used more than once; each emitter of a "
     "tenant needs a name of its own\n",
     ""},
    {"aggregation",
     PLUGIN(
         "      emitters:\n        - {type: csv, aggregation: hourly}\n        - {type: csv, aggregation: monthly}\n"),
     "c.yaml:7: tenants.a.plugin_settings.emitters.0.aggregation: Emitter 'csv' requests aggregation 'hourly' which is "
     "finer than chargeback_granularity 'daily'.\n",
     ""},
    {"metrics, basic", PLUGIN("      metrics: {url: 'http://prom:9090', auth_type: basic, username: u}\n"),
     "c.yaml:6: tenants.a.plugin_settings.metrics: username and password required for basic auth\n", ""},
    {"metrics, bearer", PLUGIN("      metrics: {url: 'http://prom:9090', auth_type: bearer, bearer_token: ''}\n"),
     "c.yaml:6: tenants.a.plugin_settings.metrics: bearer_token required for bearer auth\n", ""},
    {"metrics, none", PLUGIN("      metrics: {url: 'http://prom:9090', password: p}\n"),
     "c.yaml:6: tenants.a.plugin_settings.metrics: credentials provided but auth_type is 'none'\n", ""},
    {"metrics, empty credentials", PLUGIN("      metrics: {url: 'http://prom:9090', password: '', username: }\n"), "",
     ""},
    {"metrics, extra credentials",
     PLUGIN("      metrics: {url: 'http://prom:9090', auth_type: basic, username: u, password: p, bearer_token: t}\n"),
     "", ""},
    {"metrics, keys", PLUGIN("      metrics: {type: influx, auth_type: digest, user: u}\n"),
     "c.yaml:6: tenants.a.plugin_settings.metrics.type: Input should be 'prometheus'\n"
     "c.yaml:6: tenants.a.plugin_settings.metrics.url: Field required\n"
     "c.yaml:6: tenants.a.plugin_settings.metrics.auth_type: Input should be 'basic', 'bearer' or 'none'\n",
     "c.yaml:6: tenants.a.plugin_settings.metrics: unknown key 'user' is ignored\n"},
    {"metrics, no URL", PLUGIN("      metrics: {url: prom:9090}\n"),
     "c.yaml:6: tenants.a.plugin_settings.metrics.url: Input should be a URL that starts with https:// or http://\n",
     ""},
    {"metrics, empty URL", PLUGIN("      metrics: {url: ''}\n"),
     "c.yaml:6: tenants.a.plugin_settings.metrics.url: String should have at least 1 character\n", ""},
    {"metrics, null", PLUGIN("      metrics:\n"), "", ""},
    {"unknown keys",
     "loging: {}\nfeatures: {refresh_intervall: 5}\napi: {colour: red, 1: x}\n" TENANT(
         "    look_back_days: 5\n    storage: {backnd: x}\n"),
     "",
     "c.yaml:1: unknown key 'loging' is ignored; did you mean 'logging'?\n"
     "c.yaml:2: features: unknown key 'refresh_intervall' is ignored; did you mean 'refresh_interval'?\n"
     "c.yaml:3: api: unknown key 'colour' is ignored\n"
     "c.yaml:3: api: unknown key '1' is ignored\n"
     "c.yaml:8: tenants.a: unknown key 'look_back_days' is ignored; did you mean 'lookback_days'?\n"
     "c.yaml:9: tenants.a.storage: unknown key 'backnd' is ignored; did you mean 'backend'?\n"},
    {"a key that swallowed its value", "{api: {token:hunter2}}\n", "",
     "c.yaml:1: api: unknown key 'token:...' is ignored\n"},
};

Test(settings, problems_of_a_file) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct loaded loaded = load(cases[i].text, NULL);
        cr_expect_str_eq(cg_buf_text(&loaded.errors), cases[i].errors, "%s:\n%s", cases[i].name,
                         cg_buf_text(&loaded.errors));
        cr_expect_str_eq(cg_buf_text(&loaded.warnings), cases[i].warnings, "%s:\n%s", cases[i].name,
                         cg_buf_text(&loaded.warnings));
        cr_expect_eq(loaded.status, *cases[i].errors ? CG_INVALID : CG_OK, "%s: status %d", cases[i].name,
                     loaded.status);
        unload(&loaded);
    }
}

/* Whole files of each ecosystem, which are seeds of the fuzzer too. */
Test(settings, documented_files_are_fine) {
    static const char *const names[] = {"cloud", "self_managed", "generic"};
    static const char *const variables[] = {"CC_KEY=k", "CC_SECRET=s", "PROM_URL=https://p", "PROM_TOKEN=t", "FK=k",
                                            "FS=s",     "PGU=u",       "PGP=p%40",           "PP=p",         NULL};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[512];
        const char *reason = "";
        struct cg_buf text;
        snprintf(path, sizeof path, "%s/tests/fuzz/corpus/config/%s.yaml", CG_TEST_SOURCE_DIR, names[i]);
        cr_assert_eq(cg_file_read(path, 100000, &text, &reason), CG_OK, "%s: %s", path, reason);
        struct loaded loaded = load_bytes(cg_buf_text(&text), text.length, variables);
        cr_expect_eq(loaded.status, CG_OK, "%s: %s", names[i], cg_buf_text(&loaded.errors));
        cr_expect_str_eq(cg_buf_text(&loaded.warnings), "", "%s: %s", names[i], cg_buf_text(&loaded.warnings));
        unload(&loaded);
        cg_buf_done(&text);
    }
}

Test(settings, an_empty_variable_is_named) {
    struct loaded loaded = load("api: {port: \"${PORT}\"}\n" TENANT("    storage: {connection_string: \"${DB}\"}\n"),
                                (const char *const[]){"PORT=", "DB=", NULL});
    cr_expect_str_eq(cg_buf_text(&loaded.errors),
                     "c.yaml:1: api.port: Input should be a valid integer, unable to parse string as an integer (the "
                     "environment variable 'PORT' is set but empty)\n"
                     "c.yaml:6: tenants.a.storage.connection_string: Could not parse SQLAlchemy URL from given URL "
                     "string (the environment variable 'DB' is set but empty)\n",
                     "%s", cg_buf_text(&loaded.errors));
    unload(&loaded);
}

Test(settings, defaults) {
    struct loaded loaded = load(TENANT(""), NULL);
    cr_assert_eq(loaded.status, CG_OK, "%s", cg_buf_text(&loaded.errors));
    const struct cg_settings *settings = loaded.settings;
    cr_expect_eq(settings->log_level, CG_LOG_INFO);
    cr_expect_str_eq(settings->log_format, "%(asctime)s - %(name)s - %(levelname)s - %(message)s");
    cr_expect_eq(settings->log_level_count, 0);
    cr_expect_eq(settings->enable_periodic_refresh, 1);
    cr_expect_eq(settings->refresh_interval, 1800);
    cr_expect_eq(settings->max_parallel_tenants, 4);
    cr_expect_str_eq(settings->api.host, "0.0.0.0");
    cr_expect_eq(settings->api.port, 8080);
    cr_expect_eq(settings->api.enable_cors, 0);
    cr_expect_eq(settings->api.cors_origin_count, 0);
    cr_expect_eq(settings->api.request_timeout_seconds, 30);
    cr_expect_null(settings->plugins_path);
    cr_assert_eq(settings->tenant_count, 1);
    const struct cg_tenant_settings *tenant = &settings->tenants[0];
    cr_expect_eq(cg_settings_tenant(settings, "a"), tenant);
    cr_expect_null(cg_settings_tenant(settings, "b"));
    cr_expect_str_eq(tenant->name, "a");
    cr_expect_str_eq(tenant->ecosystem, "e");
    cr_expect_str_eq(tenant->tenant_id, "t");
    cr_expect_eq(tenant->lookback_days, 200);
    cr_expect_eq(tenant->cutoff_days, 5);
    cr_expect_eq(tenant->retention_days, 250);
    cr_expect_eq(tenant->allocation_retry_limit, 3);
    cr_expect_eq(tenant->topic_attribution_retry_limit, 3);
    cr_expect_eq(tenant->zero_gather_deletion_threshold, -1);
    cr_expect_eq(tenant->gather_failure_threshold, 5);
    cr_expect_eq(tenant->execution_timeout_seconds, 3600);
    cr_expect_eq(tenant->metrics_prefetch_workers, 4);
    cr_expect_str_eq(tenant->storage_backend, "sqlmodel");
    cr_expect_str_eq(tenant->connection_string, "sqlite:///data/chargeback.db");
    cr_expect_str_eq(tenant->storage->database, "data/chargeback.db");
    cr_expect_eq(cg_config_type(tenant->plugin_settings), CG_CONFIG_MAP);
    cr_expect_eq(cg_config_type(tenant->allocator_params), CG_CONFIG_MAP);
    cr_expect_eq(tenant->allocator_override_count, 0);
    cr_expect_eq(tenant->identity_override_count, 0);
    cr_expect_eq(tenant->min_refresh_gap_seconds, 1800);
    cr_expect_eq(tenant->metrics_step_seconds, 3600);
    cr_expect_str_eq(tenant->chargeback_granularity, "daily");
    cr_expect_eq(tenant->emitter_count, 0);
    cr_expect_eq(tenant->metrics.present, 0);
    cr_expect_eq(cg_settings_duration(tenant, "hourly"), 1);
    cr_expect_eq(cg_settings_duration(tenant, "daily"), 24);
    cr_expect_eq(cg_settings_duration(tenant, "monthly"), 0);
    unload(&loaded);
}

Test(settings, values) {
    struct loaded loaded =
        load("logging: {level: debug, per_module_levels: {core.metrics.prometheus: WARNING}}\n"
             "api: {cors_origins: ['http://ui.example:8081'], enable_cors: on}\n"
             "plugins_path: \"${NONE:-}\"\n" PLUGIN(
                 "      allocator_params: {kafka_cku_usage_ratio: 0.6}\n"
                 "      allocator_overrides: {KAFKA_BASE: acme_base, X: 'm:y'}\n"
                 "      identity_resolution_overrides: {kafka: acme_kafka}\n"
                 "      granularity_durations: {weekly: 168, daily: 23}\n"
                 "      chargeback_granularity: hourly\n"
                 "      emitters:\n"
                 "        - {type: csv, params: {output_dir: /x}}\n"
                 "        - {type: csv, aggregation: hourly, lookback_days: -3}\n"
                 "        - {type: csv, name: csv-2}\n"
                 "        - {type: csv, name: ''}\n"
                 "        - {type: prometheus}\n"
                 "      metrics: {url: 'http://prom:9090', auth_type: basic, username: u, password: p}\n"),
             NULL);
    cr_assert_eq(loaded.status, CG_OK, "%s", cg_buf_text(&loaded.errors));
    const struct cg_settings *settings = loaded.settings;
    cr_expect_eq(settings->log_level, CG_LOG_DEBUG);
    cr_expect_eq(settings->log_level_count, 1);
    cr_expect_str_eq(settings->log_levels[0].name, "core.metrics.prometheus");
    cr_expect_eq(settings->log_levels[0].level, CG_LOG_WARNING);
    cr_expect_eq(settings->api.enable_cors, 1);
    cr_expect_str_eq(settings->api.cors_origins[0], "http://ui.example:8081");
    cr_expect_null(settings->plugins_path);
    const struct cg_tenant_settings *tenant = &settings->tenants[0];
    cr_expect_str_eq(cg_config_text(tenant->allocator_params, "kafka_cku_usage_ratio", ""), "0.6");
    cr_expect_eq(tenant->allocator_override_count, 2);
    cr_expect_str_eq(tenant->allocator_overrides[1].symbol, "m:y");
    cr_expect_str_eq(tenant->identity_overrides[0].key, "kafka");
    cr_expect_eq(cg_settings_duration(tenant, "weekly"), 168);
    cr_expect_eq(cg_settings_duration(tenant, "daily"), 23);
    static const char *const names[] = {"csv", "csv-3", "csv-2", "csv-4", "prometheus"};
    cr_assert_eq(tenant->emitter_count, 5);
    for (size_t i = 0; i < 5; i++)
        cr_expect_str_eq(tenant->emitters[i].name, names[i], "%zu: %s", i, tenant->emitters[i].name);
    cr_expect_str_eq(cg_config_text(tenant->emitters[0].params, "output_dir", ""), "/x");
    cr_expect_eq(tenant->emitters[0].has_lookback, 0);
    cr_expect_null(tenant->emitters[0].aggregation);
    cr_expect_eq(tenant->emitters[1].has_lookback, 1);
    cr_expect_eq(tenant->emitters[1].lookback_days, -3);
    cr_expect_eq(cg_config_type(tenant->emitters[1].params), CG_CONFIG_MAP);
    cr_expect_eq(tenant->metrics.present, 1);
    cr_expect_str_eq(tenant->metrics.password, "p");
    cr_expect_null(tenant->metrics.bearer_token);
    unload(&loaded);
}
