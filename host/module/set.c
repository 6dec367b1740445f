#include "module/set.h"

#include <stdlib.h>
#include <string.h>

#include "module/load.h"
#include "module/probe.h"

struct cg_modules *cg_modules_new(void) {
    struct cg_modules *modules = calloc(1, sizeof *modules);
    if (!modules)
        return NULL;
    modules->arena = cg_arena_new();
    if (!modules->arena) {
        free(modules);
        return NULL;
    }
    return modules;
}

void cg_modules_free(struct cg_modules *modules) {
    if (!modules)
        return;
    cg_arena_free(modules->arena);
    free(modules->entries);
    free(modules);
}

/* A new entry at the end of the set. */
static cg_status append(struct cg_modules *modules, const char *path, int32_t bundled, struct cg_module_entry **ret,
                        struct cg_error *error) {
    if (modules->count == CG_MODULES_MAX) {
        cg_error_set(error, CG_RANGE, "there are more than %u modules; clean up the plugin directory", CG_MODULES_MAX);
        return CG_RANGE;
    }
    if (modules->count == modules->capacity) {
        size_t capacity = modules->capacity ? modules->capacity * 2 : 16;
        struct cg_module_entry **entries = realloc(modules->entries, capacity * sizeof(struct cg_module_entry *));
        if (!entries)
            goto no_memory;
        modules->entries = entries;
        modules->capacity = capacity;
    }
    struct cg_module_entry *entry = cg_arena_alloc(modules->arena, sizeof *entry);
    char *copy = cg_arena_string(modules->arena, path);
    if (!entry || !copy)
        goto no_memory;
    const char *slash = strrchr(copy, '/');
    entry->module.path = copy;
    entry->module.file_name = slash ? slash + 1 : copy;
    entry->module.bundled = bundled;
    modules->entries[modules->count++] = entry;
    *ret = entry;
    return CG_OK;

no_memory:
    cg_error_no_memory(error);
    return CG_NO_MEMORY;
}

/* The entry becomes a refused one, and the log says why. */
static cg_status refuse(struct cg_modules *modules, const struct cg_log *log, struct cg_module_entry *entry,
                        const char *reason, struct cg_error *error) {
    entry->module.loaded = 0;
    entry->module.registration = NULL;
    entry->module.overrides = NULL;
    entry->module.override_count = 0;
    entry->module.build_id = NULL;
    entry->module.reason = cg_arena_printf(modules->arena, CG_REFUSAL_FORMAT, entry->module.path, reason);
    if (!entry->module.reason)
        return cg_error_no_memory(error);
    cg_log_write(log, CG_MODULE_LOGGER, CG_LOG_WARNING, "%s", entry->module.reason);
    return CG_OK;
}

cg_status cg_modules_add_refused(struct cg_modules *modules, const struct cg_module_source *source, const char *path,
                                 const char *reason, struct cg_error *error) {
    struct cg_module_entry *entry = NULL;
    cg_status status = append(modules, path, source->bundled, &entry, error);
    return status == CG_OK ? refuse(modules, source->log, entry, reason, error) : status;
}

/* An earlier entry that is the same file under another name. */
static cg_status check_file_is_new(const struct cg_modules *modules, const struct cg_module_entry *entry,
                                   struct cg_error *error) {
    for (size_t i = 0; i < modules->count; i++) {
        const struct cg_module_entry *other = modules->entries[i];
        if (other != entry && other->has_file && cg_module_file_same(&other->file, &entry->file))
            return cg_error_set(error, CG_PERMANENT, "it is the same file as '%s'; remove one of them",
                                other->module.path);
    }
    return CG_OK;
}

/* Loads the file in a child, unless a child has loaded it with others before. */
static cg_status probe(const struct cg_module_source *source, const struct cg_module_entry *entry,
                       struct cg_error *error) {
    const char *path = entry->module.path;
    for (size_t i = 0; i < source->sound_count; i++)
        if (cg_module_file_unchanged(&source->sound[i].file, &entry->file) && strcmp(source->sound[i].path, path) == 0)
            return CG_OK;
    int64_t timeout = source->probe_timeout_us > 0 ? source->probe_timeout_us : CG_PROBE_TIMEOUT_US;
    return cg_module_probe_run(source->probe_program, path, timeout, error);
}

/* Everything that can be a reason to refuse a file, up to its name. */
static cg_status admit(struct cg_modules *modules, const struct cg_module_source *source, struct cg_module_entry *entry,
                       struct cg_error *error) {
    const char *path = entry->module.path;
    cg_status status = cg_module_file_check(path, &entry->file, error);
    if (status != CG_OK)
        return status;
    entry->has_file = 1;
    if (!source->lone)
        status = check_file_is_new(modules, entry, error);
    if (status == CG_OK && source->probe_program)
        status = probe(source, entry, error);
    if (status != CG_OK)
        return status;
    struct cg_module_file now;
    status = cg_module_file_check(path, &now, error);
    if (status != CG_OK)
        return status;
    if (!cg_module_file_unchanged(&entry->file, &now))
        return cg_error_set(error, CG_PERMANENT,
                            "it changed while it was looked at; install modules by rename, and start again");
    return cg_module_load(path, NULL, modules->arena, &entry->module, error);
}

/* A name stands once for a kind; one from plugins_path takes the place of a bundled one. */
static cg_status check_name_is_new(struct cg_modules *modules, const struct cg_log *log,
                                   const struct cg_module_entry *entry, struct cg_error *error) {
    const struct cg_module *module = &entry->module;
    for (size_t i = 0; i < modules->count; i++) {
        struct cg_module *other = &modules->entries[i]->module;
        if (other == module || !other->loaded || other->kind != module->kind || strcmp(other->name, module->name) != 0)
            continue;
        if (other->bundled == module->bundled)
            return cg_error_set(error, CG_PERMANENT,
                                "duplicate name: '%s' already has the name '%s' (%s); remove one of the files, or give "
                                "one another name in CG_REGISTER",
                                other->path, other->name, cg_module_kind_name(other->kind));
        const char *reason =
            cg_arena_printf(modules->arena,
                            "plugin %s not used: '%s' in plugins_path also has the name '%s' (%s) and takes "
                            "its place; remove that file to use this one",
                            other->path, module->path, module->name, cg_module_kind_name(module->kind));
        if (!reason)
            return cg_error_no_memory(error);
        other->loaded = 0;
        other->reason = reason;
        modules->entries[i]->replaced = 1;
        cg_log_write(log, CG_MODULE_LOGGER, CG_LOG_INFO, "%s", reason);
    }
    return CG_OK;
}

cg_status cg_modules_add(struct cg_modules *modules, const struct cg_module_source *source, const char *path,
                         struct cg_error *error) {
    struct cg_module_entry *entry = NULL;
    cg_status status = append(modules, path, source->bundled, &entry, error);
    if (status != CG_OK)
        return status;
    struct cg_error reason = {0};
    status = admit(modules, source, entry, &reason);
    if (status == CG_OK && !source->lone)
        status = check_name_is_new(modules, source->log, entry, &reason);
    if (status == CG_NO_MEMORY)
        return cg_error_no_memory(error);
    if (status != CG_OK)
        return refuse(modules, source->log, entry, reason.text, error);
    entry->module.loaded = 1;
    cg_log_write(source->log, CG_MODULE_LOGGER, CG_LOG_DEBUG, "loaded %s '%s' %s from %s",
                 cg_module_kind_name(entry->module.kind), entry->module.name, entry->module.version, path);
    return CG_OK;
}
