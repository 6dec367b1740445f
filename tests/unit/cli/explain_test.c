/* The command `explain` with real workers and modules. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/program.h"
#include "tenants.h"

static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(explain, .init = start, .fini = stop);

#define RUN(result, ...) cg_test_program_run(folder, (const char *const[]){__VA_ARGS__, NULL}, (result))

static void configure(const char *text) {
    cg_test_file_write(folder, "config.yaml", text);
}

static void run_once(int exit_status) {
    struct cg_test_result result;
    cg_test_program_end(folder, "--run-once", exit_status, &result);
    cg_test_result_done(&result);
}

static const char sound[] = TENANTS_HEAD TENANTS_TENANT("acme", "", "");
static const char two[] = TENANTS_HEAD TENANTS_TENANT("acme", "", "") TENANTS_TENANT("other", "", "");

/* ---- what is answered ---- */

static const char line_a[] = "2026-06-26, TEST_A on thing\n"
                             "  time: 2026-06-26 00:00:00 UTC\n"
                             "  product type: TEST_A\n"
                             "  product category: TEST\n"
                             "  resource: thing, which the inventory does not know\n"
                             "  quantity x price: 1 x 3 = 3\n"
                             "  cost: 3 USD\n"
                             "  window: from 2026-06-26 00:00:00 to 2026-06-27 00:00:00 UTC (granularity daily)\n"
                             "  allocator: 'TEST_A' of module 'test_ecosystem' 1.0.0, build ";
static const char line_a_end[] = "  metrics: none, because no metrics source is configured\n"
                                 "  holders of credentials: 0\n"
                                 "  seen in the metrics: 0\n"
                                 "  everybody in the tenant in that window: 1 (user 1)\n"
                                 "  of them with a row, although found in no other way: 1\n"
                                 "    owner (user), in the inventory\n"
                                 "  rows: 1\n"
                                 "    owner: 3, usage, method test\n"
                                 "  rounding of 1 row: none, the whole amount goes to owner\n"
                                 "  sum of 1 row = cost: yes\n"
                                 "  stored: the same 1 row, calculated 2026-07-01 12:00:00 UTC by run 1\n";

Test(explain, tells_how_amounts_came_about_and_writes_nothing) {
    struct cg_test_result result;
    configure(sound);
    run_once(0);
    char *before = cg_test_file_read(folder, "acme.db");
    RUN(&result, "explain", "--config-file", "config.yaml", "--date", "2026-06-26");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_assert_str_eq(result.err, "");
    cr_assert_eq(strncmp(result.out, line_a, sizeof line_a - 1), 0, "%s", result.out);
    cg_test_has("line A", result.out, line_a_end);
    cg_test_has("line B", result.out, "\n\n2026-06-26, TEST_B on thing\n");
    cg_test_has("line B", result.out, "    owner: 4, usage, method test\n");
    cg_test_result_done(&result);
    char *after = cg_test_file_read(folder, "acme.db");
    cr_assert_str_eq(before, after);
    free(before);
    free(after);
}

/* ---- why there is no answer ---- */

static const struct {
    const char *name;
    const char *configuration;
    int runs; /* 1: after a run */
    const char *arguments[6];
    int exit_status;
    const char *err; /* what is said, whole unless it ends in "..." */
} refusals[] = {
    {"before a run",
     sound,
     0,
     {"--date", "2026-06-26"},
     1,
     "chitragupt: explain: tenant 'acme' has no database yet, so there is nothing to explain; do a run first\n"},
    {"a day without lines",
     sound,
     1,
     {"--date", "2026-06-30"},
     1,
     "chitragupt: explain: tenant 'acme' has no billing lines on 2026-06-30; the last date with lines is 2026-06-28\n"},
    {"a product without lines",
     sound,
     1,
     {"--date", "2026-06-26", "--product", "TEST_C"},
     1,
     "chitragupt: explain: tenant 'acme' has no billing line of product type 'TEST_C' on 2026-06-26; its 2 lines of "
     "that date are TEST_A on thing, TEST_B on thing\n"},
    {"one tenant of two",
     two,
     0,
     {"--date", "2026-06-26"},
     2,
     "chitragupt: explain needs --tenant, because config.yaml has several: acme, other\n"},
    {"a tenant that is not there",
     two,
     0,
     {"--date", "2026-06-26", "--tenant", "third"},
     1,
     "chitragupt: explain: there is no tenant 'third' in config.yaml\n"},
    {"a configuration that is not valid", "tenants: 7\n", 0, {"--date", "2026-06-26"}, 1, "config.yaml:1: "},
    {"a day that is none",
     sound,
     0,
     {"--date", "yesterday"},
     2,
     "chitragupt: --date needs a day as YYYY-MM-DD, not 'yesterday'; chitragupt --help lists what there is\n"},
};

