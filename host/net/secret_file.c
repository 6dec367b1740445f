#include "net/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static cg_status fail(const char *path, const char *what, const char *cause, struct cg_error *error) {
    return cg_error_set(error, CG_TEMPORARY, "%s '%.400s' %s", what, path, cause);
}

/* Says it in the words of the system. */
static cg_status fail_number(const char *path, const char *what, int number, struct cg_error *error) {
    const char *cause = strerrordesc_np(number);
    return cg_error_set(error, CG_TEMPORARY, "%s '%.400s' cannot be read (%s)", what, path, cause ? cause : "unknown");
}

/* Reads to the end; a file that fills the buffer is too long. Returns the length or -1. */
static ssize_t read_whole(int fd, char *buffer) {
    size_t length = 0;
    while (length < CG_SECRET_FILE_SIZE) {
        ssize_t count = read(fd, buffer + length, CG_SECRET_FILE_SIZE - length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        if (count == 0)
            break;
        length += (size_t)count;
    }
    return (ssize_t)length;
}

static int is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Cuts the blanks off; what is left must be one line of text. */
static cg_status trim(char *buffer, size_t length, const char *path, const char *what, struct cg_error *error) {
    size_t start = 0;
    while (length > 0 && is_blank(buffer[length - 1]))
        length--;
    while (start < length && is_blank(buffer[start]))
        start++;
    if (start == length)
        return fail(path, what, "is empty", error);
    for (size_t i = start; i < length; i++)
        if ((unsigned char)buffer[i] < 0x20 || buffer[i] == 0x7F)
            return fail(path, what, "has more than one line, or control characters", error);
    memmove(buffer, buffer + start, length - start);
    buffer[length - start] = '\0';
    return CG_OK;
}

cg_status cg_secret_file_read(const char *path, const char *what, char *buffer, struct cg_error *error) {
    struct stat found;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail_number(path, what, errno, error);
    ssize_t length = -1;
    int number = 0;
    cg_status status = CG_OK;
    if (fstat(fd, &found) != 0)
        number = errno;
    else if (!S_ISREG(found.st_mode))
        status = fail(path, what, "is no regular file", error);
    else if ((length = read_whole(fd, buffer)) < 0)
        number = errno;
    (void)close(fd);
    if (number)
        return fail_number(path, what, number, error);
    if (status == CG_OK && (size_t)length == CG_SECRET_FILE_SIZE)
        status = fail(path, what, "is longer than a secret can be (16 KiB)", error);
    return status == CG_OK ? trim(buffer, (size_t)length, path, what, error) : status;
}
