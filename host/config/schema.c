#include "config/schema.h"

#include "base/log.h"

#define REQUIRED CG_OPTION_REQUIRED
#define NON_EMPTY CG_OPTION_NON_EMPTY
#define NULLABLE CG_OPTION_NULLABLE
#define MIN CG_OPTION_MIN
#define RANGE (CG_OPTION_MIN | CG_OPTION_MAX)

/* The greatest number of seconds or times where the user's limit is none: far away, and safe to multiply. */
#define MANY INT64_C(2147483647)
/* Days from today that stay inside the calendar. */
#define FAR_DAYS INT64_C(700000)

#define TEXT(key_, flags_, default_, help_) \
    { sizeof(struct cg_option), CG_OPTION_STRING, 0, (flags_), (key_), (default_), 0, 0, NULL, (help_) }
#define BOOLEAN(key_, default_, help_) \
    { sizeof(struct cg_option), CG_OPTION_BOOL, 0, 0, (key_), (default_), 0, 0, NULL, (help_) }
#define INTEGER(key_, default_, minimum_, maximum_, help_) \
    { sizeof(struct cg_option), CG_OPTION_INT, 0, RANGE, (key_), (default_), (minimum_), (maximum_), NULL, (help_) }
#define CHOICE(key_, flags_, default_, choices_, help_) \
    { sizeof(struct cg_option), CG_OPTION_CHOICE, 0, (flags_), (key_), (default_), 0, 0, (choices_), (help_) }
#define SECTION(key_, flags_, default_, help_) \
    { sizeof(struct cg_option), CG_OPTION_SECTION, 0, (flags_), (key_), (default_), 0, 0, NULL, (help_) }
#define MAP(key_, element_, flags_, default_, help_) \
    { sizeof(struct cg_option), CG_OPTION_MAP, (element_), (flags_), (key_), (default_), 0, 0, NULL, (help_) }
#define LIST(key_, element_, default_, help_) \
    { sizeof(struct cg_option), CG_OPTION_LIST, (element_), 0, (key_), (default_), 0, 0, NULL, (help_) }

