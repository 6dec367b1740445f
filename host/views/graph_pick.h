/*
 * graph_pick.h - the members of a part of the graph that are worth showing, out of any number of them.
 *
 * Members are offered one after another, in any order. What is kept is bounded; of the others only their number and
 * their sum remain.
 */
#ifndef CG_VIEWS_GRAPH_PICK_H
#define CG_VIEWS_GRAPH_PICK_H

#include <chitragupt/decimal.h>

#include "base/arena.h"

/** What belongs to a focus: a resource or an identity. */
struct cg_graph_member {
    const char *id;
    struct cg_decimal cost;
    int64_t level;      /**< steps below the focus, from 1 */
    int32_t charged;    /**< 1: something was charged in the period, if only 0 */
    int32_t attributed; /**< 1: the cost was attributed to this topic */
};

/** Orders; each is total, ids being compared by their bytes. */
#define CG_PICK_BY_COST 0u    /**< costliest first, then by id */
#define CG_PICK_ZEROS_LAST 1u /**< the same, but what costs nothing comes after everything else, credits included */

struct cg_graph_pick {
    size_t limit; /**< most members that are kept */
    uint32_t order;
    struct cg_graph_member *members; /**< with ids of their own, at most twice the limit */
    size_t kept;
    size_t room;
    int32_t cut;             /**< 1: members were dropped already */
    int64_t count;           /**< offered */
    int64_t zeros;           /**< of these: those that cost nothing */
    struct cg_decimal total; /**< of all offered */
    cg_status status;        /**< CG_OK, CG_NO_MEMORY, or CG_RANGE when the total has more than 38 digits */
};

/** An empty pick; end it with cg_graph_pick_done. `limit` is 1 at least. */
void cg_graph_pick_init(struct cg_graph_pick *pick, size_t limit, uint32_t order);

/** Frees what it holds. */
void cg_graph_pick_done(struct cg_graph_pick *pick);

/** Offers a member; its id is copied if it is kept. Returns the pick's status. */
cg_status cg_graph_pick_offer(struct cg_graph_pick *pick, const struct cg_graph_member *member);

/** Puts what is kept, `limit` members at most, into order. No member is offered afterwards. */
void cg_graph_pick_finish(struct cg_graph_pick *pick);

/** Puts what is kept into the order of levels, and of ids within them. */
void cg_graph_pick_by_id(struct cg_graph_pick *pick);

#endif
