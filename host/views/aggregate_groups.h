/*
 * aggregate_groups.h - the dimensions of an aggregate, and which group each of them belongs to.
 */
#ifndef CG_VIEWS_AGGREGATE_GROUPS_H
#define CG_VIEWS_AGGREGATE_GROUPS_H

#include "base/intern.h"
#include "views/aggregate.h"

/** Which sum a dimension's facts go to. */
#define CG_AGGREGATE_USAGE 0u
#define CG_AGGREGATE_SHARED 1u
#define CG_AGGREGATE_OTHER 2u
#define CG_AGGREGATE_CLASSES 3u

/** A dimension that passed the filters. */
struct cg_aggregate_member {
    int64_t dimension_id;
    uint32_t group; /**< number, in the order of the answer */
    uint32_t cost_class;
    uint32_t first; /**< while it is read: where its values are in `numbers` */
    uint32_t reserved;
};

struct cg_aggregate_groups {
    struct cg_aggregate_member *members; /**< by dimension_id */
    size_t count;
    size_t room;
    int64_t considered; /**< dimensions of the table, of all tenants */
    size_t width;       /**< values of a group */
    size_t group_count;
    const char **values;     /**< `width` for each group; NULL for SQL NULL */
    struct cg_intern *texts; /**< owns the texts of the values */
    uint32_t *numbers;       /**< while they are read: `width` for each member, numbers of `texts` */
    size_t number_room;
    size_t last; /**< the member found last */
};

/** Reads the dimensions that pass the filters and puts them into groups. End with cg_aggregate_groups_done, also on
 * failure. */
cg_status cg_aggregate_groups_read(struct cg_store *store, const struct cg_aggregate_question *question,
                                   struct cg_aggregate_groups *groups, struct cg_error *error);

/** The member of a dimension, or NULL. Asking for ascending ids costs nothing. */
const struct cg_aggregate_member *cg_aggregate_member_find(struct cg_aggregate_groups *groups, int64_t dimension_id);

void cg_aggregate_groups_done(struct cg_aggregate_groups *groups);

#endif
