#include "module/contract.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* A pointer that is not NULL and that nobody follows. */
static const char anything[8];

/* ---- names ---- */

static const struct {
    const char *name;
    int32_t valid;
} name_cases[] = {
    {"a", 1},
    {"confluent_2", 1},
    {"a23456789_123456789_123456789_123456789_123456789_123456789_123", 1},
    {"a23456789_123456789_123456789_123456789_123456789_123456789_1234", 0},
    {"", 0},
    {"A", 0},
    {"1a", 0},
    {"_a", 0},
    {"a-b", 0},
    {"a.b", 0},
    {"\xc3\xa4", 0},
};

Test(cg_module_name_valid, table) {
    for (size_t i = 0; i < sizeof name_cases / sizeof *name_cases; i++)
        cr_assert_eq(cg_module_name_valid(name_cases[i].name), name_cases[i].valid, "name '%s'", name_cases[i].name);
}

/* ---- factories: a struct full of pointers, one of which is missing ---- */

/* All three factories fit; every pointer of them lies on a multiple of a pointer's size. */
union factory {
    uint32_t struct_size;
    struct cg_ecosystem ecosystem;
    struct cg_sql_driver driver;
    struct cg_emitter emitter;
    const void *pointers[64];
};

static const char *const schemes[] = {"test"};
static const struct cg_sql_dialect dialect = {.struct_size = sizeof dialect,
                                              .name = "test",
                                              .serial_primary_key = "INTEGER",
                                              .timestamp_type = "DATETIME",
                                              .boolean_type = "BOOLEAN",
                                              .schema_setup = ""};

static void fill(union factory *factory, uint32_t kind, size_t size) {
    for (size_t i = 1; i < sizeof factory->pointers / sizeof *factory->pointers; i++)
        factory->pointers[i] = anything;
    factory->pointers[0] = NULL;
    factory->struct_size = (uint32_t)size;
    if (kind == CG_KIND_SQL_DRIVER) {
        factory->driver.schemes = (struct cg_text_list){schemes, 1};
        factory->driver.dialect = &dialect;
    }
}

static const struct {
    uint32_t kind;
    const char *member; /* NULL: nothing is missing */
    size_t offset;
} member_cases[] = {
    {CG_KIND_ECOSYSTEM, NULL, 0},
    {CG_KIND_ECOSYSTEM, "create", offsetof(struct cg_ecosystem, create)},
    {CG_KIND_ECOSYSTEM, "destroy", offsetof(struct cg_ecosystem, destroy)},
    {CG_KIND_ECOSYSTEM, "describe", offsetof(struct cg_ecosystem, describe)},
    {CG_KIND_ECOSYSTEM, "gather_inventory", offsetof(struct cg_ecosystem, gather_inventory)},
    {CG_KIND_ECOSYSTEM, "gather_billing", offsetof(struct cg_ecosystem, gather_billing)},
    {CG_KIND_EMITTER, NULL, 0},
    {CG_KIND_EMITTER, "create", offsetof(struct cg_emitter, create)},
    {CG_KIND_EMITTER, "destroy", offsetof(struct cg_emitter, destroy)},
    {CG_KIND_EMITTER, "begin", offsetof(struct cg_emitter, begin)},
    {CG_KIND_EMITTER, "rows", offsetof(struct cg_emitter, rows)},
    {CG_KIND_EMITTER, "finish", offsetof(struct cg_emitter, finish)},
    {CG_KIND_EMITTER, "abort", offsetof(struct cg_emitter, abort)},
    {CG_KIND_SQL_DRIVER, NULL, 0},
    {CG_KIND_SQL_DRIVER, "schemes", offsetof(struct cg_sql_driver, schemes)},
    {CG_KIND_SQL_DRIVER, "dialect", offsetof(struct cg_sql_driver, dialect)},
    {CG_KIND_SQL_DRIVER, "open", offsetof(struct cg_sql_driver, open)},
    {CG_KIND_SQL_DRIVER, "close", offsetof(struct cg_sql_driver, close)},
    {CG_KIND_SQL_DRIVER, "error_text", offsetof(struct cg_sql_driver, error_text)},
    {CG_KIND_SQL_DRIVER, "execute", offsetof(struct cg_sql_driver, execute)},
    {CG_KIND_SQL_DRIVER, "prepare", offsetof(struct cg_sql_driver, prepare)},
    {CG_KIND_SQL_DRIVER, "finalize", offsetof(struct cg_sql_driver, finalize)},
    {CG_KIND_SQL_DRIVER, "reset", offsetof(struct cg_sql_driver, reset)},
    {CG_KIND_SQL_DRIVER, "bind_text", offsetof(struct cg_sql_driver, bind_text)},
    {CG_KIND_SQL_DRIVER, "bind_int", offsetof(struct cg_sql_driver, bind_int)},
    {CG_KIND_SQL_DRIVER, "bind_bool", offsetof(struct cg_sql_driver, bind_bool)},
    {CG_KIND_SQL_DRIVER, "bind_null", offsetof(struct cg_sql_driver, bind_null)},
    {CG_KIND_SQL_DRIVER, "step", offsetof(struct cg_sql_driver, step)},
    {CG_KIND_SQL_DRIVER, "column_text", offsetof(struct cg_sql_driver, column_text)},
    {CG_KIND_SQL_DRIVER, "column_int", offsetof(struct cg_sql_driver, column_int)},
    {CG_KIND_SQL_DRIVER, "begin", offsetof(struct cg_sql_driver, begin)},
    {CG_KIND_SQL_DRIVER, "commit", offsetof(struct cg_sql_driver, commit)},
    {CG_KIND_SQL_DRIVER, "rollback", offsetof(struct cg_sql_driver, rollback)},
    {CG_KIND_SQL_DRIVER, "changes", offsetof(struct cg_sql_driver, changes)},
    {CG_KIND_SQL_DRIVER, "interrupt", offsetof(struct cg_sql_driver, interrupt)},
    {CG_KIND_SQL_DRIVER, "table_exists", offsetof(struct cg_sql_driver, table_exists)},
};

