#include "views/fact_page.h"

#include <stdio.h>

#include "base/time.h"

/* Parts of a range that are counted by themselves. */
#define SLICES 16

/* So many facts are sorted faster than they are found among millions. */
#define FEW 20000

static int32_t is_open(const struct cg_fact_set *set) {
    for (size_t i = 0; i < set->filter_count; i++)
        if (set->filters[i].value)
            return 0;
    return !set->tag_key;
}

/* ---- whose dimensions there are ---- */

/* Appends that a row has another text in a column; with an ecosystem, a row of that one. Each look is one into the
 * index, which begins with both, while "<>" would walk along all of it. */
static void add_other(struct cg_select *select, const char *table, const char *column, const char *own,
                      const char *ecosystem) {
    static const char *const compares[] = {" < ", " > "};
    for (size_t i = 0; i < 2; i++) {
        cg_select_add(select, i ? " OR EXISTS (SELECT 1 FROM " : "EXISTS (SELECT 1 FROM ");
        cg_select_add(select, table);
        cg_select_add(select, " WHERE ");
        cg_select_add(select, column);
        cg_select_add(select, compares[i]);
        cg_select_text(select, own);
        cg_select_equal(select, "ecosystem", ecosystem);
        cg_select_add(select, ")");
    }
}

cg_status cg_fact_is_alone(struct cg_store *store, uint32_t kind, int32_t *ret, struct cg_error *error) {
    const char *table = cg_dimensions_table(kind);
    struct cg_select select;
    int64_t alone = 0;
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT CASE WHEN ");
    add_other(&select, table, "ecosystem", cg_store_ecosystem(store), NULL);
    cg_select_add(&select, " OR ");
    add_other(&select, table, "tenant_id", cg_store_tenant_id(store), cg_store_ecosystem(store));
    cg_select_add(&select, " THEN 0 ELSE 1 END");
    cg_status status = cg_select_number(&select, "looking for other tenants", &alone, error);
    if (status == CG_OK)
        *ret = alone != 0;
    return status;
}

/* ---- counting in slices ---- */

/* Times are stored in whole seconds, and so are the bounds between slices. */
static int64_t slice_start(const struct cg_fact_set *set, int64_t slice) {
    const int64_t second = INT64_C(1000000);
    int64_t seconds = (set->end - set->start) / second;
    return slice == SLICES ? set->end : set->start + seconds / SLICES * slice * second;
}

static void add_slices(struct cg_select *select, const struct cg_fact_set *set) {
    for (int64_t slice = 0; slice < SLICES; slice++) {
        cg_select_add(select, slice ? ", (SELECT COUNT(*) FROM " : "SELECT (SELECT COUNT(*) FROM ");
        cg_select_add(select, cg_facts_table(set->kind));
        cg_select_add(select, " WHERE TRUE");
        cg_select_range(select, "timestamp", slice_start(set, slice), slice_start(set, slice + 1));
        cg_select_add(select, ")");
    }
}

