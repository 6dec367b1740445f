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

static cg_status check_emitters(struct cg_settings *settings, struct cg_tenant_settings *tenant,
                                const struct cg_modules *modules, struct cg_problems *problems) {
    for (size_t i = 0; i < tenant->emitter_count; i++) {
        struct cg_emitter_settings *emitter = &tenant->emitters[i];
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
    return check_emitters(settings, tenant, modules, problems);
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
