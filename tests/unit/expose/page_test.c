/* The page that many files make together. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "stage.h"

static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(page, .init = start, .fini = stop);

static struct cg_expose_entry entry_of(const char *tenant, const char *name) {
    return (struct cg_expose_entry){.directory = folder, .tenant = tenant, .name = name, .keep_days = 10};
}

static void expect(const char *what, const struct cg_expose_entry *entries, size_t count, const char *wanted) {
    for (size_t open_files = 0; open_files < 3; open_files += 2) {
        char *text = stage_page(entries, count, CG_PAGE_OPENMETRICS, NULL, open_files, NULL);
        cr_assert_str_eq(text, wanted, "%s, %zu files kept open:\n%s", what, open_files, text);
        free(text);
    }
}

#define HEAD_COST "# HELP cost What it costs \\\\ here\n# TYPE cost gauge\n"
#define HEAD_UP "# TYPE up gauge\n"
#define END "# EOF\n"

Test(page, entries_that_have_emitted_nothing) {
    const struct cg_expose_entry entry = entry_of("t", "e");
    expect("no folder", &entry, 1, END);
    cg_expose_writer_free(stage_writer(folder, "t", "e"));
    expect("only definitions", &entry, 1, HEAD_COST HEAD_UP END);
    char *text = stage_page(&entry, 1, CG_PAGE_TEXT, NULL, 2, NULL);
    cr_assert_str_eq(text, HEAD_COST HEAD_UP);
    free(text);
}

Test(page, files_are_merged) {
    static const struct stage_sample first[] = {
        {0, "y", "1", "2"}, {0, "x", NULL, "1.10"}, {0, "x", "", "2.2000"}, {1, NULL, NULL, "1"}, {0}};
    static const struct stage_sample second[] = {{0, "y", "1", "5"}, {0, "z\"\\\n\xff", "1", "0.00001"}, {0}};
    const struct cg_expose_entry entries[] = {entry_of("t", "e"), entry_of("../u", "e")};
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    struct cg_expose_writer *other = stage_writer(folder, "../u", "e");
    stage_emit(writer, "chargeback", "2026-01-16", first);
    stage_emit(writer, "chargeback", "2026-01-15", second);
    stage_emit(other, "billing", "2026-01-15", second);
    stage_emit(other, "billing", "1969-12-31", second);
    expect("all", entries, 2,
           HEAD_COST "cost{a=\"x\",b=\"\"} 3.3 1768521600.0\n"
                     "cost{a=\"y\",b=\"1\"} 5.0 -86400.0\n"
                     "cost{a=\"y\",b=\"1\"} 5.0 1768435200.0\n"
                     "cost{a=\"y\",b=\"1\"} 2.0 1768521600.0\n"
                     "cost{a=\"z\\\"\\\\\\n\xef\xbf\xbd\",b=\"1\"} 1e-05 -86400.0\n"
                     "cost{a=\"z\\\"\\\\\\n\xef\xbf\xbd\",b=\"1\"} 1e-05 1768435200.0\n" HEAD_UP
                     "up 1.0 1768521600.0\n" END);
    static const char *const names[] = {"up", "no_such", NULL};
    char *text = stage_page(entries, 2, CG_PAGE_TEXT, names, 2, NULL);
    cr_assert_str_eq(text, HEAD_UP "up 1.0 1768521600000\n");
    free(text);
    cg_expose_writer_free(writer);
    cg_expose_writer_free(other);
}

Test(page, dates_are_replaced_and_withdrawn) {
    static const struct stage_sample first[] = {{0, "x", "1", "2"}, {1, NULL, NULL, "1"}, {0}};
    static const struct stage_sample second[] = {{0, "x", "1", "3"}, {0}};
    static const struct stage_sample none[] = {{0}};
    const struct cg_expose_entry entry = entry_of("t", "e");
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    stage_emit(writer, "chargeback", "2026-01-15", first);
    stage_emit(writer, "chargeback", "2026-01-15", second);
    expect("replaced", &entry, 1, HEAD_COST "cost{a=\"x\",b=\"1\"} 3.0 1768435200.0\n" HEAD_UP END);
    stage_emit(writer, "chargeback", "2026-01-15", none);
    stage_emit(writer, "billing", "2026-01-15", none);
    expect("withdrawn", &entry, 1, HEAD_COST HEAD_UP END);
    cg_expose_writer_free(writer);
}

/* ---- files that are not shown ---- */

