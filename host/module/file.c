#include "module/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What `stat` says about a path, in words. */
static const char *type_name(mode_t mode) {
    if (S_ISDIR(mode))
        return "a directory";
    if (S_ISFIFO(mode))
        return "a pipe";
    if (S_ISSOCK(mode))
        return "a socket";
    return S_ISREG(mode) ? "a regular file" : "a device";
}

/* Nobody but root and the user of this process may have a say about the thing. `what` and `path` are for the text. */
static cg_status check_rights(const char *what, const char *path, const struct stat *found, struct cg_error *error) {
    uid_t user = geteuid();
    if (found->st_uid != 0 && found->st_uid != user)
        return cg_error_set(error, CG_PERMANENT,
                            "%s '%s' belongs to user id %lu, but must belong to root or to the user id %lu that runs "
                            "this program, because a module runs with all its rights; use chown",
                            what, path, (unsigned long)found->st_uid, (unsigned long)user);
    if (found->st_mode & S_IWOTH)
        return cg_error_set(error, CG_PERMANENT,
                            "everybody may write to %s '%s' (mode %04o), and a module runs with all rights of this "
                            "program; use chmod o-w",
                            what, path, (unsigned)(found->st_mode & 07777u));
    return CG_OK;
}

/* The directory that holds `path`. */
static cg_status check_directory(const char *path, struct cg_error *error) {
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (length >= sizeof directory)
        return cg_error_set(error, CG_PERMANENT, "its path is longer than %d bytes", PATH_MAX);
    if (!slash)
        snprintf(directory, sizeof directory, ".");
    else if (length == 0)
        snprintf(directory, sizeof directory, "/");
    else
        snprintf(directory, sizeof directory, "%.*s", (int)length, path);
    struct stat found;
    if (stat(directory, &found) != 0)
        return cg_error_set(error, CG_PERMANENT, "its directory '%s' cannot be read: %s", directory, strerror(errno));
    return check_rights("its directory", directory, &found, error);
}

cg_status cg_module_file_check(const char *path, struct cg_module_file *ret, struct cg_error *error) {
    struct stat found;
    char target[PATH_MAX];
    if (stat(path, &found) != 0 || !realpath(path, target))
        return cg_error_set(error, CG_PERMANENT, "it cannot be read: %s", strerror(errno));
    if (!S_ISREG(found.st_mode))
        return cg_error_set(error, CG_PERMANENT,
                            "it is %s, but a module is a regular file that ends in .so; move it out of the plugin "
                            "directory",
                            type_name(found.st_mode));
    cg_status status = check_rights("the file", target, &found, error);
    if (status == CG_OK)
        status = check_directory(path, error);
    if (status == CG_OK && strcmp(path, target) != 0)
        status = check_directory(target, error);
    if (status != CG_OK)
        return status;
    *ret = (struct cg_module_file){
        .device = (uint64_t)found.st_dev,
        .inode = (uint64_t)found.st_ino,
        .size = (int64_t)found.st_size,
        .modified_ns = (int64_t)found.st_mtim.tv_sec * 1000000000 + (int64_t)found.st_mtim.tv_nsec,
    };
    return CG_OK;
}

int32_t cg_module_file_same(const struct cg_module_file *left, const struct cg_module_file *right) {
    return left->device == right->device && left->inode == right->inode;
}

int32_t cg_module_file_unchanged(const struct cg_module_file *left, const struct cg_module_file *right) {
    return cg_module_file_same(left, right) && left->size == right->size && left->modified_ns == right->modified_ns;
}
