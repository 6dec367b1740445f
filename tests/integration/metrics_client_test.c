/* The metrics client against a real Prometheus: credentials, TLS, paths, long windows, and sums that are exact. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <uv.h>

#include "engine/services.h"
#include "engine/tenant_metrics.h"
#include "net/metrics_source.h"
#include "net/net.h"
#include "support/prometheus.h"

#define SECOND INT64_C(1000000)
#define DAY INT64_C(86400)
#define START INT64_C(1767225600) /* 2026-01-01, in seconds */
#define DAYS 10

static const char *const principal[] = {"principal"};
static const struct cg_metric_query minutes = {.struct_size = sizeof minutes, .key = "g", .expression = "g"};
static const struct cg_metric_query bytes = {.struct_size = sizeof bytes,
                                             .flags = CG_METRIC_TRAILING,
                                             .key = "bytes",
                                             .expression = "sum by (principal) (increase(bytes_total{}[1h]))",
                                             .labels = {principal, 1},
                                             .filter_label = "cluster"};

/* What bytes_total of principal `who` counted until so many minutes after START: whole numbers, a different rate each
 * hour. */
static int64_t counted(int who, int64_t minute) {
    int64_t total = 0;
    for (int64_t hour = 0; hour * 60 < minute; hour++) {
        int64_t rate = (who + 1) * 1000 + hour % 24;
        total += rate * (minute - hour * 60 < 60 ? minute - hour * 60 : 60);
    }
    return total;
}

/* g: a gauge with the number of the minute, every minute of the days. bytes_total: counters of two principals over two
 * days and an hour. odd: no number now and then. */
static char *write_metrics(int64_t days) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    cr_assert_not_null(stream);
    fprintf(stream, "# TYPE g gauge\n");
    for (int64_t i = 0; i < days * 1440; i++)
        fprintf(stream, "g %lld %lld\n", (long long)i, (long long)(START + i * 60));
    fprintf(stream, "# TYPE bytes counter\n");
    for (int who = 0; who < 2; who++)
        for (int64_t i = 0; i <= 49 * 60; i++)
            fprintf(stream, "bytes_total{principal=\"%s\",cluster=\"c\\\"1\"} %lld %lld\n", who ? "bob" : "ann",
                    (long long)counted(who, i), (long long)(START + i * 60));
    fprintf(stream, "# TYPE odd gauge\n");
    for (int64_t i = 0; i < 24; i++)
        fprintf(stream, "odd{topic=\"t\",broker=\"1\"} %s %lld\n",
                i % 3   ? "1"
                : i % 2 ? "NaN"
                        : "+Inf",
                (long long)(START + i * 3600));
    fprintf(stream, "# EOF\n");
    cr_assert_eq(fclose(stream), 0);
    return text;
}

/* ---- a stage ---- */

struct stage {
    struct cg_test_prometheus prometheus;
    uv_loop_t loop;
    int log_fd;
    struct cg_log *log;
    struct cg_net *net;
    struct cg_arena *arena;
    char logged[8192];
};

static void stage_init(struct stage *stage, struct cg_test_prometheus_options options, int64_t days) {
    struct cg_error error = {0};
    char *text = write_metrics(days);
    options.metrics = text;
    cg_test_prometheus_start(&options, &stage->prometheus);
    free(text);
    stage->log_fd = memfd_create("log", MFD_CLOEXEC);
    cr_assert_eq(uv_loop_init(&stage->loop), 0);
    cr_assert_eq(cg_log_new(stage->log_fd, CG_LOG_INFO, "%(levelname)s %(message)s", NULL, 0, &stage->log), CG_OK);
    cr_assert_eq(cg_net_new(&stage->loop, stage->log, &stage->net, &error), CG_OK, "%s", error.text);
    stage->arena = cg_arena_new();
}

static void stage_done(struct stage *stage) {
    cg_arena_free(stage->arena);
    cg_net_free(stage->net);
    cr_assert_eq(uv_loop_close(&stage->loop), 0);
    cg_log_free(stage->log);
    ssize_t length = pread(stage->log_fd, stage->logged, sizeof stage->logged - 1, 0);
    cr_assert_geq(length, 0);
    stage->logged[length] = '\0';
    (void)close(stage->log_fd);
    cg_test_prometheus_stop(&stage->prometheus);
    cr_assert_null(strstr(stage->logged, "passw0rd"), "%s", stage->logged);
}

