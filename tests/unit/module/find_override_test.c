#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

#define ALLOCATOR CG_OVERRIDE_ALLOCATOR
#define RESOLVER CG_OVERRIDE_IDENTITY_RESOLVER

static const char *const paths[] = {
    CG_TEST_PLUGINS "/good/test_overrides.so", CG_TEST_PLUGINS "/good/good_overrides.so",
    CG_TEST_PLUGINS "/good/good_ecosystem.so", CG_TEST_PLUGINS "/bad/ambiguous_b.so",
    CG_TEST_PLUGINS "/bad/ambiguous_a.so",
};

static const struct {
    const char *spec;
    const char *ecosystem;
    uint32_t kind;
    const char *module;   /* expected, or NULL for an error */
    const char *parts[3]; /* of the error */
} cases[] = {
    /* found */
    {"good_split", NULL, ALLOCATOR, "good_overrides", {0}},
    {"good_split", "good_ecosystem", ALLOCATOR, "good_overrides", {0}},
    {"good_overrides:good_split", NULL, ALLOCATOR, "good_overrides", {0}},
    {"test_resolver", "good_ecosystem", RESOLVER, "test_overrides", {0}},
    {"shared_split", "good_ecosystem", ALLOCATOR, "good_ecosystem", {0}},
    {"ambiguous_b:shared_split", "good_ecosystem", ALLOCATOR, "ambiguous_b", {0}},
    /* what is written is no name */
    {"", NULL, ALLOCATOR, NULL, {"the name of the override is empty", "`const struct cg_allocator`"}},
    {NULL, NULL, RESOLVER, NULL, {"the name of the override is empty", "`const struct cg_identity_resolver`"}},
    {"acme.alloc:fn",
     NULL,
     ALLOCATOR,
     NULL,
     {"'acme.alloc:fn' is a Python path; chitragupt loads compiled overrides: export a `const struct cg_allocator` "
      "with "
      "CG_ALLOCATOR(fn, ...) from a shared object in plugins_path and write its symbol name, e.g. `fn` or "
      "`module:fn`"}},
    {"acme.alloc.fn", NULL, ALLOCATOR, NULL, {"is a Python path", "`fn` or `module:fn`"}},
    {"acme.who:is_it", NULL, RESOLVER, NULL, {"is a Python path", "CG_IDENTITY_RESOLVER(is_it, ...)"}},
    {"a:b:c", NULL, ALLOCATOR, NULL, {"'a:b:c' is neither `symbol` nor `module:symbol`"}},
    {":fn", NULL, ALLOCATOR, NULL, {"is neither `symbol` nor `module:symbol`"}},
    {"acme:", NULL, ALLOCATOR, NULL, {"is neither `symbol` nor `module:symbol`"}},
    {"acme split", NULL, ALLOCATOR, NULL, {"is neither `symbol` nor `module:symbol`"}},
    {"/opt/acme.so", NULL, ALLOCATOR, NULL, {"is neither `symbol` nor `module:symbol`"}},
    {"9lives", NULL, ALLOCATOR, NULL, {"is neither `symbol` nor `module:symbol`"}},
    /* it is not there */
    {"nobody",
     NULL,
     ALLOCATOR,
     NULL,
     {"no loaded module exports an allocator 'nobody'; the allocators there are: ambiguous_a:shared_split, "
      "ambiguous_b:shared_split, good_ecosystem:shared_split, good_overrides:good_share"}},
    {"good_overrides_text", NULL, ALLOCATOR, NULL, {"no loaded module exports an allocator 'good_overrides_text'"}},
    {"good_overrides:nobody", NULL, ALLOCATOR, NULL, {"the module 'good_overrides' exports no allocator 'nobody'"}},
    {"nowhere:fn",
     NULL,
     RESOLVER,
     NULL,
     {"names the module 'nowhere', but no module of that name is loaded", "not a Python module",
      "the identity resolvers there are: good_overrides:good_resolver, test_overrides:test_resolver"}},
    /* there are several */
    {"shared_split",
     NULL,
     ALLOCATOR,
     NULL,
     {"'shared_split' is exported by 3 modules", "ambiguous_a:shared_split, ambiguous_b:shared_split, "
                                                 "good_ecosystem:shared_split"}},
    /* it is something else */
    {"test_resolver",
     NULL,
     ALLOCATOR,
     NULL,
     {"'test_resolver' of the module 'test_overrides' is an identity resolver, which belongs under "
      "identity_resolution_overrides; allocator_overrides needs an allocator",
      "good_overrides:good_split"}},
    {"good_overrides:good_split",
     NULL,
     RESOLVER,
     NULL,
     {"'good_split' of the module 'good_overrides' is an allocator, which belongs under allocator_overrides"}},
};

