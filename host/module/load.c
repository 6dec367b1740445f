#include "module/load.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "module/contract.h"
#include "module/elf_file.h"
#include "module/loader.h"

/* Where the texts of a module are cut. */
#define VERSION_LENGTH 63u
#define TEXT_LENGTH 255u

static void tell(const struct cg_load_watch *watch, uint32_t step) {
    if (watch && watch->step)
        watch->step(watch->user, step);
}

/* A copy of a module's text that is fit for a terminal; "" for NULL; NULL when out of memory. */
static const char *copy_text(struct cg_arena *arena, const char *text, size_t limit) {
    size_t length = text ? strnlen(text, limit + 1) : 0;
    int was_cut = length > limit;
    char *copy = cg_arena_copy(arena, text ? text : "", was_cut ? limit : length);
    if (copy)
        cg_text_clean(copy, limit + 1, was_cut);
    return copy;
}

/* What a registration says, as far as it is sound enough to be shown. */
static cg_status describe(const struct cg_registration *registration, struct cg_arena *arena,
                          struct cg_module *module) {
    module->kind = registration->kind;
    module->abi_major = registration->abi_major;
    module->abi_minor = registration->abi_minor;
    module->name = copy_text(arena, registration->name, CG_MODULE_NAME_SIZE);
    module->version = copy_text(arena, registration->version, VERSION_LENGTH);
    module->description = copy_text(arena, registration->description, TEXT_LENGTH);
    module->license = copy_text(arena, registration->license, TEXT_LENGTH);
    return module->name && module->version && module->description && module->license ? CG_OK : CG_NO_MEMORY;
}

/* The host's copy of a checked registration and of its factory, zero beyond what the module knew. */
static cg_status keep(const struct cg_registration *checked, struct cg_module *module) {
    struct cg_registration *copy = cg_loader_keep(sizeof *copy);
    if (!copy)
        return CG_NO_MEMORY;
    *copy = *checked;
    size_t size = cg_factory_size(checked->kind);
    if (size > 0) {
        void *factory = cg_loader_keep(size);
        if (!factory)
            return CG_NO_MEMORY;
        uint32_t declared = 0;
        memcpy(&declared, checked->factory, sizeof declared);
        memcpy(factory, checked->factory, declared < size ? declared : size);
        copy->factory = factory;
    }
    module->registration = copy;
    return CG_OK;
}

/* A descriptor's one line: it stands in the same place in both kinds. */
static const char *override_description(const void *descriptor, struct cg_arena *arena) {
    _Static_assert(offsetof(struct cg_allocator, description) == offsetof(struct cg_identity_resolver, description),
                   "both kinds of override have their description in one place");
    const struct cg_allocator *allocator = descriptor;
    return copy_text(arena, allocator->description, TEXT_LENGTH);
}

static cg_status read_overrides(void *handle, const struct cg_elf_file *file, struct cg_arena *arena,
                                struct cg_module *module, struct cg_error *error) {
    struct cg_module_override *overrides = NULL;
    for (size_t i = 0; i < file->symbol_count; i++) {
        const struct cg_elf_symbol *symbol = &file->symbols[i];
        const void *data = cg_loader_data(handle, symbol->name);
        uint32_t kind = 0;
        if (!data)
            continue;
        cg_status status = cg_override_check(symbol->name, data, symbol->size, &kind, error);
        if (status != CG_OK)
            return status;
        if (kind == 0)
            continue;
        if (!overrides)
            overrides = cg_arena_array(arena, file->symbol_count, sizeof *overrides);
        const char *description = overrides ? override_description(data, arena) : NULL;
        if (!description)
            return cg_error_no_memory(error);
        overrides[module->override_count++] = (struct cg_module_override){
            .symbol = symbol->name, .kind = kind, .description = description, .descriptor = data};
    }
    module->overrides = overrides;
    return CG_OK;
}

/* The line an author has to write, with the name of the file when that is a fit name. */
static cg_status refuse_without_register(const struct cg_module *module, struct cg_error *error) {
    char name[CG_MODULE_NAME_SIZE];
    snprintf(name, sizeof name, "%.63s", module->file_name);
    char *dot = strchr(name, '.');
    if (dot)
        *dot = '\0';
    return cg_error_set(error, CG_PERMANENT,
                        "it exports no function 'register'; #include <chitragupt/plugin.h> and write "
                        "CG_REGISTER(CG_KIND_OVERRIDES, \"%s\", \"1.0.0\", \"What it is for\", NULL, NULL, 0) in one "
                        "source file, or the kind, factory and options of an ecosystem, SQL driver or emitter",
                        cg_module_name_valid(name) ? name : "my_module");
}

/* Everything after the file was opened. */
static cg_status read_module(void *handle, const struct cg_elf_file *file, const struct cg_load_watch *watch,
                             struct cg_arena *arena, struct cg_module *module, struct cg_error *error) {
    cg_register_function function = file->has_register ? cg_loader_register_function(handle) : NULL;
    if (!function)
        return refuse_without_register(module, error);
    tell(watch, CG_LOAD_REGISTERING);
    const struct cg_registration *found = function();
    tell(watch, CG_LOAD_READING);
    struct cg_registration checked;
    cg_status status = cg_registration_check(found, &checked, error);
    if (status != CG_OK)
        return status;
    if (describe(&checked, arena, module) != CG_OK)
        return cg_error_no_memory(error);
    status = read_overrides(handle, file, arena, module, error);
    if (status != CG_OK)
        return status;
    if (module->kind == CG_KIND_OVERRIDES && module->override_count == 0)
        return cg_error_set(error, CG_PERMANENT,
                            "it registers as a module of overrides, but exports none; define one with CG_ALLOCATOR or "
                            "CG_IDENTITY_RESOLVER");
    return keep(&checked, module) == CG_OK ? CG_OK : cg_error_no_memory(error);
}

cg_status cg_module_load(const char *path, const struct cg_load_watch *watch, struct cg_arena *arena,
                         struct cg_module *module, struct cg_error *error) {
    struct cg_elf_file file;
    cg_status status = cg_elf_file_read(path, sizeof(struct cg_override_header), arena, &file, error);
    if (status != CG_OK)
        return status;
    tell(watch, CG_LOAD_OPENING);
    void *handle = NULL;
    status = cg_loader_open(path, &handle, error);
    if (status == CG_OK)
        status = read_module(handle, &file, watch, arena, module, error);
    if (status == CG_OK)
        module->build_id = file.build_id;
    return status;
}
