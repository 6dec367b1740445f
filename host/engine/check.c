#include "engine/check.h"

#include <stdio.h>
#include <string.h>

#include "config/node.h"

/* The key in an ecosystem's settings that turns topics on. */
#define TOPICS_SWITCH "topic_attribution.enabled"

/* Longest text of what is wrong with a tenant. */
#define TOPICS_ERROR_LIMIT 4096u

/* Adds "why": modules that were refused may be the one that is missed. */
static void mention_refused(const struct cg_modules *modules, struct cg_buf *text) {
    size_t refused = cg_modules_refused(modules);
    if (refused)
        cg_buf_printf(text, "; %zu module file%s refused: `chitragupt plugins` says why", refused,
                      refused == 1 ? " was" : "s were");
}

/* "Unknown <what> 'x'. Available: a, b". */
static cg_status report_unknown(struct cg_problems *problems, const struct cg_settings *settings, int32_t warning,
                                uint32_t line, const char *path, const struct cg_modules *modules, uint32_t kind,
                                const char *what, const char *name) {
    struct cg_buf text;
    cg_buf_init(&text, 4096);
    cg_buf_printf(&text, "Unknown %s '%.200s'. Available: ", what, name);
    cg_modules_names(modules, kind, &text);
    mention_refused(modules, &text);
    cg_status status = text.status == CG_NO_MEMORY ? CG_NO_MEMORY : CG_OK;
    cg_problems_add(problems, warning, settings->file, line, path, "%s", cg_buf_text(&text));
    cg_buf_done(&text);
    return status;
}

/* Equal trees of settings. */
static int same_settings(const struct cg_config *left, const struct cg_config *right) {
    size_t count = cg_config_count(left);
    if (cg_config_type(left) != cg_config_type(right) || count != cg_config_count(right))
        return 0;
    if (cg_config_type(left) != CG_CONFIG_MAP && cg_config_type(left) != CG_CONFIG_LIST)
        return strcmp(cg_config_text(left, "", ""), cg_config_text(right, "", "")) == 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = cg_config_key_at(left, i);
        const struct cg_config *other = key ? cg_config_member(right, key) : cg_config_at(right, i);
        if (!other || !same_settings(cg_config_at(left, i), other))
            return 0;
    }
    return 1;
}

static int are_twins(const struct cg_emitter_settings *left, const struct cg_emitter_settings *right) {
    return strcmp(left->type, right->type) == 0 && same_settings(left->params, right->params);
}

/* An emitter of samples has a place of its own for each kind of rows. */
static int shows_samples(const struct cg_modules *modules, const struct cg_emitter_settings *entry) {
    const struct cg_module *module = cg_modules_find(modules, CG_KIND_EMITTER, entry->type);
    const struct cg_emitter *emitter = module ? module->registration->factory : NULL;
    return emitter && emitter->flags & CG_EMITTER_EXPOSES;
}

void cg_check_twins(const struct cg_emitter_settings *emitters, size_t count, const struct cg_emitter_settings *others,
                    size_t other_count, const struct cg_modules *modules) {
    for (size_t i = 0; i < count; i++) {
        const int samples = shows_samples(modules, &emitters[i]);
        for (size_t k = 0; k < i; k++)
            if (are_twins(&emitters[k], &emitters[i]))
                cg_config_warning(emitters[i].node,
                                  samples ? "emitters '%s' and '%s' have the same params, so one page shows their "
                                            "samples twice; remove one of them, or give it another port"
                                          : "emitters '%s' and '%s' have the same params, so each writes over what the "
                                            "other wrote; give one of them another place or file name",
                                  emitters[k].name, emitters[i].name);
        for (size_t k = 0; k < other_count && !samples; k++)
            if (are_twins(&others[k], &emitters[i]))
                cg_config_warning(emitters[i].node,
                                  "emitter '%s' has the same params as '%s' of plugin_settings.emitters, so each "
                                  "writes over what the other wrote; give one of them another place or file name",
                                  emitters[i].name, others[k].name);
    }
}