Test(cg_modules_find_override, table) {
    struct cg_modules *modules = NULL;
    struct cg_error error = {0};
    cr_assert_eq(cg_modules_open(paths, sizeof paths / sizeof *paths, NULL, &modules, &error), CG_OK, "%s", error.text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *spec = cases[i].spec ? cases[i].spec : "NULL";
        const void *descriptor = paths;
        const struct cg_module *module = NULL;
        cg_error_clear(&error);
        cg_status status = cg_modules_find_override(modules, cases[i].ecosystem, cases[i].kind, cases[i].spec,
                                                    &descriptor, &module, &error);
        cr_assert_eq(status, cases[i].module ? CG_OK : CG_INVALID, "'%s': %d %s", spec, status, error.text);
        if (cases[i].module) {
            cr_assert_str_eq(module->name, cases[i].module, "'%s'", spec);
            cr_assert_eq(((const struct cg_override_header *)descriptor)->kind, cases[i].kind, "'%s'", spec);
            continue;
        }
        cr_assert(descriptor == paths && !module, "'%s': nothing is written on error", spec);
        for (size_t part = 0; part < 3 && cases[i].parts[part]; part++)
            cr_assert(strstr(error.text, cases[i].parts[part]), "'%s': expected '%s' in: %s", spec,
                      cases[i].parts[part], error.text);
    }
    cg_modules_free(modules);
}

Test(cg_modules_find_override, says_that_modules_were_refused) {
    char directory[PATH_SIZE];
    directory_make(directory);
    module_copy("bad/future_major", directory, "acme.so", 0);
    struct cg_modules_options options = scan_options(NULL, directory);
    struct cg_modules *modules = scan(&options);
    const void *descriptor = NULL;
    struct cg_error error = {0};
    cr_assert_eq(cg_modules_find_override(modules, NULL, ALLOCATOR, "acme_split", &descriptor, NULL, &error),
                 CG_INVALID);
    cr_assert(
        strstr(error.text, "; there are no allocators at all (1 module was refused: 'chitragupt plugins' says why)"),
        "%s", error.text);
    cg_modules_free(modules);
    directory_remove(directory);
}

static struct cg_decimal charged;
static const char *charged_to;

static cg_status take_row(const struct cg_row_sink *sink, const struct cg_row *row) {
    (void)sink;
    charged = row->amount;
    charged_to = row->identity_id;
    return CG_OK;
}

Test(cg_modules_find_override, what_is_found_can_be_called) {
    struct cg_modules *modules = NULL;
    struct cg_error error = {0};
    cr_assert_eq(cg_modules_open(paths, 1, NULL, &modules, &error), CG_OK, "%s", error.text);
    const void *descriptor = NULL;
    cr_assert_eq(cg_modules_find_override(modules, NULL, ALLOCATOR, "test_flip_allocator", &descriptor, NULL, &error),
                 CG_OK);
    cg_modules_free(modules);
    const struct cg_allocator *allocator = descriptor;
    const struct cg_allocation_context context = {.struct_size = sizeof context, .amount = {.low = 1234}};
    const struct cg_row_sink sink = {.struct_size = sizeof sink, .add = take_row};
    cr_assert_eq(allocator->allocate(allocator, &context, &sink), CG_OK);
    cr_assert_eq(charged.low, 1234);
    cr_assert_str_eq(charged_to, "test-flip");
}

/* A worker's set has no rules about names, and modules of two kinds may share one: a pin does not always help. */
Test(cg_modules_find_override, a_pin_that_fits_twice_names_the_files) {
    char directory[PATH_SIZE];
    char copies[2][PATH_SIZE * 2];
    directory_make(directory);
    for (size_t i = 0; i < 2; i++) {
        const char *name = i ? "two.so" : "one.so";
        module_copy("good/good_overrides", directory, name, 0);
        snprintf(copies[i], sizeof copies[i], "%s/%s", directory, name);
    }
    const char *const both[] = {copies[1], copies[0]};
    struct cg_modules *modules = NULL;
    struct cg_error error = {0};
    cr_assert_eq(cg_modules_open(both, 2, NULL, &modules, &error), CG_OK, "%s", error.text);
    const void *descriptor = NULL;
    cr_assert_eq(
        cg_modules_find_override(modules, NULL, ALLOCATOR, "good_overrides:good_split", &descriptor, NULL, &error),
        CG_INVALID);
    cr_assert_null(descriptor);
    char expected[CG_ERROR_TEXT_SIZE];
    snprintf(expected, sizeof expected,
             "the module name 'good_overrides' is used by 2 modules that export 'good_split': '%.200s', '%.200s'; give "
             "one of them another name in CG_REGISTER",
             copies[0], copies[1]);
    cr_assert_str_eq(error.text, expected);
    cg_modules_free(modules);
    directory_remove(directory);
}
