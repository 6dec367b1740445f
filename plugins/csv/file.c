#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Writers of one file at one time that find a temporary name each. */
#define SLOTS 4

static cg_status too_long(struct csv_file *file) {
    return csv_problem_set(file->problem, CG_RANGE, "the path '%.200s...' is longer than the system allows",
                           file->path);
}

/* openat that goes on after a signal. */
static int open_at(int dir_fd, const char *name, int flags, mode_t mode) {
    int fd = -1;
    do
        fd = openat(dir_fd, name, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static int sync_fd(int fd) {
    int result = 0;
    do
        result = fsync(fd);
    while (result < 0 && errno == EINTR);
    return result;
}

static int lock_now(int fd) {
    int result = 0;
    do
        result = flock(fd, LOCK_EX | LOCK_NB);
    while (result < 0 && errno == EINTR);
    return result;
}

void csv_file_init(struct csv_file *file) {
    file->fd = -1;
    file->dir_fd = -1;
    file->used = 0;
    file->path[0] = '\0';
    file->problem[0] = '\0';
}

int32_t csv_file_is_open(const struct csv_file *file) {
    return file->fd >= 0;
}

/* Creates a folder with its parents; an existing one is fine. */
static cg_status make_folders(struct csv_file *file, const char *output_dir) {
    char path[PATH_MAX];
    size_t length = strlen(output_dir);
    if (length >= sizeof path)
        return too_long(file);
    memcpy(path, output_dir, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        path[i] = '\0';
        /* EEXIST may be a file; then opening the folder says so. */
        if (mkdir(path, 0777) < 0 && errno != EEXIST) {
            int cause = errno;
            struct stat status;
            /* A parent on a read-only or foreign file system answers otherwise although it is there. */
            if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode)) {
                errno = cause;
                return csv_problem_errno(file->problem, "cannot create the folder '%s' (output_dir) for CSV files",
                                         path);
            }
        }
        if (i < length)
            path[i] = '/';
    }
    return CG_OK;
}

/* Cuts file->path into folder and name and opens the folder. */
static cg_status open_folder(struct csv_file *file, const char *output_dir) {
    char folder[PATH_MAX];
    const char *slash = strrchr(file->path, '/');
    size_t length = (size_t)(slash - file->path);
    size_t name_length = strlen(slash + 1);
    if (name_length >= sizeof file->name)
        return too_long(file);
    memcpy(file->name, slash + 1, name_length + 1);
    memcpy(folder, file->path, length);
    folder[length] = '\0';
    file->dir_fd = open_at(AT_FDCWD, length ? folder : "/", O_RDONLY | O_DIRECTORY, 0);
    if (file->dir_fd >= 0)
        return CG_OK;
    if (errno == ENOENT && strcmp(folder, output_dir) != 0)
        return csv_problem_errno(file->problem,
                                 "cannot write '%s': the folder '%s' must exist, only output_dir is created",
                                 file->path, folder);
    return csv_problem_errno(file->problem, "cannot write '%s': cannot open the folder '%s'", file->path,
                             length ? folder : "/");
}

static int32_t temporary_name(struct csv_file *file, int slot) {
    int length = snprintf(file->temporary, sizeof file->temporary, ".%s.%d.tmp", file->name, slot);
    return length > 0 && (size_t)length < sizeof file->temporary;
}

/* Removes the temporary file of a slot if no writer holds it. */
static void remove_stale(const struct csv_file *file) {
    int fd = open_at(file->dir_fd, file->temporary, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0)
        return;
    if (lock_now(fd) == 0)
        (void)unlinkat(file->dir_fd, file->temporary, 0);
    (void)close(fd);
}

