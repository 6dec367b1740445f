#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/probe.h"
#include "support.h"

/* ---- one module, one sentence ---- */

static const struct {
    const char *module;
    const char *name;     /* of the module when it loads, else NULL */
    const char *parts[3]; /* of the reason */
} cases[] = {
    {"no_register", NULL, {"it exports no function 'register'", "CG_REGISTER(CG_KIND_OVERRIDES, \"no_register\","}},
    {"register_returns_null", NULL, {"register() answered NULL"}},
    {"bad_magic", NULL, {"begins with 0x12345678, expected 0x43475054"}},
    {"future_major", NULL, {"built for plugin ABI 2.0, this program speaks 1.3", "headers of ABI 1"}},
    {"future_minor", "future_minor", {0}},
    {"needs_future_minor", NULL, {"it needs the plugin ABI 1.10, this program speaks 1.3"}},
    {"short_struct", NULL, {"its registration has 56 bytes, expected at least 72"}},
    {"null_member", NULL, {"the member 'create' of its struct cg_ecosystem is NULL"}},
    {"bad_name", NULL, {"its name is 'Bad-Name'", "[a-z][a-z0-9_]*"}},
    {"undefined_symbol", NULL, {"the dynamic linker says '", "undefined symbol: nobody_has_this_function"}},
    {"crash_in_register", NULL, {"crashed in register(): signal 11 (Segmentation fault)"}},
    {"crash_in_constructor", NULL, {"crashed while it was opened: signal 7 (Bus error)"}},
    {"crash_at_exit", NULL, {"crashed when its process ended: signal 11"}},
    {"exits_in_register",
     NULL,
     {"ended the process in register() with exit status 3", "last words: no licence for this machine"}},
    {"noisy", "noisy", {0}},
    {"override_bad_size", NULL, {"its override 'override_bad_size_split' says it has 16 bytes, expected 40"}},
    {"no_overrides", NULL, {"registers as a module of overrides, but exports none"}},
    {"bad_option", NULL, {"its option 'second' has the type 99"}},
};

/* What a refusal must say: which file, and every part. */
static void assert_reason(const char *what, const struct cg_module *module, const char *path,
                          const char *const parts[3]) {
    cr_assert_not_null(module->reason, "%s: no reason", what);
    cr_assert(strstr(module->reason, path), "%s: the path is missing: %s", what, module->reason);
    for (size_t i = 0; i < 3 && parts[i]; i++)
        cr_assert(strstr(module->reason, parts[i]), "%s: expected '%s' in: %s", what, parts[i], module->reason);
}

Test(cg_modules_scan, each_module) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char directory[PATH_SIZE];
        char source[128];
        char name[128];
        char path[PATH_SIZE * 2];
        directory_make(directory);
        snprintf(source, sizeof source, "bad/%s", cases[i].module);
        snprintf(name, sizeof name, "%s.so", cases[i].module);
        module_copy(source, directory, name, 0);
        snprintf(path, sizeof path, "%s/%s", directory, name);
        struct cg_modules_options options = scan_options(NULL, directory);
        struct cg_modules *modules = scan(&options);
        cr_assert_eq(cg_modules_count(modules), 1, "%s", cases[i].module);
        const struct cg_module *module = cg_modules_at(modules, 0);
        cr_assert_eq(module->loaded, cases[i].name != NULL, "%s: %s", cases[i].module,
                     module->reason ? module->reason : "loaded");
        if (cases[i].name)
            cr_assert_str_eq(module->name, cases[i].name);
        else
            assert_reason(cases[i].module, module, path, cases[i].parts);
        cg_modules_free(modules);
        directory_remove(directory);
    }
}

