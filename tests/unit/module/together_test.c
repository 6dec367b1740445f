/*
 * Files that are probed together: how many processes that takes, and that a bad file costs the others nothing else.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "module/probe.h"
#include "support.h"

#define CRASH "bad/crash_in_register"

static const char *const good[] = {"good/good_driver", "good/good_ecosystem", "good/good_emitter",
                                   "good/good_overrides"};

#define GOOD_COUNT (sizeof good / sizeof *good)

/* Two directories: one with modules, and one with the program that probes them and what it wrote down. */
static char directory[PATH_SIZE];
static char tools[PATH_SIZE];
static char program[PATH_SIZE + 16];

/* A program that notes each call in a line of its own, and does `then` when it has probed several files. */
static void write_program(const char *then) {
    char text[2 * PATH_SIZE];
    int length =
        snprintf(text, sizeof text, "#!/bin/sh\necho $# >>%s/calls\ntest $# -gt 3 || exec %s \"$@\"\n%s \"$@\"\n%s\n",
                 tools, CG_TEST_PROBE_PROGRAM, CG_TEST_PROBE_PROGRAM, then);
    cr_assert(length > 0 && (size_t)length < sizeof text);
    file_write(tools, "program", text);
    snprintf(program, sizeof program, "%s/program", tools);
    cr_assert_eq(chmod(program, 0755), 0);
}

static void start(void) {
    directory_make(directory);
    directory_make(tools);
    write_program("exit $?");
}

static void stop(void) {
    directory_remove(directory);
    directory_remove(tools);
}

TestSuite(cg_modules_together, .init = start, .fini = stop);

/* Copies the good ones as "m0.so" to "m3.so". */
static void copy_good(void) {
    for (size_t i = 0; i < GOOD_COUNT; i++) {
        char name[32];
        snprintf(name, sizeof name, "m%zu.so", i);
        module_copy(good[i], directory, name, 0);
    }
}

static struct cg_modules *scan_counting(void) {
    struct cg_modules_options options = scan_options(NULL, directory);
    options.probe_program = program;
    return scan(&options);
}

/* Checks how many processes were started, and how many files each of them was given: "4 1". */
static void check_calls(const char *what, const char *expected) {
    char path[PATH_SIZE + 16];
    char text[256] = "";
    snprintf(path, sizeof path, "%s/calls", tools);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file, "%s: nothing was probed", what);
    int words = 0;
    for (size_t length = 0; fscanf(file, "%d", &words) == 1; length = strlen(text))
        snprintf(text + length, sizeof text - length, "%s%d", length ? " " : "", words - 2);
    fclose(file);
    cr_assert_eq(remove(path), 0);
    cr_assert_str_eq(text, expected, "%s: processes with '%s' files instead of '%s'", what, text, expected);
}

Test(cg_modules_together, sound_files_share_a_process) {
    copy_good();
    struct cg_modules *modules = scan_counting();
    cr_assert_eq(cg_modules_refused(modules), 0);
    check_calls("sound ones", "4");
    cg_modules_free(modules);
}

static const struct {
    const char *module;
    const char *reason;
    const char *calls;
} bad_cases[] = {
    {"bad/no_register", "register", "5 1"},
    {CRASH, "crashed in register(): signal 11", "5 1 1 1 1 1"},
    {"bad/exits_in_register", "ended the process in register() with exit status", "5 1 1 1 1 1"},
    {"bad/crash_at_exit", "crashed when its process ended", "5 1 1 1 1 1"},
    {"bad/hang_in_register", "hung in register(): killed after 1000 ms", "5 1 1 1 1 1"},
};

