#include "store/lines.h"

#include <stdlib.h>
#include <string.h>

#include "store/billing.h"
#include "store/list.h"
#include "store/metadata.h"
#include "store/private.h"
#include "store/query.h"

/* The environment is the last parameter of every statement, so that the table without it uses the same numbers. */
#define KEY_MATCH                                                                                                 \
    " WHERE ecosystem = ?1 AND tenant_id = ?2 AND timestamp = ?3 AND resource_id = ?4 AND product_type = ?5 AND " \
    "product_category = ?6"
#define UPDATE_VALUES                                                                                                \
    " SET quantity = ?7, unit_price = ?8, total_cost = ?9, currency = ?10, granularity = ?11, metadata_json = ?12, " \
    "allocation_attempts = 0, topic_attribution_attempts = 0"
#define READ_COLUMNS                                                                                       \
    "timestamp, resource_id, product_type, product_category, quantity, unit_price, total_cost, currency, " \
    "granularity, metadata_json, allocation_attempts, topic_attribution_attempts"
#define IN_RANGE " WHERE ecosystem = ?1 AND tenant_id = ?2 AND timestamp >= ?3 AND timestamp < ?4"

int cg_line_row_compare(const struct cg_line_row *left, const struct cg_line_row *right) {
    if (left->timestamp != right->timestamp)
        return left->timestamp < right->timestamp ? -1 : 1;
    int order = strcmp(left->env_id, right->env_id);
    if (order == 0)
        order = strcmp(left->resource_id, right->resource_id);
    if (order == 0)
        order = strcmp(left->product_type, right->product_type);
    return order ? order : strcmp(left->product_category, right->product_category);
}

int cg_line_row_same(const struct cg_line_row *left, const struct cg_line_row *right) {
    const char *metadata[2] = {left->metadata_json ? left->metadata_json : "",
                               right->metadata_json ? right->metadata_json : ""};
    return strcmp(left->quantity, right->quantity) == 0 && strcmp(left->unit_price, right->unit_price) == 0 &&
           strcmp(left->total_cost, right->total_cost) == 0 && strcmp(left->currency, right->currency) == 0 &&
           strcmp(left->granularity, right->granularity) == 0 && strcmp(metadata[0], metadata[1]) == 0;
}

static void bind_key(struct cg_query *query, const struct cg_line_row *row, uint32_t env_index) {
    cg_query_tenant(query);
    cg_query_seconds(query, 3, row->timestamp);
    cg_query_text(query, 4, row->resource_id);
    cg_query_text(query, 5, row->product_type);
    cg_query_text(query, 6, row->product_category);
    if (query->store->has_environments)
        cg_query_text(query, env_index, row->env_id);
}

static void bind_values(struct cg_query *query, const struct cg_line_row *row) {
    cg_query_text(query, 7, row->quantity);
    cg_query_text(query, 8, row->unit_price);
    cg_query_text(query, 9, row->total_cost);
    cg_query_text(query, 10, row->currency);
    cg_query_text(query, 11, row->granularity);
    cg_query_text(query, 12, row->metadata_json);
}

cg_status cg_line_row_insert(struct cg_store *store, const struct cg_line_row *row, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   store->has_environments
                       ? "INSERT INTO ccloud_billing (ecosystem, tenant_id, timestamp, resource_id, product_type, "
                         "product_category, quantity, unit_price, total_cost, currency, granularity, metadata_json, "
                         "env_id, allocation_attempts, topic_attribution_attempts) "
                         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0, 0)"
                       : "INSERT INTO billing (ecosystem, tenant_id, timestamp, resource_id, product_type, "
                         "product_category, quantity, unit_price, total_cost, currency, granularity, metadata_json, "
                         "allocation_attempts, topic_attribution_attempts) "
                         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0, 0)",
                   "adding a billing line", error);
    bind_key(&query, row, 13);
    bind_values(&query, row);
    return cg_query_later(&query);
}

