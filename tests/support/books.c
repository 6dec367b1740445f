#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/db.h"
#include "support/query.h"
#include "support/workdir.h"

/* Lines and rows under one key; the second column tells them apart. */
static const char chargebacks_sql[] =
    "SELECT l.timestamp || ' ' || l.env_id || ' ' || l.resource_id || ' ' || l.product_type || ' ' || "
    "l.product_category AS key, 1 AS line, l.total_cost AS amount FROM ccloud_billing l "
    "UNION ALL SELECT f.timestamp || ' ' || d.env_id || ' ' || COALESCE(d.resource_id, '') || ' ' || d.product_type || "
    "' ' || d.product_category, 0, f.amount FROM chargeback_facts f "
    "JOIN chargeback_dimensions d ON d.dimension_id = f.dimension_id ORDER BY 1, 2 DESC";

/* Product types that are split over topics unless the configuration says otherwise. */
#define SPLIT                                                                                                          \
    "('KAFKA_NETWORK_READ', 'KAFKA_NETWORK_WRITE', 'KAFKA_NUM_CKU', 'KAFKA_NUM_CKUS', 'KAFKA_STORAGE', 'KAFKA_BASE', " \
    "'KAFKA_PARTITION')"

static const char topics_sql[] =
    "SELECT timestamp || ' ' || env_id || ' ' || resource_id || ' ' || product_type || ' ' || product_category, 1, "
    "total_cost FROM ccloud_billing WHERE resource_id LIKE 'lkc-%' AND product_type IN " SPLIT
    " UNION ALL SELECT f.timestamp || ' ' || d.env_id || ' ' || d.cluster_resource_id || ' ' || d.product_type || ' ' "
    "|| "
    "d.product_category, 0, f.amount FROM topic_attribution_facts f "
    "JOIN topic_attribution_dimensions d ON d.dimension_id = f.dimension_id ORDER BY 1, 2 DESC";

/* What is known of the key at hand. */
struct account {
    char *key;
    size_t lines;
    size_t rows;
    struct cg_decimal rest; /* the line less its rows */
};

static void close_account(struct account *account) {
    if (!account->key)
        return;
    cr_assert_eq(account->lines, 1, "%s has %zu billing lines", account->key, account->lines);
    cr_assert(account->rows > 0, "%s has no rows", account->key);
    const struct cg_decimal zero = {0};
    cg_test_decimal_equal(account->key, &account->rest, &zero);
    free(account->key);
    *account = (struct account){0};
}

static void balance(sqlite3 *db, const char *sql) {
    struct account account = {0};
    sqlite3_stmt *statement = cg_test_db_prepare(db, sql);
    while (cg_test_db_step(db, statement)) {
        const char *key = (const char *)sqlite3_column_text(statement, 0);
        int is_line = sqlite3_column_int(statement, 1);
        struct cg_decimal amount = cg_test_decimal((const char *)sqlite3_column_text(statement, 2));
        if (!account.key || strcmp(account.key, key) != 0) {
            close_account(&account);
            account.key = strdup(key);
            cr_assert_not_null(account.key);
        }
        *(is_line ? &account.lines : &account.rows) += 1;
        cg_status status = is_line ? cg_decimal_add(&account.rest, &amount, &account.rest)
                                   : cg_decimal_subtract(&account.rest, &amount, &account.rest);
        cr_assert_eq(status, CG_OK, "%s: the sum does not fit", key);
    }
    sqlite3_finalize(statement);
    close_account(&account);
}

void cg_test_db_balance(sqlite3 *db) {
    balance(db, chargebacks_sql);
}

void cg_test_db_topics_balance(sqlite3 *db) {
    balance(db, topics_sql);
}

static struct cg_decimal sum_of(sqlite3 *db, const char *column, const char *table, const char *date) {
    char *sql = *date ? cg_test_format("SELECT %s FROM %s WHERE date(timestamp) = '%s'", column, table, date)
                      : cg_test_format("SELECT %s FROM %s", column, table);
    struct cg_decimal sum = cg_test_db_sum(db, sql);
    free(sql);
    return sum;
}

struct cg_decimal cg_test_db_billed(sqlite3 *db, const char *date) {
    return sum_of(db, "total_cost", "ccloud_billing", date);
}

struct cg_decimal cg_test_db_charged(sqlite3 *db, const char *date) {
    return sum_of(db, "amount", "chargeback_facts", date);
}
