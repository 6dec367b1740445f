/*
 * revisions.h - what the provider changed of what it billed before: kept, and said in the log.
 */
#ifndef CG_STORE_REVISIONS_H
#define CG_STORE_REVISIONS_H

#include "store/lines.h"

/** Records that the cost of a line changed, both rows having its key. `now` is the time of the discovery. */
cg_status cg_revision_of_line(struct cg_store *store, const struct cg_line_row *before, const struct cg_line_row *after,
                              int64_t now, struct cg_error *error);

/** What the lines of a day sum to. Starts zeroed. */
struct cg_day_total {
    size_t lines;
    struct cg_decimal sum;
    int32_t is_unknown; /**< 1: a stored cost is no number, or the sum has too many digits */
};

/** Adds a line, whose cost is a text in the second form. */
void cg_day_total_add(struct cg_day_total *total, const struct cg_decimal *cost);
void cg_day_total_add_text(struct cg_day_total *total, const char *cost);

/**
 * Records that the total of a day changed, when it did and the day had lines before; `*ret_revised` tells. A total that
 * is not known is written as "NaN".
 */
cg_status cg_revision_of_day(struct cg_store *store, int64_t day, const struct cg_day_total *before,
                             const struct cg_day_total *after, int64_t now, int32_t *ret_revised,
                             struct cg_error *error);

#endif
