/*
 * graph_sql.h - what the statements about the graph have in common: who lives, and what it costs.
 *
 * Facts are always reached by their dimension, (dimension_id, timestamp), and added up dimension by dimension: nothing
 * is sorted and nothing but one number per dimension is held, however many facts there are. Where a tenant's columns
 * are written as `d.tenant_id || ''`, the database is kept from taking them for the better way to a few rows than the
 * index of the id that is asked for.
 */
#ifndef CG_VIEWS_GRAPH_SQL_H
#define CG_VIEWS_GRAPH_SQL_H

#include "store/select.h"
#include "views/graph.h"

/** Appends the condition that a row of `alias` ("r.") is the tenant's, without an index for it. */
void cg_graph_add_tenant(struct cg_select *select, const char *alias);

/** Appends ` AND ...`: it is the tenant's, as above, and its column `column` has this value. */
void cg_graph_add_own(struct cg_select *select, const char *alias, const char *column, const char *value);

/** Appends ` AND ...`: the row lived in the period. */
void cg_graph_add_alive(struct cg_select *select, const char *alias, const struct cg_graph_period *period);

/**
 * Appends the two sums of a resource, "attributed, charged", each NULL without a fact in the period. `id` is an
 * expression for the resource's id.
 */
void cg_graph_add_sums(struct cg_select *select, const char *id, const struct cg_graph_period *period);

/** Which chargebacks are asked for. */
enum cg_graph_filter { CG_GRAPH_OF_TENANT, CG_GRAPH_OF_RESOURCE, CG_GRAPH_OF_IDENTITY };

/**
 * Appends `WITH s AS (...) `: one row (id, cost) per chargeback dimension of the tenant, or of the resource or identity
 * with the id `value`. `id` is the column `column`, `cost` is NULL without a fact in the period.
 */
void cg_graph_add_charges(struct cg_select *select, const char *column, enum cg_graph_filter filter, const char *value,
                          const struct cg_graph_period *period);

/** The same for topic attributions to the topics of a cluster. */
void cg_graph_add_attributions(struct cg_select *select, const char *cluster, const struct cg_graph_period *period);

/** Columns over s, in groups by id: the sum, and 1 if there is a fact. */
#define CG_GRAPH_SUM "cg_sum(COALESCE(s.cost, '0')), CASE WHEN COUNT(s.cost) > 0 THEN 1 ELSE 0 END"

/** A column with a sum; 0 and `*ret_has` 0 for NULL. */
struct cg_decimal cg_graph_sum(struct cg_query *query, uint32_t column, int32_t *ret_has);

/** What a resource costs: what was attributed to it, or else what was charged on it. */
cg_status cg_graph_resource_cost(struct cg_store *store, const char *id, const struct cg_graph_period *period,
                                 struct cg_decimal *ret, struct cg_error *error);

/** What was charged in an environment. */
cg_status cg_graph_environment_cost(struct cg_store *store, const char *id, const struct cg_graph_period *period,
                                    struct cg_decimal *ret, struct cg_error *error);

#endif
