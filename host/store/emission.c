#include "store/emission.h"

#include <string.h>

#include "store/dates.h"
#include "store/query.h"

/*
 * What tells one state of a date's rows from another: their digest, or, when somebody else calculated the date after
 * us, that calculation's id. NULL for dates that were never calculated here.
 */
#define ROWS_TOKEN                                                                                               \
    "(SELECT CASE WHEN s.calculation_id <> d.calculation_id THEN s.calculation_id ELSE d.rows_digest END "       \
    "FROM cg_dates d LEFT JOIN pipeline_state s ON s.ecosystem = d.ecosystem AND s.tenant_id = d.tenant_id AND " \
    "s.tracking_date = d.tracking_date WHERE d.ecosystem = ?1 AND d.tenant_id = ?2 AND d.tracking_date = ?3)"

/* True through *ret when the date has to be sent. */
static cg_status is_due(struct cg_store *store, const char *emitter, const char *pipeline, int64_t date, int *ret,
                        struct cg_error *error) {
    struct cg_query query;
    *ret = 1;
    cg_query_start(&query, store,
                   "SELECT r.status, e.rows_digest, " ROWS_TOKEN " FROM emission_records r LEFT JOIN cg_emissions e ON "
                   "e.ecosystem = r.ecosystem AND e.tenant_id = r.tenant_id AND e.emitter_name = r.emitter_name AND "
                   "e.pipeline = r.pipeline AND e.date = r.date WHERE r.ecosystem = ?1 AND r.tenant_id = ?2 AND "
                   "r.date = ?3 AND r.emitter_name = ?4 AND r.pipeline = ?5",
                   "looking for dates to emit", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, date);
    cg_query_text(&query, 4, emitter);
    cg_query_text(&query, 5, pipeline);
    if (cg_query_row(&query)) {
        const char *status = cg_query_peek(&query, 0);
        const char *sent = cg_query_peek(&query, 1);
        const char *now = cg_query_peek(&query, 2);
        *ret = !status || strcmp(status, CG_EMISSION_EMITTED) != 0 || (now && (!sent || strcmp(sent, now) != 0));
    }
    return cg_query_end(&query);
}

cg_status cg_store_emission_dates(struct cg_store *store, const char *emitter, const char *pipeline, int64_t not_before,
                                  struct cg_arena *arena, int64_t **ret_dates, size_t *ret_count,
                                  struct cg_error *error) {
    struct cg_dates dates = {0};
    cg_status status = cg_dates_add_facts(store, not_before, CG_TIME_NONE, &dates, error);
    size_t used = 0;
    for (size_t i = 0; i < dates.count && status == CG_OK; i++) {
        int due = 0;
        status = is_due(store, emitter, pipeline, dates.items[i], &due, error);
        if (due)
            dates.items[used++] = dates.items[i];
    }
    dates.count = used;
    if (status == CG_OK)
        status = cg_dates_move(&dates, arena, ret_dates, ret_count, error);
    cg_dates_done(&dates);
    return status;
}

static cg_status count_attempt(struct cg_store *store, const char *emitter, const char *pipeline, int64_t date,
                               const char *status, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   "INSERT INTO emission_records (ecosystem, tenant_id, date, emitter_name, pipeline, status, "
                   "attempt_count) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1) "
                   "ON CONFLICT (ecosystem, tenant_id, emitter_name, pipeline, date) DO UPDATE SET "
                   "status = excluded.status, attempt_count = emission_records.attempt_count + 1",
                   "recording an emission", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, date);
    cg_query_text(&query, 4, emitter);
    cg_query_text(&query, 5, pipeline);
    cg_query_text(&query, 6, status);
    return cg_query_run(&query, NULL);
}

static cg_status record_rows(struct cg_store *store, const char *emitter, const char *pipeline, int64_t date,
                             struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   "INSERT INTO cg_emissions (ecosystem, tenant_id, date, emitter_name, pipeline, rows_digest) "
                   "VALUES (?1, ?2, ?3, ?4, ?5, COALESCE(" ROWS_TOKEN ", '')) "
                   "ON CONFLICT (ecosystem, tenant_id, emitter_name, pipeline, date) DO UPDATE SET "
                   "rows_digest = excluded.rows_digest",
                   "recording an emission", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, date);
    cg_query_text(&query, 4, emitter);
    cg_query_text(&query, 5, pipeline);
    return cg_query_run(&query, NULL);
}

cg_status cg_store_record_emission(struct cg_store *store, const char *emitter, const char *pipeline, int64_t date,
                                   const char *status, struct cg_error *error) {
    int32_t own = 0;
    cg_status result = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (result != CG_OK)
        return result;
    result = count_attempt(store, emitter, pipeline, date, status, error);
    if (result == CG_OK && strcmp(status, CG_EMISSION_EMITTED) == 0)
        result = record_rows(store, emitter, pipeline, date, error);
    return cg_store_leave(store, own, result, error);
}
