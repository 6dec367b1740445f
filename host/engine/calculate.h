/*
 * calculate.h - from the billing lines of one date to its chargeback rows.
 *
 * A line whose identity resolution or allocation fails falls back alone: its whole cost goes to UNALLOCATED with the
 * reason, the other lines of the date are not touched. Every line's rows are checked against its cost before anything
 * is written.
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
    uint64_t rows;
    int32_t changed;        /**< 1: other rows than before */
    int32_t metrics_failed; /**< 1: at least one resource had to do without its metrics */
    uint64_t failed_lines;
    char metrics_error[CG_ERROR_TEXT_SIZE]; /**< with `metrics_failed`: the first reason, else "" */
};

struct cg_calculation;

/** Prepares calculating the dates of a run: reads the identities once. Errors: those of the store, CG_NO_MEMORY. */
cg_status cg_calculation_new(const struct cg_calculation_options *options, struct cg_calculation **ret,
                             struct cg_error *error);

/** NULL is fine. */
void cg_calculation_free(struct cg_calculation *calculation);

/**
 * Calculates one date and writes it in one transaction. Lines that fell back are told to the observer. A status other
 * than CG_OK means that nothing of the date was written: the database failed, or memory ran out outside of the modules.
 * Memory does not grow with the number of dates.
 */
cg_status cg_calculate_date(struct cg_calculation *calculation, int64_t date, struct cg_date_outcome *ret,
                            struct cg_error *error);

#endif
