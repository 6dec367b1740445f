/*
 * explain.h - how an amount came about, for people.
 *
 * The date is calculated once more from what is stored now, nothing is written, and the lines asked for are told: the
 * bill, the window, who was found and where, the metrics, the tier, the shares, the rounding, the functions in effect.
 * Where that differs from the stored rows, it says so.
 */
#ifndef CG_ENGINE_EXPLAIN_H
#define CG_ENGINE_EXPLAIN_H

#include "base/buf.h"
#include "engine/calculate.h"

/** What is asked. Strings are NULL for any. */
struct cg_explain_question {
    int64_t date; /**< midnight */
    const char *resource_id;
    const char *identity_id; /**< lines with a row of this identity; of those only its rows are listed in full */
    const char *product_type;
};

/** Takes a piece of the answer: whole lines of text, borrowed for the call. Not CG_OK ends it. */
typedef cg_status (*cg_explain_writer)(void *user, const char *text, size_t length);

/**
 * Explains. `*ret_lines` is how many lines of the bill were told. Errors: those of the store and the metrics source;
 * CG_NOT_FOUND with a sentence when the date has no such line.
 */
cg_status cg_explain(struct cg_runtime *runtime, struct cg_store *store, struct cg_metrics_source *metrics,
                     const struct cg_explain_question *question, cg_explain_writer writer, void *user,
                     uint64_t *ret_lines, struct cg_error *error);

#endif
