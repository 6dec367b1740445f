#include "views/graph_rows.h"

#include <string.h>

#include "views/graph_sql.h"

/* ---- rows ---- */

/* Columns: type, name, parent, cloud, region, status, created, deleted. */
static void read_node(struct cg_query *query, const char *id, struct cg_arena *arena, struct cg_graph_node *ret) {
    *ret = (struct cg_graph_node){
        .id = cg_arena_string(arena, id),
        .type = cg_query_copy(query, 0, arena),
        .name = cg_query_copy(query, 1, arena),
        .parent_id = cg_query_copy(query, 2, arena),
        .cloud = cg_query_copy(query, 3, arena),
        .region = cg_query_copy(query, 4, arena),
        .status = cg_query_copy(query, 5, arena),
        .created_at = cg_query_time(query, 6),
        .deleted_at = cg_query_time(query, 7),
    };
    if (!ret->id && query->status == CG_OK)
        query->status = cg_error_no_memory(query->error);
}

static cg_status find(struct cg_store *store, const char *sql, const char *id, struct cg_arena *arena,
                      int32_t *ret_found, struct cg_graph_node *ret, struct cg_error *error) {
    struct cg_query query;
    int32_t found = 0;
    cg_query_start(&query, store, sql, "reading a node of the graph", error);
    cg_query_tenant(&query);
    cg_query_text(&query, 3, id);
    if (cg_query_row(&query)) {
        found = 1;
        read_node(&query, id, arena, ret);
    }
    cg_status status = cg_query_end(&query);
    if (status == CG_OK)
        *ret_found = found;
    return status;
}

static cg_status find_resource(struct cg_store *store, const char *id, struct cg_arena *arena, int32_t *ret_found,
                               struct cg_graph_node *ret, struct cg_error *error) {
    return find(store,
                "SELECT resource_type, display_name, parent_id, cloud, region, status, created_at, deleted_at "
                "FROM resources WHERE ecosystem = ?1 AND tenant_id = ?2 AND resource_id = ?3",
                id, arena, ret_found, ret, error);
}

static cg_status find_identity(struct cg_store *store, const char *id, struct cg_arena *arena, int32_t *ret_found,
                               struct cg_graph_node *ret, struct cg_error *error) {
    return find(store,
                "SELECT identity_type, display_name, NULL, NULL, NULL, "
                "CASE WHEN deleted_at IS NULL THEN 'active' ELSE 'deleted' END, created_at, deleted_at "
                "FROM identities WHERE ecosystem = ?1 AND tenant_id = ?2 AND identity_id = ?3",
                id, arena, ret_found, ret, error);
}

cg_status cg_graph_find(struct cg_store *store, const char *id, struct cg_arena *arena,
                        enum cg_graph_entity *ret_entity, struct cg_graph_node *ret, struct cg_error *error) {
    int32_t found = 0;
    enum cg_graph_entity entity = CG_GRAPH_RESOURCE;
    cg_status status = find_resource(store, id, arena, &found, ret, error);
    if (status == CG_OK && !found) {
        entity = CG_GRAPH_IDENTITY;
        status = find_identity(store, id, arena, &found, ret, error);
    }
    if (status == CG_OK)
        *ret_entity = found ? entity : CG_GRAPH_UNKNOWN;
    return status;
}

/* A node that is known by its id only. */
static cg_status make_lost(const char *id, const char *type, struct cg_arena *arena, struct cg_graph_node *ret,
                           struct cg_error *error) {
    *ret = (struct cg_graph_node){.id = cg_arena_string(arena, id),
                                  .type = type,
                                  .status = "deleted",
                                  .created_at = CG_TIME_NONE,
                                  .deleted_at = CG_TIME_NONE};
    return ret->id ? CG_OK : cg_error_no_memory(error);
}

static cg_status make_lost_topic(struct cg_store *store, const char *id, struct cg_arena *arena,
                                 struct cg_graph_node *ret, struct cg_error *error) {
    struct cg_query query;
    cg_status status = make_lost(id, "topic", arena, ret, error);
    if (status != CG_OK)
        return status;
    cg_query_start(&query, store,
                   "SELECT topic_name, cluster_resource_id FROM topic_attribution_dimensions WHERE "
                   "ecosystem || '' = ?1 AND tenant_id || '' = ?2 AND resource_id = ?3 ORDER BY dimension_id LIMIT 1",
                   "reading a topic's name", error);
    cg_query_tenant(&query);
    cg_query_text(&query, 3, id);
    if (cg_query_row(&query)) {
        ret->name = cg_query_copy(&query, 0, arena);
        ret->parent_id = cg_query_copy(&query, 1, arena);
    }
    return cg_query_end(&query);
}

cg_status cg_graph_read_resource(struct cg_store *store, const char *id, struct cg_arena *arena,
                                 struct cg_graph_node *ret, struct cg_error *error) {
    int32_t found = 0;
    cg_status status = find_resource(store, id, arena, &found, ret, error);
    return status != CG_OK || found ? status : make_lost_topic(store, id, arena, ret, error);
}

