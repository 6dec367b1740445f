/*
 * proc.h - processes of the machine as /proc shows them: who belongs to a test, what they hold.
 *
 * A test marks what it starts with a variable of the environment, which everybody inherits. Every function ends the
 * running Criterion test when it cannot do what it says.
 */
#ifndef CG_TEST_SUPPORT_PROC_H
#define CG_TEST_SUPPORT_PROC_H

#include <sys/types.h>

/** Most processes of one test. */
#define CG_TEST_MOST_PROCS 64

/** One process. */
struct cg_test_proc {
    pid_t pid;
    pid_t parent;
    int worker; /**< 1: it is a worker of chitragupt */
};

/** The living processes (no zombies) with `mark` ("NAME=value") in their environment; returns how many there are. */
size_t cg_test_proc_find(const char *mark, struct cg_test_proc found[CG_TEST_MOST_PROCS]);

/** 1 when a process is there and no zombie. */
int cg_test_proc_lives(pid_t pid);

/** 1 when nobody living has this number, at the latest after three seconds. */
int cg_test_proc_ends(pid_t pid);

/** 1 when a process has this file open; 0 also when it is gone. */
int cg_test_proc_holds(pid_t pid, const char *path);

/** Descriptors that a process has open. */
size_t cg_test_proc_descriptors(pid_t pid);

/**
 * Waits until no process with the mark is left but those of `except` (0: none), for at most `milliseconds`. Returns how
 * long it took, or -1.
 */
long long cg_test_proc_silence(const char *mark, pid_t except, long long milliseconds);

#endif
