/* A million rows as CSV: in constant memory, whatever the client does, and never cut short without a sign. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/api.h"
#include "support/db.h"
#include "support/moment.h"

#define ACME "/api/v1/tenants/acme"
#define WHOLE "{\"start_date\":\"2026-06-01\",\"end_date\":\"2026-12-31\"}"
#define MORE_KIB (8 * 1024)

static char folder[CG_TEST_PATH_SIZE];
static struct cg_test_api api;
static long long rows;

static void start(void) {
    cg_test_workdir_make(folder);
}

static void begin(unsigned hours) {
    const struct cg_test_api_options options = {0};
    cg_test_api_start(folder, &options, &api);
    cr_assert_eq(cg_test_api_get(&api, ACME "/tags", NULL), 200);
    cg_test_api_fill(folder, "acme.db", "acme", 500, hours);
    rows = 500LL * hours;
}

static void stop(void) {
    cg_test_workdir_remove(folder);
}

TestSuite(api_download, .init = start, .fini = stop);

static const char *const gzip[] = {"Accept-Encoding: gzip", NULL};

static const struct cg_test_request whole = {.url = ACME "/export", .body = WHOLE};

/* The server is as it was before the export. */
static void check_rest(const char *what) {
    cg_test_api_settle(&api, "chitragupt_http_exports_at_work ", 0);
    cg_test_api_settle(&api, "chitragupt_queries_running ", 0);
    cg_test_api_settle(&api, "chitragupt_http_requests_at_work ", 1); /* this one */
    cg_test_api_settle(&api, "chitragupt_http_connections ", 1);
    cr_expect_eq(cg_test_api_get(&api, ACME "/tags", NULL), 200, "%s", what);
}

static size_t lines_of(const struct cg_test_answer *answer) {
    size_t count = 0;
    for (size_t i = 0; i < answer->length; i++)
        count += answer->body[i] == '\n';
    return count;
}

Test(api_download, a_million_rows_in_constant_memory) {
    struct cg_test_answer answer;
    struct cg_test_answer squeezed;
    struct cg_test_request request = whole;
    const struct cg_test_request small = {.url = ACME "/export",
                                          .body = "{\"start_date\":\"2026-06-01\",\"end_date\":\"2026-06-01\"}"};
    begin(cg_test_is_sanitized() ? 80 : 2000);
    cg_test_api_ask(&api, &small, &answer); /* whatever is allocated once */
    cg_test_answer_done(&answer);
    cg_test_process_forget_peak(&api.process);
    long before = cg_test_process_kib(&api.process, "VmHWM:");
    cg_test_api_ask(&api, &request, &answer);
    cr_assert(answer.code == CURLE_OK && answer.status == 200, "%ld: %s", answer.status,
              curl_easy_strerror(answer.code));
    long more = cg_test_process_kib(&api.process, "VmHWM:") - before;
    cr_expect_eq((long long)lines_of(&answer), rows + 1);
    cr_expect_str_eq(cg_test_answer_header(&answer, "content-type"), "text/csv; charset=utf-8");
    cr_expect_null(cg_test_answer_header(&answer, "content-length"));
    if (!cg_test_is_sanitized()) /* it keeps what was freed for a while */
        cr_expect_lt(more, MORE_KIB, "the export took %ld KiB", more);
    cg_test_process_forget_peak(&api.process);
    before = cg_test_process_kib(&api.process, "VmHWM:");
    request.headers = gzip;
    cg_test_api_ask(&api, &request, &squeezed);
    long more_squeezed = cg_test_process_kib(&api.process, "VmHWM:") - before;
    cr_assert(squeezed.code == CURLE_OK && squeezed.status == 200);
    if (!cg_test_is_sanitized())
        cr_expect_lt(more_squeezed, MORE_KIB, "the export took %ld KiB", more_squeezed);
    fprintf(stderr, "%lld rows: %lld ms and %ld KiB more; with gzip %lld ms and %ld KiB more\n", rows, answer.ms, more,
            squeezed.ms, more_squeezed);
    cg_test_answer_done(&squeezed);
    request.discard = 1;
    cg_test_api_ask(&api, &request, &squeezed);
    cr_expect_str_eq(cg_test_answer_header(&squeezed, "content-encoding"), "gzip");
    cr_expect_lt(squeezed.length, answer.length / 5, "%zu bytes", squeezed.length);
    cg_test_answer_done(&squeezed);
    cg_test_answer_done(&answer);
    check_rest("an export");
    cg_test_api_stop(&api, 5, NULL);
}

