/* Samples on their way to disk: what is refused, what is kept, what a killed writer leaves. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "expose/folder.h"
#include "stage.h"
#include "support/disk.h"

static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(writer, .init = start, .fini = stop);

/* ---- names ---- */

Test(writer, names_of_folders) {
    static const struct {
        const char *text;
        const char *name;
    } cases[] = {{"acme", "acme"}, {"a.b-C_9", "a.b-C_9"},
                 {"", "%"},        {"..", "%2E."},
                 {".x", "%2Ex"},   {"a/b", "a%2Fb"},
                 {"%", "%25"},     {"\xc3\xa9", "%C3%A9"},
                 {"a b", "a%20b"}, {"../../etc", "%2E.%2F..%2Fetc"}};
    char name[CG_FOLDER_NAME_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_str_eq(cg_folder_name(cases[i].text, name), cases[i].name);
    char text[1000];
    char other[CG_FOLDER_NAME_SIZE];
    memset(text, '/', sizeof text);
    text[999] = '\0';
    cr_assert_lt(strlen(cg_folder_name(text, name)), 200);
    text[998] = 'x';
    cr_assert_str_neq(cg_folder_name(text, other), name);
}

/* ---- families ---- */

static const char *const sorted[] = {"a", "b"};
static const char *const unsorted[] = {"b", "a"};
static const char *const reserved[] = {"__a"};
static const char *const twice[] = {"a", "a"};

#define FAMILY(count_, name_, help_, labels_) \
    { sizeof(struct cg_exposition_family), (count_), (name_), (help_), (labels_) }

static const struct {
    const char *what;
    struct cg_exposition_family family;
    cg_status status;
} families[] = {
    {"good", FAMILY(2, "a:b_c9", "x", sorted), CG_OK},
    {"no name", FAMILY(0, NULL, "x", NULL), CG_INVALID},
    {"empty name", FAMILY(0, "", "x", NULL), CG_INVALID},
    {"digit first", FAMILY(0, "9a", "x", NULL), CG_INVALID},
    {"a dot", FAMILY(0, "a.b", "x", NULL), CG_INVALID},
    {"no help", FAMILY(0, "a", NULL, NULL), CG_INVALID},
    {"help of two lines", FAMILY(0, "a", "x\ny", NULL), CG_INVALID},
    {"labels out of order", FAMILY(2, "a", "x", unsorted), CG_INVALID},
    {"a label twice", FAMILY(2, "a", "x", twice), CG_INVALID},
    {"a reserved label", FAMILY(1, "a", "x", reserved), CG_INVALID},
    {"no labels", FAMILY(1, "a", "x", NULL), CG_INVALID},
    {"too many labels", FAMILY(33, "a", "x", sorted), CG_INVALID},
};

Test(writer, families) {
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        const struct cg_exposition_family *const list[] = {&families[i].family, &families[i].family};
        const struct cg_expose_writer_options options = {.directory = folder, .tenant = "t", .entry = "e"};
        struct cg_expose_writer *writer = NULL;
        struct cg_error error = {0};
        cr_assert_eq(cg_expose_writer_new(&options, list, 1, &writer, &error), families[i].status, "%s: %s",
                     families[i].what, error.text);
        cg_expose_writer_free(writer);
        writer = NULL;
        cr_assert_eq(cg_expose_writer_new(&options, list, 2, &writer, &error), CG_INVALID, "%s twice",
                     families[i].what);
    }
}

/* ---- what is refused ---- */

Test(writer, calls_out_of_order_and_bad_samples) {
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    const struct cg_emission emission = {
        .struct_size = sizeof emission, .pipeline = "chargeback", .date = "2026-01-15", .date_time = 0};
    const char *const values[] = {"x", "y"};
    static char huge[40000];
    const char *const long_values[] = {huge, "y"};
    struct cg_error error = {0};
    size_t removed = 0;
    memset(huge, 'x', sizeof huge - 1);
    cr_assert_eq(cg_expose_writer_finish(writer, &removed, &error), CG_INVALID);
    cr_assert_eq(cg_expose_writer_sample(writer, 0, values, "1", &error), CG_INVALID);
    cr_assert_eq(cg_expose_writer_begin(writer, &emission, &error), CG_OK);
    cr_assert_eq(cg_expose_writer_begin(writer, &emission, &error), CG_INVALID);
    cr_assert_eq(cg_expose_writer_sample(writer, 2, values, "1", &error), CG_INVALID);
    cr_assert_eq(cg_expose_writer_sample(writer, 0, values, "one", &error), CG_INVALID);
    cr_assert_eq(cg_expose_writer_sample(writer, 0, values, NULL, &error), CG_INVALID);
    cr_assert_eq(cg_expose_writer_sample(writer, 0, long_values, "1", &error), CG_PERMANENT);
    cr_assert_eq(cg_expose_writer_sample(writer, 0, values, "1E+37", &error), CG_OK);
    cr_assert_eq(cg_expose_writer_sample(writer, 0, values, "0.001", &error), CG_RANGE, "%s", error.text);
    cg_expose_writer_abort(writer);
    cg_expose_writer_abort(writer);
    cr_assert_eq(cg_expose_writer_begin(writer, &emission, &error), CG_OK);
    cg_expose_writer_free(writer);
    char path[CG_TEST_PATH_SIZE];
    cr_assert_eq(cg_test_folder_count(cg_test_path(folder, "t/e", path), ""), 1, "something was left");
}

