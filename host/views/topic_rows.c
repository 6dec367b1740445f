#include "views/topic_rows.h"

static void build_page(struct cg_select *select, const struct cg_fact_set *set, const struct cg_fact_place *place) {
    cg_select_add(select, "SELECT p.timestamp, p.dimension_id, p.amount, d.env_id, d.cluster_resource_id, "
                          "d.topic_name, d.product_category, d.product_type, d.attribution_method FROM (");
    cg_fact_page_add(select, set, place);
    cg_select_add(select, ") p JOIN topic_attribution_dimensions d ON d.dimension_id = p.dimension_id "
                          "ORDER BY p.timestamp, p.dimension_id");
}

static cg_status read_page(struct cg_store *store, const struct cg_fact_set *set, const struct cg_fact_place *place,
                           void (*each)(void *user, const struct cg_topic_row *row), void *user,
                           struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    cg_select_init(&select, store);
    build_page(&select, set, place);
    cg_select_start(&select, &query, "reading the topic rows", error);
    while (cg_query_row(&query)) {
        const struct cg_topic_row row = {
            .timestamp = cg_query_time(&query, 0),
            .dimension_id = cg_query_number(&query, 1),
            .amount = cg_query_peek(&query, 2),
            .env_id = cg_query_peek(&query, 3),
            .cluster_resource_id = cg_query_peek(&query, 4),
            .topic_name = cg_query_peek(&query, 5),
            .product_category = cg_query_peek(&query, 6),
            .product_type = cg_query_peek(&query, 7),
            .attribution_method = cg_query_peek(&query, 8),
        };
        if (query.status == CG_OK)
            each(user, &row);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

cg_status cg_view_topic_rows(struct cg_store *store, const struct cg_fact_set *set, int64_t offset, int64_t limit,
                             void (*each)(void *user, const struct cg_topic_row *row), void *user, int64_t *ret_total,
                             struct cg_error *error) {
    struct cg_fact_place place = {0};
    cg_status status = cg_store_begin_read(store, error);
    if (status != CG_OK)
        return status;
    status = cg_fact_locate(store, set, offset, limit, &place, error);
    if (status == CG_OK && offset < place.total)
        status = read_page(store, set, &place, each, user, error);
    cg_store_rollback(store);
    if (status == CG_OK)
        *ret_total = place.total;
    return status;
}
