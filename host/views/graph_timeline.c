#include "views/graph_timeline.h"

#include <string.h>

#include "views/graph_sql.h"

struct moments {
    void (*each)(void *user, const struct cg_graph_moment *moment);
    void *user;
    int64_t count;
};

/* Reads a statement that is complete, and frees it. */
static cg_status read_moments(struct cg_select *select, struct moments *moments, struct cg_error *error) {
    struct cg_query query;
    cg_select_start(select, &query, "reading a timeline", error);
    while (cg_query_row(&query)) {
        const struct cg_graph_moment moment = {.time = cg_query_time(&query, 0), .cost = cg_query_decimal(&query, 1)};
        if (query.status == CG_OK)
            moments->each(moments->user, &moment);
        moments->count++;
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(select);
    return status;
}

/* Few dimensions: their facts are found by their index. */
static cg_status read_facts(struct cg_store *store, const char *dimensions, const char *facts, const char *column,
                            const char *id, int64_t start, int64_t end, struct moments *moments,
                            struct cg_error *error) {
    struct cg_select select;
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT f.timestamp, cg_sum(f.amount) FROM ");
    cg_select_add(&select, dimensions);
    cg_select_add(&select, " d CROSS JOIN ");
    cg_select_add(&select, facts);
    cg_select_add(&select, " f WHERE ");
    cg_graph_add_own(&select, "d.", column, id);
    cg_select_add(&select, " AND f.dimension_id = d.dimension_id");
    cg_select_range(&select, "f.timestamp", start, end);
    cg_select_add(&select, " GROUP BY f.timestamp ORDER BY f.timestamp");
    return read_moments(&select, moments, error);
}

/* Most facts of the tenant: they are read as they lie, in the order of time. */
static cg_status read_environment(struct cg_store *store, const char *id, int64_t start, int64_t end,
                                  struct moments *moments, struct cg_error *error) {
    struct cg_select select;
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT f.timestamp, cg_sum(f.amount) FROM chargeback_facts f CROSS JOIN "
                           "chargeback_dimensions d WHERE d.dimension_id = f.dimension_id");
    cg_select_range(&select, "f.timestamp", start, end);
    cg_select_add(&select, " AND ");
    cg_graph_add_own(&select, "d.", "env_id", id);
    cg_select_add(&select, " GROUP BY f.timestamp ORDER BY f.timestamp");
    return read_moments(&select, moments, error);
}

cg_status cg_graph_timeline(struct cg_store *store, enum cg_graph_entity entity, const struct cg_graph_node *node,
                            int64_t start, int64_t end, void (*each)(void *user, const struct cg_graph_moment *moment),
                            void *user, struct cg_error *error) {
    struct moments moments = {each, user, 0};
    if (entity == CG_GRAPH_IDENTITY)
        return read_facts(store, "chargeback_dimensions", "chargeback_facts", "identity_id", node->id, start, end,
                          &moments, error);
    if (strcmp(node->type, "environment") == 0)
        return read_environment(store, node->id, start, end, &moments, error);
    cg_status status = read_facts(store, "topic_attribution_dimensions", "topic_attribution_facts", "resource_id",
                                  node->id, start, end, &moments, error);
    if (status == CG_OK && moments.count == 0)
        status = read_facts(store, "chargeback_dimensions", "chargeback_facts", "resource_id", node->id, start, end,
                            &moments, error);
    return status;
}
