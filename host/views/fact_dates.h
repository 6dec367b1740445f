/*
 * fact_dates.h - the days with facts, in a time that depends on the number of days only.
 */
#ifndef CG_VIEWS_FACT_DATES_H
#define CG_VIEWS_FACT_DATES_H

#include "base/arena.h"
#include "store/store.h"

/** Midnights of the days in UTC on which the tenant has facts of a kind (CG_FACTS_), ascending, in the arena. */
cg_status cg_view_fact_dates(struct cg_store *store, uint32_t kind, struct cg_arena *arena, int64_t **ret,
                             size_t *ret_count, struct cg_error *error);

#endif
