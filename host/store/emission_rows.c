/*
 * emission_rows.c - the rows of a date that are no facts: its billing lines, and what existed at its midnight.
 */
#include <stdlib.h>

#include "store/emission.h"
#include "store/lines.h"
#include "store/private.h"
#include "store/query.h"
#include "store/spelling.h"

/* ---- billing lines ---- */

static struct cg_emitted_billing_row billing_row(const struct cg_store *store, const struct cg_line_row *line) {
    return (struct cg_emitted_billing_row){
        .struct_size = sizeof(struct cg_emitted_billing_row),
        .ecosystem = store->ecosystem,
        .tenant_id = store->tenant_id,
        .timestamp = line->timestamp,
        .env_id = line->env_id,
        .resource_id = line->resource_id,
        .product_type = line->product_type,
        .product_category = line->product_category,
        .quantity = line->quantity,
        .unit_price = line->unit_price,
        .total_cost = line->total_cost,
        .currency = line->currency,
        .granularity = line->granularity,
    };
}

struct billing_batch {
    struct cg_emitted_billing_row rows[CG_EMISSION_BATCH];
    const struct cg_emitted_billing_row *pointers[CG_EMISSION_BATCH];
};

static cg_status hand_over_lines(const struct cg_store *store, const struct cg_line_row *const *lines, size_t count,
                                 cg_billing_row_batch batch, void *user, struct cg_error *error) {
    struct billing_batch *work = calloc(1, sizeof *work);
    cg_status status = CG_OK;
    if (!work)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < count && status == CG_OK;) {
        size_t used = 0;
        for (; used < CG_EMISSION_BATCH && i < count; used++, i++) {
            work->rows[used] = billing_row(store, lines[i]);
            work->pointers[used] = &work->rows[used];
        }
        status = batch(user, work->pointers, used);
    }
    free(work);
    return status;
}

cg_status cg_store_each_billing_row(struct cg_store *store, int64_t date, cg_billing_row_batch batch, void *user,
                                    struct cg_error *error) {
    const struct cg_line_row *const *lines = NULL;
    size_t count = 0;
    cg_arena_reset(store->scratch);
    cg_status status = cg_line_rows_read(store, date, date + CG_DAY_US, store->scratch, &lines, &count, error);
    if (status == CG_OK)
        status = hand_over_lines(store, lines, count, batch, user, error);
    cg_arena_reset(store->scratch);
    return status;
}

/* ---- what existed at a time ---- */

#define EXISTED                                                                                  \
    " WHERE ecosystem = ?1 AND tenant_id = ?2 AND (created_at IS NULL OR created_at <= ?3) AND " \
    "(deleted_at IS NULL OR deleted_at > ?3) ORDER BY "
#define RESOURCES(b) "SELECT resource_id, resource_type, display_name, parent_id FROM resources" EXISTED "resource_id" b
#define IDENTITIES(b) "SELECT identity_id, identity_type, display_name FROM identities" EXISTED "identity_id" b

struct thing_batch;

/* What differs between resources and identities. */
struct things {
    const char *doing;
    const char *sql[2]; /* CG_SPELLED_BYTEWISE */
    void (*read)(struct cg_query *query, struct thing_batch *batch);
    cg_status (*hand_over)(struct thing_batch *batch);
};

/* A batch that is being filled; its strings live in the store's scratch memory. */
struct thing_batch {
    struct cg_store *store;
    const struct things *things;
    union {
        cg_emitted_resource_batch resources;
        cg_emitted_identity_batch identities;
    } receiver;
    void *user;
    size_t count;
    union {
        struct cg_emitted_resource resources[CG_EMISSION_BATCH];
        struct cg_emitted_identity identities[CG_EMISSION_BATCH];
    } rows;
    union {
        const struct cg_emitted_resource *resources[CG_EMISSION_BATCH];
        const struct cg_emitted_identity *identities[CG_EMISSION_BATCH];
    } pointers;
};

