/* Cycles, triggers and their queue, and what can be seen of them. */
#include <criterion/criterion.h>
#include <string.h>

#include "scheduled.h"

static struct scheduled test;

#define NO_GAP "min_refresh_gap_seconds: 0"

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

static void assert_logged(const char *part) {
    cr_assert(strstr(scheduled_logged(&test), part), "'%s' is missing in:\n%s", part, test.text);
}

/* ---- cycles ---- */

Test(scheduler, a_cycle_does_all_tenants_in_their_order) {
    scheduled_begin(&test, "features: {max_parallel_tenants: 1}", "abcd", NO_GAP, 1);
    scheduled_say(&test, "c", "error");
    cg_scheduler_start(test.scheduler);
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert_str_eq(scheduled_asked(&test), "a\nb\nc\nd\n");
    cr_assert_eq(test.ends, 4);
    cr_assert_eq(test.most_running, 1);
    for (size_t i = 0; i < 4; i++)
        cr_assert(test.ended[i].tenant == i && test.ended[i].origin == CG_ORIGIN_SCHEDULE &&
                      test.ended[i].good == (i != 2),
                  "%zu", i);
    cr_assert_eq(totals().next_cycle_in_ms, -1, "one cycle was wanted");
    scheduled_end(&test);
}

Test(scheduler, works_on_several_tenants_at_once_and_no_more) {
    scheduled_begin(&test, "features: {max_parallel_tenants: 2}", "abcde", NO_GAP, 1);
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        scheduled_say(&test, names[i], "hold");
    cg_scheduler_start(test.scheduler);
    scheduled_wait_state(&test, 1, CG_TENANT_RUNNING, "gathering");
    cr_assert_eq(totals().running, 2);
    cr_assert_eq(totals().waiting, 3);
    cr_assert_eq(look_at(2).state, CG_TENANT_WAITING);
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 2), CG_TRIGGER_BUSY_SCHEDULE);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        scheduled_say(&test, names[i], "ok");
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert_leq(test.most_running, 2);
    cr_assert_eq(test.ends, 5);
    scheduled_end(&test);
}

Test(scheduler, the_next_cycle_begins_an_interval_after_the_end) {
    scheduled_begin(&test, "features: {refresh_interval: 1}", "a", NO_GAP, 0);
    cg_scheduler_start(test.scheduler);
    scheduled_wait(&test, &test.cycles, 1);
    int64_t ended = totals().cycle_ended_at;
    cr_assert(totals().next_cycle_in_ms > 800 && totals().next_cycle_in_ms <= 1000, "%lld",
              (long long)totals().next_cycle_in_ms);
    scheduled_wait(&test, &test.cycles, 2);
    cr_assert_geq(totals().cycle_started_at - ended, 990000);
    cr_assert_eq(totals().cycles, 2);
    scheduled_end(&test);
}

Test(scheduler, without_periodic_refresh_there_is_one_cycle) {
    scheduled_begin(&test, "features: {enable_periodic_refresh: false}", "a", NO_GAP, 0);
    cg_scheduler_start(test.scheduler);
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert_eq(totals().next_cycle_in_ms, -1);
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_STARTED, "it stays for triggers");
    scheduled_wait(&test, &test.ends, 2);
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, SIZE_MAX), CG_TRIGGER_STOPPING, "a tenant of another time");
    cg_scheduler_resume(test.scheduler, 1);
    scheduled_end(&test);
}

Test(scheduler, a_cycle_of_nobody_ends) {
    scheduled_begin(&test, "", "", NO_GAP, 0);
    cg_scheduler_start(test.scheduler);
    cr_assert_eq(test.cycles, 1);
    cr_assert_gt(totals().next_cycle_in_ms, 0);
    scheduled_end(&test);
}

/* ---- triggers ---- */

Test(scheduler, a_trigger_starts_one_run_at_a_time) {
    scheduled_begin(&test, "", "ab", NO_GAP, 0);
    scheduled_say(&test, "a", "hold");
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_STARTED);
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_BUSY_API);
    scheduled_wait_state(&test, 0, CG_TENANT_RUNNING, "gathering");
    cg_scheduler_start(test.scheduler);
    assert_logged("INFO Tenant a: run skipped — already in progress\n");
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert_eq(test.ends, 1, "the cycle has one member");
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_BUSY_API);
    scheduled_say(&test, "a", "ok");
    scheduled_wait(&test, &test.ends, 2);
    cr_assert_eq(test.ended[1].origin, CG_ORIGIN_TRIGGER);
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_STARTED);
    scheduled_wait(&test, &test.ends, 3);
    cr_assert_eq(look_at(0).totals.triggered, 2);
    cr_assert_eq(look_at(0).totals.scheduled, 0);
    cr_assert_eq(look_at(1).totals.scheduled, 1);
    scheduled_end(&test);
}

