#include "store/dates.h"

#include <stdlib.h>
#include <string.h>

#include "store/private.h"
#include "store/query.h"

cg_status cg_dates_add(struct cg_dates *dates, int64_t day, struct cg_error *error) {
    if (dates->count == dates->room) {
        size_t room = dates->room ? dates->room * 2 : 64;
        int64_t *items = realloc(dates->items, room * sizeof *items);
        if (!items)
            return cg_error_no_memory(error);
        dates->items = items;
        dates->room = room;
    }
    dates->items[dates->count++] = day;
    return CG_OK;
}

static cg_status first_time(struct cg_store *store, const char *sql, const char *doing, int64_t start, int64_t end,
                            int64_t *ret, struct cg_error *error) {
    struct cg_query query;
    *ret = CG_TIME_NONE;
    cg_query_start(&query, store, sql, doing, error);
    cg_query_tenant(&query);
    cg_query_seconds(&query, 3, start);
    cg_query_seconds(&query, 4, end);
    if (cg_query_row(&query))
        *ret = cg_query_time(&query, 0);
    return cg_query_end(&query);
}

cg_status cg_dates_first_line(struct cg_store *store, int64_t start, int64_t end, int64_t *ret,
                              struct cg_error *error) {
    const char *sql = store->has_environments
                          ? "SELECT timestamp FROM ccloud_billing WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
                            "timestamp >= ?3 AND timestamp < ?4 ORDER BY timestamp LIMIT 1"
                          : "SELECT timestamp FROM billing WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
                            "timestamp >= ?3 AND timestamp < ?4 ORDER BY timestamp LIMIT 1";
    return first_time(store, sql, "looking for billing lines", start, end, ret, error);
}

/* The order of the join is the point: by time, the first fact of the tenant ends it. */
#define FIRST_FACT(facts, dimensions)                                                                            \
    "SELECT f.timestamp FROM " facts " f CROSS JOIN " dimensions " d WHERE d.dimension_id = f.dimension_id AND " \
    "d.ecosystem = ?1 AND d.tenant_id = ?2 AND f.timestamp >= ?3 AND f.timestamp < ?4 ORDER BY f.timestamp LIMIT 1"

static cg_status first_chargeback(struct cg_store *store, int64_t start, int64_t end, int64_t *ret,
                                  struct cg_error *error) {
    return first_time(store, FIRST_FACT("chargeback_facts", "chargeback_dimensions"), "looking for chargeback rows",
                      start, end, ret, error);
}

static cg_status first_topic(struct cg_store *store, int64_t start, int64_t end, int64_t *ret, struct cg_error *error) {
    return first_time(store, FIRST_FACT("topic_attribution_facts", "topic_attribution_dimensions"),
                      "looking for topic rows", start, end, ret, error);
}

static cg_status add_days(struct cg_store *store, int64_t start, int64_t end, struct cg_dates *dates,
                          cg_status (*first)(struct cg_store *, int64_t, int64_t, int64_t *, struct cg_error *),
                          struct cg_error *error) {
    if (start == CG_TIME_NONE && cg_time_from_date(1, 1, 1, &start) != CG_OK)
        return cg_error_set(error, CG_RANGE, "the calendar has no first day");
    if (end == CG_TIME_NONE && cg_time_from_date(9999, 12, 31, &end) != CG_OK)
        return cg_error_set(error, CG_RANGE, "the calendar has no last day");
    while (start < end) {
        int64_t found = CG_TIME_NONE;
        cg_status status = first(store, start, end, &found, error);
        if (status != CG_OK || found == CG_TIME_NONE)
            return status;
        status = cg_dates_add(dates, cg_time_day(found), error);
        if (status != CG_OK)
            return status;
        start = cg_time_day(found) + CG_DAY_US;
    }
    return CG_OK;
}

cg_status cg_dates_add_lines(struct cg_store *store, int64_t start, int64_t end, struct cg_dates *dates,
                             struct cg_error *error) {
    return add_days(store, start, end, dates, cg_dates_first_line, error);
}

cg_status cg_dates_add_facts(struct cg_store *store, uint32_t kind, int64_t start, int64_t end, struct cg_dates *dates,
                             struct cg_error *error) {
    return add_days(store, start, end, dates, kind == CG_FACTS_TOPIC ? first_topic : first_chargeback, error);
}

static int compare_days(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

cg_status cg_dates_move(struct cg_dates *dates, struct cg_arena *arena, int64_t **ret, size_t *ret_count,
                        struct cg_error *error) {
    int64_t *items = cg_arena_array(arena, dates->count ? dates->count : 1, sizeof *items);
    size_t count = 0;
    if (!items)
        return cg_error_no_memory(error);
    if (dates->count)
        qsort(dates->items, dates->count, sizeof *dates->items, compare_days);
    for (size_t i = 0; i < dates->count; i++)
        if (count == 0 || items[count - 1] != dates->items[i])
            items[count++] = dates->items[i];
    cg_dates_done(dates);
    *ret = items;
    *ret_count = count;
    return CG_OK;
}

void cg_dates_done(struct cg_dates *dates) {
    free(dates->items);
    *dates = (struct cg_dates){0};
}
