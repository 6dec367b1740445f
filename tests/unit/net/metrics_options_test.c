/* A metrics source beyond its usual query: long windows, other methods, headers, secrets in files. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "net/metrics_source.h"
#include "net_fixture.h"
#include "net_server.h"

#define SECOND INT64_C(1000000)
#define START INT64_C(1717200000) /* 2024-06-01, in seconds */
#define HOUR INT64_C(3600)

static const char *const labels[] = {"id"};
static const struct cg_metric_query plain = {
    .struct_size = sizeof plain, .key = "plain", .expression = "x", .labels = {labels, 1}};
static const struct cg_metric_query other_key = {
    .struct_size = sizeof other_key, .key = "other", .expression = "x", .labels = {labels, 1}};
static const struct cg_metric_query trailing = {.struct_size = sizeof trailing,
                                                .flags = CG_METRIC_TRAILING,
                                                .key = "trailing",
                                                .expression = "x",
                                                .labels = {labels, 1}};

/* ---- a server that has a sample at every time it is asked for ---- */

/* "start=2024-06-01T00%3A00%3A00%2B00%3A00" of a form, or with plain colons, in seconds. */
static int64_t time_of(const char *form, const char *name) {
    struct tm date = {0};
    int hour = 0;
    int minute = 0;
    int second = 0;
    const char *at = strstr(form, name);
    cr_assert_not_null(at, "%s in %s", name, form);
    at += strlen(name);
    if (sscanf(at, "%d-%d-%dT%d%%3A%d%%3A%d", &date.tm_year, &date.tm_mon, &date.tm_mday, &hour, &minute, &second) != 6)
        cr_assert_eq(
            sscanf(at, "%d-%d-%dT%d:%d:%d", &date.tm_year, &date.tm_mon, &date.tm_mday, &hour, &minute, &second), 6,
            "%s", at);
    date.tm_year -= 1900;
    date.tm_mon -= 1;
    return (int64_t)timegm(&date) + hour * 3600 + minute * 60 + second;
}

#define MOST_BODIES 64
static char *bodies[MOST_BODIES];

/* Two series whose kept labels are equal, and one that is there in the second half of the day only. The value of a
 * sample is its time. As Prometheus, it refuses more than `user` points. */
static void answer_grid(void *user, size_t index, const struct net_record *record, struct net_answer *ret) {
    static const char *const metrics[] = {"\"id\":\"a\",\"pod\":\"1\"", "\"id\":\"a\",\"pod\":\"2\"", "\"id\":\"b\""};
    const char *form = *record->body ? record->body : record->query;
    int64_t start = time_of(form, "start=");
    int64_t end = time_of(form, "end=");
    int64_t step = strtoll(strstr(form, "step=") + 5, NULL, 10);
    size_t size = 0;
    if ((end - start) / step > *(int *)user) {
        ret->status = 400;
        ret->body = "{\"status\":\"error\",\"errorType\":\"bad_data\"}";
        return;
    }
    cr_assert_lt(index, MOST_BODIES);
    FILE *stream = open_memstream(&bodies[index], &size);
    fprintf(stream, "{\"status\":\"success\",\"data\":{\"result\":[");
    for (int i = 0; i < 3; i++) {
        const char *comma = "";
        fprintf(stream, "%s{\"metric\":{%s},\"values\":[", i ? "," : "", metrics[i]);
        for (int64_t at = start; at <= end; at += step) {
            if (i == 2 && at < START + 12 * HOUR)
                continue;
            fprintf(stream, "%s[%lld,\"%lld\"]", comma, (long long)at, (long long)(i == 1 ? -at : at));
            comma = ",";
        }
        fprintf(stream, "]}");
    }
    fprintf(stream, "]}}");
    (void)fclose(stream);
    ret->body = bodies[index];
}

struct stage {
    struct net_fixture fixture;
    struct net_server *server;
    struct cg_metrics_source *source;
    struct cg_arena *arena;
    int log_fd;
    struct cg_log *log;
};

static void stage_init(struct stage *stage, net_handler handler, void *user, struct cg_metrics_source_options options) {
    static const struct cg_http_tuning quick = {.backoff_us = 2000, .least_pause_us = 2000};
    struct cg_error error = {0};
    char url[128];
    net_fixture_init(&stage->fixture);
    stage->log_fd = memfd_create("log", MFD_CLOEXEC);
    cr_assert_eq(cg_log_new(stage->log_fd, CG_LOG_INFO, "%(levelname)s %(message)s", NULL, 0, &stage->log), CG_OK);
    stage->server = net_server_new(handler, user);
    snprintf(url, sizeof url, "%s%s", net_server_url(stage->server), options.url ? options.url : "");
    options.url = url;
    options.tuning = &quick;
    cr_assert_eq(cg_metrics_source_new(stage->fixture.net, &options, stage->log, &stage->source, &error), CG_OK, "%s",
                 error.text);
    stage->arena = cg_arena_new();
}

