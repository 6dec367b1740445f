#include "engine/check.h"

#include <stdio.h>
#include <string.h>

#include "config/node.h"

/* Adds "why": modules that were refused may be the one that is missed. */
static void mention_refused(const struct cg_modules *modules, struct cg_buf *text) {
    size_t refused = cg_modules_refused(modules);
    if (refused)
        cg_buf_printf(text, "; %zu module file%s refused: `chitragupt plugins` says why", refused,
                      refused == 1 ? " was" : "s were");
}

/* "Unknown <what> 'x'. Available: a, b". */
static cg_status report_unknown(struct cg_problems *problems, const struct cg_settings *settings, uint32_t line,
                                const char *path, const struct cg_modules *modules, uint32_t kind, const char *what,
                                const char *name) {
    struct cg_buf text;
    cg_buf_init(&text, 4096);
    cg_buf_printf(&text, "Unknown %s '%.200s'. Available: ", what, name);
    cg_modules_names(modules, kind, &text);
    mention_refused(modules, &text);
    cg_status status = text.status == CG_NO_MEMORY ? CG_NO_MEMORY : CG_OK;
    cg_problems_add(problems, 0, settings->file, line, path, "%s", cg_buf_text(&text));
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

void cg_check_twins(const struct cg_emitter_settings *emitters, size_t count, const struct cg_emitter_settings *others,
                    size_t other_count) {
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++)
            if (are_twins(&emitters[k], &emitters[i]))
                cg_config_warning(emitters[i].node,
                                  "emitters '%s' and '%s' have the same params, so each writes over what the other "
                                  "wrote; give one of them another place or file name",
                                  emitters[k].name, emitters[i].name);
        for (size_t k = 0; k < other_count; k++)
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
                report_unknown(problems, settings, cg_config_line(emitter->node, "type"), cg_config_path(emitter->node),
                               modules, CG_KIND_EMITTER, "emitter type", emitter->type);
        if (status == CG_NO_MEMORY)
            return status;
    }
    return CG_OK;
}

static cg_status check_tenant(struct cg_settings *settings, struct cg_tenant_settings *tenant,
                              const struct cg_modules *modules, struct cg_problems *problems) {
    cg_status status = CG_OK;
    const struct cg_module *module = cg_modules_find(modules, CG_KIND_ECOSYSTEM, tenant->ecosystem);
    if (module)
        status = cg_settings_apply_options(settings, tenant, module->registration->options,
                                           module->registration->option_count, problems);
    else
        status =
            report_unknown(problems, settings, cg_config_line(tenant->node, "ecosystem"), cg_config_path(tenant->node),
                           modules, CG_KIND_ECOSYSTEM, "ecosystem", tenant->ecosystem);
    if (status == CG_NO_MEMORY)
        return status;
    if (tenant->storage && !cg_modules_find_sql_driver(modules, tenant->storage->scheme)) {
        char path[1024];
        snprintf(path, sizeof path, "%s.storage.connection_string", cg_config_path(tenant->node));
        cg_problems_add(problems, 0, settings->file, cg_config_line(tenant->node, "storage.connection_string"), path,
                        "no module serves '%s' databases; `chitragupt plugins` lists what was found",
                        tenant->storage->scheme);
    }
    status = cg_check_emitters(settings, tenant->emitters, tenant->emitter_count, modules, problems);
    if (status != CG_OK)
        return status;
    cg_settings_collect(settings, problems);
    cg_check_twins(tenant->emitters, tenant->emitter_count, NULL, 0);
    return CG_OK;
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