Test(scheduler, triggers_wait_in_the_same_queue) {
    scheduled_begin(&test, "features: {max_parallel_tenants: 1}", "abc", NO_GAP, 0);
    scheduled_say(&test, "c", "hold");
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 2), CG_TRIGGER_STARTED);
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 1), CG_TRIGGER_STARTED);
    cg_scheduler_start(test.scheduler);
    cr_assert_eq(look_at(1).state, CG_TENANT_WAITING);
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 1), CG_TRIGGER_BUSY_API);
    scheduled_say(&test, "c", "ok");
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert_str_eq(scheduled_asked(&test), "c\nb\na\n");
    scheduled_end(&test);
}

/* ---- what can be seen ---- */

Test(scheduler, a_run_can_be_watched) {
    scheduled_begin(&test, "", "a", NO_GAP, 0);
    struct cg_tenant_look look = look_at(0);
    cr_assert(look.state == CG_TENANT_IDLE && !look.last && !look.stage && look.started_at == CG_TIME_NONE);
    cr_assert_eq(look.stage_date, CG_TIME_NONE);
    scheduled_busy(&test, 0, "a", "hold");
    look = look_at(0);
    cr_assert_str_eq(look.name, "a");
    cr_assert_eq(look.origin, CG_ORIGIN_TRIGGER);
    cr_assert_eq(look.run_id, 7);
    cr_assert_eq(look.stage_date, -CG_DAY_US);
    cr_assert_neq(look.started_at, CG_TIME_NONE);
    cr_assert_eq(totals().running, 1);
    scheduled_say(&test, "a", "error");
    scheduled_wait(&test, &test.ends, 1);
    look = look_at(0);
    cr_assert(look.state == CG_TENANT_IDLE && look.origin == CG_ORIGIN_NONE && !look.stage && look.last);
    cr_assert_eq(look.last_origin, CG_ORIGIN_TRIGGER);
    cr_assert_eq(look.last->error_count, 1);
    cr_assert_str_eq(look.last->errors[0], "it went wrong");
    cr_assert_eq(look.last->peak_memory, 4096);
    cr_assert(look.last->duration_us > 0 && look.last->ended_at >= look.last->started_at);
    cr_assert(look.totals.runs == 1 && look.totals.failures == 1 && look.totals.dates == 1 && look.totals.rows == 2);
    cr_assert_eq(cg_scheduler_look(test.scheduler, 1, &look), CG_NOT_FOUND);
    scheduled_end(&test);
}

Test(scheduler, deaths_and_time_outs_are_counted) {
    scheduled_begin(&test, "", "ab", NO_GAP, 0);
    scheduled_say(&test, "a", "abort");
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_STARTED);
    scheduled_wait(&test, &test.ends, 1);
    cr_assert_eq(look_at(0).totals.crashes, 1);
    cr_assert_eq(look_at(0).totals.failures, 1);
    cr_assert(strstr(test.ended[0].error, "crashed (signal 6, Aborted)"), "%s", test.ended[0].error);
    assert_logged("ERROR Tenant a: the worker process crashed (signal 6, Aborted)\n");
    scheduled_end(&test);
}

Test(scheduler, a_worker_that_cannot_be_started_is_a_run_that_failed) {
    scheduled_begin(&test, "", "a", NO_GAP, 0);
    struct cg_generation *generation = cg_generation_ref(cg_scheduler_generation(test.scheduler));
    const int config_fd = generation->snapshot->config_fd;
    generation->snapshot->config_fd = 9999; /* no such descriptor, so there is nothing to inherit */
    cg_scheduler_start(test.scheduler);
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert(test.ends == 1 && !test.ended[0].good && *test.ended[0].error);
    cr_assert_not_null(look_at(0).last);
    cr_assert_eq(look_at(0).totals.failures, 1);
    generation->snapshot->config_fd = config_fd;
    cg_generation_unref(generation);
    scheduled_end(&test);
}

