/*
 * settings.h - a configuration file as typed, defaulted and checked settings.
 *
 * Everything here is constant once loaded, except that cg_settings_apply_options and cg_settings_apply_emitter_options
 * complete subtrees with the options of modules, which are not known while the file is loaded. All strings and nodes
 * live in the settings.
 */
#ifndef CG_CONFIG_SETTINGS_H
#define CG_CONFIG_SETTINGS_H

#include <chitragupt/plugin.h>

#include "base/log.h"
#include "config/dotenv.h"
#include "config/node.h"
#include "config/problems.h"

/** Most emitters of a list. */
#define CG_EMITTERS_MAX 100u

/** One entry of `emitters`. */
struct cg_emitter_settings {
    const char *type;
    const char *name;        /**< unique in its list; unnamed ones are "csv", "csv-2", ... */
    const char *aggregation; /**< NULL, "hourly", "daily" or "monthly" */
    int32_t has_lookback;
    int64_t lookback_days; /**< valid with has_lookback; -700000..700000 */
    const struct cg_config *node;
    const struct cg_config *params; /**< a map, perhaps empty */
};

/** Length of a named granularity. */
struct cg_duration {
    const char *name;
    int64_t hours; /**< 1..876000 */
};

/** One entry of allocator_overrides or identity_resolution_overrides. */
struct cg_override_setting {
    const char *key;
    const char *symbol;
    const struct cg_config *node;
};

/** One entry of `metrics.headers`. */
struct cg_header_setting {
    const char *name;
    const char *value; /**< perhaps a secret */
};

/** `metrics`. Strings are NULL when absent. */
struct cg_metrics_settings {
    int32_t present; /**< 0: no section, everything else is zero */
    const char *url;
    const char *auth_type; /**< "basic", "bearer" or "none" */
    const char *username;
    const char *password; /**< secret */
    const char *password_file;
    const char *bearer_token; /**< secret */
    const char *bearer_token_file;
    const struct cg_header_setting *headers;
    size_t header_count;
    const char *ca_file;
    const char *client_certificate_file;
    const char *client_key_file;
    const char *client_key_password; /**< secret */
    int32_t use_get;
    int64_t max_concurrent_requests; /**< 0: as many as metrics_prefetch_workers */
    int64_t max_points_per_query;
    int64_t timeout_seconds;
};

/** One tenant. */
struct cg_tenant_settings {
    const char *name; /**< key under `tenants` */
    const char *ecosystem;
    const char *tenant_id;
    int64_t lookback_days;
    int64_t cutoff_days;
    int64_t retention_days;
    int64_t allocation_retry_limit;
    int64_t topic_attribution_retry_limit;
    int64_t zero_gather_deletion_threshold; /**< -1 = never */
    int32_t has_deletion_threshold; /**< 1: the file gives it; 0: a complete listing that is empty is believed */
    int64_t gather_failure_threshold;
    int64_t execution_timeout_seconds; /**< 0 = none */
    int64_t metrics_prefetch_workers;

    const char *storage_backend;         /**< "sqlmodel", "sqlite" or "postgresql" */
    const char *connection_string;       /**< secret */
    const struct cg_sql_target *storage; /**< the same, parsed */
    const char *partitioning;            /**< "none", "monthly" or "": as the database has it */

    const struct cg_config *node;
    const struct cg_config *plugin_settings;  /**< a map, perhaps empty */
    const struct cg_config *allocator_params; /**< a map, perhaps empty */
    struct cg_override_setting *allocator_overrides;
    size_t allocator_override_count;
    struct cg_override_setting *identity_overrides;
    size_t identity_override_count;
    int64_t min_refresh_gap_seconds;
    struct cg_duration *durations; /**< "hourly" and "daily", overridden and extended by the file; never "monthly" */
    size_t duration_count;
    int64_t metrics_step_seconds;
    const char *chargeback_granularity; /**< "hourly", "daily" or "monthly" */
    struct cg_emitter_settings *emitters;
    size_t emitter_count;
    struct cg_metrics_settings metrics;

    const char *topics_status; /**< "disabled", "enabled" or "config_error"; NULL before cg_check_options */
    const char *topics_error;  /**< texts joined by "; ", with "config_error"; else NULL */
};

/** What somebody may do over the REST API. */
#define CG_ROLE_NONE 0u
#define CG_ROLE_READ 1u
#define CG_ROLE_WRITE 2u /**< everything */

/** Who may use the REST API: a user or a token. Exactly one of `hash` and `plain` is given. */
struct cg_api_account {
    const char *name;
    const char *hash;  /**< secret: what `chitragupt hash` prints, or NULL */
    const char *plain; /**< secret: the password or token itself, not empty, or NULL */
    uint32_t role;     /**< CG_ROLE_READ or CG_ROLE_WRITE */
};

/** How clients of the REST API identify themselves. */
enum cg_api_auth_type { CG_API_AUTH_NONE, CG_API_AUTH_BASIC, CG_API_AUTH_BEARER };

/** Most accounts of the configuration and its file together. */
#define CG_API_ACCOUNTS_MAX 1000u

