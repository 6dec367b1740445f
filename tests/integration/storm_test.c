/*
 * A fifth of all requests goes wrong, at every service and all the time. A run ends complete, with the database of an
 * undisturbed run, or says what is missing and is complete at a later try; nothing is counted twice; and nobody is
 * asked more often than was agreed. The storms rage side by side, because waiting is most of what the program does in
 * them.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/db.h"
#include "support/program.h"
#include "support/query.h"

/* Requests per second and credential that the usual pause of a tenth of a second allows. */
#define LIMIT 10

/* Runs in a storm; if none of them is complete, the storm ends, and the next one must be. */
#define STORMY_RUNS 2

static const struct {
    const char *name;
    const char *faults;
} storms[] = {
    {"calm", ""},
    {"429", "{\"match\":\"/\",\"kind\":\"status\",\"status\":429,\"retry_after\":1,\"rate\":0.2}"},
    {"stalls", "{\"match\":\"/\",\"kind\":\"stall\",\"seconds\":1,\"rate\":0.2}"},
    {"resets", "{\"match\":\"/\",\"kind\":\"reset\",\"rate\":0.2}"},
    {"truncated bodies", "{\"match\":\"/\",\"kind\":\"truncate\",\"rate\":0.2}"},
    {"all of it", "{\"match\":\"/\",\"kind\":\"status\",\"status\":429,\"retry_after\":1,\"rate\":0.05},"
                  "{\"match\":\"/\",\"kind\":\"stall\",\"seconds\":1,\"rate\":0.05},"
                  "{\"match\":\"/\",\"kind\":\"reset\",\"rate\":0.05},"
                  "{\"match\":\"/\",\"kind\":\"truncate\",\"rate\":0.06}"},
};

#define STORMS (sizeof storms / sizeof storms[0])

/* Every family is asked for, and metrics too. */
static const char *const families[] = {"/org/v2/", "/cmk/",     "/iam/v2/users",      "/iam/v2/api-keys",
                                       "/srcm/",   "/connect/", "/ksqldbcm/",         "/fcpm/",
                                       "/sql/",    "/billing/", "/api/v1/query_range"};

/* What is said when something is missing. */
static const char *const reasons[] = {"gather failed: ", "Gather phase failed: ", "the metrics source failed for ",
                                      "topic"};

struct scene {
    struct cg_test_sim sim;
    char folder[CG_TEST_PATH_SIZE];
    struct cg_test_process process;
    int is_complete;
    size_t runs;
};

static struct scene scenes[STORMS];

static void begin(struct scene *scene) {
    static const char *const arguments[] = {"--config-file", "config.yaml", "--run-once", NULL};
    cg_test_program_start(scene->folder, arguments, NULL, &scene->process);
    scene->runs++;
}

/* The first sentence that says why a run was not complete. */
static void tell_reason(const char *name, size_t run, const char *err) {
    const char *reason = strstr(err, " - ERROR - ");
    (void)fprintf(stderr, "storm: %s: run %zu was not complete: %.*s\n", name, run,
                  reason ? (int)strcspn(reason, "\n") : 0, reason);
}

/* A date has all of its rows or none: it waits when the bill could not be read to its end. */
static void check_dates(const struct scene *scene, const char *name) {
    sqlite3 *db = cg_test_db_open(scene->folder, CG_TEST_DATABASE);
    cg_test_db_check(db);
    sqlite3_stmt *statement = cg_test_db_prepare(db, "SELECT DISTINCT date(timestamp) FROM chargeback_facts");
    while (cg_test_db_step(db, statement)) {
        const char *date = (const char *)sqlite3_column_text(statement, 0);
        struct cg_decimal billed = cg_test_db_billed(db, date);
        struct cg_decimal charged = cg_test_db_charged(db, date);
        cg_test_decimal_equal(name, &charged, &billed);
    }
    sqlite3_finalize(statement);
    cg_test_db_close(db);
}

/* A run that is not complete says so, and what is there is right all the same. */
static void end(struct scene *scene, const char *name) {
    struct cg_test_result result;
    cg_test_program_wait(&scene->process, &result);
    cr_assert(result.exit_status == 0 || result.exit_status == 1, "%s: exit status %d, signal %d: %s", name,
              result.exit_status, result.signal, result.err);
    scene->is_complete = result.exit_status == 0;
    int is_explained = scene->is_complete;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        is_explained |= strstr(result.err, reasons[i]) != NULL;
    cr_assert(is_explained, "%s: nothing says what is missing:\n%.8000s", name, result.err);
    if (!scene->is_complete)
        tell_reason(name, scene->runs, result.err);
    check_dates(scene, name);
    cg_test_result_done(&result);
}