cg_status cg_graph_read_identity(struct cg_store *store, const char *id, struct cg_arena *arena,
                                 struct cg_graph_node *ret, struct cg_error *error) {
    int32_t found = 0;
    cg_status status = find_identity(store, id, arena, &found, ret, error);
    return status != CG_OK || found ? status : make_lost(id, "identity", arena, ret, error);
}

/* ---- tags ---- */

/* Tags of one entity are few; more than this are not shown. */
#define MOST_TAGS 1000u

cg_status cg_graph_read_tags(struct cg_store *store, const char *entity_type, struct cg_arena *arena,
                             struct cg_graph_node *node, struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    struct cg_graph_tag *tags = NULL;
    size_t count = 0;
    size_t room = 0;
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT tag_key, tag_value FROM tags WHERE tenant_id = ");
    cg_select_text(&select, cg_store_tenant_id(store));
    cg_select_equal(&select, "entity_type", entity_type);
    cg_select_equal(&select, "entity_id", node->id);
    cg_select_add(&select, " ORDER BY tag_key");
    cg_select_bytewise(&select);
    cg_select_add(&select, " LIMIT ");
    cg_select_int(&select, MOST_TAGS);
    cg_select_start(&select, &query, "reading the tags of a node", error);
    while (cg_query_row(&query)) {
        if (count == room) {
            room = room ? room * 4 : 8;
            struct cg_graph_tag *more = cg_arena_array(arena, room, sizeof *more);
            if (!more) {
                query.status = cg_error_no_memory(error);
                break;
            }
            if (count)
                memcpy(more, tags, count * sizeof *more);
            tags = more;
        }
        tags[count].key = cg_query_copy(&query, 0, arena);
        tags[count++].value = cg_query_copy(&query, 1, arena);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    node->tags = tags;
    node->tag_count = count;
    return status;
}

/* ---- cross references ---- */

/* Puts one where it belongs among the costliest of its type. Rows come by id, so the first of equals stays first. */
static void place(struct cg_graph_references *group, const struct cg_graph_reference *item) {
    size_t at = group->count;
    while (at > 0 && cg_decimal_compare(&item->cost, &group->items[at - 1].cost) > 0)
        at--;
    if (at == CG_GRAPH_REFERENCES)
        return;
    if (group->count < CG_GRAPH_REFERENCES)
        group->count++;
    for (size_t i = group->count - 1; i > at; i--)
        group->items[i] = group->items[i - 1];
    group->items[at] = *item;
}

/* 1 when an item of this cost would be among the costliest, so that only those are copied. */
static int has_place(const struct cg_graph_references *group, const struct cg_decimal *cost) {
    return group->count < CG_GRAPH_REFERENCES || cg_decimal_compare(cost, &group->items[group->count - 1].cost) > 0;
}

/* The group of the row's type, which is made at the end of the list when it is new; NULL after a failure. */
static struct cg_graph_references *find_group(struct cg_query *query, struct cg_graph_references **first,
                                              struct cg_arena *arena) {
    const char *type = cg_query_peek(query, 1);
    struct cg_graph_references **end = first;
    if (!type)
        return NULL;
    while (*end && strcmp((*end)->type, type) != 0)
        end = &(*end)->next;
    if (*end)
        return *end;
    struct cg_graph_references *group = cg_arena_alloc(arena, sizeof *group);
    if (!group) {
        query->status = cg_error_no_memory(query->error);
        return NULL;
    }
    group->type = cg_query_copy(query, 1, arena);
    if (group->type)
        *end = group;
    return *end;
}

static void add_reference(struct cg_query *query, struct cg_graph_references **first, struct cg_arena *arena) {
    struct cg_graph_reference item = {.cost = cg_query_decimal(query, 3)};
    struct cg_graph_references *group = find_group(query, first, arena);
    if (!group)
        return;
    group->total_count++;
    if (!has_place(group, &item.cost))
        return;
    item.id = cg_query_copy(query, 0, arena);
    item.name = cg_query_copy(query, 2, arena);
    if (query->status == CG_OK)
        place(group, &item);
}

cg_status cg_graph_read_references(struct cg_store *store, const char *cluster, const struct cg_graph_period *period,
                                   struct cg_arena *arena, struct cg_graph_node *node, struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    struct cg_graph_references *first = NULL;
    cg_select_init(&select, store);
    cg_graph_add_charges(&select, "resource_id", CG_GRAPH_OF_IDENTITY, node->id, period);
    cg_select_add(&select, "SELECT r.resource_id, r.resource_type, r.display_name, cg_sum(s.cost) "
                           "FROM s CROSS JOIN resources r WHERE r.resource_id = s.id AND ");
    cg_select_tenant(&select, "r.");
    cg_select_add(&select, " AND s.cost IS NOT NULL AND s.id <> ");
    cg_select_text(&select, cluster);
    cg_select_add(&select, " GROUP BY r.resource_id, r.resource_type, r.display_name ORDER BY r.resource_id");
    cg_select_bytewise(&select);
    cg_select_start(&select, &query, "reading what else an identity pays for", error);
    while (cg_query_row(&query))
        add_reference(&query, &first, arena);
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    node->references = first;
    return status;
}
