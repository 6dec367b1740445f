#include "store/dimensions.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/intern.h"
#include "store/private.h"
#include "store/query.h"
#include "store/spelling.h"

/* Columns that can be NULL: statements for "= ?" and "IS NULL" differ. */
#define NULLABLE_MOST 3

/* Longest statement that is put together here. */
#define SQL_LIMIT 4096

/* Numbers that are reserved at once: few at first, since those that are left over are lost. */
#define RESERVED_FIRST 16
#define RESERVED_MOST 1024

/* Most dimensions of a tenant that are read at once instead of one by one when they are needed. */
#define LOADED_MOST 500000

struct description {
    const char *table;
    const char *columns[CG_DIMENSION_TEXTS]; /* of the key, those that can be NULL first */
    uint32_t column_count;
    uint32_t nullable_count;
    int32_t repeats;          /* 1: where the database numbers rows by their place, ids are used again */
    const char *count_sql;    /* number of the tenant's rows and their greatest id */
    const char *insert_sql;   /* the columns are parameters from 3 on */
    const char *numbered_sql; /* the same with an id as the last parameter */
};

#define COUNT(dimensions)                                                  \
    "SELECT COUNT(*), COALESCE(MAX(dimension_id), 0) FROM " dimensions " " \
    "WHERE ecosystem = ?1 AND tenant_id = ?2"

static const struct description descriptions[CG_FACT_KINDS] = {
    {.table = "chargeback_dimensions",
     .columns = {"resource_id", "allocation_method", "allocation_detail", "product_category", "product_type",
                 "identity_id", "cost_type", "env_id"},
     .column_count = 8,
     .nullable_count = 3,
     .count_sql = COUNT("chargeback_dimensions"),
     .insert_sql = "INSERT INTO chargeback_dimensions (ecosystem, tenant_id, resource_id, allocation_method, "
                   "allocation_detail, product_category, product_type, identity_id, cost_type, env_id) "
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING dimension_id",
     .numbered_sql = "INSERT INTO chargeback_dimensions (ecosystem, tenant_id, resource_id, allocation_method, "
                     "allocation_detail, product_category, product_type, identity_id, cost_type, env_id, dimension_id) "
                     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"},
    {.table = "topic_attribution_dimensions",
     .columns = {"env_id", "cluster_resource_id", "topic_name", "product_category", "product_type",
                 "attribution_method"},
     .column_count = 6,
     .repeats = 1,
     .count_sql = COUNT("topic_attribution_dimensions"),
     .insert_sql = "INSERT INTO topic_attribution_dimensions (ecosystem, tenant_id, env_id, cluster_resource_id, "
                   "topic_name, product_category, product_type, attribution_method, resource_id) "
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?4 || ':topic:' || ?5) RETURNING dimension_id",
     .numbered_sql = "INSERT INTO topic_attribution_dimensions (ecosystem, tenant_id, env_id, cluster_resource_id, "
                     "topic_name, product_category, product_type, attribution_method, resource_id, dimension_id) "
                     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?4 || ':topic:' || ?5, ?9)"},
};

struct entry {
    uint32_t key[CG_DIMENSION_TEXTS]; /* 0 for NULL, and behind the kind's columns */
    int64_t id;                       /* 0 = free */
};

struct cg_dimensions {
    const struct description *description;
    struct cg_intern *intern;
    struct entry *entries; /* open addressing */
    uint32_t room;         /* a power of two */
    uint32_t count;
    int64_t stored_count; /* of the tenant's rows, and their greatest id, when last seen */
    int64_t stored_last;
    int32_t is_whole; /* 1: what is not here is not in the table */
    const char *find_sql[1u << NULLABLE_MOST];
    const char *load_sql;
    const char *reserve_sql;
    int64_t reserved[RESERVED_MOST];
    int64_t reserved_room; /* numbers that were asked for last */
    int64_t reserved_count;
    int64_t reserved_used;
};

static struct cg_dimensions *new_cache(uint32_t kind) {
    struct cg_dimensions *dimensions = calloc(1, sizeof *dimensions);
    if (!dimensions)
        return NULL;
    dimensions->description = &descriptions[kind];
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
    dimensions->is_whole = 0;
    dimensions->reserved_room = 0;
    dimensions->reserved_count = 0;
    dimensions->reserved_used = 0;
}

