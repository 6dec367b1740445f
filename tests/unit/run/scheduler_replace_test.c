/* A scheduler that is given another configuration. */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "scheduled.h"

static struct scheduled test;

#define GAP "min_refresh_gap_seconds: 3600"

static struct cg_tenant_look look_at(size_t tenant) {
    struct cg_tenant_look look;
    cr_assert_eq(cg_scheduler_look(test.scheduler, tenant, &look), CG_OK);
    return look;
}

static cg_status replace_by(struct cg_generation *generation) {
    cg_status status = cg_scheduler_replace(test.scheduler, generation, scheduled_applied, &test);
    cg_generation_unref(generation);
    return status;
}

static cg_status replace(const char *head, const char *names, const char *settings) {
    return replace_by(scheduled_generation(&test, head, names, settings));
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

/* A tenant of which everything but the name is given. */
#define WHOLE(name_, id_, seconds_)                                                                         \
    "tenants:\n  " name_ ": {ecosystem: e, tenant_id: " id_ ", tenant_execution_timeout_seconds: " seconds_ \
    ", storage: {connection_string: 'sqlite:///a.db'}}\n"

/* Two of them. */
#define PAIR(a_, b_)                                                                                          \
    "tenants:\n  a: {ecosystem: e, tenant_id: " a_ ", storage: {connection_string: 'sqlite:///" a_ ".db'}}\n" \
    "  b: {ecosystem: e, tenant_id: " b_ ", storage: {connection_string: 'sqlite:///" b_ ".db'}}\n"

static cg_status replace_whole(const char *text) {
    return replace_by(scheduled_generation_of(&test, text));
}

static void wait_for_log(const char *part) {
    for (int i = 0; !strstr(scheduled_logged(&test), part); i++) {
        cr_assert_lt(i, 4000, "'%s' is missing in:\n%s", part, test.text);
        uv_run(&test.loop, UV_RUN_NOWAIT);
        (void)usleep(5000);
    }
}

static size_t times_asked(const char *line) {
    size_t count = 0;
    for (const char *at = scheduled_asked(&test); (at = strstr(at, line)); at++)
        count++;
    return count;
}

Test(replace, does_not_wait_for_the_runs_at_work) {
    scheduled_begin(&test, "features: {max_parallel_tenants: 1}", "abcd", GAP, 1);
    scheduled_say(&test, "a", "hold");
    cg_scheduler_start(test.scheduler);
    scheduled_wait_state(&test, 0, CG_TENANT_RUNNING, "gathering");
    cr_assert_eq(replace("features: {max_parallel_tenants: 2}", "adx", GAP), CG_OK);
    cr_assert_eq(test.applied, 1);
    cr_assert_eq(look_at(0).state, CG_TENANT_RUNNING);
    cr_assert_str_eq(look_at(0).stage, "gathering");
    cr_assert_eq(look_at(0).outdated, 0, "it is as it was");
    scheduled_wait(&test, &test.ends, 1);
    cr_assert(test.ended[0].tenant == 1 && test.ended[0].good, "d goes on");
    cr_assert_eq(test.cycles, 0);
    cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_BUSY_SCHEDULE);
    scheduled_say(&test, "a", "ok");
    scheduled_wait(&test, &test.cycles, 1);
    /* Of those who waited, b and c are not there any more, and x was not in the cycle. */
    cr_assert_eq(test.ends, 2);
    cr_assert_eq(test.ended[1].tenant, 0);
    cr_assert_eq(look_at(2).totals.runs, 0);
    cr_assert_str_eq(scheduled_asked(&test), "a\nd\n");
    scheduled_end(&test);
}

/* What a run finds out with settings that are not in effect any more stands for nothing. */
Test(replace, a_run_at_work_keeps_the_settings_it_began_with) {
    static const char *const ends[] = {"ok", "gather"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        scheduled_begin(&test, "", "a", GAP, 0);
        scheduled_busy(&test, 0, "a", "hold");
        cr_assert_eq(replace("", "xa", "min_refresh_gap_seconds: 3601"), CG_OK);
        cr_assert_eq(replace("", "xya", "min_refresh_gap_seconds: 3601"), CG_OK);
        cr_assert_eq(look_at(2).outdated, 1);
        cr_assert_eq(cg_scheduler_trigger(test.scheduler, 2), CG_TRIGGER_BUSY_API);
        wait_for_log(
            "INFO Tenant a: the run at work goes on with the settings it began with; the next one has the new");
        scheduled_say(&test, "a", ends[i]);
        scheduled_wait(&test, &test.ends, 1);
        cr_assert_eq(test.ended[0].tenant, 2, "%s", ends[i]);
        cr_assert_eq(look_at(2).outdated, 0, "%s", ends[i]);
        cr_assert_eq(look_at(2).totals.runs, 1, "%s", ends[i]);
        cr_assert_eq(look_at(2).last_gather, CG_TIME_NONE, "%s", ends[i]);
        cr_assert_eq(look_at(2).gather_failures, 0, "%s", ends[i]);
        run(2);
        cr_assert_eq(times_asked("a\n"), 2, "%s: %s", ends[i], test.text);
        scheduled_end(&test);
    }
}

