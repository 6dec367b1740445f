#include "expose/kept.h"

#include <chitragupt/emitter.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expose/folder.h"
#include "expose/sample_file.h"

/* A file that was left unfinished for so long belongs to nobody. */
#define LEFT_SECONDS 3600

#define DAY_SECONDS 86400

int cg_kept_group(const char *pipeline) {
    return strcmp(pipeline, CG_PIPELINE_TOPICS) == 0 ? CG_KEPT_TOPICS : CG_KEPT_ROWS;
}

/* ---- folders ---- */

/* The entries of an open folder; the descriptor stays the caller's. */
static cg_status open_list(int fd, DIR **ret, struct cg_error *error) {
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
    if (!folder) {
        cg_status status = cg_folder_error(error, errno, "cannot list a folder with samples");
        if (copy >= 0)
            (void)close(copy);
        return status;
    }
    *ret = folder;
    return CG_OK;
}

/* ---- listing ---- */

static cg_status add_file(struct cg_kept *list, const char *pipeline, const char *name, const struct stat *found) {
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 64;
        struct cg_kept_file *files = cg_arena_array(list->arena, room, sizeof *files);
        if (!files)
            return CG_NO_MEMORY;
        if (list->count)
            memcpy(files, list->files, list->count * sizeof *files);
        list->files = files;
        list->room = room;
    }
    const char *copy = cg_arena_string(list->arena, name);
    if (!copy)
        return CG_NO_MEMORY;
    list->files[list->count++] = (struct cg_kept_file){
        .pipeline = pipeline,
        .name = copy,
        .emitted = found->st_mtim,
        .size = (uint64_t)found->st_size,
        .device = found->st_dev,
        .inode = found->st_ino,
    };
    list->bytes += (uint64_t)found->st_size;
    return CG_OK;
}

static cg_status list_pipeline(int entry, const char *name, struct cg_kept *list, size_t *refused,
                               struct cg_error *error) {
    int fd = -1;
    DIR *folder = NULL;
    const struct dirent *item = NULL;
    struct stat found;
    cg_status status = cg_folder_open_in(entry, name, 0, &fd, error);
    if (status == CG_NOT_FOUND)
        return CG_OK;
    const char *pipeline = status == CG_OK ? cg_arena_string(list->arena, name) : NULL;
    if (status == CG_OK && !pipeline)
        status = cg_error_no_memory(error);
    if (status == CG_OK)
        status = open_list(fd, &folder, error);
    while (status == CG_OK && folder && (item = readdir(folder))) {
        /* One that was removed meanwhile is none. */
        if (item->d_name[0] == '.' || fstatat(fd, item->d_name, &found, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        if (S_ISREG(found.st_mode) && !(found.st_mode & S_IWOTH)) {
            if (add_file(list, pipeline, item->d_name, &found) != CG_OK)
                status = cg_error_no_memory(error);
        } else if (refused)
            ++*refused;
    }
    if (folder)
        (void)closedir(folder);
    if (fd >= 0)
        (void)close(fd);
    return status;
}

static int compare_names(const void *left, const void *right) {
    const struct cg_kept_file *a = left;
    const struct cg_kept_file *b = right;
    int order = strcmp(a->pipeline, b->pipeline);
    return order ? order : strcmp(a->name, b->name);
}

cg_status cg_kept_list(int entry, int group, struct cg_kept *list, size_t *refused, struct cg_error *error) {
    DIR *folder = NULL;
    const struct dirent *item = NULL;
    struct stat found;
    const size_t first = list->count;
    cg_status status = open_list(entry, &folder, error);
    if (status != CG_OK)
        return status;
    while (folder && status == CG_OK && (item = readdir(folder)))
        if (item->d_name[0] != '.' && cg_kept_group(item->d_name) == group &&
            fstatat(entry, item->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(found.st_mode))
            status = list_pipeline(entry, item->d_name, list, refused, error);
    if (folder)
        (void)closedir(folder);
    if (status == CG_OK && list->count > first)
        qsort(list->files + first, list->count - first, sizeof *list->files, compare_names);
    return status;
}

/* ---- removing ---- */

int cg_kept_is_over(const struct cg_kept_file *file, int64_t keep_days, const struct timespec *now) {
    return file->emitted.tv_sec < now->tv_sec - keep_days * DAY_SECONDS;
}

static int compare_times(const void *left, const void *right) {
    const struct cg_kept_file *a = left;
    const struct cg_kept_file *b = right;
    if (a->emitted.tv_sec != b->emitted.tv_sec)
        return a->emitted.tv_sec < b->emitted.tv_sec ? -1 : 1;
    if (a->emitted.tv_nsec != b->emitted.tv_nsec)
        return a->emitted.tv_nsec < b->emitted.tv_nsec ? -1 : 1;
    return compare_names(left, right);
}

static void remove_file(int entry, const char *pipeline, const char *name) {
    int fd = -1;
    if (cg_folder_open_in(entry, pipeline, 0, &fd, NULL) != CG_OK)
        return;
    (void)unlinkat(fd, name, 0); /* where it is refused, the next run tries again */
    (void)close(fd);
}

/* Removes what killed writers left in an open folder. */
static void remove_left(int fd, const struct timespec *now) {
    DIR *folder = NULL;
    const struct dirent *item = NULL;
    struct stat found;
    if (open_list(fd, &folder, NULL) != CG_OK || !folder)
        return;
    while ((item = readdir(folder)))
        if (cg_sample_file_is_left(item->d_name) && fstatat(fd, item->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
            found.st_mtim.tv_sec < now->tv_sec - LEFT_SECONDS)
            (void)unlinkat(fd, item->d_name, 0);
    (void)closedir(folder);
}

/* Does so in the entry's folder and in those of its pipelines. */
static void remove_all_left(int entry, const struct timespec *now) {
    DIR *folder = NULL;
    const struct dirent *item = NULL;
    remove_left(entry, now);
    if (open_list(entry, &folder, NULL) != CG_OK || !folder)
        return;
    while ((item = readdir(folder))) {
        int fd = -1;
        if (item->d_name[0] == '.' || cg_folder_open_in(entry, item->d_name, 0, &fd, NULL) != CG_OK)
            continue;
        remove_left(fd, now);
        (void)close(fd);
    }
    (void)closedir(folder);
}

cg_status cg_kept_prune(int entry, int group, int64_t keep_days, uint64_t max_bytes, size_t *ret_removed,
                        uint64_t *ret_bytes, struct cg_error *error) {
    struct cg_kept list = {.arena = cg_arena_new()};
    struct timespec now = {0};
    size_t removed = 0;
    if (!list.arena)
        return cg_error_no_memory(error);
    (void)clock_gettime(CLOCK_REALTIME, &now);
    remove_all_left(entry, &now);
    cg_status status = cg_kept_list(entry, group, &list, NULL, error);
    if (status == CG_OK && list.count) {
        qsort(list.files, list.count, sizeof *list.files, compare_times);
        for (size_t i = 0; i + 1 < list.count; i++) {
            const int over = cg_kept_is_over(&list.files[i], keep_days, &now);
            if (!over && list.bytes <= max_bytes)
                break;
            remove_file(entry, list.files[i].pipeline, list.files[i].name);
            list.bytes -= list.files[i].size;
            removed += !over;
        }
    }
    cg_arena_free(list.arena);
    if (status == CG_OK) {
        *ret_removed = removed;
        *ret_bytes = list.bytes;
    }
    return status;
}