cg_status cg_check_emitters(struct cg_settings *settings, struct cg_emitter_settings *emitters, size_t count,
                            const struct cg_modules *modules, struct cg_problems *problems) {
    for (size_t i = 0; i < count; i++) {
        struct cg_emitter_settings *emitter = &emitters[i];
        const struct cg_module *module = cg_modules_find(modules, CG_KIND_EMITTER, emitter->type);
        cg_status status = CG_OK;
        if (module)
            status = cg_settings_apply_emitter_options(settings, emitter, module->registration->options,
                                                       module->registration->option_count, problems);
        else
            status =
                report_unknown(problems, settings, 0, cg_config_line(emitter->node, "type"),
                               cg_config_path(emitter->node), modules, CG_KIND_EMITTER, "emitter type", emitter->type);
        if (status == CG_NO_MEMORY)
            return status;
    }
    return CG_OK;
}

/* ---- topics ---- */

/* As the setting was written, whatever it is. */
static int32_t is_true(const struct cg_config *node) {
    switch (cg_config_type(node)) {
    case CG_CONFIG_BOOL:
    case CG_CONFIG_INT:
        return node->integer != 0;
    case CG_CONFIG_DECIMAL:
        return node->number.low || node->number.high;
    case CG_CONFIG_STRING:
        return *node->text != '\0';
    default:
        return cg_config_count(node) > 0;
    }
}

/* An ecosystem that splits costs over topics has a switch for it. */
static int32_t has_topics(const struct cg_module *module) {
    const struct cg_registration *registration = module ? module->registration : NULL;
    for (uint32_t i = 0; registration && i < registration->option_count; i++)
        if (strcmp(registration->options[i]->key, TOPICS_SWITCH) == 0)
            return 1;
    return 0;
}

/* The texts of what is wrong with a tenant's plugin_settings, joined; NULL when nothing is. */
static cg_status join_errors(const struct cg_settings *settings, const struct cg_tenant_settings *tenant,
                             const char **ret) {
    const struct cg_document *document = settings->document;
    struct cg_buf text;
    cg_buf_init(&text, TOPICS_ERROR_LIMIT);
    for (const struct cg_config_lenient *error = document->first_lenient; error; error = error->next)
        if (error->tenant == tenant->node && text.length + strlen(error->text) + 2 <= TOPICS_ERROR_LIMIT)
            cg_buf_printf(&text, "%s%s", text.length ? "; " : "", error->text);
    cg_status status = text.status == CG_NO_MEMORY ? CG_NO_MEMORY : CG_OK;
    *ret = text.length ? cg_arena_string(document->arena, cg_buf_text(&text)) : NULL;
    if (text.length && !*ret)
        status = CG_NO_MEMORY;
    cg_buf_done(&text);
    return status;
}

/* Tells whether the tenant's costs are attributed to topics. With credentials at hand a module says itself what is
 * wrong with its settings; a reader knows the one rule of this switch that needs no module. */
static cg_status judge_topics(struct cg_settings *settings, struct cg_tenant_settings *tenant,
                              const struct cg_module *module) {
    const struct cg_config *enabled = cg_config_get(tenant->plugin_settings, TOPICS_SWITCH);
    const struct cg_config *section = cg_config_member(tenant->plugin_settings, "topic_attribution");
    /* What could not be read may have said so. */
    const int32_t unread = (tenant->plugin_settings->flags & CG_NODE_UNKNOWN) ||
                           (cg_config_type(section) != CG_CONFIG_MAP && cg_config_type(section) != CG_CONFIG_NULL) ||
                           (enabled && enabled->flags & CG_NODE_REPORTED);
    const int32_t wanted = unread || (enabled && is_true(enabled));
    tenant->topics_status = wanted ? "enabled" : "disabled";
    tenant->topics_error = NULL;
    if (!wanted || !(settings->flags & CG_SETTINGS_READER) || (!has_topics(module) && !unread))
        return CG_OK;
    cg_status status = join_errors(settings, tenant, &tenant->topics_error);
    if (status == CG_OK && !tenant->topics_error && enabled && !tenant->metrics.present) {
        cg_config_error_of_rule(cg_config_mutable(enabled),
                                TOPICS_SWITCH "=True requires a configured metrics source; set "
                                              "plugin_settings.metrics or disable topic_attribution");
        status = join_errors(settings, tenant, &tenant->topics_error);
    }
    if (tenant->topics_error)
        tenant->topics_status = "config_error";
    return status;
}

