/* The topic overlay of a database: sums and files. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/db.h"
#include "support/query.h"
#include "support/workdir.h"

/* Product types that are split over topics unless the configuration says otherwise. */
#define SPLIT                                                                                                          \
    "('KAFKA_NETWORK_READ', 'KAFKA_NETWORK_WRITE', 'KAFKA_NUM_CKU', 'KAFKA_NUM_CKUS', 'KAFKA_STORAGE', 'KAFKA_BASE', " \
    "'KAFKA_PARTITION')"

/* Lines and rows under one key; the second column tells them apart. */
static const char balance_sql[] =
    "SELECT timestamp || ' ' || env_id || ' ' || resource_id || ' ' || product_type || ' ' || product_category, 1, "
    "total_cost FROM ccloud_billing WHERE resource_id LIKE 'lkc-%' AND product_type IN " SPLIT
    " UNION ALL SELECT f.timestamp || ' ' || d.env_id || ' ' || d.cluster_resource_id || ' ' || d.product_type || ' ' "
    "|| "
    "d.product_category, 0, f.amount FROM topic_attribution_facts f "
    "JOIN topic_attribution_dimensions d ON d.dimension_id = f.dimension_id ORDER BY 1, 2 DESC";

void cg_test_db_topics_balance(sqlite3 *db) {
    const struct cg_decimal zero = {0};
    char *key = NULL;
    size_t lines = 0;
    size_t rows = 0;
    struct cg_decimal rest = {0};
    sqlite3_stmt *statement = cg_test_db_prepare(db, balance_sql);
    for (int more = 1; more;) {
        more = cg_test_db_step(db, statement);
        const char *next = more ? (const char *)sqlite3_column_text(statement, 0) : "";
        if (!key || strcmp(key, next) != 0) {
            if (key) {
                cr_assert_eq(lines, 1, "%s has %zu billing lines", key, lines);
                cr_assert(rows > 0, "%s has no topic rows", key);
                cg_test_decimal_equal(key, &rest, &zero);
            }
            free(key);
            key = strdup(next);
            cr_assert_not_null(key);
            lines = rows = 0;
            rest = zero;
        }
        if (more) {
            int is_line = sqlite3_column_int(statement, 1);
            struct cg_decimal amount = cg_test_decimal((const char *)sqlite3_column_text(statement, 2));
            *(is_line ? &lines : &rows) += 1;
            cg_status status =
                is_line ? cg_decimal_add(&rest, &amount, &rest) : cg_decimal_subtract(&rest, &amount, &rest);
            cr_assert_eq(status, CG_OK, "%s: the sum does not fit", key);
        }
    }
    sqlite3_finalize(statement);
    free(key);
}

/* The file of a date. Topic names here need no quotes. */
static char *csv_of(sqlite3 *db, const char *date) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    cr_assert_not_null(stream);
    (void)fputs("ecosystem,tenant_id,timestamp,env_id,cluster_resource_id,topic_name,product_category,product_type,"
                "attribution_method,amount\r\n",
                stream);
    char *sql = cg_test_format(
        "SELECT d.ecosystem, d.tenant_id, strftime('%%Y-%%m-%%dT%%H:%%M:%%S+00:00', f.timestamp), d.env_id, "
        "d.cluster_resource_id, d.topic_name, d.product_category, d.product_type, d.attribution_method, f.amount "
        "FROM topic_attribution_facts f JOIN topic_attribution_dimensions d ON d.dimension_id = f.dimension_id "
        "WHERE date(f.timestamp) = '%s' ORDER BY 4, 5, 6, 7, 8, 9, f.timestamp",
        date);
    sqlite3_stmt *statement = cg_test_db_prepare(db, sql);
    while (cg_test_db_step(db, statement)) {
        int last = sqlite3_column_count(statement) - 1;
        for (int i = 0; i <= last; i++)
            (void)fprintf(stream, "%s%s", (const char *)sqlite3_column_text(statement, i), i == last ? "\r\n" : ",");
    }
    sqlite3_finalize(statement);
    free(sql);
    int failed = ferror(stream);
    cr_assert(fclose(stream) == 0 && !failed, "out of memory");
    return text;
}

void cg_test_topics_follow(sqlite3 *db, const char *topics_folder) {
    size_t files = 0;
    sqlite3_stmt *statement =
        cg_test_db_prepare(db, "SELECT DISTINCT date(f.timestamp), d.tenant_id FROM topic_attribution_facts f "
                               "JOIN topic_attribution_dimensions d ON d.dimension_id = f.dimension_id ORDER BY 1, 2");
    while (cg_test_db_step(db, statement)) {
        const char *date = (const char *)sqlite3_column_text(statement, 0);
        char *name = cg_test_format("topic_attr_%s_%s.csv", (const char *)sqlite3_column_text(statement, 1), date);
        char *wanted = csv_of(db, date);
        char *got = cg_test_file_read(topics_folder, name);
        cr_assert_not_null(got, "there is no file %s", name);
        cg_test_dumps_equal(name, got, wanted);
        free(got);
        free(wanted);
        free(name);
        files++;
    }
    sqlite3_finalize(statement);
    size_t there = cg_test_folder_count(topics_folder, "");
    cr_assert_eq(there, files, "%s has %zu files instead of %zu", topics_folder, there, files);
}
