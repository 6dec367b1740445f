/* What is read of the metrics, in whatever order they come. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <chitragupt/ecosystem.h>

#include "engine/topic_usage.h"

#define MOST 64

static const char *const labels[] = {"topic"};
static const struct cg_metric_query queries[] = {{.key = "in", .labels = {labels, 1}},
                                                 {.key = "kept", .labels = {labels, 1}}};
static const struct cg_topic_metric measures[] = {{sizeof(struct cg_topic_metric), CG_TOPIC_SUM, &queries[0]},
                                                  {sizeof(struct cg_topic_metric), CG_TOPIC_PEAK, &queries[1]}};
static const struct cg_topic_metric *const list[] = {&measures[0], &measures[1]};
static const char *const patterns[] = {"_*"};
static const struct cg_topic_attribution overlay = {.struct_size = sizeof overlay,
                                                    .metrics = list,
                                                    .metric_count = 2,
                                                    .topic_label = "topic",
                                                    .exclude_patterns = {patterns, 1}};

/* ---- metrics of a few numbers ---- */

struct listing {
    struct cg_metric_series series[MOST];
    struct cg_field fields[MOST];
    struct cg_metric_point points[MOST][4];
    const struct cg_metric_series *list[MOST];
    struct cg_metrics metrics;
};

/* Adds a series of at most 4 points. */
static void add(struct listing *listing, const char *key, const char *topic, const double *values, size_t count) {
    size_t at = listing->metrics.series_count++;
    struct cg_metric_series *series = &listing->series[at];
    listing->fields[at] = (struct cg_field){.key = "topic", .value = topic};
    *series = (struct cg_metric_series){.struct_size = sizeof *series,
                                        .label_count = 1,
                                        .key = key,
                                        .labels = &listing->fields[at],
                                        .points = listing->points[at]};
    for (size_t i = 0; i < count; i++)
        listing->points[at][i] = (struct cg_metric_point){(int64_t)i, values[i]};
    series->point_count = count;
    listing->list[at] = series;
    listing->metrics.series = listing->list;
}

static struct cg_topic_usage read_usage(const struct listing *listing, const char *const *known, size_t known_count,
                                        struct cg_arena *arena, uint64_t *ret_ignored) {
    struct cg_topic_usage usage = {0};
    struct cg_error error = {0};
    cr_assert_eq(cg_topic_usage_read(&overlay, listing ? &listing->metrics : NULL, known, known_count, arena, &usage,
                                     ret_ignored, &error),
                 CG_OK, "%s", error.text);
    return usage;
}

static size_t place_of(const struct cg_topic_usage *usage, const char *topic) {
    size_t place = 0;
    while (place < usage->count && strcmp(usage->names[place], topic) != 0)
        place++;
    return place;
}

/* ---- tests ---- */

static const struct {
    const char *name;
    const char *key;
    size_t count;
    double values[4];
    int32_t exists;
    double value; /* NAN: none */
} points[] = {
    {"a sum", "in", 3, {1, 2, 3.5}, 1, 6.5},
    {"nothing but zeros", "in", 2, {0, 0}, 1, 0},
    {"below zero", "in", 1, {-1}, 1, -1},
    {"what is no number is left out", "in", 4, {1, NAN, INFINITY, 2}, 1, 3},
    {"nothing but what is no number", "in", 2, {NAN, INFINITY}, 0, NAN},
    {"no points", "in", 0, {0}, 0, NAN},
    {"a compensated sum", "in", 3, {1e16, 1, -1e16}, 1, 1},
    {"a peak", "kept", 3, {2, 9, 3}, 1, 9},
    {"a peak of zero is none", "kept", 2, {0, 0}, 0, NAN},
    {"a peak below zero is none", "kept", 2, {-3, -1}, 0, NAN},
    {"a peak beside what is no number", "kept", 3, {NAN, 4, INFINITY}, 1, 4},
    {"an unknown key", "other", 1, {1}, 0, NAN},
};

Test(topic_usage, points) {
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        struct cg_arena *arena = cg_arena_new();
        struct listing listing = {0};
        uint64_t ignored = 0;
        add(&listing, points[i].key, "a", points[i].values, points[i].count);
        struct cg_topic_usage usage = read_usage(&listing, NULL, 0, arena, &ignored);
        cr_assert_eq(usage.count, (size_t)points[i].exists, "%s", points[i].name);
        if (usage.count) {
            size_t measure = strcmp(points[i].key, "kept") == 0;
            cr_assert_eq(usage.values[measure], points[i].value, "%s: %g", points[i].name, usage.values[measure]);
            cr_assert(isnan(usage.values[1 - measure]), "%s", points[i].name);
        }
        cr_assert_eq(ignored, 0);
        cg_arena_free(arena);
    }
}

