/*
 * calculate.h - from the billing lines of one date to its chargeback rows.
 *
 * A line whose identity resolution or allocation fails falls back alone: its whole cost goes to UNALLOCATED with the
 * reason, the other lines of the date are not touched. Every line's rows are checked against its cost before anything
 * is written.
 *
 * A date is computed again only when something it follows from changed; see inputs.h. A line that failed is tried again
 * until it used up its retries. A date whose metrics could not be read is tried again in every run until they can;
 * lines that have rows of before keep them until then, see history.h.
 */
#ifndef CG_ENGINE_CALCULATE_H
#define CG_ENGINE_CALCULATE_H

#include "engine/observer.h"
#include "engine/resolve.h"
#include "engine/rowset.h"
#include "store/billing.h"

struct cg_metrics_source;

/** A module's function that brought a worker down: it is not called again for this line, or at all. */
struct cg_quarantine {
    const char *module;
    const char *symbol;
    int32_t whole_symbol; /**< 1: for every line */
    struct cg_crumb_line line;
    const char *reason; /**< "crashed (signal 6, Aborted)" */
};

struct cg_calculation_options {
    struct cg_runtime *runtime;
    struct cg_store *store;
    struct cg_metrics_source *metrics; /**< or NULL: none configured */
    const struct cg_observer *observer;
    const struct cg_quarantine *quarantine;
    size_t quarantine_count;
    int64_t run_id;
};

/** What calculating one date came to. */
struct cg_date_outcome {
    int32_t is_current; /**< 1: nothing it follows from changed; it was not computed, and the rest is 0 */
    int32_t is_kept;    /**< 1: it would have been computed again, but the metrics that its rows were computed with are
                           not there any more; the rows stay, and the rest is 0 */
    uint64_t rows;
    int32_t changed;        /**< 1: other rows than before */
    int32_t metrics_failed; /**< 1: the metrics of at least one resource could not be read */
    uint64_t failed_lines;
    uint64_t kept_lines;       /**< lines that keep the rows they had: of metrics that could not be read, with
                                  `metrics_failed`, or else are not there any more */
    uint64_t unmeasured_lines; /**< lines that had to do without metrics that could not be read */
    char metrics_error[CG_ERROR_TEXT_SIZE]; /**< with `metrics_failed`: the first reason, else "" */
};

struct cg_calculation;

/** Prepares calculating the dates of a run: reads the identities once. Errors: those of the store, CG_NO_MEMORY. */
cg_status cg_calculation_new(const struct cg_calculation_options *options, struct cg_calculation **ret,
                             struct cg_error *error);

/** NULL is fine. */
void cg_calculation_free(struct cg_calculation *calculation);

/**
 * Calculates one date and writes it in one transaction, unless it is current (with `force`: also then, and without
 * keeping rows whose metrics are not there any more; those whose metrics could not be read stay). Lines that fell back
 * are told to the observer. A status other than CG_OK means that nothing of the date was written: the database
 * failed, or memory ran out outside of the modules. Memory does not grow with the number of dates.
 */
cg_status cg_calculate_date(struct cg_calculation *calculation, int64_t date, int32_t force,
                            struct cg_date_outcome *ret, struct cg_error *error);

/** A row of a line, with what is not stored. */
struct cg_story_row {
    const struct cg_fact *fact;
    int32_t chain_tier;        /**< or CG_NO_INDEX */
    int32_t composition_index; /**< or CG_NO_INDEX */
    double ratio;              /**< 0 when there is none */
};

/** How the rows of one line come about. Everything is borrowed for the call. */
struct cg_line_story {
    const struct cg_stored_line *stored;
    const struct cg_binding *binding; /**< what handles it; the fallback's when no service claims the product type */
    int64_t window_end;               /**< CG_TIME_NONE when the granularity is not known */
    int32_t has_metrics_source;
    const struct cg_metrics_request *request; /**< what was asked of it and what came of that, or NULL: nothing */
    struct cg_identity_list tenant_period;
    const struct cg_resolution *resolution; /**< NULL: nobody was asked */
    const struct cg_story_row *rows;
    size_t row_count;
    const char *failure; /**< why the line fell back to UNALLOCATED, or NULL */
};

/** Is this line to be told? Asked once for each line of the date, before anything is calculated. */
typedef int32_t (*cg_story_filter)(void *user, const struct cg_billing_line *line);

/** Takes one line's story. Not CG_OK ends the walk. */
typedef cg_status (*cg_story_teller)(void *user, const struct cg_line_story *story);

/**
 * Calculates one date without writing anything, and tells how the rows of the lines come about that pass `filter`
 * (NULL: all), in the order of the bill; no module is called for the others. Failures of lines are part of their
 * stories, not told to the observer. The teller's status is returned as it is, without an error text.
 */
cg_status cg_calculate_tell(struct cg_calculation *calculation, int64_t date, cg_story_filter filter,
                            cg_story_teller teller, void *user, struct cg_error *error);

#endif
