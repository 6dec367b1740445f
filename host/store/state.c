#include "store/state.h"

#include "store/billing.h"
#include "store/dates.h"
#include "store/private.h"
#include "store/query.h"
#include "store/topics.h"

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
    return cg_query_later(&query);
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
    return cg_query_later(&query);
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
    if (run_id > 0)
        cg_query_int(&query, 6, run_id);
    else
        cg_query_text(&query, 6, NULL);
    return cg_query_later(&query);
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

/* Adds the days of a query of tracking_date with the parameters of cg_query_tenant and the range. */
static cg_status add_states(struct cg_store *store, const char *sql, int64_t start, int64_t end, struct cg_dates *dates,
                            struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store, sql, "looking for dates to calculate", error);
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
    cg_status status =
        add_states(store,
                   "SELECT tracking_date FROM pipeline_state WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
                   "((tracking_date >= ?3 AND tracking_date < ?4) OR (billing_gathered = TRUE AND "
                   "resources_gathered = TRUE AND chargeback_calculated = FALSE)) "
                   "UNION SELECT tracking_date FROM cg_dates WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
                   "metrics_failed IN (1, 3)",
                   start, end, &dates, error);
    if (status == CG_OK)
        status = cg_dates_add_lines(store, start, end, &dates, error);
    if (status == CG_OK)
        status = cg_dates_add_facts(store, CG_FACTS_CHARGEBACK, start, end, &dates, error);
    if (status == CG_OK)
        status = cg_dates_move(&dates, arena, ret_dates, ret_count, error);
    cg_dates_done(&dates);
    return status;
}

/* ---- the topic overlay ---- */

cg_status cg_state_attributed(struct cg_store *store, int64_t date, int32_t attributed, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(
        &query, store,
        "INSERT INTO pipeline_state (ecosystem, tenant_id, tracking_date, billing_gathered, resources_gathered, "
        "chargeback_calculated, topic_overlay_gathered, topic_attribution_calculated) "
        "VALUES (?1, ?2, ?3, FALSE, FALSE, FALSE, TRUE, ?4) "
        "ON CONFLICT (ecosystem, tenant_id, tracking_date) DO UPDATE SET "
        "topic_attribution_calculated = excluded.topic_attribution_calculated "
        "WHERE pipeline_state.topic_attribution_calculated <> excluded.topic_attribution_calculated",
        "marking a date as attributed", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, date);
    cg_query_bool(&query, 4, attributed);
    return cg_query_later(&query);
}

cg_status cg_state_calculation(struct cg_store *store, int64_t date, struct cg_arena *arena, const char **ret,
                               struct cg_error *error) {
    struct cg_query query;
    const char *calculation_id = NULL;
    cg_query_start(&query, store,
                   "SELECT calculation_id FROM pipeline_state "
                   "WHERE ecosystem = ?1 AND tenant_id = ?2 AND tracking_date = ?3",
                   "reading the state of a date", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, date);
    if (cg_query_row(&query))
        calculation_id = cg_query_copy(&query, 0, arena);
    cg_status status = cg_query_end(&query);
    if (status == CG_OK)
        *ret = calculation_id;
    return status;
}

static cg_status mark_day(struct cg_store *store, int64_t date, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(
        &query, store,
        "INSERT INTO pipeline_state (ecosystem, tenant_id, tracking_date, billing_gathered, resources_gathered, "
        "chargeback_calculated, topic_overlay_gathered, topic_attribution_calculated) "
        "VALUES (?1, ?2, ?3, TRUE, FALSE, FALSE, TRUE, FALSE) "
        "ON CONFLICT (ecosystem, tenant_id, tracking_date) DO UPDATE SET topic_overlay_gathered = TRUE "
        "WHERE pipeline_state.topic_overlay_gathered = FALSE",
        "marking a date as due for its topics", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, date);
    return cg_query_later(&query);
}

cg_status cg_store_mark_topics_gathered(struct cg_store *store, int64_t start, int64_t end, struct cg_error *error) {
    struct cg_dates dates = {0};
    int32_t own = 0;
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (status != CG_OK)
        return status;
    status = cg_dates_add_lines(store, start, end, &dates, error);
    for (size_t i = 0; i < dates.count && status == CG_OK; i++)
        status = mark_day(store, dates.items[i], error);
    cg_dates_done(&dates);
    return cg_store_leave(store, own, status, error);
}

cg_status cg_store_dates_to_attribute(struct cg_store *store, int64_t start, int64_t end, struct cg_arena *arena,
                                      int64_t **ret_dates, size_t *ret_count, struct cg_error *error) {
    struct cg_dates dates = {0};
    cg_status status =
        add_states(store,
                   "SELECT tracking_date FROM pipeline_state WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
                   "topic_overlay_gathered = TRUE AND ((tracking_date >= ?3 AND tracking_date < ?4) OR "
                   "topic_attribution_calculated = FALSE)",
                   start, end, &dates, error);
    if (status == CG_OK)
        status = cg_dates_move(&dates, arena, ret_dates, ret_count, error);
    cg_dates_done(&dates);
    return status;
}
