#include "config/settings.h"

#include <string.h>
#include <unistd.h>

#include "config/api.h"
#include "config/emitters.h"
#include "config/schema.h"
#include "config/substitute.h"
#include "config/tenant.h"
#include "config/yaml.h"

/* ---- logging ---- */

#define LEVELS "['CRITICAL', 'DEBUG', 'ERROR', 'INFO', 'WARNING']"

static int32_t is_sound_text(const struct cg_config *node) {
    return cg_config_type(node) == CG_CONFIG_STRING && !cg_config_broken(node);
}

static void read_level(struct cg_settings *settings, struct cg_config *node) {
    char shown[CG_CONFIG_SHOWN_SIZE];
    settings->log_level = CG_LOG_INFO;
    if (!is_sound_text(node) || !*node->text)
        return;
    settings->log_level = cg_log_level_parse(node->text);
    if (!settings->log_level)
        cg_config_error(node, "level must be one of " LEVELS ", got %s", cg_config_shown(node, shown));
}

static cg_status read_module_levels(struct cg_settings *settings, const struct cg_config *map) {
    const size_t count = cg_config_count(map);
    char shown[CG_CONFIG_SHOWN_SIZE];
    settings->log_levels = cg_arena_array(settings->document->arena, count, sizeof *settings->log_levels);
    if (!settings->log_levels)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        struct cg_config *node = map->items[i];
        if (!is_sound_text(node) || node->key_type != CG_CONFIG_STRING)
            continue;
        uint32_t level = cg_log_level_parse(node->text);
        if (!level)
            cg_config_error_in(node, "per_module_levels['%s']: level must be one of " LEVELS ", got %s", node->key,
                               cg_config_shown(node, shown));
        settings->log_levels[settings->log_level_count++] = (struct cg_log_level){.name = node->key, .level = level};
    }
    return CG_OK;
}

/* The log itself knows which formats it can write; this one is never written to. */
static cg_status read_format(struct cg_settings *settings, struct cg_config *node) {
    struct cg_log *log = NULL;
    char shown[CG_CONFIG_SHOWN_SIZE];
    settings->log_format = cg_config_text(node, "", "");
    if (!is_sound_text(node))
        return CG_OK;
    cg_status status = cg_log_new(STDERR_FILENO, CG_LOG_INFO, node->text, NULL, 0, &log);
    if (status == CG_OK)
        cg_log_free(log);
    else if (status != CG_NO_MEMORY)
        cg_config_error(
            node, "Invalid format %s for '%%' style; it should have fields like %%(message)s, and only known ones",
            cg_config_shown(node, shown));
    return status == CG_NO_MEMORY ? status : CG_OK;
}

static cg_status read_logging(struct cg_settings *settings) {
    const struct cg_config *section = cg_config_member(settings->root, "logging");
    settings->log_json = strcmp(cg_config_text(section, "output", ""), "json") == 0;
    read_level(settings, cg_config_member(section, "level"));
    cg_status status = read_format(settings, cg_config_member(section, "format"));
    return status == CG_OK ? read_module_levels(settings, cg_config_member(section, "per_module_levels")) : status;
}

/* ---- the other sections ---- */

static cg_status read_all(struct cg_settings *settings) {
    const struct cg_config *root = settings->root;
    settings->enable_periodic_refresh = cg_config_integer(root, "features.enable_periodic_refresh", 1) != 0;
    settings->refresh_interval = cg_config_integer(root, "features.refresh_interval", 0);
    settings->max_parallel_tenants = cg_config_integer(root, "features.max_parallel_tenants", 1);
    settings->worker_memory_mib = cg_config_integer(root, "features.worker_memory_mib", 0);
    settings->plugins_path = cg_config_text(root, "plugins_path", NULL);
    if (settings->plugins_path && !*settings->plugins_path)
        settings->plugins_path = NULL; /* an empty variable must not make the current directory one of modules */
    cg_status status = read_logging(settings);
    if (status == CG_OK)
        status = cg_api_section_read(settings);
    return status == CG_OK ? cg_tenants_read(settings) : status;
}

