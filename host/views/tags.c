#include "views/tags.h"

#include <string.h>

#include "store/select.h"

#define COLUMNS "SELECT tag_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at FROM tags"

/* Hands over the tags of a statement that is complete, and ends it. */
static cg_status run_tags(struct cg_select *select, cg_view_tag_each each, void *user, struct cg_error *error) {
    struct cg_query query;
    cg_select_start(select, &query, "reading the tags", error);
    while (cg_query_row(&query)) {
        struct cg_tag tag = {
            .id = cg_query_number(&query, 0),
            .created_at = cg_query_time(&query, 6),
            .entity_type = cg_query_peek(&query, 1),
            .entity_id = cg_query_peek(&query, 2),
            .key = cg_query_peek(&query, 3),
            .value = cg_query_peek(&query, 4),
            .created_by = cg_query_peek(&query, 5),
        };
        if (query.status == CG_OK)
            each(user, &tag);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(select);
    return status;
}

/* The same for texts in the first column. */
static cg_status run_texts(struct cg_select *select, cg_view_text_each each, void *user, struct cg_error *error) {
    struct cg_query query;
    cg_select_start(select, &query, "reading the tags", error);
    while (cg_query_row(&query))
        each(user, cg_query_peek(&query, 0));
    cg_status status = cg_query_end(&query);
    cg_select_done(select);
    return status;
}

static void add_tenant(struct cg_select *select) {
    cg_select_add(select, " WHERE tenant_id = ");
    cg_select_text(select, cg_store_tenant_id(select->store));
}

cg_status cg_view_entity_tags(struct cg_store *store, const char *entity_type, const char *entity_id,
                              cg_view_tag_each each, void *user, struct cg_error *error) {
    struct cg_select select;
    cg_select_init(&select, store);
    cg_select_add(&select, COLUMNS);
    add_tenant(&select);
    cg_select_equal(&select, "entity_type", entity_type);
    cg_select_equal(&select, "entity_id", entity_id);
    cg_select_add(&select, " ORDER BY tag_id");
    return run_tags(&select, each, user, error);
}

static void add_filter(struct cg_select *select, const struct cg_view_tag_filter *filter) {
    add_tenant(select);
    cg_select_equal(select, "entity_type", filter->entity_type);
    if (!filter->key_part || !*filter->key_part)
        return;
    cg_select_add(select, " AND ");
    cg_select_like(select, "tag_key", filter->key_part, 0);
}

static cg_status count_tags(struct cg_store *store, const struct cg_view_tag_filter *filter, int64_t *ret,
                            struct cg_error *error) {
    struct cg_select select;
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT COUNT(*) FROM tags");
    add_filter(&select, filter);
    return cg_select_number(&select, "counting the tags", ret, error);
}

static cg_status read_tags(struct cg_store *store, const struct cg_view_tag_filter *filter, int64_t offset,
                           int64_t limit, cg_view_tag_each each, void *user, struct cg_error *error) {
    struct cg_select select;
    cg_select_init(&select, store);
    /* The page is found in an index; only its own tags are read. */
    cg_select_add(&select, COLUMNS " WHERE tag_id IN (SELECT tag_id FROM tags");
    add_filter(&select, filter);
    cg_select_add(&select, " ORDER BY tag_id LIMIT ");
    cg_select_int(&select, limit);
    cg_select_add(&select, " OFFSET ");
    cg_select_int(&select, offset);
    cg_select_add(&select, ") ORDER BY tag_id");
    return run_tags(&select, each, user, error);
}

cg_status cg_view_tags(struct cg_store *store, const struct cg_view_tag_filter *filter, int64_t offset, int64_t limit,
                       cg_view_tag_each each, void *user, int64_t *ret_total, struct cg_error *error) {
    int64_t total = 0;
    cg_status status = cg_store_begin_read(store, error);
    if (status != CG_OK)
        return status;
    status = count_tags(store, filter, &total, error);
    if (status == CG_OK && offset < total)
        status = read_tags(store, filter, offset, limit, each, user, error);
    cg_store_rollback(store);
    if (status == CG_OK)
        *ret_total = total;
    return status;
}

/* The different texts of an expression are found first and sorted afterwards, because their order may be another than
 * that of the index they are found in. */
static void start_texts(struct cg_select *select, struct cg_store *store, const char *expression) {
    cg_select_init(select, store);
    cg_select_add(select, "SELECT found FROM (SELECT DISTINCT ");
    cg_select_add(select, expression);
    cg_select_add(select, " AS found FROM tags");
    add_tenant(select);
}

static void end_texts(struct cg_select *select) {
    cg_select_add(select, ") texts ORDER BY found");
    cg_select_bytewise(select);
}

cg_status cg_view_tag_keys(struct cg_store *store, const char *entity_type, cg_view_text_each each, void *user,
                           struct cg_error *error) {
    struct cg_select select;
    /* With a type, the index of entities has all that is needed; an expression keeps the one of keys, which has not,
     * from being taken for its order. */
    start_texts(&select, store, entity_type ? "tag_key || ''" : "tag_key");
    cg_select_equal(&select, "entity_type", entity_type);
    end_texts(&select);
    return run_texts(&select, each, user, error);
}

cg_status cg_view_tag_values(struct cg_store *store, const char *key, const char *entity_type, const char *beginning,
                             cg_view_text_each each, void *user, struct cg_error *error) {
    struct cg_select select;
    start_texts(&select, store, "tag_value");
    cg_select_equal(&select, "tag_key", key);
    cg_select_equal(&select, "entity_type", entity_type);
    if (beginning && *beginning) {
        cg_select_add(&select, " AND ");
        cg_select_like(&select, "tag_value", beginning, 1);
    }
    end_texts(&select);
    return run_texts(&select, each, user, error);
}

cg_status cg_view_has_tag_key(struct cg_store *store, const char *key, int32_t *ret, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store, "SELECT 1 FROM tags WHERE tenant_id = ?1 AND tag_key = ?2 LIMIT 1",
                   "looking for a tag's key", error);
    cg_query_text(&query, 1, cg_store_tenant_id(store));
    cg_query_text(&query, 2, key);
    int32_t found = cg_query_row(&query);
    cg_status status = cg_query_end(&query);
    if (status == CG_OK)
        *ret = found;
    return status;
}

