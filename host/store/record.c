#include "store/record.h"

#include <string.h>

#include "store/inputs.h"
#include "store/query.h"
#include "store/state.h"

/* What metrics_failed is the sum of: some rows are a fallback, or wait for another try; the source had samples for
 * some. cg_store_dates_to_calculate looks for dates with the first. */
#define METRICS_FAILED 1
#define METRICS_SEEN 2

#define WRITE(table)                                                                                            \
    "INSERT INTO " table " (ecosystem, tenant_id, tracking_date, rows_digest, calculation_id, metrics_failed, " \
    "inputs_digest, questions) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "                                        \
    "ON CONFLICT (ecosystem, tenant_id, tracking_date) DO UPDATE SET rows_digest = excluded.rows_digest, "      \
    "calculation_id = excluded.calculation_id, metrics_failed = excluded.metrics_failed, "                      \
    "inputs_digest = excluded.inputs_digest, questions = excluded.questions"

/* The state tells whether the rows are still those of the record. */
#define READ(table, same)                                                                                           \
    "SELECT d.metrics_failed, d.inputs_digest, d.questions, CASE WHEN d.inputs_digest IS NOT NULL AND d.questions " \
    "IS NOT NULL AND " same " THEN 1 ELSE 0 END FROM " table " d LEFT JOIN pipeline_state s ON "                    \
    "s.ecosystem = d.ecosystem AND s.tenant_id = d.tenant_id AND s.tracking_date = d.tracking_date "                \
    "WHERE d.ecosystem = ?1 AND d.tenant_id = ?2 AND d.tracking_date = ?3"

cg_status cg_record_write(struct cg_store *store, const struct cg_date_record *record, struct cg_error *error) {
    static const char *const sql[CG_FACT_KINDS] = {WRITE("cg_dates"), WRITE("cg_topic_dates")};
    int known = record->inputs_digest && record->questions && strlen(record->questions) <= CG_INPUTS_QUESTIONS_LIMIT;
    struct cg_query query;
    cg_query_start(&query, store, sql[record->kind], "recording the date", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, record->date);
    cg_query_text(&query, 4, record->rows_digest);
    cg_query_text(&query, 5, record->calculation_id);
    cg_query_int(&query, 6, (record->metrics_failed ? METRICS_FAILED : 0) + (record->metrics_seen ? METRICS_SEEN : 0));
    cg_query_text(&query, 7, known ? record->inputs_digest : NULL);
    cg_query_text(&query, 8, known ? record->questions : NULL);
    return cg_query_later(&query);
}

static cg_status read_inputs(struct cg_store *store, uint32_t kind, int64_t date, struct cg_arena *arena,
                             struct cg_date_inputs *ret, struct cg_error *error) {
    static const char *const sql[CG_FACT_KINDS] = {
        READ("cg_dates", "s.chargeback_calculated = TRUE AND s.calculation_id = d.calculation_id"),
        READ("cg_topic_dates", "s.topic_attribution_calculated = TRUE AND (s.calculation_id = d.calculation_id OR "
                               "(s.calculation_id IS NULL AND d.calculation_id IS NULL))")};
    struct cg_query query;
    struct cg_date_inputs inputs = {0};
    cg_query_start(&query, store, sql[kind], "reading what a date follows from", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, date);
    if (cg_query_row(&query)) {
        const int64_t metrics = cg_query_number(&query, 0);
        inputs.metrics_seen = (metrics & METRICS_SEEN) != 0;
        inputs.known = cg_query_number(&query, 3) == 1;
        if (inputs.known) {
            inputs.metrics_failed = (metrics & METRICS_FAILED) != 0;
            inputs.digest = cg_query_copy(&query, 1, arena);
            inputs.questions = cg_query_copy(&query, 2, arena);
        }
    }
    cg_status status = cg_query_end(&query);
    if (status == CG_OK)
        *ret = inputs;
    return status;
}

cg_status cg_store_date_inputs(struct cg_store *store, int64_t date, struct cg_arena *arena, struct cg_date_inputs *ret,
                               struct cg_error *error) {
    return read_inputs(store, CG_FACTS_CHARGEBACK, date, arena, ret, error);
}

cg_status cg_store_topic_inputs(struct cg_store *store, int64_t date, struct cg_arena *arena,
                                struct cg_date_inputs *ret, struct cg_error *error) {
    return read_inputs(store, CG_FACTS_TOPIC, date, arena, ret, error);
}

cg_status cg_store_topics_again(struct cg_store *store, int64_t date, struct cg_error *error) {
    return cg_state_attributed(store, date, 0, error);
}
