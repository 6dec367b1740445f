/*
 * cg-bench-floor BODIES ROWS DATABASE
 *
 * The least work that could do the same: parses every file in the folder BODIES as JSON, then makes DATABASE with the
 * tables, indexes and rows of the file ROWS (rowfile.h), one transaction for each table. Prints the number of files,
 * their bytes, and the rows.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <sqlite3.h>

#include "rowfile.h"

/* As the bundled driver sets them. */
#define PRAGMAS                                                                                               \
    "PRAGMA journal_mode=WAL; PRAGMA cache_size=-8192; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; " \
    "PRAGMA foreign_keys=OFF"

/* A file in memory. */
struct mapping {
    const char *data;
    size_t size;
};

struct floor {
    sqlite3 *db;
    sqlite3_stmt *insert; /* of the current table */
    uint32_t columns;
    int64_t rows;
    const char *at; /* in the row file */
    const char *end;
};

static int open_mapping(const char *path, struct mapping *ret) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0)
        return 0;
    if (fstat(fd, &status) != 0 || status.st_size <= 0) {
        (void)close(fd);
        return 0;
    }
    void *data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    (void)close(fd);
    if (data == MAP_FAILED)
        return 0;
    *ret = (struct mapping){data, (size_t)status.st_size};
    return 1;
}

static void close_mapping(const struct mapping *mapping) {
    (void)munmap((void *)(uintptr_t)mapping->data, mapping->size);
}

static int parse_body(const char *path, int64_t *bytes) {
    struct mapping mapping;
    json_error_t error;
    if (!open_mapping(path, &mapping)) {
        (void)fprintf(stderr, "floor: cannot read %s: %s\n", path, strerror(errno));
        return 0;
    }
    json_t *body = json_loadb(mapping.data, mapping.size, 0, &error);
    *bytes += (int64_t)mapping.size;
    close_mapping(&mapping);
    if (!body) {
        (void)fprintf(stderr, "floor: %s: %s\n", path, error.text);
        return 0;
    }
    json_decref(body);
    return 1;
}

static int parse_bodies(const char *folder, int64_t *files, int64_t *bytes) {
    DIR *dir = opendir(folder);
    if (!dir) {
        (void)fprintf(stderr, "floor: cannot open %s: %s\n", folder, strerror(errno));
        return 0;
    }
    int good = 1;
    for (struct dirent *entry = readdir(dir); entry && good; entry = readdir(dir)) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        good = parse_body(path, bytes);
        (*files)++;
    }
    (void)closedir(dir);
    return good;
}

/* ---- rows ---- */

static int take(struct floor *floor, void *ret, size_t size) {
    if ((size_t)(floor->end - floor->at) < size)
        return 0;
    memcpy(ret, floor->at, size);
    floor->at += size;
    return 1;
}

static int take_bytes(struct floor *floor, const char **ret, uint32_t *ret_length) {
    if (!take(floor, ret_length, sizeof *ret_length) || (size_t)(floor->end - floor->at) < *ret_length)
        return 0;
    *ret = floor->at;
    floor->at += *ret_length;
    return 1;
}

