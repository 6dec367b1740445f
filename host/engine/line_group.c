#include "engine/line_group.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "engine/window.h"

/* Adds the queries of a product to its group, each key once. */
static cg_status add_queries(struct cg_arena *arena, struct cg_line_group *group, const struct cg_product *product) {
    if (!product->metric_count)
        return CG_OK;
    const struct cg_metric_query **queries =
        cg_arena_array(arena, group->query_count + product->metric_count, sizeof(const struct cg_metric_query *));
    if (!queries)
        return CG_NO_MEMORY;
    size_t count = group->query_count;
    if (count)
        memcpy(queries, group->queries, count * sizeof(const struct cg_metric_query *));
    for (uint32_t i = 0; i < product->metric_count; i++) {
        size_t seen = 0;
        while (seen < count && strcmp(queries[seen]->key, product->metrics[i]->key) != 0)
            seen++;
        if (seen == count)
            queries[count++] = product->metrics[i];
    }
    group->queries = queries;
    group->query_count = count;
    return CG_OK;
}

/* The group that is there already for such lines, or NULL. Lines come by time, environment and resource, so it is
 * nearly always the last one; only windows of several lengths that begin together, and products, alternate. */
static struct cg_line_group *find_group(const struct cg_lines *lines, const struct cg_line_group *wanted) {
    for (size_t i = lines->group_count; i > 0; i--) {
        struct cg_line_group *group = &lines->groups[i - 1];
        if (group->start != wanted->start || strcmp(group->resource_id, wanted->resource_id) != 0)
            return NULL;
        if (group->end == wanted->end && group->product == wanted->product)
            return group;
    }
    return NULL;
}

cg_status cg_lines_group(const struct cg_runtime *runtime, struct cg_arena *arena, const struct cg_stored_line *lines,
                         size_t count, struct cg_lines *ret, struct cg_error *error) {
    struct cg_lines grouped = {.items = cg_arena_array(arena, count, sizeof *grouped.items),
                               .count = count,
                               .groups = cg_arena_array(arena, count, sizeof *grouped.groups)};
    const int by_product = (runtime->ecosystem->flags & CG_ECOSYSTEM_MEASURED_IDENTITIES) != 0;
    if (!grouped.items || !grouped.groups)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < count; i++) {
        const struct cg_billing_line *line = &lines[i].line;
        struct cg_line_work *item = &grouped.items[i];
        item->stored = &lines[i];
        item->binding = cg_runtime_find(runtime, line->product_type);
        int64_t end = 0;
        if (cg_window_end(runtime->tenant, line->granularity, line->timestamp, &end, NULL) != CG_OK)
            continue;
        const struct cg_line_group wanted = {.resource_id = line->resource_id,
                                             .start = line->timestamp,
                                             .end = end,
                                             .product = by_product && item->binding ? item->binding->product : NULL};
        struct cg_line_group *group = find_group(&grouped, &wanted);
        if (!group) {
            group = &grouped.groups[grouped.group_count++];
            *group = wanted;
        }
        item->group = group;
        if (item->binding && add_queries(arena, group, item->binding->product) != CG_OK)
            return cg_error_no_memory(error);
    }
    *ret = grouped;
    return CG_OK;
}

/* Whether the request before had the same outcome for the same resource, as that of another product has. */
static int is_told(const struct cg_metrics_request *requests, size_t index) {
    return index > 0 && requests[index].error && requests[index - 1].error &&
           strcmp(requests[index].resource_id, requests[index - 1].resource_id) == 0 &&
           strcmp(requests[index].error, requests[index - 1].error) == 0;
}

/* Tells which resources have to do without their metrics. */
static void note_outages(const struct cg_lines *lines, const struct cg_calculation_options *options, int64_t date,
                         struct cg_date_outcome *outcome) {
    char text[CG_TIME_TEXT_SIZE];
    cg_time_format_date(date, text);
    for (size_t i = 0; i < lines->request_count; i++) {
        const struct cg_metrics_request *request = &lines->requests[i];
        const char *reason = request->error ? request->error : "no reason given";
        if (!(request->result->flags & CG_METRICS_FETCH_FAILED))
            continue;
        if (!outcome->metrics_failed)
            snprintf(outcome->metrics_error, sizeof outcome->metrics_error, "%s", reason);
        outcome->metrics_failed = 1;
        if (is_told(lines->requests, i))
            continue;
        cg_log_write(options->runtime->shared.log, "core.engine.orchestrator", CG_LOG_WARNING,
                     "metrics_prefetch_failed tenant_name=%s tracking_date=%s resource_id=%s: %s",
                     options->runtime->tenant->name, text, request->resource_id, reason);
    }
}

cg_status cg_lines_fetch_metrics(struct cg_lines *lines, const struct cg_calculation_options *options, int64_t date,
                                 struct cg_arena *arena, struct cg_date_outcome *outcome, struct cg_error *error) {
    if (!options->metrics)
        return CG_OK;
    lines->requests = cg_arena_array(arena, lines->group_count, sizeof *lines->requests);
    if (!lines->requests)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < lines->group_count; i++) {
        struct cg_line_group *group = &lines->groups[i];
        if (!group->query_count)
            continue;
        group->request = &lines->requests[lines->request_count++];
        *group->request = (struct cg_metrics_request){
            .resource_id = group->resource_id,
            .start = group->start,
            .end = group->end,
            .queries = group->queries,
            .query_count = group->query_count,
        };
    }
    if (!lines->request_count)
        return CG_OK;
    cg_status status = cg_metrics_source_fetch(options->metrics, lines->requests, lines->request_count, arena, error);
    if (status == CG_OK)
        note_outages(lines, options, date, outcome);
    return status;
}
