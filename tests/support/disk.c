#include "support/disk.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "support/workdir.h"

static int write_line(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t written = write(fd, text, strlen(text));
    (void)close(fd);
    return written == (ssize_t)strlen(text) ? 0 : -1;
}

/* A mount namespace, as root or inside a user namespace in which one's own id keeps its number. */
static int enter_namespace(void) {
    char line[64];
    uid_t user = geteuid();
    gid_t group = getegid();
    if (unshare(CLONE_NEWNS) != 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
            return -1;
        (void)write_line("/proc/self/setgroups", "deny");
        (void)snprintf(line, sizeof line, "%u %u 1", (unsigned)user, (unsigned)user);
        if (write_line("/proc/self/uid_map", line) != 0)
            return -1;
        (void)snprintf(line, sizeof line, "%u %u 1", (unsigned)group, (unsigned)group);
        if (write_line("/proc/self/gid_map", line) != 0)
            return -1;
    }
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

int cg_test_disk_make(const char *path, const char *size) {
    char *options = cg_test_format("size=%s,mode=0700", size);
    int made = enter_namespace() == 0 && mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options) == 0;
    free(options);
    return made;
}

void cg_test_disk_resize(const char *path, const char *size) {
    char *options = cg_test_format("size=%s", size);
    cr_assert_eq(mount("tmpfs", path, "tmpfs", MS_REMOUNT | MS_NOSUID | MS_NODEV, options), 0, "cannot resize to %s",
                 size);
    free(options);
}

void cg_test_disk_remove(const char *path) {
    (void)umount2(path, MNT_DETACH);
}