static void stage_done(struct stage *stage) {
    cg_metrics_source_free(stage->source);
    net_server_free(stage->server);
    cg_arena_free(stage->arena);
    net_fixture_done(&stage->fixture);
    cg_log_free(stage->log);
    (void)close(stage->log_fd);
    for (size_t i = 0; i < MOST_BODIES; i++) {
        free(bodies[i]);
        bodies[i] = NULL;
    }
}

static struct cg_metrics_request fetch(struct stage *stage, const struct cg_metric_query *query, int64_t start,
                                       int64_t end, int64_t step) {
    struct cg_metrics_request request = {
        .start = start, .end = end, .step_seconds = step, .queries = &query, .query_count = 1};
    cr_assert_eq(cg_metrics_source_fetch(stage->source, &request, 1, stage->arena, NULL), CG_OK);
    return request;
}

/* ---- long windows ---- */

static const struct {
    const char *name;
    const struct cg_metric_query *query;
    int64_t start; /* in microseconds after START */
    int64_t end;
    int64_t step;
    uint32_t most_points;
    size_t requests;
    size_t points;  /* of the first series */
    int64_t sample; /* time of the first sample on the server, in seconds after START */
} windows[] = {
    {"in one", &plain, 0, 24 * HOUR *SECOND, HOUR, 24, 1, 24, 0},
    {"in two", &plain, 0, 24 * HOUR *SECOND, HOUR, 23, 2, 24, 0},
    {"in single points", &plain, 0, 24 * HOUR *SECOND, HOUR, 1, 24, 24, 0},
    {"a step that does not fit", &plain, 0, 24 * HOUR *SECOND, 7000, 5, 3, 13, 0},
    {"trailing", &trailing, 0, 24 * HOUR *SECOND, HOUR, 24, 1, 24, HOUR},
    {"trailing in three", &trailing, 0, 24 * HOUR *SECOND, HOUR, 10, 3, 24, HOUR},
    {"trailing, a step that does not fit", &trailing, 0, 24 * HOUR *SECOND, 7000, 5, 3, 12, 7000},
    {"the source's step", &plain, 0, 2 * HOUR *SECOND, 0, 60, 2, 120, 0},
    {"fractions of a second", &plain, 1, 2 * HOUR *SECOND + 1, HOUR, 24, 1, 2, 1},
    {"trailing fractions", &trailing, 1, 2 * HOUR *SECOND + 1, HOUR, 24, 1, 1, HOUR + 1},
    {"shorter than a step", &plain, 0, SECOND, HOUR, 24, 1, 1, 0},
    {"trailing, shorter than a step", &trailing, 0, SECOND, HOUR, 24, 0, 0, 0},
    {"empty", &plain, 5 * SECOND, 5 * SECOND, HOUR, 24, 0, 0, 0},
};

static void check_points(size_t row, const struct cg_metric_series *series, int sign) {
    int64_t step = windows[row].step ? windows[row].step : 60;
    int64_t shift = windows[row].query == &trailing ? step : 0;
    cr_assert_eq(series->point_count, windows[row].points, "%s: %zu", windows[row].name, series->point_count);
    for (size_t i = 0; i < series->point_count; i++) {
        int64_t at = START + windows[row].sample + (int64_t)i * step;
        cr_assert_eq(series->points[i].time, (at - shift) * SECOND, "%s: point %zu", windows[row].name, i);
        cr_assert(series->points[i].value == (double)(sign * at), "%s: point %zu", windows[row].name, i);
        cr_assert(series->points[i].time >= START * SECOND + windows[row].start &&
                      series->points[i].time < START * SECOND + windows[row].end,
                  "%s: point %zu", windows[row].name, i);
    }
}

Test(metrics_options, windows_are_cut_and_put_together) {
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        struct stage stage;
        int most = (int)windows[i].most_points;
        stage_init(
            &stage, answer_grid, &most,
            (struct cg_metrics_source_options){.step_seconds = 60, .max_points_per_query = windows[i].most_points});
        struct cg_metrics_request request = fetch(&stage, windows[i].query, START * SECOND + windows[i].start,
                                                  START * SECOND + windows[i].end, windows[i].step);
        cr_assert_null(request.error, "%s: %s", windows[i].name, request.error);
        cr_assert_eq(request.status, CG_OK);
        cr_assert_eq(net_server_count(stage.server), windows[i].requests, "%s: %zu requests", windows[i].name,
                     net_server_count(stage.server));
        if (windows[i].points) {
            cr_assert_geq(request.result->series_count, 2);
            check_points(i, request.result->series[0], 1);
            check_points(i, request.result->series[1], -1);
        } else {
            cr_assert_eq(request.result->series_count, 0, "%s", windows[i].name);
        }
        stage_done(&stage);
    }
}

