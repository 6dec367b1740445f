#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "run/death.h"

static const struct cg_billing_line line = {.timestamp = 1780272000000000,
                                            .env_id = "env-1",
                                            .resource_id = "lkc-1",
                                            .product_type = "P",
                                            .product_category = "C"};

/* A death in a module, on the line if `on` is one. */
static struct cg_death death_in(const char *what, const char *symbol, const char *function,
                                const struct cg_billing_line *on, int32_t signal_number) {
    struct cg_crumb crumb = {0};
    struct cg_death death;
    cg_crumb_enter(&crumb, what, "m", symbol, function, on);
    cg_death_read(&(struct cg_child_end){.signal = signal_number, .crumb = &crumb}, &death);
    return death;
}

static void check_text(const struct cg_child_end *end, const char *wanted) {
    struct cg_death death;
    cg_death_read(end, &death);
    cr_assert_str_eq(death.text, wanted);
}

Test(death, is_told_in_a_sentence) {
    struct cg_crumb crumb = {0};
    const struct cg_child_end killed = {.signal = SIGKILL, .crumb = &crumb};
    const struct cg_child_end exited = {.exit_status = 3, .crumb = &crumb};
    const struct cg_child_end late = {.exit_status = 3, .delivered = 1, .crumb = &crumb};
    check_text(&killed, "the worker process crashed (signal 9, Killed)");
    check_text(&exited, "the worker process ended too early (exit status 3)");
    check_text(&late, "the worker process ended with exit status 3 after it had told its result");
    cg_crumb_enter(&crumb, "module", CG_CRUMB_LOADING, "", "register", NULL);
    check_text(&killed, "the worker process crashed (signal 9, Killed) while it loaded the modules");
    cg_crumb_enter(&crumb, "allocator", "m", "s", "allocate", &line);
    check_text(&exited,
               "allocator 's' of module 'm' ended the process (exit status 3) while it worked on 2026-06-01, P on "
               "lkc-1");
    cg_crumb_enter(&crumb, "emitter", "m", "csv", "rows", NULL);
    check_text(&killed, "emitter 'csv' of module 'm' crashed (signal 9, Killed) in rows()");
    cg_crumb_enter(&crumb, "ecosystem", "m", "", "create", NULL);
    check_text(&killed, "ecosystem of module 'm' crashed (signal 9, Killed) in create()");
}

Test(death, a_crumb_without_ends_is_read_to_its_end) {
    struct cg_crumb crumb;
    struct cg_death death;
    memset(&crumb, 'x', sizeof crumb);
    cg_death_read(&(struct cg_child_end){.signal = SIGSEGV, .crumb = &crumb}, &death);
    cr_assert_eq(strlen(death.crumb.symbol), sizeof death.crumb.symbol - 1);
    cr_assert_eq(strlen(death.crumb.line.product_category), sizeof death.crumb.line.product_category - 1);
    cr_assert_lt(strlen(death.text), sizeof death.text);
}

/* One death after the other, all in one job, and what each of them leads to. */
struct step {
    const char *what;
    const char *symbol;
    const char *function;
    int32_t on_line;
    int32_t signal;
    const char *kind;
    enum cg_death_advice advice;
    const char *next;
    size_t quarantined; /* entries afterwards */
    int32_t whole_symbol;
};

static const struct step steps[] = {
    {"allocator", "a", "allocate", 1, SIGABRT, CG_JOB_RUN, CG_DEATH_GO_WITHOUT, CG_JOB_RUN, 1, 0},
    {"allocator", "b", "allocate", 1, SIGKILL, CG_JOB_RUN, CG_DEATH_TRY_AGAIN, CG_JOB_RUN, 1, 0},
    {"allocator", "b", "allocate", 1, SIGKILL, CG_JOB_RUN, CG_DEATH_GO_WITHOUT, CG_JOB_RUN, 2, 0},
    {"allocator", "a", "allocate", 1, SIGABRT, CG_JOB_RUN, CG_DEATH_GO_WITHOUT, CG_JOB_RUN, 3, 0},
    {"allocator", "a", "allocate", 1, SIGABRT, CG_JOB_RUN, CG_DEATH_GO_WITHOUT, CG_JOB_RUN, 4, 1},
    {"allocator", "a", "allocate", 1, SIGABRT, CG_JOB_CHECK, CG_DEATH_GIVE_UP, NULL, 4, 1},
    {"ecosystem", "", "gather_billing", 0, SIGABRT, CG_JOB_RUN, CG_DEATH_GIVE_UP, NULL, 4, 1},
    {"emitter", "e", "rows", 0, SIGKILL, CG_JOB_RUN, CG_DEATH_TRY_AGAIN, CG_JOB_EMIT, 4, 1},
    {"emitter", "e", "begin", 0, SIGKILL, CG_JOB_RUN, CG_DEATH_GO_WITHOUT, CG_JOB_EMIT, 5, 1},
    {"emitter", "e", "rows", 0, SIGABRT, CG_JOB_RUN, CG_DEATH_GIVE_UP, NULL, 5, 1},
    {"emitter", "f", "rows", 0, SIGABRT, CG_JOB_EMIT, CG_DEATH_GO_WITHOUT, CG_JOB_EMIT, 6, 1},
    {"emitter", "g", "validate", 0, SIGABRT, CG_JOB_RUN, CG_DEATH_GIVE_UP, NULL, 6, 1},
    {"allocator", "h", "allocate", 1, SIGABRT, CG_JOB_EXPLAIN, CG_DEATH_GIVE_UP, NULL, 6, 1},
};

