#include "store/report.h"

#include <stdlib.h>
#include <string.h>

#include "store/dates.h"
#include "store/list.h"
#include "store/private.h"
#include "store/query.h"

static const struct cg_owed *read_owed(struct cg_query *query, struct cg_arena *arena) {
    struct cg_owed *owed = cg_arena_alloc(arena, sizeof *owed);
    if (!owed) {
        query->status = cg_error_no_memory(query->error);
        return NULL;
    }
    owed->identity_id = cg_query_copy(query, 0, arena);
    owed->identity_name = cg_query_copy(query, 1, arena);
    owed->identity_type = cg_query_copy(query, 2, arena);
    owed->product_type = cg_query_copy(query, 3, arena);
    owed->amount = cg_query_decimal(query, 4);
    owed->rows = (uint64_t)cg_query_number(query, 5);
    return query->status == CG_OK ? owed : NULL;
}

static int compare_owed(const void *left, const void *right) {
    const struct cg_owed *a = left;
    const struct cg_owed *b = right;
    int order = cg_decimal_compare(&b->amount, &a->amount);
    if (order == 0)
        order = strcmp(a->identity_id, b->identity_id);
    return order ? order : strcmp(a->product_type, b->product_type);
}

static cg_status move_owed(struct cg_list *list, struct cg_arena *arena, struct cg_owed **ret, struct cg_error *error) {
    struct cg_owed *items = cg_arena_array(arena, list->count ? list->count : 1, sizeof *items);
    if (!items)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < list->count; i++)
        items[i] = *(const struct cg_owed *)list->items[i];
    if (list->count > 1)
        qsort(items, list->count, sizeof *items, compare_owed);
    *ret = items;
    return CG_OK;
}

cg_status cg_store_report(struct cg_store *store, int64_t start, int64_t end, struct cg_arena *arena,
                          struct cg_owed **ret, size_t *ret_count, struct cg_error *error) {
    struct cg_query query;
    struct cg_list list = {0};
    cg_query_start(&query, store,
                   "SELECT d.identity_id, i.display_name, i.identity_type, d.product_type, cg_sum(f.amount), COUNT(*) "
                   "FROM chargeback_facts f CROSS JOIN chargeback_dimensions d "
                   "LEFT JOIN identities i ON i.ecosystem = d.ecosystem AND i.tenant_id = d.tenant_id AND "
                   "i.identity_id = d.identity_id WHERE d.dimension_id = f.dimension_id AND d.ecosystem = ?1 AND "
                   "d.tenant_id = ?2 AND f.timestamp >= ?3 AND f.timestamp < ?4 "
                   "GROUP BY d.identity_id, i.display_name, i.identity_type, d.product_type",
                   "adding up who owes what", error);
    cg_query_tenant(&query);
    cg_query_seconds(&query, 3, start);
    cg_query_seconds(&query, 4, end);
    while (cg_query_row(&query)) {
        const struct cg_owed *owed = read_owed(&query, arena);
        if (owed)
            query.status = cg_list_add(&list, owed, error);
    }
    cg_status status = cg_query_end(&query);
    size_t count = list.count;
    if (status == CG_OK)
        status = move_owed(&list, arena, ret, error);
    cg_list_done(&list);
    if (status == CG_OK)
        *ret_count = count;
    return status;
}

static cg_status add_billed(struct cg_store *store, int64_t start, int64_t end, struct cg_reconciliation *sums,
                            struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   store->has_environments
                       ? "SELECT cg_sum(total_cost), COUNT(*) FROM ccloud_billing WHERE ecosystem = ?1 AND "
                         "tenant_id = ?2 AND timestamp >= ?3 AND timestamp < ?4"
                       : "SELECT cg_sum(total_cost), COUNT(*) FROM billing WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
                         "timestamp >= ?3 AND timestamp < ?4",
                   "adding up the billing lines", error);
    cg_query_tenant(&query);
    cg_query_seconds(&query, 3, start);
    cg_query_seconds(&query, 4, end);
    if (cg_query_row(&query)) {
        sums->billed = cg_query_decimal(&query, 0);
        sums->lines = (uint64_t)cg_query_number(&query, 1);
    }
    return cg_query_end(&query);
}

static cg_status add_allocated(struct cg_store *store, int64_t start, int64_t end, struct cg_reconciliation *sums,
                               struct cg_error *error) {
    struct cg_query query;
    cg_query_start(
        &query, store,
        "SELECT CASE WHEN d.identity_id = 'UNALLOCATED' THEN 1 ELSE 0 END, cg_sum(f.amount), COUNT(*) "
        "FROM chargeback_facts f CROSS JOIN chargeback_dimensions d WHERE d.dimension_id = f.dimension_id AND "
        "d.ecosystem = ?1 AND d.tenant_id = ?2 AND f.timestamp >= ?3 AND f.timestamp < ?4 GROUP BY 1",
        "adding up the chargeback rows", error);
    cg_query_tenant(&query);
    cg_query_seconds(&query, 3, start);
    cg_query_seconds(&query, 4, end);
    while (cg_query_row(&query)) {
        struct cg_decimal sum = cg_query_decimal(&query, 1);
        if (cg_query_number(&query, 0))
            sums->unallocated = sum;
        else
            sums->allocated = sum;
        sums->rows += (uint64_t)cg_query_number(&query, 2);
    }
    return cg_query_end(&query);
}

static cg_status count_dates(struct cg_store *store, int64_t start, int64_t end, uint64_t *ret,
                             struct cg_error *error) {
    struct cg_dates dates = {0};
    cg_status status = cg_dates_add_lines(store, start, end, &dates, error);
    *ret = dates.count;
    cg_dates_done(&dates);
    return status;
}

cg_status cg_store_reconcile(struct cg_store *store, int64_t start, int64_t end, struct cg_reconciliation *ret,
                             struct cg_error *error) {
    struct cg_reconciliation sums = {0};
    int32_t own = 0;
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_READ, &own, error);
    if (status != CG_OK)
        return status;
    status = add_billed(store, start, end, &sums, error);
    if (status == CG_OK)
        status = add_allocated(store, start, end, &sums, error);
    if (status == CG_OK)
        status = count_dates(store, start, end, &sums.dates, error);
    status = cg_store_leave(store, own, status, error);
    if (status == CG_OK)
        *ret = sums;
    return status;
}
