#include "views/allocation_issues.h"

#include <stdlib.h>
#include <string.h>

#include "store/list.h"
#include "store/select.h"

/* ---- one group for each dimension ---- */

static void add_sums(struct cg_select *select, const struct cg_view_issue_filter *filter) {
    cg_select_add(select, "SELECT d.env_id, d.resource_id, d.product_type, d.identity_id, d.allocation_detail, "
                          "d.cost_type, COUNT(*), cg_sum(f.amount) "
                          "FROM chargeback_dimensions d CROSS JOIN chargeback_facts f "
                          "WHERE f.dimension_id = d.dimension_id AND ");
    cg_select_tenant(select, "d.");
    cg_select_add(select, " AND d.allocation_detail IS NOT NULL AND d.allocation_detail NOT IN "
                          "('usage_ratio_allocation', 'even_split_allocation')");
    cg_select_equal(select, "d.identity_id", filter->identity_id);
    cg_select_equal(select, "d.product_type", filter->product_type);
    cg_select_equal(select, "d.resource_id", filter->resource_id);
    cg_select_range(select, "f.timestamp", filter->start, filter->end);
    cg_select_add(select, " GROUP BY d.dimension_id");
}

static const struct cg_view_issue *read_group(struct cg_query *query, struct cg_arena *arena) {
    struct cg_view_issue *group = cg_arena_alloc(arena, sizeof *group);
    if (!group) {
        query->status = cg_error_no_memory(query->error);
        return NULL;
    }
    group->env_id = cg_query_copy(query, 0, arena);
    group->resource_id = cg_query_copy(query, 1, arena);
    group->product_type = cg_query_copy(query, 2, arena);
    group->identity_id = cg_query_copy(query, 3, arena);
    group->allocation_detail = cg_query_copy(query, 4, arena);
    const char *cost_type = cg_query_peek(query, 5);
    if (cost_type && strcmp(cost_type, "usage") == 0)
        group->usage_cost = cg_query_decimal(query, 7);
    else if (cost_type && strcmp(cost_type, "shared") == 0)
        group->shared_cost = cg_query_decimal(query, 7);
    group->row_count = cg_query_number(query, 6);
    group->total_cost = cg_query_decimal(query, 7);
    return query->status == CG_OK ? group : NULL;
}

static cg_status read_groups(struct cg_store *store, const struct cg_view_issue_filter *filter, struct cg_arena *arena,
                             struct cg_list *groups, struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    cg_select_init(&select, store);
    add_sums(&select, filter);
    cg_select_start(&select, &query, "adding up allocation issues", error);
    while (cg_query_row(&query)) {
        const struct cg_view_issue *group = read_group(&query, arena);
        if (group)
            query.status = cg_list_add(groups, group, error);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

/* ---- those with the same texts together ---- */

static int compare_nullable(const char *left, const char *right) {
    if (!left || !right)
        return (left != NULL) - (right != NULL);
    return strcmp(left, right);
}

static int compare_texts(const void *left, const void *right) {
    const struct cg_view_issue *a = left;
    const struct cg_view_issue *b = right;
    int order = strcmp(a->env_id, b->env_id);
    if (order == 0)
        order = compare_nullable(a->resource_id, b->resource_id);
    if (order == 0)
        order = strcmp(a->product_type, b->product_type);
    if (order == 0)
        order = strcmp(a->identity_id, b->identity_id);
    return order ? order : strcmp(a->allocation_detail, b->allocation_detail);
}

static int compare_costs(const void *left, const void *right) {
    const struct cg_view_issue *a = left;
    const struct cg_view_issue *b = right;
    int order = cg_decimal_compare(&b->total_cost, &a->total_cost);
    return order ? order : compare_texts(left, right);
}

static cg_status add_group(struct cg_view_issue *sum, const struct cg_view_issue *group, struct cg_error *error) {
    sum->row_count += group->row_count;
    if (cg_decimal_add(&sum->usage_cost, &group->usage_cost, &sum->usage_cost) != CG_OK ||
        cg_decimal_add(&sum->shared_cost, &group->shared_cost, &sum->shared_cost) != CG_OK ||
        cg_decimal_add(&sum->total_cost, &group->total_cost, &sum->total_cost) != CG_OK)
        return cg_error_set(error, CG_PERMANENT,
                            "adding up allocation issues: the cost of '%s' has more than 38 digits", sum->identity_id);
    return CG_OK;
}

static cg_status join_groups(const struct cg_list *groups, struct cg_arena *arena, struct cg_view_issue **ret,
                             size_t *ret_count, struct cg_error *error) {
    struct cg_view_issue *issues = cg_arena_array(arena, groups->count ? groups->count : 1, sizeof *issues);
    size_t count = 0;
    if (!issues)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < groups->count; i++)
        issues[i] = *(const struct cg_view_issue *)groups->items[i];
    if (groups->count > 1)
        qsort(issues, groups->count, sizeof *issues, compare_texts);
    for (size_t i = 0; i < groups->count; i++) {
        if (count == 0 || compare_texts(&issues[count - 1], &issues[i]) != 0)
            issues[count++] = issues[i];
        else if (add_group(&issues[count - 1], &issues[i], error) != CG_OK)
            return CG_PERMANENT;
    }
    if (count > 1)
        qsort(issues, count, sizeof *issues, compare_costs);
    *ret = issues;
    *ret_count = count;
    return CG_OK;
}

cg_status cg_view_issues(struct cg_store *store, const struct cg_view_issue_filter *filter, struct cg_arena *arena,
                         struct cg_view_issue **ret, size_t *ret_count, struct cg_error *error) {
    struct cg_list groups = {0};
    cg_status status = read_groups(store, filter, arena, &groups, error);
    if (status == CG_OK)
        status = join_groups(&groups, arena, ret, ret_count, error);
    cg_list_done(&groups);
    return status;
}