Test(api_download, gzip_holds_the_same_rows) {
    struct cg_test_request request = {.url = ACME "/export",
                                      .body = "{\"start_date\":\"2026-06-01\",\"end_date\":\"2026-06-03\"}"};
    struct cg_test_answer plain;
    struct cg_test_answer squeezed;
    begin(100);
    cg_test_api_ask(&api, &request, &plain);
    request.accept = "br;q=1.0, GZIP;q=0.5";
    cg_test_api_ask(&api, &request, &squeezed);
    cr_assert_eq(plain.status, 200);
    cr_assert_eq(squeezed.status, 200);
    cr_expect_str_eq(cg_test_answer_header(&squeezed, "content-encoding"), "gzip");
    cr_assert_eq(plain.length, squeezed.length);
    cr_assert_eq(memcmp(plain.body, squeezed.body, plain.length), 0);
    cg_test_answer_done(&plain);
    cg_test_answer_done(&squeezed);
    cg_test_api_stop(&api, 5, NULL);
}

/* A slow client holds no thread: every thread is free for the others meanwhile. */
Test(api_download, slow_clients_hold_up_nobody) {
    struct cg_test_asking asking[8];
    begin(300);
    char *url = cg_test_format("%s%s", api.url, whole.url);
    struct cg_test_request slow = whole;
    slow.url = url;
    slow.bytes_per_second = 200000;
    slow.timeout_ms = 4000;
    slow.discard = 1;
    for (int i = 0; i < 8; i++)
        cg_test_asking_begin(&asking[i], &slow);
    while (cg_test_api_figure(&api, "chitragupt_http_exports_at_work ") < 8)
        (void)usleep(10000);
    for (int i = 0; i < 50; i++) {
        struct cg_test_answer answer;
        const struct cg_test_request request = {.url = ACME "/billing"};
        cg_test_api_ask(&api, &request, &answer);
        cr_expect_eq(answer.status, 200, "%ld", answer.status);
        cr_expect_lt(answer.ms, cg_test_is_sanitized() ? 1500 : 300, "%lld ms", answer.ms);
        cg_test_answer_done(&answer);
    }
    for (int i = 0; i < 8; i++) {
        struct cg_test_answer answer;
        cg_test_asking_end(&asking[i], &answer);
        cr_expect_eq(answer.code, CURLE_OPERATION_TIMEDOUT, "%s", curl_easy_strerror(answer.code));
        cg_test_answer_done(&answer);
    }
    free(url);
    check_rest("slow clients");
    cg_test_api_stop(&api, 5, NULL);
}

Test(api_download, clients_that_go_away_leave_nothing_behind) {
    struct cg_test_request request = whole;
    begin(300);
    for (int i = 0; i < 20; i++) {
        struct cg_test_answer answer;
        request.headers = i % 2 ? gzip : NULL;
        request.stop_after = i % 2 ? 20000 : 300000;
        cg_test_api_ask(&api, &request, &answer);
        cr_assert_eq(answer.code, CURLE_WRITE_ERROR, "%s", curl_easy_strerror(answer.code));
        cg_test_answer_done(&answer);
    }
    check_rest("clients that went away");
    cg_test_api_stop(&api, 5, NULL);
}

/* A time that nobody can read, in the last row: the client must see that its file is not whole. */
Test(api_download, a_failure_in_the_middle_breaks_the_connection_off) {
    struct cg_test_answer answer;
    struct cg_test_result result;
    struct cg_test_request request = whole;
    begin(100);
    cg_test_db_execute(
        folder, "acme.db",
        "UPDATE chargeback_facts SET timestamp = '2026-06-02 damaged' WHERE rowid = (SELECT f.rowid FROM "
        "chargeback_facts f WHERE dimension_id = (SELECT MAX(dimension_id) FROM chargeback_dimensions) "
        "ORDER BY timestamp DESC LIMIT 1)");
    for (int i = 0; i < 2; i++) {
        request.headers = i ? gzip : NULL;
        request.discard = 1;
        cg_test_api_ask(&api, &request, &answer);
        cr_expect_eq(answer.status, 200);
        cr_expect(answer.code == CURLE_PARTIAL_FILE || answer.code == CURLE_RECV_ERROR, "the client sees %d (%s)",
                  answer.code, curl_easy_strerror(answer.code));
        cg_test_answer_done(&answer);
        check_rest("a broken export");
    }
    cg_test_api_stop(&api, 5, &result);
    cg_test_has("the log", result.err, "ERROR - an export was broken off: ");
    cg_test_result_done(&result);
}

/* The end of the program waits ten seconds for a client that takes its time, and no longer. */
Test(api_download, the_end_breaks_an_export_off) {
    struct cg_test_asking asking;
    struct cg_test_answer answer;
    begin(300);
    char *url = cg_test_format("%s%s", api.url, whole.url);
    struct cg_test_request slow = whole;
    slow.url = url;
    slow.bytes_per_second = 100000;
    slow.discard = 1;
    cg_test_asking_begin(&asking, &slow);
    while (cg_test_api_figure(&api, "chitragupt_http_exports_at_work ") == 0)
        (void)usleep(10000);
    cg_test_api_stop(&api, 13, NULL);
    cg_test_asking_end(&asking, &answer);
    cr_expect_eq(answer.status, 200);
    cr_expect_neq(answer.code, CURLE_OK, "what is cut short looks whole");
    cg_test_answer_done(&answer);
    free(url);
}
