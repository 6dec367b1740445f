/* Tenants that other processes work on, or whose database is lost. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scheduled.h"

static struct scheduled test;

#define NO_GAP "min_refresh_gap_seconds: 0"
#define OFTEN "features: {refresh_interval: 1, max_parallel_tenants: 1}"
#define SELDOM "features: {refresh_interval: 100}"

static struct cg_tenant_look look_at(size_t tenant) {
    struct cg_tenant_look look;
    cr_assert_eq(cg_scheduler_look(test.scheduler, tenant, &look), CG_OK);
    return look;
}

static struct cg_scheduler_totals totals(void) {
    struct cg_scheduler_totals ret;
    cg_scheduler_totals(test.scheduler, &ret);
    return ret;
}

static size_t count_in(const char *text, const char *part) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at++)
        count++;
    return count;
}

/* Turns the loop until the worker of a tenant was asked so often. */
static void wait_asked(const char *tenant, size_t least) {
    for (int i = 0; count_in(scheduled_asked(&test), tenant) < least; i++) {
        cr_assert_lt(i, 2000, "it was asked %zu times", count_in(scheduled_asked(&test), tenant));
        uv_run(&test.loop, UV_RUN_ONCE);
    }
}

Test(scheduler_wait, a_tenant_of_another_process_is_waited_for) {
    scheduled_begin(&test, SELDOM, "ab", NO_GAP, 0);
    scheduled_say(&test, "a", "busy");
    cg_scheduler_start(test.scheduler);
    wait_asked("a", 4);
    cr_assert_eq(test.cycles, 0, "the cycle waits");
    cr_assert_eq(test.ends, 1, "only b has ended");
    cr_assert_eq(look_at(0).elsewhere, 1);
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_BUSY_SCHEDULE);
    scheduled_say(&test, "a", "done");
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert_eq(test.ends, 2);
    cr_assert(test.ended[1].tenant == 0 && test.ended[1].good && test.ended[1].elsewhere == CG_ELSEWHERE_DONE);
    const struct cg_tenant_look look = look_at(0);
    cr_assert(look.totals.runs == 0 && look.totals.elsewhere == 1 && look.state == CG_TENANT_IDLE);
    cr_assert_null(look.last, "none of this process");
    cr_assert_eq(count_in(scheduled_logged(&test), "INFO Tenant a: process 9 has it"), 1, "told once: %s", test.text);
    scheduled_end(&test);
}

Test(scheduler_wait, what_is_taken_over_is_told) {
    scheduled_begin(&test, SELDOM, "a", NO_GAP, 0);
    scheduled_say(&test, "a", "busy");
    cg_scheduler_start(test.scheduler);
    wait_asked("a", 2);
    scheduled_say(&test, "a", "ok");
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert_eq(test.ends, 1);
    cr_assert(test.ended[0].good && !test.ended[0].elsewhere);
    cr_assert_eq(count_in(scheduled_logged(&test), "Tenant a: taken over from another process, "), 1, "%s", test.text);
    scheduled_end(&test);
}

/* Which runs stand for one here: none is known at first, then those after the one at work, then those after the last
 * one; at most nine tenths of an interval old. */
Test(scheduler_wait, runs_of_others_are_told_from_known_ones) {
    cr_assert_eq(setenv("FAKE_NEWS", "1", 1), 0);
    scheduled_begin(&test, OFTEN, "a", NO_GAP, 0);
    scheduled_say(&test, "a", "busy");
    cg_scheduler_start(test.scheduler);
    wait_asked("a", 2);
    scheduled_say(&test, "a", "done");
    scheduled_wait(&test, &test.cycles, 1);
    scheduled_say(&test, "a", "ok");
    scheduled_wait(&test, &test.cycles, 2);
    cr_assert_eq(strncmp(scheduled_asked(&test), "a -1/900000\na 41/900000\n", 24), 0, "%s", test.text);
    cr_assert_not_null(strstr(test.text, "a 42/900000\n"), "%s", test.text);
    /* A run that is asked for is done. */
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_STARTED);
    scheduled_wait(&test, &test.ends, 3);
    cr_assert_not_null(strstr(scheduled_asked(&test), "/0\n"), "%s", test.text);
    scheduled_end(&test);
}

Test(scheduler_wait, once_waits_and_fails_with_the_other) {
    cr_assert_eq(setenv("FAKE_NEWS", "1", 1), 0);
    scheduled_begin(&test, OFTEN, "ab", NO_GAP, 1);
    scheduled_say(&test, "a", "busy");
    scheduled_say(&test, "b", "done");
    cg_scheduler_start(test.scheduler);
    wait_asked("a", 3);
    scheduled_say(&test, "a", "bad");
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert(test.ended[0].tenant == 1 && test.ended[0].good);
    cr_assert(test.ended[1].tenant == 0 && !test.ended[1].good && test.ended[1].elsewhere == CG_ELSEWHERE_DONE);
    cr_assert_str_eq(test.ended[1].error, "run 43 failed");
    cr_assert_not_null(strstr(scheduled_asked(&test), "a -1/9223372036854775807\n"), "%s", test.text);
    scheduled_end(&test);
}

Test(scheduler_wait, a_cycle_does_not_wait_for_ever) {
    scheduled_begin(&test, OFTEN, "ab", NO_GAP, 0);
    scheduled_say(&test, "a", "busy");
    cg_scheduler_start(test.scheduler);
    scheduled_wait(&test, &test.cycles, 2);
    size_t busy = 0;
    size_t done = 0;
    for (size_t i = 0; i < test.ends; i++) {
        busy += test.ended[i].tenant == 0 && test.ended[i].elsewhere == CG_ELSEWHERE_BUSY;
        done += test.ended[i].tenant == 1 && test.ended[i].good;
    }
    cr_assert(busy == 2 && done == 2, "%zu %zu", busy, done);
    scheduled_end(&test);
}

