#include "store/facts.h"

#include <string.h>

#include <sodium.h>

#include <chitragupt/emitter.h>

#include "store/lines.h"
#include "store/private.h"
#include "store/query.h"
#include "store/record.h"
#include "store/rows.h"
#include "store/state.h"

#define UUID_TEXT_SIZE 37

/* What one call works on. */
struct write {
    struct cg_store *store;
    const struct cg_date_result *result;
    struct cg_rows rows;
    int32_t changed;
    struct cg_error *error;
};

static cg_status check_fact(struct write *write, const struct cg_fact *fact) {
    if (fact->product_category && fact->product_type && fact->identity_id && *fact->identity_id && fact->cost_type &&
        fact->env_id)
        return CG_OK;
    return cg_store_error(write->store, write->error, CG_INVALID,
                          "a chargeback row lacks a text: resource '%s', product type '%s', identity '%s'",
                          fact->resource_id ? fact->resource_id : "", fact->product_type ? fact->product_type : "",
                          fact->identity_id ? fact->identity_id : "");
}

static cg_status make_rows(struct write *write) {
    const struct cg_date_result *result = write->result;
    cg_status status =
        cg_rows_start(&write->rows, write->store, CG_FACTS_CHARGEBACK, result->date, result->fact_count, write->error);
    for (size_t i = 0; i < result->fact_count && status == CG_OK; i++) {
        const struct cg_fact *fact = &result->facts[i];
        const char *const texts[CG_DIMENSION_TEXTS] = {
            fact->resource_id,  fact->allocation_method, fact->allocation_detail, fact->product_category,
            fact->product_type, fact->identity_id,       fact->cost_type,         fact->env_id};
        status = check_fact(write, fact);
        if (status == CG_OK)
            status = cg_rows_add(&write->rows, fact->timestamp, texts, &fact->amount, write->error);
    }
    return status == CG_OK ? cg_rows_finish(&write->rows, write->error) : status;
}

static cg_status billed(struct write *write, struct cg_decimal *ret) {
    struct cg_query query;
    cg_query_start(&query, write->store,
                   write->store->has_environments
                       ? "SELECT cg_sum(total_cost) FROM ccloud_billing WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
                         "timestamp >= ?3 AND timestamp < ?4"
                       : "SELECT cg_sum(total_cost) FROM billing WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
                         "timestamp >= ?3 AND timestamp < ?4",
                   "adding up the billing lines", write->error);
    cg_query_tenant(&query);
    cg_query_seconds(&query, 3, write->result->date);
    cg_query_seconds(&query, 4, write->result->date + CG_DAY_US);
    if (cg_query_row(&query))
        *ret = cg_query_decimal(&query, 0);
    return cg_query_end(&query);
}

/* Not a cent is lost or made: the rows sum to the lines exactly. */
static cg_status check_balance(struct write *write) {
    struct cg_decimal sum = {0};
    struct cg_decimal wanted = {0};
    for (size_t i = 0; i < write->rows.count; i++)
        if (cg_decimal_add(&sum, &write->rows.items[i].amount, &sum) != CG_OK)
            return cg_rows_overflow(&write->rows, write->error);
    cg_status status = billed(write, &wanted);
    if (status != CG_OK || cg_decimal_compare(&sum, &wanted) == 0)
        return status;
    char texts[2][CG_DECIMAL_TEXT_SIZE];
    char date[CG_TIME_TEXT_SIZE];
    cg_decimal_format(&sum, texts[0]);
    cg_decimal_format(&wanted, texts[1]);
    return cg_store_error(write->store, write->error, CG_PERMANENT,
                          "the books do not balance for %s: the rows sum to %s, the billing lines to %s; nothing was "
                          "written",
                          cg_time_format_date(write->result->date, date), texts[0], texts[1]);
}

/*
 * The calculation that wrote the rows, when they are those to be written and nobody else calculated the date since;
 * else
 * "" through `id`.
 */
