/* What the other tests here rely on: processes end, are killed in time, and are told apart. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "support/db.h"
#include "support/program.h"
#include "support/workdir.h"

/* A shell command and how it must end. */
static const struct {
    const char *name;
    const char *command;
    unsigned seconds;
    struct cg_test_result ends; /* texts: parts of the output, "" = none */
} cases[] = {
    {"well", "echo out; echo err >&2", 0, {.out = (char[]){"out\n"}, .err = (char[]){"err\n"}}},
    {"badly", "exit 7", 0, {.exit_status = 7, .out = (char[]){""}, .err = (char[]){""}}},
    {"by a signal",
     "kill -ABRT $$",
     0,
     {.exit_status = -1, .signal = SIGABRT, .out = (char[]){""}, .err = (char[]){""}}},
    {"too late",
     "echo begun; sleep 600",
     1,
     {.exit_status = -1, .signal = SIGKILL, .timed_out = 1, .out = (char[]){"begun\n"}, .err = (char[]){""}}},
    {"with its environment", "echo \"$CG_A $CG_B\"", 0, {.out = (char[]){"set \n"}, .err = (char[]){""}}},
    {"in its folder", "pwd", 0, {.out = (char[]){"/usr\n"}, .err = (char[]){""}}},
    {"without input", "cat; echo end", 0, {.out = (char[]){"end\n"}, .err = (char[]){""}}},
};

Test(support, processes_end) {
    static const char *const environment[] = {"CG_A=set", "CG_B", NULL};
    setenv("CG_B", "inherited", 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const argv[] = {"/bin/sh", "-c", cases[i].command, NULL};
        struct cg_test_process_options options = {
            .argv = argv, .environment = environment, .directory = "/usr", .timeout_seconds = cases[i].seconds};
        struct cg_test_result result;
        cg_test_process_run(&options, &result);
        cr_expect_eq(result.exit_status, cases[i].ends.exit_status, "%s", cases[i].name);
        cr_expect_eq(result.signal, cases[i].ends.signal, "%s", cases[i].name);
        cr_expect_eq(result.timed_out, cases[i].ends.timed_out, "%s", cases[i].name);
        cr_expect_eq(result.flooded, 0, "%s", cases[i].name);
        cr_expect_str_eq(result.out, cases[i].ends.out, "%s", cases[i].name);
        cr_expect_str_eq(result.err, cases[i].ends.err, "%s", cases[i].name);
        cg_test_result_done(&result);
    }
}

Test(support, floods_are_stopped) {
    static const char *const argv[] = {"/bin/cat", "/dev/zero", NULL};
    struct cg_test_process_options options = {.argv = argv, .timeout_seconds = 60};
    struct cg_test_result result;
    cg_test_process_run(&options, &result);
    cr_expect_eq(result.flooded, 1);
    cr_expect_eq(result.signal, SIGKILL);
    cr_expect_eq(strlen(result.out), (size_t)CG_TEST_OUTPUT_LIMIT);
    cg_test_result_done(&result);
}

/* The group goes with its leader when it is signalled. */
Test(support, signals_reach_the_group) {
    static const char *const argv[] = {"/bin/sh", "-c", "sleep 600 & wait", NULL};
    struct cg_test_process_options options = {.argv = argv, .timeout_seconds = 60};
    struct cg_test_process process;
    struct cg_test_result result;
    cg_test_process_start(&options, &process);
    cr_expect_eq(cg_test_process_runs(&process, 50), 1);
    cg_test_process_signal(&process, SIGTERM);
    cg_test_process_wait(&process, &result);
    cr_expect_eq(result.signal, SIGTERM);
    cg_test_result_done(&result);
}

Test(support, files_and_texts) {
    char folder[CG_TEST_PATH_SIZE];
    cg_test_workdir_make(folder);
    cg_test_file_write(folder, "a.csv", "one\ntwo\n");
    char *text = cg_test_file_read(folder, "a.csv");
    cr_expect_str_eq(text, "one\ntwo\n");
    char *replaced = cg_test_replace(text, "o", "00");
    cr_expect_str_eq(replaced, "00ne\ntw00\n");
    cr_expect_null(cg_test_file_read(folder, "b.csv"));
    cr_expect_eq(cg_test_folder_count(folder, ".csv"), 1);
    cr_expect_eq(cg_test_folder_count(folder, ".db"), 0);
    char *lines = cg_test_dump_lines(text, "o", "tw");
    cr_expect_str_eq(lines, "one\n");
    free(lines);
    free(replaced);
    free(text);
    cg_test_workdir_remove(folder);
    cr_expect_eq(cg_test_folder_count(folder, ""), 0);
}

/* ---- the simulator's history ---- */

#define MOMENTS 7
static const char *const moments[MOMENTS] = {"2026-05-03T12:00:00Z", "2026-05-04T12:00:00Z", "2026-05-20T12:00:00Z",
                                             "2026-05-29T12:00:00Z", "2026-06-02T12:00:00Z", "2026-06-30T12:00:00Z",
                                             "2026-08-20T12:00:00Z"};

