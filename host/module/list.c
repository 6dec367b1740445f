#include "module/list.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "module/set.h"

/* Where a module came from. */
static const char *origin(const struct cg_module *module, int32_t lone) {
    if (lone)
        return "";
    return module->bundled ? ", bundled" : ", from plugins_path";
}

static void format_override(const struct cg_module_override *override, struct cg_buf *out) {
    const char *key = override->kind == CG_OVERRIDE_ALLOCATOR ? "allocator_overrides" : "identity_resolution_overrides";
    cg_buf_printf(out, "    override     %s, for %s%s%s\n", override->symbol, key, override->description[0] ? ": " : "",
                  override->description);
}

static void format_schemes(const struct cg_module *module, struct cg_buf *out) {
    const struct cg_sql_driver *driver = module->registration->factory;
    cg_buf_add_text(out, "    schemes      ");
    for (size_t i = 0; i < driver->schemes.count; i++)
        cg_buf_printf(out, "%s%s", i > 0 ? ", " : "", driver->schemes.items[i]);
    cg_buf_add_char(out, '\n');
}

static void format_loaded(const struct cg_module *module, int32_t lone, struct cg_buf *out) {
    cg_buf_printf(out, "%s %s (%s, ABI %u.%u%s)\n", module->name, module->version, cg_module_kind_name(module->kind),
                  module->abi_major, module->abi_minor, origin(module, lone));
    cg_buf_printf(out, "    file         %s\n", module->path);
    if (module->description[0])
        cg_buf_printf(out, "    description  %s\n", module->description);
    if (module->license[0])
        cg_buf_printf(out, "    license      %s\n", module->license);
    cg_buf_printf(out, "    build id     %s\n", module->build_id);
    if (module->kind != CG_KIND_OVERRIDES)
        cg_buf_printf(out, "    options      %lu\n", (unsigned long)module->registration->option_count);
    if (module->kind == CG_KIND_SQL_DRIVER)
        format_schemes(module, out);
    for (size_t i = 0; i < module->override_count; i++)
        format_override(&module->overrides[i], out);
}

/* The name is known when the module got as far as its registration. */
static void format_refused(const struct cg_module_entry *entry, int32_t lone, struct cg_buf *out) {
    const struct cg_module *module = &entry->module;
    const char *state = entry->replaced ? "REPLACED" : "REFUSED";
    if (module->name)
        cg_buf_printf(out, "%s %s (%s, ABI %u.%u%s) %s\n", module->name, module->version,
                      cg_module_kind_name(module->kind), module->abi_major, module->abi_minor, origin(module, lone),
                      state);
    else
        cg_buf_printf(out, "%s (%s%s) %s\n", module->file_name, "unknown module", origin(module, lone), state);
    cg_buf_printf(out, "    file         %s\n", module->path);
    cg_buf_printf(out, "    reason       %s\n", module->reason);
}

static cg_status format_set(const struct cg_modules *modules, int32_t lone, struct cg_buf *out) {
    size_t loaded = 0;
    for (size_t i = 0; i < modules->count; i++) {
        const struct cg_module_entry *entry = modules->entries[i];
        if (entry->module.loaded)
            format_loaded(&entry->module, lone, out);
        else
            format_refused(entry, lone, out);
        cg_buf_add_char(out, '\n');
        loaded += entry->module.loaded != 0;
    }
    return cg_buf_printf(out, "%zu loaded, %zu refused%s\n", loaded, cg_modules_refused(modules),
                         modules->count == 0 ? ": there is no module in the directories" : "");
}

cg_status cg_modules_format(const struct cg_modules *modules, struct cg_buf *out) {
    return format_set(modules, 0, out);
}

/* One file of a check; its path is made absolute, as the loader needs it. */
static cg_status check_file(struct cg_modules *modules, const struct cg_module_source *source, const char *file) {
    struct cg_error reason = {0};
    char path[PATH_MAX];
    if (realpath(file, path))
        return cg_modules_add(modules, source, path, &reason);
    cg_error_set(&reason, CG_PERMANENT, "it cannot be read: %s", strerror(errno));
    return cg_modules_add_refused(modules, source, file, reason.text, NULL);
}

cg_status cg_modules_check(const char *const *files, size_t count, const struct cg_modules_options *options,
                           struct cg_buf *out, size_t *ret_refused) {
    struct cg_modules *modules = cg_modules_new();
    if (!modules)
        return CG_NO_MEMORY;
    const struct cg_module_source source = {
        .probe_program = options->probe_program, .probe_timeout_us = options->probe_timeout_us, .lone = 1};
    cg_status status = CG_OK;
    size_t refused = 0;
    for (size_t i = 0; status == CG_OK && i < count; i++) {
        status = check_file(modules, &source, files[i]);
        refused += status == CG_OK && !modules->entries[modules->count - 1]->module.loaded;
    }
    if (status == CG_OK)
        status = format_set(modules, 1, out);
    cg_modules_free(modules);
    if (status == CG_OK)
        *ret_refused = refused;
    return status;
}