Test(cg_factory_check, each_mandatory_member) {
    for (size_t i = 0; i < sizeof member_cases / sizeof *member_cases; i++) {
        uint32_t kind = member_cases[i].kind;
        const char *member = member_cases[i].member;
        union factory factory;
        fill(&factory, kind, cg_factory_size(kind));
        if (member)
            factory.pointers[member_cases[i].offset / sizeof(void *)] = NULL;
        const struct cg_registration registration = {.kind = kind, .factory = &factory};
        struct cg_error error = {0};
        char expected[64];
        snprintf(expected, sizeof expected, "the member '%s' of its struct cg_", member ? member : "");
        cr_assert_eq(cg_factory_check(&registration, &error), member ? CG_PERMANENT : CG_OK, "kind %u, %s: %s", kind,
                     member ? member : "whole", error.text);
        cr_assert(!member || strstr(error.text, expected), "kind %u, %s: %s", kind, member, error.text);
    }
}

Test(cg_factory_check, optional_member_may_be_null) {
    union factory factory;
    fill(&factory, CG_KIND_ECOSYSTEM, sizeof factory.ecosystem);
    factory.ecosystem.validate = NULL;
    const struct cg_registration registration = {.kind = CG_KIND_ECOSYSTEM, .factory = &factory};
    cr_assert_eq(cg_factory_check(&registration, NULL), CG_OK);
}

static const struct {
    const char *name;
    uint32_t kind;
    int32_t with_factory;
    uint32_t struct_size;
    const char *scheme;
    const char *expected;
} factory_cases[] = {
    {"unknown kind", 77, 1, 512, "test", "its kind is 77, which this program does not know"},
    {"no factory", CG_KIND_EMITTER, 0, 0, "test", "the member 'factory' of its registration is NULL"},
    {"overrides with factory", CG_KIND_OVERRIDES, 1, 64, "test", "CG_KIND_OVERRIDES, which has no factory"},
    {"short emitter", CG_KIND_EMITTER, 1, 16, "test", "its struct cg_emitter has 16 bytes, expected at least"},
    {"upper-case scheme", CG_KIND_SQL_DRIVER, 1, 512, "Test", "scheme 1 of its struct cg_sql_driver is 'Test'"},
    {"longer than known", CG_KIND_SQL_DRIVER, 1, 512, "test", NULL},
};

