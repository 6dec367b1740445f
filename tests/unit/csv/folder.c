#include "folder.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void folder_make(char *path) {
    const char *base = getenv("TMPDIR");
    (void)snprintf(path, FOLDER_PATH_SIZE, "%.400s/cg-csv-XXXXXX", base && *base ? base : "/tmp");
    cr_assert(mkdtemp(path), "cannot make the folder %s", path);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void folder_remove(const char *path) {
    (void)chmod(path, 0700);
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *folder_path(const char *folder, const char *name, char *buffer) {
    int length = snprintf(buffer, FOLDER_PATH_SIZE, "%s/%s", folder, name);
    cr_assert(length > 0 && length < FOLDER_PATH_SIZE, "%s/%s is too long", folder, name);
    return buffer;
}

size_t folder_count(const char *folder) {
    DIR *dir = opendir(folder);
    cr_assert(dir, "cannot open %s", folder);
    size_t count = 0;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    (void)closedir(dir);
    return count;
}

void folder_write(const char *folder, const char *name, const char *text) {
    char path[FOLDER_PATH_SIZE];
    FILE *stream = fopen(folder_path(folder, name, path), "wb");
    cr_assert(stream, "cannot write %s", path);
    cr_assert(fputs(text, stream) >= 0 && fclose(stream) == 0, "cannot write %s", path);
}

long folder_read(const char *folder, const char *name, char *buffer, size_t size) {
    char path[FOLDER_PATH_SIZE];
    FILE *stream = fopen(folder_path(folder, name, path), "rb");
    if (!stream)
        return -1;
    size_t length = fread(buffer, 1, size - 1, stream);
    buffer[length] = '\0';
    (void)fclose(stream);
    return (long)length;
}
