/* A sound SQL driver for the scheme "testsql" that refuses to open anything. Built twice, under two names. */
#include "parts.h"

#ifndef CG_DRIVER_NAME
#define CG_DRIVER_NAME "good_driver"
#endif

static cg_status open_nothing(const struct cg_host *host, const struct cg_sql_target *target, uint32_t flags,
                              struct cg_sql_connection **ret) {
    (void)host;
    (void)target;
    (void)flags;
    *ret = NULL;
    return CG_PERMANENT;
}

static void close_nothing(struct cg_sql_connection *connection) {
    (void)connection;
}

static const char *error_text(struct cg_sql_connection *connection) {
    (void)connection;
    return "this driver opens nothing";
}

static cg_status execute(struct cg_sql_connection *connection, const char *sql) {
    (void)connection;
    (void)sql;
    return CG_PERMANENT;
}

static cg_status prepare(struct cg_sql_connection *connection, const char *sql, struct cg_sql_statement **ret) {
    (void)ret;
    return execute(connection, sql);
}

static void drop(struct cg_sql_statement *statement) {
    (void)statement;
}

static cg_status bind_text(struct cg_sql_statement *statement, uint32_t index, const char *text, size_t length) {
    (void)statement;
    (void)index;
    (void)text;
    (void)length;
    return CG_PERMANENT;
}

static cg_status bind_int(struct cg_sql_statement *statement, uint32_t index, int64_t value) {
    (void)value;
    return bind_text(statement, index, NULL, 0);
}

static cg_status bind_bool(struct cg_sql_statement *statement, uint32_t index, int32_t value) {
    (void)value;
    return bind_text(statement, index, NULL, 0);
}

static cg_status bind_null(struct cg_sql_statement *statement, uint32_t index) {
    return bind_text(statement, index, NULL, 0);
}

static cg_status step(struct cg_sql_statement *statement) {
    (void)statement;
    return CG_PERMANENT;
}

static const char *column_text(struct cg_sql_statement *statement, uint32_t index, size_t *ret_length) {
    (void)statement;
    (void)index;
    (void)ret_length;
    return NULL;
}

static int64_t column_int(struct cg_sql_statement *statement, uint32_t index) {
    (void)statement;
    (void)index;
    return 0;
}

static cg_status begin(struct cg_sql_connection *connection, uint32_t kind) {
    (void)kind;
    return execute(connection, NULL);
}

static cg_status commit(struct cg_sql_connection *connection) {
    return execute(connection, NULL);
}

static int64_t changes(struct cg_sql_connection *connection) {
    (void)connection;
    return 0;
}

static cg_status table_exists(struct cg_sql_connection *connection, const char *table, int32_t *ret) {
    (void)ret;
    return execute(connection, table);
}

static const char *const schemes[] = {"testsql", "testsql-too"};

static const struct cg_sql_dialect dialect = {.struct_size = sizeof dialect,
                                              .name = "testsql",
                                              .serial_primary_key = "INTEGER PRIMARY KEY",
                                              .timestamp_type = "DATETIME",
                                              .boolean_type = "BOOLEAN",
                                              .schema_setup = ""};

static const struct cg_sql_driver driver = {.struct_size = sizeof driver,
                                            .schemes = {schemes, 2},
                                            .dialect = &dialect,
                                            .open = open_nothing,
                                            .close = close_nothing,
                                            .error_text = error_text,
                                            .execute = execute,
                                            .prepare = prepare,
                                            .finalize = drop,
                                            .reset = drop,
                                            .bind_text = bind_text,
                                            .bind_int = bind_int,
                                            .bind_bool = bind_bool,
                                            .bind_null = bind_null,
                                            .step = step,
                                            .column_text = column_text,
                                            .column_int = column_int,
                                            .begin = begin,
                                            .commit = commit,
                                            .rollback = close_nothing,
                                            .changes = changes,
                                            .interrupt = close_nothing,
                                            .table_exists = table_exists};

CG_REGISTER(CG_KIND_SQL_DRIVER, CG_DRIVER_NAME, "1.0.0", "Opens nothing", &driver, NULL, 0)
