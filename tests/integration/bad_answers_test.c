/* A provider and a metrics server that answer wrongly: what was stored stays, and one sentence says what happened. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/db.h"
#include "support/program.h"

/* Most sentences of a case. */
#define SENTENCES 4

#define WRONG_SECRET "a-secret-that-is-wrong"

static struct cg_test_sim sim;
static char folder[CG_TEST_PATH_SIZE];
static char csv_folder[CG_TEST_PATH_SIZE];

/* Three days, and so many principals that their lists have two pages. */
static void start(void) {
    static const char *const options[] = {"--seed", "3", "--principals", "150", "--clusters", "2", NULL};
    cg_test_sim_start(options, &sim);
    cg_test_workdir_make(folder);
    cg_test_path(folder, CG_TEST_CSV, csv_folder);
    struct cg_test_config config = {.url = sim.url, .lookback_days = 4};
    cg_test_config_write(folder, &config);
}

static void stop(void) {
    cg_test_sim_stop(&sim);
    cg_test_workdir_remove(folder);
}

TestSuite(bad_answers, .init = start, .fini = stop);

/* One way of answering wrongly. */
struct answer_case {
    const char *name;
    const char *faults;
    const char *sentences[SENTENCES];
};

static void check_sentences(const char *name, const char *text, const char *const *sentences) {
    for (size_t i = 0; i < SENTENCES && sentences[i]; i++)
        cg_test_has(name, text, sentences[i]);
}

/* The whole run fails: nothing is calculated. */
static const struct answer_case fatal_cases[] = {
    {"environments forbidden",
     "{\"match\":\"/org/v2/environments\",\"kind\":\"status\",\"status\":403}",
     {"Gather phase failed: ", "The API key lacks the role to list environments", "answered 403"}},
    {"clusters forbidden",
     "{\"match\":\"/cmk/v2/clusters\",\"kind\":\"status\",\"status\":403}",
     {"Gather phase failed: ", "lacks the role", "answered 403"}},
    {"bill forbidden",
     "{\"match\":\"/billing/v1/costs\",\"kind\":\"status\",\"status\":403}",
     {"Gather phase failed: The bill from 2026-06-27 to 2026-06-30 (exclusive) could not be read: ",
      "lacks the role to list billing items", "answered 403"}},
    {"bill refused",
     "{\"match\":\"/billing/v1/costs\",\"kind\":\"status\",\"status\":400}",
     {"could not be read: Confluent Cloud: GET /billing/v1/costs: HTTP 400 Bad Request"}},
    {"bill elsewhere",
     "{\"match\":\"/billing/v1/costs\",\"kind\":\"status\",\"status\":302,\"headers\":{\"Location\":\"/x\"}}",
     {"HTTP 302 Found (redirects are not followed"}},
    {"bill that is no JSON",
     "{\"match\":\"/billing/v1/costs\",\"kind\":\"nonjson\"}",
     {"Gather phase failed: The bill from ", "GET /billing/v1/costs with a body that is not valid JSON"}},
    {"bill that is cut off",
     "{\"match\":\"/billing/v1/costs\",\"kind\":\"truncate\"}",
     {"GET /billing/v1/costs with a body that is not valid JSON", "premature end of input"}},
    {"bill that is a page",
     "{\"match\":\"/billing/v1/costs\",\"kind\":\"html\"}",
     {"GET /billing/v1/costs with a body that is not valid JSON"}},
    {"bill that is an array",
     "{\"match\":\"/billing/v1/costs\",\"kind\":\"array\"}",
     {"answered GET /billing/v1/costs with a list instead of an object"}},
    {"bill without end",
     "{\"match\":\"/billing/v1/costs\",\"kind\":\"huge\"}",
     {"GET /billing/v1/costs: the answer is longer than 67108864 bytes"}},
    {"bill whose pages repeat",
     "{\"match\":\"/billing/v1/costs\",\"kind\":\"repeat_token\"}",
     {"repeats a page of GET /billing/v1/costs: the same page_token came twice"}},
    {"clusters that are an array",
     "{\"match\":\"/cmk/v2/clusters\",\"kind\":\"array\"}",
     {"Gather phase failed: ", "GET /cmk/v2/clusters with a list instead of an object"}},
};

/* A run with this fault fails, says why, and leaves the database as it was before. */
static void check_unchanged(const struct answer_case *wrong, const char *before) {
    char *err = NULL;
    cg_test_sim_faults(&sim, wrong->faults);
    cr_expect_eq(cg_test_run_once(folder, &err), 1, "%s: %s", wrong->name, err);
    check_sentences(wrong->name, err, wrong->sentences);
    char *after = cg_test_db_dump(folder, CG_TEST_DATABASE);
    cg_test_dumps_equal(wrong->name, after, before);
    free(after);
    free(err);
}

