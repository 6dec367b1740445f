#include "views/row_tags.h"

#include <stdlib.h>
#include <string.h>

#include "store/list.h"
#include "store/select.h"

struct tag {
    const char *entity_id;
    const char *key;
    const char *value;
    int64_t id;
};

/* The tags of all entities of one type. */
struct book {
    struct tag *by_age; /* by entity, in the order in which they were made */
    struct tag *by_key; /* the same by entity and key */
    size_t count;
};

struct cg_row_tags {
    struct book resources;
    struct book identities;
};

/* ---- reading ---- */

/* Entities of one statement. There are three lengths of it, filled up with NULL, so that it stays prepared. */
static const size_t lengths[] = {16, 128, 1024};

static size_t length_for(size_t count) {
    size_t i = 0;
    while (i + 1 < sizeof lengths / sizeof *lengths && lengths[i] < count)
        i++;
    return lengths[i];
}

static const struct tag *read_tag(struct cg_query *query, struct cg_arena *arena) {
    struct tag *tag = cg_arena_alloc(arena, sizeof *tag);
    if (!tag) {
        query->status = cg_error_no_memory(query->error);
        return NULL;
    }
    tag->entity_id = cg_query_copy(query, 0, arena);
    tag->key = cg_query_copy(query, 1, arena);
    tag->value = cg_query_copy(query, 2, arena);
    tag->id = cg_query_number(query, 3);
    return query->status == CG_OK && tag->entity_id && tag->key && tag->value ? tag : NULL;
}

static cg_status read_some(struct cg_store *store, const char *entity_type, const char *const *ids, size_t count,
                           struct cg_arena *arena, struct cg_list *tags, struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    size_t length = length_for(count);
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT entity_id, tag_key, tag_value, tag_id FROM tags WHERE tenant_id = ");
    cg_select_text(&select, cg_store_tenant_id(store));
    cg_select_equal(&select, "entity_type", entity_type);
    for (size_t i = 0; i < length; i++) {
        cg_select_add(&select, i ? ", " : " AND entity_id IN (");
        cg_select_text(&select, i < count ? ids[i] : NULL);
    }
    cg_select_add(&select, ")");
    cg_select_start(&select, &query, "reading the tags of rows", error);
    while (cg_query_row(&query)) {
        const struct tag *tag = read_tag(&query, arena);
        if (tag)
            query.status = cg_list_add(tags, tag, error);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

static int compare_ages(const void *left, const void *right) {
    const struct tag *a = left;
    const struct tag *b = right;
    int order = strcmp(a->entity_id, b->entity_id);
    return order ? order : (a->id > b->id) - (a->id < b->id);
}

static int compare_keys(const void *left, const void *right) {
    const struct tag *a = left;
    const struct tag *b = right;
    int order = strcmp(a->entity_id, b->entity_id);
    return order ? order : strcmp(a->key, b->key);
}

static cg_status make_book(const struct cg_list *tags, struct cg_arena *arena, struct book *ret,
                           struct cg_error *error) {
    size_t room = tags->count ? tags->count : 1;
    struct book book = {.count = tags->count};
    book.by_age = cg_arena_array(arena, room, sizeof *book.by_age);
    book.by_key = cg_arena_array(arena, room, sizeof *book.by_key);
    if (!book.by_age || !book.by_key)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < book.count; i++)
        book.by_age[i] = book.by_key[i] = *(const struct tag *)tags->items[i];
    if (book.count > 1) {
        qsort(book.by_age, book.count, sizeof *book.by_age, compare_ages);
        qsort(book.by_key, book.count, sizeof *book.by_key, compare_keys);
    }
    *ret = book;
    return CG_OK;
}

static cg_status read_book(struct cg_store *store, const char *entity_type, const char *const *ids, size_t count,
                           struct cg_arena *arena, struct book *ret, struct cg_error *error) {
    const size_t most = lengths[sizeof lengths / sizeof *lengths - 1];
    struct cg_list tags = {0};
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i += most)
        status = read_some(store, entity_type, ids + i, count - i < most ? count - i : most, arena, &tags, error);
    if (status == CG_OK)
        status = make_book(&tags, arena, ret, error);
    cg_list_done(&tags);
    return status;
}

/* ---- whose tags are needed ---- */

static int compare_ids(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The resources or identities of the rows, each once; their number. */
static size_t list_ids(const struct cg_row_owner *owners, size_t count, int32_t identities, const char **ids) {
    size_t length = 0;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const char *id = identities ? owners[i].identity_id : owners[i].resource_id;
        if (id)
            ids[length++] = id;
    }
    if (length > 1)
        qsort(ids, length, sizeof *ids, compare_ids);
    for (size_t i = 0; i < length; i++)
        if (kept == 0 || strcmp(ids[kept - 1], ids[i]) != 0)
            ids[kept++] = ids[i];
    return kept;
}

cg_status cg_row_tags_read(struct cg_store *store, const struct cg_row_owner *owners, size_t count,
                           struct cg_arena *arena, const struct cg_row_tags **ret, struct cg_error *error) {
    struct cg_row_tags *tags = cg_arena_alloc(arena, sizeof *tags);
    const char **ids = cg_arena_array(arena, count ? count : 1, sizeof *ids);
    if (!tags || !ids)
        return cg_error_no_memory(error);
    size_t length = list_ids(owners, count, 0, ids);
    cg_status status = read_book(store, "resource", ids, length, arena, &tags->resources, error);
    if (status != CG_OK)
        return status;
    length = list_ids(owners, count, 1, ids);
    status = read_book(store, "identity", ids, length, arena, &tags->identities, error);
    if (status == CG_OK)
        *ret = tags;
    return status;
}

/* ---- telling ---- */

/* The first of an entity's tags in `by_age`. */
static size_t find_entity(const struct book *book, const char *entity_id) {
    size_t low = 0;
    size_t high = book->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(book->by_age[middle].entity_id, entity_id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* NULL when the entity has no such tag; entity NULL has none. */
static const struct tag *find_key(const struct book *book, const char *entity_id, const char *key) {
    const struct tag wanted = {.entity_id = entity_id, .key = key};
    if (!entity_id || book->count == 0)
        return NULL;
    return bsearch(&wanted, book->by_key, book->count, sizeof *book->by_key, compare_keys);
}

void cg_row_tags_each(const struct cg_row_tags *tags, const struct cg_row_owner *owner,
                      void (*each)(void *user, const char *key, const char *value), void *user) {
    const char *entities[] = {owner->identity_id, owner->resource_id};
    const struct book *books[] = {&tags->identities, &tags->resources};
    for (size_t pass = 0; pass < 2; pass++) {
        const struct book *book = books[pass];
        if (!entities[pass])
            continue;
        for (size_t i = find_entity(book, entities[pass]);
             i < book->count && strcmp(book->by_age[i].entity_id, entities[pass]) == 0; i++) {
            const struct tag *tag = &book->by_age[i];
            const struct tag *other = find_key(books[1 - pass], entities[1 - pass], tag->key);
            if (pass == 0)
                each(user, tag->key, other ? other->value : tag->value);
            else if (!other)
                each(user, tag->key, tag->value);
        }
    }
}
