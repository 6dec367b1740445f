#include "engine/topic_groups.h"

#include <stdlib.h>
#include <string.h>

#include "engine/window.h"

/* The chargeback rows tell of a granularity nobody knows; here the day that a line stands for will do. */
static int64_t end_of(const struct cg_runtime *runtime, const struct cg_billing_line *line) {
    int64_t end = 0;
    if (cg_window_end(runtime->tenant, line->granularity, line->timestamp, &end, NULL) == CG_OK)
        return end;
    return line->timestamp + CG_DAY_US;
}

static void pick_lines(const struct cg_runtime *runtime, const struct cg_topic_rules *rules,
                       const struct cg_stored_line *lines, size_t count, struct cg_topic_groups *groups) {
    const char *prefix = rules->overlay->cluster_prefix;
    size_t length = strlen(prefix);
    for (size_t i = 0; i < count; i++) {
        const struct cg_billing_line *line = &lines[i].line;
        const struct cg_topic_method *method = NULL;
        if (strncmp(line->resource_id, prefix, length) == 0)
            method = cg_topic_rules_find(rules, line->product_type);
        if (method)
            groups->lines[groups->line_count++] = (struct cg_topic_line){
                .stored = &lines[i], .method = method, .number = i, .end = end_of(runtime, line)};
    }
}

/* By cluster, or by cluster and window. */
static int compare_keys(const struct cg_topic_line *left, const struct cg_topic_line *right, int windows) {
    const struct cg_billing_line *a = &left->stored->line;
    const struct cg_billing_line *b = &right->stored->line;
    int order = strcmp(a->resource_id, b->resource_id);
    if (!order)
        order = strcmp(a->env_id, b->env_id);
    if (!order && windows)
        order = (a->timestamp > b->timestamp) - (a->timestamp < b->timestamp);
    if (!order && windows)
        order = (left->end > right->end) - (left->end < right->end);
    return order;
}

static int compare_lines(const void *left, const void *right) {
    const struct cg_topic_line *a = left;
    const struct cg_topic_line *b = right;
    int order = compare_keys(a, b, 1);
    return order ? order : (a->number > b->number) - (a->number < b->number);
}

/* Cuts the sorted lines into windows and clusters. */
static void cut_lines(struct cg_topic_groups *groups) {
    struct cg_topic_window *window = NULL;
    struct cg_topic_cluster *cluster = NULL;
    for (size_t i = 0; i < groups->line_count; i++) {
        const struct cg_topic_line *item = &groups->lines[i];
        const struct cg_billing_line *line = &item->stored->line;
        int new_cluster = i == 0 || compare_keys(item - 1, item, 0) != 0;
        int new_window = i == 0 || compare_keys(item - 1, item, 1) != 0;
        if (new_window) {
            window = &groups->windows[groups->window_count++];
            *window = (struct cg_topic_window){.start = line->timestamp, .end = item->end, .lines = item};
        }
        if (new_cluster) {
            cluster = &groups->clusters[groups->cluster_count++];
            *cluster = (struct cg_topic_cluster){.env_id = line->env_id, .id = line->resource_id, .windows = window};
        }
        cluster->window_count += new_window != 0;
        window->line_count++;
    }
}

cg_status cg_topic_groups_make(const struct cg_runtime *runtime, const struct cg_topic_rules *rules,
                               const struct cg_stored_line *lines, size_t count, struct cg_arena *arena,
                               struct cg_topic_groups *ret, struct cg_error *error) {
    struct cg_topic_groups groups = {
        .lines = cg_arena_array(arena, count, sizeof *groups.lines),
        .windows = cg_arena_array(arena, count, sizeof *groups.windows),
        .clusters = cg_arena_array(arena, count, sizeof *groups.clusters),
    };
    if (!groups.lines || !groups.windows || !groups.clusters)
        return cg_error_no_memory(error);
    pick_lines(runtime, rules, lines, count, &groups);
    if (groups.line_count)
        qsort(groups.lines, groups.line_count, sizeof *groups.lines, compare_lines);
    cut_lines(&groups);
    *ret = groups;
    return CG_OK;
}

cg_status cg_topic_groups_fetch(struct cg_topic_groups *groups, const struct cg_topic_rules *rules,
                                struct cg_metrics_source *metrics, struct cg_arena *arena, struct cg_error *error) {
    size_t query_count = rules->overlay->metric_count;
    if (!metrics || !query_count || !groups->window_count)
        return CG_OK;
    struct cg_metrics_request *requests = cg_arena_array(arena, groups->window_count, sizeof *requests);
    if (!requests)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < groups->window_count; i++) {
        struct cg_topic_window *window = &groups->windows[i];
        window->request = &requests[i];
        requests[i] = (struct cg_metrics_request){
            .resource_id = window->lines->stored->line.resource_id,
            .start = window->start,
            .end = window->end,
            .queries = rules->queries,
            .query_count = query_count,
        };
    }
    groups->requests = requests;
    groups->request_count = groups->window_count;
    return cg_metrics_source_fetch(metrics, requests, groups->request_count, arena, error);
}
