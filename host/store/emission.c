#include "store/emission.h"

#include <string.h>

#include "store/dates.h"
#include "store/private.h"
#include "store/query.h"
#include "store/rows.h"

/*
 * What tells one state of a date's chargeback rows from another: their digest, or, when somebody else calculated the
 * date after us, that calculation's id. NULL for dates that were never calculated here.
 */
#define CHARGEBACK_TOKEN                                                                                         \
    "(SELECT CASE WHEN s.calculation_id <> d.calculation_id THEN s.calculation_id ELSE d.rows_digest END "       \
    "FROM cg_dates d LEFT JOIN pipeline_state s ON s.ecosystem = d.ecosystem AND s.tenant_id = d.tenant_id AND " \
    "s.tracking_date = d.tracking_date WHERE d.ecosystem = ?1 AND d.tenant_id = ?2 AND d.tracking_date = ?3)"

/* The same for its topic rows. They have no calculation of their own, so that of somebody else is found out by the next
 * one here, which compares with what is stored. */
#define TOPIC_TOKEN                                                                                                  \
    "(SELECT d.rows_digest FROM cg_topic_dates d WHERE d.ecosystem = ?1 AND d.tenant_id = ?2 AND d.tracking_date = " \
    "?3)"

#define LOOK(token)                                                                              \
    "SELECT " token ", (SELECT r.status FROM emission_records r WHERE r.ecosystem = ?1 AND "     \
    "r.tenant_id = ?2 AND r.date = ?3 AND r.emitter_name = ?4 AND r.pipeline = ?5), "            \
    "(SELECT e.rows_digest FROM cg_emissions e WHERE e.ecosystem = ?1 AND e.tenant_id = ?2 AND " \
    "e.date = ?3 AND e.emitter_name = ?4 AND e.pipeline = ?5)"

/* Dates with a record whose rows may all be gone. */
#define RECORDED(table, state)                                                                                  \
    "SELECT r.date FROM emission_records r JOIN " table " d ON d.ecosystem = r.ecosystem AND "                  \
    "d.tenant_id = r.tenant_id AND d.tracking_date = r.date " state                                             \
    "WHERE r.ecosystem = ?1 AND r.tenant_id = ?2 AND r.date >= ?3 AND r.emitter_name = ?4 AND r.pipeline = ?5 " \
    "AND (d.rows_digest = ?6"

/* What is asked about the rows of a kind. */
struct statements {
    const char *look_sql;
    const char *withdrawn_sql;
};

static const struct statements statements[CG_FACT_KINDS] = {
    /* Calculated to none here, or calculated by somebody else since. */
    {LOOK(CHARGEBACK_TOKEN),
     RECORDED("cg_dates", "LEFT JOIN pipeline_state s ON s.ecosystem = r.ecosystem AND s.tenant_id = r.tenant_id AND "
                          "s.tracking_date = r.date ") " OR s.calculation_id <> d.calculation_id)"},
    {LOOK(TOPIC_TOKEN), RECORDED("cg_topic_dates", "") ")"},
};

/* Whose records are asked for. */
struct question {
    struct cg_store *store;
    const char *emitter;
    const char *pipeline;
    uint32_t kind; /* CG_FACTS_ */
    struct cg_arena *arena;
    struct cg_error *error;
};

static cg_status add_withdrawn(const struct question *question, int64_t not_before, struct cg_dates *dates) {
    struct cg_query query;
    char none[CG_DIGEST_TEXT_SIZE];
    if (not_before == CG_TIME_NONE && cg_time_from_date(1, 1, 1, &not_before) != CG_OK)
        return cg_error_set(question->error, CG_RANGE, "the calendar has no first day");
    cg_rows_digest_none(none);
    cg_query_start(&query, question->store, statements[question->kind].withdrawn_sql, "looking for dates without rows",
                   question->error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, not_before);
    cg_query_text(&query, 4, question->emitter);
    cg_query_text(&query, 5, question->pipeline);
    cg_query_text(&query, 6, none);
    while (cg_query_row(&query)) {
        int64_t day = cg_query_time(&query, 0);
        if (query.status == CG_OK)
            query.status = cg_dates_add(dates, cg_time_day(day), question->error);
    }
    return cg_query_end(&query);
}

