/*
 * status.h - how far a tenant's work is: states of its dates.
 */
#ifndef CG_VIEWS_STATUS_H
#define CG_VIEWS_STATUS_H

#include "store/store.h"

/** Dates of a tenant, counted. */
struct cg_view_progress {
    int64_t dates_pending; /**< gathered and not calculated */
    int64_t dates_calculated;
    int64_t last_calculated_date; /**< midnight, or CG_TIME_NONE */
};

cg_status cg_view_progress(struct cg_store *store, struct cg_view_progress *ret, struct cg_error *error);

/** What was done for one date. */
struct cg_view_state {
    int64_t date;
    int32_t billing_gathered;
    int32_t resources_gathered;
    int32_t chargeback_calculated;
    int32_t topic_overlay_gathered;
    int32_t topic_attribution_calculated;
};

/** States of the dates in [start, end), ascending; `each` is called for every one. */
cg_status cg_view_states(struct cg_store *store, int64_t start, int64_t end,
                         void (*each)(void *user, const struct cg_view_state *state), void *user,
                         struct cg_error *error);

#endif