static void read_resource(struct cg_query *query, struct thing_batch *batch) {
    struct cg_arena *arena = batch->store->scratch;
    struct cg_emitted_resource *row = &batch->rows.resources[batch->count];
    *row = (struct cg_emitted_resource){
        .struct_size = sizeof *row, .ecosystem = batch->store->ecosystem, .tenant_id = batch->store->tenant_id};
    row->resource_id = cg_query_copy(query, 0, arena);
    row->resource_type = cg_query_copy(query, 1, arena);
    row->display_name = cg_query_copy(query, 2, arena);
    row->parent_id = cg_query_copy(query, 3, arena);
    batch->pointers.resources[batch->count++] = row;
}

static void read_identity(struct cg_query *query, struct thing_batch *batch) {
    struct cg_arena *arena = batch->store->scratch;
    struct cg_emitted_identity *row = &batch->rows.identities[batch->count];
    *row = (struct cg_emitted_identity){
        .struct_size = sizeof *row, .ecosystem = batch->store->ecosystem, .tenant_id = batch->store->tenant_id};
    row->identity_id = cg_query_copy(query, 0, arena);
    row->identity_type = cg_query_copy(query, 1, arena);
    row->display_name = cg_query_copy(query, 2, arena);
    batch->pointers.identities[batch->count++] = row;
}

static cg_status hand_over_resources(struct thing_batch *batch) {
    return batch->receiver.resources(batch->user, batch->pointers.resources, batch->count);
}

static cg_status hand_over_identities(struct thing_batch *batch) {
    return batch->receiver.identities(batch->user, batch->pointers.identities, batch->count);
}

static const struct things resources = {"reading the resources", CG_SPELLED_BYTEWISE(RESOURCES), read_resource,
                                        hand_over_resources};
static const struct things identities = {"reading the identities", CG_SPELLED_BYTEWISE(IDENTITIES), read_identity,
                                         hand_over_identities};

static cg_status flush(struct thing_batch *batch) {
    cg_status status = batch->count ? batch->things->hand_over(batch) : CG_OK;
    batch->count = 0;
    cg_arena_reset(batch->store->scratch);
    return status;
}

static cg_status walk(struct thing_batch *batch, int64_t time, struct cg_error *error) {
    const struct things *things = batch->things;
    const size_t spelled = cg_spelling_bytewise(batch->store->driver->dialect);
    struct cg_query query;
    cg_arena_reset(batch->store->scratch);
    cg_query_start(&query, batch->store, things->sql[spelled], things->doing, error);
    cg_query_tenant(&query);
    cg_query_micros(&query, 3, time);
    while (cg_query_row(&query)) {
        things->read(&query, batch);
        if (query.status == CG_OK && batch->count == CG_EMISSION_BATCH)
            query.status = flush(batch);
    }
    cg_status status = cg_query_end(&query);
    if (status == CG_OK)
        status = flush(batch);
    cg_arena_reset(batch->store->scratch);
    return status;
}

/* NULL when out of memory. */
static struct thing_batch *new_batch(struct cg_store *store, const struct things *things, void *user) {
    struct thing_batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        return NULL;
    batch->store = store;
    batch->things = things;
    batch->user = user;
    return batch;
}

cg_status cg_store_each_resource_at(struct cg_store *store, int64_t time, cg_emitted_resource_batch batch, void *user,
                                    struct cg_error *error) {
    struct thing_batch *work = new_batch(store, &resources, user);
    if (!work)
        return cg_error_no_memory(error);
    work->receiver.resources = batch;
    cg_status status = walk(work, time, error);
    free(work);
    return status;
}

cg_status cg_store_each_identity_at(struct cg_store *store, int64_t time, cg_emitted_identity_batch batch, void *user,
                                    struct cg_error *error) {
    struct thing_batch *work = new_batch(store, &identities, user);
    if (!work)
        return cg_error_no_memory(error);
    work->receiver.identities = batch;
    cg_status status = walk(work, time, error);
    free(work);
    return status;
}
