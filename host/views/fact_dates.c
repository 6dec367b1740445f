#include "views/fact_dates.h"

#include "store/dates.h"
#include "views/fact_page.h"

/* The first time with a fact of anybody at or after `start`, or CG_TIME_NONE. */
static cg_status find_next(struct cg_store *store, uint32_t kind, int64_t start, int64_t *ret, struct cg_error *error) {
    struct cg_query query;
    *ret = CG_TIME_NONE;
    cg_query_start(&query, store,
                   kind == CG_FACTS_TOPIC ? "SELECT MIN(timestamp) FROM topic_attribution_facts WHERE timestamp >= ?1"
                                          : "SELECT MIN(timestamp) FROM chargeback_facts WHERE timestamp >= ?1",
                   "looking for days with facts", error);
    cg_query_seconds(&query, 1, start);
    if (cg_query_row(&query))
        *ret = cg_query_time(&query, 0);
    return cg_query_end(&query);
}

/* Whether the tenant has a fact on a day on which somebody has. */
static cg_status find_own(struct cg_store *store, uint32_t kind, int64_t day, int64_t *ret, struct cg_error *error) {
    struct cg_select select;
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT CASE WHEN EXISTS (SELECT 1 FROM ");
    cg_select_add(&select, cg_dimensions_table(kind));
    cg_select_add(&select, " d WHERE ");
    cg_select_tenant(&select, "d.");
    cg_select_add(&select, " AND EXISTS (SELECT 1 FROM ");
    cg_select_add(&select, cg_facts_table(kind));
    cg_select_add(&select, " f WHERE f.dimension_id = d.dimension_id");
    /* The day's last second: the next midnight may be in the year 10000, which cannot be written down. */
    cg_select_add(&select, " AND f.timestamp >= ");
    cg_select_seconds(&select, day);
    cg_select_add(&select, " AND f.timestamp <= ");
    cg_select_seconds(&select, day + CG_DAY_US - 1);
    cg_select_add(&select, ")) THEN 1 ELSE 0 END");
    return cg_select_number(&select, "looking for days with facts", ret, error);
}

static cg_status add_days(struct cg_store *store, uint32_t kind, struct cg_dates *dates, struct cg_error *error) {
    int64_t own = 0;
    int32_t alone = 0;
    int64_t time = CG_TIME_FIRST;
    cg_status status = cg_fact_is_alone(store, kind, &alone, error);
    while (status == CG_OK && time <= CG_TIME_LAST) {
        status = find_next(store, kind, time, &time, error);
        if (status != CG_OK || time == CG_TIME_NONE)
            return status;
        int64_t day = cg_time_day(time);
        if (!alone)
            status = find_own(store, kind, day, &own, error);
        if (status == CG_OK && (alone || own))
            status = cg_dates_add(dates, day, error);
        time = day + CG_DAY_US;
    }
    return status;
}

cg_status cg_view_fact_dates(struct cg_store *store, uint32_t kind, struct cg_arena *arena, int64_t **ret,
                             size_t *ret_count, struct cg_error *error) {
    struct cg_dates dates = {0};
    cg_status status = cg_store_begin_read(store, error);
    if (status != CG_OK)
        return status;
    status = add_days(store, kind, &dates, error);
    cg_store_rollback(store);
    if (status == CG_OK)
        status = cg_dates_move(&dates, arena, ret, ret_count, error);
    cg_dates_done(&dates);
    return status;
}