static const struct cg_option file_options[] = {
    SECTION("logging", 0, "{}", "How the program logs."),
    TEXT("logging.level", NULLABLE, "INFO", "CRITICAL, ERROR, WARNING, INFO or DEBUG, in any case."),
    TEXT("logging.format", 0, CG_LOG_FORMAT, "Record format with %(field)s references."),
    MAP("logging.per_module_levels", CG_OPTION_STRING, 0, "{}", "Levels of single loggers, by dotted name."),
    CHOICE("logging.output", 0, "text", "text|json", "Lines in logging.format, or one JSON object per line."),

    SECTION("features", 0, "{}", "How the worker works."),
    BOOLEAN("features.enable_periodic_refresh", "true", "Work in cycles; false: one cycle, then stop."),
    INTEGER("features.refresh_interval", "1800", 1, MANY, "Seconds from the end of a cycle to the next one."),
    INTEGER("features.max_parallel_tenants", "4", 1, 64, "Tenants processed at once."),
    INTEGER("features.worker_memory_mib", "2048", 0, 1048576, "Most memory of a worker in MiB; 0: no limit."),

    SECTION("api", 0, "{}", "The HTTP interface."),
    TEXT("api.host", NON_EMPTY, "0.0.0.0", "Address to listen on."),
    INTEGER("api.port", "8080", 1, 65535, "Port to listen on."),
    BOOLEAN("api.enable_cors", "false", "Let browsers of other origins in."),
    LIST("api.cors_origins", CG_OPTION_STRING, "[]", "Origins that are let in."),
    INTEGER("api.request_timeout_seconds", "30", 1, 300, "Longest time of one request."),
    INTEGER("api.max_connections", "4096", 16, 65536, "Open connections at once."),
    INTEGER("api.max_body_bytes", "16777216", 1024, 268435456, "Longest body of a request."),
    INTEGER("api.threads", "0", 0, 64, "Threads that read databases; 0: the program chooses."),
    SECTION("api.auth", 0, "{}", "Who may use the HTTP interface."),
    CHOICE("api.auth.type", 0, "none", "none|basic|bearer", "How clients identify themselves."),
    LIST("api.auth.users", CG_OPTION_SECTION, "[]", "For basic."),
    TEXT("api.auth.users[].name", REQUIRED | NON_EMPTY, NULL, "The user's name."),
    TEXT("api.auth.users[].password_hash", NULLABLE | NON_EMPTY | CG_OPTION_SECRET, NULL,
         "What `chitragupt hash password` prints."),
    TEXT("api.auth.users[].password", NULLABLE | NON_EMPTY | CG_OPTION_SECRET, NULL, "In place of its hash."),
    CHOICE("api.auth.users[].role", 0, "read", "read|write", "read: look; write: also change and start."),
    LIST("api.auth.tokens", CG_OPTION_SECTION, "[]", "For bearer."),
    TEXT("api.auth.tokens[].name", REQUIRED | NON_EMPTY, NULL, "Whose token it is."),
    TEXT("api.auth.tokens[].token_hash", NULLABLE | NON_EMPTY | CG_OPTION_SECRET, NULL,
         "What `chitragupt hash token` prints."),
    TEXT("api.auth.tokens[].token", NULLABLE | NON_EMPTY | CG_OPTION_SECRET, NULL, "In place of its hash."),
    CHOICE("api.auth.tokens[].role", 0, "read", "read|write", "read: look; write: also change and start."),
    TEXT("api.auth.file", NULLABLE | NON_EMPTY, NULL, "File with further lines name:role:hash."),
    SECTION("api.tls", 0, "{}", "Encryption of the HTTP interface."),
    TEXT("api.tls.certificate", NULLABLE | NON_EMPTY, NULL, "PEM file of the certificate and its chain."),
    TEXT("api.tls.key", NULLABLE | NON_EMPTY, NULL, "PEM file of the private key."),

    SECTION("preview", 0, "{}", "Accepted and not used."),

    MAP("tenants", CG_OPTION_SECTION, 0, "{}", "Tenants by name."),
    TEXT("tenants.*.ecosystem", REQUIRED | NON_EMPTY, NULL, "Name of the ecosystem's module."),
    TEXT("tenants.*.tenant_id", REQUIRED | NON_EMPTY, NULL, "Partition key of all rows."),
    INTEGER("tenants.*.lookback_days", "200", 1, 364, "Days from now to the start of the window."),
    INTEGER("tenants.*.cutoff_days", "5", 1, 30, "Days from now to the end of the window."),
    INTEGER("tenants.*.retention_days", "250", 1, 730, "Days that results are kept."),
    INTEGER("tenants.*.allocation_retry_limit", "3", 1, 10, "Failures of a billing line before it is UNALLOCATED."),
    INTEGER("tenants.*.topic_attribution_retry_limit", "3", 1, 10, "Metrics failures per line before it is given up."),
    INTEGER("tenants.*.zero_gather_deletion_threshold", "-1", -1, MANY,
            "Empty listings in a row before all of a type is deleted; -1: never. Not given: the first complete one "
            "counts."),
    INTEGER("tenants.*.gather_failure_threshold", "5", 1, MANY, "Failed gathers before the tenant is suspended."),
    INTEGER("tenants.*.tenant_execution_timeout_seconds", "3600", 0, MANY, "Longest run of the tenant; 0: no limit."),
    INTEGER("tenants.*.metrics_prefetch_workers", "4", 1, 20, "Metric queries at once."),
    SECTION("tenants.*.storage", 0, "{}", "The tenant's database."),
    TEXT("tenants.*.storage.backend", 0, "sqlmodel", "sqlmodel (by the URL), sqlite or postgresql."),
    TEXT("tenants.*.storage.connection_string", CG_OPTION_SECRET, "sqlite:///data/chargeback.db", "Database URL."),
    CHOICE("tenants.*.storage.partitioning", NULLABLE, NULL, "none|monthly",
           "How facts lie in a database that has partitions. Not given: as they do."),
    SECTION("tenants.*.plugin_settings", 0, "{}", "Settings of the ecosystem."),
    MAP("tenants.*.focus_preview", 0, NULLABLE, NULL, "Accepted and not used."),

    TEXT("plugins_path", NULLABLE, NULL, "Further directory with modules."),
};

static const struct cg_option_note file_notes[] = {
    {"", "AppSettings", 0, 0},
    {"logging", "LoggingConfig", 0, 0},
    {"features", "FeaturesConfig", 0, 0},
    {"features.refresh_interval", NULL, CG_COERCE_POSITIVE, 0},
    {"api", "ApiConfig", 0, 0},
    {"api.auth.file", NULL, CG_COERCE_PATH, 0},
    {"api.tls.certificate", NULL, CG_COERCE_PATH, 0},
    {"api.tls.key", NULL, CG_COERCE_PATH, 0},
    {"preview", "PreviewConfig", 0, 1},
    {"tenants.*", "TenantConfig", 0, 0},
    {"tenants.*.gather_failure_threshold", NULL, CG_COERCE_POSITIVE, 0},
    {"tenants.*.storage", "StorageConfig", 0, 0},
    {"tenants.*.plugin_settings", "PluginSettingsBase", 0, 1},
    {"plugins_path", NULL, CG_COERCE_PATH, 0},
};

