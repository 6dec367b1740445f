#include "run/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define MIB (INT64_C(1024) * 1024)

/** How much more likely than the host process a worker is to be killed for want of memory, and the most there is. */
#define OOM_STEP 500
#define OOM_MOST 1000

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Reads the start of a small file of the kernel. Safe in a signal handler. Returns the length, 0 when there is none. */
static size_t read_start(const char *path, char *buffer, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = fd < 0 ? 0 : read(fd, buffer, size - 1);
    if (fd >= 0)
        (void)close(fd);
    size_t length = count > 0 ? (size_t)count : 0;
    buffer[length] = '\0';
    return length;
}

void cg_limits_stand_back(void) {
    static const char path[] = "/proc/self/oom_score_adj";
    const struct rlimit none = {0};
    char text[32];
    (void)setrlimit(RLIMIT_CORE, &none);
    if (!read_start(path, text, sizeof text))
        return;
    long score = strtol(text, NULL, 10) + OOM_STEP;
    int length = snprintf(text, sizeof text, "%ld", score < OOM_MOST ? score : OOM_MOST);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t written = write(fd, text, (size_t)length);
    (void)written; /* a system that does not allow it kills whom it likes */
    (void)close(fd);
}

/* ---- the limit ---- */

/* What the handler of a crash needs; a signal handler has no other way to get at it. Set once, before it is installed.
 */
static struct {
    struct cg_crumb *crumb;
    int64_t limit; /* bytes */
    int64_t page;
} crash;

/* The sixth number of statm: pages of data and stack, which is what the limit counts, or nearly. */
static int64_t data_bytes(void) {
    char text[256];
    int64_t pages = 0;
    int field = 0;
    size_t length = read_start("/proc/self/statm", text, sizeof text);
    for (size_t i = 0; i < length && field < 6; i++) {
        if (text[i] == ' ')
            field++;
        else if (field == 5 && text[i] >= '0' && text[i] <= '9')
            pages = pages * 10 + (text[i] - '0');
    }
    return pages * crash.page;
}

/* A pointer that is NULL for want of memory ends many modules: the report should name the cause. The signal then does
 * what it always did. */
static void on_crash(int number) {
    int saved = errno;
    if (data_bytes() >= crash.limit - crash.limit / 8)
        crash.crumb->out_of_memory = (int32_t)(crash.limit / MIB);
    errno = saved;
    (void)raise(number);
}

static void watch_crashes(struct cg_crumb *crumb, int64_t limit) {
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT};
    static char stack[16384]; /* a stack that overflowed is no place for a handler */
    const stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK | SA_NODEFER};
    action.sa_flags |= (int)SA_RESETHAND;
    crash.crumb = crumb;
    crash.limit = limit;
    crash.page = sysconf(_SC_PAGESIZE);
    (void)sigemptyset(&action.sa_mask);
    if (sigaltstack(&other, NULL) != 0)
        return;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        (void)sigaction(numbers[i], &action, NULL);
}

int32_t cg_limits_memory(int64_t mib, struct cg_crumb *crumb) {
    struct rlimit limit;
    if (SANITIZED || mib <= 0 || getrlimit(RLIMIT_DATA, &limit) != 0)
        return 0;
    rlim_t wanted = (rlim_t)(mib * MIB);
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < wanted)
        wanted = limit.rlim_max;
    limit = (struct rlimit){.rlim_cur = wanted, .rlim_max = wanted};
    if (setrlimit(RLIMIT_DATA, &limit) != 0)
        return 0;
    if (crumb)
        watch_crashes(crumb, (int64_t)wanted);
    return (int32_t)((int64_t)wanted / MIB);
}

/* ---- what was used ---- */

int64_t cg_limits_peak(void) {
    static const char key[] = "\nVmHWM:";
    char text[4096];
    if (!read_start("/proc/self/status", text, sizeof text))
        return 0;
    /* rusage would count the host process too, as whose copy this one began. */
    const char *found = strstr(text, key);
    return found ? (int64_t)strtoll(found + strlen(key), NULL, 10) * 1024 : 0;
}
