/*
 * aggregate_facts.h - the statement that reads what an aggregate adds up.
 */
#ifndef CG_VIEWS_AGGREGATE_FACTS_H
#define CG_VIEWS_AGGREGATE_FACTS_H

#include "views/aggregate_groups.h"

/**
 * Puts the statement together, whose rows come by time; cg_select_start tells what failed. Returns 0 when a row is a
 * fact: time, dimension_id, amount; facts of dimensions that are no members may be among them. Returns 1, where the
 * database adds up faster than it hands over, when a row is a sum: a time of its bucket, number of the group times
 * CG_AGGREGATE_CLASSES plus the class, sum, number of facts; a group may have several rows in a bucket. There is at
 * least one member.
 */
int32_t cg_aggregate_facts(struct cg_select *select, const struct cg_aggregate_question *question,
                           const struct cg_aggregate_groups *groups);

#endif
