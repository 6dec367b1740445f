#include "views/export.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "views/row_tags.h"

/* Dimensions whose columns and tags are read at once, and facts read at once. */
#define BATCH 64u
#define CHUNK 512u

/* Facts of each dimension of a batch that are read with it, where every statement waits for a server. */
#define AHEAD 64u

#define SECOND_US INT64_C(1000000)

struct cg_export {
    struct cg_store *store;
    uint32_t kind;
    int64_t start;
    int64_t end;
    int32_t with_tags;
    int64_t *ids; /* of all dimensions, in their order */
    size_t id_count;
    size_t id_room;
    size_t ids_read; /* those that were in a batch */
    struct cg_arena *batch_arena;
    struct cg_export_dimension batch[BATCH];
    size_t batch_count;
    size_t batch_at;                       /* the dimension at work */
    struct cg_export_fact (*ahead)[AHEAD]; /* the first facts of each of the batch; NULL: none was read ahead */
    size_t ahead_counts[BATCH];
    struct cg_arena *chunk_arena;
    struct cg_export_fact chunk[CHUNK];
    size_t chunk_count;
    size_t chunk_at; /* the fact to give next */
    int32_t is_full; /* 1: the dimension at work may have more facts behind the chunk */
    int32_t is_new;  /* 1: none of its facts was given yet */
};

/* Columns of each kind, in the order in which dimensions are sorted, and where their texts go. */
struct column {
    const char *name;
    uint32_t text;
};

static const struct column chargeback_columns[] = {
    {"resource_id", CG_EXPORT_RESOURCE_ID},
    {"product_category", CG_EXPORT_PRODUCT_CATEGORY},
    {"product_type", CG_EXPORT_PRODUCT_TYPE},
    {"identity_id", CG_EXPORT_IDENTITY_ID},
    {"cost_type", CG_EXPORT_COST_TYPE},
    {"allocation_method", CG_EXPORT_ALLOCATION_METHOD},
    {"allocation_detail", CG_EXPORT_ALLOCATION_DETAIL},
    {"env_id", CG_EXPORT_ENV_ID},
};

static const struct column topic_columns[] = {
    {"cluster_resource_id", CG_EXPORT_CLUSTER_RESOURCE_ID},
    {"env_id", CG_EXPORT_ENV_ID},
    {"topic_name", CG_EXPORT_TOPIC_NAME},
    {"product_category", CG_EXPORT_PRODUCT_CATEGORY},
    {"product_type", CG_EXPORT_PRODUCT_TYPE},
    {"attribution_method", CG_EXPORT_ATTRIBUTION_METHOD},
};

static const struct column *columns_of(uint32_t kind, size_t *ret_count) {
    *ret_count = kind == CG_FACTS_TOPIC ? sizeof topic_columns / sizeof *topic_columns
                                        : sizeof chargeback_columns / sizeof *chargeback_columns;
    return kind == CG_FACTS_TOPIC ? topic_columns : chargeback_columns;
}

/* ---- which dimensions ---- */

static cg_status add_id(struct cg_export *walk, int64_t id, struct cg_error *error) {
    if (walk->id_count == walk->id_room) {
        size_t room = walk->id_room ? walk->id_room * 2 : 1024;
        int64_t *ids = realloc(walk->ids, room * sizeof *ids);
        if (!ids)
            return cg_error_no_memory(error);
        walk->ids = ids;
        walk->id_room = room;
    }
    walk->ids[walk->id_count++] = id;
    return CG_OK;
}

/* Chargebacks by all columns, so along the unique index where there is one; topics by cluster. */
static void add_order(struct cg_select *select, uint32_t kind) {
    size_t count = 0;
    const struct column *columns = columns_of(kind, &count);
    if (kind == CG_FACTS_TOPIC)
        count = 1;
    for (size_t i = 0; i < count; i++) {
        cg_select_add(select, i ? ", d." : " ORDER BY d.");
        cg_select_add(select, columns[i].name);
        cg_select_bytewise(select);
        cg_select_add(select, " NULLS FIRST");
    }
    cg_select_add(select, ", d.dimension_id");
}

