#include "expose/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"

/* Longer names are cut, so that a temporary name beside them still fits. */
#define LONGEST 180
#define KEPT 120
#define DIGEST_KEPT 32

static int is_plain(char byte, int first) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '_' || (byte == '.' && !first);
}

const char *cg_folder_name(const char *text, char name[CG_FOLDER_NAME_SIZE]) {
    size_t length = 0;
    const char *at = text;
    for (; *at && length + 3 <= LONGEST; at++) {
        if (is_plain(*at, at == text))
            name[length++] = *at;
        else
            length += (size_t)snprintf(name + length, 4, "%%%02X", (unsigned)(unsigned char)*at);
    }
    name[length] = '\0';
    if (!length)
        memcpy(name, "%", 2);
    if (*at) {
        char digest_text[CG_DIGEST_TEXT_SIZE];
        struct cg_digest digest;
        cg_digest_start(&digest, "name/1");
        cg_digest_text(&digest, text);
        cg_digest_end_text(&digest, digest_text);
        (void)snprintf(name + KEPT, CG_FOLDER_NAME_SIZE - KEPT, "~%.*s", DIGEST_KEPT, digest_text);
    }
    return name;
}

cg_status cg_folder_error(struct cg_error *error, int cause, const char *format, ...) {
    char text[CG_ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    int passing =
        cause == ENOSPC || cause == EDQUOT || cause == EIO || cause == EMFILE || cause == ENFILE || cause == ENOMEM;
    const char *reason = strerrordesc_np(cause);
    return cg_error_set(error, passing ? CG_TEMPORARY : CG_PERMANENT, "%s: %s", text, reason ? reason : "failed");
}

ssize_t cg_folder_read(int fd, void *data, size_t length, off_t offset) {
    ssize_t got = 0;
    do
        got = pread(fd, data, length, offset);
    while (got < 0 && errno == EINTR);
    return got;
}

int cg_folder_sync(int fd) {
    int result = 0;
    do
        result = fsync(fd);
    while (result < 0 && errno == EINTR);
    return result;
}

static int open_folder(int at, const char *path) {
    int fd = -1;
    do
        fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (at == AT_FDCWD ? 0 : O_NOFOLLOW));
    while (fd < 0 && errno == EINTR);
    return fd;
}

/* Makes a folder with its parents; those that are there are fine. */
static cg_status make_all(const char *directory, struct cg_error *error) {
    char path[PATH_MAX];
    size_t length = strlen(directory);
    if (length >= sizeof path)
        return cg_error_set(error, CG_PERMANENT, "the folder for samples has a path longer than the system allows");
    memcpy(path, directory, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        path[i] = '\0';
        struct stat status;
        if (mkdir(path, 0700) < 0 && errno != EEXIST) {
            int cause = errno;
            if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
                return cg_folder_error(error, cause, "cannot create the folder '%s' for samples", path);
        }
        if (i < length)
            path[i] = '/';
    }
    return CG_OK;
}

cg_status cg_folder_open_in(int at, const char *name, int make, int *ret_fd, struct cg_error *error) {
    struct stat status;
    if (make && mkdirat(at, name, 0700) < 0 && errno != EEXIST)
        return cg_folder_error(error, errno, "cannot create the folder '%s' for samples", name);
    int fd = open_folder(at, name);
    if (fd < 0 && errno == ENOENT)
        return cg_error_set(error, CG_NOT_FOUND, "there is no folder '%s' with samples", name);
    if (fd < 0)
        return cg_folder_error(error, errno, "cannot open the folder '%s' with samples", name);
    if (fstat(fd, &status) < 0 || (status.st_mode & S_IWOTH)) {
        (void)close(fd);
        return cg_error_set(error, CG_PERMANENT,
                            "the folder '%s' with samples is not used, because everybody may write to it; take that "
                            "right away (chmod o-w)",
                            name);
    }
    *ret_fd = fd;
    return CG_OK;
}

cg_status cg_folder_open(const char *directory, const char *tenant, const char *entry, int make, int *ret_fd,
                         struct cg_error *error) {
    char name[CG_FOLDER_NAME_SIZE];
    cg_status status = make ? make_all(directory, error) : CG_OK;
    if (status != CG_OK)
        return status;
    int base = open_folder(AT_FDCWD, directory);
    if (base < 0 && errno == ENOENT)
        return cg_error_set(error, CG_NOT_FOUND, "there is no folder '%s' with samples", directory);
    if (base < 0)
        return cg_folder_error(error, errno, "cannot open the folder '%s' for samples", directory);
    int below = -1;
    status = cg_folder_open_in(base, cg_folder_name(tenant, name), make, &below, error);
    (void)close(base);
    if (status == CG_OK) {
        status = cg_folder_open_in(below, cg_folder_name(entry, name), make, ret_fd, error);
        (void)close(below);
    }
    return status == CG_OK ? status : cg_error_wrap(error, "'%s'", directory);
}
