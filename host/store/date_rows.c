/*
 * date_rows.c - the chargeback rows that a date has already.
 */
#include <string.h>

#include "store/inputs.h"
#include "store/query.h"

/* Rows on their way from the store. */
struct reading {
    struct cg_query query;
    struct cg_intern *texts;
    struct cg_arena *arena;
    struct cg_fact *facts;
    size_t count;
    size_t room;
};

/* A column's text, kept with the others. NULL for SQL NULL, and after a failure of the query. */
static const char *keep_text(struct reading *reading, uint32_t column) {
    struct cg_query *query = &reading->query;
    uint32_t number = 0;
    const char *text = cg_query_peek(query, column);
    if (query->status == CG_OK && cg_intern_add(reading->texts, text, &number) != CG_OK)
        query->status = cg_error_no_memory(query->error);
    return query->status == CG_OK ? cg_intern_text(reading->texts, number) : NULL;
}

static cg_status make_room(struct reading *reading) {
    if (reading->count < reading->room)
        return CG_OK;
    const size_t room = reading->room ? reading->room * 2 : 256;
    struct cg_fact *facts = cg_arena_array(reading->arena, room, sizeof *facts);
    if (!facts)
        return cg_error_no_memory(reading->query.error);
    if (reading->count)
        memcpy(facts, reading->facts, reading->count * sizeof *facts);
    reading->facts = facts;
    reading->room = room;
    return CG_OK;
}

static void read_row(struct reading *reading) {
    struct cg_query *query = &reading->query;
    query->status = make_room(reading);
    if (query->status != CG_OK)
        return;
    struct cg_fact *fact = &reading->facts[reading->count];
    *fact = (struct cg_fact){.timestamp = cg_query_time(query, 0)};
    fact->env_id = keep_text(reading, 1);
    fact->resource_id = keep_text(reading, 2);
    fact->product_type = keep_text(reading, 3);
    fact->product_category = keep_text(reading, 4);
    fact->identity_id = keep_text(reading, 5);
    fact->cost_type = keep_text(reading, 6);
    fact->allocation_method = keep_text(reading, 7);
    fact->allocation_detail = keep_text(reading, 8);
    /* What is no amount is nobody's: its line's rows do not sum then. */
    const char *amount = cg_query_peek(query, 9);
    if (query->status == CG_OK && amount && cg_decimal_parse(amount, strlen(amount), &fact->amount) == CG_OK)
        reading->count++;
}

cg_status cg_store_date_rows(struct cg_store *store, int64_t date, struct cg_intern *texts, struct cg_arena *arena,
                             struct cg_fact **ret, size_t *ret_count, struct cg_error *error) {
    struct reading reading = {.texts = texts, .arena = arena};
    /* From the facts of the date to their dimensions, of which there are many more than it has. */
    cg_query_start(&reading.query, store,
                   "SELECT f.timestamp, d.env_id, COALESCE(d.resource_id, ''), d.product_type, d.product_category, "
                   "d.identity_id, d.cost_type, d.allocation_method, d.allocation_detail, f.amount FROM "
                   "chargeback_facts f CROSS JOIN chargeback_dimensions d WHERE d.dimension_id = f.dimension_id AND "
                   "d.ecosystem = ?1 AND d.tenant_id = ?2 AND f.timestamp >= ?3 AND f.timestamp < ?4",
                   "reading the rows of a date", error);
    cg_query_tenant(&reading.query);
    cg_query_seconds(&reading.query, 3, date);
    cg_query_seconds(&reading.query, 4, date + CG_DAY_US);
    while (cg_query_row(&reading.query))
        read_row(&reading);
    cg_status status = cg_query_end(&reading.query);
    if (status != CG_OK)
        return status;
    *ret = reading.facts;
    *ret_count = reading.count;
    return CG_OK;
}
