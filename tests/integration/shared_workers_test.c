/*
 * Three hosts that work and two that serve, on one PostgreSQL with a database for each tenant, while hosts and workers
 * are killed, hosts are stopped, and sessions of the database are ended: every date is computed once for each bill, one
 * process at a time works on a tenant, nothing is lost or there twice, and what lay idle is taken over within seconds.
 *
 * CG_SHARED_SECONDS: how long it is disturbed; CG_SHARED_SEED: other moments.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared.h"
#include "support/moment.h"

static struct cg_shared shared;

/* What is done to them. */
enum blow { KILL_HOST, KILL_WORKER, END_SESSIONS, STOP_HOST, BLOWS };

static const char *const blow_names[BLOWS] = {"hosts killed", "workers killed", "sessions ended", "hosts stopped"};

/* A tenant that lies idle is looked at every three to five seconds; a host process that is started again needs a while
 * to check its configuration. */
#define HANDOVER_MS (cg_test_is_sanitized() ? 60000 : 15000)

#define MOST_HANDOVERS 4096

static struct tally {
    unsigned blows;
    unsigned met; /* that hit a run */
    long long handovers[MOST_HANDOVERS];
    size_t handover_count;
} tallies[BLOWS];

/* ---- blows ---- */

/* A run at work, or one of `host` (0: of anybody): which tenant's, and its number. 0: there is none. */
static long long find_run(pid_t host, size_t *ret_tenant, pid_t *ret_worker) {
    struct cg_test_proc found[CG_TEST_MOST_PROCS];
    const size_t count = cg_test_proc_find(shared.mark, found);
    const size_t first = cg_shared_draw(&shared, CG_SHARED_TENANTS);
    for (size_t i = 0; i < CG_SHARED_TENANTS; i++) {
        const size_t tenant = (first + i) % CG_SHARED_TENANTS;
        long long pid = 0;
        const long long run = cg_shared_running(&shared, tenant, &pid);
        for (size_t k = 0; run && k < count; k++)
            if (found[k].worker && found[k].pid == pid && (!host || found[k].parent == host)) {
                *ret_tenant = tenant;
                *ret_worker = found[k].pid;
                return run;
            }
    }
    return 0;
}

/* Waits for a run that may be hit, for a while. */
static long long await_run(pid_t host, size_t *ret_tenant, pid_t *ret_worker) {
    for (int i = 0; i < 40; i++) {
        const long long run = find_run(host, ret_tenant, ret_worker);
        if (run)
            return run;
        (void)usleep(20000);
    }
    return 0;
}

/* Does it; returns the run that was hit, or 0. */
static long long strike(enum blow blow, size_t host, size_t *ret_tenant) {
    const pid_t pid = shared.hosts[host].process.pid;
    pid_t worker = 0;
    const long long run = await_run(blow == KILL_HOST || blow == STOP_HOST ? pid : 0, ret_tenant, &worker);
    switch (blow) {
    case KILL_HOST:
        cg_shared_end_host(&shared, host, SIGKILL);
        break;
    case STOP_HOST:
        cg_shared_end_host(&shared, host, SIGTERM);
        break;
    case KILL_WORKER:
        if (run)
            (void)kill(worker, SIGKILL);
        break;
    default:
        if (!run)
            *ret_tenant = cg_shared_draw(&shared, CG_SHARED_TENANTS);
        (void)cg_test_postgres_kill(&shared.databases[*ret_tenant]);
        break;
    }
    return run;
}

/* How long until another run of the tenant begins, or this one is over after all. */
static void measure(struct tally *tally, size_t tenant, long long run) {
    const long long began = cg_test_clock_ms();
    long long took = 0;
    while (cg_shared_newest(&shared, tenant) <= run) {
        if (cg_shared_is_completed(&shared, tenant, run))
            return;
        took = cg_test_clock_ms() - began;
        if (took > HANDOVER_MS)
            cr_assert_fail("run %lld of tenant %zu is not taken over:\n%s", run, tenant, cg_shared_logs(&shared));
        cg_shared_restart(&shared);
        (void)usleep(10000);
    }
    took = cg_test_clock_ms() - began;
    tally->met++;
    if (tally->handover_count < MOST_HANDOVERS)
        tally->handovers[tally->handover_count++] = took;
}