/* Asks once, with a source of its own. */
static struct cg_metrics_request ask(struct stage *stage, struct cg_metrics_source_options options,
                                     const struct cg_metric_query *query, int64_t start, int64_t end, int64_t step) {
    static const struct cg_http_tuning quick = {.backoff_us = 20000, .least_pause_us = 20000};
    struct cg_metrics_source *source = NULL;
    struct cg_error error = {0};
    struct cg_metrics_request request = {.resource_id = "c\"1",
                                         .start = start * SECOND,
                                         .end = end * SECOND,
                                         .step_seconds = step,
                                         .queries = &query,
                                         .query_count = 1};
    options.tuning = &quick;
    if (!options.url)
        options.url = stage->prometheus.url;
    cr_assert_eq(cg_metrics_source_new(stage->net, &options, stage->log, &source, &error), CG_OK, "%s", error.text);
    cr_assert_eq(cg_metrics_source_fetch(source, &request, 1, stage->arena, &error), CG_OK, "%s", error.text);
    cg_metrics_source_free(source);
    return request;
}

static void answers(const char *what, const struct cg_metrics_request *request) {
    cr_assert_null(request->error, "%s: %s", what, request->error);
    cr_assert_eq(request->result->series_count, 1, "%s", what);
    cr_assert_eq(request->result->series[0]->point_count, 60, "%s", what);
    cr_assert(request->result->series[0]->points[59].value == 59, "%s", what);
}

static void fails(const char *what, const struct cg_metrics_request *request, const char *text) {
    cr_assert_not_null(request->error, "%s", what);
    cr_assert(strstr(request->error, text) && !strstr(request->error, "passw0rd"), "%s: %s", what, request->error);
}

/* ---- access ---- */

Test(metrics_client, credentials_below_a_path) {
    struct stage stage;
    stage_init(&stage, (struct cg_test_prometheus_options){.basic_auth = 1, .prefix = "/team/prom"}, 1);
    struct cg_metrics_source_options options = {
        .auth_type = "basic", .username = CG_TEST_PROMETHEUS_USER, .password = CG_TEST_PROMETHEUS_PASSWORD};
    struct cg_metrics_request request = ask(&stage, options, &minutes, START, START + 3600, 60);
    answers("password", &request);
    options.use_get = true;
    request = ask(&stage, options, &minutes, START, START + 3600, 60);
    answers("GET", &request);
    options.password = "passw0rd";
    request = ask(&stage, options, &minutes, START, START + 3600, 60);
    fails("wrong password", &request, "HTTP 401 Unauthorized");
    cr_assert_eq(request.status, CG_AUTH);
    cg_test_file_write(stage.prometheus.folder, "secret", CG_TEST_PROMETHEUS_PASSWORD "\n");
    char path[CG_TEST_PATH_SIZE];
    options.password_file = cg_test_path(stage.prometheus.folder, "secret", path);
    request = ask(&stage, options, &minutes, START, START + 3600, 60);
    answers("password from a file", &request);
    char *root = cg_test_format("http://127.0.0.1:%u", stage.prometheus.port);
    options.url = root;
    request = ask(&stage, options, &minutes, START, START + 3600, 60);
    fails("without its path", &request, "HTTP 404 Not Found");
    free(root);
    stage_done(&stage);
}

Test(metrics_client, an_authority_of_its_own) {
    struct stage stage;
    stage_init(&stage, (struct cg_test_prometheus_options){.tls = 1}, 1);
    struct cg_metrics_request request =
        ask(&stage, (struct cg_metrics_source_options){0}, &minutes, START, START + 3600, 60);
    fails("unknown authority", &request, "no trusted TLS connection to 127.0.0.1:");
    cr_assert_eq(request.status, CG_PERMANENT);
    struct cg_metrics_source_options options = {.tls = {.ca_file = stage.prometheus.ca_file}};
    request = ask(&stage, options, &minutes, START, START + 3600, 60);
    answers("its authority", &request);
    char *other = cg_test_format("https://localhost:%u", stage.prometheus.port);
    options.url = other;
    request = ask(&stage, options, &minutes, START, START + 3600, 60);
    fails("a name that the certificate does not have", &request, "no trusted TLS connection to localhost:");
    options = (struct cg_metrics_source_options){.tls = {.ca_file = "/does/not/exist.pem"}};
    request = ask(&stage, options, &minutes, START, START + 3600, 60);
    fails("no such file", &request, "/does/not/exist.pem");
    free(other);
    stage_done(&stage);
}

