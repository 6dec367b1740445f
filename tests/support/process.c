#include "support/process.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_SECONDS 60
/* How often the amount of output is looked at. */
#define LOOK_MS 100
/* Most variables of the whole environment. */
#define MOST_INHERITED 1024

static long long now_ms(void) {
    struct timespec now;
    cr_assert_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* True when `entry` ("NAME=value") is about the variable of `change` ("NAME=value" or "NAME"). */
static int same_variable(const char *entry, const char *change) {
    size_t length = strcspn(change, "=");
    return strncmp(entry, change, length) == 0 && entry[length] == '=';
}

/* The environment with its changes; borrows all texts. */
static void make_environment(const char *const *changes, char *ret[MOST_INHERITED]) {
    size_t count = 0;
    for (char **entry = environ; *entry; entry++) {
        /* A Criterion program would take itself for one of ours. */
        int changed = same_variable(*entry, "BXFI_MAP");
        for (size_t i = 0; changes && changes[i] && !changed; i++)
            changed = same_variable(*entry, changes[i]);
        cr_assert_lt(count, MOST_INHERITED - CG_TEST_MOST_VARIABLES, "the environment has too many variables");
        if (!changed)
            ret[count++] = *entry;
    }
    for (size_t i = 0; changes && changes[i]; i++) {
        cr_assert_lt(i, CG_TEST_MOST_VARIABLES, "too many changes of the environment");
        if (strchr(changes[i], '='))
            ret[count++] = (char *)(size_t)changes[i];
    }
    ret[count] = NULL;
}

/* In the new process, between fork and exec: only functions that are safe there. */
static void become(const struct cg_test_process_options *options, char *const *argv, char *const *environment,
                   const struct cg_test_process *process, pid_t parent) {
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    int input = open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(process->out_fd, STDOUT_FILENO) < 0 ||
        dup2(process->err_fd, STDERR_FILENO) < 0)
        _exit(127);
    /* Criterion's own descriptors are none of the program's business. */
    (void)syscall(SYS_close_range, 3U, ~0U, 0U);
    if (options->directory && chdir(options->directory) != 0)
        _exit(127);
    (void)execve(argv[0], argv, environment);
    _exit(127);
}

/*
 * A program and its workers write to it at the same time. The kernel keeps their place in a file on disk apart, but not
 * in a memory file: without O_APPEND now and then one line takes the place of another.
 */
static int memory_file(const char *name) {
    int fd = memfd_create(name, MFD_CLOEXEC);
    cr_assert(fd >= 0 && fcntl(fd, F_SETFL, O_APPEND) == 0, "no memory file for output");
    return fd;
}

void cg_test_process_start(const struct cg_test_process_options *options, struct cg_test_process *ret) {
    char *environment[MOST_INHERITED];
    char *argv[CG_TEST_MOST_ARGUMENTS + 1];
    struct cg_test_process process = {0};
    size_t count = 0;
    make_environment(options->environment, environment);
    for (; options->argv[count]; count++) {
        cr_assert_lt(count, CG_TEST_MOST_ARGUMENTS, "too many arguments");
        argv[count] = (char *)(size_t)options->argv[count];
    }
    argv[count] = NULL;
    cr_assert(count > 0 && access(options->argv[0], X_OK) == 0, "%s is no program", count ? argv[0] : "nothing");
    process.out_fd = memory_file("stdout");
    process.err_fd = memory_file("stderr");
    unsigned seconds = options->timeout_seconds ? options->timeout_seconds : DEFAULT_SECONDS;
    process.deadline_ms = now_ms() + (long long)seconds * 1000;
    pid_t parent = getpid();
    process.pid = fork();
    cr_assert(process.pid >= 0, "cannot start %s", argv[0]);
    if (process.pid == 0)
        become(options, argv, environment, &process, parent);
    (void)setpgid(process.pid, process.pid);
    process.pid_fd = (int)syscall(SYS_pidfd_open, process.pid, 0);
    cr_assert(process.pid_fd >= 0, "cannot watch %s", argv[0]);
    *ret = process;
}

void cg_test_process_signal(const struct cg_test_process *process, int number) {
    (void)kill(-process->pid, number);
}

int cg_test_process_runs(const struct cg_test_process *process, int milliseconds) {
    long long until = now_ms() + milliseconds;
    struct pollfd watched = {.fd = process->pid_fd, .events = POLLIN};
    for (;;) {
        long long left = until - now_ms();
        int count = poll(&watched, 1, left > 0 ? (int)left : 0);
        if (count > 0)
            return 0;
        cr_assert(count == 0 || errno == EINTR, "cannot wait for a process");
        if (count == 0 && left <= 0)
            return 1;
    }
}

static int floods(int fd) {
    struct stat found;
    return fstat(fd, &found) == 0 && found.st_size > CG_TEST_OUTPUT_LIMIT;
}

/* The text of a memory file. */
static char *read_output(int fd) {
    struct stat found;
    cr_assert_eq(fstat(fd, &found), 0);
    off_t size = found.st_size < CG_TEST_OUTPUT_LIMIT ? found.st_size : CG_TEST_OUTPUT_LIMIT;
    char *text = malloc((size_t)size + 1);
    cr_assert_not_null(text);
    off_t length = 0;
    while (length < size) {
        ssize_t count = pread(fd, text + length, (size_t)(size - length), length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        length += count;
    }
    text[length] = '\0';
    for (off_t i = 0; i < length; i++) {
        if (text[i] == '\0')
            text[i] = '?';
    }
    return text;
}

static char *take_output(int fd) {
    char *text = read_output(fd);
    (void)close(fd);
    return text;
}

/* A sanitizer that writes to captured output would go unnoticed. */
static void refuse_reports(const char *text) {
    static const char *const signs[] = {"AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        cr_assert_null(strstr(text, signs[i]), "a process wrote:\n%.8000s", strstr(text, signs[i]));
}

char *cg_test_process_log(const struct cg_test_process *process) {
    return read_output(process->err_fd);
}

long long cg_test_process_wait_log(const struct cg_test_process *process, const char *part, long long milliseconds) {
    const long long began = now_ms();
    for (;;) {
        char *text = cg_test_process_log(process);
        const int found = strstr(text, part) != NULL;
        const long long took = now_ms() - began;
        if (!found && took > milliseconds)
            cr_assert_fail("'%s' does not come:\n%.4000s", part, text);
        free(text);
        if (found)
            return took;
        (void)usleep(10000);
    }
}

void cg_test_process_wait(struct cg_test_process *process, struct cg_test_result *ret) {
    struct cg_test_result result = {0};
    int status = 0;
    while (cg_test_process_runs(process, LOOK_MS)) {
        result.timed_out = now_ms() >= process->deadline_ms;
        result.flooded = floods(process->out_fd) || floods(process->err_fd);
        if (result.timed_out || result.flooded)
            cg_test_process_signal(process, SIGKILL);
    }
    while (waitpid(process->pid, &status, 0) < 0)
        cr_assert_eq(errno, EINTR, "cannot wait for a process");
    result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    (void)close(process->pid_fd);
    result.out = take_output(process->out_fd);
    result.err = take_output(process->err_fd);
    *process = (struct cg_test_process){0};
    refuse_reports(result.out);
    refuse_reports(result.err);
    *ret = result;
}

void cg_test_process_run(const struct cg_test_process_options *options, struct cg_test_result *ret) {
    struct cg_test_process process;
    cg_test_process_start(options, &process);
    cg_test_process_wait(&process, ret);
}

void cg_test_result_done(struct cg_test_result *result) {
    free(result->out);
    free(result->err);
    *result = (struct cg_test_result){0};
}