/* Whether the table's numbers come from a sequence, so that they can be had before there is a row. */
static int32_t is_numbered(const struct cg_store *store) {
    return cg_spelling_of(store->driver->dialect)->reserve != NULL;
}

/* Where ids only grow and are never used again, equal count and last id mean equal rows. */
static cg_status look(struct cg_store *store, const struct description *description, int64_t *ret_count,
                      int64_t *ret_last, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store, description->count_sql, "counting the dimensions", error);
    cg_query_tenant(&query);
    if (cg_query_row(&query)) {
        *ret_count = cg_query_number(&query, 0);
        *ret_last = cg_query_number(&query, 1);
    }
    return cg_query_end(&query);
}

static struct entry *slot_of(struct entry *entries, uint32_t room, const uint32_t key[CG_DIMENSION_TEXTS]) {
    uint32_t slot = (uint32_t)cg_hash_bytes(key, sizeof entries->key) & (room - 1);
    while (entries[slot].id && memcmp(entries[slot].key, key, sizeof entries->key) != 0)
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

/* Only texts that are there are parameters, numbered without a gap. */
static const char *make_find_sql(struct cg_store *store, const struct description *description, uint32_t variant) {
    struct cg_buf buf;
    uint32_t parameter = 3;
    cg_buf_init(&buf, SQL_LIMIT);
    cg_buf_printf(&buf, "SELECT dimension_id FROM %s WHERE ecosystem = ?1 AND tenant_id = ?2", description->table);
    for (uint32_t i = 0; i < description->column_count; i++) {
        if (variant & 1u << i)
            cg_buf_printf(&buf, " AND %s IS NULL", description->columns[i]);
        else
            cg_buf_printf(&buf, " AND %s = ?%u", description->columns[i], parameter++);
    }
    cg_buf_add_text(&buf, " ORDER BY dimension_id LIMIT 1");
    const char *sql = buf.status == CG_OK ? cg_arena_string(store->arena, cg_buf_text(&buf)) : NULL;
    cg_buf_done(&buf);
    return sql;
}

static cg_status find(struct cg_store *store, struct cg_dimensions *dimensions, const char *const *texts, int64_t *ret,
                      struct cg_error *error) {
    uint32_t variant = 0;
    for (uint32_t i = 0; i < dimensions->description->nullable_count; i++)
        if (!texts[i])
            variant |= 1u << i;
    const char **sql = &dimensions->find_sql[variant];
    if (!*sql)
        *sql = make_find_sql(store, dimensions->description, variant);
    if (!*sql)
        return cg_error_no_memory(error);
    struct cg_query query;
    uint32_t parameter = 3;
    cg_query_start(&query, store, *sql, "looking for a dimension", error);
    cg_query_tenant(&query);
    for (uint32_t i = 0; i < dimensions->description->column_count; i++)
        if (texts[i])
            cg_query_text(&query, parameter++, texts[i]);
    *ret = cg_query_row(&query) ? cg_query_number(&query, 0) : 0;
    return cg_query_end(&query);
}

static cg_status insert(struct cg_store *store, const struct description *description, const char *const *texts,
                        int64_t *ret, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store, description->insert_sql, "adding a dimension", error);
    cg_query_tenant(&query);
    for (uint32_t i = 0; i < description->column_count; i++)
        cg_query_text(&query, 3 + i, texts[i]);
    *ret = cg_query_row(&query) ? cg_query_number(&query, 0) : 0;
    return cg_query_run(&query, NULL);
}

static cg_status key_of(struct cg_dimensions *dimensions, const char *const *texts, uint32_t *key) {
    cg_status status = CG_OK;
    for (uint32_t i = 0; i < dimensions->description->column_count && status == CG_OK; i++)
        status = cg_intern_add(dimensions->intern, texts[i], &key[i]);
    return status;
}

static cg_status put_entry(struct cg_dimensions *dimensions, const char *const *texts, int64_t id) {
    uint32_t key[CG_DIMENSION_TEXTS] = {0};
    cg_status status = key_of(dimensions, texts, key);
    if (status == CG_OK)
        status = make_room(dimensions);
    if (status != CG_OK)
        return status;
    struct entry *entry = slot_of(dimensions->entries, dimensions->room, key);
    if (!entry->id) {
        memcpy(entry->key, key, sizeof key);
        entry->id = id;
        dimensions->count++;
    }
    return CG_OK;
}