Test(cg_modules_scan, hanging_module_is_killed) {
    char directory[PATH_SIZE];
    directory_make(directory);
    module_copy("bad/hang_in_register", directory, "hang.so", 0);
    module_copy("good/good_overrides", directory, "sound.so", 0);
    struct cg_modules_options options = scan_options(NULL, directory);
    options.probe_timeout_us = 1500000;
    struct cg_modules *modules = scan(&options);
    const char *const parts[3] = {"hung in register(): killed after 1500 ms"};
    assert_reason("hang", cg_modules_at(modules, 0), "hang.so", parts);
    cr_assert(cg_modules_at(modules, 1)->loaded, "the rest still loads");
    cg_modules_free(modules);
    directory_remove(directory);
}

/* ---- files that are no modules ---- */

Test(cg_modules_scan, strange_files) {
    char directory[PATH_SIZE];
    char path[PATH_SIZE * 2];
    directory_make(directory);
    module_copy("good/good_overrides", directory, "a_truncated.so", 6000);
    file_write(directory, "b_text.so", "this is a text\n");
    snprintf(path, sizeof path, "%s/c_directory.so", directory);
    cr_assert_eq(mkdir(path, 0755), 0);
    module_copy("good/good_overrides", directory, "d_writable.so", 0);
    snprintf(path, sizeof path, "%s/d_writable.so", directory);
    cr_assert_eq(chmod(path, 0666), 0);
    file_write(directory, "e_empty.so", "");
    snprintf(path, sizeof path, "%s/f_pipe.so", directory);
    cr_assert_eq(mkfifo(path, 0600), 0);
    snprintf(path, sizeof path, "%s/g_dangling.so", directory);
    cr_assert_eq(symlink("/nowhere/at/all.so", path), 0);
    snprintf(path, sizeof path, "%s/h_python", directory);
    cr_assert_eq(mkdir(path, 0755), 0);
    file_write(path, "__init__.py", "def register(): ...\n");
    file_write(directory, "_skipped.so", "");
    file_write(directory, ".skipped.so", "");
    file_write(directory, "README", "not a module\n");
    static const struct {
        const char *file;
        const char *parts[3];
    } expected[] = {
        {"a_truncated.so", {"it is cut short: its headers speak of", "the file has 6000", "copy it again whole"}},
        {"b_text.so", {"it is not an ELF shared object"}},
        {"c_directory.so", {"it is a directory, but a module is a regular file"}},
        {"d_writable.so", {"everybody may write to the file", "(mode 0666)", "chmod o-w"}},
        {"e_empty.so", {"it is not an ELF shared object"}},
        {"f_pipe.so", {"it is a pipe, but a module is a regular file"}},
        {"g_dangling.so", {"it cannot be read: No such file or directory"}},
        {"h_python", {"it is a Python package, but modules are compiled shared objects"}},
    };
    struct cg_modules_options options = scan_options(NULL, directory);
    struct cg_modules *modules = scan(&options);
    cr_assert_eq(cg_modules_count(modules), sizeof expected / sizeof *expected);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        cr_assert_eq(cg_modules_at(modules, i)->loaded, 0, "%s", expected[i].file);
        assert_reason(expected[i].file, cg_modules_at(modules, i), expected[i].file, expected[i].parts);
    }
    cg_modules_free(modules);
    directory_remove(directory);
}

Test(cg_modules_scan, directory_that_everybody_may_write_to) {
    char directory[PATH_SIZE];
    directory_make(directory);
    module_copy("good/good_overrides", directory, "it.so", 0);
    cr_assert_eq(chmod(directory, 0777), 0);
    struct cg_modules_options options = scan_options(NULL, directory);
    struct cg_modules *modules = scan(&options);
    const char *const parts[3] = {"everybody may write to its directory", "(mode 0777)", directory};
    assert_reason("directory", cg_modules_at(modules, 0), "it.so", parts);
    cg_modules_free(modules);
    directory_remove(directory);
}