/* ---- loading ---- */

static cg_status new_settings(const char *file, uint32_t flags, struct cg_problems *problems,
                              struct cg_settings **ret) {
    struct cg_arena *arena = cg_arena_new();
    if (!arena)
        return CG_NO_MEMORY;
    struct cg_settings *settings = cg_arena_alloc(arena, sizeof *settings);
    struct cg_document *document = cg_arena_alloc(arena, sizeof *document);
    const char *name = cg_arena_string(arena, file);
    if (!settings || !document || !name) {
        cg_arena_free(arena);
        return CG_NO_MEMORY;
    }
    *document = (struct cg_document){
        .arena = arena, .file = name, .problems = problems, .reader = (flags & CG_SETTINGS_READER) != 0};
    settings->document = document;
    settings->flags = flags;
    settings->file = name;
    *ret = settings;
    return CG_OK;
}

/* Parses, substitutes and checks. Anything but CG_NO_MEMORY lets the later steps look for further problems. */
static cg_status fill(struct cg_settings *settings, const char *text, size_t length,
                      const struct cg_environment *environment) {
    struct cg_document *document = settings->document;
    struct cg_config *root = NULL;
    cg_status status = cg_yaml_parse(document, text, length, &root);
    if (status != CG_OK)
        return status;
    if (root->type == CG_CONFIG_NULL)
        root->type = CG_CONFIG_MAP;
    document->root = root;
    settings->root = root;
    cg_status found = cg_substitute_tree(root, environment);
    if (found == CG_NO_MEMORY)
        return found;
    status = cg_options_apply(root, cg_schema_file());
    if (status == CG_NO_MEMORY)
        return status;
    if (root->type == CG_CONFIG_MAP && read_all(settings) != CG_OK)
        return CG_NO_MEMORY;
    if (document->reader)
        return document->errors == 0 ? CG_OK : CG_INVALID;
    return found == CG_OK && status == CG_OK && document->errors == 0 ? CG_OK : CG_INVALID;
}

cg_status cg_settings_load_text(const char *text, size_t length, const char *name,
                                const struct cg_environment *environment, uint32_t flags, struct cg_problems *problems,
                                struct cg_settings **ret) {
    struct cg_settings *settings = NULL;
    struct cg_environment *process = environment ? NULL : cg_environment_new(1);
    cg_status status = environment || process ? new_settings(name, flags, problems, &settings) : CG_NO_MEMORY;
    if (status == CG_OK)
        status = fill(settings, text, length, environment ? environment : process);
    cg_environment_free(process);
    if (status != CG_OK) {
        cg_settings_free(settings);
        return status;
    }
    settings->document->problems = NULL;
    *ret = settings;
    return CG_OK;
}

cg_status cg_settings_load(const char *file, const char *env_file, uint32_t flags, struct cg_problems *problems,
                           struct cg_settings **ret) {
    struct cg_environment *environment = cg_environment_new(1);
    const char *env_path = "";
    const char *reason = "";
    struct cg_settings *settings = NULL;
    struct cg_buf text;
    cg_buf_init(&text, CG_YAML_MAX_BYTES);
    cg_status status = environment ? cg_dotenv_load(env_file, file, environment, problems, &env_path) : CG_NO_MEMORY;
    if (status == CG_OK) {
        status = cg_file_read(file, CG_YAML_MAX_BYTES, &text, &reason);
        if (status == CG_INVALID)
            cg_problems_add(problems, 0, file, 0, "", "The configuration file '%s' cannot be loaded: %s.", file,
                            reason);
    }
    if (status == CG_OK)
        status = cg_settings_load_text(cg_buf_text(&text), text.length, file, environment, flags, problems, &settings);
    if (status == CG_OK && *env_path) {
        settings->env_file = cg_arena_string(settings->document->arena, env_path);
        if (!settings->env_file) {
            cg_settings_free(settings);
            status = CG_NO_MEMORY;
        }
    }
    cg_buf_done(&text);
    cg_environment_free(environment);
    if (status == CG_OK)
        *ret = settings;
    return status == CG_OK || status == CG_NO_MEMORY ? status : CG_INVALID;
}

