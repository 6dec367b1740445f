/*
 * lookup.c - the reading half of inventory.h.
 */
#include <stdlib.h>
#include <string.h>

#include "store/inventory.h"
#include "store/list.h"
#include "store/metadata.h"
#include "store/private.h"
#include "store/query.h"

#define RESOURCE                                                                                                    \
    "SELECT resource_id, resource_type, display_name, created_at, deleted_at, metadata_json, parent_id, owner_id, " \
    "cloud, region FROM resources WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
#define IDENTITY                                                                                              \
    "SELECT identity_id, identity_type, display_name, created_at, deleted_at, metadata_json FROM identities " \
    "WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
#define ALIVE "(created_at IS NULL OR created_at < ?3) AND (deleted_at IS NULL OR deleted_at > ?4)"

static cg_status read_fields(struct cg_query *query, const char *what, const char *id, struct cg_arena *arena,
                             const struct cg_field **ret, uint32_t *ret_count) {
    cg_status status = cg_metadata_read(cg_query_peek(query, 5), arena, ret, ret_count);
    if (status == CG_NO_MEMORY)
        query->status = cg_error_no_memory(query->error);
    else if (status != CG_OK)
        cg_query_fail(query, CG_PERMANENT, "metadata_json of %s '%s' is not a JSON object", what, id ? id : "");
    return query->status;
}

static void *new_record(struct cg_query *query, struct cg_arena *arena, size_t size) {
    void *record = cg_arena_alloc(arena, size);
    if (!record)
        query->status = cg_error_no_memory(query->error);
    return record;
}

/* NULL after a failure of the query, here and in read_identity. */
static const void *read_resource(struct cg_query *query, struct cg_arena *arena) {
    struct cg_resource *resource = new_record(query, arena, sizeof *resource);
    if (!resource)
        return NULL;
    resource->struct_size = sizeof *resource;
    resource->id = cg_query_copy(query, 0, arena);
    resource->type = cg_query_copy(query, 1, arena);
    resource->display_name = cg_query_copy(query, 2, arena);
    resource->created_at = cg_query_time(query, 3);
    resource->deleted_at = cg_query_time(query, 4);
    resource->parent_id = cg_query_copy(query, 6, arena);
    resource->owner_id = cg_query_copy(query, 7, arena);
    resource->cloud = cg_query_copy(query, 8, arena);
    resource->region = cg_query_copy(query, 9, arena);
    cg_status status = read_fields(query, "resource", resource->id, arena, &resource->fields, &resource->field_count);
    return status == CG_OK ? resource : NULL;
}

static const void *read_identity(struct cg_query *query, struct cg_arena *arena) {
    struct cg_identity *identity = new_record(query, arena, sizeof *identity);
    if (!identity)
        return NULL;
    identity->struct_size = sizeof *identity;
    identity->id = cg_query_copy(query, 0, arena);
    identity->type = cg_query_copy(query, 1, arena);
    identity->display_name = cg_query_copy(query, 2, arena);
    identity->created_at = cg_query_time(query, 3);
    identity->deleted_at = cg_query_time(query, 4);
    cg_status status = read_fields(query, "identity", identity->id, arena, &identity->fields, &identity->field_count);
    return status == CG_OK ? identity : NULL;
}

static int compare_resources(const void *left, const void *right) {
    return strcmp((*(const struct cg_resource *const *)left)->id, (*(const struct cg_resource *const *)right)->id);
}

static int compare_identities(const void *left, const void *right) {
    return strcmp((*(const struct cg_identity *const *)left)->id, (*(const struct cg_identity *const *)right)->id);
}