Test(metrics_options, a_series_that_begins_late_stays_one) {
    int most = 5;
    struct stage stage;
    stage_init(&stage, answer_grid, &most, (struct cg_metrics_source_options){.max_points_per_query = 5});
    struct cg_metrics_request request = fetch(&stage, &plain, START * SECOND, (START + 24 * HOUR) * SECOND, HOUR);
    cr_assert_eq(request.result->series_count, 3);
    cr_assert_eq(request.result->series[2]->point_count, 12);
    cr_assert_str_eq(request.result->series[2]->labels[0].value, "b");
    cr_assert_eq(request.result->series[2]->points[0].time, (START + 12 * HOUR) * SECOND);
    stage_done(&stage);
}

Test(metrics_options, windows_out_of_proportion_are_refused) {
    int most = 1;
    struct stage stage;
    stage_init(&stage, answer_grid, &most, (struct cg_metrics_source_options){.max_points_per_query = 1});
    struct cg_metrics_request request = fetch(&stage, &plain, START * SECOND, (START + 1001) * SECOND, 1);
    cr_assert_eq(request.status, CG_INVALID);
    cr_assert_str_eq(request.error, "query plain: metrics source: the window is too long for its step, or lies before "
                                    "1970");
    request = fetch(&stage, &plain, -SECOND, SECOND, 1);
    cr_assert_eq(request.status, CG_INVALID);
    request = fetch(&stage, &plain, INT64_MIN, INT64_MAX, 1);
    cr_assert_eq(request.status, CG_INVALID);
    request = fetch(&stage, &trailing, 0, SECOND, INT64_MAX);
    cr_assert_eq(request.status, CG_INVALID);
    cr_assert_eq(net_server_count(stage.server), 0);
    stage_done(&stage);
}

Test(metrics_options, a_part_that_fails_fails_the_query) {
    int most = 3;
    struct stage stage;
    stage_init(&stage, answer_grid, &most, (struct cg_metrics_source_options){.max_points_per_query = 5});
    struct cg_metrics_request request = fetch(&stage, &plain, START * SECOND, (START + 13 * HOUR) * SECOND, HOUR);
    cr_assert_eq(request.status, CG_PERMANENT);
    cr_assert_eq(request.result->flags, CG_METRICS_FETCH_FAILED);
    cr_assert_eq(request.result->series_count, 0);
    stage_done(&stage);
}

Test(metrics_options, other_keys_and_steps) {
    int most = 11000;
    struct stage stage;
    stage_init(&stage, answer_grid, &most, (struct cg_metrics_source_options){.step_seconds = 60});
    static const struct cg_metric_query *const queries[] = {&plain, &other_key};
    struct cg_metrics_request requests[] = {
        {.start = START * SECOND, .end = (START + HOUR) * SECOND, .queries = queries, .query_count = 2},
        {.start = START * SECOND,
         .end = (START + HOUR) * SECOND,
         .step_seconds = 60,
         .queries = queries,
         .query_count = 1},
        {.start = START * SECOND,
         .end = (START + HOUR) * SECOND,
         .step_seconds = 600,
         .queries = queries,
         .query_count = 1},
    };
    cr_assert_eq(cg_metrics_source_fetch(stage.source, requests, 3, stage.arena, NULL), CG_OK);
    cr_assert_eq(net_server_count(stage.server), 2, "what differs by its key alone is asked once");
    cr_assert_eq(requests[0].result->series_count, 4);
    cr_assert_str_eq(requests[0].result->series[0]->key, "plain");
    cr_assert_str_eq(requests[0].result->series[2]->key, "other");
    cr_assert_eq(requests[0].result->series[2]->points, requests[0].result->series[0]->points);
    cr_assert_eq(requests[2].result->series[0]->point_count, 6);
    stage_done(&stage);
}

/* ---- methods ---- */

struct refusal {
    unsigned status;
    int most;
};

static void refuse_post(void *user, size_t index, const struct net_record *record, struct net_answer *ret) {
    struct refusal *refusal = user;
    if (strcmp(record->method, "POST") == 0)
        ret->status = refusal->status;
    else
        answer_grid(&refusal->most, index, record, ret);
}