static cg_status fail(struct cg_store *store, cg_status status, struct cg_error *error) {
    if (status == CG_NO_MEMORY)
        return cg_error_no_memory(error);
    return cg_store_error(store, error, status, "there are too many different dimensions");
}

static const char *make_load_sql(struct cg_store *store, const struct description *description) {
    struct cg_buf buf;
    cg_buf_init(&buf, SQL_LIMIT);
    cg_buf_add_text(&buf, "SELECT dimension_id");
    for (uint32_t i = 0; i < description->column_count; i++)
        cg_buf_printf(&buf, ", %s", description->columns[i]);
    cg_buf_printf(&buf, " FROM %s WHERE ecosystem = ?1 AND tenant_id = ?2 AND dimension_id > ?3 ORDER BY dimension_id",
                  description->table);
    const char *sql = buf.status == CG_OK ? cg_arena_string(store->arena, cg_buf_text(&buf)) : NULL;
    cg_buf_done(&buf);
    return sql;
}

/* Reads the dimensions behind an id. `*ret_rows` is their number. */
static cg_status load(struct cg_store *store, struct cg_dimensions *dimensions, int64_t after, int64_t *ret_rows,
                      struct cg_error *error) {
    struct cg_query query;
    *ret_rows = 0;
    if (!dimensions->load_sql)
        dimensions->load_sql = make_load_sql(store, dimensions->description);
    if (!dimensions->load_sql)
        return cg_error_no_memory(error);
    cg_query_start(&query, store, dimensions->load_sql, "reading the dimensions", error);
    cg_query_tenant(&query);
    cg_query_int(&query, 3, after);
    while (cg_query_row(&query)) {
        const char *texts[CG_DIMENSION_TEXTS] = {0};
        for (uint32_t i = 0; i < dimensions->description->column_count; i++)
            texts[i] = cg_query_peek(&query, 1 + i);
        cg_status status = put_entry(dimensions, texts, cg_query_number(&query, 0));
        if (status != CG_OK && query.status == CG_OK)
            query.status = fail(store, status, error);
        ++*ret_rows;
    }
    return cg_query_end(&query);
}

/* The table is not as it was left: the rows behind the last one that was seen are read, or all of them. */
static cg_status refresh(struct cg_store *store, struct cg_dimensions *dimensions, int64_t count, int64_t last,
                         struct cg_error *error) {
    int64_t rows = 0;
    cg_status status = CG_OK;
    int32_t is_longer = dimensions->is_whole && count > dimensions->stored_count && last > dimensions->stored_last;
    if (is_longer)
        status = load(store, dimensions, dimensions->stored_last, &rows, error);
    if (status == CG_OK && !(is_longer && dimensions->stored_count + rows == count)) {
        cg_dimensions_forget(dimensions);
        dimensions->is_whole = count <= LOADED_MOST;
        if (dimensions->is_whole)
            status = load(store, dimensions, 0, &rows, error);
    }
    dimensions->stored_count = count;
    dimensions->stored_last = last;
    if (status != CG_OK)
        cg_dimensions_forget(dimensions);
    return status;
}

cg_status cg_dimensions_check(struct cg_store *store, uint32_t kind, struct cg_error *error) {
    if (!store->dimensions[kind])
        store->dimensions[kind] = new_cache(kind);
    struct cg_dimensions *dimensions = store->dimensions[kind];
    if (!dimensions)
        return cg_error_no_memory(error);
    cg_status status = CG_OK;
    int64_t count = -1;
    int64_t last = 0;
    if (is_numbered(store) || !dimensions->description->repeats)
        status = look(store, dimensions->description, &count, &last, error);
    int32_t is_known = count >= 0 && count == dimensions->stored_count && last == dimensions->stored_last;
    if (status != CG_OK || is_known)
        return status;
    if (is_numbered(store))
        return refresh(store, dimensions, count, last, error);
    cg_dimensions_forget(dimensions);
    return CG_OK;
}