/** `api`. */
struct cg_api_settings {
    const char *host;
    int64_t port;
    int32_t enable_cors;
    const char **cors_origins;
    size_t cors_origin_count;
    int64_t request_timeout_seconds;
    int64_t max_connections; /**< 16..65536 */
    int64_t max_body_bytes;  /**< 1024..268435456 */
    int64_t threads;         /**< 1..64, or 0: the program chooses */

    enum cg_api_auth_type auth_type;
    struct cg_api_account *accounts; /**< of the type in use: `users` or `tokens`, then the entries of `file` */
    size_t account_count;            /**< 0 with CG_API_AUTH_NONE, else from 1 */

    const char *tls_certificate; /**< PEM text, the chain; NULL: plain HTTP */
    const char *tls_key;         /**< PEM text, secret; given when the certificate is */
};

/** A whole file. */
struct cg_settings {
    uint32_t flags; /**< CG_SETTINGS_ */
    const char *file;
    const char *env_file; /**< the .env file that was loaded, or NULL */
    uint32_t log_level;   /**< CG_LOG_ */
    const char *log_format;
    int32_t log_json; /**< 1: JSON lines, and `log_format` is not used */
    struct cg_log_level *log_levels;
    size_t log_level_count;
    int32_t enable_periodic_refresh;
    int64_t refresh_interval; /**< seconds */
    int64_t max_parallel_tenants;
    int64_t worker_memory_mib; /**< most memory of a worker, 0..1048576; 0 = no limit */
    struct cg_api_settings api;
    const char *plugins_path; /**< or NULL */
    struct cg_tenant_settings *tenants;
    size_t tenant_count;
    const struct cg_config *root;
    struct cg_document *document;
};

/**
 * For a process that only reads databases: what is wrong below plugin_settings does not keep it from starting. A
 * variable that is not set there is as good as one that is, except for topic_attribution.enabled; other errors there
 * are warnings, and told in the tenant's topics_error.
 */
#define CG_SETTINGS_READER 1u

/** For a process that serves no REST API: the files that api.auth and api.tls name are not read. */
#define CG_SETTINGS_NO_FILES 2u

/**
 * Loads .env (`env_file`, or the one beside the file when NULL) and the YAML file, substitutes, and checks everything
 * but what modules define. Every problem goes into `problems`; `*ret` is set only when there is no error (warnings do
 * not count). Returns CG_OK, CG_INVALID or CG_NO_MEMORY.
 */
cg_status cg_settings_load(const char *file, const char *env_file, uint32_t flags, struct cg_problems *problems,
                           struct cg_settings **ret);

/** The same from memory. `name` stands for the file in messages; `environment` NULL means the process's environment
 * alone. */
cg_status cg_settings_load_text(const char *text, size_t length, const char *name,
                                const struct cg_environment *environment, uint32_t flags, struct cg_problems *problems,
                                struct cg_settings **ret);

/** How these settings want the log to be written; lives as long as the settings. */
struct cg_log_setup cg_settings_log(const struct cg_settings *settings);

/** Ends settings and everything in them. NULL is fine. */
void cg_settings_free(struct cg_settings *settings);

/**
 * Where problems reported by modules (struct cg_config_api, `problem`) go from now on; NULL: they are dropped. The list
 * must outlive the calls into modules.
 */
void cg_settings_collect(struct cg_settings *settings, struct cg_problems *problems);

/**
 * Checks, coerces and defaults a tenant's plugin_settings in place with the table of its ecosystem; keys that neither
 * the table nor the common base knows are warned about. `tenant` belongs to `settings`. Errors: CG_INVALID (told in
 * `problems`), CG_NO_MEMORY.
 */
cg_status cg_settings_apply_options(struct cg_settings *settings, struct cg_tenant_settings *tenant,
                                    const struct cg_option *const *options, size_t count, struct cg_problems *problems);

/** The same for one emitter's params. */
cg_status cg_settings_apply_emitter_options(struct cg_settings *settings, struct cg_emitter_settings *emitter,
                                            const struct cg_option *const *options, size_t count,
                                            struct cg_problems *problems);

/**
 * Reads a further list of emitters that a module's settings hold (plugin_settings.<section>.emitters): `list` is its
 * node in `settings`, NULL for none. Entries are checked and defaulted like those of `emitters`, and named uniquely
 * within the list. Errors: CG_INVALID (told in `problems`), CG_NO_MEMORY.
 */
cg_status cg_settings_read_emitters(struct cg_settings *settings, const struct cg_config *list,
                                    const char *chargeback_granularity, struct cg_problems *problems,
                                    struct cg_emitter_settings **ret, size_t *ret_count);

/** Hours of a named granularity of the tenant, or 0 when there is none ("monthly" has no fixed length and answers 0).
 */
int64_t cg_settings_duration(const struct cg_tenant_settings *tenant, const char *name);

/** The tenant with this name, or NULL. */
struct cg_tenant_settings *cg_settings_tenant(const struct cg_settings *settings, const char *name);

#endif