static int execute(struct floor *floor, const char *sql) {
    return sqlite3_exec(floor->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static int end_table(struct floor *floor) {
    if (!floor->insert)
        return 1;
    (void)sqlite3_finalize(floor->insert);
    floor->insert = NULL;
    return execute(floor, "COMMIT");
}

static int do_schema(struct floor *floor) {
    const char *sql = NULL;
    uint32_t length = 0;
    sqlite3_stmt *statement = NULL;
    if (!take_bytes(floor, &sql, &length) ||
        sqlite3_prepare_v2(floor->db, sql, (int)length, &statement, NULL) != SQLITE_OK)
        return 0;
    int code = sqlite3_step(statement);
    (void)sqlite3_finalize(statement);
    return code == SQLITE_DONE;
}

static int do_table(struct floor *floor) {
    const char *sql = NULL;
    uint32_t length = 0;
    return end_table(floor) && take(floor, &floor->columns, sizeof floor->columns) &&
           take_bytes(floor, &sql, &length) && execute(floor, "BEGIN IMMEDIATE") &&
           sqlite3_prepare_v2(floor->db, sql, (int)length, &floor->insert, NULL) == SQLITE_OK;
}

static int bind_value(struct floor *floor, int column) {
    unsigned char type = 0;
    const char *data = NULL;
    uint32_t length = 0;
    int64_t whole = 0;
    double real = 0;
    if (!take(floor, &type, 1))
        return 0;
    switch (type) {
    case SQLITE_NULL:
        return sqlite3_bind_null(floor->insert, column) == SQLITE_OK;
    case SQLITE_INTEGER:
        return take(floor, &whole, sizeof whole) && sqlite3_bind_int64(floor->insert, column, whole) == SQLITE_OK;
    case SQLITE_FLOAT:
        return take(floor, &real, sizeof real) && sqlite3_bind_double(floor->insert, column, real) == SQLITE_OK;
    case SQLITE_TEXT:
        return take_bytes(floor, &data, &length) &&
               sqlite3_bind_text(floor->insert, column, data, (int)length, SQLITE_STATIC) == SQLITE_OK;
    default:
        return take_bytes(floor, &data, &length) &&
               sqlite3_bind_blob(floor->insert, column, data, (int)length, SQLITE_STATIC) == SQLITE_OK;
    }
}

static int do_row(struct floor *floor) {
    if (!floor->insert)
        return 0;
    for (uint32_t i = 1; i <= floor->columns; i++)
        if (!bind_value(floor, (int)i))
            return 0;
    int code = sqlite3_step(floor->insert);
    (void)sqlite3_reset(floor->insert);
    floor->rows++;
    return code == SQLITE_DONE;
}

static int insert_rows(struct floor *floor) {
    char magic[sizeof ROWFILE_MAGIC - 1];
    if (!take(floor, magic, sizeof magic) || memcmp(magic, ROWFILE_MAGIC, sizeof magic) != 0)
        return 0;
    for (;;) {
        char tag = 0;
        if (!take(floor, &tag, 1))
            return 0;
        if (tag == ROWFILE_END)
            return end_table(floor);
        int good = tag == ROWFILE_ROW      ? do_row(floor)
                   : tag == ROWFILE_TABLE  ? do_table(floor)
                   : tag == ROWFILE_SCHEMA ? do_schema(floor)
                                           : 0;
        if (!good)
            return 0;
    }
}

static int fill(const char *rows_path, const char *database, int64_t *ret_rows) {
    struct mapping mapping;
    if (!open_mapping(rows_path, &mapping)) {
        (void)fprintf(stderr, "floor: cannot read %s: %s\n", rows_path, strerror(errno));
        return 0;
    }
    struct floor floor = {.at = mapping.data, .end = mapping.data + mapping.size};
    int good = sqlite3_open_v2(database, &floor.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK &&
               execute(&floor, PRAGMAS) && insert_rows(&floor);
    if (!good)
        (void)fprintf(stderr, "floor: %s: %s, at byte %lld of %s\n", database, sqlite3_errmsg(floor.db),
                      (long long)(floor.at - mapping.data), rows_path);
    (void)sqlite3_finalize(floor.insert);
    (void)sqlite3_close(floor.db);
    close_mapping(&mapping);
    *ret_rows = floor.rows;
    return good;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        (void)fprintf(stderr, "Usage: %s BODIES ROWS DATABASE\n", argv[0]);
        return 2;
    }
    int64_t files = 0;
    int64_t bytes = 0;
    int64_t rows = 0;
    if (!parse_bodies(argv[1], &files, &bytes) || !fill(argv[2], argv[3], &rows))
        return 1;
    (void)printf("%lld %lld %lld\n", (long long)files, (long long)bytes, (long long)rows);
    return 0;
}
