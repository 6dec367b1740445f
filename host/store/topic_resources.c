/*
 * topic_resources.c - topics as resources: seen, absent, orphaned.
 */
#include "base/buf.h"
#include "store/private.h"
#include "store/query.h"
#include "store/topics.h"

/* Longest id of a topic. */
#define ID_LIMIT ((size_t)64 * 1024)

/* A deletion is never before the creation. */
#define DELETE_AT_4 "status = 'deleted', deleted_at = CASE WHEN created_at > ?4 THEN created_at ELSE ?4 END"

/* The topics of a cluster are few among the tenant's resources, so the tenant is not what they are looked up by: an
 * expression keeps a database without statistics from using the index on it. */
#define LIVE_TOPICS_OF_3                                                           \
    " WHERE ecosystem || '' = ?1 AND tenant_id || '' = ?2 AND parent_id = ?3 AND " \
    "resource_type || '' = '" CG_RESOURCE_TYPE_TOPIC "' AND deleted_at IS NULL AND "

static cg_status touch(struct cg_store *store, const char *id, int64_t now, int64_t *ret_changes,
                       struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   "UPDATE resources SET last_seen_at = ?4 WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
                   "resource_id = ?3 AND deleted_at IS NULL AND status = 'active'",
                   "noting that a topic was seen", error);
    cg_query_tenant(&query);
    cg_query_text(&query, 3, id);
    cg_query_micros(&query, 4, now);
    return cg_query_run(&query, ret_changes);
}

static cg_status insert_or_revive(struct cg_store *store, const char *id, const char *cluster_id, const char *topic,
                                  int64_t now, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(
        &query, store,
        "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, display_name, parent_id, status, "
        "created_at, last_seen_at) VALUES (?1, ?2, ?3, '" CG_RESOURCE_TYPE_TOPIC "', ?4, ?5, 'active', ?6, ?7) "
        "ON CONFLICT (ecosystem, tenant_id, resource_id) DO UPDATE SET status = 'active', deleted_at = NULL, "
        "last_seen_at = excluded.last_seen_at",
        "writing a topic", error);
    cg_query_tenant(&query);
    cg_query_text(&query, 3, id);
    cg_query_text(&query, 4, topic);
    cg_query_text(&query, 5, cluster_id);
    cg_query_micros(&query, 6, now);
    cg_query_micros(&query, 7, now);
    return cg_query_later(&query);
}

static cg_status put(struct cg_store *store, const char *id, const char *cluster_id, const char *topic, int64_t now,
                     struct cg_error *error) {
    int64_t changes = 0;
    int32_t own = 0;
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (status != CG_OK)
        return status;
    if (!cg_store_has_pipeline(store))
        status = touch(store, id, now, &changes, error);
    if (status == CG_OK && changes == 0)
        status = insert_or_revive(store, id, cluster_id, topic, now, error);
    return cg_store_leave(store, own, status, error);
}

cg_status cg_store_put_topic(struct cg_store *store, const char *cluster_id, const char *topic, int64_t now,
                             struct cg_error *error) {
    if (!cluster_id || !*cluster_id || !topic || !*topic)
        return cg_store_error(store, error, CG_INVALID, "topic '%s' of cluster '%s' was found without name or cluster",
                              topic ? topic : "", cluster_id ? cluster_id : "");
    struct cg_buf id;
    cg_buf_init(&id, ID_LIMIT);
    cg_status status = cg_buf_printf(&id, "%s:topic:%s", cluster_id, topic);
    if (status == CG_OK)
        status = put(store, cg_buf_text(&id), cluster_id, topic, now, error);
    else if (status == CG_NO_MEMORY)
        status = cg_error_no_memory(error);
    else
        status =
            cg_store_error(store, error, CG_INVALID, "the name of a topic of cluster '%.200s' is too long", cluster_id);
    cg_buf_done(&id);
    return status;
}

static cg_status delete_absent(struct cg_store *store, const char *cluster_id, int64_t seen_before, int64_t now,
                               int64_t *ret_changes, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store, "UPDATE resources SET " DELETE_AT_4 LIVE_TOPICS_OF_3 "last_seen_at < ?5",
                   "marking absent topics as deleted", error);
    cg_query_tenant(&query);
    cg_query_text(&query, 3, cluster_id);
    cg_query_micros(&query, 4, now);
    cg_query_micros(&query, 5, seen_before);
    return cg_query_run(&query, ret_changes);
}

static cg_status notice_never_seen(struct cg_store *store, const char *cluster_id, int64_t now,
                                   struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store, "UPDATE resources SET last_seen_at = ?4" LIVE_TOPICS_OF_3 "last_seen_at IS NULL",
                   "noting topics that were never seen", error);
    cg_query_tenant(&query);
    cg_query_text(&query, 3, cluster_id);
    cg_query_micros(&query, 4, now);
    return cg_query_run(&query, NULL);
}

cg_status cg_store_delete_absent_topics(struct cg_store *store, const char *cluster_id, int64_t seen_before,
                                        int64_t now, uint64_t *ret_count, struct cg_error *error) {
    int64_t changes = 0;
    int32_t own = 0;
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (status != CG_OK)
        return status;
    status = delete_absent(store, cluster_id, seen_before, now, &changes, error);
    if (status == CG_OK)
        status = notice_never_seen(store, cluster_id, now, error);
    status = cg_store_leave(store, own, status, error);
    if (status == CG_OK && ret_count)
        *ret_count = (uint64_t)changes;
    return status;
}

cg_status cg_store_delete_orphaned_topics(struct cg_store *store, int64_t now, uint64_t *ret_count,
                                          struct cg_error *error) {
    struct cg_query query;
    int64_t changes = 0;
    cg_query_start(&query, store,
                   "UPDATE resources SET status = 'deleted', deleted_at = CASE WHEN created_at > ?3 THEN created_at "
                   "ELSE ?3 END WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
                   "resource_type = '" CG_RESOURCE_TYPE_TOPIC "' AND deleted_at IS NULL AND EXISTS "
                   "(SELECT 1 FROM resources c WHERE c.ecosystem = resources.ecosystem AND "
                   "c.tenant_id = resources.tenant_id AND c.resource_id = resources.parent_id AND "
                   "c.deleted_at IS NOT NULL)",
                   "marking topics of deleted clusters as deleted", error);
    cg_query_tenant(&query);
    cg_query_micros(&query, 3, now);
    cg_status status = cg_query_run(&query, &changes);
    if (status == CG_OK && ret_count)
        *ret_count = (uint64_t)changes;
    return status;
}
