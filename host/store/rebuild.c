#include "store/rebuild.h"

#include <stdio.h>
#include <string.h>

#include "store/once.h"
#include "store/schema.h"
#include "store/spelling.h"

/* Where rows are kept in the meantime. */
#define KEPT "cg_old_"

#define MESSAGE_SIZE 160

static const struct cg_spelling *spelling_of(const struct cg_store *store) {
    return cg_spelling_of(store->driver->dialect);
}

/* "rebuilding the table 'billing'" */
static const char *doing(char *text, const char *table) {
    snprintf(text, MESSAGE_SIZE, "bringing the table '%s' to revision '%s'", table, CG_SCHEMA_REVISION);
    return text;
}

static cg_status find_bad_time(struct cg_store *store, const char *table, const char *column, struct cg_error *error) {
    const char *query = spelling_of(store)->find_bad_time;
    if (!query)
        return CG_OK;
    struct cg_buf buf;
    char message[MESSAGE_SIZE];
    const char *row = NULL;
    cg_buf_init(&buf, CG_DDL_LIMIT);
    struct cg_arena *arena = cg_arena_new();
    cg_status status = arena ? cg_spelling_add(&buf, query, table, column) : CG_NO_MEMORY;
    if (status == CG_OK)
        status = cg_once_text(store, cg_buf_text(&buf), NULL, doing(message, table), arena, &row, error);
    else
        status = cg_error_no_memory(error);
    if (status == CG_OK && row)
        status = cg_store_error(store, error, CG_PERMANENT,
                                "invalid timestamp in %s.%s at physical row %s; repair the value and retry", table,
                                column, row);
    cg_arena_free(arena);
    cg_buf_done(&buf);
    return status;
}

cg_status cg_rebuild_check(struct cg_store *store, const struct cg_shared_table *table,
                           const struct cg_ddl_columns *columns, struct cg_error *error) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < table->column_count && status == CG_OK; i++) {
        const struct cg_shared_column *column = &table->columns[i];
        int32_t found = cg_ddl_has_column(columns, column->name);
        if (!found && !column->fallback)
            status = cg_store_error(store, error, CG_PERMANENT,
                                    "the table '%s' of the database has no column '%s', which it had in every revision "
                                    "that is known; restore the database from a copy",
                                    table->name, column->name);
        else if (found && column->flags & CG_COLUMN_SECONDS)
            status = find_bad_time(store, table->name, column->name, error);
    }
    return status;
}

static cg_status execute(struct cg_store *store, struct cg_buf *buf, const char *table, struct cg_error *error) {
    char message[MESSAGE_SIZE];
    cg_status status = buf->status == CG_OK ? cg_ddl_execute(store, cg_buf_text(buf), doing(message, table), error)
                                            : cg_error_no_memory(error);
    cg_buf_done(buf);
    return status;
}

cg_status cg_rebuild_keep(struct cg_store *store, const char *table, struct cg_error *error) {
    char kept[CG_DDL_NAME_SIZE];
    struct cg_buf buf;
    cg_buf_init(&buf, CG_DDL_LIMIT);
    snprintf(kept, sizeof kept, KEPT "%s", table);
    cg_buf_printf(&buf, "CREATE TABLE %s AS SELECT * FROM %s", kept, table);
    cg_status status = execute(store, &buf, table, error);
    if (status == CG_OK)
        status = cg_ddl_copy_rights(store, table, kept, error);
    if (status != CG_OK)
        return status;
    const char *release = spelling_of(store)->release;
    cg_buf_init(&buf, CG_DDL_LIMIT);
    cg_spelling_add(&buf, release, table, "");
    cg_buf_printf(&buf, "%sDROP TABLE %s", *release ? "; " : "", table);
    return execute(store, &buf, table, error);
}

cg_status cg_rebuild_drop(struct cg_store *store, const char *table, struct cg_error *error) {
    char kept[CG_DDL_NAME_SIZE];
    struct cg_buf buf;
    snprintf(kept, sizeof kept, KEPT "%s", table);
    cg_status status = cg_ddl_copy_rights(store, kept, table, error);
    if (status != CG_OK)
        return status;
    cg_buf_init(&buf, CG_DDL_LIMIT);
    cg_buf_printf(&buf, "DROP TABLE %s", kept);
    return execute(store, &buf, table, error);
}

