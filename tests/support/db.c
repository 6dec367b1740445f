#include "support/db.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/query.h"
#include "support/workdir.h"

sqlite3 *cg_test_db_open(const char *folder, const char *name) {
    char path[CG_TEST_PATH_SIZE];
    sqlite3 *db = NULL;
    int result = sqlite3_open_v2(cg_test_path(folder, name, path), &db, SQLITE_OPEN_READONLY, NULL);
    cr_assert_eq(result, SQLITE_OK, "cannot open %s: %s", path, sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_busy_timeout(db, 10000), SQLITE_OK);
    return db;
}

void cg_test_db_close(sqlite3 *db) {
    cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

sqlite3_stmt *cg_test_db_prepare(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    cr_assert_eq(result, SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    return statement;
}

int cg_test_db_step(sqlite3 *db, sqlite3_stmt *statement) {
    int result = sqlite3_step(statement);
    cr_assert(result == SQLITE_ROW || result == SQLITE_DONE, "%s: %s", sqlite3_sql(statement), sqlite3_errmsg(db));
    return result == SQLITE_ROW;
}

char *cg_test_db_text(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement = cg_test_db_prepare(db, sql);
    char *text = NULL;
    if (cg_test_db_step(db, statement) && sqlite3_column_type(statement, 0) != SQLITE_NULL) {
        text = strdup((const char *)sqlite3_column_text(statement, 0));
        cr_assert_not_null(text);
        cr_assert(!cg_test_db_step(db, statement), "%s has more than one row", sql);
    }
    sqlite3_finalize(statement);
    return text;
}

long long cg_test_db_number(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement = cg_test_db_prepare(db, sql);
    cr_assert(cg_test_db_step(db, statement), "%s has no row", sql);
    long long number = sqlite3_column_int64(statement, 0);
    cr_assert(!cg_test_db_step(db, statement), "%s has more than one row", sql);
    sqlite3_finalize(statement);
    return number;
}

struct cg_decimal cg_test_decimal(const char *text) {
    struct cg_decimal value = {0};
    cr_assert_eq(cg_decimal_parse(text, strlen(text), &value), CG_OK, "'%s' is no decimal", text);
    return value;
}

struct cg_decimal cg_test_db_sum(sqlite3 *db, const char *sql) {
    struct cg_decimal sum = {0};
    sqlite3_stmt *statement = cg_test_db_prepare(db, sql);
    while (cg_test_db_step(db, statement)) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        cr_assert_not_null(text, "%s has a NULL", sql);
        struct cg_decimal value = cg_test_decimal(text);
        cr_assert_eq(cg_decimal_add(&sum, &value, &sum), CG_OK, "%s: the sum does not fit", sql);
    }
    sqlite3_finalize(statement);
    return sum;
}

void cg_test_decimal_equal(const char *what, const struct cg_decimal *got, const struct cg_decimal *wanted) {
    char texts[2][CG_DECIMAL_TEXT_SIZE];
    cg_decimal_format(got, texts[0]);
    cg_decimal_format(wanted, texts[1]);
    cr_assert_eq(cg_decimal_compare(got, wanted), 0, "%s: %s instead of %s", what, texts[0], texts[1]);
}

void cg_test_db_check(sqlite3 *db) {
    char *text = cg_test_db_text(db, "SELECT group_concat(integrity_check, '; ') FROM pragma_integrity_check");
    cr_assert_str_eq(text, "ok");
    free(text);
    long long strangers = cg_test_db_number(db, "SELECT COUNT(*) FROM pragma_foreign_key_check");
    cr_assert_eq(strangers, 0, "%lld rows refer to rows that are not there", strangers);
}

void cg_test_db_copy(sqlite3 *db, const char *folder, const char *copy) {
    char path[CG_TEST_PATH_SIZE];
    sqlite3 *target = NULL;
    int result = sqlite3_open(cg_test_path(folder, copy, path), &target);
    cr_assert_eq(result, SQLITE_OK, "cannot make %s: %s", path, sqlite3_errmsg(target));
    sqlite3_backup *backup = sqlite3_backup_init(target, "main", db, "main");
    cr_assert_not_null(backup, "cannot copy to %s: %s", path, sqlite3_errmsg(target));
    cr_assert_eq(sqlite3_backup_step(backup, -1), SQLITE_DONE, "cannot copy to %s: %s", path, sqlite3_errmsg(target));
    cr_assert_eq(sqlite3_backup_finish(backup), SQLITE_OK);
    cg_test_db_close(target);
}

void cg_test_db_execute(const char *folder, const char *name, const char *sql) {
    char path[CG_TEST_PATH_SIZE];
    sqlite3 *db = NULL;
    int result = sqlite3_open_v2(cg_test_path(folder, name, path), &db, SQLITE_OPEN_READWRITE, NULL);
    cr_assert_eq(result, SQLITE_OK, "cannot open %s: %s", path, sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_busy_timeout(db, 10000), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    cg_test_db_close(db);
}
