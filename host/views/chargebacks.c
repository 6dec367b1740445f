#include "views/chargebacks.h"

#include "base/time.h"

#define DIMENSION                                                                                               \
    "d.dimension_id, d.env_id, d.resource_id, d.product_category, d.product_type, d.identity_id, d.cost_type, " \
    "d.allocation_method, d.allocation_detail"

static void read_dimension(struct cg_query *query, struct cg_arena *arena, struct cg_view_chargeback *row) {
    row->dimension_id = cg_query_number(query, 0);
    row->env_id = cg_query_copy(query, 1, arena);
    row->resource_id = cg_query_copy(query, 2, arena);
    row->product_category = cg_query_copy(query, 3, arena);
    row->product_type = cg_query_copy(query, 4, arena);
    row->identity_id = cg_query_copy(query, 5, arena);
    row->cost_type = cg_query_copy(query, 6, arena);
    row->allocation_method = cg_query_copy(query, 7, arena);
    row->allocation_detail = cg_query_copy(query, 8, arena);
}

static cg_status read_rows(struct cg_store *store, const struct cg_fact_set *set, const struct cg_fact_place *place,
                           struct cg_arena *arena, struct cg_view_chargeback_page *page, struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT " DIMENSION ", p.timestamp, p.amount FROM (");
    cg_fact_page_add(&select, set, place);
    cg_select_add(&select, ") p JOIN chargeback_dimensions d ON d.dimension_id = p.dimension_id "
                           "ORDER BY p.timestamp, p.dimension_id");
    cg_select_start(&select, &query, "reading chargeback rows", error);
    while (page->count < (size_t)place->limit && cg_query_row(&query)) {
        struct cg_view_chargeback *row = &page->rows[page->count++];
        read_dimension(&query, arena, row);
        row->timestamp = cg_query_time(&query, 9);
        row->amount = cg_query_copy(&query, 10, arena);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

static cg_status read_tags(struct cg_store *store, struct cg_arena *arena, struct cg_view_chargeback_page *page,
                           struct cg_error *error) {
    struct cg_row_owner *owners = cg_arena_array(arena, page->count ? page->count : 1, sizeof *owners);
    if (!owners)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < page->count; i++)
        owners[i] = (struct cg_row_owner){page->rows[i].resource_id, page->rows[i].identity_id};
    return cg_row_tags_read(store, owners, page->count, arena, &page->tags, error);
}

cg_status cg_view_chargebacks(struct cg_store *store, const struct cg_fact_set *set, int64_t offset, int64_t limit,
                              struct cg_arena *arena, struct cg_view_chargeback_page *ret, struct cg_error *error) {
    struct cg_fact_place place = {0};
    struct cg_view_chargeback_page page = {.rows =
                                               cg_arena_array(arena, limit > 0 ? (size_t)limit : 1, sizeof *page.rows)};
    if (!page.rows)
        return cg_error_no_memory(error);
    cg_status status = cg_store_begin_read(store, error);
    if (status != CG_OK)
        return status;
    status = cg_fact_locate(store, set, offset, limit, &place, error);
    if (status == CG_OK && offset < place.total)
        status = read_rows(store, set, &place, arena, &page, error);
    if (status == CG_OK)
        status = read_tags(store, arena, &page, error);
    cg_store_rollback(store);
    if (status != CG_OK)
        return status;
    page.total = place.total;
    *ret = page;
    return CG_OK;
}

cg_status cg_view_dimension(struct cg_store *store, int64_t dimension_id, struct cg_arena *arena,
                            const struct cg_view_chargeback **ret, struct cg_error *error) {
    struct cg_query query;
    struct cg_view_chargeback *row = cg_arena_alloc(arena, sizeof *row);
    int32_t found = 0;
    if (!row)
        return cg_error_no_memory(error);
    row->timestamp = CG_TIME_NONE;
    /* The number may be larger than any the column can hold. */
    cg_query_start(&query, store,
                   "SELECT " DIMENSION " FROM chargeback_dimensions d "
                   "WHERE d.ecosystem = ?1 AND d.tenant_id = ?2 AND d.dimension_id = CAST(?3 AS BIGINT)",
                   "looking for a dimension", error);
    cg_query_tenant(&query);
    cg_query_int(&query, 3, dimension_id);
    if (cg_query_row(&query)) {
        read_dimension(&query, arena, row);
        found = 1;
    }
    cg_status status = cg_query_end(&query);
    if (status == CG_OK)
        *ret = found ? row : NULL;
    return status;
}
