/*
 * chargebacks.c - the rows of a range, as stored or aggregated, in constant memory.
 */
#include <string.h>

#include "store/emission.h"
#include "store/query.h"

/* The walk goes along the unique index of the dimensions, which has the wanted order, and from each to its facts. */
#define FROM_RANGE                                                                                           \
    " FROM chargeback_dimensions d CROSS JOIN chargeback_facts f WHERE f.dimension_id = d.dimension_id AND " \
    "d.ecosystem = ?1 AND d.tenant_id = ?2 AND f.timestamp >= ?3 AND f.timestamp < ?4 "

#define STORED                                                                                                    \
    "SELECT d.resource_id, d.product_category, d.product_type, d.identity_id, d.cost_type, d.allocation_method, " \
    "f.amount, d.allocation_detail, d.env_id, f.timestamp" FROM_RANGE                                             \
    "ORDER BY d.resource_id NULLS FIRST, d.product_category, d.product_type, d.identity_id, d.cost_type, "        \
    "d.allocation_method NULLS FIRST, d.allocation_detail NULLS FIRST, d.env_id, f.timestamp"

#define AGGREGATED                                                                            \
    "SELECT d.resource_id, d.product_category, d.product_type, d.identity_id, d.cost_type, "  \
    "MAX(d.allocation_method), cg_sum(f.amount)" FROM_RANGE                                   \
    "GROUP BY d.resource_id, d.product_category, d.product_type, d.identity_id, d.cost_type " \
    "ORDER BY d.resource_id NULLS FIRST, d.product_category, d.product_type, d.identity_id, d.cost_type"

/* A batch that is being filled; its strings live in the store's scratch memory. */
struct batch {
    struct cg_store *store;
    cg_row_batch hand_over;
    void *user;
    size_t count;
    int is_users; /* the failure is the receiver's, which has told its own story */
    struct cg_emitted_row rows[CG_EMISSION_BATCH];
    const struct cg_emitted_row *pointers[CG_EMISSION_BATCH];
};

static cg_status flush(struct batch *batch) {
    cg_status status = CG_OK;
    if (batch->count)
        status = batch->hand_over(batch->user, batch->pointers, batch->count);
    batch->count = 0;
    batch->is_users = status != CG_OK;
    cg_arena_reset(batch->store->scratch);
    return status;
}

static void read_row(struct cg_query *query, struct batch *batch, int64_t bucket) {
    struct cg_arena *arena = batch->store->scratch;
    struct cg_emitted_row *row = &batch->rows[batch->count];
    *row = (struct cg_emitted_row){.struct_size = sizeof *row,
                                   .ecosystem = batch->store->ecosystem,
                                   .tenant_id = batch->store->tenant_id,
                                   .timestamp = bucket,
                                   .env_id = ""};
    row->resource_id = cg_query_copy(query, 0, arena);
    row->product_category = cg_query_copy(query, 1, arena);
    row->product_type = cg_query_copy(query, 2, arena);
    row->identity_id = cg_query_copy(query, 3, arena);
    row->cost_type = cg_query_copy(query, 4, arena);
    row->allocation_method = cg_query_copy(query, 5, arena);
    row->amount = cg_query_copy(query, 6, arena);
    if (bucket == CG_TIME_NONE) {
        row->allocation_detail = cg_query_copy(query, 7, arena);
        row->env_id = cg_query_copy(query, 8, arena);
        row->timestamp = cg_query_time(query, 9);
    }
    batch->pointers[batch->count++] = row;
}

/* Rows of one query: those stored (`bucket` CG_TIME_NONE), or the groups of one bucket. */
static cg_status walk(struct batch *batch, int64_t start, int64_t end, int64_t bucket, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, batch->store, bucket == CG_TIME_NONE ? STORED : AGGREGATED, "reading the chargeback rows",
                   error);
    cg_query_tenant(&query);
    cg_query_seconds(&query, 3, start);
    cg_query_seconds(&query, 4, end);
    while (cg_query_row(&query)) {
        read_row(&query, batch, bucket);
        if (query.status == CG_OK && batch->count == CG_EMISSION_BATCH)
            query.status = flush(batch);
    }
    return cg_query_end(&query);
}

static int64_t next_bucket(int64_t bucket, int monthly) {
    return bucket + CG_DAY_US * (monthly ? cg_time_month_days(bucket) : 1);
}

static int64_t bucket_of(int64_t time, int monthly) {
    int64_t day = cg_time_day(time);
    int32_t number = 1;
    if (monthly)
        cg_time_to_date(day, NULL, NULL, &number);
    return day - CG_DAY_US * (number - 1);
}

static cg_status walk_buckets(struct batch *batch, int64_t start, int64_t end, int monthly, struct cg_error *error) {
    cg_status status = CG_OK;
    for (int64_t bucket = bucket_of(start, monthly); status == CG_OK && bucket < end;
         bucket = next_bucket(bucket, monthly)) {
        int64_t next = next_bucket(bucket, monthly);
        status = walk(batch, bucket > start ? bucket : start, next < end ? next : end, bucket, error);
    }
    return status;
}

static cg_status walk_all(struct batch *batch, int64_t start, int64_t end, const char *aggregation,
                          struct cg_error *error) {
    cg_status status = CG_OK;
    if (!aggregation || strcmp(aggregation, "hourly") == 0)
        status = walk(batch, start, end, CG_TIME_NONE, error);
    else
        status = walk_buckets(batch, start, end, strcmp(aggregation, "monthly") == 0, error);
    return status == CG_OK ? flush(batch) : status;
}

cg_status cg_store_each_chargeback(struct cg_store *store, int64_t start, int64_t end, const char *aggregation,
                                   cg_row_batch batch, void *user, struct cg_error *error) {
    if (aggregation && strcmp(aggregation, "hourly") != 0 && strcmp(aggregation, "daily") != 0 &&
        strcmp(aggregation, "monthly") != 0)
        return cg_store_error(store, error, CG_INVALID,
                              "the aggregation '%.40s' is not known; write hourly, daily or monthly", aggregation);
    int32_t own = 0;
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_READ, &own, error);
    if (status != CG_OK)
        return status;
    struct cg_arena *arena = cg_arena_new();
    struct batch *work = arena ? cg_arena_alloc(arena, sizeof *work) : NULL;
    if (work) {
        work->store = store;
        work->hand_over = batch;
        work->user = user;
        cg_arena_reset(store->scratch);
        status = walk_all(work, start, end, aggregation, error);
    } else {
        status = cg_error_no_memory(error);
    }
    cg_arena_free(arena);
    cg_arena_reset(store->scratch);
    return cg_store_leave(store, own, status, error);
}
