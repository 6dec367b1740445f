/*
 * walk.c - the rows of a range, as stored or aggregated, in constant memory.
 */
#include <stdlib.h>
#include <string.h>

#include "store/emission.h"
#include "store/private.h"
#include "store/query.h"
#include "store/spelling.h"
#include "store/topics.h"

/* The walks go along the unique index of the dimensions, which has the wanted order, and from each to its facts. */
#define FROM_RANGE(facts, dimensions)                                                          \
    " FROM " dimensions " d CROSS JOIN " facts " f WHERE f.dimension_id = d.dimension_id AND " \
    "d.ecosystem = ?1 AND d.tenant_id = ?2 AND f.timestamp >= ?3 AND f.timestamp < ?4 "

#define FROM_CHARGEBACKS FROM_RANGE("chargeback_facts", "chargeback_dimensions")

/* `b` is what makes a database compare bytes; see spelling.h. */
#define CHARGEBACKS(b)                                                                                            \
    "SELECT d.resource_id, d.product_category, d.product_type, d.identity_id, d.cost_type, d.allocation_method, " \
    "f.amount, d.allocation_detail, d.env_id, f.timestamp" FROM_CHARGEBACKS "ORDER BY d.resource_id" b            \
    " NULLS FIRST, d.product_category" b ", d.product_type" b ", d.identity_id" b ", d.cost_type" b               \
    ", d.allocation_method" b " NULLS FIRST, d.allocation_detail" b " NULLS FIRST, d.env_id" b ", f.timestamp"

#define CHARGEBACK_GROUPS(b)                                                                                 \
    "SELECT d.resource_id, d.product_category, d.product_type, d.identity_id, d.cost_type, "                 \
    "MAX(d.allocation_method" b "), cg_sum(f.amount)" FROM_CHARGEBACKS                                       \
    "GROUP BY d.resource_id, d.product_category, d.product_type, d.identity_id, d.cost_type "                \
    "ORDER BY d.resource_id" b " NULLS FIRST, d.product_category" b ", d.product_type" b ", d.identity_id" b \
    ", d.cost_type" b

#define FROM_TOPICS FROM_RANGE("topic_attribution_facts", "topic_attribution_dimensions")

#define TOPICS(b)                                                                                               \
    "SELECT d.env_id, d.cluster_resource_id, d.topic_name, d.product_category, d.product_type, "                \
    "d.attribution_method, f.amount, f.timestamp" FROM_TOPICS "ORDER BY d.env_id" b ", d.cluster_resource_id" b \
    ", d.topic_name" b ", d.product_category" b ", d.product_type" b ", d.attribution_method" b ", f.timestamp"

#define TOPIC_GROUPS(b)                                                                           \
    "SELECT d.env_id, d.cluster_resource_id, d.topic_name, d.product_category, d.product_type, "  \
    "MAX(d.attribution_method" b "), cg_sum(f.amount)" FROM_TOPICS                                \
    "GROUP BY d.env_id, d.cluster_resource_id, d.topic_name, d.product_category, d.product_type " \
    "ORDER BY d.env_id" b ", d.cluster_resource_id" b ", d.topic_name" b ", d.product_category" b ", d.product_type" b

struct batch;

/* What differs between the rows of chargebacks and those of topics. */
struct kind {
    const char *doing;
    const char *stored_sql[2]; /* CG_SPELLED_BYTEWISE */
    const char *aggregated_sql[2];
    /* Reads the query's row into the batch's next one; `bucket` is CG_TIME_NONE for rows as stored. */
    void (*read)(struct cg_query *query, struct batch *batch, int64_t bucket);
    cg_status (*hand_over)(struct batch *batch);
};

/* A batch that is being filled; its strings live in the store's scratch memory. */
struct batch {
    struct cg_store *store;
    const struct kind *kind;
    union {
        cg_row_batch chargebacks;
        cg_topic_row_batch topics;
    } receiver;
    void *user;
    size_t count;
    union {
        struct cg_emitted_row chargebacks[CG_EMISSION_BATCH];
        struct cg_emitted_topic_row topics[CG_EMISSION_BATCH];
    } rows;
    union {
        const struct cg_emitted_row *chargebacks[CG_EMISSION_BATCH];
        const struct cg_emitted_topic_row *topics[CG_EMISSION_BATCH];
    } pointers;
};

static void read_chargeback(struct cg_query *query, struct batch *batch, int64_t bucket) {
    struct cg_arena *arena = batch->store->scratch;
    struct cg_emitted_row *row = &batch->rows.chargebacks[batch->count];
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
    batch->pointers.chargebacks[batch->count++] = row;
}

