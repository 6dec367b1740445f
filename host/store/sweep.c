#include "store/sweep.h"

#include <string.h>

#include "store/private.h"
#include "store/query.h"

/* Who was not listed. Families are few among the tenant's rows, so the tenant is not what they are looked up by: an
 * expression keeps a database without statistics from using the index on it. */
#define UNSEEN(type)                                                              \
    " WHERE ecosystem || '' = ?1 AND tenant_id || '' = ?2 AND " type " = ?3 AND " \
    "deleted_at IS NULL AND (last_seen_at IS NULL OR last_seen_at < ?4)"
#define UNSEEN_RESOURCES UNSEEN("resource_type")
#define UNSEEN_IDENTITIES UNSEEN("identity_type") " AND identity_id <> '" CG_IDENTITY_UNALLOCATED "'"

/* A deletion is never before the creation. */
#define DELETED_AT_5 "deleted_at = CASE WHEN created_at > ?5 THEN created_at ELSE ?5 END"

static cg_status delete_unseen(struct cg_store *store, const struct cg_sweep *sweep, uint64_t *ret,
                               struct cg_error *error) {
    struct cg_query query;
    int64_t changes = 0;
    cg_query_start(&query, store,
                   sweep->is_identity ? "UPDATE identities SET " DELETED_AT_5 UNSEEN_IDENTITIES
                                      : "UPDATE resources SET status = 'deleted', " DELETED_AT_5 UNSEEN_RESOURCES,
                   "marking what was not listed as deleted", error);
    cg_query_tenant(&query);
    cg_query_text(&query, 3, sweep->family);
    cg_query_micros(&query, 4, sweep->seen_before);
    cg_query_micros(&query, 5, sweep->now);
    cg_status status = cg_query_run(&query, &changes);
    *ret = (uint64_t)changes;
    return status;
}

static cg_status count_unseen(struct cg_store *store, const struct cg_sweep *sweep, uint64_t *ret,
                              struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   sweep->is_identity ? "SELECT COUNT(*) FROM identities" UNSEEN_IDENTITIES
                                      : "SELECT COUNT(*) FROM resources" UNSEEN_RESOURCES,
                   "counting what was not listed", error);
    cg_query_tenant(&query);
    cg_query_text(&query, 3, sweep->family);
    cg_query_micros(&query, 4, sweep->seen_before);
    if (cg_query_row(&query))
        *ret = (uint64_t)cg_query_number(&query, 0);
    return cg_query_end(&query);
}

static void bind_family(struct cg_query *query, const struct cg_sweep *sweep) {
    cg_query_tenant(query);
    cg_query_text(query, 3, sweep->family);
    cg_query_int(query, 4, sweep->is_identity ? 1 : 0);
}

/* One more empty listing in a row. */
static cg_status count_empty(struct cg_store *store, const struct cg_sweep *sweep, int64_t *ret,
                             struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   "INSERT INTO cg_families (ecosystem, tenant_id, family, is_identity, empty_gathers) "
                   "VALUES (?1, ?2, ?3, ?4, 1) ON CONFLICT (ecosystem, tenant_id, family, is_identity) DO UPDATE SET "
                   "empty_gathers = cg_families.empty_gathers + 1 RETURNING empty_gathers",
                   "counting an empty listing", error);
    bind_family(&query, sweep);
    if (cg_query_row(&query))
        *ret = cg_query_number(&query, 0);
    return cg_query_run(&query, NULL);
}

static cg_status forget_empty(struct cg_store *store, const struct cg_sweep *sweep, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   "UPDATE cg_families SET empty_gathers = 0 WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
                   "family = ?3 AND is_identity = ?4 AND empty_gathers <> 0",
                   "counting empty listings", error);
    bind_family(&query, sweep);
    return cg_query_run(&query, NULL);
}

static cg_status sweep_listed(struct cg_store *store, const struct cg_sweep *sweep, struct cg_swept *swept,
                              struct cg_error *error) {
    cg_status status = delete_unseen(store, sweep, &swept->deleted, error);
    return status == CG_OK ? forget_empty(store, sweep, error) : status;
}

/* An empty listing may be the provider's failure. */
static cg_status sweep_empty(struct cg_store *store, const struct cg_sweep *sweep, struct cg_swept *swept,
                             struct cg_error *error) {
    uint64_t alive = 0;
    int64_t wanted = sweep->threshold == CG_SWEEP_TRUST || sweep->threshold == 0 ? 1 : sweep->threshold;
    cg_status status = count_unseen(store, sweep, &alive, error);
    if (status != CG_OK)
        return status;
    if (alive == 0)
        return forget_empty(store, sweep, error);
    status = count_empty(store, sweep, &swept->empty_gathers, error);
    if (status != CG_OK)
        return status;
    if (sweep->threshold != CG_SWEEP_NEVER && swept->empty_gathers >= wanted)
        return sweep_listed(store, sweep, swept, error);
    swept->spared = alive;
    return CG_OK;
}

cg_status cg_store_sweep(struct cg_store *store, const struct cg_sweep *sweep, struct cg_swept *ret,
                         struct cg_error *error) {
    struct cg_swept swept = {0};
    int32_t own = 0;
    if (!sweep->family || !*sweep->family || sweep->threshold < CG_SWEEP_TRUST)
        return cg_store_error(store, error, CG_INVALID, "family '%s' cannot be swept with the threshold %lld",
                              sweep->family ? sweep->family : "", (long long)sweep->threshold);
    cg_status status = CG_OK;
    if (strcmp(sweep->family, CG_IDENTITY_TYPE_SYSTEM) != 0) {
        status = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
        if (status == CG_OK)
            status = cg_store_leave(store, own,
                                    sweep->seen ? sweep_listed(store, sweep, &swept, error)
                                                : sweep_empty(store, sweep, &swept, error),
                                    error);
    }
    if (status == CG_OK)
        *ret = swept;
    return status;
}