static void damage(const char *path, off_t cut, const char *more) {
    struct stat found;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    cr_assert(fd >= 0 && fstat(fd, &found) == 0, "%s", path);
    cr_assert_eq(ftruncate(fd, found.st_size - cut), 0);
    cr_assert_eq(pwrite(fd, more, strlen(more), found.st_size - cut), (ssize_t)strlen(more));
    cr_assert_eq(close(fd), 0);
}

Test(page, files_that_are_not_whole) {
    static const struct stage_sample samples[] = {{0, "x", "1", "2"}, {0}};
    static const struct {
        const char *what;
        off_t cut;
        const char *more;
    } cases[] = {{"without its last byte", 1, ""},
                 {"with something behind it", 0, "x"},
                 {"with half of its end", 5, ""},
                 {"another end", 4, "999\n"},
                 {"without its end", 8, ""}};
    const struct cg_expose_entry entry = entry_of("t", "e");
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    char path[CG_TEST_PATH_SIZE];
    stage_emit(writer, "chargeback", "2026-01-15", samples);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t warnings = 0;
        stage_emit(writer, "chargeback", "2026-01-16", samples);
        damage(cg_test_path(folder, "t/e/chargeback/2026-01-16", path), cases[i].cut, cases[i].more);
        char *text = stage_page(&entry, 1, CG_PAGE_OPENMETRICS, NULL, 2, &warnings);
        cr_assert_str_eq(text, HEAD_COST "cost{a=\"x\",b=\"1\"} 2.0 1768435200.0\n" HEAD_UP END, "%s", cases[i].what);
        cr_assert_eq(warnings, 1, "%s", cases[i].what);
        free(text);
    }
    cg_expose_writer_free(writer);
}

Test(page, files_and_folders_that_others_may_write) {
    static const struct stage_sample samples[] = {{0, "x", "1", "2"}, {0}};
    const struct cg_expose_entry entry = entry_of("t", "e");
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    char path[CG_TEST_PATH_SIZE];
    size_t warnings = 0;
    stage_emit(writer, "chargeback", "2026-01-15", samples);
    cr_assert_eq(chmod(cg_test_path(folder, "t/e/chargeback/2026-01-15", path), 0666), 0);
    char *text = stage_page(&entry, 1, CG_PAGE_OPENMETRICS, NULL, 2, &warnings);
    cr_assert_str_eq(text, HEAD_COST HEAD_UP END);
    cr_assert_eq(warnings, 1);
    free(text);
    cr_assert_eq(chmod(cg_test_path(folder, "t/e", path), 0777), 0);
    text = stage_page(&entry, 1, CG_PAGE_OPENMETRICS, NULL, 2, &warnings);
    cr_assert_str_eq(text, END);
    cr_assert_eq(warnings, 1);
    free(text);
    cg_expose_writer_free(writer);
}

/* What cannot be opened, unlike what was replaced, takes nothing else away. */
Test(page, a_file_that_cannot_be_opened) {
    static const struct stage_sample samples[] = {{0, "x", "1", "2"}, {0}};
    const struct cg_expose_entry entry = entry_of("t", "e");
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    struct cg_scan scan;
    struct cg_page *page = NULL;
    struct cg_error error = {0};
    struct cg_buf out;
    int32_t more = 1;
    char path[CG_TEST_PATH_SIZE];
    stage_emit(writer, "chargeback", "2026-01-15", samples);
    stage_emit(writer, "chargeback", "2026-01-16", samples);
    cr_assert_eq(cg_scan_new(&entry, 1, NULL, &scan, &error), CG_OK, "%s", error.text);
    cr_assert_eq(unlink(cg_test_path(folder, "t/e/chargeback/2026-01-15", path)), 0);
    cr_assert_eq(symlink("2026-01-16", path), 0);
    cr_assert_eq(cg_page_new(&scan, CG_PAGE_OPENMETRICS, NULL, 0, 2, &page, &error), CG_OK, "%s", error.text);
    cg_buf_init(&out, (size_t)1024 * 1024);
    cr_assert_eq(cg_page_next(page, &out, &more, &error), CG_OK, "%s", error.text);
    cr_assert_str_eq(cg_buf_text(&out), HEAD_COST "cost{a=\"x\",b=\"1\"} 2.0 1768521600.0\n" HEAD_UP END);
    cr_assert_eq(cg_page_scan(page)->warnings, 1);
    cr_assert_not_null(strstr(cg_page_scan(page)->warning, "2026-01-15"), "%s", cg_page_scan(page)->warning);
    cg_page_free(page);
    /* The next look does not even see it, and tells of it as well. */
    size_t warnings = 0;
    char *text = stage_page(&entry, 1, CG_PAGE_OPENMETRICS, NULL, 2, &warnings);
    cr_assert_str_eq(text, cg_buf_text(&out));
    cr_assert_eq(warnings, 1);
    free(text);
    cg_buf_done(&out);
    cg_expose_writer_free(writer);
}

