/*
 * Many lives of the service, each ended by SIGTERM at a random moment, also while it starts: it ends well and leaves
 * nothing behind. How soon it answers. What its manager hears while it is busy.
 *
 * CG_CHAOS_CYCLES: how many lives; CG_CHAOS_STARTS: how many starts are measured; CG_CHAOS_SEED: other moments.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "chaos.h"
#include "support/moment.h"
#include "support/program.h"

#define CYCLES 20
#define STARTS 20
#define LONGEST_LIFE_MS 500
#define MOST_STARTS 1000

/* Runs that are at work get ten seconds to stop; requests, too. */
#define LONGEST_END_MS 12000

static struct cg_chaos chaos;

/* ---- start and stop ---- */

struct lives {
    unsigned well;
    unsigned before; /* SIGTERM came before anybody could take it */
    unsigned busy;   /* it ended while it served */
    long long slowest_ms;
};

/* A signal that comes before there is a handler ends a process as signals do. */
static void check_end(struct lives *lives, const struct cg_test_result *result, const char *what) {
    if (result->signal == SIGTERM) {
        cr_assert(!*result->err, "%s: it was at work already: %s", what, result->err);
        lives->before++;
        return;
    }
    cr_assert_eq(result->exit_status, 0, "%s: it ended with %d (signal %d): %s", what, result->exit_status,
                 result->signal, result->err);
    lives->well++;
    lives->busy += strstr(result->err, "engine worker stopped") || strstr(result->err, "API shutdown complete");
}

static void live(struct lives *lives, const char *mode, unsigned number) {
    struct cg_test_result result;
    unsigned delay = cg_chaos_draw(&chaos, LONGEST_LIFE_MS * (cg_test_is_sanitized() ? 3 : 1));
    char *what = cg_test_format("%s, life %u, %u ms", mode, number, delay);
    if (number % 2)
        cg_chaos_revise(&chaos);
    cg_chaos_launch(&chaos, mode);
    cr_assert(cg_test_process_runs(&chaos.api.process, (int)delay), "%s: it has ended", what);
    long long began = cg_test_clock_ms();
    cg_test_process_signal(&chaos.api.process, SIGTERM);
    cr_assert(!cg_test_process_runs(&chaos.api.process, LONGEST_END_MS), "%s: it goes on", what);
    long long took = cg_test_clock_ms() - began;
    cg_chaos_reap(&chaos, &result);
    check_end(lives, &result, what);
    cr_assert_geq(cg_test_proc_silence(chaos.mark, 0, 1000), 0, "%s: somebody is left behind", what);
    if (took > lives->slowest_ms)
        lives->slowest_ms = took;
    cg_test_result_done(&result);
    free(what);
}

Test(chaos_lives, start_and_stop) {
    static const char *const tenants[] = {"acme", "beta", NULL};
    static const char *const modes[] = {"api", "both"};
    const unsigned cycles = cg_chaos_setting("CG_CHAOS_CYCLES", CYCLES);
    struct cg_test_load_figures figures;
    struct lives lives = {0};
    cg_chaos_usual(&chaos);
    cg_chaos_make(&chaos);
    cg_chaos_write(&chaos);
    cg_chaos_run(&chaos);
    struct cg_test_load *load = cg_test_load_start(&(struct cg_test_load_options){.tenants = tenants,
                                                                                  .resource = chaos.resource,
                                                                                  .port = chaos.api.port,
                                                                                  .readers = 2,
                                                                                  .writers = 1,
                                                                                  .pause_us = 8000,
                                                                                  .excused = 1,
                                                                                  .triggers = 1});
    for (unsigned i = 0; i < cycles; i++)
        live(&lives, modes[i % 2], i);
    cg_test_load_stop(load, &figures);
    cg_chaos_run(&chaos);
    cg_chaos_compare(&chaos, "after many lives");
    size_t tags = cg_test_load_check(load, chaos.folder);
    cg_chaos_tell("lives",
                  "%u: %u ended with 0 (%u of them while they served), %u before they could take the signal; "
                  "the slowest end took %lld ms",
                  cycles, lives.well, lives.busy, lives.before, lives.slowest_ms);
    cg_chaos_tell_load("load during lives", &figures);
    cg_chaos_tell("tags looked for in the end", "%zu, none lost", tags);
    cr_assert_eq(figures.errors + figures.late, 0, "%s", figures.first);
    cg_test_load_free(load);
    cg_chaos_done(&chaos);
}

/* ---- how soon it answers ---- */

