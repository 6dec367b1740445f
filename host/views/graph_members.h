/*
 * graph_members.h - what hangs on a focus, with its cost, offered to a pick in no particular order.
 */
#ifndef CG_VIEWS_GRAPH_MEMBERS_H
#define CG_VIEWS_GRAPH_MEMBERS_H

#include "views/graph.h"
#include "views/graph_pick.h"

/** What is asked for, once for all statements of a graph. */
struct cg_graph_source {
    struct cg_store *store;
    const struct cg_graph_period *period;
    struct cg_error *error;
};

/** Resources that lived in the period and whose parent is the cluster: topics and others. */
cg_status cg_graph_offer_children(const struct cg_graph_source *source, const char *cluster,
                                  struct cg_graph_pick *topics, struct cg_graph_pick *others);

/** Topics of the cluster that something was attributed to in the period, though the former do not have them. */
cg_status cg_graph_offer_lost_topics(const struct cg_graph_source *source, const char *cluster,
                                     struct cg_graph_pick *topics);

/**
 * Identities that ever paid for the cluster, with what they paid for it in the period: those that lived in it, and
 * those that paid, whether they are known or not.
 */
cg_status cg_graph_offer_payers(const struct cg_graph_source *source, const char *cluster,
                                struct cg_graph_pick *payers);

/** Resources that an identity ever paid for and that lived in the period, with what it paid for them. */
cg_status cg_graph_offer_paid(const struct cg_graph_source *source, const char *identity, struct cg_graph_pick *paid);

/** Resources below another one, down to `depth` levels, as far as they and those between lived in the period. */
cg_status cg_graph_offer_descendants(const struct cg_graph_source *source, const char *focus, int64_t depth,
                                     struct cg_graph_pick *descendants);

/** 1 through `ret` when the tenant has a resource of type environment, alive or not. */
cg_status cg_graph_has_environments(const struct cg_graph_source *source, int32_t *ret);

/**
 * What stands right below the tenant and lived in the period: its environments with what was charged in them, or
 * (`environments` 0) the resources without a parent, but for topics, with what was charged on them. `*ret_rest` is what
 * was charged elsewhere.
 */
cg_status cg_graph_offer_top(const struct cg_graph_source *source, int32_t environments, struct cg_graph_pick *top,
                             struct cg_decimal *ret_rest);

#endif
