#include "views/graph_members.h"

#include "views/graph_sql.h"

static void offer(struct cg_query *query, struct cg_graph_pick *pick, const struct cg_graph_member *member) {
    if (query->status == CG_OK && cg_graph_pick_offer(pick, member) != CG_OK)
        cg_query_fail(query, pick->status,
                      pick->status == CG_RANGE ? "the costs add up to a sum of more than 38 digits" : "out of memory");
}

/* A row of (id, attributed, charged): what was attributed to a topic is its cost, or else what was charged on it. */
static struct cg_graph_member read_resource(struct cg_query *query) {
    struct cg_graph_member member = {.id = cg_query_peek(query, 0), .level = 1};
    struct cg_decimal charged = cg_graph_sum(query, 2, &member.charged);
    struct cg_decimal attributed = cg_graph_sum(query, 1, &member.attributed);
    member.cost = member.attributed ? attributed : charged;
    return member;
}

/* A row of (id, sum, has a fact). */
static struct cg_graph_member read_charged(struct cg_query *query) {
    return (struct cg_graph_member){.id = cg_query_peek(query, 0),
                                    .cost = cg_query_decimal(query, 1),
                                    .charged = cg_query_number(query, 2) != 0,
                                    .level = 1};
}

/* ---- a cluster ---- */

