#include "store/query.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/private.h"

static cg_status prepare(struct cg_query *query, const char *sql) {
    struct cg_store *store = query->store;
    if (store->prepared_count == store->prepared_room) {
        size_t room = store->prepared_room ? store->prepared_room * 2 : 64;
        struct cg_prepared *prepared = realloc(store->prepared, room * sizeof *prepared);
        if (!prepared)
            return cg_error_no_memory(query->error);
        store->prepared = prepared;
        store->prepared_room = room;
    }
    struct cg_sql_statement *statement = NULL;
    cg_status status = store->driver->prepare(store->connection, sql, &statement);
    if (status != CG_OK)
        return cg_store_failed(store, status, query->doing, query->error);
    store->prepared[store->prepared_count++] = (struct cg_prepared){sql, statement};
    query->statement = statement;
    return CG_OK;
}

cg_status cg_query_start(struct cg_query *query, struct cg_store *store, const char *sql, const char *doing,
                         struct cg_error *error) {
    query->store = store;
    query->statement = NULL;
    query->doing = doing;
    query->error = error;
    query->status = CG_OK;
    query->time_count = 0;
    for (size_t i = 0; i < store->prepared_count; i++)
        if (store->prepared[i].sql == sql)
            query->statement = store->prepared[i].statement;
    if (!query->statement)
        query->status = prepare(query, sql);
    return query->status;
}

static void check(struct cg_query *query, cg_status status) {
    if (status != CG_OK)
        query->status = cg_store_failed(query->store, status, query->doing, query->error);
}

void cg_query_text(struct cg_query *query, uint32_t index, const char *text) {
    if (query->status == CG_OK)
        check(query, query->store->driver->bind_text(query->statement, index, text, text ? strlen(text) : 0));
}

void cg_query_int(struct cg_query *query, uint32_t index, int64_t value) {
    if (query->status == CG_OK)
        check(query, query->store->driver->bind_int(query->statement, index, value));
}

void cg_query_bool(struct cg_query *query, uint32_t index, int32_t value) {
    if (query->status == CG_OK)
        check(query, query->store->driver->bind_bool(query->statement, index, value));
}

static void bind_time(struct cg_query *query, uint32_t index, int64_t time, char *(*format)(int64_t, char *)) {
    if (time == CG_TIME_NONE)
        cg_query_text(query, index, NULL);
    else if (query->time_count == CG_QUERY_TIMES)
        cg_query_fail(query, CG_RANGE, "a query has more than %d times", CG_QUERY_TIMES);
    else
        cg_query_text(query, index, format(time, query->times[query->time_count++]));
}

void cg_query_seconds(struct cg_query *query, uint32_t index, int64_t time) {
    bind_time(query, index, time, cg_time_format_seconds);
}

void cg_query_micros(struct cg_query *query, uint32_t index, int64_t time) {
    bind_time(query, index, time, cg_time_format_micros);
}

void cg_query_date(struct cg_query *query, uint32_t index, int64_t time) {
    bind_time(query, index, time, cg_time_format_date);
}

void cg_query_tenant(struct cg_query *query) {
    cg_query_text(query, 1, query->store->ecosystem);
    cg_query_text(query, 2, query->store->tenant_id);
}

int32_t cg_query_row(struct cg_query *query) {
    if (query->status != CG_OK)
        return 0;
    cg_status status = query->store->driver->step(query->statement);
    if (status == CG_SQL_ROW)
        return 1;
    check(query, status);
    return 0;
}

void cg_query_again(struct cg_query *query) {
    if (query->statement)
        query->store->driver->reset(query->statement);
    query->time_count = 0;
}

char *cg_query_copy(struct cg_query *query, uint32_t column, struct cg_arena *arena) {
    if (query->status != CG_OK)
        return NULL;
    size_t length = 0;
    const char *text = query->store->driver->column_text(query->statement, column, &length);
    if (!text)
        return NULL;
    char *copy = cg_arena_copy(arena, text, length);
    if (!copy)
        query->status = cg_error_no_memory(query->error);
    return copy;
}

const char *cg_query_peek(struct cg_query *query, uint32_t column) {
    return query->status == CG_OK ? query->store->driver->column_text(query->statement, column, NULL) : NULL;
}

int64_t cg_query_number(struct cg_query *query, uint32_t column) {
    return query->status == CG_OK ? query->store->driver->column_int(query->statement, column) : 0;
}

int64_t cg_query_time(struct cg_query *query, uint32_t column) {
    const char *text = cg_query_peek(query, column);
    int64_t time = CG_TIME_NONE;
    if (text && cg_time_parse(text, &time) != CG_OK)
        cg_query_fail(query, CG_PERMANENT, "the database holds '%.60s' where a time was expected", text);
    return time;
}

struct cg_decimal cg_query_decimal(struct cg_query *query, uint32_t column) {
    struct cg_decimal value = {0};
    const char *text = cg_query_peek(query, column);
    if (query->status == CG_OK && (!text || cg_decimal_parse(text, strlen(text), &value) != CG_OK))
        cg_query_fail(query, CG_PERMANENT, "the database holds '%.60s' where a decimal number was expected",
                      text ? text : "NULL");
    return value;
}

cg_status cg_query_fail(struct cg_query *query, cg_status status, const char *format, ...) {
    if (query->status != CG_OK)
        return query->status;
    char text[CG_ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    query->status = cg_store_error(query->store, query->error, status, "%s: %s", query->doing, text);
    return query->status;
}

cg_status cg_query_run(struct cg_query *query, int64_t *ret_changes) {
    while (cg_query_row(query))
        continue;
    if (query->status == CG_OK && ret_changes)
        *ret_changes = query->store->driver->changes(query->store->connection);
    return cg_query_end(query);
}

cg_status cg_query_later(struct cg_query *query) {
    if (query->status != CG_OK || !query->store->in_transaction || !cg_store_has_pipeline(query->store))
        return cg_query_run(query, NULL);
    check(query, query->store->driver->run_later(query->statement));
    return query->status;
}

cg_status cg_query_end(struct cg_query *query) {
    if (query->statement)
        query->store->driver->reset(query->statement);
    return query->status;
}
