#include "net/metrics_source.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "net/metrics_jobs.h"
#include "net_fixture.h"
#include "net_server.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define START INT64_C(1717200000000000) /* 2024-06-01 */
#define END INT64_C(1717286400000000)

static const char *const labels[] = {"kafka_id"};
static const struct cg_metric_query bytes_in = {.struct_size = sizeof bytes_in,
                                                .key = "bytes_in",
                                                .expression = "sum(in{})",
                                                .labels = {labels, 1},
                                                .filter_label = "kafka_id"};
static const struct cg_metric_query bytes_out = {.struct_size = sizeof bytes_out,
                                                 .key = "bytes_out",
                                                 .expression = "sum(out{})",
                                                 .labels = {labels, 1},
                                                 .filter_label = "kafka_id"};
static const struct cg_metric_query everywhere = {
    .struct_size = sizeof everywhere, .key = "all", .expression = "sum(all{})", .labels = {labels, 1}};

static const struct {
    const char *name;
    const char *expression;
    const char *label;
    const char *resource;
    const char *text;
    bool placed;
    uint32_t flags;
} renderings[] = {
    {"filter", "sum by (a) (x{})", "id", "lkc-1", "sum by (a) (x{id=\"lkc-1\"})", true, 0},
    {"no filter", "sum(x{})", NULL, "lkc-1", "sum(x)", true, 0},
    {"no resource", "sum(x{})", "id", NULL, "sum(x)", true, 0},
    {"only the first", "x{} / y{}", "id", "a", "x{id=\"a\"} / y{}", true, 0},
    {"escapes", "x{}", "id", "a\"b\\c\nd", "x{id=\"a\\\"b\\\\c\\nd\"}", true, 0},
    {"no place", "up", "id", "a", "up", false, 0},
    {"filled braces are not a place", "x{a=\"b\"}", "id", "a", "x{a=\"b\"}", false, 0},
    {"as it is", "x{}", "id", "a", "x{}", false, CG_METRIC_LITERAL},
    {"as it is, with a later place", "sum({__name__=\"y\"}) / x{}", NULL, "a", "sum({__name__=\"y\"}) / x{}", false,
     CG_METRIC_LITERAL | CG_METRIC_TRAILING},
    {"not as it is", "x{}", "id", "a", "x{id=\"a\"}", true, CG_METRIC_TRAILING},
};

Test(metrics_source, expressions) {
    for (size_t i = 0; i < COUNT(renderings); i++) {
        const struct cg_metric_query query = {
            .flags = renderings[i].flags, .expression = renderings[i].expression, .filter_label = renderings[i].label};
        struct cg_buf buf;
        cg_buf_init(&buf, 256);
        cr_assert_eq(cg_metrics_render(&buf, &query, renderings[i].resource), renderings[i].placed, "%s",
                     renderings[i].name);
        cr_assert_str_eq(cg_buf_text(&buf), renderings[i].text, "%s", renderings[i].name);
        cg_buf_done(&buf);
    }
}

/* ---- fetches ---- */

struct stage {
    struct net_fixture fixture;
    struct net_server *server;
    struct cg_metrics_source *source;
    struct cg_arena *arena;
};

static void stage_init(struct stage *stage, net_handler handler, struct cg_metrics_source_options options) {
    static const struct cg_http_tuning quick = {.backoff_us = 2000, .least_pause_us = 2000};
    struct cg_error error = {0};
    char url[128];
    net_fixture_init(&stage->fixture);
    stage->server = handler ? net_server_new(handler, NULL) : NULL;
    snprintf(url, sizeof url, "%s%s", stage->server ? net_server_url(stage->server) : "", options.url);
    options.url = url;
    options.tuning = &quick;
    cr_assert_eq(cg_metrics_source_new(stage->fixture.net, &options, stage->fixture.log, &stage->source, &error), CG_OK,
                 "%s", error.text);
    stage->arena = cg_arena_new();
}

