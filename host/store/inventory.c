#include "store/inventory.h"

#include <string.h>

#include "store/metadata.h"
#include "store/private.h"
#include "store/query.h"

/* One record, resource or identity, as its columns have it. */
struct record {
    const char *id;
    const char *type;
    const char *texts[5]; /* resources: parent_id, owner_id, cloud, region; both: metadata_json at the end */
    size_t text_count;
    const char *display_name;
    int64_t created_at;
};

static int same(const char *left, const char *right) {
    return left && right ? strcmp(left, right) == 0 : left == right;
}

/* Compares the row of "SELECT type, display_name, created_at, deleted_at, status, texts..." with what was gathered. */
static int is_unchanged(struct cg_query *query, const struct record *record) {
    if (!same(cg_query_peek(query, 0), record->type) || !same(cg_query_peek(query, 1), record->display_name) ||
        cg_query_peek(query, 3) || !same(cg_query_peek(query, 4), "active"))
        return 0;
    if (record->created_at != CG_TIME_NONE && cg_query_time(query, 2) != record->created_at)
        return 0;
    for (size_t i = 0; i < record->text_count; i++)
        if (!same(cg_query_peek(query, (uint32_t)(5 + i)), record->texts[i]))
            return 0;
    return 1;
}

static cg_status find_unchanged(struct cg_store *store, const char *sql, const struct record *record, int *ret,
                                struct cg_error *error) {
    struct cg_query query;
    *ret = 0;
    if (store->in_transaction && cg_store_has_pipeline(store))
        return CG_OK;
    cg_query_start(&query, store, sql, "comparing with the inventory", error);
    cg_query_tenant(&query);
    cg_query_text(&query, 3, record->id);
    if (cg_query_row(&query))
        *ret = is_unchanged(&query, record);
    return cg_query_end(&query);
}

static cg_status touch(struct cg_store *store, const char *sql, const char *id, int64_t seen_at,
                       struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store, sql, "updating the inventory", error);
    cg_query_tenant(&query);
    cg_query_text(&query, 3, id);
    cg_query_micros(&query, 4, seen_at);
    return cg_query_later(&query);
}

static cg_status replace_resource(struct cg_store *store, const struct record *record, int64_t seen_at,
                                  struct cg_error *error) {
    struct cg_query query;
    cg_query_start(
        &query, store,
        "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, display_name, parent_id, "
        "owner_id, status, cloud, region, created_at, deleted_at, last_seen_at, metadata_json) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'active', ?8, ?9, ?10, NULL, ?11, ?12) "
        "ON CONFLICT (ecosystem, tenant_id, resource_id) DO UPDATE SET resource_type = excluded.resource_type, "
        "display_name = excluded.display_name, parent_id = excluded.parent_id, owner_id = excluded.owner_id, "
        "status = 'active', cloud = excluded.cloud, region = excluded.region, "
        "created_at = COALESCE(excluded.created_at, resources.created_at), deleted_at = NULL, "
        "last_seen_at = excluded.last_seen_at, metadata_json = excluded.metadata_json",
        "writing a resource", error);
    cg_query_tenant(&query);
    cg_query_text(&query, 3, record->id);
    cg_query_text(&query, 4, record->type);
    cg_query_text(&query, 5, record->display_name);
    for (uint32_t i = 0; i < 4; i++)
        cg_query_text(&query, 6 + i, record->texts[i]);
    cg_query_micros(&query, 10, record->created_at);
    cg_query_micros(&query, 11, seen_at);
    cg_query_text(&query, 12, record->texts[4]);
    return cg_query_later(&query);
}

static cg_status replace_identity(struct cg_store *store, const struct record *record, int64_t seen_at,
                                  struct cg_error *error) {
    struct cg_query query;
    cg_query_start(
        &query, store,
        "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type, display_name, created_at, "
        "deleted_at, last_seen_at, metadata_json) VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7, ?8) "
        "ON CONFLICT (ecosystem, tenant_id, identity_id) DO UPDATE SET "
        "identity_type = excluded.identity_type, display_name = excluded.display_name, "
        "created_at = COALESCE(excluded.created_at, identities.created_at), deleted_at = NULL, "
        "last_seen_at = excluded.last_seen_at, metadata_json = excluded.metadata_json",
        "writing an identity", error);
    cg_query_tenant(&query);
    cg_query_text(&query, 3, record->id);
    cg_query_text(&query, 4, record->type);
    cg_query_text(&query, 5, record->display_name);
    cg_query_micros(&query, 6, record->created_at);
    cg_query_micros(&query, 7, seen_at);
    cg_query_text(&query, 8, record->texts[0]);
    return cg_query_later(&query);
}

