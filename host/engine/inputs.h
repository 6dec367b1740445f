/*
 * inputs.h - what the rows of a date follow from, as one digest.
 *
 * It covers the billing lines of the date but their counters, the identities alive in their windows, the settings and
 * builds of modules that handle them, and what resolvers were answered by the inventory. When a record was last seen, a
 * deletion after the window and the order of rows make no difference. What the metrics source says is not part of it:
 * a date is calculated again when its metrics could not be read, not when they might have changed. Only a line whose
 * window is not over yet, as those of months are, is measured anew once a day, and when the window is over.
 */
#ifndef CG_ENGINE_INPUTS_H
#define CG_ENGINE_INPUTS_H

#include "engine/alive.h"
#include "engine/line_group.h"
#include "engine/questions.h"

/** Raise it when the program makes other rows of the same inputs: then every date is calculated once more. */
#define CG_INPUTS_VERSION "inputs/1"

/** What is known about a run's inputs: the digests that all dates share, and answers of the inventory. */
struct cg_inputs;

/** Everything is borrowed and outlives it. Error: CG_NO_MEMORY. */
cg_status cg_inputs_new(const struct cg_calculation_options *options, struct cg_alive *alive, struct cg_inputs **ret,
                        struct cg_error *error);

/** NULL is fine. */
void cg_inputs_free(struct cg_inputs *inputs);

/** What can be said of a date before it is calculated. */
struct cg_inputs_look {
    int32_t is_current;  /**< nothing is to be done */
    int32_t was_waiting; /**< its metrics could not be read the last time */
    int32_t had_metrics; /**< its rows were calculated of these lines with samples of the metrics source, and what else
                            they follow from has changed */
    char digest[CG_DIGEST_TEXT_SIZE]; /**< with had_metrics: that of the inputs as they are now */
};

/**
 * Looks at a date with these lines. Nothing is to be done when its stored rows were written by a calculation that had
 * all its metrics, no line waits for another try, and the digest is still the same. Errors: those of the store,
 * CG_NO_MEMORY.
 */
cg_status cg_inputs_look(struct cg_inputs *inputs, int64_t date, const struct cg_lines *lines, struct cg_arena *arena,
                         struct cg_inputs_look *ret, struct cg_error *error);

/** The digest of a date that was just calculated and asked these questions, which are not lost. */
void cg_inputs_digest(struct cg_inputs *inputs, const struct cg_lines *lines, const struct cg_questions *questions,
                      char ret[CG_DIGEST_TEXT_SIZE]);

#endif