/* The value of a column of the new table, as an expression over the kept row "h". */
static void add_value(struct cg_buf *buf, const struct cg_spelling *spelling, const struct cg_rebuild *rebuild,
                      const struct cg_shared_column *column) {
    char held[CG_DDL_NAME_SIZE];
    int32_t splits = rebuild->splits_environment && strcmp(column->name, "env_id") == 0 &&
                     cg_ddl_has_column(rebuild->columns, "metadata_json");
    snprintf(held, sizeof held, "h.%s", splits ? "metadata_json" : column->name);
    if (splits) {
        cg_buf_add_text(buf, "COALESCE(");
        cg_spelling_add(buf, spelling->env_id, "", held);
        cg_buf_add_text(buf, ", '')");
        return;
    }
    if (!cg_ddl_has_column(rebuild->columns, column->name)) {
        cg_buf_add_text(buf, column->fallback ? column->fallback : "''");
        return;
    }
    /* Older tables allowed NULL in some columns that must have a value now. */
    int32_t fills = column->fallback && strcmp(column->fallback, "NULL") != 0;
    cg_buf_add_text(buf, fills ? "COALESCE(" : "");
    cg_spelling_add(buf, column->flags & CG_COLUMN_SECONDS ? spelling->seconds : "@", "", held);
    if (fills)
        cg_buf_printf(buf, ", %s)", column->fallback);
}

static void add_names(struct cg_buf *buf, const struct cg_shared_table *table) {
    for (size_t i = 0; i < table->column_count; i++)
        cg_buf_printf(buf, "%s%s", i ? ", " : "", table->columns[i].name);
}

static void add_source(struct cg_buf *buf, const struct cg_rebuild *rebuild) {
    cg_buf_printf(buf, " FROM " KEPT "%s AS h", rebuild->source);
}

static void add_where(struct cg_buf *buf, const struct cg_rebuild *rebuild) {
    cg_buf_printf(buf, " WHERE %s", rebuild->where ? rebuild->where : "1 = 1");
}

static int32_t has_key_of_time(const struct cg_shared_table *table) {
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].flags & CG_COLUMN_KEY)
            return 1;
    return 0;
}

/* A query for the first row that has the key of a new one and differs from it: its key in words. */
static void write_conflict(struct cg_buf *buf, const struct cg_spelling *spelling, const struct cg_rebuild *rebuild) {
    const struct cg_shared_table *table = rebuild->table;
    const char *separator = "SELECT '";
    for (size_t i = 0; i < table->column_count; i++) {
        if (!(table->columns[i].flags & CG_COLUMN_KEY))
            continue;
        cg_buf_printf(buf, "%s%s ' || CAST(n.%s AS VARCHAR)", separator, table->columns[i].name,
                      table->columns[i].name);
        separator = " || ', ";
    }
    add_source(buf, rebuild);
    cg_buf_printf(buf, " CROSS JOIN %s AS n", table->name);
    add_where(buf, rebuild);
    for (size_t i = 0; i < table->column_count; i++) {
        if (!(table->columns[i].flags & CG_COLUMN_KEY))
            continue;
        cg_buf_printf(buf, " AND n.%s = ", table->columns[i].name);
        add_value(buf, spelling, rebuild, &table->columns[i]);
    }
    separator = " AND (";
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].flags & CG_COLUMN_KEY)
            continue;
        cg_buf_printf(buf, "%sn.%s IS DISTINCT FROM ", separator, table->columns[i].name);
        add_value(buf, spelling, rebuild, &table->columns[i]);
        separator = " OR ";
    }
    cg_buf_add_text(buf, ") LIMIT 1");
}