static long long now_us(void) {
    struct timespec now;
    cr_assert_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* By a socket, because a whole client takes a while itself. */
static int is_healthy(unsigned port) {
    static const char request[] = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    char text[64] = "";
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert_geq(fd, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 && cg_test_send_text(fd, request))
        (void)recv(fd, text, sizeof text - 1, MSG_WAITALL);
    (void)close(fd);
    return cg_test_status_of(text) == 200;
}

static int compare(const void *left, const void *right) {
    long long a = *(const long long *)left;
    long long b = *(const long long *)right;
    return a < b ? -1 : a > b;
}

static void measure(const char *mode, unsigned starts) {
    static long long took[MOST_STARTS];
    cr_assert(starts > 0 && starts <= MOST_STARTS);
    for (unsigned i = 0; i < starts; i++) {
        struct cg_test_result result;
        cg_chaos_launch(&chaos, mode);
        long long began = now_us();
        while (!is_healthy(chaos.api.port))
            cr_assert(cg_test_process_runs(&chaos.api.process, 0), "it has ended");
        took[i] = now_us() - began;
        cg_test_process_signal(&chaos.api.process, SIGTERM);
        cg_chaos_reap(&chaos, &result);
        cr_assert_eq(result.exit_status, 0, "%s", result.err);
        cg_test_result_done(&result);
    }
    qsort(took, starts, sizeof *took, compare);
    cg_chaos_tell("start to the first 200 of /health", "--mode %s: median %lld.%lld ms, worst %lld.%lld ms of %u", mode,
                  took[starts / 2] / 1000, took[starts / 2] / 100 % 10, took[starts - 1] / 1000,
                  took[starts - 1] / 100 % 10, starts);
}

Test(chaos_lives, answer_soon) {
    const unsigned starts = cg_chaos_setting("CG_CHAOS_STARTS", STARTS);
    chaos.bare = 1;
    cg_chaos_usual(&chaos);
    cg_chaos_make(&chaos);
    cg_chaos_write(&chaos);
    cg_chaos_run(&chaos);
    measure("api", starts);
    measure("both", starts);
    cg_chaos_done(&chaos);
}

/* ---- what the manager hears ---- */

#define SLOW_QUERIES 8
/* Sanitized programs are several times slower, and others run beside them. */
#define WATCHDOG_MS (cg_test_is_sanitized() ? 3000 : 1000)
#define BUSY_MS 4000
#define SLOW_PATH                                                                                                \
    "/api/v1/tenants/beta/chargebacks/aggregate?start_date=2026-06-01&end_date=2026-06-30&group_by=identity_id&" \
    "group_by=resource_id&time_bucket=hour"

Test(chaos_lives, are_watched) {
    static struct cg_test_request requests[SLOW_QUERIES];
    static char urls[SLOW_QUERIES][256];
    struct cg_test_asking askings[SLOW_QUERIES];
    struct cg_test_result result;
    unsigned rounds = 0;
    chaos.watchdog_ms = WATCHDOG_MS;
    chaos.api_lines = "  request_timeout_seconds: 120\n";
    cg_chaos_usual(&chaos);
    cg_chaos_make(&chaos);
    cg_chaos_write(&chaos);
    cg_chaos_run(&chaos);
    cg_test_api_fill(chaos.folder, "beta.db", "beta", cg_test_is_sanitized() ? 100 : 500, 24 * 7);
    cg_chaos_launch(&chaos, "both");
    cg_test_manager_await(&chaos.manager, CG_TEST_SAID_READY, 1);
    long long slowest = 0;
    for (long long began = cg_test_clock_ms(); cg_test_clock_ms() - began < BUSY_MS; rounds++) {
        for (size_t i = 0; i < SLOW_QUERIES; i++) {
            /* Each is another question, so none is answered with what is kept. */
            (void)snprintf(urls[i], sizeof urls[i], "%s" SLOW_PATH "&page_size=%zu", chaos.api.url,
                           1 + i + rounds * SLOW_QUERIES);
            requests[i] = (struct cg_test_request){.url = urls[i], .discard = 1};
            cg_test_asking_begin(&askings[i], &requests[i]);
        }
        for (size_t i = 0; i < SLOW_QUERIES; i++) {
            struct cg_test_answer answer;
            cg_test_asking_end(&askings[i], &answer);
            cr_expect(answer.status == 200, "%ld: %.500s", answer.status, answer.body);
            slowest = answer.ms > slowest ? answer.ms : slowest;
            cg_test_answer_done(&answer);
        }
    }
    cg_test_process_signal(&chaos.api.process, SIGHUP);
    cg_test_manager_await(&chaos.manager, CG_TEST_SAID_READY, 2);
    cg_test_process_signal(&chaos.api.process, SIGTERM);
    cg_chaos_reap(&chaos, &result);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cg_test_manager_await(&chaos.manager, CG_TEST_SAID_STOPPING, 1);
    cg_chaos_tell("watchdog every 500 ms during 8 slow queries",
                  "%u rounds, slowest answer %lld ms; %zu messages, at most %lld ms between two", rounds, slowest,
                  cg_test_manager_count(&chaos.manager, CG_TEST_SAID_WATCHDOG),
                  atomic_load(&chaos.manager.longest_gap));
    cr_expect_lt(atomic_load(&chaos.manager.longest_gap), WATCHDOG_MS, "the manager would have ended it");
    cr_expect_eq(cg_test_manager_count(&chaos.manager, CG_TEST_SAID_READY), 2);
    cr_expect_eq(cg_test_manager_count(&chaos.manager, CG_TEST_SAID_RELOADING), 1);
    cr_expect_eq(cg_test_manager_count(&chaos.manager, CG_TEST_SAID_STOPPING), 1);
    cr_expect_eq(atomic_load(&chaos.manager.wrong_order), 0, "not in this order");
    cg_test_result_done(&result);
    cg_chaos_done(&chaos);
}
