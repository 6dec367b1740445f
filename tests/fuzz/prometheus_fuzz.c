/*
 * Feeds any bytes to the reader of Prometheus answers. What it accepts must hold what prometheus.h promises.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>

#include "base/text.h"
#include "net/metrics_notes.h"
#include "net/metrics_reason.h"
#include "net/prometheus.h"

#define START INT64_C(1717200000000000)
#define END INT64_C(1717286400000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth) {
    if (!truth)
        abort();
}

static void check_series(const struct cg_metric_series *series, const struct cg_metric_query *query) {
    require(series->key == query->key && series->label_count <= query->labels.count && series->point_count > 0);
    for (size_t i = 0; i < series->label_count; i++)
        require(series->labels[i].key && strlen(series->labels[i].value) < SIZE_MAX);
    for (size_t i = 0; i < series->point_count; i++) {
        const struct cg_metric_point *point = &series->points[i];
        require(point->time >= START && point->time < END && isfinite(point->value));
        require(i == 0 || point->time > series->points[i - 1].time);
    }
}

static void check_notes(const struct cg_prometheus_answer *answer) {
    require(answer->count <= answer->seen && answer->name_count <= CG_PROMETHEUS_NAMES_MAX &&
            answer->warning_count <= CG_PROMETHEUS_WARNINGS_MAX && (answer->found | answer->lacking) <= 3);
    for (size_t i = 1; i < answer->name_count; i++)
        require(strcmp(answer->names[i - 1], answer->names[i]) < 0);
    for (size_t i = 0; i < answer->warning_count; i++)
        require(answer->warnings[i][0] && strlen(answer->warnings[i]) <= CG_PROMETHEUS_WARNING_SIZE &&
                !strchr(answer->warnings[i], '\n'));
}

/* What is told of an answer, twice: of all that there is. */
static void tell(const struct cg_metric_query *query, const struct cg_prometheus_answer *answer) {
    static struct cg_log *log;
    if (!log)
        require(cg_log_new(open("/dev/null", O_WRONLY | O_CLOEXEC), CG_LOG_DEBUG, CG_LOG_FORMAT, NULL, 0, &log) ==
                CG_OK);
    struct cg_metrics_notes *notes = cg_metrics_notes_new(log);
    require(notes != NULL);
    cg_metrics_notes_answer(notes, query, answer);
    cg_metrics_notes_answer(notes, query, answer);
    cg_metrics_notes_free(notes);
}

/* What is told of an error: clean, short, and without secrets. */
static void check_reason(const char *body, size_t size) {
    static char password[] = "hush";
    static char token[] = "tok&en";
    static char username[] = "me";
    static char query[] = "key=0123456789";
    static char line[] = "X-Key: 9876543210";
    static struct curl_slist header = {.data = line};
    const struct cg_http_client client = {.password = password,
                                          .bearer_token = token,
                                          .username = username,
                                          .headers = &header,
                                          .address = {.query = query}};
    struct cg_metrics_reason reason;
    require(cg_metrics_reason_read(&client, body, size, &reason) == CG_OK);
    require(cg_text_is_clean(reason.text, sizeof reason.text - 1));
    require(!strstr(reason.text, password) && !strstr(reason.text, token) && !strstr(reason.text, "0123456789") &&
            !strstr(reason.text, "9876543210"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const labels[] = {"kafka_id", "principal_id"};
    static const struct cg_metric_query query = {
        .struct_size = sizeof query, .key = "bytes", .expression = "x{}", .labels = {labels, 2}};
    struct cg_arena *arena = cg_arena_new();
    char *body = malloc(size ? size : 1);
    static const struct cg_prometheus_question question = {.query = &query, .start = START, .end = END};
    struct cg_prometheus_answer answer = {0};
    struct cg_error error;
    require(arena && body);
    if (size)
        memcpy(body, data, size);
    cg_status status = cg_prometheus_parse(body, size, &question, arena, &answer, &error);
    require(status == CG_OK || status == CG_PERMANENT);
    for (size_t i = 0; i < answer.count; i++)
        check_series(answer.series[i], &query);
    check_notes(&answer);
    tell(&query, &answer);
    check_reason(body, size);
    free(body);
    cg_arena_free(arena);
    return 0;
}
