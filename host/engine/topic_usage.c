#include "engine/topic_usage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/topic_patterns.h"
#include "engine/topic_split.h"

/* What one series, or the inventory, says of one topic. */
struct sample {
    const char *name;
    size_t measure; /* the number of measures: only that it exists */
    double value;
};

struct samples {
    struct sample *items;
    size_t count;
};

const char *cg_topic_of_series(const struct cg_topic_attribution *overlay, const struct cg_metric_series *series) {
    const char *name = cg_field_value(series->labels, series->label_count, overlay->topic_label);
    return name && *name && cg_text_is_clean(name, CG_TOPIC_NAME_BYTES) ? name : NULL;
}

static int compare_samples(const void *left, const void *right) {
    const struct sample *a = left;
    const struct sample *b = right;
    int names = strcmp(a->name, b->name);
    if (names)
        return names;
    if (a->measure != b->measure)
        return a->measure < b->measure ? -1 : 1;
    return (a->value > b->value) - (a->value < b->value);
}

/* ---- values ---- */

/* The sum of a series' points; NaN without any. */
static double sum_points(const struct cg_metric_series *series) {
    struct cg_topic_total total = {0};
    size_t counted = 0;
    for (size_t i = 0; i < series->point_count; i++) {
        if (!isfinite(series->points[i].value))
            continue;
        cg_topic_total_add(&total, series->points[i].value);
        counted++;
    }
    return counted ? cg_topic_total_of(&total) : NAN;
}

/* The greatest point; NaN when none is above 0. */
static double peak_of_points(const struct cg_metric_series *series) {
    double peak = 0;
    for (size_t i = 0; i < series->point_count; i++) {
        double value = series->points[i].value;
        if (isfinite(value) && value > peak)
            peak = value;
    }
    return peak > 0 ? peak : NAN;
}

/* The value of the samples [0, count) of one topic and measure, in ascending order. */
static double fold(const struct cg_topic_attribution *overlay, const struct sample *samples, size_t count) {
    if (overlay->metrics[samples[0].measure]->value == CG_TOPIC_PEAK)
        return samples[count - 1].value;
    struct cg_topic_total total = {0};
    for (size_t i = 0; i < count; i++)
        cg_topic_total_add(&total, samples[i].value);
    double sum = cg_topic_total_of(&total);
    return isfinite(sum) ? sum : NAN;
}

/* ---- samples ---- */

/* Adds what a series says. One whose points say nothing of its topic does not make it exist either. */
static void add_series(struct samples *samples, const struct cg_topic_attribution *overlay,
                       const struct cg_metric_series *series, uint64_t *ignored) {
    size_t measure = cg_topic_measure_of(overlay, series->key);
    const char *name = cg_topic_of_series(overlay, series);
    if (!name)
        ++*ignored;
    if (!name || measure == overlay->metric_count)
        return;
    int peak = overlay->metrics[measure]->value == CG_TOPIC_PEAK;
    double value = peak ? peak_of_points(series) : sum_points(series);
    if (!isnan(value))
        samples->items[samples->count++] = (struct sample){.name = name, .measure = measure, .value = value};
}

static cg_status collect(const struct cg_topic_attribution *overlay, const struct cg_metrics *metrics,
                         const char *const *known, size_t known_count, struct cg_arena *arena, struct samples *ret,
                         uint64_t *ret_ignored) {
    size_t series_count = metrics ? metrics->series_count : 0;
    struct samples samples = {.items = cg_arena_array(arena, series_count + known_count, sizeof *samples.items)};
    uint64_t ignored = 0;
    if (!samples.items)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < series_count; i++)
        add_series(&samples, overlay, metrics->series[i], &ignored);
    for (size_t i = 0; i < known_count; i++)
        samples.items[samples.count++] = (struct sample){.name = known[i], .measure = overlay->metric_count};
    if (samples.count)
        qsort(samples.items, samples.count, sizeof *samples.items, compare_samples);
    *ret = samples;
    *ret_ignored = ignored;
    return CG_OK;
}

/* How many samples from `first` on are of one topic. */
static size_t same_topic(const struct samples *samples, size_t first) {
    size_t next = first + 1;
    while (next < samples->count && strcmp(samples->items[next].name, samples->items[first].name) == 0)
        next++;
    return next - first;
}

/* Drops the samples of excluded topics; answers how many topics are left. */
static size_t exclude(const struct cg_topic_attribution *overlay, struct samples *samples) {
    size_t kept = 0;
    size_t topics = 0;
    for (size_t i = 0; i < samples->count;) {
        size_t count = same_topic(samples, i);
        if (!cg_topic_is_excluded(&overlay->exclude_patterns, samples->items[i].name)) {
            memmove(&samples->items[kept], &samples->items[i], count * sizeof *samples->items);
            kept += count;
            topics++;
        }
        i += count;
    }
    samples->count = kept;
    return topics;
}

/* Puts one topic's samples into the table. */
static void put_topic(const struct cg_topic_attribution *overlay, const struct sample *samples, size_t count,
                      size_t topic, struct cg_topic_usage *usage) {
    usage->names[topic] = samples[0].name;
    for (size_t i = 0; i < count && samples[i].measure < overlay->metric_count;) {
        size_t next = i + 1;
        while (next < count && samples[next].measure == samples[i].measure)
            next++;
        usage->values[samples[i].measure * usage->count + topic] = fold(overlay, &samples[i], next - i);
        i = next;
    }
}

cg_status cg_topic_usage_read(const struct cg_topic_attribution *overlay, const struct cg_metrics *metrics,
                              const char *const *known, size_t known_count, struct cg_arena *arena,
                              struct cg_topic_usage *ret, uint64_t *ret_ignored, struct cg_error *error) {
    struct samples samples = {0};
    cg_status status = collect(overlay, metrics, known, known_count, arena, &samples, ret_ignored);
    if (status != CG_OK)
        return cg_error_no_memory(error);
    struct cg_topic_usage usage = {.count = exclude(overlay, &samples)};
    if (usage.count > CG_TOPIC_LIMIT)
        return cg_error_set(error, CG_RANGE, "there are %zu topics, at most %zu are taken", usage.count,
                            CG_TOPIC_LIMIT);
    usage.names = cg_arena_array(arena, usage.count, sizeof(const char *));
    usage.values = cg_arena_array(arena, usage.count * overlay->metric_count, sizeof *usage.values);
    if (!usage.names || !usage.values)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < usage.count * overlay->metric_count; i++)
        usage.values[i] = NAN;
    for (size_t i = 0, topic = 0; i < samples.count; topic++) {
        size_t count = same_topic(&samples, i);
        put_topic(overlay, &samples.items[i], count, topic, &usage);
        i += count;
    }
    *ret = usage;
    return CG_OK;
}

void cg_topic_usage_weigh(const struct cg_topic_usage *usage, const struct cg_topic_method *method, double *weights) {
    for (size_t topic = 0; topic < usage->count; topic++) {
        double weight = 0;
        for (size_t i = 0; i < method->measure_count; i++) {
            double value = usage->values[method->measures[i] * usage->count + topic];
            if (!isnan(value))
                weight += value;
        }
        weights[topic] = weight;
    }
}
