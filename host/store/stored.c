#include "store/stored.h"

#include <stdlib.h>
#include <string.h>

#include "store/dates.h"
#include "store/list.h"
#include "store/private.h"
#include "store/query.h"

static int compare_texts(const char *left, const char *right) {
    if (!left || !right)
        return (left != NULL) - (right != NULL);
    return strcmp(left, right);
}

int cg_stored_row_compare(const struct cg_stored_row *left, const struct cg_stored_row *right) {
    int order = strcmp(left->identity_id, right->identity_id);
    if (!order)
        order = strcmp(left->cost_type, right->cost_type);
    if (!order)
        order = compare_texts(left->allocation_method, right->allocation_method);
    return order ? order : compare_texts(left->allocation_detail, right->allocation_detail);
}

static int compare_rows(const void *left, const void *right) {
    return cg_stored_row_compare(left, right);
}

static const struct cg_stored_row *read_row(struct cg_query *query, struct cg_arena *arena) {
    struct cg_stored_row *row = cg_arena_alloc(arena, sizeof *row);
    if (!row) {
        query->status = cg_error_no_memory(query->error);
        return NULL;
    }
    row->identity_id = cg_query_copy(query, 0, arena);
    row->cost_type = cg_query_copy(query, 1, arena);
    row->allocation_method = cg_query_copy(query, 2, arena);
    row->allocation_detail = cg_query_copy(query, 3, arena);
    row->amount = cg_query_decimal(query, 4);
    return query->status == CG_OK ? row : NULL;
}

static cg_status move_rows(struct cg_list *list, struct cg_arena *arena, struct cg_stored_row **ret,
                           struct cg_error *error) {
    struct cg_stored_row *rows = cg_arena_array(arena, list->count ? list->count : 1, sizeof *rows);
    if (!rows)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < list->count; i++)
        rows[i] = *(const struct cg_stored_row *)list->items[i];
    if (list->count)
        qsort(rows, list->count, sizeof *rows, compare_rows);
    *ret = rows;
    return CG_OK;
}

cg_status cg_store_rows_of_line(struct cg_store *store, const struct cg_billing_line *line, struct cg_arena *arena,
                                struct cg_stored_row **ret, size_t *ret_count, struct cg_error *error) {
    struct cg_query query;
    struct cg_list list = {0};
    cg_query_start(
        &query, store,
        "SELECT d.identity_id, d.cost_type, d.allocation_method, d.allocation_detail, f.amount "
        "FROM chargeback_dimensions d CROSS JOIN chargeback_facts f WHERE f.dimension_id = d.dimension_id AND "
        "d.ecosystem = ?1 AND d.tenant_id = ?2 AND f.timestamp >= ?3 AND f.timestamp < ?4 AND d.resource_id = ?5 AND "
        "d.product_category = ?6 AND d.product_type = ?7 AND d.env_id = ?8",
        "reading the rows of a line", error);
    cg_query_tenant(&query);
    cg_query_seconds(&query, 3, line->timestamp);
    cg_query_seconds(&query, 4, line->timestamp + 1000000);
    cg_query_text(&query, 5, line->resource_id);
    cg_query_text(&query, 6, line->product_category);
    cg_query_text(&query, 7, line->product_type);
    cg_query_text(&query, 8, store->has_environments ? line->env_id : "");
    while (cg_query_row(&query)) {
        const struct cg_stored_row *row = read_row(&query, arena);
        if (row)
            query.status = cg_list_add(&list, row, error);
    }
    cg_status status = cg_query_end(&query);
    size_t count = list.count;
    if (status == CG_OK)
        status = move_rows(&list, arena, ret, error);
    cg_list_done(&list);
    if (status == CG_OK)
        *ret_count = count;
    return status;
}

cg_status cg_store_calculated(struct cg_store *store, int64_t date, struct cg_calculated *ret, struct cg_error *error) {
    struct cg_calculated calculated = {.completed_at = CG_TIME_NONE};
    struct cg_query query;
    cg_query_start(&query, store,
                   "SELECT calculation_completed_at, COALESCE(calculation_run_id, 0) FROM pipeline_state WHERE "
                   "ecosystem = ?1 AND tenant_id = ?2 AND tracking_date = ?3 AND chargeback_calculated = TRUE",
                   "reading how a date was calculated", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, date);
    if (cg_query_row(&query)) {
        calculated.is_calculated = 1;
        calculated.completed_at = cg_query_time(&query, 0);
        calculated.run_id = cg_query_number(&query, 1);
    }
    cg_status status = cg_query_end(&query);
    if (status == CG_OK)
        *ret = calculated;
    return status;
}

static cg_status last_line_before(struct cg_store *store, int64_t time, int64_t *ret, struct cg_error *error) {
    struct cg_query query;
    int64_t found = CG_TIME_NONE;
    cg_query_start(&query, store,
                   store->has_environments
                       ? "SELECT timestamp FROM ccloud_billing WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
                         "timestamp < ?3 ORDER BY timestamp DESC LIMIT 1"
                       : "SELECT timestamp FROM billing WHERE ecosystem = ?1 AND tenant_id = ?2 AND timestamp < ?3 "
                         "ORDER BY timestamp DESC LIMIT 1",
                   "looking for billing lines", error);
    cg_query_tenant(&query);
    cg_query_seconds(&query, 3, time);
    if (cg_query_row(&query))
        found = cg_query_time(&query, 0);
    cg_status status = cg_query_end(&query);
    if (status == CG_OK)
        *ret = found;
    return status;
}

cg_status cg_store_dates_around(struct cg_store *store, int64_t date, int64_t *ret_before, int64_t *ret_after,
                                struct cg_error *error) {
    int64_t end = 0;
    int64_t before = CG_TIME_NONE;
    int64_t after = CG_TIME_NONE;
    cg_time_from_date(9999, 12, 31, &end);
    cg_status status = last_line_before(store, date, &before, error);
    if (status == CG_OK)
        status = cg_dates_first_line(store, date + CG_DAY_US, end, &after, error);
    if (status != CG_OK)
        return status;
    *ret_before = before == CG_TIME_NONE ? before : cg_time_day(before);
    *ret_after = after == CG_TIME_NONE ? after : cg_time_day(after);
    return CG_OK;
}