static void read_topic(struct cg_query *query, struct batch *batch, int64_t bucket) {
    struct cg_arena *arena = batch->store->scratch;
    struct cg_emitted_topic_row *row = &batch->rows.topics[batch->count];
    *row = (struct cg_emitted_topic_row){.struct_size = sizeof *row,
                                         .ecosystem = batch->store->ecosystem,
                                         .tenant_id = batch->store->tenant_id,
                                         .timestamp = bucket};
    row->env_id = cg_query_copy(query, 0, arena);
    row->cluster_resource_id = cg_query_copy(query, 1, arena);
    row->topic_name = cg_query_copy(query, 2, arena);
    row->product_category = cg_query_copy(query, 3, arena);
    row->product_type = cg_query_copy(query, 4, arena);
    row->attribution_method = cg_query_copy(query, 5, arena);
    row->amount = cg_query_copy(query, 6, arena);
    if (bucket == CG_TIME_NONE)
        row->timestamp = cg_query_time(query, 7);
    batch->pointers.topics[batch->count++] = row;
}

static cg_status hand_over_chargebacks(struct batch *batch) {
    return batch->receiver.chargebacks(batch->user, batch->pointers.chargebacks, batch->count);
}

static cg_status hand_over_topics(struct batch *batch) {
    return batch->receiver.topics(batch->user, batch->pointers.topics, batch->count);
}

static cg_status flush(struct batch *batch) {
    cg_status status = batch->count ? batch->kind->hand_over(batch) : CG_OK;
    batch->count = 0;
    cg_arena_reset(batch->store->scratch);
    return status;
}

/* Rows of one query: those stored (`bucket` CG_TIME_NONE), or the groups of one bucket. */
static cg_status walk(struct batch *batch, int64_t start, int64_t end, int64_t bucket, struct cg_error *error) {
    const struct kind *kind = batch->kind;
    const size_t spelled = cg_spelling_bytewise(batch->store->driver->dialect);
    struct cg_query query;
    cg_query_start(&query, batch->store,
                   bucket == CG_TIME_NONE ? kind->stored_sql[spelled] : kind->aggregated_sql[spelled], kind->doing,
                   error);
    cg_query_tenant(&query);
    cg_query_seconds(&query, 3, start);
    cg_query_seconds(&query, 4, end);
    while (cg_query_row(&query)) {
        kind->read(&query, batch, bucket);
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

/* Walks in one snapshot. */
static cg_status walk_range(struct batch *batch, int64_t start, int64_t end, const char *aggregation,
                            struct cg_error *error) {
    struct cg_store *store = batch->store;
    if (aggregation && strcmp(aggregation, "hourly") != 0 && strcmp(aggregation, "daily") != 0 &&
        strcmp(aggregation, "monthly") != 0)
        return cg_store_error(store, error, CG_INVALID,
                              "the aggregation '%.40s' is not known; write hourly, daily or monthly", aggregation);
    int32_t own = 0;
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_READ, &own, error);
    if (status != CG_OK)
        return status;
    cg_arena_reset(store->scratch);
    status = walk_all(batch, start, end, aggregation, error);
    cg_arena_reset(store->scratch);
    return cg_store_leave(store, own, status, error);
}

/* NULL when out of memory. */
static struct batch *new_batch(struct cg_store *store, const struct kind *kind, void *user) {
    struct batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        return NULL;
    batch->store = store;
    batch->kind = kind;
    batch->user = user;
    return batch;
}

cg_status cg_store_each_chargeback(struct cg_store *store, int64_t start, int64_t end, const char *aggregation,
                                   cg_row_batch batch, void *user, struct cg_error *error) {
    static const struct kind kind = {"reading the chargeback rows", CG_SPELLED_BYTEWISE(CHARGEBACKS),
                                     CG_SPELLED_BYTEWISE(CHARGEBACK_GROUPS), read_chargeback, hand_over_chargebacks};
    struct batch *work = new_batch(store, &kind, user);
    if (!work)
        return cg_error_no_memory(error);
    work->receiver.chargebacks = batch;
    cg_status status = walk_range(work, start, end, aggregation, error);
    free(work);
    return status;
}

cg_status cg_store_each_topic_row(struct cg_store *store, int64_t start, int64_t end, const char *aggregation,
                                  cg_topic_row_batch batch, void *user, struct cg_error *error) {
    static const struct kind kind = {"reading the topic rows", CG_SPELLED_BYTEWISE(TOPICS),
                                     CG_SPELLED_BYTEWISE(TOPIC_GROUPS), read_topic, hand_over_topics};
    struct batch *work = new_batch(store, &kind, user);
    if (!work)
        return cg_error_no_memory(error);
    work->receiver.topics = batch;
    cg_status status = walk_range(work, start, end, aggregation, error);
    free(work);
    return status;
}
