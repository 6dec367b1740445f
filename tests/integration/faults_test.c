/*
 * Failures that pass: a run that met with them ends well, with the database of an undisturbed run. The cases run side
 * by side, because waiting between attempts is most of what they do.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "support/db.h"
#include "support/program.h"

/* One set of faults that are over before the attempts are. */
static const struct {
    const char *name;
    const char *faults;
    const char *kind; /* as the simulator's statistics call it */
    json_int_t fires; /* at least */
} cases[] = {
    {"undisturbed", "", NULL, 0},
    {"429 with Retry-After",
     "{\"match\":\"/\",\"kind\":\"status\",\"status\":429,\"retry_after\":1,\"rate\":0.2,\"times\":4}", "status", 4},
    {"429 with a date", "{\"match\":\"/iam/\",\"kind\":\"status\",\"status\":429,\"retry_after_date\":1,\"times\":2}",
     "status", 2},
    {"429 with another header",
     "{\"match\":\"/billing/\",\"kind\":\"status\",\"status\":429,\"headers\":{\"rateLimit-reset\":\"1\"},\"times\":2}",
     "status", 2},
    {"5xx",
     "{\"match\":\"/iam/\",\"kind\":\"status\",\"status\":500,\"rate\":0.2,\"times\":2},"
     "{\"match\":\"/billing/\",\"kind\":\"status\",\"status\":503,\"times\":2},"
     "{\"match\":\"/api/v1/\",\"kind\":\"status\",\"status\":502,\"rate\":0.2,\"times\":2}",
     "status", 4},
    {"resets", "{\"match\":\"/\",\"kind\":\"reset\",\"rate\":0.2,\"times\":6}", "reset", 4},
    {"stalls and slow answers",
     "{\"match\":\"/srcm/\",\"kind\":\"stall\",\"seconds\":1,\"times\":1},"
     "{\"match\":\"/\",\"kind\":\"slow\",\"ms\":200,\"rate\":0.2}",
     "stall", 1},
};

#define CASES (sizeof cases / sizeof cases[0])

static struct cg_test_sim sims[CASES];
static char folders[CASES][CG_TEST_PATH_SIZE];

/* The faults did fire: otherwise the case shows nothing. */
static void check_fired(size_t index) {
    if (!cases[index].kind)
        return;
    json_t *stats = cg_test_sim_ask(&sims[index], "/__sim/stats", NULL);
    json_int_t fired = json_integer_value(json_object_get(json_object_get(stats, "faults"), cases[index].kind));
    char *text = json_dumps(stats, 0);
    cr_expect(fired >= cases[index].fires, "%s: %s", cases[index].name, text);
    free(text);
    json_decref(stats);
}

Test(faults, pass_without_a_trace) {
    static const char *const options[] = {"--seed", "9", NULL};
    static const char *const arguments[] = {"--config-file", "config.yaml", "--run-once", NULL};
    struct cg_test_process processes[CASES];
    for (size_t i = 0; i < CASES; i++) {
        cg_test_sim_start(options, &sims[i]);
        cg_test_sim_faults(&sims[i], cases[i].faults);
        cg_test_workdir_make(folders[i]);
        struct cg_test_config config = {
            .url = sims[i].url, .lookback_days = 20, .more_settings = "      billing_api: {days_per_query: 4}\n"};
        cg_test_config_write(folders[i], &config);
        cg_test_program_start(folders[i], arguments, NULL, &processes[i]);
    }
    char *wanted = NULL;
    for (size_t i = 0; i < CASES; i++) {
        struct cg_test_result result;
        cg_test_program_wait(&processes[i], &result);
        cr_expect_eq(result.exit_status, 0, "%s: %s", cases[i].name, result.err);
        check_fired(i);
        char *dump = cg_test_db_dump(folders[i], CG_TEST_DATABASE);
        if (wanted)
            cg_test_dumps_equal(cases[i].name, dump, wanted);
        else
            wanted = strdup(dump);
        sqlite3 *db = cg_test_db_open(folders[i], CG_TEST_DATABASE);
        char csv_folder[CG_TEST_PATH_SIZE];
        cg_test_db_balance(db);
        cg_test_csv_follows(db, cg_test_path(folders[i], CG_TEST_CSV, csv_folder));
        cg_test_db_close(db);
        free(dump);
        cg_test_result_done(&result);
        cg_test_sim_stop(&sims[i]);
        cg_test_workdir_remove(folders[i]);
    }
    free(wanted);
}