cg_status cg_line_row_update(struct cg_store *store, const struct cg_line_row *row, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   store->has_environments ? "UPDATE ccloud_billing" UPDATE_VALUES KEY_MATCH " AND env_id = ?13"
                                           : "UPDATE billing" UPDATE_VALUES KEY_MATCH,
                   "updating a billing line", error);
    bind_key(&query, row, 13);
    bind_values(&query, row);
    return cg_query_later(&query);
}

cg_status cg_line_row_delete(struct cg_store *store, const struct cg_line_row *row, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   store->has_environments ? "DELETE FROM ccloud_billing" KEY_MATCH " AND env_id = ?7"
                                           : "DELETE FROM billing" KEY_MATCH,
                   "deleting a billing line", error);
    bind_key(&query, row, 7);
    return cg_query_later(&query);
}

static cg_status count_attempt(struct cg_store *store, uint32_t counter, const struct cg_line_attempt *attempt,
                               struct cg_error *error) {
    static const char *const sql[2][2] = {
        {"UPDATE billing SET allocation_attempts = ?7" KEY_MATCH,
         "UPDATE ccloud_billing SET allocation_attempts = ?7" KEY_MATCH " AND env_id = ?8"},
        {"UPDATE billing SET topic_attribution_attempts = ?7" KEY_MATCH,
         "UPDATE ccloud_billing SET topic_attribution_attempts = ?7" KEY_MATCH " AND env_id = ?8"}};
    const struct cg_billing_line *line = attempt->line;
    const struct cg_line_row key = {.timestamp = line->timestamp,
                                    .env_id = line->env_id,
                                    .resource_id = line->resource_id,
                                    .product_type = line->product_type,
                                    .product_category = line->product_category};
    struct cg_query query;
    int64_t changes = 0;
    cg_query_start(&query, store, sql[counter][store->has_environments ? 1 : 0], "counting an attempt", error);
    bind_key(&query, &key, 8);
    cg_query_int(&query, 7, attempt->attempts);
    cg_status status = cg_query_run(&query, &changes);
    if (status == CG_OK && changes != 1)
        status = cg_store_error(store, error, CG_NOT_FOUND, "there is no billing line %s/%s to count an attempt for",
                                key.resource_id, key.product_type);
    return status;
}

cg_status cg_lines_count_attempts(struct cg_store *store, uint32_t counter, const struct cg_line_attempt *attempts,
                                  size_t count, struct cg_error *error) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i++)
        status = count_attempt(store, counter, &attempts[i], error);
    return status;
}

static const struct cg_line_row *read_row(struct cg_query *query, struct cg_arena *arena) {
    struct cg_line_row *row = cg_arena_alloc(arena, sizeof *row);
    if (!row) {
        query->status = cg_error_no_memory(query->error);
        return NULL;
    }
    row->timestamp = cg_query_time(query, 0);
    row->resource_id = cg_query_copy(query, 1, arena);
    row->product_type = cg_query_copy(query, 2, arena);
    row->product_category = cg_query_copy(query, 3, arena);
    row->quantity = cg_query_copy(query, 4, arena);
    row->unit_price = cg_query_copy(query, 5, arena);
    row->total_cost = cg_query_copy(query, 6, arena);
    row->currency = cg_query_copy(query, 7, arena);
    row->granularity = cg_query_copy(query, 8, arena);
    row->metadata_json = cg_query_copy(query, 9, arena);
    row->attempts[CG_ATTEMPTS_ALLOCATION] = cg_query_number(query, 10);
    row->attempts[CG_ATTEMPTS_TOPICS] = cg_query_number(query, 11);
    row->env_id = query->store->has_environments ? cg_query_copy(query, 12, arena) : "";
    int whole = row->timestamp != CG_TIME_NONE && row->resource_id && row->product_type && row->product_category &&
                row->quantity && row->unit_price && row->total_cost && row->currency && row->granularity && row->env_id;
    if (!whole)
        cg_query_fail(query, CG_PERMANENT, "a billing line has NULL where a text was expected");
    return query->status == CG_OK ? row : NULL;
}

static int compare_rows(const void *left, const void *right) {
    return cg_line_row_compare(*(const struct cg_line_row *const *)left, *(const struct cg_line_row *const *)right);
}