static cg_status check_record(struct cg_store *store, const char *what, const char *id, const char *type,
                              struct cg_error *error) {
    if (id && *id && type && *type)
        return CG_OK;
    return cg_store_error(store, error, CG_INVALID, "%s '%s' of type '%s' was gathered without id or type", what,
                          id ? id : "", type ? type : "");
}

static cg_status write_metadata(struct cg_store *store, struct cg_buf *buf, const char *what, const char *id,
                                const struct cg_field *fields, size_t count, const char **ret, struct cg_error *error) {
    cg_status status = cg_metadata_write(buf, fields, count, ret);
    if (status == CG_OK)
        return CG_OK;
    return cg_store_error(store, error, status, "the metadata of %s '%s' cannot be stored: %s", what, id,
                          status == CG_RANGE ? "it is longer than 1 MiB" : "a value is not what its kind says");
}

cg_status cg_store_put_resource(struct cg_store *store, const struct cg_resource *resource, int64_t seen_at,
                                struct cg_error *error) {
    struct record record = {.id = resource->id,
                            .type = resource->type,
                            .display_name = resource->display_name,
                            .created_at = resource->created_at,
                            .texts = {resource->parent_id, resource->owner_id, resource->cloud, resource->region},
                            .text_count = 5};
    cg_status status = check_record(store, "resource", record.id, record.type, error);
    if (status != CG_OK)
        return status;
    struct cg_buf buf;
    cg_buf_init(&buf, CG_METADATA_LIMIT);
    int unchanged = 0;
    status = write_metadata(store, &buf, "resource", record.id, resource->fields, resource->field_count,
                            &record.texts[4], error);
    if (status == CG_OK)
        status =
            find_unchanged(store,
                           "SELECT resource_type, display_name, created_at, deleted_at, status, parent_id, owner_id, "
                           "cloud, region, metadata_json FROM resources "
                           "WHERE ecosystem = ?1 AND tenant_id = ?2 AND resource_id = ?3",
                           &record, &unchanged, error);
    if (status == CG_OK && unchanged)
        status = touch(store,
                       "UPDATE resources SET last_seen_at = ?4 "
                       "WHERE ecosystem = ?1 AND tenant_id = ?2 AND resource_id = ?3",
                       record.id, seen_at, error);
    else if (status == CG_OK)
        status = replace_resource(store, &record, seen_at, error);
    cg_buf_done(&buf);
    return status;
}

cg_status cg_store_put_identity(struct cg_store *store, const struct cg_identity *identity, int64_t seen_at,
                                struct cg_error *error) {
    struct record record = {.id = identity->id,
                            .type = identity->type,
                            .display_name = identity->display_name,
                            .created_at = identity->created_at,
                            .text_count = 1};
    cg_status status = check_record(store, "identity", record.id, record.type, error);
    if (status != CG_OK)
        return status;
    struct cg_buf buf;
    cg_buf_init(&buf, CG_METADATA_LIMIT);
    int unchanged = 0;
    status = write_metadata(store, &buf, "identity", record.id, identity->fields, identity->field_count,
                            &record.texts[0], error);
    if (status == CG_OK)
        status = find_unchanged(store,
                                "SELECT identity_type, display_name, created_at, deleted_at, 'active', metadata_json "
                                "FROM identities WHERE ecosystem = ?1 AND tenant_id = ?2 AND identity_id = ?3",
                                &record, &unchanged, error);
    if (status == CG_OK && unchanged)
        status = touch(store,
                       "UPDATE identities SET last_seen_at = ?4 "
                       "WHERE ecosystem = ?1 AND tenant_id = ?2 AND identity_id = ?3",
                       record.id, seen_at, error);
    else if (status == CG_OK)
        status = replace_identity(store, &record, seen_at, error);
    cg_buf_done(&buf);
    return status;
}

cg_status cg_store_ensure_unallocated(struct cg_store *store, int64_t now, struct cg_error *error) {
    const struct cg_identity identity = {.struct_size = sizeof identity,
                                         .id = CG_IDENTITY_UNALLOCATED,
                                         .type = CG_IDENTITY_TYPE_SYSTEM,
                                         .display_name = "Unallocated Costs",
                                         .created_at = CG_TIME_NONE,
                                         .deleted_at = CG_TIME_NONE};
    return cg_store_put_identity(store, &identity, now, error);
}
