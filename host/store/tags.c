#include "store/tags.h"

#include <string.h>

#include "store/private.h"
#include "store/query.h"

#define KEY_LENGTH 63u

static int is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

int32_t cg_tag_key_is_fine(const char *key) {
    if (!key || !is_letter_or_digit(*key))
        return 0;
    size_t length = 1;
    while (length <= KEY_LENGTH && (is_letter_or_digit(key[length]) || key[length] == '_' || key[length] == '-'))
        length++;
    return length <= KEY_LENGTH && key[length] == '\0';
}

int32_t cg_tag_entity_type_is_fine(const char *entity_type) {
    return entity_type && (strcmp(entity_type, CG_TAG_RESOURCE) == 0 || strcmp(entity_type, CG_TAG_IDENTITY) == 0);
}

cg_status cg_store_has_entity(struct cg_store *store, const char *entity_type, const char *entity_id, int32_t *ret,
                              struct cg_error *error) {
    static const char resource[] =
        "SELECT 1 FROM resources WHERE ecosystem = ?1 AND tenant_id = ?2 AND resource_id = ?3";
    static const char identity[] =
        "SELECT 1 FROM identities WHERE ecosystem = ?1 AND tenant_id = ?2 AND identity_id = ?3";
    struct cg_query query;
    const char *sql = strcmp(entity_type, CG_TAG_RESOURCE) == 0 ? resource : identity;
    cg_query_start(&query, store, sql, "looking for what is tagged", error);
    cg_query_tenant(&query);
    cg_query_text(&query, 3, entity_id);
    int32_t found = cg_query_row(&query);
    cg_status status = cg_query_end(&query);
    if (status == CG_OK)
        *ret = found;
    return status;
}

/* A tag by its entity and key, parameters 1 to 4. The expression keeps indexes of keys out of it: most tags have one of
 * a few keys, and a database that knows nothing of its tables yet would take such an index as gladly as that of
 * entities. */
#define PLACE " WHERE tenant_id = ?1 AND entity_type = ?2 AND entity_id = ?3 AND tag_key || '' = ?4"

static void bind_place(struct cg_query *query, const char *entity_type, const char *entity_id, const char *key) {
    cg_query_text(query, 1, query->store->tenant_id);
    cg_query_text(query, 2, entity_type);
    cg_query_text(query, 3, entity_id);
    cg_query_text(query, 4, key);
}

#define INSERT                                                                                          \
    "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) " \
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (tenant_id, entity_type, entity_id, tag_key) DO NOTHING"

static void start_insert(struct cg_query *query, struct cg_store *store, const char *sql, const struct cg_tag *tag,
                         struct cg_error *error) {
    cg_query_start(query, store, sql, "creating a tag", error);
    bind_place(query, tag->entity_type, tag->entity_id, tag->key);
    cg_query_text(query, 5, tag->value);
    cg_query_text(query, 6, tag->created_by);
    cg_query_micros(query, 7, tag->created_at);
}

cg_status cg_store_create_tag(struct cg_store *store, const struct cg_tag *tag, int64_t *ret_id,
                              struct cg_error *error) {
    static const char sql[] = INSERT " RETURNING tag_id";
    struct cg_query query;
    int64_t id = 0;
    start_insert(&query, store, sql, tag, error);
    if (cg_query_row(&query))
        id = cg_query_number(&query, 0);
    cg_status status = cg_query_run(&query, NULL);
    if (status == CG_OK)
        *ret_id = id;
    return status;
}

cg_status cg_store_update_tag(struct cg_store *store, struct cg_tag *tag, struct cg_arena *arena, int32_t *ret_found,
                              struct cg_error *error) {
    struct cg_query query;
    struct cg_tag found = *tag;
    int32_t is_found = 0;
    cg_query_start(&query, store, "UPDATE tags SET tag_value = ?5" PLACE " RETURNING tag_id, created_by, created_at",
                   "changing a tag", error);
    bind_place(&query, tag->entity_type, tag->entity_id, tag->key);
    cg_query_text(&query, 5, tag->value);
    if (cg_query_row(&query)) {
        is_found = 1;
        found.id = cg_query_number(&query, 0);
        found.created_by = cg_query_copy(&query, 1, arena);
        found.created_at = cg_query_time(&query, 2);
    }
    cg_status status = cg_query_run(&query, NULL);
    if (status != CG_OK)
        return status;
    *ret_found = is_found;
    *tag = found;
    return CG_OK;
}

cg_status cg_store_delete_tag(struct cg_store *store, const char *entity_type, const char *entity_id, const char *key,
                              int32_t *ret_found, struct cg_error *error) {
    struct cg_query query;
    int64_t deleted = 0;
    cg_query_start(&query, store, "DELETE FROM tags" PLACE, "removing a tag", error);
    bind_place(&query, entity_type, entity_id, key);
    cg_status status = cg_query_run(&query, &deleted);
    if (status == CG_OK)
        *ret_found = deleted > 0;
    return status;
}

/* Gives an existing tag another value. */
static cg_status overwrite_tag(struct cg_store *store, const struct cg_tag *tag, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store, "UPDATE tags SET tag_value = ?5" PLACE, "overwriting a tag", error);
    bind_place(&query, tag->entity_type, tag->entity_id, tag->key);
    cg_query_text(&query, 5, tag->value);
    return cg_query_run(&query, NULL);
}

/* Without RETURNING, which costs as much again as the rest of the statement. */
static cg_status put_tag(struct cg_store *store, const struct cg_tag *tag, int32_t overwrite,
                         struct cg_tag_counts *counts, struct cg_error *error) {
    static const char sql[] = INSERT;
    struct cg_query query;
    int64_t created = 0;
    start_insert(&query, store, sql, tag, error);
    cg_status status = cg_query_run(&query, &created);
    if (status != CG_OK)
        return status;
    counts->created += created != 0;
    counts->updated += !created && overwrite;
    counts->skipped += !created && !overwrite;
    return created || !overwrite ? CG_OK : overwrite_tag(store, tag, error);
}

cg_status cg_store_put_tags(struct cg_store *store, const struct cg_tag *tags, size_t count, int32_t overwrite,
                            struct cg_tag_counts *ret, struct cg_error *error) {
    struct cg_tag_counts counts = {0};
    int32_t own = 0;
    if (!count) {
        *ret = counts;
        return CG_OK;
    }
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (status != CG_OK)
        return status;
    for (size_t i = 0; i < count && status == CG_OK; i++)
        status = put_tag(store, &tags[i], overwrite, &counts, error);
    status = cg_store_leave(store, own, status, error);
    if (status == CG_OK)
        *ret = counts;
    return status;
}
