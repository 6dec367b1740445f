#include "store/dimensions.h"

#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "store/query.h"

/* resource_id, product_category, product_type, identity_id, cost_type, allocation_method, allocation_detail, env_id;
 * ecosystem and tenant are those of the store. */
#define KEY_SIZE 8

/* Which of the three columns that can be NULL are: statements for "= ?" and "IS NULL" differ. */
#define VARIANTS 8

struct entry {
    uint32_t key[KEY_SIZE];
    int64_t id; /* 0 = free */
};

struct cg_dimensions {
    struct cg_intern *intern;
    struct entry *entries; /* open addressing */
    uint32_t room;         /* a power of two */
    uint32_t count;
    int64_t stored_count; /* of the tenant's rows, and their greatest id, when last seen */
    int64_t stored_last;
    const char *find_sql[VARIANTS];
};

struct cg_dimensions *cg_dimensions_new(void) {
    struct cg_dimensions *dimensions = calloc(1, sizeof *dimensions);
    if (!dimensions)
        return NULL;
    dimensions->intern = cg_intern_new();
    dimensions->stored_count = -1;
    if (!dimensions->intern) {
        free(dimensions);
        return NULL;
    }
    return dimensions;
}

void cg_dimensions_free(struct cg_dimensions *dimensions) {
    if (!dimensions)
        return;
    cg_intern_free(dimensions->intern);
    free(dimensions->entries);
    free(dimensions);
}

void cg_dimensions_forget(struct cg_dimensions *dimensions) {
    if (!dimensions)
        return;
    if (dimensions->entries)
        memset(dimensions->entries, 0, dimensions->room * sizeof *dimensions->entries);
    dimensions->count = 0;
    dimensions->stored_count = -1;
}

/* The ids only grow and are never used again, so equal count and last id mean equal rows. */
static cg_status look(struct cg_store *store, int64_t *ret_count, int64_t *ret_last, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   "SELECT COUNT(*), COALESCE(MAX(dimension_id), 0) FROM chargeback_dimensions "
                   "WHERE ecosystem = ?1 AND tenant_id = ?2",
                   "counting the dimensions", error);
    cg_query_tenant(&query);
    if (cg_query_row(&query)) {
        *ret_count = cg_query_number(&query, 0);
        *ret_last = cg_query_number(&query, 1);
    }
    return cg_query_end(&query);
}

cg_status cg_dimensions_check(struct cg_store *store, struct cg_error *error) {
    if (!store->dimensions)
        store->dimensions = cg_dimensions_new();
    if (!store->dimensions)
        return cg_error_no_memory(error);
    int64_t count = 0;
    int64_t last = 0;
    cg_status status = look(store, &count, &last, error);
    if (status == CG_OK && (count != store->dimensions->stored_count || last != store->dimensions->stored_last))
        cg_dimensions_forget(store->dimensions);
    return status;
}

cg_status cg_dimensions_remember(struct cg_store *store, struct cg_error *error) {
    return look(store, &store->dimensions->stored_count, &store->dimensions->stored_last, error);
}

static struct entry *slot_of(struct entry *entries, uint32_t room, const uint32_t *key) {
    uint32_t slot = (uint32_t)cg_hash_bytes(key, KEY_SIZE * sizeof *key) & (room - 1);
    while (entries[slot].id && memcmp(entries[slot].key, key, KEY_SIZE * sizeof *key) != 0)
        slot = (slot + 1) & (room - 1);
    return &entries[slot];
}

static cg_status make_room(struct cg_dimensions *dimensions) {
    if ((uint64_t)dimensions->count * 3 < (uint64_t)dimensions->room * 2)
        return CG_OK;
    if (dimensions->room > UINT32_MAX / 2)
        return CG_RANGE;
    uint32_t room = dimensions->room ? dimensions->room * 2 : 1024;
    struct entry *entries = calloc(room, sizeof *entries);
    if (!entries)
        return CG_NO_MEMORY;
    for (uint32_t i = 0; i < dimensions->room; i++)
        if (dimensions->entries[i].id)
            *slot_of(entries, room, dimensions->entries[i].key) = dimensions->entries[i];
    free(dimensions->entries);
    dimensions->entries = entries;
    dimensions->room = room;
    return CG_OK;
}