cg_status cg_graph_offer_children(const struct cg_graph_source *source, const char *cluster,
                                  struct cg_graph_pick *topics, struct cg_graph_pick *others) {
    struct cg_select select;
    struct cg_query query;
    cg_select_init(&select, source->store);
    cg_select_add(&select, "SELECT r.resource_id, ");
    cg_graph_add_sums(&select, "r.resource_id", source->period);
    cg_select_add(&select, ", CASE WHEN r.resource_type = 'topic' THEN 1 ELSE 0 END FROM resources r WHERE ");
    cg_graph_add_own(&select, "r.", "parent_id", cluster);
    cg_select_add(&select, " AND r.resource_id <> ");
    cg_select_text(&select, cluster);
    cg_graph_add_alive(&select, "r.", source->period);
    cg_select_start(&select, &query, "reading what is in the cluster", source->error);
    while (cg_query_row(&query)) {
        struct cg_graph_member member = read_resource(&query);
        offer(&query, cg_query_number(&query, 3) ? topics : others, &member);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

cg_status cg_graph_offer_lost_topics(const struct cg_graph_source *source, const char *cluster,
                                     struct cg_graph_pick *topics) {
    struct cg_select select;
    struct cg_query query;
    cg_select_init(&select, source->store);
    cg_graph_add_attributions(&select, cluster, source->period);
    cg_select_add(&select, "SELECT s.id, cg_sum(s.cost), NULL FROM s WHERE s.cost IS NOT NULL AND NOT EXISTS "
                           "(SELECT 1 FROM resources r WHERE ");
    cg_select_tenant(&select, "r.");
    cg_select_add(&select, " AND r.resource_id = s.id");
    cg_select_equal(&select, "r.parent_id", cluster);
    cg_graph_add_alive(&select, "r.", source->period);
    cg_select_add(&select, ") GROUP BY s.id");
    cg_select_start(&select, &query, "reading which other topics have a cost", source->error);
    while (cg_query_row(&query)) {
        struct cg_graph_member member = read_resource(&query);
        offer(&query, topics, &member);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

/* Reads the groups of ids of a statement that is complete, and frees it. */
static cg_status offer_charged(const struct cg_graph_source *source, struct cg_select *select, const char *doing,
                               struct cg_graph_pick *pick) {
    struct cg_query query;
    cg_select_start(select, &query, doing, source->error);
    while (cg_query_row(&query)) {
        struct cg_graph_member member = read_charged(&query);
        offer(&query, pick, &member);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(select);
    return status;
}

cg_status cg_graph_offer_payers(const struct cg_graph_source *source, const char *cluster,
                                struct cg_graph_pick *payers) {
    struct cg_select select;
    cg_select_init(&select, source->store);
    cg_graph_add_charges(&select, "identity_id", CG_GRAPH_OF_RESOURCE, cluster, source->period);
    cg_select_add(&select, "SELECT s.id, " CG_GRAPH_SUM " FROM s WHERE s.id <> '' GROUP BY s.id "
                           "HAVING COUNT(s.cost) > 0 OR EXISTS (SELECT 1 FROM identities i WHERE ");
    cg_select_tenant(&select, "i.");
    cg_select_add(&select, " AND i.identity_id = s.id");
    cg_graph_add_alive(&select, "i.", source->period);
    cg_select_add(&select, ")");
    return offer_charged(source, &select, "reading who pays for the cluster", payers);
}

/* ---- an identity ---- */

cg_status cg_graph_offer_paid(const struct cg_graph_source *source, const char *identity, struct cg_graph_pick *paid) {
    struct cg_select select;
    cg_select_init(&select, source->store);
    cg_graph_add_charges(&select, "resource_id", CG_GRAPH_OF_IDENTITY, identity, source->period);
    cg_select_add(&select, "SELECT s.id, " CG_GRAPH_SUM " FROM s WHERE s.id <> '' GROUP BY s.id "
                           "HAVING EXISTS (SELECT 1 FROM resources r WHERE ");
    cg_select_tenant(&select, "r.");
    cg_select_add(&select, " AND r.resource_id = s.id");
    cg_graph_add_alive(&select, "r.", source->period);
    cg_select_add(&select, ")");
    return offer_charged(source, &select, "reading what the identity pays for", paid);
}

/* ---- a resource ---- */

cg_status cg_graph_offer_descendants(const struct cg_graph_source *source, const char *focus, int64_t depth,
                                     struct cg_graph_pick *descendants) {
    struct cg_select select;
    struct cg_query query;
    cg_select_init(&select, source->store);
    /* Every resource has one parent, so a circle can only lead back to the focus, which is left out. */
    cg_select_add(&select, "WITH RECURSIVE t(id, level) AS (SELECT r.resource_id, 1 FROM resources r WHERE ");
    cg_graph_add_own(&select, "r.", "parent_id", focus);
    cg_select_add(&select, " AND r.resource_id <> ");
    cg_select_text(&select, focus);
    cg_graph_add_alive(&select, "r.", source->period);
    cg_select_add(&select, " UNION ALL SELECT r.resource_id, t.level + 1 FROM t CROSS JOIN resources r WHERE "
                           "t.level < ");
    cg_select_int(&select, depth);
    cg_select_add(&select, " AND r.parent_id = t.id AND ");
    cg_graph_add_tenant(&select, "r.");
    cg_select_add(&select, " AND r.resource_id <> ");
    cg_select_text(&select, focus);
    cg_graph_add_alive(&select, "r.", source->period);
    cg_select_add(&select, ") SELECT t.id, ");
    cg_graph_add_sums(&select, "t.id", source->period);
    cg_select_add(&select, ", t.level FROM t");
    cg_select_start(&select, &query, "reading what is below the resource", source->error);
    while (cg_query_row(&query)) {
        struct cg_graph_member member = read_resource(&query);
        member.level = cg_query_number(&query, 3);
        offer(&query, descendants, &member);
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

/* ---- the tenant ---- */

/* Appends the condition for a resource that stands right below the tenant. */
static void add_top(struct cg_select *select, const struct cg_graph_source *source, int32_t environments) {
    cg_select_tenant(select, "r.");
    cg_select_add(select, environments ? " AND r.resource_type = 'environment'"
                                       : " AND r.parent_id IS NULL AND r.resource_type <> 'topic'");
    cg_graph_add_alive(select, "r.", source->period);
}

cg_status cg_graph_has_environments(const struct cg_graph_source *source, int32_t *ret) {
    struct cg_query query;
    int32_t has = 0;
    cg_query_start(&query, source->store,
                   "SELECT 1 FROM resources WHERE ecosystem = ?1 AND tenant_id = ?2 AND resource_type = 'environment' "
                   "LIMIT 1",
                   "looking for environments", source->error);
    cg_query_tenant(&query);
    has = cg_query_row(&query);
    cg_status status = cg_query_end(&query);
    if (status == CG_OK)
        *ret = has;
    return status;
}

/* Everything that was charged: on something that is shown, or elsewhere. */
static cg_status offer_charged_top(const struct cg_graph_source *source, int32_t environments,
                                   struct cg_graph_pick *top, struct cg_decimal *rest) {
    struct cg_select select;
    struct cg_query query;
    cg_select_init(&select, source->store);
    cg_graph_add_charges(&select, environments ? "env_id" : "resource_id", CG_GRAPH_OF_TENANT, NULL, source->period);
    cg_select_add(&select, "SELECT s.id, " CG_GRAPH_SUM ", CASE WHEN EXISTS (SELECT 1 FROM resources r WHERE ");
    add_top(&select, source, environments);
    cg_select_add(&select, " AND r.resource_id = s.id) THEN 1 ELSE 0 END FROM s GROUP BY s.id");
    cg_select_start(&select, &query, "adding up what the tenant costs", source->error);
    while (cg_query_row(&query)) {
        struct cg_graph_member member = read_charged(&query);
        if (cg_query_number(&query, 3))
            offer(&query, top, &member);
        else if (query.status == CG_OK && cg_decimal_add(rest, &member.cost, rest) != CG_OK)
            cg_query_fail(&query, CG_RANGE, "the costs add up to a sum of more than 38 digits");
    }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

/* What nothing was ever charged on. */
static cg_status offer_free_top(const struct cg_graph_source *source, int32_t environments, struct cg_graph_pick *top) {
    const char *column = environments ? "d.env_id" : "d.resource_id";
    struct cg_select select;
    cg_select_init(&select, source->store);
    cg_select_add(&select, "SELECT r.resource_id, '0', 0 FROM resources r WHERE ");
    add_top(&select, source, environments);
    cg_select_add(&select, " AND r.resource_id NOT IN (SELECT ");
    cg_select_add(&select, column);
    cg_select_add(&select, " FROM chargeback_dimensions d WHERE ");
    cg_select_tenant(&select, "d.");
    cg_select_add(&select, " AND ");
    cg_select_add(&select, column);
    cg_select_add(&select, " IS NOT NULL)");
    return offer_charged(source, &select, "reading what is right below the tenant", top);
}

cg_status cg_graph_offer_top(const struct cg_graph_source *source, int32_t environments, struct cg_graph_pick *top,
                             struct cg_decimal *ret_rest) {
    struct cg_decimal rest = {0};
    cg_status status = offer_charged_top(source, environments, top, &rest);
    if (status == CG_OK)
        status = offer_free_top(source, environments, top);
    if (status == CG_OK)
        *ret_rest = rest;
    return status;
}
