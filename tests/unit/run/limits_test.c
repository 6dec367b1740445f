/* What a worker takes away from itself. Each test is a process of its own, so the limits do not outlive it. */
#include "run/limits.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB ((size_t)1024 * 1024)

Test(limits, peak_is_what_was_touched) {
    int64_t before = cg_limits_peak();
    cr_assert_gt(before, 0);
    char *memory = malloc(64 * MIB);
    cr_assert_not_null(memory);
    memset(memory, 1, 64 * MIB);
    cr_assert_geq(cg_limits_peak(), before + (int64_t)(60 * MIB) * (memory[7] == 1));
    free(memory);
}

static long score(void) {
    FILE *file = fopen("/proc/self/oom_score_adj", "re");
    long value = -2000;
    cr_assert_not_null(file);
    cr_assert_eq(fscanf(file, "%ld", &value), 1); /* NOLINT(cert-err34-c): the kernel writes it */
    (void)fclose(file);
    return value;
}

Test(limits, a_worker_is_killed_before_others_and_leaves_no_core) {
    struct rlimit core;
    long before = score();
    cg_limits_stand_back();
    cr_assert_eq(score(), before + 500 < 1000 ? before + 500 : 1000);
    cr_assert_eq(getrlimit(RLIMIT_CORE, &core), 0);
    cr_assert(core.rlim_cur == 0 && core.rlim_max == 0);
    cg_limits_stand_back();
    cg_limits_stand_back();
    cr_assert_eq(score(), 1000, "there is no more than this");
}

Test(limits, none_is_none) {
    cr_assert_eq(cg_limits_memory(0, NULL), 0);
    cr_assert_eq(cg_limits_memory(-1, NULL), 0);
}

#ifndef __SANITIZE_ADDRESS__
Test(limits, memory_ends_at_the_limit) {
    cr_assert_eq(cg_limits_memory(64, NULL), 64);
    void *memory = malloc(128 * MIB);
    cr_assert_null(memory);
    memory = malloc(8 * MIB);
    cr_assert_not_null(memory);
    free(memory);
    cr_assert_eq(cg_limits_memory(1024, NULL), 64, "what was given up does not come back");
}

static char *last_block; /* seen by nobody, so that no block is optimised away */

/* Dies as a module does that takes NULL for memory, with the memory full or not. */
static void die(struct cg_crumb *crumb, int full) {
    (void)cg_limits_memory(64, crumb);
    while (full && (last_block = malloc(MIB)))
        memset(last_block, 1, MIB);
    abort();
}

Test(limits, a_crash_for_want_of_memory_is_noted) {
    for (int full = 0; full <= 1; full++) {
        struct cg_crumb *crumb = mmap(NULL, sizeof *crumb, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        cr_assert_neq((void *)crumb, MAP_FAILED);
        int status = 0;
        pid_t child = fork();
        if (child == 0)
            die(crumb, full);
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "the signal stays what it was");
        cr_assert_eq(crumb->out_of_memory, full ? 64 : 0);
        munmap(crumb, sizeof *crumb);
    }
}
#endif
