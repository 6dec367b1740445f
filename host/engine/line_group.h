/*
 * line_group.h - the lines of a date, each with what handles it, in groups that share resource and window.
 */
#ifndef CG_ENGINE_LINE_GROUP_H
#define CG_ENGINE_LINE_GROUP_H

#include "engine/calculate.h"
#include "net/metrics_source.h"

/**
 * Lines that share resource and window, and so share metrics and identities. Where identities follow from metrics
 * (CG_ECOSYSTEM_MEASURED_IDENTITIES) each product has a group of its own: who shares a line must not depend on what
 * other products ask, nor on whether that was answered.
 */
struct cg_line_group {
    const char *resource_id;
    int64_t start;
    int64_t end;
    const struct cg_product *product;       /**< whose lines they are; NULL: of any product */
    const struct cg_metric_query **queries; /**< the union of what its lines need */
    size_t query_count;
    struct cg_metrics_request *request; /**< NULL: nothing was asked */
};

/** One line on its way. */
struct cg_line_work {
    const struct cg_stored_line *stored;
    const struct cg_binding *binding;  /**< NULL: no service claims its product type */
    const struct cg_line_group *group; /**< NULL: its granularity is not known, see cg_window_end */
};

/** All lines of a date, in the order of the bill. Everything lives in the arena of the date. */
struct cg_lines {
    struct cg_line_work *items;
    size_t count;
    struct cg_line_group *groups;
    size_t group_count;
    struct cg_metrics_request *requests;
    size_t request_count;
};

/** Finds the bindings, windows and groups of a date's lines. Error: CG_NO_MEMORY. */
cg_status cg_lines_group(const struct cg_runtime *runtime, struct cg_arena *arena, const struct cg_stored_line *lines,
                         size_t count, struct cg_lines *ret, struct cg_error *error);

/**
 * Asks the metrics source, if there is one, for all groups of the date at once. What could not be read is logged and
 * marked in `outcome`. Errors: those of cg_metrics_source_fetch.
 */
cg_status cg_lines_fetch_metrics(struct cg_lines *lines, const struct cg_calculation_options *options, int64_t date,
                                 struct cg_arena *arena, struct cg_date_outcome *outcome, struct cg_error *error);

#endif