static const char *find_sql(struct cg_store *store, uint32_t variant) {
    const char **sql = &store->dimensions->find_sql[variant];
    if (!*sql)
        *sql = cg_arena_printf(
            store->arena,
            "SELECT dimension_id FROM chargeback_dimensions WHERE ecosystem = ?1 AND tenant_id = ?2 AND "
            "product_category = ?3 AND product_type = ?4 AND identity_id = ?5 AND cost_type = ?6 AND env_id = ?7 AND "
            "resource_id %s AND allocation_method %s AND allocation_detail %s ORDER BY dimension_id LIMIT 1",
            variant & 1 ? "IS NULL" : "= ?8",
            variant & 2   ? "IS NULL"
            : variant & 1 ? "= ?8"
                          : "= ?9",
            variant & 4        ? "IS NULL"
            : variant % 4 == 0 ? "= ?10"
            : variant % 4 == 3 ? "= ?8"
                               : "= ?9");
    return *sql;
}

static cg_status find(struct cg_store *store, const struct cg_fact *fact, int64_t *ret, struct cg_error *error) {
    const char *nullable[3] = {fact->resource_id, fact->allocation_method, fact->allocation_detail};
    uint32_t variant = (nullable[0] ? 0u : 1u) | (nullable[1] ? 0u : 2u) | (nullable[2] ? 0u : 4u);
    const char *sql = find_sql(store, variant);
    if (!sql)
        return cg_error_no_memory(error);
    struct cg_query query;
    cg_query_start(&query, store, sql, "looking for a dimension", error);
    cg_query_tenant(&query);
    cg_query_text(&query, 3, fact->product_category);
    cg_query_text(&query, 4, fact->product_type);
    cg_query_text(&query, 5, fact->identity_id);
    cg_query_text(&query, 6, fact->cost_type);
    cg_query_text(&query, 7, fact->env_id);
    uint32_t index = 8;
    for (size_t i = 0; i < 3; i++)
        if (nullable[i])
            cg_query_text(&query, index++, nullable[i]);
    *ret = cg_query_row(&query) ? cg_query_number(&query, 0) : 0;
    return cg_query_end(&query);
}

static cg_status insert(struct cg_store *store, const struct cg_fact *fact, int64_t *ret, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(
        &query, store,
        "INSERT INTO chargeback_dimensions (ecosystem, tenant_id, resource_id, product_category, product_type, "
        "identity_id, cost_type, allocation_method, allocation_detail, env_id) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING dimension_id",
        "adding a dimension", error);
    cg_query_tenant(&query);
    cg_query_text(&query, 3, fact->resource_id);
    cg_query_text(&query, 4, fact->product_category);
    cg_query_text(&query, 5, fact->product_type);
    cg_query_text(&query, 6, fact->identity_id);
    cg_query_text(&query, 7, fact->cost_type);
    cg_query_text(&query, 8, fact->allocation_method);
    cg_query_text(&query, 9, fact->allocation_detail);
    cg_query_text(&query, 10, fact->env_id);
    *ret = cg_query_row(&query) ? cg_query_number(&query, 0) : 0;
    return cg_query_run(&query, NULL);
}

static cg_status key_of(struct cg_dimensions *dimensions, const struct cg_fact *fact, uint32_t *key) {
    const char *const texts[KEY_SIZE] = {
        fact->resource_id, fact->product_category,  fact->product_type,      fact->identity_id,
        fact->cost_type,   fact->allocation_method, fact->allocation_detail, fact->env_id};
    cg_status status = CG_OK;
    for (size_t i = 0; i < KEY_SIZE && status == CG_OK; i++)
        status = cg_intern_add(dimensions->intern, texts[i], &key[i]);
    return status;
}

cg_status cg_dimension_id(struct cg_store *store, const struct cg_fact *fact, int64_t *ret, struct cg_error *error) {
    struct cg_dimensions *dimensions = store->dimensions;
    uint32_t key[KEY_SIZE] = {0};
    cg_status status = key_of(dimensions, fact, key);
    if (status == CG_OK)
        status = make_room(dimensions);
    if (status == CG_NO_MEMORY)
        return cg_error_no_memory(error);
    if (status != CG_OK)
        return cg_store_error(store, error, status, "there are too many different dimensions");
    struct entry *entry = slot_of(dimensions->entries, dimensions->room, key);
    if (entry->id) {
        *ret = entry->id;
        return CG_OK;
    }
    int64_t id = 0;
    status = find(store, fact, &id, error);
    if (status == CG_OK && !id)
        status = insert(store, fact, &id, error);
    if (status == CG_OK && id <= 0)
        status = cg_store_error(store, error, CG_PERMANENT, "the database gave a dimension no number");
    if (status != CG_OK)
        return status;
    memcpy(entry->key, key, sizeof key);
    entry->id = id;
    dimensions->count++;
    *ret = id;
    return CG_OK;
}
