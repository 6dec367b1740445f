#include "store/inputs.h"
#include "store/private.h"
#include "store/query.h"

/* What is left of each line when its rows are taken off. The facts of a date come first: SQLite would begin with all
 * dimensions of the tenant, and CROSS JOIN is how it is told the order. */
#define DIFFERENCES(table, env)                                                                                 \
    "SELECT cg_sum(x.amount) FROM (SELECT timestamp, " env " AS env_id, resource_id, product_type, "            \
    "product_category, total_cost AS amount FROM " table " WHERE ecosystem = ?1 AND tenant_id = ?2 AND "        \
    "timestamp >= ?3 AND timestamp < ?4 UNION ALL SELECT f.timestamp, d.env_id, COALESCE(d.resource_id, ''), "  \
    "d.product_type, d.product_category, CASE WHEN SUBSTR(f.amount, 1, 1) = '-' THEN SUBSTR(f.amount, 2) ELSE " \
    "'-' || f.amount END FROM chargeback_facts f CROSS JOIN chargeback_dimensions d WHERE d.dimension_id = "    \
    "f.dimension_id AND d.ecosystem = ?1 AND d.tenant_id = ?2 AND f.timestamp >= ?3 AND f.timestamp < ?4) x "   \
    "GROUP BY x.timestamp, x.env_id, x.resource_id, x.product_type, x.product_category"

static cg_status compare(struct cg_store *store, int64_t date, int32_t *ret_equal, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   store->has_environments ? DIFFERENCES("ccloud_billing", "env_id") : DIFFERENCES("billing", "''"),
                   "comparing the date's rows with its bill", error);
    cg_query_tenant(&query);
    cg_query_seconds(&query, 3, date);
    cg_query_seconds(&query, 4, date + CG_DAY_US);
    *ret_equal = 1;
    while (cg_query_row(&query)) {
        const struct cg_decimal left = cg_query_decimal(&query, 0);
        if (!cg_decimal_is_zero(&left))
            *ret_equal = 0;
    }
    return cg_query_end(&query);
}

static cg_status write_digest(struct cg_store *store, int64_t date, const char *digest, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   "UPDATE cg_dates SET inputs_digest = ?4 WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
                   "tracking_date = ?3",
                   "recording that a date stays", error);
    cg_query_tenant(&query);
    cg_query_date(&query, 3, date);
    cg_query_text(&query, 4, digest);
    return cg_query_run(&query, NULL);
}

cg_status cg_store_keep_date(struct cg_store *store, int64_t date, const char *digest, int32_t *ret_kept,
                             struct cg_error *error) {
    int32_t own = 0;
    int32_t equal = 0;
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (status != CG_OK)
        return status;
    status = compare(store, date, &equal, error);
    if (status == CG_OK && equal)
        status = write_digest(store, date, digest, error);
    status = cg_store_leave(store, own, status, error);
    if (status == CG_OK)
        *ret_kept = equal;
    return status;
}