/* Reads all rows of a query whose parameters are set, sorted by bytes whatever the database's collation. */
static cg_status read_all(struct cg_query *query, const void *(*read)(struct cg_query *, struct cg_arena *),
                          int (*compare)(const void *, const void *), struct cg_arena *arena, const void ***ret,
                          size_t *ret_count) {
    struct cg_list list = {0};
    while (cg_query_row(query)) {
        const void *record = read(query, arena);
        if (record)
            query->status = cg_list_add(&list, record, query->error);
    }
    size_t count = list.count;
    cg_status status = cg_query_end(query);
    if (status != CG_OK) {
        cg_list_done(&list);
        return status;
    }
    const void **items = cg_list_move(&list, arena);
    if (!items)
        return cg_error_no_memory(query->error);
    if (count > 1)
        qsort(items, count, sizeof *items, compare);
    *ret = items;
    *ret_count = count;
    return CG_OK;
}

cg_status cg_store_identities_in(struct cg_store *store, int64_t start, int64_t end, struct cg_arena *arena,
                                 struct cg_identity_list *ret, struct cg_error *error) {
    struct cg_query query;
    const void **items = NULL;
    size_t count = 0;
    cg_query_start(&query, store, IDENTITY ALIVE " AND identity_type <> 'system' ORDER BY identity_id",
                   "reading the identities", error);
    cg_query_tenant(&query);
    cg_query_micros(&query, 3, end);
    cg_query_micros(&query, 4, start);
    cg_status status = read_all(&query, read_identity, compare_identities, arena, &items, &count);
    if (status == CG_OK)
        *ret = (struct cg_identity_list){(const struct cg_identity *const *)items, count};
    return status;
}

cg_status cg_store_resources_in(struct cg_store *store, int64_t start, int64_t end, const char *type,
                                const char *parent, struct cg_arena *arena, const struct cg_resource *const **ret,
                                size_t *ret_count, struct cg_error *error) {
    static const char *const variants[] = {
        RESOURCE ALIVE " ORDER BY resource_id",
        RESOURCE ALIVE " AND resource_type = ?5 ORDER BY resource_id",
        RESOURCE ALIVE " AND parent_id = ?5 ORDER BY resource_id",
        RESOURCE ALIVE " AND resource_type = ?5 AND parent_id = ?6 ORDER BY resource_id",
    };
    struct cg_query query;
    const void **items = NULL;
    uint32_t index = 5;
    cg_query_start(&query, store, variants[(type ? 1 : 0) + (parent ? 2 : 0)], "reading the resources", error);
    cg_query_tenant(&query);
    cg_query_micros(&query, 3, end);
    cg_query_micros(&query, 4, start);
    if (type)
        cg_query_text(&query, index++, type);
    if (parent)
        cg_query_text(&query, index, parent);
    cg_status status = read_all(&query, read_resource, compare_resources, arena, &items, ret_count);
    if (status == CG_OK)
        *ret = (const struct cg_resource *const *)items;
    return status;
}

static cg_status find(struct cg_store *store, const char *sql, const char *what, const char *id,
                      const void *(*read)(struct cg_query *, struct cg_arena *), struct cg_arena *arena,
                      const void **ret, struct cg_error *error) {
    struct cg_query query;
    *ret = NULL;
    cg_query_start(&query, store, sql, "reading the inventory", error);
    cg_query_tenant(&query);
    cg_query_text(&query, 3, id);
    if (cg_query_row(&query))
        *ret = read(&query, arena);
    cg_status status = cg_query_end(&query);
    if (status == CG_OK && !*ret)
        status = cg_store_error(store, error, CG_NOT_FOUND, "there is no %s '%s'", what, id);
    return status;
}

cg_status cg_store_find_resource(struct cg_store *store, const char *id, struct cg_arena *arena,
                                 const struct cg_resource **ret, struct cg_error *error) {
    const void *found = NULL;
    cg_status status = find(store, RESOURCE "resource_id = ?3", "resource", id, read_resource, arena, &found, error);
    if (status == CG_OK)
        *ret = found;
    return status;
}

cg_status cg_store_find_identity(struct cg_store *store, const char *id, struct cg_arena *arena,
                                 const struct cg_identity **ret, struct cg_error *error) {
    const void *found = NULL;
    cg_status status = find(store, IDENTITY "identity_id = ?3", "identity", id, read_identity, arena, &found, error);
    if (status == CG_OK)
        *ret = found;
    return status;
}
