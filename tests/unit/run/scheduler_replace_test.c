/* A scheduler that is given another configuration. */
#include <criterion/criterion.h>
#include <string.h>

#include "scheduled.h"

static struct scheduled test;

#define GAP "min_refresh_gap_seconds: 3600"

static struct cg_tenant_look look_at(size_t tenant) {
    struct cg_tenant_look look;
    cr_assert_eq(cg_scheduler_look(test.scheduler, tenant, &look), CG_OK);
    return look;
}

static cg_status replace(const char *head, const char *names, const char *settings) {
    struct cg_generation *generation = scheduled_generation(&test, head, names, settings);
    cg_status status = cg_scheduler_replace(test.scheduler, generation, scheduled_applied, &test);
    cg_generation_unref(generation);
    return status;
}

static void run(size_t tenant) {
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, tenant), CG_TRIGGER_STARTED);
    scheduled_wait(&test, &test.ends, test.ends + 1);
}

Test(replace, is_at_once_when_nobody_works) {
    scheduled_begin(&test, "", "ab", GAP, 0);
    cr_assert_eq(replace("", "bc", GAP), CG_OK);
    cr_assert_eq(test.applied, 1);
    cr_assert_str_eq(look_at(0).name, "b");
    cr_assert_str_eq(look_at(1).name, "c");
    run(1);
    cr_assert_str_eq(scheduled_asked(&test), "c\n");
    scheduled_end(&test);
}

Test(replace, waits_for_the_runs_at_work_and_others_wait_for_it) {
    scheduled_begin(&test, "features: {max_parallel_tenants: 2}", "abcd", GAP, 1);
    scheduled_say(&test, "a", "hold");
    scheduled_say(&test, "b", "hold");
    cg_scheduler_start(test.scheduler);
    scheduled_wait_state(&test, 1, CG_TENANT_RUNNING, "gathering");
    cr_assert_eq(replace("features: {max_parallel_tenants: 1}", "adx", GAP), CG_OK);
    cr_assert_eq(replace("", "a", GAP), CG_TEMPORARY, "one at a time");
    cr_assert_eq(test.applied, 0);
    scheduled_say(&test, "b", "ok");
    scheduled_wait(&test, &test.ends, 1);
    cr_assert_eq(test.applied, 0, "a is still at work");
    cr_assert_eq(look_at(2).state, CG_TENANT_WAITING, "nobody begins meanwhile");
    scheduled_say(&test, "a", "ok");
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert_eq(test.applied, 1);
    /* Of those who waited, c is not there any more, and x was not in the cycle. */
    cr_assert_eq(test.ends, 3);
    cr_assert_eq(look_at(0).totals.runs, 1);
    cr_assert_eq(look_at(1).totals.runs, 1);
    cr_assert_eq(look_at(2).totals.runs, 0);
    cr_assert(!strstr(scheduled_asked(&test), "c\n") && !strstr(test.text, "x\n"), "%s", test.text);
    scheduled_end(&test);
}

Test(replace, keeps_what_is_known_of_a_tenant_that_stays_as_it_is) {
    scheduled_begin(&test, "", "ab", GAP, 0);
    run(0);
    run(1);
    cr_assert_eq(replace("", "xb", GAP), CG_OK);
    cr_assert_eq(look_at(0).last_gather, CG_TIME_NONE, "x is new");
    cr_assert_neq(look_at(1).last_gather, CG_TIME_NONE, "b is not");
    cr_assert_eq(look_at(1).totals.runs, 1);
    cr_assert_eq(look_at(1).last->counters.rows, 2);
    run(1);
    cr_assert_eq(replace("", "xb", "min_refresh_gap_seconds: 3601"), CG_OK);
    cr_assert_eq(look_at(1).last_gather, CG_TIME_NONE, "b has changed");
    cr_assert_eq(look_at(1).totals.runs, 2, "what it did stays");
    run(1);
    cr_assert_str_eq(scheduled_asked(&test), "a\nb\nb skip\nb\n");
    scheduled_end(&test);
}

Test(replace, lifts_a_suspension_only_when_the_tenant_changed) {
    scheduled_begin(&test, "", "a", GAP, 0);
    scheduled_say(&test, "a", "gather");
    run(0);
    cr_assert_eq(replace("logging: {level: DEBUG}", "a", GAP), CG_OK);
    cr_assert_eq(look_at(0).gather_failures, 1);
    run(0);
    cr_assert_not_null(look_at(0).suspended);
    cr_assert_eq(replace("", "ab", GAP), CG_OK);
    cr_assert_str_eq(look_at(0).suspended, "Tenant a gather failed 2 consecutive times (threshold: 2).");
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_SUSPENDED);
    cr_assert_eq(replace("", "ab", "min_refresh_gap_seconds: 5"), CG_OK);
    cr_assert_null(look_at(0).suspended);
    run(0);
    scheduled_end(&test);
}

Test(replace, plans_the_next_cycle_anew) {
    struct cg_scheduler_totals totals;
    scheduled_begin(&test, "features: {refresh_interval: 3600}", "a", GAP, 0);
    cg_scheduler_start(test.scheduler);
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert_eq(replace("features: {enable_periodic_refresh: false}", "a", GAP), CG_OK);
    cg_scheduler_totals(test.scheduler, &totals);
    cr_assert_eq(totals.next_cycle_in_ms, -1);
    cr_assert_eq(replace("features: {refresh_interval: 1}", "a", GAP), CG_OK);
    scheduled_wait(&test, &test.cycles, 2);
    scheduled_end(&test);
}

Test(replace, is_dropped_when_the_scheduler_stops) {
    scheduled_begin(&test, "", "a", GAP, 0);
    scheduled_say(&test, "a", "hold");
    cg_scheduler_start(test.scheduler);
    scheduled_wait_state(&test, 0, CG_TENANT_RUNNING, "gathering");
    cr_assert_eq(replace("", "b", GAP), CG_OK);
    scheduled_end(&test);
    cr_assert_eq(test.applied, 0);
}

Test(replace, a_hundred_times_leaves_nothing_open) {
    scheduled_begin(&test, "", "ab", GAP, 0);
    cg_scheduler_start(test.scheduler);
    for (size_t i = 0; i < 100; i++) {
        int before = test.applied;
        cr_assert_eq(replace("", i % 2 ? "ab" : "abc", GAP), CG_OK);
        while (test.applied == before)
            uv_run(&test.loop, UV_RUN_ONCE);
    }
    cr_assert_eq(test.applied, 100);
    cr_assert_eq(cg_scheduler_generation(test.scheduler)->settings->tenant_count, 2);
    scheduled_end(&test);
}