static void make_old(const char *name, int days) {
    char path[CG_TEST_PATH_SIZE];
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
    (void)clock_gettime(CLOCK_REALTIME, &times[1]);
    times[1].tv_sec -= (time_t)days * 86400;
    cr_assert_eq(utimensat(AT_FDCWD, cg_test_path(folder, name, path), times, 0), 0, "%s", path);
}

Test(page, dates_that_are_too_old_or_not_new_enough) {
    static const struct stage_sample samples[] = {{0, "x", "1", "2"}, {0}};
    const struct cg_expose_entry entry = entry_of("t", "e");
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    struct cg_scan scan;
    struct cg_error error = {0};
    stage_emit(writer, "chargeback", "2026-01-15", samples);
    stage_emit(writer, "chargeback", "2026-01-16", samples);
    stage_emit(writer, "chargeback", "2026-01-17", samples);
    make_old("t/e/chargeback/2026-01-15", 11);
    make_old("t/e/chargeback/2026-01-16", 9);
    expect("too old", &entry, 1,
           HEAD_COST "cost{a=\"x\",b=\"1\"} 2.0 1768521600.0\ncost{a=\"x\",b=\"1\"} 2.0 1768608000.0\n" HEAD_UP END);
    struct timespec after;
    (void)clock_gettime(CLOCK_REALTIME, &after);
    const time_t now = after.tv_sec;
    after.tv_sec -= 86400;
    cr_assert_eq(cg_scan_new(&entry, 1, NULL, &scan, &error), CG_OK);
    char tag[CG_SCAN_TAG_SIZE];
    memcpy(tag, scan.tag, sizeof tag);
    cr_assert_eq(scan.count, 2);
    cg_scan_done(&scan);
    cr_assert_eq(cg_scan_new(&entry, 1, &after, &scan, &error), CG_OK);
    cr_assert_eq(scan.count, 1);
    cr_assert_str_eq(scan.tag, tag, "the tag is of all files");
    cr_assert(scan.newest.tv_sec >= now - CG_SCAN_SLACK - 1 && scan.newest.tv_sec <= now - CG_SCAN_SLACK + 5);
    cg_scan_done(&scan);
    const struct timespec future = {.tv_sec = now + 3600};
    cr_assert_eq(cg_scan_new(&entry, 1, &future, &scan, &error), CG_OK);
    cr_assert_eq(scan.count, 2, "the clock was put back, so nobody knows what is new");
    cg_scan_done(&scan);
    stage_emit(writer, "chargeback", "2026-01-17", samples);
    cr_assert_eq(cg_scan_new(&entry, 1, &after, &scan, &error), CG_OK);
    cr_assert_str_neq(scan.tag, tag, "a date that is emitted again is another state");
    cg_scan_done(&scan);
    /* The next finish of a new writer removes what is too old. */
    cg_expose_writer_free(writer);
    writer = stage_writer(folder, "t", "e");
    stage_emit(writer, "chargeback", "2026-01-17", samples);
    char path[CG_TEST_PATH_SIZE];
    cr_assert_eq(access(cg_test_path(folder, "t/e/chargeback/2026-01-15", path), F_OK), -1);
    cr_assert_eq(access(cg_test_path(folder, "t/e/chargeback/2026-01-16", path), F_OK), 0);
    cg_expose_writer_free(writer);
}

/* A clock that was ahead, or a copy from another machine: the date is shown, and whoever follows asks with a time that
 * has been. */
Test(page, a_date_from_the_future) {
    static const struct stage_sample samples[] = {{0, "x", "1", "2"}, {0}};
    const struct cg_expose_entry entry = entry_of("t", "e");
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    struct cg_scan scan;
    struct cg_error error = {0};
    stage_emit(writer, "chargeback", "2026-01-15", samples);
    make_old("t/e/chargeback/2026-01-15", -400);
    cg_expose_writer_free(writer);
    writer = stage_writer(folder, "t", "e");
    stage_emit(writer, "chargeback", "2026-01-16", samples);
    expect("both", &entry, 1,
           HEAD_COST "cost{a=\"x\",b=\"1\"} 2.0 1768435200.0\ncost{a=\"x\",b=\"1\"} 2.0 1768521600.0\n" HEAD_UP END);
    cr_assert_eq(cg_scan_new(&entry, 1, NULL, &scan, &error), CG_OK);
    cr_assert_leq(scan.newest.tv_sec, time(NULL) - CG_SCAN_SLACK);
    cg_scan_done(&scan);
    cg_expose_writer_free(writer);
}