Test(metrics_client, a_certificate_of_the_client) {
    struct stage stage;
    stage_init(&stage, (struct cg_test_prometheus_options){.tls = 1, .client_certificate = 1, .basic_auth = 1}, 1);
    struct cg_metrics_source_options options = {.auth_type = "basic",
                                                .username = CG_TEST_PROMETHEUS_USER,
                                                .password = CG_TEST_PROMETHEUS_PASSWORD,
                                                .tls = {.ca_file = stage.prometheus.ca_file}};
    struct cg_metrics_request request = ask(&stage, options, &minutes, START, START + 3600, 60);
    fails("none", &request, "no trusted TLS connection to 127.0.0.1:");
    options.tls.client_certificate_file = stage.prometheus.client_certificate_file;
    options.tls.client_key_file = stage.prometheus.client_locked_key_file;
    options.tls.client_key_password = "passw0rd";
    request = ask(&stage, options, &minutes, START, START + 3600, 60);
    fails("the wrong password of the key", &request, "no trusted TLS connection to 127.0.0.1:");
    options.tls.client_key_password = NULL;
    options.tls.client_key_file = stage.prometheus.client_key_file;
    request = ask(&stage, options, &minutes, START, START + 3600, 60);
    answers("certificate and key", &request);
    options.tls.client_key_file = stage.prometheus.client_locked_key_file;
    options.tls.client_key_password = CG_TEST_PROMETHEUS_KEY_PASSWORD;
    request = ask(&stage, options, &minutes, START, START + 3600, 60);
    answers("a locked key", &request);
    char *certificate = cg_test_file_read(stage.prometheus.folder, "client.pem");
    char *key = cg_test_file_read(stage.prometheus.folder, "client.key");
    char *both = cg_test_format("%s%s", certificate, key);
    char path[CG_TEST_PATH_SIZE];
    cg_test_file_write(stage.prometheus.folder, "both.pem", both);
    options.tls =
        (struct cg_http_tls){.ca_file = stage.prometheus.ca_file,
                             .client_certificate_file = cg_test_path(stage.prometheus.folder, "both.pem", path)};
    request = ask(&stage, options, &minutes, START, START + 3600, 60);
    answers("both in one file", &request);
    free(both);
    free(key);
    free(certificate);
    stage_done(&stage);
}

/* ---- windows ---- */

Test(metrics_client, more_points_than_the_server_gives_at_once) {
    struct stage stage;
    stage_init(&stage, (struct cg_test_prometheus_options){0}, DAYS);
    struct cg_metrics_source_options whole = {.max_points_per_query = 100000};
    struct cg_metrics_request request = ask(&stage, whole, &minutes, START, START + DAYS * DAY, 60);
    fails("in one piece", &request, "HTTP 400 Bad Request (bad_data)");
    request = ask(&stage, (struct cg_metrics_source_options){0}, &minutes, START, START + DAYS * DAY, 60);
    cr_assert_null(request.error, "%s", request.error);
    cr_assert_eq(request.result->series_count, 1);
    const struct cg_metric_series *series = request.result->series[0];
    cr_assert_eq(series->point_count, DAYS * 1440);
    for (int64_t i = 0; i < DAYS * 1440; i++) {
        cr_assert_eq(series->points[i].time, (START + i * 60) * SECOND);
        cr_assert(series->points[i].value == (double)i);
    }
    stage_done(&stage);
}

/* The sum of a principal's samples. */
static double sum_of(const struct cg_metrics_request *request, const char *name) {
    double sum = 0;
    for (size_t i = 0; i < request->result->series_count; i++) {
        const struct cg_metric_series *series = request->result->series[i];
        cr_assert_eq(series->label_count, 1);
        for (size_t j = 0; j < series->point_count && strcmp(series->labels[0].value, name) == 0; j++)
            sum += series->points[j].value;
    }
    return sum;
}

Test(metrics_client, trailing_increases_count_each_hour_once) {
    static const char *const names[] = {"ann", "bob"};
    struct stage stage;
    stage_init(&stage, (struct cg_test_prometheus_options){0}, 1);
    for (int64_t day = 0; day < 2; day++) {
        struct cg_metrics_request request = ask(&stage, (struct cg_metrics_source_options){0}, &bytes,
                                                START + day * DAY, START + (day + 1) * DAY, 3600);
        cr_assert_null(request.error, "%s", request.error);
        cr_assert_eq(request.result->series_count, 2);
        cr_assert_eq(request.result->series[0]->point_count, 24);
        cr_assert_eq(request.result->series[0]->points[0].time, (START + day * DAY) * SECOND);
        for (int who = 0; who < 2; who++) {
            int64_t wanted = counted(who, (day + 1) * 1440) - counted(who, day * 1440);
            cr_assert(sum_of(&request, names[who]) == (double)wanted, "%s, day %d: %.17g instead of %lld", names[who],
                      (int)day, sum_of(&request, names[who]), (long long)wanted);
        }
    }
    stage_done(&stage);
}

