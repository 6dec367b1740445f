#include "support/proc.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/moment.h"

#define ROOM 65536

/* How often the processes are looked at while one waits. */
#define TICK_US 2000

static const char worker_arguments[] = "chitragupt\0worker";

/* A file of /proc/PID, as far as there is room, with a NUL at its end; 0 when there is none. */
static size_t read_file(long pid, const char *name, char text[ROOM]) {
    char path[64];
    size_t length = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/%s", pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && length < ROOM - 1) {
        ssize_t count = read(fd, text + length, ROOM - 1 - length);
        if (count <= 0)
            break;
        length += (size_t)count;
    }
    if (fd >= 0)
        (void)close(fd);
    text[length] = '\0';
    return length;
}

/* Its parent, or -1 when it is gone or a zombie. */
static pid_t parent_of(long pid) {
    char text[ROOM];
    char state = 'X';
    int parent = -1;
    (void)read_file(pid, "stat", text);
    const char *end = strrchr(text, ')');
    if (!end || sscanf(end, ") %c %d", &state, &parent) != 2 || state == 'Z' || state == 'X')
        return -1;
    return (pid_t)parent;
}

size_t cg_test_proc_find(const char *mark, struct cg_test_proc found[CG_TEST_MOST_PROCS]) {
    char text[ROOM];
    size_t count = 0;
    DIR *dir = opendir("/proc");
    cr_assert_not_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        long pid = strtol(entry->d_name, NULL, 10);
        size_t length = pid > 0 ? read_file(pid, "environ", text) : 0;
        if (!length || !memmem(text, length, mark, strlen(mark) + 1))
            continue;
        pid_t parent = parent_of(pid);
        if (parent < 0)
            continue;
        cr_assert_lt(count, CG_TEST_MOST_PROCS, "too many processes");
        length = read_file(pid, "cmdline", text);
        found[count++] = (struct cg_test_proc){
            .pid = (pid_t)pid,
            .parent = parent,
            .worker = memmem(text, length, worker_arguments, sizeof worker_arguments) != NULL,
        };
    }
    (void)closedir(dir);
    return count;
}

int cg_test_proc_lives(pid_t pid) {
    return parent_of(pid) >= 0;
}

int cg_test_proc_ends(pid_t pid) {
    for (int waited = 0; waited < 3000; waited += 20) {
        if (!cg_test_proc_lives(pid))
            return 1;
        (void)usleep(20000);
    }
    return 0;
}

int cg_test_proc_holds(pid_t pid, const char *path) {
    char folder[64];
    char target[4096];
    int holds = 0;
    (void)snprintf(folder, sizeof folder, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(folder);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry && !holds; entry = readdir(dir)) {
        ssize_t length = readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        holds = strcmp(target, path) == 0;
    }
    if (dir)
        (void)closedir(dir);
    return holds;
}

size_t cg_test_proc_descriptors(pid_t pid) {
    char folder[64];
    size_t count = 0;
    (void)snprintf(folder, sizeof folder, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(folder);
    cr_assert_not_null(dir, "the process is gone");
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        count += *entry->d_name != '.';
    (void)closedir(dir);
    return count;
}

long long cg_test_proc_silence(const char *mark, pid_t except, long long milliseconds) {
    struct cg_test_proc found[CG_TEST_MOST_PROCS];
    long long began = cg_test_clock_ms();
    for (;;) {
        size_t left = 0;
        size_t count = cg_test_proc_find(mark, found);
        for (size_t i = 0; i < count; i++)
            left += found[i].pid != except;
        if (!left)
            return cg_test_clock_ms() - began;
        if (cg_test_clock_ms() - began > milliseconds)
            return -1;
        (void)usleep(TICK_US);
    }
}
