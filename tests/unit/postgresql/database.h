/*
 * database.h - opening the databases of support/postgres.h with the driver, for its tests.
 */
#ifndef CG_TEST_POSTGRESQL_DATABASE_H
#define CG_TEST_POSTGRESQL_DATABASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <chitragupt/plugin.h>

#include "support/postgres.h"

const struct cg_registration *cg_plugin_register_postgresql(void);

static inline const struct cg_sql_driver *the_driver(void) {
    return cg_plugin_register_postgresql()->factory;
}

/** Opens with one more setting behind the connection string, unless `key` is NULL. */
static inline cg_status open_with(const struct cg_test_postgres *database, uint32_t flags, const char *key,
                                  const char *value, struct cg_sql_connection **ret) {
    const struct cg_field query[] = {
        {"host", database->host, 0, 0}, {"port", database->port, 0, 0}, {key, value, 0, 0}};
    const struct cg_sql_target target = {.struct_size = sizeof target,
                                         .scheme = "postgresql",
                                         .user = database->user,
                                         .password = database->password,
                                         .database = database->name,
                                         .query = query,
                                         .query_count = key ? 3 : 2};
    return the_driver()->open(NULL, &target, flags, ret);
}

static inline struct cg_sql_connection *open_database(const struct cg_test_postgres *database, uint32_t flags) {
    struct cg_sql_connection *connection = NULL;
    cg_status status = open_with(database, flags, NULL, NULL, &connection);
    cr_assert_eq(status, CG_OK, "%s", connection ? the_driver()->error_text(connection) : "out of memory");
    return connection;
}

/** Runs statements that must not fail. */
static inline void run(struct cg_sql_connection *connection, const char *sql) {
    cr_assert_eq(the_driver()->execute(connection, sql), CG_OK, "%s: %s", sql, the_driver()->error_text(connection));
}

static inline struct cg_sql_statement *prepare(struct cg_sql_connection *connection, const char *sql) {
    struct cg_sql_statement *statement = NULL;
    cr_assert_eq(the_driver()->prepare(connection, sql, &statement), CG_OK, "%s: %s", sql,
                 the_driver()->error_text(connection));
    return statement;
}

static inline void bind_string(struct cg_sql_statement *statement, uint32_t index, const char *text) {
    cr_assert_eq(the_driver()->bind_text(statement, index, text, text ? strlen(text) : 0), CG_OK);
}

/** The first column of the first row of a query, in static memory. */
static inline const char *value_of(struct cg_sql_connection *connection, const char *sql) {
    static char value[256];
    struct cg_sql_statement *statement = prepare(connection, sql);
    cr_assert_eq(the_driver()->step(statement), CG_SQL_ROW, "%s: %s", sql, the_driver()->error_text(connection));
    const char *text = the_driver()->column_text(statement, 0, NULL);
    snprintf(value, sizeof value, "%s", text ? text : "NULL");
    the_driver()->finalize(statement);
    return value;
}

/** Fails unless the connection's last sentence has `part` in it. */
static inline void assert_says(struct cg_sql_connection *connection, const char *part, const char *name) {
    const char *text = the_driver()->error_text(connection);
    cr_assert_not_null(strstr(text, part), "%s: '%s' has no '%s'", name, text, part);
    cr_assert_null(strchr(text, '\n'), "%s: more than one line", name);
}

#endif
