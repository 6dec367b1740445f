/*
 * process.h - a program under test: started with its own environment and time limit, its output kept.
 *
 * The process leads a group of its own and dies with the test. What it writes goes to memory files, so many can run at
 * the same time and be waited for one after the other. A report of a sanitizer in the output fails the test. Every
 * function ends the running Criterion test when it cannot do what it says.
 */
#ifndef CG_TEST_SUPPORT_PROCESS_H
#define CG_TEST_SUPPORT_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

/** Most bytes a process may write to each of its two streams; one that writes more is killed. */
#define CG_TEST_OUTPUT_LIMIT ((off_t)32 * 1024 * 1024)

/** Most entries of `environment`, and most arguments. */
#define CG_TEST_MOST_VARIABLES 32
#define CG_TEST_MOST_ARGUMENTS 48

/** What to start. */
struct cg_test_process_options {
    const char *const *argv;        /**< NULL-terminated; argv[0] is the path of the program */
    const char *const *environment; /**< NULL-terminated changes: "NAME=value" sets, "NAME" removes; NULL = none */
    const char *directory;          /**< to work in; NULL = that of the test */
    unsigned timeout_seconds;       /**< 0 = 60; it counts from the start */
};

/** A process that runs. */
struct cg_test_process {
    pid_t pid;
    int pid_fd;
    int out_fd;
    int err_fd;
    long long deadline_ms; /* on the monotonic clock */
};

/** How it ended, and what it wrote. */
struct cg_test_result {
    int exit_status; /**< -1: it was ended by `signal` */
    int signal;      /**< 0: it exited */
    int timed_out;   /**< 1: killed because its time was over */
    int flooded;     /**< 1: killed because it wrote too much */
    char *out;       /**< standard output with a NUL at the end; zero bytes in it are written as '?' */
    char *err;       /**< the same for standard error */
};

/** Starts a process. */
void cg_test_process_start(const struct cg_test_process_options *options, struct cg_test_process *ret);

/** Sends a signal to the process and its group. */
void cg_test_process_signal(const struct cg_test_process *process, int number);

/** 1 when the process has not ended within `milliseconds` from now. */
int cg_test_process_runs(const struct cg_test_process *process, int milliseconds);

/** What it has written to standard error so far, as in a result; to be freed. */
char *cg_test_process_log(const struct cg_test_process *process);

/**
 * Waits until it has written `part` to standard error; returns how many milliseconds that took. Ends the test when it
 * does not come within so many.
 */
long long cg_test_process_wait_log(const struct cg_test_process *process, const char *part, long long milliseconds);

/** Waits for the end; kills what runs longer than its time. `ret` is to be ended with cg_test_result_done. */
void cg_test_process_wait(struct cg_test_process *process, struct cg_test_result *ret);

/** Starts a process and waits for it. */
void cg_test_process_run(const struct cg_test_process_options *options, struct cg_test_result *ret);

/** Frees the texts. */
void cg_test_result_done(struct cg_test_result *result);

#endif