Test(writer, more_samples_than_memory_is_given_to) {
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    const struct cg_emission emission = {.struct_size = sizeof emission, .pipeline = "p", .date = "2026-01-15"};
    struct cg_error error = {0};
    static char value[8000];
    cg_status status = CG_OK;
    memset(value, 'x', sizeof value - 1);
    cr_assert_eq(cg_expose_writer_begin(writer, &emission, &error), CG_OK);
    for (unsigned i = 0; i < 20000 && status == CG_OK; i++) {
        const char *const values[] = {value, "y"};
        (void)snprintf(value, sizeof value, "%u", i);
        value[strlen(value)] = 'x';
        status = cg_expose_writer_sample(writer, 0, values, "1", &error);
    }
    cr_assert_eq(status, CG_PERMANENT);
    cr_assert_not_null(strstr(error.text, "64 MiB"), "%s", error.text);
    cg_expose_writer_free(writer);
}

Test(writer, folders_are_for_their_owner) {
    static const struct stage_sample samples[] = {{0, "x", "1", "2"}, {0}};
    static const char *const paths[] = {"new/deep/t", "new/deep/t/e", "new/deep/t/e/p", "new/deep/t/e/p/2026-01-15"};
    char path[CG_TEST_PATH_SIZE];
    struct cg_expose_writer *writer = stage_writer(cg_test_path(folder, "new/deep", path), "t", "e");
    struct stat found;
    stage_emit(writer, "p", "2026-01-15", samples);
    cg_expose_writer_free(writer);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        cr_assert_eq(stat(cg_test_path(folder, paths[i], path), &found), 0, "%s", path);
        cr_assert_eq(found.st_mode & 077, 0, "%s", path);
    }
    cg_test_file_write(folder, "file", "");
    const struct cg_expose_writer_options options = {
        .directory = cg_test_path(folder, "file/x", path), .tenant = "t", .entry = "e"};
    struct cg_error error = {0};
    cr_assert_eq(cg_expose_writer_new(&options, stage_families, 2, &writer, &error), CG_PERMANENT);
}

/* ---- room ---- */

static void set_age(const char *date, int seconds) {
    char path[CG_TEST_PATH_SIZE];
    char name[64];
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
    (void)clock_gettime(CLOCK_REALTIME, &times[1]);
    times[1].tv_sec -= seconds;
    (void)snprintf(name, sizeof name, "t/e/p/%s", date);
    cr_assert_eq(utimensat(AT_FDCWD, cg_test_path(folder, name, path), times, 0), 0, "%s", path);
}

Test(writer, what_was_emitted_first_goes) {
    static const struct stage_sample samples[] = {{0, "x", "1", "2"}, {0}};
    char path[CG_TEST_PATH_SIZE];
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    stage_emit(writer, "p", "2026-01-20", samples);
    cg_expose_writer_free(writer);
    set_age("2026-01-20", 60);
    struct stat found;
    cr_assert_eq(stat(cg_test_path(folder, "t/e/p/2026-01-20", path), &found), 0);
    const struct cg_expose_writer_options options = {
        .directory = folder, .tenant = "t", .entry = "e", .keep_days = 10, .max_bytes = 3 * (uint64_t)found.st_size};
    struct cg_error error = {0};
    cr_assert_eq(cg_expose_writer_new(&options, stage_families, 2, &writer, &error), CG_OK);
    size_t removed = 0;
    for (int day = 10; day < 16; day++) {
        char date[16];
        struct cg_emission emission = {.struct_size = sizeof emission, .pipeline = "p", .date = date};
        const char *const values[] = {"x", "1"};
        size_t now = 0;
        (void)snprintf(date, sizeof date, "2026-01-%02d", day);
        cr_assert_eq(cg_time_parse_date(date, &emission.date_time), CG_OK);
        cr_assert_eq(cg_expose_writer_begin(writer, &emission, &error), CG_OK);
        cr_assert_eq(cg_expose_writer_sample(writer, 0, values, "2", &error), CG_OK);
        cr_assert_eq(cg_expose_writer_finish(writer, &now, &error), CG_OK);
        removed += now;
        set_age(date, 20 - day); /* so that each has a time of its own */
    }
    cg_expose_writer_free(writer);
    cr_assert_eq(removed, 4, "%zu", removed);
    cr_assert_eq(cg_test_folder_count(cg_test_path(folder, "t/e/p", path), ""), 3);
    for (int day = 13; day < 16; day++) {
        char name[32];
        (void)snprintf(name, sizeof name, "t/e/p/2026-01-%02d", day);
        cr_assert_eq(access(cg_test_path(folder, name, path), F_OK), 0, "%s", name);
    }
}

