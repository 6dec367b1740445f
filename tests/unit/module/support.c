#include "support.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void directory_make(char path[PATH_SIZE]) {
    char made[] = "/tmp/cg-module-XXXXXX";
    cr_assert_not_null(mkdtemp(made), "a directory in /tmp");
    cr_assert_not_null(realpath(made, path));
}

static int remove_entry(const char *path, const struct stat *found, int type, struct FTW *walk) {
    (void)found;
    (void)type;
    (void)walk;
    return remove(path);
}

void directory_remove(const char *path) {
    cr_assert_eq(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0, "removing %s", path);
}

static FILE *create(const char *directory, const char *name) {
    char path[PATH_SIZE];
    cr_assert_lt(snprintf(path, sizeof path, "%s/%s", directory, name), PATH_SIZE);
    FILE *file = fopen(path, "wbe");
    cr_assert_not_null(file, "creating %s", path);
    return file;
}

void module_copy(const char *module, const char *directory, const char *name, size_t limit) {
    char path[PATH_SIZE];
    cr_assert_lt(snprintf(path, sizeof path, "%s/%s.so", CG_TEST_PLUGINS, module), PATH_SIZE);
    FILE *from = fopen(path, "rbe");
    cr_assert_not_null(from, "opening %s", path);
    FILE *to = create(directory, name);
    char data[8192];
    size_t left = limit ? limit : SIZE_MAX;
    size_t length;
    while (left > 0 && (length = fread(data, 1, left < sizeof data ? left : sizeof data, from)) > 0) {
        cr_assert_eq(fwrite(data, 1, length, to), length);
        left -= length;
    }
    cr_assert_eq(fclose(from), 0);
    cr_assert_eq(fclose(to), 0);
}

void file_write(const char *directory, const char *name, const char *text) {
    FILE *file = create(directory, name);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

struct cg_modules_options scan_options(const char *bundled_dir, const char *plugins_path) {
    /* A sanitizer would turn the signals that these tests are about into exit statuses. */
    setenv("ASAN_OPTIONS", "handle_segv=0:handle_sigbus=0:handle_abort=0", 1);
    return (struct cg_modules_options){.bundled_dir = bundled_dir,
                                       .plugins_path = plugins_path,
                                       .probe_program = CG_TEST_PROBE_PROGRAM,
                                       .probe_timeout_us = 30000000};
}

struct cg_modules *scan(const struct cg_modules_options *options) {
    struct cg_modules *modules = NULL;
    struct cg_error error = {0};
    cr_assert_eq(cg_modules_scan(options, &modules, &error), CG_OK, "%s", error.text);
    return modules;
}

char *replace_all(const char *text, const char *from, const char *to) {
    struct cg_buf out;
    cg_buf_init(&out, 1 << 20);
    const char *found;
    while ((found = strstr(text, from))) {
        cg_buf_add(&out, text, (size_t)(found - text));
        cg_buf_add_text(&out, to);
        text = found + strlen(from);
    }
    cg_buf_add_text(&out, text);
    cr_assert_eq(out.status, CG_OK);
    return out.data;
}