/* Counts all facts of the range; the page begins in the slice that its offset leads to. */
static cg_status count_all(struct cg_store *store, const struct cg_fact_set *set, struct cg_fact_place *place,
                           struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    int64_t offset = place->offset;
    cg_select_init(&select, store);
    add_slices(&select, set);
    cg_select_start(&select, &query, "counting facts", error);
    int32_t found = cg_query_row(&query);
    for (int64_t slice = 0; found && slice < SLICES; slice++) {
        if (place->total <= offset) {
            place->start = slice_start(set, slice);
            place->offset = offset - place->total;
        }
        place->total += cg_query_number(&query, (uint32_t)slice);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

/* ---- counting by dimension ---- */

static void add_conditions(struct cg_select *select, const struct cg_fact_set *set) {
    cg_fact_filter_add(select, set->filters, set->filter_count);
    if (set->tag_key) {
        cg_select_add(select, " AND ");
        cg_fact_tag_value(select, set->kind, set->tag_key);
        cg_select_add(select, set->tag_value ? " = " : " IS NOT NULL");
        if (set->tag_value)
            cg_select_text(select, set->tag_value);
    }
}

static void add_dimensions(struct cg_select *select, const struct cg_fact_set *set) {
    cg_select_add(select, "(SELECT d.dimension_id FROM ");
    cg_select_add(select, cg_dimensions_table(set->kind));
    cg_select_add(select, " d WHERE ");
    add_conditions(select, set);
    cg_select_add(select, ")");
}

static cg_status count_some(struct cg_store *store, const struct cg_fact_set *set, struct cg_fact_place *place,
                            struct cg_error *error) {
    struct cg_select select;
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT COUNT(*) FROM ");
    cg_select_add(&select, cg_facts_table(set->kind));
    cg_select_add(&select, " WHERE dimension_id IN ");
    add_dimensions(&select, set);
    cg_select_range(&select, "timestamp", set->start, set->end);
    cg_status status = cg_select_number(&select, "counting facts", &place->total, error);
    place->by_time = place->total > FEW;
    return status;
}

/* Walking starts with the first fact of the set, which may be far behind the start of the range: one look into an index
 * for each dimension finds it. */
static cg_status find_first(struct cg_store *store, const struct cg_fact_set *set, struct cg_fact_place *place,
                            struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    int64_t first = CG_TIME_NONE;
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT MIN(i.earliest) FROM (SELECT (SELECT MIN(f.timestamp) FROM ");
    cg_select_add(&select, cg_facts_table(set->kind));
    cg_select_add(&select, " f WHERE f.dimension_id = s.dimension_id");
    cg_select_range(&select, "f.timestamp", set->start, set->end);
    cg_select_add(&select, ") AS earliest FROM ");
    add_dimensions(&select, set);
    cg_select_add(&select, " s) i");
    cg_select_start(&select, &query, "looking for the first fact", error);
    if (cg_query_row(&query))
        first = cg_query_time(&query, 0);
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    if (first != CG_TIME_NONE)
        place->start = first;
    return status;
}

/* ---- the page ---- */

cg_status cg_fact_locate(struct cg_store *store, const struct cg_fact_set *set, int64_t offset, int64_t limit,
                         struct cg_fact_place *ret, struct cg_error *error) {
    struct cg_fact_place place = {.start = set->start, .offset = offset, .limit = limit, .by_time = 1};
    int32_t open = is_open(set);
    cg_status status = open ? cg_fact_is_alone(store, set->kind, &place.whole, error) : CG_OK;
    if (status == CG_OK)
        status = place.whole ? count_all(store, set, &place, error) : count_some(store, set, &place, error);
    if (status == CG_OK && !open && place.by_time)
        status = find_first(store, set, &place, error);
    if (status == CG_OK)
        *ret = place;
    return status;
}

/* Lets facts through whose dimension is of the set, without a look into the index by dimension, which knows no order of
 * time. A server would make a join of the list and, while it takes the dimensions to be few, compare each fact with
 * each of them; behind IS TRUE it looks a dimension up, in memory when they fit. */
static void add_sieve(struct cg_select *select, const struct cg_fact_set *set) {
    if (!cg_store_has_server(select->store)) {
        cg_select_add(select, "+dimension_id IN ");
        add_dimensions(select, set);
        return;
    }
    cg_select_add(select, "EXISTS (SELECT 1 FROM ");
    cg_select_add(select, cg_dimensions_table(set->kind));
    cg_select_add(select, " d WHERE d.dimension_id = ");
    cg_select_add(select, cg_facts_table(set->kind));
    cg_select_add(select, ".dimension_id AND ");
    add_conditions(select, set);
    cg_select_add(select, ") IS TRUE");
}

void cg_fact_page_add(struct cg_select *select, const struct cg_fact_set *set, const struct cg_fact_place *place) {
    cg_select_add(select, "SELECT timestamp, dimension_id, amount FROM ");
    cg_select_add(select, cg_facts_table(set->kind));
    cg_select_add(select, " WHERE ");
    if (place->whole) {
        cg_select_add(select, "TRUE");
    } else if (place->by_time) {
        add_sieve(select, set);
    } else {
        cg_select_add(select, "dimension_id IN ");
        add_dimensions(select, set);
    }
    cg_select_range(select, "timestamp", place->start, set->end);
    cg_select_add(select, " ORDER BY timestamp, dimension_id LIMIT ");
    cg_select_int(select, place->limit);
    cg_select_add(select, " OFFSET ");
    cg_select_int(select, place->offset);
}