/* Ends the test when the storm was none. */
static void check_storm(const struct scene *scene, size_t index) {
    json_t *stats = cg_test_sim_ask(&scene->sim, "/__sim/stats", NULL);
    json_int_t faults = json_integer_value(json_object_get(stats, "faults_fired"));
    json_int_t requests = 0;
    static const char *const groups[] = {"confluent", "prometheus"};
    for (size_t i = 0; i < 2; i++)
        requests += json_integer_value(json_object_get(json_object_get(stats, groups[i]), "requests"));
    cr_assert(!*storms[index].faults || faults * 10 >= requests, "%s: %lld faults in %lld requests", storms[index].name,
              (long long)faults, (long long)requests);
    json_decref(stats);
}

/* Everybody was asked, and the program kept to its pace. */
static void check_requests(const struct scene *scene, size_t index) {
    json_t *stats = cg_test_sim_ask(&scene->sim, "/__sim/stats", NULL);
    const char *name = storms[index].name;
    const char *path = NULL;
    json_t *value = NULL;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        int is_asked = 0;
        json_object_foreach (json_object_get(stats, "paths"), path, value)
            is_asked |= strncmp(path, families[i], strlen(families[i])) == 0;
        cr_assert(is_asked, "%s: nothing below %s was asked for", name, families[i]);
    }
    json_object_foreach (json_object_get(stats, "credentials"), path, value) {
        json_int_t most = json_integer_value(json_object_get(value, "max_per_second"));
        (void)fprintf(stderr, "storm: %-18s %-14s %4lld requests, at most %lld in a second\n", name, path,
                      (long long)json_integer_value(json_object_get(value, "requests")), (long long)most);
        cr_assert(most > 0 && most <= LIMIT, "%s: %lld requests within a second as %s", name, (long long)most, path);
    }
    json_decref(stats);
}

/* A dump without what tells of attempts and of the order in which rows came, when there was more than one run. */
static char *essence(const struct scene *scene, int is_whole) {
    static const char *const left_out[] = {"emission_records | ", "cg_dates | ", "cg_topic_dates | ",
                                           "cg_emissions | "};
    char *text = cg_test_db_dump(scene->folder, CG_TEST_DATABASE);
    for (size_t i = 0; !is_whole && i < sizeof left_out / sizeof left_out[0]; i++) {
        char *less = cg_test_dump_lines(text, "", left_out[i]);
        free(text);
        text = less;
    }
    return text;
}

static void check_end(const struct scene *scene, size_t index) {
    char path[CG_TEST_PATH_SIZE];
    char *got = essence(scene, scene->runs == 1);
    char *wanted = essence(&scenes[0], scene->runs == 1);
    cg_test_dumps_equal(storms[index].name, got, wanted);
    sqlite3 *db = cg_test_db_open(scene->folder, CG_TEST_DATABASE);
    cg_test_db_balance(db);
    cg_test_db_topics_balance(db);
    cg_test_csv_follows(db, cg_test_path(scene->folder, CG_TEST_CSV, path));
    cg_test_topics_follow(db, cg_test_path(scene->folder, CG_TEST_TOPICS, path));
    cg_test_db_close(db);
    free(got);
    free(wanted);
}

Test(storm, loses_and_doubles_nothing) {
    static const char *const options[] = {"--seed", "9", "--clusters", "3", "--principals", "12", NULL};
    for (size_t i = 0; i < STORMS; i++) {
        struct scene *scene = &scenes[i];
        cg_test_sim_start(options, &scene->sim);
        cg_test_sim_faults(&scene->sim, storms[i].faults);
        cg_test_workdir_make(scene->folder);
        struct cg_test_config config = {.url = scene->sim.url,
                                        .lookback_days = 5,
                                        .interval = "",
                                        .whole = 1,
                                        .more_settings = "      billing_api: {days_per_query: 1}\n"};
        cg_test_config_write(scene->folder, &config);
    }
    for (int left = 1; left;) {
        for (size_t i = 0; i < STORMS; i++)
            if (!scenes[i].is_complete)
                begin(&scenes[i]);
        left = 0;
        for (size_t i = 0; i < STORMS; i++) {
            struct scene *scene = &scenes[i];
            if (!scene->is_complete) {
                end(scene, storms[i].name);
                if (scene->runs <= STORMY_RUNS)
                    check_storm(scene, i);
            }
            left |= !scene->is_complete;
            cr_assert(scene->is_complete || scene->runs <= STORMY_RUNS, "%s: not complete after the storm",
                      storms[i].name);
            if (!scene->is_complete && scene->runs == STORMY_RUNS)
                cg_test_sim_faults(&scene->sim, "");
        }
    }
    cr_assert_eq(scenes[0].runs, 1, "the undisturbed run was not complete");
    for (size_t i = 0; i < STORMS; i++) {
        check_requests(&scenes[i], i);
        check_end(&scenes[i], i);
    }
    for (size_t i = 0; i < STORMS; i++) {
        cg_test_sim_stop(&scenes[i].sim);
        cg_test_workdir_remove(scenes[i].folder);
    }
}