Test(writer, a_full_disk_leaves_what_was_there) {
    static const struct stage_sample samples[] = {{0, "x", "1", "2"}, {0}};
    if (!cg_test_disk_make(folder, "256k"))
        cr_skip_test("no disk can be made");
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    struct cg_error error = {0};
    const struct cg_emission emission = {
        .struct_size = sizeof emission, .pipeline = "p", .date = "2026-01-15", .date_time = 1768435200000000};
    const struct cg_expose_entry entry = {.directory = folder, .tenant = "t", .name = "e", .keep_days = 10};
    char path[CG_TEST_PATH_SIZE];
    size_t removed = 0;
    stage_emit(writer, "p", "2026-01-15", samples);
    char *before = stage_page(&entry, 1, CG_PAGE_TEXT, NULL, 2, NULL);
    cr_assert_eq(cg_expose_writer_begin(writer, &emission, &error), CG_OK);
    for (unsigned i = 0; i < 20000; i++) {
        char number[32];
        const char *const values[] = {number, "some text"};
        (void)snprintf(number, sizeof number, "%u", i);
        cr_assert_eq(cg_expose_writer_sample(writer, 0, values, "1", &error), CG_OK);
    }
    cr_assert_eq(cg_expose_writer_finish(writer, &removed, &error), CG_TEMPORARY);
    cr_assert_not_null(strstr(error.text, "No space left"), "%s", error.text);
    cg_expose_writer_abort(writer);
    char *after = stage_page(&entry, 1, CG_PAGE_TEXT, NULL, 2, NULL);
    cr_assert_str_eq(after, before);
    cr_assert_eq(cg_test_folder_count(cg_test_path(folder, "t/e/p", path), ""), 1, "a part was left");
    cr_assert_eq(cg_expose_writer_begin(writer, &emission, &error), CG_OK);
    cg_expose_writer_free(writer);
    free(before);
    free(after);
    cg_test_disk_remove(folder);
}

/* ---- killed writers ---- */

/* What killed writers left an hour ago goes, wherever it lies; what is younger may be another writer's. */
Test(writer, what_killed_writers_left_goes) {
    static const struct stage_sample samples[] = {{0, "x", "1", "2"}, {0}};
    static const char *const left[] = {"t/e/.families.1-2.tmp", "t/e/p/.2026-01-14.1-2.tmp",
                                       "t/e/empty/.2026-01-14.1-2.tmp"};
    char path[CG_TEST_PATH_SIZE];
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    stage_emit(writer, "p", "2026-01-15", samples);
    cg_expose_writer_free(writer);
    cr_assert_eq(mkdir(cg_test_path(folder, "t/e/empty", path), 0700), 0);
    (void)clock_gettime(CLOCK_REALTIME, &times[1]);
    times[1].tv_sec -= 3700;
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        cg_test_file_write(folder, left[i], "half");
        cr_assert_eq(utimensat(AT_FDCWD, cg_test_path(folder, left[i], path), times, 0), 0, "%s", path);
    }
    cg_test_file_write(folder, "t/e/p/.2026-01-13.1-2.tmp", "half");
    writer = stage_writer(folder, "t", "e");
    stage_emit(writer, "p", "2026-01-16", samples);
    cg_expose_writer_free(writer);
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        cr_assert_eq(access(cg_test_path(folder, left[i], path), F_OK), -1, "%s", path);
    cr_assert_eq(access(cg_test_path(folder, "t/e/p/.2026-01-13.1-2.tmp", path), F_OK), 0);
}

