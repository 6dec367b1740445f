/* The CSV files that follow from a database, written by other code than the emitter's. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/db.h"
#include "support/query.h"
#include "support/workdir.h"

/* A kind of file: one for each date and tenant. */
struct kind {
    const char *prefix; /* of its name, before "<tenant>_<date>.csv" */
    const char *header;
    const char *dates; /* date and tenant of all files */
    const char *rows;  /* the fields of the date ?1 */
};

#define TIMESTAMP "strftime('%Y-%m-%dT%H:%M:%S+00:00', f.timestamp)"

static const struct kind chargebacks = {
    "",
    "ecosystem,tenant_id,timestamp,resource_id,product_category,product_type,identity_id,cost_type,amount,"
    "allocation_method,allocation_detail\r\n",
    "SELECT DISTINCT date(f.timestamp), d.tenant_id FROM chargeback_facts f JOIN chargeback_dimensions d "
    "ON d.dimension_id = f.dimension_id ORDER BY 1, 2",
    "SELECT d.ecosystem, d.tenant_id, " TIMESTAMP ", d.resource_id, d.product_category, d.product_type, d.identity_id, "
    "d.cost_type, f.amount, d.allocation_method, d.allocation_detail FROM chargeback_facts f "
    "JOIN chargeback_dimensions d ON d.dimension_id = f.dimension_id "
    "WHERE date(f.timestamp) = ?1 ORDER BY 4, 5, 6, 7, 8, 10, 11, d.env_id, f.timestamp",
};

static const struct kind topics = {
    "topic_attr_",
    "ecosystem,tenant_id,timestamp,env_id,cluster_resource_id,topic_name,product_category,product_type,"
    "attribution_method,amount\r\n",
    "SELECT DISTINCT date(f.timestamp), d.tenant_id FROM topic_attribution_facts f "
    "JOIN topic_attribution_dimensions d ON d.dimension_id = f.dimension_id ORDER BY 1, 2",
    "SELECT d.ecosystem, d.tenant_id, " TIMESTAMP ", d.env_id, d.cluster_resource_id, d.topic_name, "
    "d.product_category, d.product_type, d.attribution_method, f.amount FROM topic_attribution_facts f "
    "JOIN topic_attribution_dimensions d ON d.dimension_id = f.dimension_id "
    "WHERE date(f.timestamp) = ?1 ORDER BY 4, 5, 6, 7, 8, 9, f.timestamp",
};

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

static char *file_of(sqlite3 *db, const struct kind *kind, const char *date) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    cr_assert_not_null(stream);
    (void)fputs(kind->header, stream);
    sqlite3_stmt *statement = cg_test_db_prepare(db, kind->rows);
    cr_assert_eq(sqlite3_bind_text(statement, 1, date, -1, SQLITE_TRANSIENT), SQLITE_OK);
    while (cg_test_db_step(db, statement)) {
        int last = sqlite3_column_count(statement) - 1;
        for (int i = 0; i <= last; i++)
            put_field(stream, (const char *)sqlite3_column_text(statement, i), i == last ? "\r\n" : ",");
    }
    sqlite3_finalize(statement);
    int failed = ferror(stream);
    cr_assert(fclose(stream) == 0 && !failed, "out of memory");
    return text;
}

static void follow(sqlite3 *db, const struct kind *kind, const char *folder) {
    size_t files = 0;
    sqlite3_stmt *statement = cg_test_db_prepare(db, kind->dates);
    while (cg_test_db_step(db, statement)) {
        const char *date = (const char *)sqlite3_column_text(statement, 0);
        const char *tenant = (const char *)sqlite3_column_text(statement, 1);
        char *name = cg_test_format("%s%s_%s.csv", kind->prefix, tenant, date);
        char *wanted = file_of(db, kind, date);
        char *got = cg_test_file_read(folder, name);
        cr_assert_not_null(got, "there is no file %s", name);
        cg_test_dumps_equal(name, got, wanted);
        free(got);
        free(wanted);
        free(name);
        files++;
    }
    sqlite3_finalize(statement);
    size_t there = cg_test_folder_count(folder, "");
    cr_assert_eq(there, files, "%s has %zu files instead of %zu", folder, there, files);
}

char *cg_test_db_csv(sqlite3 *db, const char *date) {
    return file_of(db, &chargebacks, date);
}

void cg_test_csv_follows(sqlite3 *db, const char *csv_folder) {
    follow(db, &chargebacks, csv_folder);
}

void cg_test_topics_follow(sqlite3 *db, const char *topics_folder) {
    follow(db, &topics, topics_folder);
}
