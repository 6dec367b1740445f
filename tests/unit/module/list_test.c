#include "module/list.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

/* What differs from run to run becomes a word: directories and build ids. */
static char *neutral(const char *text, const struct cg_modules *modules, const char *bundled, const char *extra) {
    char *out = replace_all(text, bundled, "BUNDLED");
    char *next = replace_all(out, extra, "EXTRA");
    free(out);
    for (size_t i = 0; i < cg_modules_count(modules); i++) {
        const char *id = cg_modules_at(modules, i)->build_id;
        out = next;
        next = id ? replace_all(out, id, "ID") : strdup(out);
        free(out);
    }
    return next;
}

static char *read_golden(const char *name) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/tests/unit/module/golden/%s", CG_TEST_SOURCE_DIR, name);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file, "opening %s", path);
    char *text = calloc(1, 16384);
    cr_assert_not_null(text);
    cr_assert_lt(fread(text, 1, 16383, file), 16383);
    cr_assert_eq(fclose(file), 0);
    return text;
}

Test(cg_modules_format, golden) {
    char bundled[PATH_SIZE];
    char extra[PATH_SIZE];
    directory_make(bundled);
    directory_make(extra);
    module_copy("good/good_driver", bundled, "good_driver.so", 0);
    module_copy("good/good_emitter", bundled, "good_emitter.so", 0);
    module_copy("good/good_ecosystem", bundled, "good_ecosystem.so", 0);
    module_copy("good/good_ecosystem", extra, "mine.so", 0);
    module_copy("good/good_overrides", extra, "good_overrides.so", 0);
    module_copy("bad/future_major", extra, "future_major.so", 0);
    module_copy("bad/dup_name_a", extra, "x1.so", 0);
    module_copy("bad/dup_name_b", extra, "x2.so", 0);
    struct cg_modules_options options = scan_options(bundled, extra);
    struct cg_modules *modules = scan(&options);
    struct cg_buf out;
    cg_buf_init(&out, 65536);
    cr_assert_eq(cg_modules_format(modules, &out), CG_OK);
    char *text = neutral(cg_buf_text(&out), modules, bundled, extra);
    char *golden = read_golden("list.txt");
    cr_assert_str_eq(text, golden, "got:\n%s", text);
    free(text);
    free(golden);
    cg_buf_done(&out);
    cg_modules_free(modules);
    directory_remove(bundled);
    directory_remove(extra);
}

Test(cg_modules_format, nothing_there) {
    struct cg_modules_options options = scan_options(NULL, NULL);
    struct cg_modules *modules = scan(&options);
    struct cg_buf out;
    cg_buf_init(&out, 65536);
    cr_assert_eq(cg_modules_format(modules, &out), CG_OK);
    cr_assert_str_eq(cg_buf_text(&out), "0 loaded, 0 refused: there is no module in the directories\n");
    cg_buf_done(&out);
    cg_modules_free(modules);
}

Test(cg_modules_check, each_file_by_itself) {
    /* Both have one name, which is no fault of either. */
    const char *const files[] = {CG_TEST_PLUGINS "/bad/dup_name_a.so", CG_TEST_PLUGINS "/bad/dup_name_b.so",
                                 CG_TEST_PLUGINS "/bad/crash_in_register.so", "/nowhere/acme.so"};
    struct cg_modules_options options = scan_options(NULL, NULL);
    struct cg_buf out;
    cg_buf_init(&out, 65536);
    size_t refused = 0;
    cr_assert_eq(cg_modules_check(files, 4, &options, &out, &refused), CG_OK);
    cr_assert_eq(refused, 2);
    const char *text = cg_buf_text(&out);
    cr_assert(strstr(text, "dup_name 1.0.0 (overrides, ABI 1.3)\n"), "%s", text);
    cr_assert(strstr(text, "crash_in_register.so (unknown module) REFUSED\n"), "%s", text);
    cr_assert(strstr(text, "crashed in register(): signal 11"), "%s", text);
    cr_assert(strstr(text, "plugin /nowhere/acme.so not loaded: it cannot be read: No such file"), "%s", text);
    cr_assert(strstr(text, "\n2 loaded, 2 refused\n"), "%s", text);
    cg_buf_done(&out);
}