static cg_status find_written(struct write *write, char id[UUID_TEXT_SIZE]) {
    struct cg_query query;
    id[0] = '\0';
    cg_query_start(&query, write->store,
                   "SELECT d.rows_digest, d.calculation_id FROM cg_dates d JOIN pipeline_state s ON "
                   "s.ecosystem = d.ecosystem AND s.tenant_id = d.tenant_id AND s.tracking_date = d.tracking_date "
                   "WHERE d.ecosystem = ?1 AND d.tenant_id = ?2 AND d.tracking_date = ?3 AND "
                   "s.calculation_id = d.calculation_id AND s.chargeback_calculated = TRUE",
                   "comparing with the stored rows", write->error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, write->result->date);
    if (cg_query_row(&query)) {
        const char *digest = cg_query_peek(&query, 0);
        int same = digest && strcmp(digest, write->rows.digest) == 0;
        const char *calculation = cg_query_peek(&query, 1);
        if (same && calculation && strlen(calculation) < UUID_TEXT_SIZE)
            memcpy(id, calculation, strlen(calculation) + 1);
    }
    return cg_query_end(&query);
}

/* A random UUID. Source: RFC 4122, section 4.4. */
static void make_uuid(char *text) {
    unsigned char bytes[16];
    char hex[33];
    randombytes_buf(bytes, sizeof bytes);
    bytes[6] = (unsigned char)((bytes[6] & 0x0Fu) | 0x40u);
    bytes[8] = (unsigned char)((bytes[8] & 0x3Fu) | 0x80u);
    sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
    size_t used = 0;
    for (size_t i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            text[used++] = '-';
        text[used++] = hex[i];
    }
    text[used] = '\0';
}

/* Rows were not those that are recorded, so nobody knows what emitters sent. */
static cg_status forget_emissions(struct write *write) {
    struct cg_query query;
    cg_query_start(&query, write->store,
                   "DELETE FROM cg_emissions WHERE ecosystem = ?1 AND tenant_id = ?2 AND date = ?3 AND pipeline <> "
                   "'" CG_PIPELINE_TOPICS "'",
                   "forgetting what was sent", write->error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, write->result->date);
    return cg_query_later(&query);
}

/* `calculation_id` is the one that the rows are known from, or "": then, and whenever a row differs, there is a new
 * one.
 */
static cg_status write_rows(struct write *write, char calculation_id[UUID_TEXT_SIZE]) {
    const struct cg_date_result *result = write->result;
    int32_t changed = 0;
    cg_status status = cg_rows_write(&write->rows, &changed, write->error);
    if (status != CG_OK || (!changed && *calculation_id))
        return status;
    if (*calculation_id)
        status = forget_emissions(write);
    if (status != CG_OK)
        return status;
    make_uuid(calculation_id);
    write->changed = 1;
    return cg_state_calculated(write->store, result->date, calculation_id, result->now, result->run_id, write->error);
}

static cg_status record_date(struct write *write, const char *calculation_id) {
    const struct cg_date_result *result = write->result;
    const struct cg_date_record record = {.kind = CG_FACTS_CHARGEBACK,
                                          .date = result->date,
                                          .rows_digest = write->rows.digest,
                                          .calculation_id = calculation_id,
                                          .metrics_failed = result->metrics_failed,
                                          .metrics_seen = result->metrics_seen,
                                          .inputs_digest = result->inputs_digest,
                                          .questions = result->questions};
    return cg_record_write(write->store, &record, write->error);
}

static cg_status write_date(struct write *write) {
    const struct cg_date_result *result = write->result;
    char calculation_id[UUID_TEXT_SIZE] = "";
    cg_status status = make_rows(write);
    if (status == CG_OK)
        status = check_balance(write);
    if (status == CG_OK)
        status = find_written(write, calculation_id);
    if (status == CG_OK && (!*calculation_id || result->distrust))
        status = write_rows(write, calculation_id);
    if (status == CG_OK)
        status = record_date(write, calculation_id);
    if (status == CG_OK)
        status = cg_lines_count_attempts(write->store, CG_ATTEMPTS_ALLOCATION, result->attempts, result->attempt_count,
                                         write->error);
    return status;
}

cg_status cg_store_write_date(struct cg_store *store, const struct cg_date_result *result, uint64_t *ret_rows,
                              int32_t *ret_changed, struct cg_error *error) {
    struct write write = {.store = store, .result = result, .error = error};
    int32_t own = 0;
    if (cg_time_day(result->date) != result->date)
        return cg_store_error(store, error, CG_INVALID, "a date to write is not a midnight");
    cg_arena_reset(store->scratch);
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (status == CG_OK)
        status = cg_store_leave(store, own, write_date(&write), error);
    cg_arena_reset(store->scratch);
    if (status != CG_OK)
        return status;
    *ret_rows = write.rows.count;
    *ret_changed = write.changed;
    return CG_OK;
}