/* Takes the current temporary name; -1 with errno when it cannot be had. */
static int take_slot(const struct csv_file *file) {
    int fd = open_at(file->dir_fd, file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
    if (fd < 0)
        return -1;
    /* Between creating and locking, another writer may have taken the file for a stale one and removed it. A file
     * system without locks cannot tell stale files, so nobody removes them there. */
    struct stat status;
    int busy = lock_now(fd) < 0 && errno == EWOULDBLOCK;
    if (!busy && fstat(fd, &status) == 0 && status.st_nlink > 0)
        return fd;
    (void)close(fd);
    errno = EEXIST;
    return -1;
}

/* Removes what killed writers left. */
static cg_status remove_all_stale(struct csv_file *file) {
    for (int slot = 0; slot < SLOTS; slot++) {
        if (!temporary_name(file, slot))
            return too_long(file);
        remove_stale(file);
    }
    return CG_OK;
}

static cg_status open_temporary(struct csv_file *file) {
    cg_status status = remove_all_stale(file);
    if (status != CG_OK)
        return status;
    for (int slot = 0; slot < SLOTS && file->fd < 0; slot++) {
        if (!temporary_name(file, slot))
            return too_long(file);
        file->fd = take_slot(file);
        if (file->fd < 0 && errno != EEXIST)
            break;
    }
    if (file->fd >= 0)
        return CG_OK;
    if (errno == EEXIST)
        return csv_problem_errno(file->problem,
                                 "cannot write '%s': other writers hold its temporary files, the last is '%s'",
                                 file->path, file->temporary);
    return csv_problem_errno(file->problem, "cannot write '%s'", file->path);
}

static void close_both(struct csv_file *file) {
    if (file->fd >= 0)
        (void)close(file->fd);
    if (file->dir_fd >= 0)
        (void)close(file->dir_fd);
    file->fd = -1;
    file->dir_fd = -1;
    file->used = 0;
}

static cg_status set_path(struct csv_file *file, const char *output_dir, const char *name) {
    size_t length = strlen(output_dir);
    const char *between = length && output_dir[length - 1] == '/' ? "" : "/";
    int needed = snprintf(file->path, sizeof file->path, "%s%s%s", output_dir, between, name);
    return needed < 0 || (size_t)needed >= sizeof file->path ? too_long(file) : CG_OK;
}

cg_status csv_file_open(struct csv_file *file, const char *output_dir, const char *name) {
    cg_status status = set_path(file, output_dir, name);
    if (status == CG_OK)
        status = make_folders(file, output_dir);
    if (status == CG_OK)
        status = open_folder(file, output_dir);
    if (status == CG_OK)
        status = open_temporary(file);
    if (status != CG_OK)
        close_both(file);
    return status;
}

static cg_status flush(struct csv_file *file) {
    const char *data = file->buffer;
    while (file->used > 0) {
        ssize_t written = write(file->fd, data, file->used);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            if (written == 0)
                errno = EIO;
            return csv_problem_errno(file->problem, "cannot write '%s'", file->path);
        }
        data += written;
        file->used -= (size_t)written;
    }
    return CG_OK;
}

cg_status csv_file_write(struct csv_file *file, const char *data, size_t length) {
    while (length > 0) {
        if (file->used == sizeof file->buffer) {
            cg_status status = flush(file);
            if (status != CG_OK)
                return status;
        }
        size_t room = sizeof file->buffer - file->used;
        size_t piece = length < room ? length : room;
        memcpy(file->buffer + file->used, data, piece);
        file->used += piece;
        data += piece;
        length -= piece;
    }
    return CG_OK;
}

/* Some file systems cannot sync a folder; there the name is as safe as it can be. */
static cg_status sync_folder(struct csv_file *file) {
    if (sync_fd(file->dir_fd) < 0 && errno != EINVAL)
        return csv_problem_errno(file->problem, "cannot write the name of '%s' to disk", file->path);
    return CG_OK;
}

cg_status csv_file_commit(struct csv_file *file) {
    cg_status status = flush(file);
    if (status != CG_OK)
        return status;
    if (sync_fd(file->fd) < 0)
        return csv_problem_errno(file->problem, "cannot write '%s' to disk", file->path);
    if (renameat(file->dir_fd, file->temporary, file->dir_fd, file->name) < 0)
        return csv_problem_errno(file->problem, "cannot give the complete file its name '%s'", file->path);
    status = sync_folder(file);
    close_both(file);
    return status;
}

/* 1 when the folder of the file at file->path does not exist, and so neither does the file. */
static int32_t has_no_folder(const struct csv_file *file) {
    char folder[PATH_MAX];
    struct stat status;
    size_t length = (size_t)(strrchr(file->path, '/') - file->path);
    memcpy(folder, file->path, length);
    folder[length] = '\0';
    return length > 0 && stat(folder, &status) < 0 && errno == ENOENT;
}

static cg_status remove_name(struct csv_file *file) {
    cg_status status = remove_all_stale(file);
    if (status != CG_OK)
        return status;
    if (unlinkat(file->dir_fd, file->name, 0) == 0)
        return sync_folder(file);
    if (errno == ENOENT)
        return CG_OK;
    return csv_problem_errno(file->problem, "cannot remove '%s', whose rows were all withdrawn", file->path);
}

cg_status csv_file_remove(struct csv_file *file, const char *output_dir, const char *name) {
    cg_status status = set_path(file, output_dir, name);
    if (status != CG_OK || has_no_folder(file))
        return status;
    status = open_folder(file, output_dir);
    if (status == CG_OK)
        status = remove_name(file);
    close_both(file);
    return status;
}

void csv_file_discard(struct csv_file *file) {
    if (file->fd < 0)
        return;
    (void)unlinkat(file->dir_fd, file->temporary, 0);
    close_both(file);
}
