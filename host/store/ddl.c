#include "store/ddl.h"

#include <stdio.h>
#include <string.h>

#include "store/private.h"
#include "store/query.h"
#include "store/spelling.h"

/* Most columns of a table that are looked at; the shared ones have fifteen at most. */
#define MAX_COLUMNS 256

struct token {
    const char *name;
    const char *text;
};

#define TOKENS 6

/* The serial key without SQLite's promise never to use a number again. */
static const char *rowid_key(const struct cg_sql_dialect *dialect, struct cg_arena *arena) {
    const char *word = strstr(dialect->serial_primary_key, " AUTOINCREMENT");
    if (!word)
        return dialect->serial_primary_key;
    return cg_arena_copy(arena, dialect->serial_primary_key, (size_t)(word - dialect->serial_primary_key));
}

static cg_status list_tokens(struct cg_store *store, struct token *tokens) {
    const struct cg_sql_dialect *dialect = store->driver->dialect;
    const struct cg_spelling *spelling = cg_spelling_of(dialect);
    tokens[0] = (struct token){"$ts", dialect->timestamp_type};
    tokens[1] = (struct token){"$bool", dialect->boolean_type};
    tokens[2] = (struct token){"$serial", dialect->serial_primary_key};
    tokens[3] = (struct token){"$rowid", rowid_key(dialect, store->scratch)};
    tokens[4] = (struct token){"$text", spelling->text_type};
    tokens[5] = (struct token){"$blank", spelling->blank};
    return tokens[3].text ? CG_OK : CG_NO_MEMORY;
}

static cg_status expand(struct cg_buf *buf, const char *sql, const struct token *tokens) {
    while (*sql) {
        size_t plain = strcspn(sql, "$");
        cg_buf_add(buf, sql, plain);
        sql += plain;
        if (!*sql)
            break;
        size_t i = 0;
        while (i < TOKENS && strncmp(sql, tokens[i].name, strlen(tokens[i].name)) != 0)
            i++;
        if (i == TOKENS)
            return CG_INVALID;
        cg_buf_add_text(buf, tokens[i].text);
        sql += strlen(tokens[i].name);
    }
    return buf->status;
}

cg_status cg_ddl_execute(struct cg_store *store, const char *sql, const char *doing, struct cg_error *error) {
    cg_status status = store->driver->execute(store->connection, sql);
    return status == CG_OK ? CG_OK : cg_store_failed(store, status, doing, error);
}

cg_status cg_ddl_run(struct cg_store *store, const char *const *statements, size_t count, struct cg_error *error) {
    struct token tokens[TOKENS];
    struct cg_buf buf;
    cg_status status = list_tokens(store, tokens);
    if (status != CG_OK)
        return cg_error_no_memory(error);
    cg_buf_init(&buf, CG_DDL_LIMIT);
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        cg_buf_clear(&buf);
        status = expand(&buf, statements[i], tokens);
        if (status == CG_OK)
            status = cg_ddl_execute(store, cg_buf_text(&buf), "creating the tables", error);
        else
            status = cg_store_error(store, error, status, "a table's definition cannot be written out");
    }
    cg_buf_done(&buf);
    cg_arena_reset(store->scratch);
    return status;
}

cg_status cg_ddl_exists(struct cg_store *store, const char *table, int32_t *ret, struct cg_error *error) {
    cg_status status = store->driver->table_exists(store->connection, table, ret);
    return status == CG_OK ? CG_OK : cg_store_failed(store, status, "looking for tables", error);
}

/* Ends the buffer's life and runs what is in it. */
static cg_status run_buffer(struct cg_store *store, struct cg_buf *buf, struct cg_error *error) {
    const char *sql = cg_buf_text(buf);
    cg_status status = buf->status == CG_OK ? cg_ddl_run(store, &sql, 1, error) : cg_error_no_memory(error);
    cg_buf_done(buf);
    return status;
}

/* The columns whose flags under `mask` are `flags`; `written` of others are in front. Returns how many there are. */
static size_t add_columns(struct cg_buf *buf, const struct cg_shared_table *table, uint32_t mask, uint32_t flags,
                          size_t written) {
    for (size_t i = 0; i < table->column_count; i++) {
        const struct cg_shared_column *column = &table->columns[i];
        if ((column->flags & mask) == flags)
            cg_buf_printf(buf, "%s%s %s", written++ ? ", " : "", column->name, column->definition);
    }
    return written;
}