Test(cg_modules_together, a_bad_file_costs_its_neighbours_a_probe_of_their_own) {
    copy_good();
    for (size_t i = 0; i < sizeof bad_cases / sizeof *bad_cases; i++) {
        const char *name = bad_cases[i].module;
        module_copy(name, directory, "m1_bad.so", 0);
        struct cg_modules_options options = scan_options(NULL, directory);
        options.probe_program = program;
        if (strstr(name, "hang"))
            options.probe_timeout_us = 1000000;
        struct cg_modules *modules = scan(&options);
        cr_assert_eq(cg_modules_count(modules), GOOD_COUNT + 1);
        cr_assert_eq(cg_modules_refused(modules), 1, "%s: %zu refused", name, cg_modules_refused(modules));
        const struct cg_module *bad = cg_modules_at(modules, 2);
        cr_assert(!bad->loaded && strstr(bad->reason, bad_cases[i].reason), "%s: %s", name, bad->reason);
        check_calls(name, bad_cases[i].calls);
        cg_modules_free(modules);
    }
}

/* Modules of one name are refused all but one, after they were found to be sound. */
static void check_many(unsigned count, const char *calls) {
    for (unsigned i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "m%04u.so", i);
        module_copy("good/good_overrides", directory, name, 0);
    }
    struct cg_modules *modules = scan_counting();
    cr_assert_eq(cg_modules_count(modules), count);
    cr_assert_eq(cg_modules_refused(modules), count - 1);
    check_calls("many", calls);
    cg_modules_free(modules);
}

Test(cg_modules_together, a_process_gets_a_bounded_number_of_files) {
    cr_assert_eq(CG_PROBE_TOGETHER_MAX, 32);
    check_many(35, "32 3");
}

Test(cg_modules_together, one_file_that_is_left_is_probed_once) {
    check_many(33, "32 1");
}

Test(cg_modules_together, one_file_is_probed_once) {
    check_many(1, "1");
}

/* A wait that is short for a lone file is no longer for several: the program gets no time to say that it came to its
 * end. */
Test(cg_modules_together, several_files_are_given_no_more_time_than_one) {
    char then[2 * PATH_SIZE];
    char late[PATH_SIZE + 16];
    struct stat found;
    copy_good();
    snprintf(then, sizeof then, "sleep 1.5\necho >%s/late", tools);
    write_program(then);
    struct cg_modules_options options = scan_options(NULL, directory);
    options.probe_program = program;
    options.probe_timeout_us = 300000;
    struct cg_modules *modules = scan(&options);
    cr_assert_eq(cg_modules_count(modules), GOOD_COUNT);
    snprintf(late, sizeof late, "%s/late", tools);
    cr_assert_neq(stat(late, &found), 0, "the program was waited for");
    cg_modules_free(modules);
}

/* What a set has no room for is not even probed. Directories that look like files need no process to be refused. */
Test(cg_modules_together, what_there_is_no_room_for_is_not_probed) {
    enum { ROOM = 4096 };
    char path[PATH_SIZE + 16];
    struct stat found;
    struct cg_modules *modules = NULL;
    struct cg_error error = {0};
    for (unsigned i = 0; i < ROOM; i++) {
        snprintf(path, sizeof path, "%s/a%04u.so", directory, i);
        cr_assert_eq(mkdir(path, 0755), 0);
    }
    copy_good();
    struct cg_modules_options options = scan_options(NULL, directory);
    options.probe_program = program;
    cr_assert_eq(cg_modules_scan(&options, &modules, &error), CG_RANGE);
    cr_assert_str_eq(error.text, "there are more than 4096 modules; clean up the plugin directory");
    snprintf(path, sizeof path, "%s/calls", tools);
    cr_assert_neq(stat(path, &found), 0, "files were probed");
}

/* What was found out about a file says nothing about the one that took its place. */
Test(cg_modules_together, a_file_that_changed_is_probed_again) {
    char then[4 * PATH_SIZE];
    copy_good();
    snprintf(then, sizeof then, "cp %s/bad/crash_in_register.so %s/m2.so", CG_TEST_PLUGINS, directory);
    write_program(then);
    struct cg_modules *modules = scan_counting();
    const struct cg_module *changed = cg_modules_at(modules, 2);
    cr_assert(!changed->loaded && strstr(changed->reason, "crashed in register()"), "%s", changed->reason);
    cr_assert_eq(cg_modules_refused(modules), 1);
    check_calls("changed", "4 1");
    cg_modules_free(modules);
}