Test(bad_answers, fatal_ones_leave_everything_as_it_was) {
    cg_test_run_well(folder);
    char *before = cg_test_db_dump(folder, CG_TEST_DATABASE);
    for (size_t i = 0; i < sizeof fatal_cases / sizeof fatal_cases[0]; i++)
        check_unchanged(&fatal_cases[i], before);
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    cg_test_db_check(db);
    long long failed = cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed' AND "
                                             "error_message LIKE '%Gather phase failed: %'");
    cr_assert_eq(failed, (long long)(sizeof fatal_cases / sizeof fatal_cases[0]));
    cg_test_csv_follows(db, csv_folder);
    cg_test_db_close(db);
    cg_test_sim_faults(&sim, "");
    cg_test_run_well(folder);
    free(before);
}

/* One family fails: the rest goes on, nothing is deleted, and the exit status tells. */
static const struct answer_case partial_cases[] = {
    {"users forbidden",
     "{\"match\":\"/iam/v2/users\",\"kind\":\"status\",\"status\":403}",
     {"Handler user gather failed: The API key lacks the role to list users (GET /iam/v2/users answered 403)"}},
    {"users unknown",
     "{\"match\":\"/iam/v2/users\",\"kind\":\"status\",\"status\":404}",
     {"Handler user gather failed: ", "answered 404"}},
    {"API keys that are no JSON",
     "{\"match\":\"/iam/v2/api-keys\",\"kind\":\"nonjson\"}",
     {"Handler api_key gather failed: ", "GET /iam/v2/api-keys with a body that is not valid JSON"}},
    {"service accounts whose pages repeat",
     "{\"match\":\"/iam/v2/service-accounts\",\"kind\":\"repeat_token\"}",
     {"Handler service_account gather failed: ", "repeats a page of GET /iam/v2/service-accounts"}},
    {"second page of service accounts broken",
     "{\"match\":\"/iam/v2/service-accounts\",\"kind\":\"array\",\"skip\":1}",
     {"Handler service_account gather failed: ", "with a list instead of an object"}},
    {"schema registries without end",
     "{\"match\":\"/srcm/v3/clusters\",\"kind\":\"huge\"}",
     {"Handler schema_registry gather failed: ", "the answer is longer than 67108864 bytes"}},
    {"everything but the bill and the clusters forbidden",
     "{\"match\":\"/iam/\",\"kind\":\"status\",\"status\":403},"
     "{\"match\":\"/srcm/\",\"kind\":\"status\",\"status\":403}",
     {"Handler user gather failed: ", "Handler api_key gather failed: ", "Handler schema_registry gather failed: "}},
};

Test(bad_answers, partial_ones_delete_nothing) {
    cg_test_run_well(folder);
    char *before = cg_test_db_dump(folder, CG_TEST_DATABASE);
    for (size_t i = 0; i < sizeof partial_cases / sizeof partial_cases[0]; i++)
        check_unchanged(&partial_cases[i], before);
    free(before);
}

/* The same with an empty database: the bill is charged to the last digit, whoever could not be asked. */
Test(bad_answers, partial_ones_still_charge_everything) {
    json_t *bill = cg_test_sim_bill(&sim, "2026-06-27", "2026-06-30");
    struct cg_decimal wanted = cg_test_decimal(cg_test_json_text(bill, "total"));
    json_decref(bill);
    for (size_t i = 0; i < sizeof partial_cases / sizeof partial_cases[0]; i++) {
        char *database = cg_test_format("case-%zu.db", i);
        char *connection = cg_test_format("sqlite:///%s", database);
        struct cg_test_config config = {.url = sim.url, .lookback_days = 4, .database = connection};
        char *err = NULL;
        cg_test_config_write(folder, &config);
        cg_test_sim_faults(&sim, partial_cases[i].faults);
        cr_expect_eq(cg_test_run_once(folder, &err), 1, "%s: %s", partial_cases[i].name, err);
        sqlite3 *db = cg_test_db_open(folder, database);
        struct cg_decimal charged = cg_test_db_charged(db, "");
        cg_test_decimal_equal(partial_cases[i].name, &charged, &wanted);
        cg_test_db_balance(db);
        cg_test_db_close(db);
        free(err);
        free(connection);
        free(database);
    }
}