/* ---- a gather that is too young ---- */

static const struct {
    const char *name;
    const char *settings;
    const char *second; /* what the worker of the second run is asked */
} gaps[] = {
    {"none", "min_refresh_gap_seconds: 0", "a\na\n"},
    {"long", "min_refresh_gap_seconds: 3600", "a\na skip\n"},
    {"the usual one", "", "a\na skip\n"},
};

Test(scheduler, gathers_are_not_closer_than_the_gap) {
    for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) {
        scheduled_begin(&test, "", "a", gaps[i].settings, 0);
        for (size_t run = 1; run <= 2; run++) {
            cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_STARTED);
            scheduled_wait(&test, &test.ends, run);
            cr_assert_neq(look_at(0).last_gather, CG_TIME_NONE, "%s", gaps[i].name);
        }
        cr_assert_str_eq(scheduled_asked(&test), gaps[i].second, "%s: %s", gaps[i].name, test.text);
        cr_assert_eq(look_at(0).totals.gathers + look_at(0).totals.skipped, 2, "%s", gaps[i].name);
        scheduled_end(&test);
    }
}

Test(scheduler, a_gather_that_failed_is_tried_again_at_once) {
    scheduled_begin(&test, "", "a", "", 0);
    scheduled_say(&test, "a", "gather");
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_STARTED);
    scheduled_wait(&test, &test.ends, 1);
    cr_assert_eq(look_at(0).last_gather, CG_TIME_NONE);
    cr_assert_eq(look_at(0).gather_failures, 1);
    scheduled_say(&test, "a", "ok");
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_STARTED);
    scheduled_wait(&test, &test.ends, 2);
    cr_assert_str_eq(scheduled_asked(&test), "a\na\n");
    cr_assert_eq(look_at(0).gather_failures, 0);
    scheduled_end(&test);
}

/* ---- suspension ---- */

static void suspend(size_t tenant, const char *name) {
    scheduled_say(&test, name, "gather");
    for (size_t run = 0; run < 2; run++) {
        cr_assert_eq(cg_scheduler_trigger(test.scheduler, tenant), CG_TRIGGER_STARTED);
        scheduled_wait(&test, &test.ends, test.ends + 1);
    }
    cr_assert_str_eq(look_at(tenant).suspended, "Tenant a gather failed 2 consecutive times (threshold: 2).");
}

Test(scheduler, a_suspended_tenant_rests_until_it_is_resumed) {
    scheduled_begin(&test, "", "ab", "", 0);
    suspend(0, "a");
    cr_assert_eq(totals().suspended, 1);
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_SUSPENDED);
    cg_scheduler_start(test.scheduler);
    assert_logged("WARNING Tenant a completed with errors: ['Tenant a gather failed 2 consecutive times (threshold: "
                  "2).']\n");
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert_eq(test.ends, 3, "the other one had its turn");
    scheduled_say(&test, "a", "ok");
    cg_scheduler_resume(test.scheduler, 0);
    cr_assert_eq(look_at(0).suspended, NULL);
    cr_assert_eq(look_at(0).gather_failures, 0);
    assert_logged("INFO Tenant a is worked on again\n");
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_STARTED);
    scheduled_wait(&test, &test.ends, 4);
    scheduled_end(&test);
}

/* ---- the end ---- */

Test(scheduler, a_stop_ends_runs_and_sends_the_others_home) {
    scheduled_begin(&test, "features: {max_parallel_tenants: 1}", "abc", NO_GAP, 0);
    scheduled_say(&test, "a", "hold");
    cg_scheduler_start(test.scheduler);
    scheduled_wait_state(&test, 0, CG_TENANT_RUNNING, "gathering");
    scheduled_end(&test);
    cr_assert_eq(test.ends, 3);
    cr_assert(!test.ended[0].started && !test.ended[1].started && test.ended[2].started && !test.ended[2].good);
    cr_assert(strstr(test.ended[2].error, "The run was stopped"), "%s", test.ended[2].error);
    cr_assert_eq(test.cycles, 1);
}

Test(scheduler, a_stop_at_rest_is_quick_and_nothing_begins_any_more) {
    scheduled_begin(&test, "", "a", NO_GAP, 0);
    cg_scheduler_start(test.scheduler);
    scheduled_wait(&test, &test.cycles, 1);
    scheduled_end(&test);
    cr_assert_eq(test.ends, 1);
}