Test(replace, a_new_time_limit_holds_for_the_run_at_work) {
    scheduled_begin(&test, "", "", "", 0);
    cr_assert_eq(replace_whole(WHOLE("a", "a", "60")), CG_OK);
    scheduled_busy(&test, 0, "a", "hold");
    cr_assert_eq(replace_whole(WHOLE("a", "a", "0")), CG_OK);
    wait_for_log("goes on with the settings it began with, without a time limit from now on; ");
    cr_assert_eq(replace_whole(WHOLE("a", "a", "1")), CG_OK);
    wait_for_log("goes on with the settings it began with, but ends when its new time limit is over; ");
    scheduled_wait(&test, &test.ends, 1);
    cr_assert(strstr(test.ended[0].error, "Execution timed out after 1s"), "%s", test.ended[0].error);
    cr_assert_eq(look_at(0).totals.timeouts, 1);
    scheduled_end(&test);
}

static void wait_until_deaf(void) {
    for (int i = 0; !times_asked("deaf\n"); i++) {
        cr_assert_lt(i, 1000, "nobody was asked to stop: %s", test.text);
        uv_run(&test.loop, UV_RUN_NOWAIT);
        (void)usleep(10000);
    }
}

/* The one that was over is the one that is told. */
Test(replace, a_new_time_limit_comes_too_late_for_a_run_that_was_stopped) {
    scheduled_begin(&test, "", "", "", 0);
    cr_assert_eq(replace_whole(WHOLE("a", "a", "1")), CG_OK);
    scheduled_busy(&test, 0, "a", "deaf");
    wait_until_deaf();
    cr_assert_eq(replace_whole(WHOLE("a", "a", "3600")), CG_OK);
    wait_for_log("goes on with the settings it began with; ");
    scheduled_say(&test, "a", "gather");
    scheduled_wait(&test, &test.ends, 1);
    cr_assert(strstr(test.ended[0].error, "Execution timed out after 1s"), "%s", test.ended[0].error);
    scheduled_end(&test);
}

/* What a reload does not change is not told again. */
Test(replace, tells_once_that_a_run_goes_on) {
    static const char again[] = "Tenant a: the run at work goes on";
    scheduled_begin(&test, "", "a", GAP, 0);
    scheduled_busy(&test, 0, "a", "hold");
    cr_assert_eq(replace("", "a", ""), CG_OK);
    cr_assert_eq(replace("", "ab", ""), CG_OK);
    wait_for_log(again);
    cr_assert_null(strstr(strstr(test.text, again) + 1, again), "%s", test.text);
    cr_assert_eq(look_at(0).outdated, 1, "it is still not as in the file");
    scheduled_say(&test, "a", "ok");
    scheduled_wait(&test, &test.ends, 1);
    scheduled_end(&test);
}

Test(replace, stops_the_run_of_a_tenant_that_is_not_there_any_more) {
    scheduled_begin(&test, "", "ab", GAP, 1);
    scheduled_say(&test, "a", "hold");
    scheduled_say(&test, "b", "hold");
    cg_scheduler_start(test.scheduler);
    scheduled_wait_state(&test, 1, CG_TENANT_RUNNING, "gathering");
    cr_assert_eq(replace("", "b", GAP), CG_OK);
    wait_for_log("INFO Tenant a: the run at work is asked to stop, because the tenant is not configured any more\n");
    wait_for_log("INFO Tenant a: its last run has ended\n");
    cr_assert_eq(test.ends, 0, "nobody is told of a tenant without a number");
    cr_assert_eq(test.cycles, 0, "b is in it");
    scheduled_say(&test, "b", "ok");
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert(test.ends == 1 && test.ended[0].tenant == 0 && test.ended[0].good);
    scheduled_end(&test);
}

static const struct {
    const char *name;
    const char *before;
    const char *after;
    int waits;
} returns[] = {
    {"the same", WHOLE("a", "a", "60"), WHOLE("a", "a", "60"), 1},
    {"with another id", WHOLE("a", "a", "60"), WHOLE("a", "x", "60"), 1},
    {"under another name", WHOLE("a", "a", "60"), WHOLE("b", "a", "60"), 1},
    {"another tenant", WHOLE("a", "a", "60"), WHOLE("b", "x", "60"), 0},
};