static cg_status find_conflict(struct cg_store *store, const struct cg_rebuild *rebuild, struct cg_error *error) {
    char message[MESSAGE_SIZE];
    const char *key = NULL;
    struct cg_buf buf;
    struct cg_arena *arena = cg_arena_new();
    cg_buf_init(&buf, CG_DDL_LIMIT);
    write_conflict(&buf, spelling_of(store), rebuild);
    cg_status status = CG_OK;
    if (arena && buf.status == CG_OK)
        status = cg_once_text(store, cg_buf_text(&buf), rebuild->parameter, doing(message, rebuild->table->name), arena,
                              &key, error);
    else
        status = cg_error_no_memory(error);
    if (status == CG_OK && key)
        status = cg_store_error(store, error, CG_PERMANENT,
                                "timestamp canonicalization conflict in %s: several rows have the key (%s) when "
                                "fractions of seconds are cut off, but differ otherwise; repair them and retry",
                                rebuild->table->name, key);
    cg_buf_done(&buf);
    cg_arena_free(arena);
    return status;
}

static cg_status count_rows(struct cg_store *store, const struct cg_rebuild *rebuild, int64_t *ret,
                            struct cg_error *error) {
    char message[MESSAGE_SIZE];
    struct cg_buf buf;
    cg_buf_init(&buf, CG_DDL_LIMIT);
    cg_buf_add_text(&buf, "SELECT COUNT(*)");
    add_source(&buf, rebuild);
    add_where(&buf, rebuild);
    cg_status status = buf.status == CG_OK ? cg_once_number(store, cg_buf_text(&buf), rebuild->parameter,
                                                            doing(message, rebuild->table->name), ret, error)
                                           : cg_error_no_memory(error);
    cg_buf_done(&buf);
    return status;
}

static cg_status insert_rows(struct cg_store *store, const struct cg_rebuild *rebuild, int64_t *ret,
                             struct cg_error *error) {
    const struct cg_shared_table *table = rebuild->table;
    char message[MESSAGE_SIZE];
    struct cg_buf buf;
    cg_buf_init(&buf, CG_DDL_LIMIT);
    cg_buf_printf(&buf, "INSERT INTO %s (", table->name);
    add_names(&buf, table);
    for (size_t i = 0; i < table->column_count; i++) {
        cg_buf_add_text(&buf, i ? ", " : ") SELECT ");
        add_value(&buf, spelling_of(store), rebuild, &table->columns[i]);
    }
    add_source(&buf, rebuild);
    add_where(&buf, rebuild);
    if (has_key_of_time(table))
        cg_buf_add_text(&buf, " ON CONFLICT DO NOTHING");
    cg_status status = buf.status == CG_OK ? cg_once_run(store, cg_buf_text(&buf), rebuild->parameter,
                                                         doing(message, table->name), ret, error)
                                           : cg_error_no_memory(error);
    cg_buf_done(&buf);
    return status;
}

/* A database that numbers rows beside the table has to be told of numbers that were given. */
static cg_status renumber(struct cg_store *store, const struct cg_shared_table *table, struct cg_error *error) {
    const char *query = spelling_of(store)->renumber;
    if (!query || !table->serial)
        return CG_OK;
    char message[MESSAGE_SIZE];
    struct cg_buf buf;
    cg_buf_init(&buf, CG_DDL_LIMIT);
    cg_status status = cg_spelling_add(&buf, query, table->name, table->serial) == CG_OK
                           ? cg_once_run(store, cg_buf_text(&buf), NULL, doing(message, table->name), NULL, error)
                           : cg_error_no_memory(error);
    cg_buf_done(&buf);
    return status;
}

cg_status cg_rebuild_fill(struct cg_store *store, const struct cg_rebuild *rebuild, struct cg_rebuilt *ret,
                          struct cg_error *error) {
    int64_t inserted = 0;
    cg_status status = insert_rows(store, rebuild, &inserted, error);
    int64_t count = inserted;
    if (status == CG_OK && has_key_of_time(rebuild->table))
        status = count_rows(store, rebuild, &count, error);
    if (status == CG_OK && count != inserted)
        status = find_conflict(store, rebuild, error);
    if (status == CG_OK)
        status = renumber(store, rebuild->table, error);
    if (status == CG_OK)
        *ret = (struct cg_rebuilt){inserted, count - inserted};
    return status;
}
