#include "views/portal.h"

#include <stdlib.h>
#include <string.h>

#include "store/select.h"

/* ---- costs of one tenant ---- */

static void add_groups(struct cg_select *select, int64_t start, int64_t end) {
    int32_t has_environments = cg_store_has_environments(select->store);
    cg_select_add(select, "SELECT product_category, currency, COUNT(*), cg_sum(total_cost), "
                          "cg_sum(CASE WHEN SUBSTR(total_cost, 1, 1) = '-' THEN total_cost ELSE '0' END)");
    if (has_environments)
        cg_select_add(select, ", env_id");
    cg_select_add(select, " FROM ");
    cg_select_add(select, cg_store_billing_table(select->store));
    cg_select_add(select, " WHERE ");
    cg_select_tenant(select, "");
    cg_select_range(select, "timestamp", start, end);
    cg_select_add(select, " GROUP BY product_category, currency");
    if (has_environments)
        cg_select_add(select, ", env_id");
}

static const char *text_or_empty(const char *text) {
    return text ? text : "";
}

static const struct cg_view_cost *read_cost(struct cg_query *query, int32_t has_environments, struct cg_arena *arena) {
    struct cg_view_cost *cost = cg_arena_alloc(arena, sizeof *cost);
    if (!cost) {
        query->status = cg_error_no_memory(query->error);
        return NULL;
    }
    *cost = (struct cg_view_cost){
        .product = text_or_empty(cg_query_copy(query, 0, arena)),
        .currency = text_or_empty(cg_query_copy(query, 1, arena)),
        .records = cg_query_number(query, 2),
        .net = cg_query_decimal(query, 3),
        .credits = cg_query_decimal(query, 4),
        .environment = has_environments ? text_or_empty(cg_query_copy(query, 5, arena)) : "",
    };
    return query->status == CG_OK ? cost : NULL;
}

cg_status cg_view_costs(struct cg_store *store, int64_t start, int64_t end, struct cg_arena *arena,
                        struct cg_list *costs, struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    cg_select_init(&select, store);
    add_groups(&select, start, end);
    cg_select_start(&select, &query, "adding up the bill", error);
    while (cg_query_row(&query)) {
        const struct cg_view_cost *cost = read_cost(&query, cg_store_has_environments(store), arena);
        if (cost)
            query.status = cg_list_add(costs, cost, error);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

/* ---- costs of all of them ---- */

static int compare_products(const void *left, const void *right) {
    return strcmp(((const struct cg_view_cost *)left)->product, ((const struct cg_view_cost *)right)->product);
}

static int compare_environments(const void *left, const void *right) {
    return strcmp(((const struct cg_view_cost *)left)->environment, ((const struct cg_view_cost *)right)->environment);
}

cg_status cg_view_cost_add(struct cg_view_cost *sum, const struct cg_view_cost *cost, struct cg_error *error) {
    struct cg_decimal net;
    struct cg_decimal credits;
    if (cg_decimal_add(&sum->net, &cost->net, &net) != CG_OK ||
        cg_decimal_add(&sum->credits, &cost->credits, &credits) != CG_OK)
        return cg_error_set(error, CG_RANGE, "the costs of this period add up to more than 38 digits");
    sum->net = net;
    sum->credits = credits;
    sum->records += cost->records;
    return CG_OK;
}

cg_status cg_view_costs_join(const struct cg_list *costs, enum cg_view_cost_key key, struct cg_arena *arena,
                             struct cg_view_cost **ret, size_t *ret_count, struct cg_error *error) {
    int (*compare)(const void *, const void *) = key == CG_VIEW_COST_PRODUCT ? compare_products : compare_environments;
    struct cg_view_cost *sums = cg_arena_array(arena, costs->count ? costs->count : 1, sizeof *sums);
    size_t count = 0;
    if (!sums)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < costs->count; i++)
        sums[i] = *(const struct cg_view_cost *)costs->items[i];
    if (costs->count > 1)
        qsort(sums, costs->count, sizeof *sums, compare);
    for (size_t i = 0; i < costs->count; i++) {
        if (count == 0 || compare(&sums[count - 1], &sums[i]) != 0)
            sums[count++] = sums[i];
        else if (cg_view_cost_add(&sums[count - 1], &sums[i], error) != CG_OK)
            return CG_RANGE;
    }
    *ret = sums;
    *ret_count = count;
    return CG_OK;
}

/* ---- places ---- */

cg_status cg_view_places(struct cg_store *store, int32_t clusters,
                         void (*each)(void *user, const struct cg_view_place *place), void *user,
                         struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT resource_id, display_name, parent_id, cloud, region, resource_type, status "
                           "FROM resources WHERE ");
    cg_select_tenant(&select, "");
    cg_select_add(&select, clusters ? " AND resource_type IN ('kafka_cluster', 'dedicated_cluster', 'cluster')"
                                    : " AND resource_type = 'environment'");
    cg_select_add(&select, " ORDER BY resource_id");
    cg_select_bytewise(&select);
    cg_select_start(&select, &query, clusters ? "listing clusters" : "listing environments", error);
    while (cg_query_row(&query)) {
        const struct cg_view_place place = {
            .id = cg_query_peek(&query, 0),
            .name = cg_query_peek(&query, 1),
            .parent_id = cg_query_peek(&query, 2),
            .cloud = cg_query_peek(&query, 3),
            .region = cg_query_peek(&query, 4),
            .type = cg_query_peek(&query, 5),
            .status = cg_query_peek(&query, 6),
        };
        if (query.status == CG_OK)
            each(user, &place);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}
