#include "topic_stage.h"

#include <stdlib.h>
#include <string.h>

#include "net/metrics_source.h"

/* The stage that the metrics source belongs to. */
static struct topic_stage *current;

/* ---- the metrics source, replaced when linking ---- */

/* One series to be. */
struct wanted {
    const struct topic_sample *sample;
    uint32_t order;
};

static int is_out(const struct cg_metrics_request *request) {
    size_t length = strlen(request->resource_id);
    if (!current->outage || request->start < current->outage_start)
        return 0;
    const char *found = strstr(current->outage, request->resource_id);
    return current->outage[0] == '*' || (found && (found[length] == ' ' || !found[length]));
}

static uint32_t scramble(uint32_t number) {
    number ^= number << 13;
    number ^= number >> 17;
    number ^= number << 5;
    return number;
}

static int compare_wanted(const void *left, const void *right) {
    const struct wanted *a = left;
    const struct wanted *b = right;
    return (a->order > b->order) - (a->order < b->order);
}

static const struct cg_metric_series *make_series(struct cg_arena *arena, const char *key, const char *topic,
                                                  size_t room) {
    struct cg_metric_series *series = cg_arena_alloc(arena, sizeof *series);
    struct cg_field *labels = cg_arena_array(arena, 2, sizeof *labels);
    series->struct_size = sizeof *series;
    series->key = key;
    series->labels = labels;
    series->label_count = topic ? 2 : 1;
    labels[0] = (struct cg_field){.key = "kafka_id", .value = "x"};
    labels[1] = (struct cg_field){.key = "topic", .value = topic};
    series->points = cg_arena_array(arena, room, sizeof *series->points);
    return series;
}

/* The series of one query, in the order asked for. Without shuffling, samples of one topic that follow each other are
 * one series. */
static void put_series(const struct cg_metrics_request *request, const char *key, struct cg_arena *arena,
                       const struct cg_metric_series **list, size_t *count) {
    struct wanted wanted[TOPIC_SAMPLES];
    size_t wanted_count = 0;
    uint32_t order = current->shuffle;
    for (size_t i = 0; i < current->sample_count; i++) {
        const struct topic_sample *sample = &current->samples[i];
        if (strcmp(sample->cluster, request->resource_id) != 0 || strcmp(sample->key, key) != 0 ||
            sample->time < request->start || sample->time >= request->end)
            continue;
        order = current->shuffle ? scramble(order) : order + 1;
        wanted[wanted_count++] = (struct wanted){sample, order};
    }
    qsort(wanted, wanted_count, sizeof wanted[0], compare_wanted);
    struct cg_metric_series *series = NULL;
    for (size_t i = 0; i < wanted_count; i++) {
        const struct topic_sample *sample = wanted[i].sample;
        const char *before = i ? wanted[i - 1].sample->topic : NULL;
        int same = series && !current->shuffle && before && sample->topic && strcmp(before, sample->topic) == 0;
        if (!same) {
            series = (struct cg_metric_series *)(uintptr_t)make_series(arena, key, sample->topic, wanted_count);
            list[(*count)++] = series;
        }
        struct cg_metric_point *points = (struct cg_metric_point *)(uintptr_t)series->points;
        points[series->point_count++] = (struct cg_metric_point){sample->time, sample->value};
    }
}