/* A tenant that is taken out and put in again waits until its run of before has ended, whatever it is called then. */
Test(replace, never_begins_a_second_run_of_a_tenant) {
    for (size_t i = 0; i < sizeof returns / sizeof *returns; i++) {
        scheduled_begin(&test, "", "", "", 0);
        cr_assert_eq(replace_whole(returns[i].before), CG_OK);
        scheduled_busy(&test, 0, "a", "hold");
        cr_assert_eq(replace("", "", ""), CG_OK);
        cr_assert_eq(replace_whole(returns[i].after), CG_OK);
        scheduled_say(&test, "a", "ok");
        cr_assert_eq(cg_scheduler_trigger(test.scheduler, 0), CG_TRIGGER_STARTED);
        cr_assert_eq(look_at(0).state, returns[i].waits ? CG_TENANT_WAITING : CG_TENANT_RUNNING, "%s", returns[i].name);
        scheduled_wait(&test, &test.ends, 1);
        cr_assert(test.ended[0].tenant == 0 && test.ended[0].good, "%s: %s", returns[i].name, test.ended[0].error);
        wait_for_log("INFO Tenant a: its last run has ended\n");
        scheduled_end(&test);
    }
}

/* Two tenants change their names while the first works: neither begins before that run has ended. */
Test(replace, a_run_of_a_tenant_that_is_another_one_now_is_stopped) {
    scheduled_begin(&test, "", "", "", 0);
    cr_assert_eq(replace_whole(PAIR("x", "y")), CG_OK);
    run(0);
    scheduled_busy(&test, 0, "a", "deaf");
    cr_assert_eq(replace_whole(PAIR("y", "x")), CG_OK);
    wait_for_log("the run at work is asked to stop, because the tenant has another ecosystem or tenant_id now\n");
    for (size_t i = 0; i < 2; i++) {
        cr_assert(look_at(i).held && look_at(i).state == CG_TENANT_IDLE, "%zu", i);
        cr_assert_eq(cg_scheduler_trigger(test.scheduler, i), CG_TRIGGER_STARTED);
        cr_assert_eq(look_at(i).state, CG_TENANT_WAITING, "%zu", i);
    }
    cr_assert_eq(look_at(0).totals.runs, 1, "a counter does not go back");
    wait_until_deaf();
    scheduled_say(&test, "a", "ok");
    scheduled_wait(&test, &test.ends, 3);
    wait_for_log("INFO Tenant a: its last run has ended\n");
    cr_assert(test.ended[1].good && test.ended[2].good);
    cr_assert(!look_at(0).held && !look_at(1).held);
    scheduled_end(&test);
}

/* A run that does not follow the wish to stop costs its own tenant its turn, not the others theirs. */
Test(replace, a_cycle_does_not_wait_for_a_run_that_does_not_stop) {
    static const char often[] = "features: {refresh_interval: 1}";
    scheduled_begin(&test, often, "ab", "", 0);
    scheduled_busy(&test, 0, "a", "deaf");
    cr_assert_eq(replace(often, "b", ""), CG_OK);
    cr_assert_eq(replace(often, "ab", ""), CG_OK);
    wait_until_deaf();
    cg_scheduler_start(test.scheduler);
    scheduled_wait(&test, &test.cycles, 2);
    cr_assert(look_at(0).held && look_at(0).state == CG_TENANT_WAITING);
    cr_assert_eq(look_at(1).totals.runs, 2);
    scheduled_say(&test, "a", "ok");
    scheduled_wait_state(&test, 0, CG_TENANT_IDLE, NULL);
    cr_assert_eq(look_at(0).totals.runs, 1);
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

/* A cycle counts from the end of runs elsewhere, but not for longer than an interval that is shorter now. */
Test(replace, plans_the_next_cycle_by_the_new_interval) {
    struct cg_scheduler_totals totals;
    scheduled_begin(&test, "features: {refresh_interval: 2000000000}", "a", GAP, 0);
    scheduled_say(&test, "a", "done"); /* in 1970 */
    cg_scheduler_start(test.scheduler);
    scheduled_wait(&test, &test.cycles, 1);
    cr_assert_eq(replace("features: {refresh_interval: 1}", "a", GAP), CG_OK);
    cg_scheduler_totals(test.scheduler, &totals);
    cr_assert(totals.next_cycle_in_ms >= 0 && totals.next_cycle_in_ms <= 1000, "%lld",
              (long long)totals.next_cycle_in_ms);
    scheduled_wait(&test, &test.cycles, 2);
    scheduled_end(&test);
}

Test(replace, a_stop_waits_for_those_that_are_not_there_any_more) {
    scheduled_begin(&test, "", "ab", GAP, 0);
    scheduled_say(&test, "a", "hold");
    scheduled_say(&test, "b", "hold");
    cg_scheduler_start(test.scheduler);
    scheduled_wait_state(&test, 1, CG_TENANT_RUNNING, "gathering");
    cr_assert_eq(replace("", "c", GAP), CG_OK);
    scheduled_end(&test);
    cr_assert_eq(test.ends, 0);
    cr_assert_eq(test.cycles, 1);
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