static cg_status read_ids(struct cg_export *walk, const struct cg_export_question *question, struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    cg_select_init(&select, walk->store);
    cg_select_add(&select, "SELECT d.dimension_id FROM ");
    cg_select_add(&select, cg_dimensions_table(walk->kind));
    cg_select_add(&select, " d WHERE ");
    cg_fact_filter_add(&select, question->filters, question->filter_count);
    add_order(&select, walk->kind);
    cg_select_start(&select, &query, "looking for what to export", error);
    while (cg_query_row(&query)) {
        cg_status status = add_id(walk, cg_query_number(&query, 0), error);
        if (status != CG_OK)
            query.status = status;
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

/* ---- a batch of dimensions ---- */

static void fill_dimension(struct cg_export *walk, struct cg_query *query) {
    size_t count = 0;
    const struct column *columns = columns_of(walk->kind, &count);
    int64_t id = cg_query_number(query, 0);
    for (size_t i = 0; i < walk->batch_count; i++) {
        struct cg_export_dimension *dimension = &walk->batch[i];
        if (dimension->dimension_id != id)
            continue;
        for (size_t at = 0; at < count; at++)
            dimension->texts[columns[at].text] = cg_query_copy(query, (uint32_t)(at + 1), walk->batch_arena);
    }
}

static cg_status read_columns(struct cg_export *walk, struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    size_t count = 0;
    const struct column *columns = columns_of(walk->kind, &count);
    cg_select_init(&select, walk->store);
    cg_select_add(&select, "SELECT dimension_id");
    for (size_t i = 0; i < count; i++) {
        cg_select_add(&select, ", ");
        cg_select_add(&select, columns[i].name);
    }
    cg_select_add(&select, " FROM ");
    cg_select_add(&select, cg_dimensions_table(walk->kind));
    /* Always as many, so that it is always the same statement. */
    for (size_t i = 0; i < BATCH; i++) {
        cg_select_add(&select, i ? ", " : " WHERE dimension_id IN (");
        cg_select_int(&select, walk->batch[i < walk->batch_count ? i : 0].dimension_id);
    }
    cg_select_add(&select, ")");
    cg_select_start(&select, &query, "reading what to export", error);
    while (cg_query_row(&query))
        fill_dimension(walk, &query);
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

struct tag_list {
    struct cg_arena *arena;
    struct cg_export_tag *tags; /* NULL while they are counted */
    size_t count;
    int32_t failed;
};

static void add_tag(void *user, const char *key, const char *value) {
    struct tag_list *list = user;
    if (list->tags) {
        struct cg_export_tag tag = {cg_arena_string(list->arena, key), cg_arena_string(list->arena, value)};
        list->failed |= !tag.key || !tag.value;
        list->tags[list->count] = tag;
    }
    list->count++;
}

static cg_status keep_tags(struct cg_export *walk, const struct cg_row_tags *tags, const struct cg_row_owner *owners,
                           struct cg_error *error) {
    for (size_t i = 0; i < walk->batch_count; i++) {
        struct tag_list list = {.arena = walk->batch_arena};
        cg_row_tags_each(tags, &owners[i], add_tag, &list);
        if (!list.count)
            continue;
        list.tags = cg_arena_array(walk->batch_arena, list.count, sizeof *list.tags);
        list.count = 0;
        if (!list.tags)
            return cg_error_no_memory(error);
        cg_row_tags_each(tags, &owners[i], add_tag, &list);
        if (list.failed)
            return cg_error_no_memory(error);
        walk->batch[i].tags = list.tags;
        walk->batch[i].tag_count = list.count;
    }
    return CG_OK;
}

static cg_status read_tags(struct cg_export *walk, struct cg_error *error) {
    struct cg_row_owner owners[BATCH];
    const struct cg_row_tags *tags = NULL;
    for (size_t i = 0; i < walk->batch_count; i++)
        owners[i] = (struct cg_row_owner){walk->batch[i].texts[CG_EXPORT_RESOURCE_ID],
                                          walk->batch[i].texts[CG_EXPORT_IDENTITY_ID]};
    cg_status status = cg_row_tags_read(walk->store, owners, walk->batch_count, walk->batch_arena, &tags, error);
    return status == CG_OK ? keep_tags(walk, tags, owners, error) : status;
}

static void add_ahead(struct cg_select *select, const struct cg_export *walk) {
    int64_t ids[BATCH];
    int64_t places[BATCH];
    for (size_t i = 0; i < walk->batch_count; i++) {
        ids[i] = walk->batch[i].dimension_id;
        places[i] = (int64_t)i;
    }
    cg_select_add(select, "SELECT m.place, f.timestamp, f.amount FROM ");
    cg_select_pairs(select, ids, places, walk->batch_count);
    cg_select_add(select, " AS m (id, place) CROSS JOIN LATERAL (SELECT n.timestamp, n.amount FROM ");
    cg_select_add(select, cg_facts_table(walk->kind));
    cg_select_add(select, " n WHERE n.dimension_id = m.id");
    cg_select_range(select, "n.timestamp", walk->start, walk->end);
    cg_select_add(select, " ORDER BY n.timestamp LIMIT ");
    cg_select_int(select, AHEAD);
    cg_select_add(select, ") f ORDER BY m.place, f.timestamp");
}

static cg_status read_ahead(struct cg_export *walk, struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    walk->ahead = cg_arena_array(walk->batch_arena, BATCH, sizeof *walk->ahead);
    if (!walk->ahead)
        return cg_error_no_memory(error);
    memset(walk->ahead_counts, 0, sizeof walk->ahead_counts);
    cg_select_init(&select, walk->store);
    add_ahead(&select, walk);
    cg_select_start(&select, &query, "exporting the rows", error);
    while (cg_query_row(&query)) {
        size_t place = (size_t)cg_query_number(&query, 0);
        if (place >= BATCH || walk->ahead_counts[place] >= AHEAD) {
            cg_query_fail(&query, CG_PERMANENT, "the database answered with rows that were not asked for");
            continue;
        }
        walk->ahead[place][walk->ahead_counts[place]++] =
            (struct cg_export_fact){cg_query_time(&query, 1), cg_query_copy(&query, 2, walk->batch_arena)};
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

static cg_status read_batch(struct cg_export *walk, struct cg_error *error) {
    cg_arena_reset(walk->batch_arena);
    walk->ahead = NULL;
    walk->batch_at = 0;
    walk->batch_count = walk->id_count - walk->ids_read;
    if (walk->batch_count > BATCH)
        walk->batch_count = BATCH;
    if (!walk->batch_count)
        return CG_OK;
    for (size_t i = 0; i < walk->batch_count; i++)
        walk->batch[i] = (struct cg_export_dimension){.dimension_id = walk->ids[walk->ids_read + i]};
    walk->ids_read += walk->batch_count;
    cg_status status = read_columns(walk, error);
    if (status == CG_OK && walk->with_tags)
        status = read_tags(walk, error);
    if (status == CG_OK && cg_store_has_server(walk->store))
        status = read_ahead(walk, error);
    return status;
}

/* ---- a chunk of facts ---- */

#define FACTS(table)                                                                                          \
    "SELECT timestamp, amount FROM " table " WHERE dimension_id = ?1 AND timestamp >= ?2 AND timestamp < ?3 " \
    "ORDER BY timestamp LIMIT 512"

_Static_assert(CHUNK == 512, "the limit of the statement");
_Static_assert(AHEAD <= CHUNK, "what was read ahead becomes a chunk");

static cg_status read_chunk(struct cg_export *walk, int64_t from, struct cg_error *error) {
    struct cg_query query;
    cg_arena_reset(walk->chunk_arena);
    walk->chunk_at = 0;
    walk->chunk_count = 0;
    cg_query_start(&query, walk->store,
                   walk->kind == CG_FACTS_TOPIC ? FACTS("topic_attribution_facts") : FACTS("chargeback_facts"),
                   "exporting the rows", error);
    cg_query_int(&query, 1, walk->batch[walk->batch_at].dimension_id);
    cg_query_seconds(&query, 2, from);
    cg_query_seconds(&query, 3, walk->end);
    while (cg_query_row(&query) && walk->chunk_count < CHUNK)
        walk->chunk[walk->chunk_count++] =
            (struct cg_export_fact){cg_query_time(&query, 0), cg_query_copy(&query, 1, walk->chunk_arena)};
    walk->is_full = walk->chunk_count == CHUNK;
    return cg_query_end(&query);
}

static void take_ahead(struct cg_export *walk) {
    walk->chunk_at = 0;
    walk->chunk_count = walk->ahead_counts[walk->batch_at];
    memcpy(walk->chunk, walk->ahead[walk->batch_at], walk->chunk_count * sizeof *walk->chunk);
    walk->is_full = walk->chunk_count == AHEAD;
}

/* The next dimension and its first facts. */
static cg_status enter_dimension(struct cg_export *walk, struct cg_error *error) {
    walk->batch_at++;
    walk->is_new = 1;
    cg_status status = walk->batch_at >= walk->batch_count ? read_batch(walk, error) : CG_OK;
    if (status != CG_OK || !walk->batch_count)
        return status;
    if (!walk->ahead)
        return read_chunk(walk, walk->start, error);
    take_ahead(walk);
    return CG_OK;
}

/* ---- from the outside ---- */

cg_status cg_export_open(struct cg_store *store, const struct cg_export_question *question, struct cg_export **ret,
                         struct cg_error *error) {
    cg_status status = cg_store_begin_read(store, error);
    if (status != CG_OK)
        return status;
    struct cg_export *walk = calloc(1, sizeof *walk);
    if (!walk) {
        cg_store_rollback(store);
        return cg_error_no_memory(error);
    }
    walk->store = store;
    walk->kind = question->kind;
    walk->start = question->start;
    walk->end = question->end;
    walk->with_tags = question->with_tags && question->kind != CG_FACTS_TOPIC;
    walk->batch_arena = cg_arena_new();
    walk->chunk_arena = cg_arena_new();
    if (walk->batch_arena && walk->chunk_arena)
        status = read_ids(walk, question, error);
    else
        status = cg_error_no_memory(error);
    if (status == CG_OK)
        *ret = walk;
    else
        cg_export_close(walk);
    return status;
}

cg_status cg_export_next(struct cg_export *walk, const struct cg_export_fact **ret_fact, int32_t *ret_new,
                         struct cg_error *error) {
    while (walk->chunk_at == walk->chunk_count) {
        cg_status status = CG_OK;
        if (walk->is_full)
            status = read_chunk(walk, walk->chunk[walk->chunk_count - 1].timestamp + SECOND_US, error);
        else
            status = enter_dimension(walk, error);
        if (status != CG_OK)
            return status;
        if (!walk->batch_count) {
            *ret_fact = NULL;
            return CG_OK;
        }
    }
    *ret_new = walk->is_new;
    *ret_fact = &walk->chunk[walk->chunk_at++];
    walk->is_new = 0;
    return CG_OK;
}

const struct cg_export_dimension *cg_export_dimension(const struct cg_export *walk) {
    return &walk->batch[walk->batch_at];
}

void cg_export_close(struct cg_export *walk) {
    if (!walk)
        return;
    cg_store_rollback(walk->store);
    cg_arena_free(walk->batch_arena);
    cg_arena_free(walk->chunk_arena);
    free(walk->ids);
    free(walk);
}