cg_status cg_line_rows_read(struct cg_store *store, int64_t start, int64_t end, struct cg_arena *arena,
                            const struct cg_line_row *const **ret, size_t *ret_count, struct cg_error *error) {
    struct cg_query query;
    struct cg_list list = {0};
    cg_query_start(&query, store,
                   store->has_environments ? "SELECT " READ_COLUMNS ", env_id FROM ccloud_billing" IN_RANGE
                                           : "SELECT " READ_COLUMNS " FROM billing" IN_RANGE,
                   "reading the billing lines", error);
    cg_query_tenant(&query);
    cg_query_seconds(&query, 3, start);
    cg_query_seconds(&query, 4, end);
    while (cg_query_row(&query)) {
        const struct cg_line_row *row = read_row(&query, arena);
        if (row)
            query.status = cg_list_add(&list, row, error);
    }
    size_t count = list.count;
    cg_status status = cg_query_end(&query);
    if (status != CG_OK) {
        cg_list_done(&list);
        return status;
    }
    const void **rows = cg_list_move(&list, arena);
    if (!rows)
        return cg_error_no_memory(error);
    if (count > 1)
        qsort(rows, count, sizeof *rows, compare_rows);
    *ret = (const struct cg_line_row *const *)rows;
    *ret_count = count;
    return CG_OK;
}

/* One of a line's numbers; a text that is none names the line. */
static cg_status parse_amount(struct cg_store *store, const struct cg_line_row *row, const char *what, const char *text,
                              struct cg_decimal *ret, struct cg_error *error) {
    if (cg_decimal_parse(text, strlen(text), ret) == CG_OK)
        return CG_OK;
    char date[CG_TIME_TEXT_SIZE];
    return cg_store_error(store, error, CG_PERMANENT,
                          "the billing line %s/%s/%s has the %s '%.60s', which is no number", row->resource_id,
                          row->product_type, cg_time_format_date(row->timestamp, date), what, text);
}

static cg_status to_line(struct cg_store *store, const struct cg_line_row *row, struct cg_arena *arena,
                         struct cg_stored_line *ret, struct cg_error *error) {
    struct cg_billing_line *line = &ret->line;
    *ret = (struct cg_stored_line){.allocation_attempts = row->attempts[CG_ATTEMPTS_ALLOCATION],
                                   .topic_attribution_attempts = row->attempts[CG_ATTEMPTS_TOPICS]};
    line->struct_size = sizeof *line;
    line->timestamp = row->timestamp;
    line->env_id = row->env_id;
    line->resource_id = row->resource_id;
    line->product_category = row->product_category;
    line->product_type = row->product_type;
    line->currency = row->currency;
    line->granularity = row->granularity;
    cg_status status = parse_amount(store, row, "quantity", row->quantity, &line->quantity, error);
    if (status == CG_OK)
        status = parse_amount(store, row, "unit price", row->unit_price, &line->unit_price, error);
    if (status == CG_OK)
        status = parse_amount(store, row, "cost", row->total_cost, &line->total_cost, error);
    if (status != CG_OK)
        return status;
    status = cg_metadata_read(row->metadata_json, arena, &line->fields, &line->field_count);
    if (status == CG_NO_MEMORY)
        return cg_error_no_memory(error);
    if (status != CG_OK)
        status =
            cg_store_error(store, error, CG_PERMANENT, "metadata_json of the billing line %s/%s is not a JSON object",
                           row->resource_id, row->product_type);
    return status;
}

cg_status cg_store_lines_of(struct cg_store *store, int64_t date, struct cg_arena *arena, struct cg_stored_line **ret,
                            size_t *ret_count, struct cg_error *error) {
    const struct cg_line_row *const *rows = NULL;
    size_t count = 0;
    cg_status status = cg_line_rows_read(store, date, date + CG_DAY_US, arena, &rows, &count, error);
    if (status != CG_OK)
        return status;
    struct cg_stored_line *lines = cg_arena_array(arena, count ? count : 1, sizeof *lines);
    if (!lines)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < count && status == CG_OK; i++)
        status = to_line(store, rows[i], arena, &lines[i], error);
    if (status != CG_OK)
        return status;
    *ret = lines;
    *ret_count = count;
    return CG_OK;
}
