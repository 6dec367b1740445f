#include "engine/topic_history.h"

#include <stdlib.h>
#include <string.h>

#include "engine/topics.h"

/* Rows on their way from the store. */
struct reading {
    struct cg_topic_history history;
    struct cg_arena *arena;
};

/* What tells the rows of one line from those of another. */
static int compare_keys(const struct cg_topic_fact *left, const struct cg_topic_fact *right) {
    int order = strcmp(left->cluster_resource_id, right->cluster_resource_id);
    if (!order)
        order = strcmp(left->env_id, right->env_id);
    if (!order)
        order = (left->timestamp > right->timestamp) - (left->timestamp < right->timestamp);
    if (!order)
        order = strcmp(left->product_type, right->product_type);
    return order ? order : strcmp(left->product_category, right->product_category);
}

static int compare_rows(const void *left, const void *right) {
    return compare_keys(left, right);
}

/* Rows come by environment, cluster and topic, so most of their texts are those of the row before. */
static const char *copy(struct cg_arena *arena, const char *text, const char *before) {
    return before && strcmp(before, text) == 0 ? before : cg_arena_string(arena, text);
}

static cg_status make_room(struct reading *reading, size_t more) {
    struct cg_topic_history *history = &reading->history;
    if (history->room - history->count >= more)
        return CG_OK;
    size_t room = (history->count + more) * 2;
    struct cg_topic_fact *rows = cg_arena_array(reading->arena, room, sizeof *rows);
    if (!rows)
        return CG_NO_MEMORY;
    if (history->count)
        memcpy(rows, history->rows, history->count * sizeof *rows);
    history->rows = rows;
    history->room = room;
    return CG_OK;
}

static cg_status add_row(struct reading *reading, const struct cg_emitted_topic_row *row) {
    struct cg_topic_history *history = &reading->history;
    const struct cg_topic_fact before =
        history->count ? history->rows[history->count - 1] : (struct cg_topic_fact){.timestamp = 0};
    struct cg_arena *arena = reading->arena;
    struct cg_topic_fact *fact = &history->rows[history->count];
    *fact = (struct cg_topic_fact){
        .timestamp = row->timestamp,
        .env_id = copy(arena, row->env_id, before.env_id),
        .cluster_resource_id = copy(arena, row->cluster_resource_id, before.cluster_resource_id),
        .topic_name = copy(arena, row->topic_name, before.topic_name),
        .product_category = copy(arena, row->product_category, before.product_category),
        .product_type = copy(arena, row->product_type, before.product_type),
        .attribution_method = copy(arena, row->attribution_method, before.attribution_method),
    };
    if (!fact->env_id || !fact->cluster_resource_id || !fact->topic_name || !fact->product_category ||
        !fact->product_type || !fact->attribution_method)
        return CG_NO_MEMORY;
    /* What is no amount is nobody's: its line's rows do not sum then. */
    if (cg_decimal_parse(row->amount, strlen(row->amount), &fact->amount) == CG_OK)
        history->count++;
    return CG_OK;
}

static cg_status take_rows(void *user, const struct cg_emitted_topic_row *const *rows, size_t count) {
    struct reading *reading = user;
    cg_status status = make_room(reading, count);
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        const struct cg_emitted_topic_row *row = rows[i];
        if (row->env_id && row->cluster_resource_id && row->topic_name && row->product_category && row->product_type &&
            row->attribution_method && row->amount && strcmp(row->attribution_method, CG_TOPIC_METHOD_FAILED) != 0)
            status = add_row(reading, row);
    }
    return status;
}

cg_status cg_topic_history_read(struct cg_store *store, int64_t date, struct cg_arena *arena,
                                struct cg_topic_history *ret, struct cg_error *error) {
    struct reading reading = {.arena = arena};
    cg_status status = cg_store_each_topic_row(store, date, date + CG_DAY_US, NULL, take_rows, &reading, error);
    if (status == CG_NO_MEMORY)
        return cg_error_no_memory(error);
    if (status != CG_OK)
        return status;
    if (reading.history.count)
        qsort(reading.history.rows, reading.history.count, sizeof *reading.history.rows, compare_rows);
    *ret = reading.history;
    return CG_OK;
}

static int is_measured(const char *name, const struct cg_topic_rules *rules) {
    static const char *const others[] = {CG_TOPIC_METHOD_EVEN, CG_TOPIC_METHOD_FAILED, CG_TOPIC_METHOD_NO_METRICS,
                                         CG_TOPIC_METHOD_NO_TOPICS};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i]) == 0)
            return 0;
    for (size_t i = 0; i < rules->count; i++)
        if (!rules->methods[i].measure_count && strcmp(name, rules->methods[i].name) == 0)
            return 0;
    return 1;
}

int32_t cg_topic_history_is_measured(const struct cg_topic_history *history, const struct cg_topic_rules *rules) {
    for (size_t i = 0; i < history->count; i++)
        if (is_measured(history->rows[i].attribution_method, rules))
            return 1;
    return 0;
}

/* The first row that is not before those of the key. */
static size_t find_first(const struct cg_topic_history *history, const struct cg_topic_fact *key) {
    size_t low = 0;
    size_t high = history->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_keys(&history->rows[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many rows from `first` on are those of the key; 0 when they do not sum to the cost. */
static size_t count_rows(const struct cg_topic_history *history, size_t first, const struct cg_topic_fact *key,
                         const struct cg_decimal *cost) {
    struct cg_decimal sum = {0};
    size_t end = first;
    for (; end < history->count && compare_keys(&history->rows[end], key) == 0; end++)
        if (cg_decimal_add(&sum, &history->rows[end].amount, &sum) != CG_OK)
            return 0;
    return cg_decimal_compare(&sum, cost) == 0 ? end - first : 0;
}

cg_status cg_topic_history_keep(const struct cg_topic_history *history, struct cg_topic_rows *rows, int32_t *ret_kept,
                                struct cg_error *error) {
    const struct cg_billing_line *line = rows->line;
    const struct cg_topic_fact key = {.timestamp = line->timestamp,
                                      .env_id = line->env_id,
                                      .cluster_resource_id = line->resource_id,
                                      .product_category = line->product_category,
                                      .product_type = line->product_type};
    const size_t first = find_first(history, &key);
    const size_t count = count_rows(history, first, &key, &line->total_cost);
    cg_status status = CG_OK;
    *ret_kept = 0;
    if (!count)
        return CG_OK;
    for (size_t i = first; i < first + count && status == CG_OK; i++) {
        const struct cg_topic_fact *row = &history->rows[i];
        status = cg_topic_rows_add(rows, row->topic_name, row->attribution_method, &row->amount, error);
    }
    if (status == CG_OK)
        *ret_kept = 1;
    return status;
}