Test(topic_usage, names) {
    static const char *const known[] = {"b", "_hidden", "zero", "a"};
    static const double one = 1;
    char long_name[CG_TOPIC_NAME_BYTES + 2];
    struct cg_arena *arena = cg_arena_new();
    struct listing listing = {0};
    uint64_t ignored = 0;
    memset(long_name, 'x', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    add(&listing, "in", "c", &one, 1);
    add(&listing, "in", "b", &one, 1);
    add(&listing, "in", "_schemas", &one, 1);
    add(&listing, "in", "", &one, 1);
    add(&listing, "in", NULL, &one, 1);
    add(&listing, "in", "line\nbreak", &one, 1);
    add(&listing, "in", "\xff", &one, 1);
    add(&listing, "in", long_name, &one, 1);
    add(&listing, "in", long_name + 1, &one, 1);
    struct cg_topic_usage usage = read_usage(&listing, known, 4, arena, &ignored);
    cr_assert_eq(usage.count, 5);
    cr_assert_str_eq(usage.names[0], "a");
    cr_assert_str_eq(usage.names[1], "b");
    cr_assert_str_eq(usage.names[2], "c");
    cr_assert_eq(strlen(usage.names[3]), CG_TOPIC_NAME_BYTES);
    cr_assert_str_eq(usage.names[4], "zero");
    cr_assert_eq(ignored, 5);
    cr_assert(isnan(usage.values[0]));
    cr_assert_eq(usage.values[1], 1);
    usage = read_usage(NULL, known, 4, arena, &ignored);
    cr_assert_eq(usage.count, 3);
    usage = read_usage(NULL, NULL, 0, arena, &ignored);
    cr_assert_eq(usage.count, 0);
    cg_arena_free(arena);
}

Test(topic_usage, a_method_adds_up_its_measures) {
    static const double two = 2;
    static const double three = 3;
    size_t both[] = {0, 1};
    const struct cg_topic_method methods[] = {
        {.measures = both, .measure_count = 2}, {.measures = both, .measure_count = 1}, {.measure_count = 0}};
    static const double wanted[][3] = {{5, 2, 3}, {2, 2, 0}, {0, 0, 0}};
    struct cg_arena *arena = cg_arena_new();
    struct listing listing = {0};
    uint64_t ignored = 0;
    add(&listing, "in", "a", &two, 1);
    add(&listing, "kept", "a", &three, 1);
    add(&listing, "in", "b", &two, 1);
    add(&listing, "kept", "c", &three, 1);
    struct cg_topic_usage usage = read_usage(&listing, NULL, 0, arena, &ignored);
    for (size_t i = 0; i < 3; i++) {
        double weights[3];
        cg_topic_usage_weigh(&usage, &methods[i], weights);
        for (size_t topic = 0; topic < 3; topic++)
            cr_assert_eq(weights[topic], wanted[i][topic], "method %zu, topic %zu", i, topic);
    }
    cg_arena_free(arena);
}

static uint64_t state;

static uint64_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Series of the same topics in any order come to the same bits. */
Test(topic_usage, the_order_of_series_does_not_matter) {
    static const char *const topics[] = {"a", "b", "c"};
    static const char *const keys[] = {"in", "kept"};
    state = UINT64_C(0x2545f4914f6cdd1d);
    for (int round = 0; round < 500; round++) {
        struct cg_arena *arena = cg_arena_new();
        struct listing listing = {0};
        uint64_t ignored = 0;
        for (size_t i = 0; i < MOST; i++) {
            const double values[] = {(double)(next_random() >> 12) * 1e-9, (double)(next_random() % 1000) * 1e6};
            add(&listing, keys[next_random() % 2], topics[next_random() % 3], values, 2);
        }
        struct cg_topic_usage first = read_usage(&listing, NULL, 0, arena, &ignored);
        for (size_t i = MOST - 1; i > 0; i--) {
            size_t k = next_random() % (i + 1);
            const struct cg_metric_series *swapped = listing.list[i];
            listing.list[i] = listing.list[k];
            listing.list[k] = swapped;
        }
        struct cg_topic_usage second = read_usage(&listing, NULL, 0, arena, &ignored);
        cr_assert_eq(second.count, first.count);
        cr_assert_eq(place_of(&second, "b"), 1);
        for (size_t i = 0; i < 2 * first.count; i++)
            cr_assert(first.values[i] == second.values[i], "round %d", round);
        cg_arena_free(arena);
    }
}
