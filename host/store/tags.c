#include "store/tags.h"

#include <string.h>

#include "base/buf.h"
#include "store/private.h"
#include "store/query.h"
#include "store/select.h"

#define KEY_LENGTH 63u

/* Tags that are written by one statement where there is a server: so many, or so many bytes of texts. */
#define BLOCK_TAGS 500u
#define BLOCK_BYTES ((size_t)1024 * 1024)

/* Longest list of a block: a text that is longer than a block should be is still one of its texts. */
#define LIST_LIMIT ((size_t)256 * 1024 * 1024)

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

/* ---- many tags ---- */

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

static cg_status put_each(struct cg_store *store, const struct cg_tag *tags, size_t count, int32_t overwrite,
                          struct cg_tag_counts *counts, struct cg_error *error) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i++)
        status = put_tag(store, &tags[i], overwrite, counts, error);
    return status;
}

/* ---- many tags in blocks: for a server, a statement costs more than a row ---- */

/* The columns of a block, each a list; parameters 2 to 7. */
enum column { COLUMN_TYPE, COLUMN_ID, COLUMN_KEY, COLUMN_VALUE, COLUMN_AUTHOR, COLUMN_TIME, COLUMN_COUNT };

struct block {
    size_t count;
    struct cg_buf lists[COLUMN_COUNT]; /* "{"a","b"" */
};

/* In the order of the list: the first of those with the same place makes the tag. */
#define INSERT_BLOCK                                                                                               \
    "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) SELECT ?1, " \
    "n.type, n.id, n.key, n.value, n.author, n.at FROM unnest(CAST(?2 AS text[]), CAST(?3 AS text[]), CAST(?4 AS " \
    "text[]), CAST(?5 AS text[]), CAST(?6 AS text[]), CAST(?7 AS timestamptz[])) WITH ORDINALITY AS n (type, id, " \
    "key, value, author, at, place) ORDER BY n.place ON CONFLICT (tenant_id, entity_type, entity_id, tag_key) DO " \
    "NOTHING"

/* The last of those with the same place gives the value. The tags are looked up one by one, as by PLACE: in a join a
 * server that does not know its tables yet would read all tags of the tenant. */
#define OVERWRITE_BLOCK                                                                                          \
    "UPDATE tags SET tag_value = n.value FROM (SELECT DISTINCT ON (f.tag_id) f.tag_id, f.value FROM (SELECT "    \
    "(SELECT t.tag_id FROM tags t WHERE t.tenant_id = ?1 AND t.entity_type = g.type AND t.entity_id = g.id AND " \
    "t.tag_key || '' = g.key) AS tag_id, g.value, g.place FROM unnest(CAST(?2 AS text[]), CAST(?3 AS text[]), "  \
    "CAST(?4 AS text[]), CAST(?5 AS text[])) WITH ORDINALITY AS g (type, id, key, value, place)) f ORDER BY "    \
    "f.tag_id, f.place DESC) n WHERE tags.tag_id = n.tag_id AND tags.tag_value <> n.value"

static void add_item(struct cg_buf *list, const char *text) {
    cg_buf_add_char(list, list->length ? ',' : '{');
    if (!text) {
        cg_buf_add_text(list, "NULL");
        return;
    }
    cg_buf_add_char(list, '"');
    while (*text) {
        size_t plain = strcspn(text, "\"\\");
        cg_buf_add(list, text, plain);
        text += plain;
        if (*text) {
            cg_buf_add_char(list, '\\');
            cg_buf_add_char(list, *text++);
        }
    }
    cg_buf_add_char(list, '"');
}

static void add_to_block(struct block *block, const struct cg_tag *tag) {
    char time[CG_TIME_TEXT_SIZE];
    add_item(&block->lists[COLUMN_TYPE], tag->entity_type);
    add_item(&block->lists[COLUMN_ID], tag->entity_id);
    add_item(&block->lists[COLUMN_KEY], tag->key);
    add_item(&block->lists[COLUMN_VALUE], tag->value);
    add_item(&block->lists[COLUMN_AUTHOR], tag->created_by);
    add_item(&block->lists[COLUMN_TIME],
             tag->created_at == CG_TIME_NONE ? NULL : cg_time_format_micros(tag->created_at, time));
    block->count++;
}

static int32_t is_full(const struct block *block) {
    size_t bytes = 0;
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        bytes += block->lists[i].length;
    return block->count == BLOCK_TAGS || bytes >= BLOCK_BYTES;
}

/* Runs a statement with the first `lists` columns. */
static cg_status run_block(struct cg_store *store, const struct block *block, const char *sql, const char *doing,
                           uint32_t lists, int64_t *ret_changes, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store, sql, doing, error);
    cg_query_text(&query, 1, store->tenant_id);
    for (uint32_t i = 0; i < lists; i++)
        cg_query_text(&query, 2 + i, cg_buf_text(&block->lists[i]));
    return cg_query_run(&query, ret_changes);
}

static cg_status close_lists(struct cg_store *store, struct block *block, struct cg_error *error) {
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        cg_status status = cg_buf_add_char(&block->lists[i], '}');
        if (status == CG_NO_MEMORY)
            return cg_error_no_memory(error);
        if (status != CG_OK)
            return cg_store_error(store, error, status, "creating a tag: its texts are too long");
    }
    return CG_OK;
}

/* Writes the tags of a block and empties it. */
static cg_status put_block(struct cg_store *store, struct block *block, int32_t overwrite, struct cg_tag_counts *counts,
                           struct cg_error *error) {
    static const char insert_sql[] = INSERT_BLOCK;
    static const char overwrite_sql[] = OVERWRITE_BLOCK;
    const int64_t count = (int64_t)block->count;
    int64_t created = 0;
    cg_status status = close_lists(store, block, error);
    if (status == CG_OK)
        status = run_block(store, block, insert_sql, "creating a tag", COLUMN_COUNT, &created, error);
    if (status == CG_OK && overwrite && created < count)
        status = run_block(store, block, overwrite_sql, "overwriting a tag", COLUMN_VALUE + 1, NULL, error);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        cg_buf_clear(&block->lists[i]);
    block->count = 0;
    counts->created += created;
    counts->updated += overwrite ? count - created : 0;
    counts->skipped += overwrite ? 0 : count - created;
    return status;
}

static cg_status put_in_blocks(struct cg_store *store, const struct cg_tag *tags, size_t count, int32_t overwrite,
                               struct cg_tag_counts *counts, struct cg_error *error) {
    struct block block = {0};
    cg_status status = CG_OK;
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        cg_buf_init(&block.lists[i], LIST_LIMIT);
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        add_to_block(&block, &tags[i]);
        if (i + 1 == count || is_full(&block))
            status = put_block(store, &block, overwrite, counts, error);
    }
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        cg_buf_done(&block.lists[i]);
    return status;
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
    status = cg_store_has_server(store) ? put_in_blocks(store, tags, count, overwrite, &counts, error)
                                        : put_each(store, tags, count, overwrite, &counts, error);
    status = cg_store_leave(store, own, status, error);
    if (status == CG_OK)
        *ret = counts;
    return status;
}
