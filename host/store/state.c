#include "store/state.h"

#include "store/billing.h"
#include "store/dates.h"
#include "store/query.h"

cg_status cg_state_gathered(struct cg_store *store, int64_t date, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(
        &query, store,
        "INSERT INTO pipeline_state (ecosystem, tenant_id, tracking_date, billing_gathered, resources_gathered, "
        "chargeback_calculated, topic_overlay_gathered, topic_attribution_calculated) "
        "VALUES (?1, ?2, ?3, TRUE, FALSE, FALSE, FALSE, FALSE) "
        "ON CONFLICT (ecosystem, tenant_id, tracking_date) DO UPDATE SET billing_gathered = TRUE "
        "WHERE pipeline_state.billing_gathered = FALSE",
        "marking a date as gathered", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, date);
    return cg_query_run(&query, NULL);
}

cg_status cg_state_outdated(struct cg_store *store, int64_t date, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   "UPDATE pipeline_state SET chargeback_calculated = FALSE, topic_attribution_calculated = FALSE, "
                   "calculation_id = NULL, calculation_completed_at = NULL, calculation_run_id = NULL "
                   "WHERE ecosystem = ?1 AND tenant_id = ?2 AND tracking_date = ?3",
                   "marking a date as changed", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, date);
    return cg_query_run(&query, NULL);
}

cg_status cg_state_calculated(struct cg_store *store, int64_t date, const char *calculation_id, int64_t now,
                              int64_t run_id, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(
        &query, store,
        "INSERT INTO pipeline_state (ecosystem, tenant_id, tracking_date, billing_gathered, resources_gathered, "
        "chargeback_calculated, topic_overlay_gathered, topic_attribution_calculated, calculation_id, "
        "calculation_completed_at, calculation_run_id) "
        "VALUES (?1, ?2, ?3, TRUE, TRUE, TRUE, FALSE, FALSE, ?4, ?5, ?6) "
        "ON CONFLICT (ecosystem, tenant_id, tracking_date) DO UPDATE SET chargeback_calculated = TRUE, "
        "calculation_id = excluded.calculation_id, "
        "calculation_completed_at = excluded.calculation_completed_at, "
        "calculation_run_id = excluded.calculation_run_id",
        "marking a date as calculated", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, date);
    cg_query_text(&query, 4, calculation_id);
    cg_query_seconds(&query, 5, now);
    cg_query_int(&query, 6, run_id);
    return cg_query_run(&query, NULL);
}

/* The first midnight at or after `time`. */
static int64_t day_from(int64_t time) {
    int64_t day = cg_time_day(time);
    return day == time ? day : day + CG_DAY_US;
}

cg_status cg_store_mark_gathered(struct cg_store *store, int64_t start, int64_t end, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   "UPDATE pipeline_state SET resources_gathered = TRUE WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
                   "tracking_date >= ?3 AND tracking_date < ?4 AND resources_gathered = FALSE",
                   "marking dates as gathered", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, start);
    cg_query_date(&query, 4, day_from(end));
    return cg_query_run(&query, NULL);
}

static cg_status add_states(struct cg_store *store, int64_t start, int64_t end, struct cg_dates *dates,
                            struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   "SELECT tracking_date FROM pipeline_state WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
                   "((tracking_date >= ?3 AND tracking_date < ?4) OR (billing_gathered = TRUE AND "
                   "resources_gathered = TRUE AND chargeback_calculated = FALSE))",
                   "looking for dates to calculate", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, start);
    cg_query_date(&query, 4, day_from(end));
    while (cg_query_row(&query)) {
        int64_t day = cg_query_time(&query, 0);
        if (query.status == CG_OK)
            query.status = cg_dates_add(dates, cg_time_day(day), error);
    }
    return cg_query_end(&query);
}

cg_status cg_store_dates_to_calculate(struct cg_store *store, int64_t start, int64_t end, struct cg_arena *arena,
                                      int64_t **ret_dates, size_t *ret_count, struct cg_error *error) {
    struct cg_dates dates = {0};
    cg_status status = add_states(store, start, end, &dates, error);
    if (status == CG_OK)
        status = cg_dates_add_lines(store, start, end, &dates, error);
    if (status == CG_OK)
        status = cg_dates_add_facts(store, start, end, &dates, error);
    if (status == CG_OK)
        status = cg_dates_move(&dates, arena, ret_dates, ret_count, error);
    cg_dates_done(&dates);
    return status;
}
