#include "module/contract.h"

#include <string.h>

/* Bytes of a struct up to and with its last member in ABI 1.0. */
#define SIZE_1_0(type, last) (offsetof(type, last) + sizeof(((const type *)0)->last))

int32_t cg_module_name_valid(const char *name) {
    size_t length = strnlen(name, CG_MODULE_NAME_SIZE);
    if (length == 0 || length == CG_MODULE_NAME_SIZE || name[0] < 'a' || name[0] > 'z')
        return 0;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static cg_status check_version(const struct cg_registration *registration, struct cg_error *error) {
    if (registration->magic != CG_MODULE_MAGIC)
        return cg_error_set(error, CG_PERMANENT,
                            "register() answered something that is no registration: it begins with 0x%08lx, expected "
                            "0x%08lx; define it with CG_REGISTER",
                            (unsigned long)registration->magic, (unsigned long)CG_MODULE_MAGIC);
    if (registration->abi_major != CG_ABI_MAJOR)
        return cg_error_set(error, CG_PERMANENT,
                            "built for plugin ABI %u.%u, this program speaks %d.%d; build it again with the headers of "
                            "ABI %d",
                            registration->abi_major, registration->abi_minor, CG_ABI_MAJOR, CG_ABI_MINOR, CG_ABI_MAJOR);
    if (registration->abi_minor > CG_ABI_MINOR && (registration->flags & CG_MODULE_NEEDS_MINOR))
        return cg_error_set(error, CG_PERMANENT,
                            "it needs the plugin ABI %u.%u, this program speaks %d.%d; install a newer program, or an "
                            "older release of the module",
                            registration->abi_major, registration->abi_minor, CG_ABI_MAJOR, CG_ABI_MINOR);
    size_t smallest = SIZE_1_0(struct cg_registration, options);
    if (registration->struct_size < smallest)
        return cg_error_set(error, CG_PERMANENT,
                            "its registration has %lu bytes, expected at least %zu (struct cg_registration of ABI "
                            "1.0); set struct_size with sizeof, or define it with CG_REGISTER",
                            (unsigned long)registration->struct_size, smallest);
    return CG_OK;
}

static cg_status check_name(const struct cg_registration *registration, struct cg_error *error) {
    if (!registration->name)
        return cg_error_set(error, CG_PERMANENT,
                            "the member 'name' of its registration is NULL; give the module a name");
    if (!cg_module_name_valid(registration->name))
        return cg_error_set(error, CG_PERMANENT,
                            "its name is '%.63s', but a name is one lower-case letter and then at most 62 lower-case "
                            "letters, digits or '_' ([a-z][a-z0-9_]*); change it in CG_REGISTER",
                            registration->name);
    if (!registration->version)
        return cg_error_set(error, CG_PERMANENT,
                            "the member 'version' of its registration is NULL; give the module a version, e.g. "
                            "\"1.0.0\"");
    return CG_OK;
}

cg_status cg_registration_check(const struct cg_registration *found, struct cg_registration *ret,
                                struct cg_error *error) {
    if (!found)
        return cg_error_set(error, CG_PERMANENT,
                            "register() answered NULL, expected its registration; define it with CG_REGISTER");
    /* First only what every version has in this place, then as much as both sides know. */
    struct cg_registration copy = {0};
    memcpy(&copy, found, SIZE_1_0(struct cg_registration, flags));
    cg_status status = check_version(&copy, error);
    if (status != CG_OK)
        return status;
    size_t size = copy.struct_size < sizeof copy ? copy.struct_size : sizeof copy;
    memcpy(&copy, found, size);
    status = check_name(&copy, error);
    if (status == CG_OK)
        status = cg_factory_check(&copy, error);
    if (status == CG_OK)
        status = cg_options_check(&copy, error);
    if (status == CG_OK)
        *ret = copy;
    return status;
}

/* The size of a descriptor in ABI 1.0, and what its function is called. */
static size_t override_size(uint32_t kind, size_t *ret_function, const char **ret_name) {
    if (kind == CG_OVERRIDE_ALLOCATOR) {
        *ret_function = offsetof(struct cg_allocator, allocate);
        *ret_name = "allocate";
        return SIZE_1_0(struct cg_allocator, data);
    }
    if (kind == CG_OVERRIDE_IDENTITY_RESOLVER) {
        *ret_function = offsetof(struct cg_identity_resolver, resolve);
        *ret_name = "resolve";
        return SIZE_1_0(struct cg_identity_resolver, data);
    }
    return 0;
}

static cg_status refuse_override(struct cg_error *error, const char *symbol, const char *problem) {
    return cg_error_set(error, CG_PERMANENT,
                        "its override '%.255s' %s; define it with CG_ALLOCATOR or CG_IDENTITY_RESOLVER", symbol,
                        problem);
}

cg_status cg_override_check(const char *symbol, const void *data, uint64_t size, uint32_t *ret_kind,
                            struct cg_error *error) {
    struct cg_override_header header = {0};
    if (size < sizeof header)
        goto other_data;
    memcpy(&header, data, sizeof header);
    if (header.magic != CG_OVERRIDE_MAGIC)
        goto other_data;
    if (header.abi_major != CG_ABI_MAJOR)
        return cg_error_set(error, CG_PERMANENT,
                            "its override '%.255s' was built for plugin ABI %u.%u, this program speaks %d.%d; build it "
                            "again with the headers of ABI %d",
                            symbol, header.abi_major, header.abi_minor, CG_ABI_MAJOR, CG_ABI_MINOR, CG_ABI_MAJOR);
    size_t function = 0;
    const char *function_name = NULL;
    size_t smallest = override_size(header.kind, &function, &function_name);
    if (smallest == 0 && header.abi_minor > CG_ABI_MINOR)
        goto other_data;
    if (smallest == 0)
        return refuse_override(error, symbol, "is neither an allocator nor an identity resolver");
    if (header.struct_size < smallest || header.struct_size > size)
        return cg_error_set(error, CG_PERMANENT,
                            "its override '%.255s' says it has %lu bytes, expected %zu (ABI 1.0) to %llu (the symbol); "
                            "define it with CG_ALLOCATOR or CG_IDENTITY_RESOLVER",
                            symbol, (unsigned long)header.struct_size, smallest, (unsigned long long)size);
    void *pointer = NULL;
    memcpy(&pointer, (const char *)data + function, sizeof pointer);
    if (!pointer)
        return cg_error_set(error, CG_PERMANENT, "the member '%s' of its override '%.255s' is NULL; give it a function",
                            function_name, symbol);
    *ret_kind = header.kind;
    return CG_OK;

other_data:
    *ret_kind = 0;
    return CG_OK;
}