static void stage_done(struct stage *stage) {
    cg_metrics_source_free(stage->source);
    if (stage->server)
        net_server_free(stage->server);
    cg_arena_free(stage->arena);
    net_fixture_done(&stage->fixture);
}

#define ANSWER(label)                                                                  \
    "{\"status\":\"success\",\"data\":{\"result\":[{\"metric\":{\"kafka_id\":\"" label \
    "\"},\"values\":[[1717200000,\"1\"],[1717203600,\"NaN\"],[1717286400,\"2\"]]}]}}"

static void answer_by_query(void *user, size_t index, const struct net_record *record, struct net_answer *ret) {
    (void)user;
    (void)index;
    ret->delay_ms = 10;
    ret->body = strstr(record->body, "sum%28in")    ? ANSWER("in")
                : strstr(record->body, "sum%28out") ? ANSWER("out")
                                                    : ANSWER("all");
    if (strstr(record->body, "lkc-html"))
        ret->body = "<html>hush</html>";
    if (strstr(record->body, "lkc-bad")) {
        ret->status = 400;
        ret->body = "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"1:5: parse error\"}";
    }
    if (strstr(record->body, "lkc-said"))
        ret->body = "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"too\\nmany\"}";
    if (strstr(record->body, "lkc-down")) {
        ret->status = 503;
        ret->body = "{\"status\":\"error\",\"error\":\"no store of http://me:hush@store\"}";
    }
    if (strstr(record->body, "lkc-auth"))
        ret->status = 403;
}

Test(metrics_source, a_query_as_the_server_sees_it) {
    static const struct cg_metric_query *const queries[] = {&bytes_in};
    struct cg_metrics_request request = {
        .resource_id = "lkc-1", .start = START, .end = END, .queries = queries, .query_count = 1};
    struct stage stage;
    stage_init(
        &stage, answer_by_query,
        (struct cg_metrics_source_options){
            .url = "/team/a/?x=y", .auth_type = "basic", .username = "me", .password = "hush", .step_seconds = 60});
    cr_assert_eq(cg_metrics_source_fetch(stage.source, &request, 1, stage.arena, NULL), CG_OK);
    cr_assert_null(request.error, "%s", request.error);
    struct net_record record = net_server_record(stage.server, 0);
    cr_assert_str_eq(record.method, "POST");
    cr_assert_str_eq(record.path, "/team/a/api/v1/query_range");
    cr_assert_str_eq(record.authorization, "Basic bWU6aHVzaA==");
    cr_assert_str_eq(record.body,
                     "query=sum%28in%7Bkafka_id%3D%22lkc-1%22%7D%29&start=2024-06-01T00%3A00%3A00%2B00%3A00&"
                     "end=2024-06-01T23%3A59%3A59%2B00%3A00&step=60");
    cr_assert_eq(request.result->flags, 0);
    cr_assert_eq(request.result->series_count, 1);
    cr_assert_eq(request.result->series[0]->point_count, 1, "the sample at the end belongs to the next window");
    cr_assert_eq(request.result->ignored_points, 1);
    stage_done(&stage);
}

Test(metrics_source, an_url_that_names_the_api_and_a_token) {
    static const struct cg_metric_query *const queries[] = {&bytes_in};
    struct cg_metrics_request request = {
        .resource_id = "lkc-1", .start = START, .end = END, .queries = queries, .query_count = 1};
    struct stage stage;
    stage_init(&stage, answer_by_query,
               (struct cg_metrics_source_options){.url = "/api/v1", .auth_type = "bearer", .bearer_token = "tok"});
    cr_assert_eq(cg_metrics_source_fetch(stage.source, &request, 1, stage.arena, NULL), CG_OK);
    struct net_record record = net_server_record(stage.server, 0);
    cr_assert_str_eq(record.path, "/api/v1/query_range");
    cr_assert_str_eq(record.authorization, "Bearer tok");
    cr_assert(strstr(record.body, "&step=3600"), "%s", record.body);
    stage_done(&stage);
}

