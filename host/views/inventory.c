#include "views/inventory.h"

#include <string.h>

#include "store/select.h"

/* How the two tables differ. */
struct kind {
    const char *table;
    const char *id;
    const char *type;
    const char *entity_type;
    const char *columns;   /* behind id, type, name, times and metadata */
    const char *sorted[5]; /* what can be sorted by besides the id; NULL ends it */
    const char *is_active;
};

static const struct kind kinds[2] = {
    {
        .table = "resources",
        .id = "resource_id",
        .type = "resource_type",
        .entity_type = "resource",
        .columns = ", parent_id, owner_id, status, cloud, region",
        .sorted = {"display_name", "resource_type", "status"},
        .is_active = "status = 'active'",
    },
    {
        .table = "identities",
        .id = "identity_id",
        .type = "identity_type",
        .entity_type = "identity",
        .columns = "",
        .sorted = {"display_name", "identity_type"},
        .is_active = "deleted_at IS NULL",
    },
};

static const struct kind *kind_of(int32_t identities) {
    return &kinds[identities ? 1 : 0];
}

/* ---- filters ---- */

static void add_life(struct cg_select *select, const struct cg_view_entity_filter *filter) {
    if (filter->active_at != CG_TIME_NONE) {
        cg_select_add(select, " AND (created_at IS NULL OR created_at <= ");
        cg_select_micros(select, filter->active_at);
        cg_select_add(select, ") AND (deleted_at IS NULL OR deleted_at > ");
        cg_select_micros(select, filter->active_at);
        cg_select_add(select, ")");
    }
    if (filter->period_start != CG_TIME_NONE) {
        cg_select_add(select, " AND (created_at IS NULL OR created_at < ");
        cg_select_micros(select, filter->period_end);
        cg_select_add(select, ") AND (deleted_at IS NULL OR deleted_at >= ");
        cg_select_micros(select, filter->period_start);
        cg_select_add(select, ")");
    }
}

static void add_filters(struct cg_select *select, const struct cg_view_entity_filter *filter) {
    const struct kind *kind = kind_of(filter->identities);
    cg_select_add(select, " FROM ");
    cg_select_add(select, kind->table);
    cg_select_add(select, " WHERE ");
    cg_select_tenant(select, "");
    cg_select_equal(select, kind->type, filter->type);
    if (!filter->identities)
        cg_select_equal(select, "status", filter->status);
    add_life(select, filter);
    if (filter->search) {
        cg_select_add(select, " AND (");
        cg_select_like(select, kind->id, filter->search, 0);
        cg_select_add(select, " OR ");
        cg_select_like(select, "display_name", filter->search, 0);
        cg_select_add(select, ")");
    }
    if (filter->tag_key) {
        cg_select_add(select, " AND ");
        cg_select_add(select, kind->id);
        cg_select_add(select, " IN (SELECT entity_id FROM tags WHERE tenant_id = ");
        cg_select_text(select, cg_store_tenant_id(select->store));
        cg_select_equal(select, "entity_type", kind->entity_type);
        cg_select_equal(select, "tag_key", filter->tag_key);
        cg_select_equal(select, "tag_value", filter->tag_value);
        cg_select_add(select, ")");
    }
}

/* ---- order ---- */

static const char *sort_column(const struct kind *kind, const char *wanted) {
    for (size_t i = 0; wanted && kind->sorted[i]; i++)
        if (strcmp(kind->sorted[i], wanted) == 0)
            return kind->sorted[i];
    return kind->id;
}

static void add_order(struct cg_select *select, const struct cg_view_entity_filter *filter) {
    const struct kind *kind = kind_of(filter->identities);
    const char *column = sort_column(kind, filter->sort_by);
    const char *direction = filter->descending ? " DESC" : "";
    cg_select_add(select, " ORDER BY ");
    if (strcmp(column, "display_name") == 0) {
        /* Databases disagree about where NULL belongs. */
        cg_select_add(select, "CASE WHEN display_name IS NULL THEN 0 ELSE 1 END");
        cg_select_add(select, direction);
        cg_select_add(select, ", ");
    }
    cg_select_add(select, column);
    cg_select_bytewise(select);
    cg_select_add(select, direction);
    if (column != kind->id) {
        cg_select_add(select, ", ");
        cg_select_add(select, kind->id);
        cg_select_bytewise(select);
    }
}

