/* The time of a request: it is kept to, costs the others nothing, and no thread works for somebody who has his answer.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/api.h"
#include "support/db.h"
#include "support/moment.h"

#define ACME "/api/v1/tenants/acme"
#define RANGE "start_date=2026-06-01&end_date=2026-06-30"
/* One that is computed anew each time: the parameter at the end is ignored, and no answer is kept for it. */
#define SLOW                                                                                                 \
    ACME "/chargebacks/aggregate?" RANGE "&group_by=identity_id&group_by=resource_id&group_by=product_type&" \
         "time_bucket=hour&nr="

static char folder[CG_TEST_PATH_SIZE];
static struct cg_test_api api;

/* As large in a sanitized build: the database library, which does the work of these queries, is the same there. */
static void make_database(unsigned hours) {
    const struct cg_test_api_options options = {0};
    cg_test_api_start(folder, &options, &api);
    cr_assert_eq(cg_test_api_get(&api, ACME "/tags", NULL), 200);
    cg_test_api_fill(folder, "acme.db", "acme", 2500, hours);
    cg_test_api_stop(&api, 5, NULL);
}

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(api_deadline, .init = start, .fini = stop);

#define ASKERS 8

struct crowd {
    char *urls[ASKERS];
    struct cg_test_request requests[ASKERS];
    struct cg_test_asking asking[ASKERS];
};

static void crowd_begin(struct crowd *crowd) {
    for (int i = 0; i < ASKERS; i++) {
        crowd->urls[i] = cg_test_format("%s" SLOW "%d", api.url, i);
        crowd->requests[i] = (struct cg_test_request){.url = crowd->urls[i], .discard = 1};
        cg_test_asking_begin(&crowd->asking[i], &crowd->requests[i]);
    }
}

/* What the service does not owe to its queries: the longest of many answers of /health, in milliseconds. */
static long long slowest_health(int count) {
    long long slowest = 0;
    for (int i = 0; i < count; i++) {
        const struct cg_test_request request = {.url = "/health"};
        struct cg_test_answer answer;
        cg_test_api_ask(&api, &request, &answer);
        cr_expect_eq(answer.status, 200);
        slowest = answer.ms > slowest ? answer.ms : slowest;
        cg_test_answer_done(&answer);
        (void)usleep(5000);
    }
    return slowest;
}

static void check_one(void) {
    const struct cg_test_request request = {.url = SLOW "0"};
    struct cg_test_answer answer;
    cg_test_api_ask(&api, &request, &answer);
    cr_assert_eq(answer.status, 504, "the query is not slow enough: %ld after %lld ms", answer.status, answer.ms);
    cr_expect_str_eq(answer.body, "{\"detail\":\"Request exceeded 1s timeout\"}");
    cr_expect_str_eq(cg_test_answer_header(&answer, "content-type"), "application/json");
    cr_expect(answer.ms >= 990 && answer.ms < (cg_test_is_sanitized() ? 1500 : 1200), "%lld ms", answer.ms);
    cg_test_answer_done(&answer);
    long long began = cg_test_clock_ms();
    cg_test_api_settle(&api, "chitragupt_queries_running ", 0);
    cr_expect_lt(cg_test_clock_ms() - began, cg_test_is_sanitized() ? 1000 : 250, "the query goes on");
    cr_expect_eq(cg_test_api_get(&api, ACME "/tags", NULL), 200);
}

/* Health does not notice. */
static void check_many(void) {
    struct crowd crowd;
    crowd_begin(&crowd);
    long long slowest = slowest_health(100);
    fprintf(stderr, "the slowest of 100 answers of /health beside %d slow queries took %lld ms\n", ASKERS, slowest);
    cr_expect_lt(slowest, cg_test_is_sanitized() ? 500 : 50, "%lld ms", slowest);
    for (int i = 0; i < ASKERS; i++) {
        struct cg_test_answer answer;
        cg_test_asking_end(&crowd.asking[i], &answer);
        cr_expect_eq(answer.status, 504, "%ld", answer.status);
        cr_expect_lt(answer.ms, cg_test_is_sanitized() ? 1800 : 1300, "%lld ms", answer.ms);
        cg_test_answer_done(&answer);
        free(crowd.urls[i]);
    }
    cg_test_api_settle(&api, "chitragupt_queries_running ", 0);
    cg_test_api_settle(&api, "chitragupt_queries_waiting ", 0);
}

Test(api_deadline, slow_queries_are_answered_in_time_and_their_threads_are_free_again) {
    const struct cg_test_api_options options = {.settings = "  request_timeout_seconds: 1\n"};
    make_database(480);
    cg_test_api_start(folder, &options, &api);
    check_one();
    check_many();
    cg_test_api_stop(&api, 5, NULL);
}

/* Whoever goes away takes his query with him. */
Test(api_deadline, a_client_that_goes_away_stops_its_query) {
    const struct cg_test_api_options options = {.settings = "  request_timeout_seconds: 60\n"};
    const struct cg_test_request request = {.url = SLOW "1", .timeout_ms = 300};
    struct cg_test_answer answer;
    make_database(240);
    cg_test_api_start(folder, &options, &api);
    cg_test_api_ask(&api, &request, &answer);
    cr_assert_eq(answer.code, CURLE_OPERATION_TIMEDOUT, "%ld", answer.status);
    cg_test_answer_done(&answer);
    long long began = cg_test_clock_ms();
    cg_test_api_settle(&api, "chitragupt_queries_running ", 0);
    cr_expect_lt(cg_test_clock_ms() - began, 1500, "the query goes on");
    cg_test_api_stop(&api, 5, NULL);
}

/* The end of the program does not wait for a query longer than it must, and who asked hears of it. */
Test(api_deadline, the_end_breaks_slow_queries_off) {
    const struct cg_test_api_options options = {.settings = "  request_timeout_seconds: 300\n"};
    struct crowd crowd;
    make_database(240);
    cg_test_api_start(folder, &options, &api);
    crowd_begin(&crowd);
    while (cg_test_api_figure(&api, "chitragupt_queries_running ") == 0)
        (void)usleep(10000);
    cg_test_api_stop(&api, 12, NULL);
    for (int i = 0; i < ASKERS; i++) {
        struct cg_test_answer answer;
        cg_test_asking_end(&crowd.asking[i], &answer);
        int told = answer.status == 200 || answer.status == 400 || answer.status == 503 || answer.status == 504;
        cr_expect(told || answer.code != CURLE_OK, "%ld: %s", answer.status, curl_easy_strerror(answer.code));
        cg_test_answer_done(&answer);
        free(crowd.urls[i]);
    }
}
