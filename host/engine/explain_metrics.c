/*
 * explain_metrics.c - what the metrics source was asked and answered.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/explain_parts.h"
#include "net/http_address.h"
#include "net/metrics_source.h"

/* How many totals of a query are listed: the largest. */
#define TOTALS_LISTED 10

/* Longest name of a series. */
#define NAME_BYTES 1024

/* What all points of the series with one name add up to. */
struct total {
    const char *name; /* "principal_id=sa-1, statement=s" */
    double sum;
};

/* Without user, password, query and fragment, which may hold secrets. */
static void say_source(struct cg_explanation *explanation, const char *url) {
    struct cg_http_address address;
    cg_status status = cg_http_address_init(&address, url, 1, 1, explanation->error);
    if (status != CG_OK) {
        explanation->status = status;
        return;
    }
    cg_explain_say(explanation, 1, "metrics: from %s", address.base);
    cg_http_address_done(&address);
}

/* ---- totals ---- */

/* Its labels without the one that is the line's resource. */
static const char *name_of(struct cg_explanation *explanation, const struct cg_metric_series *series,
                           const char *filter_label) {
    struct cg_buf name;
    cg_buf_init(&name, NAME_BYTES);
    for (uint32_t i = 0; i < series->label_count; i++) {
        const struct cg_field *label = &series->labels[i];
        if (filter_label && strcmp(label->key, filter_label) == 0)
            continue;
        cg_buf_printf(&name, "%s%s=%s", name.length ? ", " : "", label->key, label->value ? label->value : "");
    }
    const char *text = name.status == CG_RANGE ? "(labels too long to be shown)" : cg_buf_text(&name);
    const char *copy = cg_arena_string(explanation->arena, *text ? text : "(no label)");
    cg_buf_done(&name);
    if (!copy)
        explanation->status = cg_error_no_memory(explanation->error);
    return copy;
}

static int compare_names(const void *left, const void *right) {
    const struct total *a = left;
    const struct total *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : (a->sum > b->sum) - (a->sum < b->sum);
}

static int compare_sums(const void *left, const void *right) {
    const struct total *a = left;
    const struct total *b = right;
    int order = (a->sum < b->sum) - (a->sum > b->sum);
    return order ? order : strcmp(a->name, b->name);
}

/* The series of one query by name, added up, the largest first. `count` is that of the series before and of the names
 * after. */
static void add_up(struct total *totals, size_t *count) {
    size_t used = 0;
    if (*count)
        qsort(totals, *count, sizeof *totals, compare_names);
    for (size_t i = 0; i < *count; i++) {
        if (used && strcmp(totals[used - 1].name, totals[i].name) == 0)
            totals[used - 1].sum += totals[i].sum;
        else
            totals[used++] = totals[i];
    }
    if (used)
        qsort(totals, used, sizeof *totals, compare_sums);
    *count = used;
}

static void say_query(struct cg_explanation *explanation, const struct cg_metrics *metrics,
                      const struct cg_metric_query *query, int is_own) {
    struct total *totals = cg_explain_array(explanation, metrics->series_count, sizeof *totals);
    size_t count = 0;
    size_t points = 0;
    for (size_t i = 0; i < metrics->series_count && totals; i++) {
        const struct cg_metric_series *series = metrics->series[i];
        if (strcmp(series->key, query->key) != 0)
            continue;
        struct total *total = &totals[count];
        total->name = name_of(explanation, series, query->filter_label);
        if (!total->name)
            return;
        for (size_t p = 0; p < series->point_count; p++)
            total->sum += series->points[p].value;
        points += series->point_count;
        count++;
    }
    cg_explain_say(explanation, 2, "%s: %zu series, %zu point%s%s", query->key, count, points,
                   CG_EXPLAIN_PLURAL(points), is_own ? "" : ", asked for by another product of this resource");
    if (!totals)
        return;
    add_up(totals, &count);
    size_t told = count < TOTALS_LISTED ? count : TOTALS_LISTED;
    for (size_t i = 0; i < told; i++) {
        char sum[CG_DECIMAL_TEXT_SIZE];
        cg_explain_say(explanation, 3, "%s: %s", totals[i].name, cg_explain_number(totals[i].sum, sum));
    }
    cg_explain_say_more(explanation, 3, told, count);
}

static int asks_for(const struct cg_binding *binding, const char *key) {
    const struct cg_product *product = binding ? binding->product : NULL;
    for (uint32_t i = 0; product && i < product->metric_count; i++)
        if (strcmp(product->metrics[i]->key, key) == 0)
            return 1;
    return 0;
}

void cg_explain_metrics(struct cg_explanation *explanation, const struct cg_line_story *story) {
    const struct cg_metrics_request *request = story->request;
    const char *url = explanation->runtime->tenant->metrics.url;
    if (!story->has_metrics_source) {
        cg_explain_say(explanation, 1, "metrics: none, because no metrics source is configured");
        return;
    }
    if (!request) {
        const char *why = story->window_end == CG_TIME_NONE           ? "the window is not known"
                          : story->binding && story->binding->product ? "this product asks for none"
                                                                      : "no service handles this product type";
        cg_explain_say(explanation, 1, "metrics: none, because %s", why);
        return;
    }
    say_source(explanation, url ? url : "");
    const struct cg_metrics *metrics = request->result;
    if (!metrics || (metrics->flags & CG_METRICS_FETCH_FAILED)) {
        cg_explain_say(explanation, 2, "failed: %s", request->error ? request->error : "no reason was given");
        return;
    }
    for (size_t i = 0; i < request->query_count; i++)
        say_query(explanation, metrics, request->queries[i], asks_for(story->binding, request->queries[i]->key));
    if (metrics->ignored_points)
        cg_explain_say(explanation, 2, "left out: %llu point%s, not finite or no number",
                       (unsigned long long)metrics->ignored_points, CG_EXPLAIN_PLURAL(metrics->ignored_points));
}