#define HTML_ERROR \
    "query bytes_out of lkc-html: metrics source: POST /api/v1/query_range: answered with something that is not JSON"

Test(metrics_source, equal_queries_run_once_and_failures_stay_in_their_request) {
    static const struct cg_metric_query same_in = {.struct_size = sizeof same_in,
                                                   .key = "bytes_in",
                                                   .expression = "sum(in{})",
                                                   .labels = {labels, 1},
                                                   .filter_label = "kafka_id"};
    static const struct cg_metric_query *const both[] = {&bytes_out, &bytes_in};
    static const struct cg_metric_query *const same[] = {&same_in, &everywhere};
    static const struct cg_metric_query *const all[] = {&everywhere};
    static const struct cg_metric_query *const one[] = {&bytes_in};
    struct cg_metrics_request requests[] = {
        {.resource_id = "lkc-1", .start = START, .end = END, .queries = both, .query_count = 2},
        {.resource_id = "lkc-1", .start = START, .end = END, .queries = same, .query_count = 2},
        {.resource_id = "lkc-2", .start = START, .end = END, .queries = all, .query_count = 1},
        {.resource_id = "lkc-html", .start = START, .end = END, .queries = both, .query_count = 2},
        {.resource_id = "lkc-bad", .start = START, .end = END, .queries = both, .query_count = 2},
        {.resource_id = "lkc-auth", .start = START, .end = END, .queries = both, .query_count = 2},
        {.resource_id = "lkc-3", .start = START, .end = END, .queries = NULL, .query_count = 0},
        {.resource_id = "lkc-4", .start = END, .end = END, .queries = both, .query_count = 2},
        {.resource_id = "lkc-1", .start = START, .end = END, .queries = both, .query_count = 2},
        {.resource_id = "lkc-said", .start = START, .end = END, .queries = one, .query_count = 1},
        {.resource_id = "lkc-down", .start = START, .end = END, .queries = one, .query_count = 1},
    };
    static const char *const errors[COUNT(requests)] = {
        [3] = HTML_ERROR,
        [4] = "query bytes_out of lkc-bad: metrics source: POST /api/v1/query_range: HTTP 400 Bad Request (bad_data): "
              "1:5: parse error",
        [5] = "query bytes_out of lkc-auth: metrics source: POST /api/v1/query_range: HTTP 403 Forbidden",
        [9] = "query bytes_in of lkc-said: metrics source: POST /api/v1/query_range: reports an error (execution): too "
              "many",
        [10] = "query bytes_in of lkc-down: metrics source: POST /api/v1/query_range: HTTP 503 Service Unavailable, "
               "after 4 attempts: no store of http://***@store",
    };
    static const size_t series[COUNT(requests)] = {2, 2, 1, 0, 0, 0, 0, 0, 2, 0, 0};
    struct stage stage;
    stage_init(&stage, answer_by_query, (struct cg_metrics_source_options){.url = "", .workers = 3});
    cr_assert_eq(cg_metrics_source_fetch(stage.source, requests, COUNT(requests), stage.arena, NULL), CG_OK);
    cr_assert_eq(net_server_count(stage.server), 3 + 6 + 1 + 4);
    for (size_t i = 0; i < COUNT(requests); i++) {
        const char *error = requests[i].error ? requests[i].error : "";
        cr_assert_str_eq(error, errors[i] ? errors[i] : "", "request %zu: %s", i, error);
        cr_assert_eq(requests[i].result->flags, errors[i] ? CG_METRICS_FETCH_FAILED : 0, "request %zu", i);
        cr_assert_eq(requests[i].result->series_count, series[i], "request %zu", i);
    }
    cr_assert_str_eq(requests[0].result->series[0]->key, "bytes_out");
    cr_assert_str_eq(requests[0].result->series[1]->key, "bytes_in");
    cr_assert_str_eq(requests[0].result->series[1]->labels[0].value, "in");
    cr_assert_eq(requests[1].result->series[0], requests[0].result->series[1], "one answer, shared");
    stage_done(&stage);
}

