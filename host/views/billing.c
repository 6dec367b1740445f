#include "views/billing.h"

#include "store/select.h"

static int64_t earlier(int64_t left, int64_t right) {
    return left < right ? left : right;
}

static int64_t later(int64_t left, int64_t right) {
    return left > right ? left : right;
}

/* Hours belong to days of the reader's zone, everything else to days in UTC. */
static void add_range(struct cg_select *select, const struct cg_view_billing_filter *filter) {
    cg_select_range(select, "timestamp", earlier(filter->start, filter->hourly_start),
                    later(filter->end, filter->hourly_end));
    if (filter->start == filter->hourly_start && filter->end == filter->hourly_end)
        return;
    cg_select_add(select, " AND ((granularity = 'hourly'");
    cg_select_range(select, "timestamp", filter->hourly_start, filter->hourly_end);
    cg_select_add(select, ") OR (granularity <> 'hourly'");
    cg_select_range(select, "timestamp", filter->start, filter->end);
    cg_select_add(select, "))");
}

static void add_lines(struct cg_select *select, const struct cg_view_billing_filter *filter) {
    cg_select_add(select, " FROM ");
    cg_select_add(select, cg_store_billing_table(select->store));
    cg_select_add(select, " WHERE ");
    cg_select_tenant(select, "");
    cg_select_equal(select, "product_type", filter->product_type);
    cg_select_equal(select, "resource_id", filter->resource_id);
    add_range(select, filter);
}

static cg_status count_lines(struct cg_store *store, const struct cg_view_billing_filter *filter, int64_t *ret,
                             struct cg_error *error) {
    struct cg_select select;
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT COUNT(*)");
    add_lines(&select, filter);
    return cg_select_number(&select, "counting billing lines", ret, error);
}

/* The order of the table's key, so that nothing has to be sorted. */
static void add_order(struct cg_select *select) {
    static const char *const columns[] = {"env_id", "resource_id", "product_type", "product_category"};
    cg_select_add(select, " ORDER BY timestamp");
    for (size_t i = cg_store_has_environments(select->store) ? 0 : 1; i < sizeof columns / sizeof *columns; i++) {
        cg_select_add(select, ", ");
        cg_select_add(select, columns[i]);
        cg_select_bytewise(select);
    }
}

static cg_status read_lines(struct cg_store *store, const struct cg_view_billing_filter *filter, int64_t offset,
                            int64_t limit, void (*each)(void *user, const struct cg_view_line *line), void *user,
                            struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT timestamp, resource_id, product_category, product_type, quantity, unit_price, "
                           "total_cost, currency, granularity, metadata_json");
    add_lines(&select, filter);
    add_order(&select);
    cg_select_add(&select, " LIMIT ");
    cg_select_int(&select, limit);
    cg_select_add(&select, " OFFSET ");
    cg_select_int(&select, offset);
    cg_select_start(&select, &query, "reading billing lines", error);
    while (cg_query_row(&query)) {
        const struct cg_view_line line = {
            .timestamp = cg_query_time(&query, 0),
            .resource_id = cg_query_peek(&query, 1),
            .product_category = cg_query_peek(&query, 2),
            .product_type = cg_query_peek(&query, 3),
            .quantity = cg_query_peek(&query, 4),
            .unit_price = cg_query_peek(&query, 5),
            .total_cost = cg_query_peek(&query, 6),
            .currency = cg_query_peek(&query, 7),
            .granularity = cg_query_peek(&query, 8),
            .metadata = cg_query_peek(&query, 9),
        };
        if (query.status == CG_OK)
            each(user, &line);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

cg_status cg_view_billing(struct cg_store *store, const struct cg_view_billing_filter *filter, int64_t offset,
                          int64_t limit, void (*each)(void *user, const struct cg_view_line *line), void *user,
                          int64_t *ret_total, struct cg_error *error) {
    int64_t total = 0;
    cg_status status = cg_store_begin_read(store, error);
    if (status != CG_OK)
        return status;
    status = count_lines(store, filter, &total, error);
    if (status == CG_OK && offset < total)
        status = read_lines(store, filter, offset, limit, each, user, error);
    cg_store_rollback(store);
    if (status == CG_OK)
        *ret_total = total;
    return status;
}
