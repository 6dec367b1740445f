#include "store/facts.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "store/dimensions.h"
#include "store/lines.h"
#include "store/query.h"
#include "store/state.h"

#define DIGEST_BYTES 32
#define DIGEST_TEXT_SIZE (2 * DIGEST_BYTES + 1)
#define UUID_TEXT_SIZE 37

/* A fact as it is stored. */
struct row {
    int64_t dimension_id;
    int64_t timestamp; /* whole seconds */
    struct cg_decimal amount;
    const char *text; /* of the amount */
    uint32_t text_length;
    uint32_t unused;
};

/* What one call works on. */
struct write {
    struct cg_store *store;
    const struct cg_date_result *result;
    struct row *rows;
    size_t count;
    char digest[DIGEST_TEXT_SIZE];
    struct cg_error *error;
};

static cg_status check_fact(struct write *write, const struct cg_fact *fact) {
    if (!fact->product_category || !fact->product_type || !fact->identity_id || !*fact->identity_id ||
        !fact->cost_type || !fact->env_id)
        return cg_store_error(write->store, write->error, CG_INVALID,
                              "a chargeback row lacks a text: resource '%s', product type '%s', identity '%s'",
                              fact->resource_id ? fact->resource_id : "", fact->product_type ? fact->product_type : "",
                              fact->identity_id ? fact->identity_id : "");
    if (fact->timestamp < write->result->date || fact->timestamp >= write->result->date + CG_DAY_US) {
        char text[CG_TIME_TEXT_SIZE];
        return cg_store_error(write->store, write->error, CG_INVALID,
                              "a chargeback row of %s lies outside the date that is written",
                              cg_time_format_seconds(fact->timestamp, text));
    }
    return CG_OK;
}

static int compare_rows(const void *left, const void *right) {
    const struct row *a = left;
    const struct row *b = right;
    if (a->dimension_id != b->dimension_id)
        return a->dimension_id < b->dimension_id ? -1 : 1;
    return (a->timestamp > b->timestamp) - (a->timestamp < b->timestamp);
}

static cg_status too_many_digits(struct write *write) {
    char date[CG_TIME_TEXT_SIZE];
    return cg_store_error(write->store, write->error, CG_RANGE,
                          "amounts of %s cannot be added up: the sum has more than %d digits",
                          cg_time_format_date(write->result->date, date), CG_DECIMAL_DIGITS);
}

/* Rows with one key become one row with the sum. */
static cg_status add_up(struct write *write) {
    size_t used = 0;
    for (size_t i = 0; i < write->count; i++) {
        struct row *row = &write->rows[i];
        if (used == 0 || compare_rows(&write->rows[used - 1], row) != 0) {
            write->rows[used++] = *row;
            continue;
        }
        struct cg_decimal *sum = &write->rows[used - 1].amount;
        if (cg_decimal_add(sum, &row->amount, sum) != CG_OK)
            return too_many_digits(write);
    }
    write->count = used;
    return CG_OK;
}

static cg_status format_amounts(struct write *write) {
    for (size_t i = 0; i < write->count; i++) {
        struct row *row = &write->rows[i];
        char text[CG_DECIMAL_TEXT_SIZE];
        size_t length = cg_decimal_format(&row->amount, text);
        row->text = cg_arena_copy(write->store->scratch, text, length);
        row->text_length = (uint32_t)length;
        if (!row->text)
            return cg_error_no_memory(write->error);
    }
    return CG_OK;
}

/* Digest of what the date's rows are to be, in the order in which they are written. */
static void digest_rows(struct write *write) {
    crypto_generichash_state state;
    unsigned char digest[DIGEST_BYTES];
    crypto_generichash_init(&state, NULL, 0, sizeof digest);
    for (size_t i = 0; i < write->count; i++) {
        const struct row *row = &write->rows[i];
        unsigned char record[2 * sizeof(int64_t) + CG_DECIMAL_TEXT_SIZE];
        memcpy(record, &row->dimension_id, sizeof(int64_t));
        memcpy(record + sizeof(int64_t), &row->timestamp, sizeof(int64_t));
        memcpy(record + 2 * sizeof(int64_t), row->text, row->text_length + 1);
        crypto_generichash_update(&state, record, 2 * sizeof(int64_t) + row->text_length + 1);
    }
    crypto_generichash_final(&state, digest, sizeof digest);
    sodium_bin2hex(write->digest, sizeof write->digest, digest, sizeof digest);
}

