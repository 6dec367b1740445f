#include "engine/overrides.h"

#include <stdio.h>
#include <string.h>

#include "config/node.h"

/* Where a problem of an override is: "tenants.a.plugin_settings.allocator_overrides.X". */
static void report(const struct cg_runtime *runtime, struct cg_problems *problems, const char *section, const char *key,
                   const char *text) {
    char path[512];
    int length =
        snprintf(path, sizeof path, "%s.plugin_settings.%s.%s", cg_config_path(runtime->tenant->node), section, key);
    const char *shown = length > 0 ? path : section;
    char below[256];
    snprintf(below, sizeof below, "plugin_settings.%s", section);
    const struct cg_config *map = cg_config_api_table.get(runtime->tenant->node, below);
    cg_problems_add(problems, 0, runtime->settings->file, cg_config_line(map, key), shown, "%s", text);
}

/* "no service handles 'X'; known product types: A, B". */
static cg_status report_unknown_key(struct cg_runtime *runtime, struct cg_problems *problems, const char *section,
                                    const char *key, int with_services) {
    struct cg_buf text;
    cg_buf_init(&text, 16384);
    cg_buf_printf(&text, "nothing of ecosystem '%s' is called '%s'. Product types: ", runtime->module->name, key);
    for (size_t i = 0; i < runtime->binding_count; i++)
        cg_buf_printf(&text, "%s%s", i ? ", " : "", runtime->bindings[i].product_type);
    if (with_services) {
        cg_buf_add_text(&text, ". Service types: ");
        for (size_t s = 0; s < runtime->description.service_count; s++)
            cg_buf_printf(&text, "%s%s", s ? ", " : "", runtime->description.services[s]->service_type);
    }
    cg_status status = text.status == CG_NO_MEMORY ? CG_NO_MEMORY : CG_OK;
    report(runtime, problems, section, key, cg_buf_text(&text));
    cg_buf_done(&text);
    return status;
}

/* Looks up one override symbol. */
static cg_status find(struct cg_runtime *runtime, struct cg_problems *problems, const char *section, uint32_t kind,
                      const struct cg_override_setting *setting, const void **ret, struct cg_callee *ret_callee) {
    struct cg_error error = {0};
    const struct cg_module *module = NULL;
    cg_status status =
        cg_modules_find_override(runtime->modules, runtime->module->name, kind, setting->symbol, ret, &module, &error);
    if (status == CG_NO_MEMORY)
        return status;
    if (status != CG_OK) {
        report(runtime, problems, section, setting->key, error.text);
        return CG_INVALID;
    }
    const char *colon = strrchr(setting->symbol, ':');
    *ret_callee = (struct cg_callee){.module = module, .symbol = colon ? colon + 1 : setting->symbol, .overrides = 1};
    return cg_runtime_services(runtime, module, &ret_callee->services);
}

static struct cg_binding *binding_of(struct cg_runtime *runtime, const char *product_type) {
    for (size_t i = 0; i < runtime->binding_count; i++)
        if (strcmp(runtime->bindings[i].product_type, product_type) == 0)
            return &runtime->bindings[i];
    return NULL;
}

static cg_status apply_allocator(struct cg_runtime *runtime, struct cg_problems *problems,
                                 const struct cg_override_setting *setting) {
    static const char section[] = "allocator_overrides";
    struct cg_binding *binding = binding_of(runtime, setting->key);
    if (!binding) {
        cg_status status = report_unknown_key(runtime, problems, section, setting->key, 0);
        return status == CG_OK ? CG_INVALID : status;
    }
    const void *descriptor = NULL;
    struct cg_callee callee = {0};
    cg_status status = find(runtime, problems, section, CG_OVERRIDE_ALLOCATOR, setting, &descriptor, &callee);
    if (status == CG_OK) {
        binding->allocator = descriptor;
        binding->allocator_callee = callee;
    }
    return status;
}

static const struct cg_service *service_of(const struct cg_runtime *runtime, const char *service_type) {
    for (size_t s = 0; s < runtime->description.service_count; s++)
        if (strcmp(runtime->description.services[s]->service_type, service_type) == 0)
            return runtime->description.services[s];
    return NULL;
}

/* `by_product` tells whether this pass takes product types or service types; product types come last, so they win. */
static cg_status apply_resolver(struct cg_runtime *runtime, struct cg_problems *problems,
                                const struct cg_override_setting *setting, int by_product) {
    static const char section[] = "identity_resolution_overrides";
    struct cg_binding *product = binding_of(runtime, setting->key);
    const struct cg_service *service = service_of(runtime, setting->key);
    if (!product && !service) {
        if (!by_product)
            return CG_OK;
        cg_status status = report_unknown_key(runtime, problems, section, setting->key, 1);
        return status == CG_OK ? CG_INVALID : status;
    }
    if ((product != NULL) != by_product)
        return CG_OK;
    const void *descriptor = NULL;
    struct cg_callee callee = {0};
    cg_status status = find(runtime, problems, section, CG_OVERRIDE_IDENTITY_RESOLVER, setting, &descriptor, &callee);
    if (status != CG_OK)
        return status;
    for (size_t i = 0; i < runtime->binding_count; i++) {
        struct cg_binding *binding = &runtime->bindings[i];
        if (product ? binding != product : binding->service != service)
            continue;
        binding->resolver = descriptor;
        binding->resolver_callee = callee;
    }
    return CG_OK;
}

/* Keeps the first failure but lets the caller go on, so that all problems are told at once; out of memory ends it. */
static int keep(cg_status status, cg_status *kept) {
    if (*kept == CG_OK)
        *kept = status;
    return status != CG_NO_MEMORY;
}

cg_status cg_overrides_apply(struct cg_runtime *runtime, struct cg_problems *problems) {
    const struct cg_tenant_settings *tenant = runtime->tenant;
    cg_status kept = CG_OK;
    for (size_t i = 0; i < tenant->allocator_override_count; i++)
        if (!keep(apply_allocator(runtime, problems, &tenant->allocator_overrides[i]), &kept))
            return CG_NO_MEMORY;
    for (int by_product = 0; by_product <= 1; by_product++)
        for (size_t i = 0; i < tenant->identity_override_count; i++)
            if (!keep(apply_resolver(runtime, problems, &tenant->identity_overrides[i], by_product), &kept))
                return CG_NO_MEMORY;
    return kept;
}