/* One that runs, if another one does; or none. */
static size_t draw_host(void) {
    size_t running = 0;
    size_t host = cg_shared_draw(&shared, CG_SHARED_WORKERS);
    for (size_t i = 0; i < CG_SHARED_WORKERS; i++)
        running += shared.hosts[i].runs != 0;
    if (running < 2)
        return CG_SHARED_WORKERS;
    while (!shared.hosts[host].runs)
        host = (host + 1) % CG_SHARED_WORKERS;
    return host;
}

static void disturb(void) {
    const size_t host = draw_host();
    enum blow blow = (enum blow)cg_shared_draw(&shared, BLOWS);
    size_t tenant = 0;
    if (host == CG_SHARED_WORKERS && (blow == KILL_HOST || blow == STOP_HOST))
        blow = KILL_WORKER;
    cg_shared_revise(&shared);
    const long long run = strike(blow, host, &tenant);
    tallies[blow].blows++;
    if (blow == END_SESSIONS)
        shared.sessions_ended_ms = cg_test_clock_ms();
    if (run)
        measure(&tallies[blow], tenant, run);
    cg_shared_restart(&shared);
}

/* ---- figures ---- */

static int compare_numbers(const void *left, const void *right) {
    const long long a = *(const long long *)left;
    const long long b = *(const long long *)right;
    return (a > b) - (a < b);
}

static void tell(const struct tally *tally, const char *name) {
    long long sorted[MOST_HANDOVERS];
    const size_t count = tally->handover_count;
    memcpy(sorted, tally->handovers, sizeof sorted);
    qsort(sorted, count, sizeof *sorted, compare_numbers);
    if (!count)
        cg_shared_tell(name, "%u, none met a run", tally->blows);
    else
        cg_shared_tell(
            name, "%u, %u met a run; next run after %lld ms at least, %lld median, %lld in 95%%, %lld at most",
            tally->blows, tally->met, sorted[0], sorted[count / 2], sorted[count * 95 / 100], sorted[count - 1]);
}

static void tell_all(void) {
    struct cg_shared_books books;
    cg_shared_books(&shared, &books);
    for (size_t i = 0; i < BLOWS; i++)
        tell(&tallies[i], blow_names[i]);
    cg_shared_tell("runs", "%lld, of which %lld completed, %lld orphaned, %lld stopped, %lld failed otherwise",
                   books.runs, books.completed, books.orphaned, books.stopped,
                   books.runs - books.completed - books.orphaned - books.stopped);
    cg_shared_tell("bills changed", "%u", shared.revisions);
    cg_shared_tell("dates", "%lld computed, %lld more often than their bill changed", books.computed, books.repeated);
    cg_shared_tell("overlapping runs", "%lld", books.overlaps);
    cg_shared_tell("clients",
                   "%u answers, %u of them refused within two seconds of a blow to sessions, %u looks at the "
                   "status that were checked",
                   shared.answers, shared.refused, shared.truths);
    cr_assert_eq(books.repeated, 0, "dates were computed more than once");
    cr_assert_eq(books.overlaps, 0, "two processes worked on a tenant");
    cr_assert_gt(books.computed, 0);
    cr_assert_gt(shared.truths, 0);
}

Test(shared_workers, disturbed) {
    const long long seconds = cg_shared_setting("CG_SHARED_SECONDS", 20);
    cg_shared_make(&shared);
    cg_shared_start(&shared);
    const long long began = cg_test_clock_ms();
    while (cg_test_clock_ms() - began < seconds * 1000) {
        disturb();
        cg_shared_ask(&shared);
    }
    cg_shared_stop(&shared);
    tell_all();
    cg_shared_compare(&shared);
    cg_shared_tell("losses, duplicates", "0, 0: every database equals that of an undisturbed run");
    cg_shared_done(&shared);
}