Test(cg_modules_scan, file_of_another_user) {
    if (geteuid() != 0)
        return; /* only root can give a file away */
    char directory[PATH_SIZE];
    char path[PATH_SIZE * 2];
    directory_make(directory);
    module_copy("good/good_overrides", directory, "it.so", 0);
    snprintf(path, sizeof path, "%s/it.so", directory);
    cr_assert_eq(chown(path, 4321, 4321), 0);
    struct cg_modules_options options = scan_options(NULL, directory);
    struct cg_modules *modules = scan(&options);
    const char *const parts[3] = {"belongs to user id 4321", "must belong to root or to the user id 0", "chown"};
    assert_reason("owner", cg_modules_at(modules, 0), "it.so", parts);
    cg_modules_free(modules);
    directory_remove(directory);
}

/* ---- duplicates and places ---- */

Test(cg_modules_scan, names_and_files_that_come_twice) {
    char directory[PATH_SIZE];
    char path[PATH_SIZE * 2];
    directory_make(directory);
    module_copy("bad/dup_name_a", directory, "a.so", 0);
    module_copy("bad/dup_name_b", directory, "b.so", 0);
    snprintf(path, sizeof path, "%s/c.so", directory);
    cr_assert_eq(symlink("a.so", path), 0);
    struct cg_modules_options options = scan_options(NULL, directory);
    struct cg_modules *modules = scan(&options);
    cr_assert_eq(cg_modules_count(modules), 3);
    cr_assert(cg_modules_at(modules, 0)->loaded);
    const char *const name_parts[3] = {"duplicate name: '", "/a.so' already has the name 'dup_name' (overrides)"};
    assert_reason("name", cg_modules_at(modules, 1), "b.so", name_parts);
    const char *const file_parts[3] = {"it is the same file as '", "/a.so'"};
    assert_reason("file", cg_modules_at(modules, 2), "c.so", file_parts);
    cr_assert_eq(cg_modules_refused(modules), 2);
    cg_modules_free(modules);
    directory_remove(directory);
}

Test(cg_modules_scan, plugins_path_adds_to_and_wins_over_bundled) {
    char bundled[PATH_SIZE];
    char extra[PATH_SIZE];
    char inner[PATH_SIZE * 2];
    directory_make(bundled);
    directory_make(extra);
    module_copy("good/good_ecosystem", bundled, "good_ecosystem.so", 0);
    module_copy("good/good_emitter", bundled, "good_emitter.so", 0);
    module_copy("good/good_ecosystem", extra, "mine.so", 0);
    snprintf(inner, sizeof inner, "%s/good_overrides", extra);
    cr_assert_eq(mkdir(inner, 0755), 0);
    module_copy("good/good_overrides", inner, "good_overrides.so", 0);
    module_copy("bad/noisy", inner, "another_name.so", 0); /* not NAME/NAME.so, so it is not looked at */
    struct cg_modules_options options = scan_options(bundled, extra);
    struct cg_modules *modules = scan(&options);
    cr_assert_eq(cg_modules_count(modules), 4);
    const struct cg_module *replaced = cg_modules_at(modules, 0);
    cr_assert(replaced->bundled && !replaced->loaded);
    const char *const parts[3] = {"not used",
                                  "/mine.so' in plugins_path also has the name 'good_ecosystem' (ecosystem)"};
    assert_reason("replaced", replaced, "good_ecosystem.so", parts);
    const struct cg_module *ecosystem = cg_modules_find(modules, CG_KIND_ECOSYSTEM, "good_ecosystem");
    cr_assert(ecosystem && !ecosystem->bundled);
    cr_assert_str_eq(ecosystem->file_name, "mine.so");
    cr_assert_eq(cg_modules_refused(modules), 0, "what was replaced was not refused");
    cr_assert_eq(ecosystem->registration->option_count, 2);
    cr_assert_not_null(((const struct cg_ecosystem *)ecosystem->registration->factory)->create);
    cr_assert_not_null(cg_modules_find(modules, CG_KIND_EMITTER, "good_emitter"));
    cr_assert_not_null(cg_modules_find(modules, CG_KIND_OVERRIDES, "good_overrides"));
    cr_assert_null(cg_modules_find(modules, CG_KIND_EMITTER, "good_overrides"));
    cr_assert_null(cg_modules_find_sql_driver(modules, "sqlite"));
    cg_modules_free(modules);
    directory_remove(bundled);
    directory_remove(extra);
}