/* 401: the sentence names the settings, and the wrong secret is as secret as the right one. */
Test(bad_answers, wrong_credentials) {
    static const char *const arguments[] = {"--config-file", "config.yaml", "--run-once", NULL};
    static const char *const environment[] = {"CC_SECRET=" WRONG_SECRET, NULL};
    struct cg_test_process process;
    struct cg_test_result result;
    cg_test_run_well(folder);
    char *before = cg_test_db_dump(folder, CG_TEST_DATABASE);
    cg_test_program_start(folder, arguments, environment, &process);
    cg_test_program_wait(&process, &result);
    cr_assert_eq(result.exit_status, 1, "%s", result.err);
    cg_test_has("wrong secret", result.err, "Gather phase failed: Confluent Cloud refused the API key");
    cg_test_has("wrong secret", result.err, "answered 401): check ccloud_api.key and ccloud_api.secret");
    cg_test_has_not("wrong secret", result.err, WRONG_SECRET);
    cg_test_has_not("wrong secret", result.out, WRONG_SECRET);
    cg_test_result_done(&result);
    char *after = cg_test_db_dump(folder, CG_TEST_DATABASE);
    cg_test_dumps_equal("wrong secret", after, before);
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    cr_assert_eq(
        cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_runs WHERE error_message LIKE '%" WRONG_SECRET "%'"), 0);
    cg_test_db_close(db);
    free(before);
    free(after);
}

/* A metrics server that cannot be used: the money is charged all the same, and the rows say what was missing. */
static const struct answer_case metrics_cases[] = {
    {"a page",
     "{\"match\":\"/api/v1/query_range\",\"kind\":\"html\"}",
     {"the metrics source failed for 3 dates between 2026-06-27 and 2026-06-29; the first reason: "}},
    {"an array",
     "{\"match\":\"/api/v1/query_range\",\"kind\":\"array\"}",
     {"the metrics source failed for 3 dates between 2026-06-27 and 2026-06-29; the first reason: "}},
    {"no JSON",
     "{\"match\":\"/api/v1/query_range\",\"kind\":\"nonjson\"}",
     {"the metrics source failed for 3 dates between 2026-06-27 and 2026-06-29; the first reason: "}},
    {"a refusal",
     "{\"match\":\"/api/v1/query_range\",\"kind\":\"status\",\"status\":401}",
     {"the metrics source failed for 3 dates between 2026-06-27 and 2026-06-29; the first reason: "}},
    {"one refusal",
     "{\"match\":\"/api/v1/query_range\",\"kind\":\"status\",\"status\":422,\"times\":1}",
     {"the metrics source failed for 1 date, 2026-06-"}},
};

Test(bad_answers, metrics_that_fail_are_tried_again) {
    cg_test_run_well(folder);
    char *dump = cg_test_db_dump(folder, CG_TEST_DATABASE);
    char *before = cg_test_dump_lines(dump, "chargeback_facts", NULL);
    for (size_t i = 0; i < sizeof metrics_cases / sizeof metrics_cases[0]; i++) {
        const struct answer_case *wrong = &metrics_cases[i];
        char *database = cg_test_format("case-%zu.db", i);
        char *connection = cg_test_format("sqlite:///%s", database);
        struct cg_test_config config = {.url = sim.url, .lookback_days = 4, .database = connection};
        char *err = NULL;
        cg_test_config_write(folder, &config);
        cg_test_sim_faults(&sim, wrong->faults);
        cr_expect_eq(cg_test_run_once(folder, &err), 1, "%s: %s", wrong->name, err);
        check_sentences(wrong->name, err, wrong->sentences);
        sqlite3 *db = cg_test_db_open(folder, database);
        cg_test_db_balance(db);
        long long marked =
            cg_test_db_number(db, "SELECT COUNT(*) FROM chargeback_facts f JOIN chargeback_dimensions d USING "
                                  "(dimension_id) WHERE d.allocation_detail = 'metrics_fetch_failed'");
        cr_expect_gt(marked, 0, "%s", wrong->name);
        cg_test_db_close(db);
        free(err);

        cg_test_sim_faults(&sim, "");
        cg_test_run_well(folder);
        char *again = cg_test_db_dump(folder, database);
        char *after = cg_test_dump_lines(again, "chargeback_facts", NULL);
        cg_test_dumps_equal(wrong->name, after, before);
        db = cg_test_db_open(folder, database);
        cg_test_csv_follows(db, csv_folder);
        cg_test_db_close(db);
        free(after);
        free(again);
        free(connection);
        free(database);
    }
    free(before);
    free(dump);
}
