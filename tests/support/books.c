#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/db.h"
#include "support/query.h"
#include "support/workdir.h"

/* Lines and rows under one key; the second column tells them apart. */
static const char balance_sql[] =
    "SELECT l.timestamp || ' ' || l.env_id || ' ' || l.resource_id || ' ' || l.product_type || ' ' || "
    "l.product_category AS key, 1 AS line, l.total_cost AS amount FROM ccloud_billing l "
    "UNION ALL SELECT f.timestamp || ' ' || d.env_id || ' ' || COALESCE(d.resource_id, '') || ' ' || d.product_type || "
    "' ' || d.product_category, 0, f.amount FROM chargeback_facts f "
    "JOIN chargeback_dimensions d ON d.dimension_id = f.dimension_id ORDER BY 1, 2 DESC";

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
    cr_assert(account->rows > 0, "%s has no chargeback rows", account->key);
    const struct cg_decimal zero = {0};
    cg_test_decimal_equal(account->key, &account->rest, &zero);
    free(account->key);
    *account = (struct account){0};
}

void cg_test_db_balance(sqlite3 *db) {
    struct account account = {0};
    sqlite3_stmt *statement = cg_test_db_prepare(db, balance_sql);
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

static void put_field(FILE *stream, const char *text, const char *end) {
    if (text && strpbrk(text, ",\"\r\n")) {
        (void)fputc('"', stream);
        for (; *text; text++) {
            if (*text == '"')
                (void)fputc('"', stream);
            (void)fputc(*text, stream);
        }
        (void)fputc('"', stream);
    } else if (text) {
        (void)fputs(text, stream);
    }
    (void)fputs(end, stream);
}

char *cg_test_db_csv(sqlite3 *db, const char *date) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    cr_assert_not_null(stream);
    (void)fputs("ecosystem,tenant_id,timestamp,resource_id,product_category,product_type,identity_id,cost_type,amount,"
                "allocation_method,allocation_detail\r\n",
                stream);
    char *sql = cg_test_format(
        "SELECT d.ecosystem, d.tenant_id, strftime('%%Y-%%m-%%dT%%H:%%M:%%S+00:00', f.timestamp), d.resource_id, "
        "d.product_category, d.product_type, d.identity_id, d.cost_type, f.amount, d.allocation_method, "
        "d.allocation_detail FROM chargeback_facts f JOIN chargeback_dimensions d ON d.dimension_id = f.dimension_id "
        "WHERE date(f.timestamp) = '%s' ORDER BY 4, 5, 6, 7, 8, 10, 11, d.env_id, f.timestamp",
        date);
    sqlite3_stmt *statement = cg_test_db_prepare(db, sql);
    while (cg_test_db_step(db, statement)) {
        int last = sqlite3_column_count(statement) - 1;
        for (int i = 0; i <= last; i++)
            put_field(stream, (const char *)sqlite3_column_text(statement, i), i == last ? "\r\n" : ",");
    }
    sqlite3_finalize(statement);
    free(sql);
    int failed = ferror(stream);
    cr_assert(fclose(stream) == 0 && !failed, "out of memory");
    return text;
}

void cg_test_csv_follows(sqlite3 *db, const char *csv_folder) {
    size_t files = 0;
    sqlite3_stmt *statement =
        cg_test_db_prepare(db, "SELECT DISTINCT date(f.timestamp), d.tenant_id FROM chargeback_facts f "
                               "JOIN chargeback_dimensions d ON d.dimension_id = f.dimension_id ORDER BY 1, 2");
    while (cg_test_db_step(db, statement)) {
        const char *date = (const char *)sqlite3_column_text(statement, 0);
        char *name = cg_test_format("%s_%s.csv", (const char *)sqlite3_column_text(statement, 1), date);
        char *wanted = cg_test_db_csv(db, date);
        char *got = cg_test_file_read(csv_folder, name);
        cr_assert_not_null(got, "there is no file %s", name);
        cg_test_dumps_equal(name, got, wanted);
        free(got);
        free(wanted);
        free(name);
        files++;
    }
    sqlite3_finalize(statement);
    size_t there = cg_test_folder_count(csv_folder, "");
    cr_assert_eq(there, files, "%s has %zu files instead of %zu", csv_folder, there, files);
}