/* The same expression means something else as it is. */
Test(metrics_source, expressions_as_they_are) {
    static const struct cg_metric_query filled = {.struct_size = sizeof filled,
                                                  .key = "bytes_in",
                                                  .expression = "sum(in{})",
                                                  .labels = {labels, 1},
                                                  .filter_label = "kafka_id"};
    static const struct cg_metric_query literal = {.struct_size = sizeof literal,
                                                   .flags = CG_METRIC_LITERAL,
                                                   .key = "bytes_in",
                                                   .expression = "sum(in{})",
                                                   .labels = {labels, 1},
                                                   .filter_label = "kafka_id"};
    static const struct cg_metric_query plain = {
        .struct_size = sizeof plain, .key = "out", .expression = "sum(out)", .labels = {labels, 1}};
    static const struct cg_metric_query *const all[] = {&filled, &literal, &plain};
    struct cg_metrics_request request = {
        .resource_id = "lkc-1", .start = START, .end = END, .queries = all, .query_count = 3};
    struct stage stage;
    stage_init(&stage, answer_by_query, (struct cg_metrics_source_options){.url = "", .workers = 1});
    cr_assert_eq(cg_metrics_source_fetch(stage.source, &request, 1, stage.arena, NULL), CG_OK);
    cr_assert_eq(net_server_count(stage.server), 3);
    int seen = 0;
    for (size_t i = 0; i < 3; i++) {
        const struct net_record record = net_server_record(stage.server, i);
        seen += strstr(record.body, "query=sum%28in%7B%7D%29&") ? 1 : 0;
        seen += strstr(record.body, "query=sum%28in%7Bkafka_id%3D%22lkc-1%22%7D%29&") ? 10 : 0;
        seen += strstr(record.body, "query=sum%28out%29&") ? 100 : 0;
    }
    cr_assert_eq(seen, 111);
    stage_done(&stage);
}

Test(metrics_source, workers_bound_the_groups) {
    enum { REQUESTS = 30 };
    static const struct cg_metric_query *const both[] = {&bytes_out, &bytes_in};
    struct cg_metrics_request requests[REQUESTS];
    char ids[REQUESTS][16];
    struct stage stage;
    stage_init(&stage, answer_by_query, (struct cg_metrics_source_options){.url = "", .workers = 3});
    for (size_t i = 0; i < REQUESTS; i++) {
        snprintf(ids[i], sizeof ids[i], "lkc-x%zu", i);
        requests[i] = (struct cg_metrics_request){
            .resource_id = ids[i], .start = START, .end = END, .queries = both, .query_count = 2};
    }
    cr_assert_eq(cg_metrics_source_fetch(stage.source, requests, REQUESTS, stage.arena, NULL), CG_OK);
    for (size_t i = 0; i < REQUESTS; i++)
        cr_assert(requests[i].result && requests[i].result->series_count == 2, "request %zu", i);
    cr_assert_eq(net_server_count(stage.server), 2 * REQUESTS);
    size_t most = net_server_most(stage.server);
    cr_assert(most > 3 && most <= 6, "%zu at the same time", most);
    stage_done(&stage);
}

static void fail_first(void *user, size_t index, const struct net_record *record, struct net_answer *ret) {
    answer_by_query(user, index, record, ret);
    if (index < 3)
        ret->status = 503;
}

