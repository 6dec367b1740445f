/*
 * cg-bench-rows DATABASE FILE
 *
 * Writes tables, indexes and all rows of an SQLite database into a flat file (rowfile.h) for cg-bench-floor, and prints
 * the number of rows.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "rowfile.h"

static int put(FILE *file, const void *data, size_t length) {
    return length == 0 || fwrite(data, length, 1, file) == 1;
}

static int put_bytes(FILE *file, const void *data, int length) {
    uint32_t size = (uint32_t)length;
    return put(file, &size, sizeof size) && put(file, data, size);
}

static int put_value(FILE *file, sqlite3_stmt *statement, int column) {
    unsigned char type = (unsigned char)sqlite3_column_type(statement, column);
    if (!put(file, &type, 1))
        return 0;
    if (type == SQLITE_INTEGER) {
        int64_t value = sqlite3_column_int64(statement, column);
        return put(file, &value, sizeof value);
    }
    if (type == SQLITE_FLOAT) {
        double value = sqlite3_column_double(statement, column);
        return put(file, &value, sizeof value);
    }
    if (type == SQLITE_NULL)
        return 1;
    const void *data = sqlite3_column_blob(statement, column);
    return put_bytes(file, data, sqlite3_column_bytes(statement, column));
}

/* The head of a table's part: an INSERT statement with a "?" for each column. */
static int put_table(FILE *file, const char *name, int columns) {
    char insert[1024];
    int length = snprintf(insert, sizeof insert, "INSERT INTO \"%s\" VALUES (", name);
    if (length < 0 || length + 2 * columns + 2 > (int)sizeof insert)
        return 0;
    for (int i = 0; i < columns; i++) {
        insert[length++] = '?';
        insert[length++] = i + 1 < columns ? ',' : ')';
    }
    uint32_t count = (uint32_t)columns;
    return fputc(ROWFILE_TABLE, file) != EOF && put(file, &count, sizeof count) && put_bytes(file, insert, length);
}

/* All rows of a table, or -1. */
static int64_t write_table(sqlite3 *db, FILE *file, const char *name) {
    char select[512];
    sqlite3_stmt *statement = NULL;
    (void)snprintf(select, sizeof select, "SELECT * FROM \"%s\"", name);
    if (sqlite3_prepare_v2(db, select, -1, &statement, NULL) != SQLITE_OK)
        return -1;
    int columns = sqlite3_column_count(statement);
    int64_t rows = 0;
    int good = put_table(file, name, columns);
    int code = SQLITE_DONE;
    while (good && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        good = fputc(ROWFILE_ROW, file) != EOF;
        for (int i = 0; i < columns && good; i++)
            good = put_value(file, statement, i);
        rows++;
    }
    (void)sqlite3_finalize(statement);
    return good && code == SQLITE_DONE ? rows : -1;
}

/* Tables and indexes; with `rows` the tables' contents. Number of rows, or -1. */
static int64_t write_part(sqlite3 *db, FILE *file, int rows) {
    sqlite3_stmt *statement = NULL;
    const char *query =
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL "
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type DESC, rowid";
    if (sqlite3_prepare_v2(db, query, -1, &statement, NULL) != SQLITE_OK)
        return -1;
    int64_t total = 0;
    int code = SQLITE_DONE;
    while (total >= 0 && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *type = (const char *)sqlite3_column_text(statement, 0);
        const char *name = (const char *)sqlite3_column_text(statement, 1);
        if (!rows) {
            int length = sqlite3_column_bytes(statement, 2);
            if (fputc(ROWFILE_SCHEMA, file) == EOF || !put_bytes(file, sqlite3_column_blob(statement, 2), length))
                total = -1;
        } else if (strcmp(type, "table") == 0) {
            int64_t count = write_table(db, file, name);
            total = count < 0 ? -1 : total + count;
        }
    }
    (void)sqlite3_finalize(statement);
    return code == SQLITE_DONE ? total : -1;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        (void)fprintf(stderr, "Usage: %s DATABASE FILE\n", argv[0]);
        return 2;
    }
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        (void)fprintf(stderr, "rows: cannot open %s: %s\n", argv[1], sqlite3_errmsg(db));
        (void)sqlite3_close(db);
        return 1;
    }
    FILE *file = fopen(argv[2], "wb");
    int64_t total = -1;
    if (file && put(file, ROWFILE_MAGIC, strlen(ROWFILE_MAGIC)) && write_part(db, file, 0) == 0)
        total = write_part(db, file, 1);
    if (file && fputc(ROWFILE_END, file) == EOF)
        total = -1;
    if (file && fclose(file) != 0)
        total = -1;
    if (total < 0)
        (void)fprintf(stderr, "rows: cannot copy %s to %s: %s; %s\n", argv[1], argv[2], sqlite3_errmsg(db),
                      strerror(errno));
    (void)sqlite3_close(db);
    if (total < 0)
        return 1;
    (void)printf("%lld\n", (long long)total);
    return 0;
}