Test(metrics_options, no_post_means_get) {
    static const unsigned statuses[] = {405, 501};
    for (size_t i = 0; i < 2; i++) {
        struct refusal refusal = {statuses[i], 11000};
        struct stage stage;
        char text[512] = "";
        stage_init(&stage, refuse_post, &refusal, (struct cg_metrics_source_options){.url = "/p/?tenant=a%20b"});
        struct cg_metrics_request request = fetch(&stage, &plain, START * SECOND, (START + HOUR) * SECOND, 60);
        cr_assert_null(request.error, "%s", request.error);
        cr_assert_eq(request.result->series[0]->point_count, 60);
        request = fetch(&stage, &plain, START * SECOND, (START + HOUR) * SECOND, 60);
        cr_assert_null(request.error, "%s", request.error);
        cr_assert_eq(net_server_count(stage.server), 3, "POST is not tried again");
        struct net_record record = net_server_record(stage.server, 1);
        cr_assert_str_eq(record.method, "GET");
        cr_assert_str_eq(record.path, "/p/api/v1/query_range");
        cr_assert_str_eq(record.query, "tenant=a b&query=x&start=2024-06-01T00:00:00+00:00&"
                                       "end=2024-06-01T00:59:59+00:00&step=60");
        cr_assert_geq(pread(stage.log_fd, text, sizeof text - 1, 0), 0);
        cr_assert(strstr(text, "INFO The metrics source does not take POST (HTTP "), "%s", text);
        stage_done(&stage);
    }
}

Test(metrics_options, get_from_the_beginning_and_the_query_of_the_url) {
    int most = 11000;
    struct stage stage;
    stage_init(&stage, answer_grid, &most, (struct cg_metrics_source_options){.use_get = true});
    (void)fetch(&stage, &plain, START * SECOND, (START + HOUR) * SECOND, 60);
    cr_assert_str_eq(net_server_record(stage.server, 0).method, "GET");
    stage_done(&stage);
    stage_init(&stage, answer_grid, &most, (struct cg_metrics_source_options){.url = "/?dedup=false#part"});
    (void)fetch(&stage, &plain, START * SECOND, (START + HOUR) * SECOND, 60);
    struct net_record record = net_server_record(stage.server, 0);
    cr_assert_str_eq(record.method, "POST");
    cr_assert_str_eq(record.path, "/api/v1/query_range");
    cr_assert_str_eq(record.query, "dedup=false");
    cr_assert_str_eq(record.body, "query=x&start=2024-06-01T00%3A00%3A00%2B00%3A00&"
                                  "end=2024-06-01T00%3A59%3A59%2B00%3A00&step=60");
    stage_done(&stage);
}

/* ---- headers and limits ---- */

Test(metrics_options, headers_arrive) {
    static const struct cg_http_header headers[] = {{"X-Scope-OrgID", "team-a|team-b"}, {"X-Empty", ""}};
    int most = 11000;
    struct stage stage;
    stage_init(&stage, answer_grid, &most,
               (struct cg_metrics_source_options){
                   .headers = headers, .header_count = 2, .auth_type = "bearer", .bearer_token = "tok"});
    (void)fetch(&stage, &plain, START * SECOND, (START + HOUR) * SECOND, 60);
    struct net_record record = net_server_record(stage.server, 0);
    cr_assert_str_eq(record.scope, "team-a|team-b");
    cr_assert_str_eq(record.authorization, "Bearer tok");
    stage_done(&stage);
}

Test(metrics_options, headers_that_are_refused) {
    static const struct cg_http_header refused[] = {
        {"Authorization", "hush"}, {"Host", "hush"}, {"X", "hush\r\nY: z"}, {"a b", "hush"}, {"", "hush"}};
    struct net_fixture fixture;
    net_fixture_init(&fixture);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const struct cg_metrics_source_options options = {
            .url = "http://127.0.0.1:9", .headers = &refused[i], .header_count = 1};
        struct cg_metrics_source *source = NULL;
        struct cg_error error = {0};
        cr_assert_eq(cg_metrics_source_new(fixture.net, &options, NULL, &source, &error), CG_INVALID, "row %zu", i);
        cr_assert(strstr(error.text, "the header \"") && !strstr(error.text, "hush"), "row %zu: %s", i, error.text);
    }
    net_fixture_done(&fixture);
}

static void answer_slowly(void *user, size_t index, const struct net_record *record, struct net_answer *ret) {
    answer_grid(user, index, record, ret);
    ret->delay_ms = 10;
}