Test(death, leads_to_what_can_still_be_done) {
    struct cg_deaths deaths = {.arena = cg_arena_new()};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const struct step *step = &steps[i];
        struct cg_death death =
            death_in(step->what, step->symbol, step->function, step->on_line ? &line : NULL, step->signal);
        cr_assert_eq(cg_deaths_add(&deaths, step->kind, &death), step->advice, "step %zu", i);
        if (step->next)
            cr_assert_str_eq(cg_death_next_job(&death), step->next, "step %zu", i);
        cr_assert_eq(deaths.quarantine_count, step->quarantined, "step %zu", i);
        cr_assert_eq(deaths.quarantine[deaths.quarantine_count - 1].whole_symbol, step->whole_symbol, "step %zu", i);
    }
    cr_assert_str_eq(deaths.quarantine[4].reason, "crashed (signal 9, Killed) in begin()");
    cr_assert_eq(deaths.crashes, sizeof steps / sizeof *steps);
    cg_deaths_done(&deaths);
    cg_arena_free(deaths.arena);
}

Test(death, in_a_gather_is_known) {
    const struct cg_death gathers[] = {death_in("ecosystem", "", "gather_inventory", NULL, SIGABRT),
                                       death_in("ecosystem", "", "gather_billing", NULL, SIGKILL)};
    const struct cg_death others[] = {death_in("ecosystem", "", "create", NULL, SIGABRT),
                                      death_in("allocator", "gather_", "gather_", &line, SIGABRT)};
    for (size_t i = 0; i < 2; i++) {
        cr_assert(cg_death_is_gather(&gathers[i]));
        cr_assert_not(cg_death_is_gather(&others[i]));
    }
    cr_assert_not(cg_death_is_gather(&(struct cg_death){.crumb = {.what = "ecosystem", .function = "gather_billing"}}));
}

Test(death, after_a_result_is_the_end) {
    struct cg_crumb crumb = {0};
    struct cg_death death;
    struct cg_deaths deaths = {.arena = cg_arena_new()};
    cg_crumb_enter(&crumb, "emitter", "m", "csv", "rows", NULL);
    cg_death_read(&(struct cg_child_end){.signal = SIGABRT, .delivered = 1, .crumb = &crumb}, &death);
    cr_assert_eq(cg_deaths_add(&deaths, CG_JOB_RUN, &death), CG_DEATH_GIVE_UP);
    cg_arena_free(deaths.arena);
}

/* A wish to stop is no part of what a worker was doing. */
Test(death, a_wish_to_stop_does_not_make_two_deaths_differ) {
    struct cg_deaths deaths = {.arena = cg_arena_new()};
    struct cg_death death = death_in("allocator", "a", "allocate", &line, SIGKILL);
    cr_assert_eq(cg_deaths_add(&deaths, CG_JOB_RUN, &death), CG_DEATH_TRY_AGAIN);
    death.crumb.stop = 1;
    cr_assert_eq(cg_deaths_add(&deaths, CG_JOB_RUN, &death), CG_DEATH_GO_WITHOUT);
    cg_deaths_done(&deaths);
    cg_arena_free(deaths.arena);
}

Test(crumb, names_of_any_length_are_compared_as_they_were_noted) {
    struct cg_crumb crumb = {0};
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    cg_crumb_enter(&crumb, "allocator", "m", name, "allocate", &line);
    cr_assert(cg_crumb_symbol_is(crumb.symbol, name));
    cr_assert_not(cg_crumb_symbol_is(crumb.symbol, "n"));
    name[100] = 'o';
    cr_assert_not(cg_crumb_symbol_is(crumb.symbol, name));
    cg_crumb_enter(&crumb, "allocator", "m", "short", "allocate", &line);
    cr_assert(cg_crumb_symbol_is(crumb.symbol, "short"));
}