void cg_settings_free(struct cg_settings *settings) {
    if (settings)
        cg_arena_free(settings->document->arena); /* the settings themselves lie in it */
}

void cg_settings_collect(struct cg_settings *settings, struct cg_problems *problems) {
    settings->document->problems = problems;
}

/* ---- options of modules ---- */

/* Applies a set to a subtree with problems going to `problems`; `key` NULL: the node is the section the set describes.
 */
static cg_status apply(struct cg_settings *settings, const struct cg_config *node, const struct cg_option_set *set,
                       const char *key, struct cg_problems *problems) {
    struct cg_document *document = settings->document;
    struct cg_problems *before = document->problems;
    struct cg_config *target = cg_config_mutable(node);
    document->problems = problems;
    cg_status status = key ? cg_options_apply_value(target, set, key) : cg_options_apply(target, set);
    document->problems = before;
    return status;
}

cg_status cg_settings_apply_options(struct cg_settings *settings, struct cg_tenant_settings *tenant,
                                    const struct cg_option *const *options, size_t count,
                                    struct cg_problems *problems) {
    const struct cg_option_set set = cg_schema_plugin_settings(options, count, 0);
    return apply(settings, tenant->plugin_settings, &set, NULL, problems);
}

cg_status cg_settings_apply_emitter_options(struct cg_settings *settings, struct cg_emitter_settings *emitter,
                                            const struct cg_option *const *options, size_t count,
                                            struct cg_problems *problems) {
    const struct cg_option_set set = {.options = options, .count = count};
    return apply(settings, emitter->params, &set, NULL, problems);
}

cg_status cg_settings_read_emitters(struct cg_settings *settings, const struct cg_config *list,
                                    const char *chargeback_granularity, struct cg_problems *problems,
                                    struct cg_emitter_settings **ret, size_t *ret_count) {
    struct cg_document *document = settings->document;
    const uint32_t errors = document->errors;
    const struct cg_option_set set = cg_schema_plugin_settings(NULL, 0, 0);
    cg_status status = list ? apply(settings, list, &set, "emitters", problems) : CG_OK;
    if (status != CG_OK)
        return status;
    struct cg_emitter_settings *emitters = NULL;
    size_t count = 0;
    struct cg_problems *before = document->problems;
    document->problems = problems;
    status = cg_emitters_read(list, chargeback_granularity, document->arena, &emitters, &count);
    document->problems = before;
    if (status == CG_OK && document->errors != errors)
        status = CG_INVALID;
    if (status == CG_OK) {
        *ret = emitters;
        *ret_count = count;
    }
    return status;
}

/* ---- asking ---- */

struct cg_log_setup cg_settings_log(const struct cg_settings *settings) {
    return (struct cg_log_setup){
        .json = settings->log_json,
        .level = settings->log_level,
        .format = settings->log_format,
        .levels = settings->log_levels,
        .level_count = settings->log_level_count,
    };
}

int64_t cg_settings_duration(const struct cg_tenant_settings *tenant, const char *name) {
    for (size_t i = 0; i < tenant->duration_count; i++)
        if (strcmp(tenant->durations[i].name, name) == 0)
            return tenant->durations[i].hours;
    return 0;
}

struct cg_tenant_settings *cg_settings_tenant(const struct cg_settings *settings, const char *name) {
    for (size_t i = 0; i < settings->tenant_count; i++)
        if (strcmp(settings->tenants[i].name, name) == 0)
            return &settings->tenants[i];
    return NULL;
}