/* ---- lists ---- */

static cg_status count_rows(struct cg_store *store, const struct cg_view_entity_filter *filter, int64_t *ret,
                            struct cg_error *error) {
    struct cg_select select;
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT COUNT(*)");
    add_filters(&select, filter);
    return cg_select_number(&select, "counting the inventory", ret, error);
}

static void read_row(struct cg_query *query, int32_t identities, struct cg_view_entity_row *row) {
    *row = (struct cg_view_entity_row){
        .id = cg_query_peek(query, 0),
        .type = cg_query_peek(query, 1),
        .display_name = cg_query_peek(query, 2),
        .created_at = cg_query_time(query, 3),
        .deleted_at = cg_query_time(query, 4),
        .last_seen_at = cg_query_time(query, 5),
        .metadata = cg_query_peek(query, 6),
    };
    if (identities)
        return;
    row->parent_id = cg_query_peek(query, 7);
    row->owner_id = cg_query_peek(query, 8);
    row->status = cg_query_peek(query, 9);
    row->cloud = cg_query_peek(query, 10);
    row->region = cg_query_peek(query, 11);
}

static cg_status read_rows(struct cg_store *store, const struct cg_view_entity_filter *filter, int64_t offset,
                           int64_t limit, void (*each)(void *user, const struct cg_view_entity_row *row), void *user,
                           struct cg_error *error) {
    const struct kind *kind = kind_of(filter->identities);
    struct cg_select select;
    struct cg_query query;
    struct cg_view_entity_row row;
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT ");
    cg_select_add(&select, kind->id);
    cg_select_add(&select, ", ");
    cg_select_add(&select, kind->type);
    cg_select_add(&select, ", display_name, created_at, deleted_at, last_seen_at, metadata_json");
    cg_select_add(&select, kind->columns);
    add_filters(&select, filter);
    add_order(&select, filter);
    cg_select_add(&select, " LIMIT ");
    cg_select_int(&select, limit);
    cg_select_add(&select, " OFFSET ");
    cg_select_int(&select, offset);
    cg_select_start(&select, &query, "reading the inventory", error);
    while (cg_query_row(&query)) {
        read_row(&query, filter->identities, &row);
        if (query.status == CG_OK)
            each(user, &row);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

cg_status cg_view_entities(struct cg_store *store, const struct cg_view_entity_filter *filter, int64_t offset,
                           int64_t limit, void (*each)(void *user, const struct cg_view_entity_row *row), void *user,
                           int64_t *ret_total, struct cg_error *error) {
    int64_t total = 0;
    cg_status status = cg_store_begin_read(store, error);
    if (status != CG_OK)
        return status;
    status = count_rows(store, filter, &total, error);
    if (status == CG_OK && offset < total)
        status = read_rows(store, filter, offset, limit, each, user, error);
    cg_store_rollback(store);
    if (status == CG_OK)
        *ret_total = total;
    return status;
}

/* ---- counts ---- */

cg_status cg_view_entity_counts(struct cg_store *store, int32_t identities,
                                void (*each)(void *user, const struct cg_view_entity_count *count), void *user,
                                struct cg_error *error) {
    const struct kind *kind = kind_of(identities);
    struct cg_select select;
    struct cg_query query;
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT ");
    cg_select_add(&select, kind->type);
    cg_select_add(&select, ", COUNT(*), COUNT(CASE WHEN ");
    cg_select_add(&select, kind->is_active);
    cg_select_add(&select, " THEN 1 END) FROM ");
    cg_select_add(&select, kind->table);
    cg_select_add(&select, " WHERE ");
    cg_select_tenant(&select, "");
    cg_select_add(&select, " GROUP BY ");
    cg_select_add(&select, kind->type);
    cg_select_add(&select, " ORDER BY ");
    cg_select_add(&select, kind->type);
    cg_select_bytewise(&select);
    cg_select_start(&select, &query, "counting the inventory", error);
    while (cg_query_row(&query)) {
        struct cg_view_entity_count count = {
            .type = cg_query_peek(&query, 0),
            .total = cg_query_number(&query, 1),
            .active = cg_query_number(&query, 2),
        };
        count.deleted = count.total - count.active;
        if (query.status == CG_OK)
            each(user, &count);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}