/* ---- what was charged ---- */

/* Dimensions are few; whether one has facts in the range, and since when, is one look into an index. */
static void add_charged(struct cg_select *select, int64_t start, int64_t end, const char *identity_id,
                        int32_t identities) {
    cg_select_add(select, identities ? "SELECT 1, identity_id"
                                     : "SELECT CASE WHEN resource_id IS NULL THEN 1 ELSE 0 "
                                       "END, COALESCE(resource_id, identity_id)");
    cg_select_add(select, ", MIN(since), MIN(dimension_id) FROM (SELECT d.dimension_id, d.resource_id, d.identity_id, "
                          "(SELECT MIN(f.timestamp) FROM chargeback_facts f WHERE f.dimension_id = d.dimension_id");
    cg_select_range(select, "f.timestamp", start, end);
    cg_select_add(select, ") AS since FROM chargeback_dimensions d WHERE ");
    cg_select_tenant(select, "d.");
    cg_select_equal(select, "d.identity_id", identity_id);
    cg_select_add(select, ") charged WHERE since IS NOT NULL GROUP BY 1, 2 ORDER BY 3, 4");
}

/* A list that grows in an arena. */
struct entities {
    struct cg_view_entity *items;
    size_t count;
    size_t room;
};

static cg_status add_entity(struct entities *entities, struct cg_query *query, struct cg_arena *arena) {
    if (entities->count == entities->room) {
        size_t room = entities->room ? entities->room * 2 : 64;
        struct cg_view_entity *items = cg_arena_array(arena, room, sizeof *items);
        if (!items)
            return cg_error_no_memory(query->error);
        if (entities->count)
            memcpy(items, entities->items, entities->count * sizeof *items);
        entities->items = items;
        entities->room = room;
    }
    const char *id = cg_query_copy(query, 1, arena);
    if (query->status == CG_OK && id)
        entities->items[entities->count++] = (struct cg_view_entity){
            .entity_type = cg_query_number(query, 0) ? CG_TAG_IDENTITY : CG_TAG_RESOURCE,
            .entity_id = id,
        };
    return query->status;
}

cg_status cg_view_charged(struct cg_store *store, int64_t start, int64_t end, const char *identity_id,
                          int32_t identities, struct cg_arena *arena, struct cg_view_entity **ret, size_t *ret_count,
                          struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    struct entities found = {0};
    cg_select_init(&select, store);
    add_charged(&select, start, end, identity_id, identities);
    cg_select_start(&select, &query, "looking for what was charged", error);
    while (cg_query_row(&query))
        query.status = add_entity(&found, &query, arena);
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    if (status != CG_OK)
        return status;
    *ret = found.items;
    *ret_count = found.count;
    return CG_OK;
}
