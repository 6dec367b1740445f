/*
 * topics.c - writing the rows of one date; topics as resources are in topic_resources.c.
 */
#include "store/topics.h"

#include <string.h>

#include "store/lines.h"
#include "store/private.h"
#include "store/query.h"
#include "store/record.h"
#include "store/rows.h"
#include "store/state.h"

/* What one call works on. */
struct write {
    struct cg_store *store;
    const struct cg_topic_result *result;
    struct cg_rows rows;
    int32_t changed;
    struct cg_error *error;
};

static int is_pending(const struct cg_topic_result *result, const struct cg_topic_fact *fact) {
    for (size_t i = 0; i < result->pending_count; i++)
        if (strcmp(result->pending[i].cluster_resource_id, fact->cluster_resource_id) == 0 &&
            strcmp(result->pending[i].env_id, fact->env_id) == 0)
            return 1;
    return 0;
}

static cg_status check_fact(struct write *write, const struct cg_topic_fact *fact) {
    if (!fact->env_id || !fact->cluster_resource_id || !*fact->cluster_resource_id || !fact->topic_name ||
        !*fact->topic_name || !fact->product_category || !fact->product_type || !fact->attribution_method)
        return cg_store_error(write->store, write->error, CG_INVALID,
                              "a topic row lacks a text: cluster '%s', topic '%s', product type '%s'",
                              fact->cluster_resource_id ? fact->cluster_resource_id : "",
                              fact->topic_name ? fact->topic_name : "", fact->product_type ? fact->product_type : "");
    if (is_pending(write->result, fact))
        return cg_store_error(write->store, write->error, CG_INVALID,
                              "a topic row of cluster '%s' was given although the cluster waits for its metrics",
                              fact->cluster_resource_id);
    return CG_OK;
}

static cg_status add_facts(struct write *write) {
    const struct cg_topic_result *result = write->result;
    cg_status status = CG_OK;
    for (size_t i = 0; i < result->fact_count && status == CG_OK; i++) {
        const struct cg_topic_fact *fact = &result->facts[i];
        const char *const texts[CG_DIMENSION_TEXTS] = {fact->env_id,       fact->cluster_resource_id,
                                                       fact->topic_name,   fact->product_category,
                                                       fact->product_type, fact->attribution_method};
        status = check_fact(write, fact);
        if (status == CG_OK)
            status = cg_rows_add(&write->rows, fact->timestamp, texts, &fact->amount, write->error);
    }
    return status;
}

/* The rows of a group that has to wait stay. */
static cg_status keep_group(struct write *write, const struct cg_topic_group *group) {
    struct cg_query query;
    cg_query_start(&query, write->store,
                   "SELECT f.timestamp, f.dimension_id, f.amount FROM topic_attribution_dimensions d CROSS JOIN "
                   "topic_attribution_facts f WHERE f.dimension_id = d.dimension_id AND d.ecosystem = ?1 AND "
                   "d.tenant_id = ?2 AND f.timestamp >= ?3 AND f.timestamp < ?4 AND d.env_id = ?5 AND "
                   "d.cluster_resource_id = ?6",
                   "reading the rows of a cluster that waits for its metrics", write->error);
    cg_query_tenant(&query);
    cg_query_seconds(&query, 3, write->result->date);
    cg_query_seconds(&query, 4, write->result->date + CG_DAY_US);
    cg_query_text(&query, 5, group->env_id);
    cg_query_text(&query, 6, group->cluster_resource_id);
    while (cg_query_row(&query)) {
        const char *amount = cg_query_copy(&query, 2, write->store->scratch);
        if (!amount)
            cg_query_fail(&query, CG_PERMANENT, "a row has no amount");
        int64_t timestamp = cg_query_time(&query, 0);
        if (query.status == CG_OK)
            query.status = cg_rows_keep(&write->rows, timestamp, cg_query_number(&query, 1), amount, write->error);
    }
    return cg_query_end(&query);
}

static cg_status make_rows(struct write *write) {
    const struct cg_topic_result *result = write->result;
    cg_status status =
        cg_rows_start(&write->rows, write->store, CG_FACTS_TOPIC, result->date, result->fact_count, write->error);
    if (status == CG_OK)
        status = add_facts(write);
    for (size_t i = 0; i < result->pending_count && status == CG_OK; i++)
        status = keep_group(write, &result->pending[i]);
    return status == CG_OK ? cg_rows_finish(&write->rows, write->error) : status;
}

static cg_status record_date(struct write *write) {
    const struct cg_topic_result *result = write->result;
    struct cg_date_record record = {.kind = CG_FACTS_TOPIC,
                                    .date = result->date,
                                    .rows_digest = write->rows.digest,
                                    .metrics_seen = result->metrics_seen};
    if (result->pending_count == 0) {
        record.inputs_digest = result->inputs_digest;
        record.questions = result->questions;
    }
    cg_status status =
        cg_state_calculation(write->store, result->date, write->store->scratch, &record.calculation_id, write->error);
    return status == CG_OK ? cg_record_write(write->store, &record, write->error) : status;
}

static cg_status write_topics(struct write *write) {
    const struct cg_topic_result *result = write->result;
    cg_status status = make_rows(write);
    if (status == CG_OK)
        status = cg_rows_write(&write->rows, &write->changed, write->error);
    if (status == CG_OK)
        status = cg_state_attributed(write->store, result->date, result->pending_count == 0, write->error);
    if (status == CG_OK)
        status = record_date(write);
    if (status == CG_OK)
        status = cg_lines_count_attempts(write->store, CG_ATTEMPTS_TOPICS, result->attempts, result->attempt_count,
                                         write->error);
    return status;
}

cg_status cg_store_write_topics(struct cg_store *store, const struct cg_topic_result *result, uint64_t *ret_rows,
                                int32_t *ret_changed, struct cg_error *error) {
    struct write write = {.store = store, .result = result, .error = error};
    int32_t own = 0;
    if (cg_time_day(result->date) != result->date)
        return cg_store_error(store, error, CG_INVALID, "a date to write is not a midnight");
    cg_arena_reset(store->scratch);
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (status == CG_OK)
        status = cg_store_leave(store, own, write_topics(&write), error);
    cg_arena_reset(store->scratch);
    if (status != CG_OK)
        return status;
    *ret_rows = write.rows.count - write.rows.kept;
    *ret_changed = write.changed;
    return CG_OK;
}