static void emit_for_ever(void) {
    static const struct stage_sample left[] = {{0, "x", "1", "1"}, {0, "y", "1", "1"}, {0}};
    static const struct stage_sample right[] = {{0, "x", "1", "2"}, {0, "y", "1", "2"}, {0}};
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    for (unsigned i = 0;; i++) /* until it is killed */
        stage_emit(writer, "p", "2026-01-15", i % 2 ? left : right);
}

Test(writer, a_killed_writer_leaves_the_old_or_the_new, .timeout = 120) {
    const struct cg_expose_entry entry = {.directory = folder, .tenant = "t", .name = "e", .keep_days = 10};
#define PAGE_OF(n_)                                                                                        \
    "# HELP cost What it costs \\\\ here\n# TYPE cost gauge\ncost{a=\"x\",b=\"1\"} " n_ " 1768435200000\n" \
    "cost{a=\"y\",b=\"1\"} " n_ " 1768435200000\n# TYPE up gauge\n"
    static const struct stage_sample first[] = {{0, "x", "1", "1"}, {0, "y", "1", "1"}, {0}};
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    stage_emit(writer, "p", "2026-01-15", first);
    cg_expose_writer_free(writer);
    for (unsigned round = 0; round < 60; round++) {
        size_t warnings = 0;
        pid_t child = fork();
        cr_assert(child >= 0);
        if (!child) {
            emit_for_ever();
            _exit(0);
        }
        usleep(20000 + round * 517);
        cr_assert_eq(kill(child, SIGKILL), 0);
        cr_assert_eq(waitpid(child, NULL, 0), child);
        char *text = stage_page(&entry, 1, CG_PAGE_TEXT, NULL, 2, &warnings);
        cr_assert_eq(warnings, 0);
        cr_assert(strcmp(text, PAGE_OF("1.0")) == 0 || strcmp(text, PAGE_OF("2.0")) == 0, "round %u:\n%s", round, text);
        free(text);
    }
}

/* The page as it is, or NULL when a file was replaced between listing and opening it. */
static char *try_page(const struct cg_expose_entry *entry, size_t *ret_warnings) {
    struct cg_scan scan;
    struct cg_page *page = NULL;
    struct cg_error error = {0};
    struct cg_buf out;
    int32_t more = 0;
    if (cg_scan_new(entry, 1, NULL, &scan, &error) != CG_OK ||
        cg_page_new(&scan, CG_PAGE_TEXT, NULL, 0, 2, &page, &error) != CG_OK)
        return NULL;
    cg_buf_init(&out, (size_t)1024 * 1024);
    char *text = cg_page_next(page, &out, &more, &error) == CG_OK && !more ? strdup(cg_buf_text(&out)) : NULL;
    *ret_warnings = cg_page_scan(page)->warnings;
    cg_buf_done(&out);
    cg_page_free(page);
    return text;
}

/* Two workers that have one entry by mistake: each page is whole, and nobody gets in anybody's way. */
Test(writer, two_writers_of_one_entry, .timeout = 120) {
    const struct cg_expose_entry entry = {.directory = folder, .tenant = "t", .name = "e", .keep_days = 10};
    static const struct stage_sample first[] = {{0, "x", "1", "1"}, {0, "y", "1", "1"}, {0}};
    pid_t children[2];
    unsigned pages = 0;
    char path[CG_TEST_PATH_SIZE];
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    stage_emit(writer, "p", "2026-01-15", first);
    cg_expose_writer_free(writer);
    for (size_t i = 0; i < 2; i++) {
        children[i] = fork();
        cr_assert(children[i] >= 0);
        if (!children[i]) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;) { /* until it is killed */
                writer = stage_writer(folder, "t", "e");
                stage_emit(writer, "p", "2026-01-15", first);
                cg_expose_writer_free(writer);
            }
        }
    }
    for (unsigned round = 0; round < 200; round++) {
        size_t warnings = 0;
        char *text = try_page(&entry, &warnings);
        if (text) {
            cr_assert_eq(warnings, 0, "round %u", round);
            cr_assert_str_eq(text, PAGE_OF("1.0"), "round %u:\n%s", round, text);
            pages++;
        }
        free(text);
        usleep(2000);
    }
    cr_assert_gt(pages, 20, "only %u pages of 200 could be read", pages);
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(waitpid(children[i], NULL, WNOHANG), 0, "a writer has ended");
        cr_assert_eq(kill(children[i], SIGKILL), 0);
        cr_assert_eq(waitpid(children[i], NULL, 0), children[i]);
    }
    cr_assert_geq(cg_test_folder_count(cg_test_path(folder, "t/e/p", path), ""), 1);
}