/* Runs a scan with a log and answers what was logged; to be freed. */
static char *logged_scan(const char *bundled, const char *extra) {
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    struct cg_log *log = NULL;
    cr_assert_eq(cg_log_new(ends[1], CG_LOG_INFO, "%(levelname)s %(message)s", NULL, 0, &log), CG_OK);
    struct cg_modules_options options = scan_options(bundled, extra);
    options.log = log;
    cg_modules_free(scan(&options));
    cg_log_free(log);
    close(ends[1]);
    char text[8192] = "";
    size_t length = 0;
    ssize_t part;
    while (length < sizeof text - 1 && (part = read(ends[0], text + length, sizeof text - 1 - length)) > 0)
        length += (size_t)part;
    close(ends[0]);
    return strdup(text);
}

Test(cg_modules_scan, missing_directory_is_a_warning) {
    char *log = logged_scan(NULL, "no/such/directory");
    cr_assert(strstr(log, "WARNING plugins_path 'no/such/directory' (relative to the working directory '"), "%s", log);
    cr_assert(strstr(log, "the directory does not exist; no module is loaded from there"), "%s", log);
    free(log);
}

Test(cg_modules_scan, refusals_and_replacements_are_logged) {
    char bundled[PATH_SIZE];
    char extra[PATH_SIZE];
    directory_make(bundled);
    directory_make(extra);
    module_copy("good/good_overrides", bundled, "a.so", 0);
    module_copy("good/good_overrides", extra, "b.so", 0);
    file_write(extra, "c.so", "text");
    char *log = logged_scan(bundled, extra);
    cr_assert(strstr(log, "INFO plugin "), "%s", log);
    cr_assert(strstr(log, "takes its place"), "%s", log);
    cr_assert(strstr(log, "WARNING plugin "), "%s", log);
    cr_assert(strstr(log, "c.so not loaded: it is not an ELF shared object"), "%s", log);
    free(log);
    directory_remove(bundled);
    directory_remove(extra);
}

/* What lies beyond the limit is not looked at, and that is said. */
Test(cg_modules_scan, a_directory_with_too_many_entries_is_a_warning) {
    char directory[PATH_SIZE];
    char path[PATH_SIZE * 2];
    directory_make(directory);
    for (unsigned i = 0; i <= 65536; i++) {
        snprintf(path, sizeof path, "%s/f%05u", directory, i);
        int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        cr_assert_geq(file, 0, "%s", path);
        close(file);
    }
    char *log = logged_scan(NULL, directory);
    cr_assert(strstr(log, "WARNING the plugin directory '"), "%s", log);
    cr_assert(strstr(log, "has more than 65536 entries; modules among the others are not found"), "%s", log);
    free(log);
    snprintf(path, sizeof path, "%s/f00000", directory);
    cr_assert_eq(remove(path), 0);
    log = logged_scan(NULL, directory);
    cr_assert_str_eq(log, "", "exactly so many entries");
    free(log);
    directory_remove(directory);
}

Test(cg_modules_scan, one_directory_twice_is_one_directory) {
    char directory[PATH_SIZE];
    directory_make(directory);
    module_copy("good/good_overrides", directory, "a.so", 0);
    struct cg_modules_options options = scan_options(directory, directory);
    struct cg_modules *modules = scan(&options);
    cr_assert_eq(cg_modules_count(modules), 1);
    cr_assert(cg_modules_at(modules, 0)->bundled);
    cg_modules_free(modules);
    directory_remove(directory);
}

/* ---- the probe itself ---- */

static const struct {
    const char *name;
    const char *program;
    const char *expected;
} program_cases[] = {
    {"missing", "/nowhere/chitragupt", "'/nowhere/chitragupt' cannot be started: No such file or directory"},
    {"silent", "/bin/true", "ended the process before it was opened with exit status 0"},
    {"another program", "/bin/echo", "ended the process before it was opened with exit status 0"},
};

