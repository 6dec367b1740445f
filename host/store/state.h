/*
 * state.h - pipeline_state: what was done for a date.
 */
#ifndef CG_STORE_STATE_H
#define CG_STORE_STATE_H

#include "store/store.h"

/** Marks a date's billing as gathered, creating its row. */
cg_status cg_state_gathered(struct cg_store *store, int64_t date, struct cg_error *error);

/** Marks a date as not calculated and forgets who calculated it. */
cg_status cg_state_outdated(struct cg_store *store, int64_t date, struct cg_error *error);

/** Marks a date as calculated, creating its row. */
cg_status cg_state_calculated(struct cg_store *store, int64_t date, const char *calculation_id, int64_t now,
                              int64_t run_id, struct cg_error *error);

/** Marks a date as attributed to topics, or as not attributed, creating its row. */
cg_status cg_state_attributed(struct cg_store *store, int64_t date, int32_t attributed, struct cg_error *error);

/** Who calculated a date, in `arena`; NULL through *ret when nobody did. */
cg_status cg_state_calculation(struct cg_store *store, int64_t date, struct cg_arena *arena, const char **ret,
                               struct cg_error *error);

#endif