Test(cg_factory_check, table) {
    for (size_t i = 0; i < sizeof factory_cases / sizeof *factory_cases; i++) {
        union factory factory;
        fill(&factory, factory_cases[i].kind, factory_cases[i].struct_size);
        const char *const scheme[] = {factory_cases[i].scheme};
        if (factory_cases[i].kind == CG_KIND_SQL_DRIVER)
            factory.driver.schemes = (struct cg_text_list){scheme, 1};
        const struct cg_registration registration = {.kind = factory_cases[i].kind,
                                                     .factory = factory_cases[i].with_factory ? &factory : NULL};
        struct cg_error error = {0};
        const char *expected = factory_cases[i].expected;
        cr_assert_eq(cg_factory_check(&registration, &error), expected ? CG_PERMANENT : CG_OK, "%s: %s",
                     factory_cases[i].name, error.text);
        cr_assert(!expected || strstr(error.text, expected), "%s: %s", factory_cases[i].name, error.text);
    }
}

/* ---- options ---- */

#define OPTION .struct_size = sizeof(struct cg_option)

static const struct cg_option sound = {OPTION, .type = CG_OPTION_STRING, .key = "sound"};
static const struct cg_option sound_again = {OPTION, .type = CG_OPTION_INT, .key = "sound"};
static const struct cg_option list = {OPTION, .type = CG_OPTION_LIST, .element = CG_OPTION_SECTION, .key = "list"};
static const struct cg_option short_option = {.struct_size = 8, .type = CG_OPTION_INT, .key = "short"};
static const struct cg_option keyless = {OPTION, .type = CG_OPTION_INT};
static const struct cg_option empty_key = {OPTION, .type = CG_OPTION_INT, .key = ""};
static const struct cg_option typeless = {OPTION, .type = 0, .key = "typeless"};
static const struct cg_option strange = {OPTION, .type = CG_OPTION_MAP, .element = 44, .key = "strange"};
static const struct cg_option choiceless = {OPTION, .type = CG_OPTION_CHOICE, .key = "choiceless"};
static const struct cg_option backwards = {
    OPTION,       .type = CG_OPTION_INT, .flags = CG_OPTION_MIN | CG_OPTION_MAX, .key = "backwards",
    .minimum = 9, .maximum = 3};

static const struct {
    const char *name;
    const struct cg_option *options[2];
    uint32_t count;
    const char *expected; /* NULL: sound */
} option_cases[] = {
    {"none", {NULL}, 0, NULL},
    {"sound", {&sound, &list}, 2, NULL},
    {"missing entry", {&sound, NULL}, 2, "entry 2 of its option table is NULL"},
    {"short entry", {&short_option}, 1, "entry 1 of its option table has 8 bytes"},
    {"no key", {&sound, &keyless}, 2, "entry 2 of its option table has no key"},
    {"empty key", {&empty_key}, 1, "entry 1 of its option table has no key"},
    {"no type", {&typeless}, 1, "its option 'typeless' has the type 0"},
    {"unknown element", {&strange}, 1, "its option 'strange' has the type 6 and the element type 44"},
    {"no choices", {&choiceless}, 1, "its option 'choiceless' is a choice without choices"},
    {"minimum above maximum", {&backwards}, 1, "has the minimum 9 above the maximum 3"},
    {"key twice", {&sound, &sound_again}, 2, "has the key 'sound' twice"},
    {"too many", {&sound}, CG_OPTIONS_MAX + 1, "it has 1025 options, at most 1024"},
};

Test(cg_options_check, table) {
    for (size_t i = 0; i < sizeof option_cases / sizeof *option_cases; i++) {
        const struct cg_registration registration = {.option_count = option_cases[i].count,
                                                     .options = option_cases[i].options};
        struct cg_error error = {0};
        const char *expected = option_cases[i].expected;
        cr_assert_eq(cg_options_check(&registration, &error), expected ? CG_PERMANENT : CG_OK, "%s: %s",
                     option_cases[i].name, error.text);
        cr_assert(!expected || strstr(error.text, expected), "%s: %s", option_cases[i].name, error.text);
    }
}

Test(cg_options_check, count_without_table) {
    const struct cg_registration registration = {.option_count = 2};
    struct cg_error error = {0};
    cr_assert_eq(cg_options_check(&registration, &error), CG_PERMANENT);
    cr_assert(strstr(error.text, "it has 2 options, but its option table is NULL"), "%s", error.text);
}

/* ---- registrations ---- */