Test(metrics_options, no_more_requests_at_once_than_allowed) {
    int most = 10;
    struct stage stage;
    stage_init(
        &stage, answer_slowly, &most,
        (struct cg_metrics_source_options){.max_points_per_query = 10, .workers = 4, .max_concurrent_requests = 2});
    struct cg_metrics_request request = fetch(&stage, &plain, START * SECOND, (START + HOUR) * SECOND, 10);
    cr_assert_null(request.error, "%s", request.error);
    cr_assert_eq(request.result->series[0]->point_count, 360);
    cr_assert_eq(net_server_count(stage.server), 36);
    cr_assert_leq(net_server_most(stage.server), 2);
    stage_done(&stage);
}

/* ---- secrets in files ---- */

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

Test(metrics_options, a_token_is_read_anew) {
    int most = 11000;
    char path[] = "/tmp/cg-token-XXXXXX";
    int fd = mkstemp(path);
    struct stage stage;
    cr_assert_geq(fd, 0);
    (void)close(fd);
    stage_init(&stage, answer_grid, &most,
               (struct cg_metrics_source_options){.auth_type = "bearer", .bearer_token_file = path});
    struct cg_metrics_request request = fetch(&stage, &plain, START * SECOND, (START + HOUR) * SECOND, 60);
    cr_assert_eq(request.status, CG_TEMPORARY);
    cr_assert(strstr(request.error, "bearer_token_file '/tmp/cg-token-") && strstr(request.error, "' is empty"), "%s",
              request.error);
    static const char *const tokens[] = {"first\n", "second", "second", "third!"};
    static const char *const sent[] = {"Bearer first", "Bearer second", "Bearer second", "Bearer third!"};
    for (size_t i = 0; i < 4; i++) {
        write_file(path, tokens[i]);
        request = fetch(&stage, &plain, START * SECOND, (START + HOUR) * SECOND, 60);
        cr_assert_null(request.error, "%s", request.error);
        cr_assert_str_eq(net_server_record(stage.server, i).authorization, sent[i]);
    }
    write_file(path, "hush h\xC3\xBCsh");
    request = fetch(&stage, &plain, START * SECOND, (START + HOUR) * SECOND, 60);
    cr_assert_eq(request.status, CG_TEMPORARY);
    cr_assert(strstr(request.error, "has characters that an HTTP header cannot carry") &&
                  !strstr(request.error, "hush"),
              "%s", request.error);
    cr_assert_eq(remove(path), 0);
    request = fetch(&stage, &plain, START * SECOND, (START + HOUR) * SECOND, 60);
    cr_assert_eq(request.status, CG_TEMPORARY);
    cr_assert(strstr(request.error, "cannot be read (No such file or directory)"), "%s", request.error);
    cr_assert_eq(net_server_count(stage.server), 4, "without a secret nothing is sent");
    stage_done(&stage);
}

Test(metrics_options, a_password_is_read_anew) {
    int most = 11000;
    char path[] = "/tmp/cg-password-XXXXXX";
    int fd = mkstemp(path);
    struct stage stage;
    cr_assert_geq(fd, 0);
    (void)close(fd);
    stage_init(&stage, answer_grid, &most,
               (struct cg_metrics_source_options){.auth_type = "basic", .username = "me", .password_file = path});
    static const char *const passwords[] = {"hush\n", "h\xC3\xBCsh"};
    static const char *const sent[] = {"Basic bWU6aHVzaA==", "Basic bWU6aMO8c2g="};
    for (size_t i = 0; i < 2; i++) {
        write_file(path, passwords[i]);
        struct cg_metrics_request request = fetch(&stage, &plain, START * SECOND, (START + HOUR) * SECOND, 60);
        cr_assert_null(request.error, "%s", request.error);
        cr_assert_str_eq(net_server_record(stage.server, i).authorization, sent[i]);
    }
    cr_assert_eq(remove(path), 0);
    stage_done(&stage);
}

Test(metrics_options, a_token_beside_a_user_in_the_url) {
    const struct cg_metrics_source_options options = {
        .url = "http://u:hush@127.0.0.1:9", .auth_type = "bearer", .bearer_token_file = "/x"};
    struct net_fixture fixture;
    struct cg_metrics_source *source = NULL;
    struct cg_error error = {0};
    net_fixture_init(&fixture);
    cr_assert_eq(cg_metrics_source_new(fixture.net, &options, NULL, &source, &error), CG_INVALID);
    cr_assert_str_eq(error.text, "the URL has a user name, so a bearer token cannot be sent");
    net_fixture_done(&fixture);
}