static cg_status add_dates(const struct question *question, int64_t not_before, int64_t **ret_dates,
                           size_t *ret_count) {
    struct cg_dates dates = {0};
    cg_status status =
        cg_dates_add_facts(question->store, question->kind, not_before, CG_TIME_NONE, &dates, question->error);
    if (status == CG_OK)
        status = add_withdrawn(question, not_before, &dates);
    if (status == CG_OK)
        status = cg_dates_move(&dates, question->arena, ret_dates, ret_count, question->error);
    cg_dates_done(&dates);
    return status;
}

/* Fills in what the date's rows are now. True through *ret_due when it has to be sent. */
static cg_status look_at(const struct question *question, struct cg_emission_date *date, int *ret_due) {
    struct cg_query query;
    cg_query_start(&query, question->store, statements[question->kind].look_sql, "looking for dates to emit",
                   question->error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, date->date);
    cg_query_text(&query, 4, question->emitter);
    cg_query_text(&query, 5, question->pipeline);
    if (cg_query_row(&query)) {
        date->rows = cg_query_copy(&query, 0, question->arena);
        const char *status = cg_query_peek(&query, 1);
        const char *sent = cg_query_peek(&query, 2);
        *ret_due = !status || strcmp(status, CG_EMISSION_EMITTED) != 0 ||
                   (date->rows && (!sent || strcmp(sent, date->rows) != 0));
    }
    return cg_query_end(&query);
}

static cg_status find_due(const struct question *question, int64_t not_before, struct cg_emission_date **ret_dates,
                          size_t *ret_count) {
    int64_t *days = NULL;
    size_t count = 0;
    size_t used = 0;
    cg_status status = add_dates(question, not_before, &days, &count);
    if (status != CG_OK)
        return status;
    struct cg_emission_date *dates = cg_arena_array(question->arena, count ? count : 1, sizeof *dates);
    if (!dates)
        return cg_error_no_memory(question->error);
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        int due = 0;
        dates[used] = (struct cg_emission_date){.date = days[i]};
        status = look_at(question, &dates[used], &due);
        used += due != 0;
    }
    *ret_dates = dates;
    *ret_count = used;
    return status;
}

cg_status cg_store_emission_dates(struct cg_store *store, const char *emitter, const char *pipeline, int64_t not_before,
                                  struct cg_arena *arena, struct cg_emission_date **ret_dates, size_t *ret_count,
                                  struct cg_error *error) {
    const uint32_t kind = strcmp(pipeline, CG_PIPELINE_TOPICS) == 0 ? CG_FACTS_TOPIC : CG_FACTS_CHARGEBACK;
    const struct question question = {store, emitter, pipeline, kind, arena, error};
    struct cg_emission_date *dates = NULL;
    size_t count = 0;
    int32_t own = 0;
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_READ, &own, error);
    if (status != CG_OK)
        return status;
    status = cg_store_leave(store, own, find_due(&question, not_before, &dates, &count), error);
    if (status == CG_OK) {
        *ret_dates = dates;
        *ret_count = count;
    }
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

static cg_status record_rows(struct cg_store *store, const char *emitter, const char *pipeline,
                             const struct cg_emission_date *date, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   "INSERT INTO cg_emissions (ecosystem, tenant_id, date, emitter_name, pipeline, rows_digest) "
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
                   "ON CONFLICT (ecosystem, tenant_id, emitter_name, pipeline, date) DO UPDATE SET "
                   "rows_digest = excluded.rows_digest",
                   "recording an emission", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, date->date);
    cg_query_text(&query, 4, emitter);
    cg_query_text(&query, 5, pipeline);
    cg_query_text(&query, 6, date->rows ? date->rows : "");
    return cg_query_run(&query, NULL);
}

cg_status cg_store_record_emission(struct cg_store *store, const char *emitter, const char *pipeline,
                                   const struct cg_emission_date *date, const char *status, struct cg_error *error) {
    int32_t own = 0;
    cg_status result = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (result != CG_OK)
        return result;
    result = count_attempt(store, emitter, pipeline, date->date, status, error);
    if (result == CG_OK && strcmp(status, CG_EMISSION_EMITTED) == 0)
        result = record_rows(store, emitter, pipeline, date, error);
    return cg_store_leave(store, own, result, error);
}