cg_status cg_dimensions_remember(struct cg_store *store, uint32_t kind, struct cg_error *error) {
    struct cg_dimensions *dimensions = store->dimensions[kind];
    if (is_numbered(store)) {
        /* Nobody else may add rows in the meantime, and who does is noticed next time. Left over numbers are dropped,
         * so that greater ones are newer. */
        dimensions->reserved_room = 0;
        dimensions->reserved_count = 0;
        dimensions->reserved_used = 0;
        return CG_OK;
    }
    if (dimensions->description->repeats)
        return CG_OK;
    return look(store, dimensions->description, &dimensions->stored_count, &dimensions->stored_last, error);
}

/* Gets numbers for the next dimensions, in one request for many. */
static cg_status reserve(struct cg_store *store, struct cg_dimensions *dimensions, struct cg_error *error) {
    struct cg_query query;
    if (!dimensions->reserve_sql) {
        struct cg_buf buf;
        cg_buf_init(&buf, SQL_LIMIT);
        cg_status status = cg_spelling_add(&buf, cg_spelling_of(store->driver->dialect)->reserve,
                                           dimensions->description->table, "dimension_id");
        dimensions->reserve_sql = status == CG_OK ? cg_arena_string(store->arena, cg_buf_text(&buf)) : NULL;
        cg_buf_done(&buf);
    }
    if (!dimensions->reserve_sql)
        return cg_error_no_memory(error);
    dimensions->reserved_room = dimensions->reserved_room ? dimensions->reserved_room * 2 : RESERVED_FIRST;
    if (dimensions->reserved_room > RESERVED_MOST)
        dimensions->reserved_room = RESERVED_MOST;
    dimensions->reserved_count = 0;
    dimensions->reserved_used = 0;
    cg_query_start(&query, store, dimensions->reserve_sql, "numbering dimensions", error);
    cg_query_int(&query, 1, dimensions->reserved_room);
    while (cg_query_row(&query) && dimensions->reserved_count < RESERVED_MOST)
        dimensions->reserved[dimensions->reserved_count++] = cg_query_number(&query, 0);
    return cg_query_end(&query);
}

/* Adds a dimension under a number that is known before. */
static cg_status insert_numbered(struct cg_store *store, struct cg_dimensions *dimensions, const char *const *texts,
                                 int64_t *ret, struct cg_error *error) {
    const struct description *description = dimensions->description;
    struct cg_query query;
    cg_status status = CG_OK;
    if (dimensions->reserved_used == dimensions->reserved_count)
        status = reserve(store, dimensions, error);
    if (status != CG_OK || dimensions->reserved_used == dimensions->reserved_count)
        return status;
    int64_t id = dimensions->reserved[dimensions->reserved_used++];
    cg_query_start(&query, store, description->numbered_sql, "adding a dimension", error);
    cg_query_tenant(&query);
    for (uint32_t i = 0; i < description->column_count; i++)
        cg_query_text(&query, 3 + i, texts[i]);
    cg_query_int(&query, 3 + description->column_count, id);
    status = cg_query_later(&query);
    if (status != CG_OK)
        return status;
    dimensions->stored_count++;
    if (dimensions->stored_last < id)
        dimensions->stored_last = id;
    *ret = id;
    return CG_OK;
}

cg_status cg_dimension_id(struct cg_store *store, uint32_t kind, const char *const texts[CG_DIMENSION_TEXTS],
                          int64_t *ret, struct cg_error *error) {
    struct cg_dimensions *dimensions = store->dimensions[kind];
    uint32_t key[CG_DIMENSION_TEXTS] = {0};
    cg_status status = key_of(dimensions, texts, key);
    if (status == CG_OK)
        status = make_room(dimensions);
    if (status != CG_OK)
        return fail(store, status, error);
    struct entry *entry = slot_of(dimensions->entries, dimensions->room, key);
    if (entry->id) {
        *ret = entry->id;
        return CG_OK;
    }
    int64_t id = 0;
    if (!dimensions->is_whole)
        status = find(store, dimensions, texts, &id, error);
    if (status == CG_OK && !id)
        status = is_numbered(store) ? insert_numbered(store, dimensions, texts, &id, error)
                                    : insert(store, dimensions->description, texts, &id, error);
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
