/*
 * plugin.c - the PostgreSQL driver as a module.
 */
#include <chitragupt/plugin.h>

#include "connection.h"
#include "pipeline.h"
#include "session.h"
#include "statement.h"
#include "transaction.h"
#include "wire.h"

static const char *error_text(struct cg_sql_connection *connection) {
    return connection->text;
}

static int64_t changes(struct cg_sql_connection *connection) {
    return connection->changes;
}

static const struct cg_sql_dialect dialect = {
    .struct_size = sizeof dialect,
    .features = CG_SQL_PARTITIONS,
    .name = "postgresql",
    /* Its sequence is named <table>_<column>_seq. */
    .serial_primary_key = "SERIAL PRIMARY KEY",
    .timestamp_type = "TIMESTAMP WITH TIME ZONE",
    .boolean_type = "BOOLEAN",
    /* BEGIN_WRITE already lets one writer in at a time. */
    .schema_setup = "",
};

static const char *const schemes[] = {"postgresql"};

static const struct cg_sql_driver driver = {
    .struct_size = sizeof driver,
    .schemes = {schemes, 1},
    .dialect = &dialect,
    .open = cg_pg_open,
    .close = cg_pg_close,
    .error_text = error_text,
    .execute = cg_pg_execute,
    .prepare = cg_pg_prepare,
    .finalize = cg_pg_finalize,
    .reset = cg_pg_reset,
    .bind_text = cg_pg_bind_text,
    .bind_int = cg_pg_bind_int,
    .bind_bool = cg_pg_bind_bool,
    .bind_null = cg_pg_bind_null,
    .step = cg_pg_step,
    .column_text = cg_pg_column_text,
    .column_int = cg_pg_column_int,
    .begin = cg_pg_begin,
    .commit = cg_pg_commit,
    .rollback = cg_pg_rollback,
    .changes = changes,
    .interrupt = cg_pg_interrupt,
    .table_exists = cg_pg_table_exists,
    .data_version = cg_pg_data_version,
    .run_later = cg_pg_run_later,
    .lock = cg_pg_lock,
    .unlock = cg_pg_unlock,
};

CG_REGISTER(CG_KIND_SQL_DRIVER, "postgresql", "1.0.0", "PostgreSQL databases (postgresql://user@host/database)",
            &driver, NULL, 0)
