#include "views/graph_sql.h"

/* The sum of the facts of dimension d, NULL without any. */
static void add_facts(struct cg_select *select, const char *facts, const struct cg_graph_period *period) {
    cg_select_add(select, "(SELECT CASE WHEN COUNT(*) > 0 THEN cg_sum(f.amount) END FROM ");
    cg_select_add(select, facts);
    cg_select_add(select, " f WHERE f.dimension_id = d.dimension_id");
    cg_select_range(select, "f.timestamp", period->start, period->end);
    cg_select_add(select, ")");
}

static void add_equal(struct cg_select *select, const char *alias, const char *column, const char *value) {
    cg_select_add(select, alias);
    cg_select_add(select, column);
    cg_select_add(select, " || '' = ");
    cg_select_text(select, value);
}

void cg_graph_add_tenant(struct cg_select *select, const char *alias) {
    add_equal(select, alias, "ecosystem", cg_store_ecosystem(select->store));
    cg_select_add(select, " AND ");
    add_equal(select, alias, "tenant_id", cg_store_tenant_id(select->store));
}

void cg_graph_add_own(struct cg_select *select, const char *alias, const char *column, const char *value) {
    cg_graph_add_tenant(select, alias);
    cg_select_add(select, " AND ");
    cg_select_add(select, alias);
    cg_select_add(select, column);
    cg_select_add(select, " = ");
    cg_select_text(select, value);
}

void cg_graph_add_alive(struct cg_select *select, const char *alias, const struct cg_graph_period *period) {
    cg_select_add(select, " AND (");
    cg_select_add(select, alias);
    cg_select_add(select, "created_at IS NULL OR ");
    cg_select_add(select, alias);
    cg_select_add(select, "created_at <= ");
    cg_select_micros(select, period->alive_to);
    cg_select_add(select, ") AND (");
    cg_select_add(select, alias);
    cg_select_add(select, "deleted_at IS NULL OR ");
    cg_select_add(select, alias);
    cg_select_add(select, "deleted_at > ");
    cg_select_micros(select, period->alive_from);
    cg_select_add(select, ")");
}

/*
 * The limit, which nothing reaches, keeps databases from taking the dimensions and their facts for a join: for each of
 * many resources they could begin it with all facts of the period, or compute `cost` twice.
 */
static void begin_sum(struct cg_select *select, const char *dimensions, const char *facts,
                      const struct cg_graph_period *period) {
    cg_select_add(select, "(SELECT CASE WHEN COUNT(x.cost) > 0 THEN cg_sum(COALESCE(x.cost, '0')) END FROM (SELECT ");
    add_facts(select, facts, period);
    cg_select_add(select, " AS cost FROM ");
    cg_select_add(select, dimensions);
    cg_select_add(select, " d WHERE ");
}

static void end_sum(struct cg_select *select, const char *id) {
    cg_select_add(select, " AND d.resource_id = ");
    cg_select_add(select, id);
    cg_select_add(select, " LIMIT 1000000000) x)");
}

void cg_graph_add_sums(struct cg_select *select, const char *id, const struct cg_graph_period *period) {
    begin_sum(select, "topic_attribution_dimensions", "topic_attribution_facts", period);
    cg_graph_add_tenant(select, "d.");
    end_sum(select, id);
    cg_select_add(select, ", ");
    begin_sum(select, "chargeback_dimensions", "chargeback_facts", period);
    /* Said twice: there is an index that begins with the tenant, which SQLite then takes; and the second time makes
     * PostgreSQL expect few rows, since it otherwise reads all dimensions for each of many resources. */
    cg_select_tenant(select, "d.");
    cg_select_add(select, " AND ");
    cg_graph_add_tenant(select, "d.");
    end_sum(select, id);
}

void cg_graph_add_charges(struct cg_select *select, const char *column, enum cg_graph_filter filter, const char *value,
                          const struct cg_graph_period *period) {
    cg_select_add(select, "WITH s AS MATERIALIZED (SELECT d.");
    cg_select_add(select, column);
    cg_select_add(select, " AS id, ");
    add_facts(select, "chargeback_facts", period);
    cg_select_add(select, " AS cost FROM chargeback_dimensions d WHERE ");
    /* Resources have an index together with the tenant, identities one of their own. */
    if (filter == CG_GRAPH_OF_IDENTITY)
        cg_graph_add_own(select, "d.", "identity_id", value);
    else
        cg_select_tenant(select, "d.");
    if (filter == CG_GRAPH_OF_RESOURCE)
        cg_select_equal(select, "d.resource_id", value);
    cg_select_add(select, ") ");
}

void cg_graph_add_attributions(struct cg_select *select, const char *cluster, const struct cg_graph_period *period) {
    cg_select_add(select, "WITH s AS MATERIALIZED (SELECT d.resource_id AS id, ");
    add_facts(select, "topic_attribution_facts", period);
    cg_select_add(select, " AS cost FROM topic_attribution_dimensions d WHERE ");
    cg_select_tenant(select, "d.");
    cg_select_equal(select, "d.cluster_resource_id", cluster);
    cg_select_add(select, ") ");
}

struct cg_decimal cg_graph_sum(struct cg_query *query, uint32_t column, int32_t *ret_has) {
    *ret_has = cg_query_peek(query, column) != NULL;
    return *ret_has ? cg_query_decimal(query, column) : (struct cg_decimal){0};
}

/* Reads the first sum there is of a statement that is complete, and frees it. */
static cg_status read_cost(struct cg_select *select, uint32_t columns, struct cg_decimal *ret, struct cg_error *error) {
    struct cg_query query;
    struct cg_decimal cost = {0};
    int32_t has = 0;
    cg_select_start(select, &query, "adding up what the focus costs", error);
    if (cg_query_row(&query))
        for (uint32_t i = 0; i < columns && !has; i++)
            cost = cg_graph_sum(&query, i, &has);
    cg_status status = cg_query_end(&query);
    cg_select_done(select);
    if (status == CG_OK)
        *ret = cost;
    return status;
}

cg_status cg_graph_resource_cost(struct cg_store *store, const char *id, const struct cg_graph_period *period,
                                 struct cg_decimal *ret, struct cg_error *error) {
    struct cg_select select;
    cg_select_init(&select, store);
    cg_select_add(&select, "WITH w AS (SELECT CAST(");
    cg_select_text(&select, id);
    cg_select_add(&select, " AS VARCHAR) AS id) SELECT ");
    cg_graph_add_sums(&select, "w.id", period);
    cg_select_add(&select, " FROM w");
    return read_cost(&select, 2, ret, error);
}

cg_status cg_graph_environment_cost(struct cg_store *store, const char *id, const struct cg_graph_period *period,
                                    struct cg_decimal *ret, struct cg_error *error) {
    struct cg_select select;
    cg_select_init(&select, store);
    cg_select_add(&select, "SELECT cg_sum(f.amount) FROM chargeback_dimensions d CROSS JOIN chargeback_facts f WHERE ");
    cg_select_tenant(&select, "d.");
    cg_select_equal(&select, "d.env_id", id);
    cg_select_add(&select, " AND f.dimension_id = d.dimension_id");
    cg_select_range(&select, "f.timestamp", period->start, period->end);
    return read_cost(&select, 1, ret, error);
}