Test(scheduler_wait, a_cycle_goes_on_without_a_run_that_takes_too_long) {
    scheduled_begin(&test, "features: {refresh_interval: 1, max_parallel_tenants: 2}", "ab", NO_GAP, 0);
    scheduled_say(&test, "a", "hold");
    cg_scheduler_start(test.scheduler);
    scheduled_wait(&test, &test.cycles, 2);
    cr_assert_eq(test.ends, 2);
    cr_assert(test.ended[0].tenant == 1 && test.ended[1].tenant == 1, "b has its turns");
    cr_assert_eq(look_at(0).state, CG_TENANT_RUNNING);
    cr_assert_eq(look_at(0).origin, CG_ORIGIN_SCHEDULE);
    cr_assert_eq(count_in(scheduled_asked(&test), "a"), 1);
    cr_assert_eq(count_in(scheduled_logged(&test), "WARNING Tenant a: its run takes longer than the refresh interval"),
                 1, "%s", test.text);
    cr_assert_eq(count_in(test.text, "INFO Tenant a: run skipped — already in progress\n"), 1, "%s", test.text);
    scheduled_say(&test, "a", "ok");
    wait_asked("a", 2);
    cr_assert_geq(look_at(0).totals.runs, 1);
    scheduled_end(&test);
}

/* Nobody is kept from a turn where no cycle follows. */
Test(scheduler_wait, the_only_cycle_waits_for_all) {
    const struct timespec longer = {.tv_sec = 1, .tv_nsec = 100000000};
    scheduled_begin(&test, "features: {refresh_interval: 1}", "a", NO_GAP, 1);
    scheduled_say(&test, "a", "hold");
    cg_scheduler_start(test.scheduler);
    scheduled_wait_state(&test, 0, CG_TENANT_RUNNING, "gathering");
    (void)nanosleep(&longer, NULL);
    uv_run(&test.loop, UV_RUN_NOWAIT);
    cr_assert_eq(test.cycles, 0);
    scheduled_say(&test, "a", "ok");
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert(test.ends == 1 && test.ended[0].good);
    scheduled_end(&test);
}

Test(scheduler_wait, a_triggered_run_does_not_wait) {
    scheduled_begin(&test, SELDOM, "a", NO_GAP, 0);
    scheduled_say(&test, "a", "busy");
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_STARTED);
    scheduled_wait(&test, &test.ends, 1);
    cr_assert_eq(test.ended[0].elsewhere, CG_ELSEWHERE_BUSY);
    cr_assert_eq(look_at(0).state, CG_TENANT_IDLE);
    cr_assert_eq(look_at(0).totals.runs, 0);
    scheduled_end(&test);
}

/* What was done elsewhere before the cycle began sets when the next one begins; a clock far behind, at most so far. */
Test(scheduler_wait, the_interval_counts_from_the_end_of_the_other_run) {
    scheduled_begin(&test, SELDOM, "a", NO_GAP, 0);
    scheduled_say(&test, "a", "done");
    cg_scheduler_start(test.scheduler);
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert(totals().next_cycle_in_ms > 9000 && totals().next_cycle_in_ms <= 10000, "%lld",
              (long long)totals().next_cycle_in_ms);
    scheduled_end(&test);
}

Test(scheduler_wait, a_lost_database_is_tried_again_and_suspends_nobody) {
    scheduled_begin(&test, SELDOM, "a", NO_GAP, 0);
    scheduled_say(&test, "a", "lost");
    cg_scheduler_start(test.scheduler);
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert_eq(test.ends, 4, "each attempt is told");
    for (size_t i = 0; i < test.ends; i++)
        cr_assert(!test.ended[i].good && !test.ended[i].elsewhere);
    cr_assert(look_at(0).totals.runs == 4 && look_at(0).gather_failures == 0 && !look_at(0).suspended);
    cr_assert_eq(count_in(scheduled_logged(&test), "the database was lost; the run is tried again in"), 3);
    scheduled_end(&test);
}

Test(scheduler_wait, stops_while_it_waits) {
    scheduled_begin(&test, SELDOM, "ab", NO_GAP, 0);
    scheduled_say(&test, "a", "busy");
    scheduled_say(&test, "b", "lost");
    cg_scheduler_start(test.scheduler);
    wait_asked("a", 2);
    scheduled_end(&test);
}

Test(scheduler_wait, waits_on_under_another_configuration) {
    scheduled_begin(&test, SELDOM, "ab", NO_GAP, 0);
    scheduled_say(&test, "a", "busy");
    cg_scheduler_start(test.scheduler);
    wait_asked("a", 2);
    struct cg_generation *next = scheduled_generation(&test, SELDOM, "ac", NO_GAP);
    cr_assert_eq(cg_scheduler_replace(test.scheduler, next, scheduled_applied, &test), CG_OK);
    cg_generation_unref(next);
    while (!test.applied)
        uv_run(&test.loop, UV_RUN_ONCE);
    const size_t before = count_in(scheduled_asked(&test), "a");
    wait_asked("a", before + 2);
    scheduled_say(&test, "a", "ok");
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert(look_at(0).totals.runs == 1 && look_at(0).state == CG_TENANT_IDLE);
    scheduled_end(&test);
}
