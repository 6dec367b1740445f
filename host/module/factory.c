/* The factories: what each kind must bring. */
#include <stdio.h>
#include <string.h>

#include "module/contract.h"

/* A member that must not be NULL. */
struct member {
    uint32_t kind;
    const char *name;
    size_t offset;
};

#define ECOSYSTEM(member_) \
    { CG_KIND_ECOSYSTEM, #member_, offsetof(struct cg_ecosystem, member_) }
#define DRIVER(member_) \
    { CG_KIND_SQL_DRIVER, #member_, offsetof(struct cg_sql_driver, member_) }
#define EMITTER(member_) \
    { CG_KIND_EMITTER, #member_, offsetof(struct cg_emitter, member_) }

static const struct member mandatory[] = {
    ECOSYSTEM(create),
    ECOSYSTEM(destroy),
    ECOSYSTEM(describe),
    ECOSYSTEM(gather_inventory),
    ECOSYSTEM(gather_billing),
    DRIVER(dialect),
    DRIVER(open),
    DRIVER(close),
    DRIVER(error_text),
    DRIVER(execute),
    DRIVER(prepare),
    DRIVER(finalize),
    DRIVER(reset),
    DRIVER(bind_text),
    DRIVER(bind_int),
    DRIVER(bind_bool),
    DRIVER(bind_null),
    DRIVER(step),
    DRIVER(column_text),
    DRIVER(column_int),
    DRIVER(begin),
    DRIVER(commit),
    DRIVER(rollback),
    DRIVER(changes),
    DRIVER(interrupt),
    DRIVER(table_exists),
    EMITTER(create),
    EMITTER(destroy),
    EMITTER(begin),
    EMITTER(rows),
    EMITTER(finish),
    EMITTER(abort),
};

/* A kind's struct: its name, its size in ABI 1.0, its size here. */
struct kind {
    uint32_t kind;
    const char *name;
    size_t first_size;
    size_t size;
};

static const struct kind kinds[] = {
    {CG_KIND_ECOSYSTEM, "struct cg_ecosystem", offsetof(struct cg_ecosystem, gather_billing) + sizeof(void *),
     sizeof(struct cg_ecosystem)},
    {CG_KIND_SQL_DRIVER, "struct cg_sql_driver", offsetof(struct cg_sql_driver, table_exists) + sizeof(void *),
     sizeof(struct cg_sql_driver)},
    {CG_KIND_EMITTER, "struct cg_emitter", offsetof(struct cg_emitter, abort) + sizeof(void *),
     sizeof(struct cg_emitter)},
};

static const struct kind *kind_find(uint32_t kind) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].kind == kind)
            return &kinds[i];
    return NULL;
}

size_t cg_factory_size(uint32_t kind) {
    const struct kind *found = kind_find(kind);
    return found ? found->size : 0;
}

static cg_status refuse_member(struct cg_error *error, const char *type, const char *member) {
    return cg_error_set(error, CG_PERMANENT, "the member '%s' of its %s is NULL; it must be set", member, type);
}

/* A scheme as a URL has it, in lower case. */
static int32_t is_scheme(const char *text) {
    size_t length = strnlen(text, CG_MODULE_NAME_SIZE);
    return length > 0 && length < CG_MODULE_NAME_SIZE && text[0] >= 'a' && text[0] <= 'z' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-") == length;
}

static cg_status check_driver(const struct cg_sql_driver *driver, struct cg_error *error) {
    if (!driver->schemes.items || driver->schemes.count == 0)
        return refuse_member(error, "struct cg_sql_driver", "schemes");
    for (size_t i = 0; i < driver->schemes.count; i++) {
        const char *scheme = driver->schemes.items[i];
        if (!scheme || !is_scheme(scheme))
            return cg_error_set(error, CG_PERMANENT,
                                "scheme %zu of its struct cg_sql_driver is '%.63s', but a scheme is written in "
                                "lower-case letters, digits, '.' and '-', and begins with a letter",
                                i + 1, scheme ? scheme : "NULL");
    }
    const struct cg_sql_dialect *dialect = driver->dialect;
    size_t smallest = offsetof(struct cg_sql_dialect, schema_setup) + sizeof dialect->schema_setup;
    if (dialect->struct_size < smallest)
        return cg_error_set(error, CG_PERMANENT,
                            "its struct cg_sql_dialect has %lu bytes, expected at least %zu (ABI 1.0); set struct_size "
                            "with sizeof",
                            (unsigned long)dialect->struct_size, smallest);
    if (!dialect->name || !dialect->serial_primary_key || !dialect->timestamp_type || !dialect->boolean_type ||
        !dialect->schema_setup)
        return cg_error_set(error, CG_PERMANENT,
                            "a text of its struct cg_sql_dialect is NULL; name, serial_primary_key, timestamp_type, "
                            "boolean_type and schema_setup must be set (schema_setup may be \"\")");
    return CG_OK;
}

static cg_status check_overrides_kind(const struct cg_registration *registration, struct cg_error *error) {
    if (registration->factory)
        return cg_error_set(error, CG_PERMANENT,
                            "its kind is CG_KIND_OVERRIDES, which has no factory, but it gives one; write NULL, or the "
                            "kind of the factory");
    return CG_OK;
}

cg_status cg_factory_check(const struct cg_registration *registration, struct cg_error *error) {
    if (registration->kind == CG_KIND_OVERRIDES)
        return check_overrides_kind(registration, error);
    const struct kind *kind = kind_find(registration->kind);
    if (!kind)
        return cg_error_set(error, CG_PERMANENT,
                            "its kind is %lu, which this program does not know; use one of CG_KIND_ECOSYSTEM, "
                            "CG_KIND_SQL_DRIVER, CG_KIND_EMITTER and CG_KIND_OVERRIDES, or install a newer program",
                            (unsigned long)registration->kind);
    if (!registration->factory)
        return refuse_member(error, "registration", "factory");
    uint32_t size = 0;
    memcpy(&size, registration->factory, sizeof size);
    if (size < kind->first_size)
        return cg_error_set(error, CG_PERMANENT,
                            "its %s has %lu bytes, expected at least %zu (ABI 1.0); set struct_size with sizeof",
                            kind->name, (unsigned long)size, kind->first_size);
    for (size_t i = 0; i < sizeof mandatory / sizeof *mandatory; i++) {
        void *pointer = NULL;
        if (mandatory[i].kind != kind->kind)
            continue;
        memcpy(&pointer, (const char *)registration->factory + mandatory[i].offset, sizeof pointer);
        if (!pointer)
            return refuse_member(error, kind->name, mandatory[i].name);
    }
    return kind->kind == CG_KIND_SQL_DRIVER ? check_driver(registration->factory, error) : CG_OK;
}
