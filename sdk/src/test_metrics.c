/* The test host's metrics source: series that the test laid down, cut to the window of the question. */
#include "test_parts.h"

#include <inttypes.h>
#include <string.h>

#define SECOND INT64_C(1000000)

static int64_t step_seconds(const struct cg_host *host) {
    return cg_test_impl_of(host)->test->metrics_step_seconds;
}

/* The expression as it would be sent. */
static const char *render(struct cg_test_impl *impl, const struct cg_metrics_question *question) {
    const char *expression = question->query->expression;
    const char *place = strstr(expression, "{}");
    if (place == NULL) {
        return cg_test_copy(&impl->recorded, expression);
    }
    struct cg_test_text text = {.length = 0};
    cg_test_append(&text, "%.*s", (int)(place - expression), expression);
    if (question->resource_id != NULL && question->query->filter_label != NULL) {
        cg_test_append(&text, "{%s=\"", question->query->filter_label);
        for (const char *at = question->resource_id; *at != '\0'; at++) {
            if (*at == '\n') {
                cg_test_append(&text, "\\n");
            } else {
                cg_test_append(&text, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
            }
        }
        cg_test_append(&text, "\"}");
    }
    cg_test_append(&text, "%s", place + 2);
    const char *copy = cg_test_copy(&impl->recorded, text.text);
    cg_test_forget(&text);
    return copy;
}

static void record(struct cg_test_impl *impl, const struct cg_metrics_question *question, const char *expression) {
    int trailing = (question->query->flags & CG_METRIC_TRAILING) != 0;
    int64_t step = question->step_seconds > 0 ? question->step_seconds : impl->test->metrics_step_seconds;
    cg_test_append(&impl->questions, "%s %c%" PRId64 ", %" PRId64 "%c %" PRId64 "\n", expression, trailing ? '(' : '[',
                   question->start / SECOND, question->end / SECOND, trailing ? ']' : ')', step);
    impl->test->questions = impl->questions.text;
}

static const struct cg_test_metrics *find(const struct cg_test_host *test, const struct cg_metrics_question *question,
                                          const char *expression) {
    for (size_t i = 0; i < test->metrics_count; i++) {
        const struct cg_test_metrics *metrics = &test->metrics[i];
        int any_window = metrics->start == 0 && metrics->end == 0;
        if (strcmp(metrics->expression, expression) == 0 &&
            (any_window || (metrics->start == question->start && metrics->end == question->end))) {
            return metrics;
        }
    }
    return NULL;
}

/* The part of a series that answers the question, or NULL when no point of it is in the window. */
static const struct cg_metric_series *cut(struct cg_test_impl *impl, const struct cg_metrics_question *question,
                                          const struct cg_metric_series *series) {
    const struct cg_text_list *names = &question->query->labels;
    struct cg_metric_series *copy = cg_test_alloc(&impl->recorded, sizeof *copy);
    struct cg_metric_point *points = cg_test_alloc(&impl->recorded, series->point_count * sizeof *points);
    struct cg_field *labels = cg_test_alloc(&impl->recorded, names->count * sizeof *labels);
    *copy = (struct cg_metric_series){
        .struct_size = sizeof *copy, .key = question->query->key, .labels = labels, .points = points};
    for (size_t i = 0; i < series->point_count; i++) {
        if (series->points[i].time >= question->start && series->points[i].time < question->end) {
            points[copy->point_count++] = series->points[i];
        }
    }
    for (size_t i = 0; i < names->count; i++) {
        const char *value = cg_field_value(series->labels, series->label_count, names->items[i]);
        if (value != NULL) {
            labels[copy->label_count++] =
                (struct cg_field){.key = names->items[i], .value = value, .kind = CG_FIELD_STRING};
        }
    }
    return copy->point_count > 0 ? copy : NULL;
}

static const struct cg_metrics_answer *answer(struct cg_test_impl *impl, const struct cg_metrics_question *question) {
    struct cg_metrics_answer *given = cg_test_alloc(&impl->recorded, sizeof *given);
    const char *expression = render(impl, question);
    const struct cg_test_metrics *metrics = find(impl->test, question, expression);
    *given = (struct cg_metrics_answer){.struct_size = sizeof *given};
    record(impl, question, expression);
    if (metrics == NULL) {
        return given;
    }
    given->status = metrics->status;
    if (metrics->status != CG_OK) {
        given->error = metrics->error != NULL ? metrics->error : "the metrics source failed";
        return given;
    }
    const struct cg_metric_series **series =
        cg_test_alloc(&impl->recorded, metrics->series_count * sizeof(const struct cg_metric_series *));
    for (size_t i = 0; i < metrics->series_count; i++) {
        const struct cg_metric_series *part = cut(impl, question, &metrics->series[i]);
        if (part != NULL) {
            series[given->series_count++] = part;
        }
    }
    given->series = series;
    given->ignored_points = metrics->ignored_points;
    return given;
}

static cg_status fetch(const struct cg_host *host, const struct cg_metrics_question *const *questions, size_t count,
                       const struct cg_metrics_answer *const **ret) {
    struct cg_test_impl *impl = cg_test_impl_of(host);
    cg_status status = impl->test->metrics_status;
    if (status != CG_OK) {
        return host->set_error(host, status, "The metrics source cannot be asked.");
    }
    const struct cg_metrics_answer **answers =
        cg_test_alloc(&impl->recorded, count * sizeof(const struct cg_metrics_answer *));
    for (size_t i = 0; i < count; i++) {
        answers[i] = answer(impl, questions[i]);
    }
    *ret = answers;
    return CG_OK;
}

const struct cg_metrics_api cg_test_metrics_api = {
    .struct_size = sizeof(struct cg_metrics_api), .step_seconds = step_seconds, .fetch = fetch};