/* Everything that a question at a moment can show. */
static char *answers_at(const struct cg_test_sim *sim, const char *now) {
    static const char query[] = "/__sim/bill?start=2026-05-01&end=2026-07-01";
    cg_test_sim_now(sim, now);
    json_t *bill = cg_test_sim_ask(sim, query, NULL);
    json_t *things = cg_test_sim_ask(sim, "/__sim/things", NULL);
    char *texts[2] = {json_dumps(bill, JSON_SORT_KEYS), json_dumps(things, JSON_SORT_KEYS)};
    char *both = cg_test_format("%s\n%s\n", texts[0], texts[1]);
    json_decref(bill);
    json_decref(things);
    free(texts[0]);
    free(texts[1]);
    return both;
}

/* The clock may go backwards, and a look at another time does not move it. */
Test(support, history_is_the_same_in_any_order) {
    static const char *const options[] = {"--seed", "7", "--days", "70", "--history-days", "60", NULL};
    struct cg_test_sim sim;
    char *first[MOMENTS];
    cg_test_sim_start(options, &sim);
    for (size_t i = 0; i < MOMENTS; i++)
        first[i] = answers_at(&sim, moments[i]);
    for (size_t i = MOMENTS; i-- > 0;) {
        json_decref(cg_test_sim_ask(&sim, "/__sim/bill?now=final", NULL));
        char *again = answers_at(&sim, moments[i]);
        cg_test_dumps_equal(moments[i], again, first[i]);
        free(again);
    }
    for (size_t i = 1; i < MOMENTS; i++)
        cr_assert_str_neq(first[i], first[i - 1], "nothing has happened before %s", moments[i]);
    json_t *last = cg_test_sim_bill(&sim, "2026-05-01", "2026-07-01");
    cg_test_sim_now(&sim, moments[MOMENTS - 1]);
    json_t *settled = cg_test_sim_bill(&sim, "2026-05-01", "2026-07-01");
    json_t *final = cg_test_sim_ask(&sim, "/__sim/bill?start=2026-05-01&end=2026-07-01&now=final", NULL);
    cr_assert(json_equal(settled, final), "the bill is not settled in time");
    cr_assert(!json_equal(last, final), "the bill was never otherwise");
    json_decref(last);
    json_decref(settled);
    json_decref(final);
    for (size_t i = 0; i < MOMENTS; i++)
        free(first[i]);
    cg_test_sim_stop(&sim);
}

/*
 * What must not pass, does not: each of these tests is run by the last one, in a process of its own, and has to fail
 * there. Elsewhere they are skipped.
 */
static void only_on_demand(void) {
    if (!getenv("CG_IT_LAPSE"))
        cr_skip_test("it is to fail");
}

TestSuite(lapse, .init = only_on_demand);

Test(lapse, dumps_differ) {
    cg_test_dumps_equal("two dumps", "a\nb\n", "a\nc\n");
}

Test(lapse, dump_is_longer) {
    cg_test_dumps_equal("two dumps", "a\nb\n", "a\n");
}

Test(lapse, sums_differ) {
    struct cg_decimal left = cg_test_decimal("0.3");
    struct cg_decimal right = cg_test_decimal("0.30000000000000000001");
    cg_test_decimal_equal("two sums", &left, &right);
}

Test(lapse, sanitizer_reports) {
    static const char *const argv[] = {"/bin/sh", "-c", "echo 'x.c:1:2: runtime error: shift' >&2", NULL};
    struct cg_test_process_options options = {.argv = argv};
    struct cg_test_result result;
    cg_test_process_run(&options, &result);
    cg_test_result_done(&result);
}

/* The program repeats its arguments; one of them is a secret. */
Test(lapse, secret_gets_out) {
    static const char *const arguments[] = {CG_TEST_SIM_SECRET, NULL};
    struct cg_test_result result;
    cg_test_program_run("/", arguments, &result);
    cg_test_result_done(&result);
}

static const struct {
    const char *name;
    const char *says; /* part of Criterion's output */
} lapses[] = {
    {"dumps_differ", "instead of"},
    {"dump_is_longer", "instead of"},
    {"sums_differ", "0.3 instead of 0.30000000000000000001"},
    {"sanitizer_reports", "a process wrote"},
    {"secret_gets_out", "occurs in"},
};

Test(support, lapses_are_noticed) {
    static const char self[] = CG_TEST_BINARY_DIR "/tests/bin/support_test";
    /* A test that ends early leaks. */
    static const char *const environment[] = {"CG_IT_LAPSE=1", "ASAN_OPTIONS=detect_leaks=0", NULL};
    for (size_t i = 0; i < sizeof lapses / sizeof lapses[0]; i++) {
        char *filter = cg_test_format("lapse/%s", lapses[i].name);
        /* A shell hides the report that one of them quotes. */
        const char *const argv[] = {
            "/bin/sh", "-c", "\"$0\" --filter \"$1\" 2>&1 | sed 's/runtime error/report/'; exit 0", self, filter, NULL};
        struct cg_test_process_options options = {.argv = argv, .environment = environment};
        struct cg_test_result result;
        cg_test_process_run(&options, &result);
        cg_test_has(lapses[i].name, result.out, lapses[i].says);
        cg_test_has(lapses[i].name, result.out, "Failing: 1");
        cg_test_result_done(&result);
        free(filter);
    }
}
