#include "store/store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "store/private.h"
#include "store/schema.h"

cg_status cg_store_failed(struct cg_store *store, cg_status status, const char *doing, struct cg_error *error) {
    if (status == CG_NO_MEMORY)
        return cg_error_no_memory(error);
    const char *sentence = store->connection ? store->driver->error_text(store->connection) : "out of memory";
    return cg_store_error(store, error, status, "%s: %s", doing, sentence);
}

cg_status cg_store_error(struct cg_store *store, struct cg_error *error, cg_status status, const char *format, ...) {
    char text[CG_ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return cg_error_set(error, status, "tenant '%s': %s", store->tenant_name, text);
}

const char *cg_store_sentence(const char *tenant_name, const char *text) {
    static const char before[] = "tenant '";
    static const char after[] = "': ";
    const size_t length = strlen(tenant_name);
    if (strncmp(text, before, sizeof before - 1) != 0)
        return text;
    const char *name = text + sizeof before - 1;
    const int named = strncmp(name, tenant_name, length) == 0 && strncmp(name + length, after, sizeof after - 1) == 0;
    return named ? name + length + sizeof after - 1 : text;
}

int32_t cg_store_has_pipeline(const struct cg_store *store) {
    return CG_HAS_MEMBER(store->driver, struct cg_sql_driver, run_later) && store->driver->run_later != NULL;
}

static cg_status begin(struct cg_store *store, uint32_t kind, struct cg_error *error) {
    cg_status status = store->driver->begin(store->connection, kind);
    if (status != CG_OK)
        return cg_store_failed(store, status, "starting a transaction", error);
    store->in_transaction = 1;
    return CG_OK;
}

cg_status cg_store_begin(struct cg_store *store, struct cg_error *error) {
    if (store->in_transaction)
        return cg_store_error(store, error, CG_INVALID, "a transaction is already open");
    return begin(store, CG_SQL_BEGIN_WRITE, error);
}

cg_status cg_store_begin_read(struct cg_store *store, struct cg_error *error) {
    if (store->in_transaction)
        return cg_store_error(store, error, CG_INVALID, "a transaction is already open");
    return begin(store, CG_SQL_BEGIN_READ, error);
}

cg_status cg_store_commit(struct cg_store *store, struct cg_error *error) {
    cg_status status = store->driver->commit(store->connection);
    if (status == CG_OK) {
        store->in_transaction = 0;
        return CG_OK;
    }
    status = cg_store_failed(store, status, "committing a transaction", error);
    cg_store_rollback(store);
    return status;
}

cg_status cg_store_data_version(struct cg_store *store, int64_t *ret, struct cg_error *error) {
    const struct cg_sql_driver *driver = store->driver;
    if (!CG_HAS_MEMBER(driver, struct cg_sql_driver, data_version) || !driver->data_version)
        return cg_error_set(error, CG_NOT_FOUND, "the database does not tell its version");
    cg_status status = driver->data_version(store->connection, ret);
    return status == CG_OK ? CG_OK : cg_store_failed(store, status, "looking for changes", error);
}

void cg_store_rollback(struct cg_store *store) {
    store->driver->rollback(store->connection);
    store->in_transaction = 0;
    /* Ids given out in the transaction are gone with it. */
    for (size_t i = 0; i < CG_FACT_KINDS; i++)
        cg_dimensions_forget(store->dimensions[i]);
}

cg_status cg_store_enter(struct cg_store *store, uint32_t kind, int32_t *ret_own, struct cg_error *error) {
    *ret_own = 0;
    if (store->in_transaction)
        return CG_OK;
    cg_status status = begin(store, kind, error);
    *ret_own = status == CG_OK;
    return status;
}

cg_status cg_store_leave(struct cg_store *store, int32_t own, cg_status status, struct cg_error *error) {
    if (!own)
        return status;
    if (status == CG_OK)
        return cg_store_commit(store, error);
    cg_store_rollback(store);
    return status;
}

void cg_store_interrupt(struct cg_store *store) {
    store->driver->interrupt(store->connection);
}

static cg_status copy_key(struct cg_store *store, const struct cg_store_key *key, struct cg_error *error) {
    store->ecosystem = cg_arena_string(store->arena, key->ecosystem);
    store->tenant_id = cg_arena_string(store->arena, key->tenant_id);
    store->tenant_name = cg_arena_string(store->arena, key->tenant_name);
    store->has_environments = key->has_environments;
    return store->ecosystem && store->tenant_id && store->tenant_name ? CG_OK : cg_error_no_memory(error);
}

static cg_status open_connection(struct cg_store *store, const struct cg_host *host, const struct cg_sql_target *target,
                                 uint32_t flags, struct cg_error *error) {
    uint32_t mode = flags & CG_STORE_READ_ONLY ? CG_SQL_READ_ONLY : CG_SQL_CREATE;
    cg_status status = store->driver->open(host, target, mode, &store->connection);
    return status == CG_OK ? CG_OK : cg_store_failed(store, status, "opening the database", error);
}

cg_status cg_store_open(const struct cg_sql_driver *driver, const struct cg_host *host,
                        const struct cg_sql_target *target, const struct cg_store_key *key, uint32_t flags,
                        const struct cg_log *log, struct cg_store **ret, struct cg_error *error) {
    if (sodium_init() < 0)
        return cg_error_set(error, CG_PERMANENT, "the cryptographic library libsodium cannot be started");
    struct cg_store *store = calloc(1, sizeof *store);
    if (!store)
        return cg_error_no_memory(error);
    store->driver = driver;
    store->log = log;
    store->flags = flags;
    store->read_only = (flags & CG_STORE_READ_ONLY) != 0;
    store->arena = cg_arena_new();
    store->scratch = cg_arena_new();
    cg_status status = store->arena && store->scratch ? copy_key(store, key, error) : cg_error_no_memory(error);
    if (status == CG_OK)
        status = open_connection(store, host, target, flags, error);
    if (status == CG_OK)
        status = cg_schema_prepare(store, error);
    if (status != CG_OK) {
        cg_store_close(store);
        return status;
    }
    *ret = store;
    return CG_OK;
}

void cg_store_close(struct cg_store *store) {
    if (!store)
        return;
    if (store->connection && store->in_transaction)
        cg_store_rollback(store);
    cg_selects_free(store);
    for (size_t i = 0; i < store->prepared_count; i++)
        store->driver->finalize(store->prepared[i].statement);
    free(store->prepared);
    if (store->connection)
        store->driver->close(store->connection);
    for (size_t i = 0; i < CG_FACT_KINDS; i++)
        cg_dimensions_free(store->dimensions[i]);
    cg_arena_free(store->scratch);
    cg_arena_free(store->arena);
    free(store);
}
