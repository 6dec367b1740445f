/*
 * dates.h - which days have rows.
 *
 * A day with rows is found by one look into an index, whatever the number of its rows.
 */
#ifndef CG_STORE_DATES_H
#define CG_STORE_DATES_H

#include "store/dimensions.h"

/** Midnights, in heap memory. Starts zeroed. */
struct cg_dates {
    int64_t *items;
    size_t count;
    size_t room;
};

/** Appends one day. Error: CG_NO_MEMORY. */
cg_status cg_dates_add(struct cg_dates *dates, int64_t day, struct cg_error *error);

/** Appends the days of [start, end) with billing lines. CG_TIME_NONE: without that bound. */
cg_status cg_dates_add_lines(struct cg_store *store, int64_t start, int64_t end, struct cg_dates *dates,
                             struct cg_error *error);

/** The same for days with facts of a kind, CG_FACTS_. */
cg_status cg_dates_add_facts(struct cg_store *store, uint32_t kind, int64_t start, int64_t end, struct cg_dates *dates,
                             struct cg_error *error);

/** Time of the first billing line in [start, end), or CG_TIME_NONE through *ret. */
cg_status cg_dates_first_line(struct cg_store *store, int64_t start, int64_t end, int64_t *ret, struct cg_error *error);

/** Sorts, drops doubles, copies into `arena` and frees the list. */
cg_status cg_dates_move(struct cg_dates *dates, struct cg_arena *arena, int64_t **ret, size_t *ret_count,
                        struct cg_error *error);

/** Frees the list. */
void cg_dates_done(struct cg_dates *dates);

#endif