Test(cg_registration_check, ret_is_untouched_on_error) {
    struct cg_registration ret = {.magic = 7};
    struct cg_error error = {0};
    cr_assert_eq(cg_registration_check(NULL, &ret, &error), CG_PERMANENT);
    cr_assert_eq(ret.magic, 7);
    cr_assert(strstr(error.text, "register() answered NULL"), "%s", error.text);
}

Test(cg_registration_check, nameless_and_versionless) {
    struct cg_registration found = {
        .magic = CG_MODULE_MAGIC, .abi_major = CG_ABI_MAJOR, .struct_size = sizeof found, .kind = CG_KIND_OVERRIDES};
    struct cg_registration ret;
    struct cg_error error = {0};
    cr_assert_eq(cg_registration_check(&found, &ret, &error), CG_PERMANENT);
    cr_assert(strstr(error.text, "the member 'name'"), "%s", error.text);
    found.name = "named";
    cr_assert_eq(cg_registration_check(&found, &ret, &error), CG_PERMANENT);
    cr_assert(strstr(error.text, "the member 'version'"), "%s", error.text);
    found.version = "1.0.0";
    cr_assert_eq(cg_registration_check(&found, &ret, &error), CG_OK);
    cr_assert_str_eq(ret.name, "named");
}

/* ---- override descriptors ---- */

static const struct {
    const char *name;
    struct cg_override_header header;
    uint64_t symbol_size;
    int32_t with_function;
    uint32_t kind;        /* expected when accepted */
    const char *expected; /* NULL: accepted */
} override_cases[] = {
    {"allocator", CG_OVERRIDE_HEADER(struct cg_allocator, CG_OVERRIDE_ALLOCATOR), 64, 1, CG_OVERRIDE_ALLOCATOR, NULL},
    {"resolver", CG_OVERRIDE_HEADER(struct cg_identity_resolver, CG_OVERRIDE_IDENTITY_RESOLVER), 64, 1,
     CG_OVERRIDE_IDENTITY_RESOLVER, NULL},
    {"other data", {1, 2, 3, 4, 5}, 64, 1, 0, NULL},
    {"small data", CG_OVERRIDE_HEADER(struct cg_allocator, CG_OVERRIDE_ALLOCATOR), 8, 1, 0, NULL},
    {"newer kind", {64, CG_OVERRIDE_MAGIC, 3, CG_ABI_MAJOR, CG_ABI_MINOR + 1}, 64, 1, 0, NULL},
    {"unknown kind", {64, CG_OVERRIDE_MAGIC, 3, CG_ABI_MAJOR, CG_ABI_MINOR}, 64, 1, 0, "is neither an allocator"},
    {"other major", {64, CG_OVERRIDE_MAGIC, 1, CG_ABI_MAJOR + 1, 0}, 64, 1, 0, "was built for plugin ABI 2.0"},
    {"short", {16, CG_OVERRIDE_MAGIC, 1, CG_ABI_MAJOR, 0}, 64, 1, 0, "says it has 16 bytes"},
    {"longer than its symbol", {64, CG_OVERRIDE_MAGIC, 1, CG_ABI_MAJOR, 0}, 48, 1, 0, "says it has 64 bytes"},
    {"no function", CG_OVERRIDE_HEADER(struct cg_allocator, CG_OVERRIDE_ALLOCATOR), 64, 0, 0,
     "the member 'allocate' of its override 'symbol' is NULL"},
};

Test(cg_override_check, table) {
    for (size_t i = 0; i < sizeof override_cases / sizeof *override_cases; i++) {
        const void *data[8] = {0};
        memcpy(data, &override_cases[i].header, sizeof override_cases[i].header);
        data[offsetof(struct cg_allocator, allocate) / sizeof(void *)] =
            override_cases[i].with_function ? anything : NULL;
        struct cg_error error = {0};
        uint32_t kind = 99;
        const char *expected = override_cases[i].expected;
        cr_assert_eq(cg_override_check("symbol", data, override_cases[i].symbol_size, &kind, &error),
                     expected ? CG_PERMANENT : CG_OK, "%s: %s", override_cases[i].name, error.text);
        cr_assert_eq(kind, expected ? 99 : override_cases[i].kind, "%s: kind %u", override_cases[i].name, kind);
        cr_assert(!expected || strstr(error.text, expected), "%s: %s", override_cases[i].name, error.text);
    }
}