cg_status cg_ddl_create_table(struct cg_store *store, const struct cg_shared_table *table, struct cg_error *error) {
    struct cg_buf buf;
    uint32_t later = cg_spelling_of(store->driver->dialect)->alters_tables ? CG_COLUMN_ADDED : 0;
    cg_buf_init(&buf, CG_DDL_LIMIT);
    cg_buf_printf(&buf, "CREATE TABLE %s (", table->name);
    size_t written = add_columns(&buf, table, later, 0, 0);
    if (later)
        add_columns(&buf, table, later, later, written);
    cg_buf_printf(&buf, "%s)", table->rules);
    return run_buffer(store, &buf, error);
}

static cg_status create_index(struct cg_store *store, const struct cg_shared_table *table,
                              const struct cg_shared_index *index, int32_t only_missing, struct cg_error *error) {
    struct cg_buf buf;
    int32_t is_constraint = index->is_unique && cg_spelling_of(store->driver->dialect)->unique_is_a_constraint;
    /* A constraint cannot be asked for "if not exists"; a table that was not rebuilt has it. */
    if (is_constraint && only_missing)
        return CG_OK;
    cg_buf_init(&buf, CG_DDL_LIMIT);
    if (is_constraint)
        cg_buf_printf(&buf, "ALTER TABLE %s ADD CONSTRAINT %s UNIQUE %s", table->name, index->name, index->columns);
    else
        cg_buf_printf(&buf, "CREATE %sINDEX %s%s ON %s %s", index->is_unique ? "UNIQUE " : "",
                      only_missing ? "IF NOT EXISTS " : "", index->name, table->name, index->columns);
    return run_buffer(store, &buf, error);
}

cg_status cg_ddl_create_indexes(struct cg_store *store, const struct cg_shared_table *table, int32_t only_missing,
                                struct cg_error *error) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < table->index_count && status == CG_OK; i++)
        status = create_index(store, table, &table->indexes[i], only_missing, error);
    return status;
}

cg_status cg_ddl_list_columns(struct cg_store *store, const char *table, struct cg_arena *arena,
                              struct cg_ddl_columns *ret, struct cg_error *error) {
    struct cg_query query;
    const char **names = cg_arena_array(arena, MAX_COLUMNS, sizeof *names);
    size_t count = 0;
    if (!names)
        return cg_error_no_memory(error);
    cg_query_start(&query, store, cg_spelling_of(store->driver->dialect)->columns, "listing a table's columns", error);
    cg_query_text(&query, 1, table);
    while (cg_query_row(&query)) {
        if (count == MAX_COLUMNS)
            cg_query_fail(&query, CG_PERMANENT, "the table '%s' has more than %d columns", table, MAX_COLUMNS);
        else
            names[count++] = cg_query_copy(&query, 0, arena);
    }
    *ret = (struct cg_ddl_columns){names, count};
    return cg_query_end(&query);
}

int32_t cg_ddl_has_column(const struct cg_ddl_columns *columns, const char *column) {
    size_t quote = column[0] == '"';
    size_t length = strlen(column) - 2 * quote;
    for (size_t i = 0; i < columns->count; i++)
        if (strlen(columns->names[i]) == length && strncmp(columns->names[i], column + quote, length) == 0)
            return 1;
    return 0;
}

cg_status cg_ddl_copy_rights(struct cg_store *store, const char *from, const char *to, struct cg_error *error) {
    const char *script = cg_spelling_of(store->driver->dialect)->rights;
    struct cg_buf buf;
    if (!*script)
        return CG_OK;
    cg_buf_init(&buf, CG_DDL_LIMIT);
    cg_status status = cg_spelling_add(&buf, script, from, to) == CG_OK
                           ? cg_ddl_execute(store, cg_buf_text(&buf), "giving rights on a new table", error)
                           : cg_error_no_memory(error);
    cg_buf_done(&buf);
    return status;
}
