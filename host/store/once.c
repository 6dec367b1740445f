#include "store/once.h"

#include <string.h>

static cg_status start(struct cg_store *store, const char *sql, const char *parameter, const char *doing,
                       struct cg_sql_statement **ret, struct cg_error *error) {
    cg_status status = store->driver->prepare(store->connection, sql, ret);
    if (status != CG_OK)
        return cg_store_failed(store, status, doing, error);
    if (parameter)
        status = store->driver->bind_text(*ret, 1, parameter, strlen(parameter));
    if (status == CG_OK)
        return CG_OK;
    status = cg_store_failed(store, status, doing, error);
    store->driver->finalize(*ret);
    return status;
}

cg_status cg_once_run(struct cg_store *store, const char *sql, const char *parameter, const char *doing,
                      int64_t *ret_changes, struct cg_error *error) {
    struct cg_sql_statement *statement = NULL;
    cg_status status = start(store, sql, parameter, doing, &statement, error);
    if (status != CG_OK)
        return status;
    do
        status = store->driver->step(statement);
    while (status == CG_SQL_ROW);
    if (status != CG_SQL_DONE)
        status = cg_store_failed(store, status, doing, error);
    else if (ret_changes)
        *ret_changes = store->driver->changes(store->connection);
    store->driver->finalize(statement);
    return status;
}

/* Steps to the first row, if there is one. */
static cg_status first_row(struct cg_store *store, struct cg_sql_statement *statement, const char *doing,
                           int *ret_found, struct cg_error *error) {
    cg_status status = store->driver->step(statement);
    *ret_found = status == CG_SQL_ROW;
    return *ret_found || status == CG_SQL_DONE ? CG_OK : cg_store_failed(store, status, doing, error);
}

cg_status cg_once_text(struct cg_store *store, const char *sql, const char *parameter, const char *doing,
                       struct cg_arena *arena, const char **ret, struct cg_error *error) {
    struct cg_sql_statement *statement = NULL;
    cg_status status = start(store, sql, parameter, doing, &statement, error);
    if (status != CG_OK)
        return status;
    int found = 0;
    *ret = NULL;
    status = first_row(store, statement, doing, &found, error);
    if (found) {
        size_t length = 0;
        const char *text = store->driver->column_text(statement, 0, &length);
        *ret = text ? cg_arena_copy(arena, text, length) : NULL;
        status = text && !*ret ? cg_error_no_memory(error) : CG_OK;
    }
    store->driver->finalize(statement);
    return status;
}

cg_status cg_once_number(struct cg_store *store, const char *sql, const char *parameter, const char *doing,
                         int64_t *ret, struct cg_error *error) {
    struct cg_sql_statement *statement = NULL;
    cg_status status = start(store, sql, parameter, doing, &statement, error);
    if (status != CG_OK)
        return status;
    int found = 0;
    *ret = 0;
    status = first_row(store, statement, doing, &found, error);
    if (found)
        *ret = store->driver->column_int(statement, 0);
    store->driver->finalize(statement);
    return status;
}
