#include "module/modules.h"

#include <stdlib.h>
#include <string.h>

#include "module/set.h"

cg_status cg_modules_open(const char *const *paths, size_t count, const struct cg_log *log, struct cg_modules **ret,
                          struct cg_error *error) {
    struct cg_modules *modules = cg_modules_new();
    if (!modules)
        return cg_error_no_memory(error);
    /* The parent has decided about names and duplicates. */
    const struct cg_module_source source = {.lone = 1, .log = log};
    cg_status status = CG_OK;
    for (size_t i = 0; status == CG_OK && i < count; i++)
        status = cg_modules_add(modules, &source, paths[i], error);
    if (status != CG_OK) {
        cg_modules_free(modules);
        return status;
    }
    *ret = modules;
    return CG_OK;
}

size_t cg_modules_count(const struct cg_modules *modules) {
    return modules->count;
}

size_t cg_modules_refused(const struct cg_modules *modules) {
    size_t refused = 0;
    for (size_t i = 0; i < modules->count; i++)
        refused += !modules->entries[i]->module.loaded && !modules->entries[i]->replaced;
    return refused;
}

const struct cg_module *cg_modules_at(const struct cg_modules *modules, size_t index) {
    return index < modules->count ? &modules->entries[index]->module : NULL;
}

const struct cg_module *cg_modules_find(const struct cg_modules *modules, uint32_t kind, const char *name) {
    for (size_t i = 0; i < modules->count; i++) {
        const struct cg_module *module = &modules->entries[i]->module;
        if (module->loaded && module->kind == kind && strcmp(module->name, name) == 0)
            return module;
    }
    return NULL;
}

static int32_t serves(const struct cg_module *module, const char *scheme) {
    const struct cg_sql_driver *driver = module->registration->factory;
    for (size_t i = 0; i < driver->schemes.count; i++)
        if (strcmp(driver->schemes.items[i], scheme) == 0)
            return 1;
    return 0;
}

const struct cg_module *cg_modules_find_sql_driver(const struct cg_modules *modules, const char *scheme) {
    /* From behind, because what is in plugins_path comes last, in a worker's set too. */
    for (size_t i = modules->count; i-- > 0;) {
        const struct cg_module *module = &modules->entries[i]->module;
        if (module->loaded && module->kind == CG_KIND_SQL_DRIVER && serves(module, scheme))
            return module;
    }
    return NULL;
}

static int by_name(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

cg_status cg_modules_names(const struct cg_modules *modules, uint32_t kind, struct cg_buf *out) {
    const char **names = calloc(modules->count + 1, sizeof *names);
    if (!names)
        return CG_NO_MEMORY;
    size_t count = 0;
    for (size_t i = 0; i < modules->count; i++) {
        const struct cg_module *module = &modules->entries[i]->module;
        if (module->loaded && module->kind == kind)
            names[count++] = module->name;
    }
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++)
        cg_buf_printf(out, "%s%s", i > 0 ? ", " : "", names[i]);
    if (count == 0)
        cg_buf_add_text(out, "none");
    free(names);
    return out->status;
}

const char *cg_module_kind_name(uint32_t kind) {
    switch (kind) {
    case CG_KIND_ECOSYSTEM:
        return "ecosystem";
    case CG_KIND_SQL_DRIVER:
        return "sql driver";
    case CG_KIND_EMITTER:
        return "emitter";
    case CG_KIND_OVERRIDES:
        return "overrides";
    default:
        return "unknown kind";
    }
}
