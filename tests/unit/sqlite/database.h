/*
 * database.h - opening databases in a folder of their own, for the tests of the driver.
 */
#ifndef CG_TEST_DATABASE_H
#define CG_TEST_DATABASE_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <chitragupt/plugin.h>

const struct cg_registration *cg_plugin_register_sqlite(void);

static inline const struct cg_sql_driver *the_driver(void) {
    return cg_plugin_register_sqlite()->factory;
}

/** A new folder; the test's process leaves it to the system to clean /tmp when it fails. */
static inline const char *new_folder(void) {
    static char folder[64];
    snprintf(folder, sizeof folder, "/tmp/cg-sqlite-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    return folder;
}

static inline void remove_folder(const char *folder) {
    char command[PATH_MAX];
    const char *const names[] = {"a.db",         "a.db-wal",     "a.db-shm", "x/y/a.db",
                                 "x/y/a.db-wal", "x/y/a.db-shm", "x/y",      "x"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(command, sizeof command, "%s/%s", folder, names[i]);
        remove(command);
    }
    remove(folder);
}

/** Opens `name` in `folder`; `ret_text` (1024 bytes) gets the sentence of a failure. */
static inline cg_status open_file(const char *folder, const char *name, uint32_t flags, struct cg_sql_connection **ret,
                                  char *ret_text) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const struct cg_sql_target target = {.struct_size = sizeof target, .scheme = "sqlite", .database = path};
    cg_status status = the_driver()->open(NULL, &target, flags, ret);
    if (status != CG_OK && ret_text)
        snprintf(ret_text, 1024, "%s", *ret ? the_driver()->error_text(*ret) : "");
    return status;
}

/** The first column of the first row of a query, in static memory. */
static inline const char *value_of(struct cg_sql_connection *connection, const char *sql) {
    static char value[256];
    struct cg_sql_statement *statement = NULL;
    cr_assert_eq(the_driver()->prepare(connection, sql, &statement), CG_OK, "%s: %s", sql,
                 the_driver()->error_text(connection));
    cr_assert_eq(the_driver()->step(statement), CG_SQL_ROW, "%s", sql);
    const char *text = the_driver()->column_text(statement, 0, NULL);
    snprintf(value, sizeof value, "%s", text ? text : "NULL");
    the_driver()->finalize(statement);
    return value;
}

#endif