Test(cg_module_probe_run, strange_programs) {
    for (size_t i = 0; i < sizeof program_cases / sizeof *program_cases; i++) {
        struct cg_error error = {0};
        cr_assert_eq(cg_module_probe_run(program_cases[i].program, "/tmp/x.so", 30000000, &error), CG_PERMANENT, "%s",
                     program_cases[i].name);
        cr_assert(strstr(error.text, program_cases[i].expected), "%s: %s", program_cases[i].name, error.text);
    }
}

/* ---- workers ---- */

Test(cg_modules_open, loads_what_it_is_told) {
    const char *const paths[] = {CG_TEST_PLUGINS "/good/test_overrides.so", CG_TEST_PLUGINS "/good/good_ecosystem.so"};
    struct cg_modules *modules = NULL;
    struct cg_error error = {0};
    cr_assert_eq(cg_modules_open(paths, 2, NULL, &modules, &error), CG_OK, "%s", error.text);
    cr_assert_eq(cg_modules_count(modules), 2);
    cr_assert_str_eq(cg_modules_at(modules, 0)->name, "test_overrides");
    cr_assert_eq(cg_modules_at(modules, 0)->override_count, 8);
    cr_assert_str_eq(cg_modules_at(modules, 1)->name, "good_ecosystem");
    cr_assert_geq(strlen(cg_modules_at(modules, 1)->build_id), 16);
    const struct cg_registration *registration = cg_modules_at(modules, 1)->registration;
    struct cg_buf names;
    cg_buf_init(&names, 1000);
    cr_assert_eq(cg_modules_names(modules, CG_KIND_ECOSYSTEM, &names), CG_OK);
    cg_buf_add_text(&names, "; ");
    cr_assert_eq(cg_modules_names(modules, CG_KIND_EMITTER, &names), CG_OK);
    cr_assert_str_eq(cg_buf_text(&names), "good_ecosystem; none");
    cg_buf_done(&names);
    cg_modules_free(modules);
    cr_assert_str_eq(registration->name, "good_ecosystem", "a registration outlives its set");
}

Test(cg_modules_open, refused_file_is_kept_beside_the_others) {
    const char *const paths[] = {CG_TEST_PLUGINS "/bad/bad_name.so", CG_TEST_PLUGINS "/good/test_overrides.so"};
    struct cg_modules *modules = NULL;
    struct cg_error error = {0};
    cr_assert_eq(cg_modules_open(paths, 2, NULL, &modules, &error), CG_OK, "%s", error.text);
    const char *const parts[3] = {"/bad/bad_name.so not loaded: its name is 'Bad-Name'"};
    cr_assert_eq(cg_modules_at(modules, 0)->loaded, 0);
    assert_reason("refused", cg_modules_at(modules, 0), paths[0], parts);
    cr_assert(cg_modules_at(modules, 1)->loaded);
    cg_modules_free(modules);
}

Test(cg_modules_find_sql_driver, last_one_wins) {
    const char *const paths[] = {CG_TEST_PLUGINS "/good/good_driver.so", CG_TEST_PLUGINS "/bad/other_driver.so",
                                 CG_TEST_PLUGINS "/good/good_emitter.so"};
    struct cg_modules *modules = NULL;
    struct cg_error error = {0};
    cr_assert_eq(cg_modules_open(paths, 3, NULL, &modules, &error), CG_OK, "%s", error.text);
    cr_assert_str_eq(cg_modules_find_sql_driver(modules, "testsql")->name, "other_driver");
    cr_assert_str_eq(cg_modules_find_sql_driver(modules, "testsql-too")->name, "other_driver");
    cr_assert_null(cg_modules_find_sql_driver(modules, "test"));
    cr_assert_not_null(cg_modules_find(modules, CG_KIND_SQL_DRIVER, "good_driver"));
    cg_modules_free(modules);
}