/* Two entries, whose topics and rows do not mix although they have one name; and equal samples of two entries. */
Test(page, groups_and_repeated_samples) {
    static const struct stage_sample samples[] = {{0, "x", "1", "2"}, {0}};
    static const struct stage_sample others[] = {{0, "x", "1", "7"}, {0, "y", "1", "9"}, {0}};
    struct cg_expose_entry entries[] = {entry_of("t", "e"), entry_of("t", "e"), entry_of("t", "f")};
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    struct cg_expose_writer *other = stage_writer(folder, "t", "f");
    stage_emit(writer, "chargeback", "2026-01-15", samples);
    stage_emit(writer, "topic_attribution", "2026-01-16", samples);
    stage_emit(other, "chargeback", "2026-01-15", others);
    expect("rows alone", entries, 1, HEAD_COST "cost{a=\"x\",b=\"1\"} 2.0 1768435200.0\n" HEAD_UP END);
    entries[1].group = 1;
    expect("both", entries, 3,
           HEAD_COST "cost{a=\"x\",b=\"1\"} 2.0 1768435200.0\ncost{a=\"x\",b=\"1\"} 2.0 1768521600.0\n"
                     "cost{a=\"y\",b=\"1\"} 9.0 1768435200.0\n" HEAD_UP END);
    cg_expose_writer_free(writer);
    cg_expose_writer_free(other);
}

/* Many dates with many samples, lines longer than a window, pieces: the same in whatever way it is read. */
Test(page, many_samples) {
    enum { DATES = 40, SERIES = 200 };
    static char long_value[20000];
    const struct cg_expose_entry entry = entry_of("t", "e");
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    static struct stage_sample samples[SERIES + 2];
    static char names[SERIES][16];
    memset(long_value, 'x', sizeof long_value - 1);
    for (int i = 0; i < SERIES; i++) {
        (void)snprintf(names[i], sizeof names[i], "s%d", i);
        samples[i] = (struct stage_sample){0, names[i], "1", "0.1"};
    }
    samples[SERIES] = (struct stage_sample){0, long_value, "1", "1"};
    for (int date = 0; date < DATES; date++) {
        char text[16];
        (void)snprintf(text, sizeof text, "2026-%02d-%02d", 1 + date / 28, 1 + date % 28);
        stage_emit(writer, date % 2 ? "billing" : "chargeback", text, samples);
    }
    char *first = stage_page(&entry, 1, CG_PAGE_TEXT, NULL, 0, NULL);
    char *second = stage_page(&entry, 1, CG_PAGE_TEXT, NULL, 1000, NULL);
    cr_assert_str_eq(first, second);
    size_t lines = 0;
    for (const char *at = first; (at = strchr(at, '\n')); at++)
        lines++;
    cr_assert_eq(lines, 3 + DATES * (SERIES + 1));
    free(first);
    free(second);
    cg_expose_writer_free(writer);
}

/* A file that is not kept open and is replaced: the page cannot be ended, and says so. */
Test(page, a_file_is_replaced_meanwhile) {
    static const struct stage_sample samples[] = {{0, "x", "1", "2"}, {0}};
    const struct cg_expose_entry entry = entry_of("t", "e");
    struct cg_expose_writer *writer = stage_writer(folder, "t", "e");
    stage_emit(writer, "chargeback", "2026-01-15", samples);
    for (size_t open_files = 0; open_files < 2; open_files++) {
        struct cg_scan scan;
        struct cg_page *page = NULL;
        struct cg_error error = {0};
        struct cg_buf out;
        int32_t more = 0;
        cg_buf_init(&out, 1 << 20);
        cr_assert_eq(cg_scan_new(&entry, 1, NULL, &scan, &error), CG_OK);
        cr_assert_eq(cg_page_new(&scan, CG_PAGE_TEXT, NULL, 0, open_files, &page, &error), CG_OK);
        stage_emit(writer, "chargeback", "2026-01-15", samples);
        cr_assert_eq(cg_page_next(page, &out, &more, &error), open_files ? CG_OK : CG_NOT_FOUND, "%s", error.text);
        cg_page_free(page);
        cg_buf_done(&out);
    }
    cg_expose_writer_free(writer);
}
