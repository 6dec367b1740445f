#include "engine/topic_rows.h"

#include <stdlib.h>

void cg_topic_rows_done(struct cg_topic_rows *rows) {
    free(rows->items);
    *rows = (struct cg_topic_rows){0};
}

void cg_topic_rows_clear(struct cg_topic_rows *rows) {
    rows->count = 0;
    rows->line_start = 0;
}

void cg_topic_rows_begin(struct cg_topic_rows *rows, const struct cg_billing_line *line) {
    rows->line_start = rows->count;
    rows->line = line;
}

static cg_status grow(struct cg_topic_rows *rows, struct cg_error *error) {
    if (rows->count >= CG_TOPIC_ROWS_LIMIT)
        return cg_error_set(error, CG_RANGE, "the date has more than %zu topic rows", CG_TOPIC_ROWS_LIMIT);
    size_t room = rows->room ? rows->room * 2 : 1024;
    struct cg_topic_fact *items = realloc(rows->items, room * sizeof *items);
    if (!items)
        return cg_error_no_memory(error);
    rows->items = items;
    rows->room = room;
    return CG_OK;
}

cg_status cg_topic_rows_add(struct cg_topic_rows *rows, const char *topic, const char *method,
                            const struct cg_decimal *amount, struct cg_error *error) {
    cg_status status = rows->count == rows->room ? grow(rows, error) : CG_OK;
    if (status != CG_OK)
        return status;
    rows->items[rows->count++] = (struct cg_topic_fact){
        .timestamp = rows->line->timestamp,
        .env_id = rows->line->env_id,
        .cluster_resource_id = rows->line->resource_id,
        .topic_name = topic,
        .product_category = rows->line->product_category,
        .product_type = rows->line->product_type,
        .attribution_method = method,
        .amount = *amount,
    };
    return CG_OK;
}

cg_status cg_topic_rows_check(const struct cg_topic_rows *rows, struct cg_error *error) {
    struct cg_decimal sum = {0};
    for (size_t i = rows->line_start; i < rows->count; i++)
        if (cg_decimal_add(&sum, &rows->items[i].amount, &sum) != CG_OK)
            return cg_error_set(error, CG_RANGE, "the sum of the topic rows of %s on %s does not fit",
                                rows->line->product_type, rows->line->resource_id);
    if (rows->count > rows->line_start && cg_decimal_compare(&sum, &rows->line->total_cost) == 0)
        return CG_OK;
    char found[CG_DECIMAL_TEXT_SIZE];
    char wanted[CG_DECIMAL_TEXT_SIZE];
    cg_decimal_format(&sum, found);
    cg_decimal_format(&rows->line->total_cost, wanted);
    return cg_error_set(error, CG_PERMANENT, "the %zu topic rows of %s on %s sum to %s, but the line costs %s",
                        rows->count - rows->line_start, rows->line->product_type, rows->line->resource_id, found,
                        wanted);
}
