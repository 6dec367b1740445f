#include "store/revisions.h"

#include <string.h>

#include "store/private.h"
#include "store/query.h"

cg_status cg_revision_of_line(struct cg_store *store, const struct cg_line_row *before, const struct cg_line_row *after,
                              int64_t now, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(
        &query, store,
        "INSERT INTO cg_billing_revisions (ecosystem, tenant_id, timestamp, env_id, resource_id, product_type, "
        "product_category, old_cost, new_cost, seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        "recording a billing revision", error);
    cg_query_tenant(&query);
    cg_query_seconds(&query, 3, after->timestamp);
    cg_query_text(&query, 4, after->env_id);
    cg_query_text(&query, 5, after->resource_id);
    cg_query_text(&query, 6, after->product_type);
    cg_query_text(&query, 7, after->product_category);
    cg_query_text(&query, 8, before->total_cost);
    cg_query_text(&query, 9, after->total_cost);
    cg_query_micros(&query, 10, now);
    cg_status status = cg_query_later(&query);
    char date[CG_TIME_TEXT_SIZE];
    if (status == CG_OK)
        cg_log_write(store->log, CG_STORE_LOGGER, CG_LOG_WARNING,
                     "Billing revision detected: %s/%s/%s cost changed %s → %s", after->resource_id,
                     after->product_type, cg_time_format_date(after->timestamp, date), before->total_cost,
                     after->total_cost);
    return status;
}

void cg_day_total_add(struct cg_day_total *total, const struct cg_decimal *cost) {
    total->lines++;
    if (cg_decimal_add(&total->sum, cost, &total->sum) != CG_OK)
        total->is_unknown = 1;
}

void cg_day_total_add_text(struct cg_day_total *total, const char *cost) {
    struct cg_decimal value = {0};
    if (cg_decimal_parse(cost, strlen(cost), &value) != CG_OK)
        total->is_unknown = 1;
    cg_day_total_add(total, &value);
}

static const char *text_of(const struct cg_day_total *total, char buffer[CG_DECIMAL_TEXT_SIZE]) {
    if (total->is_unknown)
        return "NaN";
    cg_decimal_format(&total->sum, buffer);
    return buffer;
}

cg_status cg_revision_of_day(struct cg_store *store, int64_t day, const struct cg_day_total *before,
                             const struct cg_day_total *after, int64_t now, int32_t *ret_revised,
                             struct cg_error *error) {
    char texts[2][CG_DECIMAL_TEXT_SIZE];
    char date[CG_TIME_TEXT_SIZE];
    const char *old = text_of(before, texts[0]);
    const char *new = text_of(after, texts[1]);
    *ret_revised = before->lines > 0 &&
                   (before->is_unknown || after->is_unknown || cg_decimal_compare(&before->sum, &after->sum) != 0);
    if (!*ret_revised)
        return CG_OK;
    struct cg_query query;
    cg_query_start(&query, store,
                   "INSERT INTO cg_date_revisions (ecosystem, tenant_id, tracking_date, old_total, new_total, seen_at) "
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                   "recording a billing revision", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, day);
    cg_query_text(&query, 4, old);
    cg_query_text(&query, 5, new);
    cg_query_micros(&query, 6, now);
    cg_status status = cg_query_later(&query);
    if (status == CG_OK)
        cg_log_write(store->log, CG_STORE_LOGGER, CG_LOG_WARNING,
                     "Billing revision detected: date %s total changed %s → %s", cg_time_format_date(day, date), old,
                     new);
    return status;
}