Test(explain, says_why_there_is_no_answer) {
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const char *const *more = refusals[i].arguments;
        struct cg_test_result result;
        configure(refusals[i].configuration);
        if (refusals[i].runs)
            run_once(0);
        RUN(&result, "explain", "--config-file", "config.yaml", more[0], more[1], more[2], more[3]);
        cr_expect_eq(result.exit_status, refusals[i].exit_status, "%s: %d\n%s", refusals[i].name, result.exit_status,
                     result.err);
        cr_expect_eq(strncmp(result.err, refusals[i].err, strlen(refusals[i].err)), 0, "%s: %s", refusals[i].name,
                     result.err);
        cr_expect_str_eq(result.out, "", "%s", refusals[i].name);
        cg_test_result_done(&result);
    }
}

Test(explain, of_two_tenants_one_is_told) {
    struct cg_test_result result;
    configure(two);
    run_once(0);
    RUN(&result, "explain", "--config-file", "config.yaml", "--tenant", "other", "--date", "2026-06-28", "--identity",
        "owner", "--resource", "thing", "--product", "TEST_B");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_assert_eq(strncmp(result.out, "2026-06-28, TEST_B on thing\n", 28), 0, "%s", result.out);
    cg_test_has_not("the answer", result.out, "TEST_A");
    cg_test_result_done(&result);
}

/* ---- modules ---- */

#define OVERRIDE(symbol_) "      allocator_overrides:\n        TEST_B: " symbol_ "\n"

/* Starts `explain` so that a module may crash under a sanitizer too. */
static void explain_crashing(struct cg_test_result *ret) {
    static const char *const arguments[] = {"explain", "--config-file", "config.yaml", "--date", "2026-06-26", NULL};
    const char *inherited = getenv("ASAN_OPTIONS");
    char *options = cg_test_format("ASAN_OPTIONS=%s:handle_segv=0:handle_abort=0", inherited ? inherited : "");
    const char *const environment[] = {options, NULL};
    struct cg_test_process process;
    cg_test_program_start(folder, arguments, environment, &process);
    cg_test_program_wait(&process, ret);
    free(options);
}

Test(explain, an_override_in_effect_is_named) {
    struct cg_test_result result;
    configure(TENANTS_HEAD TENANTS_TENANT("acme", "", OVERRIDE("test_flip_allocator")));
    run_once(0);
    RUN(&result, "explain", "--config-file", "config.yaml", "--date", "2026-06-26", "--product", "TEST_B");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cg_test_has("the override", result.out, "  allocator: 'test_flip_allocator' of module 'test_overrides' ");
    cg_test_has("the override", result.out,
                ", put there by tenants.acme.plugin_settings.allocator_overrides.TEST_B (config.yaml, line 13)\n"
                "  allocator does: gives everything to test-flip\n");
    cg_test_result_done(&result);
    /* Without it the stored rows are others. */
    configure(sound);
    RUN(&result, "explain", "--config-file", "config.yaml", "--date", "2026-06-26", "--product", "TEST_B");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cg_test_has("without it", result.out, "  stored: 2 rows differ from these, calculated 2026-07-01 12:00:00 UTC");
    cg_test_result_done(&result);
}

Test(explain, a_module_that_crashes_is_one_sentence) {
    struct cg_test_result result;
    configure(sound);
    run_once(0);
    configure(TENANTS_HEAD TENANTS_TENANT("acme", "", OVERRIDE("test_abort_allocator")));
    explain_crashing(&result);
    cr_assert_eq(result.exit_status, 1, "%s", result.err);
    cr_assert_str_eq(result.err, "chitragupt: explain: allocator 'test_abort_allocator' of module 'test_overrides' "
                                 "crashed (signal 6, Aborted) while it worked on 2026-06-26, TEST_B on thing\n");
    cg_test_result_done(&result);
}

Test(explain, a_module_that_fails_is_told_with_the_line) {
    struct cg_test_result result;
    configure(TENANTS_HEAD TENANTS_TENANT("acme", "", OVERRIDE("test_error_allocator")));
    run_once(1);
    RUN(&result, "explain", "--config-file", "config.yaml", "--date", "2026-06-26", "--product", "TEST_B");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cg_test_has("the failure", result.out, "  fell back to UNALLOCATED: allocator 'test_error_allocator' of module ");
    cg_test_has("the failure", result.out, "  attempts recorded so far: 1 of 3\n");
    cg_test_has("the failure", result.out, "  stored: the same 1 row, calculated 2026-07-01 12:00:00 UTC by run 1\n");
    cg_test_result_done(&result);
}