static const struct cg_option plugin_options[] = {
    MAP("allocator_params", CG_OPTION_SCALAR, 0, "{}", "Free parameters of the allocators."),
    MAP("allocator_overrides", CG_OPTION_STRING, 0, "{}", "Allocators by product type."),
    MAP("identity_resolution_overrides", CG_OPTION_STRING, 0, "{}", "Identity resolvers by product or service type."),
    INTEGER("min_refresh_gap_seconds", "1800", 0, MANY, "Least age of the last gather before the next one."),
    MAP("granularity_durations", CG_OPTION_INT, 0, "{}", "Hours of further granularities."),
    INTEGER("metrics_step_seconds", "3600", 1, MANY, "Step of range queries."),
    LIST("emitters", CG_OPTION_SECTION, "[]", "Where results go besides the database."),
    TEXT("emitters[].type", REQUIRED | NON_EMPTY, NULL, "Name of the emitter's module."),
    TEXT("emitters[].name", 0, "", "Key of the emission records; the type when empty."),
    CHOICE("emitters[].aggregation", NULLABLE, NULL, "hourly|daily|monthly",
           "Sums per day or month; none: rows as stored."),
    MAP("emitters[].params", 0, 0, "{}", "Parameters of the emitter."),
    {sizeof(struct cg_option), CG_OPTION_INT, 0, NULLABLE | RANGE, "emitters[].lookback_days", NULL, -FAR_DAYS,
     FAR_DAYS, NULL, "Only dates of the last days."},
    CHOICE("chargeback_granularity", 0, "daily", "hourly|daily|monthly",
           "Finest aggregation that emitters may ask for."),
    SECTION("metrics", NULLABLE, NULL, "The metrics source."),
    CHOICE("metrics.type", 0, "prometheus", "prometheus", "Kind of source."),
    TEXT("metrics.url", REQUIRED | NON_EMPTY, NULL, "Base URL, http:// or https://."),
    CHOICE("metrics.auth_type", 0, "none", "basic|bearer|none", "How the program identifies itself."),
    TEXT("metrics.username", NULLABLE, NULL, "For basic."),
    TEXT("metrics.password", NULLABLE | CG_OPTION_SECRET, NULL, "For basic."),
    TEXT("metrics.password_file", NULLABLE, NULL, "File with the password; read anew for every query."),
    TEXT("metrics.bearer_token", NULLABLE | CG_OPTION_SECRET, NULL, "For bearer."),
    TEXT("metrics.bearer_token_file", NULLABLE, NULL, "File with the token; read anew for every query."),
    MAP("metrics.headers", CG_OPTION_STRING, CG_OPTION_SECRET, "{}", "Headers of every query, e.g. X-Scope-OrgID."),
    TEXT("metrics.ca_file", NULLABLE, NULL, "PEM file with the only authorities to be trusted."),
    TEXT("metrics.client_certificate_file", NULLABLE, NULL, "PEM file with the program's own certificate."),
    TEXT("metrics.client_key_file", NULLABLE, NULL, "PEM file with its key; none: it is in the certificate's file."),
    TEXT("metrics.client_key_password", NULLABLE | CG_OPTION_SECRET, NULL, "For an encrypted key."),
    CHOICE("metrics.method", 0, "post", "post|get", "How queries are sent; post becomes get where there is no post."),
    {sizeof(struct cg_option), CG_OPTION_INT, 0, NULLABLE | RANGE, "metrics.max_concurrent_requests", NULL, 1, 100,
     NULL, "Requests at once; none: metrics_prefetch_workers."},
    INTEGER("metrics.max_points_per_query", "11000", 10, 1000000, "Windows with more steps are asked for in parts."),
    INTEGER("metrics.timeout_seconds", "30", 1, 3600, "Longest time of one attempt."),
};

static const struct cg_option_note plugin_notes[] = {
    {"", "PluginSettingsBase", 0, 0},
    {"emitters[]", "EmitterSpec", 0, 0},
    {"metrics_step_seconds", NULL, CG_COERCE_POSITIVE, 0},
    {"metrics.password_file", NULL, CG_COERCE_PATH, 0},
    {"metrics.bearer_token_file", NULL, CG_COERCE_PATH, 0},
    {"metrics.ca_file", NULL, CG_COERCE_PATH, 0},
    {"metrics.client_certificate_file", NULL, CG_COERCE_PATH, 0},
    {"metrics.client_key_file", NULL, CG_COERCE_PATH, 0},
};

#define COUNT(array_) (sizeof(array_) / sizeof *(array_))

static const struct cg_option_set file_set = {
    .own = file_options,
    .own_count = COUNT(file_options),
    .notes = file_notes,
    .note_count = COUNT(file_notes),
};

const struct cg_option_set *cg_schema_file(void) {
    return &file_set;
}

struct cg_option_set cg_schema_plugin_settings(const struct cg_option *const *options, size_t count, uint32_t open) {
    return (struct cg_option_set){
        .own = plugin_options,
        .own_count = COUNT(plugin_options),
        .options = options,
        .count = count,
        .notes = plugin_notes,
        .note_count = COUNT(plugin_notes),
        .open = open,
    };
}