/* ---- what is told ---- */

Test(metrics_client, labels_numbers_and_metrics_that_are_missing) {
    static const struct cg_metric_query odd = {
        .struct_size = sizeof odd, .key = "odd", .expression = "odd", .labels = {principal, 1}};
    static const struct cg_metric_query none = {
        .struct_size = sizeof none, .key = "none", .expression = "sum(nowhere)", .labels = {principal, 1}};
    struct stage stage;
    stage_init(&stage, (struct cg_test_prometheus_options){0}, 1);
    struct cg_metrics_request request =
        ask(&stage, (struct cg_metrics_source_options){0}, &odd, START, START + DAY, 3600);
    cr_assert_null(request.error, "%s", request.error);
    cr_assert_eq(request.result->series[0]->point_count, 16);
    cr_assert_eq(request.result->ignored_points, 8);
    (void)ask(&stage, (struct cg_metrics_source_options){0}, &none, START, START + DAY, 3600);
    stage_done(&stage);
    static const char *const lines[] = {
        "WARNING query 'odd' (odd): the label 'principal' is missing; the series have: broker, topic\n",
        "WARNING query 'odd' (odd): 8 samples were left out",
        "WARNING query 'none' (sum(nowhere)): no series; ",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        cr_assert(strstr(stage.logged, lines[i]), "%s is not in:\n%s", lines[i], stage.logged);
}

/* ---- what modules ask ---- */

Test(metrics_client, questions_of_a_module) {
    struct stage stage;
    stage_init(&stage, (struct cg_test_prometheus_options){0}, 1);
    struct cg_tenant_settings tenant = {.metrics_step_seconds = 3600, .metrics_prefetch_workers = 2};
    struct cg_tenant_metrics metrics = {.tenant = &tenant, .net = stage.net, .log = stage.log};
    struct cg_services_shared shared = {.log = stage.log, .net = stage.net, .metrics = &metrics};
    struct cg_services *services = NULL;
    cr_assert_eq(cg_services_new(&shared, "test", &services), CG_OK);
    const struct cg_host *host = &services->host;
    const struct cg_metrics_question asked[] = {
        {.struct_size = sizeof asked[0], .query = &minutes, .start = START * SECOND, .end = (START + DAY) * SECOND},
        {.struct_size = sizeof asked[0],
         .query = &minutes,
         .start = START * SECOND,
         .end = (START + DAY) * SECOND,
         .step_seconds = 60},
        {.struct_size = sizeof asked[0],
         .query = &bytes,
         .resource_id = "nobody",
         .start = START * SECOND,
         .end = (START + DAY) * SECOND},
    };
    const struct cg_metrics_question *const questions[] = {&asked[0], &asked[1], &asked[2]};
    const struct cg_metrics_answer *const *given = NULL;
    cr_assert_eq(host->metrics->fetch(host, questions, 3, &given), CG_NOT_FOUND);
    cr_assert_str_eq(cg_services_error(services, CG_NOT_FOUND),
                     "the tenant has no metrics source; set plugin_settings.metrics");
    tenant.metrics = (struct cg_metrics_settings){
        .present = 1, .url = stage.prometheus.url, .auth_type = "none", .max_points_per_query = 1000};
    cr_assert_eq(host->metrics->step_seconds(host), 3600);
    cr_assert_eq(host->metrics->fetch(host, questions, 3, &given), CG_OK, "%s", services->error.text);
    cr_assert_eq(given[0]->status, CG_OK);
    cr_assert_eq(given[0]->series[0]->point_count, 24);
    cr_assert_eq(given[1]->series[0]->point_count, 1440, "in two parts");
    cr_assert_eq(given[2]->status, CG_OK);
    cr_assert_eq(given[2]->series_count, 0);
    struct cg_metrics_source *source = NULL;
    cr_assert_eq(cg_tenant_metrics_get(&metrics, &source, NULL), CG_OK);
    cr_assert_eq(cg_metrics_source_stats(source).requests, 4, "the source is the one that was asked");
    cg_tenant_metrics_end(&metrics);
    cr_assert_null(metrics.source);
    cg_services_reset(services);
    services->shared.net = NULL;
    cr_assert_eq(host->metrics->fetch(host, questions, 3, &given), CG_INVALID);
    cr_assert_str_eq(cg_services_error(services, CG_INVALID),
                     "the metrics source is not asked while a configuration is checked");
    cg_services_free(services);
    stage_done(&stage);
}
