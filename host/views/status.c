#include "views/status.h"

#include "store/select.h"

cg_status cg_view_progress(struct cg_store *store, struct cg_view_progress *ret, struct cg_error *error) {
    struct cg_query query;
    struct cg_view_progress progress = {.last_calculated_date = CG_TIME_NONE};
    cg_query_start(
        &query, store,
        "SELECT COUNT(CASE WHEN billing_gathered AND resources_gathered AND NOT chargeback_calculated THEN 1 "
        "END), COUNT(CASE WHEN chargeback_calculated THEN 1 END), "
        "MAX(CASE WHEN chargeback_calculated THEN tracking_date END) "
        "FROM pipeline_state WHERE ecosystem = ?1 AND tenant_id = ?2",
        "counting the dates", error);
    cg_query_tenant(&query);
    if (cg_query_row(&query)) {
        progress.dates_pending = cg_query_number(&query, 0);
        progress.dates_calculated = cg_query_number(&query, 1);
        progress.last_calculated_date = cg_query_time(&query, 2);
    }
    cg_status status = cg_query_end(&query);
    if (status == CG_OK)
        *ret = progress;
    return status;
}

cg_status cg_view_states(struct cg_store *store, int64_t start, int64_t end,
                         void (*each)(void *user, const struct cg_view_state *state), void *user,
                         struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   "SELECT tracking_date, CASE WHEN billing_gathered THEN 1 ELSE 0 END, "
                   "CASE WHEN resources_gathered THEN 1 ELSE 0 END, CASE WHEN chargeback_calculated THEN 1 ELSE 0 END, "
                   "CASE WHEN topic_overlay_gathered THEN 1 ELSE 0 END, "
                   "CASE WHEN topic_attribution_calculated THEN 1 ELSE 0 END "
                   "FROM pipeline_state WHERE ecosystem = ?1 AND tenant_id = ?2 AND tracking_date >= ?3 AND "
                   "tracking_date < ?4 ORDER BY tracking_date",
                   "reading the states of the dates", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, start);
    cg_query_date(&query, 4, end);
    while (cg_query_row(&query)) {
        struct cg_view_state state = {
            .date = cg_query_time(&query, 0),
            .billing_gathered = (int32_t)cg_query_number(&query, 1),
            .resources_gathered = (int32_t)cg_query_number(&query, 2),
            .chargeback_calculated = (int32_t)cg_query_number(&query, 3),
            .topic_overlay_gathered = (int32_t)cg_query_number(&query, 4),
            .topic_attribution_calculated = (int32_t)cg_query_number(&query, 5),
        };
        if (query.status == CG_OK)
            each(user, &state);
    }
    return cg_query_end(&query);
}
