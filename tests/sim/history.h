/* How the organization changes with time: who is there when, and how the bill of a day grows to its final form. */
#ifndef CG_SIM_HISTORY_H
#define CG_SIM_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bill.h"
#include "scenario.h"

/** A span of time, seconds since 1970: from `from` until just before `until`. Empty when it ends before it begins. */
struct cg_sim_life {
    int64_t from;
    int64_t until;
};

/** Gives everything in a scenario with a history its birth and its end. Without a history nothing changes. */
void cg_sim_history_make(struct cg_sim_scenario *scenario);

/** Tells whether a thing is there at `now`. */
bool cg_sim_entity_lives(const struct cg_sim_entity *entity, int64_t now);

/** Tells whether a thing is there at some moment of a day. */
bool cg_sim_entity_lives_on(const struct cg_sim_entity *entity, int64_t day);

/** The time in which both are there. */
struct cg_sim_life cg_sim_life_common(struct cg_sim_life life, const struct cg_sim_entity *entity);

/** The time in which a cluster has its topic with this index, within the cluster's own. */
struct cg_sim_life cg_sim_topic_life(const struct cg_sim_scenario *scenario, size_t cluster, size_t topic);

/**
 * Makes the final lines of a day those that are known at `now`: takes away lines that have not arrived yet, keeps ones
 * that will be withdrawn, and gives lines that will be revised their first amount; at CG_SIM_FOREVER all that is over.
 * Without a history nothing changes.
 */
void cg_sim_sheet_settle(const struct cg_sim_scenario *scenario, struct cg_sim_day_sheet *sheet, int64_t now);

#endif
