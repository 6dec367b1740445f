/*
 * cg-bench-measure RESULT COMMAND [ARGUMENT...]
 *
 * Runs a command to its end and writes one line into the file RESULT: CPU time (user and system) of the command and
 * everything it started, wall time, both in microseconds, and the peak resident memory of the largest of those
 * processes in KiB. Exits as the command did.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t micros(const struct timeval *time) {
    return (int64_t)time->tv_sec * 1000000 + time->tv_usec;
}

static int64_t now(void) {
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* Waits for `child` and for what it left behind; the child's exit status as a shell shows it. */
static int wait_for_all(pid_t child) {
    int result = 1;
    for (;;) {
        int status = 0;
        pid_t ended = waitpid(-1, &status, 0);
        if (ended < 0 && errno == EINTR)
            continue;
        if (ended < 0)
            return result;
        if (ended == child)
            result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
}

int main(int argc, char **argv) {
    if (argc < 3) {
        (void)fprintf(stderr, "Usage: %s RESULT COMMAND [ARGUMENT...]\n", argv[0]);
        return 2;
    }
    /* Grandchildren whose parent ended before them come to us, so that they are counted too. */
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        (void)fprintf(stderr, "measure: prctl: %s\n", strerror(errno));
        return 1;
    }
    int64_t start = now();
    pid_t child = fork();
    if (child < 0) {
        (void)fprintf(stderr, "measure: fork: %s\n", strerror(errno));
        return 1;
    }
    if (child == 0) {
        (void)execvp(argv[2], argv + 2);
        (void)fprintf(stderr, "measure: cannot run %s: %s\n", argv[2], strerror(errno));
        _exit(127);
    }
    int result = wait_for_all(child);
    int64_t wall = now() - start;
    struct rusage usage;
    if (getrusage(RUSAGE_CHILDREN, &usage) != 0) {
        (void)fprintf(stderr, "measure: getrusage: %s\n", strerror(errno));
        return 1;
    }
    int64_t cpu = micros(&usage.ru_utime) + micros(&usage.ru_stime);
    FILE *file = fopen(argv[1], "w");
    if (!file || fprintf(file, "%lld %lld %ld\n", (long long)cpu, (long long)wall, usage.ru_maxrss) < 0 ||
        fclose(file) != 0) {
        (void)fprintf(stderr, "measure: cannot write %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    return result;
}
