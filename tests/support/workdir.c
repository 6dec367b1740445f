#include "support/workdir.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** Longest file that is read. */
#define FILE_LIMIT ((size_t)256 * 1024 * 1024)

void cg_test_workdir_make(char *path) {
    const char *base = getenv("TMPDIR");
    char made[512];
    int length = snprintf(made, sizeof made, "%s/cg-it-XXXXXX", base && *base ? base : "/tmp");
    cr_assert(length > 0 && (size_t)length < sizeof made, "TMPDIR is too long");
    cr_assert_not_null(mkdtemp(made), "cannot make the folder %s", made);
    cr_assert_not_null(realpath(made, path), "cannot resolve %s", made);
}

static int remove_entry(const char *path, const struct stat *found, int type, struct FTW *walk) {
    (void)found;
    (void)type;
    (void)walk;
    (void)remove(path);
    return 0;
}

void cg_test_workdir_remove(const char *path) {
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *cg_test_path(const char *folder, const char *name, char *buffer) {
    int length = snprintf(buffer, CG_TEST_PATH_SIZE, "%s/%s", folder, name);
    cr_assert(length > 0 && length < CG_TEST_PATH_SIZE, "%s/%s is too long", folder, name);
    return buffer;
}

void cg_test_folder_make(const char *folder, const char *name) {
    char path[CG_TEST_PATH_SIZE];
    cr_assert_eq(mkdir(cg_test_path(folder, name, path), 0700), 0, "cannot make the folder %s", path);
}

void cg_test_file_write(const char *folder, const char *name, const char *text) {
    char path[CG_TEST_PATH_SIZE];
    FILE *stream = fopen(cg_test_path(folder, name, path), "wbe");
    cr_assert_not_null(stream, "cannot write %s", path);
    int written = fputs(text, stream);
    int closed = fclose(stream);
    cr_assert(written >= 0 && closed == 0, "cannot write %s", path);
}

char *cg_test_file_read(const char *folder, const char *name) {
    char path[CG_TEST_PATH_SIZE];
    FILE *stream = fopen(cg_test_path(folder, name, path), "rbe");
    if (!stream)
        return NULL;
    char *text = NULL;
    size_t length = 0;
    size_t room = 0;
    for (;;) {
        if (room - length < 2) {
            room = room ? room * 2 : 65536;
            cr_assert(room <= FILE_LIMIT, "%s is too long", path);
            char *grown = realloc(text, room);
            cr_assert_not_null(grown);
            text = grown;
        }
        size_t count = fread(text + length, 1, room - length - 1, stream);
        length += count;
        if (count == 0)
            break;
    }
    int failed = ferror(stream);
    (void)fclose(stream);
    cr_assert(!failed, "cannot read %s", path);
    text[length] = '\0';
    return text;
}

size_t cg_test_folder_count(const char *folder, const char *suffix) {
    DIR *dir = opendir(folder);
    size_t count = 0;
    if (!dir)
        return 0;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        size_t length = strlen(entry->d_name);
        size_t wanted = strlen(suffix);
        int dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        count += !dots && length >= wanted && strcmp(entry->d_name + length - wanted, suffix) == 0;
    }
    (void)closedir(dir);
    return count;
}

char *cg_test_replace(const char *text, const char *from, const char *to) {
    char *result = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&result, &size);
    cr_assert_not_null(stream);
    for (const char *found = strstr(text, from); found; found = strstr(text, from)) {
        cr_assert_eq(fwrite(text, 1, (size_t)(found - text), stream), (size_t)(found - text));
        cr_assert_geq(fputs(to, stream), 0);
        text = found + strlen(from);
    }
    cr_assert_geq(fputs(text, stream), 0);
    cr_assert_eq(fclose(stream), 0);
    return result;
}

size_t cg_test_occurrences(const char *text, const char *part) {
    size_t count = 0;
    for (const char *found = strstr(text, part); found; found = strstr(found + 1, part))
        count++;
    return count;
}

char *cg_test_format(const char *format, ...) {
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    cr_assert(length >= 0, "out of memory");
    return text;
}