Test(metrics_source, four_attempts) {
    static const struct cg_metric_query *const queries[] = {&bytes_in};
    struct cg_metrics_request request = {
        .resource_id = "lkc-1", .start = START, .end = END, .queries = queries, .query_count = 1};
    struct stage stage;
    stage_init(&stage, fail_first, (struct cg_metrics_source_options){.url = ""});
    cr_assert_eq(cg_metrics_source_fetch(stage.source, &request, 1, stage.arena, NULL), CG_OK);
    cr_assert_null(request.error, "%s", request.error);
    cr_assert_eq(net_server_count(stage.server), 4);
    cr_assert_eq(cg_metrics_source_stats(stage.source).retries, 3);
    stage_done(&stage);
}

Test(metrics_source, an_outage_costs_the_retries_once) {
    static const struct cg_metric_query *const queries[] = {&bytes_in};
    struct cg_metrics_request requests[10];
    char ids[10][16];
    struct stage stage;
    stage_init(&stage, NULL, (struct cg_metrics_source_options){.url = "http://127.0.0.1:9", .workers = 1});
    for (size_t i = 0; i < COUNT(requests); i++) {
        snprintf(ids[i], sizeof ids[i], "lkc-%zu", i);
        requests[i] = (struct cg_metrics_request){
            .resource_id = ids[i], .start = START, .end = END, .queries = queries, .query_count = 1};
    }
    cr_assert_eq(cg_metrics_source_fetch(stage.source, requests, COUNT(requests), stage.arena, NULL), CG_OK);
    for (size_t i = 0; i < COUNT(requests); i++) {
        cr_assert_eq(requests[i].result->flags, CG_METRICS_FETCH_FAILED);
        cr_assert(strstr(requests[i].error, "could not connect to 127.0.0.1:9 (Connection refused)"), "%s",
                  requests[i].error);
    }
    cr_assert_eq(cg_metrics_source_stats(stage.source).requests, 4 + 9);
    stage_done(&stage);
}

static void never_answer(void *user, size_t index, const struct net_record *record, struct net_answer *ret) {
    answer_by_query(user, index, record, ret);
    ret->trouble = NET_SILENT;
}

static void cancel_net(uv_timer_t *timer) {
    cg_net_cancel(timer->data);
    uv_close((uv_handle_t *)timer, NULL);
}

Test(metrics_source, cancel) {
    static const struct cg_metric_query *const both[] = {&bytes_out, &bytes_in};
    struct cg_metrics_request request = {
        .resource_id = "lkc-1", .start = START, .end = END, .queries = both, .query_count = 2};
    struct cg_error error = {0};
    struct stage stage;
    uv_timer_t timer;
    stage_init(&stage, never_answer, (struct cg_metrics_source_options){.url = ""});
    uv_timer_init(&stage.fixture.loop, &timer);
    timer.data = stage.fixture.net;
    uv_timer_start(&timer, cancel_net, 50, 0);
    cr_assert_eq(cg_metrics_source_fetch(stage.source, &request, 1, stage.arena, &error), CG_CANCELLED);
    cr_assert_eq(error.status, CG_CANCELLED);
    cr_assert_null(request.result);
    stage_done(&stage);
}

static const struct {
    struct cg_metrics_source_options options;
    const char *text;
} refused[] = {
    {{.url = ""}, "empty"},
    {{.url = "prom:9090"}, ""},
    {{.url = "ftp://me:hush@prom"}, "https or http"},
    {{.url = "http://prom", .auth_type = "digest"}, "auth_type"},
    {{.url = "http://prom", .auth_type = "bearer", .bearer_token = "hush\n"}, "bearer token"},
};

Test(metrics_source, bad_options) {
    struct net_fixture fixture;
    net_fixture_init(&fixture);
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct cg_metrics_source *source = NULL;
        struct cg_error error = {0};
        cr_assert_eq(cg_metrics_source_new(fixture.net, &refused[i].options, NULL, &source, &error), CG_INVALID,
                     "row %zu", i);
        cr_assert(strstr(error.text, refused[i].text) && !strstr(error.text, "hush"), "row %zu: %s", i, error.text);
        cr_assert_null(source);
    }
    net_fixture_done(&fixture);
}
