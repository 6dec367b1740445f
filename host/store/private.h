/*
 * private.h - what the files of this folder share; nobody else includes it.
 */
#ifndef CG_STORE_PRIVATE_H
#define CG_STORE_PRIVATE_H

#include "store/dimensions.h"
#include "store/store.h"

/** Logger of this folder. */
#define CG_STORE_LOGGER "core.storage"

/** A statement that stays prepared, found again by the address of its text. */
struct cg_prepared {
    const char *sql;
    struct cg_sql_statement *statement;
};

struct cg_store {
    const struct cg_sql_driver *driver;
    const struct cg_log *log;
    struct cg_sql_connection *connection;
    struct cg_arena *arena;   /**< lives as long as the store */
    struct cg_arena *scratch; /**< emptied by the function that uses it */
    const char *ecosystem;
    const char *tenant_id;
    const char *tenant_name;
    int32_t has_environments;
    int32_t read_only;
    uint32_t flags;     /**< CG_STORE_ */
    int32_t is_monthly; /**< the facts lie in monthly partitions; see layout.h */
    int32_t in_transaction;
    struct cg_prepared *prepared;
    size_t prepared_count;
    size_t prepared_room;
    struct cg_dimensions *dimensions[CG_FACT_KINDS]; /**< made when first needed */
    struct cg_selects *selects;                      /**< statements of select.h, made when first needed */
};

/** Wraps the driver's last sentence: "tenant 'x': <doing>: <sentence>". Returns `status`, CG_PERMANENT for strange
 * ones. */
cg_status cg_store_failed(struct cg_store *store, cg_status status, const char *doing, struct cg_error *error);

/** Sets an error of our own with the tenant in front; see cg_store_sentence. */
cg_status cg_store_error(struct cg_store *store, struct cg_error *error, cg_status status, const char *format, ...)
    CG_PRINTF(4, 5);

/**
 * Opens a transaction of the given kind (CG_SQL_BEGIN_) unless one is open. `*ret_own` tells cg_store_leave whether it
 * is its to end.
 */
cg_status cg_store_enter(struct cg_store *store, uint32_t kind, int32_t *ret_own, struct cg_error *error);

/** Ends it: commits when `status` is CG_OK, else rolls back. Returns `status` or the failure of the commit. */
cg_status cg_store_leave(struct cg_store *store, int32_t own, cg_status status, struct cg_error *error);

/** Whether statements can be sent before the answers to others came: then it is the waiting that costs time, and a look
 * before a write is no saving. */
int32_t cg_store_has_pipeline(const struct cg_store *store);

/** Ends the statements of select.h. */
void cg_selects_free(struct cg_store *store);

#endif