static void answer(struct cg_metrics_request *request, struct cg_arena *arena) {
    struct cg_metrics *metrics = cg_arena_alloc(arena, sizeof *metrics);
    size_t room = request->query_count * TOPIC_SAMPLES;
    const struct cg_metric_series **list = cg_arena_array(arena, room, sizeof(const struct cg_metric_series *));
    char times[2][CG_TIME_TEXT_SIZE];
    size_t used = strlen(current->asked);
    snprintf(current->asked + used, sizeof current->asked - used, "%s %s %s\n", request->resource_id,
             cg_time_format_seconds(request->start, times[0]), cg_time_format_seconds(request->end, times[1]));
    metrics->struct_size = sizeof *metrics;
    metrics->series = list;
    request->result = metrics;
    request->error = NULL;
    if (is_out(request)) {
        metrics->flags = CG_METRICS_FETCH_FAILED;
        request->error = cg_arena_printf(arena, "no answer for %s", request->resource_id);
        return;
    }
    for (size_t i = 0; i < request->query_count; i++)
        put_series(request, request->queries[i]->key, arena, list, &metrics->series_count);
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker wants these names */
cg_status __wrap_cg_metrics_source_fetch(struct cg_metrics_source *source, struct cg_metrics_request *requests,
                                         size_t count, struct cg_arena *arena, struct cg_error *error);
cg_status __wrap_cg_metrics_source_fetch(struct cg_metrics_source *source, struct cg_metrics_request *requests,
                                         size_t count, struct cg_arena *arena, struct cg_error *error) {
    struct cg_store *store = current->bench.stage.store;
    (void)source;
    cr_assert_eq(cg_store_begin(store, error), CG_OK, "a transaction is open while the metrics source is asked");
    cg_store_rollback(store);
    current->fetches++;
    current->requests += count;
    for (size_t i = 0; i < count; i++)
        answer(&requests[i], arena);
    return CG_OK;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* ---- the overlay ---- */

static const char *const labels[] = {"kafka_id", "topic"};

#define QUERY(key_)                                                                                                \
    {                                                                                                              \
        .struct_size = sizeof(struct cg_metric_query), .key = (key_), .expression = "sum by (topic) (" key_ "{})", \
        .labels = {labels, 2}, .filter_label = "kafka_id"                                                          \
    }

static const struct cg_metric_query queries[] = {QUERY(IN), QUERY(OUT), QUERY(RETAINED)};

static const struct cg_topic_metric metrics[] = {
    {sizeof(struct cg_topic_metric), CG_TOPIC_SUM, &queries[0]},
    {sizeof(struct cg_topic_metric), CG_TOPIC_SUM, &queries[1]},
    {sizeof(struct cg_topic_metric), CG_TOPIC_PEAK, &queries[2]},
};
static const struct cg_topic_metric *const metric_list[] = {&metrics[0], &metrics[1], &metrics[2]};

static const char *const patterns[] = {"__consumer_offsets", "_schemas", "_confluent-*"};

/* Keys a rule can have, so that every list of them is constant. */
static const char *const key_lists[][2] = {{IN, OUT}, {OUT, NULL}, {RETAINED, NULL}};

void topic_stage_rule(struct topic_stage *stage, const char *product_type, const char *method, const char *first,
                      const char *second) {
    size_t at = 0;
    while (at < stage->overlay.rule_count && strcmp(stage->rules[at].product_type, product_type) != 0)
        at++;
    if (!method) {
        cr_assert_lt(at, stage->overlay.rule_count);
        stage->rules[at] = stage->rules[--stage->overlay.rule_count];
        return;
    }
    size_t list = 0;
    while (first && strcmp(key_lists[list][0], first) != 0)
        list++;
    cr_assert_lt(at, TOPIC_RULES);
    stage->rules[at] = (struct cg_topic_rule){
        .struct_size = sizeof stage->rules[at],
        .product_type = product_type,
        .method = method,
        .metrics = {first ? key_lists[list] : NULL, (size_t)(first != NULL) + (second != NULL)},
    };
    stage->rule_list[at] = &stage->rules[at];
    if (at == stage->overlay.rule_count)
        stage->overlay.rule_count++;
}

static void take_note(void *user, const char *text) {
    (void)user;
    size_t used = strlen(current->notes);
    snprintf(current->notes + used, sizeof current->notes - used, "%s\n", text);
}

void topic_stage_open(struct topic_stage *stage) {
    static char something;
    *stage = (struct topic_stage){.now = at("2026-02-01T12:00:00")};
    current = stage;
    bench_open(&stage->bench);
    stage->bench.observer.note = take_note;
    stage->bench.tenant.topic_attribution_retry_limit = 3;
    stage->bench.metrics = (struct cg_metrics_source *)(void *)&something;
    stage->overlay = (struct cg_topic_attribution){
        .struct_size = sizeof stage->overlay,
        .metrics = metric_list,
        .metric_count = 3,
        .rules = stage->rule_list,
        .cluster_type = "kafka_cluster",
        .cluster_prefix = "lkc-",
        .topic_label = "topic",
        .exclude_patterns = {patterns, 3},
        .retention_days = 90,
    };
    stage->bench.runtime.description.topics = &stage->overlay;
    topic_stage_rule(stage, "KAFKA_NETWORK_WRITE", "bytes_ratio", IN, NULL);
    topic_stage_rule(stage, "KAFKA_NETWORK_READ", "bytes_ratio", OUT, NULL);
    topic_stage_rule(stage, "KAFKA_NUM_CKU", "bytes_ratio", IN, OUT);
    topic_stage_rule(stage, "KAFKA_STORAGE", "retained_bytes_ratio", RETAINED, NULL);
    topic_stage_rule(stage, "KAFKA_PARTITION", "even_split", NULL, NULL);
    topic_stage_rule(stage, "KAFKA_BASE", "even_split", NULL, NULL);
}

void topic_stage_close(struct topic_stage *stage) {
    bench_close(&stage->bench);
}

void topic_stage_sample(struct topic_stage *stage, const char *key, const char *topic, const char *time, double value) {
    cr_assert_lt(stage->sample_count, TOPIC_SAMPLES);
    stage->samples[stage->sample_count++] = (struct topic_sample){"lkc-1", key, topic, at(time), value};
}

void topic_stage_topic(struct topic_stage *stage, const char *cluster, const char *topic, const char *time) {
    assert_ok(&stage->bench.stage,
              cg_store_put_topic(stage->bench.stage.store, cluster, topic, at(time), &stage->bench.stage.error));
}

static struct cg_topics_options options_of(struct topic_stage *stage) {
    return (struct cg_topics_options){
        .runtime = &stage->bench.runtime,
        .store = stage->bench.stage.store,
        .metrics = stage->bench.metrics,
        .observer = &stage->bench.observer,
        .now = stage->now,
        .start = at("2026-01-01"),
        .end = at("2026-02-01"),
    };
}

cg_status topic_stage_try(struct topic_stage *stage, const char *date, int32_t force) {
    struct cg_topics_options options = options_of(stage);
    struct cg_topic_overlay *overlay = NULL;
    stage->asked[0] = '\0';
    cg_error_clear(&stage->bench.error);
    cg_status status = cg_topic_overlay_new(&options, &overlay, &stage->bench.error);
    if (status == CG_OK)
        status = cg_topic_overlay_date(overlay, at(date), force, &stage->outcome, &stage->bench.error);
    cg_topic_overlay_free(overlay);
    return status;
}

void topic_stage_date(struct topic_stage *stage, const char *date, int32_t force) {
    cr_assert_eq(topic_stage_try(stage, date, force), CG_OK, "%s", stage->bench.error.text);
}

void topic_stage_discover(struct topic_stage *stage) {
    struct cg_topics_options options = options_of(stage);
    stage->asked[0] = '\0';
    stage->notes[0] = '\0';
    stage->result = (struct cg_topics_result){0};
    cr_assert_eq(cg_topics_discover(&options, &stage->result, &stage->bench.error), CG_OK, "%s",
                 stage->bench.error.text);
}

const char *topic_stage_rows(struct topic_stage *stage, const char *date) {
    char sql[640];
    snprintf(sql, sizeof sql,
             "SELECT d.product_type || ' ' || d.topic_name || ' ' || f.amount || ' ' || d.attribution_method FROM "
             "topic_attribution_facts f JOIN topic_attribution_dimensions d ON d.dimension_id = f.dimension_id WHERE "
             "f.timestamp >= '%s' AND f.timestamp < '%s 24' ORDER BY d.product_type, d.env_id, d.cluster_resource_id, "
             "d.topic_name, d.attribution_method, f.timestamp",
             date, date);
    return stage_rows(&stage->bench.stage, sql);
}