static cg_status make_rows(struct write *write) {
    const struct cg_date_result *result = write->result;
    write->rows =
        cg_arena_array(write->store->scratch, result->fact_count ? result->fact_count : 1, sizeof *write->rows);
    if (!write->rows)
        return cg_error_no_memory(write->error);
    cg_status status = cg_dimensions_check(write->store, write->error);
    int sorted = 1;
    for (size_t i = 0; i < result->fact_count && status == CG_OK; i++) {
        const struct cg_fact *fact = &result->facts[i];
        struct row *row = &write->rows[i];
        row->timestamp = fact->timestamp - (fact->timestamp % 1000000 + 1000000) % 1000000;
        row->amount = fact->amount;
        status = check_fact(write, fact);
        if (status == CG_OK)
            status = cg_dimension_id(write->store, fact, &row->dimension_id, write->error);
        sorted = sorted && (i == 0 || compare_rows(row - 1, row) < 0);
    }
    if (status != CG_OK)
        return status;
    write->count = result->fact_count;
    if (!sorted)
        qsort(write->rows, write->count, sizeof *write->rows, compare_rows);
    status = add_up(write);
    if (status == CG_OK)
        status = format_amounts(write);
    if (status == CG_OK)
        digest_rows(write);
    return status;
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
    for (size_t i = 0; i < write->count; i++)
        if (cg_decimal_add(&sum, &write->rows[i].amount, &sum) != CG_OK)
            return too_many_digits(write);
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

/* True through *ret when the stored rows are those to be written, and nobody else calculated the date since. */
static cg_status is_written(struct write *write, int *ret) {
    struct cg_query query;
    *ret = 0;
    cg_query_start(&query, write->store,
                   "SELECT d.rows_digest FROM cg_dates d JOIN pipeline_state s ON s.ecosystem = d.ecosystem AND "
                   "s.tenant_id = d.tenant_id AND s.tracking_date = d.tracking_date "
                   "WHERE d.ecosystem = ?1 AND d.tenant_id = ?2 AND d.tracking_date = ?3 AND "
                   "s.calculation_id = d.calculation_id AND s.chargeback_calculated = TRUE",
                   "comparing with the stored rows", write->error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, write->result->date);
    if (cg_query_row(&query)) {
        const char *digest = cg_query_peek(&query, 0);
        *ret = digest && strcmp(digest, write->digest) == 0;
    }
    return cg_query_end(&query);
}

static cg_status delete_facts(struct write *write) {
    struct cg_query query;
    cg_query_start(&query, write->store,
                   "DELETE FROM chargeback_facts WHERE timestamp >= ?3 AND timestamp < ?4 AND EXISTS "
                   "(SELECT 1 FROM chargeback_dimensions d WHERE d.dimension_id = chargeback_facts.dimension_id AND "
                   "d.ecosystem = ?1 AND d.tenant_id = ?2)",
                   "deleting the date's old rows", write->error);
    cg_query_tenant(&query);
    cg_query_seconds(&query, 3, write->result->date);
    cg_query_seconds(&query, 4, write->result->date + CG_DAY_US);
    return cg_query_run(&query, NULL);
}

/* The hot loop: parameters are bound without copies, and only those that changed. */
static cg_status insert_facts(struct write *write) {
    struct cg_query query;
    char timestamp[CG_TIME_TEXT_SIZE];
    int64_t last = CG_TIME_NONE;
    const struct cg_sql_driver *driver = write->store->driver;
    cg_query_start(
        &query, write->store,
        "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json) VALUES (?1, ?2, ?3, '{}')",
        "writing the date's rows", write->error);
    for (size_t i = 0; i < write->count && query.status == CG_OK; i++) {
        const struct row *row = &write->rows[i];
        if (row->timestamp != last) {
            cg_query_text(&query, 1, cg_time_format_seconds(row->timestamp, timestamp));
            last = row->timestamp;
        }
        cg_query_int(&query, 2, row->dimension_id);
        cg_status status = driver->bind_text(query.statement, 3, row->text, row->text_length);
        if (status != CG_OK)
            query.status = cg_store_failed(write->store, status, query.doing, write->error);
        if (!cg_query_row(&query))
            cg_query_again(&query);
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

static cg_status record_date(struct write *write, const char *calculation_id) {
    struct cg_query query;
    cg_query_start(
        &query, write->store,
        "INSERT INTO cg_dates (ecosystem, tenant_id, tracking_date, rows_digest, calculation_id, "
        "metrics_failed) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
        "ON CONFLICT (ecosystem, tenant_id, tracking_date) DO UPDATE SET rows_digest = excluded.rows_digest, "
        "calculation_id = excluded.calculation_id, metrics_failed = excluded.metrics_failed",
        "recording the date", write->error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, write->result->date);
    cg_query_text(&query, 4, write->digest);
    cg_query_text(&query, 5, calculation_id);
    cg_query_int(&query, 6, write->result->metrics_failed ? 1 : 0);
    return cg_query_run(&query, NULL);
}

static cg_status write_rows(struct write *write) {
    char calculation_id[UUID_TEXT_SIZE];
    make_uuid(calculation_id);
    const struct cg_date_result *result = write->result;
    cg_status status = delete_facts(write);
    if (status == CG_OK)
        status = insert_facts(write);
    if (status == CG_OK)
        status =
            cg_state_calculated(write->store, result->date, calculation_id, result->now, result->run_id, write->error);
    return status == CG_OK ? record_date(write, calculation_id) : status;
}

/* The rows stay; only what is known about them may differ. */
static cg_status keep_rows(struct write *write) {
    struct cg_query query;
    cg_query_start(&query, write->store,
                   "UPDATE cg_dates SET metrics_failed = ?4 "
                   "WHERE ecosystem = ?1 AND tenant_id = ?2 AND tracking_date = ?3 AND metrics_failed <> ?4",
                   "recording the date", write->error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, write->result->date);
    cg_query_int(&query, 4, write->result->metrics_failed ? 1 : 0);
    return cg_query_run(&query, NULL);
}

static cg_status write_attempts(struct write *write) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < write->result->attempt_count && status == CG_OK; i++) {
        const struct cg_line_attempt *attempt = &write->result->attempts[i];
        const struct cg_line_row key = {.timestamp = attempt->line->timestamp,
                                        .env_id = attempt->line->env_id,
                                        .resource_id = attempt->line->resource_id,
                                        .product_type = attempt->line->product_type,
                                        .product_category = attempt->line->product_category};
        status = cg_line_row_attempts(write->store, &key, attempt->attempts, write->error);
    }
    return status;
}

static cg_status write_date(struct write *write, int *ret_changed) {
    int written = 0;
    cg_status status = make_rows(write);
    if (status == CG_OK)
        status = check_balance(write);
    if (status == CG_OK)
        status = is_written(write, &written);
    if (status == CG_OK)
        status = written ? keep_rows(write) : write_rows(write);
    if (status == CG_OK)
        status = write_attempts(write);
    if (status == CG_OK)
        status = cg_dimensions_remember(write->store, write->error);
    *ret_changed = !written;
    return status;
}

cg_status cg_store_write_date(struct cg_store *store, const struct cg_date_result *result, uint64_t *ret_rows,
                              int32_t *ret_changed, struct cg_error *error) {
    struct write write = {.store = store, .result = result, .error = error};
    int changed = 0;
    int32_t own = 0;
    if (cg_time_day(result->date) != result->date)
        return cg_store_error(store, error, CG_INVALID, "a date to write is not a midnight");
    cg_arena_reset(store->scratch);
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (status == CG_OK)
        status = cg_store_leave(store, own, write_date(&write, &changed), error);
    cg_arena_reset(store->scratch);
    if (status != CG_OK)
        return status;
    *ret_rows = write.count;
    *ret_changed = changed;
    return CG_OK;
}