/* ---- a tenant ---- */

/* Only some databases have partitions. */
static void check_partitioning(const struct cg_settings *settings, const struct cg_tenant_settings *tenant,
                               const struct cg_module *module, struct cg_problems *problems) {
    const struct cg_sql_driver *driver = module->registration->factory;
    char path[1024];
    if (strcmp(tenant->partitioning, "monthly") != 0 || driver->dialect->features & CG_SQL_PARTITIONS)
        return;
    snprintf(path, sizeof path, "%s.storage.partitioning", cg_config_path(tenant->node));
    cg_problems_add(problems, 0, settings->file, cg_config_line(tenant->node, "storage.partitioning"), path,
                    "a '%s' database has no partitions; leave the key out, or write 'none'", tenant->storage->scheme);
}

/* The database and the emitters. A reader emits nothing. */
static cg_status check_outlets(struct cg_settings *settings, struct cg_tenant_settings *tenant,
                               const struct cg_modules *modules, struct cg_problems *problems) {
    if (tenant->storage && !cg_modules_find_sql_driver(modules, tenant->storage->scheme)) {
        char path[1024];
        snprintf(path, sizeof path, "%s.storage.connection_string", cg_config_path(tenant->node));
        cg_problems_add(problems, 0, settings->file, cg_config_line(tenant->node, "storage.connection_string"), path,
                        "no module serves '%s' databases; `chitragupt plugins` lists what was found",
                        tenant->storage->scheme);
    } else if (tenant->storage) {
        const struct cg_module *driver = cg_modules_find_sql_driver(modules, tenant->storage->scheme);
        check_partitioning(settings, tenant, driver, problems);
    }
    if (settings->flags & CG_SETTINGS_READER)
        return CG_OK;
    cg_status status = cg_check_emitters(settings, tenant->emitters, tenant->emitter_count, modules, problems);
    if (status == CG_OK)
        cg_check_twins(tenant->emitters, tenant->emitter_count, NULL, 0, modules);
    return status;
}

static cg_status check_tenant(struct cg_settings *settings, struct cg_tenant_settings *tenant,
                              const struct cg_modules *modules, struct cg_problems *problems) {
    const int32_t reader = (settings->flags & CG_SETTINGS_READER) != 0;
    cg_status status = CG_OK;
    cg_settings_collect(settings, problems);
    const struct cg_module *module = cg_modules_find(modules, CG_KIND_ECOSYSTEM, tenant->ecosystem);
    if (module)
        status = cg_settings_apply_options(settings, tenant, module->registration->options,
                                           module->registration->option_count, problems);
    else
        status =
            report_unknown(problems, settings, reader, cg_config_line(tenant->node, "ecosystem"),
                           cg_config_path(tenant->node), modules, CG_KIND_ECOSYSTEM, "ecosystem", tenant->ecosystem);
    if (status != CG_NO_MEMORY)
        status = judge_topics(settings, tenant, module);
    return status == CG_NO_MEMORY ? status : check_outlets(settings, tenant, modules, problems);
}

cg_status cg_check_options(struct cg_settings *settings, const char *tenant, const struct cg_modules *modules,
                           struct cg_problems *problems) {
    for (size_t i = 0; i < settings->tenant_count; i++) {
        if (tenant && strcmp(settings->tenants[i].name, tenant) != 0)
            continue;
        cg_status status = check_tenant(settings, &settings->tenants[i], modules, problems);
        if (status == CG_NO_MEMORY)
            return status;
    }
    return CG_OK;
}
